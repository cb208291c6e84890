//! Whether a node that believes it has peers hears nobody: its line may be cut without a connection having noticed.
//!
//! A machine in that state would still be granted slots, and would seal them for nobody, until its connections time out. So it says
//! that it is not in step, and a standby goes first. That is a preference and must not become a deadlock: after a chain stood still
//! for long, everybody hears nobody and somebody has to begin. So the state ends by itself; by then the number of
//! peers tells the truth.

use std::time::{Duration, Instant};

/// Slots without a block of anybody else after which the line counts as cut.
const BEGINS_AFTER_SLOTS: u32 = 6;
/// Slots after which silence says nothing any more.
const ENDS_AFTER_SLOTS: u32 = 60;

/// When a block of somebody else was heard last. No method waits.
#[derive(Debug)]
pub struct Silence {
    slot: Duration,
    heard: Option<Instant>,
}

impl Silence {
    /// For a chain with slots of this length. Until somebody is heard for the first time nothing is concluded.
    pub fn new(slot: Duration) -> Self {
        Self { slot, heard: None }
    }

    /// A block of another author arrived at `now`.
    pub fn note(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// Nothing can be expected up to `now`: while no service answers, no gated node makes a block.
    pub fn excuse(&mut self, now: Instant) {
        self.heard = self.heard.map(|_| now);
    }

    /// Whether the line seems to be cut at `now`.
    pub fn is_cut_off(&self, now: Instant) -> bool {
        let Some(heard) = self.heard else { return false };
        let silent = now.saturating_duration_since(heard);
        silent >= self.slot * BEGINS_AFTER_SLOTS && silent < self.slot * ENDS_AFTER_SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Duration = Duration::from_secs(1);

    #[test]
    fn silence_begins_and_ends() {
        let start = Instant::now();
        let mut silence = Silence::new(SLOT);
        assert!(!silence.is_cut_off(start + 30 * SLOT), "nobody was heard yet");
        silence.note(start);
        let cut = |slots: u32| silence.is_cut_off(start + slots * SLOT);
        assert_eq!([5, 6, 59, 60].map(cut), [false, true, true, false]);
    }

    #[test]
    fn what_is_excused_does_not_count_as_silence_and_nobody_was_heard_by_it() {
        let start = Instant::now();
        let mut silence = Silence::new(SLOT);
        silence.excuse(start);
        assert!(!silence.is_cut_off(start + 8 * SLOT), "nobody was heard yet");
        silence.note(start);
        silence.excuse(start + 30 * SLOT);
        let cut = |slots: u32| silence.is_cut_off(start + slots * SLOT);
        assert_eq!([35, 36].map(cut), [false, true]);
    }

    #[test]
    fn a_block_ends_it() {
        let start = Instant::now();
        let mut silence = Silence::new(SLOT);
        silence.note(start);
        silence.note(start + 8 * SLOT);
        assert!(!silence.is_cut_off(start + 9 * SLOT));
    }
}
