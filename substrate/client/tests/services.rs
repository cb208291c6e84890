//! Several services: who is asked, and whose word counts.

mod support;

use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use support::*;
use watchbill_client::{Answer, Claim, Duty, Part, Permits, Unit};

fn reason(answer: &Answer) -> &str {
    match answer {
        Answer::Granted => "granted",
        Answer::Denied { reason, .. } | Answer::Unknown { reason, .. } => reason,
    }
}

#[test]
fn the_first_one_is_preferred() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| granted(seen, 1));
    let two = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&one, &two]);
    for slot in 0..3 {
        assert_eq!(client.ask_blocking(seal(slot), soon()), Answer::Granted);
    }
    assert_eq!((one.seen().len(), two.seen().len()), (3, 0));
}

#[test]
fn a_service_that_cannot_say_leaves_it_to_the_next() {
    type Handler = Box<dyn Fn(&Seen) -> Act + Send + Sync>;
    let cases: Vec<(&str, Handler)> = vec![
        ("hang", Box::new(|_| Act::Hang)),
        ("break", Box::new(|_| Act::Break)),
        ("noise", Box::new(|_| Act::Noise)),
        ("503", Box::new(|_| unknown("draining"))),
        ("checking", Box::new(|_| unknown("session-checking"))),
        (
            "token",
            Box::new(|_| Act::json(401, &json!({ "code": "identity-unknown" }))),
        ),
        ("no-memory", Box::new(|seen| denied(seen, "no-memory"))),
        ("session-lost", Box::new(|seen| denied(seen, "session-lost"))),
        ("store-behind", Box::new(|seen| denied(seen, "store-behind"))),
        ("a slow clock", Box::new(|seen| denied(seen, "unit-ahead"))),
        ("a fast clock", Box::new(|seen| denied(seen, "unit-past"))),
        ("another secret", Box::new(|seen| denied(seen, "word-refused"))),
    ];
    for (name, handler) in cases {
        let home = Home::new();
        let one = FakeService::tcp(handler);
        let two = FakeService::tcp(|seen| granted(seen, 1));
        let client = home.start(&[&one, &two]);
        assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted, "{name}");
        let (first, second) = (one.seen_at("/v1/claims"), two.seen_at("/v1/claims"));
        assert_eq!(
            first[0].body["claimId"], second[0].body["claimId"],
            "{name}: the same claim goes on"
        );
        assert!(client.reachable(), "{name}");
    }
}

#[test]
fn a_denial_of_the_claim_is_not_taken_elsewhere() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| denied(seen, "unit-taken"));
    let two = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&one, &two]);
    assert_eq!(reason(&client.ask_blocking(seal(1), soon())), "unit-taken");
    assert!(two.seen().is_empty());
}

#[test]
fn what_all_say_of_themselves_is_the_answer() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| denied(seen, "session-lost"));
    let two = FakeService::tcp(|seen| denied(seen, "no-memory"));
    let client = home.start(&[&one, &two]);
    let answer = client.ask_blocking(seal(1), soon());
    assert!(
        matches!(&answer, Answer::Denied { reason, .. } if reason == "session-lost"),
        "{answer:?}"
    );
    assert_eq!((one.seen().len(), two.seen().len()), (1, 1));
}

#[test]
fn what_every_service_denies_is_denied() {
    for code in ["unit-ahead", "unit-past", "word-refused"] {
        let home = Home::new();
        let one = FakeService::tcp(move |seen| denied(seen, code));
        let two = FakeService::tcp(move |seen| denied(seen, code));
        let client = home.start(&[&one, &two]);
        let answer = client.ask_blocking(seal(1), soon());
        assert!(
            matches!(&answer, Answer::Denied { reason, .. } if reason == code),
            "{answer:?}"
        );
        assert_eq!((one.seen().len(), two.seen().len()), (1, 1));
    }
}

#[test]
fn a_denial_with_a_code_of_a_later_release_is_a_denial() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| denied(seen, "a-later-code"));
    let client = home.start(&[&one]);
    let answer = client.ask_blocking(seal(1), soon());
    assert!(
        matches!(&answer, Answer::Denied { reason, .. } if reason == "a-later-code"),
        "{answer:?}"
    );
    assert_eq!(one.seen().len(), 1);
}

#[test]
fn one_that_denies_and_one_that_is_silent_are_no_denial() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| denied(seen, "session-lost"));
    let two = FakeService::tcp(|_| Act::Break);
    let client = home.start(&[&one, &two]);
    let answer = client.ask_blocking(seal(1), shortly());
    assert!(matches!(answer, Answer::Unknown { .. }), "{answer:?}");
}

