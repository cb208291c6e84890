//! What the tests of several modules share.

use crate::expiry::Clocks;
use futures::{future::BoxFuture, FutureExt};
use parking_lot::Mutex;
use sp_runtime::{generic, traits::BlakeTwo256, OpaqueExtrinsic};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Answer, Claim, Permits, ServiceState, Watch};

/// A block with numbers of 32 bits.
pub(crate) type TestBlock = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
/// A block with numbers of 64 bits.
pub(crate) type WideBlock = generic::Block<generic::Header<u64, BlakeTwo256>, OpaqueExtrinsic>;

/// The length of a slot in tests.
pub(crate) const SLOT: Duration = Duration::from_secs(6);

/// A wall clock and a monotonic clock that a test moves, together or apart. A clone is the same time.
#[derive(Clone)]
pub(crate) struct FakeTime {
    began: Instant,
    wall: Arc<Mutex<Duration>>,
    passed: Arc<Mutex<Duration>>,
}

impl FakeTime {
    /// The begin of a slot.
    pub(crate) fn at(slot: u32) -> Self {
        Self {
            began: Instant::now(),
            wall: Arc::new(Mutex::new(SLOT * slot)),
            passed: Arc::default(),
        }
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.pass_wall(time);
        self.pass_monotonic(time);
    }

    /// The monotonic clock stands still, as while the machine is suspended.
    pub(crate) fn pass_wall(&self, time: Duration) {
        *self.wall.lock() += time;
    }

    pub(crate) fn pass_monotonic(&self, time: Duration) {
        *self.passed.lock() += time;
    }

    /// Somebody sets the wall clock.
    pub(crate) fn set_wall(&self, since_1970: Duration) {
        *self.wall.lock() = since_1970;
    }

    pub(crate) fn clocks(&self) -> Clocks {
        let (wall, began, passed) = (self.wall.clone(), self.began, self.passed.clone());
        Clocks {
            wall: Arc::new(move || *wall.lock()),
            monotonic: Arc::new(move || began + *passed.lock()),
        }
    }
}

type AtAsk = Arc<dyn Fn() + Send + Sync>;

/// Answers from a list, then with what it was told to say otherwise; remembers every claim.
pub(crate) struct FakePermits {
    inner: Mutex<Inner>,
}

struct Inner {
    next: VecDeque<Answer>,
    otherwise: Answer,
    watch: Watch,
    reachable: bool,
    asked: Vec<(Claim, Instant)>,
    pause: Duration,
    at_ask: Option<AtAsk>,
    services: Vec<ServiceState>,
}

pub(crate) fn denied(reason: &str) -> Answer {
    Answer::Denied {
        reason: reason.into(),
        message: "no".into(),
    }
}

pub(crate) fn unknown() -> Answer {
    Answer::Unknown {
        reason: "deadline".into(),
        message: "no answer".into(),
    }
}

impl FakePermits {
    /// On watch under term 4, reachable.
    pub(crate) fn saying(otherwise: Answer) -> Arc<Self> {
        let watch = Watch::Ours { term: 4 };
        let inner = Inner {
            next: VecDeque::new(),
            otherwise,
            watch,
            reachable: true,
            asked: vec![],
            pause: Duration::ZERO,
            at_ask: None,
            services: vec![],
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
        })
    }

    pub(crate) fn next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner.lock().next.extend(answers);
    }

    pub(crate) fn otherwise(&self, answer: Answer) {
        self.inner.lock().otherwise = answer;
    }

    pub(crate) fn set_watch(&self, watch: Watch) {
        self.inner.lock().watch = watch;
    }

    pub(crate) fn set_reachable(&self, reachable: bool) {
        self.inner.lock().reachable = reachable;
    }

    pub(crate) fn set_services(&self, services: &[(&str, Option<bool>)]) {
        let state = |(service, answers): &(&str, Option<bool>)| ServiceState {
            service: (*service).into(),
            answers: *answers,
        };
        self.inner.lock().services = services.iter().map(state).collect();
    }

    /// Every answer takes this long, so that threads meet.
    pub(crate) fn set_pause(&self, pause: Duration) {
        self.inner.lock().pause = pause;
    }

    /// Happens while a claim waits for its answer.
    pub(crate) fn set_at_ask(&self, happens: impl Fn() + Send + Sync + 'static) {
        self.inner.lock().at_ask = Some(Arc::new(happens));
    }

    /// The claims since the last call.
    pub(crate) fn asked(&self) -> Vec<Claim> {
        self.asked_until().into_iter().map(|(claim, _)| claim).collect()
    }

    pub(crate) fn asked_until(&self) -> Vec<(Claim, Instant)> {
        std::mem::take(&mut self.inner.lock().asked)
    }
}

impl Permits for FakePermits {
    fn ask(&self, claim: Claim, until: Instant) -> BoxFuture<'static, Answer> {
        let answer = self.ask_blocking(claim, until);
        async move { answer }.boxed()
    }

    fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer {
        let (pause, at_ask) = {
            let mut inner = self.inner.lock();
            inner.asked.push((claim, until));
            (inner.pause, inner.at_ask.clone())
        };
        std::thread::sleep(pause);
        if let Some(happens) = at_ask {
            happens();
        }
        let mut inner = self.inner.lock();
        inner.next.pop_front().unwrap_or_else(|| inner.otherwise.clone())
    }

    fn watch(&self, _key: &[u8]) -> Watch {
        self.inner.lock().watch.clone()
    }

    fn reachable(&self) -> bool {
        self.inner.lock().reachable
    }

    fn services(&self) -> Vec<ServiceState> {
        self.inner.lock().services.clone()
    }
}
