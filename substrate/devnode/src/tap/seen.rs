//! What was recorded already, for as long as memory is bounded.

use std::collections::{HashSet, VecDeque};

/// A set of hashes that forgets the oldest above its capacity.
pub struct Seen {
    capacity: usize,
    order: VecDeque<[u8; 16]>,
    known: HashSet<[u8; 16]>,
}

impl Seen {
    /// Remembers `capacity` hashes of 16 bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            order: VecDeque::new(),
            known: HashSet::new(),
        }
    }

    /// True when the hash is not remembered; from now on it is.
    pub fn is_new(&mut self, hash: [u8; 16]) -> bool {
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > self.capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_new_from_known() {
        let mut seen = Seen::with_capacity(2);
        assert!(seen.is_new([1; 16]));
        assert!(!seen.is_new([1; 16]));
    }

    #[test]
    fn forgets_the_oldest_and_stays_within_its_capacity() {
        let mut seen = Seen::with_capacity(2);
        for n in 1..=3 {
            assert!(seen.is_new([n; 16]));
        }
        assert_eq!((seen.order.len(), seen.known.len()), (2, 2));
        assert!(!seen.is_new([3; 16]));
        assert!(seen.is_new([1; 16]));
    }
}
