//! The services of a ledger in order of preference, with those that failed last put behind the others.

use crate::credentials::Files;
use crate::http::{Call, Failure, Http, Reply};
use crate::{ClientConfig, ClientError, Wire};
use parking_lot::Mutex;
use reqwest::Method;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PROBE_EVERY: Duration = Duration::from_secs(2);
/// A service that no request used for so long is probed as well, so that [`ServiceState`] is never much older.
const IDLE: Duration = Duration::from_secs(10);
const PROBE_BUDGET: Duration = Duration::from_secs(1);
const PROBE_BYTES: usize = 16 * 1024;

/// Whether a service answers, as last seen by a request or a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceState {
    /// Its address without the base path, which may be a secret: `unix:/run/watchbill.sock`, `https://one.example:8450`.
    pub service: String,
    /// True if it gave a proper answer to the last request; none before the first one ended.
    pub answers: Option<bool>,
}

pub(crate) struct Service {
    http: Http,
    failing: AtomicBool,
    /// When the last request ended, in whatever way.
    last: Mutex<Option<Instant>>,
}

impl Service {
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// One request; remembers whether it was answered.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let result = self.http.call(call).await;
        self.set_failing(result.is_err());
        result
    }

    /// To be probed: it failed, or was not used lately.
    fn is_due(&self) -> bool {
        self.failing.load(Ordering::Relaxed) || self.last.lock().is_none_or(|at| at.elapsed() >= IDLE)
    }

    fn state(&self) -> ServiceState {
        let answers = self.last.lock().map(|_| !self.failing.load(Ordering::Relaxed));
        ServiceState {
            service: self.http.endpoint().to_string(),
            answers,
        }
    }

    pub(crate) fn set_failing(&self, failing: bool) {
        *self.last.lock() = Some(Instant::now());
        let was = self.failing.swap(failing, Ordering::Relaxed);
        if failing && !was {
            log::warn!(target: "watchbill", "service {} does not answer as it should", self.http.endpoint());
        } else if was && !failing {
            log::info!(target: "watchbill", "service {} answers again", self.http.endpoint());
        }
    }
}

pub(crate) struct Services(Vec<Service>);

impl Services {
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, ClientError> {
        let files = Files {
            token: config.token.clone().filter(|_| config.mode == Wire::Claims),
            ca_file: config.ca_file.clone(),
        };
        let read = files.read()?;
        files.warn_if_others_read();
        let service = |endpoint: &crate::Endpoint| {
            let http = Http::new(endpoint.clone(), files.clone(), read.clone())?;
            Ok(Service {
                http,
                failing: AtomicBool::new(false),
                last: Mutex::new(None),
            })
        };
        Ok(Self(
            config.services.iter().map(service).collect::<Result<_, _>>()?,
        ))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In the order in which to ask.
    pub(crate) fn in_order(&self) -> Vec<&Service> {
        let mut all: Vec<&Service> = self.0.iter().collect();
        all.sort_by_key(|service| service.failing.load(Ordering::Relaxed));
        all
    }

    /// In order of preference.
    pub(crate) fn all(&self) -> &[Service] {
        &self.0
    }

    /// In order of preference.
    pub(crate) fn states(&self) -> Vec<ServiceState> {
        self.0.iter().map(Service::state).collect()
    }

    /// Probes failing and idle services now and then, so that no claim has to find out that a preferred one is back or
    /// that the next one is gone.
    pub(crate) async fn probe(&self) {
        loop {
            tokio::time::sleep(PROBE_EVERY).await;
            let due = self.0.iter().filter(|service| service.is_due());
            futures::future::join_all(due.map(probe_one)).await;
        }
    }
}

async fn probe_one(service: &Service) {
    let call = Call {
        method: Method::GET,
        route: "/readyz",
        body: None,
        budget: PROBE_BUDGET,
        max_bytes: PROBE_BYTES,
    };
    let reply = service.http.call(call).await;
    service.set_failing(!reply.is_ok_and(|reply| reply.status == 200));
}
