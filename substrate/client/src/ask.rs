//! How a caller waits for its answer. Whoever is first settles it: the answer, the deadline, or the end of the client.

use crate::Answer;
use futures::channel::oneshot;
use parking_lot::Mutex;
use std::sync::mpsc::SyncSender;
use std::sync::Arc;
use std::time::Instant;

/// Why there is no answer yet: what a caller is told whose time is up.
pub(crate) struct Last(Mutex<Answer>);

impl Last {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(deadline_passed())))
    }

    /// Keeps an unknown. Anything else is an answer and is not kept here.
    pub(crate) fn note(&self, answer: Answer) {
        if matches!(answer, Answer::Unknown { .. }) {
            *self.0.lock() = answer;
        }
    }

    pub(crate) fn told(&self) -> Answer {
        self.0.lock().clone()
    }
}

/// The waiting end of one asynchronous caller.
pub(crate) struct Slot {
    sender: Mutex<Option<oneshot::Sender<Answer>>>,
    last: Arc<Last>,
}

impl Slot {
    pub(crate) fn new(last: Arc<Last>) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        (
            Arc::new(Self {
                sender: Mutex::new(Some(sender)),
                last,
            }),
            receiver,
        )
    }

    fn settle(&self, answer: Answer) {
        if let Some(sender) = self.sender.lock().take() {
            // A caller that went away needs no answer.
            let _ = sender.send(answer);
        }
    }

    pub(crate) fn expire(&self) {
        self.settle(self.last.told());
    }
}

/// Where an answer goes.
pub(crate) enum Settle {
    Async(Arc<Slot>),
    Blocking(SyncSender<Answer>),
}

impl Settle {
    pub(crate) fn settle(&self, answer: Answer) {
        match self {
            Settle::Async(slot) => slot.settle(answer),
            Settle::Blocking(sender) => {
                let _ = sender.try_send(answer);
            }
        }
    }
}

/// A grant that comes past its deadline is none: the slot is over, or somebody else was told to go on.
pub(crate) fn in_time(answer: Answer, until: Instant) -> Answer {
    match answer {
        Answer::Granted if Instant::now() >= until => deadline_passed(),
        other => other,
    }
}

pub(crate) fn unknown(reason: &str, message: impl Into<String>) -> Answer {
    Answer::Unknown {
        reason: reason.into(),
        message: message.into(),
    }
}

pub(crate) fn denied(reason: &str, message: impl Into<String>) -> Answer {
    Answer::Denied {
        reason: reason.into(),
        message: message.into(),
    }
}

pub(crate) fn deadline_passed() -> Answer {
    unknown(
        "deadline",
        "no answer was certain before the deadline of the claim",
    )
}

pub(crate) fn queue_full() -> Answer {
    unknown(
        "queue-full",
        "too many claims of this node wait for an answer; the service is slow or gone",
    )
}

pub(crate) fn stopped() -> Answer {
    unknown("stopped", "the client has stopped")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_is_first_settles() {
        let (slot, mut receiver) = Slot::new(Last::new());
        slot.expire();
        slot.settle(Answer::Granted);
        assert_eq!(receiver.try_recv().unwrap(), Some(deadline_passed()));
    }

    #[test]
    fn whose_time_is_up_is_told_why_and_never_that_it_is_granted() {
        let last = Last::new();
        let (slot, mut receiver) = Slot::new(last.clone());
        last.note(unknown("no-connection", "m"));
        last.note(Answer::Granted);
        slot.expire();
        assert_eq!(receiver.try_recv().unwrap(), Some(unknown("no-connection", "m")));
    }

    #[test]
    fn a_late_grant_is_none() {
        let past = Instant::now();
        assert_eq!(in_time(Answer::Granted, past), deadline_passed());
        assert_eq!(in_time(denied("unit-taken", ""), past), denied("unit-taken", ""));
        assert_eq!(
            in_time(Answer::Granted, past + Duration::from_secs(60)),
            Answer::Granted
        );
    }
}
