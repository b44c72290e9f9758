//! Cells that several tables share.

use std::collections::{BTreeMap, BTreeSet};

use super::human;
use crate::assess::{Assessment, IncidentAssessment, IncidentObjective, Measured, ObjectiveResult, TierAssessment};
use crate::stats::{Estimate, Proportion, Quantile};

/// One of an incident's quantities.
pub(super) type Pick = fn(&IncidentAssessment) -> &Measured;

/// The quantities that are times, as people call them.
pub(super) const TIMES: [(&str, Pick); 6] = [
    ("recovery time", |i| &i.recovery_time),
    ("to full capacity", |i| &i.recovery_time_full),
    ("undetected", |i| &i.undetected),
    ("data loss", |i| &i.data_loss),
    ("of it before", |i| &i.data_loss_before),
    ("of it after", |i| &i.data_loss_after),
];

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "unknown";

/// What stands where a quantile falls on incidents that never recover.
pub(super) const NEVER: &str = "never";

/// A duration's quantile at `p`.
pub(super) fn time_at(estimate: &Estimate, quantile: Option<Quantile>, p: f64, lost: &Proportion) -> String {
    value_at(estimate, quantile, p, lost, human::brief)
}

/// A quantile at `p`, `never` where it falls on incidents that never recover, `too few` where the
/// trials cannot resolve it.
pub(super) fn value_at(
    estimate: &Estimate,
    quantile: Option<Quantile>,
    p: f64,
    lost: &Proportion,
    say: fn(f64) -> String,
) -> String {
    match quantile {
        Some(q) => say(q.point),
        // Finite outcomes number less than n p exactly where the rank falls on the infinite.
        None if ((estimate.n - lost.events.min(estimate.n)) as f64) < estimate.n as f64 * p => NEVER.to_owned(),
        None => "too few".to_owned(),
    }
}

/// The share of incidents that keep an objective: a bound where all or none of those that were simulated do.
pub(super) fn kept(tier: &TierAssessment, objective: &ObjectiveResult) -> String {
    let value = objective.value.unwrap_or(0.0);
    let same =
        |i: &&IncidentAssessment| Some(&i.failure) == objective.failure.as_ref() && i.service == objective.service;
    let simulated = tier.incidents.iter().find(same).and_then(|i| i.objective.as_ref());
    match simulated {
        Some(seen) if value <= 0.0 || value >= 1.0 => human::chance(&seen.both_met),
        _ => human::percent_beside(value, objective.needed),
    }
}

/// Met, missed or open, as one character.
pub(super) fn mark(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "?",
    }
}

/// The mark of one limit with its margin; empty where there is no limit.
pub(super) fn against(
    limit: Option<f64>,
    share: &Proportion,
    objective: &IncidentObjective,
    margin: Option<f64>,
) -> String {
    if limit.is_none() {
        return String::new();
    }
    let met = if share.low >= objective.chance {
        Some(true)
    } else if share.high < objective.chance {
        Some(false)
    } else {
        None
    };
    let margin = match margin {
        Some(spare) if spare >= 0.0 => format!("+{}", human::brief(spare)),
        Some(over) => human::brief(over),
        None => human::chance(share),
    };
    format!("{} {margin}", mark(met))
}

/// The limits of an objective in words: `RTO 2 h, RPO 1 h, each in 95% of incidents`.
pub(super) fn limits(objective: &IncidentObjective) -> String {
    let part = |name, limit: Option<f64>| limit.map(|seconds| format!("{name} {}", human::time(seconds)));
    let parts: Vec<String> = [part("RTO", objective.rto), part("RPO", objective.rpo)].into_iter().flatten().collect();
    let chance = human::percent(objective.chance);
    match parts.len() {
        0 => "objectives: each service's own".to_owned(),
        1 => format!("objective: {} in {chance} of incidents", parts[0]),
        _ => format!("objective: {}, each in {chance} of incidents", parts.join(", ")),
    }
}

