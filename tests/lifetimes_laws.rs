//! Laws of lifetimes: rare failures add up as incidents say, and neither threads nor order nor
//! additions change a byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::engine::{ERRORS, MS, load};
use common::generator::{self, Reach};
use common::random::Random;
use drplan::assess::{add_lifetimes, assess};
use drplan::id::{FailureId, TierId};
use drplan::model::Scenario;
use drplan::sim::{
    CampaignSettings, Filter, IncidentTally, LifetimeResult, LifetimeSettings, LifetimeTally, Longer, Returns,
    events_per_year, run_incidents, run_lifetimes,
};
use drplan::stats::Tally;

const YEARS: f64 = 10.0;

fn shipped() -> Vec<(String, String)> {
    let entries = fs::read_dir("scenarios").unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths.iter().map(|p| (p.display().to_string(), fs::read_to_string(p).unwrap())).collect()
}

fn run(scenario: &Scenario, lifetimes: u64, threads: usize, filter: &Filter) -> LifetimeResult {
    run_lifetimes(scenario, &LifetimeSettings { years: YEARS, lifetimes, first: 0, seed: 1, threads }, filter)
}

/// Everything that the lifetimes of a scenario come to, as programs read it.
fn shown(scenario: &Scenario, years: &LifetimeResult) -> String {
    let settings = CampaignSettings { trials: 1, seed: 1, threads: 1, truncate: false };
    let filter = Filter::default();
    let mut result = assess(scenario, &run_incidents(scenario, &settings, &filter), &filter);
    add_lifetimes(&mut result, scenario, years);
    drplan::report::json(&result).unwrap() + &years.events.to_string()
}

/// A frequency a hundred times lower; whatever else stands there stays.
fn rarer(value: &mut toml::Value) {
    match value {
        toml::Value::String(text) => {
            let (number, unit) = text.split_once('/').expect("a frequency");
            *text = format!("{} / {}", number.trim().parse::<f64>().expect("a number") / 100.0, unit.trim());
        }
        toml::Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("years", toml::Value::Integer(years)) => *years *= 100,
                    ("years", toml::Value::Float(years)) => *years *= 100.0,
                    ("low" | "high" | "point", value) => rarer(value),
                    _ => {}
                }
            }
        }
        other => panic!("no frequency: {other}"),
    }
}

/// The scenario with failures a hundred times rarer.
fn with_rare_failures(text: &str) -> Scenario {
    let mut file: toml::Table = text.parse().unwrap();
    for (_, failure) in file["failures"].as_table_mut().unwrap() {
        if let Some(rate) = failure.get_mut("rate") {
            rarer(rate);
        }
        assert!(failure.get("gap").is_none(), "make gaps longer here too");
    }
    load(&toml::to_string(&file).unwrap())
}

/// A mean and its standard error, of a sample that counts infinite outcomes as zero.
#[derive(Clone, Copy, Default)]
struct Known {
    mean: f64,
    error: f64,
}

impl Known {
    fn new(tally: &Tally, scale: f64) -> Self {
        let (mean, error) = (tally.mean().unwrap_or(0.0), tally.standard_error().unwrap_or(0.0));
        Self { mean: mean * scale, error: error * scale }
    }

    fn plus(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, error: self.error.hypot(other.error) }
    }

    /// Whether two estimates of the same thing agree; half a millisecond per year is rounding.
    fn agrees(self, other: Self, what: &str) {
        let off = (self.mean - other.mean).abs();
        let error = self.error.hypot(other.error);
        assert!(
            off <= ERRORS * error + 0.5 * MS,
            "{what}: {} a year in lifetimes, {} as a sum, {:.1} standard errors",
            self.mean,
            other.mean,
            off / error
        );
    }
}

/// Incidents of a year, each with its rate and the part of the users that it hits.
struct Sum {
    downtime: Known,
    loss: Known,
    /// Events a year that nothing brings back.
    lost_for_good: Known,
    /// Variances of a year's sums: Σ rate × E[x²], as incidents come in a Poisson stream.
    downtime_variance: f64,
    loss_variance: f64,
}

/// Mean square of the finite outcomes times the square of a scale.
fn mean_square(tally: &Tally, scale: f64) -> f64 {
    let (mean, variance) = (tally.mean().unwrap_or(0.0), tally.variance().unwrap_or(0.0));
    (variance + mean * mean) * scale * scale
}

