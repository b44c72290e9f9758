//! What incidents cost beyond the bill in a year: data moved back and compute that was cold.

use std::collections::HashMap;

use super::assessment::IncidentCosts;
use super::objective::MS;
use super::yearly::by_service;
use crate::cost::{PlanUse, incident};
use crate::id::{FailureId, Id, PlanId, ServiceId, TierId};
use crate::model::{Delay, Failure, FittedPlan, Scenario, TierService, fit_failback, fit_plan};
use crate::sim::{IncidentTally, PlanLabel, TierTally};
use crate::units::{Bytes, Seconds};

/// Shares of outages over which the mean of the longer ones is taken.
const CELLS: u32 = 256;

/// Money per year for what plans move and start.
///
/// # Formula
/// Σ over failures and the plans that brought service back of rate × share of incidents × cost of one use,
/// see [`incident`]. Compute that serves away from home is in use from the mean begin of its start to the mean
/// end of the outages that are longer than the plan takes, and through the way back; after damage, which does
/// not keep it away, as other compute until the plan is done. Plans that were given up count nothing.
///
/// # Arguments
/// `rate`: incidents per year.
pub(super) fn per_year(scenario: &Scenario, tier: &TierTally, rate: &dyn Fn(&IncidentTally) -> f64) -> IncidentCosts {
    let mut sum = IncidentCosts::default();
    let tallies = by_service(scenario, &tier.incidents);
    let by_failure: ByFailure<'_> =
        tier.incidents.chunk_by(|a, b| a.failure == b.failure).map(|all| (all[0].failure, all)).collect();
    for row in &scenario.tiers[tier.tier].services {
        for tally in &tallies[row.service.index()] {
            for (label, count) in &tally.plans {
                let (PlanLabel::Plan(plan), true) = (label, *count > 0) else { continue };
                let times = rate(tally) * *count as f64 / tally.n.max(1) as f64;
                if times > 0.0 {
                    add((scenario, tier.tier, &by_failure), row, tally, *plan, times, &mut sum);
                }
            }
        }
    }
    sum.unknown.sort();
    sum.unknown.dedup();
    sum.per_year = sum.unknown.is_empty().then_some(sum.known_per_year);
    sum
}

/// The incidents of each failure: of the application, then of its services.
type ByFailure<'a> = HashMap<FailureId, &'a [IncidentTally]>;

/// What all uses of plans have in common.
type Of<'a> = (&'a Scenario, TierId, &'a ByFailure<'a>);

fn add(of: Of<'_>, row: &TierService, tally: &IncidentTally, plan: PlanId, times: f64, sum: &mut IncidentCosts) {
    let (scenario, tier, _) = of;
    let Some(fitted) = fit_plan(scenario, row, plan) else { return };
    let used = plan_use(of, row, tally, &fitted);
    let Some(cost) = incident(scenario, tier, row.service, plan, &used) else { return };
    for item in cost.items {
        match item.per_incident {
            Some(money) => sum.known_per_year += times * money,
            None => sum.unknown.push(item.price),
        }
    }
}

fn plan_use(of: Of<'_>, row: &TierService, tally: &IncidentTally, plan: &FittedPlan) -> PlanUse {
    let (scenario, _, by_failure) = of;
    let failure = &scenario.failures[tally.failure];
    let all = by_failure.get(&tally.failure).copied().unwrap_or_default();
    let times = times(scenario, all, row.service, plan);
    let back = fit_failback(scenario, row, plan);
    let end = failure.lasts.as_ref().map(|lasts| {
        let starts = failure.repair.as_ref().and_then(|repair| repair.starts.as_ref()).map_or(0.0, Delay::mean);
        starts + mean_beyond(lasts, times.served - starts)
    });
    let way_back: f64 = back.iter().flat_map(|back| &back.steps).map(|step| step_time(scenario, step.step)).sum();
    let until = end.map_or(times.served, |end| end.max(times.served) + way_back);
    PlanUse {
        share: failure.share,
        serving: seconds(until - times.begun),
        helping: seconds(times.served - times.begun),
        returned: Bytes::new(returned(scenario, row, failure, end.unwrap_or(0.0))).unwrap_or_default(),
    }
}

