//! What a collator signs to submit a block again: SCALE of `SchedulingInfoPayload`, read exactly.
//!
//! `cumulus-primitives-core` 0.27 has the type: core selector and claim queue offset of 8 bits, the peer that gets the
//! credit in at most 64 bytes, and the hash of the internal scheduling parent, a block of the relay chain. The slot in
//! that block decides who signs, so the gate reads it from the header with this hash. No released SDK signs this type.

use crate::seals::Hash;
use codec::{Decode, DecodeAll};
use parking_lot::RwLock;
use sp_consensus_babe::digests::CompatibleDigestItem;
use sp_runtime::{
    generic,
    traits::{BlakeTwo256, Hash as _},
};
use std::{sync::Arc, time::Duration};
use watchbill_client::{Claim, Duty, Part, Unit};

/// Bytes of a peer at most (`ApprovedPeerId`).
const MAX_PEER: usize = 64;
/// `RELAY_CHAIN_SLOT_DURATION_MILLIS`, by which the runtime verifies too.
const RELAY_SLOT_MS: u64 = 6_000;

/// A header of the relay chain.
pub type RelayHeader = generic::Header<u32, BlakeTwo256>;
/// Finds a header of the relay chain by its hash. Must not wait: the collator signs on the thread that asks.
pub type RelayHeaders = Arc<dyn Fn(&Hash) -> Option<RelayHeader> + Send + Sync>;

/// The fields of `SchedulingInfoPayload`, in its order.
#[derive(Decode)]
struct Payload {
    core: u8,
    _claim_queue_offset: u8,
    peer: Vec<u8>,
    parent: Hash,
}

impl Payload {
    fn parse(message: &[u8]) -> Option<Self> {
        let payload = Self::decode_all(&mut &message[..]).ok()?;
        (payload.peer.len() <= MAX_PEER).then_some(payload)
    }
}

/// Where slots of the internal scheduling parents come from.
#[derive(Default)]
pub(crate) struct Scheduling(RwLock<Option<(RelayHeaders, Duration)>>);

impl Scheduling {
    /// `slot` is the length of a slot of the parachain.
    pub(crate) fn set(&self, headers: RelayHeaders, slot: Duration) {
        *self.0.write() = Some((headers, slot));
    }

    /// The claim for the scheduling info in `message`, or a sentence why there is none.
    pub(crate) fn claim(&self, key: &[u8], message: &[u8]) -> Result<Claim, String> {
        let payload = Payload::parse(message).ok_or_else(|| {
            let length = message.len();
            format!("{length} bytes that are neither the hash of a header nor scheduling info")
        })?;
        let [a, b, c, d, e, f, g, h, ..] = payload.parent;
        let unit = Unit::Scheduling {
            slot: self.slot(&payload.parent)?,
            core: payload.core.into(),
            scheduling_parent: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        };
        Ok(Claim {
            key: key.to_vec(),
            duty: Duty::AuraScheduling,
            unit,
            part: Part::Schedule,
            digest: Some(BlakeTwo256::hash(message).0.to_vec()),
            term: None,
        })
    }

    /// The slot of the parachain at a block of the relay chain, as `AuraSchedulingVerifier` counts it.
    fn slot(&self, parent: &Hash) -> Result<u64, &'static str> {
        let source = self.0.read().clone();
        let (headers, slot) = source.ok_or("the gate was given no relay chain; call set_relay_headers")?;
        let header = headers(parent).filter(|header| header.hash().0 == *parent);
        let header = header.ok_or("this node does not have the header of the internal scheduling parent")?;
        let digests = header.digest.logs();
        let drawn = digests.iter().find_map(|item| item.as_babe_pre_digest());
        let drawn = drawn.ok_or("the internal scheduling parent names no slot")?;
        let length = u64::try_from(slot.as_millis()).unwrap_or_default();
        let begin = u64::from(drawn.slot()).checked_mul(RELAY_SLOT_MS);
        begin
            .and_then(|begin| begin.checked_div(length))
            .ok_or("the slot of the internal scheduling parent is no slot of the parachain")
    }
}

#[cfg(test)]
#[path = "scheduling_tests.rs"]
mod tests;
