//! What is asked and what is answered. Words and tables: `docs/duty/reference/duties.md` and `docs/duty/reference/http.md`.

use std::fmt;

/// A kind of signing that the service knows by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// A BABE seal; its unit is a slot.
    Babe,
    /// An Aura seal; its unit is a slot.
    Aura,
    /// Aura on a chain with several blocks a slot; its unit is a slot and a block number.
    AuraBlocks,
    /// Aura on a parachain; its unit is a slot, a block number and the relay parent.
    AuraParachain,
    /// Scheduling info of a collator that submits a block again; its unit is a slot, a core and the scheduling parent.
    AuraScheduling,
    /// The votes of a GRANDPA round.
    Grandpa,
    /// A vote for a BEEFY commitment.
    Beefy,
    /// The heartbeat of a session.
    ImOnline,
}

impl Duty {
    /// The name that the service knows the duty by.
    pub fn name(self) -> &'static str {
        match self {
            Duty::Babe => "babe",
            Duty::Aura => "aura",
            Duty::AuraBlocks => "aura-blocks",
            Duty::AuraParachain => "aura-parachain",
            Duty::AuraScheduling => "aura-scheduling",
            Duty::Grandpa => "grandpa",
            Duty::Beefy => "beefy",
            Duty::ImOnline => "im-online",
        }
    }
}

/// A piece of a unit that is signed on its own; `Enter` opens a GRANDPA round and signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Opens a GRANDPA round.
    Enter,
    /// The seal of a block.
    Seal,
    /// The primary's proposal of a GRANDPA round.
    Propose,
    /// The prevote of a GRANDPA round.
    Prevote,
    /// The precommit of a GRANDPA round.
    Precommit,
    /// The vote for a BEEFY commitment.
    Vote,
    /// The heartbeat of a session.
    Heartbeat,
    /// The scheduling info of a block that is submitted again.
    Schedule,
}

impl Part {
    /// The name that the service knows the part by.
    pub fn name(self) -> &'static str {
        match self {
            Part::Enter => "enter",
            Part::Seal => "seal",
            Part::Propose => "propose",
            Part::Prevote => "prevote",
            Part::Precommit => "precommit",
            Part::Vote => "vote",
            Part::Heartbeat => "heartbeat",
            Part::Schedule => "schedule",
        }
    }
}

/// One instance of a duty. Displayed in the canonical form of the service: decimal fields joined by `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Of `babe` and `aura`.
    Slot(u64),
    /// Of `aura-blocks`.
    SlotBlock {
        /// Slot number.
        slot: u64,
        /// Block number.
        number: u32,
    },
    /// Of `aura-parachain`.
    ParachainBlock {
        /// Slot number.
        slot: u64,
        /// Block number.
        number: u32,
        /// The first 8 bytes of the relay parent's identifier, as a big-endian number.
        relay_parent: u64,
    },
    /// Of `aura-scheduling`.
    Scheduling {
        /// Slot of the parachain.
        slot: u64,
        /// Core selector.
        core: u32,
        /// The first 8 bytes of the hash of the internal scheduling parent, as a big-endian number.
        scheduling_parent: u64,
    },
    /// Of `grandpa`.
    Round {
        /// Authority set id.
        set: u64,
        /// Round of that set.
        round: u64,
    },
    /// Of `beefy`.
    BeefyBlock {
        /// BEEFY's own validator set id.
        set: u64,
        /// Block number of the commitment.
        block: u32,
    },
    /// Of `im-online`: the session index.
    Session(u32),
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Slot(slot) => write!(f, "{slot}"),
            Unit::SlotBlock { slot, number } => write!(f, "{slot}/{number}"),
            Unit::ParachainBlock {
                slot,
                number,
                relay_parent,
            } => write!(f, "{slot}/{number}/{relay_parent}"),
            Unit::Scheduling {
                slot,
                core,
                scheduling_parent,
            } => write!(f, "{slot}/{core}/{scheduling_parent}"),
            Unit::Round { set, round } => write!(f, "{set}/{round}"),
            Unit::BeefyBlock { set, block } => write!(f, "{set}/{block}"),
            Unit::Session(session) => write!(f, "{session}"),
        }
    }
}

/// May this node perform this part of this unit, with this payload?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Public session key: 32 bytes, or 33 for an ecdsa key.
    pub key: Vec<u8>,
    /// What kind of signing it is.
    pub duty: Duty,
    /// Which instance of the duty.
    pub unit: Unit,
    /// Which piece of the unit.
    pub part: Part,
    /// 32 bytes for a seal, a BEEFY vote or scheduling info; target hash and number as 8 bytes big-endian for a GRANDPA vote; none
    /// for `Enter` and `Heartbeat`.
    pub digest: Option<Vec<u8>>,
    /// Watch term under which an `Enter` is asked.
    pub term: Option<u64>,
}

/// The only three outcomes. A signature needs `Granted`; `Unknown` is never treated as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The node may sign this payload, and nothing else for this part of the unit.
    Granted,
    /// The node must not sign, and asking again changes nothing.
    Denied {
        /// Code of `docs/duty/reference/reasons.md` or `docs/duty/reference/problems.md`, or one of the client's own.
        reason: String,
        /// A sentence for the log. Never holds a secret.
        message: String,
    },
    /// Nobody could say in time. The node must not sign.
    Unknown {
        /// As in `Denied`.
        reason: String,
        /// As in `Denied`.
        message: String,
    },
}

impl Answer {
    /// Whether the node may sign.
    pub fn is_granted(&self) -> bool {
        matches!(self, Answer::Granted)
    }
}

/// Who is on watch for a key, as last heard. It decides preference only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Nothing was heard yet, or not for longer than a report may take.
    Unknown,
    /// This node, under this term.
    Ours {
        /// Rises whenever the watch moves; an `Enter` carries it.
        term: u64,
    },
    /// Another node, or nobody.
    Theirs {
        /// Name of the node on watch; none where nobody is.
        holder: Option<String>,
        /// Rises whenever the watch moves.
        term: u64,
    },
    /// The service keeps no watch for anybody (the original wire protocol).
    Unwatched,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_its_fields_in_decimal() {
        let block = Unit::ParachainBlock {
            slot: 281_234_567,
            number: 12,
            relay_parent: u64::MAX,
        };
        assert_eq!(block.to_string(), "281234567/12/18446744073709551615");
        assert_eq!(Unit::SlotBlock { slot: 5, number: 2 }.to_string(), "5/2");
        let scheduling = Unit::Scheduling {
            slot: 6,
            core: 255,
            scheduling_parent: 1,
        };
        assert_eq!(scheduling.to_string(), "6/255/1");
    }
}
