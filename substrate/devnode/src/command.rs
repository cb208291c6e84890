//! What the command line asked for.

use crate::{
    cli::{Cli, NodeArgs, Subcommand},
    node, partial,
    runtime::{Block, Hash},
};
use clap::{error::ErrorKind, CommandFactory};
use sc_cli::{Result, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::{Configuration, TaskManager};

/// Runs the node or the subcommand until it ends.
pub fn run() -> Result<()> {
    let cli = Cli::from_args();
    match &cli.subcommand {
        Some(subcommand) => run_subcommand(&cli, subcommand),
        None => {
            check_flags(&cli);
            let no_grandpa = cli.run.no_grandpa;
            let args = cli.node.clone();
            cli.create_runner(&cli.run)?
                .run_node_until_exit(|config| async move {
                    start(config, args, no_grandpa).map_err(sc_cli::Error::Service)
                })
        }
    }
}

/// Ends the process with status 2, as for every wrong command line, if the flags of the gate do not fit each other.
fn check_flags(cli: &Cli) {
    if let Err(wrong) = cli.node.duty.check() {
        Cli::command().error(ErrorKind::ArgumentConflict, wrong).exit();
    }
}

fn start(
    config: Configuration,
    args: NodeArgs,
    no_grandpa: bool,
) -> std::result::Result<TaskManager, sc_service::Error> {
    match config.network.network_backend {
        NetworkBackendType::Libp2p => {
            node::start::<sc_network::NetworkWorker<Block, Hash>>(config, args, no_grandpa)
        }
        NetworkBackendType::Litep2p => {
            node::start::<sc_network::Litep2pNetworkBackend>(config, args, no_grandpa)
        }
    }
}

fn run_subcommand(cli: &Cli, subcommand: &Subcommand) -> Result<()> {
    match subcommand {
        Subcommand::Key(cmd) => cmd.run(cli),
        Subcommand::Spec(cmd) => cmd.run().map_err(sc_cli::Error::Input),
        Subcommand::ExportChainSpec(cmd) => cmd.run(cli.load_spec(&cmd.chain)?),
        Subcommand::ExportState(cmd) => cli.create_runner(cmd)?.async_run(|config| {
            let opened = partial::open(&config, None)?;
            Ok((cmd.run(opened.client, config.chain_spec), opened.tasks))
        }),
        Subcommand::ExportBlocks(cmd) => cli.create_runner(cmd)?.async_run(|config| {
            let opened = partial::open(&config, None)?;
            Ok((cmd.run(opened.client, config.database), opened.tasks))
        }),
        Subcommand::PurgeChain(cmd) => cli
            .create_runner(cmd)?
            .sync_run(|config| cmd.run(config.database)),
    }
}
