//! Who authors blocks: BABE or Aura, as the runtime of the chain says.

pub mod aura;
pub mod babe;
mod inherents;

use crate::{
    partial::{Client, GrandpaImport, Longest, Pool},
    runtime::{Block, BlockNumber, Header},
};
use futures::future::BoxFuture;
use prometheus_endpoint::Registry;
use sc_client_api::UsageProvider;
use sc_consensus::DefaultImportQueue;
use sc_consensus_slots::{BackoffAuthoringOnFinalizedHeadLagging, SlotProportion};
use sc_network_sync::SyncingService;
use sc_service::{Error, SpawnEssentialTaskHandle};
use sp_api::{CallApiAt, CallContext, RuntimeApiInfo};
use sp_consensus::Environment;
use sp_consensus_aura::{
    sr25519::{AuthorityId, AuthoritySignature},
    AuraApi,
};
use sp_consensus_babe::BabeApi;
use sp_consensus_grandpa::GrandpaApi;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::Header as _;
use sp_version::RuntimeVersion;
use std::{sync::Arc, time::Duration};

/// The part of a slot in which a block may be built; Polkadot's value.
const PROPOSAL_PORTION: f32 = 2f32 / 3f32;

/// How blocks are authored on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Slots are won by lot.
    Babe,
    /// Slots go round.
    Aura,
}

impl Kind {
    /// The slot that a block was made in; none for genesis.
    pub fn slot_of(self, header: &Header) -> Option<u64> {
        if *header.number() == 0 {
            return None;
        }
        match self {
            Kind::Babe => sc_consensus_babe::find_pre_digest::<Block>(header)
                .ok()
                .map(|claim| claim.slot().into()),
            Kind::Aura => {
                let find = sc_consensus_aura::standalone::find_pre_digest::<Block, AuthoritySignature>;
                find(header).ok().map(u64::from)
            }
        }
    }
}

/// What both kinds of consensus are set up with.
pub struct Foundation<'a> {
    /// Database, state and execution.
    pub client: Arc<Client>,
    /// Where reports of offences go.
    pub pool: Arc<Pool>,
    /// Chain selection for authoring.
    pub select_chain: Longest,
    /// The import below that of BABE or Aura.
    pub grandpa_import: GrandpaImport,
    /// Runs the import queue.
    pub spawner: SpawnEssentialTaskHandle,
    /// Metrics of the import queue.
    pub registry: Option<&'a Registry>,
}

/// BABE or Aura, ready to author.
pub enum Setup {
    /// Of a chain with [`Kind::Babe`].
    Babe(Box<babe::Setup>),
    /// Of a chain with [`Kind::Aura`].
    Aura(Box<aura::Setup>),
}

/// What an author needs beside its [`Setup`].
pub struct Authoring<E> {
    /// Database, state and execution.
    pub client: Arc<Client>,
    /// The chain to build on.
    pub select_chain: Longest,
    /// Makes the proposer of each block.
    pub environment: E,
    /// Where the key that seals is.
    pub keystore: KeystorePtr,
    /// Says whether the node is up to date.
    pub sync: Arc<SyncingService<Block>>,
    /// Author although there are no peers.
    pub force: bool,
}

/// Finds out which consensus the chain has and makes its import queue.
pub fn set_up(foundation: Foundation) -> Result<(DefaultImportQueue<Block>, Setup), Error> {
    let version = runtime_version(&foundation.client)?;
    let with_parachains = inherents::wants_parachains(&version);
    Ok(match kind_of(&version).map_err(Error::Other)? {
        Kind::Babe => {
            let (queue, setup) = babe::set_up(foundation, with_parachains)?;
            (queue, Setup::Babe(Box::new(setup)))
        }
        Kind::Aura => {
            let (queue, setup) = aura::set_up(foundation, with_parachains)?;
            (queue, Setup::Aura(Box::new(setup)))
        }
    })
}

