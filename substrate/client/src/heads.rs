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
mod tests {
    use super::*;
    use std::path::PathBuf;

    const KEY: [u8; 32] = [7; 32];
    const CHAIN: &str = "0x11";

    fn head(epoch: &str, seq: u64, hash: char) -> Head {
        Head {
            epoch: epoch.into(),
            seq,
            hash: hash.to_string().repeat(64),
        }
    }

    struct Place {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.json");
        Place {
            _folder: folder,
            path,
        }
    }

    fn open(place: &Place) -> Heads {
        Heads::open(&place.path, CHAIN).unwrap()
    }

    fn keep(heads: &Heads, head: &Head) -> Result<(), Contradiction> {
        let sent = heads.told(&KEY, "babe").at_least;
        let generation = heads.admit("ledger", &KEY, "babe", head, sent.as_ref())?;
        heads.commit(generation).unwrap();
        Ok(())
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let place = place();
        let heads = open(&place);
        assert_eq!(heads.told(&KEY, "babe"), Told::default());
        keep(&heads, &head("e", 2, 'a')).unwrap();
        drop(heads);
        let told = open(&place).told(&KEY, "babe");
        assert_eq!(
            (told.ledger.as_deref(), told.epoch.as_deref()),
            (Some("ledger"), Some("e"))
        );
        assert_eq!(told.at_least, Some(head("e", 2, 'a')));
        assert_eq!(open(&place).told(&KEY, "grandpa").at_least, None);
    }

    #[test]
    fn a_head_is_never_lowered() {
        let place = place();
        let heads = open(&place);
        keep(&heads, &head("e", 5, 'a')).unwrap();
        // Sent before the fifth was known: a reply that was overtaken.
        heads
            .admit("ledger", &KEY, "babe", &head("e", 4, 'b'), None)
            .unwrap();
        assert_eq!(heads.told(&KEY, "babe").at_least, Some(head("e", 5, 'a')));
    }

    #[test]
    fn a_reply_that_contradicts_what_was_told_does_not_count() {
        let place = place();
        let heads = open(&place);
        keep(&heads, &head("e", 5, 'a')).unwrap();
        assert_eq!(
            keep(&heads, &head("e", 4, 'b')),
            Err(Contradiction::Behind { seq: 5 })
        );
        assert_eq!(
            keep(&heads, &head("e", 5, 'b')),
            Err(Contradiction::Behind { seq: 5 })
        );
        assert_eq!(
            keep(&heads, &head("f", 6, 'b')),
            Err(Contradiction::Epoch { pinned: "e".into() })
        );
        let overtaken = heads.admit("ledger", &KEY, "babe", &head("e", 5, 'c'), None);
        assert_eq!(overtaken, Err(Contradiction::Behind { seq: 5 }));
        let other = heads.admit("other", &KEY, "babe", &head("e", 6, 'b'), None);
        assert_eq!(
            other,
            Err(Contradiction::Ledger {
                pinned: "ledger".into()
            })
        );
        assert_eq!(heads.told(&KEY, "babe").at_least, Some(head("e", 5, 'a')));
    }

    #[test]
    fn a_denial_raises_a_head_of_the_pinned_ledger_only() {
        let place = place();
        let heads = open(&place);
        heads.hear("ledger", &KEY, "babe", &head("e", 9, 'a'));
        assert_eq!(heads.told(&KEY, "babe"), Told::default());
        keep(&heads, &head("e", 5, 'a')).unwrap();
        heads.hear("other", &KEY, "babe", &head("e", 9, 'a'));
        heads.hear("ledger", &KEY, "babe", &head("f", 9, 'a'));
        heads.hear("ledger", &KEY, "babe", &head("e", 4, 'a'));
        assert_eq!(heads.told(&KEY, "babe").at_least, Some(head("e", 5, 'a')));
        heads.hear("ledger", &KEY, "babe", &head("e", 9, 'a'));
        assert_eq!(heads.told(&KEY, "babe").at_least, Some(head("e", 9, 'a')));
    }