#[test]
fn a_service_of_another_ledger_is_passed_over_and_never_pinned() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| {
        let mut reply = decision(&seen.body, "granted", "new", 9);
        reply["ledger"] = json!("ledger-two");
        Act::json(200, &reply)
    });
    let two = FakeService::tcp(|seen| granted(seen, 1));
    drop({
        let client = home.start(&[&two]);
        client.ask_blocking(seal(1), soon());
        client
    });
    let client = home.start(&[&one, &two]);
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    assert_eq!((one.seen().len(), two.seen().len()), (1, 2));
    assert_eq!(home.state()["ledger"], LEDGER);
}

#[test]
fn one_that_failed_is_asked_last_until_it_is_ready_again() {
    let home = Home::new();
    let ill = Arc::new(AtomicBool::new(true));
    let is_ill = ill.clone();
    let one = FakeService::tcp(
        move |seen| match (is_ill.load(Ordering::SeqCst), seen.path.as_str()) {
            (true, _) => Act::Break,
            (false, "/readyz") => Act::Reply(200, "{}".into()),
            (false, _) => granted(seen, 1),
        },
    );
    let two = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&one, &two]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    assert_eq!(
        one.seen_at("/v1/claims").len(),
        1,
        "the second claim does not meet it"
    );
    ill.store(false, Ordering::SeqCst);
    eventually("the first one is asked again", || {
        assert_eq!(client.ask_blocking(seal(3), soon()), Answer::Granted);
        one.seen_at("/v1/claims").len() > 1
    });
}

#[test]
fn the_state_of_every_service_is_known_also_of_those_that_no_claim_used() {
    let home = Home::new();
    let ready = |seen: &Seen| match seen.path.as_str() {
        "/readyz" => Act::Reply(200, "{}".into()),
        _ => granted(seen, 1),
    };
    let one = FakeService::tcp(ready);
    let two = FakeService::tcp(ready);
    let three = FakeService::tcp(|_| Act::Reply(503, "{}".into()));
    let client = home.start(&[&one, &two, &three]);
    let states = || {
        client
            .services()
            .into_iter()
            .map(|state| state.answers)
            .collect::<Vec<_>>()
    };
    assert_eq!(states(), [None, None, None]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert_eq!(states()[0], Some(true));
    eventually("the others were probed", || {
        states() == [Some(true), Some(true), Some(false)]
    });
    assert_eq!(client.services()[1].service, two.base());
    assert!(two.seen_at("/v1/claims").is_empty());
}

#[test]
fn each_of_two_services_must_grant_a_signature() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| granted(seen, 1));
    let two = FakeService::tcp(|seen| granted(seen, 1));
    let three = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start_with(&[&one, &two, &three], 2);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    let (first, second) = (one.seen_at("/v1/claims"), two.seen_at("/v1/claims"));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0].body["claimId"], second[0].body["claimId"], "one claim");
    assert_eq!(
        second[0].body["word"], "word-1",
        "with the word of the first grant"
    );
    assert!(three.seen_at("/v1/claims").is_empty());
}

#[test]
fn one_service_that_grants_what_the_others_deny_grants_nothing() {
    for order in [[0, 1], [1, 0]] {
        let home = Home::new();
        let services = [
            FakeService::tcp(|seen| granted(seen, 1)),
            FakeService::tcp(|seen| denied(seen, "unit-taken")),
        ];
        let client = home.start_with(&order.map(|at| &services[at]), 2);
        assert_eq!(reason(&client.ask_blocking(seal(1), soon())), "unit-taken");
    }
}

#[test]
fn one_grant_of_two_is_unknown_at_the_deadline_and_counts_once() {
    for act in ["silent", "of itself"] {
        let home = Home::new();
        let one = FakeService::tcp(|seen| granted(seen, 1));
        let two = FakeService::tcp(move |seen| match act {
            "silent" => Act::Break,
            _ => denied(seen, "session-lost"),
        });
        let client = home.start_with(&[&one, &two], 2);
        let answer = client.ask_blocking(seal(1), shortly());
        assert!(matches!(answer, Answer::Unknown { .. }), "{act}: {answer:?}");
        assert_eq!(one.seen_at("/v1/claims").len(), 1, "{act}: it granted already");
        assert!(two.seen_at("/v1/claims").len() > 1, "{act}: it may still grant");
    }
}

#[test]
fn a_heartbeat_is_granted_once_so_it_needs_one_service() {
    let home = Home::new();
    let one = FakeService::tcp(|seen| granted(seen, 1));
    let two = FakeService::tcp(|seen| denied(seen, "unit-taken"));
    let client = home.start_with(&[&one, &two], 2);
    let heartbeat = Claim {
        duty: Duty::ImOnline,
        unit: Unit::Session(7),
        part: Part::Heartbeat,
        digest: None,
        ..seal(1)
    };
    assert_eq!(client.ask_blocking(heartbeat, soon()), Answer::Granted);
}
