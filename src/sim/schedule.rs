//! Backups: which run is the newest that can be used, found by computing, not by listing runs.
//!
//! Times are seconds relative to the failure. Runs are numbered backwards from it: run 0 is the last that
//! starts by then, run -1 the first after it.

use super::lag::{Lag, Read, total};
use super::overlap::Overlap;
use super::random::{Chance, Draw, Key, Purpose, Uniform};
use crate::model::Calendar;

/// When runs start.
#[derive(Clone, Debug)]
pub(super) enum Starts {
    /// Every so often, the phase drawn as a fraction of the interval.
    Phase { key: Key, interval: f64 },
    /// Every so often from an offset into the year.
    Offset { offset: f64, interval: f64 },
    /// At moments of the calendar.
    Calendar(std::sync::Arc<Calendar>),
}

/// What a search for a recovery point may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    /// What holds anything later is not clean.
    pub(super) cutoff: f64,
    /// When a result must have arrived; the cutoff or later.
    pub(super) arrived_by: f64,
    /// When a result must still be kept.
    pub(super) kept_at: f64,
    /// The moment of `t_fail` in the reference year, seconds.
    pub(super) moment: f64,
    /// How many usable points are struck off already.
    pub(super) skip: u32,
}

/// What becomes of runs once the failure has struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// More are begun.
    GoesOn,
    /// Those under way are completed.
    Finishes,
    /// Those under way are not completed.
    Stops,
}

/// A backup schedule in the form that the hot loop searches.
#[derive(Clone, Debug)]
pub(super) struct Backup {
    pub(super) starts: Starts,
    pub(super) takes: Draw,
    pub(super) travel: Option<Draw>,
    /// Least time from a start to its use: where the search begins.
    pub(super) soonest: f64,
    pub(super) fails: Chance,
    pub(super) keep: f64,
    /// If its account is taken: how long runs are locked, the only ones that survive.
    pub(super) lock: Option<f64>,
    pub(super) afterwards: Afterwards,
    /// If a run can still be under way when the next is due: which starts are skipped for that.
    pub(super) overlap: Option<Overlap>,
    /// Runs from one full backup to the next; 1: all are full.
    pub(super) cycle: i64,
    pub(super) cycle_key: Key,
    /// What the copy that is backed up is behind.
    pub(super) upstream: Vec<Lag>,
    /// Logical bytes of a full backup.
    pub(super) size: f64,
    /// Logical bytes written per second.
    pub(super) writes: f64,
}

/// A run that can be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// When it started.
    pub(super) start: f64,
    /// Seconds from its state to the failure.
    pub(super) age: f64,
    /// Logical bytes to read: the full backup and every later incremental.
    pub(super) volume: f64,
}

/// How many full backups in a row may have failed before the search for a good one stops.
///
/// Even if half of all runs fail, a longer row has a chance of 2^-64.
const LONGEST_CHAIN: i64 = 64;

/// Runs that start after the cutoff and may hold something clean, at most: far more than between two backups.
const MOST_AHEAD: i64 = 1 << 40;

impl Backup {
    /// The newest usable run, or the one after `skip` newer ones; `None` if no clean one is kept.
    pub(super) fn newest<U: Uniform>(&self, draws: &U, occurrence: u64, query: &Query) -> Option<Run> {
        let calendar = Seen::new(&self.starts, draws, occurrence, query.moment);
        // A start by the cutoff is clean whatever it holds.
        let limit = match self.afterwards {
            Afterwards::GoesOn => query.arrived_by,
            Afterwards::Finishes | Afterwards::Stops => query.arrived_by.min(0.0),
        };
        let Some(overlap) = &self.overlap else {
            let limit = limit.min(query.arrived_by - self.soonest);
            let latest = self.latest_clean(draws, occurrence, &calendar, query, limit);
            let all = (latest..).map(|run| (run, self.takes.nth(draws, occurrence, run as u64)));
            return self.first_usable(draws, occurrence, &calendar, query, all);
        };
        let latest = self.latest_clean(draws, occurrence, &calendar, query, limit);
        if matches!(calendar, Seen::Even { .. }) {
            let began = overlap.even(&self.takes, draws, occurrence, latest);
            return self.first_usable(draws, occurrence, &calendar, query, began);
        }
        let began = overlap.uneven(&self.takes, draws, occurrence, latest, &calendar);
        self.first_usable(draws, occurrence, &calendar, query, began)
    }

    /// The last run that starts by `limit` and holds nothing from after the cutoff: one that starts later may
    /// be of something older.
    fn latest_clean<U: Uniform>(
        &self,
        draws: &U,
        occurrence: u64,
        calendar: &Seen<'_>,
        query: &Query,
        limit: f64,
    ) -> i64 {
        let mut latest = calendar.first_at_or_before(query.cutoff.min(limit));
        if self.upstream.is_empty() {
            return latest;
        }
        let clean = |run: i64| {
            let start = calendar.start(run);
            let state = || self.state(draws, occurrence, run, start, query.moment);
            start <= limit && state().is_some_and(|state| state <= query.cutoff)
        };
        // What runs hold gets newer one by one: first beyond the last, then back to it.
        let mut step = 1;
        while step < MOST_AHEAD && clean(latest - step) {
            latest -= step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if clean(latest - step) {
                latest -= step;
            }
        }
        latest
    }

