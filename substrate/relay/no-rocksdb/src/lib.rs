//! Stands in for the crate `kvdb-rocksdb`, so that RocksDB (735 files of C++) is not compiled. The relay node keeps its
//! data in ParityDB. Opening a RocksDB database is an error that says so.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

use kvdb::{DBKeyValue, DBTransaction, DBValue, KeyValueDB};
use std::{collections::HashMap, io, path::Path};

/// What a caller would set of a database.
#[derive(Default)]
pub struct DatabaseConfig {
    /// Megabytes of cache by column.
    pub memory_budget: HashMap<u32, usize>,
}

impl DatabaseConfig {
    /// The configuration of a database that [`Database::open`] refuses.
    pub fn with_columns(_: u32) -> Self {
        Self::default()
    }
}

/// A database that cannot exist.
pub enum Database {}

impl Database {
    /// Refuses.
    ///
    /// # Errors
    /// Always: `unsupported`, with the way to a database that is supported.
    pub fn open<P: AsRef<Path>>(_: &DatabaseConfig, path: P) -> io::Result<Self> {
        let path = path.as_ref().display();
        let message = format!(
            "{path}: this build has no RocksDB; start it with --database paritydb on an empty base path"
        );
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    /// Cannot be called.
    pub fn add_column(&mut self) -> io::Result<()> {
        match *self {}
    }

    /// Cannot be called.
    pub fn remove_last_column(&mut self) -> io::Result<()> {
        match *self {}
    }
}

impl KeyValueDB for Database {
    fn get(&self, _: u32, _: &[u8]) -> io::Result<Option<DBValue>> {
        match *self {}
    }

    fn get_by_prefix(&self, _: u32, _: &[u8]) -> io::Result<Option<DBValue>> {
        match *self {}
    }

    fn write(&self, _: DBTransaction) -> io::Result<()> {
        match *self {}
    }

    fn iter<'a>(&'a self, _: u32) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
        match *self {}
    }

    fn iter_with_prefix<'a>(
        &'a self,
        _: u32,
        _: &'a [u8],
    ) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_is_an_error_that_names_the_way_out() {
        let error = Database::open(&DatabaseConfig::with_columns(3), "/data/db")
            .err()
            .map(|e| e.to_string());
        let said = error.unwrap_or_default();
        assert!(
            said.starts_with("/data/db: ") && said.contains("--database paritydb"),
            "{said}"
        );
    }
}
