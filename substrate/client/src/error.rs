//! Why a client could not start: what, where, and what to do.

use std::error::Error;
use std::fmt::Display;

/// A fault of the set-up. Its text never holds a token or the secret part of a base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} ({place}). {remedy}")]
pub struct ClientError {
    /// What is wrong, in a few words.
    pub what: String,
    /// The file, address or setting that it is about.
    pub place: String,
    /// What to do about it, one sentence.
    pub remedy: String,
}

impl ClientError {
    pub(crate) fn new(what: impl Display, place: impl Display, remedy: impl Display) -> Self {
        Self {
            what: what.to_string(),
            place: place.to_string(),
            remedy: remedy.to_string(),
        }
    }
}

/// The innermost cause, and never the address: it may hold a secret.
pub(crate) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
