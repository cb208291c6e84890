//! Memory of rounds in which a vote was refused.

/// Remembers, across restarts, the rounds in which a vote of a key was denied.
///
/// A denied vote ends the voter and, in stock nodes, the node. The vote is stored before it is signed, so the
/// restarted node would cast it again, be denied again and end again. It abstains from a remembered round instead.
pub trait RefusedRounds: Send + Sync + 'static {
    /// A vote of this key was denied in this round. Durable when it returns, as far as the disk allows.
    fn note_refused(&self, key: &[u8], set: u64, round: u64);

    /// Whether [`RefusedRounds::note_refused`] was called for it, by this process or one before it.
    fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool;
}

/// Remembers nothing. A node that was denied a vote may then end again after its restart, until the round is over.
pub struct ForgetRefused;

impl RefusedRounds for ForgetRefused {
    fn note_refused(&self, _key: &[u8], _set: u64, _round: u64) {}

    fn was_refused(&self, _key: &[u8], _set: u64, _round: u64) -> bool {
        false
    }
}

/// The client keeps them in its state file.
impl RefusedRounds for watchbill_client::Client {
    fn note_refused(&self, key: &[u8], set: u64, round: u64) {
        Self::note_refused(self, key, set, round);
    }

    fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool {
        Self::was_refused(self, key, set, round)
    }
}
