//! The parts of a node that sign, each asking first or as in a stock node.

use crate::{
    chain_clock::ChainClock,
    connection::Connection,
    facts::{BeefySet, NodeFacts},
    forgotten::{leave_trace_of_gate, refuse_forgotten_gate},
    parachain_keys::{KeyName, Leases, ParachainKeys, SealedFolder, LEASED_KINDS},
    published::Published,
    sealed::{open_sealed_keys, place, unsealed_keys, SealedKey},
    settings::Settings,
    steward::{Parts, Steward},
    timing::TimingFile,
    DutyArgs, DutyMode, Payloads, Proposers, VoterChain, LOG_TARGET,
};
use futures::{future::BoxFuture, stream::BoxStream, FutureExt};
use futures_timer::Delay;
use parking_lot::Mutex;
use prometheus_endpoint::Registry;
use sc_client_api::{AuxStore, Backend, BlockchainEvents, StorageProvider};
use sc_keystore::LocalKeystore;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_core::{
    crypto::{key_types, KeyTypeId},
    traits::SpawnNamed,
};
use sp_keystore::KeystorePtr;
use sp_runtime::traits::{Block, Header};
use std::{
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use watchbill_client::{Duty, Permits, Watch};
use watchbill_gate::{AuthorKeys, Gate, Options, VoterState, VOTER_STATE_KEY};

/// Longest wait of the voter at start for somebody to be on watch.
const WATCH_WAIT: Duration = Duration::from_secs(15);
/// Reports are sent about once a second: this long after the first peer, one with it is out.
const REPORTED_AFTER: Duration = Duration::from_millis(1500);
const WATCH_LOOK: Duration = Duration::from_millis(100);
/// How often authority discovery looks at its keys: a stock node's value, and one that follows the watch.
const DISCOVERY_REFRESH: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(6)];

/// The keys of duties on a chain with BABE.
pub const BABE_DUTIES: &[(KeyTypeId, Duty)] = &[
    (key_types::BABE, Duty::Babe),
    (key_types::GRANDPA, Duty::Grandpa),
    (key_types::IM_ONLINE, Duty::ImOnline),
];
/// The keys of duties on a chain with Aura and GRANDPA.
pub const AURA_DUTIES: &[(KeyTypeId, Duty)] = &[
    (key_types::AURA, Duty::Aura),
    (key_types::GRANDPA, Duty::Grandpa),
    (key_types::IM_ONLINE, Duty::ImOnline),
];
/// The key of the duty of a collator. Aura signs each block of a parachain.
pub const PARACHAIN_DUTIES: &[(KeyTypeId, Duty)] = &[(key_types::AURA, Duty::AuraParachain)];
/// The keys of duties on a relay chain.
pub const RELAY_DUTIES: &[(KeyTypeId, Duty)] = &[
    (key_types::BABE, Duty::Babe),
    (key_types::GRANDPA, Duty::Grandpa),
    (key_types::BEEFY, Duty::Beefy),
];

/// Tells how many peers are connected.
pub type PeerCount = Arc<dyn Fn() -> usize + Send + Sync>;

/// What the gate is told of the node at start.
pub struct NodeAbout<'a> {
    /// Folder of the chain: `config.base_path.config_dir(config.chain_spec.id())`.
    pub chain_folder: &'a Path,
    /// Hash of block 0.
    pub genesis: [u8; 32],
    /// Release of the node's program, for reports.
    pub version: &'a str,
    /// Where the metrics of the gate go.
    pub registry: Option<&'a Registry>,
    /// `aura_unit` and `seal_deadline` of a chain with several blocks a slot, or of a parachain. The flags set the other fields.
    pub options: Options,
}

/// What is looked after and reported while the node runs.
pub struct Attendance<C> {
    /// Database and state.
    pub client: Arc<C>,
    /// Whether the chain is being downloaded.
    pub sync: Arc<dyn SyncOracle + Send + Sync>,
    /// Connected peers.
    pub peers: PeerCount,
    /// The plain keystore.
    pub keystore: KeystorePtr,
    /// Length of a slot of this chain; in a collator, of the relay chain.
    pub slot: Duration,
    /// [`BABE_DUTIES`], [`AURA_DUTIES`], [`RELAY_DUTIES`] or [`PARACHAIN_DUTIES`].
    pub kinds: &'static [(KeyTypeId, Duty)],
    /// Of a chain with BEEFY: `BeefyApi::validator_set` at the best block.
    pub beefy_set: Option<BeefySet>,
}

