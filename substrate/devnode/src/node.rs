//! A running node, in the order in which its parts need each other.

use crate::{
    cli::NodeArgs,
    consensus::{Authoring, Kind, Setup},
    network::{self, Network},
    offchain::{self, Offchain},
    offences,
    partial::{self, Backend, Client, GrandpaLink, Imports, Longest, Opened, Pool},
    rpc,
    runtime::{Block, Hash},
    tap,
    voter::{self, Voter},
};
use prometheus_endpoint::Registry;
use sc_basic_authorship::ProposerFactory;
use sc_consensus_grandpa::SharedVoterState;
use sc_network::{
    config::Role,
    service::traits::{NetworkBackend, NotificationService},
    ProtocolName,
};
use sc_service::{Configuration, Error, SpawnTasksParams, TaskManager};
use sc_telemetry::Telemetry;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_blockchain::HeaderBackend;
use sp_consensus_aura::sr25519::AuthorityId;
use sp_keystore::KeystorePtr;
use std::{sync::Arc, time::Duration};
use watchbill_wiring::{
    Attendance, AuraAuthors, AuthorKeys, BabeAuthors, Duties, NodeAbout, Options, PeerCount, AURA_DUTIES,
    BABE_DUTIES,
};

/// What the later parts of a node are made from.
struct Node {
    client: Arc<Client>,
    backend: Arc<Backend>,
    pool: Arc<Pool>,
    select_chain: Longest,
    /// Where keys are, for all that is no signing of duties.
    plain_keystore: KeystorePtr,
    /// What signs duties; asks first where the node is gated.
    duty_keystore: KeystorePtr,
    tasks: TaskManager,
    network: Arc<dyn sc_network::service::traits::NetworkService>,
    sync: Arc<sc_network_sync::SyncingService<Block>>,
    voter_state: SharedVoterState,
    role: Role,
    registry: Option<Registry>,
    duties: Duties,
    args: NodeArgs,
    telemetry: Option<Telemetry>,
}

/// Starts a node. It runs until the returned tasks end.
pub fn start<N: NetworkBackend<Block, Hash>>(
    config: Configuration,
    args: NodeArgs,
    no_grandpa: bool,
) -> Result<TaskManager, Error> {
    let opened = partial::open(&config, args.wasm_cache.as_deref())?;
    let duties = open_duties(&config, &args, &opened)?;
    let voter_chain = duties.voter_chain(opened.select_chain());
    let Imports {
        pool,
        queue,
        consensus,
        grandpa,
    } = opened.imports(&config, voter_chain)?;
    let network = network::start::<N>(network::Foundation {
        config: &config,
        client: opened.client.clone(),
        backend: opened.backend.clone(),
        pool: pool.clone(),
        import_queue: queue,
        grandpa: &grandpa,
        tasks: &opened.tasks,
    })?;
    let kind = consensus.kind();
    let (name, force) = (config.network.node_name.clone(), config.force_authoring);
    let mut node = Node::new(&config, args, opened, pool, &network, duties)?;
    if config.offchain_worker.enabled {
        let workers = offchain::workers(node.offchain())?;
        node.tasks
            .spawn_handle()
            .spawn("offchain-workers-runner", "offchain-worker", workers);
    }
    let notifications = node.record(kind, network.grandpa_notifications)?;
    node.serve(
        config,
        (&consensus, &grandpa),
        network.system_rpc,
        network.transactions,
    )?;
    node.attend(&consensus);
    if node.role.is_authority() {
        node.author(consensus, force)?;
    }
    if !no_grandpa {
        node.vote(name, grandpa, (network.grandpa_name, notifications))?;
    }
    Ok(node.tasks)
}

fn open_duties(config: &Configuration, args: &NodeArgs, opened: &Opened) -> Result<Duties, Error> {
    let about = NodeAbout {
        chain_folder: &config.base_path.config_dir(config.chain_spec.id()),
        genesis: opened.client.info().genesis_hash.0,
        version: &config.impl_version,
        registry: config.prometheus_registry(),
        // The patched voter of this node keeps a vote that is not signed.
        options: Options {
            voter_waits: true,
            ..Default::default()
        },
    };
    Duties::open(&args.duty, about).map_err(refused)
}

fn refused(refusal: String) -> Error {
    Error::Other(format!("watchbill: {refusal}"))
}

impl Node {
    fn new(
        config: &Configuration,
        args: NodeArgs,
        opened: Opened,
        pool: Arc<Pool>,
        network: &Network,
        duties: Duties,
    ) -> Result<Self, Error> {
        let plain_keystore = opened.keystore.keystore();
        let duty_keystore = duties.keystore(plain_keystore.clone()).map_err(refused)?;
        Ok(Self {
            select_chain: opened.select_chain(),
            duty_keystore,
            plain_keystore,
            client: opened.client,
            backend: opened.backend,
            pool,
            tasks: opened.tasks,
            network: network.service.clone(),
            sync: network.sync.clone(),
            voter_state: SharedVoterState::empty(),
            role: config.role,
            registry: config.prometheus_registry().cloned(),
            duties,
            args,
            telemetry: opened.telemetry,
        })
    }

