//! Distributions of durations, drawn by one uniform through the inverse distribution function.
//!
//! Elementary functions come from `libm`, compiled from source, so that the same draw gives the
//! same bits on every supported processor.

use std::fmt;

use super::beta::{Beta, Solution};
use crate::units::Seconds;

/// The shape of a distribution; all times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant(f64),
    /// The logarithm is normal.
    LogNormal {
        /// Half of all draws are below.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Without memory.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Three estimates by a person: a beta distribution stretched to [min, max], whose mean is
    /// (min + 4 mode + max) / 6.
    Pert {
        /// Least.
        min: f64,
        /// Likeliest.
        mode: f64,
        /// Most.
        max: f64,
    },
    /// Any value between two.
    Uniform {
        /// Least.
        low: f64,
        /// Most.
        high: f64,
    },
    /// Wear (shape above 1) or early failure (below 1).
    Weibull {
        /// Shape.
        shape: f64,
        /// Scale: 63.2% of draws are below.
        scale: f64,
    },
    /// One of these, each as likely; ascending.
    Empirical(Vec<f64>),
    /// Detection by missed heartbeats: uniform on [(misses − 1) × every, misses × every].
    Heartbeat {
        /// From one beat to the next.
        every: f64,
        /// Missed beats that raise the alarm.
        misses: u32,
    },
}

/// A valid distribution of a duration: never negative, never NaN, with a finite mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Delay {
    law: Law,
    /// The factor by which all of it may be longer or shorter.
    off_by: f64,
}

