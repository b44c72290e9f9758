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

    /// How many it should take if after `count` a figure may be off by this share of itself, and if this part of
    /// its variance is from them: theirs goes down with their number, the rest stays. A tenth more, as the width
    /// itself is uncertain; four times as many at most, as it may be far off after few.
    pub(super) fn next(self, count: u64, off: f64, part: f64) -> u64 {
        let left = (self.0 / off).powi(2) - (1.0 - part);
        let times = if left > 0.0 { 1.1 * part / left } else { MOST_TIMES as f64 };
        let needed = count as f64 * times;
        (needed as u64).clamp(count.saturating_add(count.div_ceil(8)), count.saturating_mul(MOST_TIMES))
    }

    /// Lengthens a run until its worst figure is within this share.
    ///
    /// # Arguments
    /// `done`: how many are simulated already. `limit`: how many can be at most, and what raises that.
    /// `more`: simulates up to so many, and returns how far off the worst figure then is.
    pub(super) fn reach(
        self,
        (what, done, (limit, raised_by)): (&str, u64, (u64, Option<&str>)),
        mut off: Option<f64>,
        mut more: impl FnMut(u64) -> Option<f64>,
        screen: &Screen,
    ) {
        let mut count = done;
        while let Some(worst) = off.filter(|worst| *worst > self.0) {
            let needed = count as f64 * (worst / self.0).powi(2);
            let known = format!("{what} are known within {} after {count}", percent(worst));
            if interrupt::asked() {
                return;
            }
            if needed > limit as f64 || count >= limit {
                let raised = raised_by.map_or_else(String::new, |by| format!(", which {by} raises"));
                screen.note(&format!(
                    "{known}; {} would take about {needed:.0}, more than the limit of {limit}{raised}",
                    percent(self.0)
                ));
                return;
            }
            count = self.next(count, worst, 1.0).min(limit);
            off = more(count);
        }
    }
}

/// How far off a mean recovery time may be, as a share of it; `None` if there is nothing to know.
pub(super) fn of_mean(times: &Tally) -> Option<f64> {
    off((times.mean(), times.standard_error()))
}

/// The same of the 99th percentile of recovery times; those that fall on the unrecoverable are left out.
pub(super) fn of_quantile(times: &Tally) -> Option<f64> {
    let found = times.quantile(0.99, 1.0).ok().filter(|q| q.point > 0.0)?;
    let high = found.high?;
    Some((high - found.point).max(found.point - found.low) / found.point)
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
