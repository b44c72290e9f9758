//! The chance of a long year from incidents alone: what one failure does, composed over a year in which
//! it may strike several times. Rare things are measured by it that no number of lifetimes would meet.

use serde::{Deserialize, Serialize};

use super::objective::MS;
use crate::model::Scenario;
use crate::sim::TierTally;
use crate::stats::Z_95;
use crate::units::SECONDS_PER_YEAR;

/// Seconds down in a year beyond which a year is long.
const LONG: f64 = 3600.0;

/// Cells of an hour: rounding down and up to 10 seconds brackets the truth.
const CELLS: usize = 360;

/// The chance that a year is down for more than an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Composed {
    /// The chance.
    pub point: f64,
    /// Low end: sampling at 95%, rounding, and the bound on the bias.
    pub low: f64,
    /// High end.
    pub high: f64,
    /// Standard error of sampling ÷ chance; `None` if no incident is that long.
    pub relative_error: Option<f64>,
    /// Bound on what the assumption of a Poisson number of incidents that never overlap may be wrong by.
    pub bias_bound: f64,
}

/// Composes the year of a tier.
///
/// # Formula
/// Panjer's recursion for a Poisson number of incidents: with λ the rate of all, f the distribution of one
/// incident's time in cells, p₀ = exp(−λ (1 − f₀)), p_s = λ ÷ s × Σ j f_j p_(s−j); the chance is 1 − Σ p_s
/// up to the hour. Times are rounded down for the low, up for the high end. The bias is at most the chance
/// that two incidents of a year overlap, (Σ rate × mean time ÷ year) × Σ rate: only then does the sum of
/// times differ from the time down, or a member that is down fail again.
///
/// An incident that never recovers counts no time, as in [`super::RareEvent`].
///
/// # Source
/// Panjer (1981), Recursive evaluation of a family of compound distributions, ASTIN Bulletin 12:22-26.
pub(super) fn year_over_an_hour(scenario: &Scenario, tier: &TierTally) -> Composed {
    let mut rate = 0.0;
    let mut time = 0.0;
    let mut variance = 0.0;
    // Rates by cell of an incident's time; the last holds all that is longer than the hour.
    let (mut down, mut up) = (vec![0.0; CELLS + 2], vec![0.0; CELLS + 2]);
    for tally in tier.incidents.iter().filter(|t| t.service.is_none() && t.n > 0) {
        let share = scenario.failures[tally.failure].share;
        let each = tally.rate_per_year / tally.n as f64;
        rate += tally.rate_per_year;
        time += each * tally.recovery_time.sum() as f64 * MS * share;
        let mut long = 0;
        tally.recovery_time.for_each_bin(|low, high, count| {
            let cell = |ms: u64, round: fn(f64) -> f64| {
                let cell = round(ms as f64 * MS * share / LONG * CELLS as f64);
                if cell > CELLS as f64 { CELLS + 1 } else { cell as usize }
            };
            down[cell(low, f64::floor)] += each * count as f64;
            up[cell(high, f64::ceil)] += each * count as f64;
            long += if (low + high) as f64 / 2.0 * MS * share > LONG { count } else { 0 };
        });
        let q = long as f64 / tally.n as f64;
        variance += tally.rate_per_year.powi(2) * q * (1.0 - q) / tally.n as f64;
    }
    let (least, most) = (beyond(&down), beyond(&up));
    let point = (least + most) / 2.0;
    let error = variance.sqrt();
    let bias_bound = (time / SECONDS_PER_YEAR * rate).min(1.0);
    Composed {
        point,
        low: (least - Z_95 * error - bias_bound).max(0.0),
        high: (most + Z_95 * error + bias_bound).min(1.0),
        relative_error: (point > 0.0 && error > 0.0).then(|| error / point),
        bias_bound,
    }
}

/// The chance that the times of a year add up to more than `CELLS` cells, given the rate of incidents by
/// cell.
fn beyond(rates: &[f64]) -> f64 {
    let above_zero: f64 = rates[1..].iter().sum();
    let mut within = vec![0.0; CELLS + 1];
    within[0] = libm::exp(-above_zero);
    for s in 1..=CELLS {
        let sum: f64 = (1..=s).map(|j| j as f64 * rates[j] * within[s - j]).sum();
        within[s] = sum / s as f64;
    }
    // 1 − p₀ − Σ p, without losing the digits of a small chance.
    let rest: f64 = within[1..].iter().sum();
    (-libm::expm1(-above_zero) - rest).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One kind of incident of exactly 40 minutes, 0.3 times a year: an hour is exceeded by two and more,
    /// 1 − e^−0.3 (1 + 0.3).
    #[test]
    fn two_incidents_of_forty_minutes_make_a_long_year() {
        let mut rates = vec![0.0; CELLS + 2];
        rates[CELLS * 2 / 3] = 0.3;
        let truth = 1.0 - (-0.3_f64).exp() * 1.3;
        assert!((beyond(&rates) - truth).abs() < 1e-14, "{}", beyond(&rates));
    }

    /// Incidents longer than an hour at 10^-9 a year: the chance is that rate to nine digits.
    #[test]
    fn a_small_chance_keeps_its_digits() {
        let mut rates = vec![0.0; CELLS + 2];
        rates[CELLS + 1] = 1e-9;
        assert!((beyond(&rates) / 1e-9 - 1.0).abs() < 1e-8);
    }
}
