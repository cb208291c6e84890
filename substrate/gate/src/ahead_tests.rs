//! Questions ahead of their round: one for each round, one at a time.

use super::*;
use crate::counters::Counters;
use futures::future::BoxFuture;
use std::sync::mpsc::{channel, Receiver, Sender};
use watchbill_client::{Answer, Claim, Permits, Unit, Watch};

const KEY: [u8; 32] = [3; 32];
const WITHIN: Duration = Duration::from_secs(3);
/// Longer than any machine takes to start a thread.
const LONG: Duration = Duration::from_secs(20);

/// Grants each claim once the test lets it, and shows it before.
struct HeldPermits {
    asked: Mutex<Sender<(Claim, Instant)>>,
    released: Mutex<Receiver<()>>,
}

impl Permits for HeldPermits {
    fn ask(&self, _: Claim, _: Instant) -> BoxFuture<'static, Answer> {
        unreachable!("a thread of its own asks, so it waits there")
    }

    fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer {
        self.asked.lock().send((claim, until)).expect("the test listens");
        self.released.lock().recv().expect("the test releases");
        Answer::Granted
    }

    fn watch(&self, _: &[u8]) -> Watch {
        Watch::Unwatched
    }

    fn reachable(&self) -> bool {
        true
    }
}

struct Bench {
    ahead: Ahead,
    memory: Arc<Mutex<RoundMemory>>,
    asked: Receiver<(Claim, Instant)>,
    release: Sender<()>,
}

fn bench() -> Bench {
    let (tell, asked) = channel();
    let (release, released) = channel();
    let permits = HeldPermits {
        asked: Mutex::new(tell),
        released: Mutex::new(released),
    };
    let asker = Arc::new(Asker::new(Arc::new(permits), Arc::new(Counters::default())));
    let memory = Arc::<Mutex<RoundMemory>>::default();
    Bench {
        ahead: Ahead::new(asker, memory.clone()),
        memory,
        asked,
        release,
    }
}

fn id(round: u64) -> RoundId {
    RoundId { set: 2, round }
}

impl Bench {
    /// The unit of the next question, and until when it may be answered.
    fn next(&self) -> (Unit, Instant) {
        let (claim, until) = self.asked.recv_timeout(LONG).expect("a question");
        (claim.unit, until)
    }

    /// Lets the question go that is under way, and waits until there is none.
    fn answer(&self) {
        self.release.send(()).expect("somebody asks");
        let until = Instant::now() + LONG;
        while self.ahead.busy.load(Ordering::Acquire) {
            assert!(Instant::now() < until, "the question never ended");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn round(round: u64) -> Unit {
    Unit::Round { set: 2, round }
}

#[test]
fn a_round_is_asked_for_once() {
    let b = bench();
    b.ahead.ask_after(&KEY, id(5), WITHIN);
    assert_eq!(b.next().0, round(6));
    b.answer();
    assert!(b.memory.lock().entered(&KEY, id(6)).is_some());
    b.ahead.ask_after(&KEY, id(5), WITHIN);
    b.ahead.ask_after(&KEY, id(6), WITHIN);
    assert_eq!(b.next().0, round(7), "round 6 is not asked for again");
    b.answer();
}

#[test]
fn one_question_is_under_way_at_a_time() {
    let b = bench();
    b.ahead.ask_after(&KEY, id(5), WITHIN);
    assert_eq!(b.next().0, round(6));
    b.ahead.ask_after(&KEY, id(8), WITHIN);
    b.answer();
    b.ahead.ask_after(&KEY, id(6), WITHIN);
    assert_eq!(b.next().0, round(7), "round 9 was not asked for meanwhile");
    b.answer();
}

#[test]
fn a_question_may_take_as_long_as_it_was_given() {
    let b = bench();
    let begun = Instant::now();
    b.ahead.ask_after(&KEY, id(5), WITHIN);
    let (_, until) = b.next();
    assert!(until >= begun + WITHIN && until <= Instant::now() + WITHIN);
    b.answer();
}

#[test]
fn nothing_follows_the_last_round() {
    let b = bench();
    b.ahead.ask_after(&KEY, id(u64::MAX), WITHIN);
    b.ahead.ask_after(&KEY, id(5), WITHIN);
    assert_eq!(b.next().0, round(6));
    b.answer();
}

#[test]
fn a_question_that_panics_leaves_the_next_round_to_be_asked_for() {
    let Bench {
        ahead,
        asked,
        release,
        ..
    } = bench();
    ahead.ask_after(&KEY, id(5), WITHIN);
    let next = || asked.recv_timeout(LONG).expect("a question").0.unit;
    assert_eq!(next(), round(6));
    // The thread that asks waits for a release that cannot come any more, and panics.
    drop(release);
    let until = Instant::now() + LONG;
    while ahead.busy.load(Ordering::Acquire) {
        assert!(Instant::now() < until, "the key abstains for ever");
        thread::sleep(Duration::from_millis(1));
    }
    ahead.ask_after(&KEY, id(7), WITHIN);
    assert_eq!(next(), round(8));
}
