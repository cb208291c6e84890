//! One request to one service: bounded in time and size, without proxies, redirects and addresses in error texts.

use crate::credentials::{Credentials, Doubt, Files};
use crate::error::why;
use crate::quiet::Quiet;
use crate::{ClientError, Endpoint};
use log::Level;
use parking_lot::RwLock;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MAX_IDLE: Duration = Duration::from_secs(60);
/// A service that refuses every request makes the node read the files once in this time.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(2);

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
pub(crate) struct Http(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    files: Files,
    link: RwLock<Arc<Link>>,
    /// When the files were read again last. Held while they are read, so that one thread reads at a time.
    read_at: Arc<tokio::sync::Mutex<Option<Instant>>>,
    quiet: Quiet,
}

impl Http {
    /// # Errors
    /// If the content of the files cannot be used.
    pub(crate) fn new(endpoint: Endpoint, files: Files, read: Credentials) -> Result<Self, ClientError> {
        let link = RwLock::new(Arc::new(Link::new(&endpoint, read)?));
        Ok(Self(Arc::new(Inner {
            endpoint,
            files,
            link,
            read_at: Arc::default(),
            quiet: Quiet::default(),
        })))
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        match tokio::time::timeout(call.budget, self.exchange(&call)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::TimedOut),
        }
    }

    /// One request, and a second one if the first failed by credentials that have changed on disk. The service has
    /// done nothing with the first: it refused the sender, or no connection was made.
    async fn exchange(&self, call: &Call<'_>) -> Result<Reply, Failure> {
        let used = self.0.link();
        let first = used.exchange(&self.0.endpoint, call).await;
        let Some(doubt) = doubt(&first) else {
            return first;
        };
        match self.renewed(&used, doubt).await {
            Some(link) => link.exchange(&self.0.endpoint, call).await,
            None => first,
        }
    }

    /// The link to try again with. None if nothing has changed, or the files were read a moment ago.
    async fn renewed(&self, used: &Arc<Link>, doubt: Doubt) -> Option<Arc<Link>> {
        let inner = self.0.clone();
        if !inner.files.bear_on(doubt) {
            return None;
        }
        // Waits for a read that another request started. The budget of the call is the limit.
        let mut read_at = inner.read_at.clone().lock_owned().await;
        let current = inner.link();
        if !Arc::ptr_eq(&current, used) {
            return Some(current);
        }
        if !is_due(*read_at, Instant::now()) {
            return None;
        }
        *read_at = Some(Instant::now());
        // A disk that hangs must not hold up other claims. The lock goes along, so a second thread never hangs too.
        let reading = move || {
            let _held = read_at;
            inner.read_again(&current)
        };
        tokio::task::spawn_blocking(reading).await.ok().flatten()
    }
}

fn is_due(read_at: Option<Instant>, now: Instant) -> bool {
    read_at.is_none_or(|at| now.saturating_duration_since(at) >= READ_AGAIN_AFTER)
}

impl Inner {
    fn link(&self) -> Arc<Link> {
        self.link.read().clone()
    }

    /// Replaces the link if a file has changed. On any error the link of before stays.
    fn read_again(&self, current: &Link) -> Option<Arc<Link>> {
        let link = match self.files.read() {
            Ok(read) if read == current.made_of => {
                self.quiet.clear("credentials");
                return None;
            }
            Ok(read) => Link::new(&self.endpoint, read),
            Err(error) => Err(error),
        };
        match link {
            Ok(link) => {
                let link = Arc::new(link);
                self.files.warn_if_others_read();
                *self.link.write() = link.clone();
                self.quiet.clear("credentials");
                log::info!(target: "watchbill", "service {}: the token or the authority has changed on disk and is in use now", self.endpoint);
                Some(link)
            }
            Err(error) => {
                let text = format!("{error}. The node goes on with what it read before");
                self.quiet.say(Level::Error, "credentials", &text);
                None
            }
        }
    }
}

fn doubt(result: &Result<Reply, Failure>) -> Option<Doubt> {
    match result {
        Ok(reply) if reply.status == 401 => Some(Doubt::Token),
        // A certificate of an unknown authority fails while the connection is made, as a closed port does.
        Err(Failure::Connect(_)) => Some(Doubt::Authority),
        _ => None,
    }
}

/// A client of the library with the credentials that it was made of.
struct Link {
    client: Client,
    made_of: Credentials,
}

impl Link {
    fn new(endpoint: &Endpoint, made_of: Credentials) -> Result<Self, ClientError> {
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
        if let Some(authorities) = &made_of.authorities {
            builder = builder.tls_built_in_root_certs(false);
            for certificate in authorities.certificates()? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(|error| {
            let remedy = "Check the certificate of the authority.";
            ClientError::new(format!("no client can be made: {}", why(error)), endpoint, remedy)
        })?;
        Ok(Self { client, made_of })
    }

    async fn exchange(&self, endpoint: &Endpoint, call: &Call<'_>) -> Result<Reply, Failure> {
        let mut request = self
            .client
            .request(call.method.clone(), endpoint.address(call.route));
        if let Some(token) = &self.made_of.token {
            request = request.header(AUTHORIZATION, token.header());
        }
        if let Some(body) = call.body.clone() {
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

fn failure(error: reqwest::Error) -> Failure {
    match error.is_connect() {
        true => Failure::Connect(why(error)),
        false => Failure::Broken(why(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenSource;

    #[test]
    fn the_files_are_read_once_in_a_while() {
        let now = Instant::now();
        assert!(is_due(None, now));
        assert!(!is_due(Some(now), now));
        assert!(!is_due(Some(now), now + READ_AGAIN_AFTER / 2));
        assert!(is_due(Some(now), now + READ_AGAIN_AFTER));
        assert!(
            !is_due(Some(now + READ_AGAIN_AFTER), now),
            "a clock that stands still"
        );
    }

    #[test]
    fn a_changed_file_is_used_once_it_may_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alpha.token");
        let files = Files {
            token: Some(TokenSource(path.clone())),
            ca_file: None,
        };
        std::fs::write(&path, "ONE").unwrap();
        let read = files.read().unwrap();
        let http = Http::new("unix:/nowhere.sock".parse().unwrap(), files, read).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let is_renewed = |read_at| {
            runtime.block_on(async {
                *http.0.read_at.lock().await = read_at;
                http.renewed(&http.0.link(), Doubt::Token).await.is_some()
            })
        };
        std::fs::write(&path, "TWO").unwrap();
        let to_come = Instant::now() + Duration::from_secs(3600);
        assert!(
            !is_renewed(Some(to_come)),
            "read a moment ago, however slow this test is"
        );
        assert!(is_renewed(None));
        assert!(!is_renewed(None), "no change since");
    }

    #[test]
    fn a_refused_token_and_a_failed_connection_cast_doubt_and_nothing_else() {
        let reply = |status| Ok(Reply { status, body: vec![] });
        assert_eq!(doubt(&reply(401)), Some(Doubt::Token));
        assert_eq!(doubt(&Err(Failure::Connect("c".into()))), Some(Doubt::Authority));
        let others = [
            reply(200),
            reply(403),
            reply(503),
            Err(Failure::TimedOut),
            Err(Failure::Broken("b".into())),
        ];
        for result in others {
            assert_eq!(doubt(&result), None);
        }
    }
}
