//! What a lifetime costs: the benchmark scenario through the engine, beside a loop that is written by
//! hand for this one scenario and can do nothing else.
//!
//! `cargo bench --bench lifetime` prints lifetimes per second of both, for both quorums, and their ratio; then
//! what an event of variants of the scenario costs, which no such loop was written for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use drplan::model::Scenario;
use drplan::sim::{Filter, LifetimeSettings, events_per_year, run_lifetimes};
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// Lifetimes per run: setting up does not show.
const LIFETIMES: u64 = 100_000;

/// Runs of each side, alternating; the fastest counts, as the others were disturbed.
const ROUNDS: usize = 7;

const YEARS: f64 = 10.0;
const HORIZON: f64 = YEARS * 8760.0;

/// Six machines, three zones, one region: hours to failure, median and sigma of the repair.
const KINDS: [(f64, f64, f64); 3] = [(8760.0, 1.0, 0.8), (70_080.0, 2.0, 1.0), (438_000.0, 6.0, 1.0)];

fn kind(member: usize) -> usize {
    if member < 6 { 0 } else { usize::from(member == 9) + 1 }
}

/// What the hand-written loop counts, so that nothing of it is left out.
#[derive(Default)]
struct Counts {
    outages: u64,
    down: f64,
    loss: f64,
    of_year: [f64; 10],
    long_years: u64,
    times: Vec<u64>,
}

fn serves(down: usize, quorum: u32) -> bool {
    let machine = |n: usize| down >> n & 1 == 0 && down >> (6 + n / 2) & 1 == 0;
    down >> 9 & 1 == 0 && (0..6).filter(|n| machine(*n)).count() as u32 >= quorum
}

/// One lifetime of the scenario by hand: the next moments in an array, the least found by looking.
fn by_hand(random: &mut Xoshiro256PlusPlus, up: &[bool; 1024], counts: &mut Counts) {
    let lognormal = |random: &mut Xoshiro256PlusPlus, median: f64, sigma: f64| {
        let normal: f64 = StandardNormal.sample(random);
        median * (sigma * normal).exp()
    };
    let exponential = |random: &mut Xoshiro256PlusPlus| -> f64 { Exp1.sample(random) };
    let mut next = [f64::INFINITY; 11];
    for (member, at) in next.iter_mut().take(10).enumerate() {
        *at = KINDS[kind(member)].0 * exponential(random);
    }
    let (mut down, mut since, mut lag, mut away) = (0_usize, f64::NAN, 0.0, false);
    let outage = |since: f64, until: f64, lag: f64, counts: &mut Counts| {
        let length = until - since;
        counts.outages += 1;
        counts.down += length;
        counts.loss += lag;
        counts.of_year[((since / 8760.0) as usize).min(9)] += length;
        let bin = ((length * 3600.0).max(1.0).log2() * 64.0) as usize;
        counts.times[bin.min(2047)] += 1;
    };
    loop {
        let (mut first, mut now) = (0, next[0]);
        for (member, at) in next.iter().enumerate().skip(1) {
            if *at < now {
                (first, now) = (member, *at);
            }
        }
        if now >= HORIZON {
            break;
        }
        if first == 10 {
            outage(since, now, lag, counts);
            (away, next[10]) = (true, f64::INFINITY);
            continue;
        }
        let was = up[down];
        down ^= 1 << first;
        let (mean, median, sigma) = KINDS[kind(first)];
        let fails = down >> first & 1 == 1;
        next[first] = now + if fails { lognormal(random, median, sigma) } else { mean * exponential(random) };
        match (was, up[down]) {
            (true, false) if !away => {
                since = now;
                lag = (exponential(random) * 60.0).min(60.0);
                next[10] = now + 30.0 / 3600.0 + lognormal(random, 1.0 / 6.0, 0.5) + 5.0 / 60.0;
            }
            (false, true) => {
                if !std::mem::take(&mut away) {
                    outage(since, now, 0.0, counts);
                }
                next[10] = f64::INFINITY;
            }
            _ => {}
        }
    }
    counts.long_years += counts.of_year.iter().filter(|time| **time > 1.0).count() as u64;
    counts.of_year = [0.0; 10];
}

fn hand_written(quorum: u32, lifetimes: u64) {
    let up: [bool; 1024] = std::array::from_fn(|down| serves(down, quorum));
    let mut counts = Counts { times: vec![0; 2048], ..Counts::default() };
    for lifetime in 0..lifetimes {
        by_hand(&mut Xoshiro256PlusPlus::seed_from_u64(lifetime), &up, &mut counts);
    }
    black_box((counts.outages, counts.down, counts.loss, counts.long_years, counts.times));
}

fn engine(scenario: &Scenario, tier: &str, lifetimes: u64) {
    let tier = scenario.tiers.iter().find(|(_, row)| row.name == tier).map(|(id, _)| id);
    let settings = LifetimeSettings { years: YEARS, lifetimes, first: 0, seed: 1, threads: 1 };
    black_box(run_lifetimes(scenario, &settings, &Filter { tier, ..Filter::default() }));
}

