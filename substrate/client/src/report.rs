//! Reports of readiness and observations, and the watch that comes back.

use crate::head::decimal;
use crate::http::{Call, Reply};
use crate::presence::{FactSource, Facts, LeaseReport};
use crate::shared::Shared;
use crate::wire::{problem, to_hex, WatchNews};
use log::Level;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const MAX_BYTES: usize = 256 * 1024;
/// A key that the service does not list for this node is reported again after this.
const UNLISTED_FOR: Duration = Duration::from_secs(30);
/// Bounds of the service.
const MAX_PEERS: u32 = 1_000_000;
const MAX_OFFSET_MS: f64 = 1e9;
const MAX_KEYS: usize = 64;
const MAX_VERSION: usize = 64;
const MAX_KINDS: usize = 16;

/// Reports for ever; ends by being dropped.
pub(crate) async fn run(shared: Arc<Shared>, keys: Vec<Vec<u8>>, source: Arc<dyn FactSource>) {
    let mut reporter = Reporter {
        shared,
        keys,
        source,
        asked: None,
        unlisted: HashMap::new(),
    };
    let mut ticks = tokio::time::interval(reporter.shared.deadlines.report_every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(facts) = reporter.facts().await {
            let shared = reporter.shared.clone();
            tokio::join!(observe(&shared, &facts), reporter.report(&facts));
        }
    }
}

struct Reporter {
    shared: Arc<Shared>,
    keys: Vec<Vec<u8>>,
    source: Arc<dyn FactSource>,
    /// A question to the node that was not answered yet.
    asked: Option<JoinHandle<Option<Facts>>>,
    /// Keys that were refused, and when.
    unlisted: HashMap<Vec<u8>, Instant>,
}

impl Reporter {
    /// One question at a time: a node that hangs uses up one thread, not one a second.
    async fn facts(&mut self) -> Option<Facts> {
        let source = self.source.clone();
        let asked = self
            .asked
            .get_or_insert_with(|| tokio::task::spawn_blocking(move || source.facts()));
        match tokio::time::timeout(self.shared.deadlines.report, asked).await {
            Ok(answer) => {
                self.asked = None;
                self.shared.quiet.clear("facts of the node");
                answer.ok().flatten()
            }
            Err(_) => {
                let text = "the node does not say how it is, so it is not reported ready. Look at its load and its disk";
                self.shared.quiet.say(Level::Warn, "facts of the node", text);
                None
            }
        }
    }

    async fn report(&mut self, facts: &Facts) {
        self.unlisted.retain(|_, since| since.elapsed() < UNLISTED_FOR);
        let keys: Vec<Vec<u8>> = self
            .keys
            .iter()
            .filter(|key| !self.unlisted.contains_key(*key))
            .cloned()
            .collect();
        for some in keys.chunks(MAX_KEYS) {
            if self.post(some, facts).await == Posted::Unlisted {
                self.one_by_one(some, facts).await;
            }
        }
    }

    /// A report is refused whole where one key of it is not listed: find out which.
    async fn one_by_one(&mut self, keys: &[Vec<u8>], facts: &Facts) {
        for key in keys {
            let alone = std::slice::from_ref(key);
            if keys.len() == 1 || self.post(alone, facts).await == Posted::Unlisted {
                self.unlisted.insert(key.clone(), Instant::now());
            }
        }
    }

    async fn post(&self, keys: &[Vec<u8>], facts: &Facts) -> Posted {
        let sent = Instant::now();
        let reply = match post(
            &self.shared,
            "/v1/readiness",
            readiness(&self.shared.chain, keys, facts),
        )
        .await
        {
            Ok(reply) => reply,
            Err(why) => {
                self.shared.set_reachable(false);
                self.shared.quiet.say(Level::Warn, "readiness report", &why);
                return Posted::Failed;
            }
        };
        match serde_json::from_slice::<WatchStates>(&reply.body) {
            Ok(states) if reply.status == 200 => {
                self.shared.set_reachable(true);
                self.shared.quiet.clear("readiness report");
                self.hear(keys, states, facts, sent);
                Posted::Done
            }
            _ => self.refused(&reply),
        }
    }

