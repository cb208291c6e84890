//! Reports two blocks of one author in one slot to the runtime.
//!
//! `sc-consensus-babe` 0.61 sees them too, but the proof that it submits holds headers without their seals
//! (`check_inherents_and_equivocations` in its `lib.rs`), and the runtime answers `InvalidEquivocationProof`. This task
//! works from the imported headers, which are sealed, so that the offence really gets on the chain.

use crate::{
    partial::Client,
    runtime::{Block, Header},
};
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus_babe::{BabeApi, EquivocationProof, Slot};
use sp_runtime::traits::Header as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const LOG_TARGET: &str = "babe";

/// Slots that are remembered; a runtime refuses older reports anyway.
const KEPT_SLOTS: u64 = 1000;

/// Slot and index of the authority that authored in it.
type Turn = (u64, u32);

/// First block of each turn, and the turns that were reported.
#[derive(Default)]
struct Seen {
    first: BTreeMap<Turn, Header>,
    reported: BTreeSet<Turn>,
}

impl Seen {
    /// Takes in a block. Answers the first block of its turn when this is another one and it is not reported yet.
    fn other_than(&mut self, turn: Turn, header: &Header) -> Option<Header> {
        let oldest = (turn.0.saturating_sub(KEPT_SLOTS), 0);
        self.first = self.first.split_off(&oldest);
        self.reported = self.reported.split_off(&oldest);
        let first = self.first.entry(turn).or_insert_with(|| header.clone());
        (first.hash() != header.hash() && self.reported.insert(turn)).then(|| first.clone())
    }
}

/// Reports every second block of a turn, once, until the node ends.
pub async fn watch(client: Arc<Client>, pool: OffchainTransactionPoolFactory<Block>) {
    let mut seen = Seen::default();
    let mut imported = client.every_import_notification_stream();
    while let Some(block) = imported.next().await {
        let Ok(claim) = sc_consensus_babe::find_pre_digest::<Block>(&block.header) else {
            continue;
        };
        let (slot, authority) = (claim.slot(), claim.authority_index());
        let Some(first) = seen.other_than((slot.into(), authority), &block.header) else {
            continue;
        };
        match report(&client, &pool, slot, authority, first, block.header) {
            Ok(true) => {
                log::info!(target: LOG_TARGET, "Reported the two blocks of authority {authority} in slot {slot}")
            }
            Ok(false) => {
                log::debug!(target: LOG_TARGET, "No ownership proof for authority {authority} in slot {slot}")
            }
            Err(e) => {
                log::warn!(target: LOG_TARGET, "Could not report authority {authority} in slot {slot}: {e}")
            }
        }
    }
}

/// False where the runtime proves no owner of the key, or takes no report.
fn report(
    client: &Client,
    pool: &OffchainTransactionPoolFactory<Block>,
    slot: Slot,
    authority: u32,
    first_header: Header,
    second_header: Header,
) -> Result<bool, ApiError> {
    // A runtime API instance answers for one block only, so each question gets its own.
    let epoch = BabeApi::current_epoch(&*client.runtime_api(), second_header.hash())?;
    let Some((offender, _)) = epoch.authorities.get(authority as usize).cloned() else {
        return Ok(false);
    };
    let parent = *second_header.parent_hash();
    let owner =
        BabeApi::generate_key_ownership_proof(&*client.runtime_api(), parent, slot, offender.clone())?;
    let Some(owner) = owner else { return Ok(false) };
    let best = client.info().best_hash;
    let mut api = client.runtime_api();
    api.register_extension(pool.offchain_transaction_pool(best));
    let proof = EquivocationProof {
        slot,
        offender,
        first_header,
        second_header,
    };
    BabeApi::submit_report_equivocation_unsigned_extrinsic(&*api, best, proof, owner)
        .map(|sent| sent.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(number: u32) -> Header {
        Header::new(
            number,
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        )
    }

    #[test]
    fn answers_the_second_block_of_a_turn_once() {
        let mut seen = Seen::default();
        assert_eq!(seen.other_than((7, 1), &header(1)), None);
        assert_eq!(
            seen.other_than((7, 1), &header(1)),
            None,
            "the same block is no second one"
        );
        assert_eq!(
            seen.other_than((7, 2), &header(2)),
            None,
            "another authority may author in a slot"
        );
        assert_eq!(seen.other_than((7, 1), &header(3)), Some(header(1)));
        assert_eq!(seen.other_than((7, 1), &header(4)), None, "reported already");
    }

    #[test]
    fn forgets_old_turns() {
        let mut seen = Seen::default();
        seen.other_than((7, 1), &header(1));
        seen.other_than((8 + KEPT_SLOTS, 1), &header(2));
        assert_eq!(seen.first.len(), 1);
        assert_eq!(seen.other_than((7, 1), &header(3)), None);
    }
}
