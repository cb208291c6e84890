//! One claim from its start to its answer: which service is asked, how often, and what counts.

use crate::ask::{denied, in_time, unknown, Last};
use crate::heads::Contradiction;
use crate::http::Call;
use crate::services::Service;
use crate::shared::Shared;
use crate::wire::{meaning, Meaning, Request};
use crate::{Answer, Claim, Duty};
use log::Level;
use reqwest::Method;
use std::time::{Duration, Instant};

const MAX_REPLY_BYTES: usize = 64 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);
/// The service is told a little less than what is waited, so that its own last word still arrives.
const REPLY_MARGIN: Duration = Duration::from_millis(15);
/// Below this no reply can be had.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(1);

/// Denials that say more about the service than about the claim: another service may know better. A unit lies
/// ahead by the clock of that service or by its observers. It is past by that clock, or because the service
/// opened its session only now. A service with another peer secret refuses every word. If all services say
/// so, the cause is on this machine.
const OF_THE_SERVICE: [&str; 6] = [
    "no-memory",
    "session-lost",
    "store-behind",
    "unit-ahead",
    "unit-past",
    "word-refused",
];

/// What one attempt at one service came to.
enum Attempt {
    Granted,
    /// No service will grant it.
    Final(Answer),
    /// This service will not change its mind; another one may.
    Turn(Answer),
    /// Nothing is decided; the same claim may be asked again.
    Again(Answer),
}

