//! Scheduling info: its bytes, its unit, and what the rules make of it.

use super::*;
use crate::{
    rules::{Rules, Scheme},
    testing::{denied, unknown, FakePermits, SLOT},
    Gate, Options,
};
use codec::Encode;
use sp_consensus_babe::digests::{PreDigest, SecondaryPlainPreDigest};
use sp_core::{bounded::BoundedVec, crypto::key_types, ConstU32, H256};
use sp_runtime::{traits::Header, Digest, DigestItem};
use watchbill_client::Answer;

const KEY: [u8; 32] = [3; 32];

/// The fields of the published struct, each of the type that its alias stands for: `CoreSelector(u8)`,
/// `ApprovedPeerId = BoundedVec<u8, ConstU32<64>>` and `Hash = H256`.
#[derive(Encode)]
struct Published {
    core_selector: (u8,),
    claim_queue_offset: u8,
    peer_id: BoundedVec<u8, ConstU32<64>>,
    internal_scheduling_parent: H256,
}

fn published(core: u8, offset: u8, peer: usize, parent: Hash) -> Vec<u8> {
    Published {
        core_selector: (core,),
        claim_queue_offset: offset,
        peer_id: vec![0xee; peer].try_into().expect("at most 64 bytes"),
        internal_scheduling_parent: parent.into(),
    }
    .encode()
}

/// A block of the relay chain in this slot.
fn block(slot: u64) -> RelayHeader {
    let drawn = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
        authority_index: 1,
        slot: slot.into(),
    });
    with_logs(vec![DigestItem::babe_pre_digest(drawn)])
}

fn with_logs(logs: Vec<DigestItem>) -> RelayHeader {
    let zero = H256::zero();
    generic::Header::new(7, zero, zero, zero, Digest { logs })
}

/// Knows one header, and gives it out for every hash.
fn knowing(header: &RelayHeader, slot: Duration) -> Scheduling {
    let (scheduling, header) = (Scheduling::default(), header.clone());
    scheduling.set(Arc::new(move |_| Some(header.clone())), slot);
    scheduling
}

fn why(scheduling: &Scheduling, message: &[u8]) -> String {
    scheduling.claim(&KEY, message).expect_err("no claim")
}

#[test]
fn the_published_type_has_these_bytes() {
    let parent: Hash = std::array::from_fn(|n| n as u8);
    let hex_of = |peer| hex::encode(published(5, 2, peer, parent));
    let parent = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    assert_eq!(hex_of(0), format!("050200{parent}"));
    assert_eq!(hex_of(38), format!("050298{}{parent}", "ee".repeat(38)));
    assert_eq!(hex_of(63), format!("0502fc{}{parent}", "ee".repeat(63)));
    assert_eq!(hex_of(64), format!("05020101{}{parent}", "ee".repeat(64)));
}

#[test]
fn the_claim_names_slot_core_and_parent() {
    let header = block(281_234_567);
    let parent = header.hash().0;
    for peer in 0..=MAX_PEER {
        let message = published(5, 2, peer, parent);
        let claim = knowing(&header, SLOT).claim(&KEY, &message).expect("a claim");
        let first = u64::from_be_bytes(std::array::from_fn(|at| parent[at]));
        assert_eq!(claim.unit.to_string(), format!("281234567/5/{first}"));
        assert_eq!((claim.duty, claim.part), (Duty::AuraScheduling, Part::Schedule));
        assert_eq!(claim.digest, Some(BlakeTwo256::hash(&message).0.to_vec()));
        assert_eq!((claim.key, claim.term), (KEY.to_vec(), None));
    }
}

#[test]
fn the_slot_is_that_of_the_parachain() {
    for (relay, length, slot) in [
        (7, 6_000, Some(7)),
        (7, 12_000, Some(3)),
        (7, 2_000, Some(21)),
        (1, 4_000, Some(1)),
        (u64::MAX / 6_000, 6_000, Some(u64::MAX / 6_000)),
        (u64::MAX / 6_000 + 1, 6_000, None),
        (7, 0, None),
    ] {
        let header = block(relay);
        let scheduling = knowing(&header, Duration::from_millis(length));
        assert_eq!(scheduling.slot(&header.hash().0).ok(), slot);
    }
}

