//! Which order statistics hold a quantile: intervals that assume nothing about the distribution.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::{OUTSIDE, Z_95};

/// Ranks (from 1, ascending) that stand for a quantile of `n` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// The value itself: the least rank at or above n p.
    pub point: u64,
    /// Low end of the interval, at most `point`.
    pub low: u64,
    /// High end of the interval, at least `point`.
    pub high: u64,
}

/// Ranks of a 95% interval for the quantile at `p` of `n` values; `None` where `n` cannot resolve it.
///
/// # Formula
/// With B ~ Binomial(n, p), the number of values below the quantile: `low` is the greatest rank with
/// P(B < low) <= 2.5%, `high` the least with P(B < high) >= 97.5%. Both must be ranks that exist.
///
/// # Arguments
/// `p` within (0, 1).
///
/// # Source
/// David and Nagaraja (2003), Order Statistics, 3rd edition, section 7.1.
#[must_use]
pub fn order_statistic_interval(n: u64, p: f64) -> Option<Rank> {
    if n < trials_to_resolve(p) {
        return None;
    }
    let law = Binomial::new(p, n).ok()?;
    let below = |rank: u64| if rank == 0 { 0.0 } else { law.cdf(rank - 1) };
    let spread = (n as f64 * p * (1.0 - p)).sqrt();
    let centre = n as f64 * p;
    // The normal law with its first correction for skewness (Cornish and Fisher 1938) is off by a few ranks.
    let near = |z: f64| (centre + z * spread + (z * z - 1.0) * (1.0 - 2.0 * p) / 6.0).clamp(0.0, n as f64) as u64;
    let low = last_true(near(-Z_95), n, |rank| below(rank) <= OUTSIDE / 2.0);
    let high = last_true(near(Z_95), n, |rank| below(rank) < 1.0 - OUTSIDE / 2.0) + 1;
    let point = (centre.ceil() as u64).clamp(1, n);
    (low >= 1 && high <= n).then_some(Rank { point, low, high })
}

/// The least number of values whose extremes enclose the quantile at `p` with 97.5% on each side.
///
/// # Formula
/// The largest value is above the quantile with chance 1 − pⁿ, the smallest below with 1 − (1 − p)ⁿ.
#[must_use]
pub(super) fn trials_to_resolve(p: f64) -> u64 {
    let extreme = p.max(1.0 - p);
    ((OUTSIDE / 2.0).ln() / extreme.ln()).ceil() as u64
}

/// The last of `0..=most` for which `holds`, which is true at 0, up to somewhere, and false after. It is looked for
/// from `near` on, in steps that double.
fn last_true(near: u64, most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let near = near.min(most);
    let (mut low, mut high, mut step) = (near, near + 1, 1);
    if holds(near) {
        while high <= most && holds(high) {
            (low, high, step) = (high, high.saturating_add(step).min(most + 1), step * 2);
        }
    } else {
        loop {
            (low, high, step) = (low.saturating_sub(step), low, step * 2);
            if low == 0 || holds(low) {
                break;
            }
        }
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Tabled for p99 of 10,000 values: [X(9880), X(9920)].
    #[test]
    fn p99_of_ten_thousand_values_lies_between_the_tabled_ranks() {
        let rank = order_statistic_interval(10_000, 0.99).unwrap();
        assert_eq!(rank, Rank { point: 9900, low: 9880, high: 9920 });
    }

    /// 0.99^n <= 0.025 from n = ln 0.025 / ln 0.99 = 367.04 on.
    #[test]
    fn a_quantile_needs_enough_values() {
        assert_eq!(trials_to_resolve(0.99), 368);
        assert_eq!(order_statistic_interval(367, 0.99), None);
        assert_eq!(order_statistic_interval(368, 0.99).unwrap().high, 368);
        // 0.5^n <= 0.025 from n = 5.32 on.
        assert_eq!(order_statistic_interval(5, 0.5), None);
        assert_eq!(order_statistic_interval(6, 0.5).unwrap(), Rank { point: 3, low: 1, high: 6 });
    }

    /// The definition, by trying every rank: P(B < low) <= 2.5% and no further, P(B < high) >= 97.5% and no sooner.
    #[test]
    fn the_ranks_are_those_of_the_definition() {
        for n in [368, 500, 1_000, 2_345, 10_000] {
            for p in [0.01, 0.05, 0.5, 0.9, 0.95, 0.99] {
                let law = Binomial::new(p, n).unwrap();
                let below = |rank: u64| law.cdf(rank - 1);
                let low = (1..=n).take_while(|rank| below(*rank) <= 0.025).last().unwrap();
                let high = (1..=n).find(|rank| below(*rank) >= 0.975).unwrap();
                let found = order_statistic_interval(n, p).unwrap();
                assert_eq!((found.low, found.high), (low, high), "{n} values at {p}");
            }
        }
    }
}
