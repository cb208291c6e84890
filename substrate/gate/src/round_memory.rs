//! What was answered about rounds, and what was said about it in the log.

use crate::rounds::RoundId;
use std::collections::{HashMap, VecDeque};

/// Rounds remembered per key. The voter asks about the highest one; older ones matter to votes alone.
const REMEMBERED: usize = 4;

/// Why this node abstains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// Tells one cause from another.
    pub(crate) code: String,
    /// A sentence for the log.
    pub(crate) text: String,
    passing: bool,
}

impl Why {
    pub(crate) fn new(code: &str, text: String) -> Self {
        Self {
            code: code.into(),
            text,
            passing: false,
        }
    }

    /// A cause that may be gone within the time a vote may wait.
    pub(crate) fn passing(code: &str, text: String) -> Self {
        Self {
            code: code.into(),
            text,
            passing: true,
        }
    }

    pub(crate) fn passes(&self) -> bool {
        self.passing
    }
}

/// What was answered about a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// It is ours; `voted` once a part of it was granted, after which nobody can take it over.
    Yes {
        voted: bool,
    },
    No(Why),
}

/// See the module. No method waits.
#[derive(Default)]
pub(crate) struct RoundMemory {
    rounds: HashMap<Vec<u8>, VecDeque<(RoundId, Entered)>>,
    /// The key that the voter was last told to vote with.
    voting: Option<Vec<u8>>,
    said: HashMap<Vec<u8>, Option<String>>,
    /// The round that each key abstained from last.
    abstained: HashMap<Vec<u8>, RoundId>,
    /// Why the last vote of each key waits for its grant.
    waiting: HashMap<Vec<u8>, String>,
}

impl RoundMemory {
    pub(crate) fn entered(&self, key: &[u8], id: RoundId) -> Option<Entered> {
        self.rounds
            .get(key)?
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, entered)| entered.clone())
    }

    pub(crate) fn voting(&self) -> Option<Vec<u8>> {
        self.voting.clone()
    }

    pub(crate) fn remember(&mut self, key: &[u8], id: RoundId, outcome: Result<(), Why>) {
        let voted = matches!(self.entered(key, id), Some(Entered::Yes { voted: true }));
        self.put(
            key,
            id,
            outcome.map_or_else(Entered::No, |()| Entered::Yes { voted }),
        );
    }

    /// True the first time that this key abstains from this round; the voter asks about a round more than once.
    pub(crate) fn abstains(&mut self, key: &[u8], id: RoundId) -> bool {
        self.abstained.insert(key.to_vec(), id) != Some(id)
    }

    /// True if a vote of the key waits and none did before, or for another cause, and if none waits any more.
    pub(crate) fn note_waiting(&mut self, key: &[u8], code: Option<&str>) -> bool {
        let before = match code {
            Some(code) => self.waiting.insert(key.to_vec(), code.into()),
            None => self.waiting.remove(key),
        };
        before.as_deref() != code
    }

    pub(crate) fn note_part(&mut self, key: &[u8], id: RoundId) {
        self.put(key, id, Entered::Yes { voted: true });
    }

    fn put(&mut self, key: &[u8], id: RoundId, entered: Entered) {
        let rounds = self.rounds.entry(key.to_vec()).or_default();
        rounds.retain(|(known, _)| *known != id);
        if rounds.len() >= REMEMBERED {
            rounds.pop_front();
        }
        rounds.push_back((id, entered));
    }

    /// Logs a change: one line when the key stops voting, when the cause changes, and when it votes again.
    pub(crate) fn say(&mut self, key: &[u8], outcome: &Result<(), Why>) {
        let code = outcome.as_ref().err().map(|why| why.code.clone());
        if outcome.is_ok() {
            self.voting = Some(key.to_vec());
        }
        if self.said.get(key) == Some(&code) {
            return;
        }
        let name = hex::encode(key);
        match outcome {
            Ok(()) => log::info!(target: crate::LOG_TARGET, "GRANDPA key 0x{name}: votes"),
            Err(why) => {
                log::warn!(target: crate::LOG_TARGET, "GRANDPA key 0x{name}: abstains from rounds: {}", why.text)
            }
        }
        self.said.insert(key.to_vec(), code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[1; 32];

    fn id(round: u64) -> RoundId {
        RoundId { set: 1, round }
    }

    #[test]
    fn a_granted_part_is_not_forgotten_by_a_later_answer() {
        let mut memory = RoundMemory::default();
        memory.note_part(KEY, id(1));
        memory.remember(KEY, id(1), Ok(()));
        assert_eq!(memory.entered(KEY, id(1)), Some(Entered::Yes { voted: true }));
    }

    #[test]
    fn the_oldest_rounds_leave_and_keys_are_apart() {
        let mut memory = RoundMemory::default();
        for round in 0..=REMEMBERED as u64 {
            memory.remember(KEY, id(round), Ok(()));
        }
        assert_eq!(memory.entered(KEY, id(0)), None);
        assert_eq!(memory.entered(KEY, id(1)), Some(Entered::Yes { voted: false }));
        assert_eq!(memory.entered(&[2; 32], id(1)), None);
    }

    #[test]
    fn the_voting_key_is_the_last_that_was_allowed() {
        let mut memory = RoundMemory::default();
        memory.say(KEY, &Err(Why::new("off-watch", String::new())));
        assert_eq!(memory.voting(), None);
        memory.say(KEY, &Ok(()));
        memory.say(&[2; 32], &Err(Why::new("off-watch", String::new())));
        assert_eq!(memory.voting(), Some(KEY.to_vec()));
    }

    #[test]
    fn a_wait_is_news_when_it_begins_when_its_cause_changes_and_when_it_ends() {
        let mut memory = RoundMemory::default();
        let codes = [
            None,
            Some("unreachable"),
            Some("unreachable"),
            Some("off-watch"),
            None,
            None,
        ];
        let news = codes.map(|code| memory.note_waiting(KEY, code));
        assert_eq!(news, [false, true, false, true, true, false]);
    }
}