impl Delay {
    /// Checks a law.
    ///
    /// # Errors
    /// What is wrong with its parameters, as a phrase: a value that is not finite or negative,
    /// `min <= mode <= max` or `low <= high` broken, an empty list, a mean beyond `f64`.
    pub fn new(law: Law) -> Result<Self, &'static str> {
        let fine = |values: &[f64]| values.iter().all(|v| v.is_finite() && *v >= 0.0);
        match &law {
            Law::Constant(v) if !fine(&[*v]) => return Err("must be finite and not negative"),
            Law::LogNormal { median, sigma } if !fine(&[*median, *sigma]) || *median <= 0.0 => {
                return Err("needs a median above zero and a finite sigma that is not negative");
            }
            Law::Exponential { mean } if !fine(&[*mean]) || *mean <= 0.0 => return Err("needs a mean above zero"),
            Law::Pert { min, mode, max } if !fine(&[*min, *mode, *max]) || min > mode || mode > max => {
                return Err("needs min <= mode <= max");
            }
            Law::Uniform { low, high } if !fine(&[*low, *high]) || low > high => return Err("needs low <= high"),
            Law::Weibull { shape, scale } if !fine(&[*shape, *scale]) || *shape <= 0.0 || *scale <= 0.0 => {
                return Err("needs a shape and a scale above zero");
            }
            Law::Empirical(samples) if samples.is_empty() => return Err("needs at least one sample"),
            Law::Empirical(samples) if !fine(samples) => return Err("has a sample that is negative or not finite"),
            Law::Heartbeat { every, misses } if !fine(&[*every]) || *every <= 0.0 || *misses == 0 => {
                return Err("needs an interval above zero and at least one missed beat");
            }
            _ => {}
        }
        let law = match law {
            Law::Empirical(mut samples) => {
                samples.sort_by(f64::total_cmp);
                Law::Empirical(samples)
            }
            other => other,
        };
        let delay = Self { law, off_by: 1.0 };
        if delay.mean().is_finite() { Ok(delay) } else { Err("has a mean beyond all numbers") }
    }

    /// Always `time`.
    #[must_use]
    pub fn constant(time: Seconds) -> Self {
        Self { law: Law::Constant(time.seconds()), off_by: 1.0 }
    }

    /// The same, of which is known that all of it may be up to `factor` times as long or as short, with 95%.
    #[must_use]
    pub fn known_within(self, factor: f64) -> Self {
        Self { off_by: factor.max(1.0), ..self }
    }

    /// The factor by which all of it may be longer or shorter, with 95%; 1 if it is given as exact.
    #[must_use]
    pub fn off_by(&self) -> f64 {
        self.off_by
    }

    /// Every draw `factor` times as long, as far as there are such numbers.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let scaled = |time: &f64| time * factor;
        let law = match &self.law {
            Law::Constant(time) => Law::Constant(scaled(time)),
            Law::LogNormal { median, sigma } => Law::LogNormal { median: scaled(median), sigma: *sigma },
            Law::Exponential { mean } => Law::Exponential { mean: scaled(mean) },
            Law::Pert { min, mode, max } => Law::Pert { min: scaled(min), mode: scaled(mode), max: scaled(max) },
            Law::Uniform { low, high } => Law::Uniform { low: scaled(low), high: scaled(high) },
            Law::Weibull { shape, scale } => Law::Weibull { shape: *shape, scale: scaled(scale) },
            Law::Empirical(samples) => Law::Empirical(samples.iter().map(scaled).collect()),
            Law::Heartbeat { every, misses } => Law::Heartbeat { every: scaled(every), misses: *misses },
        };
        Self::new(law).map_or_else(|_| self.clone(), |scaled| Self { off_by: self.off_by, ..scaled })
    }

    /// Its shape.
    #[must_use]
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// The value that a share `u` of all draws does not exceed, in seconds; `u` within [0, 1].
    ///
    /// At the ends it is [`Self::min`] and [`Self::max`], infinite where there is no bound.
    ///
    /// # Source
    /// Normal quantile: Wichura (1988), algorithm AS 241, Applied Statistics 37:477-484.
    #[must_use]
    pub fn quantile(&self, u: f64) -> f64 {
        if u <= 0.0 {
            return self.min();
        }
        if u >= 1.0 {
            return self.max();
        }
        match &self.law {
            Law::Constant(v) => *v,
            Law::LogNormal { median, sigma } => median * libm::exp(sigma * normal_quantile(u)),
            Law::Exponential { mean } => -mean * libm::log1p(-u),
            Law::Uniform { low, high } => low + (high - low) * u,
            Law::Heartbeat { every, misses } => every * (f64::from(*misses) - 1.0 + u),
            Law::Weibull { shape, scale } => scale * libm::pow(-libm::log1p(-u), 1.0 / shape),
            Law::Empirical(samples) => samples[((u * samples.len() as f64) as usize).min(samples.len() - 1)],
            Law::Pert { min, mode, max } => pert_quantile(*min, *mode, *max, u, &mut None),
        }
    }

    /// [`Self::quantile`] of each of these shares; cheaper if each is near the one before.
    #[must_use]
    pub fn quantiles(&self, shares: impl Iterator<Item = f64>) -> Vec<f64> {
        let Law::Pert { min, mode, max } = self.law else { return shares.map(|u| self.quantile(u)).collect() };
        let mut near = None;
        shares
            .map(|u| if u > 0.0 && u < 1.0 { pert_quantile(min, mode, max, u, &mut near) } else { self.quantile(u) })
            .collect()
    }

    /// Mean in seconds: always finite.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match &self.law {
            Law::Constant(v) => *v,
            Law::LogNormal { median, sigma } => median * libm::exp(sigma * sigma / 2.0),
            Law::Exponential { mean } => *mean,
            Law::Uniform { low, high } => (low + high) / 2.0,
            Law::Heartbeat { every, misses } => every * (f64::from(*misses) - 0.5),
            Law::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Law::Empirical(samples) => samples.iter().sum::<f64>() / samples.len() as f64,
            Law::Pert { min, mode, max } => (min + 4.0 * mode + max) / 6.0,
        }
    }

    /// Least possible value in seconds, at least 0.
    #[must_use]
    pub fn min(&self) -> f64 {
        match &self.law {
            Law::Constant(v) => *v,
            Law::LogNormal { median, sigma } if *sigma == 0.0 => *median,
            Law::LogNormal { .. } | Law::Exponential { .. } | Law::Weibull { .. } => 0.0,
            Law::Uniform { low, .. } => *low,
            Law::Heartbeat { every, misses } => every * (f64::from(*misses) - 1.0),
            Law::Empirical(samples) => samples[0],
            Law::Pert { min, .. } => *min,
        }
    }

    /// Greatest possible value in seconds; infinite where there is none.
    #[must_use]
    pub fn max(&self) -> f64 {
        match &self.law {
            Law::Constant(v) => *v,
            Law::LogNormal { median, sigma } if *sigma == 0.0 => *median,
            Law::LogNormal { .. } | Law::Exponential { .. } | Law::Weibull { .. } => f64::INFINITY,
            Law::Uniform { high, .. } => *high,
            Law::Heartbeat { every, misses } => every * f64::from(*misses),
            Law::Empirical(samples) => samples[samples.len() - 1],
            Law::Pert { max, .. } => *max,
        }
    }

    /// Whether every draw is the same.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.min() == self.max()
    }
}

/// A number without unit that is drawn once and multiplies several durations; half of all draws are
/// below 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor(Delay);

