//! `watchbill-relay`: the Polkadot relay-chain node whose consensus asks a permission service before every signature.
//! Without `--duty` it is the stock node.

use std::process::ExitCode;

fn main() -> ExitCode {
    match polkadot_cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}
