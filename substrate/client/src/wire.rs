//! `POST /v1/claims`: what is sent, and what a reply means. `docs/duty/reference/http.md` is the contract.

use crate::head::{is_id, Head};
use crate::heads::{Place, Told};
use crate::http::Reply;
use crate::word::Word;
use crate::Claim;
use serde::{Deserialize, Serialize};

/// Longest time-out that the service takes.
const MAX_TIMEOUT_MS: u64 = 30_000;

/// The body of a claim. Equal over all retries of one claim, apart from `timeout_ms` and what was told meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    claim_id: String,
    ledger: Option<String>,
    epoch: Option<String>,
    chain: String,
    key: String,
    duty: &'static str,
    unit: String,
    part: &'static str,
    digest: Option<String>,
    incarnation: String,
    term: Option<String>,
    word: Option<Word>,
    timeout_ms: u64,
}

impl Request {
    pub(crate) fn new(claim: &Claim, claim_id: String, chain: &str, incarnation: &str) -> Self {
        Self {
            claim_id,
            ledger: None,
            epoch: None,
            chain: chain.into(),
            key: to_hex(&claim.key),
            duty: claim.duty.name(),
            unit: claim.unit.to_string(),
            part: claim.part.name(),
            digest: claim.digest.as_deref().map(to_hex),
            incarnation: incarnation.into(),
            term: claim.term.map(|term| term.to_string()),
            word: None,
            timeout_ms: 1,
        }
    }

    /// The text of one attempt.
    pub(crate) fn attempt(&mut self, told: Told, timeout_ms: u64) -> serde_json::Result<String> {
        let Told { ledger, epoch, word } = told;
        (self.ledger, self.epoch, self.word) = (ledger, epoch, word);
        self.timeout_ms = timeout_ms.clamp(1, MAX_TIMEOUT_MS);
        serde_json::to_string(self)
    }

    /// The word that the last attempt carried.
    pub(crate) fn sent(&self) -> Option<&Word> {
        self.word.as_ref()
    }
}

/// What a reply means, before it is held against what this machine remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Granted {
        place: Place,
        watch: Option<WatchNews>,
    },
    Denied {
        reason: String,
        message: String,
        place: Option<Place>,
        watch: Option<WatchNews>,
    },
    /// The request was refused as such: a problem document with a status of 400 to 499.
    Refused {
        reason: String,
        message: String,
    },
    /// The service could not say, or not now.
    Unknown {
        reason: String,
        message: String,
    },
    /// Not a reply of this service to this claim.
    Garbage(&'static str),
}

/// Who is on watch, as a reply to a claim tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchNews {
    pub holder: Option<String>,
    pub term: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    outcome: String,
    reason: String,
    message: String,
    claim_id: String,
    ledger: String,
    chain: String,
    key: String,
    duty: String,
    unit: String,
    part: String,
    digest: Option<String>,
    incarnation: String,
    head: Option<Head>,
    word: Option<Word>,
    watch: Option<RawWatch>,
}

#[derive(Deserialize)]
struct RawWatch {
    holder: Option<String>,
    term: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    remedy: String,
}

/// Reads a reply to this very request.
pub(crate) fn meaning(request: &Request, reply: &Reply) -> Meaning {
    match reply.status {
        200 => decision(request, &reply.body),
        408 | 429 | 500..=599 => not_now(reply),
        400..=499 => match problem(&reply.body) {
            Some((reason, message)) => Meaning::Refused { reason, message },
            None => Meaning::Garbage("a refusal without a problem document"),
        },
        _ => Meaning::Garbage("a status that the service does not send"),
    }
}

