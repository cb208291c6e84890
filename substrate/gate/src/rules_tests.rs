//! The rules by themselves, without the keystore around them.

use super::*;
use crate::{
    counters::Counters,
    refused::ForgetRefused,
    testing::{FakePermits, FakeTime},
};
use codec::Encode;

const KEY: [u8; 32] = [3; 32];

fn rules(permits: &Arc<FakePermits>) -> Rules {
    let asker = Arc::new(Asker::new(permits.clone(), Arc::new(Counters::default())));
    let options = Options::default();
    let rounds = RoundGate::new(asker.clone(), Arc::new(ForgetRefused), options.enter_timeout);
    Rules {
        asker,
        seals: Arc::new(Seals::new(FakeTime::at(10).clocks())),
        rounds: Arc::new(rounds),
        commitments: Arc::default(),
        options,
    }
}

#[test]
fn every_kind_of_key_that_is_not_gated_passes() {
    let permits = FakePermits::saying(Answer::Granted);
    let rules = rules(&permits);
    let schemes = [
        Scheme::Sr25519,
        Scheme::Ed25519,
        Scheme::EcdsaPrehashed,
        Scheme::Other,
    ];
    for scheme in schemes {
        assert!(rules
            .judge(key_types::AUTHORITY_DISCOVERY, scheme, &KEY, &[1; 32])
            .is_ok());
    }
    assert!(rules
        .judge(key_types::BABE, Scheme::Other, &KEY, &[1; 32])
        .is_err());
    assert_eq!(permits.asked(), vec![]);
}

#[test]
fn a_refused_seal_names_the_kind_of_its_key() {
    let rules = rules(&FakePermits::saying(Answer::Granted));
    for (kind, name) in [(key_types::BABE, "babe key"), (key_types::AURA, "aura key")] {
        for message in [vec![1; 32], vec![1; 31]] {
            let refused = rules.judge(kind, Scheme::Sr25519, &KEY, &message);
            assert!(
                matches!(&refused, Err(KeystoreError::ValidationError(text)) if text.contains(name)),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn a_duty_that_is_tried_again_waits_for_the_short_time() {
    let permits = FakePermits::saying(Answer::Granted);
    let rules = rules(&permits);
    let heartbeat = (7u32, 9u32, 1u32, 4u32).encode();
    let begun = Instant::now();
    assert!(rules
        .judge(key_types::IM_ONLINE, Scheme::Sr25519, &KEY, &heartbeat)
        .is_ok());
    let until = permits.asked_until()[0].1;
    let short = Options::default().short_timeout;
    assert!(until >= begun + short && until <= Instant::now() + short);
}
