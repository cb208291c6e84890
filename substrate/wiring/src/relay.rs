//! The duties of a relay-chain node, in the form in which its builder takes them.

use crate::{
    duties::{Attendance, Duties, NodeAbout, PeerCount, RELAY_DUTIES},
    parachain_keys::{ParachainKeys, ASGN, PARA},
    replace_round_state, DutyArgs, Proposers, LOG_TARGET,
};
use futures::{future::Either, Future};
use jsonrpsee::RpcModule;
use prometheus_endpoint::Registry;
use sc_client_api::{AuxStore, Backend, BlockchainEvents, StorageProvider};
use sc_keystore::LocalKeystore;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_consensus_babe::BabeApi;
use sp_consensus_beefy::{ecdsa_crypto, BeefyApi};
use sp_core::{crypto::key_types::AUTHORITY_DISCOVERY, traits::SpawnNamed};
use sp_keystore::KeystorePtr;
use sp_runtime::traits::Block;
use std::{
    error::Error,
    fmt, io,
    ops::Deref,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};
use watchbill_client::{Finding, Severity};
use watchbill_gate::{BabeAuthors, Options};

static OF_PROCESS: OnceLock<DutyArgs> = OnceLock::new();

impl DutyArgs {
    /// Sets the flags of this process, before its relay-chain node is built. A second call changes nothing. Every way to
    /// build such a node reads them, so that none forgets the gate.
    pub fn set(self) {
        let _ = OF_PROCESS.set(self);
    }
}

/// [`Duties`] of a relay-chain node with the flags of this process ([`DutyArgs::set`]); a stock node if none were set.
/// Its voter keeps a vote that is not signed.
pub struct RelayDuties {
    duties: Duties,
    keystores: RelayKeystores,
    peers: OnceLock<PeerCount>,
}

impl Deref for RelayDuties {
    type Target = Duties;

    fn deref(&self) -> &Duties {
        &self.duties
    }
}

impl RelayDuties {
    /// As [`Duties::open`]; `node` is the keystore of the node.
    ///
    /// # Errors
    /// As [`Duties::open`]; and a key that is sealed and also unsealed in `node`, or a folder that cannot be made.
    pub fn open(
        chain_folder: &Path,
        genesis: [u8; 32],
        version: &str,
        registry: Option<&Registry>,
        node: Arc<LocalKeystore>,
    ) -> io::Result<Self> {
        let args = OF_PROCESS.get().cloned().unwrap_or_default();
        let options = Options {
            voter_waits: true,
            ..Options::default()
        };
        let about = NodeAbout {
            chain_folder,
            genesis,
            version,
            registry,
            options,
        };
        Self::of(&args, about, node).map_err(io::Error::other)
    }

    fn of(args: &DutyArgs, about: NodeAbout, node: Arc<LocalKeystore>) -> Result<Self, String> {
        let duties = Duties::open(args, about)?;
        let plain: KeystorePtr = node.clone();
        let keystores = RelayKeystores {
            signing: duties.keystore(plain.clone())?,
            published: duties.published(plain.clone()),
            parachain: duties.parachain_keys(node)?,
            plain,
        };
        Ok(Self {
            duties,
            keystores,
            peers: OnceLock::new(),
        })
    }

    /// In place of the keystore container of the node.
    pub fn keystores(&self) -> RelayKeystores {
        self.keystores.clone()
    }

    /// As [`Duties::proposers`], for BABE.
    pub fn babe_proposers<B, E, C>(&self, plain: E, client: Arc<C>, slot: Duration) -> Proposers<B, E>
    where
        B: Block,
        C: ProvideRuntimeApi<B> + Send + Sync + 'static,
        C::Api: BabeApi<B>,
    {
        self.proposers(plain, Arc::new(BabeAuthors::new(client)), slot)
    }

