//! Failures that overlap, made to happen: what a second one, and a third, in the middle of the first adds
//! to a tier's time down.
//!
//! An episode begins when something fails while everything is up and nothing is under way, and lasts until
//! that is so again. A single failure by itself is what an incident simulates. Here a further failure is
//! forced into the episode, at a moment and of a member drawn as if it happened there, and what it changes
//! counts with the chance that it does. So what happens once in a million years is seen in a thousand
//! episodes.
//!
//! # Formula
//! Given an episode of length D and failures at rate Λ: with p = 1 − e^(−ΛD) another one falls into it, at
//! a moment of the exponential distribution cut off at D. The episode with it, less the episode without,
//! counts p; a third likewise with p p′. One of something that is down already changes nothing, and the next
//! is looked for from there. What counts little is looked for in fewer episodes, and counts there as much more: half
//! of those with two failures go on to a third, half of these to a fourth.
//!
//! # Source
//! Lewis and Böhm (1984), Monte Carlo simulation of Markov unreliability models, Nuclear Engineering and
//! Design 77:49-62: forced transitions. Kahn (1956), Use of different Monte Carlo sampling techniques, in Symposium
//! on Monte Carlo Methods: Russian roulette.

use super::events::{Event, Streams};
use super::situation::{Effect, Situations};
use super::world::World;
use crate::id::TierId;
use crate::model::{AssetIndex, Scenario};
use crate::sim::campaign::Setting;
use crate::sim::random::{Purpose, Random, Tables, Uniform};
use crate::sim::tally::Filter;
use crate::units::SECONDS_PER_YEAR;

/// Failures that come in an episode, those of what is down already among them: with more, what is left out is
/// less than any run would show.
const MOST_COMING: usize = 5;

/// The share of episodes that go on to one failure more, from the third on.
const GOES_ON: f64 = 0.5;

/// Episodes after which it is asked whether to go on: some milliseconds.
const ASKED_AFTER: u64 = 1024;

/// Years after which an episode is cut off.
pub(super) const LONGEST: f64 = 100.0;

/// Lifetimes from here on are no campaign's.
const LIFETIMES: u64 = 1 << 38;

/// What overlapping failures add to the years of a tier.
#[derive(Clone, Debug)]
pub struct Overlaps {
    /// The tier.
    pub tier: TierId,
    /// Episodes that were simulated.
    pub n: u64,
    /// Episodes that begin in a year.
    pub rate_per_year: f64,
    /// Share of the time outside of episodes.
    pub calm: f64,
    /// What further failures changed, by episode.
    pub changes: Vec<Change>,
    /// Episodes of a year that have more failures than were simulated, and so may be wrong.
    pub left_out_per_year: f64,
}

/// An episode with a further failure, beside the same one without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Number of the episode.
    pub episode: u64,
    /// How many such episodes a year has, as far as this one tells.
    pub per_year: f64,
    /// Milliseconds down without it.
    pub without: u64,
    /// Milliseconds down with it.
    pub with: u64,
    /// Losses for good with it less those without.
    pub lost_for_good: f64,
}

/// One episode as it went.
#[derive(Clone, Copy)]
struct Went {
    down: u64,
    lost: usize,
    /// Seconds.
    length: f64,
}

/// Simulates so many `episodes` of every tier that the filter lets through.
///
/// # Returns
/// By tier, in the order of their ids. Failures whose time
/// up is not exponential count with their mean.
#[must_use]
pub fn overlaps(scenario: &Scenario, seed: u64, filter: &Filter, episodes: u64) -> Vec<Overlaps> {
    overlaps_while(scenario, seed, filter, episodes, &|| true).unwrap_or_default()
}

