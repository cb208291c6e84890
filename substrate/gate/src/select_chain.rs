//! Chain selection for the GRANDPA voter: the second gate before a prevote.
//!
//! The voter asks `best_chain` when a prevote is due, and abstains from the round where it errs ("Could not cast
//! prevote: …" in its log); it then stays in that round until it is told of a later one. `finality_target` would not
//! do: where that errs, the voter votes for the block it began with. Give this wrapper to
//! `sc_consensus_grandpa::block_import` alone: slot workers, RPC and reports of equivocations ask the inner one.

use crate::rounds::RoundGate;
use sp_consensus::{Error as ConsensusError, SelectChain};
use sp_runtime::traits::{Block, NumberFor};
use std::sync::Arc;

/// Made by [`crate::Gate::select_chain`].
#[derive(Clone)]
pub struct GatedSelectChain<S> {
    inner: S,
    rounds: Arc<RoundGate>,
}

impl<S> GatedSelectChain<S> {
    pub(crate) fn new(inner: S, rounds: Arc<RoundGate>) -> Self {
        Self { inner, rounds }
    }
}

#[async_trait::async_trait]
impl<B: Block, S: SelectChain<B>> SelectChain<B> for GatedSelectChain<S> {
    async fn leaves(&self) -> Result<Vec<B::Hash>, ConsensusError> {
        self.inner.leaves().await
    }

    async fn best_chain(&self) -> Result<B::Header, ConsensusError> {
        if let Err(why) = self.rounds.may_prevote().await {
            let refused = format!("watchbill: no prevote in this round: {}", why.text);
            return Err(ConsensusError::ChainLookup(refused));
        }
        self.inner.best_chain().await
    }

    async fn finality_target(
        &self,
        base: B::Hash,
        most: Option<NumberFor<B>>,
    ) -> Result<B::Hash, ConsensusError> {
        self.inner.finality_target(base, most).await
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        testing::{denied, FakePermits, TestBlock},
        Gate, GatedSelectChain, Options,
    };
    use codec::Encode;
    use futures::executor::block_on;
    use sp_consensus::{Error as ConsensusError, SelectChain};
    use sp_core::{crypto::key_types, ed25519, Pair, H256};
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use sp_runtime::{generic::Header, traits::BlakeTwo256};
    use std::sync::{
        atomic::{AtomicU64, Ordering::SeqCst},
        Arc,
    };
    use watchbill_client::Answer;

    #[derive(Clone)]
    struct FakeChain;

    #[async_trait::async_trait]
    impl SelectChain<TestBlock> for FakeChain {
        async fn leaves(&self) -> Result<Vec<H256>, ConsensusError> {
            Ok(vec![H256::repeat_byte(1)])
        }

        async fn best_chain(&self) -> Result<Header<u32, BlakeTwo256>, ConsensusError> {
            let zero = H256::zero();
            let digest = Default::default();
            Ok(Header {
                parent_hash: zero,
                number: 3,
                state_root: zero,
                extrinsics_root: zero,
                digest,
            })
        }

        async fn finality_target(&self, _: H256, _: Option<u32>) -> Result<H256, ConsensusError> {
            Ok(H256::repeat_byte(2))
        }
    }

    /// The state of a voter that tracks `round` of set 2.
    fn state(round: u64) -> Vec<u8> {
        let completed = (round - 1, [0u8, 0, 0, 1], (H256::zero(), 3u32), 0u8).encode();
        [
            vec![0, 4],
            completed,
            (2u64, 0u8).encode(),
            vec![4],
            (round, 0u8).encode(),
        ]
        .concat()
    }

    #[test]
    fn best_chain_errs_and_nothing_else_does_where_the_round_is_not_entered() {
        let permits = FakePermits::saying(Answer::Granted);
        let gate = Gate::new(permits.clone(), Options::default());
        let chain: GatedSelectChain<FakeChain> = gate.select_chain(FakeChain);
        let best = || block_on(SelectChain::<TestBlock>::best_chain(&chain));
        assert!(best().is_ok(), "no key votes yet");

        let round = Arc::new(AtomicU64::new(5));
        let read = round.clone();
        gate.set_voter_state::<TestBlock>(Arc::new(move || Ok(Some(state(read.load(SeqCst))))));
        let plain = MemoryKeystore::new();
        let key = ed25519::Pair::from_seed(&[1; 32]).public().to_vec();
        plain
            .insert(key_types::GRANDPA, &format!("0x{}", hex::encode([1; 32])), &key)
            .expect("kept in memory");
        assert!(gate
            .keystore(Arc::new(plain))
            .has_keys(&[(key, key_types::GRANDPA)]));
        assert!(best().is_ok());

        round.store(9, SeqCst);
        permits.otherwise(denied("unit-taken"));
        assert!(matches!(best(), Err(ConsensusError::ChainLookup(why)) if why.contains("unit-taken")));
        assert_eq!(
            block_on(SelectChain::<TestBlock>::leaves(&chain)).ok(),
            Some(vec![H256::repeat_byte(1)])
        );
        let target = block_on(SelectChain::<TestBlock>::finality_target(
            &chain,
            H256::zero(),
            None,
        ));
        assert_eq!(target.ok(), Some(H256::repeat_byte(2)));
    }
}
