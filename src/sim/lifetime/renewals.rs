//! How renewals fall into years: how many events a year has of failures whose gaps are not exponential, and
//! how often one of them comes in the middle of another. Whoever counts them as if they came at a constant
//! rate learns here what that is wrong by.
//!
//! Only when members fail is drawn, and for how long; no tier is simulated. Lifetimes are those of a
//! campaign's default: ten years that begin with everything new.

use super::events::{Event, Streams, first_event};
use super::room::Room;
use super::situation::{Effect, Situations};
use crate::id::{FailureId, TierId};
use crate::model::{AssetIndex, Delay, Scenario};
use crate::sim::campaign::Setting;
use crate::sim::random::{Key, Purpose, Random, Tables, Uniform};
use crate::sim::tally::{CampaignResult, Filter, TierTally};
use crate::stats::Z_95;
use crate::units::SECONDS_PER_YEAR;

/// Years of a lifetime.
const YEARS: usize = 10;

/// Draws, about: some hundredths of a second.
const DRAWS: f64 = 4e5;

/// With fewer lifetimes nothing is said of how much they differ; with more, rare failures take longer for what
/// is small anyway.
const FEWEST: u64 = 32;
const MOST: u64 = 1 << 17;

/// Lifetimes from here on are no campaign's, no episode's and no way home's.
const LIFETIMES: u64 = 1 << 37;

/// Quantiles that stand for the recovery times of a failure.
const QUANTILES: usize = 256;

/// Chance of more events in a year that is left out.
const RARELY: f64 = 1e-6;

/// What a year has on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PerYear {
    /// If each member failed at one over its mean gap.
    pub at_constant_rates: f64,
    /// What was seen.
    pub mean: f64,
    /// Half its interval of sampling at 95%; beyond all bounds where the events are too many to be looked at.
    pub error: f64,
}

impl PerYear {
    /// The high end.
    #[must_use]
    pub fn at_most(&self) -> f64 {
        self.mean + self.error
    }

    /// What is taken to come at constant rates is off by at most this share of it; nothing if it never comes.
    #[must_use]
    pub fn off(&self) -> f64 {
        let off = ((self.mean - self.at_constant_rates).abs() + self.error) / self.at_constant_rates;
        if self.at_constant_rates > 0.0 { off.min(f64::MAX) } else { 0.0 }
    }
}

/// What was seen of the failures of a tier that do not come at a constant rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewals {
    /// The tier.
    pub tier: TierId,
    /// Those failures, in the order of their ids.
    pub failures: Vec<Renewal>,
    /// Events of them that come before an earlier one of them is over: the outage, and after it the time to
    /// full capacity.
    pub overlaps: PerYear,
    /// Seconds of their outages within another one of them.
    pub together: PerYear,
}

/// How many events of such a failure years have, all members that concern the tier together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Renewal {
    /// The failure.
    pub failure: FailureId,
    /// Events.
    pub per_year: PerYear,
    /// Total variation distance between the number of a year and Poisson at the constant rate, all years of a
    /// lifetime together; with its sampling error on top.
    pub variation: f64,
    /// The same year by year, and the mean of that.
    pub variation_by_year: f64,
    /// Events that a year as good as never exceeds.
    pub most: u64,
}

/// Looks at lifetimes of the failures that do not come at a constant rate.
///
/// # Arguments
/// `campaign` and `filter`: as [`crate::sim::run_incidents`] returned and was given; the campaign tells for how
/// long incidents go on.
///
/// # Returns
/// By tier, as `campaign.tiers`.
#[must_use]
pub fn renewals(scenario: &Scenario, campaign: &CampaignResult, filter: &Filter) -> Vec<Renewals> {
    let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
    let seed = campaign.settings.seed;
    let setting = Setting { scenario, assets: &assets, seed, truncate: false, tables: &tables };
    let streams = Streams::of(scenario, filter, seed, &tables, |failure| !failure.occurs.is_memoryless());
    let mut watches: Vec<Watch> = campaign.tiers.iter().map(|tier| Watch::new(&setting, &streams, tier)).collect();
    let lifetimes = how_many(&streams);
    let mut room = Room::new((streams.per_year * YEARS as f64).max(streams.rows.len() as f64));
    let end = LIFETIMES + lifetimes;
    for first in (LIFETIMES..end).step_by(room.lanes()) {
        let batch = first..end.min(first + room.lanes() as u64);
        streams.generate(batch.clone(), YEARS as f64 * SECONDS_PER_YEAR, &mut room);
        for (lane, lifetime) in batch.enumerate() {
            let events = room.in_order(lane);
            watches.iter_mut().for_each(|watch| watch.live(lifetime, events));
        }
    }
    watches.into_iter().map(|watch| watch.close(lifetimes)).collect()
}

