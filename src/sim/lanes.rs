//! Many incidents of the same impact at once, for the common case: one service, nothing that waits,
//! the first plan from its first source succeeds. The same arithmetic as [`super::walk`], stage by
//! stage over a block instead of incident by incident; whatever leaves the common path is marked
//! and simulated by itself.

use super::impact::{Fate, Impact, PlanOption, SourceOption};
use super::incident::{PlanLabel, detection, facts, whole_bytes};
use super::lag::Lag;
use super::milliseconds;
use super::point::{Moments, PointFinder};
use super::program::{Amount, CommitAt, FailureProgram, PlanProgram};
use super::random::{Purpose, Uniform};
use super::tally::{Block, StepTally};
use crate::model::FailureKind;

/// Room to work in: one entry per incident of the block.
#[derive(Default)]
pub(super) struct Lanes {
    /// Positions in the block.
    positions: Vec<usize>,
    occurrences: Vec<u64>,
    detect: Vec<f64>,
    end: Vec<f64>,
    age: Vec<f64>,
    bytes: Vec<f64>,
    moves: Vec<f64>,
    replays: Vec<f64>,
    keeps_after: Vec<bool>,
    begin: Vec<f64>,
    serve: Vec<f64>,
    full: Vec<f64>,
    committed: Vec<f64>,
    ready: Vec<f64>,
    takes: Vec<f64>,
    stress: Vec<f64>,
    finish: Vec<Vec<f64>>,
    millis: Vec<u64>,
    /// Off the common path.
    pub(super) off: Vec<bool>,
}

/// Whether incidents of a program can be simulated side by side at all.
pub(super) fn can_run(program: &FailureProgram) -> bool {
    program.services.len() == 1 && !program.contended && program.spreads.is_none() && program.repair_starts.is_none()
}

impl Lanes {
    /// Begins a group of incidents of one impact.
    pub(super) fn begin_group(&mut self) {
        self.positions.clear();
        self.occurrences.clear();
    }

    /// Adds all incidents of a block.
    pub(super) fn push_all(&mut self, occurrences: std::ops::Range<u64>) {
        self.positions.extend(0..(occurrences.end - occurrences.start) as usize);
        self.occurrences.extend(occurrences);
    }

    /// Adds an incident: its position in the block and its number.
    pub(super) fn push(&mut self, position: usize, occurrence: u64) {
        self.positions.push(position);
        self.occurrences.push(occurrence);
    }

    /// The incidents of the group: position and number.
    pub(super) fn incidents(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.positions.iter().copied().zip(self.occurrences.iter().copied())
    }

    /// Simulates the group into `block` and `steps`; marks those that must be simulated by themselves.
    /// `false`: the group has no common path, nothing was done.
    pub(super) fn run<U: Uniform>(
        &mut self,
        program: &FailureProgram,
        impact: &Impact,
        draws: &U,
        block: &mut Block,
        steps: &mut [StepTally],
    ) -> bool {
        if impact.services[0].fate.is_unfelt() {
            self.pass_unfelt(program, impact.services[0].short, draws, block);
            return true;
        }
        let Fate::Down { own: true, waits_for_outside: false, options, .. } = &impact.services[0].fate else {
            return false;
        };
        let Some(option) = options.first() else { return false };
        let plan = &program.services[0].plans[option.plan];
        let source = &option.sources[0];
        self.off.clear();
        self.off.resize(self.occurrences.len(), false);
        self.draw_facts(program, draws);
        self.find_points(program, source, draws);
        self.walk(program, plan, option, source, draws, impact.services[0].data_lost);
        self.finish(program, plan, option, source, block);
        self.tally_steps(program, plan, steps);
        true
    }

