//! Outcomes, closed forms and costs joined to one assessment: objectives, ranking, verdict.

mod assessment;
mod composed;
mod dependence;
mod downtime;
mod drills;
mod explain;
mod formulas;
mod gaps;
mod incident_costs;
mod inputs;
mod lifetime;
mod long;
mod objective;
mod representative;
mod times;
mod verdict;
mod write_waits;
mod yearly;

pub use assessment::{
    Assessment, Assumption, Availability, ClosedForm, Cost, Distribution, FailureYear, IncidentAssessment,
    IncidentObjective, Measured, ObjectiveResult, Objectives, Only, PairAssessment, RareEvent, SCHEMA_VERSION,
    ScenarioName, StepAssessment, TierAssessment, Word,
};
use composed::OffBy;
pub use composed::{Composed, Sampled};
pub use dependence::{Dependence, Influence, depend};
pub use downtime::Overlapping;
pub use explain::{ChangeWorth, Explanation, Input, LossPart, Part, Spread, explain};
pub use inputs::{DurationRange, InputRanges, Range, Ranking, RateRange};
pub use lifetime::{Lifetimes, ServiceYears};
pub use representative::{IncidentTimeLine, RepresentativeWay, Representatives, TimedStep, TimedWait};
pub use times::{Observed, PlanTimes, plan_times};
pub use verdict::{Obstacle, Outcome, Verdict, verdict};
pub use write_waits::WriteWait;

use std::collections::{BTreeMap, HashSet};

use crate::bound::{Bound, IncidentBounds, all_bounds, all_bounds_truncated};
use crate::cost::monthly;
use crate::id::{FailureId, TierId};
use crate::model::Scenario;
use crate::sim::{
    CampaignResult, Filter, IncidentTally, LifetimeResult, Overlaps, PairResult, PlanLabel, Renewals, StepTally, Tail,
    TierTally, renewals, representatives,
};
use crate::spec::{Origin, ResolvedEntry};
use crate::stats::{Proportion, Tally};
use inputs::Inputs;
use objective::MS;

/// Assesses a campaign of incidents.
///
/// # Arguments
/// `campaign`: a campaign of this very scenario; ids of another one would name the wrong things.
/// `filter`: what it was limited to.
///
/// # Returns
/// Tiers by id; every figure that needs lifetimes is `None`.
#[must_use]
pub fn assess(scenario: &Scenario, campaign: &CampaignResult, filter: &Filter) -> Assessment {
    let truncated = campaign.settings.truncate;
    let mut failures: Vec<FailureId> = campaign.tiers.iter().flat_map(|t| &t.incidents).map(|i| i.failure).collect();
    failures.sort_unstable();
    failures.dedup();
    let inputs = Inputs::new(scenario, campaign, filter);
    let renewals = renewals(scenario, campaign, filter);
    let one = |(n, tally)| assess_tier(scenario, (n, tally, &renewals[n]), &failures, &inputs, truncated);
    let tiers: Vec<TierAssessment> = campaign.tiers.iter().enumerate().map(one).collect();
    Assessment {
        schema_version: SCHEMA_VERSION,
        drplan: env!("CARGO_PKG_VERSION").into(),
        scenario: ScenarioName { title: scenario.title.clone(), hash: scenario.hash.clone() },
        seed: campaign.settings.seed,
        trials: campaign.settings.trials,
        years: None,
        lifetimes: None,
        precision: None,
        stopped: false,
        only: only(scenario, filter),
        verdict: verdict(&tiers),
        ranking: inputs::ranking(scenario, campaign, &tiers, &inputs),
        distribution_shares: assessment::distribution_shares(),
        tiers,
        paired: campaign.pairs.iter().map(|pair| assess_pair(scenario, pair)).collect(),
        assumptions: Vec::new(),
    }
}

/// Adds the yearly figures of simulated lifetimes to an assessment of the same scenario, and decides
/// with them what incidents alone leave open.
pub fn add_lifetimes(result: &mut Assessment, scenario: &Scenario, years: &LifetimeResult) {
    result.years = Some(years.settings.years);
    result.lifetimes = Some(years.settings.lifetimes);
    for tally in &years.tiers {
        let row = &scenario.tiers[tally.tier];
        let Some(tier) = result.tiers.iter_mut().find(|tier| tier.id == row.name) else { continue };
        let incidents = &tier.rare_event.incident_costs;
        let yearly = lifetime::yearly(scenario, tally, &years.settings, &tier.cost, incidents);
        objective::decide_availability(&mut tier.objectives, yearly.availability.as_ref(), &yearly.lifetimes);
        tier.objectives_met = objective::met_by(&tier.objectives);
        // Too few lifetimes for an interval leave what a precision asked of incidents.
        tier.availability = yearly.availability.or(tier.availability);
        tier.outages_per_year = Some(yearly.outages);
        tier.downtime_per_year = Some(yearly.downtime);
        tier.data_loss_per_year = Some(yearly.data_loss);
        tier.penalty_per_year = yearly.penalty;
        tier.lifetimes = Some(yearly.lifetimes);
    }
    result.verdict = verdict(&result.tiers);
}

