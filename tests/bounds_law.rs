//! With every distribution truncated, no incident of a thousand random scenarios exceeds a bound, and
//! where nothing contends an adversary comes close to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod common;

use common::adversary::{Answers, Search, Start};
use common::engine::load;
use common::generator::{self, Reach};
use drplan::bound::{Bound, IncidentBounds, bounds_truncated};
use drplan::id::{FailureId, TierId};
use drplan::sim::{Adversary, Attempts, Filter, Key, NEVER, Outcome, Purpose, Random, Simulator, Uniform};
use rayon::prelude::*;

/// Random scenarios.
const SCENARIOS: u64 = 1_000;

/// Incidents per tier and failure, drawn at random.
const OCCURRENCES: u64 = 20;

/// Corners from which the searching adversary sets out, and incidents that it tries from each.
const STARTS: usize = 1;
const TRIES: u32 = 300;

/// Scenarios that it searches: each costs some thousands of incidents.
const SEARCHED: u64 = 60;

/// The worst that incidents came to, in the units of an outcome.
#[derive(Default)]
struct Worst([u64; 7]);

impl Worst {
    fn add(&mut self, o: &Outcome) {
        let of = [
            o.recovery_time,
            o.recovery_time_full,
            o.undetected,
            o.data_loss,
            o.data_loss_before,
            o.data_loss_after,
            o.data_loss_bytes,
        ];
        for (worst, value) in self.0.iter_mut().zip(of) {
            if value != NEVER {
                *worst = (*worst).max(value);
            }
        }
    }
}

