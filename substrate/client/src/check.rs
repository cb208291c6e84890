//! What a node holds against what the policies say. Said at start, so that a mistake is not found out slot by slot.

use crate::policies::{ledger, policies, PolicyView, Untold};
use crate::services::Service;
use crate::shared::Shared;
use crate::wire::to_hex;
use crate::{Duty, Wire};
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something is not as it was meant, and the node works.
    Warning,
    /// The node will sign nothing with this key or at all.
    Error,
}

/// One thing to say at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter, and what to do.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What the node is and holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Its name in the rosters.
    pub name: &'a str,
    /// `0x` and hex of the genesis hash.
    pub chain: &'a str,
    /// Public keys in its keystore, each with what it signs.
    pub keys: &'a [(Vec<u8>, Duty)],
}

/// A public key of a gated kind that is also stored under a kind of key that is not gated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UngatedCopy {
    /// Public.
    pub key: Vec<u8>,
    /// The kind that is not gated, for example `audi`.
    pub kind: [u8; 4],
}

/// What a keystore holds, as far as a check needs it.
pub(crate) struct Held {
    /// Public keys of gated kinds, each with what it signs.
    pub keys: Vec<(Vec<u8>, Duty)>,
    pub copies: Vec<UngatedCopy>,
}

fn of_copy(UngatedCopy { key, kind }: &UngatedCopy) -> Finding {
    let (name, file) = (
        String::from_utf8_lossy(kind),
        hex::encode([&kind[..], key].concat()),
    );
    let short = shorten(&to_hex(key));
    finding(
        Severity::Warning,
        format!("key {short} is stored under {name} as well, and signatures of that kind need no grant. Make another key for {name}, set it on chain (session.setKeys), wait until it is in force, then delete the file {file} from the keystore."),
    )
}

fn finding(severity: Severity, text: impl Into<String>) -> Finding {
    Finding {
        severity,
        text: text.into(),
    }
}

/// Everything in which the policies and the node disagree, worst first.
pub fn compare(node: &Node<'_>, policies: &[PolicyView]) -> Vec<Finding> {
    let mut found: Vec<Finding> = node
        .keys
        .iter()
        .filter_map(|(key, duty)| of_key(node, policies, &to_hex(key), *duty))
        .collect();
    found.extend(policies.iter().filter_map(|policy| of_policy(node, policy)));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    // A key that signs two duties would be told of twice.
    let mut told = BTreeSet::new();
    found.retain(|finding| told.insert(finding.text.clone()));
    found
}

fn of_key(node: &Node<'_>, policies: &[PolicyView], key: &str, duty: Duty) -> Option<Finding> {
    let short = shorten(key);
    let name = node.name;
    let Some(policy) = policies
        .iter()
        .find(|policy| policy.key == key && policy.chain == node.chain)
    else {
        return Some(match policies.iter().find(|policy| policy.key == key) {
            Some(other) => finding(
                Severity::Error,
                format!("key {short} has a policy on chain {} only, and this node is on {}: nothing is signed with it. Start the node with the right chain, or apply a policy for this one.", shorten(&other.chain), shorten(node.chain)),
            ),
            None => finding(
                Severity::Error,
                format!("key {short} is in the keystore and no policy knows it: nothing is signed with it. Apply a policy that lists {name} (`watchbill policy apply`), or remove the key."),
            ),
        });
    };
    if !names(policy, name) {
        return Some(finding(
            Severity::Error,
            format!("the roster of key {short} does not name {name}: nothing is signed with it. Add {name} to the roster and apply the policy, or correct the node's name in its configuration."),
        ));
    }
    if !policy.duties.get(duty.name()).is_some_and(|duty| duty.enabled) {
        return Some(finding(
            Severity::Error,
            format!("the policy of key {short} switches {} off: it is not signed. Enable the duty in the policy and apply it.", duty.name()),
        ));
    }
    of_mode(policy, &short)
}

fn of_mode(policy: &PolicyView, short: &str) -> Option<Finding> {
    let text = match policy.mode.as_str() {
        "enforce" => return None,
        "frozen" => {
            let why = policy.freeze.as_ref().map_or(String::new(), |freeze| freeze.reason.escape_debug().to_string());
            format!("key {short} is frozen ({why}): nothing is signed with it. Follow `watchbill docs freeze`; lift the freeze when no other machine has the key.")
        }
        "idle" => format!("key {short} was never adopted: nothing is signed with it. Stop every signer of the key, then run `watchbill adopt`."),
        other => format!("the policy of key {short} has the mode {other}, which this gate does not know. Build the node with the gate of the service's version."),
    };
    Some(finding(Severity::Error, text))
}

