//! Backups: which run is the newest that can be used, found by computing, not by listing runs.
//!
//! Times are seconds relative to the failure: a start lies at or before zero. Runs are numbered
//! backwards from the failure: run 0 is the last that starts before it.

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
    /// Nothing that happened later is clean; at or before zero.
    pub(super) cutoff: f64,
    /// When a result must have arrived.
    pub(super) arrived_by: f64,
    /// When a result must still be kept.
    pub(super) kept_at: f64,
    /// The moment of `t_fail` in the reference year, seconds.
    pub(super) moment: f64,
    /// How many usable points are struck off already.
    pub(super) skip: u32,
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
    /// If a run can still be under way when the next is due: which starts are skipped for that.
    pub(super) overlap: Option<Overlap>,
    /// Runs from one full backup to the next; 1: all are full.
    pub(super) cycle: u64,
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
    /// Seconds from its state to the failure.
    pub(super) age: f64,
    /// Logical bytes to read: the full backup and every later incremental.
    pub(super) volume: f64,
}

/// How many full backups in a row may have failed before the search for a good one stops.
///
/// Even if half of all runs fail, a longer row has a chance of 2^-64.
const LONGEST_CHAIN: u64 = 64;

impl Backup {
    /// The newest usable run, or the one after `skip` newer ones; `None` if no clean one is kept.
    pub(super) fn newest<U: Uniform>(&self, draws: &U, occurrence: u64, query: &Query) -> Option<Run> {
        let calendar = Seen::new(&self.starts, draws, occurrence, query.moment);
        let Some(overlap) = &self.overlap else {
            let latest = calendar.first_at_or_before(query.cutoff.min(query.arrived_by - self.soonest));
            let all = (latest..).map(|run| (run, self.takes.nth(draws, occurrence, run)));
            return self.first_usable(draws, occurrence, &calendar, query, all);
        };
        let latest = calendar.first_at_or_before(query.cutoff);
        if matches!(calendar, Seen::Even { .. }) {
            let began = overlap.even(&self.takes, draws, occurrence, latest);
            return self.first_usable(draws, occurrence, &calendar, query, began);
        }
        let began = overlap.uneven(&self.takes, draws, occurrence, latest, &calendar);
        self.first_usable(draws, occurrence, &calendar, query, began)
    }

    /// The first that can be used of these runs, each with how long it took, after `skip` others.
    #[inline(always)]
    fn first_usable<U: Uniform>(
        &self,
        draws: &U,
        occurrence: u64,
        calendar: &Seen<'_>,
        query: &Query,
        began: impl Iterator<Item = (u64, f64)>,
    ) -> Option<Run> {
        let mut skip = query.skip;
        for (run, took) in began {
            let start = calendar.start(run);
            if start + self.keep < query.kept_at || self.lock.is_some_and(|lock| start + lock < 0.0) {
                return None;
            }
            let travel = self.travel.as_ref().map_or(0.0, |travel| travel.nth(draws, occurrence, run));
            let arrived = start + took + travel <= query.arrived_by;
            if !arrived || self.fails.nth(draws, occurrence, run, Purpose::Chance) {
                continue;
            }
            let Some(found) = self.found(draws, occurrence, calendar, run, query.moment) else { continue };
            if skip == 0 {
                return Some(found);
            }
            skip -= 1;
        }
        None
    }

    /// What a run holds; `None` if there was nothing to save, or what it stands on is gone.
    fn found<U: Uniform>(&self, draws: &U, occurrence: u64, calendar: &Seen<'_>, run: u64, moment: f64) -> Option<Run> {
        let start = calendar.start(run);
        let behind = total(&self.upstream, draws, occurrence, run, Read { at: start, moment })?.age;
        let full = calendar.start(self.full_before(draws, occurrence, calendar, run));
        // An increment without its full brings nothing back.
        if self.lock.is_some_and(|lock| full + lock < 0.0) {
            return None;
        }
        Some(Run { age: behind - start, volume: self.size + self.writes * (start - full).max(0.0) })
    }

    /// The last full backup at or before a run that did not fail.
    fn full_before<U: Uniform>(&self, draws: &U, occurrence: u64, calendar: &Seen<'_>, run: u64) -> u64 {
        if self.cycle <= 1 {
            return run;
        }
        let phase = calendar.cycle_phase(self.cycle).unwrap_or_else(|| {
            let u = draws.uniform(self.cycle_key, occurrence, Purpose::Phase);
            ((u * self.cycle as f64) as u64).min(self.cycle - 1)
        });
        let mut full = run + (self.cycle - (run + phase) % self.cycle) % self.cycle;
        let oldest = full.saturating_add(self.cycle * LONGEST_CHAIN);
        while full < oldest && self.fails.nth(draws, occurrence, full, Purpose::Chance) {
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

    /// When run `run` starts, at or before zero.
    pub(super) fn start(&self, run: u64) -> f64 {
        match self {
            Self::Even { position, interval, .. } => -position - run as f64 * interval,
            Self::Uneven { starts, moment, last } => {
                starts.at(last.saturating_sub(i64::try_from(run).unwrap_or(i64::MAX))) - moment
            }
        }
    }

    /// The newest run that starts at or before `time`, itself at or before zero.
    pub(super) fn first_at_or_before(&self, time: f64) -> u64 {
        match self {
            Self::Even { position, interval, .. } => {
                let mut run = ((-time - position) / interval).ceil().max(0.0) as u64;
                // The division rounds: step to the run that the comparison itself accepts.
                while self.start(run) > time {
                    run += 1;
                }
                run
            }
            Self::Uneven { starts, moment, last } => {
                let mut run = (last - starts.last_by(moment + time)).max(0) as u64;
                while self.start(run) > time {
                    run += 1;
                }
                run
            }
        }
    }

    /// How many runs after the start of a cycle run 0 is, where the calendar fixes it.
    fn cycle_phase(&self, cycle: u64) -> Option<u64> {
        match self {
            Self::Even { absolute, .. } => {
                absolute.map(|runs| (cycle - (runs.rem_euclid(cycle as f64) as u64) % cycle) % cycle)
            }
            Self::Uneven { last, .. } => Some(((cycle as i64 - last.rem_euclid(cycle as i64)) % cycle as i64) as u64),
        }
    }
}