/// The gate of this node, or none in a node that was started without it.
pub struct Duties(Option<Gated>);

struct Gated {
    gate: Gate,
    connection: Arc<Connection>,
    timing_file: Option<PathBuf>,
    version: String,
    passing_kinds: Vec<KeyTypeId>,
    /// None in a node whose keys are files. Empty once they were placed.
    sealed: Option<Mutex<Vec<SealedKey>>>,
    /// The sealed keys that are on the active machine alone.
    leased: Option<(SealedFolder, Vec<KeyName>)>,
    leases: OnceLock<Arc<Leases>>,
    /// That of the parachain subsystems, in a relay-chain node.
    parachain: OnceLock<KeystorePtr>,
    chain_folder: PathBuf,
}

impl Duties {
    /// What the flags ask for. Comes before anything of consensus is made; connects to nothing yet.
    ///
    /// # Errors
    /// One line: flags that do not fit each other; a node without the gate that had one before and is not confirmed; a
    /// state file elsewhere to which no link can be made; sealed keys that cannot be opened.
    pub fn open(args: &DutyArgs, about: NodeAbout) -> Result<Self, String> {
        args.check()?;
        refuse_forgotten_gate(args, about.chain_folder)?;
        leave_trace_of_gate(args, about.chain_folder)?;
        if args.duty == DutyMode::Off {
            return Ok(Self(None));
        }
        let (sealed, leased) = match (&args.duty_sealed_keys, &args.duty_identity) {
            (Some(folder), Some(identity)) => {
                let opened = open_sealed_keys(folder, identity)?;
                let (leased, sealed): (Vec<_>, Vec<_>) = opened
                    .into_iter()
                    .partition(|key| LEASED_KINDS.contains(&key.id().0));
                if !leased.is_empty() && args.duty == DutyMode::Original {
                    return Err("keys of para or asgn are sealed, and only --duty claims has leases for them. Use --duty claims, or move their files out of the folder of --duty-sealed-keys".into());
                }
                let names: Vec<KeyName> = leased
                    .iter()
                    .map(|key| (key.id().0, key.id().1.to_vec()))
                    .collect();
                let folder = SealedFolder {
                    folder: folder.clone(),
                    identity: identity.clone(),
                };
                (
                    Some(Mutex::new(sealed)),
                    (!names.is_empty()).then_some((folder, names)),
                )
            }
            _ => (None, None),
        };
        let settings = Settings::new(args, about.chain_folder, about.genesis);
        let vote_timeout = settings.vote_timeout(about.options.voter_waits);
        let enter_timeout = settings.enter_timeout();
        let connection = Arc::new(Connection::new(settings));
        let refused = connection.clone();
        let options = Options {
            vote_timeout,
            enter_timeout,
            passing_kinds: args.duty_pass_kind.clone(),
            refused,
            ..about.options
        };
        let gate = Gate::new(connection.clone(), options);
        if let Some(Err(e)) = about.registry.map(|registry| gate.register_metrics(registry)) {
            log::warn!(target: LOG_TARGET, "watchbill: /metrics of this node lacks watchbill_gate_*: {e}");
        }
        log::info!(target: LOG_TARGET, "watchbill: every signature of a duty is asked for; nothing is signed without a grant");
        Ok(Self(Some(Gated {
            gate,
            connection,
            timing_file: args.duty_timing_file.clone(),
            version: about.version.into(),
            passing_kinds: args.duty_pass_kind.clone(),
            sealed,
            leased,
            leases: OnceLock::new(),
            parachain: OnceLock::new(),
            chain_folder: about.chain_folder.into(),
        })))
    }

    /// No gate, whatever was there before: for commands that open the database and sign nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether this node asks.
    pub fn is_gated(&self) -> bool {
        self.0.is_some()
    }

    /// The chain selection of the voter.
    pub fn voter_chain<S>(&self, plain: S) -> VoterChain<S> {
        match &self.0 {
            Some(gated) => VoterChain::Gated(gated.gate.select_chain(plain)),
            None => VoterChain::Plain(plain),
        }
    }

