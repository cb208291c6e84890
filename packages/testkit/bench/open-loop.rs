//! Asks one HTTP server at fixed moments, whatever became of the requests before, and says how long each took from the moment at which it
//! was due. A program by itself and not JavaScript: what measures must cost little beside what is measured, and wake at the right moment;
//! timers of Node are late by half a millisecond on average, which is more than a node needs for an answer.
//!
//! Reads a job per line from standard input and answers each with a line: `done` or `failed WHY`.
//!
//!     ask ADDRESS CONNECTIONS PER_SECOND WARM_UP COUNT REQUEST_FILE MARK RESULT_FILE
//!     idle PER_SECOND COUNT RESULT_FILE
//!
//! `ask` sends the bytes of the file; an answer counts that has status 200 and the mark in its body, any other fails the job. `idle` only
//! wakes at the moments: how late it does is what the machine does by itself. The result is little-endian f64, milliseconds, without the
//! warm-up: COUNT latencies (`ask` alone), then by how much each of the COUNT wake-ups was late.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Fault = String;

const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
const MOST_ANSWER_BYTES: usize = 1 << 20;

fn main() {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let words: Vec<&str> = line.split_whitespace().collect();
        match job(&words) {
            Ok(()) => println!("done"),
            Err(why) => println!("failed {}", why.replace(['\r', '\n'], " ")),
        }
    }
}

fn job(words: &[&str]) -> Result<(), Fault> {
    match words {
        ["ask", address, connections, per_second, warm_up, count, request, mark, result] => {
            let plan = Plan {
                per_second: number(per_second)?,
                warm_up: number(warm_up)?,
                count: number(count)?,
            };
            let request = std::fs::read(request).map_err(|error| format!("{request}: {error}"))?;
            let took = ask(address, number(connections)?, &plan, &request, mark.as_bytes())?;
            save(result, &took)
        }
        ["idle", per_second, count, result] => {
            let plan = Plan {
                per_second: number(per_second)?,
                warm_up: 0,
                count: number(count)?,
            };
            let mut late = Vec::with_capacity(plan.total());
            plan.each(Instant::now(), |_, late_ms| {
                late.push(late_ms);
                true
            });
            save(result, &late)
        }
        _ => Err("no such job".into()),
    }
}

fn number(word: &str) -> Result<usize, Fault> {
    word.parse().map_err(|_| format!("{word} is no number"))
}

fn save(file: &str, values: &[f64]) -> Result<(), Fault> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(file, bytes).map_err(|error| format!("{file}: {error}"))
}

struct Plan {
    per_second: usize,
    warm_up: usize,
    count: usize,
}

impl Plan {
    fn total(&self) -> usize {
        self.warm_up + self.count
    }

    fn due(&self, start: Instant, at: usize) -> Instant {
        start + Duration::from_secs_f64(at as f64 / self.per_second as f64)
    }

    /// Sleeps until each moment, also where it is late already; `act` gets the index and by how many milliseconds it is late.
    fn each(&self, start: Instant, mut act: impl FnMut(usize, f64) -> bool) {
        for at in 0..self.total() {
            let due = self.due(start, at);
            let now = Instant::now();
            if due > now {
                thread::sleep(due - now);
            }
            if !act(at, millis(Instant::now(), due)) {
                return;
            }
        }
    }
}

fn millis(now: Instant, since: Instant) -> f64 {
    now.saturating_duration_since(since).as_secs_f64() * 1_000.0
}

/// What sender and readers share. A request that is due while every connection is busy waits here, and its time runs.
struct State {
    free: VecDeque<usize>,
    waiting: VecDeque<usize>,
    under_way: Vec<usize>,
    took_ms: Vec<f64>,
    open: usize,
    fault: Option<Fault>,
}

struct Shared {
    state: Mutex<State>,
    settled: Condvar,
    streams: Vec<TcpStream>,
    start: Instant,
}

impl Shared {
    fn fail(&self, why: Fault) {
        self.state.lock().unwrap().fault.get_or_insert(why);
        self.settled.notify_all();
    }

    fn send(&self, lane: usize, request: &[u8]) {
        let mut stream = &self.streams[lane];
        if let Err(error) = stream.write_all(request) {
            self.fail(format!("a request could not be sent: {error}"));
        }
    }
}

