//! Messages of the network, byte by byte and by their types.

use super::*;
use sp_application_crypto::Pair;
use sp_consensus_grandpa::{localized_payload, AuthorityPair, Precommit, Prevote};
use sp_core::H256;

fn pair(name: &str) -> AuthorityPair {
    AuthorityPair::from_string(name, None).unwrap()
}

fn signed(vote: &Vote, name: &str, round: u64, set: u64) -> (AuthoritySignature, AuthorityId) {
    let pair = pair(name);
    (pair.sign(&localized_payload(round, set, vote)), pair.public())
}

/// A prevote of `name` as it stands on the wire, byte by byte.
pub fn prevote_message(name: &str, target: u8) -> Vec<u8> {
    let vote = Vote::Prevote(Prevote::<Header> {
        target_hash: H256([target; 32]),
        target_number: 21,
    });
    let (signature, authority) = signed(&vote, name, 12, 3);
    let mut message = vec![0];
    message.extend(12u64.to_le_bytes());
    message.extend(3u64.to_le_bytes());
    message.push(0);
    message.extend([target; 32]);
    message.extend(21u32.to_le_bytes());
    message.extend(AsRef::<[u8]>::as_ref(&signature));
    message.extend(AsRef::<[u8]>::as_ref(&authority));
    message
}

#[test]
fn reads_a_vote() {
    let votes = votes_in(&prevote_message("//Alice", 7)).unwrap();
    assert_eq!(votes.len(), 1);
    let vote = &votes[0];
    assert_eq!((vote.via, vote.set, vote.round), (Via::Vote, 3, 12));
    assert_eq!(vote.authority, pair("//Alice").public());
    assert!(
        matches!(&vote.vote, Vote::Prevote(v) if v.target_hash == H256([7; 32]) && v.target_number == 21)
    );
    assert!(vote.is_signed());
}

#[test]
fn a_vote_of_another_round_set_or_authority_is_not_signed() {
    let vote = votes_in(&prevote_message("//Alice", 7)).unwrap().remove(0);
    assert!(!Arrived {
        round: 13,
        ..vote.clone()
    }
    .is_signed());
    assert!(
        !Arrived {
            set: 4,
            ..vote.clone()
        }
        .is_signed(),
        "signed for the set before"
    );
    assert!(!Arrived {
        authority: pair("//Bob").public(),
        ..vote
    }
    .is_signed());
}

#[test]
fn the_hash_tells_votes_apart_and_not_the_ways_they_came() {
    let vote = votes_in(&prevote_message("//Alice", 7)).unwrap().remove(0);
    let other = votes_in(&prevote_message("//Alice", 8)).unwrap().remove(0);
    assert_eq!(
        vote.hash(),
        Arrived {
            via: Via::Commit,
            ..vote.clone()
        }
        .hash()
    );
    assert_ne!(vote.hash(), other.hash());
    assert_ne!(
        vote.hash(),
        Arrived {
            signature: other.signature,
            ..vote.clone()
        }
        .hash()
    );
}

#[test]
fn reads_the_precommits_of_a_commit() {
    let precommit = Precommit::<Header> {
        target_hash: H256([9; 32]),
        target_number: 30,
    };
    let auth_data = ["//Alice", "//Bob"]
        .map(|name| signed(&Vote::Precommit(precommit.clone()), name, 5, 1))
        .to_vec();
    let message = CompactCommit::<Header> {
        target_hash: precommit.target_hash,
        target_number: precommit.target_number,
        precommits: vec![precommit.clone(), precommit],
        auth_data,
    };
    let votes = votes_in(
        &Gossip::Commit {
            round: 5,
            set: 1,
            message,
        }
        .encode(),
    )
    .unwrap();
    assert_eq!(
        votes.iter().map(|v| v.authority.clone()).collect::<Vec<_>>(),
        ["//Alice", "//Bob"].map(|n| pair(n).public())
    );
    assert!(votes.iter().all(|v| v.via == Via::Commit && v.is_signed()));
}

#[test]
fn reads_both_kinds_of_a_catch_up() {
    let (hash, number) = (H256([4; 32]), 8);
    let prevote = Prevote::<Header> {
        target_hash: hash,
        target_number: number,
    };
    let precommit = Precommit::<Header> {
        target_hash: hash,
        target_number: number,
    };
    let (first, alice) = signed(&Vote::Prevote(prevote.clone()), "//Alice", 6, 2);
    let (second, bob) = signed(&Vote::Precommit(precommit.clone()), "//Bob", 6, 2);
    let message = CatchUp::<Header> {
        round_number: 6,
        prevotes: vec![finality_grandpa::SignedPrevote {
            prevote,
            signature: first,
            id: alice,
        }],
        precommits: vec![finality_grandpa::SignedPrecommit {
            precommit,
            signature: second,
            id: bob,
        }],
        base_hash: hash,
        base_number: number,
    };
    let votes = votes_in(&Gossip::CatchUp { set: 2, message }.encode()).unwrap();
    assert_eq!(votes.len(), 2);
    assert!(votes
        .iter()
        .all(|v| v.via == Via::CatchUp && v.round == 6 && v.is_signed()));
    assert!(matches!(
        (&votes[0].vote, &votes[1].vote),
        (Vote::Prevote(_), Vote::Precommit(_))
    ));
}

#[test]
fn passes_over_what_holds_no_votes_and_refuses_garbage() {
    assert_eq!(votes_in(&[2, 1, 0, 0]).unwrap(), vec![]);
    assert_eq!(votes_in(&[3, 0, 0]).unwrap(), vec![]);
    assert!(votes_in(&[]).is_err());
    assert!(votes_in(&[7, 7, 7]).is_err());
    assert!(votes_in(&prevote_message("//Alice", 7)[..60]).is_err());
}
