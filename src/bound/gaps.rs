//! The distances of a schedule's starts, of those that really happen.

use std::sync::Arc;

use super::cycle::Place;
use super::formulas::uneven_schedule_age;
use crate::model::Calendar;

/// The distances of a schedule's starts, in seconds: what of it matters here.
#[derive(Clone, Debug)]
pub(super) struct Gaps {
    pub(super) is_even: bool,
    /// Mean distance.
    pub(super) mean: f64,
    /// Shortest and longest distance between starts that really happen.
    shortest: f64,
    pub(super) longest: f64,
    /// Mean age of the newest start, if none is skipped.
    pub(super) residual: Option<f64>,
    /// Longest time from a full to the last increment on it.
    pub(super) chain: f64,
    /// The starts, where several gaps in a row are looked at together.
    starts: Option<Arc<Starts>>,
}

/// The starts of a calendar, and how many starts after each the next is that happens, at most.
#[derive(Debug)]
struct Starts {
    calendar: Calendar,
    next: Vec<i64>,
}

/// Most steps that looking at several gaps in a row may take: beyond, each counts as the extreme one.
const MOST_WINDOWS: u64 = 1 << 18;

impl Gaps {
    /// Starts every `interval`, where a run of up to `takes` makes the starts in it be skipped. A chain
    /// is of `runs` increments.
    pub(super) fn even(interval: f64, takes: f64, runs: u64) -> Self {
        let skipped = if takes > interval { (takes / interval).ceil() } else { 1.0 };
        Self {
            is_even: true,
            mean: interval,
            shortest: interval,
            longest: interval * skipped,
            residual: (skipped == 1.0).then_some(interval / 2.0),
            chain: runs as f64 * interval,
            starts: None,
        }
    }

    /// Starts at these moments; a chain of `runs` increments stands on a full, which is every `cycle`-th start
    /// from the first on, backwards too.
    pub(super) fn uneven(starts: &Calendar, takes: f64, runs: u64, cycle: u64) -> Self {
        let known = Starts::new(starts, takes);
        let shortest = shortest_row(starts, 1);
        Self {
            is_even: false,
            mean: starts.mean_gap().seconds(),
            shortest,
            longest: known.as_ref().map_or(f64::INFINITY, |starts| starts.longest_row(1)),
            residual: (takes <= shortest).then(|| uneven_schedule_age(starts).0),
            chain: longest_on_full(starts, runs, cycle),
            starts: known.map(Arc::new),
        }
    }

    /// Whether starts fall into a run that is under way, and are skipped.
    pub(super) fn may_skip(&self) -> bool {
        self.residual.is_none()
    }

    /// Where the point after `skip` newer ones stands, whatever the place of those.
    pub(super) fn place(&self, skip: u32) -> Place {
        let increments = (0.0, self.chain);
        Place { newer: self.over(skip).0, older: self.over(skip + 1).1, increments }
    }

    /// Shortest time from one start to the next.
    pub(super) fn shortest(&self) -> f64 {
        self.shortest
    }

    /// Shortest and longest time over so many gaps in a row.
    fn over(&self, gaps: u32) -> (f64, f64) {
        let count = u64::from(gaps);
        match &self.starts {
            Some(starts) if gaps > 1 && starts.next.len() as u64 * count <= MOST_WINDOWS => {
                (shortest_row(&starts.calendar, i64::from(gaps)), starts.longest_row(gaps))
            }
            _ => (f64::from(gaps) * self.shortest, f64::from(gaps) * self.longest),
        }
    }
}

/// The longest distance over `runs` gaps from a full backup on, which is every `cycle`-th start of the
/// reference year, and of the years before: what is kept began in them, and what that stands on.
fn longest_on_full(starts: &Calendar, runs: u64, cycle: u64) -> f64 {
    let count = starts.moments().len() as i64;
    let (Ok(runs), Ok(cycle)) = (i64::try_from(runs), i64::try_from(cycle.max(1))) else { return f64::INFINITY };
    if runs == 0 || count == 0 {
        return 0.0;
    }
    // By then every full has stood at every start that it can stand at.
    let turns = cycle.min(count);
    (-turns..=1)
        .flat_map(|year| {
            let first = (year * count).div_euclid(cycle) * cycle;
            (first..(year + 1) * count).step_by(usize::try_from(cycle).unwrap_or(1))
        })
        .map(|full| starts.at(full.saturating_add(runs)) - starts.at(full))
        .fold(0.0, f64::max)
}

/// The shortest distance over so many gaps of a year's starts.
fn shortest_row(starts: &Calendar, gaps: i64) -> f64 {
    let distance = |n: i64| starts.at(n.saturating_add(gaps)) - starts.at(n);
    (0..starts.moments().len() as i64).map(distance).fold(f64::INFINITY, f64::min)
}

impl Starts {
    /// Where runs take up to `takes` seconds; `None` if no start happens after another.
    fn new(calendar: &Calendar, takes: f64) -> Option<Self> {
        if takes.is_infinite() || calendar.moments().is_empty() {
            return None;
        }
        let next = |n: i64| {
            let over = calendar.at(n) + takes;
            let last = calendar.last_by(over);
            // A start at the very moment when the run is done is not skipped.
            let free = if calendar.at(last) < over { last + 1 } else { last };
            (free - n).max(1)
        };
        let next = (0..calendar.moments().len() as i64).map(next).collect();
        Some(Self { calendar: calendar.clone(), next })
    }

    /// The longest distance over so many starts that happen one after the other.
    ///
    /// The later one start, the later the next that a run can put it off to: so each as late as can be is the
    /// latest of all.
    fn longest_row(&self, gaps: u32) -> f64 {
        let after = |n: i64, _| n + self.next[n.rem_euclid(self.next.len() as i64) as usize];
        let distance = |n: i64| self.calendar.at((0..gaps).fold(n, after)) - self.calendar.at(n);
        (0..self.next.len() as i64).map(distance).fold(0.0, f64::max)
    }
}

/// Most increments between a full and the last one on it.
///
/// A full that failed is replaced by the one before; 64 failures in a row are the most that is looked
/// at, a chance of no weight.
pub(super) fn longest_chain(cycle: u64, fails: f64) -> u64 {
    match cycle {
        0 | 1 => 0,
        _ if fails > 0.0 => cycle.saturating_mul(65) - 1,
        _ => cycle - 1,
    }
}
