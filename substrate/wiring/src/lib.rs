//! Puts the gate into a node. The rules are in `watchbill-gate`; this crate has what every node needs around it.
//!
//! [`Duties`] is opened from the flags. It turns each part of the node that signs into one that asks first, or leaves it
//! as it is in a node that was started without the gate, so that the node has one type for both. The devnode and the
//! relay node of this repository are wired by these lines:
//!
//! ```
//! # use sp_runtime::{generic, traits::BlakeTwo256, OpaqueExtrinsic};
//! # use std::{path::Path, sync::Arc, time::Duration};
//! # use watchbill_wiring::{Attendance, Duties, DutyArgs, NodeAbout};
//! # type Block = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
//! # fn node<S, E, P, BE, C>(
//! #     args: DutyArgs, chain_folder: &Path, select_chain: S, plain: sp_keystore::KeystorePtr, proposers: E, payloads: P,
//! #     client: Arc<C>, sync: Arc<dyn sp_consensus::SyncOracle + Send + Sync>, slot: Duration,
//! #     spawner: &dyn sp_core::traits::SpawnNamed, peers: watchbill_wiring::PeerCount,
//! #     authors: Arc<dyn watchbill_wiring::AuthorKeys<Block>>,
//! # ) -> Result<(), String>
//! # where
//! #     BE: sc_client_api::Backend<Block> + 'static,
//! #     C: sc_client_api::AuxStore + sp_blockchain::HeaderBackend<Block> + sc_client_api::StorageProvider<Block, BE>
//! #         + sc_client_api::BlockchainEvents<Block> + Send + Sync + 'static,
//! # {
//! // Before anything of consensus is made. The folder is that of the chain: `config.base_path.config_dir(chain id)`.
//! let about = NodeAbout {
//!     chain_folder, genesis: [7; 32], version: "1.24.0", registry: None, options: Default::default(),
//! };
//! let duties = Duties::open(&args, about)?;
//!
//! // `block_import` of GRANDPA gets this chain selection; BABE and the RPC get the plain one.
//! let voter_chain = duties.voter_chain(select_chain);
//! // BABE, GRANDPA, BEEFY and the offchain workers get this keystore; the RPC gets the plain one.
//! let signing = duties.keystore(plain.clone())?;
//! // Authority discovery publishes where the machine on watch is.
//! let published = duties.published(plain.clone());
//! // `BabeParams.env`, and the payload provider of BEEFY. `authors` is `Arc::new(BabeAuthors::new(client.clone()))`, or
//! // `AuraAuthors`.
//! let env = duties.proposers::<Block, _>(proposers, authors, slot);
//! let payloads = duties.payloads(payloads);
//! // Once client and network exist.
//! let attendance = Attendance {
//!     client, sync, peers: peers.clone(), keystore: plain.clone(), slot,
//!     kinds: watchbill_wiring::BABE_DUTIES, beefy_set: None,
//! };
//! duties.attend::<Block, BE, C>(attendance, spawner);
//! // Before `run_grandpa_voter` is called: a task of the voter waits for this future first.
//! let ready = duties.somebody_on_watch(plain, peers);
//! # Ok(())
//! # }
//! ```
//!
//! and by [`replace_round_state`] where the RPC methods are merged.
//!
//! A gated node that cannot ask follows the chain and signs nothing. What is wrong is said at start, and every minute
//! for as long as it lasts, with what to do; it may be put right while the node runs.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod args;
mod chain_clock;
mod connection;
mod duties;
mod facts;
mod forgotten;
mod key_links;
mod lease;
mod parachain_keys;
mod payloads;
mod proposers;
mod published;
mod relay;
mod round_state;
mod sealed;
mod settings;
mod steward;
mod timing;
mod voter_chain;

pub use args::{DutyArgs, DutyMode};
pub use duties::{
    Attendance, Duties, NodeAbout, PeerCount, AURA_DUTIES, BABE_DUTIES, PARACHAIN_DUTIES, RELAY_DUTIES,
};
pub use facts::BeefySet;
pub use payloads::Payloads;
pub use proposers::{OneProposer, Proposers};
pub use relay::{RelayDuties, RelayKeystores};
pub use round_state::replace_round_state;
pub use voter_chain::VoterChain;
pub use watchbill_client::Duty;
pub use watchbill_gate::{AuraAuthors, AuraUnit, AuthorKeys, BabeAuthors, Options, SealDeadline};

const LOG_TARGET: &str = "watchbill";
