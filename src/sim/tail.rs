//! Incidents that are rarely long, drawn more often than they happen and weighed for it.
//!
//! Importance sampling of durations: the share `u` of a duration is drawn with density a uᵃ⁻¹ in place
//! of 1, an exponent a for each question. The exponents are found by the cross-entropy method, level by
//! level up to the time asked for. What is drawn in the end comes from a mixture of the levels and of plain
//! draws, so that no weight exceeds the inverse of the plain part; how much of each follows from what the
//! incidents drawn so far are worth to the reader. Whatever decides something else (chances, phases,
//! members) is drawn plainly.
//!
//! # Source
//! Rubinstein and Kroese (2004), The Cross-Entropy Method, chapter 3; Veach and Guibas (1995), Optimally
//! combining sampling techniques, SIGGRAPH: the balance heuristic, which the weights follow.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use super::NEVER;
use super::blocks::in_blocks;
use super::campaign::Simulator;
use super::random::{Key, Purpose, Random, Uniform};
use super::running::RunningCampaign;
use super::tally::{CampaignResult, IncidentTally, TierTally};
use crate::id::{FailureId, TierId};
use crate::stats::{Quantile, Tally, Z_95};

/// Incidents from which the exponents of the next level are learnt.
const PILOT: u64 = 2048;

/// The part of them that counts as long.
const ELITE: f64 = 0.1;

/// Levels before the search is given up: each is a tenth as likely as the one before.
const MOST_LEVELS: usize = 12;

/// Questions that fewer of the long incidents asked are drawn plainly.
const FEW: usize = 20;

/// Exponents: from pressing shares down a little to drawing what happens once in 100,000.
const EXPONENTS: (f64, f64) = (0.2, 2e5);

/// The part that is drawn plainly at least.
const PLAIN: f64 = 0.1;

/// Occurrences from here on are no campaign's: its pilots, and what is drawn in the end.
const OCCURRENCES: u64 = 1 << 48;

/// With so many long incidents among the plain ones, those do.
const ENOUGH: u64 = 20_000;

/// Exponents this near to 1 are noise of the pilot.
const NOISE: std::ops::RangeInclusive<f64> = 0.75..=1.33;

/// Plain draws, and those of up to five levels.
const SETS: usize = 6;

/// So many equal weights are worth as much as those beyond a quantile, at least: for fewer the normal law of their
/// sum is far off.
const FEWEST: f64 = 100.0;

/// Everything from the first set.
const ALL_OF_FIRST: BySet = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// One number for each set of exponents, plain draws first; those of sets that are not there mean nothing.
pub type BySet = [f64; SETS];

/// A question whose answer is not drawn plainly.
#[derive(Clone, Copy, Debug)]
struct Tilt {
    key: Key,
    exponents: BySet,
    /// Their logarithms.
    logs: BySet,
}

impl Tilt {
    fn new(key: Key, exponents: BySet) -> Self {
        Self { key, exponents, logs: exponents.map(libm::log) }
    }
}

/// Draws of incidents from several sets of exponents.
struct Tilted<'a> {
    tilts: &'a [Tilt],
    /// The part of the incidents that is drawn from each set.
    parts: BySet,
    /// Keep every question, not only those that are tilted.
    learns: bool,
    asked: RefCell<Asked>,
}

/// What some incidents in a row asked.
#[derive(Default)]
struct Asked {
    /// The first of them.
    first: u64,
    /// By incident: the set that it is drawn from.
    sets: Vec<usize>,
    /// By question, those that are tilted first and in their order: by incident, the logarithm of the share;
    /// not a number where it was not asked.
    questions: Vec<(Key, Vec<f64>)>,
}

impl<'a> Tilted<'a> {
    fn new(tilts: &'a [Tilt], parts: BySet, learns: bool) -> Self {
        let questions = tilts.iter().map(|tilt| (tilt.key, Vec::new())).collect();
        Self { tilts, parts, learns, asked: RefCell::new(Asked { questions, ..Asked::default() }) }
    }

