//! `--precision`: rounds that lengthen a run until its figures are known well enough, or until it is plain
//! that the limit comes first. A round depends on what was simulated, never on the clock.

use super::Stop;
use super::args::PrecisionArgs;
use super::interrupt;
use super::output::Screen;
use crate::report::human::percent;
use crate::sim::LifetimeResult;
use crate::stats::{Tally, Z_95};

/// The share of itself within which a figure is to be known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Precision(f64);

/// Closest share: a hundred million incidents hardly know a mean better.
const CLOSEST: f64 = 0.0001;

/// Widest share: beyond, an interval says little.
const WIDEST: f64 = 0.5;

/// How many times as many are simulated in one step, at most.
const MOST_TIMES: u64 = 4;

/// Steps that find any number of draws there can be, and then it to a millionth.
const DOUBLINGS: u32 = 100;
const HALVINGS: u32 = 20;

/// What a figure was sampled from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    /// How many were drawn.
    pub(super) count: u64,
    /// The part of the figure's variance that is from there.
    pub(super) part: f64,
    /// What one of them costs, in any unit.
    pub(super) cost: f64,
}

impl Precision {
    /// What the option says, if it is given.
    pub(super) fn new(args: &PrecisionArgs) -> Result<Option<Self>, Stop> {
        let Some(text) = &args.precision else { return Ok(None) };
        let share = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok()).map(|n| n / 100.0);
        match share {
            Some(share) if (CLOSEST..=WIDEST).contains(&share) => Ok(Some(Self(share))),
            _ => Err(Stop::invalid(format_args!(
                "--precision takes a share from {} to {}, such as 1%, not {text}",
                percent(CLOSEST),
                percent(WIDEST)
            ))),
        }
    }

    /// The share of itself within which a figure is to be known.
    pub(super) fn share(self) -> f64 {
        self.0
    }

    /// Whether a figure that may be off by this share of itself is known well enough.
    pub(super) fn allows(self, off: f64) -> bool {
        off <= self.0
    }

    /// What sampling may be off by where something else is off by this share already. Where that leaves less than
    /// half, sampling has all for itself: no number of draws would do.
    pub(super) fn beside(self, other: f64) -> Self {
        Self(if other < self.0 / 2.0 { self.0 - other } else { self.0 })
    }

    /// How many of each should be drawn if a figure may be off by this share of itself: as many as make it known
    /// well enough at the least cost. A tenth more, as the width itself is uncertain; four times as many at most,
    /// as it may be far off after few; an eighth more of one at least.
    ///
    /// # Formula
    /// Least Σ c n x with Σ v ÷ x ≤ (wanted ÷ off)² ÷ 1.1, v the part of the variance, c the cost of one: where x
    /// exceeds 1 it is in proportion to √(v ÷ (c n)).
    ///
    /// # Source
    /// Neyman (1934), On the two different aspects of the representative method, JRSS 97:558-625.
    pub(super) fn allot(self, off: f64, drawn: &[Drawn]) -> Vec<u64> {
        let goal = (self.0 / off).powi(2) / 1.1;
        let weight = |one: &Drawn| (one.part / (one.cost * one.count as f64)).sqrt();
        let times = |one: &Drawn, scale: f64| (scale * weight(one)).max(1.0);
        let left = |scale: f64| drawn.iter().map(|one| one.part / times(one, scale)).sum::<f64>();
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..DOUBLINGS {
            if left(high) <= goal {
                break;
            }
            (low, high) = (high, high * 2.0);
        }
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            (low, high) = if left(middle) <= goal { (low, middle) } else { (middle, high) };
        }
        let most = drawn.iter().map(weight).fold(0.0, f64::max);
        let next = |one: &Drawn| {
            let least = if weight(one) >= most { one.count.saturating_add(one.count.div_ceil(8)) } else { one.count };
            ((one.count as f64 * times(one, high)) as u64).clamp(least, one.count.saturating_mul(MOST_TIMES).max(least))
        };
        drawn.iter().map(next).collect()
    }

    /// Lengthens a run until its worst figure is within this share, or the limit comes first.
    ///
    /// # Arguments
    /// `done`: how many are simulated already. `believed`: from how many on it is believed what a figure would take.
    /// `limit`: how many can be at most. `more`: simulates up to so many, and returns how far off the worst figure
    /// then is.
    pub(super) fn reach(
        self,
        (done, believed, limit): (u64, u64, u64),
        mut off: Option<f64>,
        mut more: impl FnMut(u64) -> Option<f64>,
    ) {
        let mut count = done;
        while let Some(worst) = off.filter(|worst| *worst > self.0) {
            let far = self.needed(count, worst) > limit as f64 && worst.is_finite() && count >= believed;
            if interrupt::asked() || count >= limit || far {
                return;
            }
            count = self.allot(worst, &[Drawn { count, part: 1.0, cost: 1.0 }])[0].min(limit);
            off = more(count);
        }
    }

    /// How many it takes, if after so many the worst figure is this far off.
    fn needed(self, count: u64, off: f64) -> f64 {
        count as f64 * (off / self.0).powi(2)
    }

    /// Says so if the worst figure of a run that is done is not within this share.
    ///
    /// # Arguments
    /// `limit`: how many there can be at most, and what raises that. `off`: how far off it is after `count`.
    pub(super) fn tell(
        self,
        (what, count, (limit, raised_by)): (&str, u64, (u64, Option<&str>)),
        off: Option<f64>,
        screen: &Screen,
    ) {
        let Some(worst) = off.filter(|worst| *worst > self.0 && !interrupt::asked()) else { return };
        let raised = raised_by.map_or_else(String::new, |by| format!(", which {by} raises"));
        screen.note(&if worst.is_finite() {
            format!(
                "{what} are known within {} after {count}; {} would take about {:.0}, more than the limit of {limit}{raised}",
                percent(worst),
                percent(self.0),
                self.needed(count, worst)
            )
        } else {
            format!(
                "after {count} one of {what} may still be that of incidents that never recover; that is the limit{raised}"
            )
        });
    }
}

