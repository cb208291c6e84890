//! A service on a real socket that answers what a test tells it to.

#![allow(dead_code)]

use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer};
use serde_json::{json, Value};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use watchbill_client::{
    Claim, Client, ClientConfig, Deadlines, Duty, Endpoint, Part, TokenSource, Unit, Wire,
};

pub const CHAIN: [u8; 32] = [0x11; 32];
pub const KEY: [u8; 32] = [0x22; 32];
pub const LEDGER: &str = "ledger-one";
pub const TOKEN: &str = "SECRET-token-0123456789";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

/// What the service does with a request.
pub enum Act {
    Reply(u16, String),
    /// Nothing, until the other side leaves.
    Hang,
    /// Half of a reply, then the end of the connection.
    Break,
    /// Not HTTP.
    Noise,
}

impl Act {
    pub fn json(status: u16, body: &Value) -> Self {
        Act::Reply(status, body.to_string())
    }
}

type Handler = dyn Fn(&Seen) -> Act + Send + Sync;

/// Stops when it is dropped.
pub struct FakeService {
    endpoint: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl FakeService {
    pub fn tcp(handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        Self::serve(endpoint, handler, move || Box::new(listener.accept().unwrap().0))
    }

    pub fn unix(path: &Path, handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let endpoint = format!("unix:{}", path.display());
        Self::serve(endpoint, handler, move || Box::new(listener.accept().unwrap().0))
    }

    /// Over TLS, with a certificate of the second of the authorities in `tls/`. The keys of both are gone.
    pub fn tls(handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("https://{}", listener.local_addr().unwrap());
        let (file, key) = (tls_file("service.pem"), tls_file("service-key.pem"));
        let chain = CertificateDer::pem_file_iter(file).unwrap();
        let config =
            rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    chain.map(Result::unwrap).collect(),
                    PrivateKeyDer::from_pem_file(key).unwrap(),
                );
        let config = Arc::new(config.unwrap());
        Self::serve(endpoint, handler, move || {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            Box::new(rustls::StreamOwned::new(connection, listener.accept().unwrap().0))
        })
    }

    fn serve(
        endpoint: String,
        handler: impl Fn(&Seen) -> Act + Send + Sync + 'static,
        accept: impl Fn() -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let (seen_by, stopped) = (seen.clone(), stop.clone());
        std::thread::spawn(move || loop {
            let stream = accept();
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            let (seen, handler, stopped) = (seen_by.clone(), handler.clone(), stopped.clone());
            std::thread::spawn(move || converse(stream, &seen, &*handler, &stopped));
        });
        Self { endpoint, seen, stop }
    }

    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.parse().unwrap()
    }

    pub fn base(&self) -> &str {
        &self.endpoint
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests for this path.
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        match self.endpoint.strip_prefix("unix:") {
            Some(path) => drop(std::os::unix::net::UnixStream::connect(path)),
            None => drop(std::net::TcpStream::connect(
                self.endpoint.rsplit('/').next().unwrap(),
            )),
        }
    }
}

/// A file of the folder `tls`, seen from the crate's folder, in which cargo runs tests. The path of that folder may not
/// stand in the binary: clones share binaries, and the clone that built this one may be gone.
pub fn tls_file(name: &str) -> PathBuf {
    Path::new("tests/support/tls").join(name)
}

fn converse(stream: Box<dyn Stream>, seen: &Mutex<Vec<Seen>>, handler: &Handler, stop: &AtomicBool) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        seen.lock().unwrap().push(request.clone());
        let act = handler(&request);
        let stream = reader.get_mut();
        let sent = match act {
            Act::Reply(204, _) => stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"),
            Act::Reply(status, body) => stream.write_all(
                format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .as_bytes(),
            ),
            Act::Hang => {
                let _ = stream.read(&mut [0; 1]);
                return;
            }
            Act::Break => {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{\"outcome\":\"granted\"");
                return;
            }
            Act::Noise => {
                let _ = stream.write_all(b"\x00\x01granted granted granted\r\n\r\n");
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<Box<dyn Stream>>) -> Option<Seen> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(Seen {
        method,
        path,
        authorization,
        body,
    })
}

/// The reply to a claim as the real service would make it.
pub fn decision(claim: &Value, outcome: &str, reason: &str, seq: u64) -> Value {
    let mut reply = json!({
        "outcome": outcome, "reason": reason, "message": format!("message of {reason}"), "ledger": LEDGER,
        "head": { "epoch": "epoch-one", "seq": seq.to_string(), "hash": format!("{seq:064x}") },
        "word": format!("word-{seq}"), "watch": null
    });
    for field in [
        "claimId",
        "chain",
        "key",
        "duty",
        "unit",
        "part",
        "digest",
        "incarnation",
    ] {
        reply[field] = claim[field].clone();
    }
    reply
}

pub fn granted(seen: &Seen, seq: u64) -> Act {
    Act::json(200, &decision(&seen.body, "granted", "new", seq))
}

pub fn denied(seen: &Seen, reason: &str) -> Act {
    Act::json(200, &decision(&seen.body, "denied", reason, 1))
}

pub fn unknown(reason: &str) -> Act {
    Act::json(
        503,
        &json!({ "code": reason, "detail": "d", "remedy": "r", "outcome": "unknown" }),
    )
}

/// A folder with a token, and the settings of a client in it.
pub struct Home {
    pub folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("alpha.token"), format!("{TOKEN}\n")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self, services: &[&FakeService]) -> ClientConfig {
        ClientConfig {
            services: services.iter().map(|service| service.endpoint()).collect(),
            token: Some(TokenSource(self.path("alpha.token"))),
            ca_file: None,
            chain: CHAIN,
            node: "alpha".into(),
            state_file: self.path("heads.json"),
            mode: Wire::Claims,
            grants: 1,
            deadlines: Deadlines {
                report_every: Duration::from_millis(20),
                ..Deadlines::default()
            },
        }
    }

    pub fn start(&self, services: &[&FakeService]) -> Client {
        Client::start(self.config(services)).unwrap()
    }

    /// Needs a grant of so many services.
    pub fn start_with(&self, services: &[&FakeService], grants: usize) -> Client {
        Client::start(ClientConfig {
            grants,
            ..self.config(services)
        })
        .unwrap()
    }

    /// The newest text in the state file.
    pub fn state(&self) -> Value {
        let content = std::fs::read_to_string(self.path("heads.json")).unwrap();
        let lines: Vec<&str> = content.lines().filter(|line| !line.trim().is_empty()).collect();
        let number = |header: &str| header.split(' ').nth(2).unwrap().parse::<u64>().unwrap();
        let newest = lines.chunks(2).max_by_key(|place| number(place[0])).unwrap();
        serde_json::from_str(newest[1]).unwrap()
    }
}

pub fn seal(slot: u64) -> Claim {
    Claim {
        key: KEY.to_vec(),
        duty: Duty::Babe,
        unit: Unit::Slot(slot),
        part: Part::Seal,
        digest: Some(vec![5; 32]),
        term: None,
    }
}

pub fn vote(part: Part, digest: u8) -> Claim {
    let digest = (part != Part::Enter).then(|| vec![digest; 40]);
    Claim {
        key: KEY.to_vec(),
        duty: Duty::Grandpa,
        unit: Unit::Round { set: 3, round: 9 },
        part,
        digest,
        term: None,
    }
}

/// Long enough that only a defect reaches it.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// For tests in which no answer comes.
pub fn shortly() -> Instant {
    Instant::now() + Duration::from_millis(1000)
}

/// Waits until it holds.
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = soon();
    while !holds() {
        assert!(Instant::now() < until, "never came: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
