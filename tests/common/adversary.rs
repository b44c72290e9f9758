//! An adversary that answers each question by itself and looks for the answers that hurt most.

use std::collections::HashMap;
use std::mem::{self, Discriminant};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drplan::sim::{Key, Purpose, Uniform};

/// Where a search begins: how every question of a kind is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Start {
    /// Which member is hit, as a share of the list.
    pub(crate) member: f64,
    /// Whether the event spreads and destroys.
    pub(crate) event: bool,
    /// Whether each of the first durations is the longest, as bits: of the incident itself, mostly.
    pub(crate) first: u32,
    /// Whether all others are, and schedules were just missed.
    pub(crate) long: bool,
    /// Whether attempts fail that have a retry left.
    pub(crate) retried: bool,
    /// Which last attempts fail: bit `n` for the `n`-th that is asked about.
    pub(crate) fails: u64,
}

/// A row of yes from a question on: so many, one no, then the same answer to all of its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    yes: usize,
    then: bool,
}

/// Answers by question; what was not thought of is answered as the start says.
#[derive(Default)]
pub(crate) struct Answers {
    start: Option<Start>,
    given: HashMap<Key, f64>,
    rows: HashMap<Key, Row>,
    seen: Mutex<Seen>,
}

/// Questions of the last incident.
#[derive(Default)]
struct Seen {
    answers: HashMap<Key, f64>,
    /// In their order, each once.
    list: Vec<(Key, Purpose)>,
    /// How many of them were about a last attempt.
    lasts: u32,
    /// How many of them were about a duration.
    durations: u32,
    /// Something was asked that is not about the event itself.
    begun: bool,
    row: Option<Row>,
}

/// The answer to a question whose answer is yes or no.
fn answer(yes: bool) -> f64 {
    if yes { 0.0 } else { 1.0 }
}

impl Answers {
    pub(crate) fn new(start: Start) -> Self {
        Self { start: Some(start), ..Self::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many last attempts the last incident was decided by.
    pub(crate) fn lasts(&self) -> u32 {
        self.seen().lasts
    }

    fn choose(&self, seen: &mut Seen, key: Key, purpose: Purpose) -> f64 {
        let Some(start) = self.start else { return 0.5 };
        seen.begun |= !matches!(purpose, Purpose::Member | Purpose::Chance);
        match purpose {
            Purpose::Duration => {
                seen.durations += 1;
                let long =
                    if seen.durations <= FIRST { start.first >> (seen.durations - 1) & 1 == 1 } else { start.long };
                if long { 1.0 } else { 0.0 }
            }
            Purpose::Phase => {
                if start.long {
                    1.0 - 1e-9
                } else {
                    0.0
                }
            }
            Purpose::Member => start.member,
            Purpose::Moment => SOME_DAY,
            Purpose::Attempt { last: false } => answer(start.retried),
            Purpose::Attempt { last: true } => {
                seen.lasts += 1;
                answer(seen.lasts <= u64::BITS && start.fails >> (seen.lasts - 1) & 1 == 1)
            }
            Purpose::Chance if !seen.begun => answer(start.event),
            Purpose::Chance => {
                if let Some(row) = self.rows.get(&key) {
                    seen.row = Some(*row);
                }
                match &mut seen.row {
                    None => answer(false),
                    Some(row) if row.yes == usize::MAX => answer(row.then),
                    Some(row) if row.yes == 0 => {
                        row.yes = usize::MAX;
                        answer(false)
                    }
                    Some(row) => {
                        row.yes -= 1;
                        answer(true)
                    }
                }
            }
        }
    }
}

impl Uniform for Answers {
    fn uniform(&self, key: Key, _occurrence: u64, purpose: Purpose) -> f64 {
        let mut seen = self.seen();
        if let Some(known) = seen.answers.get(&key) {
            return *known;
        }
        let usual = self.choose(&mut seen, key, purpose);
        let chosen = self.given.get(&key).copied().unwrap_or(usual);
        seen.answers.insert(key, chosen);
        seen.list.push((key, purpose));
        chosen
    }
}

/// Runs of a backup that are thought about one by one at each end of what was asked of one kind.
const ENDS: usize = 4;

/// Moments of the year that are tried beside those that are given: every six hours.
const MOMENTS: u32 = 1460;

/// Questions about a chance from which rows of failures are tried.
const ROWS: u32 = 4;

/// A moment of the year that nothing is special about.
const SOME_DAY: f64 = 0.37;

/// Durations that are thought about one by one from the start, and looked at closely: those of the
/// incident itself come first.
pub(crate) const FIRST: u32 = 4;

/// The search for the worst incident.
pub(crate) struct Search<'a> {
    /// How bad an incident is under these answers; negative where it does not count.
    evaluate: &'a dyn Fn(&Answers) -> f64,
    /// Bad enough.
    enough: f64,
    /// Incidents that may still be tried.
    left: u32,
    /// Moments of the year, as shares of it, that look bad: tried first.
    moments: &'a [f64],
    answers: Answers,
    best: f64,
}

impl<'a> Search<'a> {
    pub(crate) fn new(evaluate: &'a dyn Fn(&Answers) -> f64, enough: f64, moments: &'a [f64]) -> Self {
        Self { evaluate, enough, left: 0, moments, answers: Answers::default(), best: -1.0 }
    }

