//! The earliest and the latest that a service can be back, over every way in which its plans can go.
//!
//! Times are seconds from the moment users begin to suffer: the detection for corruption, the failure
//! for all else. The search follows the order in which plans, sources and points are tried; a state of
//! it says when the next try can begin at the earliest and at the latest.

use std::ops::Range;

use crate::id::{ServiceId, StepId};
use crate::model::{FailureKind, Phase};

use super::case::Setting;
use super::cycle::Stands;
use super::fate::{Amount, PlanInfo, PlanOption, Source};
use super::points::{Known, Points};
use super::span::{Cause, Span, either};
use super::tries::{Carried, Incoming, Ways};
use super::way::{Try, TryEnd, TurnId};

/// Most recovery points of one source that are followed one by one.
pub(super) const MOST_POINTS: u32 = 1000;

/// What all services of an incident share.
#[derive(Clone)]
pub(super) struct Clock {
    /// From the failure to its detection.
    pub(super) detect: Span,
    pub(super) mean_detect: Option<f64>,
    pub(super) dwell: Span,
    pub(super) mean_dwell: Option<f64>,
    /// What people's steps are multiplied by.
    pub(super) stress: Span,
    /// Where recovery points stand in the cycles of backups.
    pub(super) stands: Stands,
    /// When the outage ends.
    pub(super) end: Option<Span>,
    /// What was lost is there again when the outage ends.
    pub(super) comes_back: bool,
    /// What is gone then all the same: writes that only destroyed places had.
    pub(super) unsent: Loss,
    pub(super) mean_unsent: Option<f64>,
    pub(super) resume: Span,
    pub(super) corruption: bool,
    /// Detection is the first step of a plan.
    pub(super) detects_itself: bool,
}

/// Losses of a recovery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    pub(super) before: Span,
    pub(super) after: Span,
    pub(super) sum: Span,
    pub(super) bytes: Span,
}

impl Loss {
    pub(super) const NONE: Self = Self { before: Span::ZERO, after: Span::ZERO, sum: Span::ZERO, bytes: Span::ZERO };

    /// All by this way.
    pub(super) fn by(self, way: TurnId) -> Self {
        let by = |span: Span| span.by((way, way));
        Self { before: by(self.before), after: by(self.after), sum: by(self.sum), bytes: by(self.bytes) }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            before: self.before.or(other.before),
            after: self.after.or(other.after),
            sum: self.sum.or(other.sum),
            bytes: self.bytes.or(other.bytes),
        }
    }
}

/// How a service's own recovery can end; missing where it cannot be recovered at all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Endings {
    pub(super) serve: Option<Span>,
    pub(super) full: Option<Span>,
    pub(super) loss: Option<Loss>,
    pub(super) detected: Option<Span>,
    pub(super) may_be_lost: bool,
    /// Σ of the longest times of all steps that may run in one incident, and the share of time that what
    /// keeps coming in takes: for the case that steps wait for each other.
    pub(super) work: f64,
    pub(super) inflow: f64,
}

impl Endings {
    /// Either of two ways; the work of the heavier.
    pub(super) fn or(&self, other: &Self) -> Self {
        let loss = match (self.loss, other.loss) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        Self {
            serve: either(self.serve, other.serve),
            full: either(self.full, other.full),
            loss,
            detected: either(self.detected, other.detected),
            may_be_lost: self.may_be_lost || other.may_be_lost,
            work: self.work.max(other.work),
            inflow: self.inflow.max(other.inflow),
        }
    }

    /// Service is back because the outage, which ends at `end`, is over.
    pub(super) fn wait(&mut self, clock: &Clock, end: Span, now: Span) {
        let serve = end.plus(clock.resume).max(now);
        self.add(serve, serve, clock.unsent, clock.detect, now.ways);
    }

    /// Nothing brings service back: that is known all the same.
    fn lose(&mut self, clock: &Clock, now: Span) {
        self.may_be_lost = true;
        self.detected = either(self.detected, Some(clock.detect.by(now.ways)));
    }

    /// One more ending, to whose least and most these ways lead. What is lost does not turn on when service
    /// is back, and the early way is the one that no end of the outage cuts off.
    fn add(&mut self, serve: Span, full: Span, loss: Loss, detected: Span, ways: (TurnId, TurnId)) {
        let (serve, full, detected, loss) = (serve.by(ways), full.by(ways), detected.by(ways), loss.by(ways.0));
        self.serve = either(self.serve, Some(serve));
        self.full = either(self.full, Some(full));
        self.detected = either(self.detected, Some(detected));
        self.loss = Some(self.loss.map_or(loss, |old| old.or(loss)));
    }
}

