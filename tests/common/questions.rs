//! What the engine asks in an incident, by the keys of its questions.
//!
//! A key is made of names, as the contract of random numbers has it: of the failure, the service, the
//! step or copy, the round and the attempt. So who knows the names knows each question.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use drplan::id::{CopyId, FailureId, ServiceId, StepId};
use drplan::model::{AsyncLag, Commit, CopyKind, Delay, Phase, Plan, Scenario, Schedule};
use drplan::sim::Key;
use drplan::units::SECONDS_PER_YEAR;

/// What kinds of things have a length or a place of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Detected,
    Dwell,
    Lasts,
    Stress,
    /// Steps of the last plan before the point of no return, and of all plans before.
    Work,
    Early,
    /// Steps from the point of no return on, resumption and takeover.
    Last,
    Lag,
    /// Runs of backups and what they copy.
    Run,
    Phase,
    /// How many increments stand between a full backup and the point.
    Cycle,
    /// Where in a burst of writes.
    Burst,
    Moment,
}

pub(crate) const KINDS: usize = 13;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Question {
    Is(Kind),
    /// How long a step takes in a round: of this kind in the last one.
    Takes(Kind, u64),
    Member,
    Spreads(usize),
    Destroyed,
    /// Whether what was deleted is gone past its bin too.
    Bypass(CopyId),
    /// Whether a run of a backup fails: the n-th back from the failure.
    RunFails(CopyId, u64),
    /// How far the last run of a backup is from a full one.
    Cycle(CopyId),
    /// Whether an attempt of this round fails.
    Attempt(StepId, u64),
}

/// Keys are well mixed already.
#[derive(Default)]
pub(crate) struct AsTheyAre(u64);

impl Hasher for AsTheyAre {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

pub(crate) type ByKey<T> = HashMap<Key, T, BuildHasherDefault<AsTheyAre>>;

/// Most plans that an incident is followed through, and attempts at a step.
const ROUNDS: u64 = 32;
const ATTEMPTS: u64 = 4;

/// Runs of a backup that are known by name: six weeks of quarters of an hour, and more.
const RUNS: u64 = 6_000;

/// The questions of a failure.
pub(crate) struct Questions<'a> {
    scenario: &'a Scenario,
    pub(crate) failure: FailureId,
    key: Key,
    known: ByKey<Question>,
}

impl<'a> Questions<'a> {
    pub(crate) fn new(scenario: &'a Scenario, seed: u64, failure: FailureId) -> Self {
        let key = Key::root(seed).of("failure").of(&scenario.failures[failure].name);
        let mut questions = Self { scenario, failure, key, known: ByKey::default() };
        questions.of_the_failure();
        for (id, copy) in scenario.copies.iter() {
            questions.of_a_copy(id, &copy.name, &copy.kind);
        }
        for (_, pool) in scenario.compute.iter() {
            questions.add(key.of("takeover").of(&pool.name), Question::Is(Kind::Last));
        }
        for (_, data) in scenario.data.iter() {
            questions.add(key.of("burst").of(&data.name), Question::Is(Kind::Burst));
        }
        for (id, service) in scenario.services.iter() {
            questions.add(key.of("service").of(&service.name).of("resume"), Question::Is(Kind::Last));
            for (step, _) in scenario.steps.iter() {
                let late = scenario.plans.iter().any(|(_, plan)| is_late(scenario, plan, step));
                questions.of_a_step(id, step, if late { Kind::Last } else { Kind::Work });
            }
        }
        questions
    }

    /// The copies that hold the points of a copy: itself, or the bases of a log.
    pub(crate) fn holders(&self, copy: CopyId) -> Vec<CopyId> {
        match &self.scenario.copies[copy].kind {
            CopyKind::Log { bases, .. } if !bases.is_empty() => bases.clone(),
            _ => vec![copy],
        }
    }

    /// Runs of a backup from one full to the next; 1 for what has no increments.
    pub(crate) fn cycle(&self, copy: CopyId) -> u64 {
        match &self.scenario.copies[copy].kind {
            CopyKind::Backup { schedule, full_every: Some(full), .. } => {
                (full.seconds() / schedule.mean_gap().seconds()).round().max(1.0) as u64
            }
            _ => 1,
        }
    }

    /// The shares of cycles that stand for one increment.
    pub(crate) fn one_increment(&self) -> Vec<f64> {
        let cycles = self.scenario.copies.ids().map(|copy| self.cycle(copy)).filter(|cycle| *cycle > 1);
        let mut shares: Vec<f64> = cycles.map(|cycle| 1.0 / (cycle - 1) as f64).collect();
        shares.sort_by(f64::total_cmp);
        shares.dedup();
        shares
    }