    /// Nobody feels it; full capacity may wait for the end of the outage.
    fn pass_unfelt<U: Uniform>(&mut self, program: &FailureProgram, short: bool, draws: &U, block: &mut Block) {
        self.off.clear();
        self.off.resize(self.occurrences.len(), false);
        self.draw_facts(program, draws);
        let corruption = program.kind == FailureKind::Corruption;
        let at = self.positions.as_slice();
        let nothing = || std::iter::repeat(0);
        let full = self.end.iter().zip(&self.detect).map(|(end, detect)| {
            let end = if short && end.is_finite() { *end } else { 0.0 };
            milliseconds(if corruption { end - detect } else { end })
        });
        put(&mut block.recovery_time_full, at, full);
        put(&mut block.undetected, at, self.detect.iter().map(|t| milliseconds(*t)));
        for list in [
            &mut block.recovery_time,
            &mut block.data_loss_before,
            &mut block.data_loss_after,
            &mut block.data_loss_bytes,
        ] {
            put(list, at, nothing());
        }
        put(&mut block.plan, at, std::iter::repeat(PlanLabel::None));
        put(&mut block.unrecoverable, at, std::iter::repeat(false));
        block.derive(at, program.services[0].rto, program.services[0].rpo);
    }

    fn draw_facts<U: Uniform>(&mut self, program: &FailureProgram, draws: &U) {
        let count = self.occurrences.len();
        self.stress.clear();
        if let Some(draw) = &program.stress {
            draw.fill(draws, &self.occurrences, &mut self.stress);
        }
        let own = || detection(program).map(|(takes, stressed)| (takes, stressed && program.stress.is_some()));
        match program.detected.as_ref().map(|draw| (draw, false)).or_else(own) {
            Some((draw, stressed)) => {
                draw.fill(draws, &self.occurrences, &mut self.detect);
                if stressed {
                    self.detect.iter_mut().zip(&self.stress).for_each(|(detect, stress)| *detect *= stress);
                }
            }
            None => {
                self.detect.clear();
                self.detect.resize(count, 0.0);
            }
        }
        match &program.lasts {
            Some(draw) => draw.fill(draws, &self.occurrences, &mut self.end),
            None => {
                self.end.clear();
                self.end.resize(count, f64::INFINITY);
            }
        }
    }

    fn find_points<U: Uniform>(&mut self, program: &FailureProgram, source: &SourceOption, draws: &U) {
        let count = self.occurrences.len();
        for list in [&mut self.age, &mut self.bytes, &mut self.moves, &mut self.replays] {
            list.clear();
        }
        self.keeps_after.clear();
        self.bytes.resize(count, f64::NAN);
        self.replays.resize(count, 0.0);
        match &source.finder {
            PointFinder::Living { behind, size } if matches!(behind.as_slice(), [] | [Lag::Law(_)]) => {
                match behind.first() {
                    Some(Lag::Law(draw)) => draw.fill(draws, &self.occurrences, &mut self.age),
                    _ => self.age.resize(count, 0.0),
                }
                self.moves.resize(count, *size);
                self.keeps_after.resize(count, false);
            }
            PointFinder::Derived { size } => {
                self.age.resize(count, 0.0);
                self.moves.resize(count, *size);
                self.keeps_after.resize(count, true);
            }
            finder => {
                self.age.resize(count, 0.0);
                self.moves.resize(count, 0.0);
                self.keeps_after.resize(count, false);
                self.find_each(program, finder, draws);
            }
        }
    }

    fn find_each<U: Uniform>(&mut self, program: &FailureProgram, finder: &PointFinder, draws: &U) {
        let plain = program.moment_key.is_none() && program.dwell.is_none();
        let logical = !program.kind.ends_by_itself();
        for (n, occurrence) in self.occurrences.iter().enumerate() {
            let moments = if plain {
                Moments { moment: 0.0, detect: self.detect[n], cutoff: 0.0, log_begins: f64::NEG_INFINITY, logical }
            } else {
                facts(program, draws, *occurrence).moments
            };
            let Some(point) = finder.find(draws, *occurrence, &moments, 0) else {
                self.off[n] = true;
                continue;
            };
            self.age[n] = point.age;
            self.moves[n] = point.moves;
            self.replays[n] = point.replays;
            self.keeps_after[n] = point.keeps_after;
            if let Some(bytes) = point.bytes {
                self.bytes[n] = bytes;
            }
        }
    }

