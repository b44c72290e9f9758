//! An adversary that answers each question by itself: it follows the way that a bound names, and looks
//! for the answers that the way leaves open.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};

use drplan::bound::{TryEnd, Way};
use drplan::id::{CopyId, ServiceId};
use drplan::sim::{Key, Purpose, Uniform};

use super::questions::{ByKey, KINDS, Kind, Question, Questions};

/// Which runs of a backup fail: those that began less than so many runs before the failure; then so many
/// that can be used do not, then so many do, and no older ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) fail: u64,
    pub(crate) good: u64,
    pub(crate) fail_again: u64,
}

impl Row {
    const ALL_GOOD: Self = Self { fail: 0, good: u64::MAX, fail_again: 0 };

    /// Whether a run fails, where the first that was asked about is known.
    fn fails(self, run: u64, first: u64) -> bool {
        let again = self.fail.max(first).saturating_add(self.good);
        run < self.fail || (run >= again && run - again < self.fail_again)
    }
}

/// How every question is answered.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    members: Vec<usize>,
    /// Which of them is hit first.
    first: usize,
    destroyed: bool,
    /// By kind: the share of draws that are less, from the least to the most that the way has.
    shares: [f64; KINDS],
    within: [(f64, f64); KINDS],
    /// Attempts fail that have a retry left.
    retried: bool,
    /// Attempts that fail for good.
    failing: BTreeSet<Key>,
    /// Copies that hold nothing of use.
    missed: BTreeSet<CopyId>,
    pub(crate) rows: BTreeMap<CopyId, Row>,
    /// The round that ends it.
    last_round: u64,
    /// Full backups that are older than all that was asked about fail.
    fulls_fail: bool,
    given: BTreeMap<Key, f64>,
}

/// The answer to a question whose answer is yes or no.
fn answer(yes: bool) -> f64 {
    if yes { 0.0 } else { 1.0 }
}

/// A phase just before the next start.
const JUST_BEFORE: f64 = 1.0 - 1e-9;

impl Course {
    /// The course that follows a way, with the rest at one of several corners.
    ///
    /// # Arguments
    /// `corner`: bits, by [`Self::CORNERS`].
    pub(crate) fn new(questions: &Questions<'_>, way: &Way, corner: u32) -> Self {
        let on = |n: u32| corner >> n & 1 == 1;
        let mut within = [(0.0, 1.0); KINDS];
        within[Kind::Detected as usize] = questions.shares(Kind::Detected, way.detected);
        within[Kind::Dwell as usize] = questions.shares(Kind::Dwell, way.dwell);
        within[Kind::Lasts as usize] = way.lasts.map_or((0.0, 1.0), |lasts| questions.shares(Kind::Lasts, lasts));
        let end = |yes: bool| if yes { 1.0 } else { 0.0 };
        let mut shares = [end(on(0)); KINDS];
        for kind in [Kind::Last, Kind::Stress] {
            shares[kind as usize] = end(on(5));
        }
        shares[Kind::Early as usize] = end(on(6));
        for kind in [Kind::Lag, Kind::Run, Kind::Phase, Kind::Burst] {
            shares[kind as usize] = end(on(1));
        }
        shares[Kind::Cycle as usize] = end(on(7));
        for (n, kind) in [(2, Kind::Detected), (3, Kind::Lasts), (4, Kind::Dwell)] {
            shares[kind as usize] = end(on(n));
        }
        // Attempts are over early or late by themselves, whatever each of them takes.
        let retried = on(8) != on(0);
        shares[Kind::Moment as usize] = SOME_DAY;
        let mut course = Self {
            members: way.members.clone(),
            first: 0,
            destroyed: way.destroyed,
            shares,
            within,
            retried,
            failing: BTreeSet::new(),
            missed: BTreeSet::new(),
            rows: BTreeMap::new(),
            last_round: 0,
            fulls_fail: on(7),
            given: BTreeMap::new(),
        };
        course.follow(questions, way);
        course
    }

    /// How many corners there are.
    pub(crate) const CORNERS: u32 = 9;

    /// Those of the corners that are about the incident itself and its recovery points.
    pub(crate) const OF_THE_INCIDENT: u32 = 0b1_1110;

