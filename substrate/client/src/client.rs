//! The handle that a node holds.

use crate::agent;
use crate::ask::{deadline_passed, in_time, queue_full, stopped, Last, Settle, Slot};
use crate::check::Held;
use crate::job::{Job, Message};
use crate::presence::FactSource;
use crate::shared::Shared;
use crate::timer::Timer;
use crate::{
    Answer, Claim, ClientConfig, ClientError, Duty, Finding, Permits, ServiceState, Severity, UngatedCopy,
    Watch, Wire,
};
use futures::future::{ready, BoxFuture};
use futures::FutureExt;
use std::fmt;
use std::sync::mpsc::{channel, sync_channel, Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};
use tokio::sync::Semaphore;

/// Claims that may wait at a time. One more is answered unknown at once.
const QUEUE: usize = 64;
/// Threads for what blocks, made when needed: writes of the state file, facts of the node, and look-ups of host names,
/// which may hang for long and must not hold up a write.
const BLOCKING_THREADS: usize = 128;
const END_WAIT: Duration = Duration::from_secs(1);

/// Asks the permission services. Cheap to clone; the last clone that goes ends the thread, and what is under way is
/// answered unknown.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    /// Taken when the client ends.
    messages: Option<UnboundedSender<Message>>,
    places: Arc<Semaphore>,
    timer: Timer,
    /// Disconnected when the agent's thread has ended.
    ended: parking_lot::Mutex<Receiver<()>>,
}

impl Client {
    /// Reads the secrets and the state file and starts the thread. Asks nothing yet, so it works without a service.
    ///
    /// # Errors
    /// Where a setting is missing or wrong, a file cannot be read, or another process uses the state file.
    pub fn start(config: ClientConfig) -> Result<Self, ClientError> {
        let shared = Arc::new(Shared::new(&config)?);
        let no_thread = |error: std::io::Error| {
            ClientError::new(
                format!("no thread can be started: {error}"),
                "watchbill-client",
                "Raise the limit of threads of the node's user.",
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("watchbill-file")
            .build()
            .map_err(no_thread)?;
        let timer = Timer::start().map_err(no_thread)?;
        let (messages, inbox) = unbounded_channel();
        let (end, ended) = channel::<()>();
        let agents = shared.clone();
        let serve = move || {
            runtime.block_on(agent::run(agents, inbox));
            // A node that hangs in its facts must not hold up the end.
            runtime.shutdown_background();
            drop(end);
        };
        std::thread::Builder::new()
            .name("watchbill-client".into())
            .spawn(serve)
            .map_err(no_thread)?;
        let places = Arc::new(Semaphore::new(QUEUE));
        let ended = parking_lot::Mutex::new(ended);
        Ok(Self(Arc::new(Inner {
            shared,
            messages: Some(messages),
            places,
            timer,
            ended,
        })))
    }

    /// Reports these keys about once a second from now on, and keeps the watch of each. A later call replaces an earlier
    /// one. Does nothing with [`Wire::Original`], which has no reports. `source` must not hold this client.
    pub fn report(&self, keys: Vec<Vec<u8>>, source: Arc<dyn FactSource>) {
        self.0.send(Message::Report { keys, source });
    }

    /// Holds what the node has against what the policies say, once. Waits for `deadlines.check` at most.
    pub fn check(&self, keys: &[(Vec<u8>, Duty)]) -> Vec<Finding> {
        self.check_keystore(keys, &[])
    }

    /// As [`Client::check`], and reports each of `copies`, which `ungated_copies` of the gate finds in a keystore.
    pub fn check_keystore(&self, keys: &[(Vec<u8>, Duty)], copies: &[UngatedCopy]) -> Vec<Finding> {
        let budget = self.0.shared.deadlines.check;
        let (reply, answer) = sync_channel(1);
        self.0.send(Message::Check {
            held: Held {
                keys: keys.to_vec(),
                copies: copies.to_vec(),
            },
            until: Instant::now() + budget,
            reply,
        });
        answer.recv_timeout(budget + END_WAIT).unwrap_or_else(|_| {
            let text = "the policies could not be compared in time. Look whether the services answer.".into();
            vec![Finding {
                severity: Severity::Error,
                text,
            }]
        })
    }

    /// Keeps that this node was refused a vote in this round, over a restart too: it then abstains instead of ending
    /// again in the same round. Blocks for one write. A write that fails is logged, and remembered until the end.
    pub fn note_refused(&self, key: &[u8], set: u64, round: u64) {
        if let Err(error) = self.0.shared.heads.note_refused(key, set, round) {
            log::error!(target: "watchbill", "a refused round cannot be kept: {error}. Make room on the disk and let the node's user write the state file");
        }
    }

    /// Whether [`Client::note_refused`] was called for this round, one of the last 64.
    pub fn was_refused(&self, key: &[u8], set: u64, round: u64) -> bool {
        self.0.shared.heads.was_refused(key, set, round)
    }

    /// What tells this start of the process from the one before: 32 hex digits.
    pub fn incarnation(&self) -> &str {
        &self.0.shared.incarnation
    }
}

impl Inner {
    fn send(&self, message: Message) {
        if let Some(messages) = &self.messages {
            // Fails only when the thread is gone; what the message holds then answers by being dropped.
            let _ = messages.send(message);
        }
    }

    /// Puts a claim in the queue, or answers it at once.
    fn queue(&self, claim: Claim, until: Instant, last: Arc<Last>, settle: Settle) -> Result<(), Answer> {
        if until <= Instant::now() {
            return Err(deadline_passed());
        }
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| queue_full())?;
        self.send(Message::Ask(Job::new(claim, until, last, settle, place)));
        Ok(())
    }
}

impl Permits for Client {
    fn ask(&self, claim: Claim, until: Instant) -> BoxFuture<'static, Answer> {
        let last = Last::new();
        let (slot, answer) = Slot::new(last.clone());
        let weak = Arc::downgrade(&slot);
        match self.0.queue(claim, until, last, Settle::Async(slot)) {
            Err(answer) => ready(answer).boxed(),
            Ok(()) => {
                self.0.timer.watch(until, weak);
                async move { in_time(answer.await.unwrap_or_else(|_| stopped()), until) }.boxed()
            }
        }
    }

    fn ask_blocking(&self, claim: Claim, until: Instant) -> Answer {
        let (sender, answer) = sync_channel(1);
        let last = Last::new();
        if let Err(answer) = self.0.queue(claim, until, last.clone(), Settle::Blocking(sender)) {
            return answer;
        }
        match answer.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(answer) => in_time(answer, until),
            Err(RecvTimeoutError::Timeout) => last.told(),
            Err(RecvTimeoutError::Disconnected) => stopped(),
        }
    }

    fn watch(&self, key: &[u8]) -> Watch {
        match self.0.shared.mode {
            Wire::Original => Watch::Unwatched,
            Wire::Claims => self.0.shared.watch.look(key, Instant::now()),
        }
    }

    /// True where the last request was answered by a service that serves: an error of it counts as no answer.
    fn reachable(&self) -> bool {
        self.0.shared.is_reachable()
    }

    fn services(&self) -> Vec<ServiceState> {
        self.0.shared.services.states()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.messages = None;
        // The state file is free for the next start when the thread has let go of it. A hanging one is not waited for.
        let _ = self.ended.lock().recv_timeout(END_WAIT);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<String> = self
            .0
            .shared
            .services
            .all()
            .iter()
            .map(|service| service.http().endpoint().to_string())
            .collect();
        f.debug_struct("Client")
            .field("mode", &self.0.shared.mode)
            .field("services", &services)
            .finish_non_exhaustive()
    }
}
