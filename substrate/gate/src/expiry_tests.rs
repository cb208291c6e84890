//! Each clock by itself, and both.

use super::*;
use crate::testing::{FakeTime, SLOT};

const MS: Duration = Duration::from_millis(1);

/// Claimed a second into slot 10, which ends at 66 s; with half a slot more at 69 s.
fn claimed(deadline: SealDeadline) -> (FakeTime, Expiry) {
    let time = FakeTime::at(10);
    time.pass(Duration::from_secs(1));
    let expiry = time.clocks().expiry(deadline, 10, SLOT);
    (time, expiry)
}

fn is_over(time: &FakeTime, expiry: &Expiry) -> bool {
    time.clocks().is_over(expiry)
}

#[test]
fn a_seal_is_good_until_half_a_slot_after_its_slot() {
    for deadline in [SealDeadline::TwoThirds, SealDeadline::Percent(100)] {
        let (time, expiry) = claimed(deadline);
        assert!(!is_over(&time, &expiry));
        time.pass(Duration::from_secs(8) - MS);
        assert!(!is_over(&time, &expiry));
        time.pass(MS);
        assert!(is_over(&time, &expiry));
    }
}

#[test]
fn a_slot_of_a_relay_parent_is_good_for_as_long_as_it_is_asked_for_and_half_a_slot() {
    for (late, seconds) in [(12, 20), (3_600, 68)] {
        let late = Duration::from_secs(late);
        let (time, expiry) = claimed(SealDeadline::SlotsFromRelayParent { late });
        time.pass(Duration::from_secs(seconds) - MS);
        assert!(!is_over(&time, &expiry));
        time.pass(MS);
        assert!(is_over(&time, &expiry));
    }
}

#[test]
fn the_wall_clock_alone_ends_it_as_after_a_suspension_or_in_a_restored_process() {
    let (time, expiry) = claimed(SealDeadline::TwoThirds);
    time.pass_wall(Duration::from_secs(8) - MS);
    assert!(!is_over(&time, &expiry));
    time.pass_wall(MS);
    assert!(is_over(&time, &expiry));
}

#[test]
fn a_wall_clock_that_is_set_back_extends_nothing() {
    let (time, expiry) = claimed(SealDeadline::TwoThirds);
    time.set_wall(Duration::from_secs(1));
    time.pass_monotonic(Duration::from_secs(8) - MS);
    assert!(!is_over(&time, &expiry));
    time.pass_monotonic(MS);
    assert!(is_over(&time, &expiry));
}

#[test]
fn a_slot_of_the_future_is_good_for_no_longer_than_one_that_begins_now() {
    for slot in [11, 1_000_000, u64::MAX] {
        let time = FakeTime::at(10);
        let expiry = time.clocks().expiry(SealDeadline::TwoThirds, slot, SLOT);
        time.pass_monotonic(SLOT + SLOT / 2 - MS);
        assert!(!is_over(&time, &expiry));
        time.pass_monotonic(MS);
        assert!(is_over(&time, &expiry), "{slot}");
    }
}

#[test]
fn a_slot_that_is_long_over_is_not_good_at_all() {
    let time = FakeTime::at(10);
    let expiry = time.clocks().expiry(SealDeadline::TwoThirds, 3, SLOT);
    assert!(is_over(&time, &expiry));
    time.set_wall(Duration::from_secs(1));
    assert!(is_over(&time, &expiry));
}

#[test]
fn absurd_lengths_do_not_overflow() {
    let time = FakeTime::at(10);
    let expiry = time
        .clocks()
        .expiry(SealDeadline::TwoThirds, u64::MAX, Duration::MAX);
    assert!(!is_over(&time, &expiry));
    let none = time.clocks().expiry(SealDeadline::TwoThirds, 10, Duration::ZERO);
    assert!(is_over(&time, &none));
}
