//! The flags of the gate.

use sp_core::crypto::KeyTypeId;
use std::path::PathBuf;
use watchbill_client::Endpoint;

/// Whether to ask before signing, and whom.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DutyArgs {
    /// Whom to ask before each signature. `off`: nobody, as a stock node. `claims`: permission services. `original`:
    /// the same in the original wire protocol.
    #[arg(long, value_enum, value_name = "MODE", default_value = "off")]
    pub duty: DutyMode,

    /// A permission service: `unix:/path.sock`, `https://host:port`, or `http://` on a loopback address. May be given
    /// several times, in order of preference. For `claims`.
    #[arg(long, value_name = "URL")]
    pub duty_service: Vec<Endpoint>,

    /// How many of the services must grant each signature [default: 1]. With 2, one service that is broken or dishonest
    /// makes this node sign nothing that another node may sign too. Each asks the store; a heartbeat needs one grant.
    #[arg(long, value_name = "COUNT")]
    pub duty_grants: Option<usize>,

    /// File of base URLs, one a line. They are secrets, so there is no flag for one. For `original`.
    #[arg(long, value_name = "FILE")]
    pub duty_url_file: Option<PathBuf>,

    /// File of the token of this node. For `claims`.
    #[arg(long, value_name = "FILE")]
    pub duty_token_file: Option<PathBuf>,

    /// Authority that signed the certificates of the services, in PEM [default: those of the web].
    #[arg(long, value_name = "FILE")]
    pub duty_ca_file: Option<PathBuf>,

    /// Name of this node in the rosters. For `claims`.
    #[arg(long, value_name = "NAME")]
    pub duty_node: Option<String>,

    /// What this machine was told last [default: watchbill-gate.json in the folder of the chain].
    #[arg(long, value_name = "FILE")]
    pub duty_state: Option<PathBuf>,

    /// Folder of the session keys, sealed with `watchbill guard seal`, instead of files in the keystore: a stock program
    /// has no key then. A relay-chain node opens para and asgn on the active machine alone. Needs --duty-identity.
    #[arg(long, value_name = "FOLDER")]
    pub duty_sealed_keys: Option<PathBuf>,

    /// File of the age identity that opens the sealed keys, for example a credential of systemd.
    #[arg(long, value_name = "FILE")]
    pub duty_identity: Option<PathBuf>,

    /// How long entering a GRANDPA round may take, in milliseconds; the voter stands still meanwhile [default: 1000].
    #[arg(long, value_name = "MS")]
    pub duty_enter_timeout_ms: Option<u64>,

    /// How long a GRANDPA vote waits for its answer, in milliseconds, before the voter asks again [default: 3000, and
    /// 30000 in a node whose voter ends at a vote that is not signed].
    #[arg(long, value_name = "MS")]
    pub duty_vote_timeout_ms: Option<u64>,

    /// A kind of key that makes no block and casts no vote, and that the gate does not know: it signs without a question.
    /// May be given several times. An unknown kind signs nothing.
    #[arg(long, value_name = "KIND", value_parser = key_kind)]
    pub duty_pass_kind: Vec<KeyTypeId>,

    /// Write what was asked and how long it took to this file, every 10 seconds and at the end.
    #[arg(long, value_name = "FILE")]
    pub duty_timing_file: Option<PathBuf>,

    /// Start without the gate although this node had one. Only if no other machine has its keys: it signs without asking.
    #[arg(long)]
    pub duty_off_confirmed: bool,
}

/// The ways of asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DutyMode {
    /// Ask nobody.
    #[default]
    Off,
    /// `POST /v1/claims`.
    Claims,
    /// `PUT BASE/authorize/…`.
    Original,
}

impl DutyMode {
    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Claims => "claims",
            Self::Original => "original",
        }
    }
}

/// A flag of the gate on this command line.
struct Flag {
    name: &'static str,
    is_given: bool,
    fits: &'static [DutyMode],
    /// The modes that do not work without it.
    needed: &'static [DutyMode],
}

impl DutyArgs {
    /// Finds flags that are given without a mode, do not fit it, or are missing: a forgotten flag must not make a
    /// node that signs without asking.
    ///
    /// # Errors
    /// One line that names the flags and says what to do.
    pub fn check(&self) -> Result<(), String> {
        let mode = self.duty;
        let flags = self.flags();
        let names = |wanted: &dyn Fn(&Flag) -> bool| {
            let found: Vec<_> = flags
                .iter()
                .filter(|flag| wanted(flag))
                .map(|flag| flag.name)
                .collect();
            (!found.is_empty()).then(|| found.join(", "))
        };
        let misplaced = names(&|flag| flag.is_given && !flag.fits.contains(&mode));
        match (misplaced, mode) {
            (Some(given), DutyMode::Off) => Err(format!(
                "--duty is off, so this node would sign without asking, but flags of the gate are given: {given}. Add --duty claims or --duty original, or leave these flags out"
            )),
            (Some(given), mode) => Err(format!(
                "--duty {} does not take {given}: leave these flags out, or use another --duty",
                mode.name()
            )),
            (None, mode) => match names(&|flag| !flag.is_given && flag.needed.contains(&mode)) {
                Some(missing) => Err(format!("--duty {} needs {missing}: add what is missing", mode.name())),
                None if self.duty_sealed_keys.is_some() != self.duty_identity.is_some() => Err(
                    "--duty-sealed-keys and --duty-identity need each other: give both, or leave both out".into(),
                ),
                None => Ok(()),
            },
        }
    }

    fn flags(&self) -> [Flag; 14] {
        use DutyMode::{Claims, Off, Original};
        let flag = |name, is_given, fits, needed| Flag {
            name,
            is_given,
            fits,
            needed,
        };
        let claims = |name, is_given| flag(name, is_given, &[Claims], &[Claims]);
        let gated = |name, is_given| flag(name, is_given, &[Claims, Original], &[]);
        [
            claims("--duty-service", !self.duty_service.is_empty()),
            claims("--duty-token-file", self.duty_token_file.is_some()),
            claims("--duty-node", self.duty_node.is_some()),
            flag("--duty-grants", self.duty_grants.is_some(), &[Claims], &[]),
            flag(
                "--duty-url-file",
                self.duty_url_file.is_some(),
                &[Original],
                &[Original],
            ),
            gated("--duty-ca-file", self.duty_ca_file.is_some()),
            gated("--duty-state", self.duty_state.is_some()),
            gated("--duty-sealed-keys", self.duty_sealed_keys.is_some()),
            gated("--duty-identity", self.duty_identity.is_some()),
            gated("--duty-enter-timeout-ms", self.duty_enter_timeout_ms.is_some()),
            gated("--duty-vote-timeout-ms", self.duty_vote_timeout_ms.is_some()),
            gated("--duty-pass-kind", !self.duty_pass_kind.is_empty()),
            gated("--duty-timing-file", self.duty_timing_file.is_some()),
            flag("--duty-off-confirmed", self.duty_off_confirmed, &[Off], &[]),
        ]
    }
}

/// As in the names of keystore files: `nimb`.
fn key_kind(text: &str) -> Result<KeyTypeId, String> {
    KeyTypeId::try_from(text)
        .map_err(|()| format!("{text} is no kind of key: it has four characters, as in nimb"))
}

#[cfg(test)]
#[path = "args_tests.rs"]
pub(crate) mod tests;
