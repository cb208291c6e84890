//! What the arrival of blocks of others tells: how far this machine's clock is off, and whether its line is cut.

use codec::Decode;
use futures::{stream::BoxStream, StreamExt};
use parking_lot::Mutex;
use sc_client_api::ImportNotifications;
use sp_consensus::BlockOrigin;
use sp_consensus_babe::{digests::PreDigest, BABE_ENGINE_ID};
use sp_runtime::{
    traits::{Block, Header},
    ConsensusEngineId, DigestItem,
};
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use watchbill_gate::{Silence, SlotClock};

const AURA_ENGINE_ID: ConsensusEngineId = *b"aura";

/// The clock of this machine against the chain, and whether others are heard.
#[derive(Clone)]
pub struct ChainClock {
    clock: Arc<Mutex<SlotClock>>,
    silence: Arc<Mutex<Silence>>,
    /// Slot of the newest best block that others made and that was not reported yet.
    arrival: Arc<Mutex<Option<u64>>>,
}

impl ChainClock {
    /// Of a chain with slots of this length.
    pub fn new(slot: Duration) -> Self {
        Self {
            clock: Arc::new(Mutex::new(SlotClock::new(slot))),
            silence: Arc::new(Mutex::new(Silence::new(slot))),
            arrival: Arc::default(),
        }
    }

    /// How far the clock of this machine is ahead of the chain's, in milliseconds.
    pub fn offset_ms(&self) -> f64 {
        self.clock.lock().offset_ms()
    }

    /// Whether nothing was heard of others for too long.
    pub fn is_cut_off(&self) -> bool {
        self.silence.lock().is_cut_off(Instant::now())
    }

    /// The slot of the newest best block of others that arrived since this was asked last. It says how far the chain is at
    /// that moment only, so each arrival is told once.
    pub fn take_arrival(&self) -> Option<u64> {
        self.arrival.lock().take()
    }

    /// No block of a gated node can be expected now, because no service answers.
    pub fn excuse_silence(&self) {
        self.silence.lock().excuse(Instant::now());
    }

    /// Until the node ends.
    pub async fn follow<B: Block>(self, mut imported: ImportNotifications<B>) {
        while let Some(block) = imported.next().await {
            self.note(block.origin, &block.header, block.is_new_best);
        }
    }

    /// The same by the blocks of the relay chain, of which a collator makes none. Until the node ends.
    pub async fn follow_relay<H: Header>(self, mut imported: BoxStream<'static, H>) {
        while let Some(header) = imported.next().await {
            self.silence.lock().note(Instant::now());
            self.note_slot(&header);
        }
    }

    fn note<H: Header>(&self, origin: BlockOrigin, header: &H, is_best: bool) {
        if origin != BlockOrigin::Own {
            self.silence.lock().note(Instant::now());
        }
        // Only what peers announced as new tells the time: own blocks do not, and fetched ones are old.
        if origin != BlockOrigin::NetworkBroadcast {
            return;
        }
        self.note_slot(header);
        if is_best {
            *self.arrival.lock() = slot_of(header);
        }
    }

    fn note_slot<H: Header>(&self, header: &H) {
        if let Some(slot) = slot_of(header) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let arrived_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
            self.clock.lock().note(slot, arrived_ms);
        }
    }
}

/// The slot that a block was made in, by BABE or Aura; none for genesis.
fn slot_of<H: Header>(header: &H) -> Option<u64> {
    header.digest().logs().iter().find_map(|item| match item {
        DigestItem::PreRuntime(BABE_ENGINE_ID, data) => {
            PreDigest::decode(&mut &data[..]).ok().map(|claim| *claim.slot())
        }
        DigestItem::PreRuntime(AURA_ENGINE_ID, data) => u64::decode(&mut &data[..]).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;
    use sp_consensus_babe::digests::SecondaryPlainPreDigest;
    use sp_runtime::{generic, traits::BlakeTwo256, Digest};

    fn header(logs: Vec<DigestItem>) -> generic::Header<u32, BlakeTwo256> {
        generic::Header::new(
            1,
            Default::default(),
            Default::default(),
            Default::default(),
            Digest { logs },
        )
    }

    #[test]
    fn a_collator_goes_by_the_headers_of_the_relay_chain() {
        let slot = Duration::from_secs(6);
        let clock = ChainClock::new(slot);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // Its slot begins in ten slots only: the clock of this machine is late.
        let ahead = since.as_secs() / slot.as_secs() + 10;
        let by_babe = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
            authority_index: 0,
            slot: ahead.into(),
        });
        let header = header(vec![DigestItem::PreRuntime(BABE_ENGINE_ID, by_babe.encode())]);
        let headers = futures::stream::iter([header.clone(), header.clone(), header]);
        futures::executor::block_on(clock.clone().follow_relay(headers.boxed()));
        let offset = clock.offset_ms();
        assert!((-60_000.0..-50_000.0).contains(&offset), "{offset}");
        assert!(!clock.is_cut_off(), "somebody was heard just now");
    }

    #[test]
    fn an_arrival_is_a_best_block_of_others_that_peers_announced_and_is_told_once() {
        let clock = ChainClock::new(Duration::from_secs(6));
        let of_slot = |slot: u64| header(vec![DigestItem::PreRuntime(AURA_ENGINE_ID, slot.encode())]);
        for origin in [
            BlockOrigin::Own,
            BlockOrigin::NetworkInitialSync,
            BlockOrigin::File,
        ] {
            clock.note(origin, &of_slot(5), true);
        }
        clock.note(BlockOrigin::NetworkBroadcast, &of_slot(6), false);
        assert_eq!(clock.take_arrival(), None);
        clock.note(BlockOrigin::NetworkBroadcast, &of_slot(7), true);
        clock.note(BlockOrigin::NetworkBroadcast, &of_slot(8), true);
        assert_eq!((clock.take_arrival(), clock.take_arrival()), (Some(8), None));
        // The slots of a relay chain have another length than those of the chain whose blocks are claimed.
        let headers = futures::stream::iter([of_slot(9)]);
        futures::executor::block_on(clock.clone().follow_relay(headers.boxed()));
        assert_eq!(clock.take_arrival(), None);
    }

    #[test]
    fn the_slot_of_a_block_stands_in_its_digest() {
        let babe = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
            authority_index: 3,
            slot: 77.into(),
        });
        let other = DigestItem::PreRuntime(*b"test", vec![1]);
        let cases = [
            (
                vec![
                    other.clone(),
                    DigestItem::PreRuntime(BABE_ENGINE_ID, babe.encode()),
                ],
                Some(77),
            ),
            (
                vec![
                    DigestItem::PreRuntime(AURA_ENGINE_ID, 78u64.encode()),
                    other.clone(),
                ],
                Some(78),
            ),
            (vec![DigestItem::PreRuntime(BABE_ENGINE_ID, vec![0xff])], None),
            (vec![other], None),
        ];
        for (logs, slot) in cases {
            assert_eq!(slot_of(&header(logs)), slot);
        }
    }
}
