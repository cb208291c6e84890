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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::PathBuf, sync::Arc};
    use watchbill_client::{Client, ClientConfig, Deadlines, Wire};

    const KEY: [u8; 32] = [3; 32];

    /// Removed when it is dropped.
    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// A client whose service is never asked.
    fn client(folder: &Folder) -> Arc<dyn RefusedRounds> {
        let config = ClientConfig {
            services: vec!["http://127.0.0.1:9".parse().expect("an endpoint")],
            token: None,
            ca_file: None,
            chain: [1; 32],
            node: "alpha".into(),
            state_file: folder.0.join("state.json"),
            mode: Wire::Original,
            grants: 1,
            deadlines: Deadlines::default(),
        };
        Arc::new(Client::start(config).expect("starts without a service"))
    }

    #[test]
    fn the_client_remembers_a_refused_round_over_a_restart() {
        let name = format!("watchbill-refused-{}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        std::fs::create_dir(&folder.0).expect("a new folder");
        let rounds = client(&folder);
        assert!(!rounds.was_refused(&KEY, 12, 340));
        rounds.note_refused(&KEY, 12, 340);
        drop(rounds);
        let rounds = client(&folder);
        assert!(rounds.was_refused(&KEY, 12, 340));
        assert!(!rounds.was_refused(&KEY, 12, 341));
    }
}
