//! What the GRANDPA voter wrote down about its rounds: the value of the auxiliary key [`VOTER_STATE_KEY`].
//!
//! Layout: `VoterSetState` of sc-consensus-grandpa 0.46 (`environment.rs`), whose crate is not linked here for its size.
//! A value that does not decode to its last byte is an error, and the voter abstains.

use crate::votes::vote_digest;
use codec::{Decode, DecodeAll};
use finality_grandpa::{round::State, Precommit, Prevote, PrimaryPropose, SignedMessage};
use sp_consensus_grandpa::{AuthorityId, AuthoritySignature};
use sp_runtime::traits::{Block, NumberFor, UniqueSaturatedInto};
use std::collections::BTreeMap;
use watchbill_client::Part;

/// Auxiliary key under which the voter keeps its state (`SET_STATE_KEY` in `aux_schema.rs`).
pub const VOTER_STATE_KEY: &[u8] = b"grandpa_completed_round";

/// Reads the auxiliary store of the node, which exists only once its client does.
pub trait VoterState: Send + Sync + 'static {
    /// The value under [`VOTER_STATE_KEY`], as `AuxStore::get_aux` gives it. The error is a sentence for the log.
    fn aux(&self) -> Result<Option<Vec<u8>>, String>;
}

impl<F> VoterState for F
where
    F: Fn() -> Result<Option<Vec<u8>>, String> + Send + Sync + 'static,
{
    fn aux(&self) -> Result<Option<Vec<u8>>, String> {
        self()
    }
}

/// Where the voter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// It takes part in rounds.
    Live {
        /// Authority set id.
        set: u64,
        /// The highest round that is tracked.
        round: u64,
        /// The first vote that was stored for that round, before it was signed.
        stored: Option<StoredVote>,
    },
    /// It neither votes nor counts votes until the next authority set.
    Paused,
}

/// A vote that an earlier run of the node meant to cast in the tracked round, and would cast again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVote {
    /// Public key it was to be cast with.
    pub key: Vec<u8>,
    /// `Prevote`, or `Propose` where the node came no further.
    pub part: Part,
    /// Digest of that part.
    pub digest: Vec<u8>,
}

/// Decoder for a chain, kept where its block type is not known.
pub(crate) type Decoder = fn(&[u8]) -> Result<Tracked, String>;

/// Reads a stored value of a chain with blocks `B`.
pub fn decode<B: Block>(value: &[u8]) -> Result<Tracked, String> {
    match VoterSetState::<B>::decode_all(&mut &value[..]) {
        Ok(VoterSetState::Live { completed, current }) => live::<B>(&completed, &current),
        Ok(VoterSetState::Paused { .. }) => Ok(Tracked::Paused),
        Err(e) => Err(format!(
            "the stored state of the voter is of another release than this gate knows: {e}"
        )),
    }
}

fn live<B: Block>(
    completed: &CompletedRounds<B>,
    current: &BTreeMap<u64, HasVoted<B>>,
) -> Result<Tracked, String> {
    let (round, voted) = current
        .last_key_value()
        .ok_or("the stored state of the voter tracks no round")?;
    // The voter begins its rounds above the last completed one, and tracks each before it acts on it.
    let last = completed.rounds.iter().map(|r| r.number).max();
    if last.and_then(|last| last.checked_add(1)) != Some(*round) {
        return Err(format!(
            "the stored state of the voter tracks round {round} but completed {last:?} last"
        ));
    }
    Ok(Tracked::Live {
        set: completed.set,
        round: *round,
        stored: stored::<B>(voted),
    })
}

fn stored<B: Block>(voted: &HasVoted<B>) -> Option<StoredVote> {
    let HasVoted::Yes(id, vote) = voted else {
        return None;
    };
    let (part, hash, number) = match vote {
        Vote::Propose(p) => (Part::Propose, p.target_hash, p.target_number),
        Vote::Prevote(_, p) | Vote::Precommit(_, p, _) => (Part::Prevote, p.target_hash, p.target_number),
    };
    let hash = <[u8; 32]>::try_from(hash.as_ref()).ok()?;
    let key: &[u8] = id.as_ref();
    Some(StoredVote {
        key: key.to_vec(),
        part,
        digest: vote_digest(&hash, number.unique_saturated_into()),
    })
}

type HashOf<B> = <B as Block>::Hash;

#[derive(Decode)]
#[cfg_attr(test, derive(codec::Encode))]
enum VoterSetState<B: Block> {
    Live {
        completed: CompletedRounds<B>,
        current: BTreeMap<u64, HasVoted<B>>,
    },
    Paused {
        _completed: CompletedRounds<B>,
    },
}

#[derive(Decode)]
#[cfg_attr(test, derive(codec::Encode))]
struct CompletedRounds<B: Block> {
    rounds: Vec<CompletedRound<B>>,
    set: u64,
    _voters: Vec<AuthorityId>,
}

#[derive(Decode)]
#[cfg_attr(test, derive(codec::Encode))]
struct CompletedRound<B: Block> {
    number: u64,
    _state: State<HashOf<B>, NumberFor<B>>,
    _base: (HashOf<B>, NumberFor<B>),
    _votes: Vec<SignedMessage<HashOf<B>, NumberFor<B>, AuthoritySignature, AuthorityId>>,
}

#[derive(Decode)]
#[cfg_attr(test, derive(codec::Encode))]
enum HasVoted<B: Block> {
    No,
    Yes(AuthorityId, Vote<B>),
}

#[derive(Decode)]
#[cfg_attr(test, derive(codec::Encode))]
enum Vote<B: Block> {
    Propose(Proposed<B>),
    Prevote(Option<Proposed<B>>, Prevoted<B>),
    Precommit(
        Option<Proposed<B>>,
        Prevoted<B>,
        Precommit<HashOf<B>, NumberFor<B>>,
    ),
}

type Proposed<B> = PrimaryPropose<HashOf<B>, NumberFor<B>>;
type Prevoted<B> = Prevote<HashOf<B>, NumberFor<B>>;

#[cfg(test)]
#[path = "voter_state_tests.rs"]
mod tests;
