//! What a copy gives back in the middle of everything else: what went on before the incident may have left
//! it older than its schedule and its lag say.

use std::rc::Rc;

use super::away::{Away, Data};
use super::replicas::{Made, Replicas, Standing};
use super::unit::Hit;
use crate::id::CopyId;
use crate::sim::impact::SourceOption;
use crate::sim::point::{Moments, PointFinder, RecoveryPoint};
use crate::sim::random::Random;
use crate::units::SECONDS_PER_YEAR;

/// What there is to know of the time before an incident, and since.
pub(super) struct Past<'a> {
    pub(super) replicas: &'a Replicas,
    pub(super) hit: &'a Hit,
    /// Where the service ran, and the moment from which home's data is old.
    pub(super) from: Option<&'a (Rc<Away>, f64)>,
    pub(super) now: f64,
}

/// What a copy holds.
pub(super) enum Held {
    Nothing,
    Point(RecoveryPoint),
    /// A point of a copy that must be made anew: to be taken if nothing else is there.
    Broken(RecoveryPoint),
}

impl Past<'_> {
    /// What a source gives back.
    ///
    /// # Arguments
    /// `point`: what it would give if nothing had happened before; `struck`: how many newer ones were of no
    /// use.
    pub(super) fn point(&self, source: &SourceOption, point: RecoveryPoint, struck: u32) -> Held {
        // What is computed anew from an input that is there is never old.
        let fresh = matches!(source.finder, PointFinder::Derived { .. });
        let Some(copy) = source.copy.filter(|_| !fresh) else { return Held::Point(point) };
        let origin = self.hit.origin;
        let moved = self.from.filter(|(away, _)| {
            !matches!(away.data, Data::Home(_)) && !away.followers.contains(&copy) && !point.keeps_after
        });
        let replayed = matches!(&source.finder, PointFinder::Log(log) if log.bases.is_some());
        let begins = self.replicas.begins(copy).filter(|_| replayed);
        let point = match moved {
            // It is the primary, and has all.
            Some((away, _)) if away.data == Data::Copy(copy) => {
                return Held::Point(RecoveryPoint { age: 0.0, bytes: None, ..point });
            }
            None if !self.replicas.has_gaps(copy) && begins.is_none() && self.has_all_bases(source) => point,
            // Streams and backups stopped when the service went elsewhere.
            _ => match self.made(source, copy, moved.map_or(0.0, |(_, old)| origin - old), begins, struck) {
                Some(made) => RecoveryPoint { bytes: None, ..made },
                None => return Held::Nothing,
            },
        };
        let point = self.on_first_full(source, copy, point);
        let older = |older: f64| {
            let as_is = older <= 0.0;
            if as_is { point } else { RecoveryPoint { age: point.age + older, bytes: None, ..point } }
        };
        // What is replayed onto a base is the base, or in what is left of the log.
        if !replayed && self.replicas.is_gone(copy, origin + point.taken) {
            return Held::Nothing;
        }
        match self.replicas.standing(copy, origin, self.now) {
            Standing::Empty => Held::Nothing,
            Standing::Behind(by) => Held::Point(older(by)),
            Standing::Broken(by) => Held::Broken(older(by)),
        }
    }

    /// A run since its place was destroyed stands on the first one after that, which was a full one: at most the
    /// increments since then are read, those until that first run among them.
    fn on_first_full(&self, source: &SourceOption, copy: CopyId, point: RecoveryPoint) -> RecoveryPoint {
        let (PointFinder::Runs(backup), Some(begins)) = (&source.finder, self.replicas.begins(copy)) else {
            return point;
        };
        let since = (self.hit.origin + point.taken - begins).max(0.0);
        RecoveryPoint { moves: point.moves.min(backup.size + backup.writes * since), ..point }
    }

    /// Whether all points were made that a log may be replayed onto, and are there.
    fn has_all_bases(&self, source: &SourceOption) -> bool {
        let PointFinder::Log(log) = &source.finder else { return true };
        let all = |base: CopyId| !self.replicas.has_gaps(base) && self.replicas.begins(base).is_none();
        log.bases.iter().flatten().all(|(base, _)| all(*base))
    }

    /// Whether a copy has its point of so many seconds after the incident.
    fn is_there(&self, copy: CopyId, taken: f64) -> bool {
        let moment = self.hit.origin + taken;
        self.replicas.made(copy, moment) == Made::Whole && !self.replicas.is_gone(copy, moment)
    }

    /// The newest point that was made, after so many that were of no use.
    ///
    /// # Arguments
    /// `stood`: for so many seconds before the incident none was made any more; `begins`: the moment from which
    /// on a log is there.
    fn made(
        &self,
        source: &SourceOption,
        copy: CopyId,
        stood: f64,
        begins: Option<f64>,
        struck: u32,
    ) -> Option<RecoveryPoint> {
        let facts = &self.hit.facts;
        let then = Moments {
            moment: (facts.moments.moment - stood).rem_euclid(SECONDS_PER_YEAR),
            detect: facts.moments.detect + stood,
            cutoff: (facts.moments.cutoff + stood).min(0.0),
            logical: facts.moments.logical,
            log_begins: begins.map_or(f64::NEG_INFINITY, |at| at - self.hit.origin + stood),
        };
        let find = |skip: u32| {
            let found = match &source.finder {
                PointFinder::Log(log) => {
                    let is_there = |base: CopyId, point: &RecoveryPoint| self.is_there(base, point.taken - stood);
                    log.find(&Random, (facts.occurrence, &then), skip, is_there)?
                }
                finder => finder.find(&Random, facts.occurrence, &then, skip)?,
            };
            Some(RecoveryPoint { age: found.age + stood, taken: found.taken - stood, ..found })
        };
        let (mut skip, mut left) = (0, struck);
        loop {
            let point = find(skip)?;
            let moment = self.hit.origin + point.taken;
            let made = self.replicas.made(copy, moment);
            let gap = if let Made::Not(since) = made { Some(since) } else { None };
            // No run began while the service was elsewhere.
            let stopped = (stood > 0.0 && point.taken > -stood).then_some(self.hit.origin - stood);
            if let Some(since) = gap.or(stopped) {
                // Points get older one by one: first one far enough, then the first before the gap, if any is.
                let is_before = |skip: u32| find(skip).is_none_or(|point| self.hit.origin + point.taken < since);
                let mut step = 1;
                while !is_before(skip.checked_add(step)?) {
                    skip += step;
                    step = step.checked_mul(2)?;
                }
                let mut before = skip + step;
                while before - skip > 1 {
                    let middle = skip + (before - skip) / 2;
                    if is_before(middle) { before = middle } else { skip = middle }
                }
                skip = before;
            } else if left == 0 {
                let missing = if let Made::Old(since) = made { moment - since } else { 0.0 };
                return Some(RecoveryPoint { age: point.age + missing, ..point });
            } else {
                (skip, left) = (skip.checked_add(1)?, left - 1);
            }
        }
    }
}