fn sum(scenario: &Scenario, incidents: &[&IncidentTally], returns: &[Returns]) -> Sum {
    let nothing = Known::default();
    let mut sum =
        Sum { downtime: nothing, loss: nothing, lost_for_good: nothing, downtime_variance: 0.0, loss_variance: 0.0 };
    for i in incidents {
        let share = scenario.failures[i.failure].share;
        sum.downtime_variance += i.rate_per_year * mean_square(&i.recovery_time, share * MS);
        sum.loss_variance += i.rate_per_year * mean_square(&i.data_loss, share * MS);
        let weight = i.rate_per_year * share;
        if let Some(home) = returns.iter().find(|one| one.failure == i.failure) {
            let mean_square = |scale: f64| {
                let squares = home.longer.iter().map(|one| ((one.with - one.without) as f64 * scale).powi(2));
                squares.sum::<f64>() / home.n as f64
            };
            let mean = home.mean() * i.rate_per_year * MS;
            let error = (mean_square(i.rate_per_year * MS) - mean * mean).max(0.0) / home.n as f64;
            sum.downtime = sum.downtime.plus(Known { mean, error: error.sqrt() });
            let squares = |one: &Longer| (one.with as f64 * MS).powi(2) - (one.without as f64 * MS).powi(2);
            sum.downtime_variance += i.rate_per_year * home.longer.iter().map(squares).sum::<f64>() / home.n as f64;
        }
        sum.downtime = sum.downtime.plus(Known::new(&i.recovery_time, weight * MS));
        sum.loss = sum.loss.plus(Known::new(&i.data_loss, weight * MS));
        let p = i.unrecoverable as f64 / i.n as f64;
        let error = (p * (1.0 - p) / i.n as f64).sqrt();
        let rate = i.rate_per_year;
        sum.lost_for_good = sum.lost_for_good.plus(Known { mean: rate * p, error: rate * error });
    }
    sum
}

fn agrees(lifetimes: &LifetimeTally, sum: &Sum, what: &str) {
    // A handful of events does not show how much they differ; how much they must, the incidents tell.
    let known = |tally: &Tally, variance: f64| {
        let known = Known::new(tally, MS / YEARS);
        let expected = (variance / lifetimes.years_lived()).sqrt();
        Known { error: known.error.max(expected), ..known }
    };
    let downtime = known(&lifetimes.downtime_of_lifetime, sum.downtime_variance);
    downtime.agrees(sum.downtime, &format!("{what}: downtime"));
    known(&lifetimes.loss_of_lifetime, sum.loss_variance).agrees(sum.loss, &format!("{what}: loss"));
}

/// With failures a hundred times rarer nothing overlaps, and years come to Σ rate × mean, the way home of an
/// incident with it.
///
/// An incident that nothing brings back is apart: in a lifetime it is down until its loss is certain,
/// and nothing is after it; in the sum it is zero seconds, as nobody knows how long it would last. Of
/// those the chance is compared, and tiers that have any are compared failure by failure, those left
/// out.
#[test]
fn rare_failures_add_up() {
    for (name, text) in shipped() {
        let scenario = with_rare_failures(&text);
        let settings = CampaignSettings { trials: 20_000, seed: 2, threads: 2, truncate: false };
        let campaign = run_incidents(&scenario, &settings, &Filter::default());
        let of = |tier: TierId, failure: Option<FailureId>| -> Vec<&IncidentTally> {
            let tier = campaign.tiers.iter().find(|t| t.tier == tier).unwrap();
            let wanted = |i: &&IncidentTally| i.service.is_none() && failure.is_none_or(|f| f == i.failure);
            tier.incidents.iter().filter(wanted).collect()
        };
        let failures = scenario.failures.ids().map(Some).chain([None]);
        for failure in failures {
            let filter = Filter { failure, ..Filter::default() };
            // Some thousand events each.
            let events = events_per_year(&scenario, &filter) * YEARS / 2.0;
            let lifetimes = (4_000.0 / events).clamp(2_000.0, 250_000.0) as u64;
            let years = run(&scenario, lifetimes, 2, &filter);
            for tally in &years.tiers {
                let what = format!(
                    "{name}, {}, {}",
                    scenario.tiers[tally.tier].name,
                    failure.map_or("all failures", |f| scenario.failures[f].name.as_str())
                );
                let incidents = of(tally.tier, failure);
                let returns = &campaign.tiers.iter().find(|t| t.tier == tally.tier).unwrap().returns;
                let sum = sum(&scenario, &incidents, returns);
                if incidents.iter().all(|i| i.unrecoverable == 0) {
                    assert_eq!(tally.unrecoverable, 0, "{what}");
                    agrees(tally, &sum, &what);
                } else if failure.is_some() {
                    // At least one in ten years, of a Poisson process.
                    let share = tally.unrecoverable as f64 / tally.lifetimes as f64;
                    let error = (share * (1.0 - share) / tally.lifetimes as f64).sqrt();
                    let found = Known { mean: -(1.0 - share).ln() / YEARS, error: error / (1.0 - share) / YEARS };
                    let off = (found.mean - sum.lost_for_good.mean).abs();
                    let error = found.error.hypot(sum.lost_for_good.error);
                    assert!(off <= ERRORS * error, "{what}: {} and {} lost a year", found.mean, sum.lost_for_good.mean);
                }
            }
        }
    }
}

/// The same seed gives the same bytes on 1, 2, 3 and 7 threads.
#[test]
fn threads_change_no_byte() {
    for (name, text) in shipped() {
        let scenario = load(&text);
        let one = shown(&scenario, &run(&scenario, 300, 1, &Filter::default()));
        for threads in [2, 3, 7] {
            let more = shown(&scenario, &run(&scenario, 300, threads, &Filter::default()));
            assert!(one == more, "{threads} threads, {name}");
        }
    }
}

