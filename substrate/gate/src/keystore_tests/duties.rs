//! Votes, heartbeats and commitments.

use super::bench;
use crate::{
    beefy::GatedPayloadProvider,
    testing::{denied, unknown, TestBlock},
    Options, RefusedRounds,
};
use codec::Encode;
use finality_grandpa::{Message, Precommit, Prevote, PrimaryPropose};
use sp_consensus_beefy::{known_payloads::MMR_ROOT_ID, Commitment, Payload, PayloadProvider};
use sp_consensus_grandpa::{localized_payload, sign_message, AuthorityId};
use sp_core::{crypto::key_types, H256};
use sp_runtime::{
    generic::Header,
    traits::{BlakeTwo256, Hash, Keccak256},
};
use std::{sync::Arc, time::Instant};
use watchbill_client::{Answer, Part, Unit, Watch};

pub(super) fn prevote(round: u64, set: u64) -> Vec<u8> {
    let message = Message::Prevote(Prevote {
        target_hash: H256::repeat_byte(9),
        target_number: 77u32,
    });
    localized_payload(round, set, &message)
}

#[test]
fn every_vote_is_claimed_exactly_and_signed_when_granted() {
    let b = bench();
    let (target_hash, target_number) = (H256::repeat_byte(9), 77u32);
    let messages = [
        (
            Part::Prevote,
            Message::Prevote(Prevote {
                target_hash,
                target_number,
            }),
        ),
        (
            Part::Precommit,
            Message::Precommit(Precommit {
                target_hash,
                target_number,
            }),
        ),
        (
            Part::Propose,
            Message::PrimaryPropose(PrimaryPropose {
                target_hash,
                target_number,
            }),
        ),
    ];
    for (part, message) in messages {
        let id = AuthorityId::from(b.ed);
        let signed = sign_message(b.keystore.clone(), message.clone(), id.clone(), 340, 12).expect("granted");
        assert!(
            sp_consensus_grandpa::check_message_signature(&message, &id, &signed.signature, 340, 12)
                .is_valid()
        );
        let asked = b.permits.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (asked[0].part, asked[0].unit),
            (part, Unit::Round { set: 12, round: 340 })
        );
        assert_eq!(
            asked[0].digest,
            Some([vec![9; 32], 77u64.to_be_bytes().to_vec()].concat())
        );
    }
}

#[test]
fn a_vote_is_asked_for_each_time_and_for_long() {
    let b = bench();
    for _ in 0..2 {
        assert!(b
            .keystore
            .ed25519_sign(key_types::GRANDPA, &b.ed, &prevote(1, 1))
            .expect("granted")
            .is_some());
    }
    let asked = b.permits.asked_until();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].0, asked[1].0);
    // Far more than an enter may take; the deadline is kept by whoever answers.
    assert!(asked
        .iter()
        .all(|(_, until)| *until > Instant::now() + Options::default().enter_timeout * 5));
}

#[test]
fn a_vote_that_is_not_granted_is_not_signed() {
    for (answer, remembered) in [
        (denied("unit-taken"), true),
        (denied("digest-differs"), true),
        (denied("unit-past"), true),
        (denied("word-refused"), true),
        (unknown(), false),
    ] {
        let b = bench();
        b.permits.otherwise(answer);
        assert!(b
            .keystore
            .ed25519_sign(key_types::GRANDPA, &b.ed, &prevote(340, 12))
            .is_err());
        assert_eq!(b.refused.was_refused(&[], 12, 340), remembered);
        let message = Message::Prevote(Prevote {
            target_hash: H256::zero(),
            target_number: 1u32,
        });
        assert!(sign_message(b.keystore.clone(), message, AuthorityId::from(b.ed), 1, 1).is_none());
    }
}

#[test]
fn what_is_no_vote_is_refused_without_a_question() {
    let b = bench();
    let good = prevote(1, 1);
    let bad = [
        vec![],
        vec![0; 32],
        good[..good.len() - 1].to_vec(),
        [good.clone(), vec![0]].concat(),
        {
            let mut index = good.clone();
            index[0] = 3;
            index
        },
    ];
    for message in bad {
        assert!(b
            .keystore
            .ed25519_sign(key_types::GRANDPA, &b.ed, &message)
            .is_err());
    }
    assert_eq!(b.permits.asked(), vec![]);
}

#[test]
fn a_heartbeat_is_claimed_and_signed_when_granted() {
    let b = bench();
    let heartbeat = (7u32, 9u32, 1u32, 4u32).encode();
    let sign = || b.keystore.sr25519_sign(key_types::IM_ONLINE, &b.sr, &heartbeat);
    assert!(sign().expect("granted").is_some());
    assert_eq!(b.permits.asked()[0].unit, Unit::Session(9));
    for answer in [denied("unit-taken"), unknown()] {
        b.permits.otherwise(answer);
        assert!(sign().is_err());
    }
    b.permits.otherwise(Answer::Granted);
    b.permits.asked();
    b.permits.set_watch(Watch::Theirs {
        holder: None,
        term: 9,
    });
    assert!(sign().is_err());
    assert!(b
        .keystore
        .sr25519_sign(key_types::IM_ONLINE, &b.sr, &heartbeat[1..])
        .is_err());
    assert_eq!(b.permits.asked(), vec![]);
}

struct FakeProvider;

impl PayloadProvider<TestBlock> for FakeProvider {
    fn payload(&self, _: &Header<u32, BlakeTwo256>) -> Option<Payload> {
        Some(Payload::from_single_entry(MMR_ROOT_ID, vec![4; 32]))
    }
}

#[test]
fn a_known_commitment_is_claimed_and_signed_when_granted() {
    let b = bench();
    b.gate.set_beefy_sets(Arc::new(|| Some(3)));
    let provider: GatedPayloadProvider<_> = b.gate.payload_provider(FakeProvider);
    let zero = H256::zero();
    let header = Header {
        parent_hash: zero,
        number: 40,
        state_root: zero,
        extrinsics_root: zero,
        digest: Default::default(),
    };
    let payload = provider.payload(&header).expect("the fake has one");
    let commitment = Commitment {
        payload,
        block_number: 40u32,
        validator_set_id: 3,
    };
    let hash = <Keccak256 as Hash>::hash(&commitment.encode()).0;
    let sign = |hash: &[u8; 32]| b.keystore.ecdsa_sign_prehashed(key_types::BEEFY, &b.ec, hash);
    assert!(sign(&hash).expect("granted").is_some());
    let asked = b.permits.asked();
    assert_eq!(
        (asked[0].unit, asked[0].part),
        (Unit::BeefyBlock { set: 3, block: 40 }, Part::Vote)
    );
    assert_eq!(asked[0].digest, Some(hash.to_vec()));
    b.permits.otherwise(denied("digest-differs"));
    assert!(sign(&hash).is_err());
    b.permits.asked();
    assert!(sign(&[0; 32]).is_err());
    assert_eq!(b.permits.asked(), vec![]);
}