fn ask(address: &str, lanes: usize, plan: &Plan, request: &[u8], mark: &[u8]) -> Result<Vec<f64>, Fault> {
    let streams = (0..lanes).map(|_| open(address)).collect::<Result<Vec<_>, _>>()?;
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            free: (0..lanes).collect(),
            waiting: VecDeque::new(),
            under_way: vec![0; lanes],
            took_ms: vec![0.0; plan.total()],
            open: plan.total(),
            fault: None,
        }),
        settled: Condvar::new(),
        streams,
        start: Instant::now() + Duration::from_millis(50),
    });
    let mut late = vec![0.0; plan.total()];
    thread::scope(|scope| {
        for lane in 0..lanes {
            let shared = &shared;
            thread::Builder::new()
                .stack_size(64 << 10)
                .spawn_scoped(scope, move || read(shared, lane, plan, request, mark))
                .expect("a thread");
        }
        send(&shared, plan, request, &mut late);
        let state = shared.state.lock().unwrap();
        let (mut state, _) = shared
            .settled
            .wait_timeout_while(state, ANSWERS_WITHIN, |state| {
                state.open > 0 && state.fault.is_none()
            })
            .unwrap();
        if state.open > 0 {
            let open = state.open;
            state
                .fault
                .get_or_insert(format!("{open} requests have no answer"));
        }
        drop(state);
        for stream in &shared.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    let mut state = shared.state.lock().unwrap();
    if let Some(why) = state.fault.take() {
        return Err(why);
    }
    Ok(state.took_ms[plan.warm_up..]
        .iter()
        .chain(&late[plan.warm_up..])
        .copied()
        .collect())
}

fn open(address: &str) -> Result<TcpStream, Fault> {
    let stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok(stream)
}

fn send(shared: &Shared, plan: &Plan, request: &[u8], late: &mut [f64]) {
    plan.each(shared.start, |at, late_ms| {
        late[at] = late_ms;
        let lane = {
            let mut state = shared.state.lock().unwrap();
            if state.fault.is_some() {
                return false;
            }
            let lane = state.free.pop_front();
            match lane {
                Some(lane) => state.under_way[lane] = at,
                None => state.waiting.push_back(at),
            }
            lane
        };
        if let Some(lane) = lane {
            shared.send(lane, request);
        }
        true
    });
}

/// Reads the answers of one connection until it is shut down.
fn read(shared: &Shared, lane: usize, plan: &Plan, request: &[u8], mark: &[u8]) {
    let mut stream = &shared.streams[lane];
    let mut held = vec![0; 4_096];
    let mut length = 0;
    loop {
        if length == held.len() {
            held.resize(length * 2, 0);
        }
        let got = stream.read(&mut held[length..]).unwrap_or(0);
        let now = Instant::now();
        if got == 0 {
            let is_over = shared.state.lock().unwrap().open == 0;
            return if is_over {
                ()
            } else {
                shared.fail("a connection was ended".into())
            };
        }
        length += got;
        match whole(&held[..length], mark) {
            Ok(false) if length < MOST_ANSWER_BYTES => continue,
            Ok(false) => return shared.fail("an answer is too long".into()),
            Err(why) => return shared.fail(why),
            Ok(true) => length = 0,
        }
        let next = {
            let mut state = shared.state.lock().unwrap();
            let at = state.under_way[lane];
            state.took_ms[at] = millis(now, plan.due(shared.start, at));
            state.open -= 1;
            if state.open == 0 {
                shared.settled.notify_all();
            }
            let next = state.waiting.pop_front();
            match next {
                Some(next) => state.under_way[lane] = next,
                None => state.free.push_back(lane),
            }
            next
        };
        if next.is_some() {
            shared.send(lane, request);
        }
    }
}

/// Whether the bytes are one whole good answer; an error where they are a bad one, or more than one.
fn whole(bytes: &[u8], mark: &[u8]) -> Result<bool, Fault> {
    let Some(head_end) = find(bytes, b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]);
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let Some(length) = length else {
        return Err(format!("an answer without a length: {head}"));
    };
    let body = &bytes[head_end + 4..];
    if body.len() < length {
        return Ok(false);
    }
    let is_good = head.starts_with("HTTP/1.1 200 ") && body.len() == length && find(body, mark).is_some();
    if is_good {
        Ok(true)
    } else {
        let start = &bytes[..bytes.len().min(300)];
        Err(format!("a bad answer: {}", String::from_utf8_lossy(start)))
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
