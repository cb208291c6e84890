//! Looks after the connection while the node runs: starts it, keeps the reports on the keys that are there, and says
//! what keeps the node from signing.

use crate::{connection::Connection, relay::misplaced_keys, timing::TimingFile, LOG_TARGET};
use futures_timer::Delay;
use sp_core::crypto::KeyTypeId;
use sp_keystore::KeystorePtr;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Duty, FactSource, Finding, Severity};
use watchbill_gate::ungated_copies;

const TICK: Duration = Duration::from_secs(2);
const SAY_EVERY: Duration = Duration::from_secs(60);
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// A public key and what it signs.
pub type DutyKey = (Vec<u8>, Duty);

/// What is looked after.
pub struct Parts {
    /// To the services.
    pub connection: Arc<Connection>,
    /// The plain keystore.
    pub keystore: KeystorePtr,
    /// That of the parachain subsystems, where they have one apart.
    pub parachain_keystore: Option<KeystorePtr>,
    /// Which keys are those of duties.
    pub kinds: &'static [(KeyTypeId, Duty)],
    /// Kinds that sign without a question, beside those that the gate knows.
    pub passing_kinds: Vec<KeyTypeId>,
    /// For the reports.
    pub facts: Arc<dyn FactSource>,
    /// Where the waiting times are written, if anywhere.
    pub timing: Option<TimingFile>,
}

/// Looks after its parts.
pub struct Steward {
    parts: Parts,
    keys: Option<Vec<DutyKey>>,
    said: Option<Instant>,
    written: Instant,
    told: BTreeSet<String>,
}

impl Steward {
    /// Does nothing yet.
    pub fn new(parts: Parts) -> Self {
        let written = Instant::now();
        let (keys, said, told) = Default::default();
        Self {
            parts,
            keys,
            said,
            written,
            told,
        }
    }

    /// Until it is dropped. A round may wait some seconds for the services, so it wants a thread of its own.
    pub async fn run(mut self) {
        loop {
            self.look_after();
            Delay::new(TICK).await;
        }
    }

    fn look_after(&mut self) {
        let is_due = self.said.is_none_or(|at| at.elapsed() >= SAY_EVERY);
        match self.parts.connection.start() {
            Ok(_) => self.keep_up(is_due),
            Err(e) if is_due => {
                log::error!(target: LOG_TARGET, "watchbill: this node signs nothing: {e}");
                self.said = Some(Instant::now());
            }
            Err(_) => {}
        }
        let timing = self.parts.timing.as_ref();
        if let Some(timing) = timing.filter(|_| self.written.elapsed() >= WRITE_EVERY) {
            timing.write();
            self.written = Instant::now();
        }
    }

    fn keep_up(&mut self, is_due: bool) {
        let Some(client) = self.parts.connection.client() else {
            return;
        };
        let Parts { keystore, kinds, .. } = &self.parts;
        let keys = duty_keys(keystore, kinds);
        let are_new = self.keys.as_ref() != Some(&keys);
        if are_new {
            let public: BTreeSet<Vec<u8>> = keys.iter().map(|(key, _)| key.clone()).collect();
            client.report(public.into_iter().collect(), self.parts.facts.clone());
        }
        if are_new || is_due {
            let mut found =
                client.check_keystore(&keys, &ungated_copies(keystore, &self.parts.passing_kinds));
            if let Some(parachain) = &self.parts.parachain_keystore {
                found.extend(misplaced_keys(keystore, parachain));
            }
            self.say(&found, keys.len());
            self.said = Some(Instant::now());
        }
        self.keys = Some(keys);
    }

    /// What is wrong is said each time, what is merely good to know once.
    fn say(&mut self, found: &[Finding], keys: usize) {
        let is_fine = !found.iter().any(|finding| finding.severity > Severity::Info);
        for finding in found {
            match finding.severity {
                Severity::Error => log::error!(target: LOG_TARGET, "watchbill: {finding}"),
                Severity::Warning => log::warn!(target: LOG_TARGET, "watchbill: {finding}"),
                Severity::Info => self.say_once(finding.to_string()),
            }
        }
        if is_fine {
            self.say_once(format!(
                "{keys} keys of duties are in the keystore, and nothing speaks against them"
            ));
        }
    }

    fn say_once(&mut self, text: String) {
        if !self.told.contains(&text) {
            log::info!(target: LOG_TARGET, "watchbill: {text}");
            self.told.insert(text);
        }
    }
}

/// The keys of duties that the keystore holds.
pub fn duty_keys(keystore: &KeystorePtr, kinds: &[(KeyTypeId, Duty)]) -> Vec<DutyKey> {
    let of_kind = |(kind, duty): &(KeyTypeId, Duty)| {
        let duty = *duty;
        keys_of(keystore, *kind).into_iter().map(move |key| (key, duty))
    };
    kinds.iter().flat_map(of_kind).collect()
}

/// Sorted, so that two looks can be compared.
fn keys_of(keystore: &KeystorePtr, kind: KeyTypeId) -> Vec<Vec<u8>> {
    let mut keys = keystore.keys(kind).unwrap_or_default();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AURA_DUTIES, BABE_DUTIES};
    use sp_core::crypto::key_types;
    use sp_keystore::{testing::MemoryKeystore, Keystore};

    #[test]
    fn finds_the_keys_of_the_duties_of_the_chain() {
        let keystore = MemoryKeystore::new();
        let babe = keystore
            .sr25519_generate_new(key_types::BABE, Some("//Alice"))
            .unwrap();
        let aura = keystore
            .sr25519_generate_new(key_types::AURA, Some("//Alice"))
            .unwrap();
        let grandpa = keystore
            .ed25519_generate_new(key_types::GRANDPA, Some("//Alice"))
            .unwrap();
        keystore
            .sr25519_generate_new(key_types::ACCOUNT, Some("//Bob"))
            .unwrap();
        let keystore: KeystorePtr = Arc::new(keystore);
        let grandpa = (grandpa.0.to_vec(), Duty::Grandpa);
        assert_eq!(
            duty_keys(&keystore, BABE_DUTIES),
            [(babe.0.to_vec(), Duty::Babe), grandpa.clone()]
        );
        assert_eq!(
            duty_keys(&keystore, AURA_DUTIES),
            [(aura.0.to_vec(), Duty::Aura), grandpa]
        );
    }
}
