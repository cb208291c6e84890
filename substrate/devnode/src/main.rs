//! `watchbill-devnode`: a real Substrate node, BABE or Aura with GRANDPA, for any raw chain specification.
//!
//! It is made of registry crates without a patch to any of them. With `--duty off` it behaves as a stock node does; with
//! another value the wrappers of `watchbill-gate` ask a permission service before every signature. It has no parachain
//! machinery: where a relay runtime wants a parachain inherent in each block, that inherent is empty.

#![deny(missing_docs)]
// The errors are those of `sc_service` and `sc_cli`; they are made once, at start.
#![allow(clippy::result_large_err)]

mod cli;
mod command;
mod consensus;
mod network;
mod node;
mod offchain;
mod offences;
mod partial;
mod rpc;
mod runtime;
mod spec;
mod tap;
mod voter;

fn main() -> sc_cli::Result<()> {
    command::run()
}
