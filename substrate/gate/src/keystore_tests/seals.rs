//! Blocks.

use super::bench;
use crate::testing::SLOT;
use sp_core::{
    crypto::{key_types, Pair},
    ed25519, sr25519, ByteArray,
};
use std::sync::Arc;
use watchbill_client::Duty;

#[test]
fn a_registered_hash_is_sealed_once_and_verifies() {
    for (kind, duty) in [(key_types::BABE, Duty::Babe), (key_types::AURA, Duty::Aura)] {
        let b = bench();
        let hash = [3; 32];
        assert!(b.keystore.sr25519_sign(kind, &b.sr, &hash).is_err());
        b.register(&b.sr, duty, 5, hash);
        let signature = b
            .keystore
            .sr25519_sign(kind, &b.sr, &hash)
            .expect("granted")
            .expect("has the key");
        assert!(sr25519::Pair::verify(&signature, hash, &b.sr));
        assert!(b.keystore.sr25519_sign(kind, &b.sr, &hash).is_err());
    }
}

#[test]
fn a_seal_is_bound_to_key_kind_and_length() {
    let b = bench();
    b.register(&[8; 32], Duty::Babe, 5, [3; 32]);
    assert!(b.keystore.sr25519_sign(key_types::BABE, &b.sr, &[3; 32]).is_err());
    b.register(&b.sr, Duty::Babe, 5, [4; 32]);
    assert!(b.keystore.sr25519_sign(key_types::AURA, &b.sr, &[4; 32]).is_err());
    for length in [0, 31, 33, 64] {
        assert!(b
            .keystore
            .sr25519_sign(key_types::BABE, &b.sr, &vec![4; length])
            .is_err());
    }
    assert!(b.keystore.sr25519_sign(key_types::BABE, &b.sr, &[4; 32]).is_ok());
}

#[test]
fn of_many_threads_one_seals() {
    let b = Arc::new(bench());
    b.register(&b.sr, Duty::Babe, 5, [3; 32]);
    let sealers: Vec<_> = (0..8)
        .map(|_| {
            let b = b.clone();
            std::thread::spawn(move || b.keystore.sr25519_sign(key_types::BABE, &b.sr, &[3; 32]).is_ok())
        })
        .collect();
    assert_eq!(
        sealers
            .into_iter()
            .filter_map(|s| s.join().ok())
            .filter(|ok| *ok)
            .count(),
        1
    );
}

#[test]
fn aura_seals_by_sign_with_as_its_worker_does() {
    let b = bench();
    let sign = |hash: &[u8]| {
        b.keystore
            .sign_with(key_types::AURA, sr25519::CRYPTO_ID, b.sr.as_slice(), hash)
    };
    assert!(sign(&[3; 32]).is_err());
    b.register(&b.sr, Duty::Aura, 5, [3; 32]);
    assert!(sign(&[3; 32]).expect("granted").is_some());
    assert!(sign(&[3; 32]).is_err());
    b.register(&b.ed, Duty::Aura, 5, [5; 32]);
    let ed = b
        .keystore
        .sign_with(key_types::AURA, ed25519::CRYPTO_ID, b.ed.as_slice(), &[5; 32]);
    assert!(ed.expect("granted").is_some());
}

#[test]
fn a_seal_that_expired_is_refused_in_every_way_and_counted() {
    let b = bench();
    for (n, (kind, duty)) in [(key_types::BABE, Duty::Babe), (key_types::AURA, Duty::Aura)]
        .into_iter()
        .enumerate()
    {
        let (late, over) = ([n as u8; 32], [n as u8 + 8; 32]);
        b.register(&b.sr, duty, 5, late);
        b.register(&b.sr, duty, 6, over);
        b.time.pass(SLOT);
        assert!(b.keystore.sr25519_sign(kind, &b.sr, &late).is_ok(), "a late one");
        b.time.pass_wall(SLOT * 2);
        let refused = b
            .keystore
            .sign_with(kind, sr25519::CRYPTO_ID, b.sr.as_slice(), &over)
            .expect_err("its slot is over");
        assert!(refused.to_string().contains("half a slot"), "{refused}");
        let counted = b.gate.counters_for_tests().refused_seals.read();
        assert_eq!(counted, [("expired".into(), n as u64 + 1)].into());
        b.time.set_wall(SLOT * 5);
    }
}
