//! Incidents that stand for many: those nearest the median and nearest the p95 of recovery time.

use rayon::prelude::*;

use super::NEVER;
use super::campaign::Simulator;
use super::tally::{CampaignResult, Filter, IncidentTally, TierTally};
use super::timeline::TimeLine;
use crate::model::Scenario;

/// Incidents among which one is looked for: about a hundred of them lie beyond the p95, so that one
/// is near it; looking costs little beside a campaign.
const LOOKED_AT: u64 = 2048;

/// The incidents that stand for those of one tier, failure and service; `None` where the campaign does
/// not resolve the quantile, or where it falls on incidents that never recover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Representative {
    /// Nearest the median.
    pub median: Option<TimeLine>,
    /// Nearest the p95.
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
    let one = |(tier, levels): &(&TierTally, &[IncidentTally])| of_failure(&simulator, tier, levels, count);
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
    count: u64,
) -> Vec<Representative> {
    let Some(failure) = levels.first().map(|tally| tally.failure) else { return Vec::new() };
    let times = simulator.recovery_times(tier.tier, failure, count);
    let at = |level: usize, tally: &IncidentTally, p: f64| {
        let target = tally.recovery_time.quantile(p, 1.0).ok()?.point;
        let occurrence = nearest(times.get(level)?, target)?;
        simulator.time_line(tier.tier, failure, tally.service, occurrence)
    };
    let of_level = |(level, tally)| Representative { median: at(level, tally, 0.50), p95: at(level, tally, 0.95) };
    levels.iter().enumerate().map(of_level).collect()
}

/// Position of the first of the recovery times that are nearest the target.
fn nearest(times: &[u64], target: f64) -> Option<u64> {
    let finite = times.iter().enumerate().filter(|(_, time)| **time != NEVER);
    let distance = |time: u64| (time as f64 - target).abs();
    let best = finite.min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)));
    best.map(|(occurrence, _)| occurrence as u64)
}
