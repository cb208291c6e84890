//! What was asked, what was answered, and how long it took. Read by metrics and by the benchmark.

use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use watchbill_client::{Answer, Duty, Part};

/// Upper bounds, in microseconds, of the buckets of a histogram; one more bucket holds everything above. Narrow around
/// what a grant on the same machine takes.
pub const BUCKETS_US: [u64; 27] = [
    100, 250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 2_750, 3_000, 3_500, 4_000, 4_500,
    5_000, 6_000, 7_500, 10_000, 15_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000,
];

const BUCKETS: usize = BUCKETS_US.len() + 1;

/// Names of the kinds that are counted apart: a duty, with the entering of GRANDPA rounds beside their votes.
const KINDS: [&str; 9] = [
    "babe",
    "aura",
    "aura-blocks",
    "aura-parachain",
    "aura-scheduling",
    "grandpa",
    "grandpa-enter",
    "beefy",
    "im-online",
];

/// Reasons that are counted apart; later ones are counted as `other`. Some come from the service, so they need a bound.
const REASONS: usize = 32;

/// Counters of every kind of question, and of what was not signed in the end.
#[derive(Default)]
pub struct Counters {
    kinds: [Counter; KINDS.len()],
    /// Rounds of GRANDPA keys that did not vote.
    pub(crate) abstentions: Reasons,
    /// Blocks that were built and not sealed.
    pub(crate) refused_seals: Reasons,
    /// Signatures with a kind of key that the gate does not know, by that kind.
    pub(crate) unknown_kinds: Reasons,
    /// By GRANDPA key in hex: whether it votes in the round that was looked at last.
    voting: Mutex<BTreeMap<String, bool>>,
}

/// Counts by reason.
#[derive(Default)]
pub(crate) struct Reasons(Mutex<BTreeMap<String, u64>>);

impl Reasons {
    /// True for the first of its kind.
    pub(crate) fn count(&self, reason: &str) -> bool {
        let mut counts = self.0.lock();
        let name = match counts.len() < REASONS || counts.contains_key(reason) {
            true => reason,
            false => "other",
        };
        let count = counts.entry(name.into()).or_default();
        *count += 1;
        *count == 1
    }

    pub(crate) fn read(&self) -> BTreeMap<String, u64> {
        self.0.lock().clone()
    }
}

impl Counters {
    /// What was counted so far, one entry per kind, in a fixed order.
    pub fn snapshot(&self) -> Vec<Counts> {
        KINDS
            .iter()
            .zip(&self.kinds)
            .map(|(kind, counter)| counter.read(kind))
            .collect()
    }

    pub(crate) fn set_voting(&self, key: &[u8], votes: bool) {
        self.voting
            .lock()
            .insert(format!("0x{}", hex::encode(key)), votes);
    }

    pub(crate) fn voting(&self) -> BTreeMap<String, bool> {
        self.voting.lock().clone()
    }

    pub(crate) fn of(&self, duty: Duty, part: Part) -> &Counter {
        let [babe, aura, aura_blocks, aura_parachain, scheduling, grandpa, enter, beefy, im_online] =
            &self.kinds;
        match (duty, part) {
            (Duty::Babe, _) => babe,
            (Duty::Aura, _) => aura,
            (Duty::AuraBlocks, _) => aura_blocks,
            (Duty::AuraParachain, _) => aura_parachain,
            (Duty::AuraScheduling, _) => scheduling,
            (Duty::Grandpa, Part::Enter) => enter,
            (Duty::Grandpa, _) => grandpa,
            (Duty::Beefy, _) => beefy,
            (Duty::ImOnline, _) => im_online,
        }
    }
}

/// One kind of question. A question whose caller gave up stays in `asked` alone.
#[derive(Default)]
pub(crate) struct Counter {
    asked: AtomicU64,
    granted: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    last_us: AtomicU64,
    max_us: AtomicU64,
    sum_us: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

impl Counter {
    pub(crate) fn asked(&self) {
        self.asked.fetch_add(1, Relaxed);
    }

    pub(crate) fn answered(&self, answer: &Answer, waited: Duration) {
        let outcome = match answer {
            Answer::Granted => &self.granted,
            Answer::Denied { .. } => &self.refused,
            Answer::Unknown { .. } => &self.unknown,
        };
        outcome.fetch_add(1, Relaxed);
        let us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.last_us.store(us, Relaxed);
        self.max_us.fetch_max(us, Relaxed);
        self.sum_us.fetch_add(us, Relaxed);
        let bucket = BUCKETS_US
            .iter()
            .position(|bound| us <= *bound)
            .unwrap_or(BUCKETS_US.len());
        if let Some(count) = self.buckets.get(bucket) {
            count.fetch_add(1, Relaxed);
        }
    }

