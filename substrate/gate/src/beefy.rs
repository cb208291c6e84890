//! BEEFY: which commitment hides behind a hash.
//!
//! BEEFY signs the keccak-256 hash of `Commitment { payload, block_number, validator_set_id }`, so the keystore sees
//! neither block nor set. The payload provider is asked for the payload of a block before each vote; what it answers
//! is kept, and the hash is matched against it under the validator set ids that are possible now. Runs in the relay
//! node of this repository.

use codec::Encode;
use parking_lot::{Mutex, RwLock};
use sp_consensus_beefy::{Payload, PayloadProvider};
use sp_runtime::traits::{Block, Hash, Header, Keccak256, UniqueSaturatedInto};
use std::{collections::VecDeque, sync::Arc};
use watchbill_client::Unit;

/// Payloads that are kept; the oldest leaves.
const KEPT: usize = 64;

/// Tells the BEEFY validator set id, for example by `BeefyApi::validator_set` at the best block.
pub trait BeefySets: Send + Sync + 'static {
    /// The id that is current by the best block, if it can be told. The one before and the one after are tried as well.
    fn validator_set_id(&self) -> Option<u64>;
}

impl<F: Fn() -> Option<u64> + Send + Sync + 'static> BeefySets for F {
    fn validator_set_id(&self) -> Option<u64> {
        self()
    }
}

/// Payloads that the node was told of, without their validator set.
#[derive(Default)]
pub(crate) struct Commitments {
    /// Block number, and the encoded commitment as far as the set id.
    kept: Mutex<VecDeque<(u32, Vec<u8>)>>,
    sets: RwLock<Option<Arc<dyn BeefySets>>>,
}

impl Commitments {
    pub(crate) fn set_sets(&self, sets: Arc<dyn BeefySets>) {
        *self.sets.write() = Some(sets);
    }

    fn register<N: Encode + UniqueSaturatedInto<u64>>(&self, number: N, payload: &Payload) {
        let encoded = (payload, &number).encode();
        // A number that no unit can express is never matched, so its votes are refused.
        let Ok(block) = u32::try_from(number.unique_saturated_into()) else {
            return;
        };
        let mut kept = self.kept.lock();
        if kept.iter().any(|(_, known)| *known == encoded) {
            return;
        }
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((block, encoded));
    }

    /// The unit of the commitment with this hash, or a sentence why there is none.
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Result<Unit, &'static str> {
        let sets = self.sets.read().clone();
        let sets = sets.ok_or("the gate was not told of BEEFY validator sets; call set_beefy_sets")?;
        let now = sets
            .validator_set_id()
            .ok_or("the BEEFY validator set id is not known")?;
        let ids = [Some(now), now.checked_add(1), now.checked_sub(1)];
        let kept = self.kept.lock();
        for (block, encoded) in kept.iter().rev() {
            for set in ids.into_iter().flatten() {
                if keccak_256(&[encoded.as_slice(), &set.encode()].concat()) == *hash {
                    return Ok(Unit::BeefyBlock { set, block: *block });
                }
            }
        }
        Err("no commitment with this hash is known; the payload provider of the node must be the gated one")
    }
}

fn keccak_256(bytes: &[u8]) -> [u8; 32] {
    <Keccak256 as Hash>::hash(bytes).0
}

/// A payload provider whose payloads may be voted for. Made by [`crate::Gate::payload_provider`].
#[derive(Clone)]
pub struct GatedPayloadProvider<P> {
    inner: P,
    commitments: Arc<Commitments>,
}

impl<P> GatedPayloadProvider<P> {
    pub(crate) fn new(inner: P, commitments: Arc<Commitments>) -> Self {
        Self { inner, commitments }
    }
}

impl<B: Block, P: PayloadProvider<B>> PayloadProvider<B> for GatedPayloadProvider<P> {
    fn payload(&self, header: &B::Header) -> Option<Payload> {
        let payload = self.inner.payload(header)?;
        self.commitments.register(*header.number(), &payload);
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestBlock;
    use sp_consensus_beefy::{known_payloads::MMR_ROOT_ID, Commitment};
    use sp_runtime::generic;

    type TestHeader = <TestBlock as Block>::Header;

    #[derive(Clone)]
    struct FakeProvider;

    impl PayloadProvider<TestBlock> for FakeProvider {
        fn payload(&self, header: &TestHeader) -> Option<Payload> {
            (header.number != 0).then(|| payload(header.number as u8))
        }
    }

    fn payload(root: u8) -> Payload {
        Payload::from_single_entry(MMR_ROOT_ID, vec![root; 32])
    }

    fn header(number: u32) -> TestHeader {
        let zero = sp_core::H256::zero();
        generic::Header {
            parent_hash: zero,
            number,
            state_root: zero,
            extrinsics_root: zero,
            digest: Default::default(),
        }
    }

    fn hash(root: u8, block_number: u32, validator_set_id: u64) -> [u8; 32] {
        let payload = payload(root);
        keccak_256(
            &Commitment {
                payload,
                block_number,
                validator_set_id,
            }
            .encode(),
        )
    }

    fn provider(
        sets: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) -> GatedPayloadProvider<FakeProvider> {
        let commitments = Arc::new(Commitments::default());
        commitments.set_sets(Arc::new(sets));
        GatedPayloadProvider::new(FakeProvider, commitments)
    }

    #[test]
    fn a_commitment_is_found_under_the_sets_that_are_possible() {
        let gated = provider(|| Some(7));
        assert_eq!(gated.payload(&header(40)), Some(payload(40)));
        for set in [6, 7, 8] {
            assert_eq!(
                gated.commitments.find(&hash(40, 40, set)),
                Ok(Unit::BeefyBlock { set, block: 40 })
            );
        }
        for wrong in [
            hash(40, 40, 5),
            hash(40, 40, 9),
            hash(40, 41, 7),
            hash(41, 40, 7),
            [0; 32],
        ] {
            assert!(gated.commitments.find(&wrong).is_err());
        }
    }

    #[test]
    fn set_ids_at_the_ends_do_not_wrap() {
        for id in [0, u64::MAX] {
            let gated = provider(move || Some(id));
            assert!(gated.payload(&header(40)).is_some());
            assert!(gated.commitments.find(&hash(40, 40, id)).is_ok());
            assert!(gated
                .commitments
                .find(&hash(40, 40, id.wrapping_add(if id == 0 { u64::MAX } else { 1 })))
                .is_err());
        }
    }

    #[test]
    fn without_payload_or_set_nothing_is_found() {
        let gated = provider(|| Some(7));
        assert_eq!(gated.payload(&header(0)), None);
        assert!(gated.commitments.find(&hash(0, 0, 7)).is_err());
        let blind = provider(|| None);
        assert!(blind.payload(&header(40)).is_some());
        assert!(blind.commitments.find(&hash(40, 40, 7)).is_err());
        let unset = GatedPayloadProvider::new(FakeProvider, Arc::default());
        assert!(unset.payload(&header(40)).is_some());
        assert!(unset.commitments.find(&hash(40, 40, 7)).is_err());
    }

    #[test]
    fn the_oldest_payloads_leave() {
        let gated = provider(|| Some(7));
        for number in 1..=KEPT as u32 + 1 {
            assert!(gated.payload(&header(number)).is_some());
            assert!(gated.payload(&header(number)).is_some());
        }
        assert!(gated.commitments.find(&hash(1, 1, 7)).is_err());
        assert!(gated.commitments.find(&hash(2, 2, 7)).is_ok());
    }
}
