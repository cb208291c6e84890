//! RPC methods in addition to those of `sc_service`: accounts, GRANDPA, and BABE if the chain has it.

use crate::{
    consensus,
    partial::{Backend, Client, GrandpaLink, Longest, Pool},
    runtime::{AccountId, Block, Hash, Nonce},
};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{
    FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::Error;
use sp_keystore::KeystorePtr;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// Which `grandpa_roundState` the node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundState {
    /// That of sc-consensus-grandpa-rpc. It waits for the voter on a worker of the RPC runtime.
    Stock,
    /// That of `watchbill-wiring`. For a node whose votes wait for permissions.
    Replaced,
}

/// What the methods answer from.
pub struct Methods {
    client: Arc<Client>,
    pool: Arc<Pool>,
    keystore: KeystorePtr,
    select_chain: Longest,
    babe: Option<BabeWorkerHandle<Block>>,
    authority_set: SharedAuthoritySet<Hash, u32>,
    voter_state: SharedVoterState,
    justifications: GrandpaJustificationStream<Block>,
    proofs: Arc<FinalityProofProvider<Backend, Block>>,
    round_state: RoundState,
}

impl Methods {
    /// `keystore` is the plain one: here keys are made and owners proven, and nothing that counts as a vote or a seal.
    pub fn new(
        (client, backend, pool): (Arc<Client>, Arc<Backend>, Arc<Pool>),
        keystore: KeystorePtr,
        select_chain: Longest,
        consensus: &consensus::Setup,
        (link, voter_state): (&GrandpaLink, SharedVoterState),
        round_state: RoundState,
    ) -> Self {
        let authority_set = link.shared_authority_set().clone();
        let babe = match consensus {
            consensus::Setup::Babe(setup) => Some(setup.handle()),
            consensus::Setup::Aura(_) => None,
        };
        Self {
            client,
            pool,
            keystore,
            select_chain,
            babe,
            voter_state,
            justifications: link.justification_stream(),
            proofs: FinalityProofProvider::new_for_service(backend, Some(authority_set.clone())),
            authority_set,
            round_state,
        }
    }

    /// One module for one server.
    pub fn module(&self, executor: SubscriptionTaskExecutor) -> Result<RpcModule<()>, Error> {
        let failed = |e: RegisterMethodError| Error::Application(Box::new(e));
        let mut module = RpcModule::new(());
        let system = System::<_, _, Block>::new(self.client.clone(), self.pool.clone());
        module
            .merge(SystemApiServer::<Hash, AccountId, Nonce>::into_rpc(system))
            .map_err(failed)?;
        if let Some(handle) = &self.babe {
            let babe = Babe::new(
                self.client.clone(),
                handle.clone(),
                self.keystore.clone(),
                self.select_chain.clone(),
            );
            module.merge(babe.into_rpc()).map_err(failed)?;
        }
        let grandpa = Grandpa::new(
            executor,
            self.authority_set.clone(),
            self.voter_state.clone(),
            self.justifications.clone(),
            self.proofs.clone(),
        );
        module.merge(grandpa.into_rpc()).map_err(failed)?;
        if self.round_state == RoundState::Replaced {
            watchbill_wiring::replace_round_state(&mut module).map_err(failed)?;
        }
        Ok(module)
    }
}
