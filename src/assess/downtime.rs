//! The time down of a year from incidents: what one failure does, and what a further one in the middle of it
//! changes.

use serde::{Deserialize, Serialize};

use super::assessment::Availability;
use super::composed::{OffBy, Rare, Sampled, application, rate_of, sampled};
use super::drills::downtime_of_drills;
use super::gaps::bias_of_downtime;
use super::objective::MS;
use crate::model::Scenario;
use crate::sim::{Longer, Overlaps, Renewals, TierTally};
use crate::stats::Z_95;
use crate::units::SECONDS_PER_YEAR;

/// What failures that overlap make of a tier's year, beyond single incidents.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlapping {
    /// Episodes into which further failures were forced.
    pub episodes: u64,
    /// Share of the time in which everything is up and nothing under way.
    pub calm: f64,
    /// Seconds down per year that further failures add to those of single incidents.
    pub downtime_per_year: f64,
    /// Standard error of it.
    pub standard_error: f64,
    /// Losses for good per year that they add.
    pub unrecoverable_per_year: f64,
    /// Standard error of it.
    pub unrecoverable_standard_error: f64,
    /// Share of the time in service, single incidents included; unrecoverable ones count no time. Its interval
    /// holds sampling at 95%, what overlaps of more failures than were simulated may change, and what it may be off
    /// by that each `gap` counts by its mean.
    pub availability: Availability,
}

/// Seconds a year, and the variance of how they were sampled.
#[derive(Clone, Copy, Default)]
struct Sum {
    mean: f64,
    variance: f64,
}

impl Sum {
    fn add(&mut self, mean: f64, variance: f64) {
        self.mean += mean;
        self.variance += variance;
    }
}

/// The time down of a year outside of episodes, by what it was sampled from.
struct Downtime {
    /// Incidents by themselves, and drills, which nobody samples.
    incidents: Sum,
    /// What their way home adds.
    returns: Sum,
    /// What further failures add.
    further: Sum,
    /// By failure, of its incidents and their way home.
    of_failures: Vec<f64>,
}

impl Downtime {
    fn new(scenario: &Scenario, tier: &TierTally, rare: Rare<'_>) -> Self {
        let mut all = Self {
            incidents: Sum { mean: downtime_of_drills(scenario, tier), variance: 0.0 },
            returns: Sum::default(),
            further: Sum::default(),
            of_failures: application(tier).map(|_| 0.0).collect(),
        };
        for one in &tier.returns {
            let rate = rate_of(tier, one.failure);
            let each = |longer: &Longer| (longer.incident, rate * (longer.with - longer.without) as f64 * MS);
            let (sum, squares) = sampled(one.n, one.longer.iter().map(each));
            let (mean, n) = (sum / one.n as f64, one.n as f64);
            all.returns.add(mean, squares / (n * n));
            let of_failure = application(tier).position(|tally| tally.failure == one.failure);
            of_failure.into_iter().for_each(|n| all.of_failures[n] += mean);
        }
        for (tally, down) in application(tier).zip(&mut all.of_failures) {
            let weight = tally.rate_per_year * scenario.failures[tally.failure].share * MS;
            let recoverable = tally.recovery_time.finite() as f64 / tally.n as f64;
            let mean = weight * tally.recovery_time.mean().unwrap_or(0.0) * recoverable;
            let error = weight * recoverable * tally.recovery_time.standard_error().unwrap_or(0.0);
            all.incidents.add(mean, error * error);
            *down += mean;
        }
        let Overlaps { n, changes, .. } = rare.overlaps;
        let each = changes.iter().map(|c| (c.episode, c.per_year * (c.with as f64 - c.without as f64) * MS));
        let (mean, variance) = sampled(*n, each);
        all.further.add(mean, variance);
        all
    }

    fn parts(&self) -> [(Sampled, Sum); 3] {
        [(Sampled::Incidents, self.incidents), (Sampled::Returns, self.returns), (Sampled::Overlaps, self.further)]
    }

    /// Of all together: seconds, and their standard error.
    fn whole(&self) -> (f64, f64) {
        let parts = self.parts().map(|(_, sum)| sum);
        (parts.iter().map(|sum| sum.mean).sum(), parts.iter().map(|sum| sum.variance).sum::<f64>().sqrt())
    }
}

/// What further failures add to the time down of a year.
///
/// # Formula
/// With λ episodes a year that last d by themselves, and further failures that add a to the time down of a year,
/// the calm part 1 ÷ (1 + λ d) leaves out by how much further failures lengthen episodes: of the time down at most
/// (λ d)² for those that end as late as they begin, and a ÷ year for those that are down for longer.
/// [`bias_of_downtime`] comes on top of that.
pub(super) fn overlapping(scenario: &Scenario, tier: &TierTally, renewals: &Renewals, rare: Rare<'_>) -> Overlapping {
    let Overlaps { n, calm, changes, .. } = rare.overlaps;
    let found = Downtime::new(scenario, tier, rare);
    let (further, of_further) = (found.further.mean, found.further.variance.sqrt());
    let lost = sampled(*n, changes.iter().map(|c| (c.episode, c.per_year * c.lost_for_good)));
    let added: f64 = changes.iter().map(|c| c.per_year * c.with.abs_diff(c.without) as f64 * MS).sum();
    let share = |down: f64| (1.0 - calm * down / SECONDS_PER_YEAR).clamp(0.0, 1.0);
    let of_gaps = bias_of_downtime(tier, renewals, (&found.of_failures, added + Z_95 * of_further));
    let (down, error) = found.whole();
    let bias = down * (((1.0 - calm) / calm).powi(2) + further.abs() / SECONDS_PER_YEAR) + of_gaps;
    Overlapping {
        episodes: *n,
        calm: *calm,
        downtime_per_year: calm * further,
        standard_error: calm * of_further,
        unrecoverable_per_year: calm * lost.0,
        unrecoverable_standard_error: calm * lost.1.sqrt(),
        availability: Availability {
            point: share(down),
            low: share(down + Z_95 * error + bias),
            high: share(down - Z_95 * error - bias),
            standard_error: calm * error / SECONDS_PER_YEAR,
        },
    }
}

/// How far off a tier's time down is from sampling; `None` if it is never down, or for less than a millisecond a year.
pub(super) fn off_by(scenario: &Scenario, tier: &TierTally, rare: Rare<'_>) -> Option<OffBy> {
    let found = Downtime::new(scenario, tier, rare);
    let (down, error) = found.whole();
    let from = found.parts().into_iter().map(|(sampled, sum)| (sampled, sum.variance / (error * error)));
    let off = OffBy { off: Z_95 * error / down, rounding: 0.0, from: from.collect() };
    (down > 0.0 && error > 0.0 && down + Z_95 * error > MS).then_some(off)
}
