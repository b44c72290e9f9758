//! A service through the years: where it serves, what hit it, how far its recovery is.

use std::rc::Rc;

use super::away::{Away, Data, Failback};
use super::parted::Parted;
use super::queue::Queue;
use super::situation::Situation;
use crate::id::CopyId;
use crate::sim::impact::Fate;
use crate::sim::incident::{Facts, Launch, Site};
use crate::sim::point::RecoveryPoint;
use crate::sim::program::{CommitAt, PlanProgram};
use crate::sim::random::Random;
use crate::sim::recovery::Recovery;
use crate::sim::scheduler::{Stage, Task};
use crate::sim::walk::Walked;

/// Attempts at a way back that fails before it is left until the next change.
pub(super) const FAILBACKS: u64 = 10;

/// What happened to a service, and when.
pub(super) struct Hit {
    pub(super) situation: Rc<Situation>,
    pub(super) stream: u32,
    pub(super) facts: Facts,
    /// Seconds from the start of the lifetime.
    pub(super) origin: f64,
    /// When users begin to suffer.
    pub(super) felt: f64,
    /// The part of the users that does.
    pub(super) weight: f64,
    /// Names the incident.
    pub(super) incident: u64,
    pub(super) damage: bool,
}

/// Where a recovery stands.
pub(super) enum Progress {
    /// A plan is under way.
    Working(Rc<Away>, Launch),
    /// Nothing can be done before something is back.
    Waiting,
    /// The outage is over; service is back at this moment.
    Resuming(f64),
    /// All is lost for good, and built again from nothing until this moment.
    Rebuilding(f64),
}

/// A service's recovery from what hit it.
pub(super) struct Case {
    pub(super) hit: Hit,
    pub(super) progress: Progress,
    /// Where it was serving when it was hit.
    pub(super) from: Option<(Rc<Away>, f64)>,
    pub(super) data_lost: bool,
    /// The outage is over since then.
    pub(super) back_at: Option<f64>,
    /// Where nothing waits: when the plan under way serves or fails, and is past its point of no return.
    pub(super) timeline: Timeline,
}

#[derive(Clone, Copy)]
pub(super) struct Timeline {
    pub(super) serve: f64,
    pub(super) commit: f64,
    pub(super) failed: Option<(usize, f64)>,
}

pub(super) const NO_TIMELINE: Timeline = Timeline { serve: f64::INFINITY, commit: f64::INFINITY, failed: None };

impl Timeline {
    pub(super) fn next(&self) -> f64 {
        self.failed.map_or(self.serve, |(_, at)| at)
    }
}

pub(super) enum Work {
    Idle,
    Recovering(Box<Case>),
    Returning(Launch),
}

/// A service of the tier.
pub(super) struct Unit {
    /// Where it serves; `None` is at home. With the moment from which home's data is old.
    pub(super) away: Option<(Rc<Away>, f64)>,
    /// What home held was destroyed when it left.
    pub(super) emptied: bool,
    pub(super) work: Work,
    /// Of the incident that it went there for.
    pub(super) occurrence: u64,
    /// Damage that waits to be felt, or for its turn.
    pub(super) queue: Queue,
    /// A short interruption lasts until then, for this part of the users.
    pub(super) interrupted: (f64, f64),
    pub(super) outside: Outside,
    /// Both sides of a cut may take its writes.
    pub(super) parted: Option<Parted>,
    pub(super) total: f64,
}

/// Something outside that a service needs.
pub(super) enum Outside {
    There,
    /// Lost, in this incident.
    Lost(Rc<Situation>, u64),
    /// There again; service is back at this moment.
    Back(f64),
}

impl Unit {
    pub(super) const fn new() -> Self {
        Self {
            away: None,
            emptied: false,
            occurrence: 0,
            work: Work::Idle,
            queue: Queue::new(),
            interrupted: (0.0, 0.0),
            outside: Outside::There,
            parted: None,
            total: 0.0,
        }
    }

    /// Whether its data is not where the stream of this copy begins.
    pub(super) fn is_moved_from(&self, copy: CopyId) -> bool {
        let moved = |away: &Away| !matches!(away.data, Data::Home(_)) && !away.followers.contains(&copy);
        self.runs_at().is_some_and(moved)
    }

