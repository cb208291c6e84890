//! One service: what counts as a grant, and what does not.

mod support;

use futures::executor::block_on;
use serde_json::{json, Value};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::*;
use watchbill_client::{Answer, Client, Permits};

fn reason(answer: &Answer) -> &str {
    match answer {
        Answer::Granted => "granted",
        Answer::Denied { reason, .. } | Answer::Unknown { reason, .. } => reason,
    }
}

fn is_unknown(answer: &Answer) -> bool {
    matches!(answer, Answer::Unknown { .. })
}

#[test]
fn a_grant_is_told_to_both_kinds_of_callers_over_both_kinds_of_sockets() {
    let home = Home::new();
    let tcp = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&tcp]);
    assert_eq!(block_on(client.ask(seal(1), soon())), Answer::Granted);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert!(client.reachable());
    drop(client);
    let unix = FakeService::unix(&home.path("w.sock"), |seen| granted(seen, 1));
    let client = home.start(&[&unix]);
    assert_eq!(block_on(client.ask(seal(1), soon())), Answer::Granted);
    assert_eq!(unix.seen().len(), 1);
}

#[test]
fn a_claim_says_what_the_contract_asks_for() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 4));
    let client = home.start(&[&service]);
    client.ask_blocking(seal(7), soon());
    client.ask_blocking(vote(watchbill_client::Part::Enter, 0), soon());
    client.ask_blocking(seal(8), soon());
    let seen = service.seen();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("POST", "/v1/claims")
    );
    assert_eq!(seen[0].authorization, Some(format!("Bearer {TOKEN}")));
    let body = &seen[0].body;
    assert_eq!(body["chain"], format!("0x{}", "11".repeat(32)));
    assert_eq!(body["key"], format!("0x{}", "22".repeat(32)));
    assert_eq!(
        (&body["duty"], &body["unit"], &body["part"]),
        (&json!("babe"), &json!("7"), &json!("seal"))
    );
    assert_eq!(
        (&body["ledger"], &body["epoch"], &body["word"], &body["term"]),
        (&Value::Null, &Value::Null, &Value::Null, &Value::Null)
    );
    assert!(body["timeoutMs"].as_u64().unwrap() < 20_000);
    assert_eq!(body["incarnation"], client.incarnation());
    assert_eq!(
        (&seen[1].body["unit"], &seen[1].body["digest"]),
        (&json!("3/9"), &Value::Null)
    );
    assert_eq!(
        seen[1].body["word"],
        Value::Null,
        "the word of another duty is not sent"
    );
    assert_ne!(seen[1].body["claimId"], body["claimId"]);
    assert_eq!(seen[2].body["ledger"], LEDGER);
    assert_eq!(seen[2].body["epoch"], "epoch-one");
    assert_eq!(seen[2].body["word"], "word-4");
    let first = client.incarnation().to_owned();
    drop(client);
    assert_ne!(
        home.start(&[&service]).incarnation(),
        first,
        "every start has its own"
    );
}

#[test]
fn a_head_is_on_disk_before_the_caller_is_told() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 6));
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    let state = home.state();
    assert_eq!(state["ledger"], LEDGER);
    assert_eq!(state["heads"][format!("0x{}/babe", "22".repeat(32))]["seq"], "6");
}

#[test]
fn nothing_is_granted_where_the_head_cannot_be_kept() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 6));
    let mut config = home.config(&[&service]);
    let inner = home.path("inner");
    std::fs::create_dir(&inner).unwrap();
    config.state_file = inner.join("heads.json");
    let client = Client::start(config).unwrap();
    std::fs::remove_dir_all(&inner).unwrap();
    assert_eq!(
        reason(&client.ask_blocking(seal(1), shortly())),
        "state-unwritten"
    );
    std::fs::create_dir(&inner).unwrap();
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
}

#[test]
fn a_denial_is_final() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| denied(seen, "unit-taken"));
    let client = home.start(&[&service]);
    let answer = client.ask_blocking(seal(1), soon());
    assert_eq!(
        answer,
        Answer::Denied {
            reason: "unit-taken".into(),
            message: "message of unit-taken".into()
        }
    );
    assert_eq!(service.seen().len(), 1);
    assert!(client.reachable());
}

#[test]
fn a_refused_request_is_a_denial_with_its_code_and_remedy() {
    let home = Home::new();
    let problem = json!({ "code": "identity-unknown", "detail": "The token is not known.", "remedy": "Use a token of this ledger." });
    let service = FakeService::tcp(move |_| Act::json(401, &problem));
    let client = home.start(&[&service]);
    let Answer::Denied { reason, message } = client.ask_blocking(seal(1), soon()) else {
        panic!("not denied")
    };
    assert_eq!(reason, "identity-unknown");
    assert!(message.contains("Use a token of this ledger."));
    assert!(!message.contains(TOKEN));
}

