//! Says a thing again only when it changed or a minute has passed.

use log::Level;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The last text by subject. Subjects are fixed, so the map stays small.
#[derive(Default)]
pub(crate) struct Quiet {
    said: Mutex<HashMap<&'static str, (String, Instant)>>,
}

impl Quiet {
    pub(crate) fn say(&self, level: Level, subject: &'static str, text: &str) {
        let now = Instant::now();
        let mut said = self.said.lock();
        let is_old = said
            .get(subject)
            .is_some_and(|(last, at)| last == text && now.duration_since(*at) < AGAIN_AFTER);
        if is_old {
            return;
        }
        said.insert(subject, (text.to_owned(), now));
        log::log!(target: "watchbill", level, "{subject}: {text}");
    }

    /// The trouble is over: says so once, where there was one.
    pub(crate) fn clear(&self, subject: &'static str) {
        if self.said.lock().remove(subject).is_some() {
            log::info!(target: "watchbill", "{subject}: well again");
        }
    }
}
