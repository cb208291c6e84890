//! The original wire protocol.

mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use support::*;
use watchbill_client::{Answer, Claim, Client, ClientConfig, Duty, Part, Permits, Unit, Wire};

fn config(home: &Home, bases: &[String]) -> ClientConfig {
    let services = bases.iter().map(|base| base.parse().unwrap()).collect();
    ClientConfig {
        services,
        token: None,
        node: String::new(),
        mode: Wire::Original,
        ..home.config(&[])
    }
}

fn start(home: &Home, service: &FakeService) -> Client {
    Client::start(config(home, &[format!("{}/original/SECRET", service.base())])).unwrap()
}

fn says(body: &'static str) -> FakeService {
    FakeService::tcp(move |_| Act::Reply(200, body.into()))
}

fn reason(answer: &Answer) -> &str {
    match answer {
        Answer::Granted => "granted",
        Answer::Denied { reason, .. } | Answer::Unknown { reason, .. } => reason,
    }
}

fn paths(service: &FakeService) -> Vec<String> {
    service
        .seen()
        .into_iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect()
}

#[test]
fn each_duty_has_its_question() {
    let home = Home::new();
    let service = says("true");
    let client = start(&home, &service);
    let heartbeat = Claim {
        duty: Duty::ImOnline,
        unit: Unit::Session(8),
        part: Part::Heartbeat,
        digest: None,
        ..seal(1)
    };
    assert_eq!(client.ask_blocking(seal(7), soon()), Answer::Granted);
    assert_eq!(
        client.ask_blocking(
            Claim {
                duty: Duty::Aura,
                ..seal(8)
            },
            soon()
        ),
        Answer::Granted
    );
    assert_eq!(client.ask_blocking(vote(Part::Enter, 0), soon()), Answer::Granted);
    assert_eq!(client.ask_blocking(heartbeat, soon()), Answer::Granted);
    let base = "PUT /original/SECRET/authorize";
    assert_eq!(
        paths(&service),
        ["slot/7", "slot/8", "round/9", "session/8"].map(|rest| format!("{base}/{rest}"))
    );
    assert!(service.seen().iter().all(|seen| seen.authorization.is_none()));
}

#[test]
fn what_it_has_no_question_for_is_denied() {
    let home = Home::new();
    let service = says("true");
    let client = start(&home, &service);
    let beefy = Claim {
        duty: Duty::Beefy,
        unit: Unit::BeefyBlock { set: 1, block: 2 },
        part: Part::Vote,
        ..seal(1)
    };
    let blocks = Claim {
        duty: Duty::AuraBlocks,
        unit: Unit::SlotBlock { slot: 1, number: 2 },
        ..seal(1)
    };
    let parachain = Claim {
        duty: Duty::AuraParachain,
        unit: Unit::ParachainBlock {
            slot: 1,
            number: 2,
            relay_parent: 3,
        },
        ..seal(1)
    };
    let scheduling = Claim {
        duty: Duty::AuraScheduling,
        unit: Unit::Scheduling {
            slot: 1,
            core: 2,
            scheduling_parent: 3,
        },
        part: Part::Schedule,
        ..seal(1)
    };
    for claim in [beefy, blocks, parachain, scheduling] {
        assert_eq!(
            reason(&client.ask_blocking(claim, soon())),
            "not-in-original-wire"
        );
    }
    assert!(service.seen().is_empty());
}

#[test]
fn nothing_is_asked_twice() {
    for act in [
        || Act::Break,
        || Act::Reply(503, "false".into()),
        || Act::Reply(200, "true\n".into()),
        || Act::Reply(503, "true".into()),
        || Act::Hang,
    ] {
        let home = Home::new();
        let service = FakeService::tcp(move |_| act());
        let client = start(&home, &service);
        let answer = client.ask_blocking(seal(7), shortly());
        assert!(matches!(answer, Answer::Unknown { .. }), "{answer:?}");
        assert_eq!(service.seen().len(), 1);
    }
}

#[test]
fn false_is_a_denial() {
    let home = Home::new();
    let service = says("false");
    let client = start(&home, &service);
    assert!(matches!(
        client.ask_blocking(seal(7), soon()),
        Answer::Denied { .. }
    ));
    assert!(matches!(
        client.ask_blocking(vote(Part::Enter, 0), soon()),
        Answer::Denied { .. }
    ));
    assert!(matches!(
        client.ask_blocking(vote(Part::Prevote, 1), soon()),
        Answer::Denied { .. }
    ));
    assert_eq!(service.seen().len(), 2, "a refused round is not asked again");
}

