//! Offchain workers, of which im-online is the one that signs.

use crate::{
    partial::{Backend, Client},
    runtime::Block,
};
use futures::{future::BoxFuture, FutureExt};
use sc_client_api::Backend as _;
use sc_network::service::traits::NetworkService;
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_service::{Error, SpawnTaskHandle};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// What offchain workers run with.
pub struct Offchain<'a> {
    /// Database, state and execution.
    pub client: Arc<Client>,
    /// Their storage.
    pub backend: &'a Backend,
    /// Where what they submit goes.
    pub pool: OffchainTransactionPoolFactory<Block>,
    /// Peers.
    pub network: Arc<dyn NetworkService>,
    /// What signs heartbeats; gated where the node is.
    pub keystore: KeystorePtr,
    /// Whether the node may author.
    pub is_authority: bool,
    /// Runs each of them.
    pub spawner: SpawnTaskHandle,
}

/// The task that runs a worker for each new best block.
pub fn workers(offchain: Offchain) -> Result<BoxFuture<'static, ()>, Error> {
    let workers = OffchainWorkers::new(OffchainWorkerOptions {
        runtime_api_provider: offchain.client.clone(),
        is_validator: offchain.is_authority,
        keystore: Some(offchain.keystore),
        offchain_db: offchain.backend.offchain_storage(),
        transaction_pool: Some(offchain.pool),
        network_provider: Arc::new(offchain.network),
        enable_http_requests: false,
        custom_extensions: |_| vec![],
    })?;
    Ok(workers.run(offchain.client, offchain.spawner).boxed())
}
