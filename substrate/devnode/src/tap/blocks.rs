//! The tap on imported blocks.

use super::{hex, lines::Lines, now_ms, LOG_TARGET};
use crate::{
    consensus::Kind,
    partial::Client,
    runtime::{Block, Header},
};
use futures::{future::BoxFuture, FutureExt, StreamExt};
use sc_client_api::BlockchainEvents;
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_consensus::BlockOrigin;
use sp_consensus_aura::AuraApi;
use sp_consensus_babe::BabeApi;
use sp_runtime::traits::Header as _;
use std::{path::Path, sync::Arc};

/// One line of the record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    at_ms: u64,
    slot: Option<String>,
    number: String,
    hash: String,
    parent: String,
    author: Option<String>,
    own: bool,
}

/// The task that appends every block that is imported, whether it becomes the best one or not.
pub fn record_blocks(client: Arc<Client>, kind: Kind, file: &Path) -> Result<BoxFuture<'static, ()>, String> {
    let mut lines = Lines::open(file)?;
    let mut imported = client.every_import_notification_stream();
    Ok(async move {
        while let Some(block) = imported.next().await {
            let record = Record {
                at_ms: now_ms(),
                slot: kind.slot_of(&block.header).map(|slot| slot.to_string()),
                number: block.header.number().to_string(),
                hash: hex(block.hash),
                parent: hex(block.header.parent_hash()),
                author: author(&client, kind, &block.header),
                own: block.origin == BlockOrigin::Own,
            };
            if let Err(e) = lines.append(&record) {
                log::error!(target: LOG_TARGET, "{e}; the record has a gap");
            }
        }
    }
    .boxed())
}

/// Public key of the authority whose slot a block is in, where the state still tells.
fn author(client: &Client, kind: Kind, header: &Header) -> Option<String> {
    let api = client.runtime_api();
    match kind {
        Kind::Babe => {
            let claim = sc_consensus_babe::find_pre_digest::<Block>(header).ok()?;
            // The epoch at the block itself: the first block of an epoch belongs to that epoch, its parent does not.
            let epoch = BabeApi::current_epoch(&*api, header.hash()).ok()?;
            epoch
                .authorities
                .get(usize::try_from(claim.authority_index()).ok()?)
                .map(|(key, _)| hex(key))
        }
        Kind::Aura => {
            let authorities = AuraApi::authorities(&*api, *header.parent_hash()).ok()?;
            authorities
                .get(turn(kind.slot_of(header)?, authorities.len())?)
                .map(hex)
        }
    }
}

/// Index of the authority whose turn a slot is, of so many.
fn turn(slot: u64, authorities: usize) -> Option<usize> {
    let index = slot.checked_rem(u64::try_from(authorities).ok()?)?;
    usize::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_go_round() {
        assert_eq!(
            [4, 5, 6, 7].map(|slot| turn(slot, 3)),
            [Some(1), Some(2), Some(0), Some(1)]
        );
        assert_eq!(turn(4, 0), None);
    }
}