    /// The keystore of BABE or Aura, GRANDPA, BEEFY and the offchain workers. The first call puts the sealed keys into
    /// the plain one, so it comes before any part of the node that looks for keys.
    ///
    /// # Errors
    /// One line: a sealed key that is also unsealed in the plain keystore.
    pub fn keystore(&self, plain: KeystorePtr) -> Result<KeystorePtr, String> {
        match &self.0 {
            Some(gated) => {
                gated.place_sealed_keys(&plain)?;
                Ok(gated.gate.keystore(plain))
            }
            None => Ok(plain),
        }
    }

    /// The keystores of backing, approvals and disputes. `node` is that of the node, which a stock node uses. In a gated
    /// one, sealed keys of `para` and `asgn` are on the active machine alone; without such keys the keystores are empty.
    ///
    /// # Errors
    /// One line: a protocol without leases; a key that is also unsealed in `node`; a folder that cannot be made.
    pub(crate) fn parachain_keys(&self, node: Arc<LocalKeystore>) -> Result<ParachainKeys, String> {
        let Some(gated) = &self.0 else {
            return Ok(ParachainKeys::of(node));
        };
        let keystores = gated.parachain_keys(node)?;
        gated.parachain.get_or_init(|| keystores.known.clone());
        Ok(keystores)
    }

    /// The environment of BABE or Aura. `authors` are [`BabeAuthors`](crate::BabeAuthors) or
    /// [`AuraAuthors`](crate::AuraAuthors).
    pub fn proposers<B: Block, E>(
        &self,
        plain: E,
        authors: Arc<dyn AuthorKeys<B>>,
        slot: Duration,
    ) -> Proposers<B, E> {
        match &self.0 {
            Some(gated) => Proposers::Gated(gated.gate.environment(plain, authors, slot)),
            None => Proposers::Plain(plain),
        }
    }

    /// The payload provider of BEEFY.
    pub fn payloads<P>(&self, plain: P) -> Payloads<P> {
        match &self.0 {
            Some(gated) => Payloads::Gated(gated.gate.payload_provider(plain)),
            None => Payloads::Plain(plain),
        }
    }

    /// The keystore of authority discovery. Of a gated node it has no keys while another machine is on watch for its
    /// GRANDPA key, or while it is not known who is: two machines that publish one identity take its connections from
    /// each other. The original wire protocol knows no watch; there it always has them.
    pub fn published(&self, plain: KeystorePtr) -> KeystorePtr {
        let Some(gated) = &self.0 else { return plain };
        let (connection, keys) = (gated.connection.clone(), plain.clone());
        let publishes = move || publishes(&*connection, &keys);
        Arc::new(Published::new(plain, Arc::new(publishes)))
    }

    /// `keystore_refresh_interval` of authority discovery.
    pub fn discovery_refresh(&self) -> Duration {
        DISCOVERY_REFRESH[usize::from(self.is_gated())]
    }

    /// Begins to report, and to look after the connection. Once client and network exist, and before the voter is made.
    pub fn attend<B, BE, C>(&self, attendance: Attendance<C>, spawner: &dyn SpawnNamed)
    where
        B: Block,
        BE: Backend<B> + 'static,
        C: AuxStore + HeaderBackend<B> + StorageProvider<B, BE> + BlockchainEvents<B> + Send + Sync + 'static,
    {
        let Some(gated) = &self.0 else { return };
        let clock = ChainClock::new(attendance.slot);
        let imported = attendance.client.import_notification_stream();
        spawner.spawn(
            "watchbill-clock",
            Some("watchbill"),
            clock.clone().follow::<B>(imported).boxed(),
        );
        gated.attend::<B, BE, C>(attendance, clock, spawner);
    }

    /// As [`Duties::attend`], in a collator. The slot of its blocks is that of their relay parent, so the blocks of the relay chain
    /// tell how the clock is off and whether the line is cut: `relay` are their headers, as each is imported, and
    /// `attendance.slot` is the length of a slot there.
    pub fn attend_parachain<B, BE, C, H>(
        &self,
        attendance: Attendance<C>,
        relay: BoxStream<'static, H>,
        spawner: &dyn SpawnNamed,
    ) where
        B: Block,
        BE: Backend<B> + 'static,
        C: AuxStore + HeaderBackend<B> + StorageProvider<B, BE> + Send + Sync + 'static,
        H: Header,
    {
        let Some(gated) = &self.0 else { return };
        let clock = ChainClock::new(attendance.slot);
        let following = clock.clone().follow_relay(relay);
        spawner.spawn("watchbill-clock", Some("watchbill"), following.boxed());
        gated.attend::<B, BE, C>(attendance, clock, spawner);
    }

