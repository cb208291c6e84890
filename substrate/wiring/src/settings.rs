//! What the client is started with, from the flags.

use crate::args::{DutyArgs, DutyMode};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use watchbill_client::{ClientConfig, ClientError, Deadlines, Endpoint, TokenSource, Wire};

/// Where the file of what this machine was told last is without `--duty-state`. A start without the gate looks here.
pub fn default_state_file(chain_folder: &Path) -> PathBuf {
    chain_folder.join("watchbill-gate.json")
}

/// What a client is started with. Base URLs are not in it: they are read anew with each attempt.
#[derive(Clone, Debug)]
pub struct Settings {
    args: DutyArgs,
    chain: [u8; 32],
    state_file: PathBuf,
}

impl Settings {
    /// For the chain with this genesis hash, whose data is in this folder.
    pub fn new(args: &DutyArgs, chain_folder: &Path, chain: [u8; 32]) -> Self {
        let state_file = args.duty_state.clone();
        Self {
            args: args.clone(),
            chain,
            state_file: state_file.unwrap_or_else(|| default_state_file(chain_folder)),
        }
    }

    /// How long entering a round may take.
    pub fn enter_timeout(&self) -> Duration {
        Duration::from_millis(self.args.duty_enter_timeout_ms.unwrap_or(1_000))
    }

    /// How long a vote may wait. A voter that asks again needs no long wait.
    pub fn vote_timeout(&self, voter_waits: bool) -> Duration {
        let usual = if voter_waits { 3_000 } else { 30_000 };
        Duration::from_millis(self.args.duty_vote_timeout_ms.unwrap_or(usual))
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
            grants: args.duty_grants.unwrap_or(1),
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
pub(crate) mod tests {
    use super::*;
    use crate::args::tests::{args, CLAIMS};

    /// Settings as a command line makes them.
    pub(crate) fn settings(line: &[&str]) -> Settings {
        Settings::new(&args(line), Path::new("/chain"), [1; 32])
    }

    #[test]
    fn the_timeouts_have_their_defaults() {
        let plain = settings(&CLAIMS);
        assert_eq!(
            (plain.enter_timeout(), plain.vote_timeout(false)),
            (Duration::from_secs(1), Duration::from_secs(30))
        );
        assert_eq!(plain.vote_timeout(true), Duration::from_secs(3));
        let given = settings(
            &[
                &CLAIMS[..],
                &["--duty-enter-timeout-ms", "7", "--duty-vote-timeout-ms", "8"],
            ]
            .concat(),
        );
        assert_eq!(
            (given.enter_timeout(), given.vote_timeout(true)),
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
