//! BABE: import queue and author.

use super::{backoff, inherents::Parachains, proposal_portion, Authoring, Foundation};
use crate::{
    partial::{Client, GrandpaImport, Longest},
    runtime::{Block, Hash},
};
use futures::{future::BoxFuture, FutureExt};
use sc_consensus::DefaultImportQueue;
use sc_consensus_babe::{BabeBlockImport, BabeLink, BabeWorkerHandle};
use sc_service::Error;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus::Environment;
use sp_consensus_babe::{
    inherents::{BabeCreateInherentDataProviders, InherentDataProvider},
    SlotDuration,
};
use std::sync::Arc;

type Import = BabeBlockImport<Block, Client, GrandpaImport, BabeCreateInherentDataProviders<Block>, Longest>;

/// BABE, ready to author.
pub struct Setup {
    import: Import,
    link: BabeLink<Block>,
    handle: BabeWorkerHandle<Block>,
    with_parachains: bool,
}

/// The import queue of a chain with BABE, and what its author needs later.
pub fn set_up(
    foundation: Foundation,
    with_parachains: bool,
) -> Result<(DefaultImportQueue<Block>, Setup), Error> {
    let Foundation {
        client,
        pool,
        select_chain,
        grandpa_import,
        spawner,
        registry,
    } = foundation;
    let config = sc_consensus_babe::configuration(&*client)?;
    let slot_duration = config.slot_duration();
    let (import, link) = sc_consensus_babe::block_import(
        config,
        grandpa_import.clone(),
        client.clone(),
        Arc::new(move |_, _| async move { Ok(now(slot_duration)) }) as BabeCreateInherentDataProviders<Block>,
        select_chain,
        OffchainTransactionPoolFactory::new(pool),
    )?;
    let (queue, handle) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
        link: link.clone(),
        block_import: import.clone(),
        justification_import: Some(Box::new(grandpa_import)),
        client,
        slot_duration,
        spawner: &spawner,
        registry,
        telemetry: None,
    })?;
    Ok((
        queue,
        Setup {
            import,
            link,
            handle,
            with_parachains,
        },
    ))
}

impl Setup {
    /// Answers what the RPC asks about epochs.
    pub fn handle(&self) -> BabeWorkerHandle<Block> {
        self.handle.clone()
    }

    /// Length of a slot of this chain.
    pub fn slot_duration(&self) -> SlotDuration {
        self.link.config().slot_duration()
    }

    /// The task that authors blocks.
    pub fn author<E, Failure>(self, authoring: Authoring<E>) -> Result<BoxFuture<'static, ()>, Error>
    where
        E: Environment<Block, Error = Failure> + Send + Sync + 'static,
        E::Proposer: sp_consensus::Proposer<Block, Error = Failure>,
        Failure: std::error::Error + Send + From<sp_consensus::Error> + 'static,
    {
        let Authoring {
            client,
            select_chain,
            environment,
            keystore,
            sync,
            force,
        } = authoring;
        let slot_duration = self.slot_duration();
        let (headers, with_parachains) = (client.clone(), self.with_parachains);
        let author = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
            keystore,
            client,
            select_chain,
            env: environment,
            block_import: self.import,
            sync_oracle: sync.clone(),
            justification_sync_link: sync,
            create_inherent_data_providers: move |parent: Hash, ()| {
                let parachains = Parachains::on(&headers, parent, with_parachains);
                async move {
                    let (slot, timestamp) = now(slot_duration);
                    Ok((slot, timestamp, parachains?))
                }
            },
            force_authoring: force,
            backoff_authoring_blocks: backoff(),
            babe_link: self.link,
            block_proposal_slot_portion: proposal_portion(),
            max_block_proposal_slot_portion: None,
            telemetry: None,
        })?;
        Ok(author.boxed())
    }
}

fn now(slot_duration: SlotDuration) -> (InherentDataProvider, sp_timestamp::InherentDataProvider) {
    let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
    (
        InherentDataProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration),
        timestamp,
    )
}
