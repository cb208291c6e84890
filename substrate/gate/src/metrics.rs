//! The series of a gate in the node's Prometheus registry, which adds the label `chain`.

use crate::{
    asking::Asker,
    counters::{Counts, BUCKETS_US},
};
use prometheus_endpoint::{
    prometheus::{
        core::{Collector, Desc},
        proto::{self, MetricType},
    },
    PrometheusError, Registry,
};
use std::{collections::BTreeMap, sync::Arc};

const ASKED: &str = "watchbill_gate_asked_total";
const CLAIMS: &str = "watchbill_gate_claims_total";
const SECONDS: &str = "watchbill_gate_claim_seconds";
const ABSTENTIONS: &str = "watchbill_gate_abstentions_total";
const VOTING: &str = "watchbill_gate_voting";
const REFUSED_SEALS: &str = "watchbill_gate_refused_seals_total";
const UNKNOWN_KINDS: &str = "watchbill_gate_unknown_kinds_total";
const SERVICE_UP: &str = "watchbill_gate_service_up";

/// Name, labels and help of every series.
const SERIES: [(&str, &[&str], &str); 8] = [
    (
        ASKED,
        &["kind"],
        "Questions that the gate put to the permission service, by kind.",
    ),
    (
        CLAIMS,
        &["kind", "outcome"],
        "Answers of the permission service, by kind and outcome.",
    ),
    (
        SECONDS,
        &["kind"],
        "Seconds that asking added to a duty, by kind.",
    ),
    (
        ABSTENTIONS,
        &["reason"],
        "GRANDPA rounds in which a key of this node did not vote, by reason.",
    ),
    (
        VOTING,
        &["key"],
        "1 if the GRANDPA key votes in its round, 0 if it abstains.",
    ),
    (
        REFUSED_SEALS,
        &["reason"],
        "Blocks that were built and not sealed, by reason.",
    ),
    (
        UNKNOWN_KINDS,
        &["kind"],
        "Signatures that were refused because the gate does not know the kind of their key, by that kind.",
    ),
    (
        SERVICE_UP,
        &["service"],
        "1 if the permission service gave a proper answer to the last request, 0 if not.",
    ),
];

/// Reads the counters of a gate whenever the registry is scraped.
struct GateCollector {
    asker: Arc<Asker>,
    descriptions: Vec<Desc>,
}

/// Adds the series of the gate to the registry of a node.
///
/// # Errors
/// If another gate of this process has registered there before.
pub(crate) fn register(asker: Arc<Asker>, registry: &Registry) -> Result<(), PrometheusError> {
    let describe = |(name, labels, help): &(&str, &[&str], &str)| {
        let labels = labels.iter().map(ToString::to_string).collect();
        Desc::new((*name).into(), (*help).into(), labels, Default::default())
    };
    let descriptions = SERIES.iter().map(describe).collect::<Result<_, _>>()?;
    registry.register(Box::new(GateCollector { asker, descriptions }))
}

impl Collector for GateCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let counters = self.asker.counters();
        let kinds = counters.snapshot();
        let families = [
            (ASKED, MetricType::COUNTER, kinds.iter().map(asked).collect()),
            (
                CLAIMS,
                MetricType::COUNTER,
                kinds.iter().flat_map(claims).collect(),
            ),
            (
                SECONDS,
                MetricType::HISTOGRAM,
                kinds.iter().map(seconds).collect(),
            ),
            (
                ABSTENTIONS,
                MetricType::COUNTER,
                by_reason(counters.abstentions.read()),
            ),
            (VOTING, MetricType::GAUGE, gauges("key", counters.voting())),
            (
                REFUSED_SEALS,
                MetricType::COUNTER,
                by_reason(beginning_at_zero(counters.refused_seals.read())),
            ),
            (
                UNKNOWN_KINDS,
                MetricType::COUNTER,
                counts_by("kind", counters.unknown_kinds.read()),
            ),
            (SERVICE_UP, MetricType::GAUGE, gauges("service", self.services())),
        ];
        // An empty family makes the registry's encoder fail.
        let told = families
            .into_iter()
            .filter(|(_, _, metrics): &(_, _, Vec<_>)| !metrics.is_empty());
        told.map(|(name, kind, metrics)| family(name, kind, metrics))
            .collect()
    }
}