    fn follow(&mut self, questions: &Questions<'_>, way: &Way) {
        let mut rounds: BTreeMap<ServiceId, u64> = BTreeMap::new();
        let mut struck: BTreeMap<CopyId, u64> = BTreeMap::new();
        let mut needed: BTreeMap<CopyId, u64> = BTreeMap::new();
        for one in &way.tries {
            let round = rounds.entry(one.service).or_insert(0);
            let copies = one.source.map_or(Vec::new(), |copy| questions.holders(copy));
            if one.end == TryEnd::Missed {
                for copy in copies {
                    self.missed.insert(copy);
                    let good = needed.get(&copy).copied().unwrap_or(0);
                    self.rows.insert(copy, Row { fail: 0, good, fail_again: u64::MAX });
                }
                continue;
            }
            let before = one.source.and_then(|copy| struck.get(&copy).copied()).unwrap_or(0);
            for copy in copies {
                let most = needed.entry(copy).or_insert(0);
                *most = (*most).max(before + 1);
            }
            if let TryEnd::Failed(step) = one.end {
                self.failing.extend(questions.failing(one.service, step, *round));
                if let Some(copy) = one.source.filter(|_| questions.verifies(step)) {
                    struck.insert(copy, before + 1);
                }
            }
            *round += 1;
        }
        self.last_round = rounds.into_values().max().unwrap_or(1).saturating_sub(1);
    }

    fn share(&self, kind: Kind) -> f64 {
        let (low, high) = self.within[kind as usize];
        low + (high - low) * self.shares[kind as usize]
    }
}

/// A course of answers, and what was asked.
pub(crate) struct Answers<'a> {
    questions: &'a Questions<'a>,
    pub(crate) course: Course,
    seen: RefCell<Seen>,
}

/// Questions of the last incident.
#[derive(Default)]
struct Seen {
    answers: ByKey<f64>,
    /// In their order, each once.
    list: Vec<(Key, Purpose)>,
    /// Of each backup, the first and the last run that was asked about.
    runs: BTreeMap<CopyId, (u64, u64)>,
}

/// A moment of the year that nothing is special about.
const SOME_DAY: f64 = 0.37;

impl<'a> Answers<'a> {
    pub(crate) fn new(questions: &'a Questions<'a>, course: Course) -> Self {
        Self { questions, course, seen: RefCell::default() }
    }

    fn seen(&self) -> RefMut<'_, Seen> {
        self.seen.borrow_mut()
    }

    pub(crate) fn forget(&self) {
        let mut seen = self.seen();
        seen.answers.clear();
        seen.list.clear();
        seen.runs.clear();
    }

    fn choose(&self, seen: &mut Seen, key: Key, purpose: Purpose) -> f64 {
        let course = &self.course;
        match (self.questions.about(key), purpose) {
            (Some(Question::Is(kind)), Purpose::Phase) => course.share(kind).min(JUST_BEFORE),
            (Some(Question::Is(kind)), _) => course.share(kind),
            (Some(Question::Spreads(n)), _) => answer(course.members.contains(&n)),
            (Some(Question::Destroyed), _) => answer(course.destroyed),
            (Some(Question::Bypass(copy)), _) => answer(course.missed.contains(&copy)),
            (Some(Question::Takes(kind, round)), _) => {
                let early = kind == Kind::Work && round < course.last_round;
                course.share(if early { Kind::Early } else { kind })
            }
            (Some(Question::RunFails(copy, n)), _) => {
                let (first, last) = seen.runs.entry(copy).or_insert((n, n));
                *last = n;
                answer(course.rows.get(&copy).copied().unwrap_or(Row::ALL_GOOD).fails(n, *first))
            }
            (Some(Question::Cycle(copy)), _) => {
                let (cycle, run) = (self.questions.cycle(copy), seen.runs.get(&copy).map_or(0, |(_, last)| *last));
                let increments = (course.share(Kind::Cycle) * (cycle - 1) as f64).round() as u64;
                // A full is where the run and the phase together are a multiple of the cycle.
                let phase = (2 * cycle - increments - run % cycle) % cycle;
                (phase as f64 + 0.5) / cycle as f64
            }
            (_, Purpose::Attempt { last }) => answer(course.failing.contains(&key) || (course.retried && !last)),
            (_, Purpose::Chance) => answer(course.fulls_fail),
            (_, Purpose::Member) => {
                let all = self.questions.members();
                let first = course.members.get(course.first).or(course.members.first()).copied().unwrap_or(0);
                (first as f64 + 0.5) / all as f64
            }
            (_, Purpose::Duration) => course.share(Kind::Run),
            (_, Purpose::Phase) => course.share(Kind::Phase).min(JUST_BEFORE),
            (_, Purpose::Moment) => course.share(Kind::Moment),
        }
    }
}

