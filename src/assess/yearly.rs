//! Yearly figures from incidents alone: Σ rate × mean per incident, its way home with it, and drills.

use super::assessment::{FailureYear, RareEvent};
use super::composed::year_over_an_hour;
use super::drills::drills;
use super::incident_costs;
use super::objective::MS;
use crate::id::{FailureId, Id, ServiceId};
use crate::model::{Scenario, Service};
use crate::sim::{IncidentTally, Renewals, Returns, TierTally};
use crate::stats::Tally;
use crate::units::{Money, SECONDS_PER_YEAR};

const SECONDS_PER_HOUR: f64 = 3600.0;

/// The yearly figures of a tier while incidents never overlap.
///
/// # Formula
/// Σ over failures of rate × share × mean per incident, where an unrecoverable incident counts zero
/// seconds and is priced by `unrecoverable_cost` alone; the failure's `share` weighs time and money
/// because that part of the users is affected.
pub(super) fn rare_event(scenario: &Scenario, tier: &TierTally, renewals: &Renewals) -> RareEvent {
    RareEvent {
        year_over_an_hour: year_over_an_hour(scenario, tier, renewals, None),
        by_failure: by_failure(scenario, tier),
        by_mean: by_mean(scenario, tier),
        ..rare_event_at(scenario, tier, &as_given)
    }
}

/// What each failure adds: the sums are linear in the rates.
fn by_failure(scenario: &Scenario, tier: &TierTally) -> Vec<FailureYear> {
    let one = |incidents: &[IncidentTally]| {
        let sum = sum_of(scenario, (incidents, &tier.returns), &as_given);
        FailureYear {
            failure: scenario.failures[incidents[0].failure].name.clone(),
            downtime_per_year: sum.downtime_per_year,
            data_loss_per_year: sum.data_loss_per_year,
            known_penalty_per_year: sum.known_penalty_per_year,
        }
    };
    tier.incidents.chunk_by(|a, b| a.failure == b.failure).map(one).collect()
}

/// Failures of the tier whose times between events are not exponential.
fn by_mean(scenario: &Scenario, tier: &TierTally) -> Vec<String> {
    let of_application = tier.incidents.iter().filter(|tally| tally.service.is_none());
    let failures = of_application.map(|tally| &scenario.failures[tally.failure]);
    failures.filter(|failure| !failure.occurs.is_memoryless()).map(|failure| failure.name.clone()).collect()
}

/// Events per year as the scenario has them.
pub(super) fn as_given(tally: &IncidentTally) -> f64 {
    tally.rate_per_year
}

/// The same with other rates, those of all members of a failure together; without the chance of a long year.
pub(super) fn rare_event_at(scenario: &Scenario, tier: &TierTally, rate: &dyn Fn(&IncidentTally) -> f64) -> RareEvent {
    let costs = incident_costs::per_year(scenario, tier, rate);
    let mut sum = RareEvent { incident_costs: costs, ..sum_of(scenario, (&tier.incidents, &tier.returns), rate) };
    add_drills(scenario, tier, &mut sum);
    sum.availability = 1.0 - (sum.downtime_per_year / SECONDS_PER_YEAR).min(1.0);
    sum.penalty_per_year = sum.unknown.is_empty().then_some(sum.known_penalty_per_year);
    sum
}

/// Adds what drills interrupt, which come whether anything fails or not.
fn add_drills(scenario: &Scenario, tier: &TierTally, sum: &mut RareEvent) {
    for drill in drills(scenario, tier) {
        let seconds = drill.per_year * drill.interrupts.mean();
        sum.downtime_of_drills_per_year += seconds;
        for service in drill.services {
            let row = &scenario.services[service];
            add_price(sum, &row.name, ("downtime_per_hour", row.downtime_per_hour), seconds / SECONDS_PER_HOUR);
        }
    }
    sum.downtime_per_year += sum.downtime_of_drills_per_year;
}

