//! One service in many incidents of the same impact.

use super::{Ahead, Case, Facts};
use crate::model::FailureKind;
use crate::sim::column::Column;
use crate::sim::impact::{Fate, PlanOption, SourceOption};
use crate::sim::incident::{PlanLabel, facts, whole_bytes};
use crate::sim::lag::Lag;
use crate::sim::point::{Moments, PointFinder};
use crate::sim::program::{Amount, CommitAt, FailureProgram, PlanProgram};
use crate::sim::random::{Purpose, Uniform};
use crate::sim::tally::{Block, IncidentTally, tally};
use crate::sim::unsent::{self, Unsent};
use crate::sim::{NEVER, milliseconds};

/// What the services of a group use one after the other.
#[derive(Default)]
pub(super) struct Room {
    /// Lost before the failure, in seconds.
    age: Vec<f64>,
    /// Lost after it.
    after: Vec<f64>,
    /// Lost bytes; at first those before the failure where a copy knows, else not a number.
    bytes: Vec<f64>,
    moves: Vec<f64>,
    replays: Vec<f64>,
    keeps_after: Vec<bool>,
    begin: Vec<f64>,
    committed: Vec<f64>,
    ready: Vec<f64>,
    takes: Vec<f64>,
    millis: Vec<u64>,
}

/// How a service comes back.
#[derive(Default)]
pub(super) struct Track {
    /// From the failure to first service, then with all that it needs.
    serve: Vec<f64>,
    full: Vec<f64>,
    /// Position of the plan that is carried out.
    plan: Option<usize>,
    /// When it was back by itself, for those that wait for its data.
    own: Vec<f64>,
    /// By step of the plan.
    begin: Vec<Vec<f64>>,
    finish: Vec<Vec<f64>>,
    /// The outage is over before the plan is past its point of no return; empty without a plan.
    given_up: Vec<bool>,
    labels: Vec<PlanLabel>,
}

/// In place of what a list holds: so many times the same.
fn fill<T: Clone>(list: &mut Vec<T>, count: usize, value: T) {
    list.clear();
    list.resize(count, value);
}

impl Track {
    /// What the service itself comes to, beside those before it.
    pub(super) fn run<U: Uniform>(&mut self, case: &Case<'_, U>, before: &[Self], off: &mut [bool], room: &mut Room) {
        let count = case.count();
        self.plan = None;
        self.given_up.clear();
        fill(&mut self.labels, count, PlanLabel::None);
        for list in [&mut room.age, &mut room.after, &mut room.bytes] {
            fill(list, count, 0.0);
        }
        match &case.impact.fate {
            Fate::Untouched => self.go_on(case),
            Fate::Masked { .. } => self.mask(case, room),
            Fate::Down { own: false, waits_for_outside, .. } => {
                self.go_on(case);
                room.lose_unsent(case, &case.impact.unsent);
                self.wait_for_outside(case, *waits_for_outside);
            }
            Fate::Down { options, waits_for_outside, .. } => {
                match options.first() {
                    Some(option) => {
                        let data = option.sources[0].gate.map(|gate| before[gate].own.as_slice());
                        self.recover(case, (option, data), off, room);
                    }
                    None => self.give_up(case, room),
                }
                self.own.clone_from(&self.serve);
                self.wait_for_outside(case, *waits_for_outside);
            }
        }
    }

    /// When users begin to suffer, in all incidents: detection, if it is corruption.
    fn go_on<U>(&mut self, case: &Case<'_, U>) {
        if case.corruption() {
            self.serve.clone_from(&case.facts.detect);
        } else {
            fill(&mut self.serve, case.count(), 0.0);
        }
        self.fill_short(case);
    }

    /// Full capacity may wait for the end of the outage.
    fn fill_short<U>(&mut self, case: &Case<'_, U>) {
        self.full.clone_from(&self.serve);
        if case.impact.short {
            let ends = self.full.iter_mut().zip(&case.facts.end).filter(|(_, end)| end.is_finite());
            ends.for_each(|(full, end)| *full = full.max(*end));
        }
    }

