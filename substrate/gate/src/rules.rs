//! What may be signed, by kind of key. Nothing here signs; the keystore does after a rule said yes.

use crate::{
    asking::{reason, refusal, Asker},
    beefy::Commitments,
    gate::Options,
    heartbeat,
    rounds::{RoundGate, RoundId},
    seals::{BlockKey, Hash, NotTaken, Seals},
    votes::Vote,
    LOG_TARGET,
};
use sp_core::crypto::{key_types, KeyTypeId};
use sp_keystore::Error as KeystoreError;
use std::{sync::Arc, time::Instant};
use watchbill_client::{Answer, Claim, Duty, Part, Watch};

/// A signature is released on `Ok` alone.
pub(crate) type Verdict = Result<(), KeystoreError>;

/// The rules of all gated kinds of keys.
pub(crate) struct Rules {
    pub(crate) asker: Arc<Asker>,
    pub(crate) seals: Arc<Seals>,
    pub(crate) rounds: Arc<RoundGate>,
    pub(crate) commitments: Arc<Commitments>,
    #[cfg(feature = "aura-scheduling")]
    pub(crate) scheduling: Arc<crate::scheduling::Scheduling>,
    pub(crate) options: Options,
}

/// How a signature is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sr25519,
    Ed25519,
    /// ECDSA over a hash that the caller made.
    EcdsaPrehashed,
    /// ECDSA over a message, and every scheme that no gated duty uses.
    Other,
}

/// Kinds that make no block and cast no vote of consensus.
pub(crate) const PASSING_KINDS: [KeyTypeId; 7] = [
    key_types::AUTHORITY_DISCOVERY,
    KeyTypeId(*b"para"),
    KeyTypeId(*b"asgn"),
    key_types::ACCOUNT,
    key_types::STAKING,
    key_types::STATEMENT,
    key_types::MIXNET,
];

/// Kinds of keys that the gate has a rule for.
pub(crate) const GATED_KINDS: [KeyTypeId; 5] = [
    key_types::BABE,
    key_types::AURA,
    key_types::GRANDPA,
    key_types::BEEFY,
    key_types::IM_ONLINE,
];

impl Rules {
    /// Whether keys of this kind sign without a question.
    pub(crate) fn passes(&self, kind: KeyTypeId) -> bool {
        PASSING_KINDS.contains(&kind) || self.options.passing_kinds.contains(&kind)
    }

    /// May this message be signed with this key? What no rule understands is refused.
    pub(crate) fn judge(&self, kind: KeyTypeId, scheme: Scheme, key: &[u8], message: &[u8]) -> Verdict {
        match (kind, scheme) {
            (key_types::BABE, Scheme::Sr25519) => self.seal(BlockKey::Babe, key, message),
            #[cfg(feature = "aura-scheduling")]
            (key_types::AURA, Scheme::Sr25519 | Scheme::Ed25519) if message.len() != size_of::<Hash>() => {
                self.scheduling(key, message)
            }
            (key_types::AURA, Scheme::Sr25519 | Scheme::Ed25519) => self.seal(BlockKey::Aura, key, message),
            (key_types::GRANDPA, Scheme::Ed25519) => self.vote(key, message),
            (key_types::BEEFY, Scheme::EcdsaPrehashed) => self.commitment(key, message),
            (key_types::IM_ONLINE, Scheme::Sr25519) => self.heartbeat(key, message),
            (kind, _) if GATED_KINDS.contains(&kind) => Err(refuse(
                kind,
                key,
                "no duty signs in this way with this kind of key; owner proofs are made by the RPC",
            )),
            (kind, _) if self.passes(kind) => Ok(()),
            (kind, _) => Err(self.unknown_kind(kind, key)),
        }
    }

    /// It may make blocks or vote, as `nimb` does on a chain with Nimbus, and a second machine would do so too.
    fn unknown_kind(&self, kind: KeyTypeId, key: &[u8]) -> KeystoreError {
        let name = String::from_utf8_lossy(&kind.0).into_owned();
        let text = format!(
            "watchbill: key 0x{} of kind {name} is not signed with: the gate has no rule for this kind. If it makes blocks or \
             votes, this gate does not support the chain. If it does neither, add --duty-pass-kind {name} \
             (Options::passing_kinds)",
            hex::encode(key)
        );
        if self.asker.counters().unknown_kinds.count(&name) {
            log::error!(target: LOG_TARGET, "{text}");
        }
        KeystoreError::ValidationError(text)
    }

    fn seal(&self, kind: BlockKey, key: &[u8], message: &[u8]) -> Verdict {
        let name = match kind {
            BlockKey::Babe => key_types::BABE,
            BlockKey::Aura => key_types::AURA,
        };
        self.take(kind, key, message).map_err(|(code, why)| {
            self.asker.counters().refused_seals.count(code);
            refuse(name, key, &why)
        })
    }

    /// Uses up the grant of this hash. The error is a code for the metrics, and the text for the log.
    fn take(&self, kind: BlockKey, key: &[u8], message: &[u8]) -> Result<(), (&'static str, String)> {
        let length = message.len();
        let hash = Hash::try_from(message).map_err(|_| {
            let why = format!("{length} bytes; the hash of a header has 32");
            ("not-granted", why)
        })?;
        self.seals.take(kind, key, &hash).map_err(|refused| match refused {
            NotTaken::NotRegistered => (
                "not-granted",
                "the hash was not granted, or was signed before; the proposer must be the one of Gate::environment"
                    .into(),
            ),
            NotTaken::Expired => (
                "expired",
                "the hash was granted, and its slot is over by more than half a slot. This process stood still, the \
                 clock of this machine was set, or the process was restored from a copy of its memory"
                    .into(),
            ),
        })
    }

