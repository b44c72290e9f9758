//! Statistics of simulated outcomes: tallies that merge exactly, and estimates with intervals.
//!
//! Nothing here knows what is counted. Every tally holds integers only, so that merging parts in
//! any order gives the same bits; floating point begins where an estimate is made.

mod estimate;
mod histogram;
mod pair;
mod proportion;
mod rank;
mod ratio;
mod record;
mod skewed;
mod tally;

pub use estimate::{Estimate, Quantile};
pub use pair::{Difference, PairTally};
pub use proportion::Proportion;
pub use rank::{Rank, order_statistic_interval};
pub use ratio::{Parts, standard_error_of_ratio};
pub use record::TallyRecord;
pub use skewed::mean_interval;
pub use tally::Tally;

/// The 97.5% point of the standard normal distribution: two-sided intervals of 95%.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Chance left outside an interval, both sides together.
pub const OUTSIDE: f64 = 0.05;

/// Mean of squared deviations from the mean, from integers: Σ (v − mean)².
///
/// With m the whole part of the mean and r the rest of sum ÷ n, the sum of (v − m)² is exact in
/// integers; only the small correction r² ÷ n is not. Subtracting two large floating-point sums
/// instead would lose every digit of a narrow distribution far from zero.
fn squared_deviations(n: u64, sum: u128, sum_of_squares: u128) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let count = u128::from(n);
    let (whole, rest) = (sum / count, sum % count);
    // n m² + 2 m r <= (Σ v)² ÷ n + ..., bounded by Σ v² (Cauchy-Schwarz): it fits unless Σ v² did not.
    let taken = count.saturating_mul(whole.saturating_mul(whole)).saturating_add(2 * whole * rest);
    let about_whole = sum_of_squares.saturating_sub(taken) as f64;
    (about_whole - (rest as f64) * (rest as f64) / n as f64).max(0.0)
}