    fn offchain(&self) -> Offchain<'_> {
        Offchain {
            client: self.client.clone(),
            backend: &self.backend,
            pool: self.offchain_pool(),
            network: self.network.clone(),
            keystore: self.duty_keystore.clone(),
            is_authority: self.role.is_authority(),
            spawner: self.tasks.spawn_handle(),
        }
    }

    fn offchain_pool(&self) -> OffchainTransactionPoolFactory<Block> {
        OffchainTransactionPoolFactory::new(self.pool.clone())
    }

    /// Starts what is to be recorded, and puts the tap on GRANDPA's notifications.
    fn record(
        &self,
        kind: Kind,
        notifications: Box<dyn NotificationService>,
    ) -> Result<Box<dyn NotificationService>, Error> {
        if let Some(file) = &self.args.tap.record_blocks {
            let blocks = tap::record_blocks(self.client.clone(), kind, file).map_err(Error::Other)?;
            self.tasks.spawn_handle().spawn("record-blocks", None, blocks);
        }
        match &self.args.tap.record_votes {
            Some(file) => tap::record_votes(notifications, file).map_err(Error::Other),
            None => Ok(notifications),
        }
    }

    /// Stock tasks and the RPC.
    fn serve(
        &mut self,
        config: Configuration,
        (consensus, grandpa): (&Setup, &GrandpaLink),
        system_rpc_tx: network::SystemRpc,
        tx_handler_controller: network::Transactions,
    ) -> Result<(), Error> {
        let methods = rpc::Methods::new(
            (self.client.clone(), self.backend.clone(), self.pool.clone()),
            self.plain_keystore.clone(),
            self.select_chain.clone(),
            consensus,
            (grandpa, self.voter_state.clone()),
            self.round_state(),
        );
        sc_service::spawn_tasks(SpawnTasksParams {
            config,
            client: self.client.clone(),
            backend: self.backend.clone(),
            task_manager: &mut self.tasks,
            keystore: self.plain_keystore.clone(),
            transaction_pool: self.pool.clone(),
            rpc_builder: Box::new(move |executor| methods.module(executor)),
            network: self.network.clone(),
            system_rpc_tx,
            tx_handler_controller,
            sync_service: self.sync.clone(),
            telemetry: self.telemetry.as_mut(),
            tracing_execute_block: None,
        })?;
        Ok(())
    }

    /// Only the votes of a gated node wait; a plain node keeps the stock method.
    fn round_state(&self) -> rpc::RoundState {
        if self.duties.is_gated() && !self.args.stock_round_state {
            rpc::RoundState::Replaced
        } else {
            rpc::RoundState::Stock
        }
    }

    /// A gated node reports how it is, and looks after its connection.
    fn attend(&self, consensus: &Setup) {
        let attendance = Attendance {
            client: self.client.clone(),
            sync: self.sync.clone(),
            peers: self.peers(),
            keystore: self.plain_keystore.clone(),
            slot: consensus.slot_duration(),
            kinds: match consensus.kind() {
                Kind::Babe => BABE_DUTIES,
                Kind::Aura => AURA_DUTIES,
            },
            beefy_set: None,
        };
        self.duties
            .attend::<Block, Backend, _>(attendance, &self.tasks.spawn_handle());
    }

    fn peers(&self) -> PeerCount {
        let sync = self.sync.clone();
        Arc::new(move || sync.num_connected_peers())
    }

    fn author(&self, consensus: Setup, force: bool) -> Result<(), Error> {
        if consensus.kind() == Kind::Babe && !self.args.no_offence_reports {
            let reports = offences::watch(self.client.clone(), self.offchain_pool());
            self.tasks
                .spawn_handle()
                .spawn("babe-offence-watch", Some("babe"), reports);
        }
        let (spawner, registry) = (self.tasks.spawn_handle(), self.registry.as_ref());
        let proposers = ProposerFactory::new(spawner, self.client.clone(), self.pool.clone(), registry, None);
        let authors: Arc<dyn AuthorKeys<Block>> = match consensus.kind() {
            Kind::Babe => Arc::new(BabeAuthors::new(self.client.clone())),
            Kind::Aura => Arc::new(AuraAuthors::<_, AuthorityId>::new(self.client.clone())),
        };
        let slot = consensus.slot_duration();
        let environment = self.duties.proposers(proposers, authors, slot);
        let name = match consensus.kind() {
            Kind::Babe => "babe-proposer",
            Kind::Aura => "aura",
        };
        let task = consensus.author(Authoring {
            client: self.client.clone(),
            select_chain: self.select_chain.clone(),
            environment,
            keystore: self.duty_keystore.clone(),
            sync: self.sync.clone(),
            force,
        })?;
        self.tasks
            .spawn_essential_handle()
            .spawn_blocking(name, Some("block-authoring"), task);
        Ok(())
    }

    fn vote(
        &self,
        name: String,
        link: GrandpaLink,
        (protocol, notifications): (ProtocolName, Box<dyn NotificationService>),
    ) -> Result<(), Error> {
        let voter = Voter {
            name,
            role: self.role,
            keystore: self.duty_keystore.clone(),
            gossip_duration: Duration::from_millis(self.args.gossip_duration_ms),
            link,
            network: self.network.clone(),
            sync: self.sync.clone(),
            protocol,
            notifications,
            state: self.voter_state.clone(),
            pool: self.pool.clone(),
            registry: self.registry.clone(),
            telemetry: self.telemetry.as_ref().map(Telemetry::handle),
        };
        let ready = self
            .duties
            .somebody_on_watch(self.plain_keystore.clone(), self.peers());
        voter::start(voter, ready, &self.tasks)
    }
}
