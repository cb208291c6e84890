//! The parts of a node that need no network: client, pool, consensus imports.

use crate::{
    consensus,
    runtime::{Block, RuntimeApi},
};
use sc_consensus::DefaultImportQueue;
use sc_consensus_grandpa::{GrandpaBlockImport, GrandpaPruningFilter, LinkHalf};
use sc_service::{Configuration, Error, KeystoreContainer, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool::TransactionPoolHandle;
use std::{path::Path, sync::Arc};
use watchbill_wiring::VoterChain;

type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;

/// Database, state and execution.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database of the client.
pub type Backend = sc_service::TFullBackend<Block>;
/// Transactions that wait for a block.
pub type Pool = TransactionPoolHandle<Block, Client>;
/// Chain selection for all but the voter.
pub type Longest = sc_consensus::LongestChain<Backend, Block>;
/// GRANDPA's side of block import; both kinds of consensus import through it.
pub type GrandpaImport = GrandpaBlockImport<Backend, Block, Client, VoterChain<Longest>>;
/// What the GRANDPA voter takes over from the import.
pub type GrandpaLink = LinkHalf<Block, Client, VoterChain<Longest>>;

/// Blocks between two stored GRANDPA justifications; Polkadot's value.
pub const JUSTIFICATION_PERIOD: u32 = 512;

/// An open database.
pub struct Opened {
    /// Database, state and execution.
    pub client: Arc<Client>,
    /// The database of the client.
    pub backend: Arc<Backend>,
    /// The keystore of the node's flags.
    pub keystore: KeystoreContainer,
    /// Runs everything.
    pub tasks: TaskManager,
    /// Reports to telemetry servers, where `--telemetry-url` names any.
    pub telemetry: Option<Telemetry>,
}

/// Pool and imports on top of an open database.
pub struct Imports {
    /// Transactions that wait for a block.
    pub pool: Arc<Pool>,
    /// Where blocks of others go.
    pub queue: DefaultImportQueue<Block>,
    /// BABE or Aura, ready to author.
    pub consensus: consensus::Setup,
    /// For the voter.
    pub grandpa: GrandpaLink,
}

/// Opens or creates the database. `wasm_cache` is created when it is missing.
pub fn open(config: &Configuration, wasm_cache: Option<&Path>) -> Result<Opened, Error> {
    let worker = telemetry_worker(config)?;
    let (client, backend, keystore, tasks) = sc_service::new_full_parts::<Block, RuntimeApi, _>(
        config,
        worker.as_ref().map(|(_, telemetry)| telemetry.handle()),
        executor(config, wasm_cache)?,
        vec![Arc::new(GrandpaPruningFilter)],
    )?;
    let telemetry = worker.map(|(worker, telemetry)| {
        tasks.spawn_handle().spawn("telemetry", None, worker.run());
        telemetry
    });
    Ok(Opened {
        client: Arc::new(client),
        backend,
        keystore,
        tasks,
        telemetry,
    })
}

impl Opened {
    /// Chain selection for all but the voter.
    pub fn select_chain(&self) -> Longest {
        Longest::new(self.backend.clone())
    }

    /// Makes pool and imports. The voter is told of the best chain by `voter_chain`.
    pub fn imports(
        &self,
        config: &Configuration,
        voter_chain: VoterChain<Longest>,
    ) -> Result<Imports, Error> {
        let client = &self.client;
        let spawner = self.tasks.spawn_essential_handle();
        let registry = config.prometheus_registry();
        let pool = sc_transaction_pool::Builder::new(
            spawner.clone(),
            client.clone(),
            config.role.is_authority().into(),
        )
        .with_options(config.transaction_pool.clone())
        .with_prometheus(registry)
        .build();
        let pool = Arc::new(pool);
        let (grandpa_import, grandpa) = sc_consensus_grandpa::block_import(
            client.clone(),
            JUSTIFICATION_PERIOD,
            &(client.clone() as Arc<_>),
            voter_chain,
            self.telemetry.as_ref().map(Telemetry::handle),
        )?;
        let (queue, consensus) = consensus::set_up(consensus::Foundation {
            client: client.clone(),
            pool: pool.clone(),
            select_chain: self.select_chain(),
            grandpa_import,
            spawner,
            registry,
        })?;
        Ok(Imports {
            pool,
            queue,
            consensus,
            grandpa,
        })
    }
}

fn telemetry_worker(config: &Configuration) -> Result<Option<(TelemetryWorker, Telemetry)>, Error> {
    let endpoints = config.telemetry_endpoints.clone();
    let Some(endpoints) = endpoints.filter(|endpoints| !endpoints.is_empty()) else {
        return Ok(None);
    };
    let worker = TelemetryWorker::new(16)?;
    let telemetry = worker.handle().new_telemetry(endpoints);
    Ok(Some((worker, telemetry)))
}

fn executor(config: &Configuration, wasm_cache: Option<&Path>) -> Result<Executor, Error> {
    let builder = Executor::builder()
        .with_execution_method(config.executor.wasm_method)
        .with_max_runtime_instances(config.executor.max_runtime_instances)
        .with_runtime_cache_size(config.executor.runtime_cache_size);
    let Some(dir) = wasm_cache else {
        return Ok(builder.build());
    };
    let said = |e: std::io::Error| {
        Error::Other(format!(
            "--wasm-cache {}: {e}; pass a writable folder",
            dir.display()
        ))
    };
    std::fs::create_dir_all(dir).map_err(said)?;
    Ok(builder.with_cache_path(dir.canonicalize().map_err(said)?).build())
}
