//! A voter that keeps a vote and asks again: a round is sat out only where somebody else has it.

use super::*;
use crate::testing::{denied, unknown};

fn theirs(holder: Option<&str>) -> Watch {
    Watch::Theirs {
        holder: holder.map(Into::into),
        term: 5,
    }
}

#[test]
fn a_round_that_begins_while_the_service_is_silent_is_not_sat_out() {
    for watch in [Watch::Unknown, theirs(None)] {
        let bench = Bench::waiting();
        bench.permits.set_watch(watch);
        assert!(bench.may_vote() && bench.may_prevote());
        assert_eq!(bench.asked(), [""; 0]);
    }
    let silent = Bench::waiting();
    silent.permits.set_reachable(false);
    assert!(silent.may_vote() && silent.may_prevote());
    let passing = PASSING_DENIALS.map(denied);
    for answer in passing.into_iter().chain([unknown()]) {
        let bench = Bench::waiting();
        bench.permits.otherwise(answer);
        assert!(bench.may_vote() && bench.may_prevote());
        bench.permits.otherwise(Answer::Granted);
        assert!(bench.may_vote(), "nothing is remembered");
        assert_eq!(bench.asked(), ["2/5 enter", "2/5 enter"]);
    }
}

#[test]
fn a_round_that_was_entered_is_kept_while_nobody_is_known_to_be_on_watch() {
    let bench = Bench::waiting();
    assert!(bench.may_vote());
    bench.permits.set_watch(theirs(None));
    assert!(bench.may_vote());
}

#[test]
fn a_round_of_another_is_sat_out() {
    let off_watch = Bench::waiting();
    off_watch.permits.set_watch(theirs(Some("bravo")));
    assert!(!off_watch.may_vote());
    assert_eq!(off_watch.asked(), [""; 0]);
    for reason in [
        "unit-taken",
        "unit-past",
        "not-listed",
        "not-adopted",
        "word-refused",
    ] {
        let bench = Bench::waiting();
        bench.permits.otherwise(denied(reason));
        assert!(!bench.may_vote());
        bench.permits.otherwise(Answer::Granted);
        assert!(!bench.may_vote(), "the answer for a round is kept");
    }
}

#[test]
fn chain_selection_is_left_alone() {
    let bench = Bench::waiting();
    assert!(bench.may_vote());
    bench.asked();
    bench.permits.otherwise(denied("unit-taken"));
    bench.at(2, 90);
    assert!(bench.may_prevote(), "the vote itself is asked for");
    assert_eq!(bench.asked(), [""; 0]);
}