/// Adds what a search for rare things found: 99th percentiles and the chance of a long year with the tails of its
/// incidents, and what failures that overlap make of it. Tiers that are hardly ever calm keep what incidents alone say, with
/// the reason.
///
/// # Arguments
/// `campaign` and `filter`: those that `result` was made of.
pub fn add_rare(
    result: &mut Assessment,
    scenario: &Scenario,
    (campaign, filter): (&CampaignResult, &Filter),
    found: Found<'_>,
) {
    let renewals = renewals(scenario, campaign, filter);
    for ((n, tally, rare), tier) in by_tier(campaign, found).zip(&mut result.tiers) {
        for incident in tier.incidents.iter_mut().filter(|incident| incident.service.is_none()) {
            long::tell(incident, scenario, tally, rare);
        }
        tier.rare_event.overlapping_withheld = rare.withheld();
        if tier.rare_event.overlapping_withheld.is_some() {
            continue;
        }
        let overlapping = downtime::overlapping(scenario, tally, &renewals[n], rare);
        tier.rare_event.year_over_an_hour = composed::year_over_an_hour(scenario, tally, &renewals[n], Some(rare));
        tier.rare_event.overlapping = Some(overlapping);
        tier.availability.get_or_insert(overlapping.availability);
    }
}

/// How well a figure of rare things is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// Half its interval of sampling as a share of it.
    pub off: f64,
    /// What rounding adds to that, and no sampling narrows.
    pub rounding: f64,
    /// What it is, in words for a reader.
    pub figure: &'static str,
    /// Position of the tier.
    pub tier: usize,
    /// What it was sampled from, and the part of its variance that is from there.
    pub from: Vec<(Sampled, f64)>,
}

/// What a search for rare things found: tails and overlaps by tier, in the order of a campaign's.
pub type Found<'a> = (&'a [Vec<Tail>], &'a [Overlaps]);

/// How well the chances of a long year and the times down are known: those of tiers that are ever down, and as far
/// as what was found says something.
#[must_use]
pub fn years_known(scenario: &Scenario, campaign: &CampaignResult, found: Found<'_>) -> Vec<Known> {
    let figures =
        by_tier(campaign, found).filter(|(_, _, rare)| rare.withheld().is_none()).flat_map(|(n, tally, rare)| {
            let long_years =
                known("chances of more than an hour down in a year", n, composed::off_by(scenario, tally, rare));
            let downtime = known("times down in a year", n, downtime::off_by(scenario, tally, rare));
            long_years.into_iter().chain(downtime)
        });
    figures.collect()
}

/// How well the 99th percentiles are known that incidents drawn long tell: the worst of each tier.
#[must_use]
pub fn percentiles_known(_: &Scenario, campaign: &CampaignResult, found: Found<'_>) -> Vec<Known> {
    let worst = |(n, tally, rare)| known("99th percentiles of recovery times", n, long::off_by(tally, rare));
    by_tier(campaign, found).filter_map(worst).collect()
}

fn by_tier<'a>(
    campaign: &'a CampaignResult,
    (tails, overlaps): Found<'a>,
) -> impl Iterator<Item = (usize, &'a TierTally, composed::Rare<'a>)> {
    let found = tails.iter().zip(overlaps).map(|(tails, overlaps)| composed::Rare { tails, overlaps });
    campaign.tiers.iter().zip(found).enumerate().map(|(n, (tally, rare))| (n, tally, rare))
}

fn known(figure: &'static str, tier: usize, off: Option<OffBy>) -> Option<Known> {
    off.map(|OffBy { off, rounding, from }| Known { off, rounding, figure, tier, from })
}

/// Whether incidents that were drawn long tell the 99th percentile of a failure's recovery times.
///
/// # Arguments
/// `tier`: what a campaign came to. `tails`: those of the tier.
#[must_use]
pub fn knows_percentile(tier: &TierTally, failure: FailureId, tails: &[Tail]) -> bool {
    let tally = composed::application(tier).find(|tally| tally.failure == failure);
    tally.is_some_and(|tally| long::percentile(tally, tails).is_some())
}

/// Milliseconds down in a year beyond which a year is long.
pub const LONG_YEAR: u64 = composed::LONG as u64 * 1000;

