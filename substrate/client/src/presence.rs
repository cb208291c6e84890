//! What a node says of itself, about once a second.

use std::time::Instant;

/// How a node is and what it sees of the chain, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// True while the node downloads the chain.
    pub syncing: bool,
    /// Connected peers.
    pub peers: u32,
    /// Blocks between the best and the finalised block.
    pub finality_lag_blocks: u32,
    /// How far the node's clock is ahead of the chain's, in milliseconds; negative where it is late.
    pub clock_offset_ms: f64,
    /// Height of the finalised block.
    pub finalized_block: u64,
    /// GRANDPA authority set id, where it is known.
    pub set: Option<u64>,
    /// GRANDPA round of that set, where it is known.
    pub round: Option<u64>,
    /// Session index, where it is known.
    pub session: Option<u32>,
    /// BEEFY's own validator set id, where it is known.
    pub beefy_set: Option<u64>,
    /// Release of the node's program, for example `1.24.0-90bd1a2`; the service gets the first 64 characters.
    pub version: Option<String>,
    /// Public session keys whose secrets the keystore holds; none where it could not be read.
    pub held_keys: Option<Vec<Vec<u8>>>,
    /// Slot of a block that was imported since the last report and is the best one, as long as others made it: the second
    /// clock of the service.
    pub best_slot: Option<u64>,
    /// Kinds of keys that signed nothing because the gate does not know them, for example `nimb`.
    pub unknown_kinds: Vec<String>,
    /// One for each key that exists on one machine at a time.
    pub leases: Vec<LeaseReport>,
}

/// What a machine says of the lease of a key that one machine alone may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaseReport {
    /// The leased public key.
    pub name: Vec<u8>,
    /// The key of the policy whose active node may have the lease.
    pub key: Vec<u8>,
    /// The lease by which this machine has the secret, or may have it in a moment.
    pub holds: Option<String>,
    /// The last lease that it had, once it has the secret no more and will not have it by that lease.
    pub returned: Option<String>,
}

/// Where the facts come from. Called on a thread of its own, one call at a time; a call that hangs holds up reports
/// and nothing else.
pub trait FactSource: Send + Sync {
    /// The facts of now, or none while the node cannot tell; then nothing is reported.
    fn facts(&self) -> Option<Facts>;

    /// The answer to a report with a [`LeaseReport`] of `name`: the lease of this machine, or none. It was asked for at
    /// `sent`.
    fn hear_lease(&self, _name: &[u8], _lease: Option<String>, _sent: Instant) {}
}
