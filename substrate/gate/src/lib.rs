//! Asks a permission service before every signature of a Substrate validator, by wrapping public generic parameters of
//! its node; no crate of the node is patched.
//!
//! Several machines may then hold the keys of one validator: for each slot and vote the service grants one of them,
//! and what was not granted is not signed. `docs/duty/explanation/safety.md` says why that holds; this page says what this crate
//! does for it.
//!
//! # What is covered
//!
//! | duty | wrapper | asked | when refused |
//! |---|---|---|---|
//! | BABE, Aura block | [`Gate::environment`], [`Gate::keystore`] | slot, hash | block dropped, slot missed |
//! | GRANDPA round | [`Gate::keystore`], [`Gate::select_chain`] | `enter`, on watch | abstains from the round |
//! | GRANDPA vote | [`Gate::keystore`] | set, round, part, target | waits, or ends a stock voter, see below |
//! | BEEFY vote | [`Gate::keystore`], [`Gate::payload_provider`] | set, block, hash | skipped, tried again |
//! | im-online | [`Gate::keystore`] | session | not sent, tried again |
//! | scheduling info of a collator | feature `aura-scheduling` | slot, core, scheduling parent | not submitted again |
//!
//! A block is asked for once it is built, until two thirds of its slot ([`SealDeadline`]); the hash is that of the unsealed header, and the
//! keystore seals a granted hash once, until half a slot after its slot. What is not granted is dropped with one line in the log, as a block that took too
//! long is. A node that abstains from rounds follows finality. im-online signs in the offchain workers: they need the
//! gated keystore too.
//!
//! Other signatures with those kinds of keys are refused, and all with a kind that the gate does not know. VRF signatures pass, because drawing a slot binds to no block.
//!
//! # What is not covered
//!
//! * Parachain backing, approvals, disputes: approvals and assignments take key pairs out of the concrete
//!   `LocalKeystore` and never come past a `Keystore`. They need one fenced machine.
//! * Authority discovery, and the kinds of [`Options::passing_kinds`]: they pass.
//! * A gated key that is also stored under one of those kinds: [`ungated_copies`] finds it.
//! * The RPC keeps the plain keystore, for owner proofs. No RPC method reads a secret key out. A caller of its unsafe
//!   methods can insert and make keys (`author_insertKey`, `author_rotateKeys`).
//!
//! # How a refused vote ends
//!
//! sc-consensus-grandpa of SDK lines 2606.5 and 2609.2 makes no difference between a keystore that errs and one
//! that has no key: `sp_consensus_grandpa::sign_message` drops the error, `OutgoingMessages::start_send` turns it into
//! `Error::Signing`, and the voter future ends. The voter is an essential task in stock nodes, so the node stops with
//! exit code 1; where it is not essential, the node lives without a voter until it is restarted.
//!
//! With `substrate/devnode/patches/sc-consensus-grandpa.patch` the voter keeps the vote and asks again every two seconds.
//! Say so with [`Options::voter_waits`]: a round that begins while the service is silent is then voted in once it
//! answers, and no vote is remembered as refused. A round is sat out only where the service denies it for good.
//!
//! For a stock voter everything is settled when the round begins, a vote that meets a silent service waits for up to 30 s
//! (blocks go on; the crate `watchbill-wiring` keeps `grandpa_roundState` from stopping the RPC), and
//! [`RefusedRounds`] keeps the restarted node out of a round in which a vote was denied: it would cast its stored vote
//! again. An answer that stays unknown is not kept: after the restart the service says whose the round is. What remains:
//! another node takes a round over between the last look and the vote, or the primary's proposal after a catch-up,
//! which is due before chain selection is asked.
//!
//! # Wiring
//!
//! ```no_run
//! use sp_runtime::traits::Block;
//! use std::{sync::Arc, time::Duration};
//! use watchbill_gate::{BabeAuthors, Gate, GatedEnvironment, GatedSelectChain, Options, Permits, RefusedRounds};
//! use watchbill_gate::{VoterState, VOTER_STATE_KEY};
//!
//! # fn wire<B, C, E, S>(
//! #     permits: Arc<dyn Permits>, refused: Arc<dyn RefusedRounds>, client: Arc<C>, proposers: E, chain: S,
//! #     keystore: sp_keystore::KeystorePtr,
//! #     get_aux: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, String> + Send + Sync + 'static,
//! # ) where
//! #     B: Block,
//! #     C: sp_api::ProvideRuntimeApi<B> + Send + Sync + 'static,
//! #     C::Api: sp_consensus_babe::BabeApi<B>,
//! # {
//! // Once, before anything else of consensus is made. `permits` and `refused` are the client of the service.
//! let gate = Gate::new(permits, Options { refused, ..Options::default() });
//!
//! // sc_consensus_grandpa::block_import gets this chain selection, BABE and the RPC the plain one.
//! let voter_chain: GatedSelectChain<S> = gate.select_chain(chain);
//!
//! // Once the client exists, and before the voter starts. `get_aux` is `AuxStore::get_aux` of the client.
//! gate.set_voter_state::<B>(Arc::new(move || get_aux(VOTER_STATE_KEY)));
//!
//! // BabeParams.env, and `keystore` of BabeParams, of the GRANDPA config and of the offchain workers.
//! let authors = Arc::new(BabeAuthors::new(client));
//! let env: GatedEnvironment<B, E> = gate.environment(proposers, authors, Duration::from_secs(6));
//! let signing = gate.keystore(keystore);
//! # }
//! ```
//!
//! # A start without the gate
//!
//! A node whose flags of the gate were forgotten signs without asking. Call [`refuse_plain_start`] at every start that
//! makes no gate: it refuses one of a node that had a gate before, unless a person confirms.
//!
//! # Metrics
//!
//! [`Gate::register_metrics`] adds the series `watchbill_gate_…` to the Prometheus registry of the node: questions,
//! answers, waiting times, rounds that were sat out, blocks that were not sealed, and which services answer.
//! `docs/reference/metrics.md` lists them.
//!
//! # Limits of abstaining
//!
//! A node that abstains from a round does so to its end, and another round begins only when enough others voted.
//! Where the key is needed for two thirds (three or fewer equal authorities), a round that began while this node was
//! off watch, or while the service was silent for a stock voter, waits for a restart of this node. Start the voter only once
//! [`Gate::voter_may_start`] says so: a report of readiness that calls the node fit (it has peers, say) has to be
//! answered first.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod ahead;
mod asking;
mod authors;
mod beefy;
mod clock;
mod copies;
mod counters;
mod deadline;
mod expiry;
mod gate;
mod heartbeat;
mod keystore;
mod metrics;
mod proposer;
mod refused;
mod relay_parent;
mod round_memory;
mod rounds;
mod rules;
#[cfg(feature = "aura-scheduling")]
mod scheduling;
mod seals;
mod select_chain;
mod silence;
#[cfg(test)]
mod testing;
mod voter_state;
mod votes;

pub use authors::{AuraAuthors, Author, AuthorKeys, BabeAuthors};
pub use beefy::{BeefySets, GatedPayloadProvider};
pub use clock::SlotClock;
pub use copies::ungated_copies;
pub use counters::{Counters, Counts, BUCKETS_US};
pub use deadline::{system_clock, SealDeadline, WallClock};
pub use expiry::{monotonic_clock, MonotonicClock};
pub use gate::{Gate, Options};
pub use proposer::{AuraUnit, GatedEnvironment, GatedProposer};
pub use refused::{ForgetRefused, RefusedRounds};
#[cfg(feature = "aura-scheduling")]
pub use scheduling::{RelayHeader, RelayHeaders};
pub use select_chain::GatedSelectChain;
pub use silence::Silence;
pub use voter_state::{decode as decode_voter_state, StoredVote, Tracked, VoterState, VOTER_STATE_KEY};
pub use votes::{NotAVote, Vote};
pub use watchbill_client::{
    refuse_plain_start, Answer, Claim, Duty, Part, Permits, UngatedCopy, Unit, Watch,
};

/// Target of the log lines of this crate.
pub const LOG_TARGET: &str = "watchbill";
