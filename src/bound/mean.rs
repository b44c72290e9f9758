//! Expectations, where they have a closed form: a chain of steps after one detection, without anything
//! that may go wrong, be given up or be waited for.

use crate::model::{Delay, FailureKind, Law};

use super::case::Setting;
use super::fate::{Amount, Fate, PlanInfo, PlanOption, ServiceCase, Source};
use super::points::{Known, Points};
use super::service::Range;
use super::span::Span;
use super::timeline::Clock;
use super::unsent;

/// Expectations of an incident, in seconds and bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Means {
    pub(super) recovery: Option<f64>,
    pub(super) full: Option<f64>,
    pub(super) detected: Option<f64>,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    pub(super) bytes: Option<f64>,
}

impl Means {
    pub(super) const ZERO: Self = Self {
        recovery: Some(0.0),
        full: Some(0.0),
        detected: Some(0.0),
        before: Some(0.0),
        after: Some(0.0),
        bytes: Some(0.0),
    };

    fn each(&self, other: &Self, f: impl Fn(Option<f64>, Option<f64>) -> Option<f64>) -> Self {
        Self {
            recovery: f(self.recovery, other.recovery),
            full: f(self.full, other.full),
            detected: f(self.detected, other.detected),
            before: f(self.before, other.before),
            after: f(self.after, other.after),
            bytes: f(self.bytes, other.bytes),
        }
    }

    pub(super) fn times(&self, factor: f64) -> Self {
        self.each(&Self::ZERO, |a, _| a.map(|a| a * factor))
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        self.each(other, |a, b| a.zip(b).map(|(a, b)| a + b))
    }

    pub(super) fn forget_loss(&mut self) {
        (self.before, self.after, self.bytes) = (None, None, None);
    }

    /// Means of the larger of two: known if one of them is never the larger. Bytes add up.
    pub(super) fn worst_with(&self, other: &Self, here: &Range, there: &Range) -> Self {
        let pick = |a: Option<Span>, b: Option<Span>, x: Option<f64>, y: Option<f64>| match (a, b) {
            (Some(a), Some(b)) if a.lo >= b.hi => x,
            (Some(a), Some(b)) if b.lo >= a.hi => y,
            _ => None,
        };
        let (l, r) = (here.loss, there.loss);
        Self {
            recovery: pick(here.serve, there.serve, self.recovery, other.recovery),
            full: pick(here.full, there.full, self.full, other.full),
            detected: if here.detected == there.detected || here.detected == Span::ZERO {
                other.detected
            } else {
                pick(Some(here.detected), Some(there.detected), self.detected, other.detected)
            },
            before: pick(l.map(|l| l.before), r.map(|r| r.before), self.before, other.before),
            after: if l.map(|l| l.after) == r.map(|r| r.after) {
                other.after
            } else {
                pick(l.map(|l| l.after), r.map(|r| r.after), self.after, other.after)
            },
            bytes: self.bytes.zip(other.bytes).map(|(a, b)| a + b),
        }
    }
}

/// The mean of a distribution; cutting both tails alike keeps that of a symmetric one.
pub(super) fn mean_of(at: &Setting<'_>, delay: &Delay) -> Option<f64> {
    let symmetric = matches!(delay.law(), Law::Uniform { .. } | Law::Heartbeat { .. });
    (!at.truncate || delay.is_constant() || symmetric).then(|| delay.mean())
}

