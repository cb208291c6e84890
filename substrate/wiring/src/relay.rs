//! What a relay-chain node has besides: its flags, and the keys of backing, approvals and disputes.

use crate::{
    parachain_keys::{ASGN, PARA},
    DutyArgs,
};
use sp_core::crypto::key_types::AUTHORITY_DISCOVERY;
use sp_keystore::KeystorePtr;
use std::sync::OnceLock;
use watchbill_client::{Finding, Severity};

static OF_PROCESS: OnceLock<DutyArgs> = OnceLock::new();

impl DutyArgs {
    /// Sets the flags of this process, before its relay-chain node is built. A second call changes nothing. Every way to
    /// build such a node reads them, so that none forgets the gate.
    pub fn set(self) {
        let _ = OF_PROCESS.set(self);
    }

    /// The flags of this process; those of a stock node if none were set.
    pub(crate) fn of_process() -> Self {
        OF_PROCESS.get().cloned().unwrap_or_default()
    }
}

/// Says which keys a gated node does not use where they are: `author_rotateKeys` makes them all in the node's keystore.
/// `parachain` is the keystore of the parachain subsystems.
pub(crate) fn misplaced_keys(node: &KeystorePtr, parachain: &KeystorePtr) -> Vec<Finding> {
    let of_node = |kind| node.keys(kind).unwrap_or_default();
    let lacks = |kind| {
        let held = parachain.keys(kind).unwrap_or_default();
        of_node(kind).iter().any(|key| !held.contains(key))
    };
    let is_leased = !parachain.keys(PARA).unwrap_or_default().is_empty();
    let mut found = Vec::new();
    if !of_node(PARA).is_empty() || !of_node(ASGN).is_empty() {
        found.push("the keystore holds keys of para or asgn, and this node does not use them: two machines with them would both back and approve. Seal the keys with `watchbill guard seal --remove`, name the folder with --duty-sealed-keys, and restart the node before the session that begins with these keys.");
    }
    if is_leased && lacks(AUTHORITY_DISCOVERY) {
        found.push("the keystore has a key of audi that came after the start of this node, which connects to no other validator with it. Restart the node before the session that begins with this key.");
    }
    let finding = |text: &str| Finding {
        severity: Severity::Warning,
        text: text.into(),
    };
    found.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::crypto::KeyTypeId;
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use std::sync::Arc;

    fn keystore(kinds: &[KeyTypeId]) -> KeystorePtr {
        let keystore = MemoryKeystore::new();
        for kind in kinds {
            keystore.sr25519_generate_new(*kind, Some("//Alice")).unwrap();
        }
        Arc::new(keystore)
    }

    #[test]
    fn keys_that_are_not_used_where_they_are_are_named() {
        let cases: [(&[KeyTypeId], &[KeyTypeId], &[&str]); 6] = [
            (&[AUTHORITY_DISCOVERY], &[], &[]),
            (&[AUTHORITY_DISCOVERY], &[PARA, AUTHORITY_DISCOVERY], &[]),
            (&[PARA], &[], &["para or asgn"]),
            (&[ASGN], &[], &["para or asgn"]),
            (
                &[ASGN, AUTHORITY_DISCOVERY],
                &[PARA],
                &["para or asgn", "came after the start"],
            ),
            (&[AUTHORITY_DISCOVERY], &[PARA], &["came after the start"]),
        ];
        for (node, parachain, expected) in cases {
            let found = misplaced_keys(&keystore(node), &keystore(parachain));
            assert_eq!(found.len(), expected.len(), "{node:?} {parachain:?}: {found:?}");
            for (finding, part) in found.iter().zip(expected) {
                assert!(finding.text.contains(part), "{finding}");
            }
        }
    }
}
