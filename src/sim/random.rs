//! Keyed random draws: which number a question gets depends only on what is asked.
//!
//! A draw is keyed by the seed, the failure, the occurrence and the names of what it is for (a
//! service and a step, a copy, …), never by tier, strategy or position. So all tiers see the same
//! incidents, and adding a step or a failure moves nobody else's draws.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use pulp::{Arch, NullaryFnOnce};
use rand::TryRng;
use rand::distr::{Distribution, Open01};

use super::overlap::AgesOfRuns;
use crate::model::{Delay, Law};

/// Odd increment of the Weyl sequence of SplitMix64.
///
/// # Source
/// Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64's finaliser: every input bit reaches every output bit.
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a draw decides; an adversary answers each kind in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// How long something takes, or how far a copy is behind: more is worse.
    Duration,
    /// Where in its cycle a schedule stands.
    Phase,
    /// Whether something unlikely happens.
    Chance,
    /// Whether an attempt at a step fails; `last`: there is no further retry.
    Attempt {
        /// No retry is left.
        last: bool,
    },
    /// Which member of a failure is hit.
    Member,
    /// When in the reference year it happens.
    Moment,
}

/// The key of one question, before the occurrence is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// The root of all keys of a run.
    #[must_use]
    pub fn root(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(GAMMA)))
    }

    /// The key of a named part of the question.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        // FNV-1a spreads short names; the finaliser removes what structure it leaves.
        let hash = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
        Self(mix(self.0.rotate_left(23) ^ mix(hash)))
    }

    /// The occurrence that stands for the `n`-th event of a lifetime.
    #[inline(always)]
    #[must_use]
    pub(super) fn event(self, lifetime: u64, n: u64) -> u64 {
        mix(self.0 ^ mix(lifetime.wrapping_mul(GAMMA).wrapping_add(n)))
    }

    /// The key of the `n`-th repetition of the question; the 0-th is the question itself.
    #[inline(always)]
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        if n == 0 { self } else { Self(mix(self.0 ^ mix(n))) }
    }
}

/// One number of a key's stream, in the form that `rand` takes.
struct Point(u64);

impl TryRng for Point {
    type Error = Infallible;

    #[inline(always)]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| (n >> 32) as u32)
    }

    #[inline(always)]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(GAMMA);
        Ok(mix(self.0))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// Answers questions with numbers between 0 and 1.
pub trait Uniform {
    /// A number strictly between 0 and 1 (an adversary may give the ends too).
    fn uniform(&self, key: Key, occurrence: u64, purpose: Purpose) -> f64;
}

/// Pseudorandom answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Uniform for Random {
    #[inline(always)]
    fn uniform(&self, key: Key, occurrence: u64, _purpose: Purpose) -> f64 {
        // Each key starts its own place of the one Weyl sequence; two keys overlap with a chance of
        // about (draws per key) / 2^64.
        Open01.sample(&mut Point(key.0.wrapping_add(occurrence.wrapping_mul(GAMMA))))
    }
}

/// The worst answers within what the distributions allow, for checks of worst-case bounds.
#[derive(Clone, Copy, Debug)]
pub struct Adversary {
    /// Share of draws that a duration is not exceeded by; 1 for the longest.
    pub duration: f64,
    /// Where schedules stand in their cycles.
    pub phase: f64,
    /// Whether unlikely things happen.
    pub chance: bool,
    /// Which attempts fail: none, all but the last, or all.
    pub attempts: Attempts,
    /// Which member is hit, as a share of the list.
    pub member: f64,
    /// When in the year.
    pub moment: f64,
}

/// Which attempts at a step an adversary lets fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// None.
    Succeed,
    /// All that have a retry left.
    LastSucceeds,
    /// All.
    Fail,
}

impl Uniform for Adversary {
    fn uniform(&self, _key: Key, _occurrence: u64, purpose: Purpose) -> f64 {
        let happens = |yes: bool| if yes { 0.0 } else { 1.0 };
        match purpose {
            Purpose::Duration => self.duration,
            Purpose::Phase => self.phase,
            Purpose::Chance => happens(self.chance),
            Purpose::Attempt { last } => match self.attempts {
                Attempts::Succeed => happens(false),
                Attempts::LastSucceeds => happens(!last),
                Attempts::Fail => happens(true),
            },
            Purpose::Member => self.member,
            Purpose::Moment => self.moment,
        }
    }
}

