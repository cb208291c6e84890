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
    #[arg(long, value_name = "NAME", default_value = "")]
    pub duty_node: String,

    /// What this machine was told last [default: watchbill-gate.json in the folder of the chain].
    #[arg(long, value_name = "FILE")]
    pub duty_state: Option<PathBuf>,

    /// How long entering a GRANDPA round may take, in milliseconds; the voter stands still meanwhile.
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub duty_enter_timeout_ms: u64,

    /// How long a GRANDPA vote waits for its answer, in milliseconds. A vote that is not signed stops the node.
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    pub duty_vote_timeout_ms: u64,

    /// Write what was asked and how long it took to this file, every 10 seconds and at the end.
    #[arg(long, value_name = "FILE")]
    pub duty_timing_file: Option<PathBuf>,
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
        let folder = || config.base_path.config_dir(config.chain_spec.id());
        let state_file = args
            .duty_state
            .clone()
            .unwrap_or_else(|| folder().join("watchbill-gate.json"));
        Self {
            args: args.clone(),
            chain,
            state_file,
        }
    }

    /// How long entering a round may take.
    pub fn enter_timeout(&self) -> Duration {
        Duration::from_millis(self.args.duty_enter_timeout_ms)
    }

    /// How long a vote may wait.
    pub fn vote_timeout(&self) -> Duration {
        Duration::from_millis(self.args.duty_vote_timeout_ms)
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
            node: args.duty_node.clone(),
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

    /// Settings as a command line makes them.
    pub fn settings(line: &[&str]) -> Settings {
        let args = Line::try_parse_from([&["node"], line].concat()).unwrap().args;
        let state_file = args.duty_state.clone().unwrap_or_else(|| "/state".into());
        Settings {
            args,
            chain: [1; 32],
            state_file,
        }
    }

    #[test]
    fn nobody_is_asked_by_default() {
        assert_eq!(settings(&[]).args.duty, DutyMode::Off);
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
