//! What this machine was told last, on disk before anybody is told that a claim is granted.

use crate::durable::{self, Lock};
use crate::head::Head;
use crate::slots::SlotFile;
use crate::state::{damaged, mark_name, RefusedRound, State};
use crate::word::Word;
use crate::ClientError;
use parking_lot::Mutex;
use std::io::ErrorKind;
use std::path::Path;

const MAX_REFUSED: usize = 64;
const FIRST_GENERATION: u64 = 1;

/// Denials that the mark itself gives, after the service judged the word of the claim. Other denials may come
/// from a service that never looked at the word, so their word must not take its place.
const AFTER_THE_WORD: [&str; 5] = [
    "below-floor",
    "below-window",
    "digest-differs",
    "unit-ahead-granted",
    "unit-taken",
];

/// The state file while this process holds it. Cheap reads; a write only where something rose.
pub(crate) struct Heads {
    memory: Mutex<Memory>,
    /// Held while writing, so that those who wait share the next write.
    disk: Mutex<Disk>,
    _lock: Lock,
}

struct Memory {
    state: State,
    /// Rises with every change.
    generation: u64,
}

impl Memory {
    /// Keeps a place of the pinned ledger, or pins its ledger. Without a change there is no new write.
    fn take(&mut self, name: String, place: &Place) {
        let Place { ledger, head, word } = place;
        if self.state.word(&name) == Some(word) && self.state.heads.get(&name) == Some(head) {
            return;
        }
        self.state.ledger = Some(ledger.clone());
        self.state.epoch = Some(head.epoch.clone());
        self.state.heads.insert(name.clone(), head.clone());
        self.state.words.insert(name, word.clone());
        self.generation += 1;
    }
}

struct Disk {
    file: SlotFile,
    /// Generation of what is on disk.
    written: u64,
}

/// What a claim says about the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub ledger: Option<String>,
    pub epoch: Option<String>,
    /// The service's word about the mark, unchanged.
    pub word: Option<Word>,
}

/// Where a reply says that the mark stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub ledger: String,
    pub head: Head,
    pub word: Word,
}

/// Why a reply that says granted does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    Ledger { pinned: String },
    Epoch { pinned: String },
    Behind { seq: u64 },
}