#[test]
fn a_granted_round_allows_each_part_with_one_payload() {
    let home = Home::new();
    let count = AtomicU64::new(0);
    let service = FakeService::tcp(move |_| {
        Act::Reply(
            200,
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                "true"
            } else {
                "false"
            }
            .into(),
        )
    });
    let client = start(&home, &service);
    assert_eq!(client.ask_blocking(vote(Part::Enter, 0), soon()), Answer::Granted);
    assert_eq!(client.ask_blocking(vote(Part::Enter, 0), soon()), Answer::Granted);
    assert_eq!(
        client.ask_blocking(vote(Part::Prevote, 1), soon()),
        Answer::Granted
    );
    assert_eq!(
        client.ask_blocking(vote(Part::Prevote, 1), soon()),
        Answer::Granted
    );
    assert_eq!(
        reason(&client.ask_blocking(vote(Part::Prevote, 2), soon())),
        "digest-differs"
    );
    assert_eq!(
        client.ask_blocking(vote(Part::Precommit, 2), soon()),
        Answer::Granted
    );
    assert_eq!(service.seen().len(), 1);
    let next_set = Claim {
        unit: Unit::Round { set: 4, round: 9 },
        ..vote(Part::Prevote, 1)
    };
    assert!(
        matches!(client.ask_blocking(next_set, soon()), Answer::Denied { .. }),
        "another set is asked for"
    );
}

#[test]
fn a_vote_of_a_round_that_was_never_entered_asks_for_the_round() {
    let home = Home::new();
    let service = says("true");
    let client = start(&home, &service);
    assert_eq!(
        client.ask_blocking(vote(Part::Prevote, 1), soon()),
        Answer::Granted
    );
    assert_eq!(paths(&service), ["PUT /original/SECRET/authorize/round/9"]);
    let nothing_bound = Claim {
        digest: None,
        ..vote(Part::Prevote, 1)
    };
    assert!(!client.ask_blocking(nothing_bound, soon()).is_granted());
}

#[test]
fn a_round_that_was_never_answered_is_asked_again_with_its_vote() {
    let home = Home::new();
    let silent = Arc::new(AtomicBool::new(true));
    let is_silent = silent.clone();
    let service = FakeService::tcp(move |_| {
        if is_silent.load(Ordering::SeqCst) {
            Act::Break
        } else {
            Act::Reply(200, "true".into())
        }
    });
    let client = start(&home, &service);
    assert!(matches!(
        client.ask_blocking(vote(Part::Enter, 0), soon()),
        Answer::Unknown { .. }
    ));
    silent.store(false, Ordering::SeqCst);
    assert_eq!(
        client.ask_blocking(vote(Part::Prevote, 1), soon()),
        Answer::Granted
    );
}

#[test]
fn a_round_that_nobody_waits_for_any_more_is_not_used_up() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| match seen.path.ends_with("/9") {
        true => Act::Hang,
        false => Act::Reply(200, "true".into()),
    });
    let client = start(&home, &service);
    let until = shortly();
    let other = Claim {
        unit: Unit::Round { set: 3, round: 10 },
        ..vote(Part::Enter, 0)
    };
    let first = client.ask(vote(Part::Enter, 0), until);
    let second = client.ask(other.clone(), until);
    assert!(!futures::executor::block_on(first).is_granted());
    assert!(!futures::executor::block_on(second).is_granted());
    assert_eq!(client.ask_blocking(other, soon()), Answer::Granted);
    assert_eq!(service.seen().len(), 2, "the waiting one was never sent");
}

#[test]
fn only_a_service_that_nothing_was_sent_to_is_left_for_the_next() {
    let home = Home::new();
    let two = says("true");
    let gone = format!("unix:{}", home.path("gone.sock").display());
    let client = Client::start(config(&home, &[gone, two.base().to_owned()])).unwrap();
    assert_eq!(client.ask_blocking(seal(7), soon()), Answer::Granted);
    drop(client);
    let broken = FakeService::tcp(|_| Act::Break);
    let client = Client::start(config(&home, &[broken.base().to_owned(), two.base().to_owned()])).unwrap();
    assert!(!client.ask_blocking(seal(8), soon()).is_granted());
    assert_eq!(two.seen().len(), 1);
}

#[test]
fn a_base_url_serves_its_key_alone() {
    let home = Home::new();
    let (one, two) = (says("true"), says("true"));
    let bases = [
        format!("0x{}={}", "22".repeat(32), one.base()),
        format!("0x{}={}", "33".repeat(32), two.base()),
    ];
    let client = Client::start(config(&home, &bases)).unwrap();
    assert_eq!(client.ask_blocking(seal(7), soon()), Answer::Granted);
    assert_eq!(
        client.ask_blocking(
            Claim {
                key: vec![0x33; 32],
                ..seal(7)
            },
            soon()
        ),
        Answer::Granted
    );
    assert_eq!(
        reason(&client.ask_blocking(
            Claim {
                key: vec![0x44; 32],
                ..seal(7)
            },
            soon()
        )),
        "no-base-url"
    );
    assert_eq!((one.seen().len(), two.seen().len()), (1, 1));
}
