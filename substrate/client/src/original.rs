//! The original wire protocol: `PUT BASE/authorize/…`, answered `true` or `false`. A number is granted once, so nothing
//! is asked twice: a reply that is lost is a unit that is lost.

use crate::ask::{deadline_passed, denied, in_time, unknown};
use crate::http::{Call, Failure, Reply};
use crate::rounds::Vote;
use crate::services::Service;
use crate::shared::Shared;
use crate::{Answer, Claim, Duty, Part, Unit};
use reqwest::Method;
use std::time::Instant;

/// `false` and a little more.
const MAX_REPLY_BYTES: usize = 64;

/// Asks for a claim. The rounds of a key are remembered, because the protocol grants a number once.
pub(crate) async fn claim(shared: &Shared, claim: &Claim, until: Instant) -> Answer {
    let answer = match (claim.duty, claim.part, claim.unit) {
        (Duty::Babe | Duty::Aura, Part::Seal, Unit::Slot(slot)) => {
            put(shared, claim, &format!("slot/{slot}"), until).await
        }
        (Duty::ImOnline, Part::Heartbeat, Unit::Session(session)) => {
            put(shared, claim, &format!("session/{session}"), until).await
        }
        (Duty::Grandpa, part, Unit::Round { set, round }) => {
            vote(shared, claim, (set, round, part), until).await
        }
        _ => denied(
            "not-in-original-wire",
            format!(
                "the original wire protocol has no question for {} of {}",
                claim.part.name(),
                claim.duty.name()
            ),
        ),
    };
    in_time(answer, until)
}

async fn vote(
    shared: &Shared,
    claim: &Claim,
    (set, round, part): (u64, u64, Part),
    until: Instant,
) -> Answer {
    let rounds = shared.rounds.of(&claim.key);
    let mut rounds = rounds.lock().await;
    if rounds.answered(set, round).is_none() {
        let answer = put(shared, claim, &format!("round/{round}"), until).await;
        match &answer {
            Answer::Granted => rounds.note(set, round, true),
            Answer::Denied { .. } => rounds.note(set, round, false),
            Answer::Unknown { .. } => return answer,
        }
    }
    let refused = || {
        denied(
            "refused",
            format!("round {round} of set {set} was refused to this node"),
        )
    };
    match (part, &claim.digest) {
        (Part::Enter, _) if rounds.answered(set, round) == Some(true) => Answer::Granted,
        (Part::Propose | Part::Prevote | Part::Precommit, Some(digest)) => {
            match rounds.vote(set, round, part, digest) {
                Vote::Allowed => Answer::Granted,
                Vote::Differs => denied(
                    "digest-differs",
                    format!("another {} of round {round} of set {set} was signed", part.name()),
                ),
                Vote::Refused | Vote::Unasked => refused(),
            }
        }
        _ => refused(),
    }
}

/// Asks one service. Another one is turned to only where nothing can have been sent.
async fn put(shared: &Shared, claim: &Claim, route: &str, until: Instant) -> Answer {
    let mut answer = denied("no-base-url", "no base URL of the original wire protocol is configured for this key; `watchbill token create --original` makes one");
    for service in shared
        .services
        .all()
        .iter()
        .filter(|service| serves(service, &claim.key))
    {
        let budget = until.saturating_duration_since(Instant::now());
        // A question that nobody waits for any more would use the number up.
        if budget.is_zero() {
            return deadline_passed();
        }
        let route = format!("/authorize/{route}");
        let call = Call {
            method: Method::PUT,
            route: &route,
            body: None,
            budget,
            max_bytes: MAX_REPLY_BYTES,
        };
        match service.call(call).await {
            Ok(reply) => {
                let answer = read(&reply);
                shared.set_reachable(!matches!(answer, Answer::Unknown { .. }));
                return answer;
            }
            Err(failure) => {
                shared.set_reachable(false);
                let (reason, message) = failure.told();
                answer = unknown(reason, format!("{message} ({})", service.http().endpoint()));
                if !matches!(failure, Failure::Connect(_)) {
                    return answer;
                }
            }
        }
    }
    answer
}

/// A base URL belongs to one key; one without a key serves all.
fn serves(service: &Service, key: &[u8]) -> bool {
    service.http().endpoint().key().is_none_or(|own| own == key)
}

/// The body is the whole answer, and counts as `true` under status 200 alone.
fn read(reply: &Reply) -> Answer {
    match (reply.status, reply.body.as_slice()) {
        (200, b"true") => Answer::Granted,
        (200, b"false") => denied(
            "refused",
            "the service answered false; its `/v1/decisions` say why",
        ),
        (status @ 400..=499, b"false") if status != 429 && status != 408 => denied(
            "refused",
            format!("the service answered false with status {status}; check the base URL"),
        ),
        (status, _) => unknown(
            "garbled-reply",
            format!("the service answered neither true nor false, with status {status}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Answer {
        read(&Reply {
            status,
            body: body.into(),
        })
    }

    #[test]
    fn only_the_very_body_under_status_200_grants() {
        assert_eq!(of(200, "true"), Answer::Granted);
        for body in ["true\n", " true", "True", "\"true\"", "truetrue", "1", ""] {
            assert!(!of(200, body).is_granted(), "{body:?}");
        }
        for status in [201, 202, 204, 400, 401, 429, 500, 503] {
            assert!(!of(status, "true").is_granted(), "{status}");
        }
    }

    #[test]
    fn false_is_a_denial_unless_the_service_could_not_say() {
        assert!(matches!(of(200, "false"), Answer::Denied { .. }));
        assert!(matches!(of(401, "false"), Answer::Denied { .. }));
        assert!(matches!(of(503, "false"), Answer::Unknown { .. }));
        assert!(matches!(of(429, "false"), Answer::Unknown { .. }));
    }
}
