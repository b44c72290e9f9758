//! The 99th percentile of recovery times, from incidents that were drawn long where there are such: a few thousand
//! of them know it as well as a hundred thousand plain ones.

use super::composed::{OffBy, Rare, Sampled, application};
use super::objective::MS;
use crate::id::FailureId;
use crate::sim::{IncidentTally, Tail, TierTally};
use crate::stats::Quantile;

/// Share of all incidents that the percentile does not exceed.
const P99: f64 = 0.99;

/// The percentile in milliseconds, of a failure's incidents against the application. `None` where plain incidents
/// have to tell it: where some never recover, or where it lies beside what those show.
pub(super) fn percentile(tally: &IncidentTally, tail: &Tail) -> Option<Quantile> {
    let found = tail.quantile(P99).filter(|_| tally.recovery_time.infinite() == 0)?;
    let shown = tally.recovery_time.quantile(0.95, 1.0).ok()?.point..=tally.recovery_time.max()? as f64;
    shown.contains(&found.point).then_some(found)
}

/// The tail of a failure in a tier, and where it stands.
fn tail_of<'a>(rare: Rare<'a>, failure: FailureId) -> Option<(usize, &'a Tail)> {
    rare.tails.iter().enumerate().find(|(_, tail)| tail.failure == failure)
}

/// The percentiles of a tier's failures that incidents drawn long tell, in seconds, with how many were drawn.
pub(super) fn percentiles<'a>(
    tier: &'a TierTally,
    rare: Rare<'a>,
) -> impl Iterator<Item = (FailureId, Quantile, u64)> + 'a {
    application(tier).filter_map(move |tally| {
        let (_, tail) = tail_of(rare, tally.failure)?;
        let Quantile { point, low, high } = percentile(tally, tail)?;
        let seconds = Quantile { point: point * MS, low: low * MS, high: high.map(|high| high * MS) };
        Some((tally.failure, seconds, tail.n))
    })
}

/// How far off the worst of these percentiles is from sampling; `None` if there are none.
pub(super) fn off_by(tier: &TierTally, rare: Rare<'_>) -> Option<OffBy> {
    let worst = application(tier).filter_map(|tally| {
        let (n, tail) = tail_of(rare, tally.failure)?;
        let found = percentile(tally, tail)?;
        let off = found.off().filter(|off| *off > 0.0)?;
        Some((off, n, found.point))
    });
    let (off, n, point) = worst.reduce(|worst, one| if one.0 > worst.0 { one } else { worst })?;
    let parts = rare.tails[n].parts(|time| f64::from(time as f64 > point));
    Some(OffBy { off, from: vec![(Sampled::Tail(n, parts), 1.0)] })
}
