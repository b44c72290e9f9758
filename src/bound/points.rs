//! Which recovery points a copy can give back, as ranges of their age and volume.
//!
//! All ages are seconds from the point to the failure. Detection is a given moment here, since what a
//! schedule offers depends on it; who asks tries both ends of its range.

use super::cycle::{Cycle, Place, Stands, known_count};
use super::gaps::Gaps;
use super::lag::Behind;
use super::span::Span;
use crate::id::CopyId;

/// What is known of the incident.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// When people know: seconds from the failure.
    pub(super) detect: f64,
    /// What was written less than this before the failure is not clean: an attacker's dwell.
    pub(super) dwell: Span,
    pub(super) mean_dwell: Option<f64>,
    /// Where points stand in the cycles of backups.
    pub(super) stands: Stands,
    /// Points may arrive until detection and must be kept until then.
    pub(super) logical: bool,
}

impl Known {
    /// Until when points may arrive and must be kept: seconds from the failure.
    fn until(&self) -> f64 {
        if self.logical { self.detect } else { 0.0 }
    }

    /// The same for a copy that nothing of an attacker comes to.
    fn without_dwell(&self) -> Self {
        Self { dwell: Span::ZERO, mean_dwell: Some(0.0), ..*self }
    }
}

/// The points that a search can give.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    pub(super) age: Span,
    pub(super) bytes: Option<(Span, f64)>,
    /// Logical bytes that a restore moves, and that a replay reads.
    pub(super) moves: Span,
    pub(super) replays: Span,
    pub(super) keeps_after: bool,
    pub(super) mean_age: Option<f64>,
    pub(super) mean_moves: Option<f64>,
    pub(super) mean_replays: Option<f64>,
}

/// What a search gives; `may_miss`: in some incidents nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) points: Option<Points>,
    pub(super) may_miss: bool,
}

impl Found {
    const NOTHING: Self = Self { points: None, may_miss: true };

    fn always(points: Points) -> Self {
        Self { points: Some(points), may_miss: false }
    }
}

/// How a copy's points are found.
#[derive(Clone, Debug)]
pub(super) enum Finder {
    Living {
        behind: Behind,
        size: f64,
    },
    HeldBack {
        delay: f64,
        behind: Behind,
        size: f64,
    },
    Spared {
        behind: Behind,
        size: f64,
    },
    Runs(Box<Runs>),
    /// What an attacker wrote does not come to it.
    Clean(Box<Finder>),
    Log(Box<Log>),
    Bin {
        keep: f64,
        bypass: f64,
    },
    Derived {
        size: f64,
    },
}

/// A backup schedule.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    pub(super) copy: CopyId,
    pub(super) gaps: Gaps,
    /// Run time, and that and travel.
    pub(super) takes: Span,
    pub(super) usable_after: Span,
    pub(super) fails: f64,
    pub(super) keep: f64,
    pub(super) lock: Option<f64>,
    /// How long before the failure the last run that counts starts at least: nothing, if runs go on; its run time,
    /// if none is completed after the failure.
    pub(super) last: Span,
    /// Runs from one full to the next.
    pub(super) cycle: u64,
    /// The same with the places of points in it, where each run gives one, in the order of their starts.
    pub(super) places: Option<Cycle>,
    pub(super) upstream: Behind,
    pub(super) size: f64,
    pub(super) writes: f64,
}

/// A log and what it is replayed onto; no bases: it holds all from the start.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) copy: CopyId,
    pub(super) behind: Behind,
    /// It takes in nothing more once the failure has struck; if it does, what it is made from does not.
    pub(super) stops: bool,
    pub(super) stopped: Behind,
    pub(super) bases: Option<Vec<Finder>>,
    pub(super) keep: f64,
    pub(super) lock: Option<f64>,
    /// What an attacker wrote does not come to it.
    pub(super) clean: bool,
    pub(super) size: f64,
    pub(super) writes: f64,
}

fn whole(behind: &Behind, size: f64, keeps_after: bool) -> Points {
    Points {
        age: behind.age,
        bytes: behind.bytes,
        moves: Span::exactly(size),
        replays: Span::ZERO,
        keeps_after,
        mean_age: behind.mean_age,
        mean_moves: Some(size),
        mean_replays: Some(0.0),
    }
}

