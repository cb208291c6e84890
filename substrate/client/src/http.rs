//! One request to one service: bounded in time and size, without proxies, redirects and addresses in error texts.

use crate::token::Token;
use crate::{ClientError, Endpoint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Response};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

const MAX_IDLE: Duration = Duration::from_secs(60);

/// A route of a service, and how much of an answer is read.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub route: &'a str,
    /// JSON.
    pub body: Option<String>,
    pub budget: Duration,
    pub max_bytes: usize,
}

pub(crate) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing was sent.
    Connect(String),
    TimedOut,
    /// It may have been sent.
    Broken(String),
}

impl Failure {
    /// Code and sentence for an answer.
    pub(crate) fn told(&self) -> (&'static str, String) {
        match self {
            Failure::Connect(why) => ("no-connection", format!("the service cannot be reached: {why}")),
            Failure::TimedOut => ("no-reply", "the service did not reply in time".into()),
            Failure::Broken(why) => ("no-reply", format!("the reply broke off: {why}")),
        }
    }
}

/// Connections to one service, kept open between requests.
pub(crate) struct Http {
    client: Client,
    endpoint: Endpoint,
    token: Option<Token>,
}

impl Http {
    /// # Errors
    /// Where the file of the authority cannot be used.
    pub(crate) fn new(
        endpoint: Endpoint,
        token: Option<Token>,
        ca_file: Option<&Path>,
    ) -> Result<Self, ClientError> {
        let mut builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .pool_idle_timeout(MAX_IDLE)
            .user_agent(concat!("watchbill-client/", env!("CARGO_PKG_VERSION")));
        if let Some(socket) = endpoint.socket() {
            builder = builder.unix_socket(socket);
        }
        if let Some(file) = ca_file {
            builder = builder.tls_built_in_root_certs(false);
            for certificate in authorities(file)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(|error| {
            let remedy = "Check the certificate of the authority.";
            ClientError::new(
                format!("no client can be made: {}", why(error)),
                &endpoint,
                remedy,
            )
        })?;
        Ok(Self {
            client,
            endpoint,
            token,
        })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        match tokio::time::timeout(call.budget, self.exchange(call)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::TimedOut),
        }
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let mut request = self
            .client
            .request(call.method, self.endpoint.address(call.route));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.header());
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = request.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let body = read_bounded(&mut response, call.max_bytes).await?;
        Ok(Reply { status, body })
    }
}

async fn read_bounded(response: &mut Response, max_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(Failure::Broken(format!("it is longer than {max_bytes} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn authorities(file: &Path) -> Result<Vec<Certificate>, ClientError> {
    let remedy = "Name the file of the authority in PEM, tls/ca.pem of `watchbill init --tls`.";
    let wrong = |what: String| ClientError::new(what, file.display(), remedy);
    let pem = std::fs::read(file)
        .map_err(|error| wrong(format!("the file of the authority cannot be read: {error}")))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(wrong("the file of the authority holds no certificate".into())),
        Err(error) => Err(wrong(format!(
            "the file of the authority cannot be used: {}",
            why(error)
        ))),
    }
}

fn failure(error: reqwest::Error) -> Failure {
    match error.is_connect() {
        true => Failure::Connect(why(error)),
        false => Failure::Broken(why(error)),
    }
}

/// The innermost cause, and never the address: it may hold a secret.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