fn decision(request: &Request, body: &[u8]) -> Meaning {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Meaning::Garbage("a body that is no reply to a claim");
    };
    if let Some(field) = wrong_echo(request, &body) {
        return Meaning::Garbage(field);
    }
    let watch = body.watch.and_then(|watch| {
        Some(WatchNews {
            term: crate::head::decimal(&watch.term)?,
            holder: watch.holder,
        })
    });
    let ledger = body.ledger;
    let place = body
        .head
        .filter(|head| head.is_well_formed() && is_id(&ledger))
        .zip(body.word)
        .map(|(head, word)| Place { ledger, head, word });
    match (body.outcome.as_str(), place) {
        ("granted", Some(place)) => Meaning::Granted { place, watch },
        ("granted", None) => Meaning::Garbage("a grant without its place in a ledger"),
        ("denied", place) => Meaning::Denied {
            reason: body.reason,
            message: body.message,
            place,
            watch,
        },
        ("unknown", _) => Meaning::Unknown {
            reason: body.reason,
            message: body.message,
        },
        _ => Meaning::Garbage("an outcome that there is not"),
    }
}

/// Says which field is not the one of the request. A grant for anything else is none.
fn wrong_echo(request: &Request, body: &Body) -> Option<&'static str> {
    let checks = [
        (body.claim_id == request.claim_id, "another claimId"),
        (body.incarnation == request.incarnation, "another incarnation"),
        (body.digest == request.digest, "another digest"),
        (body.chain == request.chain, "another chain"),
        (body.key == request.key, "another key"),
        (body.duty == request.duty, "another duty"),
        (body.unit == request.unit, "another unit"),
        (body.part == request.part, "another part"),
    ];
    checks.into_iter().find(|(equal, _)| !equal).map(|(_, what)| what)
}

fn not_now(reply: &Reply) -> Meaning {
    match problem(&reply.body) {
        Some((reason, message)) => Meaning::Unknown { reason, message },
        None => Meaning::Garbage("an error of something that is not the service"),
    }
}

/// Code and sentence of a problem document.
pub(crate) fn problem(body: &[u8]) -> Option<(String, String)> {
    let Problem { code, detail, remedy } = serde_json::from_slice(body).ok()?;
    let fits = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    fits(&code).then(|| {
        (
            code,
            [detail, remedy]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(". "),
        )
    })
}