    /// As [`Duties::attend`].
    pub fn attend_relay<B, BE, C>(
        &self,
        client: Arc<C>,
        sync: Arc<dyn SyncOracle + Send + Sync>,
        peers: PeerCount,
        slot: Duration,
        spawner: &dyn SpawnNamed,
    ) where
        B: Block,
        BE: Backend<B> + 'static,
        C: AuxStore + HeaderBackend<B> + StorageProvider<B, BE> + BlockchainEvents<B>,
        C: ProvideRuntimeApi<B> + Send + Sync + 'static,
        C::Api: BeefyApi<B, ecdsa_crypto::AuthorityId>,
    {
        let reader = Arc::downgrade(&client);
        let beefy_set = move || {
            let client = reader.upgrade()?;
            let best = client.info().best_hash;
            let set = client.runtime_api().validator_set(best).ok().flatten();
            set.map(|set| set.id())
        };
        let attendance = Attendance {
            client,
            sync,
            peers: self.peers.get_or_init(|| peers).clone(),
            keystore: self.keystores.plain.clone(),
            slot,
            kinds: RELAY_DUTIES,
            beefy_set: Some(Arc::new(beefy_set)),
        };
        self.attend::<B, BE, C>(attendance, spawner);
    }

    /// The voter of GRANDPA, which `make` makes. A gated node waits with the making too, because that begins the first
    /// round: see [`Duties::somebody_on_watch`].
    ///
    /// # Errors
    /// That of `make`, in a node without the gate. In a gated one it is logged, and the future ends.
    pub fn voter<V, E>(
        &self,
        make: impl FnOnce() -> Result<V, E> + Send + 'static,
    ) -> Result<impl Future<Output = ()> + Send, E>
    where
        V: Future<Output = ()> + Send,
        E: fmt::Display,
    {
        let peers = self.peers.get_or_init(|| Arc::new(|| 0)).clone();
        let Some(ready) = self.somebody_on_watch(self.keystores.plain.clone(), peers) else {
            return Ok(Either::Left(make()?));
        };
        Ok(Either::Right(async move {
            ready.await;
            match make().map_err(|e| e.to_string()) {
                Ok(voter) => voter.await,
                Err(e) => log::error!(target: LOG_TARGET, "watchbill: the GRANDPA voter cannot start: {e}"),
            }
        }))
    }
}

impl Duties {
    /// Puts [`replace_round_state`] into the RPC methods of a gated node.
    pub fn round_state(
        &self,
    ) -> impl Fn(RpcModule<()>) -> Result<RpcModule<()>, Box<dyn Error + Send + Sync>> {
        let is_gated = self.is_gated();
        move |mut module| {
            if is_gated {
                replace_round_state(&mut module)?;
            }
            Ok(module)
        }
    }
}

/// The keystores of a relay-chain node: one for all parts in a stock node.
#[derive(Clone)]
pub struct RelayKeystores {
    plain: KeystorePtr,
    signing: KeystorePtr,
    published: KeystorePtr,
    parachain: ParachainKeys,
}

impl RelayKeystores {
    /// For all that signs duties. It asks first.
    pub fn keystore(&self) -> KeystorePtr {
        self.signing.clone()
    }

    /// For the RPC, which makes keys and their proofs.
    pub fn plain(&self) -> KeystorePtr {
        self.plain.clone()
    }

    /// For authority discovery: see [`Duties::published`].
    pub fn published(&self) -> KeystorePtr {
        self.published.clone()
    }

    /// Has the parachain keys of this validator, wherever their secrets are: for what connects and distributes, and for
    /// disputes.
    pub fn local_keystore(&self) -> Arc<LocalKeystore> {
        self.parachain.known.clone()
    }

    /// Has the parachain keys whose secrets are here: for what signs statements, bitfields, approvals and votes on code.
    pub fn active_keystore(&self) -> Arc<LocalKeystore> {
        self.parachain.active.clone()
    }
}

