//! Incidents that stand for many: those nearest the median and nearest the p95 of recovery time.

use rayon::prelude::*;

use super::NEVER;
use super::campaign::{Endings, Simulator};
use super::incident::PlanLabel;
use super::tally::{CampaignResult, Filter, IncidentTally, TierTally};
use super::timeline::TimeLine;
use crate::id::ServiceId;
use crate::model::Scenario;
use crate::stats::Tally;

/// Incidents among which one is looked for: about a hundred of them lie beyond the p95, so that one
/// is near it; looking costs little beside a campaign.
const LOOKED_AT: u64 = 2048;

/// Incidents among which ways to end are looked for that the first ones do not show.
const LOOKED_AT_FOR_RARE: u64 = 8 * LOOKED_AT;

/// Ways to end that are told apart under one failure, the most frequent ones: nobody reads more. Others are
/// added only for a plan that none of them shows.
const MOST_WAYS: usize = 6;

/// The incidents that stand for those of one tier, failure and service; `None` where the campaign does
/// not resolve the quantile, or where it falls on incidents that never recover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Representative {
    /// Nearest the median.
    pub median: Option<TimeLine>,
    /// Nearest the p95.
    pub p95: Option<TimeLine>,
    /// The same for each way in which incidents ended, the most frequent first; empty where there is
    /// only one.
    pub ways: Vec<RepresentativeWay>,
}

/// Incidents that the same plans ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RepresentativeWay {
    /// What brought the services back, in their order; those that nothing had to bring back are left
    /// out.
    pub plans: Vec<PlanLabel>,
    /// How many of the incidents that were looked at.
    pub n: u64,
    /// How many were looked at.
    pub of: u64,
    /// Nearest their median: the middle one where they are too few for an interval.
    pub median: Option<TimeLine>,
    /// Nearest their p95; `None` where they are too few to resolve it.
    pub p95: Option<TimeLine>,
}

/// Looks for the incidents that stand for each tally of a campaign.
///
/// Among the first few thousand incidents of the campaign, the one whose recovery time is nearest the
/// campaign's quantile; the first of several.
///
/// # Arguments
/// `campaign` and `filter`: as [`super::run_incidents`] returned and was given.
///
/// # Returns
/// Shape: by tier, then by tally, as `campaign.tiers` and their `incidents`.
#[must_use]
pub fn representatives(scenario: &Scenario, campaign: &CampaignResult, filter: &Filter) -> Vec<Vec<Representative>> {
    let settings = &campaign.settings;
    let simulator = Simulator::new(scenario, settings.seed, settings.truncate, filter);
    let count = settings.trials.min(LOOKED_AT);
    let one = |(tier, levels): &(&TierTally, &[IncidentTally])| {
        of_failure(&simulator, tier, levels, (count, settings.trials))
    };
    let tasks: Vec<(&TierTally, &[IncidentTally])> = campaign
        .tiers
        .iter()
        .flat_map(|tier| tier.incidents.chunk_by(|a, b| a.failure == b.failure).map(move |levels| (tier, levels)))
        .collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(settings.threads.max(1)).build();
    let found: Vec<Vec<Representative>> = match pool {
        Ok(pool) if settings.threads > 1 => pool.install(|| tasks.par_iter().map(one).collect()),
        _ => tasks.iter().map(one).collect(),
    };
    let mut all = found.into_iter().flatten();
    campaign.tiers.iter().map(|tier| all.by_ref().take(tier.incidents.len()).collect()).collect()
}

