//! The ranges of every service of an event, and of the application.

use crate::id::{PoolId, StepId};
use crate::model::{DataSet, FailureKind, Need, Taints};

use super::case::Setting;
use super::cells::Cell;
use super::choice;
use super::fate::{Fate, PlanInfo, PlanOption, ServiceCase, writes_of};
use super::mean::{Means, mean_of, means, step_mean};
use super::queue;
use super::span::{Cause, Span, either};
use super::timeline::{Clock, Endings, Loss, Search};
use super::unsent;
use super::way::TurnId;

/// Ranges of one service or of the application; missing where nothing brings it back.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) serve: Option<Span>,
    pub(super) full: Option<Span>,
    pub(super) detected: Span,
    pub(super) loss: Option<Loss>,
    pub(super) may_be_lost: bool,
    pub(super) means: Means,
    /// It holds the work of steps that may wait for each other.
    pub(super) serialised: bool,
    /// It is of several orders in which a policy may try plans.
    pub(super) undecided: bool,
}

impl Range {
    /// All figures.
    pub(super) fn figures(&self) -> [Option<Span>; 7] {
        let loss = |of: fn(&Loss) -> Span| self.loss.as_ref().map(of);
        let losses = [loss(|l| l.sum), loss(|l| l.before), loss(|l| l.after), loss(|l| l.bytes)];
        [self.serve, self.full, Some(self.detected), losses[0], losses[1], losses[2], losses[3]]
    }

    /// What no way is known to yet comes about by this one.
    pub(super) fn or_by(self, way: TurnId) -> Self {
        let by = |span: Span| span.or_by(way);
        Self {
            serve: self.serve.map(by),
            full: self.full.map(by),
            detected: by(self.detected),
            loss: self.loss.map(|l| Loss {
                before: by(l.before),
                after: by(l.after),
                sum: by(l.sum),
                bytes: by(l.bytes),
            }),
            ..self
        }
    }

    /// With the ranges of other events; means only if each event's chance is given.
    pub(super) fn joined(mut self, others: Option<Self>, weight: Option<f64>) -> Self {
        self.means = weight.map_or(Means::default(), |weight| self.means.times(weight));
        let Some(others) = others else { return self };
        Self {
            serve: either(self.serve, others.serve),
            full: either(self.full, others.full),
            detected: self.detected.or(others.detected),
            loss: match (self.loss, others.loss) {
                (Some(a), Some(b)) => Some(a.or(b)),
                (a, b) => a.or(b),
            },
            may_be_lost: self.may_be_lost || others.may_be_lost,
            means: self.means.plus(&others.means),
            serialised: self.serialised || others.serialised,
            undecided: self.undecided || others.undecided,
        }
    }
}

/// The clock of an event for one service.
pub(super) fn clock(at: &Setting<'_>, plans: &[Vec<PlanInfo<'_>>], case: Option<&ServiceCase>, n: usize) -> Clock {
    let row = at.row();
    let cause = |key| Cause::Failure(at.failure, key);
    let entered = row.taints == Taints::Entry;
    let dwell = row.dwell.as_ref().filter(|_| entered);
    let first = plans
        .iter()
        .flatten()
        .filter(|plan| plan.fitted.detects)
        .filter_map(|plan| plan.steps.first())
        .find(|step| step.row.takes.is_some());
    // Damage that each plan for it finds by itself is not found a second time.
    let mut all = plans.iter().flatten().peekable();
    let finds_itself = !at.kind().ends_by_itself() && all.peek().is_some() && all.all(|plan| plan.fitted.detects);
    let own = row.detected.as_ref().filter(|_| !finds_itself);
    let stressed = plans.iter().flatten().flat_map(|plan| &plan.steps).find_map(|step| step.stress);
    let stress = stressed.map_or(Span::exactly(1.0), |stress| at.span(stress, Cause::Stress));
    let (detect, mean_detect) = match (own, first) {
        (Some(detected), _) => (at.span(detected, cause("detected")), mean_of(at, detected)),
        (None, Some(step)) => (step.takes(stress), step_mean(at, step.row)),
        (None, None) => (Span::ZERO, Some(0.0)),
    };
    let service = at.tier.services[n].service;
    let resume = at.scenario.services[service].resume.as_ref();
    let unsent_after = case.map_or(&[][..], |case| &case.unsent_after);
    Clock {
        detect,
        mean_detect,
        dwell: dwell.map_or(Span::ZERO, |d| at.span(d, cause("dwell"))),
        mean_dwell: dwell.map_or(Some(0.0), |d| mean_of(at, d)),
        stress,
        stands: [None; 2],
        end: at.lasts(),
        comes_back: at.row().lasts.is_some() && case.is_none_or(|case| !case.data_lost),
        unsent: unsent::loss(unsent_after, Span::ZERO, writes_of(at, &at.tier.services[n])),
        mean_unsent: unsent::mean_age(unsent_after),
        resume: resume.map_or(Span::ZERO, |r| at.span(r, Cause::Resume(service))),
        corruption: at.kind() == FailureKind::Corruption,
        detects_itself: own.is_none(),
    }
}

