//! Many incidents of the same impact at once, for the common case: nothing waits; the first plan of each
//! service succeeds from its first source, or the outage is over before. The same arithmetic as
//! [`super::walk`] and [`super::incident`], stage by stage over a block instead of incident by incident;
//! whatever leaves the common path is marked and simulated by itself.

use super::impact::{Fate, Impact, ServiceImpact};
use super::incident::{PlanLabel, detection};
use super::milliseconds;
use super::program::FailureProgram;
use super::random::Uniform;
use super::tally::{Block, IncidentTally};
use crate::model::FailureKind;

mod service;

use service::{Room, Track, put_times};

/// Incidents of one impact.
#[derive(Default)]
pub(super) struct Group {
    /// Positions in the block.
    positions: Vec<usize>,
    occurrences: Vec<u64>,
}

impl Group {
    /// None yet.
    pub(super) fn clear(&mut self) {
        self.positions.clear();
        self.occurrences.clear();
    }

    /// Adds all incidents of a block.
    pub(super) fn push_all(&mut self, occurrences: std::ops::Range<u64>) {
        self.positions.extend(0..(occurrences.end - occurrences.start) as usize);
        self.occurrences.extend(occurrences);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.occurrences.len()
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
}

/// Room to work in: one entry per incident of a group.
#[derive(Default)]
pub(super) struct Lanes {
    facts: Facts,
    tracks: Vec<Track>,
    room: Room,
    /// Off the common path.
    pub(super) off: Vec<bool>,
}

/// What is drawn once per incident.
#[derive(Default)]
struct Facts {
    detect: Vec<f64>,
    /// Infinite for what does not end by itself.
    end: Vec<f64>,
    /// Empty if no bad night prolongs anything.
    stress: Vec<f64>,
}

/// A service in incidents of one impact.
struct Case<'a, U> {
    program: &'a FailureProgram,
    impact: &'a ServiceImpact,
    /// Its position.
    n: usize,
    group: &'a Group,
    facts: &'a Facts,
    draws: &'a U,
}

impl<U> Case<'_, U> {
    fn corruption(&self) -> bool {
        self.program.kind == FailureKind::Corruption
    }

    fn count(&self) -> usize {
        self.group.occurrences.len()
    }
}

/// Whether a service has a way that most incidents of an impact take.
fn has_common_path(impact: &ServiceImpact) -> bool {
    match &impact.fate {
        Fate::Down { own: true, options, after_outage, .. } => !options.is_empty() || after_outage.is_empty(),
        _ => true,
    }
}

impl Lanes {
    /// Simulates a group into the blocks of the services and into `tallies`, of the application and, if
    /// there are several, its services; marks those that must be simulated by themselves. `false`: the
    /// group has no common path, nothing was done.
    pub(super) fn run<U: Uniform>(
        &mut self,
        (program, impact): (&FailureProgram, &Impact),
        group: &Group,
        draws: &U,
        blocks: &mut [Block],
        tallies: &mut [IncidentTally],
    ) -> bool {
        let common = impact.services.iter().all(has_common_path);
        let Some(clashes) = impact.contention.clashes.as_ref().filter(|_| common) else { return false };
        self.off.clear();
        self.off.resize(group.occurrences.len(), false);
        self.facts.draw(program, group, draws);
        if program.kind != FailureKind::Corruption && impact.services.iter().all(ServiceImpact::is_unfelt) {
            self.go_on((program, impact), group, blocks);
            return true;
        }
        let count = program.services.len();
        self.tracks.resize_with(self.tracks.len().max(count), Track::default);
        for (n, block) in blocks.iter_mut().enumerate() {
            let case = Case { program, impact: &impact.services[n], n, group, facts: &self.facts, draws };
            let (before, rest) = self.tracks.split_at_mut(n);
            rest[0].run(&case, before, &mut self.off, &mut self.room);
            for need in &program.services[n].needs {
                rest[0].wait_for(&before[*need]);
            }
            rest[0].write(&case, &mut self.off, &self.room, block);
        }
        for clash in clashes {
            let [first, second] = clash.steps.map(|(n, step)| self.tracks[n].times(step));
            for (at, off) in self.off.iter_mut().enumerate() {
                *off |= if clash.one {
                    first.0[at] != second.0[at]
                } else {
                    first.0[at] < second.1[at] && second.0[at] < first.1[at]
                };
            }
        }
        for (n, track) in self.tracks[..count].iter().enumerate() {
            track.tally_steps(program, n, &self.facts, &self.off, &mut self.room, tallies);
        }
        true
    }
}

