//! A fake stock method blocks its thread until the test orders an answer, as the voter's lock does.

use super::*;
use serde_json::json;
use std::sync::{
    atomic::{AtomicUsize, Ordering},
    mpsc,
};
use tokio::task;

/// A safety limit only: what a test waits for comes at once.
const SOON: Duration = Duration::from_secs(20);
/// A call does not wait: it looks at the stock method once.
const NO_WAIT: Limits = limits(Duration::ZERO, 256);
const LONG_WAIT: Limits = limits(SOON, 256);

const fn limits(wait: Duration, calls: usize) -> Limits {
    let keep = Duration::from_secs(3600);
    Limits { wait, keep, calls }
}

enum Order {
    Value(Value),
    Error(i32),
    Panic,
}

/// The stock method: each call takes one order, and blocks until there is one.
struct Stock {
    orders: Mutex<mpsc::Receiver<Order>>,
    calls: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

impl Stock {
    fn run(&self) -> Answer {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_running.fetch_max(running, Ordering::SeqCst);
        let order = self.orders.lock().recv_timeout(SOON);
        self.running.fetch_sub(1, Ordering::SeqCst);
        match order.unwrap() {
            Order::Value(value) => Ok(value),
            Order::Error(code) => Err(ErrorObject::owned(code, "not ready", None::<()>)),
            Order::Panic => panic!("ordered by the test"),
        }
    }
}

struct Ground {
    module: RpcModule<()>,
    stock: Arc<Stock>,
    orders: mpsc::Sender<Order>,
}

/// A module with the stock method, and beside it a method that answers at once.
fn stock_module() -> Ground {
    let (orders, taken) = mpsc::channel();
    let stock = Arc::new(Stock {
        orders: Mutex::new(taken),
        calls: AtomicUsize::new(0),
        running: AtomicUsize::new(0),
        most_running: AtomicUsize::new(0),
    });
    let mut module = RpcModule::new(());
    let run = stock.clone();
    module
        .register_async_method(METHOD, move |_, _, _| {
            let run = run.clone();
            async move { run.run() }
        })
        .unwrap();
    module
        .register_method("system_health", |_, _, _| "healthy")
        .unwrap();
    Ground {
        module,
        stock,
        orders,
    }
}

fn ground(limits: Limits) -> Ground {
    let mut ground = stock_module();
    replace_within(&mut ground.module, limits).unwrap();
    ground
}

impl Ground {
    async fn call(&self) -> Answer {
        let called = self.module.call(METHOD, EmptyServerParams::new()).await;
        called.map_err(error_of)
    }

    fn order(&self, order: Order) {
        self.orders.send(order).unwrap();
    }

    /// Calls until `is_wanted`.
    async fn until(&self, is_wanted: impl Fn(&Answer) -> bool) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.call().await;
            if is_wanted(&answer) {
                return answer;
            }
            assert!(began.elapsed() < SOON, "{answer:?}");
            task::yield_now().await;
        }
    }

    async fn until_running(&self) {
        let began = Instant::now();
        while self.stock.running.load(Ordering::SeqCst) == 0 {
            assert!(began.elapsed() < SOON);
            task::yield_now().await;
        }
    }

    fn calls(&self) -> usize {
        self.stock.calls.load(Ordering::SeqCst)
    }
}

fn round(number: u64) -> Value {
    json!({ "setId": 4, "best": { "round": number }, "background": [] })
}

fn code_of(answer: Answer) -> i32 {
    answer.unwrap_err().code()
}

#[tokio::test]
async fn a_fresh_answer_is_that_of_the_stock_method() {
    let ground = ground(LONG_WAIT);
    ground.order(Order::Value(round(7)));
    assert_eq!(ground.call().await.unwrap(), round(7));
    ground.order(Order::Error(1));
    let error = ground.call().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (1, "not ready"));
}

// One thread drives the runtime: if the stock method ran on it, nothing else would.
#[tokio::test(flavor = "current_thread")]
async fn calls_return_and_the_runtime_goes_on_while_the_stock_method_blocks() {
    let ground = ground(NO_WAIT);
    let call = || ground.call();
    let answers = tokio::join!(call(), call(), call(), call(), call(), call(), call(), call());
    let answers: [Answer; 8] = answers.into();
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(error.code(), SERVER_IS_BUSY_CODE);
        assert_eq!(
            error.message(),
            "the voter is waiting for a permission; ask again"
        );
    }
    let health = ground
        .module
        .call::<_, String>("system_health", EmptyServerParams::new());
    assert_eq!(health.await.unwrap(), "healthy");
    ground.until_running().await;
    assert_eq!(
        ground.calls(),
        1,
        "the seven others never reached the stock method"
    );
    ground.order(Order::Value(round(7)));
}