/// Mean moments of a plan, seconds from the impact.
struct Times {
    /// The first compute begins to be started.
    begun: f64,
    /// The plan is done.
    served: f64,
}

/// # Arguments
/// `incidents`: those of one failure.
fn times(scenario: &Scenario, incidents: &[IncidentTally], service: ServiceId, plan: &FittedPlan) -> Times {
    let steps = incidents.iter().flat_map(|other| &other.steps).filter(|s| s.service == service && s.plan == plan.plan);
    let mut all = Times { begun: f64::INFINITY, served: 0.0 };
    for step in steps {
        let Some(finish) = step.finish.mean().map(|mean| mean * MS) else { continue };
        all.served = all.served.max(finish);
        if plan.steps.iter().any(|fitted| fitted.step == step.step && !fitted.starts.is_empty()) {
            all.begun = all.begun.min((finish - step_time(scenario, step.step)).max(0.0));
        }
    }
    Times { begun: all.begun.min(all.served), served: all.served }
}

/// Mean time of a step with its tries, its transfers at the rate that the file gives it.
fn step_time(scenario: &Scenario, step: crate::id::StepId) -> f64 {
    let row = &scenario.steps[step];
    let takes = row.takes.as_ref().map_or(0.0, Delay::mean);
    let work = row.work.as_ref().and_then(|work| {
        let bytes = match work.volume {
            crate::model::Volume::Data(data) => scenario.data[data].size.bytes(),
            crate::model::Volume::Copy(copy) => scenario.data[scenario.copies[copy].data].size.bytes(),
            crate::model::Volume::Fixed(bytes) => bytes.bytes(),
            _ => 0.0,
        };
        Some(bytes / (work.rate?.bytes_per_second() * f64::from(work.streams)))
    });
    let fails = row.fails.value();
    let tries: f64 = (0..=row.retries.min(64)).map(|n| libm::pow(fails, f64::from(n))).sum();
    (takes + work.unwrap_or(0.0)) * tries
}

/// The mean of a duration, of those above `least`; `least` if there are none.
///
/// # Formula
/// The mean of the quantiles in the middles of 256 equal cells, without those below.
fn mean_beyond(delay: &Delay, least: f64) -> f64 {
    if delay.min() >= least {
        return delay.mean();
    }
    let quantiles = delay.quantiles((0..CELLS).map(|n| (f64::from(n) + 0.5) / f64::from(CELLS)));
    let (count, sum) = quantiles.iter().filter(|q| **q > least).fold((0.0, 0.0), |(n, sum), q| (n + 1.0, sum + q));
    if count > 0.0 { sum / count } else { least.max(0.0) }
}

/// Mean bytes that changed while the service was away, or all of it where home is empty then.
fn returned(scenario: &Scenario, row: &TierService, failure: &Failure, away: f64) -> f64 {
    let Some(data) = scenario.services[row.service].data.map(|data| &scenario.data[data]) else { return 0.0 };
    let size = data.size.bytes();
    let window = row.copies.iter().filter_map(|copy| match &scenario.copies[*copy].kind {
        crate::model::CopyKind::Async { window, .. } => window.map(Seconds::seconds),
        _ => None,
    });
    let written = (data.mean_writes().bytes_per_second() * away).min(size);
    let kept = if away > window.fold(f64::INFINITY, f64::min) { size } else { written };
    let destroyed = failure.destroyed.value();
    destroyed * size + (1.0 - destroyed) * kept
}

fn seconds(value: f64) -> Seconds {
    Seconds::new(value.max(0.0)).unwrap_or_default()
}
