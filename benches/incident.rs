//! What one incident costs: two random stages, from scenario to histogram, beside two bare draws.
//!
//! `cargo bench --bench incident` prints both and their ratio, which is to stay at or below 4.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use drplan::model::Scenario;
use drplan::sim::{CampaignSettings, Filter, run_incidents};
use rand_distr::{Distribution, LogNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// Incidents per run: enough that setting up a campaign does not show.
const INCIDENTS: u64 = 1_000_000;

/// Runs of each side, alternating; the fastest counts, as the others were disturbed.
const ROUNDS: usize = 9;

/// A deletion found after a fixed time, and a plan of two lognormal steps.
const TWO_STAGES: &str = r#"
title = "Two random stages"
[places]
here = []
there = []
[data]
d = { size = "1 GB", writes = "1 GB/day" }
[copies]
db = { kind = "primary", at = "here" }
bin = { kind = "soft-delete", of = "db", keep = "7d" }
[failures]
drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = "10m" }
[services.s]
data = "d"
copies = ["db"]
plans = ["undelete"]
[strategies.only]
copies = ["bin"]
[plans]
undelete = { for = ["drop"], from = ["bin"], steps = ["find", "recover"] }
[steps]
find = { phase = "decide", takes = { median = "10m", sigma = 0.7 } }
recover = { phase = "restore", takes = { median = "20m", sigma = 0.4 } }
"#;

fn scenario() -> Scenario {
    drplan::spec::load(TWO_STAGES)
        .map(|loaded| loaded.scenario)
        .map_err(|(faults, _)| faults)
        .expect("a valid scenario")
}

fn engine(scenario: &Scenario, incidents: u64) {
    let settings = CampaignSettings { trials: incidents, seed: 1, threads: 1, truncate: false };
    black_box(run_incidents(black_box(scenario), &settings, &Filter::default()));
}

/// Sum of two draws, as a bare loop has it; the medians and sigmas of the two steps.
fn draws(incidents: u64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let find = LogNormal::new(600f64.ln(), 0.7).expect("valid");
    let recover = LogNormal::new(1200f64.ln(), 0.4).expect("valid");
    for _ in 0..incidents {
        black_box(find.sample(&mut random) + recover.sample(&mut random));
    }
}

fn fastest(runs: &[Duration]) -> f64 {
    runs.iter().min().expect("runs").as_secs_f64() * 1e9 / INCIDENTS as f64
}

fn ratio(scenario: &Scenario) {
    let timed = |work: &dyn Fn()| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(&|| engine(scenario, INCIDENTS)));
        bare.push(timed(&|| draws(INCIDENTS)));
    }
    let (ours, bare) = (fastest(&ours), fastest(&bare));
    println!(
        "one incident of two stages: {ours:.1} ns; two lognormal draws: {bare:.1} ns; ratio {:.2} (at most 4)",
        ours / bare
    );
}

fn main() {
    let scenario = scenario();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("incident");
    group.sample_size(10).throughput(Throughput::Elements(INCIDENTS));
    group.bench_function("two stages", |b| b.iter(|| engine(&scenario, INCIDENTS)));
    group.bench_function("two lognormal draws", |b| b.iter(|| draws(INCIDENTS)));
    group.finish();
    criterion.final_summary();
    // `cargo bench` says so; a run as a test only shows that it works.
    if std::env::args().any(|argument| argument == "--bench") {
        ratio(&scenario);
    }
}
