//! The command line: stock flags and subcommands, and ours.

use crate::{
    spec::{ChainSpec, SpecCmd},
    tap::TapArgs,
};
use std::path::PathBuf;
use watchbill_wiring::DutyArgs;

/// A real node with BABE or Aura, GRANDPA, a keystore of files and the stock RPC. It runs the Wasm runtime that its
/// chain specification carries.
#[derive(Debug, clap::Parser)]
pub struct Cli {
    /// What to do instead of running a node.
    #[command(subcommand)]
    pub subcommand: Option<Subcommand>,

    /// Flags of every Substrate node.
    #[clap(flatten)]
    pub run: sc_cli::RunCmd,

    /// Flags of this node.
    #[clap(flatten)]
    pub node: NodeArgs,
}

/// Flags that a stock node does not have.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeArgs {
    /// Keep the machine code of Wasm runtimes in this directory: the next start takes a tenth of the time.
    #[arg(long, value_name = "DIR")]
    pub wasm_cache: Option<PathBuf>,

    /// GRANDPA's gossip duration in milliseconds: a round takes two to four of them.
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub gossip_duration_ms: u64,

    /// Do not report BABE equivocations from sealed headers. The report that the consensus crate makes by itself
    /// stays, and fails on chain.
    #[arg(long)]
    pub no_offence_reports: bool,

    /// For tests: keep the stock grandpa_roundState behind a gate. While a vote waits, a few calls of it stop every
    /// RPC method.
    #[arg(long, hide = true)]
    pub stock_round_state: bool,

    /// What to record.
    #[clap(flatten)]
    pub tap: TapArgs,

    /// Whom to ask before signing.
    #[clap(flatten)]
    pub duty: DutyArgs,
}

/// Stock subcommands, and `spec`.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Key management utilities.
    #[command(subcommand)]
    Key(sc_cli::KeySubcommand),
    /// Print the chain specification of a runtime and one of its genesis presets.
    Spec(SpecCmd),
    /// Export the chain specification.
    ExportChainSpec(sc_cli::ExportChainSpecCmd),
    /// Export the state of a given block into a chain spec.
    ExportState(sc_cli::ExportStateCmd),
    /// Export blocks.
    ExportBlocks(sc_cli::ExportBlocksCmd),
    /// Remove the whole chain.
    PurgeChain(sc_cli::PurgeChainCmd),
}

impl sc_cli::SubstrateCli for Cli {
    fn impl_name() -> String {
        "Watchbill Devnode".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "watchbill".into()
    }

    fn support_url() -> String {
        "none".into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
        if id.is_empty() || id == "dev" {
            return Err(
                "this node has no chain of its own: pass --chain FILE, a raw chain specification".into(),
            );
        }
        Ok(Box::new(ChainSpec::from_json_file(id.into())?))
    }
}