/// The same, as long as `go_on` says so, which is asked now and then; `None` if it does not: the episodes are drawn
/// together, and a part of them says nothing.
#[must_use]
pub fn overlaps_while(
    scenario: &Scenario,
    seed: u64,
    filter: &Filter,
    episodes: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<Overlaps>> {
    let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
    let setting = Setting { scenario, assets: &assets, seed, truncate: false, tables: &tables };
    let streams = Streams::new(scenario, filter, seed, &tables);
    let tiers = scenario.tiers.ids().filter(|id| filter.tier.is_none_or(|only| only == *id));
    tiers.map(|tier| of_tier(&setting, &streams, tier, episodes, go_on)).collect()
}

fn of_tier(
    setting: &Setting<'_>,
    streams: &Streams,
    tier: TierId,
    episodes: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Overlaps> {
    let situations = Situations::new(setting, tier, streams);
    // Running sums of the rates of what concerns the tier, per year.
    let mut rates = Vec::new();
    let mut rate = 0.0;
    for (n, row) in streams.rows.iter().enumerate() {
        if situations.effects[n] != Effect::Absent {
            rate += row.per_year;
            rates.push((rate, n));
        }
    }
    let mut all = Overlaps {
        tier,
        n: if rates.is_empty() { 0 } else { episodes },
        rate_per_year: rate,
        calm: 1.0,
        changes: Vec::new(),
        left_out_per_year: 0.0,
    };
    let mut forced = Forced { world: World::new(situations, streams, LONGEST), streams, rates };
    let mut busy = 0.0;
    for episode in 0..all.n {
        if episode % ASKED_AFTER == 0 && !go_on() {
            return None;
        }
        busy += forced.episode(episode, rate / all.n as f64, &mut all);
    }
    // Episodes begin in what is left of the year.
    all.calm = 1.0 / (1.0 + rate * busy / all.n.max(1) as f64 / SECONDS_PER_YEAR);
    Some(all)
}

struct Forced<'a> {
    world: World<'a>,
    streams: &'a Streams,
    /// Running sum of rates per year, and the stream.
    rates: Vec<(f64, usize)>,
}

impl Forced<'_> {
    /// The stream in which the running sum of rates reaches this share of the whole.
    fn stream(&self, share: f64) -> usize {
        let sought = share * self.rates.last().map_or(0.0, |(sum, _)| *sum);
        let at = self.rates.partition_point(|(sum, _)| *sum <= sought).min(self.rates.len() - 1);
        self.rates[at].1
    }

    /// An episode with one failure, with two, and so on. Returns how many seconds it lasts, further failures
    /// with the chance that they come.
    fn episode(&mut self, episode: u64, per_year: f64, all: &mut Overlaps) -> f64 {
        let lifetime = LIFETIMES + episode;
        let uniform = |n: usize, what: &str, purpose| {
            let key = self.streams.key.of(what).nth(n as u64);
            Random.uniform(key, lifetime, purpose)
        };
        // The first ones in turn, as often as they happen.
        let first = self.stream((episode as f64 + uniform(0, "first", Purpose::Member)) / all.n as f64);
        let mut events = vec![self.streams.event(first, lifetime, 0, 0.0)];
        self.streams.crews.put_off(&self.streams.rows, lifetime, &mut events);
        let mut before = self.went(lifetime, &events);
        let (mut length, mut since, mut all_chance) = (before.length, 0.0, 1.0);
        let rate = all.rate_per_year / SECONDS_PER_YEAR;
        for n in 1..MOST_COMING {
            let chance = -libm::expm1(-rate * (before.length - since));
            // The first of the further failures always comes: an episode without one says nothing.
            let goes_on = if n == 1 { 1.0 } else { GOES_ON };
            if goes_on < 1.0 && uniform(n, "goes on", Purpose::Chance) >= goes_on {
                return length;
            }
            all_chance *= chance / goes_on;
            if all_chance <= 0.0 {
                return length;
            }
            let share = uniform(n, "when", Purpose::Moment);
            since -= libm::log1p(-share * chance) / rate;
            let stream = self.stream(uniform(n, "which", Purpose::Member));
            let down = |event: &Event| event.stream as usize == stream && event.until > since;
            if events.iter().any(down) {
                // What is down does not fail; others may later on.
                continue;
            }
            let count = events.iter().filter(|event| event.stream as usize == stream).count() as u32;
            events.push(self.streams.event(stream, lifetime, count, since));
            // The new one may keep people from the others.
            self.streams.crews.put_off(&self.streams.rows, lifetime, &mut events);
            let after = self.went(lifetime, &events);
            if (after.down, after.lost) != (before.down, before.lost) {
                let lost_for_good = after.lost as f64 - before.lost as f64;
                let per_year = per_year * all_chance;
                all.changes.push(Change { episode, per_year, without: before.down, with: after.down, lost_for_good });
            }
            length += all_chance * (after.length - before.length);
            before = after;
        }
        all.left_out_per_year += per_year * all_chance * -libm::expm1(-rate * (before.length - since));
        length
    }

    /// Lives through an episode of these events, in order.
    fn went(&mut self, lifetime: u64, events: &[Event]) -> Went {
        self.world.live(lifetime, events);
        let (down, lost) = self.world.ledger.take();
        let ends = events.iter().map(|event| event.until).filter(|until| until.is_finite());
        Went { down, lost, length: ends.fold(self.world.lived, f64::max) }
    }
}
