//! Backups whose runs can still be under way when the next is due: which starts really happen.
//!
//! A start that falls into the run before it is skipped. From one true start to the next there are
//! G = max(1, ⌈run time ÷ interval⌉) starts of the schedule, drawn anew each time: a renewal process. It
//! is met long after it began, so the true start before a given moment is A starts back with
//! P(A = a) = P(G > a) ÷ E[G], its run is one of those with G > a, and the true starts before it are again
//! G apart, each as long as the run that fills it. Nothing is left to chance by where a search begins.
//!
//! # Source
//! Feller (1971), An Introduction to Probability Theory and Its Applications II, XI.4: the stationary
//! renewal process, and the spent waiting time in it.

use std::sync::{Arc, Mutex, PoisonError};

use super::random::{Draw, Key, Purpose, Tables, Uniform};
use super::schedule::Seen;
use crate::model::Delay;

/// Chance below which a run that is longer than so many intervals is left out: nobody draws 10^12 of them.
const NO_WEIGHT: f64 = 1e-12;

/// Steps up to which every number of starts back has its own entry; beyond, entries are this share apart.
const FINE: u64 = 256;

/// Most starts back that are counted: beyond, neighbours are not told apart by `f64` either.
const MOST: u64 = 1 << 52;

/// Chance that the run under way where an uneven history begins lasts until its end.
const OUTLASTS: f64 = 1e-4;

/// Halvings of [0, 1] after which no number of double precision lies between.
const HALVINGS: u32 = 54;

/// True starts after which an uneven calendar has forgotten where its history began.
const MIXED: f64 = 32.0;

/// Which starts of a schedule happen.
#[derive(Clone, Debug)]
pub(super) struct Overlap {
    key: Key,
    /// Mean distance of starts, seconds.
    interval: f64,
    ages: Arc<Ages>,
}

/// How far back the last true start is.
#[derive(Debug)]
struct Ages {
    /// Ascending.
    rows: Vec<Age>,
    /// E[G]: of how many starts one happens.
    mean: f64,
    /// Starts of the calendar that an uneven history goes back, before the last true start.
    history: u64,
}

/// So many starts back, up to the next entry.
#[derive(Clone, Copy, Debug)]
struct Age {
    starts: u64,
    /// Share of runs that last longer.
    longer: f64,
    /// Σ P(G > a) of all that are less far back.
    before: f64,
}

/// Those of a scenario by interval and longest run, each made once.
#[derive(Debug, Default)]
pub(super) struct AgesOfRuns(Mutex<Vec<KnownAges>>);

#[derive(Debug)]
struct KnownAges {
    delay: Delay,
    interval: f64,
    longest: f64,
    ages: Arc<Ages>,
}

impl AgesOfRuns {
    fn of(&self, delay: &Delay, takes: &Draw, interval: f64) -> Arc<Ages> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = takes.longest();
        let same = |known: &&KnownAges| (&known.delay, known.interval, known.longest) == (delay, interval, longest);
        if let Some(known) = all.iter().find(same) {
            return Arc::clone(&known.ages);
        }
        let ages = Arc::new(Ages::new(takes, interval));
        all.push(KnownAges { delay: delay.clone(), interval, longest, ages: Arc::clone(&ages) });
        ages
    }
}

impl Ages {
    fn new(takes: &Draw, interval: f64) -> Self {
        let mut rows = Vec::new();
        let (mut starts, mut longer, mut before) = (0_u64, 1.0, 0.0);
        while longer >= NO_WEIGHT && starts < MOST {
            rows.push(Age { starts, longer, before });
            let step = (starts / FINE).max(1);
            let next = longer_than(takes, (starts + step) as f64 * interval);
            // Along a straight line from one to the other.
            before += step as f64 * longer - (longer - next) * (step - 1) as f64 / 2.0;
            (starts, longer) = (starts + step, next);
        }
        let far = rows.partition_point(|age| age.before < before * (1.0 - OUTLASTS));
        let outlasts = rows.get(far).map_or(starts, |age| age.starts);
        Self { rows, mean: before, history: outlasts + (MIXED * before).ceil() as u64 }
    }
}