    fn mask<U: Uniform>(&mut self, case: &Case<'_, U>, room: &mut Room) {
        let Fate::Masked { takeovers, diverges } = &case.impact.fate else { return };
        self.go_on(case);
        for draw in takeovers {
            draw.fill(case.draws, &case.group.occurrences, &mut room.takes);
            self.serve.iter_mut().zip(&room.takes).for_each(|(serve, takes)| *serve = serve.max(*takes));
        }
        self.fill_short(case);
        if *diverges {
            room.after.copy_from_slice(&case.facts.end);
        }
        room.lose_unsent(case, &case.impact.unsent);
    }

    /// No plan can be carried out: the end of the outage brings back what is left of the data.
    fn give_up<U: Uniform>(&mut self, case: &Case<'_, U>, room: &mut Room) {
        let ends = case.program.lasts.is_some() && !case.impact.data_lost;
        fill(&mut self.serve, case.count(), f64::INFINITY);
        if ends {
            for n in 0..case.count() {
                self.wait(case, n);
            }
            room.lose_unsent(case, &case.impact.unsent_after);
        }
        self.full.clone_from(&self.serve);
    }

    /// Service is back because the outage of this incident is over.
    fn wait<U: Uniform>(&mut self, case: &Case<'_, U>, n: usize) {
        self.serve[n] = waited(case, n);
        if self.serve[n].is_finite() {
            self.labels[n] = PlanLabel::Wait;
        }
    }

    /// Something outside that it needs is back only when the outage is over.
    fn wait_for_outside<U: Uniform>(&mut self, case: &Case<'_, U>, waits: bool) {
        for n in 0..if waits { case.count() } else { 0 } {
            let waited = waited(case, n);
            if waited > self.serve[n] {
                (self.serve[n], self.labels[n]) = (waited, PlanLabel::Wait);
            }
            self.full[n] = self.full[n].max(waited);
        }
    }

    /// Service is back with a service that it needs.
    pub(super) fn wait_for(&mut self, need: &Self) {
        for (mine, theirs) in [(&mut self.serve, &need.serve), (&mut self.full, &need.full)] {
            mine.iter_mut().zip(theirs).for_each(|(time, need)| *time = time.max(*need));
        }
    }

