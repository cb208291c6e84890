//! The block hashes that may be sealed: registered after a grant, taken once.
//!
//! An sr25519 signature is randomised, so a second signature of one hash differs from the first. A hash therefore leaves
//! the registry before it is signed, and a unit enters it once in the life of the process, whatever the service says.
//! A hash is taken before its [`Expiry`] or never.

use crate::expiry::{Clocks, Expiry};
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

/// Why a hash may not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// It was not granted, was sealed before, or belongs to another key.
    NotRegistered,
    /// It was granted, and its slot is over.
    Expired,
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
            Duty::Aura | Duty::AuraBlocks | Duty::AuraParachain => Some(Self::Aura),
            Duty::AuraScheduling | Duty::Grandpa | Duty::Beefy | Duty::ImOnline => None,
        }
    }
}

/// See the module.
pub(crate) struct Seals {
    clocks: Clocks,
    inner: Mutex<Inner>,
}

/// A hash that was granted and not sealed yet.
struct Waiting {
    kind: BlockKey,
    key: Vec<u8>,
    hash: Hash,
    expiry: Expiry,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Waiting>,
    used: HashMap<(Duty, Vec<u8>), Used>,
}

/// Units registered for one key and duty.
#[derive(Default)]
struct Used {
    floor: Option<Order>,
    recent: BTreeSet<Order>,
}

/// Slot, number and relay parent; 0 for what a duty does not have.
type Order = (u64, u32, u64);

impl Used {
    fn enter(&mut self, unit: Order) -> bool {
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
    /// Nothing is registered yet.
    pub(crate) fn new(clocks: Clocks) -> Self {
        Self {
            clocks,
            inner: Mutex::default(),
        }
    }

    /// Lets `hash` be sealed once with `key`, before `expiry`. Call it only after the service granted exactly this.
    pub(crate) fn register(
        &self,
        key: &[u8],
        duty: Duty,
        unit: Unit,
        hash: Hash,
        expiry: Expiry,
    ) -> Result<(), NotRegistered> {
        let kind = BlockKey::of(duty).ok_or(NotRegistered::NotASeal)?;
        let order = match unit {
            Unit::Slot(slot) => (slot, 0, 0),
            Unit::SlotBlock { slot, number } => (slot, number, 0),
            Unit::ParachainBlock {
                slot,
                number,
                relay_parent,
            } => (slot, number, relay_parent),
            Unit::Scheduling { .. } | Unit::Round { .. } | Unit::BeefyBlock { .. } | Unit::Session(_) => {
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
        inner.waiting.push_back(Waiting {
            kind,
            key: key.to_vec(),
            hash,
            expiry,
        });
        Ok(())
    }

    /// Ok once for a registered hash of this key, before its expiry. An expired hash leaves too: no clock that is
    /// set back makes it good again.
    pub(crate) fn take(&self, kind: BlockKey, key: &[u8], hash: &Hash) -> Result<(), NotTaken> {
        let mut inner = self.inner.lock();
        let at = inner
            .waiting
            .iter()
            .position(|waiting| waiting.kind == kind && waiting.key == key && waiting.hash == *hash);
        let waiting = at.and_then(|at| inner.waiting.remove(at));
        let waiting = waiting.ok_or(NotTaken::NotRegistered)?;
        match self.clocks.is_over(&waiting.expiry) {
            true => Err(NotTaken::Expired),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "seals_tests.rs"]
mod tests;
