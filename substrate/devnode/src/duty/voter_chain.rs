//! Chain selection of the GRANDPA voter, gated or not.

use super::Gated;
use crate::{
    partial::Longest,
    runtime::{Block, BlockNumber, Hash, Header},
};
use sp_consensus::{Error, SelectChain};
use watchbill_gate::GatedSelectChain;

/// The longest chain; a gated one tells the voter of none where this node may not vote.
#[derive(Clone)]
pub enum VoterChain {
    /// As in a stock node.
    Plain(Longest),
    /// Asks first.
    Gated(GatedSelectChain<Longest>),
}

impl VoterChain {
    /// Gated where the node is.
    pub fn new(chain: Longest, gated: Option<&Gated>) -> Self {
        match gated {
            Some(gated) => VoterChain::Gated(gated.select_chain(chain)),
            None => VoterChain::Plain(chain),
        }
    }
}

#[async_trait::async_trait]
impl SelectChain<Block> for VoterChain {
    async fn leaves(&self) -> Result<Vec<Hash>, Error> {
        match self {
            VoterChain::Plain(chain) => chain.leaves().await,
            VoterChain::Gated(chain) => chain.leaves().await,
        }
    }

    async fn best_chain(&self) -> Result<Header, Error> {
        match self {
            VoterChain::Plain(chain) => chain.best_chain().await,
            VoterChain::Gated(chain) => chain.best_chain().await,
        }
    }

    async fn finality_target(&self, base: Hash, most: Option<BlockNumber>) -> Result<Hash, Error> {
        match self {
            VoterChain::Plain(chain) => chain.finality_target(base, most).await,
            VoterChain::Gated(chain) => SelectChain::<Block>::finality_target(chain, base, most).await,
        }
    }
}
