//! How much longer something lasts that has lasted so long already.

use statrs::distribution::{Beta, ContinuousCDF, Normal};
use statrs::function::gamma::{checked_gamma_ur, gamma};

use super::{Delay, Law};

impl Delay {
    /// Expectation of what is left of a duration once it has lasted `elapsed` seconds.
    ///
    /// # Formula
    /// E\[T − t | T > t\], from the partial expectation of each law: with μ the mean,
    /// lognormal μ Φ(σ − z) ÷ Φ(−z) − t with z = ln(t ÷ median) ÷ σ; exponential μ; Weibull
    /// μ Q(1 + 1 ÷ k, (t ÷ λ)^k) ÷ exp(−(t ÷ λ)^k) − t with Q the upper regularised gamma function; PERT on
    /// \[0, 1\] α ÷ (α + β) (1 − I(α + 1, β)) ÷ (1 − I(α, β)) − t.
    ///
    /// # Returns
    /// Seconds; `None` if it never lasts longer than `elapsed`, or so rarely that doubles cannot tell.
    #[must_use]
    pub fn residual_mean(&self, elapsed: f64) -> Option<f64> {
        let t = elapsed.max(0.0);
        if t >= self.max() {
            return None;
        }
        if t < self.min() || t == 0.0 {
            return Some(self.mean() - t);
        }
        let beyond = match self.law() {
            Law::Constant(value) => *value,
            Law::Exponential { mean } => t + mean,
            Law::LogNormal { median, sigma } => {
                let normal = Normal::standard();
                let z = libm::log(t / median) / sigma;
                self.mean() * normal.cdf(sigma - z) / normal.cdf(-z)
            }
            Law::Weibull { shape, scale } => {
                let x = libm::pow(t / scale, *shape);
                let a = 1.0 + 1.0 / shape;
                scale * gamma(a) * checked_gamma_ur(a, x).ok()? / libm::exp(-x)
            }
            Law::Uniform { high, .. } => (t + high) / 2.0,
            Law::Heartbeat { every, misses } => (t + every * f64::from(*misses)) / 2.0,
            Law::Empirical(samples) => {
                let left = &samples[samples.partition_point(|sample| *sample <= t)..];
                left.iter().sum::<f64>() / left.len() as f64
            }
            Law::Pert { min, mode, max } => {
                let width = max - min;
                let (alpha, beta) = (1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
                let (law, shifted) = (Beta::new(alpha, beta).ok()?, Beta::new(alpha + 1.0, beta).ok()?);
                let x = (t - min) / width;
                min + width * alpha / (alpha + beta) * shifted.sf(x) / law.sf(x)
            }
        };
        let left = beyond - t;
        (left.is_finite() && left > 0.0).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Mean of the quantile function above `t`, by the midpoint rule: what the formulas are derived from.
    fn by_quantiles(delay: &Delay, t: f64) -> f64 {
        let n = 40_000;
        let draws = (0..n).map(|i| delay.quantile((f64::from(i) + 0.5) / f64::from(n))).filter(|x| *x > t);
        let (count, sum) = draws.fold((0.0, 0.0), |(count, sum), x| (count + 1.0, sum + x));
        sum / count - t
    }

    #[test]
    fn the_formulas_agree_with_the_quantile_functions() {
        let laws = [
            Law::LogNormal { median: 27_360.0, sigma: 0.56 },
            Law::Exponential { mean: 3600.0 },
            Law::Weibull { shape: 1.5, scale: 5000.0 },
            Law::Weibull { shape: 0.7, scale: 5000.0 },
            Law::Uniform { low: 600.0, high: 9000.0 },
            Law::Pert { min: 100.0, mode: 1000.0, max: 9000.0 },
            Law::Empirical(vec![1.0, 5.0, 5.0, 100.0, 7000.0]),
            Law::Heartbeat { every: 60.0, misses: 3 },
        ];
        for law in laws {
            let delay = Delay::new(law).unwrap();
            for u in [0.0, 0.1, 0.5, 0.9] {
                let t = delay.quantile(u) * 0.999;
                let (formula, sum) = (delay.residual_mean(t).unwrap(), by_quantiles(&delay, t));
                // 1%: what the midpoint rule leaves out of the tail beyond its last point.
                assert!((formula / sum - 1.0).abs() < 1e-2, "{delay} at {t}: {formula} against {sum}");
            }
        }
    }

    #[test]
    fn nothing_is_left_beyond_the_longest() {
        let delay = Delay::new(Law::Uniform { low: 1.0, high: 3.0 }).unwrap();
        assert_eq!(delay.residual_mean(3.0), None);
        assert_eq!(delay.residual_mean(0.5), Some(1.5));
        let constant = Delay::new(Law::Constant(10.0)).unwrap();
        assert_eq!((constant.residual_mean(4.0), constant.residual_mean(10.0)), (Some(6.0), None));
        // Far in the tail doubles know nothing of the distribution any more.
        let long = Delay::new(Law::LogNormal { median: 1.0, sigma: 0.1 }).unwrap();
        assert_eq!(long.residual_mean(1e9), None);
    }
}
