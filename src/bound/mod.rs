//! Closed forms beside the simulation: what an incident takes at best, at worst and on average.
//!
//! The worst case is the supremum over the support of everything that is drawn: when the failure
//! strikes, how long it lasts, when it is noticed, how long steps take and which of them fail, which
//! member is hit. It is a bound: no incident can exceed it. Where nothing is shared it is reached in the
//! limit; where steps may wait for each other it rests on serialising:
//!
//! > While anything is left to do, some step runs. Of transfers that share what they use max-min fairly,
//! > either none waits, or something is full, and then the shares of their own full speed at which they
//! > run add up to 1 or more. So in any order all is done after the last release plus Σ of the times that
//! > all steps take alone. (Graham 1966, Bell System Technical Journal 45:1563, for lists of jobs on
//! > one machine.)
//!
//! Incidents that nothing brings back have no recovery time; the figures are of the others.
//!
//! What all services of an incident share, and what pulls two ways, is looked at in parts (`cells`): a
//! later detection costs time and finds other recovery points, so a range of moments would count together
//! what no incident has together. Ways through plans are kept apart by the steps that need not be done
//! again and by what is known of recovery points: one that was struck off stays so in every plan, and a
//! copy that had none has none later.
//!
//! Each bound names the way on which an incident comes to it ([`Way`]): what is hit, when it is known and
//! over, what is tried and how that ends.

mod case;
mod cells;
mod choice;
mod cycle;
mod fate;
mod gaps;
mod judge;
mod lag;
mod mean;
mod parts;
mod points;
mod queue;
mod service;
mod sides;
mod span;
mod streams;
mod timeline;
mod tries;
mod unsent;
mod way;

pub mod formulas;

pub use parts::{Limit, PlanParts, StepParts, plan_parts};
pub use way::{Try, TryEnd, Way};

use crate::id::{CopyId, FailureId, ServiceId, TierId};
use crate::model::{AssetIndex, CopyKind, Scenario};

use case::{Case, Setting, targets_of};
use cells::{Cell, by_parts};
use fate::plans_of;
use judge::judge;
use service::{Range, application, orders_of, services};
use span::Span;
use way::{Turn, Turns};

/// Best, worst and mean of one figure, in its unit: seconds, or logical bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bound {
    /// The least that is possible, rounded as outcomes are; `None` if no incident can be recovered.
    pub best: Option<f64>,
    /// What no incident exceeds, rounded as outcomes are; `None` if there is no such value, with the reason.
    pub worst: Option<f64>,
    /// Expectation over all incidents; `None` where it has no closed form here, or where some incidents
    /// cannot be recovered.
    pub mean: Option<f64>,
    /// Why there is no worst case, or what it does not count.
    pub reason: Option<String>,
    /// Why no incident need come close to the worst case, where something else than waiting for each other
    /// (`serialised`) and a policy's choice (`undecided`) is behind that; `None`: some incident does.
    pub slack: Option<String>,
    /// By which way an incident comes to the best; `None` without one.
    pub best_by: Option<Way>,
    /// By which way an incident comes to the worst; `None` without one.
    pub worst_by: Option<Way>,
}

/// Bounds of every figure of an incident: seconds, and logical bytes for the last of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentBounds {
    /// From impact to first service.
    pub recovery_time: Bound,
    /// From impact to full capacity.
    pub recovery_time_full: Bound,
    /// From the failure to its detection.
    pub undetected: Bound,
    /// Writes lost before and after the failure together.
    pub data_loss: Bound,
    /// Writes lost before the failure.
    pub data_loss_before: Bound,
    /// Good writes lost between the failure and its detection.
    pub data_loss_after: Bound,
    /// Logical bytes lost.
    pub data_loss_bytes: Bound,
    /// Steps may wait for each other, so the worst case has them one after the other: no incident
    /// exceeds it, and none need come close to it.
    pub serialised: bool,
    /// A policy chooses between plans whose expectations lie too near each other for a closed form to
    /// tell which comes first: the worst case is that of either order.
    pub undecided: bool,
}

/// Most members of a failure that spreads: all sets of them are looked at.
const MOST_SPREADING: usize = 10;

/// Bounds of an incident of this failure in a tier, for a service or, with `None`, the application.
///
/// # Returns
/// Bounds over the whole support of every distribution: where one has no upper end, `worst` is `None` and
/// `reason` names it. Bounds without figures, with the reason, if no member of the failure holds anything of
/// the tier, or if the service is not in it.
///
/// # Panics
/// If an id is of another scenario; so for all functions here.
///
/// # Source
/// The formulas of the recovery points are in [`formulas`]; how they are put together, at the head of this
/// module.
#[must_use]
pub fn bounds(scenario: &Scenario, tier: TierId, failure: FailureId, service: Option<ServiceId>) -> IncidentBounds {
    pick(scenario, tier, all_bounds(scenario, tier, failure), service)
}