/// The bounds in the same order, with the units per second or byte of an outcome.
fn listed(b: &IncidentBounds) -> [(&'static str, &Bound, f64); 7] {
    [
        ("recovery", &b.recovery_time, 1e3),
        ("full", &b.recovery_time_full, 1e3),
        ("undetected", &b.undetected, 1e3),
        ("loss", &b.data_loss, 1e3),
        ("loss before", &b.data_loss_before, 1e3),
        ("loss after", &b.data_loss_after, 1e3),
        ("bytes", &b.data_loss_bytes, 1.0),
    ]
}

/// Adversaries at the corners: everything long, schedules just missed or just met, everything
/// unlikely or nothing, each way for attempts to end.
fn adversaries() -> Vec<Adversary> {
    let mut all = Vec::new();
    for duration in [0.0, 1.0] {
        for phase in [0.0, 1.0 - 1e-9] {
            for chance in [false, true] {
                for attempts in [Attempts::Succeed, Attempts::LastSucceeds, Attempts::Fail] {
                    // The phase stands for the member too: the first or the last.
                    all.push(Adversary { duration, phase, chance, attempts, member: phase, moment: 0.37 });
                }
            }
        }
    }
    all
}

/// Answers incident `n` as the `n`-th of several adversaries would.
struct InTurn(Vec<Adversary>);

impl Uniform for InTurn {
    fn uniform(&self, key: Key, occurrence: u64, purpose: Purpose) -> f64 {
        self.0[occurrence as usize].uniform(key, occurrence, purpose)
    }
}

/// How many bounds there are, how many of them finite, and how many of those some incident comes
/// within 1% of.
#[derive(Default)]
struct Counted {
    all: u32,
    finite: u32,
    close: u32,
}

/// With every distribution cut to its [p0.1, p99.9], no incident exceeds a bound: neither those drawn
/// at random nor those of adversaries, neither of the application nor of a service.
#[test]
fn no_incident_exceeds_a_bound() {
    let each: Vec<Counted> = (0..SCENARIOS).into_par_iter().map(counted).collect();
    let sum = |of: fn(&Counted) -> u32| each.iter().map(of).sum::<u32>();
    let (all, finite, close) = (sum(|c| c.all), sum(|c| c.finite), sum(|c| c.close));
    println!("{finite} of {all} bounds are finite, {close} come within 1%");
    assert!(finite > all / 2, "{finite} of {all}");
    // A bound of everything at once is of no use: most must be what some incident really comes to.
    assert!(close > finite / 2, "{close} of {finite}");
}

fn counted(seed: u64) -> Counted {
    let document = generator::scenario(seed, Reach::Everything);
    let scenario = load(&document.text());
    let simulator = Simulator::new(&scenario, seed, true, &Filter::default());
    let corners = InTurn(adversaries());
    let mut counted = Counted::default();
    for (tier, row) in scenario.tiers.iter() {
        for failure in scenario.failures.ids() {
            let mut worst: Vec<Worst> = (0..=row.services.len()).map(|_| Worst::default()).collect();
            let mut see = |whole: &Outcome, services: &[Outcome]| {
                for (worst, outcome) in worst.iter_mut().zip(std::iter::once(whole).chain(services)) {
                    worst.add(outcome);
                }
            };
            simulator.incidents_by(&Random, tier, failure, 0..OCCURRENCES, &mut see);
            simulator.incidents_by(&corners, tier, failure, 0..corners.0.len() as u64, &mut see);
            for (n, worst) in worst.iter().enumerate() {
                let service = n.checked_sub(1).map(|n| row.services[n].service);
                let bounds = bounds_truncated(&scenario, tier, failure, service);
                let place = format!("{} in {} {service:?}", scenario.failures[failure].name, row.name);
                counted.compare(&bounds, worst, &format!("{place}\n{}", document.text()));
            }
        }
    }
    counted
}

impl Counted {
    fn compare(&mut self, bounds: &IncidentBounds, worst: &Worst, place: &str) {
        for ((what, bound, unit), value) in listed(bounds).into_iter().zip(worst.0) {
            self.all += 1;
            let Some(most) = bound.worst else {
                // Truncated, a bound is missing only where there is nothing to bound.
                let reason = bound.reason.as_deref().unwrap_or_default();
                let nothing = ["no member of it holds anything of the tier", "nothing brings it back"];
                assert!(nothing.contains(&reason), "{what}: {reason}: {place}");
                continue;
            };
            self.finite += 1;
            // One unit for rounding on both sides.
            let most = (most * unit).round() as u64 + 1;
            self.close += u32::from(value as f64 >= 0.99 * (most - 1) as f64);
            assert!(value <= most, "{what}: {value} > {most}: {place}");
        }
    }
}

/// A figure of an outcome, the bound on it and its units per second.
type Figure = (&'static str, fn(&Outcome) -> u64, fn(&IncidentBounds) -> &Bound);

const FIGURES: [Figure; 2] =
    [("recovery", |o| o.recovery_time, |b| &b.recovery_time), ("loss", |o| o.data_loss, |b| &b.data_loss)];

/// Where the searching adversary of a scenario came to.
#[derive(Default)]
struct Reached {
    bounds: u32,
    close: u32,
    /// What was not reached: share, and where.
    missed: Vec<(f64, String)>,
}

/// Where nothing contends, an adversary that chooses each answer by itself reaches at least 99% of most
/// bounds. Not of all: see the end of the test.
#[test]
fn an_adversary_reaches_most_bounds_where_nothing_contends() {
    let each: Vec<Reached> = (0..SEARCHED).into_par_iter().map(reached).collect();
    let (bounds, close) = each.iter().fold((0, 0), |(a, b), r| (a + r.bounds, b + r.close));
    let mut missed: Vec<&(f64, String)> = each.iter().flat_map(|r| &r.missed).collect();
    missed.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{close} of {bounds} bounds are reached to 99%");
    for (share, place) in missed.iter().take(20) {
        println!("{:.1}% {place}", share * 100.0);
    }
    assert!(bounds > 20 * SEARCHED as u32, "{bounds}");
    // Two thirds when this was written. The rest lie higher than what this search finds: bounds take the
    // worst of each step, point and plan by itself, which need not come together, and a backup whose runs
    // may fail has its retention as bound, for which hundreds of runs in a row must fail.
    assert!(close * 5 > bounds * 3, "{close} of {bounds}");
}

/// Incidents in which the first few last attempts fail or succeed in every way: each is another way
/// through points, sources and plans.
fn tries(simulator: &Simulator<'_>, tier: TierId, failure: FailureId) -> Vec<(Start, Vec<Outcome>)> {
    let mut tried = Vec::new();
    for base in adversaries().into_iter().filter(|a| a.attempts == Attempts::LastSucceeds) {
        for fails in 0..64 {
            let start = Start { base, fails };
            simulator.incidents_by(&Answers::new(start), tier, failure, 0..1, |whole, services| {
                tried.push((start, std::iter::once(whole).chain(services).copied().collect()));
            });
        }
    }
    tried
}

fn reached(seed: u64) -> Reached {
    let document = generator::scenario(seed, Reach::Everything);
    let scenario = load(&document.text());
    let simulator = Simulator::new(&scenario, seed, true, &Filter::default());
    let corners = InTurn(adversaries());
    let mut reached = Reached::default();
    for (tier, row) in scenario.tiers.iter() {
        for failure in scenario.failures.ids() {
            let mut outcomes: Vec<Vec<Outcome>> = Vec::new();
            simulator.incidents_by(&corners, tier, failure, 0..corners.0.len() as u64, |whole, services| {
                outcomes.push(std::iter::once(whole).chain(services).copied().collect());
            });
            let mut tried: Option<Vec<(Start, Vec<Outcome>)>> = None;
            // With one service its figures are the application's.
            let several = if row.services.len() > 1 { row.services.len() } else { 0 };
            for n in 0..=several {
                let service = n.checked_sub(1).map(|n| row.services[n].service);
                let bounds = bounds_truncated(&scenario, tier, failure, service);
                for (what, figure, bound) in FIGURES {
                    let Some(most) = bound(&bounds).worst.filter(|most| *most > 0.0 && !bounds.serialised) else {
                        continue;
                    };
                    let of = |outcomes: &[Outcome]| match figure(&outcomes[n]) {
                        NEVER => -1.0,
                        value => value as f64 / (most * 1e3),
                    };
                    let evaluate = |answers: &Answers| {
                        let mut value = -1.0;
                        simulator.incidents_by(answers, tier, failure, 0..1, |whole, services| {
                            value = of(&std::iter::once(whole).chain(services).copied().collect::<Vec<_>>());
                        });
                        value
                    };
                    let mut best = outcomes.iter().map(|o| of(o)).fold(-1.0, f64::max);
                    if best < 0.99 {
                        let tried = tried.get_or_insert_with(|| tries(&simulator, tier, failure));
                        let mut order: Vec<(f64, Start)> = tried.iter().map(|(start, o)| (of(o), *start)).collect();
                        order.sort_by(|a, b| b.0.total_cmp(&a.0));
                        best = order.first().map_or(best, |(value, _)| best.max(*value));
                        for (_, start) in order.iter().take(STARTS) {
                            if best < 0.99 {
                                let mut search = Search { evaluate: &evaluate, enough: 0.99, left: TRIES };
                                best = best.max(search.climb(*start));
                            }
                        }
                    }
                    reached.bounds += 1;
                    reached.close += u32::from(best >= 0.99);
                    if best < 0.99 {
                        let name = &scenario.failures[failure].name;
                        reached
                            .missed
                            .push((best, format!("{what} of {name} in {} {service:?}, seed {seed}", row.name)));
                    }
                }
            }
        }
    }
    reached
}