/// So many lifetimes are looked at: none where their events are too many.
fn how_many(streams: &Streams) -> u64 {
    let events: f64 = streams.rows.iter().map(|row| row.per_year * YEARS as f64).sum();
    let draws = streams.rows.len() as f64 + events;
    // Also if draws are beyond all bounds.
    let affordable = if draws > 0.0 { (DRAWS / draws) as u64 } else { 0 };
    if affordable < FEWEST { 0 } else { affordable.min(MOST) }
}

/// What is counted for a tier.
struct Watch {
    tier: TierId,
    /// By stream: which of the counts it adds to, and what its recovery times are drawn with.
    streams: Vec<Option<(usize, Key)>>,
    counts: Vec<Counts>,
    overlaps: Sums,
    together: Sums,
}

impl Watch {
    fn new(setting: &Setting<'_>, streams: &Streams, tally: &TierTally) -> Self {
        let mut all = Self {
            tier: tally.tier,
            streams: vec![None; streams.rows.len()],
            counts: Vec::new(),
            overlaps: Sums { unseen: 1.0, ..Sums::default() },
            together: Sums::default(),
        };
        if streams.rows.is_empty() {
            return all;
        }
        let effects = Situations::new(setting, tally.tier, streams).effects;
        for (n, row) in streams.rows.iter().enumerate().filter(|(n, _)| effects[*n] != Effect::Absent) {
            if all.counts.last().is_none_or(|last| last.failure != row.failure) {
                all.counts.push(Counts::new(row.failure, tally));
            }
            let at = all.counts.len() - 1;
            all.counts[at].events.at_constant_rates += row.per_year;
            all.streams[n] = Some((at, row.key.of("recovery")));
        }
        let rate: f64 = all.counts.iter().map(|counts| counts.events.at_constant_rates).sum();
        let mut down_before = 0.0;
        for (row, at) in streams.rows.iter().zip(&all.streams).filter_map(|(row, at)| Some((row, at.as_ref()?.0))) {
            let outage: f64 = setting.scenario.failures[row.failure].outage().map(Delay::mean).sum();
            // A member that is down does not fail.
            let within = (outage + all.counts[at].recovery()) * rate - outage * row.per_year;
            all.overlaps.at_constant_rates += row.per_year * within / SECONDS_PER_YEAR;
            let down = row.per_year * outage;
            all.together.at_constant_rates += down * down_before / SECONDS_PER_YEAR;
            down_before += down;
            all.together.unseen = all.together.unseen.max(outage);
        }
        all
    }

    fn live(&mut self, lifetime: u64, events: &[Event]) {
        let (mut over, mut back) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        let (mut overlaps, mut together) = (0.0, 0.0);
        for event in events {
            let Some((at, key)) = self.streams[event.stream as usize] else { continue };
            let counts = &mut self.counts[at];
            counts.of_year[((event.time / SECONDS_PER_YEAR) as usize).min(YEARS - 1)] += 1;
            overlaps += f64::from(u8::from(event.time <= over));
            let occurrence = first_event(lifetime) + u64::from(event.count);
            let share = Random.uniform(key, occurrence, Purpose::Duration);
            let recovery = counts.recoveries[((share * QUANTILES as f64) as usize).min(QUANTILES - 1)];
            let until = if event.until.is_finite() { event.until } else { event.time };
            together += (until.min(back) - event.time).max(0.0);
            (back, over) = (back.max(until), over.max(until + recovery));
        }
        self.overlaps.add(overlaps);
        self.together.add(together);
        self.counts.iter_mut().for_each(Counts::next);
    }

    fn close(self, lifetimes: u64) -> Renewals {
        let of = |sums: Sums| if self.counts.is_empty() { PerYear::default() } else { sums.per_year(lifetimes) };
        let (overlaps, together) = (of(self.overlaps), of(self.together));
        Renewals {
            tier: self.tier,
            failures: self.counts.into_iter().map(|counts| counts.close(lifetimes)).collect(),
            overlaps,
            together,
        }
    }
}

/// A number of each lifetime, added up.
#[derive(Default)]
struct Sums {
    /// What a year would have at constant rates.
    at_constant_rates: f64,
    /// What one that was never seen would add.
    unseen: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, number: f64) {
        self.sum += number;
        self.squares += number * number;
    }

    /// # Formula
    /// Normal at 95%, and three more in all lifetimes: what was never seen may be as frequent.
    fn per_year(&self, lifetimes: u64) -> PerYear {
        let at_constant_rates = self.at_constant_rates;
        if lifetimes < FEWEST {
            return PerYear { at_constant_rates, mean: 0.0, error: f64::MAX };
        }
        let n = lifetimes as f64;
        let variance = (self.squares - self.sum * self.sum / n).max(0.0) / (n - 1.0);
        let each = n * YEARS as f64;
        let error = (Z_95 * (variance * n).sqrt() + 3.0 * self.unseen) / each;
        PerYear { at_constant_rates, mean: self.sum / each, error }
    }
}