/// The same with every distribution cut to its [p0.1, p99.9], as draws may be cut:
/// then every bound is finite, unless writes fill a link or a transfer has nothing that carries it. Means are
/// `None` where what is cut off would move them.
#[must_use]
pub fn bounds_truncated(
    scenario: &Scenario,
    tier: TierId,
    failure: FailureId,
    service: Option<ServiceId>,
) -> IncidentBounds {
    pick(scenario, tier, all_bounds_truncated(scenario, tier, failure), service)
}

/// Bounds of an incident of this failure in a tier: of the application, then of each service in the order
/// of the tier, as [`bounds`] gives them one by one. They are found together: one by one, the work would grow
/// with the square of the services.
#[must_use]
pub fn all_bounds(scenario: &Scenario, tier: TierId, failure: FailureId) -> Vec<IncidentBounds> {
    compute(scenario, tier, failure, false)
}

/// The same with every distribution cut as by [`bounds_truncated`].
#[must_use]
pub fn all_bounds_truncated(scenario: &Scenario, tier: TierId, failure: FailureId) -> Vec<IncidentBounds> {
    compute(scenario, tier, failure, true)
}

fn pick(scenario: &Scenario, tier: TierId, mut all: Vec<IncidentBounds>, service: Option<ServiceId>) -> IncidentBounds {
    let services = &scenario.tiers[tier].services;
    match service.map(|id| services.iter().position(|s| s.service == id)) {
        None => all.swap_remove(0),
        Some(Some(position)) => all.swap_remove(position + 1),
        Some(None) => unbounded("the service is not in the tier"),
    }
}

fn compute(scenario: &Scenario, tier: TierId, failure: FailureId, truncate: bool) -> Vec<IncidentBounds> {
    let (assets, turns) = (AssetIndex::new(scenario), Turns::default());
    let setting = Setting { scenario, assets, tier: &scenario.tiers[tier], failure, truncate, turns };
    let count = setting.tier.services.len() + 1;
    match ranges(&setting) {
        Ok(ranges) if ranges.is_empty() => vec![IncidentBounds::default(); count],
        Ok(ranges) => ranges.iter().map(|range| report(&setting, range)).collect(),
        Err(reason) => vec![unbounded(&reason); count],
    }
}

/// The ranges over all events of a failure: of the application, then of the services.
///
/// # Errors
/// Why there are none.
fn ranges(setting: &Setting<'_>) -> Result<Vec<Range>, String> {
    let row = setting.row();
    let concerned: Vec<usize> = (0..row.members.len()).filter(|n| setting.concerns(&row.members[*n].targets)).collect();
    if concerned.is_empty() {
        return Err("no member of it holds anything of the tier".to_owned());
    }
    let events = events(setting, &concerned)?;
    let mut total: Vec<Range> = Vec::new();
    let single = events.len();
    for (members, destroyed, weight) in events {
        let weight = if row.spreads.value() > 0.0 && single > 1 { None } else { Some(weight) };
        let mut before = std::mem::take(&mut total).into_iter();
        let ranges = event(setting, &members, destroyed)?;
        total = ranges.into_iter().map(|range| range.joined(before.next(), weight)).collect();
    }
    Ok(total)
}

/// The ranges of one event, these members, destroyed or not: of the application, then of the services.
fn event(setting: &Setting<'_>, members: &[usize], destroyed: bool) -> Result<Vec<Range>, String> {
    let targets = targets_of(setting, members);
    let taken = setting.assets.taken(setting.scenario, setting.kind(), &targets);
    let mut case = Case::new(setting, targets, taken, destroyed);
    let plans: Vec<_> = setting.tier.services.iter().map(|row| plans_of(setting, row)).collect();
    let fates = judge(setting, &mut case, &plans);
    let orders = orders_of(setting, &fates, &plans)?;
    let within = |cell: &Cell| -> Vec<Range> {
        let Cell { detect: detected, dwell, end: lasts, .. } = *cell;
        let root = setting.turns.begin(Turn::Event { members: members.to_vec(), destroyed, detected, dwell, lasts });
        let ranges = services(setting, &fates, &plans, &orders, cell, root);
        std::iter::once(application(&ranges).or_by(root)).chain(ranges.iter().cloned()).collect()
    };
    let whole = within(&Cell::whole(setting, &plans));
    let parts = by_parts(Cell::parts(setting, &plans, &cycle::stands(&fates, &plans)), within);
    Ok(parts.into_iter().zip(whole).map(|(part, whole)| Range { means: whole.means, ..part }).collect())
}