    /// These incidents are next; those before are forgotten.
    fn begin(&self, occurrences: Range<u64>) {
        let asked = &mut *self.asked.borrow_mut();
        asked.first = occurrences.start;
        asked.sets.clear();
        asked.sets.extend(occurrences.map(|occurrence| self.set(occurrence)));
        for (_, logs) in &mut asked.questions {
            logs.clear();
            logs.resize(asked.sets.len(), f64::NAN);
        }
    }

    /// The set that an occurrence is drawn from: in turn, as evenly as the parts allow.
    fn set(&self, occurrence: u64) -> usize {
        // Multiples of the golden ratio fill the circle evenly.
        let turn = occurrence.wrapping_mul(0x9E37_79B9_7F4A_7C15) as f64 / u64::MAX as f64;
        let mut sum = 0.0;
        let upto = self.parts.iter().position(|part| {
            sum += part;
            turn < sum
        });
        upto.unwrap_or(0)
    }

    /// How likely an incident is in each set, as a multiple of how likely it is plainly.
    ///
    /// # Arguments
    /// `n`: its place among those that were begun.
    fn densities(&self, n: usize) -> BySet {
        let mut sums = [0.0; SETS];
        for (tilt, (_, logs)) in self.tilts.iter().zip(&self.asked.borrow().questions) {
            let log = logs[n];
            if !log.is_nan() {
                for ((sum, a), log_a) in sums.iter_mut().zip(&tilt.exponents).zip(&tilt.logs) {
                    *sum += log_a + (a - 1.0) * log;
                }
            }
        }
        // Sets that are not there, and plain draws, have exponents of one.
        sums.map(|log| if log == 0.0 { 1.0 } else { libm::exp(log) })
    }
}

impl Uniform for Tilted<'_> {
    fn uniform(&self, key: Key, occurrence: u64, purpose: Purpose) -> f64 {
        let plain = Random.uniform(key, occurrence, purpose);
        let tilt = self.tilts.iter().position(|tilt| tilt.key == key);
        if purpose != Purpose::Duration || (tilt.is_none() && !self.learns) {
            return plain;
        }
        let asked = &mut *self.asked.borrow_mut();
        let n = (occurrence - asked.first) as usize;
        let log = libm::log(plain) / tilt.map_or(1.0, |tilt| self.tilts[tilt].exponents[asked.sets[n]]);
        let question = tilt.or_else(|| asked.questions.iter().position(|(known, _)| *known == key));
        let question = question.unwrap_or_else(|| {
            asked.questions.push((key, vec![f64::NAN; asked.sets.len()]));
            asked.questions.len() - 1
        });
        // The same question has the same answer, however often it is asked.
        asked.questions[question].1[n] = log;
        // A share is strictly below one.
        if tilt.is_some() { libm::exp(log).min(1.0 - f64::EPSILON / 2.0) } else { plain }
    }
}

/// A long incident. There are many of them: what they weigh is known to seven digits, far better than their sum.
#[derive(Clone, Copy, Debug)]
struct Long {
    /// Recovery time in milliseconds.
    time: u64,
    /// The set that it was drawn from.
    set: usize,
    /// How likely it is in each set.
    densities: [f32; SETS],
}

/// Long incidents of a tier under a failure.
#[derive(Clone, Debug)]
pub struct Tail {
    /// The failure.
    pub failure: FailureId,
    /// What counts as long: milliseconds of recovery time, not exceeded by nine tenths of all incidents.
    pub above: u64,
    /// Incidents that were drawn for it.
    pub n: u64,
    /// Those above it.
    long: Vec<Long>,
    /// Incidents drawn from each set.
    drawn: BySet,
    /// How many sets there are.
    sets: usize,
    tilts: Vec<Tilt>,
    /// Some of the drawn never recover.
    lost: bool,
}