/// Says which keys a gated node does not use where they are: `author_rotateKeys` makes them all in the node's keystore.
/// `parachain` is the keystore of the parachain subsystems.
pub(crate) fn misplaced_keys(node: &KeystorePtr, parachain: &KeystorePtr) -> Vec<Finding> {
    let of_node = |kind| node.keys(kind).unwrap_or_default();
    let lacks = |kind| {
        let held = parachain.keys(kind).unwrap_or_default();
        of_node(kind).iter().any(|key| !held.contains(key))
    };
    let is_leased = !parachain.keys(PARA).unwrap_or_default().is_empty();
    let mut found = Vec::new();
    if !of_node(PARA).is_empty() || !of_node(ASGN).is_empty() {
        found.push("the keystore holds keys of para or asgn, and this node does not use them: two machines with them would both back and approve. Seal the keys with `watchbill guard seal --remove`, name the folder with --duty-sealed-keys, and restart the node before the session that begins with these keys.");
    }
    if is_leased && lacks(AUTHORITY_DISCOVERY) {
        found.push("the keystore has a key of audi that came after the start of this node, which connects to no other validator with it. Restart the node before the session that begins with this key.");
    }
    let finding = |text: &str| Finding {
        severity: Severity::Warning,
        text: text.into(),
    };
    found.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tests::{args, CLAIMS};
    use sp_core::crypto::KeyTypeId;
    use sp_keystore::{testing::MemoryKeystore, Keystore};

    fn keystore(kinds: &[KeyTypeId]) -> KeystorePtr {
        let keystore = MemoryKeystore::new();
        for kind in kinds {
            keystore.sr25519_generate_new(*kind, Some("//Alice")).unwrap();
        }
        Arc::new(keystore)
    }

    #[test]
    fn a_stock_node_has_one_keystore_and_a_gated_one_has_four() {
        let folder = tempfile::tempdir().unwrap();
        let opened = |line: &[&str]| {
            let about = NodeAbout {
                chain_folder: folder.path(),
                genesis: [1; 32],
                version: "1.25.1",
                registry: None,
                options: Options::default(),
            };
            let node = Arc::new(LocalKeystore::in_memory());
            node.sr25519_generate_new(PARA, Some("//Alice")).unwrap();
            let duties = RelayDuties::of(&args(line), about, node.clone()).unwrap();
            let keystores = duties.keystores();
            assert!(Arc::ptr_eq(&keystores.plain(), &(node.clone() as KeystorePtr)));
            let others = [keystores.keystore(), keystores.published()];
            let others = others.map(|one| Arc::ptr_eq(&one, &keystores.plain()));
            let parachain = [keystores.local_keystore(), keystores.active_keystore()];
            (
                others,
                parachain.map(|one| Arc::ptr_eq(&one, &node)),
                parachain_keys(&keystores),
            )
        };
        assert_eq!(opened(&[]), ([true; 2], [true; 2], [1; 2]));
        // Keys that are not sealed sign nothing in a gated node.
        assert_eq!(opened(&CLAIMS), ([false; 2], [false; 2], [0; 2]));
    }

    fn parachain_keys(keystores: &RelayKeystores) -> [usize; 2] {
        [keystores.local_keystore(), keystores.active_keystore()].map(|one| one.keys(PARA).unwrap().len())
    }

    #[test]
    fn keys_that_are_not_used_where_they_are_are_named() {
        let cases: [(&[KeyTypeId], &[KeyTypeId], &[&str]); 6] = [
            (&[AUTHORITY_DISCOVERY], &[], &[]),
            (&[AUTHORITY_DISCOVERY], &[PARA, AUTHORITY_DISCOVERY], &[]),
            (&[PARA], &[], &["para or asgn"]),
            (&[ASGN], &[], &["para or asgn"]),
            (
                &[ASGN, AUTHORITY_DISCOVERY],
                &[PARA],
                &["para or asgn", "came after the start"],
            ),
            (&[AUTHORITY_DISCOVERY], &[PARA], &["came after the start"]),
        ];
        for (node, parachain, expected) in cases {
            let found = misplaced_keys(&keystore(node), &keystore(parachain));
            assert_eq!(found.len(), expected.len(), "{node:?} {parachain:?}: {found:?}");
            for (finding, part) in found.iter().zip(expected) {
                assert!(finding.text.contains(part), "{finding}");
            }
        }
    }
}
