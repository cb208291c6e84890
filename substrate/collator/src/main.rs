//! `watchbill-collator`: a collator of any parachain with Aura, which asks a permission service before it seals a block.
//! Without `--duty` it is `polkadot-omni-node`.

use polkadot_omni_node_lib::{
    chain_spec::DiskChainSpecLoader, run, runtime::DefaultRuntimeResolver, CliConfig, RunConfig, NODE_VERSION,
};
use std::process::ExitCode;

/// What `--version` and `--help` say.
struct About;

impl CliConfig for About {
    fn impl_version() -> String {
        format!("{NODE_VERSION}-watchbill")
    }

    fn author() -> String {
        "watchbill".into()
    }

    fn support_url() -> String {
        env!("CARGO_PKG_NAME").into()
    }

    fn copyright_start_year() -> u16 {
        2017
    }
}

fn main() -> ExitCode {
    let config = RunConfig::new(Box::new(DefaultRuntimeResolver), Box::new(DiskChainSpecLoader));
    match run::<About>(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}
