//! A client that may start late: a token that is missing now may be there in a minute.

use crate::settings::Settings;
use futures::{
    future::{ready, BoxFuture},
    FutureExt,
};
use std::{sync::OnceLock, time::Instant};
use watchbill_client::{Answer, Claim, Client, ClientError, Permits, ServiceState, Watch};
use watchbill_gate::RefusedRounds;

/// Answers `unknown` until the client is started. That is safe at any time: nothing was granted before.
pub struct Connection {
    settings: Settings,
    client: OnceLock<Client>,
}

impl Connection {
    /// Starts nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            client: OnceLock::new(),
        }
    }

    /// The client, once it is started.
    pub fn client(&self) -> Option<&Client> {
        self.client.get()
    }

    /// Starts the client unless it is. Only the error of this attempt is told.
    pub fn start(&self) -> Result<&Client, ClientError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::start(self.settings.client()?)?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn not_started() -> Answer {
    let message = "the client of the permission service is not started; the log says why".into();
    Answer::Unknown {
        reason: "not-started".into(),
        message,
    }
}

impl Permits for Connection {
    fn ask(&self, claim: Claim, until: Instant) -> BoxFuture<'static, Answer> {
        self.client()
            .map_or_else(|| ready(not_started()).boxed(), |client| client.ask(claim, until))
    }

    fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer {
        self.client()
            .map_or_else(not_started, |client| client.ask_blocking(claim, until))
    }

    fn watch(&self, key: &[u8]) -> Watch {
        self.client().map_or(Watch::Unknown, |client| client.watch(key))
    }

    fn reachable(&self) -> bool {
        self.client().is_some_and(|client| client.reachable())
    }

    fn services(&self) -> Vec<ServiceState> {
        self.client().map_or_else(Vec::new, |client| client.services())
    }
}

impl RefusedRounds for Connection {
    fn note_refused(&self, key: &[u8], set: u64, round: u64) {
        if let Some(client) = self.client() {
            client.note_refused(key, set, round);
        }
    }

    fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool {
        self.client()
            .is_some_and(|client| client.was_refused(key, set, round))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;
    use std::time::Duration;
    use watchbill_client::{Duty, Part, Unit};

    fn claim() -> Claim {
        let (duty, unit, part) = (Duty::Babe, Unit::Slot(7), Part::Seal);
        Claim {
            key: vec![1; 32],
            duty,
            unit,
            part,
            digest: Some(vec![2; 32]),
            term: None,
        }
    }

    #[test]
    fn nothing_is_granted_before_the_start() {
        let connection = Connection::new(settings(&[]));
        let until = Instant::now() + Duration::from_secs(5);
        assert_eq!(connection.ask_blocking(claim(), until), not_started());
        assert_eq!(
            futures::executor::block_on(connection.ask(claim(), until)),
            not_started()
        );
        assert!(!not_started().is_granted());
        assert_eq!(
            (connection.watch(&[1; 32]), connection.reachable()),
            (Watch::Unknown, false)
        );
    }

    #[test]
    fn a_start_that_failed_may_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (token, state) = (at("alpha.token"), at("state.json"));
        let line = [
            "--duty",
            "claims",
            "--duty-service",
            "unix:/nowhere.sock",
            "--duty-node",
            "alpha",
        ];
        let files = ["--duty-token-file", &token, "--duty-state", &state];
        let connection = Connection::new(settings(&[&line[..], &files[..]].concat()));
        let said = connection
            .start()
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(
            said.contains(&token) && said.contains("watchbill token create"),
            "{said}"
        );
        assert!(connection.client().is_none());
        std::fs::write(&token, "SECRET").unwrap();
        assert!(connection.start().is_ok());
        assert!(connection.client().is_some());
    }
}