/// Events of a failure by year.
struct Counts {
    failure: FailureId,
    events: Sums,
    /// Seconds to full capacity: so many quantiles, infinite ones as zero.
    recoveries: Vec<f64>,
    /// Of the lifetime at hand.
    of_year: [u32; YEARS],
    /// Lifetimes that had any.
    busy: u64,
    /// By number of events, then by year: in how many lifetimes; and by number of events the sum over lifetimes
    /// of the square of how many of its years had so many.
    years: Vec<[u64; YEARS]>,
    squares: Vec<u64>,
}

impl Counts {
    fn new(failure: FailureId, tally: &TierTally) -> Self {
        let shares: Vec<f64> = (0..QUANTILES).map(|n| (n as f64 + 0.5) / QUANTILES as f64).collect();
        let of_failure = tally.incidents.iter().find(|t| t.failure == failure && t.service.is_none());
        let times = of_failure.filter(|tally| tally.n > 0).map(|tally| tally.recovery_time_full.profile(&shares));
        let seconds = |time: Option<f64>| time.map_or(0.0, |milliseconds| milliseconds / 1000.0);
        Self {
            failure,
            events: Sums { unseen: 1.0, ..Sums::default() },
            recoveries: times.map_or_else(|| vec![0.0; QUANTILES], |times| times.into_iter().map(seconds).collect()),
            of_year: [0; YEARS],
            busy: 0,
            years: Vec::new(),
            squares: Vec::new(),
        }
    }

    /// Mean seconds to full capacity.
    fn recovery(&self) -> f64 {
        self.recoveries.iter().sum::<f64>() / QUANTILES as f64
    }

    /// The lifetime is over.
    fn next(&mut self) {
        let events: u64 = self.of_year.iter().map(|count| u64::from(*count)).sum();
        if events == 0 {
            return;
        }
        self.busy += 1;
        self.events.add(events as f64);
        let mut counts = std::mem::take(&mut self.of_year);
        let most = counts.iter().max().map_or(0, |most| *most as usize);
        if self.years.len() <= most {
            self.years.resize(most + 1, [0; YEARS]);
            self.squares.resize(most + 1, 0);
        }
        for (year, count) in counts.iter().enumerate() {
            self.years[*count as usize][year] += 1;
        }
        counts.sort_unstable();
        for same in counts.chunk_by(|a, b| a == b) {
            self.squares[same[0] as usize] += (same.len() * same.len()) as u64;
        }
    }

    /// # Formula
    /// ½ Σ |p − q| with p the share of years with so many events and q that of Poisson. What sampling may add
    /// to it: ½ Σ 1.96 standard errors of p, over lifetimes, and 3 ÷ lifetimes for what was never seen.
    fn close(mut self, lifetimes: u64) -> Renewal {
        let mut found = Renewal {
            failure: self.failure,
            per_year: self.events.per_year(lifetimes),
            variation: 1.0,
            variation_by_year: 1.0,
            most: u64::MAX,
        };
        if lifetimes < FEWEST {
            return found;
        }
        let calm = lifetimes - self.busy;
        self.years.resize(self.years.len().max(1), [0; YEARS]);
        self.squares.resize(self.years.len(), 0);
        self.years[0].iter_mut().for_each(|count| *count += calm);
        self.squares[0] += calm * (YEARS * YEARS) as u64;
        let (n, rate) = (lifetimes as f64, self.events.at_constant_rates);
        let error = |mean: f64, squares: f64| ((squares / n - mean * mean).max(0.0) / (n - 1.0)).sqrt();
        let (mut pooled, mut by_year, mut left) = (0.0, 0.0, 1.0);
        for (count, (years, squares)) in self.years.iter().zip(&self.squares).enumerate() {
            let expected = poisson(rate, count);
            left -= expected;
            let mean = years.iter().sum::<u64>() as f64 / n;
            let each = YEARS as f64;
            pooled += (mean / each - expected).abs() + Z_95 * error(mean, *squares as f64) / each;
            for of_year in years {
                let share = *of_year as f64 / n;
                by_year += ((share - expected).abs() + Z_95 * error(share, *of_year as f64)) / each;
            }
        }
        let with = |sum: f64| ((sum + left.max(0.0)) / 2.0 + 3.0 / n).min(1.0);
        (found.variation, found.variation_by_year) = (with(pooled), with(by_year));
        let mut most = self.years.len();
        while left > RARELY {
            left -= poisson(rate, most);
            most += 1;
        }
        // Twice of it, for what was not seen.
        found.most = 2 * most as u64;
        found
    }
}

/// The chance of so many events in a year.
fn poisson(rate: f64, count: usize) -> f64 {
    let count = count as f64;
    libm::exp(count * libm::log(rate) - rate - libm::lgamma(count + 1.0))
}
