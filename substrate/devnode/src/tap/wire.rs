//! GRANDPA's messages between nodes, as far as they hold votes.
//!
//! The types of `sc-consensus-grandpa` are private; this follows `GossipMessage` in its `communication/gossip.rs`.
//! Neighbour packets (2) and requests to catch up (3) hold no votes.

use crate::runtime::Header;
use codec::{Decode, Encode, Error};
use sp_consensus_grandpa::{
    check_message_signature, AuthorityId, AuthoritySignature, CatchUp, CompactCommit, Message, SignedMessage,
};

/// A vote in the runtime's types.
pub type Vote = Message<Header>;

/// How a vote came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By itself.
    Vote,
    /// In a commit, which finalises a block.
    Commit,
    /// In what helps a node that is behind.
    CatchUp,
}

impl Via {
    /// Its name in a record.
    pub fn name(self) -> &'static str {
        match self {
            Via::Vote => "vote",
            Via::Commit => "commit",
            Via::CatchUp => "catch-up",
        }
    }
}

/// One vote with the authority that is said to have signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// How it came.
    pub via: Via,
    /// Authority set of the round.
    pub set: u64,
    /// Round within the set.
    pub round: u64,
    /// Kind and target.
    pub vote: Vote,
    /// Whose it is said to be.
    pub authority: AuthorityId,
    /// Proves it.
    pub signature: AuthoritySignature,
}

impl Arrived {
    /// Whether the authority really signed this vote for this round of this set.
    pub fn is_signed(&self) -> bool {
        check_message_signature(&self.vote, &self.authority, &self.signature, self.round, self.set).is_valid()
    }

    /// Hash of all but the way it came. The signature is in it: a forged vote must not hide the real one.
    pub fn hash(&self) -> [u8; 16] {
        let facts = (self.set, self.round, &self.vote, &self.authority, &self.signature);
        facts.using_encoded(sp_crypto_hashing::blake2_128)
    }
}

#[derive(Decode)]
#[cfg_attr(test, derive(Encode))]
enum Gossip {
    #[codec(index = 0)]
    Vote {
        round: u64,
        set: u64,
        message: SignedMessage<Header>,
    },
    #[codec(index = 1)]
    Commit {
        round: u64,
        set: u64,
        message: CompactCommit<Header>,
    },
    #[codec(index = 4)]
    CatchUp { set: u64, message: CatchUp<Header> },
}

/// The votes in a message; none where its kind holds none.
pub fn votes_in(message: &[u8]) -> Result<Vec<Arrived>, Error> {
    if matches!(message.first(), Some(2 | 3)) {
        return Ok(Vec::new());
    }
    Ok(match Gossip::decode(&mut &message[..])? {
        Gossip::Vote { round, set, message } => {
            let SignedMessage::<Header> {
                message: vote,
                signature,
                id: authority,
            } = message;
            vec![Arrived {
                via: Via::Vote,
                set,
                round,
                vote,
                authority,
                signature,
            }]
        }
        Gossip::Commit { round, set, message } => of_commit(round, set, message),
        Gossip::CatchUp { set, message } => of_catch_up(set, message),
    })
}

fn of_commit(round: u64, set: u64, commit: CompactCommit<Header>) -> Vec<Arrived> {
    let signed = commit.precommits.into_iter().zip(commit.auth_data);
    signed
        .map(|(precommit, (signature, authority))| Arrived {
            via: Via::Commit,
            set,
            round,
            vote: Vote::Precommit(precommit),
            authority,
            signature,
        })
        .collect()
}

fn of_catch_up(set: u64, message: CatchUp<Header>) -> Vec<Arrived> {
    let round = message.round_number;
    let arrived = |vote, authority, signature| Arrived {
        via: Via::CatchUp,
        set,
        round,
        vote,
        authority,
        signature,
    };
    let prevotes = message
        .prevotes
        .into_iter()
        .map(|v| arrived(Vote::Prevote(v.prevote), v.id, v.signature));
    let precommits = message
        .precommits
        .into_iter()
        .map(|v| arrived(Vote::Precommit(v.precommit), v.id, v.signature));
    prevotes.chain(precommits).collect()
}

#[cfg(test)]
#[path = "wire_tests.rs"]
pub mod tests;