    /// How many runs of a backup are there at most, by how long they are kept and by how long they are locked.
    pub(crate) fn kept(&self, copy: CopyId) -> Vec<u64> {
        let CopyKind::Backup { schedule, keep, locked, .. } = &self.scenario.copies[copy].kind else { return vec![] };
        let gap = schedule.mean_gap().seconds();
        [Some(keep), locked.as_ref()].into_iter().flatten().map(|limit| (limit.seconds() / gap) as u64).collect()
    }

    /// Whether a step that fails strikes off a recovery point, not a plan.
    pub(crate) fn verifies(&self, step: StepId) -> bool {
        self.scenario.steps[step].phase == Phase::Verify
    }

    /// How many members the failure has.
    pub(crate) fn members(&self) -> usize {
        self.scenario.failures[self.failure].members.len()
    }

    pub(crate) fn about(&self, key: Key) -> Option<Question> {
        self.known.get(&key).copied()
    }

    fn add(&mut self, key: Key, question: Question) {
        self.known.insert(key, question);
    }

    fn of_the_failure(&mut self) {
        let kinds = [
            ("detected", Kind::Detected),
            ("dwell", Kind::Dwell),
            ("lasts", Kind::Lasts),
            // Both parts of an outage go together: the longer one, the longer the other.
            ("repair_starts", Kind::Lasts),
            ("stress", Kind::Stress),
            ("moment", Kind::Moment),
        ];
        for (name, kind) in kinds {
            self.add(self.key.of(name), Question::Is(kind));
        }
        self.add(self.key.of("destroyed"), Question::Destroyed);
        for n in 0..self.scenario.failures[self.failure].members.len() {
            self.add(self.key.of("spreads").nth(n as u64 + 1), Question::Spreads(n));
            self.add(self.key.of("member").nth(n as u64), Question::Member);
        }
    }

    fn of_a_copy(&mut self, id: CopyId, name: &str, kind: &CopyKind) {
        self.add(self.key.of("lag").of(name), Question::Is(Kind::Lag));
        self.add(self.key.of("bypass").of(name), Question::Bypass(id));
        let key = self.key.of("backup").of(name);
        self.add(key.of("phase"), Question::Is(Kind::Phase));
        self.add(key.of("cycle"), Question::Cycle(id));
        match kind {
            CopyKind::Backup { fails, .. } if fails.value() > 0.0 => {
                (0..RUNS).for_each(|n| self.add(key.of("fails").nth(n), Question::RunFails(id, n)));
            }
            CopyKind::Async { lag: AsyncLag::Over(_), .. } => {
                self.add(self.key.of("lag").of(name), Question::Is(Kind::Burst));
            }
            _ => {}
        }
    }

    /// The key of a step of a service, or of all where it is shared.
    fn step(&self, service: ServiceId, step: StepId) -> Key {
        let row = &self.scenario.steps[step];
        let of_service = self.key.of("service").of(&self.scenario.services[service].name);
        if row.shared { self.key } else { of_service }.of("step").of(&row.name)
    }

    fn of_a_step(&mut self, service: ServiceId, step: StepId, kind: Kind) {
        let (key, row) = (self.step(service, step), &self.scenario.steps[step]);
        let itself = row.phase == Phase::Detect && self.scenario.failures[self.failure].detected.is_none();
        for round in 0..ROUNDS {
            for attempt in 0..ATTEMPTS.min(u64::from(row.retries) + 1) {
                let n = (round << 32) + attempt;
                let detection = itself && n == 0;
                let takes = if detection { Question::Is(Kind::Detected) } else { Question::Takes(kind, round) };
                self.add(key.nth(n), takes);
                self.add(key.of("fails").nth(n), Question::Attempt(step, round));
            }
        }
    }

    /// The keys of whether a step of a service fails in a round, for all attempts.
    pub(crate) fn failing(&self, service: ServiceId, step: StepId, round: u64) -> impl Iterator<Item = Key> {
        let key = self.step(service, step).of("fails");
        (0..ATTEMPTS).map(move |attempt| key.nth((round << 32) + attempt))
    }

    /// The distributions of what all services share, one after the other.
    fn laws(&self, kind: Kind) -> Vec<&Delay> {
        let row = &self.scenario.failures[self.failure];
        match kind {
            Kind::Detected => row.detected.iter().collect(),
            Kind::Dwell => row.dwell.iter().collect(),
            Kind::Lasts => row.outage().collect(),
            _ => Vec::new(),
        }
    }

    /// The least and the most that draws of a kind can be; nothing if there are none.
    fn ends(&self, kind: Kind) -> Vec<f64> {
        let laws = self.laws(kind);
        let at = |u: f64| laws.iter().map(|law| law.quantile(u)).sum::<f64>();
        if laws.is_empty() { Vec::new() } else { vec![at(CUT), at(1.0 - CUT)] }
    }