    #[test]
    fn nothing_is_written_where_nothing_rose() {
        let place = place();
        let heads = open(&place);
        keep(&heads, &head("e", 5, 'a')).unwrap();
        std::fs::remove_file(&place.path).unwrap();
        keep(&heads, &head("e", 5, 'a')).unwrap();
        assert!(!place.path.exists());
        keep(&heads, &head("e", 6, 'b')).unwrap();
        assert!(place.path.exists());
    }

    #[test]
    fn a_write_that_failed_is_tried_again_for_a_head_that_did_not_rise() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let heads = Heads::open(&inner.join("heads.json"), CHAIN).unwrap();
        std::fs::remove_dir_all(&inner).unwrap();
        let first = heads
            .admit("ledger", &KEY, "babe", &head("e", 5, 'a'), None)
            .unwrap();
        assert!(heads.commit(first).is_err());
        let again = heads
            .admit("ledger", &KEY, "babe", &head("e", 5, 'a'), None)
            .unwrap();
        assert!(
            heads.commit(again).is_err(),
            "an unwritten head must not count as kept"
        );
        std::fs::create_dir(&inner).unwrap();
        assert!(heads.commit(again).is_ok());
    }

    #[test]
    fn refused_rounds_are_remembered_over_a_restart_and_bounded() {
        let place = place();
        let heads = open(&place);
        for round in 0..70 {
            heads.note_refused(&KEY, 3, round).unwrap();
        }
        drop(heads);
        let heads = open(&place);
        assert!(heads.was_refused(&KEY, 3, 69) && heads.was_refused(&KEY, 3, 6));
        assert!(!heads.was_refused(&KEY, 3, 5), "the oldest leave");
        assert!(!heads.was_refused(&KEY, 4, 69) && !heads.was_refused(&[8; 32], 3, 69));
    }

    #[test]
    fn a_damaged_file_stops_the_start_and_is_left_alone() {
        let place = place();
        let heads = open(&place);
        keep(&heads, &head("e", 5, 'a')).unwrap();
        drop(heads);
        let (_, kept) = SlotFile::open(&place.path).unwrap();
        let good = kept.unwrap().text;
        let damaged = [
            String::new(),
            good[..good.len() / 2].to_owned(),
            good.replace("\"seq\":\"5\"", "\"seq\":\"05\""),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("\"ledger\":\"ledger\"", "\"ledger\":null"),
            good.replace("\"ledger\":\"ledger\"", "\"ledger\":\"a b\""),
            good.replace("\"refused\"", "\"refuse\""),
            good.replacen("\"e\"", "\"f\"", 1),
        ];
        let keep_text = |text: &str| {
            let (mut file, before) = SlotFile::open(&place.path).unwrap();
            file.write(before.unwrap().generation + 1, text).unwrap();
        };
        for text in damaged {
            assert_ne!(text, good);
            keep_text(&text);
            let content = std::fs::read(&place.path).unwrap();
            let error = Heads::open(&place.path, CHAIN).err().unwrap();
            assert!(
                error.what.contains("damaged") && error.place.ends_with("heads.json"),
                "{error}"
            );
            assert_eq!(std::fs::read(&place.path).unwrap(), content, "it is left alone");
        }
        keep_text(&good);
        assert!(Heads::open(&place.path, "0x22")
            .err()
            .unwrap()
            .what
            .contains("chain 0x11"));
        std::fs::write(&place.path, "").unwrap();
        assert!(Heads::open(&place.path, CHAIN)
            .err()
            .unwrap()
            .what
            .contains("damaged"));
    }

    #[test]
    fn one_process_at_a_time() {
        let place = place();
        let heads = open(&place);
        assert!(Heads::open(&place.path, CHAIN)
            .err()
            .unwrap()
            .what
            .contains("another process"));
        drop(heads);
        open(&place);
    }
}