impl Points {
    /// Either of two; a mean only where both have the same, for then it is the same in between.
    pub(super) fn or(&self, other: &Self) -> Self {
        let same =
            |a: Option<f64>, b: Option<f64>| a.filter(|a| b.is_some_and(|b| (a - b).abs() <= 1e-9 * a.abs().max(1.0)));
        Self {
            age: self.age.or(other.age),
            bytes: self.bytes.zip(other.bytes).map(|((a, mean), (b, _))| (a.or(b), mean)),
            moves: self.moves.or(other.moves),
            replays: self.replays.or(other.replays),
            keeps_after: self.keeps_after && other.keeps_after,
            mean_age: same(self.mean_age, other.mean_age),
            mean_moves: same(self.mean_moves, other.mean_moves),
            mean_replays: same(self.mean_replays, other.mean_replays),
        }
    }
}

impl Finder {
    /// The newest point, or the one after `skip` newer ones that were struck off.
    pub(super) fn find(&self, known: &Known, skip: u32) -> Found {
        match self {
            Self::Runs(runs) => return runs.find(known, skip),
            Self::Log(log) => return log.find(known, skip),
            Self::Clean(finder) => return finder.find(&known.without_dwell(), skip),
            _ if skip > 0 => return Found::NOTHING,
            _ => {}
        }
        let living = |behind: &Behind, size: f64, keeps_after: bool| Found {
            points: Some(whole(behind, size, keeps_after)),
            may_miss: behind.may_miss,
        };
        match self {
            Self::Living { behind, size } => living(behind, *size, false),
            Self::Spared { behind, size } => living(behind, *size, true),
            Self::Derived { size } => Found::always(whole(&Behind::NOTHING, *size, true)),
            Self::HeldBack { delay, behind, size } => {
                let (lo, hi) = (delay + behind.age.lo - known.detect, delay + behind.age.hi - known.detect);
                let least = known.dwell.lo.max(0.0);
                if hi < least || hi.is_nan() {
                    return Found::NOTHING;
                }
                let age = Span::open(lo.max(least), hi, behind.age.why);
                let mean_age = behind.mean_age.map(|mean| delay + mean - known.detect);
                let may_miss = lo < known.dwell.hi || behind.may_miss;
                let points = Points { age, bytes: None, mean_age, ..whole(behind, *size, false) };
                Found { points: Some(points), may_miss }
            }
            Self::Bin { keep, bypass } => {
                let there = known.detect <= *keep && *bypass < 1.0;
                let points = there.then(|| whole(&Behind::NOTHING, 0.0, true));
                Found { points, may_miss: !there || *bypass > 0.0 }
            }
            Self::Runs(_) | Self::Clean(_) | Self::Log(_) => Found::NOTHING,
        }
    }

    /// The latest detection at which a point can still be had after logical damage, if nothing later
    /// than `dwell` before the failure is clean and `skip` points are struck off.
    pub(super) fn latest_detection(&self, dwell: f64, stands: &Stands, skip: u32) -> f64 {
        match self {
            Self::Living { .. } | Self::Spared { .. } | Self::Derived { .. } => f64::INFINITY,
            Self::HeldBack { delay, behind, .. } => delay + behind.age.hi - dwell,
            Self::Clean(finder) => finder.latest_detection(0.0, stands, skip),
            Self::Runs(runs) => {
                runs.keep - (dwell - runs.upstream.age.hi).max(runs.last.lo) - runs.place(stands, skip).newer
            }
            Self::Bin { keep, .. } => *keep,
            Self::Log(log) => match &log.bases {
                None => log.keep - if log.clean { 0.0 } else { dwell } - f64::from(skip) * log.behind.age.lo,
                Some(bases) => {
                    let latest = |base: &Self| base.latest_detection(dwell, stands, skip);
                    bases.iter().map(latest).fold(f64::NEG_INFINITY, f64::max)
                }
            },
        }
    }
}

