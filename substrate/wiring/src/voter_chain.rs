//! Chain selection of the GRANDPA voter, gated or not.

use sp_consensus::{Error, SelectChain};
use sp_runtime::traits::{Block, NumberFor};
use watchbill_gate::GatedSelectChain;

/// Made by [`Duties::voter_chain`](crate::Duties::voter_chain). A gated one tells the voter of no block where this node
/// may not vote.
#[derive(Clone)]
pub enum VoterChain<S> {
    /// As in a stock node.
    Plain(S),
    /// Asks first.
    Gated(GatedSelectChain<S>),
}

#[async_trait::async_trait]
impl<B: Block, S: SelectChain<B>> SelectChain<B> for VoterChain<S> {
    async fn leaves(&self) -> Result<Vec<B::Hash>, Error> {
        match self {
            Self::Plain(chain) => chain.leaves().await,
            Self::Gated(chain) => SelectChain::<B>::leaves(chain).await,
        }
    }

    async fn best_chain(&self) -> Result<B::Header, Error> {
        match self {
            Self::Plain(chain) => chain.best_chain().await,
            Self::Gated(chain) => SelectChain::<B>::best_chain(chain).await,
        }
    }

    async fn finality_target(&self, base: B::Hash, most: Option<NumberFor<B>>) -> Result<B::Hash, Error> {
        match self {
            Self::Plain(chain) => chain.finality_target(base, most).await,
            Self::Gated(chain) => SelectChain::<B>::finality_target(chain, base, most).await,
        }
    }
}
