//! What a scrape of the node's registry reads.

use crate::{
    testing::{denied, unknown, FakePermits},
    Gate, Options,
};
use prometheus_endpoint::{
    prometheus::{Encoder, IntCounter, TextEncoder},
    Registry,
};
use std::{sync::Arc, time::Duration};
use watchbill_client::{Answer, Duty, Part};

fn scrape(registry: &Registry) -> String {
    let mut text = vec![];
    TextEncoder::new()
        .encode(&registry.gather(), &mut text)
        .expect("every family has a metric");
    String::from_utf8(text).expect("text")
}

fn assert_line(text: &str, line: &str) {
    assert!(
        text.lines().any(|found| found == line),
        "{line} is not in\n{text}"
    );
}

fn gate() -> (Gate, Arc<FakePermits>, Registry) {
    let permits = FakePermits::saying(Answer::Granted);
    let gate = Gate::new(permits.clone(), Options::default());
    let registry = Registry::new();
    gate.register_metrics(&registry).expect("registered once");
    (gate, permits, registry)
}

#[test]
fn a_scrape_reads_what_was_counted() {
    let (gate, permits, registry) = gate();
    let counters = gate.counters_for_tests();
    let babe = counters.of(Duty::Babe, Part::Seal);
    for (answer, us) in [
        (Answer::Granted, 2_000),
        (denied("unit-taken"), 900),
        (unknown(), 20_000_000),
    ] {
        babe.asked();
        babe.answered(&answer, Duration::from_micros(us));
    }
    babe.asked();
    counters.abstentions.count("off-watch");
    counters.refused_seals.count("late");
    counters.set_voting(&[0xab; 2], true);
    counters.set_voting(&[0xcd; 2], false);
    permits.set_services(&[
        ("unix:/a.sock", Some(true)),
        ("https://b", Some(false)),
        ("https://c", None),
        ("https://b", Some(true)),
    ]);
    let text = scrape(&registry);
    for line in [
        "watchbill_gate_asked_total{kind=\"babe\"} 4",
        "watchbill_gate_asked_total{kind=\"grandpa\"} 0",
        "watchbill_gate_claims_total{kind=\"babe\",outcome=\"granted\"} 1",
        "watchbill_gate_claims_total{kind=\"babe\",outcome=\"denied\"} 1",
        "watchbill_gate_claims_total{kind=\"babe\",outcome=\"unknown\"} 1",
        "watchbill_gate_claim_seconds_bucket{kind=\"babe\",le=\"0.001\"} 1",
        "watchbill_gate_claim_seconds_bucket{kind=\"babe\",le=\"0.002\"} 2",
        "watchbill_gate_claim_seconds_bucket{kind=\"babe\",le=\"10\"} 2",
        "watchbill_gate_claim_seconds_bucket{kind=\"babe\",le=\"+Inf\"} 3",
        "watchbill_gate_claim_seconds_sum{kind=\"babe\"} 20.0029",
        "watchbill_gate_claim_seconds_count{kind=\"babe\"} 3",
        "watchbill_gate_abstentions_total{reason=\"off-watch\"} 1",
        "watchbill_gate_refused_seals_total{reason=\"late\"} 1",
        "watchbill_gate_voting{key=\"0xabab\"} 1",
        "watchbill_gate_voting{key=\"0xcdcd\"} 0",
        "watchbill_gate_service_up{service=\"unix:/a.sock\"} 1",
        "watchbill_gate_service_up{service=\"https://b\"} 0",
    ] {
        assert_line(&text, line);
    }
    assert!(!text.contains("https://c"), "it was not asked yet\n{text}");
}

#[test]
fn every_family_has_its_own_help_and_its_type() {
    let (_, _, registry) = gate();
    let text = scrape(&registry);
    for line in [
        "# HELP watchbill_gate_asked_total Questions that the gate put to the permission service, by kind.",
        "# TYPE watchbill_gate_asked_total counter",
        "# HELP watchbill_gate_claims_total Answers of the permission service, by kind and outcome.",
        "# TYPE watchbill_gate_claims_total counter",
        "# HELP watchbill_gate_claim_seconds Seconds that asking added to a duty, by kind.",
        "# TYPE watchbill_gate_claim_seconds histogram",
    ] {
        assert_line(&text, line);
    }
}

#[test]
fn a_gate_that_counted_nothing_can_be_scraped() {
    let (_, _, registry) = gate();
    let text = scrape(&registry);
    assert!(text.contains("watchbill_gate_claims_total{kind=\"babe\",outcome=\"granted\"} 0"));
    assert!(!text.contains("abstentions") && !text.contains("service_up"));
    for reason in ["not-granted", "not-a-seal"] {
        assert!(text.contains(&format!(
            "watchbill_gate_refused_seals_total{{reason=\"{reason}\"}} 0"
        )));
    }
}

#[test]
fn a_second_gate_in_the_same_registry_is_an_error() {
    let (_, _, registry) = gate();
    let second = Gate::new(FakePermits::saying(Answer::Granted), Options::default());
    assert!(second.register_metrics(&registry).is_err());
}

#[test]
fn a_series_that_another_collector_has_is_an_error() {
    for name in [
        "watchbill_gate_asked_total",
        "watchbill_gate_claims_total",
        "watchbill_gate_claim_seconds",
        "watchbill_gate_abstentions_total",
        "watchbill_gate_voting",
        "watchbill_gate_refused_seals_total",
        "watchbill_gate_service_up",
    ] {
        let registry = Registry::new();
        let other = IntCounter::new(name, "Of another collector.").expect("a valid name");
        registry.register(Box::new(other)).expect("the first of its name");
        let gate = Gate::new(FakePermits::saying(Answer::Granted), Options::default());
        assert!(gate.register_metrics(&registry).is_err(), "{name}");
    }
}
