//! How this node is, for its readiness reports.

use super::steward::duty_keys;
use crate::{consensus::Kind, partial::Client, runtime::Block};
use codec::Decode;
use parking_lot::Mutex;
use sc_client_api::{AuxStore, StorageKey, StorageProvider};
use sc_network_sync::SyncingService;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_keystore::KeystorePtr;
use std::{
    sync::{Arc, Weak},
    time::Instant,
};
use watchbill_client::{FactSource, Facts};
use watchbill_gate::{decode_voter_state, Silence, SlotClock, Tracked, VOTER_STATE_KEY};

/// Reads the facts where they are. Holds the database only while it reads: a client that ends late must not keep it open.
pub struct NodeFacts {
    /// Database, state and execution.
    pub client: Weak<Client>,
    /// Peers, and whether the chain is being downloaded.
    pub sync: Arc<SyncingService<Block>>,
    /// The clock of this machine against the chain.
    pub clock: Arc<Mutex<SlotClock>>,
    /// Whether others are heard.
    pub silence: Arc<Mutex<Silence>>,
    /// The plain keystore.
    pub keystore: KeystorePtr,
    /// How blocks are authored: it decides which keys are those of duties.
    pub kind: Kind,
    /// Release of this program.
    pub version: String,
}

impl FactSource for NodeFacts {
    fn facts(&self) -> Option<Facts> {
        let client = self.client.upgrade()?;
        let info = client.info();
        let held = duty_keys(&self.keystore, self.kind);
        let held = held.into_iter().map(|(key, _)| key).collect();
        let (set, round) = tracked_round(&client).unzip();
        Some(Facts {
            // A node that hears nobody is not in step, whatever its connections look like.
            syncing: self.sync.is_major_syncing() || self.silence.lock().is_cut_off(Instant::now()),
            peers: u32::try_from(self.sync.num_connected_peers()).unwrap_or(u32::MAX),
            finality_lag_blocks: info.best_number.saturating_sub(info.finalized_number),
            clock_offset_ms: self.clock.lock().offset_ms(),
            finalized_block: info.finalized_number.into(),
            set,
            round,
            session: session(&client),
            beefy_set: None,
            version: Some(self.version.clone()),
            held_keys: Some(held),
        })
    }
}

/// Authority set and round that the voter wrote down last.
fn tracked_round(client: &Client) -> Option<(u64, u64)> {
    let stored = client.get_aux(VOTER_STATE_KEY).ok().flatten()?;
    match decode_voter_state::<Block>(&stored).ok()? {
        Tracked::Live { set, round, .. } => Some((set, round)),
        Tracked::Paused => None,
    }
}

/// Index of the session at the best block, on chains with pallet-session under its usual name.
fn session(client: &Client) -> Option<u32> {
    let index = client
        .storage(client.info().best_hash, &session_key())
        .ok()
        .flatten()?;
    u32::decode(&mut &index.0[..]).ok()
}

fn session_key() -> StorageKey {
    let (pallet, item) = (
        sp_crypto_hashing::twox_128(b"Session"),
        sp_crypto_hashing::twox_128(b"CurrentIndex"),
    );
    StorageKey([pallet, item].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_stands_under_its_well_known_key() {
        let key = "cec5070d609dd3497f72bde07fc96ba072763800a36a99fdfc7c10f6415f6ee6";
        assert_eq!(hex::encode(session_key().0), key);
    }
}
