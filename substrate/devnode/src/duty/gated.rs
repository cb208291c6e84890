//! A node whose signatures are asked for.

use super::{
    chain_clock,
    connection::Connection,
    facts::NodeFacts,
    settings::{DutyArgs, DutyMode, Settings},
    steward::Steward,
    timing::TimingFile,
    LOG_TARGET,
};
use crate::{
    consensus::{Kind, Setup},
    partial::{Client, Longest},
    runtime::{Block, Hash},
};
use futures::future::BoxFuture;
use futures_timer::Delay;
use parking_lot::Mutex;
use sc_client_api::AuxStore;
use sc_network_sync::SyncingService;
use sc_service::{Configuration, TaskManager};
use sp_consensus_aura::sr25519::AuthorityId;
use sp_core::crypto::key_types;
use sp_keystore::KeystorePtr;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Permits, Watch};
use watchbill_gate::{
    AuraAuthors, AuthorKeys, BabeAuthors, Gate, GatedEnvironment, GatedSelectChain, Options, Silence,
    SlotClock, VoterState, VOTER_STATE_KEY,
};

/// Longest wait of the voter at start for somebody to be on watch.
const WATCH_WAIT: Duration = Duration::from_secs(15);
/// Reports are sent about once a second: this long after the first peer, one with it is out.
const REPORTED_AFTER: Duration = Duration::from_millis(1500);
const WATCH_LOOK: Duration = Duration::from_millis(100);

/// The gate of this node and its connection.
pub struct Gated {
    gate: Gate,
    connection: Arc<Connection>,
    timing_file: Option<PathBuf>,
    version: String,
}

/// What is looked after and reported while the node runs.
pub struct Attendance<'a> {
    /// Database, state and execution.
    pub client: &'a Arc<Client>,
    /// Peers.
    pub sync: &'a Arc<SyncingService<Block>>,
    /// The plain keystore.
    pub keystore: &'a KeystorePtr,
    /// How blocks are authored, and the length of a slot.
    pub consensus: &'a Setup,
    /// Runs it.
    pub tasks: &'a TaskManager,
}

impl Gated {
    /// The gate that the flags ask for; none with `--duty off`. [`refuse_forgotten_gate`](super::refuse_forgotten_gate)
    /// comes first.
    pub fn open(args: &DutyArgs, config: &Configuration, genesis: Hash) -> Option<Self> {
        if args.duty == DutyMode::Off {
            return None;
        }
        let settings = Settings::new(args, config, genesis.0);
        let (vote_timeout, enter_timeout) = (settings.vote_timeout(), settings.enter_timeout());
        let connection = Arc::new(Connection::new(settings));
        let refused = connection.clone();
        let options = Options {
            vote_timeout,
            enter_timeout,
            refused,
            ..Options::default()
        };
        let gate = Gate::new(connection.clone(), options);
        if let Some(Err(e)) = config
            .prometheus_registry()
            .map(|registry| gate.register_metrics(registry))
        {
            log::warn!(target: LOG_TARGET, "watchbill: /metrics of this node lacks watchbill_gate_*: {e}");
        }
        log::info!(target: LOG_TARGET, "watchbill: every signature of a duty is asked for; nothing is signed without a grant");
        Some(Self {
            gate,
            connection,
            timing_file: args.duty_timing_file.clone(),
            version: config.impl_version.clone(),
        })
    }

    /// A keystore that asks first.
    pub fn keystore(&self, plain: KeystorePtr) -> KeystorePtr {
        self.gate.keystore(plain)
    }

    /// A chain selection for the voter that asks first.
    pub fn select_chain(&self, plain: Longest) -> GatedSelectChain<Longest> {
        self.gate.select_chain(plain)
    }

    /// Proposers that ask first.
    pub fn environment<E>(
        &self,
        plain: E,
        consensus: &Setup,
        client: &Arc<Client>,
    ) -> GatedEnvironment<Block, E> {
        let authors: Arc<dyn AuthorKeys<Block>> = match consensus.kind() {
            Kind::Babe => Arc::new(BabeAuthors::new(client.clone())),
            Kind::Aura => Arc::new(AuraAuthors::<_, AuthorityId>::new(client.clone())),
        };
        self.gate.environment(plain, authors, consensus.slot_duration())
    }