impl Factor {
    /// A lognormal factor with this standard deviation of the logarithm.
    ///
    /// # Errors
    /// As [`Delay::new`].
    pub fn lognormal(sigma: f64) -> Result<Self, &'static str> {
        Delay::new(Law::LogNormal { median: 1.0, sigma }).map(Self)
    }

    /// A factor anywhere between two that lie around 1.
    ///
    /// # Errors
    /// As [`Delay::new`], and if 1 is not in the middle.
    pub fn uniform(low: f64, high: f64) -> Result<Self, &'static str> {
        // A billionth: what is left of decimals like 0.7 and 1.3 in binary.
        if (low + high - 2.0).abs() > 1e-9 {
            return Err("needs 1 in the middle: half of all incidents are below it");
        }
        Delay::new(Law::Uniform { low, high }).map(Self)
    }

    /// The distribution, where a second stands for 1.
    #[must_use]
    pub fn as_delay(&self) -> &Delay {
        &self.0
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.off_by != 1.0 {
            write!(f, "off by {} at most: ", self.off_by)?;
        }
        match &self.law {
            Law::Constant(v) => write!(f, "{v} s"),
            Law::LogNormal { median, sigma } => write!(f, "lognormal(median {median} s, sigma {sigma})"),
            Law::Exponential { mean } => write!(f, "exponential(mean {mean} s)"),
            Law::Pert { min, mode, max } => write!(f, "PERT({min} s, {mode} s, {max} s)"),
            Law::Uniform { low, high } => write!(f, "uniform({low} s, {high} s)"),
            Law::Weibull { shape, scale } => write!(f, "Weibull(shape {shape}, scale {scale} s)"),
            Law::Empirical(samples) => write!(f, "one of {} samples", samples.len()),
            Law::Heartbeat { every, misses } => write!(f, "heartbeat({every} s × {misses})"),
        }
    }
}

/// Quantile of the PERT distribution, from the inverse of the regularised incomplete beta function;
/// searched from `near`, which it then replaces.
///
/// # Source
/// Malcolm, Roseboom, Clark, Fazar (1959), Operations Research 7:646-669: alpha = 1 + 4 (mode − min)
/// ÷ (max − min), beta = 6 − alpha.
fn pert_quantile(min: f64, mode: f64, max: f64, u: f64, near: &mut Option<Solution>) -> f64 {
    let width = max - min;
    if width <= 0.0 {
        return min;
    }
    let law = Beta::new(1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
    let found = law.quantile(u, near.as_ref());
    *near = Some(found);
    (min + width * found.x).clamp(min, max)
}

/// The value that a standard normal variable does not exceed with chance `p`, 0 < `p` < 1.
///
/// # Returns
/// Accurate to about 1 part in 10^16.
///
/// # Source
/// Wichura (1988), algorithm AS 241 (PPND16), Applied Statistics 37:477-484.
#[inline]
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(&CENTRE_TOP, r) / horner(&CENTRE_BOTTOM, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let value = if r <= 5.0 {
        horner(&MIDDLE_TOP, r - 1.6) / horner(&MIDDLE_BOTTOM, r - 1.6)
    } else {
        horner(&FAR_TOP, r - 5.0) / horner(&FAR_BOTTOM, r - 5.0)
    };
    if q < 0.0 { -value } else { value }
}

#[inline(always)]
fn horner(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

// Coefficients of AS 241, lowest power first, as the paper prints them.
const CENTRE_TOP: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_BOTTOM: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_545e3,
];
const MIDDLE_TOP: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const MIDDLE_BOTTOM: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_TOP: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BOTTOM: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use statrs::distribution::{Beta, ContinuousCDF, Normal};

    #[test]
    fn pert_quantile_inverts_the_beta_distribution_function() {
        for (min, mode, max) in [(0.0, 1.0, 10.0), (5.0, 5.0, 6.0), (1.0, 9.0, 9.0), (0.0, 50.0, 100.0)] {
            let (alpha, beta) = (1.0 + 4.0 * (mode - min) / (max - min), 1.0 + 4.0 * (max - mode) / (max - min));
            let law = Beta::new(alpha, beta).unwrap();
            for u in [1e-9, 0.001, 0.02, 0.3, 0.5, 0.9, 0.999, 1.0 - 1e-9] {
                let x = (pert_quantile(min, mode, max, u, &mut None) - min) / (max - min);
                assert!((law.cdf(x) - u).abs() < 1e-11, "{min} {mode} {max} at {u}");
            }
        }
    }

    #[test]
    fn normal_quantile_inverts_the_distribution_function_of_statrs() {
        let normal = Normal::standard();
        for p in [1e-12, 1e-6, 0.001, 0.05, 0.07, 0.3, 0.5, 0.77, 0.93, 0.999, 1.0 - 1e-9] {
            let back = normal.cdf(normal_quantile(p));
            // 1e-10: the accuracy of the distribution function of statrs in its tails.
            assert!((back - p).abs() <= 1e-10 * p.max(1e-3), "{p} came back as {back}");
        }
        // 1.959963984540054 is the textbook 97.5% point.
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
    }
}
