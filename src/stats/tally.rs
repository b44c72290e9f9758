//! A mergeable tally of non-negative integers.

use super::estimate::{Estimate, Quantile};
use super::histogram::{self, Histogram};
use super::rank::{Rank, order_statistic_interval, trials_to_resolve};
use super::squared_deviations;

/// Values above this count as this: 2^58 ms are nine million years, 2^58 bytes 288 petabytes, and the
/// squares of 1024 of them fit 128 bits.
pub(super) const LARGEST: u64 = 1 << 58;

/// Tally of non-negative integers (milliseconds, or bytes), and of how many were infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub(super) zeros: u64,
    pub(super) infinite: u64,
    pub(super) above_zero: u64,
    pub(super) sum: u128,
    pub(super) sum_of_squares: u128,
    /// Of the values above zero.
    pub(super) least: Extreme,
    pub(super) greatest: Extreme,
    /// Values above zero.
    pub(super) histogram: Histogram,
}

/// An extreme value, and how many outcomes are equal to it: none before there is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extreme {
    pub(super) value: u64,
    pub(super) times: u64,
}

impl Extreme {
    /// The extreme of two parts; `beyond`: what makes the second one further out.
    fn add(&mut self, other: Self, beyond: fn(&u64, &u64) -> bool) {
        if other.times == 0 || (self.times > 0 && beyond(&self.value, &other.value)) {
            return;
        }
        let times = if self.times > 0 && self.value == other.value { self.times } else { 0 };
        *self = Self { times: times + other.times, ..other };
    }
}

/// Where an outcome lies: between the ends of its bin, and where it would be if those of the bin lay evenly.
#[derive(Clone, Copy)]
struct Located {
    low: f64,
    point: f64,
    high: f64,
}

impl Located {
    fn exactly(value: u64) -> Self {
        Self { low: value as f64, point: value as f64, high: value as f64 }
    }
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finite outcome, in the tally's unit: whole milliseconds or bytes.
    #[inline]
    pub fn record(&mut self, value: u64) {
        if value == 0 {
            self.zeros += 1;
        } else {
            self.record_above_zero(value, 1);
        }
    }

    /// Adds an infinite outcome.
    #[inline]
    pub fn record_infinite(&mut self) {
        self.infinite += 1;
    }

    /// Adds `times` outcomes of the same value, in the tally's unit; none if `times` is 0.
    pub fn record_many(&mut self, value: u64, times: u64) {
        if value == 0 {
            self.zeros += times;
        } else if times > 0 {
            self.record_above_zero(value, times);
        }
    }

    fn record_above_zero(&mut self, value: u64, times: u64) {
        let value = value.min(LARGEST);
        self.reach(Extreme { value, times }, Extreme { value, times });
        self.above_zero += times;
        let (wide, count) = (u128::from(value), u128::from(times));
        self.sum = self.sum.saturating_add(wide * count);
        self.sum_of_squares = self.sum_of_squares.saturating_add((wide * wide).saturating_mul(count));
        self.histogram.record(value, times);
    }

    /// The extremes go as far as these.
    fn reach(&mut self, least: Extreme, greatest: Extreme) {
        self.least.add(least, u64::lt);
        self.greatest.add(greatest, u64::gt);
    }

    /// Adds many finite outcomes.
    ///
    /// # Arguments
    /// `values`: shape \[n\], in the tally's unit, any order.
    pub fn record_all(&mut self, values: &[u64]) {
        // Sums of a part stay in registers: the squares of 1024 values up to 2^58 fit 128 bits.
        for part in values.chunks(1024) {
            // Most of what nobody feels is zero.
            if part.iter().fold(0, |all, value| all | value) == 0 {
                self.zeros += part.len() as u64;
                continue;
            }
            let (mut sum, mut squares, mut zeros) = (0_u128, 0_u128, 0_u64);
            let (mut min, mut max) = (u64::MAX, 0);
            for value in part {
                let value = (*value).min(LARGEST);
                if value == 0 {
                    zeros += 1;
                    continue;
                }
                sum += u128::from(value);
                squares += u128::from(value) * u128::from(value);
                min = min.min(value);
                max = max.max(value);
                self.histogram.record(value, 1);
            }
            self.zeros += zeros;
            if max == 0 {
                continue;
            }
            // Extremes are looked for again only in parts that reach as far as those known.
            let times = |value: u64, reached: bool| {
                let equal = |other: &&u64| (**other).min(LARGEST) == value;
                Extreme { value, times: if reached { part.iter().filter(equal).count() as u64 } else { 0 } }
            };
            let first = self.above_zero == 0;
            let least = times(min, first || min <= self.least.value);
            let greatest = times(max, first || max >= self.greatest.value);
            self.reach(least, greatest);
            self.above_zero += part.len() as u64 - zeros;
            self.sum = self.sum.saturating_add(sum);
            self.sum_of_squares = self.sum_of_squares.saturating_add(squares);
        }
    }

