//! No secret reaches a log, at any level and of any crate below, an answer or a debug text.

mod support;

use log::{Log, Metadata, Record};
use serde_json::json;
use std::sync::Mutex;
use support::*;
use watchbill_client::{Client, Duty, Permits, Wire};

/// Keeps every line of every crate.
struct Capture;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Log for Capture {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        LINES.lock().unwrap().push(format!(
            "{} {} {}",
            record.level(),
            record.target(),
            record.args()
        ));
    }

    fn flush(&self) {}
}

#[test]
fn no_secret_is_told() {
    log::set_logger(&Capture).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let mut texts = Vec::new();
    for act in [
        || Act::Noise,
        || Act::Break,
        || Act::json(401, &json!({ "code": "identity-unknown" })),
        || Act::Reply(302, String::new()),
    ] {
        let home = Home::new();
        let service = FakeService::tcp(move |_| act());
        let config = home.config(&[&service]);
        texts.push(format!("{config:?}"));
        let client = Client::start(config.clone()).unwrap();
        texts.push(format!(
            "{client:?} {:?}",
            client.ask_blocking(seal(1), shortly())
        ));
        texts.push(format!("{:?}", client.check(&[(KEY.to_vec(), Duty::Babe)])));
        drop(client);
        let services = vec![format!("{}/original/SECRET-base", service.base())
            .parse()
            .unwrap()];
        let config = watchbill_client::ClientConfig {
            services,
            mode: Wire::Original,
            ..config
        };
        texts.push(format!("{config:?}"));
        let client = Client::start(config.clone()).unwrap();
        texts.push(format!(
            "{client:?} {:?}",
            client.ask_blocking(seal(1), shortly())
        ));
        drop((client, service));
        let client = Client::start(config).unwrap();
        texts.push(format!("{:?}", client.ask_blocking(seal(2), shortly())));
    }
    let lines = LINES.lock().unwrap().clone();
    assert!(
        lines.iter().any(|line| line.contains("watchbill")),
        "the capture works"
    );
    for text in texts.iter().chain(&lines) {
        assert!(!text.contains("SECRET"), "{text}");
    }
}
