//! Gated keys that are stored a second time, under a kind of key that is not gated.

use crate::rules::{GATED_KINDS, PASSING_KINDS};
use sp_core::crypto::KeyTypeId;
use sp_keystore::KeystorePtr;
use std::collections::BTreeSet;
use watchbill_client::UngatedCopy;

/// The public keys of gated kinds that the keystore also has under a kind that is not gated, for
/// `Client::check_keystore`. Under such a kind a key signs without a grant. `passing` are those of
/// [`Options::passing_kinds`](crate::Options::passing_kinds).
pub fn ungated_copies(keystore: &KeystorePtr, passing: &[KeyTypeId]) -> Vec<UngatedCopy> {
    let of_kind = |kind| keystore.keys(kind).unwrap_or_default();
    let gated: BTreeSet<Vec<u8>> = GATED_KINDS.into_iter().flat_map(of_kind).collect();
    let kinds = PASSING_KINDS.into_iter().chain(passing.iter().copied());
    let others = kinds.filter(|kind| !GATED_KINDS.contains(kind));
    let copies_of = |kind: KeyTypeId| {
        let found = of_kind(kind).into_iter().filter(|key| gated.contains(key));
        found
            .map(|key| UngatedCopy { key, kind: kind.0 })
            .collect::<Vec<_>>()
    };
    others.flat_map(copies_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::crypto::key_types;
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use std::sync::Arc;

    #[test]
    fn a_gated_key_under_another_kind_is_found_whatever_its_scheme() {
        let keystore = MemoryKeystore::new();
        let sr = |kind, seed| {
            keystore
                .sr25519_generate_new(kind, Some(seed))
                .unwrap()
                .0
                .to_vec()
        };
        let dave = sr(key_types::BABE, "//Dave");
        let own = KeyTypeId(*b"own!");
        for kind in [
            key_types::IM_ONLINE,
            KeyTypeId(*b"para"),
            KeyTypeId(*b"audi"),
            own,
        ] {
            sr(kind, "//Dave");
        }
        sr(KeyTypeId(*b"asgn"), "//Eve");
        let beefy = keystore
            .ecdsa_generate_new(key_types::BEEFY, Some("//Dave"))
            .unwrap();
        keystore
            .ecdsa_generate_new(key_types::STATEMENT, Some("//Dave"))
            .unwrap();
        let found = ungated_copies(&(Arc::new(keystore) as KeystorePtr), &[own, key_types::BABE]);
        let expected = [
            (dave.clone(), *b"audi"),
            (dave.clone(), *b"para"),
            (beefy.0.to_vec(), *b"stmt"),
            (dave, own.0),
        ];
        assert_eq!(found, expected.map(|(key, kind)| UngatedCopy { key, kind }));
    }
}