impl Runs {
    /// # Formula
    /// A run that began a before the failure, of what was b behind, can be used if a + b ≥ dwell and
    /// a ≥ u = max(P − until, last), with `until` the detection for logical damage and the failure itself
    /// otherwise. Let m = max(dwell − b, u). The newest run at or beyond m lies in [m, m + gap], one gap further
    /// for every point struck off; uneven gaps count as they follow one another. What it holds is a + b old: at
    /// least the dwell; at most u + gap + b if the next newer one cannot be used yet, and the dwell and how far
    /// apart they hold something if that one is not clean.
    pub(super) fn find(&self, known: &Known, skip: u32) -> Found {
        let (until, limit) = (known.until(), self.limit(known));
        let Place { newer, older, increments } = self.place(&known.stands, skip);
        let (usable, dwell, behind) = (self.usable_from(until), known.dwell, self.upstream.age);
        let (near, far) = (usable.lo.max(dwell.lo - behind.hi), usable.hi.max(dwell.hi - behind.lo));
        let (lo, hi) = (near + newer, far + older);
        if lo > limit || self.fails >= 1.0 || limit.is_nan() {
            return Found::NOTHING;
        }
        // A run that fails, or has nothing to save, leaves the one before.
        let passed_over = self.fails > 0.0 || self.upstream.may_miss;
        let hi = if passed_over { limit } else { hi.min(limit) };
        let mut age = Span::new(lo, hi.max(lo)).plus(behind);
        age.lo = age.lo.max(dwell.lo);
        if !passed_over {
            age.hi = age.hi.min((usable.hi + older + behind.hi).max(dwell.hi + self.apart(older))).max(age.lo);
        }
        let points = Points {
            age,
            bytes: None,
            moves: Span::new(self.size + self.writes * increments.0, self.size + self.writes * increments.1),
            replays: Span::ZERO,
            keeps_after: false,
            mean_age: self.mean_age(known, skip, limit),
            mean_moves: self.mean_moves(),
            mean_replays: Some(0.0),
        };
        // Under a lock the full that a run stands on must be locked still.
        let unlocked = self.lock.is_some_and(|lock| far + older + increments.1 > lock);
        let may_miss = passed_over || far + older > limit || unlocked;
        Found { points: Some(points), may_miss }
    }

    /// How long before the failure the last run that can be used starts at least, and at most.
    fn usable_from(&self, until: f64) -> Span {
        Span::new((self.usable_after.lo - until).max(self.last.lo), (self.usable_after.hi - until).max(self.last.hi))
    }

    /// How far apart the moments lie that two runs hold at most, which are themselves so far apart.
    ///
    /// # Formula
    /// The distance and what they may be behind more or less. Of moments at even distances it is a multiple of
    /// these: of g, where one comes up to j later than another, ⌈(distance + j) ÷ g⌉ g.
    fn apart(&self, distance: f64) -> f64 {
        let behind = self.upstream.age;
        let most = distance + if behind.hi.is_finite() { behind.hi - behind.lo } else { f64::INFINITY };
        self.upstream.steps.map_or(most, |(step, later)| most.min(multiples(distance + later, step) * step))
    }

    /// The distance of what these runs hold, if that is even, and by how much one may come later than another.
    pub(super) fn steps(&self) -> Option<(f64, f64)> {
        let behind = &self.upstream;
        let even = self.gaps.is_even && !self.gaps.may_skip() && self.fails == 0.0;
        let exact = behind.age.lo == behind.age.hi && !behind.may_miss;
        (even && exact).then_some((self.gaps.mean, self.usable_after.hi - self.usable_after.lo))
    }

    /// The oldest that a run can be and still be there: seconds before the failure.
    fn limit(&self, known: &Known) -> f64 {
        (self.keep - known.until()).min(self.lock.unwrap_or(f64::INFINITY))
    }

    /// Mean age of the newest point where m above does not vary, or is the dwell; by the residual of
    /// the schedule, plus f ÷ (1 − f) intervals for runs that fail.
    fn mean_age(&self, known: &Known, skip: u32, limit: f64) -> Option<f64> {
        let until = known.until();
        let (usable, behind) = (self.usable_from(until), self.upstream.age);
        let (start, residual, behind) = if usable.hi <= known.dwell.lo - behind.hi {
            (known.mean_dwell?, self.residual()?, 0.0)
        } else if usable.lo == usable.hi && known.dwell.hi <= usable.lo + behind.lo {
            (usable.lo, self.gaps.residual?, self.upstream.mean_age?)
        } else {
            return None;
        };
        let kept = if self.fails == 0.0 {
            start + self.gaps.longest <= limit
        } else {
            // A longer row of failures than retention allows is neglected if it has no weight.
            let runs = (limit - start) / self.gaps.mean - 1.0;
            self.gaps.is_even && self.cycle <= 1 && self.fails.powf(runs) < 1e-12
        };
        let failed = self.gaps.mean * self.fails / (1.0 - self.fails);
        (skip == 0 && kept).then_some(start + residual + failed + behind)
    }

