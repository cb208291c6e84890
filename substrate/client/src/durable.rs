//! Files that survive a crash, and a lock that does not.

use crate::ClientError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const ONLY_OWNER: u32 = 0o600;

/// Puts `text` in place of the file: a crash leaves the old content or the new one, and after the return the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let fresh = beside(path, "new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(ONLY_OWNER)
        .open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    // The rename itself is an entry of the folder and is durable only with it.
    File::open(folder_of(path))?.sync_all()
}

/// Held while this process is the only one that uses the file. The system lets go of it when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// # Errors
/// Where another process holds it, or the folder cannot be written.
pub(crate) fn lock(path: &Path) -> Result<Lock, ClientError> {
    let beside = beside(path, "lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(ONLY_OWNER)
        .open(&beside)
        .map_err(|error| {
            let remedy = "Make the folder, and let the node's user write in it.";
            ClientError::new(
                format!("the state file cannot be locked: {error}"),
                beside.display(),
                remedy,
            )
        })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(ClientError::new(
            "another process uses this state file",
            path.display(),
            "Stop the other node, or give each node a state file of its own.",
        )),
        Err(TryLockError::Error(error)) => Err(ClientError::new(
            format!("the state file cannot be locked: {error}"),
            beside.display(),
            "Keep it on a local file system that supports locks.",
        )),
    }
}

/// `heads.json` becomes `heads.json.lock`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_content_is_replaced_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace(&path, "one").unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!beside(&path, "new").exists());
    }

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let held = lock(&path).unwrap();
        assert!(lock(&path).unwrap_err().what.contains("another process"));
        drop(held);
        assert!(lock(&path).is_ok());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = lock(Path::new("/nonexistent/state")).unwrap_err();
        assert!(error.place.contains("/nonexistent/state") && error.remedy.contains("folder"));
    }
}
