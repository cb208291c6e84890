//! Tokens and authorities that change while the node runs.

mod support;

use serde_json::json;
use std::fs;
use std::sync::{Arc, Mutex};
use support::*;
use watchbill_client::{Answer, Client, ClientConfig, Permits, Wire};

const NEXT_TOKEN: &str = "SECRET-token-9876543210";

/// A service that accepts one token at a time.
struct Guarded {
    service: FakeService,
    accepted: Arc<Mutex<String>>,
}

fn guarded() -> Guarded {
    let accepted = Arc::new(Mutex::new(TOKEN.to_owned()));
    let known = accepted.clone();
    let service = FakeService::tcp(move |seen| {
        let expected = format!("Bearer {}", known.lock().unwrap());
        match seen.authorization.as_deref() == Some(expected.as_str()) {
            true => granted(seen, 1),
            false => Act::json(
                401,
                &json!({ "code": "identity-unknown", "detail": "d.", "remedy": "r." }),
            ),
        }
    });
    Guarded { service, accepted }
}

impl Guarded {
    fn rotate(&self) {
        *self.accepted.lock().unwrap() = NEXT_TOKEN.into();
    }
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer, Answer::Denied { reason, .. } if reason == "identity-unknown")
}

#[test]
fn a_claim_that_meets_a_rotated_token_is_granted_with_the_next_one() {
    let home = Home::new();
    let guarded = guarded();
    let client = home.start(&[&guarded.service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    fs::write(home.path("alpha.token"), NEXT_TOKEN).unwrap();
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
    let used = || {
        guarded
            .service
            .seen_at("/v1/claims")
            .last()
            .unwrap()
            .authorization
            .clone()
    };
    assert!(
        used().unwrap().contains(TOKEN),
        "the old one is used while it is accepted"
    );
    guarded.rotate();
    assert_eq!(client.ask_blocking(seal(3), soon()), Answer::Granted);
    assert!(used().unwrap().contains(NEXT_TOKEN));
    let claims = guarded.service.seen_at("/v1/claims");
    assert_eq!(
        claims[2].body["claimId"], claims[3].body["claimId"],
        "the same claim"
    );
}

#[test]
fn claims_that_meet_a_rotated_token_together_are_all_granted() {
    let home = Home::new();
    let guarded = guarded();
    let client = home.start(&[&guarded.service]);
    fs::write(home.path("alpha.token"), NEXT_TOKEN).unwrap();
    guarded.rotate();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = |slot| {
            let client = &client;
            scope.spawn(move || client.ask_blocking(seal(slot), soon()))
        };
        let asking: Vec<_> = (0..16).map(ask).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers, vec![Answer::Granted; 16]);
}

#[test]
fn a_refused_token_that_is_the_same_on_disk_is_sent_once() {
    let home = Home::new();
    let guarded = guarded();
    guarded.rotate();
    let client = home.start(&[&guarded.service]);
    assert!(is_refused(&client.ask_blocking(seal(1), soon())));
    assert_eq!(guarded.service.seen_at("/v1/claims").len(), 1);
}

#[test]
fn a_token_file_that_is_gone_or_damaged_leaves_the_one_of_before() {
    let home = Home::new();
    let guarded = guarded();
    let client = home.start(&[&guarded.service]);
    guarded.rotate();
    fs::write(home.path("alpha.token"), "two words").unwrap();
    assert!(is_refused(&client.ask_blocking(seal(1), soon())));
    fs::remove_file(home.path("alpha.token")).unwrap();
    assert!(is_refused(&client.ask_blocking(seal(2), soon())));
    *guarded.accepted.lock().unwrap() = TOKEN.into();
    assert_eq!(client.ask_blocking(seal(3), soon()), Answer::Granted);
    guarded.rotate();
    fs::write(home.path("alpha.token"), NEXT_TOKEN).unwrap();
    eventually("the token file is read again", || {
        client.ask_blocking(seal(4), soon()) == Answer::Granted
    });
}

fn tls_config(home: &Home, service: &FakeService) -> ClientConfig {
    fs::copy(tls_file("first-authority.pem"), home.path("ca.pem")).unwrap();
    ClientConfig {
        ca_file: Some(home.path("ca.pem")),
        ..home.config(&[service])
    }
}

#[test]
fn an_authority_that_was_replaced_is_read_again() {
    for mode in [Wire::Claims, Wire::Original] {
        let home = Home::new();
        let service = FakeService::tls(move |seen| match mode {
            Wire::Claims => granted(seen, 1),
            Wire::Original => Act::Reply(200, "true".into()),
        });
        let config = ClientConfig {
            mode,
            ..tls_config(&home, &service)
        };
        let client = Client::start(config).unwrap();
        let answer = client.ask_blocking(seal(1), shortly());
        assert!(matches!(answer, Answer::Unknown { .. }), "{answer:?}");
        assert!(
            service.seen_at("/v1/claims").is_empty(),
            "nothing is sent to a service without a proof"
        );
        fs::write(
            home.path("ca.pem"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        assert!(!client.ask_blocking(seal(2), shortly()).is_granted());
        fs::copy(tls_file("second-authority.pem"), home.path("ca.pem")).unwrap();
        eventually("the authority is read again", || {
            client.ask_blocking(seal(3), soon()) == Answer::Granted
        });
    }
}
