//! The chance of a long year from incidents: what one failure does, what a further one in the middle of it
//! changes, composed over a year in which failures may strike several times. Rare things are measured by it that
//! no number of lifetimes would meet.

use pulp::{Arch, NullaryFnOnce};
use serde::{Deserialize, Serialize};

use super::drills::{drills_in_cells, with_drills};
use super::gaps::bias_of_long_years;
use super::objective::MS;
use crate::id::FailureId;
use crate::model::Scenario;
use crate::sim::{BySet, Change, IncidentTally, Overlaps, Renewals, Tail, TierTally};
use crate::stats::Z_95;

/// Seconds down in a year beyond which a year is long.
pub(super) const LONG: f64 = 3600.0;

/// Cells of an hour: rounding down and up to 10 seconds brackets the truth. Where a precision is asked for,
/// to a second: that takes milliseconds, for each tier, and less than what coarser ones leave open.
pub(super) const CELLS: usize = 360;
const FINE: usize = 3600;

/// The chance that a year is down for more than an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Composed {
    /// The chance.
    pub point: f64,
    /// Low end: sampling at 95%, rounding, and the bound on the bias.
    pub low: f64,
    /// High end.
    pub high: f64,
    /// Standard error of sampling ÷ chance; `None` if it is zero or nothing is known of its error.
    pub relative_error: Option<f64>,
    /// Bound on what the assumption of a Poisson number of incidents that never overlap may be wrong by;
    /// where overlaps are simulated, on what is left out of them. It holds what a `gap` that is not exponential
    /// makes of the number, in ten years from a start with everything new.
    pub bias_bound: f64,
}

/// Share of the time outside of episodes from which on overlaps say something. They are forced into episodes
/// that begin with everything up, and a busy share b of the time is off by up to b² of itself: here by 1%.
const LEAST_CALM: f64 = 0.9;

/// What is known of rare things of a tier, if it was looked for.
#[derive(Clone, Copy)]
pub(super) struct Rare<'a> {
    pub(super) tails: &'a [Tail],
    pub(super) overlaps: &'a Overlaps,
}

impl Rare<'_> {
    /// Why what was found says nothing; `None` if it does.
    pub(super) fn withheld(&self) -> Option<String> {
        let calm = self.overlaps.calm;
        (calm < LEAST_CALM).then(|| {
            format!(
                "failures follow one another so fast that everything is up and nothing under way for only {:.0}% of \
                 the time; what overlaps add is worked out from there, and says nothing below {:.0}%",
                (calm * 100.0).floor(),
                LEAST_CALM * 100.0
            )
        })
    }
}

/// The year of a tier, composed of its incidents.
struct Year<'a> {
    parts: Vec<Part<'a>>,
    /// Bounds of the chance of a long year, from rounding times down and up.
    least: f64,
    most: f64,
    /// The chance that the year's time is in these cells or below.
    cumulative: Vec<f64>,
}

impl<'a> Year<'a> {
    /// # Formula
    /// Panjer's recursion for a Poisson number of incidents: with λ the rate of all, f the distribution of one
    /// incident's time in cells, p₀ = exp(−λ (1 − f₀)), p_s = λ ÷ s × Σ j f_j p_(s−j); the chance is 1 − Σ p_s
    /// up to the hour. Times are rounded down for the low, up for the high end. What the way home adds to an
    /// incident moves it from one cell to another; drills add a sum of their own, see [`with_drills`].
    ///
    /// # Source
    /// Panjer (1981), Recursive evaluation of a family of compound distributions, ASTIN Bulletin 12:22-26.
    fn new(scenario: &Scenario, tier: &TierTally, rare: Option<Rare<'a>>, cells: usize) -> Self {
        let parts = parts(scenario, tier, rare);
        let [down, up] = in_cells(parts.iter(), cells);
        let drills = |round: fn(f64) -> f64| drills_in_cells(scenario, tier, round, cells);
        let (least, within) = with_drills(beyond(&down), &drills(f64::floor));
        let (most, within_up) = with_drills(beyond(&up), &drills(f64::ceil));
        let mut sum = 0.0;
        let running = |(a, b): (&f64, &f64)| {
            sum += (a + b) / 2.0;
            sum
        };
        let cumulative = within.iter().zip(&within_up).map(running).collect();
        // What is taken away is rounded like what it is taken from, and alone the other way round.
        Self { parts, least: least.min(most), most: least.max(most), cumulative }
    }

