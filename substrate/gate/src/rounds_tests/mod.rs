//! The gate of rounds against permits and a voter state that are fakes.

mod beginning;
mod prevote;
mod waiting;

use super::*;
use crate::{counters::Counters, testing::FakePermits};
use futures::executor::block_on;
use parking_lot::Mutex as Lock;

const KEY: [u8; 32] = [0xdd; 32];
const ENTER_TIMEOUT: Duration = Duration::from_secs(1);

/// What the voter wrote down, and what was refused.
#[derive(Default)]
struct FakeStore {
    tracked: Lock<Option<Tracked>>,
    refused: Lock<Vec<(Vec<u8>, u64, u64)>>,
}

impl RefusedRounds for FakeStore {
    fn note_refused(&self, key: &[u8], set: u64, round: u64) {
        self.refused.lock().push((key.to_vec(), set, round));
    }

    fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool {
        self.refused.lock().contains(&(key.to_vec(), set, round))
    }
}

struct Bench {
    permits: Arc<FakePermits>,
    store: Arc<FakeStore>,
    gate: RoundGate,
}

impl Bench {
    /// On watch, a service that grants, round 5 of set 2.
    fn new() -> Self {
        let permits = FakePermits::saying(Answer::Granted);
        let store = Arc::new(FakeStore::default());
        let bench = Self::over(permits, store);
        bench.at(2, 5);
        bench
    }

    /// Waits for a question that was asked ahead.
    fn until_answered(&self, id: RoundId) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.gate.memory.lock().entered(&KEY, id).is_none() {
            assert!(Instant::now() < until, "nobody asked for {id:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A new start of the process, over the same disk.
    fn over(permits: Arc<FakePermits>, store: Arc<FakeStore>) -> Self {
        Self::with(permits, store, false)
    }

    /// As `new`, with a voter that keeps a vote and asks again.
    fn waiting() -> Self {
        let bench = Self::with(FakePermits::saying(Answer::Granted), Arc::default(), true);
        bench.at(2, 5);
        bench
    }

    fn with(permits: Arc<FakePermits>, store: Arc<FakeStore>, voter_waits: bool) -> Self {
        let asker = Arc::new(Asker::new(permits.clone(), Arc::new(Counters::default())));
        let gate = RoundGate::new(asker, store.clone(), ENTER_TIMEOUT, voter_waits);
        let state = store.clone();
        // The decoder has tests of its own; here the number in the value stands for what is tracked.
        let decoder: Decoder = |value| match value {
            [set, round] => Ok(Tracked::Live {
                set: (*set).into(),
                round: (*round).into(),
                stored: None,
            }),
            [set, round, digest] => {
                let stored = StoredVote {
                    key: KEY.to_vec(),
                    part: Part::Prevote,
                    digest: vec![*digest; 40],
                };
                Ok(Tracked::Live {
                    set: (*set).into(),
                    round: (*round).into(),
                    stored: Some(stored),
                })
            }
            [0] => Ok(Tracked::Paused),
            _ => Err("not a state".into()),
        };
        let aux = move || {
            Ok(state.tracked.lock().as_ref().map(|tracked| match tracked {
                Tracked::Live {
                    set,
                    round,
                    stored: None,
                } => vec![*set as u8, *round as u8],
                Tracked::Live {
                    set,
                    round,
                    stored: Some(vote),
                } => vec![*set as u8, *round as u8, vote.digest[0]],
                Tracked::Paused => vec![0],
            }))
        };
        gate.set_voter_state(Arc::new(aux), decoder);
        Self { permits, store, gate }
    }

    fn at(&self, set: u64, round: u64) {
        *self.store.tracked.lock() = Some(Tracked::Live {
            set,
            round,
            stored: None,
        });
    }

    fn at_stored(&self, set: u64, round: u64, digest: u8) {
        let stored = Some(StoredVote {
            key: KEY.to_vec(),
            part: Part::Prevote,
            digest: vec![digest; 40],
        });
        *self.store.tracked.lock() = Some(Tracked::Live { set, round, stored });
    }

    fn may_vote(&self) -> bool {
        self.gate.may_vote(&KEY)
    }

    fn may_prevote(&self) -> bool {
        block_on(self.gate.may_prevote()).is_ok()
    }

    /// Units and parts asked since the last call.
    fn asked(&self) -> Vec<String> {
        self.permits
            .asked()
            .iter()
            .map(|c| format!("{} {}", c.unit, c.part.name()))
            .collect()
    }
}

fn id(set: u64, round: u64) -> RoundId {
    RoundId { set, round }
}