/// Milliseconds that the way home adds to an incident on average, of the application or of a service; the part
/// of the users that is hit is in it already.
fn way_home(returns: &[Returns], failure: FailureId, service: Option<ServiceId>) -> f64 {
    let of_failure = returns.iter().find(|one| one.failure == failure);
    of_failure.map_or(0.0, |one| service.map_or_else(|| one.mean(), |service| one.mean_of(service)))
}

/// The same of some of a tier's incidents, without drills: of each failure the application, then its services.
fn sum_of(
    scenario: &Scenario,
    (incidents, returns): (&[IncidentTally], &[Returns]),
    rate: &dyn Fn(&IncidentTally) -> f64,
) -> RareEvent {
    let weight = |tally: &IncidentTally| rate(tally) * scenario.failures[tally.failure].share;
    let mut sum = RareEvent::default();
    for tally in incidents.iter().filter(|t| t.service.is_none()) {
        let weight = weight(tally);
        sum.interruptions_per_year += rate(tally) * part(tally.interrupted, tally.n);
        sum.downtime_per_year += weight * mean_of_all(&tally.recovery_time);
        sum.downtime_per_year += rate(tally) * way_home(returns, tally.failure, None) * MS;
        sum.data_loss_per_year += weight * mean_of_all(&tally.data_loss);
        sum.unrecoverable_per_year += rate(tally) * part(tally.unrecoverable, tally.n);
    }
    for (tallies, (id, row)) in by_service(scenario, incidents).iter().zip(scenario.services.iter()) {
        let home = |t: &&IncidentTally| rate(t) * way_home(returns, t.failure, Some(id)) * MS;
        let home = tallies.iter().map(home).sum::<f64>() / SECONDS_PER_HOUR;
        add_penalty(&mut sum, &weight, row, tallies, home);
    }
    sum
}

/// The incidents of each service; those of the application where it is the only service and not listed
/// apart.
pub(super) fn by_service<'a>(scenario: &Scenario, incidents: &'a [IncidentTally]) -> Vec<Vec<&'a IncidentTally>> {
    let mut all = vec![Vec::new(); scenario.services.len()];
    let apart = incidents.iter().any(|t| t.service.is_some());
    let only = (!apart && scenario.services.len() == 1).then_some(0);
    for tally in incidents {
        if let Some(service) = tally.service.map(Id::index).or(only) {
            all[service].push(tally);
        }
    }
    all
}

/// Adds the money per year for one service as far as it has prices, and the prices that are missing.
///
/// # Arguments
/// `way_home`: hours a year that it adds.
fn add_penalty(
    sum: &mut RareEvent,
    weight: &dyn Fn(&IncidentTally) -> f64,
    service: &Service,
    tallies: &[&IncidentTally],
    way_home: f64,
) {
    let hours = |of: fn(&IncidentTally) -> &Tally| {
        tallies.iter().map(|t| weight(t) * mean_of_all(of(t))).sum::<f64>() / SECONDS_PER_HOUR
    };
    let lost: f64 = tallies.iter().map(|t| weight(t) * part(t.unrecoverable, t.n)).sum();
    let down = hours(|t| &t.recovery_time) + way_home;
    add_price(sum, &service.name, ("downtime_per_hour", service.downtime_per_hour), down);
    add_price(sum, &service.name, ("loss_per_hour", service.loss_per_hour), hours(|t| &t.data_loss));
    add_price(sum, &service.name, ("unrecoverable_cost", service.unrecoverable_cost), lost);
}

/// Adds what so much of something costs; nothing of it costs nothing at any price.
fn add_price(sum: &mut RareEvent, service: &str, (key, price): (&str, Option<Money>), quantity: f64) {
    if quantity <= 0.0 {
        return;
    }
    match price.map(Money::amount) {
        Some(price) => sum.known_penalty_per_year += price * quantity,
        None => {
            let missing = format!("{service}.{key}");
            if !sum.unknown.contains(&missing) {
                sum.unknown.push(missing);
            }
        }
    }
}

fn part(events: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { events as f64 / n as f64 }
}

/// Seconds per incident with the infinite ones as zero.
fn mean_of_all(tally: &Tally) -> f64 {
    if tally.count() == 0 { 0.0 } else { tally.sum() as f64 / tally.count() as f64 * MS }
}