/// A distribution in the form that the hot loop draws from.
#[derive(Clone, Debug)]
enum Sampler {
    Constant(f64),
    Uniform {
        low: f64,
        width: f64,
    },
    /// A table, and what its values are multiplied by.
    Table(Arc<QuantileTable>, f64),
    Exact(Arc<Delay>),
}

/// A quantile function, tabulated where straight lines between its points serve and computed exactly
/// in the far tails.
///
/// The line is off by less than 3 parts in 10,000 of a lognormal with sigma 1.3 where it is worst, and
/// by far less on average: nothing beside the error of a hundred million draws. A look-up costs a
/// tenth of a logarithm and an exponential.
#[derive(Debug)]
struct QuantileTable {
    centre: [f64; CELLS + 1],
    /// The 32nd at each end, eight times as fine.
    low: [f64; TAIL_CELLS + 1],
    high: [f64; TAIL_CELLS + 1],
    exact: Delay,
}

/// Cells of a table, evenly spaced in probability; 8 KiB, so that several fit the first cache level.
const CELLS: usize = 1024;

/// Cells at each end that have a table of their own.
const TAIL: usize = CELLS / 32;

/// Cells of the tables of the ends.
const TAIL_CELLS: usize = TAIL * 8;

/// Cells of those at the very end in which a draw is computed exactly: 1 draw in 512.
const EXACT_CELLS: usize = TAIL_CELLS / 16;

/// The line between the two points around `at`, counted in cells.
#[inline(always)]
fn between(points: &[f64], at: f64) -> f64 {
    let cell = (at as i64 as usize).min(points.len() - 2);
    let (left, right) = (points[cell], points[cell + 1]);
    left + (right - left) * (at - cell as f64)
}

/// Quantiles at `N` shares; what is endless lies where draws are computed exactly.
fn points<const N: usize>(exact: &Delay, share: impl Fn(usize) -> f64) -> [f64; N] {
    let mut points = [0.0; N];
    for (point, value) in points.iter_mut().zip(exact.quantiles((0..N).map(share))) {
        *point = if value.is_finite() { value } else { 0.0 };
    }
    points
}

impl QuantileTable {
    fn new(exact: &Delay) -> Self {
        let fine = (TAIL_CELLS * CELLS / TAIL) as f64;
        Self {
            centre: points(exact, |n| n as f64 / CELLS as f64),
            low: points(exact, |n| n as f64 / fine),
            high: points(exact, |n| 1.0 - n as f64 / fine),
            exact: exact.clone(),
        }
    }

    #[inline(always)]
    fn quantile(&self, u: f64) -> f64 {
        let at = u * CELLS as f64;
        if (at as i64 as usize).wrapping_sub(TAIL) >= CELLS - 2 * TAIL {
            return self.tail(u);
        }
        between(&self.centre, at)
    }

    /// Puts multiples of the quantiles in the place of shares, of which it is known where they are.
    fn look_up(&self, shares: &mut [f64], Cells { cells, beyond }: &Cells, scale: f64) {
        for ((share, cell), beyond) in shares.iter_mut().zip(cells).zip(beyond) {
            let cell = *cell as usize;
            let quantile = if cell.wrapping_sub(TAIL) < CELLS - 2 * TAIL {
                let (left, right) = (self.centre[cell], self.centre[cell + 1]);
                left + (right - left) * beyond
            } else {
                self.tail(*share)
            };
            *share = scale * quantile;
        }
    }

    #[inline(never)]
    fn tail(&self, u: f64) -> f64 {
        let (points, from_end) = if u < 0.5 { (&self.low, u) } else { (&self.high, 1.0 - u) };
        let at = from_end * (TAIL_CELLS * CELLS / TAIL) as f64;
        if at < EXACT_CELLS as f64 { self.exact.quantile(u) } else { between(points, at) }
    }
}

/// Shares that are looked up in a table at once.
const AT_ONCE: usize = 64;

/// Where shares are among the cells of a table, and how far beyond the beginning of theirs.
struct Cells {
    cells: [u64; AT_ONCE],
    beyond: [f64; AT_ONCE],
}

impl Default for Cells {
    fn default() -> Self {
        Self { cells: [0; AT_ONCE], beyond: [0.0; AT_ONCE] }
    }
}

/// Tables of the distributions of a scenario, each made once however often it is drawn from.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quantiles: Mutex<Vec<Arc<QuantileTable>>>,
    /// Of runs that overlap.
    pub(super) ages: AgesOfRuns,
}