impl Setup {
    /// How blocks are authored.
    pub fn kind(&self) -> Kind {
        match self {
            Setup::Babe(_) => Kind::Babe,
            Setup::Aura(_) => Kind::Aura,
        }
    }

    /// Length of a slot of this chain.
    pub fn slot_duration(&self) -> Duration {
        match self {
            Setup::Babe(setup) => setup.slot_duration().as_duration(),
            Setup::Aura(setup) => setup.slot_duration().as_duration(),
        }
    }

    /// The task that authors blocks; it ends with the node.
    pub fn author<E, Failure>(self, authoring: Authoring<E>) -> Result<BoxFuture<'static, ()>, Error>
    where
        E: Environment<Block, Error = Failure> + Send + Sync + 'static,
        E::Proposer: sp_consensus::Proposer<Block, Error = Failure>,
        Failure: std::error::Error + Send + From<sp_consensus::Error> + 'static,
    {
        match self {
            Setup::Babe(setup) => setup.author(authoring),
            Setup::Aura(setup) => setup.author(authoring),
        }
    }
}

/// How blocks are authored by a runtime of this version. A runtime with both is taken for BABE.
pub fn kind_of(version: &RuntimeVersion) -> Result<Kind, String> {
    let has = |id: &[u8; 8]| version.has_api_with(id, |_| true);
    if !has(&<dyn GrandpaApi<Block>>::ID) {
        return Err(format!(
            "the runtime {} has no GRANDPA; this node runs chains with GRANDPA only",
            version.spec_name
        ));
    }
    if has(&<dyn BabeApi<Block>>::ID) {
        Ok(Kind::Babe)
    } else if has(&<dyn AuraApi<Block, AuthorityId>>::ID) {
        Ok(Kind::Aura)
    } else {
        Err(format!(
            "the runtime {} has neither BABE nor Aura; this node knows no other",
            version.spec_name
        ))
    }
}

/// The version at the block at which BABE reads its configuration too: the best one, or genesis where the state of no
/// block was finalised yet.
fn runtime_version(client: &Client) -> Result<RuntimeVersion, Error> {
    let chain = client.usage_info().chain;
    let at = if chain.finalized_state.is_some() {
        chain.best_hash
    } else {
        chain.genesis_hash
    };
    CallApiAt::runtime_version_at(client, at, CallContext::Offchain)
        .map_err(|e| Error::Other(format!("the runtime of the chain does not say its version: {e}")))
}

fn backoff() -> Option<BackoffAuthoringOnFinalizedHeadLagging<BlockNumber>> {
    Some(BackoffAuthoringOnFinalizedHeadLagging::default())
}

fn proposal_portion() -> SlotProportion {
    SlotProportion::new(PROPOSAL_PORTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime_with(apis: &[[u8; 8]]) -> RuntimeVersion {
        RuntimeVersion {
            apis: apis.iter().map(|id| (*id, 1)).collect::<Vec<_>>().into(),
            ..Default::default()
        }
    }

    const BABE: [u8; 8] = <dyn BabeApi<Block>>::ID;
    const AURA: [u8; 8] = <dyn AuraApi<Block, AuthorityId>>::ID;
    const GRANDPA: [u8; 8] = <dyn GrandpaApi<Block>>::ID;

    #[test]
    fn finds_the_consensus_of_the_runtime() {
        assert_eq!(kind_of(&runtime_with(&[BABE, GRANDPA])), Ok(Kind::Babe));
        assert_eq!(kind_of(&runtime_with(&[GRANDPA, AURA])), Ok(Kind::Aura));
        assert_eq!(kind_of(&runtime_with(&[AURA, BABE, GRANDPA])), Ok(Kind::Babe));
    }

    #[test]
    fn says_what_is_missing() {
        assert!(kind_of(&runtime_with(&[GRANDPA]))
            .unwrap_err()
            .contains("neither BABE nor Aura"));
        assert!(kind_of(&runtime_with(&[BABE]))
            .unwrap_err()
            .contains("no GRANDPA"));
    }
}
