//! Where the points of a backup stand in its cycle of full backups and increments.
//!
//! No two points that follow one another both have the most increments, and on a calendar the last point
//! before a long gap may never have them. So each place that the newest point can have is looked at by itself:
//! then the ages and the increments of it and of older ones go together.

use std::sync::Arc;

use super::fate::{Fate, PlanInfo, ServiceCase};
use super::points::{Finder, Runs};
use crate::id::CopyId;
use crate::model::{Calendar, Phase};
use crate::units::SECONDS_PER_YEAR;

/// The place that the newest point of a backup has in a part of what can be, where so many points are tried; of a
/// log, how many points of its base it reaches, the last for that many and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    copy: CopyId,
    place: u64,
    points: u64,
}

/// What is known of places: of two backups at most.
pub(super) type Stands = [Option<Stand>; 2];

/// How far a point lies from others, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// To the newest point, at least.
    pub(super) newer: f64,
    /// To the run after the newest point, at most.
    pub(super) older: f64,
    /// To the full backup that it stands on, at least and at most.
    pub(super) increments: (f64, f64),
}

/// A cycle of runs that neither fail nor are skipped.
#[derive(Clone, Debug)]
pub(super) enum Cycle {
    /// So many runs, at even distances in seconds.
    Even { runs: u64, interval: f64 },
    /// For each place of the newest point those of it and of older ones.
    Uneven(Arc<[Vec<Place>]>),
}

/// Most places of a cycle on a calendar, points that are looked at there, and starts that this may take.
const MOST_PLACES: u64 = 32;
const MOST_POINTS: usize = 8;
const MOST_STARTS: i64 = 1 << 13;

/// Most places of all backups together.
const MOST_TOGETHER: u64 = 64;

impl Cycle {
    /// A cycle on a calendar; `None` if that is too long to look at.
    ///
    /// # Arguments
    /// `since`: how long before the failure, which is in the reference year, the run after the newest point
    /// began at most, seconds; `after`: how long after it the newest point is made at most.
    pub(super) fn uneven(starts: &Calendar, runs: u64, since: f64, after: f64) -> Option<Self> {
        let (first, last) = (starts.last_by(-since), starts.last_by(SECONDS_PER_YEAR + after));
        if !after.is_finite() || runs > MOST_PLACES || last - first > MOST_STARTS || starts.moments().is_empty() {
            return None;
        }
        let cycle = i64::try_from(runs).ok()?;
        let mut places: Vec<Vec<Option<Place>>> = vec![vec![None; MOST_POINTS]; runs as usize];
        for newest in first..=last {
            for (skip, place) in places[newest.rem_euclid(cycle) as usize].iter_mut().enumerate() {
                let point = newest - skip as i64;
                let start = starts.at(point);
                let (newer, older) = (starts.at(newest) - start, starts.at(newest + 1) - start);
                let held = start - starts.at(point.div_euclid(cycle) * cycle);
                let known = place.unwrap_or(Place { newer, older, increments: (held, held) });
                let (least, most) = known.increments;
                let increments = (least.min(held), most.max(held));
                *place = Some(Place { newer: known.newer.min(newer), older: known.older.max(older), increments });
            }
        }
        Some(Self::Uneven(places.into_iter().map(|place| place.into_iter().flatten().collect()).collect()))
    }

    /// How many places of the newest point differ, if so many points are tried.
    fn places(&self, points: u64) -> u64 {
        match self {
            Self::Even { runs, .. } => points.min(*runs),
            Self::Uneven(places) => places.len() as u64,
        }
    }

