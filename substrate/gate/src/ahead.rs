//! Rounds that are asked for before they begin.
//!
//! The original wire protocol asks about a round without its set, and the service reads the set from this very node
//! (`grandpa_roundState`). That call waits for a lock which the voter holds while it makes a round, so a question from
//! within `has_keys` could never be answered: node and service would wait for each other. Therefore the next round is asked for
//! while the present one runs, from a thread of its own, and `has_keys` only looks up what was answered. Where nothing
//! was (the first round after a start or of a set), the node abstains.

use crate::{
    asking::Asker,
    round_memory::RoundMemory,
    rounds::{enter_claim, outcome_of, RoundId},
    LOG_TARGET,
};
use parking_lot::Mutex;
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
    time::{Duration, Instant},
};

/// Asks for one round at a time.
pub(crate) struct Ahead {
    asker: Arc<Asker>,
    memory: Arc<Mutex<RoundMemory>>,
    busy: Arc<AtomicBool>,
}

impl Ahead {
    pub(crate) fn new(asker: Arc<Asker>, memory: Arc<Mutex<RoundMemory>>) -> Self {
        Self {
            asker,
            memory,
            busy: Arc::default(),
        }
    }

    /// Asks for the round after `id` unless that was done or a question is under way. Never waits.
    pub(crate) fn ask_after(&self, key: &[u8], id: RoundId, within: Duration) {
        let Some(round) = id.round.checked_add(1) else {
            return;
        };
        let next = RoundId { set: id.set, round };
        if self.memory.lock().entered(key, next).is_some() {
            return;
        }
        let Some(turn) = Turn::take(&self.busy) else {
            return;
        };
        let (asker, memory) = (self.asker.clone(), self.memory.clone());
        let key = key.to_vec();
        let asking = move || {
            let _turn = turn;
            let answer = asker.ask_blocking(enter_claim(&key, next, None), Instant::now() + within);
            memory.lock().remember(&key, next, outcome_of(&answer));
        };
        let started = thread::Builder::new()
            .name("watchbill-ahead".into())
            .spawn(asking);
        if let Err(error) = started {
            log::error!(target: LOG_TARGET, "no thread can be started to ask for round {round}: {error}. The node abstains from it; raise the limit of threads of its user");
        }
    }
}

/// The right to ask. It ends in every case: with the answer, with a panic, and with a thread that did not start.
struct Turn(Arc<AtomicBool>);

impl Turn {
    fn take(busy: &Arc<AtomicBool>) -> Option<Self> {
        (!busy.swap(true, Ordering::AcqRel)).then(|| Self(busy.clone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
#[path = "ahead_tests.rs"]
mod tests;
