//! What a relay-chain node has besides: the keys of backing, approvals and disputes.
//!
//! Polkadot's subsystems take key pairs out of a concrete keystore, so no wrapper can ask before they sign. A gated node
//! gives them a keystore apart, whose folder holds files only on the machine on watch. Gossip support asks it for the key
//! of authority discovery, without which a validator connects to no other, so the folder needs a copy of `audi`.

use crate::{DutyArgs, DutyMode};
use sp_core::crypto::{key_types::AUTHORITY_DISCOVERY, KeyTypeId};
use sp_keystore::KeystorePtr;
use std::path::{Path, PathBuf};
use watchbill_client::{Finding, Severity};

const PARA: KeyTypeId = KeyTypeId(*b"para");
const ASGN: KeyTypeId = KeyTypeId(*b"asgn");

/// The flags of a relay-chain node.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RelayArgs {
    #[clap(flatten)]
    #[allow(missing_docs)]
    pub duty: DutyArgs,

    /// Folder of the parachain keys (para, asgn, and a copy of audi) of a gated node. Only the machine on watch has
    /// files in it; after they were moved, that machine restarts. Without it a gated node backs and approves nothing.
    #[arg(long, value_name = "FOLDER")]
    pub duty_para_keystore: Option<PathBuf>,
}

/// Which keystore the parachain subsystems get.
#[derive(Debug, PartialEq, Eq)]
pub enum ParachainKeystore<'a> {
    /// The node's, as in a stock node.
    OfNode,
    /// The one in this folder.
    Folder(&'a Path),
    /// One without a key.
    Empty,
}

impl RelayArgs {
    /// As [`DutyArgs::check`].
    ///
    /// # Errors
    /// One line that names the flags and says what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.duty.duty == DutyMode::Off && self.duty_para_keystore.is_some() {
            return Err("--duty is off, so this node would sign without asking, but --duty-para-keystore is given. Add --duty claims or --duty original, or leave it out".into());
        }
        self.duty.check()
    }

    /// The keystore of the parachain subsystems.
    pub fn parachain_keystore(&self) -> ParachainKeystore<'_> {
        match (self.duty.duty, &self.duty_para_keystore) {
            (DutyMode::Off, _) => ParachainKeystore::OfNode,
            (_, Some(folder)) => ParachainKeystore::Folder(folder),
            (_, None) => ParachainKeystore::Empty,
        }
    }
}

/// Says which keys a gated node does not use where they are: `author_rotateKeys` makes them all in the node's keystore.
pub(crate) fn misplaced_keys(node: &KeystorePtr, parachain: &KeystorePtr) -> Vec<Finding> {
    let lacks = |kind| {
        let held = parachain.keys(kind).unwrap_or_default();
        let of_node = node.keys(kind).unwrap_or_default();
        of_node.iter().any(|key| !held.contains(key))
    };
    let has_any = [PARA, ASGN]
        .iter()
        .any(|kind| !parachain.keys(*kind).unwrap_or_default().is_empty());
    let mut found = Vec::new();
    if lacks(PARA) || lacks(ASGN) {
        found.push("the keystore holds keys of para or asgn that the folder of --duty-para-keystore lacks, and this node does not use them. Move their files to that folder on the machine on watch and restart it before the session that begins with these keys; delete them on the other machines.");
    }
    if has_any && lacks(AUTHORITY_DISCOVERY) {
        found.push("the folder of --duty-para-keystore lacks the key of audi, so this node connects to no other validator for backing and approvals. Copy its file from the keystore to that folder and restart the node.");
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
    use clap::Parser;
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use std::sync::Arc;

    #[derive(clap::Parser)]
    struct Line {
        #[clap(flatten)]
        args: RelayArgs,
    }

    fn args(line: &[&str]) -> RelayArgs {
        Line::try_parse_from([&["node"], line].concat()).unwrap().args
    }

    #[test]
    fn a_gated_node_never_gives_parachains_its_own_keystore() {
        let claims = crate::args::tests::CLAIMS;
        let with = |more: &[&str]| args(&[&claims[..], more].concat());
        assert_eq!(args(&[]).parachain_keystore(), ParachainKeystore::OfNode);
        assert_eq!(with(&[]).parachain_keystore(), ParachainKeystore::Empty);
        let folder = with(&["--duty-para-keystore", "/para"]);
        assert_eq!(
            folder.parachain_keystore(),
            ParachainKeystore::Folder(Path::new("/para"))
        );
        assert_eq!(folder.check(), Ok(()));
    }

    #[test]
    fn the_flag_without_a_mode_is_refused() {
        let said = args(&["--duty-para-keystore", "/para"]).check().unwrap_err();
        assert!(
            said.contains("--duty-para-keystore is given. Add --duty claims"),
            "{said}"
        );
        let said = args(&["--duty-node", "x"]).check().unwrap_err();
        assert!(said.contains("are given: --duty-node"), "{said}");
    }

    fn keystore(kinds: &[KeyTypeId]) -> KeystorePtr {
        let keystore = MemoryKeystore::new();
        for kind in kinds {
            keystore.sr25519_generate_new(*kind, Some("//Alice")).unwrap();
        }
        Arc::new(keystore)
    }

    #[test]
    fn keys_that_are_not_used_where_they_are_are_named() {
        let all = [PARA, ASGN, AUTHORITY_DISCOVERY];
        let cases: [(&[KeyTypeId], &[KeyTypeId], &[&str]); 6] = [
            (&all, &all, &[]),
            (&[AUTHORITY_DISCOVERY], &[], &[]),
            (&[AUTHORITY_DISCOVERY], &all, &[]),
            (&all, &[], &["para or asgn"]),
            (&all, &[PARA, AUTHORITY_DISCOVERY], &["para or asgn"]),
            (&[AUTHORITY_DISCOVERY], &[PARA, ASGN], &["lacks the key of audi"]),
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