    fn point(&self) -> f64 {
        (self.least + self.most) / 2.0
    }

    /// By how much an incident more of so many seconds changes the chance.
    ///
    /// # Formula
    /// g(x) = F(h) − F(h − x), F the distribution of the year's time, h an hour.
    fn worth(&self, seconds: f64) -> f64 {
        let cells = self.cumulative.len() - 1;
        match cell(seconds, f64::round, cells) {
            0 => 0.0,
            far if far > cells => self.cumulative[cells],
            near => self.cumulative[cells] - self.cumulative[cells - near],
        }
    }

    /// Variance of the chance from each part: that of the mean of what its incidents are worth.
    fn variances(&self) -> impl Iterator<Item = (Sampled, f64)> + '_ {
        self.parts.iter().map(|part| (part.of, part.variance(&|seconds| self.worth(seconds))))
    }
}

/// Composes the year of a tier.
///
/// # Formula
/// See [`Year`], and [`bias_of_long_years`] for what it leaves out. With `rare`, incidents that overlap are one
/// episode, and episodes begin in the calm part of the year. An incident that never recovers counts no time, as in
/// [`super::RareEvent`].
pub(super) fn year_over_an_hour(
    scenario: &Scenario,
    tier: &TierTally,
    renewals: &Renewals,
    rare: Option<Rare<'_>>,
) -> Composed {
    let year = Year::new(scenario, tier, rare, if rare.is_some() { FINE } else { CELLS });
    let point = year.point();
    let error = year.variances().map(|(_, variance)| variance).sum::<f64>().sqrt();
    // With overlaps, the calm part of a year differs from year to year by less than what is not calm.
    let of_overlaps = rare.map_or(0.0, |rare| rare.overlaps.left_out_per_year + (1.0 - rare.overlaps.calm) * point);
    let bias_bound = (of_overlaps + bias_of_long_years(scenario, tier, renewals, rare)).min(1.0);
    Composed {
        point,
        low: (year.least - Z_95 * error - bias_bound).max(0.0),
        high: (year.most + Z_95 * error + bias_bound).min(1.0),
        relative_error: (point > 0.0 && error > 0.0).then(|| error / point),
        bias_bound,
    }
}

/// What a part of a figure's error comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampled {
    /// Incidents drawn plainly.
    Incidents,
    /// Incidents that were followed home.
    Returns,
    /// Long incidents of this one of the tails, and the parts of more that are best drawn from each set.
    Tail(usize, BySet),
    /// Episodes of overlapping failures.
    Overlaps,
}

/// How far off a figure is, and where that comes from.
pub(super) struct OffBy {
    /// Half its interval of sampling as a share of it.
    pub(super) off: f64,
    /// What rounding adds to that, and no sampling narrows.
    pub(super) rounding: f64,
    /// What it was sampled from, and the part of its variance that is from there.
    pub(super) from: Vec<(Sampled, f64)>,
}

/// Chances below this are of no year that anybody plans for.
const LEAST_CHANCE: f64 = 1e-9;

/// How far off a tier's chance of a long year is from sampling and from rounding; `None` if there are no such years.
pub(super) fn off_by(scenario: &Scenario, tier: &TierTally, rare: Rare<'_>) -> Option<OffBy> {
    let year = Year::new(scenario, tier, Some(rare), CELLS);
    let mut from: Vec<(Sampled, f64)> = Vec::new();
    for (of, variance) in year.variances() {
        // One campaign draws the incidents of all failures.
        match from.iter_mut().find(|(known, _)| *known == of) {
            Some((_, sum)) => *sum += variance,
            None => from.push((of, variance)),
        }
    }
    let sum: f64 = from.iter().map(|(_, variance)| variance).sum();
    for (sampled, variance) in &mut from {
        *variance /= sum;
        if let Sampled::Tail(n, parts) = sampled {
            let share = scenario.failures[rare.tails[*n].failure].share * MS;
            *parts = rare.tails[*n].parts(|time| year.worth(time as f64 * share));
        }
    }
    let point = year.point();
    // What finer cells will leave of it.
    let rounding = (year.most - year.least) / 2.0 * CELLS as f64 / FINE as f64 / point;
    let error = Z_95 * sum.sqrt();
    let off = OffBy { off: error / point, rounding, from };
    (point > 0.0 && sum > 0.0 && point + error > LEAST_CHANCE).then_some(off)
}

