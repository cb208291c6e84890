//! The word of a service: kept on disk before a grant counts, and sent back with the next claim for the mark.

mod support;

use serde_json::{json, Value};
use std::sync::Mutex;
use support::*;
use watchbill_client::{Answer, Client, Part, Permits};

fn with_word(seen: &Seen, seq: u64, word: &str) -> Act {
    let mut reply = decision(&seen.body, "granted", "new", seq);
    reply["word"] = json!(word);
    Act::json(200, &reply)
}

fn is_denied(answer: &Answer, code: &str) -> bool {
    matches!(answer, Answer::Denied { reason, .. } if reason == code)
}

fn mark(duty: &str) -> String {
    format!("0x{}/{duty}", "22".repeat(32))
}

/// A service that gives each reply the next of these: number of the entry, and word.
fn service_that_says(replies: &[(u64, &str)]) -> FakeService {
    let mut next = replies
        .iter()
        .map(|(seq, word)| (*seq, (*word).to_owned()))
        .collect::<Vec<_>>()
        .into_iter();
    let next = Mutex::new(move || next.next().unwrap());
    FakeService::tcp(move |seen| {
        let (seq, word) = next.lock().unwrap()();
        with_word(seen, seq, &word)
    })
}

#[test]
fn a_word_is_on_disk_before_the_caller_is_answered_and_goes_back_with_the_next_claim() {
    let home = Home::new();
    let service = service_that_says(&[(4, "w4"), (5, "w5"), (1, "v1"), (6, "w6")]);
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    let state = home.state();
    assert_eq!(
        (&state["version"], &state["words"][mark("babe")]),
        (&json!(2), &json!("w4"))
    );
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    assert_eq!(client.ask_blocking(vote(Part::Enter, 0), soon()), Answer::Granted);
    drop(client);
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(3), soon()), Answer::Granted);
    let seen = service.seen();
    let words: Vec<Option<&Value>> = seen.iter().map(|seen| seen.body.get("word")).collect();
    let null = Value::Null;
    assert_eq!(
        words,
        [Some(&null), Some(&json!("w4")), Some(&null), Some(&json!("w5"))]
    );
}

#[test]
fn a_grant_whose_word_cannot_be_kept_is_none() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| with_word(seen, 6, "w6"));
    let mut config = home.config(&[&service]);
    let inner = home.path("inner");
    std::fs::create_dir(&inner).unwrap();
    config.state_file = inner.join("heads.json");
    let client = Client::start(config).unwrap();
    std::fs::remove_dir_all(&inner).unwrap();
    let answer = client.ask_blocking(seal(1), shortly());
    assert!(
        matches!(&answer, Answer::Unknown { reason, .. } if reason == "state-unwritten"),
        "{answer:?}"
    );
}

#[test]
fn after_an_adoption_the_word_of_the_lower_line_is_the_one_that_is_sent() {
    let home = Home::new();
    let service = service_that_says(&[(40, "w40"), (3, "w3"), (4, "w4")]);
    let client = home.start(&[&service]);
    for slot in 1..=3 {
        assert_eq!(client.ask_blocking(seal(slot), soon()), Answer::Granted);
    }
    let seen = service.seen();
    assert_eq!(seen[2].body["word"], "w3");
    assert_eq!(home.state()["words"][mark("babe")], "w4");
}

#[test]
fn a_denial_that_did_not_look_at_the_word_does_not_take_its_place() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| match seen.body["unit"].as_str() {
        Some("2") => {
            let mut reply = decision(&seen.body, "denied", "store-behind", 9);
            reply["word"] = json!("w9");
            Act::json(200, &reply)
        }
        _ => with_word(seen, 4, "w4"),
    });
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert!(is_denied(&client.ask_blocking(seal(2), soon()), "store-behind"));
    client.ask_blocking(seal(3), soon());
    assert_eq!(service.seen()[2].body["word"], "w4");
}

#[test]
fn a_reply_with_a_wrong_word_or_none_is_not_a_grant() {
    let home = Home::new();
    for word in [json!("two words"), Value::Null] {
        let service = FakeService::tcp(move |seen| {
            let mut reply = decision(&seen.body, "granted", "new", 1);
            reply["word"] = word.clone();
            Act::json(200, &reply)
        });
        let client = home.start(&[&service]);
        let answer = client.ask_blocking(seal(1), shortly());
        assert!(
            matches!(&answer, Answer::Unknown { reason, .. } if reason == "garbled-reply"),
            "{answer:?}"
        );
        assert_eq!(home.state()["ledger"], Value::Null, "nothing of it is kept");
    }
}
