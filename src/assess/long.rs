//! The 99th percentile of recovery times, from incidents that were drawn long where there are such: a few thousand
//! of them know it as well as a hundred thousand plain ones.

use super::IncidentAssessment;
use super::composed::{OffBy, Rare, Sampled, application};
use super::objective::MS;
use crate::model::Scenario;
use crate::sim::{IncidentTally, Tail, TierTally};
use crate::stats::Quantile;

/// Share of all incidents that the percentile does not exceed.
const P99: f64 = 0.99;

/// The percentile in milliseconds, of a failure's incidents against the application, and which of the tails tells it.
/// `None` where plain incidents have to: where there is no tail, where some never recover, or where the percentile
/// lies beside what plain ones show.
pub(super) fn percentile(tally: &IncidentTally, tails: &[Tail]) -> Option<(usize, Quantile)> {
    let (n, tail) = tails.iter().enumerate().find(|(_, tail)| tail.failure == tally.failure)?;
    let found = tail.quantile(P99).filter(|_| tally.recovery_time.infinite() == 0)?;
    let shown = tally.recovery_time.quantile(0.95, 1.0).ok()?.point..=tally.recovery_time.max()? as f64;
    shown.contains(&found.point).then_some((n, found))
}

/// Tells it in what was assessed of plain incidents of the application.
pub(super) fn tell(incident: &mut IncidentAssessment, scenario: &Scenario, tier: &TierTally, rare: Rare<'_>) {
    let tally = application(tier).find(|tally| scenario.failures[tally.failure].name == incident.failure);
    let Some((tally, (n, found))) = tally.and_then(|tally| Some((tally, percentile(tally, rare.tails)?))) else {
        return;
    };
    let found = found.times(MS);
    let full = &mut incident.recovery_time_full.estimate.p99;
    // Nobody is back in full before being back, and often is at once.
    *full =
        full.map(|plain| if tally.recovery_time == tally.recovery_time_full { found } else { plain.at_least(&found) });
    incident.recovery_time.estimate.p99 = Some(found);
    incident.drawn_long = Some(rare.tails[n].n);
}

/// How far off the worst of these percentiles is from sampling; `None` if there are none.
pub(super) fn off_by(tier: &TierTally, rare: Rare<'_>) -> Option<OffBy> {
    let worst = application(tier).filter_map(|tally| {
        let (n, found) = percentile(tally, rare.tails)?;
        let off = found.off().filter(|off| *off > 0.0)?;
        Some((off, n, found.point))
    });
    let (off, n, point) = worst.reduce(|worst, one| if one.0 > worst.0 { one } else { worst })?;
    let parts = rare.tails[n].parts(|time| f64::from(time as f64 > point));
    Some(OffBy { off, rounding: 0.0, from: vec![(Sampled::Tail(n, parts), 1.0)] })
}
