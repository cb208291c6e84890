//! What the tests of several modules share.

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
        let pause = {
            let mut inner = self.inner.lock();
            inner.asked.push((claim, until));
            inner.pause
        };
        std::thread::sleep(pause);
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
