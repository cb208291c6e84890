//! A start in which the gate was forgotten.

use super::settings::{DutyArgs, DutyMode};
use sc_service::{Configuration, Error};
use watchbill_client::refuse_plain_start;

/// Refuses to start this node without its gate if it had one and `--duty-off-confirmed` is not given.
///
/// # Errors
/// One line with the state file, what may happen, and the flag.
pub fn refuse_forgotten_gate(args: &DutyArgs, config: &Configuration) -> Result<(), Error> {
    match args.duty {
        DutyMode::Off => refuse_plain_start(&args.state_file(config), args.duty_off_confirmed)
            .map_err(|refusal| Error::Other(format!("watchbill: {refusal}"))),
        DutyMode::Claims | DutyMode::Original => Ok(()),
    }
}