    /// Where the point after `skip` newer ones stands.
    ///
    /// # Formula
    /// Of c runs at even distances with f points since the last full one, the k-th older one has (f − k) mod c
    /// increments. The last place stands for all with no full one before the last point that is tried.
    fn at(&self, stand: Stand, skip: u64) -> Option<Place> {
        match self {
            Self::Even { runs, interval } => {
                let rest = stand.points <= *runs && stand.place + 1 == stand.points;
                let (least, most) = match (rest, skip < stand.points) {
                    (true, true) => (stand.points - 1 - skip, runs - 1 - skip),
                    (true, false) => (0, runs - 1),
                    (false, _) => {
                        let held = (stand.place + runs - skip % runs) % runs;
                        (held, held)
                    }
                };
                let newer = skip as f64 * interval;
                let increments = (least as f64 * interval, most as f64 * interval);
                Some(Place { newer, older: newer + interval, increments })
            }
            Self::Uneven(places) => places[stand.place as usize].get(usize::try_from(skip).ok()?).copied(),
        }
    }
}

impl Runs {
    /// Where the point after `skip` newer ones stands, by what is known of the newest.
    pub(super) fn place(&self, stands: &Stands, skip: u32) -> Place {
        let known = stands.iter().flatten().find(|stand| stand.copy == self.copy);
        let place = known.zip(self.places.as_ref()).and_then(|(stand, cycle)| cycle.at(*stand, u64::from(skip)));
        place.unwrap_or_else(|| self.gaps.place(skip))
    }
}

/// How many points of its base a log reaches, in a part where that is known for the point after `skip` newer ones.
pub(super) fn known_count(stands: &Stands, log: CopyId, skip: u32) -> Option<u32> {
    let stand = stands.iter().flatten().find(|stand| stand.copy == log && u64::from(skip) < stand.points)?;
    u32::try_from(stand.place).ok()
}

/// The backups of a finder.
fn backups(finder: &Finder) -> Vec<&Runs> {
    match finder {
        Finder::Runs(runs) => vec![runs],
        Finder::Clean(finder) => backups(finder),
        Finder::Log(log) => log.bases.iter().flatten().flat_map(backups).collect(),
        _ => Vec::new(),
    }
}

/// All that can be known of places in an event: one for each place of each backup that a service may need.
pub(super) fn stands(fates: &[ServiceCase], plans: &[Vec<PlanInfo<'_>>]) -> Vec<Stands> {
    let mut found: Vec<(CopyId, u64, u64)> = Vec::new();
    for (case, plans) in fates.iter().zip(plans) {
        let Fate::Down { own: true, options, after_outage, .. } = &case.fate else { continue };
        let strikes = |plan: &&PlanInfo<'_>| {
            plan.steps.iter().any(|step| step.row.phase == Phase::Verify && step.row.fails.value() > 0.0)
        };
        let struck = plans.iter().filter(strikes).fold(0, |all, plan| all + u64::from(plan.row.points.max(1)));
        let finders =
            options.iter().chain(after_outage).flat_map(|option| &option.sources).map(|source| &source.finder);
        for finder in finders {
            let of_cycle = |runs: &Runs| Some((runs.copy, runs.places.as_ref()?.places(struck + 1), struck + 1));
            let of_log = match finder {
                Finder::Log(log) if struck > 0 => log.counted_base().map(|_| (log.copy, struck + 2, struck + 1)),
                _ => None,
            };
            for new in backups(finder).into_iter().filter_map(of_cycle).chain(of_log) {
                if new.1 > 1 && !found.contains(&new) {
                    found.push(new);
                }
            }
        }
    }
    found.truncate(2);
    if found.iter().map(|(_, places, _)| *places).product::<u64>() > MOST_TOGETHER {
        found.clear();
    }
    let of = |(copy, places, points): (CopyId, u64, u64)| (0..places).map(move |place| Stand { copy, place, points });
    let mut all: Vec<Stands> = vec![[None; 2]];
    for (n, one) in found.into_iter().enumerate() {
        let with = |stands: &Stands| {
            let stands = *stands;
            of(one).map(move |stand| {
                let mut stands = stands;
                stands[n] = Some(stand);
                stands
            })
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}
