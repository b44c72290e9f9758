//! Many incidents: every failure against every tier, on as many threads as asked.
//!
//! Work is cut by failure and by ranges of occurrences. Tallies are integers, so the cut and the
//! order of merging change no byte. Memory does not grow with the number of incidents.

use std::ops::Range;
use std::sync::Arc;

use super::blocks::{Worker, in_blocks, run_block};
use super::impact::Impact;
use super::incident::{Outcome, PlanLabel, Scratch, facts, simulate};
use super::program::{Context, FailureProgram};
use super::random::{Key, Purpose, Random, Tables, Uniform};
use super::running::RunningCampaign;
use super::tally::{Block, CampaignResult, CampaignSettings, Filter, IncidentTally, PairResult, StepTally, TierTally};
use super::timeline::{Joined, TimeLine};
use crate::id::{FailureId, Id, ServiceId, TierId};
use crate::model::{AssetIndex, AssetSet, Scenario};
use crate::stats::PairTally;

/// Up to so many tiers, each is compared with each; beyond, only with the first.
const ALL_PAIRS: usize = 16;

/// Impacts of spreading events that are kept per thread and tier before they are made anew.
const KEPT_IMPACTS: usize = 4096;

/// A scenario compiled for simulation.
pub struct Simulator<'a> {
    scenario: &'a Scenario,
    assets: AssetIndex,
    seed: u64,
    truncate: bool,
    tiers: Vec<TierId>,
    failures: Vec<FailureId>,
    tables: Arc<Tables>,
    /// By position of the failure, then of the tier.
    programs: Vec<Vec<Option<FailureProgram>>>,
}

/// What all programs of a simulation are compiled from.
pub(super) struct Setting<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) assets: &'a AssetIndex,
    pub(super) seed: u64,
    pub(super) truncate: bool,
    pub(super) tables: &'a Tables,
}

impl<'a> Setting<'a> {
    pub(super) fn context(&self, tier: TierId, failure: FailureId) -> Context<'a> {
        Context {
            scenario: self.scenario,
            assets: self.assets,
            tier: &self.scenario.tiers[tier],
            tier_id: tier,
            failure,
            also: &[],
            key: Key::root(self.seed).of("failure").of(&self.scenario.failures[failure].name),
            truncate: self.truncate,
            tables: self.tables,
        }
    }
}

/// How incidents ended, one entry per incident.
#[derive(Clone, Debug, Default)]
pub(super) struct Endings {
    /// Milliseconds.
    pub(super) recovery_times: Vec<u64>,
    /// By what.
    pub(super) plans: Vec<PlanLabel>,
}

impl<'a> Simulator<'a> {
    /// Compiles every tier under every failure that the filter lets through.
    #[must_use]
    pub fn new(scenario: &'a Scenario, seed: u64, truncate: bool, filter: &Filter) -> Self {
        Self::with(Arc::default(), scenario, seed, truncate, filter)
    }

