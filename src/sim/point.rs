//! Recovery points: what a copy can give back in one incident, how old it is, how much must be read.
//!
//! Times are seconds relative to the failure. Rules: "Which copies survive, and what they can give
//! back" of the model, one variant per kind of copy.

use super::lag::{Behind, Lag, Read, total};
use super::random::{Chance, Purpose, Uniform};
use super::schedule::{Backup, Query};
use crate::id::CopyId;

/// What is known of an incident when a recovery point is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    /// When it happens in the reference year, seconds.
    pub(super) moment: f64,
    /// When people know.
    pub(super) detect: f64,
    /// What was written later is not clean: 0, or minus the dwell of an attacker.
    pub(super) cutoff: f64,
    /// From when on logs are there; minus infinity if they always were.
    pub(super) log_begins: f64,
    /// Whether the damage is logical: points may arrive until detection and must be kept until then.
    pub(super) logical: bool,
}

impl Moments {
    /// A copy that is read as the failure finds it.
    pub(super) fn read(&self) -> Read {
        Read { at: 0.0, moment: self.moment }
    }
}

/// What a copy gives back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RecoveryPoint {
    /// Seconds from the point to the failure.
    pub(super) age: f64,
    /// When the copy took it, seconds from the failure: what it copies may have been older.
    pub(super) taken: f64,
    /// Logical bytes lost before the failure, where the copy knows better than average writes × age.
    pub(super) bytes: Option<f64>,
    /// Logical bytes that a restore moves, of the whole data set.
    pub(super) moves: f64,
    /// Logical bytes of log to replay, of the whole data set.
    pub(super) replays: f64,
    /// Whether good writes after the failure are kept too.
    pub(super) keeps_after: bool,
}

/// How a copy's recovery point is found.
#[derive(Clone, Debug)]
pub(super) enum PointFinder {
    /// A living copy that is behind by the sum of these.
    Living { behind: Vec<Lag>, size: f64 },
    /// A living copy that damage has reached unless it holds changes back for longer than the
    /// detection takes.
    HeldBack { delay: f64, behind: Vec<Lag>, size: f64 },
    /// A living copy that this kind of damage does not reach: it has all good writes, early and late.
    Spared { behind: Vec<Lag>, size: f64 },
    /// Backups.
    Runs(Box<Backup>),
    /// The same with an edge that what an attacker wrote does not pass: all of them are clean.
    Clean(Box<PointFinder>),
    /// A log and what it is replayed onto.
    Log(Box<LogFinder>),
    /// A bin for deleted things.
    Bin { keep: f64, bypass: Chance },
    /// Computed from an input that is there: nothing is lost.
    Derived { size: f64 },
}

/// A log with its bases.
#[derive(Clone, Debug)]
pub(super) struct LogFinder {
    pub(super) behind: Vec<Lag>,
    /// Those up to what takes in nothing more once the failure has struck.
    pub(super) stopped: Vec<Lag>,
    /// Where the log can start; `None`: it holds all from the start.
    pub(super) bases: Option<Vec<(CopyId, PointFinder)>>,
    pub(super) keep: f64,
    /// What an attacker wrote does not come to it.
    pub(super) clean: bool,
    /// If its account is taken: how long entries are locked.
    pub(super) lock: Option<f64>,
    pub(super) size: f64,
    pub(super) writes: f64,
}

