//! What a GRANDPA voter asks its keystore to sign: SCALE of `(message, round, set)`, read exactly.
//!
//! `message` is an index (0 prevote, 1 precommit, 2 primary proposal), a target hash of 32 bytes and a target number of 4
//! or 8 bytes, as `finality_grandpa::Message` and `sp_consensus_grandpa::localized_payload` encode it; `round` and `set`
//! are 8 bytes each, all little-endian. The total length tells the width of the number. Anything else is an error.

use std::fmt;
use watchbill_client::{Claim, Duty, Part, Unit};

/// Length with a block number of 32 bits.
const NARROW: usize = 1 + 32 + 4 + 8 + 8;
/// Length with a block number of 64 bits.
const WIDE: usize = 1 + 32 + 8 + 8 + 8;

/// A vote that is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// `Prevote`, `Precommit` or `Propose`.
    pub part: Part,
    /// Hash of the block that is voted for.
    pub target_hash: [u8; 32],
    /// Its number.
    pub target_number: u64,
    /// Round in the set.
    pub round: u64,
    /// Authority set id.
    pub set: u64,
}

/// Why bytes are not a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAVote {
    /// A length that no vote has, in bytes.
    Length(usize),
    /// A message index that does not exist.
    Index(u8),
}

impl fmt::Display for NotAVote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(bytes) => write!(f, "{bytes} bytes; a GRANDPA vote has {NARROW} or {WIDE}"),
            Self::Index(index) => write!(f, "message index {index}; a GRANDPA vote has 0, 1 or 2"),
        }
    }
}

impl std::error::Error for NotAVote {}

impl Vote {
    /// Reads the bytes that are to be signed.
    pub fn parse(message: &[u8]) -> Result<Self, NotAVote> {
        let wrong = || NotAVote::Length(message.len());
        let (index, rest) = message.split_first().ok_or_else(wrong)?;
        let (hash, rest) = rest.split_first_chunk::<32>().ok_or_else(wrong)?;
        let (rest, set) = rest.split_last_chunk::<8>().ok_or_else(wrong)?;
        let (number, round) = rest.split_last_chunk::<8>().ok_or_else(wrong)?;
        let target_number = match number.len() {
            4 => u32::from_le_bytes(number.try_into().map_err(|_| wrong())?).into(),
            8 => u64::from_le_bytes(number.try_into().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        let part = match index {
            0 => Part::Prevote,
            1 => Part::Precommit,
            2 => Part::Propose,
            other => return Err(NotAVote::Index(*other)),
        };
        let (round, set) = (u64::from_le_bytes(*round), u64::from_le_bytes(*set));
        Ok(Self {
            part,
            target_hash: *hash,
            target_number,
            round,
            set,
        })
    }

    /// The claim for exactly this vote.
    pub fn claim(&self, key: &[u8]) -> Claim {
        Claim {
            key: key.to_vec(),
            duty: Duty::Grandpa,
            unit: Unit::Round {
                set: self.set,
                round: self.round,
            },
            part: self.part,
            digest: Some(vote_digest(&self.target_hash, self.target_number)),
            term: None,
        }
    }
}

/// The digest of a GRANDPA vote: target hash, then the number as 8 bytes big-endian.
pub(crate) fn vote_digest(hash: &[u8; 32], number: u64) -> Vec<u8> {
    [hash.as_slice(), &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use finality_grandpa::{Message, Precommit, Prevote, PrimaryPropose};
    use sp_consensus_grandpa::localized_payload;
    use sp_core::H256;

    fn messages<N: Copy>(hash: H256, number: N) -> [(Part, Message<H256, N>); 3] {
        let (target_hash, target_number) = (hash, number);
        [
            (
                Part::Prevote,
                Message::Prevote(Prevote {
                    target_hash,
                    target_number,
                }),
            ),
            (
                Part::Precommit,
                Message::Precommit(Precommit {
                    target_hash,
                    target_number,
                }),
            ),
            (
                Part::Propose,
                Message::PrimaryPropose(PrimaryPropose {
                    target_hash,
                    target_number,
                }),
            ),
        ]
    }

    #[test]
    fn what_the_voter_encodes_is_read_back() {
        let hash = H256::repeat_byte(0xab);
        for (round, set) in [
            (0, 0),
            (1, 2),
            (u64::MAX, 1),
            (1, u64::MAX),
            (0x0102_0304_0506_0708, 9),
        ] {
            for number in [0, 1, u32::MAX] {
                for (part, message) in messages(hash, number) {
                    let vote = Vote::parse(&localized_payload(round, set, &message)).expect("a vote");
                    assert_eq!(
                        vote,
                        Vote {
                            part,
                            target_hash: hash.0,
                            target_number: number.into(),
                            round,
                            set
                        }
                    );
                }
            }
            for number in [0, u64::from(u32::MAX) + 1, u64::MAX] {
                for (part, message) in messages(hash, number) {
                    let vote = Vote::parse(&localized_payload(round, set, &message)).expect("a vote");
                    assert_eq!(
                        vote,
                        Vote {
                            part,
                            target_hash: hash.0,
                            target_number: number,
                            round,
                            set
                        }
                    );
                }
            }
        }
    }

    #[test]
    fn every_other_length_is_refused() {
        for length in (0..=2 * WIDE).filter(|l| *l != NARROW && *l != WIDE) {
            assert_eq!(
                Vote::parse(&vec![0; length]),
                Err(NotAVote::Length(length)),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn every_other_index_is_refused() {
        for index in 3..=u8::MAX {
            for length in [NARROW, WIDE] {
                let mut message = vec![0; length];
                message[0] = index;
                assert_eq!(Vote::parse(&message), Err(NotAVote::Index(index)));
            }
        }
    }

    #[test]
    fn every_byte_of_a_vote_counts() {
        for length in [NARROW, WIDE] {
            let base = vec![1u8; length];
            let before = Vote::parse(&base).expect("a vote");
            for at in 0..length {
                let mut other = base.clone();
                other[at] = 2;
                assert_ne!(
                    Vote::parse(&other).expect("a vote"),
                    before,
                    "byte {at} of {length}"
                );
            }
        }
    }

    #[test]
    fn the_claim_names_part_unit_and_target() {
        let [_, (_, precommit), _] = messages(H256::repeat_byte(5), 0x0a0b_u32);
        let claim = Vote::parse(&localized_payload(340, 12, &precommit))
            .expect("a vote")
            .claim(&[9; 32]);
        assert_eq!((claim.duty, claim.part), (Duty::Grandpa, Part::Precommit));
        assert_eq!(claim.unit.to_string(), "12/340");
        assert_eq!(
            claim.digest,
            Some([vec![5; 32], vec![0, 0, 0, 0, 0, 0, 0x0a, 0x0b]].concat())
        );
        assert_eq!((claim.key, claim.term), (vec![9; 32], None));
    }
}
