//! What BEEFY signs, remembered for the keystore or not.

use sp_consensus_beefy::{Payload, PayloadProvider};
use sp_runtime::traits::Block;
use watchbill_gate::GatedPayloadProvider;

/// Made by [`Duties::payloads`](crate::Duties::payloads). A gated one keeps what it told BEEFY: the keystore sees a hash
/// alone, and must know of which block.
#[derive(Clone)]
pub enum Payloads<P> {
    /// As in a stock node.
    Plain(P),
    /// Keeps what it told.
    Gated(GatedPayloadProvider<P>),
}

impl<B: Block, P: PayloadProvider<B>> PayloadProvider<B> for Payloads<P> {
    fn payload(&self, header: &B::Header) -> Option<Payload> {
        match self {
            Self::Plain(inner) => inner.payload(header),
            Self::Gated(inner) => PayloadProvider::<B>::payload(inner, header),
        }
    }
}
