//! The environment of BABE or Aura, gated or not.

use futures::{future::BoxFuture, FutureExt, TryFutureExt};
use sp_consensus::{Environment, Proposal, ProposeArgs, Proposer};
use sp_runtime::traits::Block;
use watchbill_gate::{GatedEnvironment, GatedProposer};

/// Made by [`Duties::proposers`](crate::Duties::proposers).
pub enum Proposers<B: Block, E> {
    /// As in a stock node.
    Plain(E),
    /// Their proposers ask first.
    Gated(GatedEnvironment<B, E>),
}

impl<B: Block, E: Clone> Clone for Proposers<B, E> {
    fn clone(&self) -> Self {
        match self {
            Self::Plain(inner) => Self::Plain(inner.clone()),
            Self::Gated(inner) => Self::Gated(inner.clone()),
        }
    }
}

/// Proposes one block.
pub enum OneProposer<B: Block, P> {
    /// As in a stock node.
    Plain(P),
    /// Asks first.
    Gated(GatedProposer<B, P>),
}

impl<B: Block, E: Environment<B>> Environment<B> for Proposers<B, E> {
    type Proposer = OneProposer<B, E::Proposer>;
    type CreateProposer = BoxFuture<'static, Result<Self::Proposer, E::Error>>;
    type Error = E::Error;

    fn init(&mut self, parent_header: &B::Header) -> Self::CreateProposer {
        match self {
            Self::Plain(inner) => inner.init(parent_header).map_ok(OneProposer::Plain).boxed(),
            Self::Gated(inner) => inner.init(parent_header).map_ok(OneProposer::Gated).boxed(),
        }
    }
}

impl<B: Block, P: Proposer<B> + Send + 'static> Proposer<B> for OneProposer<B, P> {
    type Error = P::Error;
    type Proposal = BoxFuture<'static, Result<Proposal<B>, P::Error>>;

    fn propose(self, args: ProposeArgs<B>) -> Self::Proposal {
        match self {
            Self::Plain(inner) => inner.propose(args).boxed(),
            Self::Gated(inner) => inner.propose(args).boxed(),
        }
    }
}