/// Incidents of the application.
pub(super) fn application(tier: &TierTally) -> impl Iterator<Item = &IncidentTally> {
    tier.incidents.iter().filter(|tally| tally.service.is_none() && tally.n > 0)
}

/// Incidents of about the same time down.
#[derive(Clone, Copy)]
pub(super) struct Time {
    /// Least and greatest seconds.
    low: f64,
    high: f64,
    /// What they count in a year.
    each: f64,
    /// How many of the drawn they are.
    count: f64,
    /// By which of the drawn they were made, where one makes several.
    maker: u64,
}

/// Incidents that were sampled together.
pub(super) struct Part<'a> {
    of: Sampled,
    /// Whose they are; `None` for those of several failures.
    pub(super) failure: Option<FailureId>,
    /// How many were drawn.
    drawn: f64,
    times: Times<'a>,
}

enum Times<'a> {
    /// The bins of a histogram.
    Bins(Vec<Time>),
    /// Long incidents one by one, with the seconds of a millisecond and the incidents of a year: too many to be
    /// listed again.
    Tail(&'a Tail, f64, f64),
    /// What further failures or the way home change, several for each of the drawn.
    Changes(Vec<Time>),
}

impl Part<'_> {
    fn for_each(&self, mut see: impl FnMut(Time)) {
        match &self.times {
            Times::Bins(times) | Times::Changes(times) => times.iter().for_each(|time| see(*time)),
            Times::Tail(tail, seconds, rate) => tail.weighted().for_each(|(time, weight)| {
                let time = time as f64 * seconds;
                see(Time { low: time, high: time, each: rate * weight / tail.n as f64, count: 1.0, maker: 0 });
            }),
        }
    }

    /// Variance of Σ counts × worth.
    fn variance(&self, worth: &impl Fn(f64) -> f64) -> f64 {
        let value = |time: &Time| time.each * worth((time.low + time.high) / 2.0);
        if let Times::Tail(tail, seconds, rate) = &self.times {
            return tail.variance(|time| rate / tail.n as f64 * worth(time as f64 * seconds));
        }
        if let Times::Changes(times) = &self.times {
            let (sum, variance) = sampled(self.drawn as u64, times.iter().map(|time| (time.maker, value(time))));
            return if sum == 0.0 { 0.0 } else { variance };
        }
        let (mut sum, mut squares) = (0.0, 0.0);
        self.for_each(|time| {
            let value = value(&time);
            sum += value;
            squares += value * value / time.count;
        });
        (squares - sum * sum / self.drawn).max(0.0)
    }
}

/// A sum over samples of which each gives several values, one after the other, and the sum's variance.
pub(super) fn sampled(n: u64, values: impl Iterator<Item = (u64, f64)>) -> (f64, f64) {
    let (mut sum, mut squares, mut last, mut current) = (0.0, 0.0, None, 0.0);
    for (sample, value) in values {
        if last != Some(sample) {
            squares += current * current;
            (last, current) = (Some(sample), 0.0);
        }
        current += value;
        sum += value;
    }
    squares += current * current;
    (sum, (squares - sum * sum / n.max(1) as f64).max(0.0))
}