fn of_policy(node: &Node<'_>, policy: &PolicyView) -> Option<Finding> {
    let is_held = node.keys.iter().any(|(key, _)| to_hex(key) == policy.key);
    if policy.chain != node.chain || is_held || !names(policy, node.name) {
        return None;
    }
    let short = shorten(&policy.key);
    let text = format!("the policy of key {short} names {} and the key is not in its keystore: this node cannot stand in for it. Insert the key, or take the node out of the roster.", node.name);
    Some(finding(Severity::Warning, text))
}

fn names(policy: &PolicyView, name: &str) -> bool {
    policy.roster.iter().any(|member| member.name == name)
}

fn shorten(hex: &str) -> String {
    match (hex.get(..10), hex.get(hex.len().saturating_sub(8)..)) {
        (Some(first), Some(last)) if hex.len() > 20 => format!("{first}…{last}"),
        _ => hex.to_owned(),
    }
}

/// Asks the services and compares. Ends by `until`.
pub(crate) async fn check(shared: &Shared, mode: Wire, held: &Held, until: Instant) -> Vec<Finding> {
    let mut found: Vec<Finding> = held.copies.iter().map(of_copy).collect();
    if mode == Wire::Original {
        let text = "the original wire protocol shows no policies: keys are not compared with them.";
        found.push(finding(Severity::Info, text));
        return found;
    }
    let mut compared = false;
    for service in shared.services.all() {
        let left = until.saturating_duration_since(Instant::now());
        let own = of_service(shared, service, left / 2).await;
        let is_fit = own.is_none();
        found.extend(own);
        if compared || !is_fit {
            continue;
        }
        let left = until.saturating_duration_since(Instant::now());
        match policies(service, left / 2).await {
            Ok(policies) => {
                found.extend(compare(
                    &Node {
                        name: &shared.node,
                        chain: &shared.chain,
                        keys: &held.keys,
                    },
                    &policies,
                ));
                compared = true;
            }
            Err(untold) => found.push(of_untold(service, untold)),
        }
    }
    if !compared {
        let text = "no service showed its policies: keys are not compared, and nothing is signed until a service answers.";
        found.push(finding(Severity::Error, text));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

async fn of_service(shared: &Shared, service: &Service, budget: Duration) -> Option<Finding> {
    let endpoint = service.http().endpoint();
    let pinned = shared.heads.ledger();
    match (ledger(service, budget).await, pinned) {
        (Err(untold), _) => Some(of_untold(service, untold)),
        (Ok(None), _) => Some(finding(Severity::Warning, format!("service {endpoint} does not know its ledger yet. Look at `watchbill status`."))),
        (Ok(Some(ledger)), Some(pinned)) if ledger != pinned => Some(finding(
            Severity::Error,
            format!("service {endpoint} keeps ledger {ledger}, this machine was told {pinned}: it grants nothing that counts. Point the node at a service of its own ledger; if the ledger was replaced on purpose and the key adopted there, stop the node, move its state file away and start it."),
        )),
        (Ok(Some(_)), _) => None,
    }
}

fn of_untold(service: &Service, untold: Untold) -> Finding {
    let endpoint = service.http().endpoint();
    match untold {
        Untold::Refused(code, message) => finding(
            Severity::Error,
            format!("service {endpoint} refuses the token ({code}): {message}"),
        ),
        Untold::Silent(why) => finding(
            Severity::Warning,
            format!(
                "service {endpoint} does not answer as it should: {why}. Start it, or correct its address."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CHAIN: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";
    const OTHER: &str = "0x2222222222222222222222222222222222222222222222222222222222222222";

    fn policy(chain: &str, key: u8, names: &[&str], mode: &str) -> PolicyView {
        let roster: Vec<_> = names
            .iter()
            .map(|name| json!({ "name": name, "rank": 0 }))
            .collect();
        let duties = json!({ "babe": { "enabled": true, "window": 1 }, "grandpa": { "enabled": false } });
        let freeze = (mode == "frozen").then(|| json!({ "reason": "a copy may run", "by": "ops" }));
        serde_json::from_value(json!({ "chain": chain, "key": to_hex([key; 32]), "mode": mode, "freeze": freeze, "roster": roster, "duties": duties })).unwrap()
    }

    fn found(keys: &[(Vec<u8>, Duty)], policies: &[PolicyView]) -> Vec<Finding> {
        compare(
            &Node {
                name: "alpha",
                chain: CHAIN,
                keys,
            },
            policies,
        )
    }

    fn one(keys: &[(Vec<u8>, Duty)], policies: &[PolicyView]) -> Finding {
        let all = found(keys, policies);
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    fn babe(key: u8) -> (Vec<u8>, Duty) {
        (vec![key; 32], Duty::Babe)
    }

    #[test]
    fn what_agrees_finds_nothing() {
        assert_eq!(
            found(
                &[babe(7)],
                &[
                    policy(CHAIN, 7, &["alpha", "bravo"], "enforce"),
                    policy(OTHER, 8, &["alpha"], "idle")
                ]
            ),
            vec![]
        );
    }

    #[test]
    fn each_disagreement_is_told_with_a_remedy() {
        let good = policy(CHAIN, 7, &["alpha"], "enforce");
        let cases = [
            (
                one(&[babe(9)], &[]),
                Severity::Error,
                "no policy knows it",
                "policy apply",
            ),
            (
                one(&[], std::slice::from_ref(&good)),
                Severity::Warning,
                "not in its keystore",
                "Insert the key",
            ),
            (
                one(&[babe(7)], &[policy(OTHER, 7, &["alpha"], "enforce")]),
                Severity::Error,
                "on chain 0x22222222…22222222 only",
                "right chain",
            ),
            (
                one(&[babe(7)], &[policy(CHAIN, 7, &["bravo"], "enforce")]),
                Severity::Error,
                "does not name alpha",
                "roster",
            ),
            (
                one(&[(vec![7; 32], Duty::Grandpa)], std::slice::from_ref(&good)),
                Severity::Error,
                "grandpa off",
                "Enable",
            ),
            (
                one(&[(vec![7; 32], Duty::Beefy)], std::slice::from_ref(&good)),
                Severity::Error,
                "beefy off",
                "Enable",
            ),
            (
                one(&[babe(7)], &[policy(CHAIN, 7, &["alpha"], "frozen")]),
                Severity::Error,
                "is frozen (a copy may run)",
                "watchbill docs freeze",
            ),
            (
                one(&[babe(7)], &[policy(CHAIN, 7, &["alpha"], "paused")]),
                Severity::Error,
                "mode paused",
                "Build the node",
            ),
            (
                one(&[babe(7)], &[policy(CHAIN, 7, &["alpha"], "idle")]),
                Severity::Error,
                "never adopted",
                "watchbill adopt",
            ),
        ];
        for (finding, severity, what, remedy) in cases {
            assert_eq!(finding.severity, severity, "{finding}");
            assert!(
                finding.text.contains(what) && finding.text.contains(remedy),
                "{finding}"
            );
        }
    }

    #[test]
    fn a_copy_under_an_ungated_kind_is_told_with_its_file() {
        let copy = UngatedCopy {
            key: vec![7; 32],
            kind: *b"audi",
        };
        let found = of_copy(&copy);
        assert_eq!(found.severity, Severity::Warning);
        let file = format!("61756469{}", "07".repeat(32));
        assert!(
            found.text.contains("audi") && found.text.contains(&file),
            "{found}"
        );
        assert!(found.text.contains("session.setKeys"), "{found}");
    }

    #[test]
    fn the_policy_of_this_chain_counts_where_a_key_has_two() {
        let policies = [
            policy(OTHER, 7, &["bravo"], "idle"),
            policy(CHAIN, 7, &["alpha"], "enforce"),
        ];
        assert_eq!(found(&[babe(7)], &policies), vec![]);
    }

    #[test]
    fn the_worst_comes_first_and_nothing_twice() {
        let all = found(
            &[babe(9), (vec![9; 32], Duty::Aura)],
            &[policy(CHAIN, 7, &["alpha"], "enforce")],
        );
        assert_eq!(
            all.iter().map(|finding| finding.severity).collect::<Vec<_>>(),
            [Severity::Error, Severity::Warning]
        );
    }
}