    fn read(&self, kind: &'static str) -> Counts {
        Counts {
            kind,
            asked: self.asked.load(Relaxed),
            granted: self.granted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            unknown: self.unknown.load(Relaxed),
            last_us: self.last_us.load(Relaxed),
            max_us: self.max_us.load(Relaxed),
            sum_us: self.sum_us.load(Relaxed),
            buckets: std::array::from_fn(|i| self.buckets[i].load(Relaxed)),
        }
    }
}

/// Counts of one kind, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// `babe`, `aura`, `aura-blocks`, `aura-parachain`, `aura-scheduling`, `grandpa` (votes), `grandpa-enter`, `beefy`
    /// or `im-online`.
    pub kind: &'static str,
    /// Questions put.
    pub asked: u64,
    /// Answers `granted`.
    pub granted: u64,
    /// Answers `denied`.
    pub refused: u64,
    /// Answers `unknown`, a passed deadline among them.
    pub unknown: u64,
    /// Microseconds that the last answered question added to its duty.
    pub last_us: u64,
    /// The most microseconds that a question added.
    pub max_us: u64,
    /// Microseconds that all answered questions added.
    pub sum_us: u64,
    /// Answered questions by waiting time; bounds are [`BUCKETS_US`], the last bucket has none.
    pub buckets: [u64; BUCKETS],
}

impl Counts {
    /// Upper bound, in microseconds, of the bucket that holds the `percent`-th percentile; [`Counts::max_us`] where
    /// that is the open bucket or lower than the bound. `None` before the first answer.
    pub fn percentile_us(&self, percent: u8) -> Option<u64> {
        let total: u64 = self.buckets.iter().sum();
        if total == 0 {
            return None;
        }
        let rank = (u128::from(total) * u128::from(percent.min(100)))
            .div_ceil(100)
            .max(1);
        let mut seen = 0u128;
        for (count, bound) in self.buckets.iter().zip(BUCKETS_US) {
            seen += u128::from(*count);
            if seen >= rank {
                return Some(bound.min(self.max_us));
            }
        }
        Some(self.max_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown() -> Answer {
        Answer::Unknown {
            reason: "deadline".into(),
            message: String::new(),
        }
    }

    #[test]
    fn every_outcome_is_counted_by_itself() {
        let counters = Counters::default();
        let counter = counters.of(Duty::Grandpa, Part::Enter);
        for answer in [
            Answer::Granted,
            unknown(),
            Answer::Denied {
                reason: "r".into(),
                message: "m".into(),
            },
        ] {
            counter.asked();
            counter.answered(&answer, Duration::from_micros(300));
        }
        counter.asked();
        let all = counters.snapshot();
        let counts = all.iter().find(|c| c.kind == "grandpa-enter").expect("listed");
        assert_eq!(
            (counts.asked, counts.granted, counts.refused, counts.unknown),
            (4, 1, 1, 1)
        );
        assert_eq!((counts.last_us, counts.max_us), (300, 300));
        assert!(all
            .iter()
            .filter(|c| c.kind != "grandpa-enter")
            .all(|c| c.asked == 0));
    }

    #[test]
    fn a_percentile_is_the_bound_of_its_bucket() {
        let counter = Counter::default();
        assert_eq!(counter.read("babe").percentile_us(99), None);
        for us in [90, 90, 90, 90, 90, 90, 90, 90, 90, 2_600] {
            counter.answered(&Answer::Granted, Duration::from_micros(us));
        }
        let counts = counter.read("babe");
        assert_eq!(counts.percentile_us(50), Some(100));
        assert_eq!(counts.percentile_us(90), Some(100));
        assert_eq!(counts.percentile_us(99), Some(2_600));
    }

    #[test]
    fn reasons_have_a_bound() {
        let reasons = Reasons::default();
        for n in 0..2 * REASONS {
            reasons.count(&format!("reason-{n}"));
        }
        reasons.count("reason-0");
        let counts = reasons.read();
        assert_eq!(counts.len(), REASONS + 1);
        assert_eq!((counts["reason-0"], counts["other"]), (2, REASONS as u64));
    }

    #[test]
    fn a_wait_above_every_bound_has_its_place() {
        let counter = Counter::default();
        counter.answered(&unknown(), Duration::from_secs(40));
        let counts = counter.read("babe");
        assert_eq!(counts.buckets[BUCKETS - 1], 1);
        assert_eq!(counts.percentile_us(50), Some(40_000_000));
    }
}
