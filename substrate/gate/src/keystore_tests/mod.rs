//! Every way to a signature, over an in-memory keystore with one key of each kind.

mod duties;
mod seals;
mod ways;

use crate::{
    testing::{FakePermits, FakeTime, SLOT},
    Gate, Options, RefusedRounds, SealDeadline,
};
use parking_lot::Mutex;
use sp_core::{
    crypto::{key_types, KeyTypeId, Pair},
    ecdsa, ed25519, sr25519, ByteArray,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystorePtr};
use std::sync::Arc;
use watchbill_client::{Answer, Duty, Unit};

#[derive(Default)]
struct FakeRefused(Mutex<Vec<(u64, u64)>>);

impl RefusedRounds for FakeRefused {
    fn note_refused(&self, _key: &[u8], set: u64, round: u64) {
        self.0.lock().push((set, round));
    }

    fn was_refused(&self, _key: &[u8], set: u64, round: u64) -> bool {
        self.0.lock().contains(&(set, round))
    }
}

/// A gate over a service that grants, and what it wraps.
struct Bench {
    permits: Arc<FakePermits>,
    refused: Arc<FakeRefused>,
    gate: Gate,
    keystore: KeystorePtr,
    sr: sr25519::Public,
    ed: ed25519::Public,
    ec: ecdsa::Public,
    /// At the begin of slot 5.
    time: FakeTime,
}

/// The gated kinds of keys.
const GATED: [KeyTypeId; 5] = [
    key_types::BABE,
    key_types::AURA,
    key_types::GRANDPA,
    key_types::BEEFY,
    key_types::IM_ONLINE,
];

/// The author of a chain with Nimbus.
const UNKNOWN: KeyTypeId = KeyTypeId(*b"nimb");

fn bench() -> Bench {
    let permits = FakePermits::saying(Answer::Granted);
    let refused = Arc::new(FakeRefused::default());
    let time = FakeTime::at(5);
    let options = Options {
        refused: refused.clone(),
        clock: time.clocks().wall,
        monotonic: time.clocks().monotonic,
        ..Options::default()
    };
    let gate = Gate::new(permits.clone(), options);
    let plain = MemoryKeystore::new();
    let [sr, ed, ec] = [
        sr25519::Pair::from_seed(&[1; 32]).public().to_vec(),
        ed25519::Pair::from_seed(&[1; 32]).public().to_vec(),
        ecdsa::Pair::from_seed(&[1; 32]).public().to_vec(),
    ];
    let seed = format!("0x{}", hex::encode([1; 32]));
    for kind in GATED.into_iter().chain([key_types::AUTHORITY_DISCOVERY, UNKNOWN]) {
        for public in [&sr, &ed, &ec] {
            plain.insert(kind, &seed, public).expect("kept in memory");
        }
    }
    let keystore = gate.keystore(Arc::new(plain));
    let (sr, ed, ec) = (
        ByteArray::from_slice(&sr),
        ByteArray::from_slice(&ed),
        ByteArray::from_slice(&ec),
    );
    Bench {
        permits,
        refused,
        gate,
        keystore,
        sr: sr.unwrap(),
        ed: ed.unwrap(),
        ec: ec.unwrap(),
        time,
    }
}

impl Bench {
    fn register(&self, key: &[u8], duty: Duty, slot: u64, hash: [u8; 32]) {
        let clocks = self.time.clocks();
        let expiry = clocks.expiry(SealDeadline::TwoThirds, slot, SLOT);
        self.gate
            .seals_for_tests()
            .register(key, duty, Unit::Slot(slot), hash, expiry)
            .expect("a new slot");
    }
}
