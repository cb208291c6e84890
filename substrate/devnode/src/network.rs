//! The network: stock protocols and that of GRANDPA.

use crate::{
    partial::{Backend, Client, GrandpaLink, Pool},
    runtime::{Block, Hash},
};
use sc_client_api::HeaderBackend;
use sc_consensus::DefaultImportQueue;
use sc_network::{
    config::FullNetworkConfiguration,
    service::traits::{NetworkBackend, NetworkService, NotificationService},
    ProtocolName,
};
use sc_network_sync::SyncingService;
use sc_network_transactions::TransactionsHandlerController;
use sc_service::{Configuration, Error, TaskManager, WarpSyncConfig};
use sc_utils::mpsc::TracingUnboundedSender;
use std::sync::Arc;

/// Where `system_*` of the RPC asks the network.
pub type SystemRpc = TracingUnboundedSender<sc_rpc::system::Request<Block>>;
/// Passes transactions on to peers.
pub type Transactions = TransactionsHandlerController<Hash>;

/// What the network is built on.
pub struct Foundation<'a> {
    /// Flags and folders of the node.
    pub config: &'a Configuration,
    /// Database, state and execution.
    pub client: Arc<Client>,
    /// For proofs of finality.
    pub backend: Arc<Backend>,
    /// Transactions to pass on.
    pub pool: Arc<Pool>,
    /// Where blocks go.
    pub import_queue: DefaultImportQueue<Block>,
    /// For the authority sets.
    pub grandpa: &'a GrandpaLink,
    /// Runs the network.
    pub tasks: &'a TaskManager,
}

/// A network that runs.
pub struct Network {
    /// Peers and protocols.
    pub service: Arc<dyn NetworkService>,
    /// For `system_*` of the RPC.
    pub system_rpc: SystemRpc,
    /// For the transaction pool.
    pub transactions: Transactions,
    /// Says whether the node is up to date.
    pub sync: Arc<SyncingService<Block>>,
    /// Name of GRANDPA's protocol on this chain.
    pub grandpa_name: ProtocolName,
    /// Messages of GRANDPA.
    pub grandpa_notifications: Box<dyn NotificationService>,
}

/// Starts the network.
pub fn start<N: NetworkBackend<Block, Hash>>(foundation: Foundation) -> Result<Network, Error> {
    let Foundation {
        config,
        client,
        backend,
        pool,
        import_queue,
        grandpa,
        tasks,
    } = foundation;
    let registry = config.prometheus_registry();
    let mut net_config = FullNetworkConfiguration::<Block, Hash, N>::new(&config.network, registry.cloned());
    let metrics = N::register_notification_metrics(registry);
    let grandpa_name =
        sc_consensus_grandpa::protocol_standard_name(&client.info().genesis_hash, &config.chain_spec);
    let (protocol, grandpa_notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
        grandpa_name.clone(),
        metrics.clone(),
        net_config.peer_store_handle(),
    );
    net_config.add_notification_protocol(protocol);
    let proofs = sc_consensus_grandpa::warp_proof::NetworkProvider::new(
        backend,
        grandpa.shared_authority_set().clone(),
        Vec::default(),
    );
    let (service, system_rpc, transactions, sync, _) =
        sc_service::build_network(sc_service::BuildNetworkParams {
            config,
            net_config,
            client,
            transaction_pool: pool,
            spawn_handle: tasks.spawn_handle(),
            spawn_essential_handle: tasks.spawn_essential_handle(),
            import_queue,
            block_announce_validator_builder: None,
            warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(proofs))),
            block_relay: None,
            gap_sync_body_policy: None,
            metrics,
        })?;
    Ok(Network {
        service,
        system_rpc,
        transactions,
        sync,
        grandpa_name,
        grandpa_notifications,
    })
}
