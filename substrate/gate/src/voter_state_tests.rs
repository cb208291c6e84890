//! States written by hand, byte by byte in the layout of sc-consensus-grandpa, so that the decoder is not its own judge.

use super::*;
use crate::testing::{TestBlock, WideBlock};
use codec::{Compact, Encode};
use sp_consensus_grandpa::localized_payload;
use sp_core::{crypto::UncheckedFrom, ed25519};

/// (hash, number), number little-endian of 4 bytes.
fn block(hash: u8, number: u32) -> Vec<u8> {
    [vec![hash; 32], number.to_le_bytes().to_vec()].concat()
}

fn some(bytes: Vec<u8>) -> Vec<u8> {
    [vec![1], bytes].concat()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [Compact(items.len() as u32).encode(), items.concat()].concat()
}

fn completed_round(number: u64, votes: &[Vec<u8>]) -> Vec<u8> {
    let state = [some(block(1, 7)), vec![0], some(block(2, 8)), vec![1]].concat();
    [number.to_le_bytes().to_vec(), state, block(3, 6), list(votes)].concat()
}

/// Message, signature, id.
fn signed(index: u8) -> Vec<u8> {
    [vec![index], block(4, 9), vec![0xee; 64], vec![0xdd; 32]].concat()
}

fn completed(set: u64, rounds: &[Vec<u8>]) -> Vec<u8> {
    [
        list(rounds),
        set.to_le_bytes().to_vec(),
        list(&[vec![0xdd; 32], vec![0xcc; 32]]),
    ]
    .concat()
}

fn current(rounds: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let rounds: Vec<_> = rounds
        .iter()
        .map(|(n, v)| [n.to_le_bytes().to_vec(), v.clone()].concat())
        .collect();
    list(&rounds)
}

fn yes(vote: Vec<u8>) -> Vec<u8> {
    [vec![1], vec![0xdd; 32], vote].concat()
}

fn live_state(set: u64, rounds: &[Vec<u8>], now: &[(u64, Vec<u8>)]) -> Vec<u8> {
    [vec![0], completed(set, rounds), current(now)].concat()
}

fn tracked(set: u64, round: u64, stored: Option<(Part, u8, u64)>) -> Result<Tracked, String> {
    let stored = stored.map(|(part, hash, number)| StoredVote {
        key: vec![0xdd; 32],
        part,
        digest: vote_digest(&[hash; 32], number),
    });
    Ok(Tracked::Live { set, round, stored })
}

#[test]
fn the_first_round_of_a_set() {
    let state = live_state(3, &[completed_round(0, &[])], &[(1, vec![0])]);
    assert_eq!(decode::<TestBlock>(&state), tracked(3, 1, None));
}

#[test]
fn of_several_rounds_the_highest_counts() {
    let votes: Vec<_> = (0..3).map(signed).collect();
    let rounds = [completed_round(340, &votes), completed_round(339, &votes)];
    let prevoted = yes([vec![1, 0], block(9, 77)].concat());
    let now = [(12, vec![0]), (338, prevoted), (341, vec![0])];
    assert_eq!(
        decode::<TestBlock>(&live_state(12, &rounds, &now)),
        tracked(12, 341, None)
    );
}

#[test]
fn all_kinds_of_votes_are_read() {
    let rounds = [completed_round(4, &[])];
    let cases = [
        ([vec![0], block(5, 50)].concat(), (Part::Propose, 5, 50)),
        ([vec![1, 0], block(6, 60)].concat(), (Part::Prevote, 6, 60)),
        (
            [vec![1], some(block(5, 50)), block(6, 60)].concat(),
            (Part::Prevote, 6, 60),
        ),
        (
            [vec![2, 0], block(6, 60), block(7, 70)].concat(),
            (Part::Prevote, 6, 60),
        ),
        (
            [vec![2], some(block(5, 50)), block(6, 60), block(7, 70)].concat(),
            (Part::Prevote, 6, 60),
        ),
    ];
    for (vote, expected) in cases {
        let state = live_state(2, &rounds, &[(5, yes(vote))]);
        assert_eq!(decode::<TestBlock>(&state), tracked(2, 5, Some(expected)));
    }
}

#[test]
fn a_paused_voter_is_no_voter() {
    let state = [vec![1], completed(3, &[completed_round(9, &[])])].concat();
    assert_eq!(decode::<TestBlock>(&state), Ok(Tracked::Paused));
}

#[test]
fn whatever_else_is_an_error() {
    let good = live_state(3, &[completed_round(4, &[signed(0)])], &[(5, vec![0])]);
    assert_eq!(decode::<TestBlock>(&good), tracked(3, 5, None));
    for length in 0..good.len() {
        assert!(decode::<TestBlock>(&good[..length]).is_err(), "cut to {length}");
    }
    assert!(decode::<TestBlock>(&[good.clone(), vec![0]].concat()).is_err());
    assert!(decode::<TestBlock>(&[vec![2], good[1..].to_vec()].concat()).is_err());
    assert!(decode::<WideBlock>(&good).is_err());
}

#[test]
fn rounds_that_contradict_each_other_are_an_error() {
    let rounds = [completed_round(4, &[])];
    for now in [vec![], vec![(4, vec![0])], vec![(6, vec![0])]] {
        assert!(decode::<TestBlock>(&live_state(3, &rounds, &now)).is_err());
    }
    assert!(decode::<TestBlock>(&live_state(3, &[], &[(1, vec![0])])).is_err());
    assert!(decode::<TestBlock>(&live_state(3, &[completed_round(u64::MAX, &[])], &[(0, vec![0])])).is_err());
}

#[test]
fn wide_numbers_are_read_in_chains_that_have_them() {
    let wide = |hash: u8, number: u64| [vec![hash; 32], number.to_le_bytes().to_vec()].concat();
    let round = [4u64.to_le_bytes().to_vec(), vec![0, 0, 0, 1], wide(3, 6), vec![0]].concat();
    let vote = yes([vec![1, 0], wide(6, 1 << 40)].concat());
    let state = live_state(2, &[round], &[(5, vote)]);
    assert_eq!(
        decode::<WideBlock>(&state),
        tracked(2, 5, Some((Part::Prevote, 6, 1 << 40)))
    );
}

#[test]
fn a_stored_vote_is_claimed_as_it_would_be_signed() {
    let message = finality_grandpa::Message::Prevote(Prevote {
        target_hash: sp_core::H256::repeat_byte(6),
        target_number: 60u32,
    });
    let claim = crate::votes::Vote::parse(&localized_payload(5, 2, &message))
        .expect("a vote")
        .claim(&[0xdd; 32]);
    let state = live_state(
        2,
        &[completed_round(4, &[])],
        &[(5, yes([vec![1, 0], block(6, 60)].concat()))],
    );
    let Ok(Tracked::Live {
        stored: Some(stored), ..
    }) = decode::<TestBlock>(&state)
    else {
        panic!("no vote")
    };
    assert_eq!((Some(stored.digest), stored.part), (claim.digest, claim.part));
    let id = AuthorityId::from(ed25519::Public::unchecked_from([0xdd; 32]));
    assert_eq!(stored.key, <AuthorityId as AsRef<[u8]>>::as_ref(&id));
}