impl PointFinder {
    /// The newest point that can be had, or the one after `skip` newer ones that were struck off.
    #[inline]
    pub(super) fn find<U: Uniform>(
        &self,
        draws: &U,
        occurrence: u64,
        moments: &Moments,
        skip: u32,
    ) -> Option<RecoveryPoint> {
        if let Self::Runs(backup) = self {
            return find_run(backup, draws, occurrence, moments, skip);
        }
        if let Self::Log(log) = self {
            return log.find(draws, (occurrence, moments), skip, |_, _| true);
        }
        if let Self::Clean(finder) = self {
            return finder.find(draws, occurrence, &Moments { cutoff: 0.0, ..*moments }, skip);
        }
        if skip > 0 {
            return None;
        }
        let total = |behind: &[Lag]| total(behind, draws, occurrence, 0, moments.read());
        match self {
            Self::Living { behind, size } => {
                let Behind { age, bytes } = total(behind)?;
                Some(RecoveryPoint { age, taken: -age, bytes, moves: *size, replays: 0.0, keeps_after: false })
            }
            Self::HeldBack { delay, behind, size } => {
                let age = delay + total(behind)?.age - moments.detect;
                (age >= -moments.cutoff).then_some(RecoveryPoint {
                    age,
                    taken: -age,
                    bytes: None,
                    moves: *size,
                    replays: 0.0,
                    keeps_after: false,
                })
            }
            Self::Spared { behind, size } => {
                let Behind { age, bytes } = total(behind)?;
                Some(RecoveryPoint { age, taken: -age, bytes, moves: *size, replays: 0.0, keeps_after: true })
            }
            Self::Bin { keep, bypass } => {
                let there = moments.detect <= *keep && !bypass.nth(draws, occurrence, 0, Purpose::Chance);
                there.then_some(RecoveryPoint { keeps_after: true, ..RecoveryPoint::default() })
            }
            Self::Derived { size } => {
                Some(RecoveryPoint { moves: *size, keeps_after: true, ..RecoveryPoint::default() })
            }
            Self::Runs(_) | Self::Clean(_) | Self::Log(_) => None,
        }
    }
}

fn find_run<U: Uniform>(
    backup: &Backup,
    draws: &U,
    occurrence: u64,
    moments: &Moments,
    skip: u32,
) -> Option<RecoveryPoint> {
    let until = if moments.logical { moments.detect } else { 0.0 };
    let query = Query { cutoff: moments.cutoff, arrived_by: until, kept_at: until, moment: moments.moment, skip };
    let run = backup.newest(draws, occurrence, &query)?;
    Some(RecoveryPoint {
        age: run.age,
        taken: run.start,
        bytes: None,
        moves: run.volume,
        replays: 0.0,
        keeps_after: false,
    })
}

impl LogFinder {
    /// The newest moment that some base and the kept part of the log reach; without such a base, the
    /// newest base by itself: the gap is lost.
    ///
    /// # Arguments
    /// `is_there`: whether a base has this point of its.
    pub(super) fn find<U: Uniform>(
        &self,
        draws: &U,
        (occurrence, moments): (u64, &Moments),
        skip: u32,
        is_there: impl Fn(CopyId, &RecoveryPoint) -> bool,
    ) -> Option<RecoveryPoint> {
        let kept_at = if moments.logical { moments.detect } else { 0.0 };
        let behind = total(&self.behind, draws, occurrence, 0, moments.read())?.age;
        // By the failure an entry must have come past what has stopped.
        let stopped = total(&self.stopped, draws, occurrence, 0, moments.read())?.age;
        // An entry of time x has arrived at x + behind: by the failure, or by detection.
        let cutoff = if self.clean { 0.0 } else { moments.cutoff };
        let end = cutoff.min(kept_at - behind).min(-stopped);
        let locked = self.lock.map_or(f64::NEG_INFINITY, |lock| -lock);
        let oldest = (kept_at - self.keep).max(locked).max(moments.log_begins);
        let Some(bases) = &self.bases else {
            // Entries arrive in batches of about the lag: an older point is one that ends a batch earlier.
            let end = end - f64::from(skip) * behind;
            let there = (skip == 0 || behind > 0.0) && end >= oldest;
            return there.then_some(RecoveryPoint {
                age: -end,
                taken: end,
                bytes: None,
                moves: self.size,
                replays: 0.0,
                keeps_after: false,
            });
        };
        let newest = |(copy, base): &(CopyId, PointFinder)| {
            let (mut next, mut left) = (0, skip);
            loop {
                let point = base.find(draws, occurrence, moments, next)?;
                match is_there(*copy, &point) {
                    true if left == 0 => return Some(point),
                    true => left -= 1,
                    false => {}
                }
                next = next.checked_add(1)?;
            }
        };
        let best = bases.iter().filter_map(newest).min_by(|a, b| a.age.total_cmp(&b.age))?;
        if -best.age < oldest || -best.age >= end {
            return Some(RecoveryPoint { keeps_after: false, ..best });
        }
        let replays = self.writes * (best.age + end);
        Some(RecoveryPoint { age: -end, taken: end, bytes: None, moves: best.moves, replays, keeps_after: false })
    }
}