/// A lifetime knows nothing of those that were simulated before it: one by one they come to the same. Lifetimes
/// of a month end in the middle of many things, none of which may be left to the next one.
#[test]
fn lifetimes_leave_nothing_to_the_next() {
    let of = |n: u64| move |(name, text): (String, String)| (name, text, n);
    let random = (0..40).map(|seed| (format!("seed {seed}"), generator::scenario(seed, Reach::Everything).text()));
    let stops = [("stops".to_owned(), STOPS.to_owned())];
    let all = shipped().into_iter().chain(random).map(of(40)).chain(stops.into_iter().map(of(150)));
    for (name, text, count) in all {
        let scenario = load(&text);
        let some = |first: u64, lifetimes: u64| {
            let settings = LifetimeSettings { years: 1.0 / 12.0, lifetimes, first, seed: 1, threads: 1 };
            run_lifetimes(&scenario, &settings, &Filter::default())
        };
        let mut one_by_one = some(0, 1);
        (1..count).for_each(|n| one_by_one.merge(&some(n, 1)));
        assert!(shown(&scenario, &some(0, count)) == shown(&scenario, &one_by_one), "{name}");
    }
}

/// Two places that both must have what is written, and a copy far away that waits while they are lost: often,
/// and often when the lifetime ends.
const STOPS: &str = r#"
title = "Stops when one of two is lost"
currency = "USD"
places = { north = [], south = [], far = [] }
[links]
metro = { between = ["north", "south"], bandwidth = "10 Gbps" }
wan = { between = ["north", "far"], bandwidth = "1 Gbps" }
[data]
ledger = { size = "3 TB", writes = "200 GB/day", burst = { rate = "200 MB/s", lasts = "30m", every = "1d" } }
[copies]
strict = { kind = "primary", at = ["north", "south"], acks = 2 }
ship = { kind = "async", of = "strict", at = "far", over = "wan" }
[compute]
core = { at = ["north", "south"], enough = 1, takeover = "20s" }
dr = { at = "far" }
[failures]
all = { kind = "outage", hits = ["north", "south"], rate = "100 / year", lasts = "1d", detected = "1m" }
cut = { kind = "partition", hits = ["metro", "wan"], rate = "300 / year", lasts = { mean = "3h" }, detected = "1m" }
[services]
bank = { data = "ledger", copies = ["strict"], runs = ["core"], standby = ["dr"], plans = ["over"] }
[strategies]
far = { copies = ["ship"] }
[plans]
over = { for = ["all", "cut"], from = ["ship"], into = ["dr"], steps = ["decide"] }
[steps]
decide = { phase = "decide", takes = "30m" }
"#;

/// Neither does the order of tables, of rows in them and of keys in those.
#[test]
fn order_of_tables_changes_no_byte() {
    for seed in 0..30 {
        let document = generator::scenario(seed, Reach::Everything);
        let other = document.shuffled(&mut Random::new(seed));
        let (a, b) = (load(&document.text()), load(&other.text()));
        let lives = |scenario: &Scenario| shown(scenario, &run(scenario, 20, 1, &Filter::default()));
        assert_eq!(lives(&a), lives(&b), "{}", other.text());
    }
}

/// A failure more changes no draw of the others: what it does not touch has the same lifetimes, though all
/// ids after its name have moved. Nor does a tier more.
#[test]
fn additions_change_no_other_draw() {
    let text = fs::read_to_string("scenarios/benchmark-w1.toml").unwrap();
    let scenario = load(&text);
    let outage = "aaa = { kind = \"outage\", hits = \"z\", rate = \"5 / year\", lasts = \"1d\" }\n";
    let more = text
        .replace("b  = []", "b  = []\nz  = []")
        .replace("[failures]\n", &format!("[failures]\n{outage}"))
        .replace("[strategies]\n", "[strategies]\na0 = { runs = [\"any-two\"] }\n");
    let added = load(&more);
    assert_eq!((added.failures.len(), added.tiers.len()), (scenario.failures.len() + 1, scenario.tiers.len() + 1));
    let (before, after) = (run(&scenario, 4_000, 1, &Filter::default()), run(&added, 4_000, 2, &Filter::default()));
    assert!(after.events > before.events);
    for tally in &before.tiers {
        let name = &scenario.tiers[tally.tier].name;
        let other = after.tiers.iter().find(|t| added.tiers[t.tier].name == *name).unwrap();
        for (a, b) in [
            (&tally.downtime_of_lifetime, &other.downtime_of_lifetime),
            (&tally.outages_of_lifetime, &other.outages_of_lifetime),
            (&tally.loss_of_lifetime, &other.loss_of_lifetime),
            (&tally.exposed, &other.exposed),
            (&tally.outage, &other.outage),
            (&tally.loss, &other.loss),
        ] {
            assert!(a == b, "{name}: {:?} and {:?}", (a.count(), a.sum()), (b.count(), b.sum()));
        }
    }
}
