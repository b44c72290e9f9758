//! Incidents of a tier under a failure, block by block: side by side where they take the common path, by
//! themselves where not.

use std::collections::HashMap;
use std::ops::Range;

use super::campaign::{Simulator, hit_member};
use super::impact::Impact;
use super::incident::Scratch;
use super::lanes::{Group, Lanes};
use super::program::FailureProgram;
use super::random::{Purpose, Uniform};
use super::tally::{Block, IncidentTally};
use crate::id::{FailureId, TierId};

/// Incidents of a tier that are simulated in one go before the next tier sees the same ones: small
/// enough for the outcomes of a tier to stay in the first cache level.
const BLOCK: u64 = 1024;

/// What is simulated: by whom, the program, and the tier's position.
pub(super) type Of<'a> = (&'a Simulator<'a>, &'a FailureProgram, usize);

/// What a thread keeps.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) scratch: Scratch,
    pub(super) impacts: HashMap<(usize, Vec<usize>, bool), Impact>,
    pub(super) members: Vec<usize>,
    services: Vec<Block>,
    groups: Vec<Group>,
    lanes: Lanes,
}

/// Blocks of incidents that are looked at and not tallied.
pub(super) struct Blocks<'a> {
    of: Of<'a>,
    worker: Worker,
    block: Block,
}

impl Simulator<'_> {
    /// Incidents of a tier in blocks; `None` if the failure holds nothing of the tier.
    pub(super) fn blocks(&self, tier: TierId, failure: FailureId) -> Option<Blocks<'_>> {
        let (position, program) = self.program(tier, failure)?;
        Some(Blocks { of: (self, program, position), worker: Worker::default(), block: Block::default() })
    }
}

impl Blocks<'_> {
    /// Simulates a block, of [`in_blocks`].
    ///
    /// # Returns
    /// Of the application, and, if there are several, of its services.
    pub(super) fn run<U: Uniform>(&mut self, draws: &U, occurrences: Range<u64>) -> (&Block, &[Block]) {
        run_block(self.of, draws, occurrences, &mut self.worker, &mut self.block, &mut []);
        let several = self.worker.services.len() > 1;
        (&self.block, if several { &self.worker.services } else { &[] })
    }
}

/// Cuts occurrences into blocks.
pub(super) fn in_blocks(occurrences: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = occurrences.end;
    occurrences.step_by(BLOCK as usize).map(move |from| from..(from + BLOCK).min(end))
}

/// Simulates these incidents into the block, and into the tallies what a block does not hold: of the
/// application and, if there are several, its services. Without tallies that is left out.
pub(super) fn run_block<U: Uniform>(
    of: Of<'_>,
    draws: &U,
    occurrences: Range<u64>,
    worker: &mut Worker,
    block: &mut Block,
    tallies: &mut [IncidentTally],
) {
    let (_, program, _) = of;
    let mut services = std::mem::take(&mut worker.services);
    services.resize_with(program.services.len(), Block::default);
    let count = (occurrences.end - occurrences.start) as usize;
    block.resize(count);
    if program.services.len() == 1 {
        // A single service is the application.
        run_services(of, draws, occurrences, worker, std::slice::from_mut(block), tallies);
    } else {
        services.iter_mut().for_each(|block| block.resize(count));
        run_services(of, draws, occurrences, worker, &mut services, tallies);
        for group in &program.agreeing {
            let of = |n: usize| (program.services[n].writes, program.services[n].rpo);
            Block::agree(&mut services, group, program.kind, of);
        }
        block.absorb(&services, program.limits);
        for (service, block) in tallies.iter_mut().skip(1).zip(&services) {
            service.record(block);
        }
    }
    worker.services = services;
}

/// Incidents as its services see them: side by side, grouped by impact; what leaves the common path, and
/// events that spread, by itself.
fn run_services<U: Uniform>(
    (simulator, program, n): Of<'_>,
    draws: &U,
    occurrences: Range<u64>,
    worker: &mut Worker,
    blocks: &mut [Block],
    tallies: &mut [IncidentTally],
) {
    let alone =
        |position: usize, occurrence: u64, worker: &mut Worker, blocks: &mut [Block], tallies: &mut [IncidentTally]| {
            simulator.simulate_one(draws, program, n, occurrence, worker);
            record_steps(program, &worker.scratch, tallies);
            for (block, service) in blocks.iter_mut().zip(&worker.scratch.services) {
                block.set(position, service);
            }
        };
    if program.spreads.is_some() {
        for (position, occurrence) in occurrences.enumerate() {
            alone(position, occurrence, worker, blocks, tallies);
        }
        return;
    }
    let (mut groups, mut lanes) = (std::mem::take(&mut worker.groups), std::mem::take(&mut worker.lanes));
    groups.resize_with(groups.len().max(program.impacts.len()), Group::default);
    groups.iter_mut().for_each(Group::clear);
    let alike = !program.destroyed.is_possible() && program.alike.iter().step_by(2).all(|first| *first == 0);
    if alike {
        groups[0].push_all(occurrences.clone());
    }
    let apart = if alike { 0..0 } else { occurrences };
    for (position, occurrence) in apart.enumerate() {
        let (_, slot) = hit_member(program, draws, occurrence);
        let destroyed = program.destroyed.nth(draws, occurrence, 0, Purpose::Chance);
        groups[program.alike[slot * 2 + usize::from(destroyed)]].push(position, occurrence);
    }
    for (group, impact) in groups.iter().zip(&program.impacts) {
        let together = lanes.run((program, impact), group, draws, blocks, tallies);
        for (index, (position, occurrence)) in group.incidents().enumerate() {
            if !together || lanes.off[index] {
                alone(position, occurrence, worker, blocks, tallies);
            }
        }
    }
    (worker.groups, worker.lanes) = (groups, lanes);
}

fn record_steps(program: &FailureProgram, scratch: &Scratch, tallies: &mut [IncidentTally]) {
    if tallies.is_empty() {
        return;
    }
    let several = tallies.len() > 1;
    for (slot, finish, critical) in &scratch.steps {
        let slot = *slot as usize;
        let service = program.step_slots[slot].service;
        let add = |tally: &mut IncidentTally| {
            let step = &mut tally.steps[slot];
            step.add(*finish);
            step.critical += u64::from(*critical);
        };
        add(&mut tallies[0]);
        if several {
            add(&mut tallies[1 + service]);
        }
    }
}
