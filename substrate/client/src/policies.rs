//! `GET /v1/policies` and `GET /v1/health`, as far as a node needs them.

use crate::head::is_id;
use crate::http::{Call, Reply};
use crate::services::Service;
use crate::wire::problem;
use reqwest::Method;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

const MAX_POLICIES_BYTES: usize = 8 * 1024 * 1024;
const MAX_HEALTH_BYTES: usize = 64 * 1024;

/// A policy as the service shows it: `docs/duty/reference/policy.md`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PolicyView {
    /// `0x` and hex of the genesis hash.
    pub chain: String,
    /// `0x` and hex of the public key.
    pub key: String,
    /// `idle` before it was adopted, `enforce`, or `frozen`.
    pub mode: String,
    pub(crate) freeze: Option<Freeze>,
    pub(crate) roster: Vec<Member>,
    pub(crate) duties: BTreeMap<String, DutySwitch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Member {
    pub name: String,
}

/// The last freeze of the key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Freeze {
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct DutySwitch {
    pub enabled: bool,
}

#[derive(Deserialize)]
struct Policies {
    policies: Vec<PolicyView>,
}

#[derive(Deserialize)]
struct Health {
    ledger: Option<String>,
}

/// Why a service did not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// It refused with this code and sentence.
    Refused(String, String),
    Silent(String),
}

/// The policies in force.
pub(crate) async fn policies(service: &Service, budget: Duration) -> Result<Vec<PolicyView>, Untold> {
    let reply = get(service, "/v1/policies", budget, MAX_POLICIES_BYTES).await?;
    match serde_json::from_slice::<Policies>(&reply.body) {
        Ok(found) => Ok(found.policies),
        Err(error) => Err(Untold::Silent(format!("its policies cannot be read: {error}"))),
    }
}

/// The ledger of a service; none while it does not know.
pub(crate) async fn ledger(service: &Service, budget: Duration) -> Result<Option<String>, Untold> {
    let reply = get(service, "/v1/health", budget, MAX_HEALTH_BYTES).await?;
    match serde_json::from_slice::<Health>(&reply.body) {
        Ok(health) => Ok(health.ledger.filter(|ledger| is_id(ledger))),
        Err(error) => Err(Untold::Silent(format!("its health cannot be read: {error}"))),
    }
}

async fn get(service: &Service, route: &str, budget: Duration, max_bytes: usize) -> Result<Reply, Untold> {
    let call = Call {
        method: Method::GET,
        route,
        body: None,
        budget,
        max_bytes,
    };
    let reply = service
        .call(call)
        .await
        .map_err(|failure| Untold::Silent(failure.told().1))?;
    match (reply.status, problem(&reply.body)) {
        (200, _) => Ok(reply),
        (400..=499, Some((code, message))) => Err(Untold::Refused(code, message)),
        (status, Some((code, message))) => {
            Err(Untold::Silent(format!("it replied {status}, {code}: {message}")))
        }
        (status, None) => Err(Untold::Silent(format!("it replied {status}"))),
    }
}