/// An amount in the scenario's currency, or that it is unknown.
pub(super) fn money(amount: Option<f64>, currency: &str) -> String {
    amount.map_or_else(|| UNKNOWN.to_owned(), |amount| human::money(amount, currency))
}

/// A sum of which some part may be unknown: what is known of it, and a question mark.
pub(super) fn sum(whole: Option<f64>, known: f64, currency: &str) -> String {
    match whole {
        Some(whole) => human::money(whole, currency),
        None if known > 0.0 => format!("{} + ?", human::money(known, currency)),
        None => UNKNOWN.to_owned(),
    }
}

/// The incidents that stand for the tier as a whole: the application's, or a single service's where
/// the application is not listed apart.
pub(super) fn of_application(tier: &TierAssessment) -> Vec<&IncidentAssessment> {
    let apart = tier.incidents.iter().any(|i| i.service.is_none());
    tier.incidents.iter().filter(|i| !apart || i.service.is_none()).collect()
}

/// The incidents that stand for each of some tiers, by their failure: a result may have thousands of both,
/// and looking each up among all would take hours.
pub(super) struct ByFailure<'a>(Vec<(&'a TierAssessment, BTreeMap<&'a str, Vec<&'a IncidentAssessment>>)>);

impl<'a> ByFailure<'a> {
    /// For these tiers, in their order.
    pub(super) fn new(tiers: &[&'a TierAssessment]) -> Self {
        let of = |tier: &&'a TierAssessment| {
            let mut found: BTreeMap<&str, Vec<&IncidentAssessment>> = BTreeMap::new();
            for incident in of_application(tier) {
                found.entry(&incident.failure).or_default().push(incident);
            }
            (*tier, found)
        };
        Self(tiers.iter().map(of).collect())
    }

    /// Every tier with its incidents of a failure: none if it does not concern the tier.
    pub(super) fn of(&self, failure: &str) -> impl Iterator<Item = (&'a TierAssessment, &[&'a IncidentAssessment])> {
        self.0.iter().map(move |(tier, found)| (*tier, found.get(failure).map_or(&[][..], Vec::as_slice)))
    }

    /// Every tier with its incident of a failure, as far as it concerns the tier.
    pub(super) fn first_of(
        &self,
        failure: &str,
    ) -> impl Iterator<Item = (&'a TierAssessment, Option<&'a IncidentAssessment>)> {
        self.of(failure).map(|(tier, incidents)| (tier, incidents.first().copied()))
    }
}

/// What the figures rest on, in one line.
pub(super) fn provenance(result: &Assessment) -> String {
    let lifetimes = match (result.lifetimes, result.years) {
        (Some(n), Some(years)) => format!(" {} lifetimes of {} years,", human::number(n as f64), human::number(years)),
        _ => String::new(),
    };
    format!(
        "{} incidents per tier and failure,{lifetimes} seed {}, drplan {}, scenario {}.",
        human::number(result.trials as f64),
        result.seed,
        result.drplan,
        result.scenario.hash
    )
}

/// Failures that count in the figures of long years and of overlaps by the mean of their `gap` only.
pub(super) fn by_mean<'a>(tiers: impl Iterator<Item = &'a TierAssessment>) -> Option<String> {
    let names: BTreeSet<&str> = tiers.flat_map(|t| &t.rare_event.by_mean).map(String::as_str).collect();
    let (count, their) = if names.len() == 1 { ("counts", "its") } else { ("count", "their") };
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| {
        format!(
            "{names} {count} by the mean of {their} `gap` only, as if at a constant rate; the interval holds what that may be off by in ten years from new"
        )
    })
}

/// A tier's chance of a long year as its simulated years have it, if they say more than its incidents: where a
/// `gap` counts by its mean there, or where their interval is the narrower one.
pub(super) fn lived_long_years(tier: &TierAssessment) -> Option<&Proportion> {
    let seen = &tier.lifetimes.as_ref()?.year_over_an_hour;
    let composed = tier.rare_event.year_over_an_hour;
    let narrower = seen.high - seen.low < composed.high - composed.low;
    (narrower || !tier.rare_event.by_mean.is_empty()).then_some(seen)
}