impl Tail {
    /// Incidents above the level: the recovery time in milliseconds, and what it stands for. Unrecoverable
    /// ones are left out. The sum ÷ n is the share of all incidents.
    pub fn weighted(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        self.long.iter().map(|one| (one.time, self.n as f64 / self.mixed(one)))
    }

    /// Variance of the sum over all of [`Self::weighted`] of weight × value.
    ///
    /// # Arguments
    /// `value`: of a recovery time in milliseconds.
    ///
    /// # Formula
    /// Σ v² − Σ over sets (Σ v)² ÷ n, n the incidents drawn from the set: how many are drawn from each is no matter
    /// of chance, so that only what differs within the sets counts.
    #[must_use]
    pub fn variance(&self, value: impl Fn(u64) -> f64) -> f64 {
        let (mut squares, mut sums) = (0.0, [0.0; SETS]);
        for one in &self.long {
            let weighed = value(one.time) * self.n as f64 / self.mixed(one);
            squares += weighed * weighed;
            sums[one.set] += weighed;
        }
        let drawn = sums.iter().zip(&self.drawn).filter(|(_, drawn)| **drawn > 0.0);
        (squares - drawn.map(|(sum, drawn)| sum * sum / drawn).sum::<f64>()).max(0.0)
    }

    /// The recovery time in milliseconds that this share of all incidents does not exceed, with its 95% interval.
    /// `None` if it may be below what counts as long, if too few were drawn, or if some never recover.
    ///
    /// # Formula
    /// The value is the least t of which the incidents drawn beyond it weigh at most 1 − `share`; the interval has
    /// those that weigh 1 − `share` ± 1.96 σ, σ the standard error of that weight.
    ///
    /// # Source
    /// Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47:635-646; for weighted
    /// draws Glynn (1996), Importance sampling for Monte Carlo estimation of quantiles.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Quantile> {
        if self.lost {
            return None;
        }
        let n = self.n as f64;
        let mut longest: Vec<(u64, f64)> = self.weighted().collect();
        let beyond = (1.0 - share) * n;
        let point = exceeded_by(&mut longest, beyond)?;
        let (mut sum, mut squares) = (0.0, 0.0);
        for (_, weight) in longest.iter().filter(|(time, _)| *time > point) {
            sum += weight;
            squares += weight * weight;
        }
        if sum * sum < FEWEST * squares || sum == 0.0 {
            return None;
        }
        let error = Z_95 * self.variance(|time| f64::from(time > point)).sqrt();
        let [low, high] = [beyond + error, beyond - error].map(|weight| exceeded_by(&mut longest, weight));
        let (point, low, high) = (point as f64, low? as f64, high.map(|time| time as f64));
        Some(Quantile { point, low, high })
    }

    fn mixed(&self, one: &Long) -> f64 {
        one.densities.iter().zip(&self.drawn).map(|(density, drawn)| f64::from(*density) * drawn).sum()
    }

    /// The parts of further incidents that are best drawn from each set, if one of this recovery time in
    /// milliseconds is worth so much.
    ///
    /// # Formula
    /// The cross-entropy step for the parts of a mixture: the share of all worth that came from the set.
    #[must_use]
    pub fn parts(&self, worth: impl Fn(u64) -> f64) -> BySet {
        let mut parts = [0.0; SETS];
        for one in &self.long {
            let mixed = self.mixed(one);
            let each = worth(one.time) / (mixed * mixed);
            for ((part, density), drawn) in parts.iter_mut().zip(one.densities).zip(&self.drawn) {
                *part += each * f64::from(density) * drawn;
            }
        }
        let sum: f64 = parts.iter().sum();
        if sum <= 0.0 {
            return self.even();
        }
        parts = parts.map(|part| part / sum * (1.0 - PLAIN));
        parts[0] += PLAIN;
        parts
    }

    /// As much of each set.
    #[must_use]
    pub fn even(&self) -> BySet {
        std::array::from_fn(|n| if n < self.sets { 1.0 / self.sets as f64 } else { 0.0 })
    }
}