    /// The copy that is the primary now; `None` at home, and where data was restored to.
    pub(super) fn leader(&self) -> Option<CopyId> {
        self.runs_at().and_then(|away| if let Data::Copy(copy) = away.data { Some(copy) } else { None })
    }

    /// Where it runs, or ran before what it recovers from, if that is not home.
    fn runs_at(&self) -> Option<&Away> {
        let away = match &self.work {
            Work::Recovering(case) => case.from.as_ref(),
            Work::Idle | Work::Returning(_) => self.away.as_ref(),
        };
        away.map(|(away, _)| &**away)
    }

    pub(super) fn is_calm(&self, now: f64) -> bool {
        matches!(self.work, Work::Idle)
            && self.away.is_none()
            && self.queue.is_empty()
            && self.interrupted.0 <= now
            && matches!(self.outside, Outside::There)
    }

    /// The next moment at which something about it changes by itself.
    pub(super) fn next(&self, now: f64) -> f64 {
        let later = |at: f64| if at > now { at } else { f64::INFINITY };
        let mut next = later(self.interrupted.0);
        if let Outside::Back(at) = self.outside {
            next = next.min(at);
        }
        next = next.min(self.queue.next());
        if let Work::Recovering(case) = &self.work {
            next = match case.progress {
                Progress::Resuming(at) => next.min(at),
                Progress::Rebuilding(at) => next.min(later(at)),
                _ => next.min(case.timeline.next()),
            };
        }
        next
    }
}

/// Looks up what the scheduler carries out.
pub(super) struct Desk<'b> {
    pub(super) units: &'b [Unit],
    pub(super) resources: &'b [f64],
    /// What a service does that has nothing to do.
    pub(super) nothing: &'b Failback,
}

impl Stage for Desk<'_> {
    #[inline]
    fn task(&self, n: usize, launch: &Launch) -> Task<'_> {
        let unit = &self.units[n];
        if let Work::Recovering(case) = &unit.work {
            let (plan, option, source) = site(&case.hit.situation, n).plan(launch);
            let facts = &case.hit.facts;
            return Task { plan, option, source, occurrence: facts.occurrence, stress: facts.stress };
        }
        let way_back = unit.away.as_ref().and_then(|(away, _)| away.failback.as_ref());
        let Failback { plan, option, source, .. } = way_back.unwrap_or(self.nothing);
        // The way back is planned: no bad night has a part in it.
        Task { plan, option, source, occurrence: unit.occurrence, stress: 1.0 }
    }

    fn resources(&self) -> &[f64] {
        self.resources
    }
}

pub(super) fn site(situation: &Situation, n: usize) -> Site<'_> {
    Site { service: &situation.program.services[n], impact: &situation.impact.services[n] }
}

/// Seconds from the end of an outage to service.
pub(super) fn resume_time(situation: &Situation, n: usize, occurrence: u64) -> f64 {
    site(situation, n).service.resume.as_ref().map_or(0.0, |draw| draw.get(&Random, occurrence))
}

pub(super) fn is_down(situation: &Situation, n: usize) -> bool {
    matches!(situation.impact.services[n].fate, Fate::Down { own: true, .. })
}

/// When a plan that nothing delays serves, or fails.
pub(super) fn timeline(plan: &PlanProgram, walked: &Walked, recovery: &Recovery, origin: f64) -> Timeline {
    match *walked {
        Walked::Done { serve, .. } => Timeline {
            serve: origin + serve,
            commit: match plan.commit {
                CommitAt::Start(step) => origin + recovery.begin[step],
                CommitAt::End => origin + serve,
            },
            failed: None,
        },
        Walked::Failed { step, at } => Timeline {
            serve: f64::INFINITY,
            commit: match plan.commit {
                CommitAt::Start(step) => origin + recovery.begin[step],
                CommitAt::End => f64::INFINITY,
            },
            failed: Some((step, origin + at)),
        },
    }
}

/// What goes back: what was written while the service was away; all of it, if that is longer than the
/// stream remembers or if home is empty.
pub(super) fn way_back(size: f64, window: f64, writes: f64, away: f64, emptied: bool) -> RecoveryPoint {
    let written = writes * away;
    let moves = if emptied || away > window { size } else { written.min(size) };
    RecoveryPoint { moves, replays: written, keeps_after: true, ..RecoveryPoint::default() }
}