pub(super) fn parts<'a>(scenario: &Scenario, tier: &TierTally, rare: Option<Rare<'a>>) -> Vec<Part<'a>> {
    let calm = rare.map_or(1.0, |rare| rare.overlaps.calm);
    let mut parts = Vec::new();
    for tally in application(tier) {
        let seconds = MS * scenario.failures[tally.failure].share;
        let rate = calm * tally.rate_per_year;
        let tails = rare.map_or(&[][..], |rare| rare.tails);
        let tail = tails.iter().enumerate().find(|(_, t)| t.failure == tally.failure && t.n > 0);
        let mut times = Vec::new();
        tally.recovery_time.for_each_bin(|low, high, count| {
            if tail.is_none_or(|(_, tail)| high <= tail.above) {
                let (low, high, count) = (low as f64 * seconds, high as f64 * seconds, count as f64);
                times.push(Time { low, high, each: rate * count / tally.n as f64, count, maker: 0 });
            }
        });
        parts.push(Part {
            of: Sampled::Incidents,
            failure: Some(tally.failure),
            drawn: tally.n as f64,
            times: Times::Bins(times),
        });
        if let Some((n, tail)) = tail {
            let times = Times::Tail(tail, seconds, rate);
            parts.push(Part {
                of: Sampled::Tail(n, tail.even()),
                failure: Some(tally.failure),
                drawn: tail.n as f64,
                times,
            });
        }
    }
    parts.extend(tier.returns.iter().map(|one| {
        let each = calm * rate_of(tier, one.failure) / one.n as f64;
        let bin = |without: u64| bin_of(scenario, tier, one.failure, without);
        let times = one.longer.iter().flat_map(|longer| moved(longer.incident, each, bin(longer.without), longer.with));
        Part {
            of: Sampled::Returns,
            failure: Some(one.failure),
            drawn: one.n as f64,
            times: Times::Changes(times.collect()),
        }
    }));
    if let Some(Rare { overlaps, .. }) = rare {
        let both = |change: &Change| {
            let without = change.without as f64 * MS;
            moved(change.episode, calm * change.per_year, (without, without), change.with)
        };
        let times = Times::Changes(overlaps.changes.iter().flat_map(both).collect());
        parts.push(Part { of: Sampled::Overlaps, failure: None, drawn: overlaps.n as f64, times });
    }
    parts
}

/// Between which seconds an incident of a failure was counted that took so many milliseconds: it is taken from
/// where it is.
fn bin_of(scenario: &Scenario, tier: &TierTally, failure: FailureId, time: u64) -> (f64, f64) {
    let share = scenario.failures[failure].share;
    let tally = application(tier).find(|tally| tally.failure == failure);
    let whole = (time as f64 / share).round() as u64;
    let bin = tally.and_then(|tally| tally.recovery_time.bin(whole));
    let (low, high) = bin.map_or((time as f64, time as f64), |(low, high)| (low as f64 * share, high as f64 * share));
    (low * MS, high * MS)
}

/// So many incidents a year take another time, `with` in milliseconds; `without`: between which seconds they
/// were.
fn moved(maker: u64, per_year: f64, without: (f64, f64), with: u64) -> [Time; 2] {
    let with = with as f64 * MS;
    let one = |(low, high): (f64, f64), each: f64| Time { low, high, each, count: 1.0, maker };
    [one((with, with), per_year), one(without, -per_year)]
}

/// Events per year of a failure.
pub(super) fn rate_of(tier: &TierTally, failure: FailureId) -> f64 {
    application(tier).find(|tally| tally.failure == failure).map_or(0.0, |tally| tally.rate_per_year)
}

/// The cell of a time; the last holds all that is longer than the hour, by however little: of a time by itself
/// rounding leaves nothing open.
pub(super) fn cell(seconds: f64, round: fn(f64) -> f64, cells: usize) -> usize {
    if seconds > LONG { cells + 1 } else { round(seconds / LONG * cells as f64) as usize }
}

/// How many incidents of a year lie in each cell, their times rounded down, and up. What the way home and further
/// failures take away was sampled apart from what it is taken from: a cell may have less than nothing, and its
/// neighbours as much too much. It stays so, as the sums that follow are right on average only with both.
pub(super) fn in_cells<'a, 'b: 'a>(parts: impl Iterator<Item = &'a Part<'b>>, cells: usize) -> [Vec<f64>; 2] {
    let (mut down, mut up) = (vec![0.0; cells + 2], vec![0.0; cells + 2]);
    for part in parts {
        part.for_each(|time| {
            down[cell(time.low, f64::floor, cells)] += time.each;
            up[cell(time.high, f64::ceil, cells)] += time.each;
        });
    }
    [down, up]
}