/// The least time that is exceeded by no more than this weight; `None` if all together weigh no more than that, or if
/// it is negative. Leaves them in another order.
fn exceeded_by(times: &mut [(u64, f64)], weight: f64) -> Option<u64> {
    let (mut rest, mut left) = (times, weight);
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let part = std::mem::take(&mut rest);
        let (longer, (time, here), shorter) = part.select_nth_unstable_by_key(middle, |(time, _)| Reverse(*time));
        let beyond: f64 = longer.iter().map(|(_, weight)| weight).sum();
        if beyond > left {
            rest = longer;
        } else if beyond + *here > left {
            return Some(*time);
        } else {
            left -= beyond + *here;
            rest = shorter;
        }
    }
    None
}

impl RunningCampaign<'_> {
    /// Learns how rarely long incidents come about: those of a tier and failure that take longer than
    /// `beyond` milliseconds, and of which plain ones show too few.
    ///
    /// # Arguments
    /// `result`: what this campaign came to so far.
    ///
    /// # Returns
    /// By tier; nothing is drawn for them yet.
    #[must_use]
    pub fn tails(&self, result: &CampaignResult, beyond: u64) -> Vec<Vec<Tail>> {
        let of_tier = |tier: &TierTally| {
            let whole = tier.incidents.iter().filter(|i| i.service.is_none());
            whole.filter_map(|i| self.simulator().learn_tail(tier.tier, i, beyond)).collect()
        };
        result.tiers.iter().map(of_tier).collect()
    }

    /// Draws so many more incidents for one of these, these parts of them from each set.
    pub fn extend_tail(&self, tier: TierId, tail: &mut Tail, more: u64, parts: BySet) {
        self.simulator().extend_tail(tier, tail, more, parts);
    }
}