impl Uniform for Answers<'_> {
    fn uniform(&self, key: Key, _occurrence: u64, purpose: Purpose) -> f64 {
        let mut seen = self.seen();
        if let Some(known) = seen.answers.get(&key) {
            return *known;
        }
        let usual = self.choose(&mut seen, key, purpose);
        let chosen = self.course.given.get(&key).copied().unwrap_or(usual);
        seen.answers.insert(key, chosen);
        seen.list.push((key, purpose));
        chosen
    }
}

/// What of a course can be turned.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Knob {
    Kind(Kind),
    Key(Key, Purpose),
    Row(CopyId),
    Retried,
    FullsFail,
    First,
}

/// Moments of the year that are tried beside those that are given: every six hours.
const MOMENTS: u32 = 1460;

/// Questions of an incident that are looked at one by one.
const MOST_KEYS: usize = 40;

/// Lengths that are tried until steps fill what time they have.
const FILLED: u32 = 18;

/// Longest row of failures that is tried.
const LONGEST: u64 = 1 << 16;

/// Rows that are tried from the longest down that leaves a run.
const LAST_ROWS: u64 = 12;

/// Places in a cycle that are tried.
const TURNS: u64 = 32;

/// Full backups in a row that fail.
const MOST_FULLS: u64 = 64;

/// The search for the worst incident near a course.
pub(crate) struct Search<'e, 'a> {
    /// How bad an incident is under these answers; negative where it does not count.
    pub(crate) evaluate: &'e mut (dyn FnMut(&Answers<'a>) -> f64 + 'e),
    /// Bad enough.
    pub(crate) enough: f64,
    /// Incidents that may still be tried.
    pub(crate) left: u32,
    /// Moments of the year, as shares of it, that look bad: tried first.
    pub(crate) moments: &'a [f64],
    pub(crate) answers: Answers<'a>,
    pub(crate) best: f64,
}

impl Search<'_, '_> {
    /// The worst found from the course, by turning one thing at a time.
    pub(crate) fn climb(&mut self) -> f64 {
        self.best = self.value();
        for pass in 0..6 {
            let before = self.best;
            let mut knobs = self.knobs(pass > 0);
            // Many moments are looked at: once one is found, they come after all else.
            knobs.sort_by_key(|knob| pass > 0 && *knob == Knob::Kind(Kind::Moment));
            for knob in knobs {
                if self.is_over() {
                    return self.best;
                }
                self.turn(knob, pass);
            }
            if self.best <= before && pass > 0 {
                break;
            }
        }
        self.best
    }

    fn is_over(&self) -> bool {
        self.best >= self.enough || self.left == 0
    }

    fn value(&mut self) -> f64 {
        self.left = self.left.saturating_sub(1);
        self.answers.forget();
        (self.evaluate)(&self.answers)
    }

    /// What the last incident asked about, kinds before single questions.
    fn knobs(&mut self, singly: bool) -> Vec<Knob> {
        self.value();
        let seen = self.answers.seen();
        let mut knobs = Vec::new();
        for (key, purpose) in &seen.list {
            let knob = match (self.answers.questions.about(*key), purpose) {
                (Some(Question::Is(kind)), _) => Knob::Kind(kind),
                (Some(Question::Takes(kind, round)), _) => {
                    let early = kind == Kind::Work && round < self.answers.course.last_round;
                    Knob::Kind(if early { Kind::Early } else { kind })
                }
                (Some(Question::RunFails(copy, _)), _) => Knob::Row(copy),
                (Some(Question::Cycle(_)), _) => Knob::Kind(Kind::Cycle),
                (Some(Question::Member), _) if self.answers.course.members.len() > 1 => Knob::First,
                (_, Purpose::Attempt { last: false }) => Knob::Retried,
                (_, Purpose::Duration) => Knob::Kind(Kind::Run),
                (None, Purpose::Chance) => Knob::FullsFail,
                _ => continue,
            };
            if !knobs.contains(&knob) {
                knobs.push(knob);
            }
        }
        if singly {
            let of_run = |key: &Key| matches!(self.answers.questions.about(*key), Some(Question::RunFails(..)) | None);
            let single = seen.list.iter().filter(|(key, _)| !of_run(key)).take(MOST_KEYS);
            knobs.extend(single.map(|(key, purpose)| Knob::Key(*key, *purpose)));
        }
        knobs
    }