    /// What the service comes to in outages of unknown ends.
    pub(super) fn ahead<'a, U>(&'a self, case: &Case<'_, U>, room: &'a Room) -> Ahead<'a> {
        let plan = self.plan.map(|plan| &case.program.services[case.n].plans[plan]);
        let committed = match plan.map(|plan| plan.commit) {
            Some(CommitAt::Start(_)) => &room.committed,
            _ => &self.serve,
        };
        Ahead { serve: &self.serve, committed, age: &room.age }
    }

    /// Begin and finish of a step of the plan that is carried out, in all incidents.
    pub(super) fn times(&self, step: usize) -> (&[f64], &[f64]) {
        (&self.begin[step], &self.finish[step])
    }

    /// The first plan from its first source, once the data that it waits for is there.
    fn recover<U: Uniform>(
        &mut self,
        case: &Case<'_, U>,
        (option, data): (&PlanOption, Option<&[f64]>),
        off: &mut [bool],
        room: &mut Room,
    ) {
        let plan = &case.program.services[case.n].plans[option.plan];
        let source = &option.sources[0];
        self.plan = Some(option.plan);
        fill(&mut self.labels, case.count(), PlanLabel::Plan(plan.plan));
        room.find_points(case, source, off);
        if let Some(data) = data {
            // At the very end of the outage the order of events decides.
            let ends = data.iter().zip(&case.facts.end);
            off.iter_mut().zip(ends).for_each(|(off, (data, end))| *off |= data.is_infinite() || data == end);
        }
        self.walk(case, (plan, option, source), data, off, room);
        if option.short {
            self.full.iter_mut().zip(&case.facts.end).for_each(|(full, end)| *full = full.max(*end));
        }
        room.lose(case, plan, source);
        for n in 0..self.given_up.len() {
            if self.given_up[n] {
                self.wait(case, n);
                self.full[n] = self.serve[n];
                let age = unsent::age(&case.impact.unsent_after, case.draws, case.group.occurrences[n]);
                let writes = case.program.services[case.n].writes;
                (room.age[n], room.after[n], room.bytes[n]) = (age, 0.0, writes * age);
            }
        }
    }

    fn walk<U: Uniform>(
        &mut self,
        case: &Case<'_, U>,
        (plan, option, source): (&PlanProgram, &PlanOption, &SourceOption),
        data: Option<&[f64]>,
        off: &mut [bool],
        room: &mut Room,
    ) {
        room.begin.clear();
        let begin = |detect: &f64| if plan.detects { plan.after_down } else { detect.max(plan.after_down) };
        room.begin.extend(case.facts.detect.iter().map(begin));
        for list in [&mut self.serve, &mut self.full, &mut room.committed] {
            list.clear();
            list.extend_from_slice(&room.begin);
        }
        for list in [&mut self.begin, &mut self.finish] {
            list.resize_with(list.len().max(plan.steps.len()), Vec::new);
        }
        for step_n in 0..plan.steps.len() {
            self.step(case, (plan, option, source), (step_n, data), off, room);
        }
        if case.program.lasts.is_some() && !case.impact.data_lost {
            let committed = if let CommitAt::End = plan.commit { &self.serve } else { &room.committed };
            let moments = case.facts.end.iter().zip(&room.begin).zip(committed);
            self.given_up.extend(moments.map(|((end, begin), committed)| end <= begin || end < committed));
        }
    }

    /// Times of one step of all incidents, first attempts only.
    fn step<U: Uniform>(
        &mut self,
        case: &Case<'_, U>,
        (plan, option, source): (&PlanProgram, &PlanOption, &SourceOption),
        (step_n, data): (usize, Option<&[f64]>),
        off: &mut [bool],
        room: &mut Room,
    ) {
        let (step, occurrences) = (&plan.steps[step_n], &case.group.occurrences);
        room.ready.clear();
        room.ready.extend_from_slice(&room.begin);
        for before in &step.after {
            for (ready, done) in room.ready.iter_mut().zip(&self.finish[*before as usize]) {
                *ready = ready.max(*done);
            }
        }
        if let Some(data) = data.filter(|_| step.needs_data() && !option.is_up[step_n]) {
            room.ready.iter_mut().zip(data).for_each(|(ready, data)| *ready = ready.max(*data));
        }
        self.begin[step_n].clone_from(&room.ready);
        if let CommitAt::Start(at) = plan.commit
            && at == step_n
        {
            room.committed.copy_from_slice(&room.ready);
        }
        if !option.is_up[step_n] {
            if let Some(takes) = &step.takes {
                takes.fill(case.draws, occurrences, &mut room.takes);
                if step.stressed {
                    for (takes, stress) in room.takes.iter_mut().zip(&case.facts.stress) {
                        *takes *= stress;
                    }
                }
                for (ready, takes) in room.ready.iter_mut().zip(&room.takes) {
                    *ready += takes;
                }
            }
            room.transfer(step.amount, source.routes[step_n].seconds_per_byte);
            if step.fails.is_possible() {
                let purpose = Purpose::Attempt { last: step.retries == 0 };
                for (off, occurrence) in off.iter_mut().zip(occurrences) {
                    *off |= step.fails.nth(case.draws, *occurrence, 0, purpose);
                }
            }
        }
        for (full, done) in self.full.iter_mut().zip(&room.ready) {
            *full = full.max(*done);
        }
        if !step.background {
            for (serve, done) in self.serve.iter_mut().zip(&room.ready) {
                *serve = serve.max(*done);
            }
        }
        std::mem::swap(&mut room.ready, &mut self.finish[step_n]);
    }

    /// The outcomes, one quantity after the other; those off the common path are overwritten later.
    pub(super) fn write<U>(&mut self, case: &Case<'_, U>, off: &mut [bool], room: &Room, block: &mut Block) {
        let service = &case.program.services[case.n];
        let at = case.group.positions.as_slice();
        let endless = self.serve.iter().filter(|serve| serve.is_infinite()).count();
        if endless > 0 && endless < at.len() {
            off.iter_mut().zip(&self.serve).for_each(|(off, serve)| *off |= serve.is_infinite());
        }
        match self.labels.first() {
            Some(first) if self.labels.iter().all(|label| label == first) => block.plan.put_same(at, *first),
            _ => block.plan.put(at, self.labels.iter().copied()),
        }
        self.write_detection(case, block);
        let lost = endless == at.len();
        block.unrecoverable.put_same(at, lost);
        if lost {
            for list in [
                &mut block.recovery_time,
                &mut block.recovery_time_full,
                &mut block.data_loss_before,
                &mut block.data_loss_after,
                &mut block.data_loss_bytes,
            ] {
                list.put_same(at, NEVER);
            }
            block.derive(at, service.rto, service.rpo);
            return block.rto_met.put_same(at, false);
        }
        let full = self.full.iter().zip(&self.serve).map(|(full, serve)| full.max(*serve));
        if case.corruption() {
            let since = |time: f64, detect: &f64| milliseconds(time - detect);
            let detect = &case.facts.detect;
            block.recovery_time.put(at, self.serve.iter().zip(detect).map(|(t, d)| since(*t, d)));
            block.recovery_time_full.put(at, full.zip(detect).map(|(t, d)| since(t, d)));
        } else {
            put_times(&mut block.recovery_time, at, &self.serve);
            block.recovery_time_full.put(at, full.map(milliseconds));
        }
        room.write(at, block);
        block.derive(at, service.rto, service.rpo);
    }

    /// A plan's own first step is the detection where it is carried out.
    fn write_detection<U>(&self, case: &Case<'_, U>, block: &mut Block) {
        let detect = &case.facts.detect;
        let detects = self.plan.filter(|plan| case.program.services[case.n].plans[*plan].detects);
        let values = if detects.is_some() { &self.finish[0] } else { detect };
        let given_up = |n: usize| detects.is_some() && self.given_up.get(n).is_some_and(|given_up| *given_up);
        if self.given_up.is_empty() || detects.is_none() {
            put_times(&mut block.undetected, &case.group.positions, values);
        } else {
            let times = (0..case.count()).map(|n| milliseconds(if given_up(n) { detect[n] } else { values[n] }));
            block.undetected.put(&case.group.positions, times);
        }
    }

    /// Adds the steps of the plans that brought service back to the tallies of the application and, if
    /// there are several, of the service at position `n`.
    pub(super) fn tally_steps(
        &self,
        program: &FailureProgram,
        n: usize,
        facts: &Facts,
        off: &[bool],
        room: &mut Room,
        tallies: &mut [IncidentTally],
    ) {
        let plan = self.plan.filter(|_| !tallies.is_empty()).map(|plan| &program.services[n].plans[plan]);
        let Some(plan) = plan else { return };
        let corruption = program.kind == FailureKind::Corruption;
        let given_up = |n: &usize| self.given_up.get(*n).is_some_and(|given_up| *given_up);
        let all = !off.contains(&true) && !self.given_up.contains(&true);
        let on = || (0..off.len()).filter(|n| all || !(off[*n] || given_up(n)));
        let levels: &[usize] = if tallies.len() > 1 { &[0, n + 1] } else { &[0] };
        for step in 0..plan.steps.len() {
            room.millis.clear();
            if corruption || !all {
                let time = |n: usize| self.finish[step][n] - if corruption { facts.detect[n] } else { 0.0 };
                room.millis.extend(on().map(|n| milliseconds(time(n))));
            } else {
                room.millis.extend(self.finish[step].iter().map(|time| milliseconds(*time)));
            }
            for level in levels {
                let of = &mut tallies[*level].steps[plan.first_slot + step];
                tally(&mut of.finish, &room.millis);
                if plan.is_chain {
                    of.critical += room.millis.len() as u64;
                }
            }
        }
        if !plan.is_chain {
            for n in on() {
                let mark =
                    |step: usize| levels.iter().for_each(|l| tallies[*l].steps[plan.first_slot + step].critical += 1);
                plan.critical_path(|step| self.finish[step][n], mark);
            }
        }
    }
}