    /// The moment whose state a run holds; `None` if there was nothing to save.
    fn state<U: Uniform>(&self, draws: &U, occurrence: u64, run: i64, start: f64, moment: f64) -> Option<f64> {
        Some(start - total(&self.upstream, draws, occurrence, run as u64, Read { at: start, moment })?.age)
    }

    /// The first that can be used of these runs, each with how long it took, after `skip` others.
    #[inline(always)]
    fn first_usable<U: Uniform>(
        &self,
        draws: &U,
        occurrence: u64,
        calendar: &Seen<'_>,
        query: &Query,
        began: impl Iterator<Item = (i64, f64)>,
    ) -> Option<Run> {
        let mut skip = query.skip;
        for (run, took) in began {
            let start = calendar.start(run);
            if start + self.keep < query.kept_at || self.lock.is_some_and(|lock| start + lock < 0.0) {
                return None;
            }
            let travel = self.travel.as_ref().map_or(0.0, |travel| travel.nth(draws, occurrence, run as u64));
            let done = self.afterwards != Afterwards::Stops || start + took <= 0.0;
            let arrived = start + took + travel <= query.arrived_by;
            if !done || !arrived || self.fails.nth(draws, occurrence, run as u64, Purpose::Chance) {
                continue;
            }
            let found = self.found(draws, occurrence, calendar, run, query.moment);
            // A lag that is drawn for each run anew may be long and short in turn.
            let Some(found) = found.filter(|found| -found.age <= query.cutoff) else { continue };
            if skip == 0 {
                return Some(found);
            }
            skip -= 1;
        }
        None
    }

    /// What a run holds; `None` if there was nothing to save, or what it stands on is gone.
    fn found<U: Uniform>(&self, draws: &U, occurrence: u64, calendar: &Seen<'_>, run: i64, moment: f64) -> Option<Run> {
        let start = calendar.start(run);
        let state = self.state(draws, occurrence, run, start, moment)?;
        let full = calendar.start(self.full_before(draws, occurrence, calendar, run));
        // An increment without its full brings nothing back.
        if self.lock.is_some_and(|lock| full + lock < 0.0) {
            return None;
        }
        Some(Run { start, age: -state, volume: self.size + self.writes * (start - full).max(0.0) })
    }

    /// The last full backup at or before a run that did not fail.
    fn full_before<U: Uniform>(&self, draws: &U, occurrence: u64, calendar: &Seen<'_>, run: i64) -> i64 {
        if self.cycle <= 1 {
            return run;
        }
        let phase = calendar.cycle_phase(self.cycle).unwrap_or_else(|| {
            let u = draws.uniform(self.cycle_key, occurrence, Purpose::Phase);
            ((u * self.cycle as f64) as i64).min(self.cycle - 1)
        });
        let mut full = run + (self.cycle - (run + phase).rem_euclid(self.cycle)) % self.cycle;
        let oldest = full.saturating_add(self.cycle.saturating_mul(LONGEST_CHAIN));
        while full < oldest && self.fails.nth(draws, occurrence, full as u64, Purpose::Chance) {
            full += self.cycle;
        }
        full
    }
}

/// The starts of one schedule as seen from one failure.
pub(super) enum Seen<'a> {
    Even { position: f64, interval: f64, absolute: Option<f64> },
    Uneven { starts: &'a Calendar, moment: f64, last: i64 },
}

impl<'a> Seen<'a> {
    fn new<U: Uniform>(starts: &'a Starts, draws: &U, occurrence: u64, moment: f64) -> Self {
        match starts {
            Starts::Phase { key, interval } => {
                let position = draws.uniform(*key, occurrence, Purpose::Phase) * interval;
                Self::Even { position, interval: *interval, absolute: None }
            }
            Starts::Offset { offset, interval } => {
                let runs = ((moment - offset) / interval).floor();
                let position = moment - offset - runs * interval;
                Self::Even { position, interval: *interval, absolute: Some(runs) }
            }
            Starts::Calendar(starts) => Self::Uneven { starts, moment, last: starts.last_by(moment) },
        }
    }

    /// When run `run` starts.
    pub(super) fn start(&self, run: i64) -> f64 {
        match self {
            Self::Even { position, interval, .. } => -position - run as f64 * interval,
            Self::Uneven { starts, moment, last } => starts.at(last.saturating_sub(run)) - moment,
        }
    }

    /// The newest run that starts at or before `time`.
    pub(super) fn first_at_or_before(&self, time: f64) -> i64 {
        match self {
            Self::Even { position, interval, .. } => {
                let mut run = ((-time - position) / interval).ceil() as i64;
                // The division rounds: step to the run that the comparison itself accepts.
                while self.start(run) > time {
                    run += 1;
                }
                run
            }
            Self::Uneven { starts, moment, last } => {
                let mut run = last.saturating_sub(starts.last_by(moment + time));
                while self.start(run) > time {
                    run += 1;
                }
                run
            }
        }
    }

    /// How many runs after the start of a cycle run 0 is, where the calendar fixes it.
    fn cycle_phase(&self, cycle: i64) -> Option<i64> {
        match self {
            Self::Even { absolute, .. } => {
                absolute.map(|runs| (cycle - (runs.rem_euclid(cycle as f64) as i64) % cycle) % cycle)
            }
            Self::Uneven { last, .. } => Some((cycle - last.rem_euclid(cycle)) % cycle),
        }
    }
}