    /// Compiles a scenario that was made of this one, most of which is the same.
    pub(super) fn again<'b>(&self, scenario: &'b Scenario, filter: &Filter) -> Simulator<'b> {
        Simulator::with(Arc::clone(&self.tables), scenario, self.seed, self.truncate, filter)
    }

    fn with(tables: Arc<Tables>, scenario: &'a Scenario, seed: u64, truncate: bool, filter: &Filter) -> Self {
        let assets = AssetIndex::new(scenario);
        let tiers: Vec<TierId> = scenario.tiers.ids().filter(|t| filter.tier.is_none_or(|f| f == *t)).collect();
        let failures: Vec<FailureId> =
            scenario.failures.ids().filter(|f| filter.failure.is_none_or(|g| g == *f)).collect();
        let member = filter.member.as_deref();
        let setting = Setting { scenario, assets: &assets, seed, truncate, tables: &tables };
        let compile = |failure: &FailureId| {
            tiers.iter().map(|tier| FailureProgram::compile(&setting.context(*tier, *failure), member)).collect()
        };
        let programs = failures.iter().map(compile).collect();
        Self { scenario, assets, seed, truncate, tiers, failures, tables, programs }
    }

    /// What is simulated.
    pub(super) fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// How many failures are simulated.
    pub(super) fn failures(&self) -> usize {
        self.failures.len()
    }

    /// How many plans the scenario has.
    pub(super) fn plans(&self) -> usize {
        self.scenario.plans.len()
    }

    pub(super) fn program(&self, tier: TierId, failure: FailureId) -> Option<(usize, &FailureProgram)> {
        let failure = self.failures.iter().position(|f| *f == failure)?;
        let tier = self.tiers.iter().position(|t| *t == tier)?;
        self.programs[failure][tier].as_ref().map(|program| (tier, program))
    }

    /// One incident of a tier, as a campaign of the same seed meets it: of the application, then of
    /// its services. `None` if the failure holds nothing of the tier.
    #[must_use]
    pub fn incident(&self, tier: TierId, failure: FailureId, occurrence: u64) -> Option<(Outcome, Vec<Outcome>)> {
        self.incident_by(&Random, tier, failure, occurrence)
    }

    /// The same with other answers to its random questions, those of an adversary for example.
    #[must_use]
    pub fn incident_by<U: Uniform>(
        &self,
        draws: &U,
        tier: TierId,
        failure: FailureId,
        occurrence: u64,
    ) -> Option<(Outcome, Vec<Outcome>)> {
        let (position, program) = self.program(tier, failure)?;
        let mut worker = Worker::default();
        let outcome = self.simulate_one(draws, program, position, occurrence, &mut worker);
        Some((outcome, worker.scratch.services))
    }

    /// Several incidents as [`Self::incident_by`] gives them, without building anew what they share.
    ///
    /// # Arguments
    /// `see` is given the outcome of the application and those of its services, incident by incident;
    /// it is not called if the failure holds nothing of the tier.
    pub fn incidents_by<U: Uniform>(
        &self,
        draws: &U,
        tier: TierId,
        failure: FailureId,
        occurrences: Range<u64>,
        mut see: impl FnMut(&Outcome, &[Outcome]),
    ) {
        let Some((position, program)) = self.program(tier, failure) else { return };
        let mut worker = Worker::default();
        for occurrence in occurrences {
            let outcome = self.simulate_one(draws, program, position, occurrence, &mut worker);
            see(&outcome, &worker.scratch.services);
        }
    }

    /// The time line of one incident of a tier, as a campaign of the same seed meets it: of the
    /// application, or of one service alone. `None` if the failure holds nothing of the tier, or if
    /// the tier has no such service.
    #[must_use]
    pub fn time_line(
        &self,
        tier: TierId,
        failure: FailureId,
        service: Option<ServiceId>,
        occurrence: u64,
    ) -> Option<TimeLine> {
        let (_, program) = self.program(tier, failure)?;
        let services: Vec<ServiceId> = self.scenario.tiers[tier].services.iter().map(|row| row.service).collect();
        let position = match service {
            Some(id) => Some(services.iter().position(|s| *s == id)?),
            None => None,
        };
        let (member, slot) = hit_member(program, &Random, occurrence);
        let destroyed = program.destroyed.nth(&Random, occurrence, 0, Purpose::Chance);
        let made;
        let impact = if program.spreads.is_none() {
            &program.impacts[slot * 2 + usize::from(destroyed)]
        } else {
            let mut members = Vec::new();
            self.gather(program, &Random, occurrence, member, &mut members);
            made = self.spread_impact(program, &members, destroyed);
            &made
        };
        let mut scratch = Scratch::traced(program.services.len());
        let outcome = simulate(program, impact, &Random, occurrence, &mut scratch);
        let facts = facts(program, &Random, occurrence);
        let lines = Joined::new(program, impact, &facts, services, &scratch).lines(position);
        let outcome = position.map_or(outcome, |n| scratch.services[n]);
        Some(TimeLine { occurrence, outcome, lines })
    }

    /// How the first `count` incidents ended: of the application, then, if there are several, of its
    /// services. Empty if the failure holds nothing of the tier.
    pub(super) fn endings(&self, tier: TierId, failure: FailureId, count: u64) -> Vec<Endings> {
        let Some(mut blocks) = self.blocks(tier, failure) else { return Vec::new() };
        let mut all = Vec::new();
        for occurrences in in_blocks(0..count) {
            let (application, services) = blocks.run(&Random, occurrences);
            all.resize_with(1 + services.len(), Endings::default);
            for (endings, block) in all.iter_mut().zip(std::iter::once(application).chain(services)) {
                endings.recovery_times.extend_from_slice(&block.recovery_time);
                endings.plans.extend_from_slice(&block.plan);
            }
        }
        all
    }

    pub(super) fn simulate_one<U: Uniform>(
        &self,
        draws: &U,
        program: &FailureProgram,
        position: usize,
        occurrence: u64,
        worker: &mut Worker,
    ) -> Outcome {
        let (member, slot) = hit_member(program, draws, occurrence);
        let destroyed = program.destroyed.nth(draws, occurrence, 0, Purpose::Chance);
        if program.spreads.is_none() {
            let impact = &program.impacts[slot * 2 + usize::from(destroyed)];
            return simulate(program, impact, draws, occurrence, &mut worker.scratch);
        }
        self.gather(program, draws, occurrence, member, &mut worker.members);
        if worker.impacts.len() > KEPT_IMPACTS {
            worker.impacts.clear();
        }
        let known = (position, std::mem::take(&mut worker.members), destroyed);
        if !worker.impacts.contains_key(&known) {
            let impact = self.spread_impact(program, &known.1, destroyed);
            worker.impacts.insert((known.0, known.1.clone(), known.2), impact);
        }
        let outcome = match worker.impacts.get(&known) {
            Some(impact) => simulate(program, impact, draws, occurrence, &mut worker.scratch),
            None => Outcome::CALM,
        };
        worker.members = known.1;
        outcome
    }

    /// All members that an event reaches, ascending.
    fn gather<U: Uniform>(
        &self,
        program: &FailureProgram,
        draws: &U,
        occurrence: u64,
        first: usize,
        members: &mut Vec<usize>,
    ) {
        members.clear();
        let Some(spread) = &program.spreads else { return };
        let reached = |n: &usize| *n == first || spread.chance.nth(draws, occurrence, *n as u64 + 1, Purpose::Chance);
        members.extend((0..spread.taken.len()).filter(reached));
    }

    fn spread_impact(&self, program: &FailureProgram, members: &[usize], destroyed: bool) -> Impact {
        let setting = Setting {
            scenario: self.scenario,
            assets: &self.assets,
            seed: self.seed,
            truncate: self.truncate,
            tables: &self.tables,
        };
        let ctx = setting.context(program.tier, program.failure);
        let mut taken = AssetSet::empty(self.assets.size());
        if let Some(spread) = &program.spreads {
            for member in members {
                taken.unite(&spread.taken[*member]);
            }
        }
        Impact::new(&ctx, program, members, &taken, destroyed)
    }
}

