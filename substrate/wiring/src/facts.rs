//! How this node is, for its readiness reports.

use crate::{chain_clock::ChainClock, duties::PeerCount, parachain_keys::Leases, steward::duty_keys};
use codec::Decode;
use sc_client_api::{AuxStore, Backend, StorageKey, StorageProvider};
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_core::crypto::{key_types, KeyTypeId};
use sp_keystore::KeystorePtr;
use sp_runtime::{
    traits::{Block, Saturating},
    SaturatedConversion,
};
use std::{
    marker::PhantomData,
    sync::{Arc, Weak},
    time::Instant,
};
use watchbill_client::{Duty, FactSource, Facts, LeaseReport, Permits};
use watchbill_gate::{decode_voter_state, Gate, Tracked, VOTER_STATE_KEY};

/// Tells the validator set id of BEEFY at the best block.
pub type BeefySet = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// Reads the facts where they are. Holds the database only while it reads: a client that ends late must not keep it open.
pub struct NodeFacts<B, BE, C> {
    /// Database and state.
    pub client: Weak<C>,
    /// Whether the chain is being downloaded.
    pub sync: Arc<dyn SyncOracle + Send + Sync>,
    /// Connected peers.
    pub peers: PeerCount,
    /// The clock of this machine, and whether others are heard.
    pub clock: ChainClock,
    /// Tells whether a service answers.
    pub permits: Arc<dyn Permits>,
    /// The plain keystore.
    pub keystore: KeystorePtr,
    /// Which keys are those of duties.
    pub kinds: &'static [(KeyTypeId, Duty)],
    /// Of a chain with BEEFY.
    pub beefy_set: Option<BeefySet>,
    /// Knows which kinds of keys signed nothing.
    pub gate: Gate,
    /// Of parachain keys that exist on the active machine alone.
    pub leases: Option<Arc<Leases>>,
    /// Release of this program.
    pub version: String,
    /// Types of the chain and of its database.
    pub types: PhantomData<fn() -> (B, BE)>,
}

impl<B, BE, C> FactSource for NodeFacts<B, BE, C>
where
    B: Block,
    BE: Backend<B>,
    C: AuxStore + HeaderBackend<B> + StorageProvider<B, BE> + Send + Sync,
{
    fn facts(&self) -> Option<Facts> {
        let client = self.client.upgrade()?;
        if !self.permits.reachable() {
            self.clock.excuse_silence();
        }
        let info = client.info();
        // A node that hears nobody is not in step, whatever its connections look like.
        let syncing = self.sync.is_major_syncing() || self.clock.is_cut_off();
        let best_slot = self.clock.take_arrival().filter(|_| !syncing);
        let held = duty_keys(&self.keystore, self.kinds);
        let held = held.into_iter().map(|(key, _)| key).collect();
        let (set, round) = tracked_round::<B, C>(&client).unzip();
        Some(Facts {
            syncing,
            peers: u32::try_from((self.peers)()).unwrap_or(u32::MAX),
            finality_lag_blocks: info
                .best_number
                .saturating_sub(info.finalized_number)
                .saturated_into(),
            clock_offset_ms: self.clock.offset_ms(),
            finalized_block: info.finalized_number.saturated_into(),
            set,
            round,
            session: session(&*client, info.best_hash),
            beefy_set: self.beefy_set.as_ref().and_then(|set| set()),
            version: Some(self.version.clone()),
            held_keys: Some(held),
            best_slot,
            unknown_kinds: self.gate.unknown_kinds(),
            leases: self.lease_reports(),
        })
    }

    fn hear_lease(&self, name: &[u8], lease: Option<String>, sent: Instant) {
        if let Some(leases) = &self.leases {
            leases.hear(name, lease, sent);
        }
    }
}

impl<B, BE, C> NodeFacts<B, BE, C> {
    /// The machine that is active for the GRANDPA key may have the leases. With several such keys the first one decides.
    fn lease_reports(&self) -> Vec<LeaseReport> {
        let keys = self.keystore.keys(key_types::GRANDPA).unwrap_or_default();
        match (&self.leases, keys.iter().min()) {
            (Some(leases), Some(key)) => leases.reports(key),
            _ => Vec::new(),
        }
    }
}

/// Authority set and round that the voter wrote down last.
fn tracked_round<B: Block, C: AuxStore>(client: &C) -> Option<(u64, u64)> {
    let stored = client.get_aux(VOTER_STATE_KEY).ok().flatten()?;
    match decode_voter_state::<B>(&stored).ok()? {
        Tracked::Live { set, round, .. } => Some((set, round)),
        Tracked::Paused => None,
    }
}

/// Index of the session at a block, on chains with pallet-session under its usual name.
fn session<B, BE, C>(client: &C, at: B::Hash) -> Option<u32>
where
    B: Block,
    BE: Backend<B>,
    C: StorageProvider<B, BE>,
{
    let index = client.storage(at, &session_key()).ok().flatten()?;
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