impl GateCollector {
    /// Two base URLs of one service have one name: it is up if both are.
    fn services(&self) -> BTreeMap<String, bool> {
        let mut all = BTreeMap::new();
        for state in self.asker.services() {
            if let Some(answers) = state.answers {
                let up = all.entry(state.service).or_insert(true);
                *up = *up && answers;
            }
        }
        all
    }
}

fn family(name: &str, kind: MetricType, metrics: Vec<proto::Metric>) -> proto::MetricFamily {
    let help = SERIES
        .iter()
        .find(|(known, _, _)| *known == name)
        .map_or("", |(_, _, help)| help);
    let mut family = proto::MetricFamily::default();
    family.set_name(name.into());
    family.set_help(help.into());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn metric(labels: &[(&str, &str)]) -> proto::Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name((*name).into());
        pair.set_value((*value).into());
        pair
    };
    let mut metric = proto::Metric::default();
    metric.set_label(labels.iter().map(pair).collect());
    metric
}

fn counter(labels: &[(&str, &str)], value: u64) -> proto::Metric {
    let mut counter = proto::Counter::default();
    counter.set_value(value as f64);
    let mut metric = metric(labels);
    metric.set_counter(counter);
    metric
}

fn gauges(label: &str, values: BTreeMap<String, bool>) -> Vec<proto::Metric> {
    let gauge = |(name, is): (String, bool)| {
        let mut gauge = proto::Gauge::default();
        gauge.set_value(f64::from(u8::from(is)));
        let mut metric = metric(&[(label, &name)]);
        metric.set_gauge(gauge);
        metric
    };
    values.into_iter().map(gauge).collect()
}

/// Refusals that point at a part of the node that signs around the gate. An alert must see the first one, and
/// Prometheus sees no increase of a series that begins at 1.
const AROUND_THE_GATE: [&str; 2] = ["not-granted", "not-a-seal"];

fn beginning_at_zero(mut counts: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    for reason in AROUND_THE_GATE {
        counts.entry(reason.into()).or_insert(0);
    }
    counts
}

fn by_reason(counts: BTreeMap<String, u64>) -> Vec<proto::Metric> {
    counts_by("reason", counts)
}

fn counts_by(label: &str, counts: BTreeMap<String, u64>) -> Vec<proto::Metric> {
    counts
        .iter()
        .map(|(name, count)| counter(&[(label, name)], *count))
        .collect()
}

fn asked(counts: &Counts) -> proto::Metric {
    counter(&[("kind", counts.kind)], counts.asked)
}

fn claims(counts: &Counts) -> [proto::Metric; 3] {
    [
        ("granted", counts.granted),
        ("denied", counts.refused),
        ("unknown", counts.unknown),
    ]
    .map(|(outcome, value)| counter(&[("kind", counts.kind), ("outcome", outcome)], value))
}

/// The open bucket is the count of all; the encoder writes it as `+Inf`.
fn seconds(counts: &Counts) -> proto::Metric {
    let mut histogram = proto::Histogram::default();
    let mut below = 0;
    let bucket = |(count, bound): (&u64, u64)| {
        below += count;
        let mut bucket = proto::Bucket::default();
        bucket.set_cumulative_count(below);
        bucket.set_upper_bound(bound as f64 / 1e6);
        bucket
    };
    histogram.set_bucket(counts.buckets.iter().zip(BUCKETS_US).map(bucket).collect());
    histogram.set_sample_count(counts.buckets.iter().sum());
    histogram.set_sample_sum(counts.sum_us as f64 / 1e6);
    let mut metric = metric(&[("kind", counts.kind)]);
    metric.set_histogram(histogram);
    metric
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
