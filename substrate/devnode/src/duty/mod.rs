//! Who is asked before this node signs: nobody, or permission services by way of `watchbill-gate`.
//!
//! A gated node that cannot ask follows the chain and signs nothing. What is wrong is said at start, and every minute
//! for as long as it lasts, with what to do; it may be put right while the node runs.

mod chain_clock;
mod connection;
mod facts;
mod forgotten;
mod gated;
mod settings;
mod steward;
mod timing;
mod voter_chain;

pub use forgotten::{leave_trace_of_gate, refuse_forgotten_gate};
pub use gated::{Attendance, Gated};
pub use settings::DutyArgs;
pub use voter_chain::VoterChain;

const LOG_TARGET: &str = "watchbill";