#[test]
fn a_wrong_echo_of_any_field_is_not_a_grant() {
    let fields = [
        "claimId",
        "incarnation",
        "digest",
        "chain",
        "key",
        "duty",
        "unit",
        "part",
    ];
    std::thread::scope(|scope| {
        for field in fields {
            scope.spawn(move || wrong_echo(field));
        }
    });
}

fn wrong_echo(field: &'static str) {
    let home = Home::new();
    let service = FakeService::tcp(move |seen| {
        let mut reply = decision(&seen.body, "granted", "new", 1);
        reply[field] = json!("0");
        Act::json(200, &reply)
    });
    let client = home.start(&[&service]);
    assert_eq!(
        reason(&client.ask_blocking(seal(1), shortly())),
        "garbled-reply",
        "{field}"
    );
    assert_eq!(
        home.state()["ledger"],
        Value::Null,
        "{field}: nothing of it is kept"
    );
}

#[test]
fn what_is_no_answer_is_unknown() {
    type Handler = Box<dyn Fn(&Seen) -> Act + Send + Sync>;
    let cases: Vec<(&str, Handler)> = vec![
        ("503", Box::new(|_| unknown("store-unavailable"))),
        (
            "503 that says granted",
            Box::new(|seen| Act::json(503, &decision(&seen.body, "granted", "new", 1))),
        ),
        ("bare 500", Box::new(|_| Act::Reply(500, "oops".into()))),
        (
            "429",
            Box::new(|_| Act::json(429, &json!({ "code": "too-many-in-flight" }))),
        ),
        (
            "redirect",
            Box::new(|seen| Act::json(307, &decision(&seen.body, "granted", "new", 1))),
        ),
        ("not JSON", Box::new(|_| Act::Reply(200, "granted".into()))),
        ("not HTTP", Box::new(|_| Act::Noise)),
        ("empty", Box::new(|_| Act::Reply(200, String::new()))),
        ("another list", Box::new(|_| Act::Reply(200, "[]".into()))),
        ("closed", Box::new(|_| Act::Break)),
        ("hang", Box::new(|_| Act::Hang)),
        (
            "no head",
            Box::new(|seen| {
                let mut reply = decision(&seen.body, "granted", "new", 1);
                reply["head"] = Value::Null;
                Act::json(200, &reply)
            }),
        ),
        (
            "too long",
            Box::new(|seen| {
                let mut reply = decision(&seen.body, "granted", "new", 1);
                reply["message"] = json!("x".repeat(70_000));
                Act::json(200, &reply)
            }),
        ),
    ];
    std::thread::scope(|scope| {
        for (name, handler) in cases {
            scope.spawn(move || no_answer(name, handler));
        }
    });
}

fn no_answer(name: &str, handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) {
    let home = Home::new();
    let service = FakeService::tcp(handler);
    let client = home.start(&[&service]);
    let until = shortly();
    let waiting = client.ask(seal(1), until);
    let answer = client.ask_blocking(seal(1), until);
    assert!(is_unknown(&answer), "{name}: {answer:?}");
    let answer = block_on(waiting);
    assert!(is_unknown(&answer), "{name}: {answer:?}");
    assert!(!client.reachable(), "{name}");
    assert!(!service.seen().is_empty(), "{name}");
}

#[test]
fn the_same_claim_is_asked_again_until_there_is_an_answer() {
    let home = Home::new();
    let count = AtomicU64::new(0);
    let service = FakeService::tcp(move |seen| match count.fetch_add(1, Ordering::SeqCst) {
        0 => unknown("store-unavailable"),
        1 => Act::Break,
        2 => Act::Noise,
        3 => Act::json(429, &json!({ "code": "busy" })),
        4 => Act::Reply(408, String::new()),
        _ => granted(seen, 1),
    });
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    let seen = service.seen();
    assert_eq!(seen.len(), 6);
    let fixed = |seen: &Seen| {
        let mut body = seen.body.clone();
        body["timeoutMs"] = Value::Null;
        body
    };
    assert!(
        seen.iter().all(|one| fixed(one) == fixed(&seen[0])),
        "retries are of one claim"
    );
}

#[test]
fn a_service_that_comes_back_is_found() {
    let home = Home::new();
    let path = home.path("w.sock");
    let mut config = home.config(&[]);
    config.services = vec![format!("unix:{}", path.display()).parse().unwrap()];
    let client = Client::start(config).unwrap();
    assert_eq!(reason(&client.ask_blocking(seal(1), shortly())), "no-connection");
    let waiting = client.ask(seal(1), soon());
    let _service = FakeService::unix(&path, |seen| granted(seen, 1));
    assert_eq!(block_on(waiting), Answer::Granted);
}

#[test]
fn a_deadline_in_the_past_sends_nothing() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    let past = Instant::now();
    assert_eq!(reason(&client.ask_blocking(seal(1), past)), "deadline");
    assert_eq!(reason(&block_on(client.ask(seal(1), past))), "deadline");
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    assert_eq!(service.seen().len(), 1);
}

