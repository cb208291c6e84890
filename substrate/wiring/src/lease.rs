//! The lease of one key: when its secret may be on this machine. Pure: time comes in with each question.

use std::time::{Duration, Instant};

/// How long after it was asked for a lease lets this machine have the secret. The service gives the lease to another
/// machine 15 s after the last report at the earliest (`LEASE_TTL_MS` of the service).
pub(crate) const HOLD: Duration = Duration::from_secs(5);

/// What this machine heard of the lease, and whether it has the secret.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    id: Option<String>,
    until: Option<Instant>,
    has_secret: bool,
}

impl Lease {
    /// The answer to a report that was sent at this moment: the lease of this machine, or none.
    pub(crate) fn hear(&mut self, id: Option<String>, sent: Instant) {
        self.until = id.as_ref().map(|_| sent + HOLD);
        self.id = id.or(self.id.take());
    }

    /// Until when the secret may be here; none if it may not.
    pub(crate) fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| now < *until)
    }

    /// Whether the secret is on this machine.
    pub(crate) fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// It was put there, or taken away.
    pub(crate) fn set_secret(&mut self, is_here: bool) {
        self.has_secret = is_here;
    }

    /// The lease by which the secret is or may soon be here, and the one that this machine gives back. A lease that may
    /// still lead to the secret is never given back, so another machine that gets it is alone.
    pub(crate) fn report(&self, now: Instant) -> (Option<String>, Option<String>) {
        match self.has_secret || self.until(now).is_some() {
            true => (self.id.clone(), None),
            false => (None, self.id.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(id: &str) -> Option<String> {
        Some(id.into())
    }

    #[test]
    fn a_lease_counts_from_when_it_was_asked_for_and_is_held_until_the_secret_is_gone() {
        let sent = Instant::now();
        let mut lease = Lease::default();
        assert_eq!((lease.report(sent), lease.until(sent)), ((None, None), None));
        lease.hear(some("1f"), sent);
        let (last, over) = (sent + HOLD - Duration::from_millis(1), sent + HOLD);
        assert_eq!((lease.until(last), lease.until(over)), (Some(over), None));
        // It may put the secret there at any moment, so it does not give the lease back.
        assert_eq!(lease.report(last), (some("1f"), None));
        assert_eq!(lease.report(over), (None, some("1f")));
        lease.set_secret(true);
        assert_eq!(lease.report(over), (some("1f"), None));
        lease.set_secret(false);
        assert_eq!(lease.report(over), (None, some("1f")));
    }

    #[test]
    fn no_lease_ends_the_hold_at_once_and_is_given_back_after_the_secret() {
        let sent = Instant::now();
        let mut lease = Lease::default();
        lease.hear(some("1f"), sent);
        lease.set_secret(true);
        lease.hear(None, sent);
        assert_eq!(lease.until(sent), None);
        assert_eq!(lease.report(sent), (some("1f"), None));
        lease.set_secret(false);
        assert_eq!(lease.report(sent), (None, some("1f")));
        lease.hear(some("2e"), sent);
        assert_eq!(lease.report(sent), (some("2e"), None));
    }
}
