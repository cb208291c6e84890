//! What callers hand to the agent's thread.

use crate::ask::{stopped, Last, Settle};
use crate::check::Held;
use crate::presence::FactSource;
use crate::{Answer, Claim, Finding};
use std::sync::mpsc::SyncSender;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;

pub(crate) enum Message {
    Ask(Job),
    /// Report these keys from now on, and nothing that was reported before.
    Report {
        keys: Vec<Vec<u8>>,
        source: Arc<dyn FactSource>,
    },
    Check {
        held: Held,
        until: Instant,
        reply: SyncSender<Vec<Finding>>,
    },
}

/// A claim under way. Dropped unsettled, it is answered unknown: nobody waits for ever.
pub(crate) struct Job {
    pub claim: Claim,
    pub until: Instant,
    /// What the caller is told when its time is up first.
    pub last: Arc<Last>,
    settle: Option<Settle>,
    /// Its place in the queue, free again when the claim has ended.
    _place: OwnedSemaphorePermit,
}

impl Job {
    pub(crate) fn new(
        claim: Claim,
        until: Instant,
        last: Arc<Last>,
        settle: Settle,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            claim,
            until,
            last,
            settle: Some(settle),
            _place: place,
        }
    }

    pub(crate) fn settle(mut self, answer: Answer) {
        if let Some(settle) = self.settle.take() {
            settle.settle(answer);
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(settle) = self.settle.take() {
            settle.settle(stopped());
        }
    }
}
