//! Chances estimated by counting.

use serde::{Deserialize, Serialize};

use super::{OUTSIDE, Z_95};

/// A share of trials with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// events ÷ n, in \[0, 1\]; `None` without trials.
    pub point: Option<f64>,
    /// Low end, in \[0, 1\]; 0 if nothing happened.
    pub low: f64,
    /// High end, in \[0, 1\]; 1 if it always happened, and without trials.
    pub high: f64,
    /// How often it happened.
    pub events: u64,
    /// How many trials there were.
    pub n: u64,
}

impl Proportion {
    /// The share of `events` among `n` trials; more events than trials count as one each.
    ///
    /// # Formula
    /// Wilson's score interval; where nothing (or everything) happened, the exact one-sided 95% bound
    /// 1 − 0.05^(1/n), close to 3 ÷ n.
    ///
    /// # Source
    /// Wilson (1927), JASA 22:209-212; Hanley and Lippman-Hand (1983), JAMA 249:1743-1745.
    #[must_use]
    pub fn new(events: u64, n: u64) -> Self {
        let events = events.min(n);
        if n == 0 {
            return Self { point: None, low: 0.0, high: 1.0, events, n };
        }
        let count = n as f64;
        let p = events as f64 / count;
        let none_at_all = -(OUTSIDE.ln() / count).exp_m1();
        let (low, high) = if events == 0 {
            (0.0, none_at_all)
        } else if events == n {
            (1.0 - none_at_all, 1.0)
        } else {
            let z2 = Z_95 * Z_95;
            let centre = p + z2 / (2.0 * count);
            let half = Z_95 * (p * (1.0 - p) / count + z2 / (4.0 * count * count)).sqrt();
            let scale = 1.0 + z2 / count;
            (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
        };
        Self { point: Some(p), low, high, events, n }
    }

    /// Whether a `chance` in \[0, 1\] is shown to be reached: its interval lies at or above it. `None` where the
    /// chance is within the interval, so that neither is shown.
    #[must_use]
    pub fn reaches(&self, chance: f64) -> Option<bool> {
        if self.low >= chance {
            Some(true)
        } else if self.high < chance {
            Some(false)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Tabled: Wilson 3 of 10,000 is [1.0203e-4, 8.8174e-4].
    #[test]
    fn wilson_interval_of_three_in_ten_thousand() {
        let p = Proportion::new(3, 10_000);
        assert!((p.low - 1.0203e-4).abs() < 5e-9, "{p:?}");
        assert!((p.high - 8.8174e-4).abs() < 5e-9, "{p:?}");
        assert_eq!(p.point, Some(3e-4));
    }

    /// Tabled: 0 of 10,000 has the one-sided 95% bound 2.9953e-4.
    #[test]
    fn nothing_in_ten_thousand_is_a_bound_and_everything_its_mirror() {
        let none = Proportion::new(0, 10_000);
        assert_eq!(none.low, 0.0);
        assert!((none.high - 2.9953e-4).abs() < 5e-9, "{none:?}");
        let all = Proportion::new(10_000, 10_000);
        assert_eq!(all.high, 1.0);
        assert!((all.low - (1.0 - none.high)).abs() < 1e-15);
    }

    #[test]
    fn no_trials_say_nothing() {
        assert_eq!(Proportion::new(0, 0), Proportion { point: None, low: 0.0, high: 1.0, events: 0, n: 0 });
    }
}
