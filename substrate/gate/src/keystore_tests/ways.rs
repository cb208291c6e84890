//! What passes, and that there is no other way.

use super::{bench, duties::prevote, Bench, GATED, UNKNOWN};
use crate::testing::TestBlock;
use codec::Encode;
use sp_core::{
    crypto::{key_types, KeyTypeId, Pair, VrfPublic},
    ecdsa, ed25519, sr25519, ByteArray, H256,
};
use sp_keystore::Error;
use std::sync::Arc;
use watchbill_client::{Unit, Watch};

/// Signs 32 bytes in every way that the keystore has.
fn every_way(b: &Bench, kind: KeyTypeId) -> Vec<(&'static str, Result<bool, Error>)> {
    let (k, m) = (&b.keystore, [6; 32]);
    vec![
        ("sr25519", k.sr25519_sign(kind, &b.sr, &m).map(|s| s.is_some())),
        ("ed25519", k.ed25519_sign(kind, &b.ed, &m).map(|s| s.is_some())),
        ("ecdsa", k.ecdsa_sign(kind, &b.ec, &m).map(|s| s.is_some())),
        (
            "prehashed",
            k.ecdsa_sign_prehashed(kind, &b.ec, &m).map(|s| s.is_some()),
        ),
        (
            "with sr25519",
            k.sign_with(kind, sr25519::CRYPTO_ID, b.sr.as_slice(), &m)
                .map(|s| s.is_some()),
        ),
        (
            "with ed25519",
            k.sign_with(kind, ed25519::CRYPTO_ID, b.ed.as_slice(), &m)
                .map(|s| s.is_some()),
        ),
        (
            "with ecdsa",
            k.sign_with(kind, ecdsa::CRYPTO_ID, b.ec.as_slice(), &m)
                .map(|s| s.is_some()),
        ),
    ]
}

#[test]
fn no_way_leads_around_the_gate() {
    let b = bench();
    for kind in GATED {
        for (way, outcome) in every_way(&b, kind) {
            assert!(outcome.is_err(), "{kind:?} by {way}");
        }
    }
    assert_eq!(b.permits.asked(), vec![]);
}

#[test]
fn a_kind_that_the_gate_does_not_know_signs_in_no_way() {
    let b = bench();
    for (way, outcome) in every_way(&b, UNKNOWN) {
        assert!(outcome.is_err(), "{way}");
    }
}

#[test]
fn other_kinds_of_keys_pass() {
    let b = bench();
    for (way, outcome) in every_way(&b, key_types::AUTHORITY_DISCOVERY) {
        assert!(matches!(outcome, Ok(true)), "{way}");
    }
}

#[test]
fn a_key_that_is_not_here_is_not_claimed_for() {
    let b = bench();
    let other = ed25519::Pair::from_seed(&[2; 32]).public();
    assert!(matches!(
        b.keystore
            .ed25519_sign(key_types::GRANDPA, &other, &prevote(1, 1)),
        Ok(None)
    ));
    assert!(!b.keystore.has_keys(&[(other.to_vec(), key_types::GRANDPA)]));
    assert_eq!(b.permits.asked(), vec![]);
}

#[test]
fn drawing_a_slot_passes() {
    let b = bench();
    let data = sr25519::vrf::VrfTranscript::new(b"test", &[]).into_sign_data();
    let drawn = b
        .keystore
        .sr25519_vrf_sign(key_types::BABE, &b.sr, &data)
        .expect("passes")
        .expect("has the key");
    assert!(b.sr.vrf_verify(&data, &drawn));
    let input = sr25519::vrf::VrfTranscript::new(b"test", &[]);
    assert!(b
        .keystore
        .sr25519_vrf_pre_output(key_types::BABE, &b.sr, &input)
        .expect("passes")
        .is_some());
}

#[test]
fn only_grandpa_keys_are_hidden_and_only_when_a_round_may_not_be_voted_in() {
    let b = bench();
    for kind in GATED.into_iter().filter(|kind| *kind != key_types::GRANDPA) {
        assert!(b.keystore.has_keys(&[(b.sr.to_vec(), kind)]));
    }
    let voter = [(b.ed.to_vec(), key_types::GRANDPA)];
    assert!(!b.keystore.has_keys(&voter), "no voter state yet");
    // A completed round 4 of set 2 and the live round 5, written by hand.
    let round = (4u64, [0u8, 0, 0, 1], (H256::zero(), 3u32), 0u8).encode();
    let state = [
        vec![0, 4],
        round,
        (2u64, 0u8).encode(),
        vec![4],
        (5u64, 0u8).encode(),
    ]
    .concat();
    b.gate
        .set_voter_state::<TestBlock>(Arc::new(move || Ok(Some(state.clone()))));
    assert!(b.keystore.has_keys(&voter));
    assert_eq!(b.permits.asked()[0].unit, Unit::Round { set: 2, round: 5 });
    let elsewhere = ed25519::Pair::from_seed(&[2; 32]).public();
    assert!(!b.keystore.has_keys(&[(elsewhere.to_vec(), key_types::GRANDPA)]));
    b.permits.set_watch(Watch::Theirs {
        holder: None,
        term: 9,
    });
    assert!(!b.keystore.has_keys(&voter));
    assert!(!b
        .keystore
        .has_keys(&[voter.to_vec(), vec![(b.sr.to_vec(), key_types::BABE)]].concat()));
}

#[test]
fn keys_are_listed_and_made_as_before() {
    let b = bench();
    let made = b
        .keystore
        .ed25519_generate_new(key_types::GRANDPA, Some("//Made"))
        .expect("made");
    assert!(b.keystore.ed25519_public_keys(key_types::GRANDPA).contains(&made));
    assert!(b
        .keystore
        .keys(key_types::BABE)
        .expect("listed")
        .contains(&b.sr.to_vec()));
}
