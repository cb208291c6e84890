//! Until when a granted hash may be sealed.
//!
//! A grant says that no other machine gets the unit, and the gate seals it once in this process. Neither holds for a
//! process that was restored from a copy of its memory: it has the granted hash, and its original may have sealed it.
//! So a hash that waits longer than a live process needs is not sealed any more.

use crate::deadline::{SealDeadline, WallClock};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Monotonic clock.
pub type MonotonicClock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// The monotonic clock of this machine. On Linux it stands still while the machine is suspended.
pub fn monotonic_clock() -> MonotonicClock {
    Arc::new(Instant::now)
}

/// The clocks of this machine. Each of them alone ends a grant:
///
/// - The wall clock goes on while the machine is suspended, and it is right for a process that was restored from
///   a snapshot of its memory. The monotonic clock shows neither.
/// - The monotonic clock bounds the time since the claim, so a wall clock that is set back extends nothing.
///
/// Both are wrong together in a virtual machine that was put back from a snapshot of its memory, until its wall clock
/// is set. `CLOCK_BOOTTIME` would not help: it is put back with them, and after a suspension Linux moves it and the
/// wall clock by the same time.
#[derive(Clone)]
pub(crate) struct Clocks {
    pub(crate) wall: WallClock,
    pub(crate) monotonic: MonotonicClock,
}

impl Clocks {
    /// The expiry of a seal of this slot that is claimed now. Take it before the claim is sent, so that it also ends
    /// for a process that stood still before the answer was registered.
    pub(crate) fn expiry(&self, deadline: SealDeadline, slot: u64, length: Duration) -> Expiry {
        let usable = deadline.usable(length).saturating_add(margin(length));
        let begins_ms = u128::from(slot).saturating_mul(length.as_millis());
        let ends_ms = begins_ms.saturating_add(usable.as_millis());
        let left_ms = ends_ms.saturating_sub((self.wall)().as_millis());
        // A wall clock that is behind shows a slot of the future. It grants no more time than a right one.
        let left = u64::try_from(left_ms).map_or(usable, |ms| Duration::from_millis(ms).min(usable));
        Expiry {
            ends_ms,
            claimed: (self.monotonic)(),
            left,
        }
    }

    /// True if either clock says so.
    pub(crate) fn is_over(&self, expiry: &Expiry) -> bool {
        let since = (self.monotonic)().saturating_duration_since(expiry.claimed);
        (self.wall)().as_millis() >= expiry.ends_ms || since >= expiry.left
    }
}

/// When a granted hash may not be sealed any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiry {
    /// Milliseconds since 1970, by the wall clock.
    ends_ms: u128,
    /// When the seal was claimed, by the monotonic clock.
    claimed: Instant,
    /// Time from `claimed` on, by the monotonic clock.
    left: Duration,
}

/// Time after the slot in which a granted hash is still sealed: half a slot. A live process signs some milliseconds
/// after the grant, and grants come within the slot, so only one that was held up, or a wall clock that was corrected
/// forward, needs the margin at all. It grows with the slot because the time that a slow machine needs does. A block that is later
/// than that has been built over by the authors of the next slots.
fn margin(slot: Duration) -> Duration {
    slot / 2
}

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;
