//! A start in which the gate was forgotten.

use crate::{settings::default_state_file, DutyArgs, DutyMode};
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use watchbill_client::refuse_plain_start;

/// Refuses to start this node without its gate if it had one and `--duty-off-confirmed` is not given.
///
/// # Errors
/// One line with the state file, what may happen, and the flag.
pub fn refuse_forgotten_gate(args: &DutyArgs, chain_folder: &Path) -> Result<(), String> {
    match args.duty {
        DutyMode::Off => refuse_plain_start(&default_state_file(chain_folder), args.duty_off_confirmed)
            .map_err(|refusal| refusal.to_string()),
        DutyMode::Claims | DutyMode::Original => Ok(()),
    }
}

/// Leaves a link in the default place to a state file that `--duty-state` puts elsewhere. A start that lost all flags
/// does not know that place, and finds it by the link.
///
/// # Errors
/// If the link cannot be made: a node without it would not notice that its flags were forgotten.
pub fn leave_trace_of_gate(args: &DutyArgs, chain_folder: &Path) -> Result<(), String> {
    let default = default_state_file(chain_folder);
    match (args.duty, &args.duty_state) {
        (DutyMode::Claims | DutyMode::Original, Some(given)) => link(&default, given).map_err(|error| {
            format!(
                "no link to --duty-state can be made at {}: {error}. Make both folders, and let the node's user write in them",
                default.display()
            )
        }),
        _ => Ok(()),
    }
}

/// Whatever is in the default place already refuses a start without the gate, so it stays.
fn link(default: &Path, given: &Path) -> io::Result<()> {
    let given = real_path(given)?;
    if given == real_path(default)? {
        return Ok(());
    }
    match std::os::unix::fs::symlink(given, default) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The folder must exist; the file need not.
fn real_path(file: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(file)?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "it names no file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_state_file_elsewhere_leaves_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("elsewhere")).unwrap();
        let (default, given) = (at("watchbill-gate.json"), at("elsewhere/state.json"));
        for _ in 0..2 {
            link(&default, &given).unwrap();
            assert_eq!(std::fs::read_link(&default).unwrap(), real_path(&given).unwrap());
            assert!(
                refuse_plain_start(&default, false).is_err(),
                "whether the file is there or not"
            );
        }
        assert!(link(&default, &at("missing/state.json")).is_err());
    }

    #[test]
    fn what_is_in_the_default_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink(folder.path(), at("same")).unwrap();
        let default = at("watchbill-gate.json");
        for given in [&default, &at("same/watchbill-gate.json")] {
            link(&default, given).unwrap();
            assert!(!default.is_symlink(), "it would lead to itself");
        }
        std::fs::write(&default, "older").unwrap();
        link(&default, &at("state.json")).unwrap();
        assert_eq!(std::fs::read_to_string(&default).unwrap(), "older");
    }
}
