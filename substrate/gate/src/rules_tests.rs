//! The rules by themselves, without the keystore around them.

use super::*;
use crate::{
    counters::Counters,
    refused::ForgetRefused,
    testing::{denied, unknown, FakePermits, FakeTime},
};
use codec::Encode;
use finality_grandpa::{Message, Prevote};

const KEY: [u8; 32] = [3; 32];

fn rules(permits: &Arc<FakePermits>) -> Rules {
    rules_with(permits, Options::default())
}

fn rules_with(permits: &Arc<FakePermits>, options: Options) -> Rules {
    let asker = Arc::new(Asker::new(permits.clone(), Arc::new(Counters::default())));
    let rounds = RoundGate::new(
        asker.clone(),
        Arc::new(ForgetRefused),
        options.enter_timeout,
        options.voter_waits,
    );
    Rules {
        asker,
        seals: Arc::new(Seals::new(FakeTime::at(10).clocks())),
        rounds: Arc::new(rounds),
        commitments: Arc::default(),
        #[cfg(feature = "aura-scheduling")]
        scheduling: Arc::default(),
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
        .judge(KeyTypeId(*b"para"), Scheme::Sr25519, &KEY, &[1; 32])
        .is_ok());
    assert!(rules
        .judge(key_types::BABE, Scheme::Other, &KEY, &[1; 32])
        .is_err());
    assert_eq!(permits.asked(), vec![]);
}

#[test]
fn a_kind_that_the_gate_does_not_know_signs_nothing_and_is_counted() {
    let permits = FakePermits::saying(Answer::Granted);
    let nimbus = KeyTypeId(*b"nimb");
    let judge = |rules: &Rules| rules.judge(nimbus, Scheme::Sr25519, &KEY, &[1; 32]);
    let unknown = rules(&permits);
    assert!(
        matches!(judge(&unknown), Err(KeystoreError::ValidationError(text)) if text.contains("--duty-pass-kind nimb"))
    );
    assert!(judge(&unknown).is_err());
    let counted = unknown.asker.counters().unknown_kinds.read();
    assert_eq!(counted.into_iter().collect::<Vec<_>>(), [("nimb".to_string(), 2)]);
    let options = Options {
        passing_kinds: vec![nimbus],
        ..Options::default()
    };
    assert!(judge(&rules_with(&permits, options)).is_ok());
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

/// Scheduling info among them: 35 to 100 bytes. With the feature its rule refuses, since it knows no relay chain.
#[test]
fn an_aura_key_signs_no_bytes_that_are_not_a_granted_hash() {
    let permits = FakePermits::saying(Answer::Granted);
    let rules = rules(&permits);
    for scheme in [Scheme::Sr25519, Scheme::Ed25519] {
        for length in 0..=128 {
            assert!(rules
                .judge(key_types::AURA, scheme, &KEY, &vec![0; length])
                .is_err());
        }
    }
    assert_eq!(permits.asked(), vec![]);
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

fn vote_that_waits(permits: &Arc<FakePermits>) -> impl Fn() -> bool {
    let options = Options {
        voter_waits: true,
        ..Options::default()
    };
    let rules = rules_with(permits, options);
    let message = Message::<[u8; 32], u32>::Prevote(Prevote {
        target_hash: [9; 32],
        target_number: 7,
    });
    let message = (message, 5u64, 2u64).encode();
    move || {
        rules
            .judge(key_types::GRANDPA, Scheme::Ed25519, &KEY, &message)
            .is_ok()
    }
}

#[test]
fn a_vote_that_waits_is_asked_for_again_until_it_is_granted() {
    let permits = FakePermits::saying(Answer::Granted);
    let signed = vote_that_waits(&permits);
    permits.next([
        Answer::Granted,
        unknown(),
        denied("off-watch"),
        denied("unit-taken"),
    ]);
    assert_eq!(
        [signed(), signed(), signed(), signed()],
        [false, false, false, true]
    );
    let parts = permits.asked().iter().map(|claim| claim.part).collect::<Vec<_>>();
    assert_eq!(
        parts,
        [
            Part::Enter,
            Part::Prevote,
            Part::Prevote,
            Part::Prevote,
            Part::Prevote
        ],
        "it is entered first, and a denied vote is asked for again too"
    );
}

#[test]
fn a_vote_that_waits_is_not_asked_for_while_another_node_is_known_to_be_on_watch() {
    let permits = FakePermits::saying(Answer::Granted);
    let signed = vote_that_waits(&permits);
    let holder = |holder: Option<&str>| Watch::Theirs {
        holder: holder.map(Into::into),
        term: 5,
    };
    permits.set_watch(holder(Some("bravo")));
    assert!(!signed());
    assert_eq!(permits.asked(), vec![]);
    permits.set_watch(holder(None));
    assert!(signed());
    permits.set_watch(holder(Some("bravo")));
    assert!(signed(), "the round is this node's: it alone may finish it");
    assert_eq!(permits.asked().len(), 2);
}

#[test]
fn a_vote_that_waits_holds_the_voter_for_a_short_time_while_no_service_answers() {
    let permits = FakePermits::saying(Answer::Granted);
    let signed = vote_that_waits(&permits);
    let options = Options::default();
    for (reachable, wait) in [(true, options.vote_timeout), (false, options.enter_timeout)] {
        permits.set_reachable(reachable);
        let begun = Instant::now();
        assert!(signed());
        let until = permits.asked_until().last().expect("the vote").1;
        assert!(until >= begun + wait && until <= Instant::now() + wait);
    }
}