/// Variants of the scenario that no hand-written loop was made for: what an event costs beside one of W1.
const VARIANTS: [(&str, &[(&str, &str)]); 4] = [
    (
        "twelve machines in four zones, eleven needed",
        &[
            (r#"["a1", "a2", "a3"]"#, r#"["a1", "a2", "a3", "a4"]"#),
            (r#"["m1", "m2"]"#, r#"["m1", "m2", "m7"]"#),
            (r#"["m3", "m4"]"#, r#"["m3", "m4", "m8"]"#),
            ("a3 = [\"m5\", \"m6\"]", "a3 = [\"m5\", \"m6\", \"m9\"]\na4 = [\"m10\", \"m11\", \"m12\"]"),
            (r#""m5", "m6"], enough = 2"#, r#""m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12"], enough = 2"#),
            ("enough = 5", "enough = 11"),
            (r#""a3/*"]"#, r#""a3/*", "a4/*"]"#),
        ],
    ),
    (
        "machines that age (Weibull, shape 2)",
        &[(r#""a3/*"], rate = "1 / year""#, r#""a3/*"], gap = { shape = 2.0, scale = "9885h" }"#)],
    ),
    (
        "racks between machines and zones",
        &[
            (r#"a1 = ["m1", "m2"]"#, "a1 = [\"r1\", \"r2\"]\nr1 = [\"m1\"]\nr2 = [\"m2\"]"),
            (r#"each = ["a1/*", "#, r#"each = ["m1", "m2", "#),
            (
                "[services]",
                "[failures.rack]\nkind = \"outage\"\neach = [\"r1\", \"r2\"]\nrate = \"0.5 / year\"\nlasts = { median = \"2h\", sigma = 1.0 }\n[services]",
            ),
            (r#"["machine", "zone", "region"], from"#, r#"["machine", "rack", "zone", "region"], from"#),
        ],
    ),
    (
        "two services, one needs the other",
        &[
            (
                "spare    = { at = \"b\" }",
                "spare = { at = \"b\" }\nfront = { like = \"any-two\" }\nfront-spare = { at = \"b\" }",
            ),
            (
                "[strategies]\n",
                "shop = { needs = [\"app\"], standby = [\"front-spare\"], plans = [\"front-over\"] }\n\n[strategies]\nopen = { service = \"shop\", runs = [\"front\"] }\n",
            ),
            ("q2 = { runs", "q2 = { service = \"app\", runs"),
            ("q5 = { runs", "q5 = { service = \"app\", runs"),
            (
                "[plans]\n",
                "[tiers]\nq2 = [\"q2\", \"open\"]\nq5 = [\"q5\", \"open\"]\n\n[plans]\nfront-over = { for = [\"machine\", \"zone\", \"region\"], into = [\"front-spare\"], steps = [\"see\", \"decide\", \"move\"], commit = \"end\" }\n",
            ),
        ],
    ),
];

fn variants(w1: &str, lifetimes: u64, rounds: usize) {
    let per_event = |scenario: &Scenario| {
        let filter = q5(scenario);
        let events = events_per_year(scenario, &filter) * YEARS * lifetimes as f64;
        let timed = |_| {
            let start = Instant::now();
            engine(scenario, "q5", lifetimes);
            start.elapsed()
        };
        fastest(&(0..rounds).map(timed).collect::<Vec<_>>()) / events
    };
    for (name, changes) in VARIANTS {
        let text = changes.iter().fold(w1.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{name}: {from}");
            text.replace(from, to)
        });
        let (plain, varied) = (per_event(&scenario(w1)), per_event(&scenario(&text)));
        println!("{name}: {:.0} ns per event, ratio {:.2}", varied * 1e9, varied / plain);
    }
}

fn q5(scenario: &Scenario) -> Filter {
    let tier = scenario.tiers.iter().find(|(_, row)| row.name == "q5").map(|(id, _)| id);
    Filter { tier, ..Filter::default() }
}

fn scenario(text: &str) -> Scenario {
    drplan::spec::load(text).map_err(|(faults, _)| format!("{:?}", faults.all())).expect("a valid scenario").scenario
}

fn fastest(runs: &[Duration]) -> f64 {
    runs.iter().min().expect("some runs").as_secs_f64()
}

fn main() {
    // As a test it only shows that both run.
    let (lifetimes, rounds) = if std::env::args().any(|arg| arg == "--bench") { (LIFETIMES, ROUNDS) } else { (100, 1) };
    let w1 = include_str!("../scenarios/benchmark-w1.toml");
    let scenario = scenario(w1);
    for (tier, quorum) in [("q2", 2), ("q5", 5)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let start = Instant::now();
            engine(&scenario, tier, lifetimes);
            ours.push(start.elapsed());
            let start = Instant::now();
            hand_written(quorum, lifetimes);
            theirs.push(start.elapsed());
        }
        let (ours, theirs) = (lifetimes as f64 / fastest(&ours), lifetimes as f64 / fastest(&theirs));
        println!("{tier}: engine {ours:.0} lifetimes per second, by hand {theirs:.0}, ratio {:.2}", ours / theirs);
    }
    variants(w1, lifetimes, rounds);
}
