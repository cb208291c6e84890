//! Blocks.

use super::bench;
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