#[test]
fn a_grant_that_is_under_way_when_the_deadline_passes_is_none() {
    let home = Home::new();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let service = FakeService::tcp(move |seen| {
        if seen.body["unit"] == "1" {
            let _ = released.lock().unwrap().recv();
        }
        granted(seen, 1)
    });
    let client = home.start(&[&service]);
    assert!(is_unknown(&client.ask_blocking(seal(1), shortly())));
    let late = client.ask(seal(1), shortly());
    // Not polled before its time is over, and its grant has arrived by then or not: either way it is late.
    std::thread::sleep(Duration::from_millis(1100));
    release.send(()).unwrap();
    release.send(()).unwrap();
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    assert!(is_unknown(&block_on(late)));
}

#[test]
fn a_grant_that_nobody_looked_at_in_time_is_none() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    let until = Instant::now() + Duration::from_millis(500);
    let unpolled = client.ask(seal(1), until);
    std::thread::sleep(until.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
    assert_eq!(reason(&block_on(unpolled)), "deadline");
}

#[test]
fn a_full_queue_answers_at_once() {
    let home = Home::new();
    let service = FakeService::tcp(|_| Act::Hang);
    let client = home.start(&[&service]);
    let waiting: Vec<_> = (0..64).map(|slot| client.ask(seal(slot), soon())).collect();
    assert_eq!(reason(&client.ask_blocking(seal(64), soon())), "queue-full");
    assert_eq!(reason(&block_on(client.ask(seal(64), soon()))), "queue-full");
    drop(client);
    for one in waiting {
        assert_eq!(reason(&block_on(one)), "stopped");
    }
}

#[test]
fn what_is_under_way_ends_with_the_client_and_the_state_file_is_free() {
    let home = Home::new();
    let service = FakeService::tcp(|_| Act::Hang);
    let client = home.start(&[&service]);
    let other = client.clone();
    let waiting = client.ask(seal(1), soon());
    let asker = std::thread::spawn(move || {
        let answer = other.ask(seal(2), soon());
        drop(other);
        block_on(answer)
    });
    eventually("both claims arrive", || service.seen().len() == 2);
    drop(client);
    assert_eq!(reason(&block_on(waiting)), "stopped");
    assert_eq!(reason(&asker.join().unwrap()), "stopped");
    home.start(&[&service]);
}

#[test]
fn a_reply_of_another_ledger_is_denied() {
    let home = Home::new();
    let turn = Arc::new(Mutex::new(Value::Null));
    let told = turn.clone();
    let service = FakeService::tcp(move |seen| {
        let mut reply = decision(&seen.body, "granted", "new", 10);
        for (name, value) in told.lock().unwrap().as_object().into_iter().flatten() {
            reply[name] = value.clone();
        }
        Act::json(200, &reply)
    });
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    let Answer::Denied { message, .. } = ({
        *turn.lock().unwrap() = json!({ "ledger": "ledger-two" });
        client.ask_blocking(seal(2), soon())
    }) else {
        panic!("not denied")
    };
    assert!(
        message.contains("ledger-two") && message.contains(LEDGER) && message.contains("Point the node"),
        "{message}"
    );
    drop(client);
    assert_eq!(home.state()["ledger"], LEDGER);
    let client = home.start(&[&service]);
    assert_eq!(
        reason(&client.ask_blocking(seal(2), soon())),
        "wrong-ledger",
        "pinned over a restart"
    );
}

#[test]
fn a_second_process_and_a_damaged_state_file_stop_the_start() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    let error = Client::start(home.config(&[&service])).unwrap_err();
    assert!(
        error.to_string().contains("another process") && error.place.contains("heads.json"),
        "{error}"
    );
    drop(client);
    std::fs::write(home.path("heads.json"), "{").unwrap();
    let error = Client::start(home.config(&[&service])).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert_eq!(std::fs::read_to_string(home.path("heads.json")).unwrap(), "{");
}

#[test]
fn a_start_without_its_files_says_which() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let token = home.path("alpha.token");
    std::fs::remove_file(&token).unwrap();
    assert_eq!(
        Client::start(home.config(&[&service])).unwrap_err().place,
        token.display().to_string()
    );
    std::fs::write(&token, TOKEN).unwrap();
    let mut config = home.config(&[&service]);
    for content in [None, Some(""), Some("not a certificate")] {
        let ca = home.path("ca.pem");
        if let Some(content) = content {
            std::fs::write(&ca, content).unwrap();
        }
        config.ca_file = Some(ca.clone());
        assert_eq!(
            Client::start(config.clone()).unwrap_err().place,
            ca.display().to_string(),
            "{content:?}"
        );
    }
}

#[test]
fn refused_rounds_outlive_the_process() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    assert!(!client.was_refused(&KEY, 3, 9));
    client.note_refused(&KEY, 3, 9);
    assert!(client.was_refused(&KEY, 3, 9));
    drop(client);
    assert!(home.start(&[&service]).was_refused(&KEY, 3, 9));
}
