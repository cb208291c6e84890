//! Claims one unit from a real service and says what came of it.
//!
//! ```text
//! cargo run --release -p watchbill-client --example ask -- \
//!     --service unix:/run/watchbill.sock --token alpha.token --node alpha --state /tmp/heads.json \
//!     --chain 0x… --key 0x… --duty babe --unit 299195257 --digest 0x…
//! ```
//!
//! With `--original FILE` the services are the base URLs in that file, and no token is needed. `--times N` asks N times,
//! with `--onward` for the next slot each time. `--check` compares key and policies first. `--report`
//! reports made-up fit facts first, waits until the watch is heard, and enters under its term.
//! Exit status: 0 granted, 3 denied, 4 unknown, 2 wrong arguments or set-up.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchbill_client::{
    Answer, Claim, Client, ClientConfig, Deadlines, Duty, Endpoint, FactSource, Facts, Part, Permits,
    TokenSource, Unit, Watch, Wire,
};

type Arguments = HashMap<String, String>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = arguments()?;
    let mut claim = claim(&arguments)?;
    let client = Client::start(config(&arguments)?)?;
    if arguments.contains_key("check") {
        for finding in client.check(&[(claim.key.clone(), claim.duty)]) {
            println!("{:?}: {finding}", finding.severity);
        }
    }
    if arguments.contains_key("report") {
        claim.term = report(&client, &claim.key).or(claim.term);
    }
    let timeout_ms: u64 = arguments
        .get("timeout-ms")
        .map_or(Ok(2000), |text| text.parse())?;
    let times: u32 = arguments.get("times").map_or(Ok(1), |text| text.parse())?;
    let mut answer = Answer::Unknown {
        reason: "unasked".into(),
        message: String::new(),
    };
    for time in 0..times {
        let begun = Instant::now();
        let unit = match claim.unit {
            Unit::Slot(slot) if arguments.contains_key("onward") => Unit::Slot(slot + u64::from(time)),
            same => same,
        };
        answer = client.ask_blocking(
            Claim {
                unit,
                ..claim.clone()
            },
            begun + Duration::from_millis(timeout_ms),
        );
        println!("{answer:?} after {:?}", begun.elapsed());
    }
    Ok(ExitCode::from(match answer {
        Answer::Granted => 0,
        Answer::Denied { .. } => 3,
        Answer::Unknown { .. } => 4,
    }))
}

/// Facts of a node that is fit.
struct MadeUp;

impl FactSource for MadeUp {
    fn facts(&self) -> Option<Facts> {
        Some(Facts {
            peers: 5,
            finality_lag_blocks: 2,
            clock_offset_ms: 0.5,
            finalized_block: 1,
            set: Some(3),
            round: Some(5),
            ..Facts::default()
        })
    }
}

/// Reports until the watch is heard, at most ten seconds; the term under which this node is on watch.
fn report(client: &Client, key: &[u8]) -> Option<u64> {
    client.report(vec![key.to_vec()], Arc::new(MadeUp));
    let until = Instant::now() + Duration::from_secs(10);
    while client.watch(key) == Watch::Unknown && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{:?}, reachable: {}", client.watch(key), client.reachable());
    match client.watch(key) {
        Watch::Ours { term } => Some(term),
        _ => None,
    }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut found = Arguments::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let name = word
            .strip_prefix("--")
            .ok_or_else(|| format!("{word} is no option"))?;
        let value = if ["check", "onward", "report"].contains(&name) {
            String::new()
        } else {
            words.next().ok_or_else(|| format!("--{name} has no value"))?
        };
        found.insert(name.to_owned(), value);
    }
    Ok(found)
}

fn needed<'a>(arguments: &'a Arguments, name: &str) -> Result<&'a str, String> {
    arguments
        .get(name)
        .map(String::as_str)
        .ok_or_else(|| format!("--{name} is missing"))
}

fn bytes(text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(hex::decode(text.trim_start_matches("0x"))?)
}

fn config(arguments: &Arguments) -> Result<ClientConfig, Box<dyn Error>> {
    let (services, mode) = match arguments.get("original") {
        Some(file) => (Endpoint::from_file(file.as_ref())?, Wire::Original),
        None => {
            let endpoints = needed(arguments, "service")?.split(',').map(str::parse);
            (endpoints.collect::<Result<Vec<Endpoint>, _>>()?, Wire::Claims)
        }
    };
    Ok(ClientConfig {
        services,
        token: arguments.get("token").map(|path| TokenSource(path.into())),
        ca_file: arguments.get("ca").map(Into::into),
        chain: bytes(needed(arguments, "chain")?)?
            .try_into()
            .map_err(|_| "--chain has not 32 bytes")?,
        node: arguments.get("node").cloned().unwrap_or_default(),
        state_file: needed(arguments, "state")?.into(),
        mode,
        grants: arguments.get("grants").map_or(Ok(1), |text| text.parse())?,
        deadlines: Deadlines::default(),
    })
}

fn claim(arguments: &Arguments) -> Result<Claim, Box<dyn Error>> {
    let unit = needed(arguments, "unit")?;
    let (duty, unit, part) = match (needed(arguments, "duty")?, unit.split_once('/')) {
        ("babe", None) => (Duty::Babe, Unit::Slot(unit.parse()?), Part::Seal),
        ("aura", None) => (Duty::Aura, Unit::Slot(unit.parse()?), Part::Seal),
        ("grandpa", Some((set, round))) => {
            let part = match arguments.get("part").map(String::as_str) {
                None | Some("enter") => Part::Enter,
                Some("prevote") => Part::Prevote,
                Some("precommit") => Part::Precommit,
                Some(other) => return Err(format!("--part {other} is not one").into()),
            };
            (
                Duty::Grandpa,
                Unit::Round {
                    set: set.parse()?,
                    round: round.parse()?,
                },
                part,
            )
        }
        _ => return Err("--duty is babe or aura with a slot, or grandpa with set/round".into()),
    };
    let digest = arguments.get("digest").map(|text| bytes(text)).transpose()?;
    let term = arguments.get("term").map(|text| text.parse()).transpose()?;
    Ok(Claim {
        key: bytes(needed(arguments, "key")?)?,
        duty,
        unit,
        part,
        digest,
        term,
    })
}
