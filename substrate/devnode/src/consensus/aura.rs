//! Aura: import queue and author.

use super::{backoff, inherents::Parachains, proposal_portion, Authoring, Foundation};
use crate::{
    partial::GrandpaImport,
    runtime::{Block, Hash},
};
use futures::{future::BoxFuture, FutureExt};
use sc_consensus::DefaultImportQueue;
use sc_service::Error;
use sp_consensus::Environment;
use sp_consensus_aura::{inherents::InherentDataProvider, sr25519::AuthorityPair, SlotDuration};

/// Aura, ready to author.
pub struct Setup {
    import: GrandpaImport,
    slot_duration: SlotDuration,
    with_parachains: bool,
}

/// The import queue of a chain with Aura, and what its author needs later.
pub fn set_up(
    foundation: Foundation,
    with_parachains: bool,
) -> Result<(DefaultImportQueue<Block>, Setup), Error> {
    let Foundation {
        client,
        grandpa_import: import,
        spawner,
        registry,
        ..
    } = foundation;
    let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
    let queue = sc_consensus_aura::import_queue::<AuthorityPair, _, _, _, _, _>(
        sc_consensus_aura::ImportQueueParams {
            block_import: import.clone(),
            justification_import: Some(Box::new(import.clone())),
            client,
            create_inherent_data_providers: move |_, ()| async move { Ok(now(slot_duration)) },
            spawner: &spawner,
            registry,
            check_for_equivocation: Default::default(),
            telemetry: None,
            compatibility_mode: Default::default(),
        },
    )?;
    Ok((
        queue,
        Setup {
            import,
            slot_duration,
            with_parachains,
        },
    ))
}

impl Setup {
    /// Length of a slot of this chain.
    pub fn slot_duration(&self) -> SlotDuration {
        self.slot_duration
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
        let Setup {
            import,
            slot_duration,
            with_parachains,
        } = self;
        let headers = client.clone();
        let author = sc_consensus_aura::start_aura::<AuthorityPair, _, _, _, _, _, _, _, _, _, _>(
            sc_consensus_aura::StartAuraParams {
                slot_duration,
                client,
                select_chain,
                block_import: import,
                proposer_factory: environment,
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
                keystore,
                block_proposal_slot_portion: proposal_portion(),
                max_block_proposal_slot_portion: None,
                telemetry: None,
                compatibility_mode: Default::default(),
            },
        )?;
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