impl Room {
    fn find_points<U: Uniform>(&mut self, case: &Case<'_, U>, source: &SourceOption, off: &mut [bool]) {
        let count = case.count();
        fill(&mut self.bytes, count, f64::NAN);
        fill(&mut self.replays, count, 0.0);
        let (size, keeps) = match &source.finder {
            PointFinder::Living { behind, size } if matches!(behind.as_slice(), [] | [Lag::Law(_)]) => {
                if let Some(Lag::Law(draw)) = behind.first() {
                    draw.fill(case.draws, &case.group.occurrences, &mut self.age);
                }
                (*size, false)
            }
            PointFinder::Derived { size } => (*size, true),
            _ => (0.0, false),
        };
        fill(&mut self.moves, count, size);
        fill(&mut self.keeps_after, count, keeps);
        match &source.finder {
            PointFinder::Living { behind, .. } if matches!(behind.as_slice(), [] | [Lag::Law(_)]) => {}
            PointFinder::Derived { .. } => {}
            finder => self.find_each(case, finder, off),
        }
    }

    fn find_each<U: Uniform>(&mut self, case: &Case<'_, U>, finder: &PointFinder, off: &mut [bool]) {
        let program = case.program;
        let plain = program.moment_key.is_none() && program.dwell.is_none();
        let logical = !program.kind.ends_by_itself();
        for (n, occurrence) in case.group.occurrences.iter().enumerate() {
            let moments = if plain {
                Moments {
                    moment: 0.0,
                    detect: case.facts.detect[n],
                    cutoff: 0.0,
                    log_begins: f64::NEG_INFINITY,
                    logical,
                }
            } else {
                facts(program, case.draws, *occurrence).moments
            };
            let Some(point) = finder.find(case.draws, *occurrence, &moments, 0) else {
                off[n] = true;
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

    /// What the plan could not bring back.
    fn lose<U>(&mut self, case: &Case<'_, U>, plan: &PlanProgram, source: &SourceOption) {
        let felt = matches!(case.program.kind, FailureKind::Deletion | FailureKind::Corruption);
        if felt && !plan.salvage && !source.merges {
            for ((after, detect), keeps) in self.after.iter_mut().zip(&case.facts.detect).zip(&self.keeps_after) {
                *after = if *keeps { 0.0 } else { *detect };
            }
        }
        if source.merges {
            self.age.fill(0.0);
            return self.bytes.fill(0.0);
        }
        let writes = case.program.services[case.n].writes;
        for ((bytes, before), after) in self.bytes.iter_mut().zip(&self.age).zip(&self.after) {
            *bytes = if bytes.is_nan() { writes * before } else { *bytes } + writes * after;
        }
    }

    /// Service goes on without these writes, beside what is lost after the failure.
    fn lose_unsent<U: Uniform>(&mut self, case: &Case<'_, U>, unsent: &[Unsent]) {
        if !unsent.is_empty() {
            for (age, occurrence) in self.age.iter_mut().zip(&case.group.occurrences) {
                *age = unsent::age(unsent, case.draws, *occurrence);
            }
        }
        let writes = case.program.services[case.n].writes;
        for ((bytes, before), after) in self.bytes.iter_mut().zip(&self.age).zip(&self.after) {
            *bytes = writes * (before + after);
        }
    }

    fn write(&self, at: &[usize], block: &mut Block) {
        put_times(&mut block.data_loss_before, at, &self.age);
        put_times(&mut block.data_loss_after, at, &self.after);
        match alike(&self.bytes) {
            Some(bytes) => block.data_loss_bytes.put_same(at, whole_bytes(bytes)),
            None => block.data_loss_bytes.put(at, self.bytes.iter().map(|bytes| whole_bytes(*bytes))),
        }
    }
}

/// When the end of the outage brings service back.
fn waited<U: Uniform>(case: &Case<'_, U>, n: usize) -> f64 {
    let resume = case.program.services[case.n].resume.as_ref();
    let resume = resume.map_or(0.0, |draw| draw.get(case.draws, case.group.occurrences[n]));
    (case.facts.end[n] + resume).max(0.0)
}

/// Puts seconds in milliseconds at their positions.
pub(super) fn put_times(column: &mut Column<u64>, at: &[usize], seconds: &[f64]) {
    match alike(seconds) {
        Some(time) => column.put_same(at, milliseconds(time)),
        None => column.put(at, seconds.iter().map(|time| milliseconds(*time))),
    }
}

/// The value that all have, in all bits: not a number is one value too.
fn alike(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
}
