//! Paired differences: the same trial under two designs.

use serde::{Deserialize, Serialize};

use super::record::PairFields;
use super::skewed::student;
use super::squared_deviations;

/// Mergeable tally of differences between two outcomes of the same trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PairFields")]
pub struct PairTally {
    pub(super) sum: i128,
    pub(super) sum_of_squares: u128,
    pub(super) both: u64,
    pub(super) only_first: u64,
    pub(super) only_second: u64,
    pub(super) neither: u64,
}

/// Mean difference, first minus second, with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Over trials that are finite in both, in the unit that it was asked for in; `None` without any.
    pub mean: Option<f64>,
    /// Low end; `None` with fewer than two.
    pub low: Option<f64>,
    /// High end; `None` with fewer than two.
    pub high: Option<f64>,
    /// Trials finite in both.
    pub both: u64,
    /// Trials finite in the first alone.
    pub only_first: u64,
    /// Trials finite in the second alone.
    pub only_second: u64,
}

impl Difference {
    /// Whether its interval leaves zero out, or one side recovers where the other does not.
    #[must_use]
    pub fn shows_a_difference(&self) -> bool {
        let apart = self.low.zip(self.high).is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        apart || self.only_first != self.only_second
    }
}

impl PairTally {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one trial with both its outcomes in whole milliseconds or bytes; `None` is an infinite one.
    #[inline]
    pub fn record(&mut self, first: Option<u64>, second: Option<u64>) {
        match (first, second) {
            (Some(a), Some(b)) => {
                self.both += 1;
                let size = a.abs_diff(b);
                let difference = i128::from(size);
                self.sum = self.sum.saturating_add(if a >= b { difference } else { -difference });
                self.sum_of_squares = self.sum_of_squares.saturating_add(u128::from(size) * u128::from(size));
            }
            (Some(_), None) => self.only_first += 1,
            (None, Some(_)) => self.only_second += 1,
            (None, None) => self.neither += 1,
        }
    }

    /// Adds all of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.sum_of_squares = self.sum_of_squares.saturating_add(other.sum_of_squares);
        self.both += other.both;
        self.only_first += other.only_first;
        self.only_second += other.only_second;
        self.neither += other.neither;
    }

    /// How many trials there were, infinite ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.both + self.only_first + self.only_second + self.neither
    }

    /// The mean difference in units of `scale` per recorded unit.
    ///
    /// # Formula
    /// mean ± t(0.975, n − 1) × standard deviation ÷ √n, over the trials that are finite in both.
    #[must_use]
    pub fn difference(&self, scale: f64) -> Difference {
        let n = self.both;
        let mean = (n > 0).then(|| self.sum as f64 / n as f64 * scale);
        let half = (n > 1).then(|| {
            // Squares do not know the sign, so the size of the sum serves as well as the sum.
            let deviations = squared_deviations(n, self.sum.unsigned_abs(), self.sum_of_squares);
            let error = (deviations / (n - 1) as f64 / n as f64).sqrt();
            student(n - 1) * error * scale
        });
        Difference {
            mean,
            low: mean.zip(half).map(|(m, h)| m - h),
            high: mean.zip(half).map(|(m, h)| m + h),
            both: n,
            only_first: self.only_first,
            only_second: self.only_second,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Differences 1, −2, 4 by hand: mean 1, variance ((0)² + (−3)² + 3²) ÷ 2 = 9, error √3;
    /// t(0.975, 2) = 4.302653 from any table.
    #[test]
    fn three_differences_by_hand() {
        let mut pairs = PairTally::new();
        for (a, b) in [(10, 9), (5, 7), (4, 0)] {
            pairs.record(Some(a), Some(b));
        }
        pairs.record(None, Some(3));
        pairs.record(Some(3), None);
        pairs.record(Some(3), None);
        pairs.record(None, None);
        let d = pairs.difference(1.0);
        assert!((d.mean.unwrap() - 1.0).abs() < 1e-12);
        assert!((d.high.unwrap() - (1.0 + 4.302_653 * 3f64.sqrt())).abs() < 1e-5, "{d:?}");
        assert!((d.low.unwrap() - (1.0 - 4.302_653 * 3f64.sqrt())).abs() < 1e-5, "{d:?}");
        assert_eq!((d.both, d.only_first, d.only_second, pairs.count()), (3, 2, 1, 7));
    }

    #[test]
    fn merging_in_any_order_is_the_same() {
        let mut parts = [PairTally::new(), PairTally::new(), PairTally::new()];
        for i in 0..300_u64 {
            parts[(i % 3) as usize].record((i % 7 != 0).then_some(i * i), (i % 11 != 0).then_some(i << 40));
        }
        let merged = |order: [usize; 3]| {
            let mut all = PairTally::new();
            order.iter().for_each(|n| all.merge(&parts[*n]));
            all
        };
        assert_eq!(merged([0, 1, 2]), merged([2, 0, 1]));
    }
}
