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
fn a_standby_sits_no_round_out_and_says_that_it_does_not_vote() {
    let bench = Bench::waiting();
    bench.permits.set_watch(theirs(Some("bravo")));
    assert!(bench.may_vote());
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(bench.gate.memory.lock().voting(), None);
    let abstentions = bench.gate.asker.counters().abstentions.read();
    assert_eq!(abstentions.get("off-watch"), Some(&1));
    bench.store.note_refused(&KEY, 2, 5);
    assert!(!bench.may_vote(), "a refused round stays refused");
    let stock = Bench::new();
    stock.permits.set_watch(theirs(Some("bravo")));
    assert!(!stock.may_vote(), "a stock voter would end");
}

#[test]
fn a_standby_that_becomes_active_enters_the_round_that_runs() {
    let bench = Bench::waiting();
    let late = || {
        bench
            .gate
            .enter_late(&KEY, id(2, 5), Instant::now() + ENTER_TIMEOUT)
    };
    bench.permits.set_watch(theirs(Some("bravo")));
    late();
    assert_eq!(bench.asked(), [""; 0]);
    bench.permits.set_watch(Watch::Ours { term: 7 });
    bench.permits.set_reachable(false);
    late();
    assert_eq!(bench.asked(), [""; 0]);
    bench.permits.set_reachable(true);
    bench.permits.next([denied("unit-taken")]);
    late();
    late();
    late();
    let terms: Vec<_> = bench.permits.asked().iter().map(|claim| claim.term).collect();
    assert_eq!(terms, [Some(7), Some(7)], "a denial is not kept, a grant is");
}

#[test]
fn a_round_is_of_another_until_a_vote_of_it_was_granted_here() {
    let bench = Bench::waiting();
    let of_another = || bench.gate.is_of_another(&KEY, id(2, 5));
    assert!(bench.may_vote() && !of_another());
    bench.permits.set_watch(theirs(None));
    assert!(!of_another());
    bench.permits.set_watch(theirs(Some("bravo")));
    assert!(of_another(), "it was entered here, and no vote of it granted");
    bench.gate.note_granted(&KEY, id(2, 5));
    assert!(!of_another());
}

#[test]
fn a_round_that_is_denied_for_good_is_sat_out() {
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