    /// Mean time from the newest moment that a run holds and that is clean to the first that is not.
    ///
    /// # Formula
    /// What is always as far behind comes at the distances of the runs. Where a run every I holds the last of
    /// moments at even distances g, these come kg apart with k = ⌊I ÷ g⌋ or one more, the latter in a share
    /// f = I ÷ g − k of all; and the mean is Σ (kg)² ÷ 2 Σ kg.
    fn residual(&self) -> Option<f64> {
        let (gaps, behind) = (&self.gaps, self.upstream.age);
        if behind.lo == behind.hi {
            return gaps.residual;
        }
        let (step, later) = self.upstream.steps?;
        if later > 0.0 || !gaps.is_even || gaps.may_skip() || self.fails > 0.0 {
            return None;
        }
        let least = multiples(gaps.mean, step) - 1.0;
        let more = gaps.mean / step - least;
        let squares = (1.0 - more) * least * least + more * (least + 1.0) * (least + 1.0);
        Some(step * step * squares / (2.0 * gaps.mean))
    }

    fn mean_moves(&self) -> Option<f64> {
        if self.cycle <= 1 {
            return Some(self.size);
        }
        let even = self.gaps.is_even && self.fails == 0.0;
        even.then(|| self.size + self.writes * self.gaps.chain / 2.0)
    }
}

impl Log {
    /// # Formula
    /// An entry of age a is there if a ≥ dwell and it has arrived: a + until ≥ lag. So the log reaches
    /// to max(dwell, lag − until) before the failure, if a base is no older than what is kept of it;
    /// otherwise the base itself is the point, and the gap is lost.
    fn find(&self, known: &Known, skip: u32) -> Found {
        let until = known.until();
        let reach = (self.keep - until).min(self.lock.unwrap_or(f64::INFINITY));
        let lag = self.behind.age;
        let own = if self.clean { known.without_dwell() } else { *known };
        let tip = self.arrived(until).max(own.dwell).max(Span::ZERO);
        let mean_tip = self.mean_tip(&own, until);
        let Some(bases) = &self.bases else {
            // Each point struck off ends the log a batch earlier, and batches are as long as the lag; a
            // log without lag has no batches to go back by.
            let batches = f64::from(skip);
            let tip = Span { lo: tip.lo + batches * lag.lo, hi: tip.hi + batches * lag.hi, ..tip };
            if (skip > 0 && lag.hi <= 0.0) || tip.lo > reach || reach.is_nan() {
                return Found::NOTHING;
            }
            let age = tip.capped(Span::exactly(reach));
            let mean_age = mean_tip.filter(|_| skip == 0);
            let points = Points { age, mean_age, ..whole(&Behind::NOTHING, self.size, false) };
            return Found {
                points: Some(points),
                may_miss: tip.hi > reach || (skip > 0 && lag.lo <= 0.0) || self.behind.may_miss,
            };
        };
        if let Some((there, runs)) = known_count(&known.stands, self.copy, skip).zip(self.counted_base()) {
            return self.of_reached(runs, known, (there, skip), (tip, reach));
        }
        let found: Vec<Found> = bases.iter().map(|base| base.find(known, skip)).collect();
        let Some(base) = newest(&found) else { return Found::NOTHING };
        let may_miss = found.iter().all(|f| f.may_miss) || self.behind.may_miss;
        let mut points = self.onto(&base, tip, mean_tip, reach, found.len() == 1);
        let apart = bases.iter().map(|base| self.apart(base, known, skip)).reduce(Span::or);
        if let Some(apart) = apart.filter(|apart| apart.hi * self.writes < points.replays.hi) {
            points.replays.hi = apart.hi * self.writes;
            points.replays.lo = points.replays.lo.min(points.replays.hi);
        }
        Found { points: Some(points), may_miss }
    }

    /// The base whose points are told apart by how many of them the log reaches: runs that may fail, of which
    /// else each could be as old as the oldest.
    pub(super) fn counted_base(&self) -> Option<&Runs> {
        match self.bases.as_deref() {
            Some([Finder::Runs(runs)]) if runs.fails > 0.0 && runs.upstream.age.hi == 0.0 => Some(runs),
            _ => None,
        }
    }

    /// The point after `skip` newer ones, if the log reaches so many points of its base and no more.
    ///
    /// # Formula
    /// With R the reach, n the points in it and g the shortest gap, the point after k < n newer ones is no
    /// older than R − (n − 1 − k) g; those after it are restored without the log.
    fn of_reached(&self, runs: &Runs, known: &Known, (there, skip): (u32, u32), (tip, reach): (Span, f64)) -> Found {
        let found = runs.find(known, skip);
        let Some(base) = found.points else { return found };
        let limit = runs.limit(known);
        let older = there.checked_sub(skip + 1);
        let age = match older {
            Some(older) => {
                let oldest = limit.min(reach) - f64::from(older) * runs.gaps.shortest();
                Span::new(base.age.lo, base.age.hi.min(oldest))
            }
            None if limit > reach => Span::new(base.age.lo.max(reach), base.age.hi),
            None => return Found::NOTHING,
        };
        if age.lo > age.hi {
            return Found::NOTHING;
        }
        let base = Points { age, mean_age: None, ..base };
        match older {
            Some(_) => Found { points: Some(self.onto(&base, tip, None, reach, true)), may_miss: self.behind.may_miss },
            None => Found { points: Some(base), may_miss: true },
        }
    }