    /// Begins to report, and to look after the connection.
    pub fn attend(&self, attendance: Attendance) {
        let Attendance {
            client,
            sync,
            keystore,
            consensus,
            tasks,
        } = attendance;
        let reader = Arc::downgrade(client);
        let stored = move || match reader.upgrade() {
            Some(client) => client.get_aux(VOTER_STATE_KEY).map_err(|e| e.to_string()),
            None => Err("the node is stopping".into()),
        };
        self.gate
            .set_voter_state::<Block>(Arc::new(stored) as Arc<dyn VoterState>);
        let clock = Arc::new(Mutex::new(SlotClock::new(consensus.slot_duration())));
        let silence = Arc::new(Mutex::new(Silence::new(consensus.slot_duration())));
        let following = chain_clock::follow(client.clone(), consensus.kind(), clock.clone(), silence.clone());
        tasks
            .spawn_handle()
            .spawn("watchbill-clock", Some("watchbill"), following);
        let facts = NodeFacts {
            client: Arc::downgrade(client),
            sync: sync.clone(),
            clock,
            silence,
            keystore: keystore.clone(),
            kind: consensus.kind(),
            version: self.version.clone(),
        };
        let timing = self
            .timing_file
            .clone()
            .map(|path| TimingFile::new(path, self.gate.clone()));
        let steward = Steward::new(
            self.connection.clone(),
            keystore.clone(),
            consensus.kind(),
            Arc::new(facts),
            timing,
        );
        tasks
            .spawn_handle()
            .spawn_blocking("watchbill-steward", Some("watchbill"), steward.run());
    }

    /// Ends when it is known who is on watch for each GRANDPA key, or after [`WATCH_WAIT`]. A voter that starts earlier
    /// abstains from its first round, which a small network may need.
    pub fn somebody_on_watch(
        &self,
        keystore: &KeystorePtr,
        sync: &Arc<SyncingService<Block>>,
    ) -> BoxFuture<'static, ()> {
        let (connection, keystore, sync) = (self.connection.clone(), keystore.clone(), sync.clone());
        Box::pin(async move {
            let until = Instant::now() + WATCH_WAIT;
            let mut connected: Option<Instant> = None;
            while Instant::now() < until {
                if sync.num_connected_peers() > 0 {
                    connected.get_or_insert_with(Instant::now);
                }
                let is_reported = connected.is_some_and(|since| since.elapsed() >= REPORTED_AFTER);
                if is_settled(&*connection, &keystore, is_reported) {
                    return;
                }
                Delay::new(WATCH_LOOK).await;
            }
        })
    }
}

/// Whether the voter may start. A holder that the service remembers may be this node from before, which is told to be
/// unfit until it has reported its first peer.
fn is_settled(permits: &impl Permits, keystore: &KeystorePtr, is_reported: bool) -> bool {
    let keys = keystore.keys(key_types::GRANDPA).unwrap_or_default();
    keys.iter()
        .map(|key| permits.watch(key))
        .all(|watch| match watch {
            Watch::Unwatched => true,
            Watch::Ours { .. } => is_reported,
            Watch::Theirs { holder, .. } => is_reported && holder.is_some(),
            Watch::Unknown => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use watchbill_client::{Answer, Claim};

    struct FakePermits(Watch);

    impl Permits for FakePermits {
        fn ask(&self, _: Claim, _: Instant) -> BoxFuture<'static, Answer> {
            unreachable!("nothing is claimed here")
        }
        fn ask_blocking(&self, _: Claim, _: Instant) -> Answer {
            unreachable!("nothing is claimed here")
        }
        fn watch(&self, _: &[u8]) -> Watch {
            self.0.clone()
        }
        fn reachable(&self) -> bool {
            true
        }
    }

    #[test]
    fn the_voter_waits_for_somebody_on_watch() {
        let keystore = MemoryKeystore::new();
        keystore
            .ed25519_generate_new(key_types::GRANDPA, Some("//Alice"))
            .unwrap();
        let keystore: KeystorePtr = Arc::new(keystore);
        let ours = Watch::Ours { term: 1 };
        let theirs = |holder: Option<&str>| Watch::Theirs {
            holder: holder.map(String::from),
            term: 1,
        };
        let cases = [
            (Watch::Unknown, true, false),
            (theirs(None), true, false),
            (theirs(Some("bravo")), true, true),
            (theirs(Some("bravo")), false, false),
            (ours.clone(), true, true),
            (ours, false, false),
            (Watch::Unwatched, false, true),
        ];
        for (watch, is_reported, settled) in cases {
            let found = is_settled(&FakePermits(watch.clone()), &keystore, is_reported);
            assert_eq!(found, settled, "{watch:?}, reported: {is_reported}");
        }
        let no_keys: KeystorePtr = Arc::new(MemoryKeystore::new());
        assert!(is_settled(&FakePermits(Watch::Unknown), &no_keys, false));
    }
}