#[test]
fn every_other_length_is_refused() {
    let header = block(7);
    let scheduling = knowing(&header, SLOT);
    for peer in 0..=MAX_PEER {
        let message = published(5, 2, peer, header.hash().0);
        for length in (0..message.len()).chain(message.len() + 1..=2 * message.len()) {
            let mut other = message.clone();
            other.resize(length, 0xee);
            assert!(why(&scheduling, &other).contains("neither"), "{length} bytes");
        }
    }
}

#[test]
fn a_peer_is_written_in_one_way_and_has_a_bound() {
    let header = block(7);
    let scheduling = knowing(&header, SLOT);
    let written =
        |length: &[u8], peer: usize| [&[5, 2], length, &vec![0xee; peer], header.hash().as_ref()].concat();
    assert!(scheduling.claim(&KEY, &written(&[0x01, 0x01], 64)).is_ok());
    for other in [
        written(&[0x05, 0x01], 65),
        // 38 and 64 with more bytes for the length than they need.
        written(&[0x99, 0x00], 38),
        written(&[0x02, 0x01, 0x00, 0x00], 64),
        written(&[0x03, 0x40, 0x00, 0x00, 0x00], 64),
    ] {
        assert!(why(&scheduling, &other).contains("neither"));
    }
}

#[test]
fn every_byte_counts() {
    let header = block(7);
    let scheduling = knowing(&header, SLOT);
    let message = published(5, 2, 38, header.hash().0);
    let base = scheduling.claim(&KEY, &message).expect("a claim");
    for at in 0..message.len() {
        let mut other = message.clone();
        other[at] ^= 1;
        match scheduling.claim(&KEY, &other) {
            Ok(claim) => assert_ne!(
                (claim.unit, claim.digest),
                (base.unit, base.digest.clone()),
                "byte {at}"
            ),
            // The length of the peer, and the hash, of which no header is known.
            Err(_) => assert!(at == 2 || at >= 3 + 38, "byte {at}"),
        }
    }
    let core = published(6, 2, 38, header.hash().0);
    assert_ne!(scheduling.claim(&KEY, &core).expect("a claim").unit, base.unit);
}

#[test]
fn without_the_header_of_the_parent_nothing_is_asked() {
    let header = block(7);
    let message = published(5, 2, 38, header.hash().0);
    assert!(why(&Scheduling::default(), &message).contains("set_relay_headers"));
    let none = Scheduling::default();
    none.set(Arc::new(|_| None), SLOT);
    assert!(why(&none, &message).contains("does not have the header"));
    assert!(why(&knowing(&block(8), SLOT), &message).contains("does not have the header"));
    let slotless = with_logs(vec![DigestItem::Other(vec![1])]);
    let message = published(5, 2, 38, slotless.hash().0);
    assert!(why(&knowing(&slotless, SLOT), &message).contains("names no slot"));
}

fn rules(permits: &Arc<FakePermits>, header: &RelayHeader) -> Rules {
    let gate = Gate::new(permits.clone(), Options::default());
    let header = header.clone();
    gate.set_relay_headers(Arc::new(move |_| Some(header.clone())), SLOT);
    gate.rules_for_tests()
}

#[test]
fn scheduling_info_is_signed_if_it_is_granted() {
    let permits = FakePermits::saying(Answer::Granted);
    let header = block(7);
    let rules = rules(&permits, &header);
    let message = published(5, 2, 38, header.hash().0);
    let signed = |kind, scheme, message: &[u8]| rules.judge(kind, scheme, &KEY, message).is_ok();
    for scheme in [Scheme::Sr25519, Scheme::Ed25519] {
        permits.next([denied("unit-taken"), unknown()]);
        assert_eq!(
            [0; 3].map(|_| signed(key_types::AURA, scheme, &message)),
            [false, false, true]
        );
        assert_eq!(permits.asked().len(), 3);
    }
    // Neither another kind or scheme, nor a hash that was not granted as a seal.
    assert!(!signed(key_types::BABE, Scheme::Sr25519, &message));
    assert!(!signed(key_types::AURA, Scheme::Other, &message));
    assert!(!signed(key_types::AURA, Scheme::Sr25519, &[1; 32]));
    assert!(!signed(key_types::AURA, Scheme::Sr25519, &message[1..]));
    assert_eq!(permits.asked(), vec![]);
}
