//! What was asked and how long it took, in a file that is replaced as a whole.

use crate::LOG_TARGET;
use serde_json::{json, Value};
use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};
use watchbill_gate::{Counts, Gate, BUCKETS_US};

/// Writes the file when told, and once more when dropped.
pub struct TimingFile {
    path: PathBuf,
    gate: Gate,
}

impl TimingFile {
    /// Writes nothing yet.
    pub fn new(path: PathBuf, gate: Gate) -> Self {
        Self { path, gate }
    }

    /// Replaces the file. A failure is logged: the node goes on without it.
    pub fn write(&self) {
        let text = report(&self.gate.counts()).to_string();
        if let Err(e) = replace(&self.path, &text) {
            log::warn!(target: LOG_TARGET, "watchbill: cannot write {}: {e}; --duty-timing-file wants a file in a writable folder", self.path.display());
        }
    }
}

impl Drop for TimingFile {
    fn drop(&mut self) {
        self.write();
    }
}

/// Times are in microseconds; the last bucket of each kind has no bound.
fn report(counts: &[Counts]) -> Value {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let kinds: Vec<Value> = counts.iter().map(of_kind).collect();
    json!({ "atMs": u64::try_from(since.as_millis()).unwrap_or(u64::MAX), "boundsUs": BUCKETS_US, "kinds": kinds })
}

fn of_kind(counts: &Counts) -> Value {
    json!({
        "kind": counts.kind,
        "asked": counts.asked,
        "granted": counts.granted,
        "denied": counts.refused,
        "unknown": counts.unknown,
        "lastUs": counts.last_us,
        "maxUs": counts.max_us,
        "p50Us": counts.percentile_us(50),
        "p99Us": counts.percentile_us(99),
        "buckets": counts.buckets,
    })
}

/// By rename, so that a reader never sees half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut half = path.as_os_str().to_owned();
    half.push(".new");
    std::fs::write(&half, text)?;
    std::fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchbill_client::{Answer, Claim, Permits, Watch};

    struct FakePermits;

    impl Permits for FakePermits {
        fn ask(
            &self,
            claim: Claim,
            until: std::time::Instant,
        ) -> futures::future::BoxFuture<'static, Answer> {
            Box::pin(futures::future::ready(self.ask_blocking(claim, until)))
        }
        fn ask_blocking(&self, _: Claim, _: std::time::Instant) -> Answer {
            Answer::Granted
        }
        fn watch(&self, _: &[u8]) -> Watch {
            Watch::Unwatched
        }
        fn reachable(&self) -> bool {
            true
        }
    }

    #[test]
    fn the_file_is_there_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timing.json");
        drop(TimingFile::new(
            path.clone(),
            Gate::new(Arc::new(FakePermits), Default::default()),
        ));
        let report: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(report["boundsUs"].as_array().unwrap().len(), BUCKETS_US.len());
        let kinds = report["kinds"].as_array().unwrap();
        assert!(kinds
            .iter()
            .any(|kind| kind["kind"] == "grandpa-enter" && kind["asked"] == 0 && kind["p99Us"].is_null()));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing else is left behind"
        );
    }
}
