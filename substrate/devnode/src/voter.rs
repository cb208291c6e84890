//! The GRANDPA voter, as an essential task: the node stops when it ends, as a stock node does.

use crate::{
    partial::{GrandpaLink, Pool, JUSTIFICATION_PERIOD},
    runtime::Block,
};
use futures::{future::BoxFuture, FutureExt};
use prometheus_endpoint::Registry;
use sc_consensus_grandpa::{Config, GrandpaParams, SharedVoterState, VotingRulesBuilder};
use sc_network::{
    config::Role,
    service::traits::{NetworkService, NotificationService},
    ProtocolName,
};
use sc_network_sync::SyncingService;
use sc_service::{Error, TaskManager};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_keystore::KeystorePtr;
use std::{sync::Arc, time::Duration};

/// What the voter is started with.
pub struct Voter {
    /// Name in logs.
    pub name: String,
    /// A node that is no authority follows and never votes.
    pub role: Role,
    /// Where the key that votes is.
    pub keystore: KeystorePtr,
    /// A round takes two to four of them.
    pub gossip_duration: Duration,
    /// From the import.
    pub link: GrandpaLink,
    /// Peers and protocols.
    pub network: Arc<dyn NetworkService>,
    /// Says whether the node is up to date.
    pub sync: Arc<SyncingService<Block>>,
    /// Name of GRANDPA's protocol on this chain.
    pub protocol: ProtocolName,
    /// Messages of GRANDPA.
    pub notifications: Box<dyn NotificationService>,
    /// Shared with the RPC.
    pub state: SharedVoterState,
    /// Where reports of offences go.
    pub pool: Arc<Pool>,
    /// Metrics.
    pub registry: Option<Registry>,
    /// Reports rounds and authority sets.
    pub telemetry: Option<TelemetryHandle>,
}

/// Starts the voter: at once, or when it is `ready`. Making a voter begins its first round, so that one waits with the
/// making too.
pub fn start(voter: Voter, ready: Option<BoxFuture<'static, ()>>, tasks: &TaskManager) -> Result<(), Error> {
    let task = match ready {
        None => voter.run()?,
        Some(ready) => start_late(voter, ready).boxed(),
    };
    tasks
        .spawn_essential_handle()
        .spawn_blocking("grandpa-voter", None, task);
    Ok(())
}

async fn start_late(voter: Voter, ready: BoxFuture<'static, ()>) {
    ready.await;
    match voter.run() {
        Ok(task) => task.await,
        Err(e) => log::error!(target: "grandpa", "The GRANDPA voter cannot start: {e}"),
    }
}

impl Voter {
    fn run(self) -> Result<BoxFuture<'static, ()>, sp_blockchain::Error> {
        let config = Config {
            gossip_duration: self.gossip_duration,
            justification_generation_period: JUSTIFICATION_PERIOD,
            name: Some(self.name),
            observer_enabled: false,
            keystore: self.role.is_authority().then_some(self.keystore),
            local_role: self.role,
            telemetry: self.telemetry.clone(),
            protocol_name: self.protocol,
        };
        let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
            config,
            link: self.link,
            network: self.network,
            sync: self.sync,
            notification_service: self.notifications,
            voting_rule: VotingRulesBuilder::default().build(),
            prometheus_registry: self.registry,
            shared_voter_state: self.state,
            telemetry: self.telemetry,
            offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(self.pool),
        })?;
        Ok(voter.boxed())
    }
}
