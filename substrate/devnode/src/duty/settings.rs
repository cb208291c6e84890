//! Flags of the gate, and what the client is told from them.

use sc_service::Configuration;
use std::{path::PathBuf, time::Duration};
use watchbill_client::{ClientConfig, ClientError, Deadlines, Endpoint, TokenSource, Wire};

/// Whether to ask before signing, and whom.
#[derive(Debug, Clone, clap::Args)]
pub struct DutyArgs {
    /// Whom to ask before each signature. `off`: nobody, as a stock node. `claims`: permission services. `original`:
    /// the same in the original wire protocol.
    #[arg(long, value_enum, value_name = "MODE", default_value = "off")]
    pub duty: DutyMode,

    /// A permission service: `unix:/path.sock`, `https://host:port`, or `http://` on a loopback address. May be given
    /// several times, in order of preference. For `claims`.
    #[arg(long, value_name = "URL")]
    pub duty_service: Vec<Endpoint>,

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

    /// How long entering a GRANDPA round may take, in milliseconds; the voter stands still meanwhile [default: 1000].
    #[arg(long, value_name = "MS")]
    pub duty_enter_timeout_ms: Option<u64>,

    /// How long a GRANDPA vote waits for its answer, in milliseconds [default: 30000]. A vote that is not signed stops
    /// the node.
    #[arg(long, value_name = "MS")]
    pub duty_vote_timeout_ms: Option<u64>,

    /// Write what was asked and how long it took to this file, every 10 seconds and at the end.
    #[arg(long, value_name = "FILE")]
    pub duty_timing_file: Option<PathBuf>,

    /// Start without the gate although this node had one. Only if no other machine has its keys: it signs without asking.
    #[arg(long)]
    pub duty_off_confirmed: bool,
}

/// The ways of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DutyMode {
    /// Ask nobody.
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
                None => Ok(()),
            },
        }
    }

    fn flags(&self) -> [Flag; 10] {
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
            flag(
                "--duty-url-file",
                self.duty_url_file.is_some(),
                &[Original],
                &[Original],
            ),
            gated("--duty-ca-file", self.duty_ca_file.is_some()),
            gated("--duty-state", self.duty_state.is_some()),
            gated("--duty-enter-timeout-ms", self.duty_enter_timeout_ms.is_some()),
            gated("--duty-vote-timeout-ms", self.duty_vote_timeout_ms.is_some()),
            gated("--duty-timing-file", self.duty_timing_file.is_some()),
            flag("--duty-off-confirmed", self.duty_off_confirmed, &[Off], &[]),
        ]
    }

    /// File of what this machine was told last.
    pub fn state_file(&self, config: &Configuration) -> PathBuf {
        let given = self.duty_state.clone();
        given.unwrap_or_else(|| default_state_file(config))
    }
}

/// Where the state file is without `--duty-state`. A start without the gate looks here.
pub fn default_state_file(config: &Configuration) -> PathBuf {
    let folder = config.base_path.config_dir(config.chain_spec.id());
    folder.join("watchbill-gate.json")
}

/// What a client is started with. Base URLs are not in it: they are read anew with each attempt.
#[derive(Clone, Debug)]
pub struct Settings {
    args: DutyArgs,
    chain: [u8; 32],
    state_file: PathBuf,
}

impl Settings {
    /// For the chain with this genesis hash.
    pub fn new(args: &DutyArgs, config: &Configuration, chain: [u8; 32]) -> Self {
        Self {
            args: args.clone(),
            chain,
            state_file: args.state_file(config),
        }
    }

    /// How long entering a round may take.
    pub fn enter_timeout(&self) -> Duration {
        Duration::from_millis(self.args.duty_enter_timeout_ms.unwrap_or(1_000))
    }

    /// How long a vote may wait.
    pub fn vote_timeout(&self) -> Duration {
        Duration::from_millis(self.args.duty_vote_timeout_ms.unwrap_or(30_000))
    }

    /// Settings of the client. The error is one of the file of base URLs; the client finds the others.
    pub fn client(&self) -> Result<ClientConfig, ClientError> {
        let args = &self.args;
        let (mode, services) = match (args.duty, &args.duty_url_file) {
            (DutyMode::Original, Some(file)) => (Wire::Original, Endpoint::from_file(file)?),
            (DutyMode::Original, None) => return Err(no_url_file()),
            (DutyMode::Claims | DutyMode::Off, _) => (Wire::Claims, args.duty_service.clone()),
        };
        Ok(ClientConfig {
            services,
            token: args.duty_token_file.clone().map(TokenSource),
            ca_file: args.duty_ca_file.clone(),
            chain: self.chain,
            node: args.duty_node.clone().unwrap_or_default(),
            state_file: self.state_file.clone(),
            mode,
            deadlines: Deadlines::default(),
        })
    }
}

