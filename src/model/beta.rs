//! The beta distribution, which estimates by three points follow.
//!
//! With elementary functions from `libm` and no others, so that quantiles have the same bits on every
//! supported processor; and with a start for the search, so that tables of them cost little.

/// A beta distribution on [0, 1].
#[derive(Clone, Copy, Debug)]
pub(super) struct Beta {
    alpha: f64,
    beta: f64,
    /// −ln B(alpha, beta).
    log_scale: f64,
}

/// A point with its distribution function and density.
struct Point {
    below: f64,
    density: f64,
}

impl Beta {
    /// With these parameters, both of at least 1.
    pub(super) fn new(alpha: f64, beta: f64) -> Self {
        let log_scale = libm::lgamma(alpha + beta) - libm::lgamma(alpha) - libm::lgamma(beta);
        Self { alpha, beta, log_scale }
    }

    pub(super) fn mean(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// The distribution function and the density at `x`, 0 < `x` < 1.
    ///
    /// # Formula
    /// I(x; a, b) = x^a (1 − x)^b ÷ (a B(a, b)) × continued fraction, on the side of the mean where it
    /// converges fast; on the other 1 − I(1 − x; b, a)
    ///
    /// # Source
    /// NIST Digital Library of Mathematical Functions, 8.17.4 and 8.17.22.
    fn at(&self, x: f64) -> Point {
        let (alpha, beta) = (self.alpha, self.beta);
        let front = libm::exp(self.log_scale + alpha * libm::log(x) + beta * libm::log1p(-x));
        let below = if x * (alpha + beta + 2.0) < alpha + 1.0 {
            front * fraction(x, alpha, beta) / alpha
        } else {
            1.0 - front * fraction(1.0 - x, beta, alpha) / beta
        };
        Point { below, density: front / (x * (1.0 - x)) }
    }

    /// f′ ÷ f at `x`.
    fn slope(&self, x: f64) -> f64 {
        (self.alpha - 1.0) / x - (self.beta - 1.0) / (1.0 - x)
    }

    /// The value that a share `u` of draws does not exceed, 0 < `u` < 1, searched from the solution for
    /// another share, if there is one.
    ///
    /// # Returns
    /// Accurate to about 1e-13: of a width of three centuries a millisecond.
    pub(super) fn quantile(&self, u: f64, near: Option<&Solution>) -> Solution {
        // Two terms of the Taylor series of the inverse: x′ = 1 ÷ f, x″ = −f′ ÷ f³.
        let guess = |from: &Solution| {
            let step = (u - from.share) / from.density;
            from.x + step - 0.5 * step * step * self.slope(from.x)
        };
        let start = near.map(guess).filter(|x| *x > 0.0 && *x < 1.0);
        // Newton's method inside a bracket that every step narrows.
        let (mut low, mut high) = (0.0, 1.0);
        let mut x = start.unwrap_or_else(|| self.mean());
        let mut density = 0.0;
        for _ in 0..100 {
            let point = self.at(x);
            let excess = point.below - u;
            if excess > 0.0 {
                high = x;
            } else {
                low = x;
            }
            let newton = x - excess / point.density;
            let inside = newton > low && newton < high;
            let next = if inside { newton } else { 0.5 * (low + high) };
            let step = next - x;
            // What a step of Newton's leaves is half its square times f′ ÷ f; the step itself bounds the
            // error where that is no guide.
            let left = step * step * self.slope(x).abs();
            density = point.density * (1.0 + step * self.slope(x)).max(0.5);
            x = next;
            if step.abs() < 1e-13 || (inside && step.abs() < 1e-6 && left < 1e-13 * x.min(1.0 - x)) {
                break;
            }
        }
        Solution { share: u, x, density }
    }
}

/// A share, its quantile on [0, 1] and about the density there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solution {
    share: f64,
    pub(super) x: f64,
    density: f64,
}

/// The continued fraction of the incomplete beta function, by the modified method of Lentz.
///
/// # Source
/// Thompson, Barnett (1986), Journal of Computational Physics 64:490-509.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    /// Stands for a denominator of zero.
    const TINY: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    // Some ten terms for the parameters of estimates; a hundred are never needed.
    for n in 1..=100 {
        let n = f64::from(n);
        let even = n * (b - n) * x / ((a + 2.0 * n - 1.0) * (a + 2.0 * n));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        product *= c * d;
        let odd = -(a + n) * (a + b + n) * x / ((a + 2.0 * n) * (a + 2.0 * n + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        product *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use statrs::distribution::{Beta as Known, Continuous, ContinuousCDF};

    use super::*;

    #[test]
    fn distribution_and_density_are_those_of_statrs() {
        for alpha in [1.0, 1.3, 2.0, 3.0, 4.7, 5.0] {
            let (own, known) = (Beta::new(alpha, 6.0 - alpha), Known::new(alpha, 6.0 - alpha).unwrap());
            for x in [1e-6, 0.001, 0.1, 0.3, 0.5, 0.77, 0.999] {
                let point = own.at(x);
                assert!((point.below - known.cdf(x)).abs() < 1e-13, "{alpha} {x}");
                // 1e-11: what the logarithm of the gamma function of statrs leaves.
                assert!((point.density / known.pdf(x) - 1.0).abs() < 1e-11, "{alpha} {x}");
            }
        }
    }

    #[test]
    fn the_start_of_the_search_does_not_matter() {
        let law = Beta::new(1.0 + 4.0 / 7.0, 5.0 - 4.0 / 7.0);
        for u in [1e-9, 0.02, 0.5, 0.999] {
            let alone = law.quantile(u, None).x;
            for share in [1e-9, 1e-3, 0.4, u - 1e-4, u + 1e-4, 0.999_999] {
                let near = law.quantile(share, None);
                assert!((law.quantile(u, Some(&near)).x - alone).abs() < 1e-12, "{u} from {share}");
            }
        }
    }
}
