//! Whether a node that had a gate may start without it.

use crate::slots;
use crate::state::State;
use crate::ClientError;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Refuses to start a node without its gate if its state file shows, or cannot rule out, that it was granted
/// something behind one. Such a node would sign without asking, while another machine may have its keys.
///
/// Call it at each start that makes no [`Client`](crate::Client), before anything of consensus is made.
/// `state_file` is the path that a gated start of this node uses ([`ClientConfig::state_file`](crate::ClientConfig)).
/// The file is read only: this function creates, locks and changes nothing, and another process may use the file
/// meanwhile.
///
/// | state file | result |
/// |---|---|
/// | missing | `Ok` |
/// | names a ledger: the first grant pinned it | refused |
/// | names no ledger | refused: grants in [`Wire::Original`](crate::Wire) leave none there, so the file cannot show that there were none |
/// | damaged, unreadable, or of a newer release | refused |
///
/// If `confirmed`, it logs a warning instead of each refusal and returns `Ok`. Only a person may confirm that no other
/// machine has the keys: take `confirmed` from a flag `--duty-off-confirmed` that is given by hand, never from a
/// default, and refuse that flag together with a gate.
///
/// # Errors
/// One line that names the file, what it holds, what may happen, and the flag.
pub fn refuse_plain_start(state_file: &Path, confirmed: bool) -> Result<(), ClientError> {
    let Some(found) = trace(state_file) else {
        return Ok(());
    };
    if confirmed {
        log::warn!(
            target: "watchbill",
            "this node starts without its gate and signs without asking (--duty-off-confirmed), although its state file {} {found}. \
             Before you start it with the gate again, adopt its keys with floors above everything that it signs now, and remove the flag",
            state_file.display()
        );
        return Ok(());
    }
    let remedy =
        "Without its gate the node signs without asking, so it signs twice if another machine has its keys. \
                  Start it with the gate (--duty claims or --duty original); \
                  only if no other machine has the keys, add --duty-off-confirmed.";
    let what = format!("this node may not start without its gate: its state file {found}");
    Err(ClientError::new(what, state_file.display(), remedy))
}

/// What the state file says about grants, as the end of a sentence; none if there is no file.
fn trace(path: &Path) -> Option<String> {
    // A link that leads nowhere is no missing file: the disk that it leads to may not be mounted.
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(unreadable(&error)),
        Ok(_) => {}
    }
    let text = match slots::peek(path) {
        Ok(kept) => kept.text,
        Err(error) => return Some(unreadable(&error)),
    };
    Some(match State::of_any_chain(&text, path) {
        Ok(State {
            chain,
            ledger: Some(ledger),
            ..
        }) => format!("pinned ledger {ledger} on chain {chain}"),
        Ok(State { chain, .. }) => {
            format!("shows that it had one on chain {chain}. It names no ledger, but grants in the original wire protocol leave no trace there")
        }
        Err(error) => format!("cannot be read, so it may have pinned a ledger: {}", error.what),
    })
}

fn unreadable(error: &Error) -> String {
    format!("cannot be read, so it may have pinned a ledger: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::SlotFile;

    #[test]
    fn a_text_that_this_release_cannot_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.json");
        let texts = [
            r#"{"version":9,"something":"new"}"#,
            r#"{"version":1,"chain":"0x11","ledger":null}"#,
            "",
        ];
        let (mut file, _) = SlotFile::open(&path).unwrap();
        for (text, generation) in texts.iter().zip(1..) {
            file.write(generation, text).unwrap();
            let error = refuse_plain_start(&path, false).unwrap_err();
            assert!(error.what.contains("may have pinned a ledger"), "{error}");
            assert_eq!(refuse_plain_start(&path, true), Ok(()));
        }
    }
}
