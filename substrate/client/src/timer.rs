//! A thread that does nothing but tell callers when their time is up, so that no hanging network can hold them.

use crate::ask::Slot;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::Weak;
use std::time::{Duration, Instant};

const IDLE: Duration = Duration::from_secs(60);
/// Beyond this, entries of asks that were answered meanwhile are dropped.
const PRUNE_ABOVE: usize = 1024;

/// Ends with its last handle.
#[derive(Clone)]
pub(crate) struct Timer {
    entries: Sender<Entry>,
}

struct Entry {
    until: Instant,
    slot: Weak<Slot>,
}

impl Timer {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (entries, due) = channel();
        std::thread::Builder::new()
            .name("watchbill-timer".into())
            .spawn(move || run(&due))?;
        Ok(Self { entries })
    }

    /// Settles the slot as unknown at `until`, if nobody did before.
    pub(crate) fn watch(&self, until: Instant, slot: Weak<Slot>) {
        // Fails only when the thread is gone, which drops what it held: the asker then learns of it by that.
        let _ = self.entries.send(Entry { until, slot });
    }
}

fn run(entries: &Receiver<Entry>) {
    let mut heap: BinaryHeap<Reverse<Entry>> = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while heap.peek().is_some_and(|Reverse(entry)| entry.until <= now) {
            if let Some(slot) = heap.pop().and_then(|Reverse(entry)| entry.slot.upgrade()) {
                slot.expire();
            }
        }
        if heap.len() > PRUNE_ABOVE {
            heap.retain(|Reverse(entry)| entry.slot.strong_count() > 0);
        }
        let wait = heap
            .peek()
            .map_or(IDLE, |Reverse(entry)| entry.until.saturating_duration_since(now));
        match entries.recv_timeout(wait) {
            Ok(entry) => heap.push(Reverse(entry)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}

impl Eq for Entry {}