    fn refused(&self, reply: &Reply) -> Posted {
        let told = problem(&reply.body);
        let text = match &told {
            Some((code, message)) => format!("{code}: {message}"),
            None => format!(
                "the service replied {} and nothing that can be read",
                reply.status
            ),
        };
        self.shared.quiet.say(Level::Warn, "readiness report", &text);
        match told {
            Some((code, _)) if code == "not-listed" => Posted::Unlisted,
            _ => Posted::Failed,
        }
    }

    fn hear(&self, keys: &[Vec<u8>], states: WatchStates, facts: &Facts, at: Instant) {
        for LeaseState { name, lease } in states.leases {
            let asked = facts.leases.iter().find(|asked| to_hex(&asked.name) == name);
            if let Some(asked) = asked {
                self.source.hear_lease(&asked.name, lease, at);
            }
        }
        for state in states
            .watch
            .into_iter()
            .filter(|state| state.chain == self.shared.chain)
        {
            let key = keys.iter().find(|key| to_hex(key) == state.key);
            if let (Some(key), Some(term)) = (key, decimal(&state.term)) {
                self.shared.watch.hear(
                    key,
                    WatchNews {
                        holder: state.holder,
                        term,
                    },
                    at,
                );
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Posted {
    Done,
    Unlisted,
    Failed,
}

async fn observe(shared: &Shared, facts: &Facts) {
    let result = match post(shared, "/v1/observations", observation(&shared.chain, facts)).await {
        Ok(reply) if reply.status == 204 => Ok(()),
        Ok(reply) => Err(problem(&reply.body).map_or_else(
            || format!("status {}", reply.status),
            |(code, message)| format!("{code}: {message}"),
        )),
        Err(why) => Err(why),
    };
    match result {
        Ok(()) => shared.quiet.clear("observation"),
        Err(why) => shared.quiet.say(Level::Warn, "observation", &why),
    }
}

/// To the first service that says yes or no.
async fn post(shared: &Shared, route: &str, body: Value) -> Result<Reply, String> {
    let mut why = String::from("no service is named");
    for service in shared.services.in_order() {
        let call = Call {
            method: Method::POST,
            route,
            body: Some(body.to_string()),
            budget: shared.deadlines.report,
            max_bytes: MAX_BYTES,
        };
        match service.call(call).await {
            Ok(reply) if reply.status < 500 => return Ok(reply),
            Ok(reply) => why = format!("{} replied {}", service.http().endpoint(), reply.status),
            Err(failure) => why = format!("{}: {}", service.http().endpoint(), failure.told().1),
        }
    }
    Err(why)
}

#[derive(Deserialize)]
struct WatchStates {
    watch: Vec<WatchState>,
    /// Of the leases that the report asked for.
    #[serde(default)]
    leases: Vec<LeaseState>,
}

#[derive(Deserialize)]
struct WatchState {
    chain: String,
    key: String,
    holder: Option<String>,
    term: String,
}

#[derive(Deserialize)]
struct LeaseState {
    name: String,
    lease: Option<String>,
}

fn readiness(chain: &str, keys: &[Vec<u8>], facts: &Facts) -> Value {
    // What cannot be said in numbers is reported as far off: never as fit.
    let offset = if facts.clock_offset_ms.is_nan() {
        MAX_OFFSET_MS
    } else {
        facts.clock_offset_ms
    };
    let mut report = json!({
        "chain": chain,
        "keys": keys.iter().map(to_hex).collect::<Vec<_>>(),
        "syncing": facts.syncing,
        "peers": facts.peers.min(MAX_PEERS),
        "finalityLagBlocks": facts.finality_lag_blocks,
        "clockOffsetMs": offset.clamp(-MAX_OFFSET_MS, MAX_OFFSET_MS),
    });
    if let Some(version) = &facts.version {
        let text: String = version.chars().filter(char::is_ascii).take(MAX_VERSION).collect();
        report["version"] = text.into();
    }
    if let Some(held) = &facts.held_keys {
        report["heldKeys"] = keys.iter().filter(|key| held.contains(key)).map(to_hex).collect();
    }
    let kinds = facts.unknown_kinds.iter().filter(|kind| kind.is_ascii());
    let kinds: Vec<&String> = kinds.take(MAX_KINDS).collect();
    if !kinds.is_empty() {
        report["unknownKinds"] = json!(kinds);
    }
    let leases = facts.leases.iter().filter(|lease| keys.contains(&lease.key));
    let leases: Vec<Value> = leases.map(lease_report).collect();
    if !leases.is_empty() {
        report["leases"] = leases.into();
    }
    report
}

fn lease_report(lease: &LeaseReport) -> Value {
    json!({
        "name": to_hex(&lease.name),
        "key": to_hex(&lease.key),
        "holds": lease.holds,
        "returned": lease.returned,
    })
}

fn observation(chain: &str, facts: &Facts) -> Value {
    let text = |value: Option<u64>| value.map(|value| value.to_string());
    let mut told = json!({
        "chain": chain,
        "finalizedBlock": facts.finalized_block.to_string(),
        "setId": text(facts.set),
        "beefySetId": text(facts.beefy_set),
        "round": text(facts.round),
        "session": text(facts.session.map(u64::from)),
    });
    if let Some(slot) = facts.best_slot {
        told["bestSlot"] = slot.to_string().into();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(clock_offset_ms: f64) -> Facts {
        Facts {
            peers: 2_000_000,
            finality_lag_blocks: 2,
            clock_offset_ms,
            finalized_block: 100,
            set: Some(u64::MAX),
            session: Some(4),
            ..Facts::default()
        }
    }

    #[test]
    fn bodies_are_the_documented_ones() {
        assert_eq!(
            readiness("0x11", &[vec![7; 32]], &facts(3.5)),
            json!({ "chain": "0x11", "keys": [to_hex([7; 32])], "syncing": false, "peers": 1_000_000, "finalityLagBlocks": 2, "clockOffsetMs": 3.5 })
        );
        assert_eq!(
            observation("0x11", &facts(0.0)),
            json!({ "chain": "0x11", "finalizedBlock": "100", "setId": "18446744073709551615", "beefySetId": null, "round": null, "session": "4" })
        );
    }

    #[test]
    fn a_report_names_the_release_and_those_of_its_keys_that_the_keystore_holds() {
        let told = |version: &str, held: &[Vec<u8>]| {
            let facts = Facts {
                version: Some(version.into()),
                held_keys: Some(held.to_vec()),
                ..facts(0.0)
            };
            readiness("0x11", &[vec![7; 32], vec![8; 32]], &facts)
        };
        let one = told("1.24.0-90bd1a2", &[vec![9; 32], vec![8; 32]]);
        assert_eq!(one["version"], json!("1.24.0-90bd1a2"));
        assert_eq!(one["heldKeys"], json!([to_hex([8; 32])]));
        assert_eq!(told("1", &[])["heldKeys"], json!([]));
        // A longer text than the service takes would make it refuse the whole report.
        assert_eq!(told(&"é1".repeat(70), &[])["version"], json!("1".repeat(64)));
    }

    #[test]
    fn a_slot_unknown_kinds_and_the_lease_are_told_where_there_are_any() {
        let lease = LeaseReport {
            name: vec![9; 32],
            key: vec![7; 32],
            holds: Some("1f".into()),
            returned: None,
        };
        let facts = Facts {
            best_slot: Some(u64::MAX),
            unknown_kinds: vec!["nimb".into(), "n\u{fffd}".into()],
            leases: vec![lease],
            ..facts(0.0)
        };
        let told = readiness("0x11", &[vec![7; 32]], &facts);
        assert_eq!(told["unknownKinds"], json!(["nimb"]));
        assert_eq!(
            told["leases"],
            json!([{ "name": to_hex([9; 32]), "key": to_hex([7; 32]), "holds": "1f", "returned": null }])
        );
        // A report of other keys says nothing of this lease.
        assert_eq!(readiness("0x11", &[vec![8; 32]], &facts).get("leases"), None);
        assert_eq!(
            observation("0x11", &facts)["bestSlot"],
            json!("18446744073709551615")
        );
    }

    #[test]
    fn an_offset_that_is_no_number_is_never_fit() {
        for offset in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let told = readiness("0x11", &[vec![7; 32]], &facts(offset))["clockOffsetMs"]
                .as_f64()
                .unwrap();
            assert_eq!(told.abs(), MAX_OFFSET_MS);
        }
    }
}
