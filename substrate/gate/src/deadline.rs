//! Until when a seal may be asked for.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Wall clock: time since 1970. The slot numbers of a node come from the same clock.
pub type WallClock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The clock of this machine. One that stands before 1970 counts as 1970.
pub fn system_clock() -> WallClock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Two thirds of a slot, as a monotonic moment: after it the slot worker drops the block anyway. `None` when that has
/// passed. Never further away than one slot, so that a clock that is set back does not make a claim wait for hours.
pub(crate) fn seal_deadline(slot: u64, length: Duration, wall: Duration, now: Instant) -> Option<Instant> {
    let begins = u128::from(slot).checked_mul(length.as_millis())?;
    let ends = begins.checked_add(length.as_millis() * 2 / 3)?;
    let left = ends.checked_sub(wall.as_millis()).filter(|left| *left > 0)?;
    let left = u64::try_from(left).map_or(length, |ms| Duration::from_millis(ms).min(length));
    now.checked_add(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(slot: u64, wall_ms: u64) -> Option<u128> {
        let now = Instant::now();
        seal_deadline(
            slot,
            Duration::from_millis(6_000),
            Duration::from_millis(wall_ms),
            now,
        )
        .map(|until| until.duration_since(now).as_millis())
    }

    #[test]
    fn a_seal_may_be_asked_for_until_two_thirds_of_its_slot() {
        assert_eq!(left(10, 60_000), Some(4_000));
        assert_eq!(left(10, 63_999), Some(1));
        assert_eq!(left(10, 64_000), None);
        assert_eq!(left(10, 70_000), None);
    }

    #[test]
    fn never_longer_than_a_slot() {
        assert_eq!(left(10, 57_500), Some(6_000));
        assert_eq!(left(10_000, 0), Some(6_000));
        assert_eq!(left(u64::MAX, 0), Some(6_000));
    }
}
