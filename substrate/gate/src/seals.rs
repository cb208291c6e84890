//! The block hashes that may be sealed: registered after a grant, taken once.
//!
//! An sr25519 signature is randomised, so a second signature of one hash differs from the first. A hash therefore leaves
//! the registry before it is signed, and a unit enters it once in the life of the process, whatever the service says.

use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap, VecDeque};
use watchbill_client::{Duty, Unit};

/// Hashes that wait to be sealed; the oldest leaves. A block that was granted and then dropped stays here unsigned.
const WAITING: usize = 16;
/// Units remembered one by one per key and duty; everything at or below the highest that left is refused.
const REMEMBERED: usize = 64;

/// Hash of an unsealed header.
pub(crate) type Hash = [u8; 32];

/// Why a hash was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRegistered {
    /// The unit was registered before by this process, or lies below what is remembered.
    UnitUsed,
    /// The unit is not one that is sealed.
    NotASeal,
}

/// Which kind of block key signs: a hash granted for one is not sealed with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BlockKey {
    Babe,
    Aura,
}

impl BlockKey {
    fn of(duty: Duty) -> Option<Self> {
        match duty {
            Duty::Babe => Some(Self::Babe),
            Duty::Aura | Duty::AuraBlocks => Some(Self::Aura),
            Duty::Grandpa | Duty::Beefy | Duty::ImOnline => None,
        }
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Seals {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<(BlockKey, Vec<u8>, Hash)>,
    used: HashMap<(Duty, Vec<u8>), Used>,
}

/// Units registered for one key and duty.
#[derive(Default)]
struct Used {
    floor: Option<(u64, u32)>,
    recent: BTreeSet<(u64, u32)>,
}

impl Used {
    fn enter(&mut self, unit: (u64, u32)) -> bool {
        if self.floor.is_some_and(|floor| unit <= floor) || !self.recent.insert(unit) {
            return false;
        }
        if self.recent.len() > REMEMBERED {
            // What leaves raises the floor; were it the unit itself, it may still be sealed this once.
            self.floor = self.floor.max(self.recent.pop_first());
        }
        true
    }
}

impl Seals {
    /// Lets `hash` be sealed once with `key`. Call it only after the service granted exactly this.
    pub(crate) fn register(
        &self,
        key: &[u8],
        duty: Duty,
        unit: Unit,
        hash: Hash,
    ) -> Result<(), NotRegistered> {
        let kind = BlockKey::of(duty).ok_or(NotRegistered::NotASeal)?;
        let order = match unit {
            Unit::Slot(slot) => (slot, 0),
            Unit::SlotBlock { slot, number } => (slot, number),
            Unit::Round { .. } | Unit::BeefyBlock { .. } | Unit::Session(_) => {
                return Err(NotRegistered::NotASeal)
            }
        };
        let mut inner = self.inner.lock();
        if !inner.used.entry((duty, key.to_vec())).or_default().enter(order) {
            return Err(NotRegistered::UnitUsed);
        }
        if inner.waiting.len() >= WAITING {
            inner.waiting.pop_front();
        }
        inner.waiting.push_back((kind, key.to_vec(), hash));
        Ok(())
    }

    /// True once for a registered hash of this key.
    pub(crate) fn take(&self, kind: BlockKey, key: &[u8], hash: &Hash) -> bool {
        let mut inner = self.inner.lock();
        let at = inner
            .waiting
            .iter()
            .position(|(k, owner, h)| *k == kind && owner == key && h == hash);
        at.and_then(|at| inner.waiting.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const KEY: [u8; 32] = [7; 32];

    fn hash(n: u8) -> Hash {
        [n; 32]
    }

    #[test]
    fn a_registered_hash_is_taken_once() {
        let seals = Seals::default();
        assert!(!seals.take(BlockKey::Babe, &KEY, &hash(1)));
        assert_eq!(seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1)), Ok(()));
        assert!(seals.take(BlockKey::Babe, &KEY, &hash(1)));
        assert!(!seals.take(BlockKey::Babe, &KEY, &hash(1)));
    }

    #[test]
    fn a_hash_belongs_to_its_key_and_kind() {
        let seals = Seals::default();
        assert_eq!(seals.register(&KEY, Duty::Aura, Unit::Slot(5), hash(1)), Ok(()));
        assert!(!seals.take(BlockKey::Aura, &[8; 32], &hash(1)));
        assert!(!seals.take(BlockKey::Babe, &KEY, &hash(1)));
        assert!(!seals.take(BlockKey::Aura, &KEY, &hash(2)));
        assert!(seals.take(BlockKey::Aura, &KEY, &hash(1)));
    }

    #[test]
    fn a_unit_registers_once_in_the_life_of_the_process() {
        let seals = Seals::default();
        assert_eq!(seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1)), Ok(()));
        for n in [1, 2] {
            assert_eq!(
                seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(n)),
                Err(NotRegistered::UnitUsed)
            );
        }
        assert!(seals.take(BlockKey::Babe, &KEY, &hash(1)));
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1)),
            Err(NotRegistered::UnitUsed)
        );
        assert_eq!(
            seals.register(&[8; 32], Duty::Babe, Unit::Slot(5), hash(3)),
            Ok(())
        );
    }

    #[test]
    fn several_blocks_of_a_slot_are_units_of_their_own() {
        let seals = Seals::default();
        for number in [1, 2] {
            let unit = Unit::SlotBlock { slot: 5, number };
            assert_eq!(
                seals.register(&KEY, Duty::AuraBlocks, unit, hash(number as u8)),
                Ok(())
            );
        }
        let again = Unit::SlotBlock { slot: 5, number: 2 };
        assert_eq!(
            seals.register(&KEY, Duty::AuraBlocks, again, hash(9)),
            Err(NotRegistered::UnitUsed)
        );
    }

    #[test]
    fn what_is_no_longer_remembered_is_refused() {
        let seals = Seals::default();
        for slot in 0..=REMEMBERED as u64 {
            assert_eq!(
                seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(0)),
                Ok(())
            );
        }
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(0), hash(1)),
            Err(NotRegistered::UnitUsed)
        );
    }

    #[test]
    fn as_many_units_as_are_remembered_come_in_any_order() {
        let seals = Seals::default();
        for slot in (0..=REMEMBERED as u64).rev() {
            assert_eq!(
                seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(0)),
                Ok(()),
                "{slot}"
            );
        }
        for slot in [0, 1, REMEMBERED as u64] {
            assert_eq!(
                seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(1)),
                Err(NotRegistered::UnitUsed)
            );
        }
    }

    #[test]
    fn the_oldest_hash_leaves() {
        let seals = Seals::default();
        for n in 0..=WAITING as u8 {
            assert_eq!(
                seals.register(&KEY, Duty::Babe, Unit::Slot(n.into()), hash(n)),
                Ok(())
            );
        }
        assert!(!seals.take(BlockKey::Babe, &KEY, &hash(0)));
        assert!((1..=WAITING as u8).all(|n| seals.take(BlockKey::Babe, &KEY, &hash(n))));
    }

    #[test]
    fn votes_are_no_seals() {
        let seals = Seals::default();
        let round = Unit::Round { set: 1, round: 1 };
        assert_eq!(
            seals.register(&KEY, Duty::Grandpa, round, hash(1)),
            Err(NotRegistered::NotASeal)
        );
        assert_eq!(
            seals.register(&KEY, Duty::Babe, round, hash(1)),
            Err(NotRegistered::NotASeal)
        );
    }

    #[test]
    fn of_many_threads_one_takes() {
        let seals = Arc::new(Seals::default());
        assert_eq!(seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1)), Ok(()));
        let takers: Vec<_> = (0..8)
            .map(|_| {
                let seals = seals.clone();
                std::thread::spawn(move || seals.take(BlockKey::Babe, &KEY, &hash(1)))
            })
            .collect();
        let taken = takers
            .into_iter()
            .filter_map(|t| t.join().ok())
            .filter(|taken| *taken)
            .count();
        assert_eq!(taken, 1);
    }
}
