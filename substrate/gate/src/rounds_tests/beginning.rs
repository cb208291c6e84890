//! When a round begins.

use super::*;
use crate::testing::{denied, unknown};

#[test]
fn the_tracked_round_is_entered_under_the_watch_term() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    let asked = bench.permits.asked();
    assert_eq!(asked, vec![enter_claim(&KEY, id(2, 5), Some(4))]);
    bench.at(2, 6);
    assert!(bench.may_vote());
    assert_eq!(bench.asked(), ["2/6 enter"]);
}

#[test]
fn a_second_question_about_a_round_costs_nothing() {
    for (answer, may) in [
        (Answer::Granted, true),
        (denied("unit-taken"), false),
        (denied("unit-past"), false),
        (denied("word-refused"), false),
        (denied("a-later-code"), false),
        (unknown(), false),
    ] {
        let bench = Bench::new();
        bench.permits.otherwise(answer);
        assert_eq!(bench.may_vote(), may);
        assert_eq!(bench.asked(), ["2/5 enter"]);
        bench.permits.otherwise(Answer::Granted);
        assert_eq!(bench.may_vote(), may);
        assert_eq!(bench.asked(), [""; 0]);
    }
}

#[test]
fn off_watch_nothing_is_asked() {
    let theirs = Watch::Theirs {
        holder: Some("bravo".into()),
        term: 5,
    };
    for watch in [theirs, Watch::Unknown] {
        let bench = Bench::new();
        bench.permits.set_watch(watch);
        assert!(!bench.may_vote());
        assert_eq!(bench.asked(), [""; 0]);
        bench.permits.set_watch(Watch::Ours { term: 6 });
        assert!(bench.may_vote());
    }
}

#[test]
fn a_silent_service_is_not_asked() {
    let bench = Bench::new();
    bench.permits.set_reachable(false);
    assert!(!bench.may_vote());
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn an_entered_round_is_not_answered_after_the_watch_was_lost() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.permits.set_watch(Watch::Theirs {
        holder: None,
        term: 5,
    });
    assert!(!bench.may_vote());
}

#[test]
fn where_nobody_keeps_a_watch_the_next_round_is_asked_for_ahead() {
    let bench = Bench::new();
    bench.permits.set_watch(Watch::Unwatched);
    assert!(!bench.may_vote(), "nobody asked for the round that begins");
    bench.until_answered(id(2, 6));
    assert_eq!(bench.permits.asked(), vec![enter_claim(&KEY, id(2, 6), None)]);
    bench.at(2, 6);
    bench.permits.set_reachable(false);
    assert!(bench.may_vote(), "what was granted needs no service any more");
    assert!(bench.may_prevote());
    bench.until_answered(id(2, 7));
    bench.at(3, 1);
    assert!(
        !bench.may_vote(),
        "what was granted in one set is none of the next"
    );
}

#[test]
fn a_round_that_was_refused_ahead_is_sat_out() {
    let bench = Bench::new();
    bench.permits.set_watch(Watch::Unwatched);
    bench.permits.otherwise(crate::testing::denied("not-increasing"));
    assert!(!bench.may_vote());
    bench.until_answered(id(2, 6));
    bench.at(2, 6);
    assert!(!bench.may_vote());
}

#[test]
fn without_a_readable_state_nobody_votes() {
    let bench = Bench::new();
    *bench.store.tracked.lock() = None;
    assert!(!bench.may_vote());
    *bench.store.tracked.lock() = Some(Tracked::Paused);
    assert!(!bench.may_vote());
    let fail: fn() -> Result<Option<Vec<u8>>, String> = || Err("disk".into());
    bench.gate.set_voter_state(Arc::new(fail), |_| {
        Ok(Tracked::Live {
            set: 1,
            round: 1,
            stored: None,
        })
    });
    assert!(!bench.may_vote());
    bench
        .gate
        .set_voter_state(Arc::new(|| Ok(Some(vec![]))), |_| Err("garbage".into()));
    assert!(!bench.may_vote());
    let asker = Arc::new(Asker::new(bench.permits.clone(), Arc::default()));
    assert!(!RoundGate::new(asker, bench.store.clone(), Duration::from_secs(1), false).may_vote(&KEY));
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_round_with_a_refused_vote_is_sat_out_after_a_restart_too() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.gate.note_refused(&KEY, id(2, 5));
    assert!(!bench.may_vote());
    assert!(!bench.may_prevote());
    let restarted = Bench::over(bench.permits.clone(), bench.store.clone());
    bench.asked();
    assert!(!restarted.may_vote());
    assert_eq!(restarted.asked(), [""; 0]);
    restarted.at(2, 6);
    assert!(restarted.may_vote());
}

#[test]
fn a_restarted_node_goes_on_in_a_round_of_its_own() {
    let bench = Bench::new();
    bench.at_stored(2, 5, 7);
    bench.permits.next([denied("unit-taken"), Answer::Granted]);
    assert!(bench.may_vote());
    let asked = bench.permits.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(
        (asked[1].part, &asked[1].digest),
        (Part::Prevote, &Some(vec![7; 40]))
    );
    assert!(bench.may_prevote());
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_restarted_node_leaves_a_round_of_another() {
    for second in [denied("unit-taken"), denied("digest-differs"), unknown()] {
        let bench = Bench::new();
        bench.at_stored(2, 5, 7);
        bench.permits.next([denied("unit-taken"), second]);
        assert!(!bench.may_vote());
    }
    let other_key = Bench::new();
    other_key.at_stored(2, 5, 7);
    other_key.permits.next([denied("unit-taken")]);
    assert!(!other_key.gate.may_vote(&[1; 32]));
    assert_eq!(other_key.asked(), ["2/5 enter"]);
}

#[test]
fn only_a_taken_round_is_asked_about_by_its_stored_vote() {
    for first in [
        denied("off-watch"),
        denied("below-floor"),
        denied("unit-past"),
        unknown(),
    ] {
        let bench = Bench::new();
        bench.at_stored(2, 5, 7);
        bench.permits.next([first]);
        assert!(!bench.may_vote());
        assert_eq!(bench.asked(), ["2/5 enter"]);
    }
}

#[test]
fn threads_that_ask_together_get_one_answer() {
    let bench = Bench::new();
    bench.permits.next([Answer::Granted]);
    bench.permits.otherwise(denied("unit-taken"));
    bench.permits.set_pause(Duration::from_millis(50));
    let gate = Arc::new(bench.gate);
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let gate = gate.clone();
            std::thread::spawn(move || gate.may_vote(&KEY))
        })
        .collect();
    assert!(askers.into_iter().all(|asker| asker.join().expect("no panic")));
    assert_eq!(bench.permits.asked().len(), 1);
}

#[test]
fn keys_are_asked_for_apart() {
    let bench = Bench::new();
    assert!(bench.may_vote());
    bench.permits.otherwise(denied("not-listed"));
    assert!(!bench.gate.may_vote(&[1; 32]));
    assert!(bench.may_vote());
}
