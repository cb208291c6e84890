//! What the arrival of blocks of others tells: how far this machine's clock is off, and whether its line is cut.

use crate::{consensus::Kind, partial::Client, runtime::Block};
use futures::StreamExt;
use parking_lot::Mutex;
use sc_client_api::{BlockImportNotification, BlockchainEvents};
use sp_consensus::BlockOrigin;
use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use watchbill_gate::{Silence, SlotClock};

/// Until the node ends.
pub async fn follow(
    client: Arc<Client>,
    kind: Kind,
    clock: Arc<Mutex<SlotClock>>,
    silence: Arc<Mutex<Silence>>,
) {
    let mut imported = client.import_notification_stream();
    while let Some(block) = imported.next().await {
        if block.origin != BlockOrigin::Own {
            silence.lock().note(Instant::now());
        }
        if let Some(slot) = slot_of_news(&block, kind) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            clock
                .lock()
                .note(slot, u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        }
    }
}

/// Only what peers announced as new tells the time: own blocks do not, and fetched ones are old.
fn slot_of_news(block: &BlockImportNotification<Block>, kind: Kind) -> Option<u64> {
    (block.origin == BlockOrigin::NetworkBroadcast)
        .then(|| kind.slot_of(&block.header))
        .flatten()
}
