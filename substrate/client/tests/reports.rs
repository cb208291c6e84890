//! Readiness, observations, the watch that comes back, and the comparison at start.

mod support;

use serde_json::{json, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::*;
use watchbill_client::{
    Answer, Client, Duty, FactSource, Facts, LeaseReport, Permits, Severity, UngatedCopy, Watch, Wire,
};

const OTHER_KEY: [u8; 32] = [0x33; 32];

struct FakeNode;

impl FactSource for FakeNode {
    fn facts(&self) -> Option<Facts> {
        Some(facts())
    }
}

/// Answers nothing until the test lets it.
struct FakeHangingNode(Mutex<Receiver<()>>);

impl FactSource for FakeHangingNode {
    fn facts(&self) -> Option<Facts> {
        let _ = self.0.lock().unwrap().recv();
        Some(facts())
    }
}

const LEASED: [u8; 32] = [0x44; 32];

/// Holds the lease of `LEASED`, and keeps what it hears of it.
struct FakeHolder(Mutex<Vec<Option<String>>>);

impl FactSource for FakeHolder {
    fn facts(&self) -> Option<Facts> {
        let lease = LeaseReport {
            name: LEASED.to_vec(),
            key: KEY.to_vec(),
            holds: Some("1f".into()),
            returned: None,
        };
        Some(Facts {
            leases: vec![lease],
            ..facts()
        })
    }

    fn hear_lease(&self, name: &[u8], lease: Option<String>, sent: Instant) {
        assert_eq!(name, LEASED);
        assert!(sent.elapsed() < Duration::from_secs(60));
        self.0.lock().unwrap().push(lease);
    }
}

fn facts() -> Facts {
    Facts {
        peers: 5,
        finality_lag_blocks: 2,
        clock_offset_ms: 1.5,
        finalized_block: 77,
        set: Some(3),
        round: Some(9),
        ..Facts::default()
    }
}

fn hex_of(key: &[u8]) -> String {
    format!(
        "0x{}",
        key.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    )
}

fn watch_of(seen: &Seen, holder: &Value, term: &str) -> Act {
    let state = |key: &Value| json!({ "chain": seen.body["chain"], "key": key, "holder": holder, "live": true, "term": term, "ready": [] });
    let watch: Vec<Value> = seen.body["keys"].as_array().unwrap().iter().map(state).collect();
    Act::json(200, &json!({ "watch": watch }))
}

#[test]
fn reports_keep_the_watch_of_each_key() {
    let home = Home::new();
    let holder = Arc::new(Mutex::new((json!("alpha"), "4")));
    let now = holder.clone();
    let service = FakeService::tcp(move |seen| match seen.path.as_str() {
        "/v1/readiness" => {
            let (holder, term) = now.lock().unwrap().clone();
            watch_of(seen, &holder, term)
        }
        "/v1/observations" => Act::Reply(204, String::new()),
        _ => granted(seen, 1),
    });
    let client = home.start(&[&service]);
    assert_eq!(client.watch(&KEY), Watch::Unknown);
    assert!(!client.reachable());
    client.report(vec![KEY.to_vec(), OTHER_KEY.to_vec()], Arc::new(FakeNode));
    eventually("the watch is ours", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
    assert_eq!(client.watch(&OTHER_KEY), Watch::Ours { term: 4 });
    assert_eq!(client.watch(&[1; 32]), Watch::Unknown);
    assert!(client.reachable());
    *holder.lock().unwrap() = (json!("bravo"), "5");
    eventually("the watch is theirs", || {
        client.watch(&KEY)
            == Watch::Theirs {
                holder: Some("bravo".into()),
                term: 5,
            }
    });
    *holder.lock().unwrap() = (Value::Null, "6");
    eventually("nobody has the watch", || {
        client.watch(&KEY)
            == Watch::Theirs {
                holder: None,
                term: 6,
            }
    });
    eventually("an observation arrives", || {
        !service.seen_at("/v1/observations").is_empty()
    });
    let readiness = &service.seen_at("/v1/readiness")[0];
    assert_eq!(readiness.authorization, Some(format!("Bearer {TOKEN}")));
    assert_eq!(readiness.body["keys"], json!([hex_of(&KEY), hex_of(&OTHER_KEY)]));
    assert_eq!(readiness.body["peers"], 5);
    assert_eq!(service.seen_at("/v1/observations")[0].body["round"], "9");
}

#[test]
fn a_lease_is_reported_and_heard() {
    let home = Home::new();
    let lease = Arc::new(Mutex::new(json!("1f")));
    let now = lease.clone();
    let service = FakeService::tcp(move |seen| match seen.path.as_str() {
        "/v1/readiness" => {
            let lease = now.lock().unwrap().clone();
            let other = json!({ "name": hex_of(&OTHER_KEY), "lease": "2e" });
            let leases = json!([other, { "name": hex_of(&LEASED), "lease": lease }]);
            Act::json(200, &json!({ "watch": [], "leases": leases }))
        }
        _ => Act::Reply(204, String::new()),
    });
    let client = home.start(&[&service]);
    let holder = Arc::new(FakeHolder(Mutex::default()));
    client.report(vec![KEY.to_vec()], holder.clone());
    let heard = |wanted: Option<&str>| {
        let last = holder.0.lock().unwrap().last().cloned();
        last == Some(wanted.map(String::from))
    };
    eventually("the lease is heard", || heard(Some("1f")));
    *lease.lock().unwrap() = Value::Null;
    eventually("the end of the lease is heard", || heard(None));
    let report = &service.seen_at("/v1/readiness")[0].body["leases"][0];
    assert_eq!(
        (&report["name"], &report["holds"]),
        (&json!(hex_of(&LEASED)), &json!("1f"))
    );
}

#[test]
fn a_watch_that_is_not_heard_of_becomes_unknown() {
    let home = Home::new();
    let silent = Arc::new(AtomicBool::new(false));
    let is_silent = silent.clone();
    let service =
        FakeService::tcp(
            move |seen| match (is_silent.load(Ordering::SeqCst), seen.path.as_str()) {
                (true, _) => unknown("store-unavailable"),
                (_, "/v1/readiness") => watch_of(seen, &json!("alpha"), "4"),
                _ => Act::Reply(204, String::new()),
            },
        );
    let mut config = home.config(&[&service]);
    config.deadlines.watch_age = Duration::from_millis(300);
    let client = Client::start(config).unwrap();
    client.report(vec![KEY.to_vec()], Arc::new(FakeNode));
    eventually("the watch is ours", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
    silent.store(true, Ordering::SeqCst);
    eventually("the watch is unknown", || client.watch(&KEY) == Watch::Unknown);
    // On a busy machine the watch may have become unknown by its age alone.
    eventually("the service counts as away", || !client.reachable());
    silent.store(false, Ordering::SeqCst);
    eventually("the watch is ours again", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
}

#[test]
fn a_key_that_is_not_listed_does_not_keep_the_others_from_being_reported() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| {
        let keys = seen.body["keys"].as_array().cloned().unwrap_or_default();
        match seen.path.as_str() {
            "/v1/readiness" if keys.contains(&json!(hex_of(&OTHER_KEY))) => Act::json(
                403,
                &json!({ "code": "not-listed", "detail": "d", "remedy": "r" }),
            ),
            "/v1/readiness" => watch_of(seen, &json!("alpha"), "4"),
            _ => Act::Reply(204, String::new()),
        }
    });
    let client = home.start(&[&service]);
    client.report(vec![OTHER_KEY.to_vec(), KEY.to_vec()], Arc::new(FakeNode));
    eventually("the listed key is on watch", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
    eventually("it is reported alone from then on", || {
        service.seen_at("/v1/readiness").len() > 4
    });
    let later = service.seen_at("/v1/readiness").pop().unwrap();
    assert_eq!(later.body["keys"], json!([hex_of(&KEY)]));
}

#[test]
fn a_node_that_hangs_in_its_facts_holds_up_no_claim_and_no_end() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| match seen.path.as_str() {
        "/v1/readiness" => watch_of(seen, &json!("alpha"), "4"),
        "/v1/observations" => Act::Reply(204, String::new()),
        _ => granted(seen, 1),
    });
    let mut config = home.config(&[&service]);
    config.deadlines.report = Duration::from_secs(1);
    let client = Client::start(config).unwrap();
    let (answer, wait) = channel();
    client.report(vec![KEY.to_vec()], Arc::new(FakeHangingNode(Mutex::new(wait))));
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert!(service.seen_at("/v1/readiness").is_empty());
    answer.send(()).unwrap();
    eventually("the report goes on", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
    drop(client);
    home.start(&[&service]);
    drop(answer);
}

#[test]
fn reports_go_to_the_service_that_answers() {
    let home = Home::new();
    let one = FakeService::tcp(|_| Act::Break);
    let two = FakeService::tcp(|seen| match seen.path.as_str() {
        "/v1/readiness" => watch_of(seen, &json!("alpha"), "4"),
        _ => Act::Reply(204, String::new()),
    });
    let client = home.start(&[&one, &two]);
    client.report(vec![KEY.to_vec()], Arc::new(FakeNode));
    eventually("the watch is ours", || {
        client.watch(&KEY) == Watch::Ours { term: 4 }
    });
}

fn policy(mode: &str) -> Value {
    json!({ "policies": [{ "chain": hex_of(&CHAIN), "key": hex_of(&KEY), "mode": mode, "roster": [{ "name": "alpha", "rank": 0 }], "duties": { "babe": { "enabled": true } } }] })
}

fn policy_service(ledger: &'static str, mode: &'static str) -> FakeService {
    FakeService::tcp(move |seen| match seen.path.as_str() {
        "/v1/health" => Act::json(200, &json!({ "ready": true, "ledger": ledger })),
        "/v1/policies" => Act::json(200, &policy(mode)),
        _ => granted(seen, 1),
    })
}

#[test]
fn the_comparison_at_start_says_what_is_wrong() {
    let home = Home::new();
    let keys = [(KEY.to_vec(), Duty::Babe)];
    let good = policy_service(LEDGER, "enforce");
    let client = home.start(&[&good]);
    assert_eq!(client.check(&keys), vec![]);
    assert_eq!(client.check(&[(OTHER_KEY.to_vec(), Duty::Babe)]).len(), 2);
    client.ask_blocking(seal(1), soon());
    drop(client);

    let one = |service: &FakeService| {
        let found = home.start(&[service]).check(&keys);
        assert_eq!(found[0].severity, Severity::Error, "{found:?}");
        found[0].text.clone()
    };
    assert!(one(&policy_service(LEDGER, "idle")).contains("never adopted"));
    assert!(one(&policy_service("ledger-two", "enforce")).contains("keeps ledger ledger-two"));
    let strange = FakeService::tcp(|_| {
        Act::json(
            401,
            &json!({ "code": "identity-unknown", "detail": "d.", "remedy": "r." }),
        )
    });
    assert!(one(&strange).contains("identity-unknown"));
    assert!(one(&FakeService::tcp(|_| Act::Noise)).contains("no service showed its policies"));
}

fn copy(kind: [u8; 4]) -> UngatedCopy {
    let key = KEY.to_vec();
    UngatedCopy { key, kind }
}

#[test]
fn a_key_under_a_kind_that_is_not_gated_is_reported_whether_a_service_answers_or_not() {
    let home = Home::new();
    let keys = [(KEY.to_vec(), Duty::Babe)];
    for service in [
        policy_service(LEDGER, "enforce"),
        FakeService::tcp(|_| Act::Noise),
    ] {
        let client = home.start(&[&service]);
        let usual = client.check(&keys).len();
        let found = client.check_keystore(&keys, &[copy(*b"para"), copy(*b"audi")]);
        assert_eq!(found.len(), usual + 2, "{found:?}");
        for kind in ["para", "audi"] {
            assert!(found.iter().any(|each| each.text.contains(kind)), "{found:?}");
        }
        assert!(found.is_sorted_by_key(|each| std::cmp::Reverse(each.severity)));
    }
}

#[test]
fn a_comparison_that_no_service_answers_ends() {
    let home = Home::new();
    let hang = FakeService::tcp(|_| Act::Hang);
    let mut config = home.config(&[&hang]);
    config.deadlines.check = Duration::from_millis(200);
    let found = Client::start(config)
        .unwrap()
        .check(&[(KEY.to_vec(), Duty::Babe)]);
    assert_eq!(found[0].severity, Severity::Error, "{found:?}");
}

#[test]
fn the_original_wire_has_no_watch_and_no_reports() {
    let home = Home::new();
    let service = FakeService::tcp(|_| Act::Reply(200, "true".into()));
    let mut config = home.config(&[&service]);
    config.mode = Wire::Original;
    config.token = None;
    let client = Client::start(config).unwrap();
    client.report(vec![KEY.to_vec()], Arc::new(FakeNode));
    assert_eq!(client.watch(&KEY), Watch::Unwatched);
    let keys = [(KEY.to_vec(), Duty::Babe)];
    assert_eq!(client.check(&keys)[0].severity, Severity::Info);
    assert_eq!(client.check_keystore(&keys, &[copy(*b"para")]).len(), 2);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert_eq!(service.seen().len(), 1);
}
