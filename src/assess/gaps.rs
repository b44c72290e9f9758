//! What it may come to that failures are composed as if they came at a constant rate, where their gaps are not
//! exponential: bounds for the chance of a long year and for the time down.

use std::collections::HashMap;

use super::composed::{CELLS, Part, Rare, application, beyond, in_cells, parts};
use super::drills::{drills_in_cells, power, with_drills};
use super::objective::MS;
use crate::id::FailureId;
use crate::model::{Delay, Scenario};
use crate::sim::{IncidentTally, Renewal, Renewals, TierTally};
use crate::units::SECONDS_PER_YEAR;

/// What the chance of a long year may be off by, with what is left out while incidents are taken not to overlap.
///
/// # Formula
/// Given how many events a year has of each failure, the chance does not depend on when they are, as long as
/// incidents do not overlap: how long each takes is drawn apart. So the chance is off by at most the distance in
/// total variation between these numbers and those that are composed, times what the numbers can make of the
/// chance. Exponential failures have the numbers that are composed. The others know nothing of each other but for
/// the year of the lifetime that they are in: replaced one after the other, each adds its distance year by year,
/// and the last one, beside nothing but Poisson, that of all years together.
///
/// Incidents that overlap come on top. Without `rare` there are none in what is composed, and a further failure
/// of the year falls into an incident with a chance of at most (Σ rate × mean time ÷ year) × Σ rate, where the time
/// is that to full capacity and what an outage lasts: only then can two that users do not feel be felt together,
/// the sum of times differ from the time down, or a member that is down fail again. That holds for an
/// exponential failure beside any other, with the events that a year really has. How often failures with other
/// gaps fall into one another depends on when they come, which was looked at. With `rare` overlaps of exponential
/// failures are simulated; where others take part, those that are and those that are not both count.
///
/// # Assumptions
/// Years are those of ten from the start of a lifetime. Numbers of events of which a year has as good as never
/// more are taken for the most; people who repair several failures are waited for as far as these are not
/// exponential.
pub(super) fn bias_of_long_years(
    scenario: &Scenario,
    tier: &TierTally,
    renewals: &Renewals,
    rare: Option<Rare<'_>>,
) -> f64 {
    if renewals.overlaps.error == f64::MAX {
        // Too many events to be looked at: nothing is known.
        return 1.0;
    }
    let renewed = |tally: &IncidentTally| renewals.failures.iter().find(|one| one.failure == tally.failure);
    let further = |per_year: &dyn Fn(&IncidentTally) -> f64| {
        let outage = |t: &IncidentTally| scenario.failures[t.failure].outage().map(Delay::mean).sum::<f64>();
        let mean = |t: &IncidentTally| t.recovery_time_full.sum() as f64 / t.n as f64 * MS + outage(t);
        let time = |t: &IncidentTally| per_year(t) * mean(t);
        let rate: f64 = application(tier).map(per_year).sum();
        application(tier).map(time).sum::<f64>() / SECONDS_PER_YEAR * rate
    };
    let at_most =
        |t: &IncidentTally| renewed(t).map_or(t.rate_per_year, |one| t.rate_per_year.max(one.per_year.at_most()));
    let among = further(&|t| if renewed(t).is_some() { at_most(t) } else { 0.0 });
    let overlaps = further(&at_most) - among + renewals.overlaps.at_most();
    let overlaps = match rare {
        Some(_) => {
            let simulated = further(&|t| if renewed(t).is_none() { t.rate_per_year } else { 0.0 });
            overlaps - simulated + (further(&|t| t.rate_per_year) - simulated)
        }
        None => overlaps,
    };
    overlaps + counts(scenario, tier, &renewals.failures, rare)
}

/// The part of it that comes from how many events a year has.
fn counts(scenario: &Scenario, tier: &TierTally, renewals: &[Renewal], rare: Option<Rare<'_>>) -> f64 {
    if renewals.is_empty() {
        return 0.0;
    }
    let parts = parts(scenario, tier, rare);
    let mut of: HashMap<FailureId, Vec<&Part<'_>>> = renewals.iter().map(|one| (one.failure, Vec::new())).collect();
    let mut others = Vec::new();
    for part in &parts {
        part.failure.and_then(|failure| of.get_mut(&failure)).unwrap_or(&mut others).push(part);
    }
    let drills = |round: fn(f64) -> f64| drills_in_cells(scenario, tier, round, CELLS);
    let [down, up] = in_cells(others.into_iter(), CELLS);
    let (none, _) = with_drills(beyond(&down), &drills(f64::floor));
    let mut most = with_drills(beyond(&up), &drills(f64::ceil));
    let (mut variation, mut saved) = (0.0, 0.0_f64);
    for one in renewals {
        let [_, mut times] = in_cells(of[&one.failure].iter().copied(), CELLS);
        if times[1..].iter().all(|rate| *rate == 0.0) {
            // However many, they take no time.
            continue;
        }
        variation += one.variation_by_year;
        saved = saved.max(one.variation_by_year - one.variation);
        let all: f64 = times.iter().sum();
        times.truncate(CELLS + 1);
        times.iter_mut().for_each(|rate| *rate /= all);
        most = with_drills(most, &Some(power(&times, one.most)));
    }
    (variation - saved) * (most.0 - none).max(0.0)
}

/// Seconds that the time down of a year may be off by.
///
/// # Arguments
/// `down`: by failure, seconds a year of single incidents. `added`: seconds a year by which overlaps change them,
/// up or down, at most.
///
/// # Formula
/// Of single incidents: that share of each failure's by which its mean number of events is off. Of overlaps: by
/// how much those are off that are most, of two such failures, by their number or by the time that outages have
/// together, or of one beside an exponential one.
pub(super) fn bias_of_downtime(tier: &TierTally, renewals: &Renewals, (down, added): (&[f64], f64)) -> f64 {
    let (mut bias, mut worst) = (0.0, renewals.overlaps.off().max(renewals.together.off()));
    for (tally, down) in application(tier).zip(down) {
        let Some(one) = renewals.failures.iter().find(|one| one.failure == tally.failure) else { continue };
        bias += one.per_year.off() * down;
        worst = worst.max(one.per_year.off());
    }
    bias + worst * added
}