    fn vote(&self, key: &[u8], message: &[u8]) -> Verdict {
        let vote = Vote::parse(message).map_err(|e| refuse(key_types::GRANDPA, key, &e.to_string()))?;
        let id = RoundId {
            set: vote.set,
            round: vote.round,
        };
        if self.options.voter_waits {
            return self.vote_that_waits(key, &vote, id);
        }
        let answer = self
            .asker
            .ask_blocking(vote.claim(key), Instant::now() + self.options.vote_timeout);
        match &answer {
            Answer::Granted => self.rounds.note_granted(key, id),
            Answer::Denied { .. } => self.rounds.note_refused(key, id),
            Answer::Unknown { .. } => {}
        }
        let Some(why) = refusal(&answer) else {
            return Ok(());
        };
        let name = hex::encode(key);
        let (part, set, round) = (vote.part.name(), vote.set, vote.round);
        log::error!(
            target: LOG_TARGET,
            "GRANDPA key 0x{name}: {part} of round {round} in set {set} is not signed, which ends the voter: {why}. \
             Restart the node; it abstains from a round in which a vote was denied.",
        );
        Err(KeystoreError::Unavailable)
    }

    /// For a voter that asks again. Nothing is remembered as refused: the round may become ours while the vote waits.
    fn vote_that_waits(&self, key: &[u8], vote: &Vote, id: RoundId) -> Verdict {
        let (part, set, round) = (vote.part.name(), vote.set, vote.round);
        let answer = if self.rounds.is_of_another(key, id) {
            another_on_watch()
        } else {
            let until = self.vote_until();
            self.rounds.enter_late(key, id, until);
            self.asker.ask_blocking(vote.claim(key), until)
        };
        let why = refusal(&answer);
        if self.rounds.note_waiting(key, reason(&answer)) {
            let name = hex::encode(key);
            match &why {
                Some(why) => log::warn!(
                    target: LOG_TARGET,
                    "GRANDPA key 0x{name}: {part} of round {round} in set {set} waits: {why}. The voter asks again; this \
                     node abstains from the round until then"
                ),
                None => log::info!(
                    target: LOG_TARGET,
                    "GRANDPA key 0x{name}: {part} of round {round} in set {set} waits no longer"
                ),
            }
        }
        if why.is_some() {
            return Err(KeystoreError::Unavailable);
        }
        self.rounds.note_granted(key, id);
        Ok(())
    }

    /// The voter stands still while it asks, so a service that was silent before is given less time.
    fn vote_until(&self) -> Instant {
        let long = self.options.vote_timeout;
        let short = long.min(self.options.enter_timeout);
        let wait = if self.asker.reachable() { long } else { short };
        Instant::now() + wait
    }

    fn commitment(&self, key: &[u8], message: &[u8]) -> Verdict {
        let kind = key_types::BEEFY;
        let not_a_hash = || {
            refuse(
                kind,
                key,
                &format!("{} bytes; a commitment hash has 32", message.len()),
            )
        };
        let hash = Hash::try_from(message).map_err(|_| not_a_hash())?;
        let unit = self
            .commitments
            .find(&hash)
            .map_err(|why| refuse(kind, key, why))?;
        let digest = Some(hash.to_vec());
        let claim = Claim {
            key: key.to_vec(),
            duty: Duty::Beefy,
            unit,
            part: Part::Vote,
            digest,
            term: None,
        };
        self.on_watch(kind, claim)
    }

    fn heartbeat(&self, key: &[u8], message: &[u8]) -> Verdict {
        let claim = heartbeat::claim(key, message).map_err(|why| refuse(key_types::IM_ONLINE, key, &why))?;
        self.on_watch(key_types::IM_ONLINE, claim)
    }

    /// Duties that are tried again by themselves: a short wait, and no question where another node is on watch.
    fn on_watch(&self, kind: KeyTypeId, claim: Claim) -> Verdict {
        let key = &claim.key;
        if matches!(self.asker.watch(key), Watch::Theirs { .. }) {
            log::debug!(target: LOG_TARGET, "0x{}: another node is on watch", hex::encode(key));
            return Err(KeystoreError::Unavailable);
        }
        self.ask_shortly(kind, claim)
    }

    fn ask_shortly(&self, kind: KeyTypeId, claim: Claim) -> Verdict {
        let (key, unit) = (claim.key.clone(), claim.unit);
        let answer = self
            .asker
            .ask_blocking(claim, Instant::now() + self.options.short_timeout);
        refusal(&answer).map_or(Ok(()), |why| {
            Err(refuse(kind, &key, &format!("unit {unit}: {why}")))
        })
    }

    #[cfg(feature = "aura-scheduling")]
    fn scheduling(&self, key: &[u8], message: &[u8]) -> Verdict {
        let claim = self.scheduling.claim(key, message);
        let claim = claim.map_err(|why| refuse(key_types::AURA, key, &why))?;
        self.ask_shortly(key_types::AURA, claim)
    }
}

/// What the service would answer; it is not asked.
fn another_on_watch() -> Answer {
    Answer::Denied {
        reason: "off-watch".into(),
        message: "another node is on watch".into(),
    }
}

fn refuse(kind: KeyTypeId, key: &[u8], why: &str) -> KeystoreError {
    let name = String::from_utf8_lossy(&kind.0).into_owned();
    let text = format!("watchbill: {name} key 0x{}: not signed: {why}", hex::encode(key));
    log::warn!(target: LOG_TARGET, "{text}");
    KeystoreError::ValidationError(text)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
