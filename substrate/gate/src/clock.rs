//! How far the clock of this machine is off, told from when blocks of others arrive.
//!
//! A block cannot arrive before it was made, nor should it be made before its slot begins: blocks that arrive earlier
//! than their slot begins mean that this clock is late. Where not one block arrives before its slot has ended, this
//! clock is early (or the network that slow, which makes the node as unfit). Between the two nothing can be told, and
//! 0 is said.

use std::{collections::VecDeque, time::Duration};

/// Blocks that are looked at, newest last.
const WINDOW: usize = 8;
/// Fewer than this many blocks tell nothing.
const ENOUGH: usize = 3;

/// Estimates the offset of the clock; a pure value, to be kept behind a lock.
#[derive(Clone, Debug)]
pub struct SlotClock {
    slot_ms: i64,
    /// Milliseconds from the beginning of a block's slot to its arrival here.
    delays_ms: VecDeque<i64>,
}

impl SlotClock {
    /// For a chain with slots of this length.
    pub fn new(slot: Duration) -> Self {
        Self {
            slot_ms: i64::try_from(slot.as_millis()).unwrap_or(i64::MAX).max(1),
            delays_ms: VecDeque::new(),
        }
    }

    /// A block that another node made in `slot` arrived at `arrived_ms` (milliseconds since 1970 by the clock of this
    /// machine). Only blocks that were announced as new: one that was fetched to catch up says nothing.
    pub fn note(&mut self, slot: u64, arrived_ms: u64) {
        let begins = i128::from(slot) * i128::from(self.slot_ms);
        let delay = i128::from(arrived_ms) - begins;
        if self.delays_ms.len() >= WINDOW {
            self.delays_ms.pop_front();
        }
        self.delays_ms
            .push_back(delay.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
    }

    /// Milliseconds by which this clock is ahead (above 0) or behind (below 0), at the least. The median decides whether
    /// it is behind, so that one author with a fast clock says nothing; the earliest arrival whether it is ahead.
    pub fn offset_ms(&self) -> f64 {
        if self.delays_ms.len() < ENOUGH {
            return 0.0;
        }
        let mut sorted: Vec<i64> = self.delays_ms.iter().copied().collect();
        sorted.sort_unstable();
        let earliest = sorted.first().copied().unwrap_or(0);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        if median < 0 {
            median as f64
        } else if earliest > self.slot_ms {
            (earliest - self.slot_ms) as f64
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(delays_ms: &[i64]) -> SlotClock {
        let mut clock = SlotClock::new(Duration::from_millis(1_000));
        for (i, delay) in delays_ms.iter().enumerate() {
            let slot = 1_000_000 + i as u64;
            clock.note(slot, (slot * 1_000).saturating_add_signed(*delay));
        }
        clock
    }

    #[test]
    fn within_the_slot_nothing_is_told() {
        assert_eq!(clock(&[]).offset_ms(), 0.0);
        assert_eq!(clock(&[50, 400, 999]).offset_ms(), 0.0);
        assert_eq!(clock(&[50, 1_400, 3_000]).offset_ms(), 0.0);
    }

    #[test]
    fn too_few_blocks_tell_nothing() {
        assert_eq!(clock(&[-500, -500]).offset_ms(), 0.0);
    }

    #[test]
    fn blocks_from_the_future_mean_a_late_clock() {
        assert_eq!(clock(&[-300, -200, -250]).offset_ms(), -250.0);
    }

    #[test]
    fn one_author_with_a_fast_clock_says_nothing() {
        assert_eq!(clock(&[40, -900, 60, 50, -900]).offset_ms(), 0.0);
    }

    #[test]
    fn no_block_before_the_end_of_its_slot_means_an_early_clock() {
        assert_eq!(clock(&[1_300, 1_250, 1_900]).offset_ms(), 250.0);
    }

    #[test]
    fn old_blocks_leave() {
        let delays = [vec![-500; 20], vec![100; WINDOW]].concat();
        assert_eq!(clock(&delays).offset_ms(), 0.0);
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let mut clock = SlotClock::new(Duration::MAX);
        for _ in 0..4 {
            clock.note(u64::MAX, 0);
        }
        assert!(clock.offset_ms() < 0.0);
    }
}