impl Tables {
    fn of(&self, delay: &Delay) -> Arc<QuantileTable> {
        let mut tables = self.quantiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.iter().find(|table| table.exact == *delay) {
            return Arc::clone(table);
        }
        let table = Arc::new(QuantileTable::new(delay));
        tables.push(Arc::clone(&table));
        table
    }
}

/// A distribution as a multiple of one that many share: fewer tables, which stay in the first cache.
fn unit(delay: &Delay) -> (Delay, f64) {
    let (law, scale) = match *delay.law() {
        Law::LogNormal { median, sigma } => (Law::LogNormal { median: 1.0, sigma }, median),
        Law::Exponential { mean } => (Law::Exponential { mean: 1.0 }, mean),
        Law::Weibull { shape, scale } => (Law::Weibull { shape, scale: 1.0 }, scale),
        _ => return (delay.clone(), 1.0),
    };
    Delay::new(law).map_or_else(|_| (delay.clone(), 1.0), |unit| (unit, scale))
}

impl Sampler {
    fn new(delay: &Delay, tables: &Tables) -> Self {
        if delay.is_constant() {
            return Self::Constant(delay.min());
        }
        match *delay.law() {
            Law::Uniform { low, high } => Self::Uniform { low, width: high - low },
            Law::Heartbeat { .. } => Self::Uniform { low: delay.min(), width: delay.max() - delay.min() },
            Law::Empirical(_) => Self::Exact(Arc::new(delay.clone())),
            _ => {
                let (unit, scale) = unit(delay);
                Self::Table(tables.of(&unit), scale)
            }
        }
    }

    #[inline(always)]
    fn quantile(&self, u: f64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { low, width } => low + width * u,
            Self::Table(table, scale) => scale * table.quantile(u),
            Self::Exact(delay) => delay.quantile(u),
        }
    }
}

/// A question whose answer is a duration in seconds.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    key: Key,
    sampler: Sampler,
    low: f64,
    width: f64,
}

/// Share of draws that truncation cuts at each end.
pub const TRUNCATED_TAIL: f64 = 0.001;

impl Draw {
    /// A draw from `delay`, truncated to its [p0.1, p99.9] if asked.
    #[must_use]
    pub(super) fn new(key: Key, delay: &Delay, truncate: bool, tables: &Tables) -> Self {
        let low = if truncate { TRUNCATED_TAIL } else { 0.0 };
        Self { key, sampler: Sampler::new(delay, tables), low, width: 1.0 - 2.0 * low }
    }

    /// The value for this occurrence.
    #[inline(always)]
    pub(super) fn get<U: Uniform>(&self, draws: &U, occurrence: u64) -> f64 {
        self.nth(draws, occurrence, 0)
    }

    /// The value for the `n`-th repetition within this occurrence.
    #[inline(always)]
    pub(super) fn nth<U: Uniform>(&self, draws: &U, occurrence: u64, n: u64) -> f64 {
        if let Sampler::Constant(value) = self.sampler {
            return value;
        }
        let u = draws.uniform(self.key.nth(n), occurrence, Purpose::Duration);
        self.sampler.quantile(self.low + self.width * u)
    }

    /// The value for the `n`-th repetition, if it is one of the longest: of a share `of_all` of draws.
    pub(super) fn longest_nth<U: Uniform>(&self, draws: &U, occurrence: u64, n: u64, of_all: f64) -> f64 {
        let u = draws.uniform(self.key.nth(n), occurrence, Purpose::Duration);
        // All of the draws: not a digit is to change.
        self.quantile(if of_all >= 1.0 { u } else { 1.0 - of_all * (1.0 - u) })
    }

    /// The value that a share of its draws does not exceed.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        self.sampler.quantile(self.low + self.width * share)
    }

    /// The values for these occurrences, in place of what `values` holds: the same as one by one, in the
    /// widest instructions that the processor has.
    pub(super) fn fill<U: Uniform>(&self, draws: &U, occurrences: &[u64], values: &mut Vec<f64>) {
        values.clear();
        if let Sampler::Constant(value) = self.sampler {
            values.resize(occurrences.len(), value);
            return;
        }
        values.resize(occurrences.len(), 0.0);
        if let Sampler::Table(table, scale) = &self.sampler {
            let mut cells = Cells::default();
            for (values, occurrences) in values.chunks_mut(AT_ONCE).zip(occurrences.chunks(AT_ONCE)) {
                let cells = &mut cells;
                Arch::new().dispatch(Shares { draw: self, draws, occurrences, values, cells: Some(cells) });
                table.look_up(values, cells, *scale);
            }
            return;
        }
        Arch::new().dispatch(Shares { draw: self, draws, occurrences, values, cells: None });
        match &self.sampler {
            Sampler::Uniform { low, width } => values.iter_mut().for_each(|value| *value = low + width * *value),
            sampler => values.iter_mut().for_each(|value| *value = sampler.quantile(*value)),
        }
    }

    /// The longest value that it can give, infinite if there is none.
    #[must_use]
    pub(super) fn longest(&self) -> f64 {
        self.quantile(1.0)
    }
}