/// Which member is hit: each of those that concern the tier as likely, and the same one in all tiers
/// that it concerns. Draws from all members until one concerns the tier.
pub(super) fn hit_member<U: Uniform>(program: &FailureProgram, draws: &U, occurrence: u64) -> (usize, usize) {
    let all = program.slots.len();
    if all == 1 {
        return (0, 0);
    }
    // Each draw finds one with a chance of slot_count / all; after this many, e^-40 of all incidents
    // are left, which then go to the first.
    let tries = 40 * (all / program.slot_count + 1) as u64;
    for attempt in 0..tries {
        let u = draws.uniform(program.member_key.nth(attempt), occurrence, Purpose::Member);
        let member = ((u * all as f64) as usize).min(all - 1);
        if let Some(slot) = program.slots[member] {
            return (member, slot as usize);
        }
    }
    let first = program.slots.iter().position(Option::is_some).unwrap_or(0);
    (first, 0)
}

/// What is tallied of one failure in a range of occurrences: by tier, then application and services.
#[derive(Clone)]
pub(super) struct FailureTally {
    pub(super) tiers: Vec<Vec<IncidentTally>>,
    pub(super) pairs: Vec<(usize, usize, PairTally, PairTally)>,
}

impl FailureTally {
    /// Nothing yet of the failure at this position.
    pub(super) fn new(simulator: &Simulator<'_>, failure: usize) -> Self {
        let programs = &simulator.programs[failure];
        let tiers =
            programs.iter().map(|p| p.as_ref().map_or_else(Vec::new, |p| empty_tallies(simulator, p))).collect();
        let held: Vec<usize> = (0..programs.len()).filter(|n| programs[*n].is_some()).collect();
        let firsts = if held.len() <= ALL_PAIRS { held.len() } else { 1 };
        let pairs = (0..firsts)
            .flat_map(|a| held[a + 1..].iter().map(move |b| (a, *b)))
            .map(|(a, b)| (held[a], b, PairTally::new(), PairTally::new()))
            .collect();
        Self { tiers, pairs }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.tiers.iter_mut().flatten().zip(other.tiers.iter().flatten()) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.pairs.iter_mut().zip(&other.pairs) {
            mine.2.merge(&theirs.2);
            mine.3.merge(&theirs.3);
        }
    }
}