    /// None in a node without the gate. Else a future that ends when it is known who is on watch for each GRANDPA key, or
    /// after 15 seconds. A voter that is made earlier abstains from its first round, which a small network may need.
    pub fn somebody_on_watch(&self, plain: KeystorePtr, peers: PeerCount) -> Option<BoxFuture<'static, ()>> {
        let connection = self.0.as_ref()?.connection.clone();
        let waiting = async move {
            let until = Instant::now() + WATCH_WAIT;
            let mut connected: Option<Instant> = None;
            while Instant::now() < until {
                if peers() > 0 {
                    connected.get_or_insert_with(Instant::now);
                }
                let is_reported = connected.is_some_and(|since| since.elapsed() >= REPORTED_AFTER);
                if is_settled(&*connection, &plain, is_reported) {
                    return;
                }
                Delay::new(WATCH_LOOK).await;
            }
        };
        Some(waiting.boxed())
    }
}

impl Gated {
    fn attend<B, BE, C>(&self, attendance: Attendance<C>, clock: ChainClock, spawner: &dyn SpawnNamed)
    where
        B: Block,
        BE: Backend<B> + 'static,
        C: AuxStore + HeaderBackend<B> + StorageProvider<B, BE> + Send + Sync + 'static,
    {
        self.read_voter_state::<B, C>(&attendance.client);
        if let Some(set) = attendance.beefy_set.clone() {
            self.gate.set_beefy_sets(Arc::new(move || set()));
        }
        let facts = NodeFacts::<B, BE, C> {
            client: Arc::downgrade(&attendance.client),
            sync: attendance.sync,
            peers: attendance.peers,
            clock,
            permits: self.connection.clone(),
            keystore: attendance.keystore.clone(),
            kinds: attendance.kinds,
            beefy_set: attendance.beefy_set,
            gate: self.gate.clone(),
            leases: self.leases.get().cloned(),
            version: self.version.clone(),
            types: PhantomData,
        };
        let timing = self.timing_file.clone();
        let steward = Steward::new(Parts {
            connection: self.connection.clone(),
            keystore: attendance.keystore,
            parachain_keystore: self.parachain.get().cloned(),
            kinds: attendance.kinds,
            passing_kinds: self.passing_kinds.clone(),
            facts: Arc::new(facts),
            timing: timing.map(|path| TimingFile::new(path, self.gate.clone())),
        });
        spawner.spawn_blocking("watchbill-steward", Some("watchbill"), steward.run().boxed());
    }

    fn parachain_keys(&self, node: KeystorePtr) -> Result<ParachainKeys, String> {
        let Some((sealed, names)) = self.leased.clone() else {
            return Ok(ParachainKeys::of(Arc::new(LocalKeystore::in_memory())));
        };
        let leases = Leases::new(sealed, names, &self.chain_folder.join("parachain-keys"), &node)?;
        let keystores = leases.keystores()?;
        self.leases.get_or_init(|| Arc::new(leases)).keep()?;
        Ok(keystores)
    }

    fn place_sealed_keys(&self, keystore: &KeystorePtr) -> Result<(), String> {
        let Some(sealed) = &self.sealed else { return Ok(()) };
        let keys = std::mem::take(&mut *sealed.lock());
        if keys.is_empty() {
            return Ok(());
        }
        let unsealed = unsealed_keys(keystore);
        place(&keys, keystore)?;
        log::info!(target: LOG_TARGET, "watchbill: {} sealed keys are placed in the memory of this node", keys.len());
        for key in unsealed {
            log::warn!(target: LOG_TARGET, "watchbill: {key} is unsealed in the keystore, so a stock node could sign with it. Stop the node and run `watchbill guard seal --remove`");
        }
        Ok(())
    }

    /// The client is held weakly: a gate that ends late must not keep the database open.
    fn read_voter_state<B: Block, C: AuxStore + Send + Sync + 'static>(&self, client: &Arc<C>) {
        let reader = Arc::downgrade(client);
        let stored = move || match reader.upgrade() {
            Some(client) => client.get_aux(VOTER_STATE_KEY).map_err(|e| e.to_string()),
            None => Err("the node is stopping".into()),
        };
        self.gate
            .set_voter_state::<B>(Arc::new(stored) as Arc<dyn VoterState>);
    }
}