impl Heads {
    /// # Errors
    /// Where the file is in use, unreadable, damaged, or of another chain.
    pub(crate) fn open(path: &Path, chain: &str) -> Result<Self, ClientError> {
        let lock = durable::lock(path)?;
        let (mut file, kept) = SlotFile::open(path).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => damaged(path, error),
            _ => {
                let what = format!("the state file cannot be read: {error}");
                ClientError::new(what, path.display(), "Let the node's user read and write it.")
            }
        })?;
        let (state, written) = match kept {
            None => (new_file(&mut file, path, chain)?, FIRST_GENERATION),
            Some(kept) => {
                if kept.half {
                    warn_of_half(path);
                }
                (State::parse(&kept.text, path, chain)?, kept.generation)
            }
        };
        let memory = Mutex::new(Memory {
            state,
            generation: written,
        });
        Ok(Self {
            memory,
            disk: Mutex::new(Disk { file, written }),
            _lock: lock,
        })
    }

    /// What a claim for this mark carries.
    pub(crate) fn told(&self, key: &[u8], duty: &str) -> Told {
        let name = mark_name(key, duty);
        let memory = self.memory.lock();
        let State { ledger, epoch, .. } = &memory.state;
        Told {
            ledger: ledger.clone(),
            epoch: epoch.clone(),
            word: memory.state.word(&name).cloned(),
        }
    }

    /// Takes in where a grant says that its mark stands. The generation that comes back must be committed
    /// before the grant counts.
    ///
    /// A word that answers the kept word replaces it, with its head, whatever the numbers: the service judged
    /// the kept one before it answered, so it accounts for the lower number (for example an adoption after a
    /// restore) and for another epoch (a recovery). Otherwise the higher number is kept, because replies overtake
    /// each other; a reply with another entry of the kept number is refused.
    ///
    /// # Errors
    /// If the grant does not count: another ledger or epoch, or a store behind what this machine knows.
    pub(crate) fn admit(
        &self,
        key: &[u8],
        duty: &str,
        place: &Place,
        sent: Option<&Word>,
    ) -> Result<u64, Contradiction> {
        let Place { ledger, head, .. } = place;
        let mut memory = self.memory.lock();
        let state = &memory.state;
        if let Some(pinned) = state.ledger.clone().filter(|pinned| pinned != ledger) {
            return Err(Contradiction::Ledger { pinned });
        }
        let name = mark_name(key, duty);
        let kept = state.heads.get(&name);
        let replaces = sent.is_some() && sent == state.word(&name);
        // A recovery begins a new epoch: the service that judged the kept word may be believed, no other one.
        if let Some(pinned) = state
            .epoch
            .clone()
            .filter(|pinned| *pinned != head.epoch && !replaces)
        {
            return Err(Contradiction::Epoch { pinned });
        }
        if let Some(kept) = kept.filter(|kept| !replaces && head.differs_at_one_number(kept)) {
            return Err(Contradiction::Behind { seq: kept.seq });
        }
        if replaces || kept.is_none_or(|kept| kept.seq < head.seq) {
            memory.take(name, place);
        }
        Ok(memory.generation)
    }

    /// Takes in where a denial of the pinned ledger says that its mark stands, if that is a later entry
    /// and the mark itself gave the denial. The next grant writes it: no signature relies on it.
    pub(crate) fn hear(&self, key: &[u8], duty: &str, place: &Place, reason: &str) {
        let mut memory = self.memory.lock();
        let State {
            ledger, epoch, heads, ..
        } = &memory.state;
        if ledger.as_ref() != Some(&place.ledger) || epoch.as_ref() != Some(&place.head.epoch) {
            return;
        }
        let name = mark_name(key, duty);
        let rises = heads.get(&name).is_none_or(|kept| kept.seq < place.head.seq);
        if rises && AFTER_THE_WORD.contains(&reason) {
            memory.take(name, place);
        }
    }

    /// Returns when everything up to `generation` is on disk. Blocks; many callers share one write.
    pub(crate) fn commit(&self, generation: u64) -> std::io::Result<()> {
        let mut disk = self.disk.lock();
        if disk.written >= generation {
            return Ok(());
        }
        let (now, text) = {
            let memory = self.memory.lock();
            (memory.generation, serde_json::to_string(&memory.state)?)
        };
        disk.file.write(now, &text)?;
        disk.written = now;
        Ok(())
    }

    /// Keeps that a vote of this round was refused, the last 64 of them. Blocks until it is on disk.
    pub(crate) fn note_refused(&self, key: &[u8], set: u64, round: u64) -> std::io::Result<()> {
        if self.was_refused(key, set, round) {
            return Ok(());
        }
        let generation = {
            let mut memory = self.memory.lock();
            memory.state.refused.push_back(RefusedRound {
                key: format!("0x{}", hex::encode(key)),
                set,
                round,
            });
            while memory.state.refused.len() > MAX_REFUSED {
                memory.state.refused.pop_front();
            }
            memory.generation += 1;
            memory.generation
        };
        self.commit(generation)
    }

    /// Whether a vote of this round was refused, before a restart too.
    pub(crate) fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool {
        let key = format!("0x{}", hex::encode(key));
        let memory = self.memory.lock();
        memory
            .state
            .refused
            .iter()
            .any(|refused| refused.set == set && refused.round == round && refused.key == key)
    }

    /// The ledger that was pinned by the first grant.
    pub(crate) fn ledger(&self) -> Option<String> {
        self.memory.lock().state.ledger.clone()
    }
}

/// Made at start, so that no grant waits for a new file, and what hinders it is told at once.
fn new_file(file: &mut SlotFile, path: &Path, chain: &str) -> Result<State, ClientError> {
    let state = State::new(chain);
    let written = serde_json::to_string(&state)
        .map_err(std::io::Error::other)
        .and_then(|text| file.write(FIRST_GENERATION, &text));
    match written {
        Ok(()) => Ok(state),
        Err(error) => {
            let what = format!("the state file cannot be made: {error}");
            Err(ClientError::new(
                what,
                path.display(),
                "Let the node's user write in its folder.",
            ))
        }
    }
}

fn warn_of_half(path: &Path) {
    let why = "a crash while it was written, or a fault of the disk";
    log::warn!(target: "watchbill", "one of the two copies in the state file {} cannot be read: {why}. The other one is used", path.display());
}

#[cfg(test)]
#[path = "heads_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "words_tests.rs"]
mod words_tests;
