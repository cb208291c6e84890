//! `grandpa_roundState` without waiting on a worker of the runtime.
//!
//! sc-consensus-grandpa-rpc answers the method inside an `async fn` without an `await`: it takes the lock of the voter
//! on the worker that polls it. finality-grandpa holds that lock while it polls its rounds, so also while the
//! keystore of a gate waits for a permission. Each call blocks one worker for as long, and a runtime has as many workers
//! as the machine has cores. sc-rpc-server of SDK lines 2606.5 and 2609.2 has a runtime for the RPC alone, so it is
//! the RPC that stops. A node whose RPC shares the runtime of its network and import stops as a whole.
//!
//! No other RPC method takes that lock. It is reached by `SharedVoterState::voter_state`, which in these lines
//! `grandpa_roundState` alone calls. `grandpa_proveFinality` reads the database and the authority set,
//! `grandpa_subscribeJustifications` a stream. `beefy_getFinalizedHead` reads a value that a stream fills, so a BEEFY vote
//! that waits for its permission blocks no method.
//!
//! Here the stock method runs on a thread outside the runtime, one at a time. Further calls wait for their turn, so
//! a fresh answer was always read after its call began. The permission service and the guard rely on that order.

use jsonrpsee::{
    core::{
        server::{Methods, MethodsError},
        EmptyServerParams, RegisterMethodError,
    },
    types::{
        error::{INTERNAL_ERROR_CODE, SERVER_IS_BUSY_CODE},
        ErrorObject, ErrorObjectOwned,
    },
    RpcModule,
};
use parking_lot::Mutex;
use serde_json::Value;
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{oneshot, OwnedSemaphorePermit, Semaphore},
};

const METHOD: &str = "grandpa_roundState";
/// The member of a kept answer that says how old it is, in milliseconds. A fresh answer has no such member.
const AGE: &str = "ageMs";

type Answer = Result<Value, ErrorObjectOwned>;

#[derive(Clone, Copy)]
struct Limits {
    /// How long a call waits for a fresh answer.
    wait: Duration,
    /// How old a kept answer may be.
    keep: Duration,
    /// How many calls may wait at the same time.
    calls: usize,
}

const LIMITS: Limits = Limits {
    wait: Duration::from_millis(500),
    keep: Duration::from_secs(10),
    calls: 256,
};

/// Replaces the stock method `grandpa_roundState` of `module`. Call it after the methods of GRANDPA are merged.
///
/// A call returns the answer of the stock method, value or error, if it comes within 500 ms. Otherwise it returns the
/// last value of the stock method if that is at most 10 s old, with the additional member `ageMs` (milliseconds), else the error
/// -32009 "the voter is waiting for a permission; ask again". At most 256 calls wait; a further one does not wait.
///
/// The stock method runs on a separate thread, never on two at once. The thread does not delay a shutdown of the runtime.
///
/// # Errors
///
/// [`RegisterMethodError::MethodNotFound`] if `module` has no such method; `module` is unchanged then. A node without
/// GRANDPA needs no replacement, and a node with GRANDPA would keep the stock method under a new name.
pub fn replace_round_state<Context>(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError>
where
    Context: Send + Sync + 'static,
{
    replace_within(module, LIMITS)
}

fn replace_within<Context>(module: &mut RpcModule<Context>, limits: Limits) -> Result<(), RegisterMethodError>
where
    Context: Send + Sync + 'static,
{
    let Some(callback) = module.remove_method(METHOD) else {
        return Err(RegisterMethodError::MethodNotFound(METHOD.into()));
    };
    let mut stock = Methods::new();
    stock.verify_and_insert(METHOD, callback)?;
    let round_state = Arc::new(RoundState::new(stock, limits));
    module.register_async_method(METHOD, move |_, _, _| {
        let round_state = round_state.clone();
        async move { round_state.answer().await }
    })?;
    Ok(())
}

/// The last value of the stock method, and when it was read.
struct Kept {
    value: Value,
    at: Instant,
}

struct RoundState {
    /// The stock method alone.
    stock: Methods,
    limits: Limits,
    /// One permit: its holder runs the stock method.
    turn: Arc<Semaphore>,
    places: Semaphore,
    kept: Mutex<Option<Kept>>,
}

impl RoundState {
    fn new(stock: Methods, limits: Limits) -> Self {
        Self {
            stock,
            limits,
            turn: Arc::new(Semaphore::new(1)),
            places: Semaphore::new(limits.calls),
            kept: Mutex::new(None),
        }
    }

    async fn answer(self: Arc<Self>) -> Answer {
        let Ok(_place) = self.places.try_acquire() else {
            return self.kept_answer();
        };
        match tokio::time::timeout(self.limits.wait, self.clone().fresh_answer()).await {
            Ok(answer) => answer,
            Err(_) => self.kept_answer(),
        }
    }

    /// Waits for its turn, then for the stock method. May take as long as the voter holds its lock.
    async fn fresh_answer(self: Arc<Self>) -> Answer {
        let turn = self.turn.clone().acquire_owned().await;
        let turn = turn.map_err(|e| internal_error(&e.to_string()))?;
        let (sender, receiver) = oneshot::channel();
        let runtime = Handle::current();
        // A thread of `spawn_blocking` could delay the shutdown of the runtime until the voter releases its lock, and
        // takes one of the few blocking threads that the RPC runtime has for its other methods.
        thread::Builder::new()
            .name("round-state".into())
            .spawn(move || {
                // No caller may wait any longer.
                let _ = sender.send(self.ask_stock(&runtime, turn));
            })
            .map_err(|e| internal_error(&format!("no thread for {METHOD}: {e}")))?;
        let answer = receiver.await;
        answer.unwrap_or_else(|_| Err(internal_error("grandpa_roundState panicked")))
    }

    /// Blocks until the stock method has answered. If it panics, the turn ends as well.
    fn ask_stock(&self, runtime: &Handle, turn: OwnedSemaphorePermit) -> Answer {
        let called = self.stock.call::<_, Value>(METHOD, EmptyServerParams::new());
        let answer = runtime.block_on(called).map_err(error_of);
        *self.kept.lock() = answer.clone().ok().map(|value| Kept {
            value,
            at: Instant::now(),
        });
        drop(turn);
        answer
    }

    fn kept_answer(&self) -> Answer {
        let kept = self.kept.lock();
        let value = kept
            .as_ref()
            .and_then(|kept| kept.at_age(kept.at.elapsed(), self.limits.keep));
        value.ok_or_else(busy)
    }
}

impl Kept {
    /// The value with its age; none if it is older than `limit`, or not an object.
    fn at_age(&self, age: Duration, limit: Duration) -> Option<Value> {
        if age > limit {
            return None;
        }
        let mut members = self.value.as_object()?.clone();
        members.insert(AGE.into(), u64::try_from(age.as_millis()).ok()?.into());
        Some(Value::Object(members))
    }
}

fn error_of(error: MethodsError) -> ErrorObjectOwned {
    match error {
        MethodsError::JsonRpc(error) => error.into_owned(),
        other => internal_error(&other.to_string()),
    }
}

fn busy() -> ErrorObjectOwned {
    let message = "the voter is waiting for a permission; ask again";
    ErrorObject::owned(SERVER_IS_BUSY_CODE, message, None::<()>)
}

fn internal_error(message: &str) -> ErrorObjectOwned {
    ErrorObject::owned(INTERNAL_ERROR_CODE, message, None::<()>)
}

#[cfg(test)]
#[path = "round_state_tests.rs"]
mod tests;