/// The chance that the times of a year add up to more than the cells that there are but for the last, given
/// the rate of incidents by cell; and the chance of each sum up to that.
pub(super) fn beyond(rates: &[f64]) -> (f64, Vec<f64>) {
    let cells = rates.len() - 2;
    let above_zero: f64 = rates[1..].iter().sum();
    let mut within = vec![0.0; cells + 1];
    // The same backwards, so that both factors of the sum are read forwards.
    let mut backwards = vec![0.0; cells + 1];
    within[0] = libm::exp(-above_zero);
    backwards[cells] = within[0];
    let weighted: Vec<f64> = (1..=cells).map(|j| j as f64 * rates[j]).collect();
    Arch::new().dispatch(Recursion { weighted: &weighted, within: &mut within, backwards: &mut backwards });
    // 1 − p₀ − Σ p, without losing the digits of a small chance.
    let rest: f64 = within[1..].iter().sum();
    ((-libm::expm1(-above_zero) - rest).max(0.0), within)
}

/// Panjer's recursion: a task for [`Arch::dispatch`].
struct Recursion<'a> {
    weighted: &'a [f64],
    within: &'a mut [f64],
    /// The same backwards.
    backwards: &'a mut [f64],
}

impl NullaryFnOnce for Recursion<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let cells = self.weighted.len();
        for s in 1..=cells {
            self.within[s] = product(&self.weighted[..s], &self.backwards[cells - s + 1..]) / s as f64;
            self.backwards[cells - s] = self.within[s];
        }
    }
}

/// Σ a b, in eight sums side by side, in whatever instructions there are: one alone waits for each addition.
#[inline(always)]
fn product(a: &[f64], b: &[f64]) -> f64 {
    let (firsts, seconds) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = firsts.remainder().iter().zip(seconds.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 8];
    for (a, b) in firsts.zip(seconds) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One kind of incident of exactly 40 minutes, 0.3 times a year: an hour is exceeded by two and more,
    /// 1 − e^−0.3 (1 + 0.3).
    #[test]
    fn two_incidents_of_forty_minutes_make_a_long_year() {
        let mut rates = vec![0.0; CELLS + 2];
        rates[CELLS * 2 / 3] = 0.3;
        let truth = 1.0 - (-0.3_f64).exp() * 1.3;
        assert!((beyond(&rates).0 - truth).abs() < 1e-14, "{}", beyond(&rates).0);
    }

    /// Incidents longer than an hour at 10^-9 a year: the chance is that rate to nine digits.
    #[test]
    fn a_small_chance_keeps_its_digits() {
        let mut rates = vec![0.0; CELLS + 2];
        rates[CELLS + 1] = 1e-9;
        assert!((beyond(&rates).0 / 1e-9 - 1.0).abs() < 1e-8);
    }

    /// An hour to the second is not long, and a hundredth of a second more is, however it is rounded.
    #[test]
    fn an_hour_is_told_from_a_longer_time() {
        for round in [f64::floor, f64::round, f64::ceil] {
            assert_eq!((cell(3600.0, round, CELLS), cell(3600.01, round, CELLS)), (CELLS, CELLS + 1));
        }
        assert_eq!((cell(3599.0, f64::floor, CELLS), cell(3599.0, f64::ceil, CELLS)), (CELLS - 1, CELLS));
    }

    /// Samples 1 and 3 of four gave 2 + 1 and 1: sum 4, squares 9 + 1, variance of the sum 10 − 4² ÷ 4.
    #[test]
    fn values_of_one_sample_are_added_before_they_are_squared() {
        assert_eq!(sampled(4, [(1, 2.0), (1, 1.0), (3, 1.0)].into_iter()), (4.0, 6.0));
    }
}
