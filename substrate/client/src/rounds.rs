//! What the original wire protocol granted to this process, which it must remember itself: that protocol binds
//! no payload and grants a number once.

use crate::Part;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

const MAX_ROUNDS: usize = 64;

/// What this process was granted, by key.
#[derive(Default)]
pub(crate) struct RoundsOfKeys {
    by_key: parking_lot::Mutex<HashMap<Vec<u8>, Arc<tokio::sync::Mutex<Rounds>>>>,
}

impl RoundsOfKeys {
    /// One question of a key at a time holds the lock, so that a vote waits for its round.
    pub(crate) fn of(&self, key: &[u8]) -> Arc<tokio::sync::Mutex<Rounds>> {
        self.by_key.lock().entry(key.to_vec()).or_default().clone()
    }
}

/// Rounds of one key, oldest first.
#[derive(Default)]
pub(crate) struct Rounds(VecDeque<Round>);

struct Round {
    set: u64,
    round: u64,
    granted: bool,
    signed: HashMap<Part, Vec<u8>>,
}

/// Whether a part may be signed with this payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    Allowed,
    /// Another payload was allowed before.
    Differs,
    /// The round was asked for and refused.
    Refused,
    /// The round was never answered.
    Unasked,
}

impl Rounds {
    /// True or false as the round was answered; none where it was not.
    pub(crate) fn answered(&self, set: u64, round: u64) -> Option<bool> {
        self.0
            .iter()
            .find(|known| known.is(set, round))
            .map(|known| known.granted)
    }

    /// Keeps an answer. The first one stays: a number is granted once.
    pub(crate) fn note(&mut self, set: u64, round: u64, granted: bool) {
        if self.answered(set, round).is_some() {
            return;
        }
        self.0.push_back(Round {
            set,
            round,
            granted,
            signed: HashMap::new(),
        });
        while self.0.len() > MAX_ROUNDS {
            self.0.pop_front();
        }
    }

    /// Allows each part once per payload; an equal one again, for its signature is the same.
    pub(crate) fn vote(&mut self, set: u64, round: u64, part: Part, digest: &[u8]) -> Vote {
        let Some(known) = self.0.iter_mut().find(|known| known.is(set, round)) else {
            return Vote::Unasked;
        };
        if !known.granted {
            return Vote::Refused;
        }
        match known.signed.entry(part).or_insert_with(|| digest.to_vec()) == digest {
            true => Vote::Allowed,
            false => Vote::Differs,
        }
    }
}

impl Round {
    fn is(&self, set: u64, round: u64) -> bool {
        self.set == set && self.round == round
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_allowed_with_one_payload_only() {
        let mut rounds = Rounds::default();
        assert_eq!(rounds.vote(1, 2, Part::Prevote, b"a"), Vote::Unasked);
        rounds.note(1, 2, true);
        assert_eq!(rounds.vote(1, 2, Part::Prevote, b"a"), Vote::Allowed);
        assert_eq!(rounds.vote(1, 2, Part::Prevote, b"a"), Vote::Allowed);
        assert_eq!(rounds.vote(1, 2, Part::Prevote, b"b"), Vote::Differs);
        assert_eq!(rounds.vote(1, 2, Part::Precommit, b"b"), Vote::Allowed);
        assert_eq!(
            rounds.vote(2, 2, Part::Prevote, b"a"),
            Vote::Unasked,
            "another set is another round"
        );
    }

    #[test]
    fn a_refused_round_stays_refused() {
        let mut rounds = Rounds::default();
        rounds.note(1, 2, false);
        rounds.note(1, 2, true);
        assert_eq!(rounds.answered(1, 2), Some(false));
        assert_eq!(rounds.vote(1, 2, Part::Prevote, b"a"), Vote::Refused);
    }

    #[test]
    fn a_round_that_left_is_unasked() {
        let mut rounds = Rounds::default();
        for round in 0..=64 {
            rounds.note(1, round, true);
        }
        assert_eq!(rounds.vote(1, 0, Part::Prevote, b"a"), Vote::Unasked);
        assert_eq!(rounds.vote(1, 1, Part::Prevote, b"a"), Vote::Allowed);
    }
}