pub(crate) fn to_hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Duty, Part, Unit};
    use serde_json::{json, Value};

    fn request() -> Request {
        let claim = Claim {
            key: vec![7; 32],
            duty: Duty::Grandpa,
            unit: Unit::Round { set: 12, round: 345 },
            part: Part::Prevote,
            digest: Some(vec![5; 40]),
            term: Some(3),
        };
        Request::new(&claim, "c1".into(), "0x11", "aa")
    }

    fn good() -> Value {
        json!({
            "outcome": "granted", "reason": "new", "message": "m", "claimId": "c1", "ledger": "l", "chain": "0x11",
            "key": to_hex([7; 32]), "duty": "grandpa", "unit": "12/345", "part": "prevote", "digest": to_hex([5; 40]),
            "incarnation": "aa", "head": { "epoch": "e", "seq": "2", "hash": "0".repeat(64) }, "word": "w1.l.e.2.00",
            "watch": { "holder": "alpha", "term": "3" }
        })
    }

    fn read(status: u16, body: &Value) -> Meaning {
        meaning(
            &request(),
            &Reply {
                status,
                body: body.to_string().into_bytes(),
            },
        )
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let told = Told {
            ledger: Some("l".into()),
            epoch: Some("e".into()),
            word: None,
        };
        let text = request().attempt(told, 99_999).unwrap();
        let sent: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            sent,
            json!({
                "claimId": "c1", "ledger": "l", "epoch": "e", "chain": "0x11", "key": to_hex([7; 32]), "duty": "grandpa",
                "unit": "12/345", "part": "prevote", "digest": to_hex([5; 40]), "incarnation": "aa", "term": "3",
                "word": null, "timeoutMs": 30_000
            })
        );
    }

    #[test]
    fn a_word_is_sent_back_as_it_was_given() {
        let Meaning::Granted { place, .. } = read(200, &good()) else {
            panic!("not granted")
        };
        let told = Told {
            word: Some(place.word),
            ..Told::default()
        };
        let sent: Value = serde_json::from_str(&request().attempt(told, 1).unwrap()).unwrap();
        assert_eq!(sent["word"], "w1.l.e.2.00");
    }

    #[test]
    fn a_reply_with_a_wrong_word_is_none() {
        let wrong = [
            json!(""),
            json!("a b"),
            json!("é"),
            json!("w".repeat(513)),
            json!(7),
            json!({}),
        ];
        for outcome in ["granted", "denied", "unknown"] {
            for word in &wrong {
                let mut body = good();
                (body["outcome"], body["word"]) = (json!(outcome), word.clone());
                assert!(
                    matches!(read(200, &body), Meaning::Garbage(_)),
                    "{outcome} {word}"
                );
            }
        }
    }

    #[test]
    fn a_grant_carries_its_place() {
        let Meaning::Granted { place, watch } = read(200, &good()) else {
            panic!("not granted")
        };
        assert_eq!(
            (place.ledger.as_str(), place.head.seq, String::from(place.word)),
            ("l", 2, "w1.l.e.2.00".to_owned())
        );
        assert_eq!(
            watch,
            Some(WatchNews {
                holder: Some("alpha".into()),
                term: 3
            })
        );
    }

    #[test]
    fn every_field_must_be_echoed() {
        for field in [
            "claimId",
            "incarnation",
            "digest",
            "chain",
            "key",
            "duty",
            "unit",
            "part",
        ] {
            let mut body = good();
            body[field] = json!("other");
            assert!(matches!(read(200, &body), Meaning::Garbage(_)), "{field}");
            body[field] = Value::Null;
            assert!(matches!(read(200, &body), Meaning::Garbage(_)), "{field}");
            body.as_object_mut().unwrap().remove(field);
            assert!(matches!(read(200, &body), Meaning::Garbage(_)), "{field}");
        }
    }

    #[test]
    fn a_grant_without_a_place_is_none() {
        let heads = [
            json!(null),
            json!({ "epoch": "e", "seq": "2", "hash": "00" }),
            json!({ "epoch": "", "seq": "2", "hash": "0".repeat(64) }),
        ];
        for head in heads {
            let mut body = good();
            body["head"] = head;
            assert!(matches!(read(200, &body), Meaning::Garbage(_)));
        }
        for (member, wrong) in [("ledger", json!("")), ("word", json!(null))] {
            let mut body = good();
            body[member] = wrong;
            assert!(matches!(read(200, &body), Meaning::Garbage(_)), "{member}");
        }
    }

    #[test]
    fn only_status_200_grants() {
        for status in [100, 201, 204, 301, 400, 401, 404, 429, 500, 503] {
            assert!(
                !matches!(read(status, &good()), Meaning::Granted { .. }),
                "{status}"
            );
        }
        let mut body = good();
        for outcome in ["Granted", "true", "", "GRANTED"] {
            body["outcome"] = json!(outcome);
            assert!(matches!(read(200, &body), Meaning::Garbage(_)));
        }
    }

    #[test]
    fn refusals_and_unknowns_are_told_apart() {
        let problem = json!({ "code": "identity-unknown", "detail": "The token is not known", "remedy": "Use another" });
        let message = "The token is not known. Use another".to_owned();
        let reason = "identity-unknown".to_owned();
        assert_eq!(
            read(401, &problem),
            Meaning::Refused {
                reason: reason.clone(),
                message: message.clone()
            }
        );
        for status in [408, 429, 500, 503] {
            assert_eq!(
                read(status, &problem),
                Meaning::Unknown {
                    reason: reason.clone(),
                    message: message.clone()
                }
            );
        }
        for body in ["", "<html>", "{}", "{\"code\":\"\"}", "{\"code\":\"A B\"}"] {
            for status in [401, 404, 429, 503] {
                let reply = Reply {
                    status,
                    body: body.into(),
                };
                assert!(
                    matches!(meaning(&request(), &reply), Meaning::Garbage(_)),
                    "{status} {body}"
                );
            }
        }
    }
}
