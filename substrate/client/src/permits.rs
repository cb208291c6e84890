//! The port between the wrappers and whatever answers them.

use crate::{Answer, Claim, ServiceState, Watch};
use futures::future::BoxFuture;
use std::time::Instant;

/// Answers claims by a deadline. Wrappers know this trait only, so that they can be tested without a network.
pub trait Permits: Send + Sync + 'static {
    /// Settles at `until` at the latest; past it the answer is `Unknown`.
    fn ask(&self, claim: Claim, until: Instant) -> BoxFuture<'static, Answer>;

    /// The same for synchronous callers: the thread waits, and drives no future while it does.
    fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer;

    /// Who is on watch for this key, as last heard; never waits.
    fn watch(&self, key: &[u8]) -> Watch;

    /// False while the service did not answer what it was last asked; never waits.
    fn reachable(&self) -> bool;

    /// The services that are asked, in order of preference, for metrics; never waits. None where there is no client.
    fn services(&self) -> Vec<ServiceState> {
        Vec::new()
    }
}
