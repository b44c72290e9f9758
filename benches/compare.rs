//! The comparison that users wait for: the Kafka scenario at 100,000 incidents per tier and failure,
//! on one thread. A few seconds at most.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use drplan::sim::{CampaignSettings, Filter, run_incidents};

/// Incidents per tier and failure.
const INCIDENTS: u64 = 100_000;

fn main() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/kafka.toml")).expect("the scenario");
    let scenario =
        drplan::spec::load(&text).map(|l| l.scenario).map_err(|(faults, _)| faults).expect("a valid scenario");
    let strata = scenario.tiers.len() as u64 * scenario.failures.len() as u64;
    let settings = CampaignSettings { trials: INCIDENTS, seed: 1, threads: 1, truncate: false };
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("compare");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(30))
        .throughput(Throughput::Elements(INCIDENTS * strata));
    group.bench_function("kafka", |b| b.iter(|| black_box(run_incidents(&scenario, &settings, &Filter::default()))));
    group.finish();
    criterion.final_summary();
}
