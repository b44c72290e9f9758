//! The interval of a mean whose sample leans to one side, as times down do: most years have none, a few have much.

use super::{OUTSIDE, Z_95};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Degrees of freedom from which on Student's t is the normal distribution, to the third digit.
const NORMAL_FROM: u64 = 1000;

/// The 97.5% point of Student's t.
pub(super) fn student(freedom: u64) -> f64 {
    if freedom >= NORMAL_FROM {
        return Z_95;
    }
    StudentsT::new(0.0, 1.0, freedom as f64).map_or(Z_95, |t| t.inverse_cdf(1.0 - OUTSIDE / 2.0))
}

/// Interval of 95% of the mean of `n` values, in their unit.
///
/// # Arguments
/// `n`: two at least. `error`: the standard error of the mean. `skewness`: of the values.
///
/// # Formula
/// With T = (mean − truth) ÷ error and γ the skewness, T + γ ÷ (3 √n) T² + γ² ÷ (27 n) T³ + γ ÷ (6 √n) is almost normal
/// where T leans by γ ÷ √n. Its inverse at ±t, Student's with n − 1 degrees of freedom in place of the normal's, gives
/// the ends: (3 √n ÷ γ) (∛(1 + γ ÷ √n (±t − γ ÷ (6 √n))) − 1).
///
/// # Source
/// Hall (1992), On the removal of skewness by transformation, JRSS B 54:221-228.
#[must_use]
pub fn mean_interval(n: u64, (mean, error): (f64, f64), skewness: f64) -> (f64, f64) {
    let lean = skewness / (n as f64).sqrt();
    let ends = |t: f64| {
        let found = 3.0 / lean * (libm::cbrt(1.0 + lean * (t - lean / 6.0)) - 1.0);
        // Where nothing leans the formula has nothing to divide by.
        if lean.abs() < SYMMETRIC { t } else { found }
    };
    let t = student(n.saturating_sub(1));
    (mean - error * ends(t), mean - error * ends(-t))
}

/// Below this the cube root loses more digits than the lean changes.
const SYMMETRIC: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    /// Without skewness Student's interval: t(0.975, 9) = 2.262157 from any table. With it, each end is where the
    /// polynomial of the formula is ±t.
    #[test]
    fn ends_are_where_the_transformed_mean_is_students() {
        let (low, high) = mean_interval(10, (5.0, 2.0), 0.0);
        assert!((low - (5.0 - 2.0 * 2.262_157)).abs() < 1e-5 && (high - (5.0 + 2.0 * 2.262_157)).abs() < 1e-5);
        for skewness in [-1.5, 0.3, 2.0] {
            let (low, high) = mean_interval(10, (5.0, 2.0), skewness);
            let transformed = |truth: f64| {
                let (t, lean) = ((5.0 - truth) / 2.0, skewness / 10_f64.sqrt());
                t + lean / 3.0 * t * t + lean * lean / 27.0 * t * t * t + lean / 6.0
            };
            let found = [transformed(low), transformed(high)];
            assert!((found[0] - 2.262_157).abs() < 1e-5 && (found[1] + 2.262_157).abs() < 1e-5, "{found:?}");
            // Seldom much down: the truth may lie farther above what was seen than below.
            assert_eq!(high - 5.0 > 5.0 - low, skewness > 0.0);
        }
    }
}