    /// Tries a change and keeps it if it is worse for the incident.
    fn attempt(&mut self, change: impl FnOnce(&mut Course)) -> bool {
        let before = self.answers.course.clone();
        change(&mut self.answers.course);
        let value = self.value();
        if value > self.best {
            self.best = value;
            return true;
        }
        self.answers.course = before;
        false
    }

    fn turn(&mut self, knob: Knob, pass: u32) {
        match knob {
            Knob::Retried => {
                if !self.attempt(|course| course.retried = !course.retried) {
                    self.fill(Kind::Work, |course| course.retried = !course.retried);
                }
            }
            Knob::FullsFail => {
                self.attempt(|course| course.fulls_fail = !course.fulls_fail);
            }
            Knob::First => {
                for n in 0..self.answers.course.members.len() {
                    self.attempt(|course| course.first = n);
                }
            }
            Knob::Row(copy) => self.fail_in_a_row(copy),
            Knob::Kind(Kind::Moment) => self.moment(pass),
            Knob::Kind(kind) => {
                let set = move |course: &mut Course, u: f64| course.shares[kind as usize] = u;
                for u in self.answers.questions.suspects(kind) {
                    self.attempt(|course| set(course, u));
                }
                let now = self.answers.course.shares[kind as usize];
                self.along(set, now, 24);
                if kind == Kind::Work {
                    // A bad night prolongs what comes after the point of no return too: it may be worth more.
                    self.fill(Kind::Stress, |course| set(course, 0.0));
                }
                if kind == Kind::Phase {
                    // Where the newest run cannot be used yet, the one before has an increment less.
                    for share in self.answers.questions.one_increment() {
                        let both = move |course: &mut Course, u: f64| {
                            set(course, u);
                            course.shares[Kind::Cycle as usize] = share;
                        };
                        self.along(both, now, 24);
                    }
                }
            }
            Knob::Key(key, Purpose::Attempt { .. } | Purpose::Chance) => {
                for u in [0.0, 1.0] {
                    let set = move |course: &mut Course| {
                        course.given.insert(key, u);
                    };
                    if !self.attempt(set) && matches!(knob, Knob::Key(_, Purpose::Attempt { .. })) {
                        self.fill(Kind::Work, set);
                    }
                }
            }
            Knob::Key(key, _) => {
                let now = self.answers.seen().answers.get(&key).copied().unwrap_or(0.5);
                let set = move |course: &mut Course, u: f64| {
                    course.given.insert(key, u);
                };
                self.along(set, now, 8);
                self.fill(Kind::Work, |course| set(course, 1.0));
            }
        }
    }

    /// Tries shares all along a range, and closely around the worst: that is often just before something
    /// turns.
    fn along(&mut self, set: impl Fn(&mut Course, f64) + Copy, now: f64, cells: u32) {
        let even = (0..cells).map(|k| (f64::from(k) + 0.5) / f64::from(cells));
        let mut at = now;
        for u in [0.0, 1.0].into_iter().chain(even) {
            if self.is_over() {
                return;
            }
            if self.attempt(|course| set(course, u)) {
                at = u;
            }
        }
        self.refine(set, at, 0.5 / f64::from(cells));
    }

    fn refine(&mut self, set: impl Fn(&mut Course, f64) + Copy, mut u: f64, mut step: f64) {
        while step > 1e-9 && !self.is_over() {
            let tried = [(u + step).min(1.0), (u - step).max(0.0)];
            match tried.into_iter().find(|u| self.attempt(|course| set(course, *u))) {
                Some(better) => u = better,
                None => step /= 2.0,
            }
        }
    }