    fn walk<U: Uniform>(
        &mut self,
        program: &FailureProgram,
        plan: &PlanProgram,
        option: &PlanOption,
        source: &SourceOption,
        draws: &U,
        data_lost: bool,
    ) {
        let comes_back = program.kind.ends_by_itself() && !data_lost;
        self.begin.clear();
        let begin = |detect: &f64| if plan.detects { plan.after_down } else { detect.max(plan.after_down) };
        self.begin.extend(self.detect.iter().map(begin));
        if comes_back {
            for n in 0..self.begin.len() {
                self.off[n] |= self.end[n] <= self.begin[n];
            }
        }
        for list in [&mut self.serve, &mut self.full, &mut self.committed] {
            list.clear();
            list.extend_from_slice(&self.begin);
        }
        self.finish.resize_with(self.finish.len().max(plan.steps.len()), Vec::new);
        for step_n in 0..plan.steps.len() {
            self.step(plan, option, source, draws, step_n);
        }
        if comes_back {
            let committed = if let CommitAt::End = plan.commit { &self.serve } else { &self.committed };
            for (n, committed) in committed.iter().enumerate() {
                self.off[n] |= self.end[n] < *committed;
            }
        }
    }

    /// Times of one step of all incidents, first attempts only.
    fn step<U: Uniform>(
        &mut self,
        plan: &PlanProgram,
        option: &PlanOption,
        source: &SourceOption,
        draws: &U,
        step_n: usize,
    ) {
        let step = &plan.steps[step_n];
        self.ready.clear();
        self.ready.extend_from_slice(&self.begin);
        for before in &step.after {
            for (ready, done) in self.ready.iter_mut().zip(&self.finish[*before as usize]) {
                *ready = ready.max(*done);
            }
        }
        if let CommitAt::Start(at) = plan.commit
            && at == step_n
        {
            self.committed.copy_from_slice(&self.ready);
        }
        if !option.is_up[step_n] {
            if let Some(takes) = &step.takes {
                takes.fill(draws, &self.occurrences, &mut self.takes);
                if step.stressed {
                    for (takes, stress) in self.takes.iter_mut().zip(&self.stress) {
                        *takes *= stress;
                    }
                }
                for (ready, takes) in self.ready.iter_mut().zip(&self.takes) {
                    *ready += takes;
                }
            }
            self.transfer(step.amount, source.routes[step_n].seconds_per_byte);
            if step.fails.is_possible() {
                let purpose = Purpose::Attempt { last: step.retries == 0 };
                for (off, occurrence) in self.off.iter_mut().zip(&self.occurrences) {
                    *off |= step.fails.nth(draws, *occurrence, 0, purpose);
                }
            }
        }
        for (full, done) in self.full.iter_mut().zip(&self.ready) {
            *full = full.max(*done);
        }
        if !step.background {
            for (serve, done) in self.serve.iter_mut().zip(&self.ready) {
                *serve = serve.max(*done);
            }
        }
        std::mem::swap(&mut self.ready, &mut self.finish[step_n]);
    }

    fn transfer(&mut self, amount: Amount, seconds_per_byte: f64) {
        match amount {
            Amount::Nothing => {}
            Amount::Bytes { first, .. } => self.ready.iter_mut().for_each(|t| *t += first * seconds_per_byte),
            Amount::Point { replays } => {
                let volumes = if replays { &self.replays } else { &self.moves };
                for (ready, bytes) in self.ready.iter_mut().zip(volumes) {
                    *ready += bytes * seconds_per_byte;
                }
            }
            Amount::Inflow(writes) => {
                for (ready, age) in self.ready.iter_mut().zip(&self.age) {
                    let backlog = writes * (*ready + age);
                    *ready += backlog * seconds_per_byte / (1.0 - writes * seconds_per_byte);
                }
            }
        }
    }