fn publishes(permits: &impl Permits, keystore: &KeystorePtr) -> bool {
    let keys = keystore.keys(key_types::GRANDPA).unwrap_or_default();
    keys.iter()
        .any(|key| matches!(permits.watch(key), Watch::Ours { .. } | Watch::Unwatched))
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
    use crate::args::tests::{args, CLAIMS};
    use sp_core::Pair;
    use sp_keystore::{testing::MemoryKeystore, Keystore};
    use watchbill_client::{Answer, Claim};

    fn open(line: &[&str], chain_folder: &Path) -> Result<Duties, String> {
        let about = NodeAbout {
            chain_folder,
            genesis: [1; 32],
            version: "1.24.0",
            registry: None,
            options: Options::default(),
        };
        Duties::open(&args(line), about)
    }

    #[test]
    fn a_node_that_had_a_gate_starts_with_it_or_confirmed() {
        let folder = tempfile::tempdir().unwrap();
        let said = |line: &[&str]| open(line, folder.path()).err().unwrap_or_default();
        assert!(!open(&[], folder.path()).unwrap().is_gated());
        assert!(said(&["--duty-node", "alpha"]).contains("are given: --duty-node"));
        assert!(open(&CLAIMS, folder.path()).unwrap().is_gated());
        std::fs::write(folder.path().join("watchbill-gate.json"), "pinned").unwrap();
        assert!(said(&[]).contains("--duty-off-confirmed"), "{}", said(&[]));
        assert!(!open(&["--duty-off-confirmed"], folder.path()).unwrap().is_gated());
    }

    #[test]
    fn each_part_is_plain_without_the_gate_and_gated_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let keystore: KeystorePtr = Arc::new(MemoryKeystore::new());
        let no_peers = || Arc::new(|| 0usize) as PeerCount;
        let plain = open(&[], folder.path()).unwrap();
        assert!(matches!(plain.voter_chain(()), VoterChain::Plain(())));
        assert!(matches!(plain.payloads(()), Payloads::Plain(())));
        assert!(Arc::ptr_eq(&plain.keystore(keystore.clone()).unwrap(), &keystore));
        assert!(Arc::ptr_eq(&plain.published(keystore.clone()), &keystore));
        assert!(plain.somebody_on_watch(keystore.clone(), no_peers()).is_none());
        let gated = open(&CLAIMS, folder.path()).unwrap();
        assert!(matches!(gated.voter_chain(()), VoterChain::Gated(_)));
        assert!(matches!(gated.payloads(()), Payloads::Gated(_)));
        assert!(!Arc::ptr_eq(
            &gated.keystore(keystore.clone()).unwrap(),
            &keystore
        ));
        assert!(!Arc::ptr_eq(&gated.published(keystore.clone()), &keystore));
        assert!(gated.somebody_on_watch(keystore.clone(), no_peers()).is_some());
        assert!(gated.discovery_refresh() < plain.discovery_refresh());
    }

    #[test]
    fn sealed_parachain_keys_need_a_protocol_with_leases() {
        let ground = crate::sealed::tests::Ground::new();
        let para = sp_core::sr25519::Pair::from_string("//Alice", None)
            .unwrap()
            .public();
        ground.seal(LEASED_KINDS[0], &para.0, "\"//Alice\"");
        let (sealed, identity) = (ground.at("sealed"), ground.at("identity"));
        let sealed = [
            "--duty-sealed-keys",
            sealed.to_str().unwrap(),
            "--duty-identity",
            identity.to_str().unwrap(),
        ];
        let said = |line: &[&str]| {
            open(&[line, &sealed].concat(), &ground.at(""))
                .err()
                .unwrap_or_default()
        };
        assert_eq!(said(&CLAIMS), "");
        let original = ["--duty", "original", "--duty-url-file", "/urls"];
        assert!(
            said(&original).contains("only --duty claims has leases"),
            "{}",
            said(&original)
        );
    }

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
            let permits = FakePermits(watch.clone());
            let is_here = matches!(watch, Watch::Ours { .. } | Watch::Unwatched);
            assert_eq!(publishes(&permits, &keystore), is_here, "{watch:?}");
            let found = is_settled(&permits, &keystore, is_reported);
            assert_eq!(found, settled, "{watch:?}, reported: {is_reported}");
        }
        let no_keys: KeystorePtr = Arc::new(MemoryKeystore::new());
        assert!(is_settled(&FakePermits(Watch::Unknown), &no_keys, false));
    }
}
