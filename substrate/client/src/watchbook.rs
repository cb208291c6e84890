//! Who is on watch, as last heard. It decides preference only, and never waits.

use crate::wire::WatchNews;
use crate::Watch;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::{Duration, Instant};

pub(crate) struct WatchBook {
    own_name: String,
    max_age: Duration,
    heard: Mutex<HashMap<Vec<u8>, Heard>>,
}

struct Heard {
    news: WatchNews,
    at: Instant,
}

impl WatchBook {
    pub(crate) fn new(own_name: &str, max_age: Duration) -> Self {
        Self {
            own_name: own_name.into(),
            max_age,
            heard: Mutex::new(HashMap::new()),
        }
    }

    /// A report told it. Terms only rise; an older one comes from a service that lags and is passed over.
    pub(crate) fn hear(&self, key: &[u8], news: WatchNews, at: Instant) {
        let mut heard = self.heard.lock();
        let is_old = heard.get(key).is_some_and(|before| before.news.term > news.term);
        if !is_old {
            heard.insert(key.to_vec(), Heard { news, at });
        }
    }

    /// A claim told it: counts only for keys that are reported.
    pub(crate) fn hear_aside(&self, key: &[u8], news: WatchNews, at: Instant) {
        if self.heard.lock().contains_key(key) {
            self.hear(key, news, at);
        }
    }

    pub(crate) fn look(&self, key: &[u8], now: Instant) -> Watch {
        let heard = self.heard.lock();
        let Some(Heard { news, at }) = heard.get(key) else {
            return Watch::Unknown;
        };
        if now.saturating_duration_since(*at) > self.max_age {
            return Watch::Unknown;
        }
        let term = news.term;
        match &news.holder {
            Some(holder) if *holder == self.own_name => Watch::Ours { term },
            holder => Watch::Theirs {
                holder: holder.clone(),
                term,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(holder: Option<&str>, term: u64) -> WatchNews {
        WatchNews {
            holder: holder.map(str::to_owned),
            term,
        }
    }

    #[test]
    fn the_holder_is_compared_with_the_own_name() {
        let book = WatchBook::new("alpha", Duration::from_secs(5));
        let now = Instant::now();
        assert_eq!(book.look(&[1], now), Watch::Unknown);
        book.hear(&[1], news(Some("alpha"), 3), now);
        assert_eq!(book.look(&[1], now), Watch::Ours { term: 3 });
        book.hear(&[1], news(Some("bravo"), 4), now);
        assert_eq!(
            book.look(&[1], now),
            Watch::Theirs {
                holder: Some("bravo".into()),
                term: 4
            }
        );
        book.hear(&[2], news(None, 0), now);
        assert_eq!(
            book.look(&[2], now),
            Watch::Theirs {
                holder: None,
                term: 0
            }
        );
    }

    #[test]
    fn an_older_term_is_passed_over_and_does_not_count_as_heard() {
        let book = WatchBook::new("alpha", Duration::from_secs(5));
        let now = Instant::now();
        book.hear(&[1], news(Some("bravo"), 4), now);
        let later = now + Duration::from_secs(6);
        book.hear(&[1], news(Some("alpha"), 3), later);
        assert_eq!(
            book.look(&[1], now),
            Watch::Theirs {
                holder: Some("bravo".into()),
                term: 4
            }
        );
        assert_eq!(book.look(&[1], later), Watch::Unknown);
    }

    #[test]
    fn what_was_heard_grows_old() {
        let book = WatchBook::new("alpha", Duration::from_secs(5));
        let now = Instant::now();
        book.hear(&[1], news(Some("alpha"), 3), now);
        assert_eq!(
            book.look(&[1], now + Duration::from_secs(5)),
            Watch::Ours { term: 3 }
        );
        assert_eq!(book.look(&[1], now + Duration::from_millis(5001)), Watch::Unknown);
    }

    #[test]
    fn a_claim_tells_of_reported_keys_only() {
        let book = WatchBook::new("alpha", Duration::from_secs(5));
        let now = Instant::now();
        book.hear_aside(&[1], news(Some("alpha"), 3), now);
        assert_eq!(book.look(&[1], now), Watch::Unknown);
        book.hear(&[1], news(Some("alpha"), 3), now);
        book.hear_aside(&[1], news(Some("bravo"), 4), now);
        assert_eq!(
            book.look(&[1], now),
            Watch::Theirs {
                holder: Some("bravo".into()),
                term: 4
            }
        );
    }
}