/// The orders in which a service's plans may be tried, now and once the outage is over.
pub(super) struct Orders {
    now: Vec<Vec<usize>>,
    later: Vec<Vec<usize>>,
}

/// The orders of every service.
///
/// # Errors
/// Why an event has no bounds at all: too many plans to choose among.
pub(super) fn orders_of(
    at: &Setting<'_>,
    fates: &[ServiceCase],
    plans: &[Vec<PlanInfo<'_>>],
) -> Result<Vec<Orders>, String> {
    let of = |(n, fate): (usize, &ServiceCase)| {
        let row = &at.tier.services[n];
        let clock = clock(at, plans, Some(fate), n);
        let shared = shared_elsewhere(plans, n);
        let (service, writes, root) = (row.service, writes_of(at, row), TurnId::NONE);
        let search = Search { at, clock: &clock, service, root, plans: &plans[n], shared: &shared, writes };
        let too_many = |most: usize| {
            let name = &at.scenario.services[row.service].name;
            format!("services.{name} chooses among more than {most} plans by policy")
        };
        let orders = |options: &[PlanOption]| choice::orders(&search, row.policy, options).map_err(too_many);
        match &fate.fate {
            Fate::Down { own: true, options, after_outage, .. } => {
                Ok(Orders { now: orders(options)?, later: orders(after_outage)? })
            }
            _ => Ok(Orders { now: Vec::new(), later: Vec::new() }),
        }
    };
    fates.iter().enumerate().map(of).collect()
}

/// The ranges of all services of an event, in the tier's order, with what they wait for; in a part of
/// what it can be, to which `root` leads.
pub(super) fn services(
    at: &Setting<'_>,
    fates: &[ServiceCase],
    plans: &[Vec<PlanInfo<'_>>],
    orders: &[Orders],
    cell: &Cell,
    root: TurnId,
) -> Vec<Range> {
    let Cell { detect, dwell, stress, end, stands } = *cell;
    let clock_of = |(n, fate): (usize, &ServiceCase)| Clock {
        detect,
        dwell,
        stress,
        end,
        stands,
        ..clock(at, plans, Some(fate), n)
    };
    let clocks: Vec<Clock> = fates.iter().enumerate().map(clock_of).collect();
    let of = |(n, fate): (usize, &ServiceCase)| own_endings(at, &clocks[n], fate, plans, &orders[n], n, root);
    let mut endings: Vec<Endings> = fates.iter().enumerate().map(of).collect();
    let contended = queue::contends(at, fates, plans);
    if contended {
        queue::serialise(&clocks, fates, plans, &mut endings);
    }
    let mut ranges: Vec<Range> = Vec::new();
    for (n, fate) in fates.iter().enumerate() {
        let row = &at.tier.services[n];
        let mut range = service(at, &clocks[n], fate, &endings[n], n).or_by(root);
        range.serialised = contended;
        range.undecided = orders[n].now.len() > 1 || orders[n].later.len() > 1;
        if !contended {
            range.means = means(at, &clocks[n], fate, &plans[n], &orders[n].now, writes_of(at, row));
            if joins_late(&plans[n], &shared_elsewhere(plans, n)) {
                (range.means.recovery, range.means.full) = (None, None);
            }
        }
        let needs = &at.scenario.services[row.service].needs;
        for need in needs {
            let Need::Service(id) = need else { continue };
            let found = at.tier.services[..n].iter().position(|s| s.service == *id);
            if let Some(other) = found.map(|m| &ranges[m]) {
                range = waiting_for(range, other);
            }
        }
        if range.serve.is_none() {
            range.loss = None;
        }
        ranges.push(range);
    }
    agree(at, &mut ranges);
    ranges
}

/// Shared steps of a service that another one may do.
fn shared_elsewhere(plans: &[Vec<PlanInfo<'_>>], n: usize) -> Vec<StepId> {
    let steps = |m: usize| plans[m].iter().flat_map(|plan| &plan.steps).filter(|step| step.row.shared).map(|s| s.id);
    let others: Vec<StepId> = (0..plans.len()).filter(|m| *m != n).flat_map(steps).collect();
    steps(n).filter(|id| others.contains(id)).collect()
}

/// Whether a service may come to a shared step later than another: not where all begin with it, at the
/// detection.
fn joins_late(plans: &[PlanInfo<'_>], shared: &[StepId]) -> bool {
    plans.iter().any(|plan| {
        let waits = plan.row.after_down.is_some() || plan.fitted.detects;
        plan.steps.iter().enumerate().any(|(at, step)| (at > 0 || waits) && shared.contains(&step.id))
    })
}

fn waiting_for(mut range: Range, other: &Range) -> Range {
    let later = |a: Option<Span>, b: Option<Span>| a.zip(b).map(|(a, b)| a.max(b));
    let idle = other.serve == Some(Span::ZERO) && other.full == Some(Span::ZERO);
    if !idle {
        let zero = |span: Option<Span>| span == Some(Span::ZERO);
        range.means.recovery = if zero(range.serve) { other.means.recovery } else { None };
        range.means.full = if zero(range.full) { other.means.full } else { None };
    }
    range.serve = later(range.serve, other.serve);
    range.full = later(range.full, other.full);
    range.may_be_lost |= other.may_be_lost;
    range.undecided |= other.undecided;
    range
}

#[allow(clippy::too_many_arguments)]
/// The endings of a service's own recovery, over all orders in which its plans may be tried.
fn own_endings(
    at: &Setting<'_>,
    clock: &Clock,
    fate: &ServiceCase,
    plans: &[Vec<PlanInfo<'_>>],
    orders: &Orders,
    n: usize,
    root: TurnId,
) -> Endings {
    let Fate::Down { own: true, options, after_outage, .. } = &fate.fate else { return Endings::default() };
    let shared = shared_elsewhere(plans, n);
    let row = &at.tier.services[n];
    let (service, writes) = (row.service, writes_of(at, row));
    let search = Search { at, clock, service, root, plans: &plans[n], shared: &shared, writes };
    let mut total: Option<Endings> = None;
    for now in &orders.now {
        let now: Vec<&PlanOption> = now.iter().map(|n| &options[*n]).collect();
        for later in &orders.later {
            let later: Vec<&PlanOption> = later.iter().map(|n| &after_outage[*n]).collect();
            let endings = search.run(&now, &later);
            total = Some(total.map_or(endings, |t| t.or(&endings)));
        }
    }
    total.unwrap_or_default()
}

fn takeover(at: &Setting<'_>, pool: PoolId) -> Span {
    let delay = at.scenario.compute[pool].takeover.as_ref();
    delay.map_or(Span::ZERO, |delay| at.span(delay, Cause::Takeover(pool)))
}

fn service(at: &Setting<'_>, clock: &Clock, case: &ServiceCase, endings: &Endings, n: usize) -> Range {
    let until_end = clock.end.filter(|_| case.short).unwrap_or(Span::ZERO);
    let writes = writes_of(at, &at.tier.services[n]);
    let mut range = Range {
        serve: Some(Span::ZERO),
        full: Some(until_end),
        detected: clock.detect,
        loss: Some(unsent::loss(&case.unsent, Span::ZERO, writes)),
        may_be_lost: false,
        means: Means::default(),
        serialised: false,
        undecided: false,
    };
    match &case.fate {
        Fate::Untouched => {}
        Fate::Masked { takeovers, diverges } => {
            let serve = takeovers.iter().fold(Span::ZERO, |t, pool| t.max(takeover(at, *pool)));
            range.serve = Some(serve);
            range.full = Some(serve.max(until_end));
            let after = clock.end.filter(|_| *diverges).unwrap_or(Span::ZERO);
            range.loss = Some(unsent::loss(&case.unsent, after, writes));
        }
        Fate::Down { own, outside, .. } => {
            if *own {
                range.serve = endings.serve;
                range.full = endings.full;
                range.loss = endings.loss;
                range.detected = endings.detected.unwrap_or(clock.detect);
                range.may_be_lost = endings.may_be_lost;
            }
            if *outside {
                let waited = clock.end.map(|end| end.plus(clock.resume));
                range.serve = range.serve.zip(waited).map(|(a, b)| a.max(b));
                range.full = range.full.zip(waited).map(|(a, b)| a.max(b));
            }
        }
    }
    range
}

/// Data sets that must agree go back to their oldest common moment.
fn agree(at: &Setting<'_>, ranges: &mut [Range]) {
    let data = |n: usize| at.scenario.services[at.tier.services[n].service].data;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for n in 0..ranges.len() {
        let Some(mine) = data(n) else { continue };
        let row: &DataSet = &at.scenario.data[mine];
        let with = |m: &usize| data(*m).is_some_and(|d| d == mine || row.consistent_with.contains(&d));
        match groups.iter_mut().find(|group| group.iter().any(with)) {
            Some(group) => group.push(n),
            None => groups.push(vec![n]),
        }
    }
    for group in groups.into_iter().filter(|group| group.len() > 1) {
        let losses = || group.iter().filter_map(|n| ranges[*n].loss);
        let Some(oldest) = losses().map(|l| l.before).reduce(Span::max) else { continue };
        // What came between damage and its detection is undone with it.
        let damage = matches!(at.kind(), FailureKind::Deletion | FailureKind::Corruption);
        let after = losses().map(|l| l.after).reduce(Span::max).filter(|_| damage).unwrap_or(Span::ZERO);
        if oldest == Span::ZERO && after == Span::ZERO {
            continue;
        }
        for n in &group {
            let writes = writes_of(at, &at.tier.services[*n]);
            ranges[*n].means.forget_loss();
            if let Some(loss) = &mut ranges[*n].loss {
                (loss.before, loss.after) = (loss.before.max(oldest), loss.after.max(after));
                loss.sum = Span { lo: loss.sum.lo, ..loss.before.plus(loss.after) };
                loss.bytes = loss.bytes.or(loss.sum.times(writes));
            }
        }
    }
}

/// The application: as bad as the worst of its services, bytes added up.
pub(super) fn application(ranges: &[Range]) -> Range {
    let quiet = Range {
        serve: Some(Span::ZERO),
        full: Some(Span::ZERO),
        detected: Span::ZERO,
        loss: Some(Loss::NONE),
        may_be_lost: false,
        means: Means::ZERO,
        serialised: false,
        undecided: false,
    };
    ranges.iter().fold(quiet, |all, one| {
        let later = |a: Option<Span>, b: Option<Span>| a.zip(b).map(|(a, b)| a.max(b));
        Range {
            serve: later(all.serve, one.serve),
            full: later(all.full, one.full),
            detected: all.detected.max(one.detected),
            loss: all.loss.zip(one.loss).map(|(a, b)| Loss {
                before: a.before.max(b.before),
                after: a.after.max(b.after),
                sum: a.sum.max(b.sum),
                bytes: a.bytes.plus(b.bytes),
            }),
            may_be_lost: all.may_be_lost || one.may_be_lost,
            serialised: all.serialised || one.serialised,
            undecided: all.undecided || one.undecided,
            means: if ranges.len() == 1 { one.means.clone() } else { all.means.worst_with(&one.means, &all, one) },
        }
    })
}
