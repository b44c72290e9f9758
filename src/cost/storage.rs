//! How many bytes a copy keeps, averaged over time, from its schedule and retention.

use crate::id::{CopyId, PoolId};
use crate::model::{Copy, CopyKind, Delay, Scenario, Schedule, Site};
use crate::units::{Bytes, Seconds};

/// Which bytes of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredPart {
    /// All of it.
    Whole,
    /// Full backups.
    Fulls,
    /// What was written while points are kept, as increments.
    Increments,
    /// Increments past retention that a kept one still builds on.
    Chains,
}

impl StoredPart {
    /// The word for it in an item's name; empty for the whole.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Fulls => "fulls",
            Self::Increments => "increments",
            Self::Chains => "older increments of kept chains",
        }
    }
}

/// A part of what a copy keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stored {
    /// Which part.
    pub part: StoredPart,
    /// Mean of the bytes kept over time, at all sites together, after compression.
    pub bytes: Bytes,
}

/// What a copy keeps, averaged over time, of a data set of today's size.
///
/// # Formula
/// With S the size, w the mean rate of writing, K the retention, G the mean distance of runs, f the
/// chance that a run fails and F the distance of fulls, each times sites ÷ compression:
/// - primary, asynchronous, derived all the time: S
/// - log: w K; one without a base holds everything from the start, at least S
/// - backups that are all full: S (1 − f) K ÷ G, the number of successful starts within K
/// - full and incremental, with L the time from a full to the last increment on it: of uneven starts, what an
///   increment holds was written since the run before, so w L per chain, each for K: w L K ÷ F. Of even ones
///   w K, all that is written while points are kept, as the published sums have it: as if an increment were
///   taken with every full too, w K × distance of starts ÷ F more than without. A full stays as
///   long as the last increment on it: S (L + K) ÷ F; and so does every earlier increment, Σ w g t ÷ F
///   with g the time since the run before and t the time to the last of the chain. See `Chains`
/// - soft delete: w K if it has a price: in the long run as much is deleted as is written; nothing
///   otherwise
///
/// Increments count as if every run succeeded: what a run that fails leaves out, the next one brings.
///
/// # Returns
/// No more than three parts; none for a copy that stores nothing of its own.
#[must_use]
pub fn stored(scenario: &Scenario, copy: CopyId) -> Vec<Stored> {
    let row = &scenario.copies[copy];
    let data = &scenario.data[row.data];
    let size = data.size.bytes();
    let written = |time: f64| data.mean_writes().bytes_per_second() * time;
    let parts = match &row.kind {
        CopyKind::Primary { .. } | CopyKind::Async { .. } | CopyKind::Derived { lag: Some(_) } => {
            vec![(StoredPart::Whole, size)]
        }
        CopyKind::Derived { lag: None } => vec![],
        CopyKind::Log { keep, bases, .. } => {
            let kept = written(keep.seconds());
            vec![(StoredPart::Whole, if bases.is_empty() { kept.max(size) } else { kept })]
        }
        CopyKind::SoftDelete { keep, .. } => match row.price_per_gb_month {
            Some(_) => vec![(StoredPart::Whole, written(keep.seconds()))],
            None => vec![],
        },
        CopyKind::Backup { schedule, takes, full_every, fails, keep, .. } => {
            let keep = keep.seconds();
            match Chains::of(schedule, *full_every) {
                None => {
                    let runs = keep / run_distance(schedule, takes);
                    vec![(StoredPart::Whole, size * (1.0 - fails.value()) * runs)]
                }
                Some(chains) => vec![
                    (StoredPart::Increments, written(chains.saved) * keep / chains.distance),
                    (StoredPart::Chains, written(chains.tail / chains.distance)),
                    (StoredPart::Fulls, size * (chains.length + keep) / chains.distance),
                ],
            }
        }
    };
    let times = holdings(scenario, row) / row.compression;
    parts.into_iter().filter_map(|(part, bytes)| Some(Stored { part, bytes: Bytes::new(bytes * times)? })).collect()
}

/// Mean distance of two starts that really happen, in seconds: a start that falls into the run
/// before is skipped, so runs of `n` intervals leave one start in every `n`.
pub(super) fn run_distance(schedule: &Schedule, takes: &Delay) -> f64 {
    let gap = schedule.mean_gap().seconds();
    match schedule {
        Schedule::Every { interval, .. } if takes.mean() > interval.seconds() && *interval > Seconds::ZERO => {
            gap * (takes.mean() / gap).ceil()
        }
        _ => gap,
    }
}

/// Fulls and the increments on them, on average over a schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chains {
    /// Seconds from one full to the next.
    pub(super) distance: f64,
    /// Seconds from a full to the last increment on it.
    pub(super) length: f64,
    /// Seconds of writes of which an increment is kept.
    saved: f64,
    /// Over the increments on a full: seconds since the run before × seconds to the last one.
    tail: f64,
}

impl Chains {
    /// The fulls of a schedule are every n-th start, n the whole number nearest to their distance ÷ the
    /// mean distance of starts; of a calendar, from the first start of the reference year on. `None` if
    /// every run is full.
    pub(super) fn of(schedule: &Schedule, full_every: Option<Seconds>) -> Option<Self> {
        let gap = schedule.mean_gap().seconds();
        let runs = (full_every?.seconds() / gap).round();
        if runs <= 1.0 {
            return None;
        }
        let (runs, starts) = match schedule {
            Schedule::Every { .. } => {
                let tail = gap * gap * (runs - 1.0) * (runs - 2.0) / 2.0;
                return Some(Self { distance: runs * gap, length: (runs - 1.0) * gap, saved: runs * gap, tail });
            }
            Schedule::Cron { starts, .. } => (runs as usize, starts),
        };
        let start = |n: usize| starts.at(n as i64);
        let mut sum = Self { distance: 0.0, length: 0.0, saved: 0.0, tail: 0.0 };
        let mut fulls = 0.0;
        for full in (0..starts.moments().len()).step_by(runs) {
            let last = start(full + runs - 1);
            sum.distance += start(full + runs) - start(full);
            sum.length += last - start(full);
            sum.tail += (full + 1..full + runs).map(|n| (start(n) - start(n - 1)) * (last - start(n))).sum::<f64>();
            fulls += 1.0;
        }
        let length = sum.length / fulls;
        Some(Self { distance: sum.distance / fulls, length, saved: length, tail: sum.tail / fulls })
    }
}

/// How many times the data set lies at the sites of a copy.
///
/// Once per site, except on the machines of a sharded pool, which hold a part each: there it lies as
/// often as a write is acknowledged.
fn holdings(scenario: &Scenario, copy: &Copy) -> f64 {
    let on_shards = |pool: PoolId| scenario.compute[pool].sharded;
    let (mut times, mut shards) = (0.0, Vec::new());
    for site in &copy.sites {
        match site {
            Site::Instance(pool, _) if on_shards(*pool) => {
                if !shards.contains(pool) {
                    shards.push(*pool);
                }
            }
            _ => times += 1.0,
        }
    }
    let acks = match copy.kind {
        CopyKind::Primary { acks, .. } => f64::from(acks.max(1)),
        _ => 1.0,
    };
    if shards.is_empty() { times } else { times + acks * shards.len() as f64 }
}