impl Simulator<'_> {
    /// Learns how incidents come to take longer than `beyond` milliseconds. `None` if plain incidents show
    /// enough of them, or if none was found to be that long.
    fn learn_tail(&self, tier: TierId, tally: &IncidentTally, beyond: u64) -> Option<Tail> {
        let failure = tally.failure;
        let most = tally.recovery_time.finite() as f64 * (1.0 - ELITE);
        // At the end of a bin, so that plain incidents are either above it or not.
        let (mut above, mut below, mut long) = (0, 0, 0);
        tally.recovery_time.for_each_bin(|low, high, count| {
            if (below as f64) < most {
                above = Tally::end_of_bin(high);
            }
            below += count;
            long += if low > beyond { count } else { 0 };
        });
        if above == 0 || above >= beyond || long > ENOUGH {
            return None;
        }
        let mut rounds = vec![HashMap::new()];
        let mut level = 0;
        while level < beyond {
            let (next, exponents) = self.next_level((tier, failure), &rounds, beyond);
            if next <= level || rounds.len() > MOST_LEVELS {
                return None;
            }
            level = next;
            rounds.push(exponents);
        }
        // Evenly from the first level to the last.
        let levels = rounds.len() - 1;
        let chosen: Vec<_> = match levels.min(SETS - 1) {
            few if few == levels => rounds[1..].iter().collect(),
            few => (0..few).map(|n| &rounds[1 + n * (levels - 1) / (few - 1)]).collect(),
        };
        let mut keys: Vec<Key> = chosen.iter().flat_map(|set| set.keys().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        let of = |key: &Key, n: usize| n.checked_sub(1).and_then(|n| chosen.get(n)?.get(key).copied()).unwrap_or(1.0);
        let tilt = |key: Key| Tilt::new(key, std::array::from_fn(|n| of(&key, n)));
        Some(Tail {
            failure,
            above,
            n: 0,
            long: Vec::new(),
            drawn: [0.0; SETS],
            sets: chosen.len() + 1,
            tilts: keys.into_iter().map(tilt).collect(),
            lost: false,
        })
    }

    /// One round of the cross-entropy method: the level that a tenth of these incidents exceed, or
    /// `beyond`, and the exponents under which incidents beyond it are drawn as they are.
    ///
    /// # Formula
    /// For the density a uᵃ⁻¹: a = −Σ w ÷ Σ w ln u over the long incidents, w their weight.
    fn next_level(
        &self,
        (tier, failure): (TierId, FailureId),
        rounds: &[HashMap<Key, f64>],
        beyond: u64,
    ) -> (u64, HashMap<Key, f64>) {
        let mut tilts: Vec<Tilt> = Vec::new();
        if let Some(set) = rounds.last() {
            tilts.extend(set.iter().map(|(key, a)| Tilt::new(*key, [*a; SETS])));
        }
        tilts.sort_unstable_by_key(|tilt| tilt.key);
        let draws = Tilted::new(&tilts, ALL_OF_FIRST, true);
        let from = OCCURRENCES + rounds.len() as u64 * PILOT;
        let Some(mut blocks) = self.blocks(tier, failure) else { return (0, HashMap::new()) };
        draws.begin(from..from + PILOT);
        let mut times: Vec<u64> = Vec::new();
        for occurrences in in_blocks(from..from + PILOT) {
            // What never ends is beyond every level, and not what is looked for.
            let finite = |time: &u64| if *time == NEVER { 0 } else { *time };
            times.extend(blocks.run(&draws, occurrences).0.recovery_time.iter().map(finite));
        }
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let level = sorted.get((sorted.len() as f64 * (1.0 - ELITE)) as usize).map_or(0, |time| (*time).min(beyond));
        let long = (0..times.len()).filter(|n| times[*n] >= level).map(|n| (n, 1.0 / draws.densities(n)[0]));
        let long: Vec<(usize, f64)> = long.collect();
        let asked = draws.asked.borrow();
        let sums = asked.questions.iter().map(|(key, logs)| {
            let answered = long.iter().map(|(n, weight)| (*weight, logs[*n])).filter(|(_, log)| !log.is_nan());
            let add = |sum: (f64, f64, usize), (weight, log)| (sum.0 + weight, sum.1 - weight * log, sum.2 + 1);
            (*key, answered.fold((0.0, 0.0, 0), add))
        });
        let exponent = |(key, (weights, logs, count)): (Key, (f64, f64, usize))| {
            let known = count >= FEW && logs > 0.0;
            let a = if known { (weights / logs).clamp(EXPONENTS.0, EXPONENTS.1) } else { 1.0 };
            (!NOISE.contains(&a)).then_some((key, a))
        };
        (level, sums.filter_map(exponent).collect())
    }

    /// Draws more incidents for a tail.
    fn extend_tail(&self, tier: TierId, tail: &mut Tail, more: u64, parts: BySet) {
        let tilts = std::mem::take(&mut tail.tilts);
        let draws = Tilted::new(&tilts, parts, false);
        let from = 2 * OCCURRENCES + tail.n;
        // Most of them are long: that is what the exponents are for.
        tail.long.reserve(usize::try_from(more).unwrap_or(0));
        let mut blocks = self.blocks(tier, tail.failure);
        for occurrences in in_blocks(from..from + more) {
            draws.begin(occurrences.clone());
            let sets = draws.asked.borrow().sets.clone();
            sets.iter().for_each(|set| tail.drawn[*set] += 1.0);
            let Some(blocks) = &mut blocks else { continue };
            let times = &blocks.run(&draws, occurrences).0.recovery_time;
            tail.lost |= times.contains(&NEVER);
            let long = times.iter().enumerate().filter(|(_, time)| **time > tail.above && **time != NEVER);
            let densities = |n| draws.densities(n).map(|density| density.min(f64::from(f32::MAX)) as f32);
            tail.long.extend(long.map(|(n, time)| Long { time: *time, set: sets[n], densities: densities(n) }));
        }
        tail.n += more;
        tail.tilts = tilts;
    }
}