impl Overlap {
    /// The overlaps of runs that take so long (`delay`, drawn by `takes`) and start at about every `interval`;
    /// `None` if none reaches across the shortest gap of the schedule.
    pub(super) fn new(
        key: Key,
        (delay, takes): (&Delay, &Draw),
        (interval, shortest): (f64, f64),
        tables: &Tables,
    ) -> Option<Self> {
        if takes.longest() <= shortest || longer_than(takes, shortest) < NO_WEIGHT {
            return None;
        }
        Some(Self { key, interval, ages: tables.ages.of(delay, takes, interval) })
    }

    /// How many starts before a given one the last true start is, and the share of runs that last so long.
    fn age<U: Uniform>(&self, draws: &U, occurrence: u64) -> (u64, f64) {
        let Ages { rows, mean, .. } = &*self.ages;
        let sum = draws.uniform(self.key, occurrence, Purpose::Phase) * mean;
        let n = rows.partition_point(|age| age.before <= sum).saturating_sub(1);
        let here = rows[n];
        let (to, until) = rows.get(n + 1).map_or((here.starts + 1, *mean), |next| (next.starts, next.before));
        let step = (to - here.starts) as f64;
        let within = ((sum - here.before) / (until - here.before) * step).floor().clamp(0.0, step - 1.0);
        (here.starts + within as u64, here.longer)
    }

    /// The true starts of a schedule with one interval at or before start `latest`, newest first, each with
    /// how long its run takes.
    pub(super) fn even<U: Uniform>(
        &self,
        takes: &Draw,
        draws: &U,
        occurrence: u64,
        latest: i64,
    ) -> impl Iterator<Item = (i64, f64)> {
        let (age, longer) = self.age(draws, occurrence);
        let took = takes.longest_nth(draws, occurrence, latest as u64, longer).max(age as f64 * self.interval);
        before(takes, draws, occurrence, (latest.saturating_add(age as i64), took), self.interval)
    }

    /// The same for a calendar with gaps of many lengths: a history that begins far enough back for where
    /// it begins not to matter, lived through once.
    pub(super) fn uneven<U: Uniform>(
        &self,
        takes: &Draw,
        draws: &U,
        occurrence: u64,
        latest: i64,
        calendar: &Seen<'_>,
    ) -> impl Iterator<Item = (i64, f64)> {
        let (age, longer) = self.age(draws, occurrence);
        let first = latest.saturating_add(self.ages.history as i64).saturating_add(age as i64);
        let first = (first, takes.longest_nth(draws, occurrence, first as u64, longer));
        let (mut began, (mut run, mut took)) = (vec![first], first);
        while run > latest {
            let done = calendar.start(run) + took;
            let last = calendar.first_at_or_before(done);
            let free = if calendar.start(last) < done { last - 1 } else { last };
            // A run that takes no time is done when it starts.
            let next = free.min(run - 1);
            if next < latest {
                break;
            }
            (run, took) = (next, takes.nth(draws, occurrence, next as u64));
            began.push((run, took));
        }
        // Only where dozens in a row have failed is anything older asked for.
        let older = before(takes, draws, occurrence, first, self.interval).skip(1);
        began.into_iter().rev().chain(older)
    }
}

/// A true start and those before it, at even distances.
fn before<U: Uniform>(
    takes: &Draw,
    draws: &U,
    occurrence: u64,
    first: (i64, f64),
    interval: f64,
) -> impl Iterator<Item = (i64, f64)> {
    std::iter::successors(Some(first), move |(run, _)| {
        let took = takes.nth(draws, occurrence, run.saturating_add(1) as u64);
        Some((run.saturating_add(((took / interval).ceil() as i64).max(1)), took))
    })
}

/// The share of draws that are longer than `time`.
fn longer_than(takes: &Draw, time: f64) -> f64 {
    let (mut within, mut beyond) = (0.0_f64, 1.0_f64);
    if takes.quantile(within) > time {
        return 1.0;
    }
    if takes.quantile(beyond) <= time {
        return 0.0;
    }
    for _ in 0..HALVINGS {
        let middle = within.midpoint(beyond);
        if takes.quantile(middle) <= time { within = middle } else { beyond = middle }
    }
    1.0 - within
}
