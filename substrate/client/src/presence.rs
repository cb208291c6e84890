//! What a node says of itself, about once a second.

/// How a node is and what it sees of the chain, at one moment.
#[derive(Clone, Debug, PartialEq)]
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
}

/// Where the facts come from. Called on a thread of its own, one call at a time; a call that hangs holds up reports
/// and nothing else.
pub trait FactSource: Send + Sync {
    /// The facts of now, or none while the node cannot tell; then nothing is reported.
    fn facts(&self) -> Option<Facts>;
}
