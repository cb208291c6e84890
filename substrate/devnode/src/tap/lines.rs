//! A file of JSON lines that is only ever appended to.

use serde::Serialize;
use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

/// Appends lines; each is with the operating system when `append` returns.
pub struct Lines {
    file: File,
    name: String,
}

impl Lines {
    /// Opens the file at its end, or creates it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|e| format!("cannot record to {name}: {e}; pass a file in a writable folder"))?;
        Ok(Self { file, name })
    }

    /// One line in one write, so that a reader never sees half of one from here.
    pub fn append(&mut self, line: &impl Serialize) -> Result<(), String> {
        let mut text = serde_json::to_string(line).map_err(|e| e.to_string())?;
        text.push('\n');
        self.file
            .write_all(text.as_bytes())
            .map_err(|e| format!("cannot record to {}: {e}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        Lines::open(&path)
            .unwrap()
            .append(&serde_json::json!({ "a": 1 }))
            .unwrap();
        Lines::open(&path)
            .unwrap()
            .append(&serde_json::json!({ "b": 2 }))
            .unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn says_which_file_it_cannot_open() {
        let folder = tempfile::tempdir().unwrap();
        let said = Lines::open(folder.path()).err().unwrap();
        assert!(said.contains(&folder.path().display().to_string()), "{said}");
    }
}
