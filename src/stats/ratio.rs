//! The error of a ratio of two sums, such as time down per year lived where lifetimes end early.

use super::squared_deviations;

/// Sums over n pairs of x and of m, what the whole length is ahead of y: y = whole − m.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Σ x
    pub sum: u128,
    /// Σ x²
    pub squares: u128,
    /// Σ m
    pub missing: u128,
    /// Σ m²
    pub missing_squares: u128,
    /// Σ x m
    pub product: u128,
}

/// Standard error of R = Σ x ÷ Σ y times the mean of y; `None` with fewer than two pairs, or if nothing of y is
/// left.
///
/// # Arguments
/// `of`: Σ y, in the unit of m.
///
/// # Formula
/// √(Σ (x − R y)² ÷ (n − 1) ÷ n), the sum from deviations of x and m, as those of y are those of −m:
/// S_xx + 2 R S_xm + R² S_mm.
///
/// # Source
/// Cochran (1977), Sampling Techniques, 3rd edition, section 2.11.
#[must_use]
pub fn standard_error_of_ratio(n: u64, parts: &Parts, of: u128) -> Option<f64> {
    if n < 2 || of == 0 {
        return None;
    }
    let x = squared_deviations(n, parts.sum, parts.squares);
    let residuals = if parts.missing == 0 {
        x
    } else {
        let ratio = parts.sum as f64 / of as f64;
        let m = squared_deviations(n, parts.missing, parts.missing_squares);
        let both = parts.product as f64 - parts.sum as f64 / n as f64 * parts.missing as f64;
        (x + ratio * (2.0 * both + ratio * m)).max(0.0)
    };
    Some((residuals / (n - 1) as f64 / n as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three lifetimes of 10, 5 and 1 with 4, 1 and 2 of something, against the residuals one by one.
    #[test]
    fn residuals_by_hand() {
        let (x, y) = ([4_u128, 1, 2], [10_u128, 5, 1]);
        let missing = y.map(|y| 10 - y);
        let sum = |terms: [u128; 3]| terms.iter().sum::<u128>();
        let parts = Parts {
            sum: sum(x),
            squares: sum(x.map(|x| x * x)),
            missing: sum(missing),
            missing_squares: sum(missing.map(|m| m * m)),
            product: (0..3).map(|n| x[n] * missing[n]).sum(),
        };
        // R = 7 / 16; residuals 4 - 70/16 = -6/16, 1 - 35/16 = -19/16, 2 - 7/16 = 25/16.
        let by_hand = ((36.0 + 361.0 + 625.0) / 256.0 / 2.0 / 3.0_f64).sqrt();
        let found = standard_error_of_ratio(3, &parts, sum(y));
        assert!(found.is_some_and(|found| (found - by_hand).abs() < 1e-12), "{found:?} {by_hand}");
        assert_eq!(standard_error_of_ratio(1, &parts, 16), None);
        assert_eq!(standard_error_of_ratio(3, &parts, 0), None);
    }
}