/// Adds to an assessment the time lines of incidents that stand for many: apart, as they are simulated
/// once more and few readers look at them.
///
/// # Arguments
/// `campaign` and `filter`: those that `result` was made of.
pub fn represent(result: &mut Assessment, scenario: &Scenario, campaign: &CampaignResult, filter: &Filter) {
    let found = representatives(scenario, campaign, filter);
    for (tier, found) in result.tiers.iter_mut().zip(&found) {
        for (incident, found) in tier.incidents.iter_mut().zip(found) {
            incident.representative = Some(Representatives::new(scenario, found));
        }
    }
}

/// The values of a scenario as a result lists them.
#[must_use]
pub fn assumptions(resolved: &[ResolvedEntry]) -> Vec<Assumption> {
    let one = |entry: &ResolvedEntry| Assumption {
        path: entry.path.to_string(),
        value: entry.value.clone(),
        from: match &entry.origin {
            Origin::File { line } => format!("line {line}"),
            Origin::Default { why } => format!("default: {why}"),
            Origin::Like { sibling } => format!("like {sibling}"),
        },
        source: entry.source.clone(),
    };
    resolved.iter().map(one).collect()
}

fn only(scenario: &Scenario, filter: &Filter) -> Option<Only> {
    let only = Only {
        tier: filter.tier.map(|t| scenario.tiers[t].name.clone()),
        failure: filter.failure.map(|f| scenario.failures[f].name.clone()),
        member: filter.member.clone(),
    };
    (only != Only::default()).then_some(only)
}

fn assess_tier(
    scenario: &Scenario,
    (position, tally, renewals): (usize, &TierTally, &Renewals),
    failures: &[FailureId],
    inputs: &Inputs,
    truncated: bool,
) -> TierAssessment {
    let tier = &scenario.tiers[tally.tier];
    let incidents = assess_incidents(scenario, tally, truncated);
    let cost = assess_cost(scenario, tally.tier);
    let known = cost.known_per_month;
    let rare_event = yearly::rare_event(scenario, tally, renewals);
    // Where a single service is the application, both levels speak of one objective: it counts once.
    let repeated =
        |i: &&IncidentAssessment| i.service.is_none() && scenario.objectives.is_empty() && has_services(tally);
    let mut each: Vec<ObjectiveResult> = incidents
        .iter()
        .filter(|i| !repeated(i))
        .filter_map(|i| i.objective.as_ref().map(|o| objective::entry(&i.failure, i.service.as_deref(), o)))
        .collect();
    let met: HashSet<FailureId> = tally.incidents.iter().map(|i| i.failure).collect();
    let calm: Vec<FailureId> = failures.iter().copied().filter(|f| !met.contains(f)).collect();
    each.extend(objective::untouched(scenario, tier, &calm));
    for service in &tier.services {
        let service = &scenario.services[service.service];
        let yearly = objective::yearly(service.objectives.yearly, rare_event.availability, cost.per_month, known);
        each.extend(yearly.into_iter().map(|o| ObjectiveResult { service: Some(service.name.clone()), ..o }));
    }
    each.extend(objective::yearly(scenario.objectives.yearly, rare_event.availability, cost.per_month, known));
    let objectives = objective::count(each);
    TierAssessment {
        id: tier.name.clone(),
        title: tier.title.clone(),
        strategies: strategies(scenario, tally.tier),
        inputs: inputs::ranges(scenario, (position, tally), inputs),
        rare_event,
        incidents,
        write_waits: write_waits::write_waits(scenario, tier),
        lifetimes: None,
        availability: None,
        outages_per_year: None,
        downtime_per_year: None,
        data_loss_per_year: None,
        penalty_per_year: None,
        cost,
        objectives_met: objective::met_by(&objectives),
        objectives,
    }
}

fn has_services(tally: &TierTally) -> bool {
    tally.incidents.iter().any(|i| i.service.is_some())
}

fn strategies(scenario: &Scenario, tier: TierId) -> BTreeMap<String, String> {
    let pairs = scenario.tiers[tier].services.iter();
    pairs.map(|s| (scenario.services[s.service].name.clone(), scenario.strategies[s.strategy].name.clone())).collect()
}

fn assess_cost(scenario: &Scenario, tier: TierId) -> Cost {
    let cost = monthly(scenario, tier);
    let known_per_month = cost.items.iter().filter_map(|item| item.per_month).fold(0.0, |sum, item| sum + item);
    Cost {
        currency: scenario.currency.clone(),
        per_month: cost.per_month,
        known_per_month,
        unknown: cost.unknown,
        items: cost.items,
    }
}

