//! What is known of a quantity after some trials.

use serde::{Deserialize, Serialize};

/// A quantile with its 95% interval, in the unit that it was asked for in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// The value.
    pub point: f64,
    /// Low end.
    pub low: f64,
    /// High end; `None` where it falls on infinite outcomes.
    pub high: Option<f64>,
}

impl Quantile {
    /// The same in another unit, of which one of this is so many.
    #[must_use]
    pub fn times(&self, scale: f64) -> Self {
        Self { point: self.point * scale, low: self.low * scale, high: self.high.map(|high| high * scale) }
    }

    /// The same of what is never less than another quantity: its quantiles are not either.
    #[must_use]
    pub fn at_least(&self, other: &Self) -> Self {
        let high = self.high.zip(other.high).map(|(mine, other)| mine.max(other));
        Self { point: self.point.max(other.point), low: self.low.max(other.low), high }
    }

    /// How far the farther end of the interval is from the value, as a share of it: infinite where it falls on
    /// infinite outcomes; `None` where the value is zero.
    #[must_use]
    pub fn off(&self) -> Option<f64> {
        let high = self.high.unwrap_or(f64::INFINITY);
        (self.point > 0.0).then(|| (high - self.point).max(self.point - self.low) / self.point)
    }
}

/// What is known of a quantity after n trials. Every figure is in one unit, that of the scale it was made
/// with: seconds, or bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Trials, infinite outcomes included.
    pub n: u64,
    /// Mean of the finite; `None` without any.
    pub mean: Option<f64>,
    /// Standard deviation of that mean; with fewer than two finite outcomes there is none.
    pub standard_error: Option<f64>,
    /// Least of the finite; `None` without any.
    pub min: Option<f64>,
    /// Greatest of the finite; `None` without any.
    pub max: Option<f64>,
    /// Median over all trials, as are the further quantiles.
    pub p50: Option<Quantile>,
    /// Not exceeded by 90%; `None` for the reason beside it, as are the others.
    pub p90: Option<Quantile>,
    /// Not exceeded by 95%.
    pub p95: Option<Quantile>,
    /// Not exceeded by 99%.
    pub p99: Option<Quantile>,
    /// Why there is no median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_reason: Option<String>,
    /// Why there is no p90.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_reason: Option<String>,
    /// Why there is no p95.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_reason: Option<String>,
    /// Why there is no p99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_reason: Option<String>,
    /// Worst case by closed form, in the estimate's unit; `None` for the reason beside it.
    pub bound: Option<f64>,
    /// Why there is no such bound.
    pub bound_reason: Option<String>,
}

impl Estimate {
    /// The same of the quantity and a constant in its unit: places move, spreads stay.
    #[must_use]
    pub fn plus(mut self, constant: f64) -> Self {
        for value in [&mut self.mean, &mut self.min, &mut self.max, &mut self.bound].into_iter().flatten() {
            *value += constant;
        }
        for quantile in [&mut self.p50, &mut self.p90, &mut self.p95, &mut self.p99].into_iter().flatten() {
            quantile.point += constant;
            quantile.low += constant;
            if let Some(high) = &mut quantile.high {
                *high += constant;
            }
        }
        self
    }
}