/// Which members are struck together, whether what is hit is destroyed, and how likely that is.
fn events(setting: &Setting<'_>, concerned: &[usize]) -> Result<Vec<(Vec<usize>, bool, f64)>, String> {
    let row = setting.row();
    let destroyed = row.destroyed.value();
    let mut sets: Vec<Vec<usize>> = concerned.iter().map(|n| vec![*n]).collect();
    if row.spreads.value() > 0.0 && row.members.len() > 1 {
        if row.members.len() > MOST_SPREADING {
            return Err(format!("failures.{} spreads over more than {MOST_SPREADING} members", row.name));
        }
        sets = (1_usize..1 << row.members.len())
            .map(|bits| (0..row.members.len()).filter(|n| bits >> n & 1 == 1).collect::<Vec<_>>())
            .filter(|set| set.iter().any(|n| concerned.contains(n)))
            .filter(|set| row.spreads.value() < 1.0 || set.len() == row.members.len())
            .collect();
    }
    let share = 1.0 / sets.len() as f64;
    let mut events = Vec::new();
    for set in sets {
        if destroyed < 1.0 {
            events.push((set.clone(), false, share * (1.0 - destroyed)));
        }
        if destroyed > 0.0 {
            events.push((set, true, share * destroyed));
        }
    }
    Ok(events)
}

fn unbounded(reason: &str) -> IncidentBounds {
    let bound = || Bound { reason: Some(reason.to_owned()), ..Bound::default() };
    IncidentBounds {
        recovery_time: bound(),
        recovery_time_full: bound(),
        undetected: bound(),
        data_loss: bound(),
        data_loss_before: bound(),
        data_loss_after: bound(),
        data_loss_bytes: bound(),
        serialised: false,
        undecided: false,
    }
}

/// Says where increments are counted together that no incident has together.
///
/// Where the places of points in their cycle are not looked at one by one, each try of an incremental backup is
/// counted with the longest chain of increments, though no two points that follow one another both have it;
/// and a log is counted with the longest chain of its base and the longest time since. Of runs that may fail
/// a chain can be so long that one run more or less is nothing.
fn with_slack(at: &Setting<'_>, bound: Bound) -> Bound {
    let copies = &at.scenario.copies;
    let increments = |copy: CopyId| {
        fate::runs(at, copy).is_some_and(|runs| runs.cycle > 1 && runs.fails == 0.0 && runs.places.is_none())
    };
    let tries = bound.worst_by.iter().flat_map(|way| &way.tries).filter(|one| one.end != TryEnd::Missed);
    let weigh = |one: &Try| match one.source.map(|copy| (copy, &copies[copy].kind)) {
        Some((copy, CopyKind::Backup { .. })) if increments(copy) => 1,
        Some((_, CopyKind::Log { bases, .. })) if bases.iter().any(|base| increments(*base)) => 2,
        _ => 0,
    };
    let counted: u32 = tries.map(weigh).sum();
    let slack = (counted > 1).then(|| "each try is counted with the most increments".to_owned());
    Bound { slack, ..bound }
}

/// Ranges as bounds in whole milliseconds and bytes, as outcomes are.
fn report(at: &Setting<'_>, range: &Range) -> IncidentBounds {
    let bound_of = |span: Option<Span>, mean: Option<f64>, unit: f64, may_be_lost: bool| {
        let round = |value: f64| ((value.max(0.0) * unit).round()) / unit;
        let Some(span) = span else {
            return Bound { reason: Some("nothing brings it back".to_owned()), ..Bound::default() };
        };
        let reason = match (span.hi.is_infinite(), span.why) {
            (true, Some(cause)) => Some(cause.words(at.scenario)),
            (true, None) => Some("an input has no upper bound".to_owned()),
            (false, _) => may_be_lost.then(|| "of incidents that can be recovered from".to_owned()),
        };
        Bound {
            best: span.lo.is_finite().then(|| round(span.lo)),
            worst: span.hi.is_finite().then(|| round(span.hi)),
            mean: mean.filter(|_| !may_be_lost).map(|mean| mean.max(0.0)),
            reason,
            slack: None,
            best_by: at.turns.way(span.ways.0),
            worst_by: at.turns.way(span.ways.1).filter(|_| span.hi.is_finite()),
        }
    };
    let bound = |span: Option<Span>, mean: Option<f64>, unit: f64| bound_of(span, mean, unit, range.may_be_lost);
    let (loss, means) = (&range.loss, &range.means);
    IncidentBounds {
        recovery_time: with_slack(at, bound(range.serve, means.recovery, 1e3)),
        recovery_time_full: with_slack(at, bound(range.full, means.full, 1e3)),
        // What nothing brings back was detected all the same.
        undetected: bound_of(Some(range.detected), means.detected, 1e3, false),
        data_loss: bound(loss.map(|l| l.sum), means.before.zip(means.after).map(|(a, b)| a + b), 1e3),
        data_loss_before: bound(loss.map(|l| l.before), means.before, 1e3),
        data_loss_after: bound(loss.map(|l| l.after), means.after, 1e3),
        data_loss_bytes: bound(loss.map(|l| l.bytes), means.bytes, 1.0),
        serialised: range.serialised,
        undecided: range.undecided,
    }
}
