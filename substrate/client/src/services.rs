//! The services of a ledger in order of preference, with those that failed last put behind the others.

use crate::http::{Call, Failure, Http, Reply};
use crate::token::Token;
use crate::{ClientConfig, ClientError, Wire};
use reqwest::Method;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PROBE_EVERY: Duration = Duration::from_secs(2);
const PROBE_BUDGET: Duration = Duration::from_secs(1);
const PROBE_BYTES: usize = 16 * 1024;

pub(crate) struct Service {
    http: Http,
    failing: AtomicBool,
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

    pub(crate) fn set_failing(&self, failing: bool) {
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
        let token: Option<Token> = match (config.mode, &config.token) {
            (Wire::Claims, Some(source)) => Some(source.read()?),
            _ => None,
        };
        let service = |endpoint: &crate::Endpoint| {
            let http = Http::new(endpoint.clone(), token.clone(), config.ca_file.as_deref())?;
            Ok(Service {
                http,
                failing: AtomicBool::new(false),
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

    /// Looks at failing services now and then, so that no claim has to find out that a preferred one is back.
    pub(crate) async fn probe(&self) {
        loop {
            tokio::time::sleep(PROBE_EVERY).await;
            let failing = self
                .0
                .iter()
                .filter(|service| service.failing.load(Ordering::Relaxed));
            futures::future::join_all(failing.map(probe_one)).await;
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
    if service
        .http
        .call(call)
        .await
        .is_ok_and(|reply| reply.status == 200)
    {
        service.set_failing(false);
    }
}
