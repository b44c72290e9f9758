//! The way back of single incidents: what going home after a failover adds to the time down. An incident is
//! over when service is back; a year has the interruptions of the way home too. So some incidents of each
//! failure are lived through to their very end, with the steps of the way back and without.

use rayon::prelude::*;

use super::episodes::LONGEST;
use super::events::Streams;
use super::situation::{Effect, Situations};
use super::world::World;
use crate::id::{FailureId, ServiceId, TierId};
use crate::model::{AssetIndex, Phase, Scenario, Tier};
use crate::sim::campaign::Setting;
use crate::sim::random::Tables;
use crate::sim::tally::{CampaignSettings, Filter};

/// Lifetimes from here on are no campaign's and no episode's.
const LIFETIMES: u64 = 1 << 39;

/// What the way back adds to the incidents of a failure in a tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Returns {
    /// The failure.
    pub failure: FailureId,
    /// Incidents that were lived through.
    pub n: u64,
    /// Those that going home made longer.
    pub longer: Vec<Longer>,
    /// Milliseconds that it adds to all of them, service by service.
    pub of_services: Vec<(ServiceId, u64)>,
}

/// An incident whose way home users feel: milliseconds that the application is down, weighed by the part of
/// the users that is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longer {
    /// Its number.
    pub incident: u64,
    /// As if going home took no time.
    pub without: u64,
    /// With the way home.
    pub with: u64,
}

impl Returns {
    /// Milliseconds that the way home adds to an incident on average, of the application.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let sum: u128 = self.longer.iter().map(|one| u128::from(one.with - one.without)).sum();
        sum as f64 / self.n.max(1) as f64
    }

    /// The same of a service.
    #[must_use]
    pub fn mean_of(&self, service: ServiceId) -> f64 {
        let sum = self.of_services.iter().find(|(id, _)| *id == service).map_or(0, |(_, sum)| *sum);
        sum as f64 / self.n.max(1) as f64
    }
}

/// Lives through `count` incidents of every failure whose plans have a way back that users feel.
///
/// # Returns
/// By tier, in the order of their ids, then by failure; nothing of the others.
#[must_use]
pub(in crate::sim) fn returns(
    scenario: &Scenario,
    settings: &CampaignSettings,
    filter: &Filter,
    count: u64,
) -> Vec<Vec<Returns>> {
    let tiers: Vec<TierId> = scenario.tiers.ids().filter(|id| filter.tier.is_none_or(|only| only == *id)).collect();
    let goes_back = |tier: &TierId| scenario.failures.ids().any(|f| is_felt(scenario, &scenario.tiers[*tier], f));
    if !tiers.iter().any(goes_back) {
        return vec![Vec::new(); tiers.len()];
    }
    let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
    let CampaignSettings { seed, truncate, threads, .. } = *settings;
    let setting = Setting { scenario, assets: &assets, seed, truncate, tables: &tables };
    let streams = Streams::new(scenario, filter, seed, &tables);
    let one = |tier: &TierId| if goes_back(tier) { of_tier(&setting, &streams, *tier, count) } else { Vec::new() };
    let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    match pool {
        Some(Ok(pool)) => pool.install(|| tiers.par_iter().map(one).collect()),
        _ => tiers.iter().map(one).collect(),
    }
}

/// Whether a plan of the tier for this failure has a way back that interrupts.
fn is_felt(scenario: &Scenario, tier: &Tier, failure: FailureId) -> bool {
    tier.services.iter().flat_map(|row| &row.plans).map(|plan| &scenario.plans[*plan]).any(|plan| {
        let mut steps = plan.failback.nodes.iter().map(|node| &scenario.steps[node.step]);
        plan.causes.contains(&failure) && steps.any(|step| step.phase == Phase::Redirect)
    })
}

fn of_tier(setting: &Setting<'_>, streams: &Streams, tier: TierId, count: u64) -> Vec<Returns> {
    let scenario = setting.scenario;
    let situations = Situations::new(setting, tier, streams);
    let concerned = |n: &usize| situations.effects[*n] != Effect::Absent;
    let rows: Vec<usize> = (0..streams.rows.len()).filter(concerned).collect();
    let services: Vec<ServiceId> = scenario.tiers[tier].services.iter().map(|row| row.service).collect();
    let mut world = World::new(situations, streams, LONGEST);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut all = Vec::new();
    for members in rows.chunk_by(|a, b| streams.rows[*a].failure == streams.rows[*b].failure) {
        let failure = streams.rows[members[0]].failure;
        if !is_felt(scenario, &scenario.tiers[tier], failure) {
            continue;
        }
        let mut sums = vec![0; services.len()];
        let mut longer = Vec::new();
        for incident in 0..count {
            // Members in turn: each as often as the others.
            let stream = members[(incident % members.len() as u64) as usize];
            let lifetime = LIFETIMES + incident;
            let mut events = vec![streams.event(stream, lifetime, 0, 0.0)];
            streams.crews.put_off(&streams.rows, lifetime, &mut events);
            let mut live = |free: bool, down: &mut Vec<u64>| {
                (world.goes_home_free, world.went_home) = (free, false);
                world.live(lifetime, events.as_slice());
                world.ledger.take_lines(down);
                world.went_home
            };
            if !live(false, &mut with) {
                continue;
            }
            live(true, &mut without);
            let of_services = with.len() - services.len();
            for ((sum, with), without) in sums.iter_mut().zip(&with[of_services..]).zip(&without[of_services..]) {
                *sum += with.saturating_sub(*without);
            }
            if with[0] > without[0] {
                longer.push(Longer { incident, without: without[0], with: with[0] });
            }
        }
        let of_services = services.iter().copied().zip(sums).collect();
        all.push(Returns { failure, n: count, longer, of_services });
    }
    all
}