    /// The worst found from a start, by changing one answer at a time, or one row of them.
    pub(crate) fn climb(&mut self, start: Start, tries: u32) -> f64 {
        self.left = tries;
        self.answers = Answers::new(start);
        self.best = self.value();
        for pass in 0.. {
            let before = self.best;
            let mut done: Vec<Key> = Vec::new();
            let mut asked: HashMap<Discriminant<Purpose>, u32> = HashMap::new();
            // Other answers may raise other questions: those are looked at too.
            while let Some((key, purpose)) = self.next(&done)
                && !self.is_over()
            {
                done.push(key);
                *asked.entry(mem::discriminant(&purpose)).or_insert(0) += 1;
                let nth = asked[&mem::discriminant(&purpose)];
                let closely = if purpose == Purpose::Duration { pass == 1 && nth <= FIRST } else { pass == 0 };
                self.improve(key, purpose, closely);
                if purpose == Purpose::Chance && nth <= ROWS {
                    self.fail_in_a_row(key);
                }
            }
            if (self.best <= before && pass > 0) || self.is_over() {
                break;
            }
        }
        self.best
    }

    fn is_over(&self) -> bool {
        self.best >= self.enough || self.left == 0
    }

    /// The first question that was not looked at, leaving out the middle of long rows of a kind.
    fn next(&self, done: &[Key]) -> Option<(Key, Purpose)> {
        let seen = self.answers.seen();
        let kind = |n: usize| matches!(seen.list.get(n), Some((_, Purpose::Chance | Purpose::Duration)));
        let middle = |n: usize| n >= ENDS && (n - ENDS..=n + ENDS).all(kind);
        (0..seen.list.len()).filter(|n| !middle(*n)).map(|n| seen.list[n]).find(|(key, _)| !done.contains(key))
    }

    fn value(&mut self) -> f64 {
        *self.answers.seen() = Seen::default();
        self.left = self.left.saturating_sub(1);
        (self.evaluate)(&self.answers)
    }

    /// Gives this answer and keeps it if it is worse for the incident.
    fn attempt(&mut self, key: Key, u: f64) -> bool {
        let before = self.answers.given.insert(key, u);
        let value = self.value();
        if value > self.best {
            self.best = value;
            return true;
        }
        match before {
            Some(u) => self.answers.given.insert(key, u),
            None => self.answers.given.remove(&key),
        };
        false
    }

    /// Tries the answers to one question and keeps the worst.
    fn improve(&mut self, key: Key, purpose: Purpose, closely: bool) {
        let even = |n: u32| (0..n).map(move |k| (f64::from(k) + 0.5) / f64::from(n));
        let (choices, finest): (Vec<f64>, f64) = match purpose {
            Purpose::Chance | Purpose::Attempt { .. } => (vec![0.0, 1.0], 1.0),
            Purpose::Member => (even(8).collect(), 1.0),
            Purpose::Duration => {
                let cells = if closely { 400 } else { 6 };
                ([0.0, 1.0].into_iter().chain(even(cells)).collect(), 0.5 / f64::from(cells))
            }
            Purpose::Phase => ([0.0, 1.0 - 1e-9].into_iter().chain(even(40)).collect(), 1.0 / 80.0),
            Purpose::Moment => {
                let year = if closely { MOMENTS } else { 0 };
                (self.moments.iter().copied().chain(even(year)).collect(), 0.5 / f64::from(MOMENTS))
            }
        };
        if purpose == Purpose::Moment && closely {
            self.refine(key, SOME_DAY, finest);
        }
        for u in choices {
            if self.is_over() {
                break;
            }
            if self.attempt(key, u) && finest < 1.0 && u > 0.0 && u < 1.0 - 1e-9 {
                self.refine(key, u, finest);
            }
        }
        // The questions of the incident that is kept.
        self.value();
    }

    /// The worst is often just before something turns: halves the step towards it.
    fn refine(&mut self, key: Key, mut u: f64, mut step: f64) {
        while step > 1e-9 && !self.is_over() {
            let tried = [(u + step).min(1.0 - 1e-9), (u - step).max(0.0)];
            match tried.into_iter().find(|u| self.attempt(key, *u)) {
                Some(better) => u = better,
                None => step /= 2.0,
            }
        }
    }

    /// Tries rows of yes that begin with this question: ever longer ones while that helps, then those
    /// between the last that helped and the first that did not.
    fn fail_in_a_row(&mut self, key: Key) {
        for then in [false, true] {
            let (mut good, mut bad, mut so_far) = (0, LONGEST, -1.0);
            while bad - good > 1 && !self.is_over() {
                let yes = if bad == LONGEST { 2 * good + 1 } else { good.midpoint(bad) };
                let before = self.answers.rows.insert(key, Row { yes, then });
                let value = self.value();
                if value >= so_far && value >= 0.0 {
                    (good, so_far) = (yes, value);
                } else {
                    bad = yes;
                }
                if value > self.best {
                    self.best = value;
                } else {
                    match before {
                        Some(row) => self.answers.rows.insert(key, row),
                        None => self.answers.rows.remove(&key),
                    };
                }
            }
        }
        self.value();
    }
}

/// Longest row of failures that is tried.
const LONGEST: usize = 1 << 16;
