//! The content of the state file, and how it is read.

use crate::head::{from_decimal, is_id, to_decimal, Head};
use crate::word::Word;
use crate::ClientError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

/// The one version that this release writes and reads.
const VERSION: u32 = 2;

/// What this machine was told last, and where it was refused a vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    version: u32,
    /// `0x` and hex of the genesis hash.
    pub chain: String,
    /// Set by the first grant.
    pub ledger: Option<String>,
    /// Set by the first grant.
    pub epoch: Option<String>,
    /// By [`mark_name`].
    pub heads: BTreeMap<String, Head>,
    /// By [`mark_name`]: the word of each head.
    pub words: BTreeMap<String, Word>,
    /// Oldest first.
    pub refused: VecDeque<RefusedRound>,
}

/// A GRANDPA round in which a vote was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusedRound {
    pub key: String,
    #[serde(serialize_with = "to_decimal", deserialize_with = "from_decimal")]
    pub set: u64,
    #[serde(serialize_with = "to_decimal", deserialize_with = "from_decimal")]
    pub round: u64,
}

impl State {
    pub(crate) fn new(chain: &str) -> Self {
        Self {
            version: VERSION,
            chain: chain.into(),
            ledger: None,
            epoch: None,
            heads: BTreeMap::new(),
            words: BTreeMap::new(),
            refused: VecDeque::new(),
        }
    }

    /// The state that a file holds.
    ///
    /// # Errors
    /// If the text is damaged, of another chain, or of a version that this release does not know. It is never
    /// reset: what it remembers is what shows that a store went back in time.
    pub(crate) fn parse(text: &str, path: &Path, chain: &str) -> Result<Self, ClientError> {
        let state = Self::of_any_chain(text, path)?;
        if state.chain != chain {
            let what = format!(
                "the state file is of chain {}, the node is on {chain}",
                state.chain
            );
            return Err(ClientError::new(
                what,
                path.display(),
                "Give each chain a state file of its own.",
            ));
        }
        Ok(state)
    }

    /// As [`State::parse`], whatever the chain.
    ///
    /// # Errors
    /// If the text is damaged, or of a version that this release does not know.
    pub(crate) fn of_any_chain(text: &str, path: &Path) -> Result<Self, ClientError> {
        of_known_version(text, path)?;
        let state: Self = serde_json::from_str(text).map_err(|error| damaged(path, error))?;
        match state.flaw() {
            Some(flaw) => Err(damaged(path, flaw)),
            None => Ok(state),
        }
    }

    /// The word that the mark's last reply with a word carried.
    pub(crate) fn word(&self, name: &str) -> Option<&Word> {
        self.words.get(name)
    }

    fn flaw(&self) -> Option<&'static str> {
        let ids_fit = [&self.ledger, &self.epoch]
            .into_iter()
            .flatten()
            .all(|id| is_id(id));
        let heads_fit = self
            .heads
            .values()
            .all(|head| head.is_well_formed() && Some(&head.epoch) == self.epoch.as_ref());
        let words_fit = self.words.keys().eq(self.heads.keys());
        match () {
            _ if self.ledger.is_some() != self.epoch.is_some() => Some("it names a ledger without an epoch"),
            _ if !ids_fit => Some("the ledger or the epoch is not an id"),
            _ if !words_fit => Some("its words are not those of its marks"),
            _ if !heads_fit => Some("an entry is not of its form or epoch"),
            _ => None,
        }
    }
}

/// The version alone, whatever else the text holds.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Another version is no damage, and the remedy is another one.
fn of_known_version(text: &str, path: &Path) -> Result<(), ClientError> {
    match serde_json::from_str(text) {
        Ok(Versioned { version }) if version != VERSION => {
            let what =
                format!("the state file is of version {version}; this release reads version {VERSION}");
            let remedy = "Start the release of the node that wrote it. Do not remove the file: it lets this machine notice a store that went back in time.";
            Err(ClientError::new(what, path.display(), remedy))
        }
        _ => Ok(()),
    }
}

/// How a mark is called in the file.
pub(crate) fn mark_name(key: &[u8], duty: &str) -> String {
    format!("0x{}/{duty}", hex::encode(key))
}

pub(crate) fn damaged(path: &Path, why: impl std::fmt::Display) -> ClientError {
    ClientError::new(
        format!("the state file is damaged: {why}"),
        path.display(),
        "Look at the disk. The file lets this machine notice a store that went back in time: move it away only after `watchbill status` shows the ledger that you expect, then start again.",
    )
}
