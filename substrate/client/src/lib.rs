//! Client of a watchbill permission service. A node asks before it signs, and signs on `Granted` alone.
//!
//! It knows nothing of Substrate. [`Client::start`] runs one thread with one runtime; callers wait on channels, so
//! that a synchronous caller never drives a future. Every wait has a deadline and every queue a bound.
//!
//! What makes a grant count stands in `docs/duty/reference/http.md`: status 200, outcome `granted`, every field of the claim
//! echoed, in time, and its place in the ledger, with the service's word about it, kept on this machine's
//! disk before the caller is told.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod agent;
mod ask;
mod check;
mod claim;
mod client;
mod config;
mod credentials;
mod durable;
mod endpoint;
mod error;
mod exchange;
mod head;
mod heads;
mod http;
mod job;
mod original;
mod permits;
mod plain_start;
mod policies;
mod presence;
mod quiet;
mod report;
mod rounds;
mod services;
mod shared;
mod slots;
mod state;
mod timer;
mod token;
mod watchbook;
mod wire;
mod word;

pub use check::{compare, Finding, Node, Severity, UngatedCopy};
pub use claim::{Answer, Claim, Duty, Part, Unit, Watch};
pub use client::Client;
pub use config::{ClientConfig, Deadlines, Wire};
pub use endpoint::Endpoint;
pub use error::ClientError;
pub use permits::Permits;
pub use plain_start::refuse_plain_start;
pub use policies::PolicyView;
pub use presence::{FactSource, Facts, LeaseReport};
pub use services::ServiceState;
pub use token::TokenSource;

/// Compiles the example of the first page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