    /// The shares, after truncation, of draws up to the ends of a range of seconds.
    pub(crate) fn shares(&self, kind: Kind, (low, high): (f64, f64)) -> (f64, f64) {
        let laws = self.laws(kind);
        if laws.is_empty() {
            return (0.0, 1.0);
        }
        // By bisection: quantiles rise with the share.
        let share = |seconds: f64, up: bool| {
            let (mut below, mut above) = (0.0, 1.0);
            for _ in 0..50 {
                let middle = f64::midpoint(below, above);
                let value: f64 = laws.iter().map(|law| law.quantile(CUT + (1.0 - 2.0 * CUT) * middle)).sum();
                if value < seconds || (!up && value <= seconds) { below = middle } else { above = middle }
            }
            if up { above } else { below }
        };
        (share(low, true), share(high, false))
    }

    /// Shares of a kind that look bad: where a burst of writes is over.
    pub(crate) fn suspects(&self, kind: Kind) -> Vec<f64> {
        let bursts = self.scenario.data.iter().filter_map(|(_, data)| data.burst.as_ref());
        let over = bursts.map(|burst| burst.lasts.seconds() / burst.every.seconds());
        if kind == Kind::Burst { over.collect() } else { Vec::new() }
    }

    /// Shares of the year just before the end of the longest waits of schedules of these copies, and before
    /// what was begun then can be used; then the same of one start after another, as fulls come by turns.
    pub(crate) fn moments(&self, copies: &[CopyId]) -> Vec<f64> {
        let mut found = Vec::new();
        for copy in copies {
            let CopyKind::Backup { schedule, takes, travel, keep, locked, .. } = &self.scenario.copies[*copy].kind
            else {
                continue;
            };
            let Some(calendar) = schedule.calendar() else { continue };
            let count = if let Schedule::Cron { .. } = schedule { calendar.moments().len() } else { TURNS };
            let start = |n: usize| calendar.at(n as i64);
            let at = |u: f64| takes.quantile(u) + travel.as_ref().map_or(0.0, |travel| travel.quantile(u));
            let around = |moment: f64, readies: &[f64]| -> Vec<f64> {
                readies.iter().flat_map(|ready| [moment + ready - 1e-3, moment + ready + 1e-3]).collect()
            };
            let ready = [0.0, at(CUT), at(1.0 - CUT)];
            // What was begun then is there at the detection, or before an attacker was.
            let [detected, dwell] = [Kind::Detected, Kind::Dwell].map(|kind| self.ends(kind));
            let when_known = detected.iter().flat_map(|detected| ready[1..].iter().map(move |ready| ready - detected));
            let readies: Vec<f64> = ready.into_iter().chain(when_known).chain(dwell).collect();
            // Up to three points struck off.
            for gaps in 1..=4 {
                let wait = |first: usize| start(first + gaps) - start(first);
                let mut waits: Vec<usize> = (0..count).collect();
                waits.sort_by(|a, b| wait(*b).total_cmp(&wait(*a)));
                found.extend(waits.into_iter().take(2).flat_map(|first| around(start(first + gaps), &readies)));
            }
            // The next run after one that was still going at the start before.
            let over = |first: usize| start(first) + takes.quantile(1.0 - CUT);
            let next = |first: usize| (first + 1..).find(|n| start(*n) >= over(first)).unwrap_or(first);
            let mut overlaps: Vec<usize> = (0..count).filter(|n| start(n + 1) < over(*n)).collect();
            overlaps.sort_by(|a, b| (start(next(*b)) - start(*b)).total_cmp(&(start(next(*a)) - start(*a))));
            found.extend(overlaps.into_iter().take(2).flat_map(|first| around(start(next(first)), &readies)));
            found.extend((0..count.min(TURNS)).flat_map(|n| around(start(n), &ready)));
            // When one is kept no longer, or locked.
            let limits = [Some(keep), locked.as_ref()];
            found.extend(limits.into_iter().flatten().flat_map(|limit| around(start(0) + limit.seconds(), &ready)));
        }
        found.into_iter().map(|moment| (moment / SECONDS_PER_YEAR).rem_euclid(1.0)).collect()
    }
}

/// Starts of a schedule that are looked at one after another.
const TURNS: usize = 64;

/// Whether a step of a plan begins at the point of no return or later.
fn is_late(scenario: &Scenario, plan: &Plan, step: StepId) -> bool {
    let nodes = &plan.steps.nodes;
    let is_commit = |id: StepId| match plan.commit {
        Commit::End => false,
        Commit::Step(commit) => commit == id,
        Commit::FirstRedirect => scenario.steps[id].phase == Phase::Redirect,
    };
    let mut late = vec![false; nodes.len()];
    for (n, node) in nodes.iter().enumerate() {
        late[n] = is_commit(node.step) || node.after.iter().any(|before| late[*before as usize]);
    }
    nodes.iter().zip(late).any(|(node, late)| late && node.step == step)
}

/// Share of draws that truncation cuts at each end.
const CUT: f64 = drplan::sim::TRUNCATED_TAIL;