impl Lanes {
    /// Nobody feels any of these incidents; some services are below full capacity until they end.
    fn go_on(&mut self, (program, impact): (&FailureProgram, &Impact), group: &Group, blocks: &mut [Block]) {
        let at = group.positions.as_slice();
        let mut short: Vec<bool> = Vec::new();
        for (n, block) in blocks.iter_mut().enumerate() {
            let service = &program.services[n];
            short.push(impact.services[n].short || service.needs.iter().any(|need| short[*need]));
            block.plan.put_same(at, PlanLabel::None);
            block.unrecoverable.put_same(at, false);
            put_times(&mut block.undetected, at, &self.facts.detect);
            for list in [
                &mut block.recovery_time,
                &mut block.data_loss_before,
                &mut block.data_loss_after,
                &mut block.data_loss_bytes,
            ] {
                list.put_same(at, 0);
            }
            if short[n] && program.lasts.is_some() {
                let ends = self.facts.end.iter().map(|end| if end.is_finite() { *end } else { 0.0 });
                block.recovery_time_full.put(at, ends.map(milliseconds));
            } else {
                block.recovery_time_full.put_same(at, 0);
            }
            block.derive(at, service.rto, service.rpo);
        }
    }
}

/// What the first plan of a service comes to in many incidents, if no outage ends before: seconds from the
/// failure, one entry per incident.
pub(super) struct Ahead<'a> {
    /// First service.
    pub(super) serve: &'a [f64],
    /// The point of no return.
    pub(super) committed: &'a [f64],
    /// Age of the recovery point, or of what only lost places had.
    pub(super) age: &'a [f64],
}

impl Lanes {
    /// Looks ahead: what becomes of the services in outages that nobody knows the end of.
    ///
    /// # Arguments
    /// `see`: is told what each service comes to by itself, by position. Which incidents leave the common path
    /// is known when all are told.
    pub(super) fn look_ahead<U: Uniform>(
        &mut self,
        (program, impact): (&FailureProgram, &Impact),
        group: &Group,
        draws: &U,
        mut see: impl FnMut(usize, &Ahead<'_>),
    ) {
        self.off.clear();
        self.off.resize(group.count(), false);
        self.facts.draw_known(program, group, draws);
        self.facts.end.clear();
        self.facts.end.resize(group.count(), f64::INFINITY);
        let count = program.services.len();
        self.tracks.resize_with(self.tracks.len().max(count), Track::default);
        for n in 0..count {
            let case = Case { program, impact: &impact.services[n], n, group, facts: &self.facts, draws };
            let (before, rest) = self.tracks.split_at_mut(n);
            rest[0].run(&case, before, &mut self.off, &mut self.room);
            see(n, &rest[0].ahead(&case, &self.room));
        }
    }
}

impl Facts {
    fn draw<U: Uniform>(&mut self, program: &FailureProgram, group: &Group, draws: &U) {
        self.draw_known(program, group, draws);
        let occurrences = &group.occurrences;
        match &program.lasts {
            Some(draw) => draw.fill(draws, occurrences, &mut self.end),
            None => {
                self.end.clear();
                self.end.resize(occurrences.len(), f64::INFINITY);
            }
        }
        if let Some(draw) = &program.repair_starts {
            self.end.iter_mut().zip(occurrences).for_each(|(end, occurrence)| *end += draw.get(draws, *occurrence));
        }
    }

    /// How bad the night is, and when people know.
    fn draw_known<U: Uniform>(&mut self, program: &FailureProgram, group: &Group, draws: &U) {
        let occurrences = &group.occurrences;
        let count = occurrences.len();
        self.stress.clear();
        if let Some(draw) = &program.stress {
            draw.fill(draws, occurrences, &mut self.stress);
        }
        let own = || detection(program).map(|(takes, stressed)| (takes, stressed && program.stress.is_some()));
        match program.detected.as_ref().map(|draw| (draw, false)).or_else(own) {
            Some((draw, stressed)) => {
                draw.fill(draws, occurrences, &mut self.detect);
                if stressed {
                    self.detect.iter_mut().zip(&self.stress).for_each(|(detect, stress)| *detect *= stress);
                }
            }
            None => {
                self.detect.clear();
                self.detect.resize(count, 0.0);
            }
        }
    }
}