    /// How far apart a base and the end of the log lie at most: both go back with the dwell.
    ///
    /// # Formula
    /// With D the dwell, A how old the newest entry that has arrived is, U and b of the base as above and G the
    /// gaps to the point: max(U + G + b, D + how far apart they hold something) − max(D, A, 0), most for the
    /// shortest dwell.
    fn apart(&self, base: &Finder, known: &Known, skip: u32) -> Span {
        let Finder::Runs(runs) = base else { return Span::new(0.0, f64::INFINITY) };
        if runs.fails > 0.0 || self.clean {
            return Span::new(0.0, f64::INFINITY);
        }
        let until = known.until();
        let clean = known.dwell.lo.max(self.arrived(until).lo).max(0.0);
        let older = runs.place(&known.stands, skip).older;
        let waits = runs.usable_from(until).hi + older + runs.upstream.age.hi - clean;
        Span::new(0.0, waits.max(runs.apart(older)))
    }

    /// How old the newest entry is that has arrived: by the failure where the log stops.
    fn arrived(&self, until: f64) -> Span {
        let lag = self.behind.age;
        let by = if self.stops { 0.0 } else { until };
        Span::open(lag.lo - by, lag.hi - by, lag.why).max(self.stopped.age)
    }

    /// The log replayed onto a base, or the base alone where the log does not reach it.
    fn onto(&self, base: &Points, tip: Span, mean_tip: Option<f64>, reach: f64, single: bool) -> Points {
        let gap = base.age.hi > reach;
        let always_gap = base.age.lo > reach;
        let hi = if gap { base.age.max(tip.capped(base.age)) } else { tip.capped(base.age) };
        let lo = if always_gap { base.age.lo } else { tip.lo.min(base.age.lo) };
        let longest = base.age.hi.min(reach) - tip.lo;
        let shortest = if gap { 0.0 } else { (base.age.lo - tip.hi).max(0.0) };
        let replays = if always_gap { 0.0 } else { self.writes * longest.max(0.0) };
        let sure = single && !gap && base.age.lo >= tip.hi;
        let mean_replays = base.mean_age.zip(mean_tip).map(|(base, tip)| self.writes * (base - tip)).filter(|_| sure);
        Points {
            age: Span::open(lo, hi.hi, hi.why),
            bytes: None,
            moves: base.moves,
            replays: Span::open(self.writes * shortest, replays, base.age.why),
            keeps_after: false,
            mean_age: mean_tip.filter(|_| sure),
            mean_moves: base.mean_moves.filter(|_| sure),
            mean_replays,
        }
    }

    fn mean_tip(&self, known: &Known, until: f64) -> Option<f64> {
        let (arrived, lag) = (self.arrived(until), self.behind.age);
        let by = if self.stops { 0.0 } else { until };
        if arrived.hi <= known.dwell.lo {
            known.mean_dwell
        } else if known.dwell.hi <= arrived.lo && self.stopped.age.hi <= lag.lo - by {
            self.behind.mean_age.map(|mean| mean - by)
        } else if known.dwell.hi <= arrived.lo && lag.hi - by <= self.stopped.age.lo {
            self.stopped.mean_age
        } else {
            None
        }
    }
}

/// How many steps cover a distance; a hair more than a whole number is that number.
fn multiples(distance: f64, step: f64) -> f64 {
    (distance / step - 1e-9).ceil().max(1.0)
}

/// The newest of several bases: as old as the newest that is always there, at most.
fn newest(found: &[Found]) -> Option<Points> {
    let all: Vec<&Points> = found.iter().filter_map(|f| f.points.as_ref()).collect();
    let first = **all.first()?;
    let joined = all.iter().skip(1).fold(first, |a, b| Points {
        age: a.age.or(b.age),
        moves: a.moves.or(b.moves),
        replays: a.replays.or(b.replays),
        ..a
    });
    let sure = found.iter().filter(|f| !f.may_miss).filter_map(|f| f.points.as_ref()).map(|p| p.age);
    let age = sure.fold(joined.age, |age, sure| age.capped(sure));
    Some(Points { age: Span { lo: joined.age.lo, ..age }, ..joined })
}