fn empty_tallies(simulator: &Simulator<'_>, program: &FailureProgram) -> Vec<IncidentTally> {
    let services = &simulator.scenario.tiers[program.tier].services;
    let tally = |service: Option<usize>| {
        let (members, rate) = (program.slot_count as u64, program.rate_per_year);
        let mut tally = IncidentTally::new(program.failure, service.map(|n| services[n].service), members, rate);
        tally.steps = program
            .step_slots
            .iter()
            .map(|slot| StepTally {
                service: services[slot.service].service,
                plan: slot.plan,
                step: slot.step,
                finish: crate::stats::Tally::new(),
                critical: 0,
            })
            .collect();
        tally
    };
    let each = if services.len() > 1 { services.len() } else { 0 };
    std::iter::once(None).chain((0..each).map(Some)).map(tally).collect()
}

/// Simulates `trials` incidents of every failure for every tier.
///
/// # Arguments
/// `settings.threads`: how many threads share the work; at least one is used.
#[must_use]
pub fn run_incidents(scenario: &Scenario, settings: &CampaignSettings, filter: &Filter) -> CampaignResult {
    let mut campaign = RunningCampaign::new(scenario, settings, filter);
    campaign.run(0..settings.trials);
    campaign.whole_result()
}

/// Adds occurrences of the failure at this position, for all tiers.
pub(super) fn run_range(simulator: &Simulator<'_>, failure: usize, all: Range<u64>, tally: &mut FailureTally) {
    let programs = &simulator.programs[failure];
    let mut worker = Worker::default();
    let mut blocks: Vec<Block> = programs.iter().map(|_| Block::default()).collect();
    for occurrences in in_blocks(all) {
        for (n, program) in programs.iter().enumerate() {
            let Some(program) = program else { continue };
            let tallies = &mut tally.tiers[n];
            run_block((simulator, program, n), &Random, occurrences.clone(), &mut worker, &mut blocks[n], tallies);
            tallies[0].record(&blocks[n]);
        }
        for (a, b, recovery_time, data_loss) in &mut tally.pairs {
            record_pairs(recovery_time, &blocks[*a].recovery_time, &blocks[*b].recovery_time);
            record_pairs(data_loss, &blocks[*a].data_loss, &blocks[*b].data_loss);
        }
    }
}

fn record_pairs(tally: &mut PairTally, first: &[u64], second: &[u64]) {
    for (a, b) in first.iter().zip(second) {
        tally.record(finite(*a), finite(*b));
    }
}

fn finite(value: u64) -> Option<u64> {
    (value != super::NEVER).then_some(value)
}

/// Tallies as others read them.
pub(super) fn collect(
    simulator: &Simulator<'_>,
    settings: CampaignSettings,
    tallies: Vec<FailureTally>,
) -> CampaignResult {
    let mut tiers: Vec<TierTally> = simulator
        .tiers
        .iter()
        .map(|tier| TierTally { tier: *tier, incidents: Vec::new(), returns: Vec::new() })
        .collect();
    let mut pairs = Vec::new();
    for (failure, tally) in simulator.failures.iter().zip(tallies) {
        for (tier, incidents) in tiers.iter_mut().zip(tally.tiers) {
            tier.incidents.extend(incidents.into_iter().map(IncidentTally::close));
        }
        pairs.extend(tally.pairs.into_iter().map(|(a, b, recovery_time, data_loss)| PairResult {
            tier: simulator.tiers[a],
            than: simulator.tiers[b],
            failure: *failure,
            recovery_time,
            data_loss,
        }));
    }
    pairs.sort_by_key(|pair| (pair.tier.index(), pair.than.index(), pair.failure.index()));
    CampaignResult { settings, tiers, pairs }
}