fn no_url_file() -> ClientError {
    ClientError {
        what: "no file of base URLs is named".into(),
        place: "--duty-url-file".into(),
        remedy: "Make one with `watchbill token create --role node --name NAME --original --out FILE`."
            .into(),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Line {
        #[clap(flatten)]
        args: DutyArgs,
    }

    fn args(line: &[&str]) -> DutyArgs {
        Line::try_parse_from([&["node"], line].concat()).unwrap().args
    }

    /// Settings as a command line makes them.
    pub fn settings(line: &[&str]) -> Settings {
        let args = args(line);
        let state_file = args.duty_state.clone().unwrap_or_else(|| "/state".into());
        Settings {
            args,
            chain: [1; 32],
            state_file,
        }
    }

    const CLAIMS: [&str; 8] = [
        "--duty",
        "claims",
        "--duty-service",
        "unix:/b.sock",
        "--duty-token-file",
        "/token",
        "--duty-node",
        "alpha",
    ];
    const ORIGINAL: [&str; 4] = ["--duty", "original", "--duty-url-file", "/alpha.url"];
    /// Every flag that takes a value, apart from the mode.
    const FLAGS: [(&str, &str); 9] = [
        ("--duty-service", "unix:/b.sock"),
        ("--duty-token-file", "/token"),
        ("--duty-node", ""),
        ("--duty-url-file", "/alpha.url"),
        ("--duty-ca-file", "/ca.pem"),
        ("--duty-state", "/state"),
        ("--duty-enter-timeout-ms", "1000"),
        ("--duty-vote-timeout-ms", "30000"),
        ("--duty-timing-file", "/timing.json"),
    ];

    /// What is wrong with a command line; empty if nothing is.
    fn wrong(line: &[&str]) -> String {
        args(line).check().err().unwrap_or_default()
    }

    #[test]
    fn nobody_is_asked_by_default() {
        for line in [&[][..], &["--duty", "off"], &["--duty-off-confirmed"]] {
            assert_eq!(settings(line).args.duty, DutyMode::Off);
            assert_eq!(wrong(line), "");
        }
    }

    #[test]
    fn a_flag_of_the_gate_without_a_mode_is_named() {
        for (flag, value) in FLAGS {
            for mode in [&[][..], &["--duty", "off"]] {
                let said = wrong(&[mode, &[flag, value]].concat());
                assert!(
                    said.contains(&format!("are given: {flag}. Add --duty claims")),
                    "{flag}: {said}"
                );
            }
        }
        let two = wrong(&["--duty-state", "/state", "--duty-node", "alpha"]);
        assert!(two.contains("given: --duty-node, --duty-state."), "{two}");
        assert!(wrong(&["--duty-off-confirmed", "--duty-node", "x"]).contains("given: --duty-node."));
    }

    #[test]
    fn every_flag_is_looked_at() {
        use clap::CommandFactory;
        let known: Vec<_> = args(&[]).flags().iter().map(|flag| flag.name).collect();
        for flag in Line::command().get_arguments().filter_map(|arg| arg.get_long()) {
            let name = format!("--{flag}");
            let is_known = known.contains(&name.as_str()) || ["--duty", "--help"].contains(&name.as_str());
            assert!(is_known, "{name} has no line in DutyArgs::flags");
        }
    }

    #[test]
    fn a_mode_takes_its_flags_and_no_others() {
        for mode in [&CLAIMS[..], &ORIGINAL] {
            assert_eq!(wrong(mode), "");
            for (flag, value) in &FLAGS[4..] {
                assert_eq!(wrong(&[mode, &[flag, value]].concat()), "");
            }
            let said = wrong(&[mode, &["--duty-off-confirmed"]].concat());
            assert!(said.contains("does not take --duty-off-confirmed"), "{said}");
        }
        let said = wrong(&[&CLAIMS[..], &["--duty-url-file", "/x"]].concat());
        assert!(
            said.contains("--duty claims does not take --duty-url-file"),
            "{said}"
        );
        for (flag, value) in &FLAGS[..3] {
            let said = wrong(&[&ORIGINAL[..], &[flag, value]].concat());
            assert!(
                said.contains(&format!("--duty original does not take {flag}")),
                "{said}"
            );
        }
    }

    #[test]
    fn a_mode_without_a_flag_that_it_needs_is_refused() {
        for at in [2, 4, 6] {
            let line: Vec<_> = [&CLAIMS[..at], &CLAIMS[at + 2..]].concat();
            let said = wrong(&line);
            assert!(
                said.contains(&format!("--duty claims needs {}", CLAIMS[at])),
                "{said}"
            );
        }
        let said = wrong(&["--duty", "original"]);
        assert!(said.contains("--duty original needs --duty-url-file"), "{said}");
    }

    #[test]
    fn the_timeouts_have_their_defaults() {
        let plain = settings(&CLAIMS);
        assert_eq!(
            (plain.enter_timeout(), plain.vote_timeout()),
            (Duration::from_secs(1), Duration::from_secs(30))
        );
        let given = settings(
            &[
                &CLAIMS[..],
                &["--duty-enter-timeout-ms", "7", "--duty-vote-timeout-ms", "8"],
            ]
            .concat(),
        );
        assert_eq!(
            (given.enter_timeout(), given.vote_timeout()),
            (Duration::from_millis(7), Duration::from_millis(8))
        );
    }

    #[test]
    fn services_keep_their_order() {
        let line = [
            "--duty",
            "claims",
            "--duty-service",
            "unix:/b.sock",
            "--duty-service",
            "https://a.example",
        ];
        let config = settings(&line).client().unwrap();
        assert_eq!(config.mode, Wire::Claims);
        assert_eq!(
            config.services,
            ["unix:/b.sock", "https://a.example"].map(|url| url.parse().unwrap())
        );
    }

    #[test]
    fn an_address_that_would_send_the_token_in_the_clear_is_refused() {
        let line = ["node", "--duty-service", "http://10.0.0.1:8450"];
        let said = Line::try_parse_from(line)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(said.contains("plain http"), "{said}");
    }

    #[test]
    fn base_urls_come_from_a_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alpha.url");
        std::fs::write(&file, "http://127.0.0.1:8450/original/SECRET\n").unwrap();
        let config = settings(&["--duty", "original", "--duty-url-file", file.to_str().unwrap()])
            .client()
            .unwrap();
        assert_eq!((config.mode, config.services.len()), (Wire::Original, 1));
        let said = settings(&["--duty", "original", "--duty-service", "unix:/b.sock"])
            .client()
            .unwrap_err();
        assert!(said.to_string().contains("--duty-url-file"), "{said}");
    }
}