/// Times of a walk over a plan's steps.
struct Walk {
    begin: Vec<Span>,
    finish: Vec<Span>,
    /// When the last attempt of a step that can fail is over, if it fails.
    fails_at: Vec<Option<Span>>,
    work: f64,
    inflow: f64,
}

/// A service's recovery under the clock of an incident.
pub(super) struct Search<'a> {
    pub(super) at: &'a Setting<'a>,
    pub(super) clock: &'a Clock,
    pub(super) service: ServiceId,
    /// The turn that all ways begin with.
    pub(super) root: TurnId,
    pub(super) plans: &'a [PlanInfo<'a>],
    /// Steps that another service may do, at the latest as long as this one would take for them.
    pub(super) shared: &'a [StepId],
    /// Average logical bytes written per second.
    pub(super) writes: f64,
}

/// A point that a source may give, with the loss that it means.
pub(super) struct Candidate {
    pub(super) points: Option<(Points, Loss)>,
    pub(super) may_miss: bool,
}

impl Search<'_> {
    /// All endings over the options, in their order, and those for when the outage is over.
    pub(super) fn run(&self, options: &[&PlanOption], after_outage: &[&PlanOption]) -> Endings {
        let mut endings = Endings::default();
        let now = Span::ZERO.by((self.root, self.root));
        let (carried, struck, counts) = (Vec::new(), Some(Vec::new()), Vec::new());
        let (failed, seen, unseen) = (Vec::new(), None, true);
        let first = Incoming { now, carried, struck, counts, failed, seen, unseen, work: 0.0, inflow: 0.0 };
        let mut left = Ways(vec![first]);
        left = self.through(options, left, Some(after_outage), &mut endings);
        if let (Some(end), false) = (self.clock.end, after_outage.is_empty()) {
            left.0.iter_mut().for_each(|way| way.now = way.now.max(end).by(way.now.ways));
            left = self.through(after_outage, left, None, &mut endings);
        }
        for way in left.0 {
            match (self.clock.comes_back, self.clock.end) {
                (true, Some(end)) => endings.wait(self.clock, end, way.now),
                _ => endings.lose(self.clock, way.now),
            }
        }
        endings
    }

    /// Tries plans in order; what is left when all may have failed. `later`: those that may come after the
    /// outage, `None` when it is over.
    fn through(
        &self,
        options: &[&PlanOption],
        start: Ways,
        later: Option<&[&PlanOption]>,
        endings: &mut Endings,
    ) -> Ways {
        let mut into_option = start;
        for option in options {
            let plan = &self.plans[option.plan];
            let again = later.is_some_and(|later| later.iter().any(|other| other.plan == option.plan));
            let mut into_next = into_option.that_failed(option.plan);
            let mut into_source = std::mem::take(&mut into_option);
            for source in &option.sources {
                let entering = std::mem::take(&mut into_source).by_struck(source.copy, plan.fitted.plan);
                for (struck, into_point) in entering {
                    let points = plan.row.points.clamp(1, MOST_POINTS);
                    let skips = match struck {
                        Some((struck, tried)) => struck..struck + points.saturating_sub(tried),
                        None => 0..self.most_points(),
                    };
                    let (left, failed) =
                        self.through_points(option, source, skips, into_point, later.is_none(), endings);
                    into_source.extend(left);
                    for mut next in failed.0 {
                        next.failed.extend(again.then_some(option.plan));
                        into_next.add(next);
                    }
                }
            }
            into_option = into_source;
            into_option.extend(into_next);
        }
        into_option
    }

    /// Most points of a source that all plans together try.
    fn most_points(&self) -> u32 {
        self.plans.iter().map(|plan| plan.row.points.max(1)).fold(0, u32::saturating_add).min(MOST_POINTS)
    }

    /// Tries the points of a source after `skips` newer ones.
    ///
    /// # Returns
    /// What goes on to the next source, and what to the next plan.
    fn through_points(
        &self,
        option: &PlanOption,
        source: &Source,
        skips: Range<u32>,
        mut into_point: Ways,
        late: bool,
        endings: &mut Endings,
    ) -> (Ways, Ways) {
        let plan = &self.plans[option.plan];
        let (mut into_source, mut into_next) = (Ways::default(), Ways::default());
        for skip in skips {
            if into_point.0.is_empty() {
                break;
            }
            let here = into_point.of(source.copy, plan.fitted.plan, skip);
            if here.0.is_empty() {
                continue;
            }
            let found = self.candidate(plan, source, skip);
            for way in here.0 {
                let (least, most) = way.count(source.root);
                let there = found.points.filter(|_| skip < most);
                if there.is_none() || (found.may_miss && least <= skip) {
                    let missed = way.now.by(self.after(&way, plan, source, TryEnd::Missed));
                    into_source.add(way.at(missed).knowing(source.root, skip, false));
                }
                let Some(point) = there else { continue };
                let way = way.knowing(source.root, skip, true);
                for (step, mut next) in self.attempt(plan, option, source, &point, way, late, endings) {
                    if plan.steps[step].row.phase == Phase::Verify {
                        next.strike(source.copy, plan.fitted.plan);
                        into_point.add(next);
                    } else {
                        into_next.add(next);
                    }
                }
            }
        }
        into_source.extend(into_point);
        (into_source, into_next)
    }

    /// The points of a source, over the range of the detection.
    ///
    /// What a source offers and what is lost by it is monotone or convex in the moment of detection, so
    /// the ends of its range, cut to where a point can still be had, give the extremes.
    pub(super) fn candidate(&self, plan: &PlanInfo<'_>, source: &Source, skip: u32) -> Candidate {
        let logical = !self.at.kind().ends_by_itself();
        let latest = source.finder.latest_detection(self.clock.dwell.lo, &self.clock.stands, skip);
        let detect = self.clock.detect;
        let mut found = Candidate { points: None, may_miss: logical && detect.hi > latest };
        let last = if logical { detect.hi.min(latest) } else { detect.hi };
        let ends = if logical && last < detect.lo { vec![] } else { vec![detect.lo, last] };
        for moment in ends {
            let Clock { dwell, mean_dwell, stands, .. } = *self.clock;
            let known = Known { detect: moment, dwell, mean_dwell, stands, logical };
            let here = source.finder.find(&known, skip);
            found.may_miss |= here.may_miss;
            let Some(points) = here.points else { continue };
            let loss = self.loss(plan, source, &points, moment);
            found.points = Some(found.points.map_or((points, loss), |(p, l)| (p.or(&points), l.or(loss))));
        }
        found.may_miss |= found.points.is_none();
        found
    }

    /// What recovering to these points loses if people know at `detect`.
    fn loss(&self, plan: &PlanInfo<'_>, source: &Source, points: &Points, detect: f64) -> Loss {
        if source.merges {
            return Loss::NONE;
        }
        let felt = matches!(self.at.kind(), FailureKind::Deletion | FailureKind::Corruption);
        let lost_after = felt && !points.keeps_after && !plan.row.salvage;
        let open = self.clock.detect.why;
        let moment = Span::open(detect, detect, if detect.is_infinite() { open } else { None });
        let after = if lost_after { moment } else { Span::ZERO };
        let before_bytes = points.bytes.map_or(points.age.times(self.writes), |(bytes, _)| bytes);
        Loss {
            before: points.age,
            after,
            sum: points.age.plus(after),
            bytes: before_bytes.plus(after.times(self.writes)),
        }
    }

    /// When a plan can begin.
    fn begin(&self, plan: &PlanInfo<'_>, now: Span) -> Span {
        let after_down = Span::exactly(plan.row.after_down.map_or(0.0, |s| s.seconds()));
        let clock = self.clock;
        let (known, after_down) = match (plan.fitted.detects, clock.corruption) {
            (true, false) => (Span::ZERO, after_down),
            (false, false) => (clock.detect, after_down),
            // The clock starts at detection: what is counted from the failure begins that much earlier.
            (true, true) if clock.detects_itself => {
                (Span::ZERO, Span::new((after_down.lo - clock.detect.hi).max(0.0), after_down.hi))
            }
            (detects, true) => {
                let since = |t: f64| Span::new(t - clock.detect.hi, t - clock.detect.lo);
                let known = if detects { since(0.0) } else { Span::ZERO };
                (known, known.max(since(after_down.hi)))
            }
        };
        if clock.corruption && known.lo < 0.0 && now == Span::ZERO {
            return known.max(after_down);
        }
        now.max(known).max(after_down)
    }

    /// One try: adds its endings and returns where each failing step leads.
    #[allow(clippy::too_many_arguments)]
    fn attempt(
        &self,
        plan: &PlanInfo<'_>,
        option: &PlanOption,
        source: &Source,
        (points, loss): &(Points, Loss),
        incoming: Incoming,
        late: bool,
        endings: &mut Endings,
    ) -> Vec<(usize, Incoming)> {
        let begin = self.begin(plan, incoming.now);
        let back_at = self.clock.end.filter(|_| self.clock.comes_back);
        let walk = self.walk(plan, option, source, points, &incoming, begin, back_at);
        let (work, inflow) = (incoming.work + walk.work, incoming.inflow + walk.inflow);
        endings.work = endings.work.max(work);
        endings.inflow = endings.inflow.max(inflow);
        let serving = |n: &usize| !plan.steps[*n].row.background;
        let all = || 0..plan.steps.len();
        let done = |n: usize| self.in_time(plan, n, walk.finish[n], back_at);
        let serve = all().filter(serving).fold(begin, |t, n| t.max(done(n)));
        let full = all().fold(serve, |t, n| t.max(done(n)));
        let mut committed = plan.commit.map_or(serve, |n| walk.begin[n]);
        let surely_fails =
            all().any(|n| serving(&n) && plan.steps[n].row.fails.value() >= 1.0 && walk.fails_at[n].is_some());
        // Waiting: the outage is over when the plan would begin, or before the point of no return.
        if let Some(end) = back_at {
            let uncapped = self.walk(plan, option, source, points, &incoming, begin, None);
            committed = self.committed(plan, &uncapped, begin);
            let latest = self.latest_wait(plan, &uncapped, begin);
            if end.lo <= begin.hi || end.lo < latest.hi {
                let ways = self.after(&incoming, plan, source, TryEnd::GivenUp);
                endings.wait(self.clock, end.capped(latest), incoming.now.by(ways));
            }
        }
        let in_time = |end: Span| begin.lo < end.hi && committed.lo <= end.hi;
        let reachable = back_at.is_none_or(in_time) && !surely_fails;
        if reachable {
            let full = if option.short && !late { self.clock.end.map_or(full, |end| full.max(end)) } else { full };
            let seen = |end: Span| walk.finish[0].capped(end.plus(Span::exactly(-self.least_until(plan, &walk, 0))));
            let first = walk.finish.first().map_or(Span::ZERO, |first| back_at.map_or(*first, seen));
            let detected = either(self.seen(plan, &incoming, first), incoming.seen).unwrap_or(self.clock.detect);
            endings.add(serve, full, *loss, detected, self.after(&incoming, plan, source, TryEnd::Served));
        }
        let mut next = self.failures(plan, &walk, &Incoming { work, inflow, ..incoming.clone() }, back_at);
        let seen = walk.finish.first().and_then(|first| self.seen(plan, &incoming, *first));
        for (step, way) in &mut next {
            if *step > 0 || !plan.fitted.detects {
                (way.seen, way.unseen) = (either(incoming.seen, seen), false);
            }
            let ways = self.after(&incoming, plan, source, TryEnd::Failed(plan.steps[*step].id));
            way.now = way.now.by(ways);
        }
        next
    }

    /// When people know of the failure by a try whose first step is done then, if they may not have before.
    fn seen(&self, plan: &PlanInfo<'_>, incoming: &Incoming, first: Span) -> Option<Span> {
        let shift = if self.clock.corruption { self.clock.detect } else { Span::ZERO };
        incoming.unseen.then(|| if plan.fitted.detects { first.plus(shift) } else { self.clock.detect })
    }

    /// The ways that go on with a try.
    fn after(&self, before: &Incoming, plan: &PlanInfo<'_>, source: &Source, end: TryEnd) -> (TurnId, TurnId) {
        let one = Try { service: self.service, plan: plan.fitted.plan, source: source.copy, end };
        self.at.turns.after(before.now.ways, one)
    }

    /// When the point of no return is reached.
    fn committed(&self, plan: &PlanInfo<'_>, walk: &Walk, begin: Span) -> Span {
        let serving = |n: &usize| !plan.steps[*n].row.background;
        let serve = (0..plan.steps.len()).filter(serving).fold(begin, |t, n| t.max(walk.finish[n]));
        plan.commit.map_or(serve, |n| walk.begin[n])
    }

    /// The least time from the end of a step to the point of no return, if that waits for it.
    fn least_until(&self, plan: &PlanInfo<'_>, walk: &Walk, from: usize) -> f64 {
        let mut done = vec![f64::NEG_INFINITY; plan.steps.len()];
        done[from] = 0.0;
        let ready = |done: &[f64], n: usize| plan.steps[n].after.iter().fold(f64::NEG_INFINITY, |t, p| t.max(done[*p]));
        for n in from + 1..plan.steps.len() {
            done[n] = ready(&done, n) + (walk.finish[n].lo - walk.begin[n].lo).max(0.0);
        }
        let of_service = (0..plan.steps.len()).filter(|n| !plan.steps[*n].row.background);
        plan.commit.map_or_else(|| of_service.fold(0.0_f64, |t, n| t.max(done[n])), |c| ready(&done, c)).max(0.0)
    }

    /// When a step is done, if the plan is not given up: what comes before the point of no return is done
    /// before the outage ends.
    fn in_time(&self, plan: &PlanInfo<'_>, n: usize, finish: Span, back_at: Option<Span>) -> Span {
        let before = plan.commit.map_or(!plan.steps[n].row.background, |c| plan.steps[c].waits_for[n]);
        back_at.filter(|_| before).map_or(finish, |end| finish.capped(end))
    }

    /// The latest end of the outage at which a try is still given up for it.
    fn latest_wait(&self, plan: &PlanInfo<'_>, walk: &Walk, begin: Span) -> Span {
        let committed = self.committed(plan, walk, begin);
        let mut latest = begin.max(committed);
        for (n, at) in walk.fails_at.iter().enumerate() {
            let Some(at) = at else { continue };
            let after = plan.commit.is_some_and(|c| c == n || !plan.steps[c].waits_for[n]);
            let until = if after { at.capped(committed) } else { *at };
            latest = latest.max(until);
        }
        latest
    }

    /// Where each step that fails for good leads.
    fn failures(
        &self,
        plan: &PlanInfo<'_>,
        walk: &Walk,
        incoming: &Incoming,
        back_at: Option<Span>,
    ) -> Vec<(usize, Incoming)> {
        let mut next = Vec::new();
        for (n, at) in walk.fails_at.iter().enumerate() {
            let Some(at) = at else { continue };
            let before_commit = plan.commit.is_none_or(|c| c != n && plan.steps[c].waits_for[n]);
            let now = match back_at {
                Some(end) if before_commit => {
                    if at.lo > end.hi {
                        continue;
                    }
                    at.capped(end)
                }
                _ => *at,
            };
            let carried = self.carried(plan, walk, incoming, n, *at);
            next.push((n, Incoming { carried, ..incoming.at(now) }));
        }
        next
    }

    /// The steps that are not begun again after one of a plan failed for good in this range of moments.
    fn carried(&self, plan: &PlanInfo<'_>, walk: &Walk, incoming: &Incoming, failed: usize, at: Span) -> Vec<Carried> {
        let mut carried: Vec<Carried> = Vec::new();
        for one in incoming.carried.iter().filter(|one| one.step != plan.steps[failed].id) {
            // A plan lets go what was under way and is not of it; in one that has it, it would have failed by now.
            let here = plan.steps.iter().position(|step| step.id == one.step);
            let done = here.is_some_and(|m| plan.steps[failed].waits_for[m]);
            let fails_at = one.fails_at.filter(|fails_at| here.is_some() && !done && fails_at.hi > at.lo);
            let over = one.over || done || (fails_at.is_none() && one.finish.hi <= at.lo);
            let sure = one.sure && (one.over || here.is_some());
            carried.push(Carried { fails_at, over, sure: sure || done, ..*one });
        }
        for (m, step) in plan.steps.iter().enumerate() {
            let known = carried.iter().any(|one| one.step == step.id);
            if m == failed || step.of_point || known || plan.steps[m].waits_for[failed] || walk.begin[m].lo > at.hi {
                continue;
            }
            // What the failing step waited for was done. A step beside it may fail too, but later.
            let done = plan.steps[failed].waits_for[m];
            let begun = step.after.iter().all(|p| plan.steps[failed].waits_for[*p]) || walk.begin[m].hi <= at.lo;
            let fails_at = walk.fails_at[m].filter(|fails_at| !done && fails_at.hi > at.lo);
            let over = done || (fails_at.is_none() && walk.finish[m].hi <= at.lo);
            carried.push(Carried { step: step.id, finish: walk.finish[m], fails_at, sure: done || begun, over });
        }
        carried
    }

    /// Times of all steps; with `back_at`, the point of no return lies before the latest such moment.
    #[allow(clippy::too_many_arguments)]
    fn walk(
        &self,
        plan: &PlanInfo<'_>,
        option: &PlanOption,
        source: &Source,
        points: &Points,
        incoming: &Incoming,
        begin: Span,
        back_at: Option<Span>,
    ) -> Walk {
        let mut walk = Walk { begin: vec![], finish: vec![], fails_at: vec![], work: 0.0, inflow: 0.0 };
        for (n, step) in plan.steps.iter().enumerate() {
            let done = |p: usize| self.in_time(plan, p, walk.finish[p], back_at);
            let mut ready = step.after.iter().fold(begin, |t, p| t.max(done(*p)));
            if let (Some(end), true) = (back_at, plan.commit == Some(n)) {
                ready = ready.capped(end);
            }
            walk.begin.push(ready);
            let carried = incoming.carried.iter().find(|one| one.step == step.id);
            let late = carried.and_then(|one| one.fails_at).map(|at| at.max(begin));
            if let Some(one) = carried.filter(|one| one.sure) {
                // What comes after it still waits for what comes before it.
                walk.finish.push(one.finish.max(ready));
                walk.fails_at.push(late);
                continue;
            }
            if option.is_up[n] {
                walk.finish.push(carried.map_or(ready, |one| ready.or(one.finish.max(ready))));
                walk.fails_at.push(late);
                continue;
            }
            let (mut done, mut over) = self.duration(plan, n, source, points, ready);
            if self.shared.contains(&step.id) {
                (done.lo, over.lo) = (ready.lo, ready.lo);
            }
            walk.work += (over.hi - ready.hi).max(0.0);
            if let Amount::Inflow(writes) = step.amount {
                walk.inflow += writes * source.seconds_per_byte[n];
            }
            let may_fail = step.row.fails.value() > 0.0 && !step.row.background;
            walk.fails_at.push(either(may_fail.then_some(over), late));
            walk.finish.push(carried.map_or(done, |one| done.or(one.finish.max(ready))));
        }
        walk
    }

    /// When a step that begins at `ready` is done, and when its last attempt is over.
    pub(super) fn duration(
        &self,
        plan: &PlanInfo<'_>,
        n: usize,
        source: &Source,
        points: &Points,
        ready: Span,
    ) -> (Span, Span) {
        let step = &plan.steps[n];
        let is_detection = self.clock.corruption && self.clock.detects_itself && plan.fitted.detects && n == 0;
        let takes = if is_detection { Span::ZERO } else { step.takes(self.clock.stress) };
        let pace = source.seconds_per_byte[n];
        let fixed = |now: Span| {
            let (volume, _) = match step.amount {
                Amount::Inflow(writes) => return self.catch_up(step.id, writes, pace, points, now.plus(takes)),
                amount => amount.volume(points).unwrap_or((Span::ZERO, None)),
            };
            let mut moved = if volume.hi == 0.0 { Span::ZERO } else { volume.times(pace) };
            if moved.hi.is_infinite() && moved.why.is_none() {
                moved.why = Some(Cause::Rate(step.id));
            }
            now.plus(takes).plus(moved)
        };
        let may_fail = step.row.fails.value() > 0.0;
        let first = fixed(ready);
        if !may_fail || step.row.retries == 0 {
            return (first, first);
        }
        if matches!(step.amount, Amount::Inflow(_)) {
            let last = (0..step.row.retries.min(MOST_POINTS)).fold(first, |now, _| fixed(now));
            return (first.or(last), last);
        }
        let each = Span::open(first.lo - ready.lo, first.hi - ready.hi, first.why);
        let each = if ready.hi.is_infinite() { Span { hi: f64::INFINITY, ..each } } else { each };
        let last = ready.plus(each.times(f64::from(step.row.retries) + 1.0));
        (Span { lo: first.lo, ..last }, last)
    }

    /// Catching up with what keeps coming in at w while it is taken in at r: the backlog since the
    /// point ÷ (r − w).
    fn catch_up(&self, step: StepId, writes: f64, pace: f64, points: &Points, now: Span) -> Span {
        let shift = if self.clock.corruption { self.clock.detect } else { Span::ZERO };
        let backlog = now.plus(shift).plus(points.age).times(writes);
        let gains = 1.0 - writes * pace;
        if gains <= 0.0 {
            return Span::open(now.lo, f64::INFINITY, Some(Cause::Rate(step)));
        }
        now.plus(backlog.times(pace / gains))
    }
}
