//! Many lifetimes on as many threads as asked.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::drills::Drills;
use super::events::Streams;
use super::room::Room;
use super::situation::Situations;
use super::tally::{LifetimeResult, LifetimeSettings, LifetimeTally};
use super::world::World;
use crate::id::TierId;
use crate::model::{AssetIndex, Scenario};
use crate::sim::campaign::Setting;
use crate::sim::random::Tables;
use crate::sim::tally::Filter;
use crate::units::SECONDS_PER_YEAR;

/// Simulates lifetimes of every tier under all failures that the filter lets through.
///
/// # Returns
/// The same for any number of threads.
#[must_use]
pub fn run_lifetimes(scenario: &Scenario, settings: &LifetimeSettings, filter: &Filter) -> LifetimeResult {
    run_lifetimes_while(scenario, settings, filter, &|_| true)
}

/// The same, as long as `go_on` says so.
///
/// # Arguments
/// `go_on`: told by each thread how many lifetimes more are done, every few of them.
///
/// # Returns
/// The lifetimes from the first one on that were done, at least a few; `settings` says how many.
pub fn run_lifetimes_while(
    scenario: &Scenario,
    settings: &LifetimeSettings,
    filter: &Filter,
    go_on: &(dyn Fn(u64) -> bool + Sync),
) -> LifetimeResult {
    let end = settings.first.saturating_add(settings.lifetimes);
    let next = AtomicU64::new(settings.first);
    // Every thread takes the next few until none are left: it sets up once, and at the end one waits for
    // the other no longer than these take.
    let take = |count: u64| {
        let from = next.fetch_add(count, Ordering::Relaxed);
        (from < end).then(|| from..end.min(from.saturating_add(count)))
    };
    let run = || run_some(scenario, settings, filter, &take, go_on);
    // A pool for one thread would cost more than a short run.
    let pool = (settings.threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build());
    let done: Vec<(Vec<LifetimeTally>, u64)> = match pool {
        Some(Ok(pool)) => pool.broadcast(|_| run()),
        _ => vec![run()],
    };
    let mut events = 0;
    let mut tiers: Vec<LifetimeTally> = tier_ids(scenario, filter).map(|id| LifetimeTally::new(scenario, id)).collect();
    for (part, count) in done {
        events += count;
        for (mine, theirs) in tiers.iter_mut().zip(&part) {
            mine.merge(theirs);
        }
    }
    let lifetimes = next.into_inner().min(end) - settings.first;
    let settings = LifetimeSettings { lifetimes, ..*settings };
    LifetimeResult { settings, tiers: tiers.into_iter().map(LifetimeTally::close).collect(), events }
}

/// Events of a year that one lifetime is expected to have, ends of outages included.
#[must_use]
pub fn events_per_year(scenario: &Scenario, filter: &Filter) -> f64 {
    Streams::new(scenario, filter, 0, &Tables::default()).per_year
}

fn tier_ids<'a>(scenario: &'a Scenario, filter: &'a Filter) -> impl Iterator<Item = TierId> + 'a {
    scenario.tiers.ids().filter(|id| filter.tier.is_none_or(|only| only == *id))
}

/// The tiers that the filter lets through, each before its first lifetime.
pub(super) fn worlds<'a>(
    setting: &'a Setting<'a>,
    streams: &'a Streams,
    filter: &Filter,
    years: f64,
) -> Vec<(World<'a>, LifetimeTally)> {
    let scenario = setting.scenario;
    let world = |id: TierId| {
        let mut world = World::new(Situations::new(setting, id, streams), streams, years);
        world.drills = Drills::new(scenario, &scenario.tiers[id], streams.key, setting.tables);
        (world, LifetimeTally::new(scenario, id))
    };
    tier_ids(scenario, filter).map(world).collect()
}

/// What one thread does.
fn run_some(
    scenario: &Scenario,
    settings: &LifetimeSettings,
    filter: &Filter,
    take: &impl Fn(u64) -> Option<Range<u64>>,
    go_on: &(dyn Fn(u64) -> bool + Sync),
) -> (Vec<LifetimeTally>, u64) {
    let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
    let setting = Setting { scenario, assets: &assets, seed: settings.seed, truncate: false, tables: &tables };
    let streams = Streams::new(scenario, filter, settings.seed, &tables);
    let mut worlds = worlds(&setting, &streams, filter, settings.years);
    let horizon = settings.years * SECONDS_PER_YEAR;
    // Every member takes up room, whether it fails or not.
    let mut room = Room::new((streams.per_year * settings.years).max(streams.rows.len() as f64));
    // Short runs are shared out evenly too.
    let fair = settings.lifetimes / (8 * settings.threads.max(1) as u64);
    let few = fair.clamp(1, room.lanes() as u64);
    while let Some(lifetimes) = take(few) {
        streams.generate(lifetimes.clone(), horizon, &mut room);
        for (world, tally) in &mut worlds {
            if room.is_sorted() {
                world.look_through(lifetimes.start, &mut room);
            }
            for (lane, lifetime) in lifetimes.clone().enumerate() {
                if room.is_sorted() {
                    world.live(lifetime, &room.lane(lane));
                } else {
                    world.live(lifetime, room.in_order(lane));
                }
                world.ledger.close(tally);
            }
        }
        if !go_on(lifetimes.end - lifetimes.start) {
            break;
        }
    }
    let counted = |(_, mut tally): (World<'_>, LifetimeTally)| {
        tally.count_all();
        tally
    };
    (worlds.into_iter().map(counted).collect(), room.count)
}
