//! Until when a seal may be asked for.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Wall clock: time since 1970. The slot numbers of a node come from the same clock.
pub type WallClock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The clock of this machine. One that stands before 1970 counts as 1970.
pub fn system_clock() -> WallClock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The longest time past the end of a slot for which a block of that slot is asked for.
const MAX_LATE: Duration = Duration::from_secs(60);

/// Until when the seal of a slot may be asked for, by the wall clock. It decides whether a block comes in time to be
/// of use, never whether it may be sealed: a slot is granted once, however late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SealDeadline {
    /// Two thirds of the slot, when the slot workers of BABE and Aura drop a block anyway.
    #[default]
    TwoThirds,
    /// So many percent of the slot; 0 counts as 1, and more than 100 as 100: never beyond the slot's end.
    Percent(u8),
    /// The slot of a block is the one of its relay parent, as with a collator of a parachain: it may be over before
    /// the block is built. The seal is asked for until `late` after the slot's end; more than a minute counts as one.
    ///
    /// For no other chain: where slots come from the clock, a block of a slot that is over is built for nobody.
    SlotsFromRelayParent {
        /// Time past the slot's end.
        late: Duration,
    },
}

impl SealDeadline {
    /// As a monotonic moment; `None` when it has passed. Never further away than one slot, so that a clock that is set
    /// back does not make a claim wait for hours.
    pub(crate) fn moment(self, slot: u64, length: Duration, wall: Duration, now: Instant) -> Option<Instant> {
        let begins = u128::from(slot).checked_mul(length.as_millis())?;
        let ends = begins.checked_add(self.within(length))?;
        let left = ends.checked_sub(wall.as_millis()).filter(|left| *left > 0)?;
        let left = u64::try_from(left).map_or(length, |ms| Duration::from_millis(ms).min(length));
        now.checked_add(left)
    }

    /// Time from the begin of a slot in which its blocks are of use: the slot, or `late` after it.
    pub(crate) fn usable(self, length: Duration) -> Duration {
        match self {
            Self::TwoThirds | Self::Percent(_) => length,
            Self::SlotsFromRelayParent { late } => length.saturating_add(late.min(MAX_LATE)),
        }
    }

    /// Milliseconds from the begin of a slot.
    fn within(self, length: Duration) -> u128 {
        let length = length.as_millis();
        match self {
            Self::TwoThirds => length * 2 / 3,
            Self::Percent(percent) => length * u128::from(percent.clamp(1, 100)) / 100,
            Self::SlotsFromRelayParent { late } => length + late.min(MAX_LATE).as_millis(),
        }
    }
}

/// What has passed when it is too late, for a log line.
impl fmt::Display for SealDeadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoThirds => write!(f, "two thirds of the slot"),
            Self::Percent(percent) => write!(f, "{} % of the slot", percent.clamp(&1, &100)),
            Self::SlotsFromRelayParent { late } => {
                let ms = late.min(&MAX_LATE).as_millis();
                write!(f, "the slot of the relay parent and {ms} ms more")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_millis(6_000);

    fn left_by(rule: SealDeadline, slot: u64, wall_ms: u64) -> Option<u128> {
        let now = Instant::now();
        rule.moment(slot, LENGTH, Duration::from_millis(wall_ms), now)
            .map(|until| until.duration_since(now).as_millis())
    }

    fn left(slot: u64, wall_ms: u64) -> Option<u128> {
        left_by(SealDeadline::default(), slot, wall_ms)
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
        let relay = SealDeadline::SlotsFromRelayParent {
            late: Duration::from_secs(12),
        };
        for rule in [SealDeadline::TwoThirds, SealDeadline::Percent(100), relay] {
            assert_eq!(left_by(rule, 10, 50_000), Some(6_000));
            assert_eq!(left_by(rule, 10_000, 0), Some(6_000));
            assert_eq!(left_by(rule, u64::MAX, 0), Some(6_000));
        }
    }

    #[test]
    fn no_share_of_a_slot_reaches_beyond_its_end() {
        assert_eq!(left_by(SealDeadline::Percent(90), 10, 60_000), Some(5_400));
        assert_eq!(left_by(SealDeadline::Percent(0), 10, 60_000), Some(60));
        for percent in [100, 101, u8::MAX] {
            assert_eq!(left_by(SealDeadline::Percent(percent), 10, 65_999), Some(1));
            assert_eq!(left_by(SealDeadline::Percent(percent), 10, 66_000), None);
        }
    }

    #[test]
    fn a_slot_of_a_relay_parent_may_be_over_for_so_long_and_a_minute_at_most() {
        let late = |seconds| SealDeadline::SlotsFromRelayParent {
            late: Duration::from_secs(seconds),
        };
        assert_eq!(left_by(late(12), 10, 77_999), Some(1));
        assert_eq!(left_by(late(12), 10, 78_000), None);
        assert_eq!(left_by(late(0), 10, 66_000), None);
        assert_eq!(left_by(late(3_600), 10, 125_999), Some(1));
        assert_eq!(left_by(late(3_600), 10, 126_000), None);
        assert_eq!(
            left_by(
                SealDeadline::SlotsFromRelayParent { late: Duration::MAX },
                10,
                126_000
            ),
            None
        );
    }

    #[test]
    fn what_has_passed_is_told() {
        let late = Duration::from_secs(90);
        assert_eq!(SealDeadline::Percent(200).to_string(), "100 % of the slot");
        let told = SealDeadline::SlotsFromRelayParent { late }.to_string();
        assert_eq!(told, "the slot of the relay parent and 60000 ms more");
    }
}
