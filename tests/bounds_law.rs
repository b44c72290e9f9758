//! With every distribution truncated, no incident of a thousand random scenarios exceeds a bound, and
//! where nothing contends an adversary comes close to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod common;

use common::engine::load;
use common::generator::{self, Reach};
use drplan::bound::{Bound, IncidentBounds, bounds_truncated};
use drplan::sim::{Adversary, Attempts, Filter, Key, NEVER, Outcome, Purpose, Random, Simulator, Uniform};
use rayon::prelude::*;

/// Random scenarios.
const SCENARIOS: u64 = 1_000;

/// Incidents per tier and failure, drawn at random.
const OCCURRENCES: u64 = 20;

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