/// The shares of a draw that are not exceeded, for many occurrences: a task for [`Arch::dispatch`].
struct Shares<'a, U> {
    draw: &'a Draw,
    draws: &'a U,
    occurrences: &'a [u64],
    values: &'a mut [f64],
    /// Where they are in a table, if there is one; then there are [`AT_ONCE`] of them at most.
    cells: Option<&'a mut Cells>,
}

impl<U: Uniform> NullaryFnOnce for Shares<'_, U> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (key, low, width) = (self.draw.key, self.draw.low, self.draw.width);
        for (value, occurrence) in self.values.iter_mut().zip(self.occurrences) {
            *value = low + width * self.draws.uniform(key, *occurrence, Purpose::Duration);
        }
        let Some(Cells { cells, beyond }) = self.cells else { return };
        // A conversion takes several instructions for each; these fit one for several. Whole numbers from 2^52
        // on are in the low bits.
        const TWO_52: f64 = 4_503_599_627_370_496.0;
        for ((value, cell), beyond) in self.values.iter().zip(cells).zip(beyond) {
            let at = value * CELLS as f64;
            let whole = at.floor();
            *cell = (whole + TWO_52).to_bits() & ((1 << 52) - 1);
            *beyond = at - whole;
        }
    }
}

/// A question whose answer is yes or no.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    key: Key,
    probability: f64,
}

impl Chance {
    /// Yes with this probability.
    #[must_use]
    pub(super) fn new(key: Key, probability: f64) -> Self {
        Self { key, probability }
    }

    /// The answer for the `n`-th repetition within this occurrence.
    #[inline(always)]
    pub(super) fn nth<U: Uniform>(&self, draws: &U, occurrence: u64, n: u64, purpose: Purpose) -> bool {
        self.probability > 0.0
            && (self.probability >= 1.0 || draws.uniform(self.key.nth(n), occurrence, purpose) < self.probability)
    }

    /// Whether it can be yes at all.
    pub(super) fn is_possible(&self) -> bool {
        self.probability > 0.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// One by one or many at once, in whatever instructions: the same bits.
    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        let tables = Tables::default();
        let occurrences: Vec<u64> = (0..10_007).map(|n| (n << 24) | (n % 5)).collect();
        let laws = [
            Law::LogNormal { median: 600.0, sigma: 0.7 },
            Law::Exponential { mean: 3e7 },
            Law::Uniform { low: 3.0, high: 60.0 },
            Law::Constant(30.0),
        ];
        for (law, truncate) in laws.into_iter().flat_map(|law| [(law.clone(), false), (law, true)]) {
            let draw = Draw::new(Key::root(1).of("a"), &Delay::new(law).unwrap(), truncate, &tables);
            let mut many = vec![f64::NAN; 3];
            draw.fill(&Random, &occurrences, &mut many);
            let each: Vec<u64> = occurrences.iter().map(|o| draw.get(&Random, *o).to_bits()).collect();
            assert_eq!(many.iter().map(|value| value.to_bits()).collect::<Vec<_>>(), each);
        }
    }

    /// The accuracy that the table's documentation claims, against the exact quantile on a grid that
    /// shares no point with the table's.
    #[test]
    fn tables_are_within_three_parts_in_ten_thousand() {
        for law in [Law::LogNormal { median: 600.0, sigma: 1.3 }, Law::Exponential { mean: 60.0 }] {
            let exact = Delay::new(law).unwrap();
            let table = QuantileTable::new(&exact);
            let worst = (0..100_003)
                .map(|n| (f64::from(n) + 0.37) / 100_003.0)
                .map(|u| (table.quantile(u) / exact.quantile(u) - 1.0).abs())
                .fold(0.0, f64::max);
            assert!(worst > 0.0 && worst < 3e-4, "{worst} of {exact}");
        }
    }
}
