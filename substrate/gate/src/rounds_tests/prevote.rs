//! When a prevote is due.

use super::*;
use crate::testing::{denied, unknown};

#[test]
fn after_a_catch_up_the_round_is_entered_before_its_prevote() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    assert!(bench.may_vote());
    bench.asked();
    bench.at(2, 90);
    assert!(bench.may_prevote());
    assert_eq!(bench.asked(), ["2/90 enter"]);
}

#[test]
fn after_a_catch_up_a_round_that_is_not_entered_is_sat_out() {
    for answer in [
        denied("unit-taken"),
        denied("unit-past"),
        denied("word-refused"),
        unknown(),
    ] {
        let bench = Bench::new();
        assert!(bench.may_vote());
        bench.at(2, 90);
        bench.permits.otherwise(answer);
        assert!(!bench.may_prevote());
        bench.permits.otherwise(Answer::Granted);
        assert!(!bench.may_prevote(), "the answer for a round is kept");
    }
    for watch in [
        Watch::Unknown,
        Watch::Theirs {
            holder: None,
            term: 9,
        },
    ] {
        let bench = Bench::new();
        assert!(bench.may_vote());
        bench.at(2, 90);
        bench.permits.set_watch(watch);
        assert!(!bench.may_prevote());
    }
}

#[test]
fn a_round_that_was_taken_over_meanwhile_is_sat_out() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.permits.otherwise(denied("unit-taken"));
    assert!(!bench.may_prevote());
    let lost = Bench::new();
    assert!(lost.may_vote());
    lost.permits.set_watch(Watch::Theirs {
        holder: None,
        term: 9,
    });
    assert!(!lost.may_prevote());
}

#[test]
fn an_entered_round_is_voted_in_although_the_service_is_silent_now() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.permits.otherwise(unknown());
    assert!(bench.may_prevote());
    bench.permits.set_watch(Watch::Unknown);
    assert!(bench.may_prevote());
    bench.permits.set_reachable(false);
    assert!(bench.may_prevote());
}

#[test]
fn without_a_watch_an_entered_round_is_not_asked_for_again() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.asked();
    bench.permits.set_watch(Watch::Unwatched);
    bench.permits.otherwise(denied("not-increasing"));
    assert!(bench.may_prevote(), "the original protocol grants a number once");
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn without_a_watch_a_round_that_was_not_entered_is_asked_for() {
    for (answer, may) in [(Answer::Granted, true), (denied("not-increasing"), false)] {
        let bench = Bench::new();
        assert!(bench.may_vote());
        bench.asked();
        bench.permits.set_watch(Watch::Unwatched);
        bench.permits.otherwise(answer);
        bench.at(2, 90);
        assert_eq!(bench.may_prevote(), may);
        assert_eq!(bench.permits.asked(), vec![enter_claim(&KEY, id(2, 90), None)]);
    }
}

#[test]
fn a_question_about_a_round_may_take_the_time_of_an_enter() {
    let bench = Bench::new();
    let questions: [fn(&Bench) -> bool; 2] = [Bench::may_vote, Bench::may_prevote];
    for ask in questions {
        let begun = Instant::now();
        assert!(ask(&bench));
        let until = bench.permits.asked_until()[0].1;
        assert!(until >= begun + ENTER_TIMEOUT && until <= Instant::now() + ENTER_TIMEOUT);
    }
}

#[test]
fn a_round_with_a_granted_part_is_not_entered_again() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.gate.note_granted(&KEY, id(2, 5));
    bench.asked();
    bench.permits.otherwise(denied("unit-taken"));
    assert!(bench.may_prevote());
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_node_that_never_votes_is_not_stopped() {
    let bench = Bench::new();
    *bench.store.tracked.lock() = None;
    assert!(bench.may_prevote());
}

#[test]
fn a_round_that_was_refused_before_the_restart_is_sat_out_after_a_catch_up() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.asked();
    bench.store.note_refused(&KEY, 2, 90);
    bench.at(2, 90);
    assert!(!bench.may_prevote());
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_round_that_is_sat_out_is_counted_once_with_its_reason() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    let counters = bench.gate.asker.counters();
    assert_eq!(counters.voting().into_values().collect::<Vec<_>>(), [true]);
    bench.at(2, 6);
    bench.permits.set_watch(Watch::Theirs {
        holder: None,
        term: 9,
    });
    assert!(!bench.may_vote() && !bench.may_vote() && !bench.may_prevote());
    assert_eq!(counters.voting().into_values().collect::<Vec<_>>(), [false]);
    bench.permits.set_watch(Watch::Ours { term: 10 });
    for round in [7, 8] {
        bench.at(2, round);
        bench.permits.otherwise(Answer::Granted);
        assert!(bench.may_vote());
        bench.permits.otherwise(denied("unit-taken"));
        assert!(!bench.may_prevote());
    }
    let expected = [("off-watch", 1), ("unit-taken", 2)].map(|(reason, count)| (reason.to_string(), count));
    assert_eq!(counters.abstentions.read(), expected.into());
}