/// How far off a mean recovery time may be, as a share of it; `None` if there is nothing to know.
pub(super) fn of_mean(times: &Tally) -> Option<f64> {
    off((times.mean(), times.standard_error()))
}

/// The same of the 99th percentile of recovery times; those that fall on the unrecoverable are left out.
pub(super) fn of_quantile(times: &Tally) -> Option<f64> {
    times.quantile(0.99, 1.0).ok()?.off()
}

/// The same of the time that a tier is down; tiers that never were are left out.
pub(super) fn of_lifetimes(result: &LifetimeResult) -> Option<f64> {
    result.tiers.iter().filter_map(|tier| off(tier.per_year_lived(&tier.lines[0].wholes[0]))).reduce(f64::max)
}

/// Half the interval of a mean with this standard error as a share of it; `None` where all is zero or nothing
/// is finite.
fn off((mean, error): (Option<f64>, Option<f64>)) -> Option<f64> {
    let mean = mean.filter(|mean| *mean > 0.0)?;
    Some(error.map_or(f64::INFINITY, |error| Z_95 * error / mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One source: known to 2% where 1% is asked for, it takes four times as many and a tenth; of two of the same
    /// variance and number of which one costs nine times as much, x ∝ 1 and 1 ÷ 3: v ÷ x sums to (1 + 3) ÷ 2 ÷ x =
    /// 1 ÷ (4 × 1.1) of which x = 8.8 and 2.93, of which four times is the most.
    #[test]
    fn what_is_cheap_is_drawn_more_often() {
        let one = |part, cost| Drawn { count: 1_000_000, part, cost };
        let close = |found: Vec<u64>, truth: &[f64]| {
            for (found, truth) in found.iter().zip(truth) {
                assert!((*found as f64 / truth - 1.0).abs() < 1e-5, "{found} instead of {truth}");
            }
        };
        close(Precision(0.01).allot(0.015, &[one(1.0, 1.0)]), &[2.475e6]);
        close(Precision(0.01).allot(0.02, &[one(1.0, 1.0)]), &[4e6]);
        close(Precision(0.01).allot(0.02, &[one(0.5, 1.0), one(0.5, 9.0)]), &[4e6, 8.8e6 / 3.0]);
        // What is hardly any of it stays as it is, and something grows always.
        close(Precision(0.01).allot(0.0101, &[one(0.999, 1.0), one(0.001, 1.0)]), &[1.125e6, 1e6]);
        close(Precision(0.01).allot(f64::INFINITY, &[one(1.0, 1.0)]), &[4e6]);
    }
}