/// Asks until there is a final answer or the time is up. With `grants` of two or more, each of so many services must
/// grant the claim: one that lies then grants no signature alone.
pub(crate) async fn claim(shared: &Shared, claim: &Claim, until: Instant, last: &Last) -> Answer {
    let mut request = Request::new(claim, shared.draw_id(), &shared.chain, &shared.incarnation);
    let mut pause = FIRST_PAUSE;
    let needed = if claim.duty == Duty::ImOnline {
        1
    } else {
        shared.grants
    };
    let mut granted_by: Vec<&Service> = Vec::new();
    loop {
        let mut refusal = None;
        let mut open = !granted_by.is_empty();
        for service in shared.services.in_order() {
            if granted_by.iter().any(|one| std::ptr::eq(*one, service)) {
                continue;
            }
            if remaining(until) < SHORTEST_ATTEMPT {
                return last.told();
            }
            match attempt(shared, service, claim, &mut request, until).await {
                Attempt::Granted if granted_by.len() + 1 == needed => return in_time(Answer::Granted, until),
                Attempt::Granted => {
                    granted_by.push(service);
                    last.note(too_few(granted_by.len(), needed));
                    open = true;
                }
                Attempt::Final(answer) => return answer,
                Attempt::Turn(answer) => refusal = refusal.or(Some(answer)),
                Attempt::Again(answer) => {
                    last.note(answer);
                    open = true;
                }
            }
        }
        match refusal {
            // All of them say so.
            Some(answer) if !open => return answer,
            _ => tokio::time::sleep(pause.min(remaining(until))).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn too_few(found: usize, needed: usize) -> Answer {
    unknown(
        "too-few-grants",
        format!("{found} of {needed} services granted the claim before its deadline"),
    )
}

fn remaining(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

async fn attempt(
    shared: &Shared,
    service: &Service,
    claim: &Claim,
    request: &mut Request,
    until: Instant,
) -> Attempt {
    let budget = budget(shared, until);
    let told = shared.heads.told(&claim.key, claim.duty.name());
    let timeout_ms = budget
        .saturating_sub(REPLY_MARGIN)
        .as_millis()
        .try_into()
        .unwrap_or(u64::MAX);
    let body = match request.attempt(told, timeout_ms) {
        Ok(body) => body,
        Err(error) => {
            return Attempt::Final(unknown(
                "internal",
                format!("the claim cannot be written: {error}"),
            ))
        }
    };
    let call = Call {
        method: Method::POST,
        route: "/v1/claims",
        body: Some(body),
        budget,
        max_bytes: MAX_REPLY_BYTES,
    };
    let sent = Instant::now();
    match service.call(call).await {
        Ok(reply) => judge(shared, service, claim, request, meaning(request, &reply), sent).await,
        Err(failure) => {
            shared.set_reachable(false);
            let (reason, message) = failure.told();
            Attempt::Again(unknown(
                reason,
                format!("{message} ({})", service.http().endpoint()),
            ))
        }
    }
}

/// With others to turn to, one that hangs may not use up the time of the claim.
fn budget(shared: &Shared, until: Instant) -> Duration {
    let left = remaining(until);
    match shared.services.count() {
        1 => left.min(shared.deadlines.attempt),
        _ => (left / 2)
            .max(SHORTEST_ATTEMPT)
            .min(shared.deadlines.attempt_of_several),
    }
}

async fn judge(
    shared: &Shared,
    service: &Service,
    claim: &Claim,
    request: &Request,
    meaning: Meaning,
    sent: Instant,
) -> Attempt {
    let answers = !matches!(meaning, Meaning::Garbage(_) | Meaning::Unknown { .. });
    shared.set_reachable(answers);
    match meaning {
        Meaning::Granted { place, watch } => {
            let admitted = shared
                .heads
                .admit(&claim.key, claim.duty.name(), &place, request.sent());
            match admitted {
                Ok(generation) => {
                    hear(shared, claim, watch, sent);
                    keep(shared, generation).await
                }
                Err(contradiction) => {
                    Attempt::Turn(contradicted(shared, service, &place.ledger, &contradiction))
                }
            }
        }
        Meaning::Denied {
            reason,
            message,
            place,
            watch,
        } => {
            hear(shared, claim, watch, sent);
            if let Some(place) = place {
                shared.heads.hear(&claim.key, claim.duty.name(), &place, &reason);
            }
            denial(shared, service, &reason, message)
        }
        Meaning::Refused { reason, message } => {
            let text = format!("{} refuses ({reason}): {message}", service.http().endpoint());
            shared.quiet.say(Level::Error, "claim refused", &text);
            Attempt::Turn(denied(&reason, message))
        }
        Meaning::Unknown { reason, message } => Attempt::Again(unknown(&reason, message)),
        Meaning::Garbage(what) => {
            service.set_failing(true);
            Attempt::Again(unknown(
                "garbled-reply",
                format!("{} sent {what}", service.http().endpoint()),
            ))
        }
    }
}

/// Granted only once its head is on disk. The writing blocks, so it happens on another thread.
async fn keep(shared: &Shared, generation: u64) -> Attempt {
    let heads = shared.heads.clone();
    let failed = match tokio::task::spawn_blocking(move || heads.commit(generation)).await {
        Ok(Ok(())) => {
            shared.quiet.clear("state file");
            return Attempt::Granted;
        }
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let text = format!("it cannot be written, so nothing counts as granted: {failed}. Make room on the disk and let the node's user write it");
    shared.quiet.say(Level::Error, "state file", &text);
    Attempt::Again(unknown("state-unwritten", text))
}

fn hear(shared: &Shared, claim: &Claim, watch: Option<crate::wire::WatchNews>, sent: Instant) {
    if let Some(news) = watch {
        shared.watch.hear_aside(&claim.key, news, sent);
    }
}

fn denial(shared: &Shared, service: &Service, reason: &str, message: String) -> Attempt {
    if reason == "wrong-ledger" {
        let ledger = shared.heads.ledger().unwrap_or_else(|| "none yet".into());
        let text = format!(
            "{}: {message} {}",
            service.http().endpoint(),
            other_ledger(&ledger)
        );
        shared.quiet.say(Level::Error, "wrong ledger", &text);
        return Attempt::Turn(denied(reason, text));
    }
    let answer = denied(reason, message);
    match OF_THE_SERVICE.contains(&reason) {
        true => Attempt::Turn(answer),
        false => Attempt::Final(answer),
    }
}

fn contradicted(shared: &Shared, service: &Service, ledger: &str, contradiction: &Contradiction) -> Answer {
    let endpoint = service.http().endpoint();
    let (reason, text) = match contradiction {
        Contradiction::Ledger { pinned } => ("wrong-ledger", format!("{endpoint} keeps ledger {ledger}. {}", other_ledger(pinned))),
        Contradiction::Epoch { pinned } => (
            "wrong-ledger",
            format!("{endpoint} is of another epoch than {pinned}, which this machine was told, and its reply answers no word of this machine. If the ledger was recovered and the key adopted again, stop the node, move its state file away and start it"),
        ),
        Contradiction::Behind { seq } => (
            "store-behind",
            format!("{endpoint} granted on a store that does not hold entry {seq}, which this machine was told. Stop the signers of the key and find out which store this is"),
        ),
    };
    shared.quiet.say(Level::Error, "wrong ledger", &text);
    denied(reason, text)
}

fn other_ledger(pinned: &str) -> String {
    format!("This machine was told ledger {pinned}. Point the node at a service of that ledger; if the ledger was replaced on purpose and the key adopted there, stop the node, move its state file away and start it")
}