    /// The outcomes, one quantity after the other; those off the common path are overwritten later.
    fn finish(
        &mut self,
        program: &FailureProgram,
        plan: &PlanProgram,
        option: &PlanOption,
        source: &SourceOption,
        block: &mut Block,
    ) {
        let service = &program.services[0];
        let felt = matches!(program.kind, FailureKind::Deletion | FailureKind::Corruption);
        // What was lost after impact takes the place of what is moved, which nobody asks for any more.
        let after = &mut self.moves;
        if plan.salvage || source.merges || !felt {
            after.fill(0.0);
        } else {
            for ((after, detect), keeps) in after.iter_mut().zip(&self.detect).zip(&self.keeps_after) {
                *after = if *keeps { 0.0 } else { *detect };
            }
        }
        if source.merges {
            self.age.fill(0.0);
            self.bytes.fill(0.0);
        }
        if option.short {
            self.full.iter_mut().zip(&self.end).for_each(|(full, end)| *full = full.max(*end));
        }
        if program.kind == FailureKind::Corruption {
            for list in [&mut self.serve, &mut self.full] {
                list.iter_mut().zip(&self.detect).for_each(|(time, detect)| *time -= detect);
            }
        }
        let at = self.positions.as_slice();
        put(&mut block.recovery_time, at, self.serve.iter().map(|t| milliseconds(*t)));
        put(&mut block.recovery_time_full, at, self.full.iter().map(|t| milliseconds(*t)));
        let detected = if plan.detects { &self.finish[0] } else { &self.detect };
        put(&mut block.undetected, at, detected.iter().map(|t| milliseconds(*t)));
        put(&mut block.data_loss_before, at, self.age.iter().map(|t| milliseconds(*t)));
        put(&mut block.data_loss_after, at, self.moves.iter().map(|t| milliseconds(*t)));
        let bytes = |known: f64, before: f64, after: f64| {
            whole_bytes(if known.is_nan() { service.writes * (before + after) } else { known + service.writes * after })
        };
        match (alike(&self.bytes), alike(&self.age), alike(&self.moves)) {
            (Some(known), Some(before), Some(after)) => {
                put(&mut block.data_loss_bytes, at, std::iter::repeat(bytes(known, before, after)));
            }
            _ => {
                let lost = self.bytes.iter().zip(&self.age).zip(&self.moves);
                put(
                    &mut block.data_loss_bytes,
                    at,
                    lost.map(|((known, before), after)| bytes(*known, *before, *after)),
                );
            }
        }
        let label = PlanLabel::Plan(plan.plan);
        put(&mut block.plan, at, std::iter::repeat(label));
        put(&mut block.unrecoverable, at, std::iter::repeat(false));
        block.derive(at, service.rto, service.rpo);
    }

    fn tally_steps(&mut self, program: &FailureProgram, plan: &PlanProgram, steps: &mut [StepTally]) {
        let corruption = program.kind == FailureKind::Corruption;
        let off = std::mem::take(&mut self.off);
        let some_off = off.contains(&true);
        let on = || off.iter().enumerate().filter(|(_, off)| !**off).map(|(n, _)| n);
        let first = plan.first_slot;
        for (step, tally) in steps[first..first + plan.steps.len()].iter_mut().enumerate() {
            self.millis.clear();
            if corruption || some_off {
                let time = |n: usize| self.finish[step][n] - if corruption { self.detect[n] } else { 0.0 };
                self.millis.extend(on().map(|n| milliseconds(time(n))));
            } else {
                self.millis.extend(self.finish[step].iter().map(|time| milliseconds(*time)));
            }
            super::tally::tally(&mut tally.finish, &self.millis);
            if plan.is_chain {
                tally.critical += self.millis.len() as u64;
            }
        }
        if !plan.is_chain {
            for n in on() {
                plan.critical_path(|step| self.finish[step][n], |step| steps[first + step].critical += 1);
            }
        }
        self.off = off;
    }
}

/// Puts a value for each incident at its position.
#[inline(always)]
fn put<T>(list: &mut [T], positions: &[usize], values: impl Iterator<Item = T>) {
    if positions.len() == list.len() {
        // The whole block, in order.
        list.iter_mut().zip(values).for_each(|(entry, value)| *entry = value);
        return;
    }
    for (position, value) in positions.iter().zip(values) {
        list[*position] = value;
    }
}

/// The value that all have, in all bits: not a number is one value too.
fn alike(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
}