/// The means of a service in an event; each missing where it has no closed form. `orders`: those in which
/// its plans may be tried.
pub(super) fn means(
    at: &Setting<'_>,
    clock: &Clock,
    case: &ServiceCase,
    plans: &[PlanInfo<'_>],
    orders: &[Vec<usize>],
    writes: f64,
) -> Means {
    let mean_end = if at.row().lasts.is_some() { at.row().outage().map(|part| mean_of(at, part)).sum() } else { None };
    let until_end = if case.short { mean_end } else { Some(0.0) };
    let quiet = Means { detected: clock.mean_detect, full: until_end, ..Means::ZERO };
    match &case.fate {
        Fate::Untouched => quiet,
        Fate::Masked { takeovers, diverges } => {
            let serve = match takeovers.as_slice() {
                [] => Some(0.0),
                [one] => at.scenario.compute[*one].takeover.as_ref().and_then(|t| mean_of(at, t)),
                _ => None,
            };
            let before = unsent::mean_age(&case.unsent);
            let after = if *diverges { mean_end } else { Some(0.0) };
            let full = if takeovers.is_empty() { until_end } else { serve.filter(|_| !case.short) };
            let bytes = before.zip(after).map(|(a, b)| (a + b) * writes);
            Means { recovery: serve, full, before, after, bytes, ..quiet }
        }
        Fate::Down { own: false, outside, .. } => {
            let serve = if *outside { waited(clock, mean_end) } else { Some(0.0) };
            let before = unsent::mean_age(&case.unsent);
            let full = if *outside { serve } else { until_end };
            Means { recovery: serve, full, before, bytes: before.map(|before| before * writes), ..quiet }
        }
        Fate::Down { outside: true, .. } => Means::default(),
        Fate::Down { options, after_outage, .. } => {
            let detects = |option: &PlanOption| plans[option.plan].fitted.detects;
            let by_plan = options.iter().chain(after_outage).any(detects);
            let detected = clock.mean_detect.filter(|_| !by_plan);
            let first = |order: &Vec<usize>| order.first().copied();
            let known = orders.first().and_then(first).filter(|n| orders.iter().all(|order| first(order) == Some(*n)));
            match known {
                None if options.is_empty() && clock.comes_back => at_the_end(clock, mean_end, writes),
                first => first
                    .and_then(|n| planned(at, clock, &options[n], &plans[options[n].plan], (writes, mean_end)))
                    .unwrap_or(Means { detected, ..Means::default() }),
            }
        }
    }
}

fn waited(clock: &Clock, mean_end: Option<f64>) -> Option<f64> {
    let resumes = clock.resume.lo == clock.resume.hi;
    mean_end.filter(|_| resumes).map(|end| end + clock.resume.lo)
}

/// Service is back because the outage is over: nothing is lost but what only destroyed places had.
fn at_the_end(clock: &Clock, mean_end: Option<f64>, writes: f64) -> Means {
    let (serve, before) = (waited(clock, mean_end), clock.mean_unsent);
    let bytes = before.map(|before| before * writes);
    Means { recovery: serve, full: serve, detected: clock.mean_detect, before, bytes, ..Means::ZERO }
}

/// When people, or the plan itself, begin to look at the clock of a plan.
fn known(clock: &Clock, plan: &PlanInfo<'_>) -> (Span, Option<f64>) {
    if clock.corruption || plan.fitted.detects { (Span::ZERO, Some(0.0)) } else { (clock.detect, clock.mean_detect) }
}

/// The first plan from its first source, if nothing else can happen.
fn planned(
    at: &Setting<'_>,
    clock: &Clock,
    option: &PlanOption,
    plan: &PlanInfo<'_>,
    (writes, mean_end): (f64, Option<f64>),
) -> Option<Means> {
    let source = option.sources.first()?;
    let logical = !at.kind().ends_by_itself();
    let point = |detect: f64| {
        let known = Known { detect, dwell: clock.dwell, mean_dwell: clock.mean_dwell, stands: [None; 2], logical };
        let found = source.finder.find(&known, 0);
        found.points.filter(|_| !found.may_miss)
    };
    let ends = if logical { (point(clock.detect.lo), point(clock.detect.hi)) } else { (point(0.0), point(0.0)) };
    let (Some(early), Some(late)) = ends else { return None };
    // An outage that is over when a plan would begin needs none.
    let back_at = clock.end.filter(|_| clock.comes_back);
    let after_down = Span::exactly(plan.row.after_down.map_or(0.0, |s| s.seconds()));
    let begin = known(clock, plan).0.max(after_down);
    if back_at.is_some_and(|end| end.hi <= begin.lo) {
        return Some(at_the_end(clock, mean_end, writes));
    }
    let points = early.or(&late);
    let fails = plan.steps.iter().any(|s| s.row.fails.value() > 0.0);
    if fails || option.short {
        return None;
    }
    let (recovery, latest) = chain_time(at, clock, option, plan, source, &points)?;
    if back_at.is_some_and(|end| end.lo <= begin.hi || end.lo < latest) {
        return None;
    }
    let felt = matches!(at.kind(), FailureKind::Deletion | FailureKind::Corruption);
    let lost_after = felt && !points.keeps_after && !plan.row.salvage;
    let (before, after) = match (source.merges, lost_after) {
        (true, _) => (Some(0.0), Some(0.0)),
        (false, true) => (points.mean_age, clock.mean_detect),
        (false, false) => (points.mean_age, Some(0.0)),
    };
    let before_bytes = match points.bytes {
        Some((_, mean)) if !source.merges => Some(mean),
        _ => before.map(|b| b * writes),
    };
    let bytes = before_bytes.zip(after).map(|(b, a)| b + a * writes);
    let has_background = plan.steps.iter().any(|s| s.row.background);
    let own_detection = plan.fitted.detects;
    let first = plan.steps.first().filter(|_| plan.row.after_down.is_none());
    let detected = if own_detection { first.and_then(|s| step_mean(at, s.row)) } else { clock.mean_detect };
    Some(Means { recovery, full: recovery.filter(|_| !has_background), detected, before, after, bytes })
}

/// The mean of a step's fixed part: stress is drawn apart from it, so their means multiply.
pub(super) fn step_mean(at: &Setting<'_>, step: &crate::model::Step) -> Option<f64> {
    let takes = step.takes.as_ref().map_or(Some(0.0), |takes| mean_of(at, takes))?;
    match at.stress(step) {
        Some(stress) if takes > 0.0 => mean_of(at, stress).map(|stress| stress * takes),
        _ => Some(takes),
    }
}

/// Mean time of a chain of steps, and the latest moment at which the plan can still be given up;
/// `None` if it is no chain.
fn chain_time(
    at: &Setting<'_>,
    clock: &Clock,
    option: &PlanOption,
    plan: &PlanInfo<'_>,
    source: &Source,
    points: &Points,
) -> Option<(Option<f64>, f64)> {
    let serving = plan.steps.iter().take_while(|s| !s.row.background).count();
    let tail = plan.steps[serving..].iter().all(|s| s.row.background);
    if !plan.is_chain() || !tail {
        return None;
    }
    let after_down = plan.row.after_down.map_or(0.0, |s| s.seconds());
    let (known, mean_known) = known(clock, plan);
    let mut mean = if known.lo >= after_down {
        mean_known
    } else if known.hi <= after_down && !clock.corruption {
        Some(after_down)
    } else {
        None
    };
    if clock.corruption && plan.fitted.detects {
        mean = None;
    }
    let mut latest = known.hi.max(after_down);
    let mut committed = None;
    for (n, step) in plan.steps.iter().enumerate().take(serving) {
        if plan.commit == Some(n) {
            committed = Some(latest);
        }
        if option.is_up[n] {
            continue;
        }
        let pace = source.seconds_per_byte[n];
        let (moved, most) = match step.amount {
            Amount::Nothing => (Some(0.0), 0.0),
            Amount::Bytes(bytes) => (Some(bytes), bytes),
            Amount::Point { replays: false } => (points.mean_moves, points.moves.hi),
            Amount::Point { replays: true } => (points.mean_replays, points.replays.hi),
            Amount::Inflow(_) => (None, f64::INFINITY),
        };
        let transfer = |bytes: f64| if bytes == 0.0 { 0.0 } else { bytes * pace };
        let own = step_mean(at, step.row).zip(moved).map(|(t, m)| t + transfer(m));
        mean = mean.zip(own).map(|(a, b)| a + b);
        latest += step.takes(clock.stress).hi + transfer(most);
    }
    Some((mean, committed.unwrap_or(latest)))
}
