//! Taps: what this node sees of the chain, written to files as it happens, one JSON object a line.
//!
//! They are for an observer that counts what nodes really did. A tap never makes its node wait: what it records goes
//! through a bounded queue to a thread of its own, and what does not fit is counted and said in the log.

mod blocks;
mod lines;
mod seen;
mod votes;
mod wire;

pub use blocks::record_blocks;
pub use votes::record_votes;

use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

/// What to record.
#[derive(Debug, Clone, clap::Args)]
pub struct TapArgs {
    /// Append each distinct GRANDPA vote that arrives from the network to this file, before the voter has judged it.
    #[arg(long, value_name = "FILE")]
    pub record_votes: Option<PathBuf>,

    /// Append each imported block, with its slot and its author, to this file.
    #[arg(long, value_name = "FILE")]
    pub record_blocks: Option<PathBuf>,
}

const LOG_TARGET: &str = "tap";

/// Unix time in milliseconds.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}
