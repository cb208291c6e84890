//! The one place through which the wrappers ask, so that every question is counted and timed.

use crate::counters::Counters;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Answer, Claim, Permits, ServiceState, Watch};

/// Asks the permission service and counts what was asked and answered.
pub(crate) struct Asker {
    permits: Arc<dyn Permits>,
    counters: Arc<Counters>,
}

impl Asker {
    pub(crate) fn new(permits: Arc<dyn Permits>, counters: Arc<Counters>) -> Self {
        Self { permits, counters }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn services(&self) -> Vec<ServiceState> {
        self.permits.services()
    }

    /// Awaits the answer. `spent` is what the caller already added to the duty, and is counted as waiting too.
    pub(crate) async fn ask(&self, claim: Claim, until: Instant, spent: Duration) -> Answer {
        let counter = self.counters.of(claim.duty, claim.part);
        counter.asked();
        let begun = Instant::now();
        let answer = self.permits.ask(claim, until).await;
        counter.answered(&answer, spent.saturating_add(begun.elapsed()));
        answer
    }

    /// Waits for the answer on this thread, which drives no future meanwhile.
    pub(crate) fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer {
        let counter = self.counters.of(claim.duty, claim.part);
        counter.asked();
        let begun = Instant::now();
        let answer = self.permits.ask_blocking(claim, until);
        counter.answered(&answer, begun.elapsed());
        answer
    }

    pub(crate) fn watch(&self, key: &[u8]) -> Watch {
        self.permits.watch(key)
    }

    pub(crate) fn reachable(&self) -> bool {
        self.permits.reachable()
    }
}

/// Code of an answer that is not a grant.
pub(crate) fn reason(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Granted => None,
        Answer::Denied { reason, .. } | Answer::Unknown { reason, .. } => Some(reason),
    }
}

/// What an answer that is not a grant says, for a log line or an error.
pub(crate) fn refusal(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Granted => None,
        Answer::Denied { reason, message } => Some(format!("denied ({reason}): {message}")),
        Answer::Unknown { reason, message } => Some(format!("unknown ({reason}): {message}")),
    }
}