    /// Tries a change with the steps before the point of no return, or the stress, as long as they can be,
    /// together, without leaving the way: what takes longer must leave the others less before an outage ends.
    fn fill(&mut self, by: Kind, change: impl FnOnce(&mut Course)) {
        let (before, best) = (self.answers.course.clone(), self.best);
        let questions = self.answers.questions;
        let is_attempt = |key: &Key| matches!(questions.about(*key), Some(Question::Attempt(..)));
        self.answers.course.given.retain(|key, _| is_attempt(key));
        change(&mut self.answers.course);
        let value_at = |search: &mut Self, u: f64| {
            search.answers.course.shares[by as usize] = u;
            search.value()
        };
        let (mut short, mut long) = (0.0, 1.0);
        let mut found = value_at(self, short);
        for middle in 0..FILLED {
            let u = if middle == 0 { long } else { f64::midpoint(short, long) };
            if self.left == 0 || found < 0.0 || short >= 1.0 {
                break;
            }
            let value = value_at(self, u);
            if value >= found { (short, found) = (u, value) } else { long = u }
        }
        self.answers.course.shares[by as usize] = short;
        if found > best {
            self.best = found;
        } else {
            self.answers.course = before;
        }
    }

    fn moment(&mut self, pass: u32) {
        let set = |course: &mut Course, u: f64| course.shares[Kind::Moment as usize] = u;
        let moments = self.moments;
        for u in moments.iter().copied() {
            if self.is_over() {
                return;
            }
            self.attempt(|course| set(course, u));
        }
        let now = self.answers.course.shares[Kind::Moment as usize];
        self.refine(set, now, 0.5 / f64::from(MOMENTS));
        if pass == 1 && !self.is_over() {
            self.along(set, now, MOMENTS);
        }
    }

    /// Tries rows of failures, before the points that are found and before the full backups under them.
    fn fail_in_a_row(&mut self, copy: CopyId) {
        let known = self.answers.course.rows.get(&copy).map_or(u64::MAX, |row| row.good);
        let mut tried = vec![u64::MAX, known, known.saturating_add(1), 1, 2, 3, 4];
        tried.dedup();
        for good in tried {
            let row = Row { fail: 0, good, fail_again: u64::MAX };
            self.attempt(|course| {
                course.rows.insert(copy, row);
            });
            self.ever_longer(copy, row);
        }
        let questions = self.answers.questions;
        let cycle = questions.cycle(copy);
        for fail in
            questions.kept(copy).into_iter().flat_map(|last| (0..LAST_ROWS).map(move |n| (last + 2).saturating_sub(n)))
        {
            self.row(copy, |row| Row { fail, ..row });
        }
        for fulls in if cycle > 1 { 0..=MOST_FULLS } else { 0..=0 } {
            for good in [1, known] {
                self.row(copy, |row| Row { good, fail_again: fulls * cycle, ..row });
            }
        }
        if cycle > 1 {
            self.one_full_more(copy, cycle);
        }
    }

    /// Tries one full backup more that fails, with fewer increments since the next older one.
    fn one_full_more(&mut self, copy: CopyId, cycle: u64) {
        let Some(row) = self.answers.course.rows.get(&copy).copied() else { return };
        if row.fail_again > MOST_FULLS * cycle {
            return;
        }
        let more = Row { fail_again: row.fail_again + cycle, ..row };
        for n in 0..TURNS {
            if self.is_over() {
                return;
            }
            self.attempt(|course| {
                course.rows.insert(copy, more);
                course.shares[Kind::Cycle as usize] = n as f64 / TURNS as f64;
            });
            self.row(copy, |_| Row { fail: row.fail + n * cycle / TURNS, ..more });
        }
    }

    /// Tries a change of which runs fail.
    fn row(&mut self, copy: CopyId, change: impl FnOnce(Row) -> Row) {
        if self.is_over() {
            return;
        }
        self.attempt(|course| {
            let row = course.rows.entry(copy).or_insert(Row::ALL_GOOD);
            *row = change(*row);
        });
    }

    /// Tries ever longer rows of failures while that helps, then those between the last that helped and
    /// the first that did not.
    fn ever_longer(&mut self, copy: CopyId, row: Row) {
        let (mut most, mut least, mut so_far) = (0, LONGEST, -1.0);
        while least - most > 1 && !self.is_over() {
            let fail = if least == LONGEST { 2 * most + 1 } else { most.midpoint(least) };
            let before = self.answers.course.rows.insert(copy, Row { fail, ..row });
            let value = self.value();
            if value >= so_far && value >= 0.0 {
                (most, so_far) = (fail, value);
            } else {
                least = fail;
            }
            if value > self.best {
                self.best = value;
            } else {
                match before {
                    Some(row) => self.answers.course.rows.insert(copy, row),
                    None => self.answers.course.rows.remove(&copy),
                };
            }
        }
    }
}