fn assess_incidents(scenario: &Scenario, tier: &TierTally, truncated: bool) -> Vec<IncidentAssessment> {
    let form = if truncated { all_bounds_truncated } else { all_bounds };
    // A failure's application, then its services in the order of the tier: as the bounds come.
    let failures = tier.incidents.chunk_by(|a, b| a.failure == b.failure);
    let mut all: Vec<IncidentAssessment> = failures
        .flat_map(|tallies| tallies.iter().zip(form(scenario, tier.tier, tallies[0].failure)))
        .map(|(tally, limits)| assess_incident(scenario, tally, limits))
        .collect();
    for (n, tally) in tier.incidents.iter().enumerate() {
        if tally.service.is_none() && all[n].objective.is_none() {
            let services = all[n + 1..].iter().take_while(|i| i.service.is_some());
            let of_services: Vec<IncidentObjective> = services.filter_map(|i| i.objective.clone()).collect();
            all[n].objective = objective::of_all_services(tally, &of_services);
        }
    }
    all
}

fn assess_incident(scenario: &Scenario, tally: &IncidentTally, limits: IncidentBounds) -> IncidentAssessment {
    let failure = &scenario.failures[tally.failure];
    let share = |events| Proportion::new(events, tally.n);
    let shares = assessment::distribution_shares();
    // Between two outcomes, which are whole milliseconds, more digits say nothing.
    let profile = |tally: &Tally| tally.profile(&shares).into_iter().map(|v| v.map(|ms| ms.round() / 1000.0)).collect();
    let mut plans = BTreeMap::new();
    for (plan, times) in &tally.plans {
        *plans.entry(label(scenario, *plan)).or_insert(0.0) += *times as f64 / tally.n.max(1) as f64;
    }
    IncidentAssessment {
        failure: failure.name.clone(),
        failure_title: failure.title.clone(),
        kind: failure.kind.word().into(),
        service: tally.service.map(|s| scenario.services[s].name.clone()),
        rate_per_year: tally.rate_per_year,
        interrupted: share(tally.interrupted),
        plans,
        recovery_time: measured(&tally.recovery_time, MS, limits.recovery_time),
        drawn_long: None,
        recovery_time_full: measured(&tally.recovery_time_full, MS, limits.recovery_time_full),
        undetected: measured(&tally.undetected, MS, limits.undetected),
        data_loss: measured(&tally.data_loss, MS, limits.data_loss),
        data_loss_before: measured(&tally.data_loss_before, MS, limits.data_loss_before),
        data_loss_after: measured(&tally.data_loss_after, MS, limits.data_loss_after),
        data_loss_bytes: measured(&tally.data_loss_bytes, 1.0, limits.data_loss_bytes),
        unrecoverable: share(tally.unrecoverable),
        objective: objective::of_incident(scenario, tally),
        steps: tally.steps.iter().map(|step| assess_step(scenario, step)).collect(),
        distribution: Distribution {
            recovery_time: profile(&tally.recovery_time),
            data_loss: profile(&tally.data_loss),
        },
        representative: None,
        depends_on: None,
        depends_on_reason: Some(dependence::NOT_LOOKED_FOR.into()),
    }
}

/// How service came back, as results call it.
fn label(scenario: &Scenario, label: PlanLabel) -> String {
    match label {
        PlanLabel::Plan(plan) => scenario.plans[plan].name.clone(),
        PlanLabel::Wait => "wait".to_owned(),
        PlanLabel::None => "none".to_owned(),
    }
}

fn measured(tally: &Tally, scale: f64, bound: Bound) -> Measured {
    let closed_form = ClosedForm { best: bound.best, worst: bound.worst, mean: bound.mean };
    Measured { estimate: tally.estimate(scale, bound.worst, bound.reason), closed_form }
}

fn assess_step(scenario: &Scenario, tally: &StepTally) -> StepAssessment {
    let step = &scenario.steps[tally.step];
    let n = tally.finish.count();
    let quantile = |p| tally.finish.quantile(p, MS).ok().map(|q| q.point);
    StepAssessment {
        service: scenario.services[tally.service].name.clone(),
        plan: scenario.plans[tally.plan].name.clone(),
        id: step.name.clone(),
        phase: step.phase.word().into(),
        n,
        mean: tally.finish.mean().map(|v| v * MS),
        p50: quantile(0.50),
        p95: quantile(0.95),
        critical: tally.critical as f64 / n.max(1) as f64,
    }
}

fn assess_pair(scenario: &Scenario, pair: &PairResult) -> PairAssessment {
    PairAssessment {
        tier: scenario.tiers[pair.tier].name.clone(),
        than: scenario.tiers[pair.than].name.clone(),
        failure: scenario.failures[pair.failure].name.clone(),
        recovery_time: pair.recovery_time.difference(MS),
        data_loss: pair.data_loss.difference(MS),
    }
}
