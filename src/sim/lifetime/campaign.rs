//! Many lifetimes on as many threads as asked.

use rayon::prelude::*;

use super::events::{Room, Streams};
use super::situation::Situations;
use super::tally::{LifetimeResult, LifetimeSettings, LifetimeTally};
use super::world::World;
use crate::id::TierId;
use crate::model::{AssetIndex, Scenario};
use crate::sim::campaign::Setting;
use crate::sim::random::Tables;
use crate::sim::tally::Filter;
use crate::units::SECONDS_PER_YEAR;

/// Parts of a run per thread.
const PARTS: u64 = 16;

/// Simulates lifetimes of every tier under all failures that the filter lets through.
///
/// # Returns
/// The same for any number of threads.
#[must_use]
pub fn run_lifetimes(scenario: &Scenario, settings: &LifetimeSettings, filter: &Filter) -> LifetimeResult {
    let threads = settings.threads.max(1) as u64;
    // Small parts even out at the end of a run, where one thread waits for the other; each has to be set up.
    let fitting = settings.lifetimes.div_ceil(1024).clamp(1, PARTS * threads);
    let parts = if threads == 1 { 1 } else { fitting.max(threads.min(settings.lifetimes.max(1))) };
    let bounds = |n: u64| settings.first + (u128::from(settings.lifetimes) * u128::from(n) / u128::from(parts)) as u64;
    let ranges: Vec<(u64, u64)> = (0..parts).map(|n| (bounds(n), bounds(n + 1))).collect();
    let run = |(from, to): &(u64, u64)| run_range(scenario, settings, filter, *from, *to);
    // A pool for one thread would cost more than a short run.
    let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build());
    let done: Vec<(Vec<LifetimeTally>, u64)> = match pool {
        Some(Ok(pool)) => pool.install(|| ranges.par_iter().map(run).collect()),
        _ => ranges.iter().map(run).collect(),
    };
    let mut events = 0;
    let mut tiers: Vec<LifetimeTally> = tier_ids(scenario, filter).map(|id| LifetimeTally::new(scenario, id)).collect();
    for (part, count) in done {
        events += count;
        for (mine, theirs) in tiers.iter_mut().zip(&part) {
            mine.merge(theirs);
        }
    }
    LifetimeResult { settings: *settings, tiers: tiers.into_iter().map(LifetimeTally::close).collect(), events }
}

/// Events of a year that one lifetime is expected to have, ends of outages included.
#[must_use]
pub fn events_per_year(scenario: &Scenario, filter: &Filter) -> f64 {
    Streams::new(scenario, filter, 0, &Tables::default()).per_year
}

fn tier_ids<'a>(scenario: &'a Scenario, filter: &'a Filter) -> impl Iterator<Item = TierId> + 'a {
    scenario.tiers.ids().filter(|id| filter.tier.is_none_or(|only| only == *id))
}

fn run_range(
    scenario: &Scenario,
    settings: &LifetimeSettings,
    filter: &Filter,
    from: u64,
    to: u64,
) -> (Vec<LifetimeTally>, u64) {
    let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
    let setting = Setting { scenario, assets: &assets, seed: settings.seed, truncate: false, tables: &tables };
    let streams = Streams::new(scenario, filter, settings.seed, &tables);
    let mut worlds: Vec<(World<'_>, LifetimeTally)> = tier_ids(scenario, filter)
        .map(|id| {
            let situations = Situations::new(&setting, id, &streams);
            (World::new(situations, &streams, settings.years), LifetimeTally::new(scenario, id))
        })
        .collect();
    let horizon = settings.years * SECONDS_PER_YEAR;
    let mut room = Room::new(streams.per_year * settings.years);
    let lanes = room.lanes();
    for first in (from..to).step_by(lanes) {
        let lifetimes = first..to.min(first + lanes as u64);
        streams.generate(lifetimes.clone(), horizon, &mut room);
        for (lane, lifetime) in lifetimes.enumerate() {
            let events = room.in_order(lane);
            for (world, tally) in &mut worlds {
                world.live(lifetime, events);
                world.ledger.close(tally);
            }
        }
    }
    (worlds.into_iter().map(|(_, tally)| tally).collect(), room.count)
}