    /// Adds all of another tally. Exact: any order of merging gives the same tally.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.infinite += other.infinite;
        self.sum = self.sum.saturating_add(other.sum);
        self.sum_of_squares = self.sum_of_squares.saturating_add(other.sum_of_squares);
        self.reach(other.least, other.greatest);
        self.above_zero += other.above_zero;
        self.histogram.merge(&other.histogram);
    }

    /// How many outcomes there are, infinite ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.finite() + self.infinite
    }

    /// How many outcomes are finite.
    #[must_use]
    pub fn finite(&self) -> u64 {
        self.zeros + self.above_zero
    }

    /// How many finite outcomes are above zero.
    #[must_use]
    pub fn above_zero(&self) -> u64 {
        self.above_zero
    }

    /// How many outcomes are infinite.
    #[must_use]
    pub fn infinite(&self) -> u64 {
        self.infinite
    }

    /// Sum of the finite outcomes, in the tally's unit: exact.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Least finite outcome, in the tally's unit; `None` without any.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        if self.zeros > 0 { Some(0) } else { (self.above_zero > 0).then_some(self.least.value) }
    }

    /// Greatest finite outcome, in the tally's unit; `None` without any.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        if self.above_zero > 0 { Some(self.greatest.value) } else { (self.zeros > 0).then_some(0) }
    }

    /// Mean of the finite outcomes, in the tally's unit; `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.finite() > 0).then(|| self.sum as f64 / self.finite() as f64)
    }

    /// Variance of the finite outcomes, in the square of the tally's unit; `None` with fewer than two.
    ///
    /// # Formula
    /// Σ (v − mean)² ÷ (n − 1)
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let n = self.finite();
        (n > 1).then(|| squared_deviations(n, self.sum, self.sum_of_squares) / (n - 1) as f64)
    }

    /// Standard error of the mean, in the tally's unit; `None` with fewer than two finite outcomes.
    ///
    /// # Formula
    /// √(variance ÷ n)
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|v| (v / self.finite() as f64).sqrt())
    }

    /// Calls `see` with the least and greatest value of every bin above zero that holds outcomes, and how
    /// many. The least and the greatest outcome stand apart from the rest of their bins: of round figures, which
    /// are the rule where steps take what is written, these are all that there are.
    pub fn for_each_bin(&self, mut see: impl FnMut(u64, u64, u64)) {
        for (low, high, count) in self.histogram.bins() {
            for (low, high, count) in self.apart((low, high), count) {
                if count > 0 {
                    see(low, high, count);
                }
            }
        }
    }

    /// The outcomes of a bin: those equal to the least of all, those between, and those equal to the greatest.
    fn apart(&self, (low, high): (u64, u64), count: u64) -> [(u64, u64, u64); 3] {
        let Extreme { value: least, times: first } = self.least;
        let Extreme { value: greatest, times: last } = self.greatest;
        let first = if (low..=high).contains(&least) { first } else { 0 };
        let last = if (low..=high).contains(&greatest) && greatest > least { last } else { 0 };
        let (low, high) = (low.max(least + u64::from(first > 0)), high.min(greatest - u64::from(last > 0)));
        [(least, least, first), (low, high, count.saturating_sub(first + last)), (greatest, greatest, last)]
    }

    /// The least and the greatest value among which an outcome above zero was counted, as
    /// [`Self::for_each_bin`] tells them, in the tally's unit; `None` beyond the outcomes that there are.
    #[must_use]
    pub fn bin(&self, value: u64) -> Option<(u64, u64)> {
        let known = self.above_zero > 0 && (self.least.value..=self.greatest.value).contains(&value);
        let range = known.then(|| histogram::range(histogram::index(value)))?;
        let parts = self.apart(range, 0);
        parts.into_iter().map(|(low, high, _)| (low, high)).find(|(low, high)| (*low..=*high).contains(&value))
    }

    /// The greatest value that is counted in the same bin as this one.
    #[must_use]
    pub fn end_of_bin(value: u64) -> u64 {
        histogram::range(histogram::index(value)).1
    }

    /// Skewness of the finite outcomes, from the middles of the histogram's bins, which are within a
    /// thousandth of the outcomes; `None` if they do not differ.
    ///
    /// # Formula
    /// Σ (v − mean)³ ÷ n ÷ σ³
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        let n = self.finite() as f64;
        let (mean, deviation) = (self.mean()?, self.variance()?.sqrt());
        let cube = |value: f64, times: u64| times as f64 * ((value - mean) / deviation).powi(3);
        let above: f64 =
            self.histogram.bins().map(|(low, high, here)| cube((low as f64 + high as f64) / 2.0, here)).sum();
        Some((cube(0.0, self.zeros) + above) / n).filter(|g| g.is_finite())
    }

    /// The finite outcome of this rank (from 1, ascending), or the nearest that the histogram's bins
    /// allow: exact below 2048 and where it is the least or the greatest, within a thousandth elsewhere. `None` beyond the
    /// finite ones.
    #[must_use]
    pub fn at_rank(&self, rank: u64) -> Option<f64> {
        self.at_ranks([rank]).pop().flatten()
    }

    /// The same for several ranks in ascending order, in one pass.
    fn at_ranks(&self, ranks: impl IntoIterator<Item = u64>) -> Vec<Option<f64>> {
        self.located(ranks).into_iter().map(|place| place.map(|place| place.point)).collect()
    }

    /// Where outcomes of these ranks lie, as narrow as the histogram tells.
    fn located(&self, ranks: impl IntoIterator<Item = u64>) -> Vec<Option<Located>> {
        let mut bins = self.histogram.bins();
        let mut bin = bins.next();
        let mut before = 0;
        let (min, max) = (self.least.value, self.greatest.value);
        let mut one = |rank: u64| {
            if rank == 0 || rank > self.finite() {
                return None;
            }
            if rank <= self.zeros {
                return Some(Located::exactly(0));
            }
            let rank = rank - self.zeros;
            if rank <= self.least.times {
                return Some(Located::exactly(min));
            }
            if rank > self.above_zero - self.greatest.times {
                return Some(Located::exactly(max));
            }
            while let Some((low, high, here)) = bin {
                if before + here >= rank {
                    let (low, high) = (low.max(min) as f64, high.min(max) as f64);
                    let position = ((rank - before) as f64 - 0.5) / here as f64;
                    return Some(Located { low, point: low + (high - low) * position, high });
                }
                before += here;
                bin = bins.next();
            }
            Some(Located::exactly(max))
        };
        ranks.into_iter().map(&mut one).collect()
    }

    /// What is not exceeded by these shares of all outcomes, infinite ones included: `None` where that
    /// is infinite. In recorded units, without intervals: for drawing, not for deciding.
    ///
    /// # Arguments
    /// `shares`: within \[0, 1\], ascending.
    #[must_use]
    pub fn profile(&self, shares: &[f64]) -> Vec<Option<f64>> {
        let n = self.count();
        let rank = |share: &f64| ((n as f64 * share).ceil() as u64).clamp(1, n.max(1));
        self.at_ranks(shares.iter().map(rank))
    }

    /// The quantile at `p` over all outcomes in units of `scale` per recorded unit. Its interval holds what
    /// the histogram leaves open too: equal outcomes of which many stand in one bin are only known to lie there.
    ///
    /// # Errors
    /// A phrase that says why there is none: too few outcomes, or it falls on the infinite ones.
    pub fn quantile(&self, p: f64, scale: f64) -> Result<Quantile, String> {
        let percent = p * 100.0;
        let Some(Rank { point, low, high }) = order_statistic_interval(self.count(), p) else {
            let needed = trials_to_resolve(p);
            return Err(format!("a p{percent} with an interval needs {needed} incidents, there are {}", self.count()));
        };
        let at = self.located([low, point, high]);
        match (at[1], at[0]) {
            (Some(Located { point, .. }), Some(Located { low, .. })) => {
                Ok(Quantile { point: point * scale, low: low * scale, high: at[2].map(|at| at.high * scale) })
            }
            _ => Err(format!(
                "falls on the unrecoverable: {:.3}% of {} incidents never recover",
                self.infinite as f64 / self.count() as f64 * 100.0,
                self.count()
            )),
        }
    }

    /// The estimate in units of `scale` per recorded unit (0.001 turns milliseconds into seconds),
    /// beside the closed form's `bound` in the scaled unit, or the reason why there is none.
    #[must_use]
    pub fn estimate(&self, scale: f64, bound: Option<f64>, bound_reason: Option<String>) -> Estimate {
        let split = |p| match self.quantile(p, scale) {
            Ok(quantile) => (Some(quantile), None),
            Err(reason) => (None, Some(reason)),
        };
        let (p50, p50_reason) = split(0.50);
        let (p90, p90_reason) = split(0.90);
        let (p95, p95_reason) = split(0.95);
        let (p99, p99_reason) = split(0.99);
        Estimate {
            n: self.count(),
            mean: self.mean().map(|v| v * scale),
            standard_error: self.standard_error().map(|v| v * scale),
            min: self.min().map(|v| v as f64 * scale),
            max: self.max().map(|v| v as f64 * scale),
            p50,
            p90,
            p95,
            p99,
            p50_reason,
            p90_reason,
            p95_reason,
            p99_reason,
            bound,
            bound_reason,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tally(values: impl IntoIterator<Item = u64>) -> Tally {
        let mut tally = Tally::new();
        values.into_iter().for_each(|v| tally.record(v));
        tally
    }

    /// Outcomes of 1,200,000 (three) and 2,400,000 stand in bins of 1,024 and 2,048, and alone in them; with others
    /// there they stand apart.
    #[test]
    fn extremes_stand_apart_from_their_bins() {
        let bins = |t: &Tally| {
            let mut found = Vec::new();
            t.for_each_bin(|low, high, count| found.push((low, high, count)));
            found
        };
        let mut t = tally([1_200_000, 2_400_000, 1_200_000, 1_200_000]);
        assert_eq!(bins(&t), [(1_200_000, 1_200_000, 3), (2_400_000, 2_400_000, 1)]);
        t.record(1_200_100);
        t.record(2_399_900);
        let (low, high) =
            (histogram::range(histogram::index(1_200_000)).1, histogram::range(histogram::index(2_400_000)).0);
        let apart = [(1_200_000, 1_200_000, 3), (1_200_001, low, 1), (high, 2_399_999, 1), (2_400_000, 2_400_000, 1)];
        assert_eq!(bins(&t), apart);
        assert_eq!(t.bin(1_200_000), Some((1_200_000, 1_200_000)));
        assert_eq!(t.bin(1_200_100), Some((1_200_001, low)));
        assert_eq!(t.bin(2_400_001), None);
        assert_eq!(bins(&tally([5, 5])), [(5, 5, 2)]);
    }

    /// 1..=1000: mean 500.5, variance (n² − 1) ÷ 12 × n ÷ (n − 1) = 83416.67 by the textbook.
    #[test]
    fn moments_of_the_first_thousand_integers() {
        let t = tally(1..=1000);
        assert_eq!(t.mean(), Some(500.5));
        let variance = (1000.0 * 1000.0 - 1.0) / 12.0 * 1000.0 / 999.0;
        assert!((t.variance().unwrap() - variance).abs() < 1e-8);
        assert_eq!((t.min(), t.max(), t.count()), (Some(1), Some(1000), 1000));
        assert_eq!(t.at_rank(500), Some(500.0));
    }

    /// The variance of 1, 2, 3 is 1 wherever they are; floating sums of squares near 2^50 lose it.
    #[test]
    fn variance_far_from_zero_keeps_its_digits() {
        let far = 1_u64 << 50;
        assert_eq!(tally([far + 1, far + 2, far + 3]).variance(), Some(1.0));
    }

    #[test]
    fn a_constant_is_exact_in_every_quantile() {
        let e = tally(std::iter::repeat_n(12_345_678, 1000)).estimate(0.001, Some(13_000.0), None);
        let exact = Quantile { point: 12_345.678, low: 12_345.678, high: Some(12_345.678) };
        assert_eq!((e.p50, e.p99, e.standard_error), (Some(exact), Some(exact), Some(0.0)));
        assert_eq!((e.min, e.max, e.bound), (Some(12_345.678), Some(12_345.678), Some(13_000.0)));
    }

    /// Ranks by hand: of 100,000 values 1000 k, the p95 is the 95,000th; a bin is 1/1000 wide.
    #[test]
    fn quantiles_are_within_a_thousandth() {
        let t = tally((1..=100_000).map(|k| k * 1000));
        for (p, truth) in [(0.5, 50e6), (0.9, 90e6), (0.95, 95e6), (0.99, 99e6)] {
            let q = t.quantile(p, 1.0).unwrap();
            assert!((q.point / truth - 1.0).abs() < 1e-3, "{p}: {q:?}");
            assert!(q.low < truth && truth < q.high.unwrap());
        }
    }

    /// 1300, 1360, 1420 and 1480 s as often: p95 and p99 are 1480 s, the greatest, and known exactly; p1 is the
    /// least. A bin is 1.024 s wide there (2^20 ms ÷ 2^10), and where in it those of 1360 s lie nobody knows.
    #[test]
    fn the_interval_of_a_quantile_holds_an_outcome_that_many_share() {
        let t = tally((0..100_000).map(|n| 1_300_000 + n % 4 * 60_000));
        for (p, truth) in [(0.5, 1_360_000.0), (0.95, 1_480_000.0), (0.99, 1_480_000.0)] {
            let q = t.quantile(p, 1.0).unwrap();
            assert!(q.low <= truth && truth <= q.high.unwrap(), "{p}: {q:?}");
            assert!((q.point / truth - 1.0).abs() < 1e-3, "{p}: {q:?}");
        }
        let exactly = |value| Ok(Quantile { point: value, low: value, high: Some(value) });
        let far = |t: &Tally| [0.01, 0.95, 0.99].map(|p| t.quantile(p, 1.0));
        let truth = [exactly(1_300_000.0), exactly(1_480_000.0), exactly(1_480_000.0)];
        assert_eq!(far(&t), truth);
        // Many at once, and in parts that are joined.
        let mut joined = Tally::new();
        for part in 0..4_u64 {
            let values: Vec<u64> = (0..25_000).map(|_| 1_300_000 + part * 60_000).collect();
            let mut one = Tally::new();
            one.record_all(&values);
            joined.merge(&one);
        }
        assert_eq!((far(&joined), joined == t), (truth, true));
    }

    #[test]
    fn infinite_outcomes_count_in_quantiles_and_not_in_the_mean() {
        let mut t = tally(std::iter::repeat_n(1000, 960));
        (0..40).for_each(|_| t.record_infinite());
        let e = t.estimate(1.0, None, Some("no bound".into()));
        assert_eq!((e.n, e.mean, e.max), (1000, Some(1000.0), Some(1000.0)));
        assert_eq!(e.p50, Some(Quantile { point: 1000.0, low: 1000.0, high: Some(1000.0) }));
        // 950 of 1000 is finite; the interval's high rank, 950 + 1.96 × √47.5 = 963.5, is not.
        assert_eq!(e.p95, Some(Quantile { point: 1000.0, low: 1000.0, high: None }));
        assert_eq!(e.p99, None);
        assert!(e.p99_reason.unwrap().contains("4.000%"));
    }

    #[test]
    fn too_few_incidents_withhold_a_quantile_with_the_reason() {
        let e = tally(1..=100).estimate(1.0, None, None);
        assert!(e.p95.is_some() && e.p99.is_none());
        assert!(e.p99_reason.unwrap().contains("needs 368 incidents, there are 100"));
        let nothing = Tally::new().estimate(1.0, None, None);
        assert_eq!((nothing.n, nothing.mean, nothing.min, nothing.p50), (0, None, None, None));
    }

    /// By hand: of 0, 0, 1 … 6 and two infinite, the shares 0, 0.2, 0.5, 0.8 and 1 have the ranks 1, 2, 5,
    /// 8 and 10.
    #[test]
    fn a_profile_runs_from_the_least_to_the_infinite() {
        let mut t = tally([0, 0, 1, 2, 3, 4, 5, 6]);
        (0..2).for_each(|_| t.record_infinite());
        assert_eq!(t.profile(&[0.0, 0.2, 0.5, 0.8, 1.0]), [Some(0.0), Some(0.0), Some(3.0), Some(6.0), None]);
        assert_eq!(Tally::new().profile(&[0.0, 1.0]), [None, None]);
    }

    #[test]
    fn merging_in_any_order_and_split_gives_the_same_estimate() {
        let value = |i: u64| ((i * 7919) % 100_003 * (i % 5)) << (i % 17);
        let whole = tally((0..30_000).map(value));
        let parts: Vec<Tally> = (0..3).map(|k| tally((0..30_000).filter(|i| i % 3 == k).map(value))).collect();
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut merged = Tally::new();
            order.iter().for_each(|n: &usize| merged.merge(&parts[*n]));
            assert_eq!(merged, whole);
            assert_eq!(merged.estimate(1.0, None, None), whole.estimate(1.0, None, None));
        }
    }

    #[test]
    fn many_at_once_is_the_same_as_one_by_one_and_huge_values_do_not_overflow() {
        let mut many = Tally::new();
        many.record_many(77, 10);
        many.record_many(0, 5);
        let one_by_one = tally(std::iter::repeat_n(77, 10).chain(std::iter::repeat_n(0, 5)));
        assert_eq!(many.estimate(1.0, None, None), one_by_one.estimate(1.0, None, None));
        let mut huge = tally([u64::MAX, 1 << 50]);
        huge.record_many(u64::MAX, u64::MAX >> 8);
        assert_eq!(huge.max(), Some(LARGEST));
        assert!(huge.mean().unwrap().is_finite());
    }
}