#[tokio::test]
async fn one_call_at_a_time_reaches_the_stock_method_and_each_gets_an_answer_of_its_own() {
    let ground = ground(LONG_WAIT);
    let call = || ground.call();
    let order = async {
        ground.until_running().await;
        for number in 1..=4 {
            ground.order(Order::Value(round(number)));
        }
    };
    let (a, b, c, d, ()) = tokio::join!(call(), call(), call(), call(), order);
    let answers = [a, b, c, d].map(Result::unwrap);
    assert_eq!(answers, [1, 2, 3, 4].map(round));
    assert_eq!(ground.stock.most_running.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_answer_of_an_abandoned_call_is_kept_and_given_with_its_age() {
    let ground = ground(NO_WAIT);
    assert_eq!(code_of(ground.call().await), SERVER_IS_BUSY_CODE);
    ground.order(Order::Value(round(7)));
    let mut answer = ground.until(Result::is_ok).await.unwrap();
    let age = answer.as_object_mut().unwrap().remove(AGE);
    assert!(age.is_some_and(|age| age.is_u64()), "{answer}");
    assert_eq!(answer, round(7));
    // For the question that is still under way.
    ground.order(Order::Value(round(8)));
}

#[test]
fn a_kept_answer_has_its_age_until_it_is_too_old() {
    let limit = LIMITS.keep;
    let kept = |value| Kept {
        value,
        at: Instant::now(),
    };
    let expected = json!({ "setId": 4, "best": { "round": 7 }, "background": [], "ageMs": 10_000 });
    assert_eq!(kept(round(7)).at_age(limit, limit), Some(expected));
    assert_eq!(
        kept(round(7)).at_age(limit + Duration::from_nanos(1), limit),
        None
    );
    assert_eq!(kept(json!("no object")).at_age(Duration::ZERO, limit), None);
}

#[test]
fn an_answer_that_is_too_old_is_not_given() {
    let read_before = |keep| {
        let state = RoundState::new(Methods::new(), Limits { keep, ..NO_WAIT });
        let at = Instant::now() - Duration::from_millis(2);
        let value = round(7);
        *state.kept.lock() = Some(Kept { value, at });
        state.kept_answer()
    };
    assert_eq!(
        code_of(read_before(Duration::from_millis(1))),
        SERVER_IS_BUSY_CODE
    );
    assert!(read_before(SOON).is_ok());
}

#[tokio::test]
async fn after_an_error_no_older_answer_is_given() {
    let Ground { module, orders, .. } = stock_module();
    let state = Arc::new(RoundState::new(module.into(), LONG_WAIT));
    orders.send(Order::Value(round(7))).unwrap();
    assert!(state.clone().answer().await.is_ok() && state.kept_answer().is_ok());
    orders.send(Order::Error(1)).unwrap();
    assert_eq!(code_of(state.clone().answer().await), 1);
    assert_eq!(code_of(state.kept_answer()), SERVER_IS_BUSY_CODE);
}

#[tokio::test]
async fn a_panic_of_the_stock_method_is_an_error_and_the_next_call_is_answered() {
    let ground = ground(LONG_WAIT);
    ground.order(Order::Panic);
    assert_eq!(code_of(ground.call().await), INTERNAL_ERROR_CODE);
    ground.order(Order::Value(round(7)));
    assert_eq!(ground.call().await.unwrap(), round(7));
}

#[tokio::test]
async fn a_call_without_a_place_does_not_wait() {
    let ground = ground(limits(SOON, 2));
    let (mut first, mut second) = (std::pin::pin!(ground.call()), std::pin::pin!(ground.call()));
    let third = tokio::select! {
        biased;
        answer = &mut first => panic!("{answer:?}"),
        answer = &mut second => panic!("{answer:?}"),
        answer = ground.call() => answer,
    };
    assert_eq!(code_of(third), SERVER_IS_BUSY_CODE);
    ground.order(Order::Value(round(7)));
    ground.order(Order::Value(round(8)));
    assert_eq!(
        (first.await.unwrap(), second.await.unwrap()),
        (round(7), round(8))
    );
}

#[test]
fn a_shutdown_does_not_wait_for_the_stock_method() {
    let ground = ground(NO_WAIT);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(code_of(ground.call().await), SERVER_IS_BUSY_CODE);
        ground.until_running().await;
    });
    drop(runtime);
    assert_eq!(ground.stock.running.load(Ordering::SeqCst), 1, "it blocks still");
    ground.order(Order::Value(round(7)));
}

#[tokio::test]
async fn a_module_without_the_method_is_an_error_and_stays_as_it_is() {
    let mut module = RpcModule::new(());
    module
        .register_method("grandpa_state", |_, _, _| "renamed")
        .unwrap();
    let error = replace_round_state(&mut module).unwrap_err();
    assert!(matches!(error, RegisterMethodError::MethodNotFound(name) if name == METHOD));
    assert_eq!(module.method_names().collect::<Vec<_>>(), ["grandpa_state"]);
}

#[tokio::test]
async fn the_other_methods_stay() {
    let mut ground = stock_module();
    replace_round_state(&mut ground.module).unwrap();
    let mut names: Vec<_> = ground.module.method_names().collect();
    names.sort_unstable();
    assert_eq!(names, [METHOD, "system_health"]);
    let unknown = ground
        .module
        .call::<_, Value>("unknown", EmptyServerParams::new())
        .await;
    assert!(matches!(unknown, Err(MethodsError::JsonRpc(_))));
}