/// Of the application and its services under one failure.
fn of_failure(
    simulator: &Simulator<'_>,
    tier: &TierTally,
    levels: &[IncidentTally],
    (count, most): (u64, u64),
) -> Vec<Representative> {
    let Some(failure) = levels.first().map(|tally| tally.failure) else { return Vec::new() };
    let endings = simulator.endings(tier.tier, failure, count);
    let unseen = |(tally, own): (&IncidentTally, &Endings)| {
        tally.plans.iter().any(|(label, times)| *times > 0 && !own.plans.contains(label))
    };
    let wider = levels.iter().zip(&endings).any(unseen).then(|| LOOKED_AT_FOR_RARE.min(most));
    let looked = wider.map(|count| (count, simulator.endings(tier.tier, failure, count)));
    let (looked_at, all) = looked.as_ref().map_or((count, &endings), |(count, all)| (*count, all));
    let line = |service: Option<ServiceId>, occurrence: Option<u64>| {
        simulator.time_line(tier.tier, failure, service, occurrence?)
    };
    let of_level = |(level, tally): (usize, &IncidentTally)| {
        let Some(own) = endings.get(level) else { return Representative::default() };
        let at = |p: f64| {
            let target = tally.recovery_time.quantile(p, 1.0).ok()?.point;
            line(tally.service, nearest(own.recovery_times.iter().copied().enumerate(), target))
        };
        // What ends the application is what ended its services.
        let labels = if level == 0 && all.len() > 1 { &all[1..] } else { &all[level..=level] };
        let ways = shown(ways(labels));
        let of_way = |(plans, occurrences): &(Vec<PlanLabel>, Vec<usize>)| {
            let times = || occurrences.iter().map(|n| (*n, all[level].recovery_times[*n]));
            let (median, p95) = targets(times().map(|(_, time)| time));
            RepresentativeWay {
                plans: plans.clone(),
                n: occurrences.len() as u64,
                of: looked_at,
                median: median.and_then(|target| line(tally.service, nearest(times(), target))),
                p95: p95.and_then(|target| line(tally.service, nearest(times(), target))),
            }
        };
        Representative { median: at(0.50), p95: at(0.95), ways: ways.iter().map(of_way).collect() }
    };
    levels.iter().enumerate().map(of_level).collect()
}

/// The most frequent ways, and of the others those that show a plan which none before them does.
fn shown(all: Vec<(Vec<PlanLabel>, Vec<usize>)>) -> Vec<(Vec<PlanLabel>, Vec<usize>)> {
    let mut known: Vec<PlanLabel> = Vec::new();
    let mut shown = Vec::new();
    for (n, (labels, occurrences)) in all.into_iter().enumerate() {
        let new = labels.iter().any(|label| !known.contains(label));
        if n < MOST_WAYS || new {
            known.extend(&labels);
            shown.push((labels, occurrences));
        }
    }
    shown
}

/// Incidents by what ended them, the most frequent way first; none if all ended the same way. Those that
/// nothing had to end are no way to be shown, but one among others.
fn ways(services: &[Endings]) -> Vec<(Vec<PlanLabel>, Vec<usize>)> {
    let count = services.first().map_or(0, |endings| endings.plans.len());
    let mut found: Vec<(Vec<PlanLabel>, Vec<usize>)> = Vec::new();
    for n in 0..count {
        let labels = services.iter().map(|endings| endings.plans[n]).filter(|label| *label != PlanLabel::None);
        let labels: Vec<PlanLabel> = labels.collect();
        match found.iter_mut().find(|(known, _)| *known == labels) {
            Some((_, all)) => all.push(n),
            None => found.push((labels, vec![n])),
        }
    }
    if found.len() < 2 {
        return Vec::new();
    }
    found.retain(|(labels, _)| !labels.is_empty());
    found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    found
}

/// Median and p95 of recovery times in milliseconds.
fn targets(times: impl Iterator<Item = u64>) -> (Option<f64>, Option<f64>) {
    let mut finite: Vec<u64> = times.filter(|time| *time != NEVER).collect();
    finite.sort_unstable();
    let mut tally = Tally::new();
    finite.iter().for_each(|time| tally.record(*time));
    let middle = finite.get(finite.len() / 2).map(|time| *time as f64);
    (middle, tally.quantile(0.95, 1.0).ok().map(|p95| p95.point))
}

/// The first of the incidents whose recovery times are nearest the target.
fn nearest(times: impl Iterator<Item = (usize, u64)>, target: f64) -> Option<u64> {
    let distance = |time: u64| (time as f64 - target).abs();
    let finite = times.filter(|(_, time)| *time != NEVER);
    let best = finite.min_by(|(_, a), (_, b)| distance(*a).total_cmp(&distance(*b)));
    best.map(|(occurrence, _)| occurrence as u64)
}
