//! What this machine was told last, on disk before anybody is told that a claim is granted.

use crate::durable::{self, Lock};
use crate::head::Head;
use crate::slots::SlotFile;
use crate::state::{damaged, mark_name, RefusedRound, State};
use crate::ClientError;
use parking_lot::Mutex;
use std::io::ErrorKind;
use std::path::Path;

const MAX_REFUSED: usize = 64;
const FIRST_GENERATION: u64 = 1;

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
    pub at_least: Option<Head>,
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
        let memory = self.memory.lock();
        let State {
            ledger, epoch, heads, ..
        } = &memory.state;
        Told {
            ledger: ledger.clone(),
            epoch: epoch.clone(),
            at_least: heads.get(&mark_name(key, duty)).cloned(),
        }
    }

    /// Takes the head of a grant in. The generation that comes back must be committed before the grant counts.
    pub(crate) fn admit(
        &self,
        ledger: &str,
        key: &[u8],
        duty: &str,
        head: &Head,
        sent: Option<&Head>,
    ) -> Result<u64, Contradiction> {
        let mut memory = self.memory.lock();
        if let Some(pinned) = memory.state.ledger.as_ref().filter(|pinned| *pinned != ledger) {
            return Err(Contradiction::Ledger {
                pinned: pinned.clone(),
            });
        }
        if let Some(pinned) = memory
            .state
            .epoch
            .as_ref()
            .filter(|pinned| **pinned != head.epoch)
        {
            return Err(Contradiction::Epoch {
                pinned: pinned.clone(),
            });
        }
        let name = mark_name(key, duty);
        let kept = memory.state.heads.get(&name);
        // Replies overtake each other, so a head below the kept one is honest, one below what was sent is not.
        if let Some(sent) = sent.filter(|sent| head.contradicts(sent)) {
            return Err(Contradiction::Behind { seq: sent.seq });
        }
        if let Some(kept) = kept.filter(|kept| head.differs_at_one_number(kept)) {
            return Err(Contradiction::Behind { seq: kept.seq });
        }
        if kept.is_none_or(|kept| kept.seq < head.seq) {
            memory.state.ledger = Some(ledger.into());
            memory.state.epoch = Some(head.epoch.clone());
            memory.state.heads.insert(name, head.clone());
            memory.generation += 1;
        }
        Ok(memory.generation)
    }

    /// Takes in the head that came with a denial of the pinned ledger. It is written with the next grant: nothing
    /// is signed on the strength of it.
    pub(crate) fn hear(&self, ledger: &str, key: &[u8], duty: &str, head: &Head) {
        let mut memory = self.memory.lock();
        let State {
            ledger: pinned,
            epoch,
            heads,
            ..
        } = &mut memory.state;
        if pinned.as_deref() != Some(ledger) || epoch.as_deref() != Some(head.epoch.as_str()) {
            return;
        }
        let name = mark_name(key, duty);
        if heads.get(&name).is_none_or(|kept| kept.seq < head.seq) {
            heads.insert(name, head.clone());
            memory.generation += 1;
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
