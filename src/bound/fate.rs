//! What an event does to each service: it goes on, or it is down and these plans can bring it back.

use crate::id::{CopyId, Id, PlaceId, PoolId, StepId};
use crate::model::{
    AssetSet, Commit, CopyKind, Delay, FailureKind, FittedPlan, Phase, Plan, Schedule, Step, Taints, TierService,
    Upstream, Volume, WhenShort, fit_plan,
};
use crate::units::{BytesPerSecond, Seconds};

use super::case::{Case, Reach, Setting, size_of};
use super::cycle::Cycle;
use super::gaps::{Gaps, longest_chain};
use super::lag::{Behind, chain};
use super::points::{Finder, Log, Points, Runs};
use super::span::{Cause, Span};

/// How much a step moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Amount {
    Nothing,
    /// The state of the recovery point, or the log after its base.
    Point {
        replays: bool,
    },
    Bytes(f64),
    /// What came in since the point, at this rate, which goes on.
    Inflow(f64),
}

impl Amount {
    /// Logical bytes that a step moves if these points are recovered to, and their mean where it is known;
    /// `None` for what grows while it runs.
    pub(super) fn volume(self, points: &Points) -> Option<(Span, Option<f64>)> {
        match self {
            Self::Nothing => Some((Span::ZERO, Some(0.0))),
            Self::Bytes(bytes) => Some((Span::exactly(bytes), Some(bytes))),
            Self::Point { replays: false } => Some((points.moves, points.mean_moves)),
            Self::Point { replays: true } => Some((points.replays, points.mean_replays)),
            Self::Inflow(_) => None,
        }
    }
}

/// A step of a plan in the tier.
pub(super) struct StepInfo<'a> {
    pub(super) id: StepId,
    pub(super) row: &'a Step,
    pub(super) after: Vec<usize>,
    pub(super) starts: Vec<PoolId>,
    /// Its fixed part, and the distribution of what that is multiplied by in an incident.
    pub(super) takes: Span,
    pub(super) stress: Option<&'a Delay>,
    pub(super) amount: Amount,
    /// It is done again for another recovery point.
    pub(super) of_point: bool,
    /// Whether it waits for a step, directly or not; by position.
    pub(super) waits_for: Vec<bool>,
}

/// A plan in the tier.
pub(super) struct PlanInfo<'a> {
    pub(super) row: &'a Plan,
    pub(super) fitted: FittedPlan,
    pub(super) steps: Vec<StepInfo<'a>>,
    /// The step whose start is the point of no return; `None`: the end.
    pub(super) commit: Option<usize>,
}

impl StepInfo<'_> {
    /// Its fixed part under this stress.
    pub(super) fn takes(&self, stress: Span) -> Span {
        if self.stress.is_some() { self.takes.scaled(stress) } else { self.takes }
    }
}

impl PlanInfo<'_> {
    pub(super) fn is_chain(&self) -> bool {
        self.steps.iter().enumerate().all(|(n, s)| if n == 0 { s.after.is_empty() } else { s.after == [n - 1] })
    }
}

/// The plans of a service that are for this failure and fit.
pub(super) fn plans_of<'a>(at: &Setting<'a>, row: &TierService) -> Vec<PlanInfo<'a>> {
    row.plans
        .iter()
        .filter(|plan| at.scenario.plans[**plan].causes.contains(&at.failure))
        .filter_map(|plan| fit_plan(at.scenario, row, *plan))
        .map(|fitted| plan_info(at, row, fitted))
        .collect()
}

fn plan_info<'a>(at: &Setting<'a>, row: &TierService, fitted: FittedPlan) -> PlanInfo<'a> {
    let plan = &at.scenario.plans[fitted.plan];
    let share = at.row().share;
    let size = |data: crate::id::DataId| Amount::Bytes(at.scenario.data[data].size.bytes() * share);
    let mut steps: Vec<StepInfo<'a>> = Vec::new();
    for fit in &fitted.steps {
        let step = &at.scenario.steps[fit.step];
        let amount = step.work.as_ref().map_or(Amount::Nothing, |work| match work.volume {
            Volume::From => Amount::Point { replays: work.replays },
            Volume::Data(data) => size(data),
            Volume::Copy(copy) => size(at.scenario.copies[copy].data),
            Volume::Fixed(bytes) => Amount::Bytes(bytes.bytes()),
            Volume::External(_) => Amount::Inflow(writes_of(at, row)),
        });
        let after: Vec<usize> = fit.after.iter().map(|n| *n as usize).collect();
        let mut waits_for = vec![false; fitted.steps.len()];
        for before in &after {
            waits_for[*before] = true;
            for (mine, theirs) in waits_for.iter_mut().zip(&steps[*before].waits_for) {
                *mine |= theirs;
            }
        }
        let late = matches!(step.phase, Phase::Restore | Phase::Replay | Phase::Verify | Phase::Redirect);
        steps.push(StepInfo {
            id: fit.step,
            row: step,
            after,
            starts: fit.starts.clone(),
            takes: at.fixed(fit.step, step),
            stress: at.stress(step),
            amount,
            of_point: late || matches!(amount, Amount::Point { .. } | Amount::Inflow(_)),
            waits_for,
        });
    }
    let commit = match plan.commit {
        Commit::End => None,
        Commit::Step(id) => steps.iter().position(|s| s.id == id),
        Commit::FirstRedirect => steps.iter().position(|s| s.row.phase == Phase::Redirect),
    };
    PlanInfo { row: plan, fitted, steps, commit }
}

/// Average logical bytes per second of the part of the service's data that is hit.
pub(super) fn writes_of(at: &Setting<'_>, row: &TierService) -> f64 {
    let data = at.scenario.services[row.service].data;
    data.map_or(0.0, |data| at.scenario.data[data].mean_writes().bytes_per_second() * at.row().share)
}

/// A copy that a plan can recover from.
pub(super) struct Source {
    /// `None` for a service that keeps nothing.
    pub(super) copy: Option<CopyId>,
    pub(super) finder: Finder,
    /// Seconds per logical byte of each step if nothing else runs.
    pub(super) seconds_per_byte: Vec<f64>,
    /// What each step's transfer uses: links, then copies, then pools.
    pub(super) uses: Vec<Vec<usize>>,
    /// What was not copied is joined when the lost side comes back.
    pub(super) merges: bool,
    /// It waits for another service's data.
    pub(super) gated: bool,
    /// The copy whose points decide how many it has, where an incident may leave it without: a log has as
    /// many as its base. `None`: it has none or one in every incident.
    pub(super) root: Option<CopyId>,
}

/// A plan that can be carried out.
pub(super) struct PlanOption {
    pub(super) plan: usize,
    pub(super) sources: Vec<Source>,
    pub(super) is_up: Vec<bool>,
    /// Full capacity only when the outage ends.
    pub(super) short: bool,
}

/// Whether a service goes on.
pub(super) enum Fate {
    Untouched,
    Masked { takeovers: Vec<PoolId>, diverges: bool },
    Down { own: bool, outside: bool, options: Vec<PlanOption>, after_outage: Vec<PlanOption> },
}

/// What an event does to a service.
pub(super) struct ServiceCase {
    pub(super) fate: Fate,
    /// Its data is gone for good; otherwise it is back when the outage ends.
    pub(super) data_lost: bool,
    /// Below full capacity until the outage ends.
    pub(super) short: bool,
    /// How old what is left of its copies is, if its own parts go on with it at once.
    pub(super) unsent: Vec<(CopyId, Behind)>,
    /// The same, if it goes on when the outage is over.
    pub(super) unsent_after: Vec<(CopyId, Behind)>,
}

pub(super) fn service_case(at: &Setting<'_>, case: &Case, row: &TierService, plans: &[PlanInfo<'_>]) -> ServiceCase {
    let taken = &case.taken;
    let short = row.runs.iter().any(|pool| at.lost_instances(*pool, taken) > 0);
    let outside = at.assets.needs_lost(at.scenario, row, taken);
    let data_lost = case.destroyed && !at.assets.keeps_data(at.scenario, row, taken);
    let damaged =
        case.is_logical(at) && row.copies.iter().any(|c| case.reach[c.index()] == Reach::Hit && is_live(at, *c));
    let own = !at.is_up(row, taken) || damaged;
    let unsent = super::unsent::of(at, case, row);
    let unsent_after = if case.destroyed { unsent.clone() } else { Vec::new() };
    if !own && !outside {
        return ServiceCase { fate: masked(at, case, row), data_lost, short, unsent, unsent_after };
    }
    let options = if own { options(at, case, row, plans, taken) } else { Vec::new() };
    let after_outage = if own && data_lost && at.kind() == FailureKind::Outage {
        let back = Case { open_places: true, ..case.clone() };
        self::options(at, &back, row, plans, &AssetSet::empty(at.assets.size()))
    } else {
        Vec::new()
    };
    let fate = Fate::Down { own, outside, options, after_outage };
    ServiceCase { fate, data_lost, short, unsent, unsent_after }
}

/// Damage to these copies is damage to the service.
fn is_live(at: &Setting<'_>, copy: CopyId) -> bool {
    matches!(at.scenario.copies[copy].kind, CopyKind::Primary { .. } | CopyKind::Log { acks: Some(_), .. })
}

fn masked(at: &Setting<'_>, case: &Case, row: &TierService) -> Fate {
    let hit = row.runs.iter().copied().filter(|pool| at.lost_instances(*pool, &case.taken) > 0);
    let takeovers: Vec<PoolId> = hit.filter(|pool| at.scenario.compute[*pool].takeover.is_some()).collect();
    if takeovers.is_empty() && !at.assets.holds_any(at.scenario, row, &case.taken) {
        return Fate::Untouched;
    }
    Fate::Masked { takeovers, diverges: false }
}

fn options(
    at: &Setting<'_>,
    case: &Case,
    row: &TierService,
    plans: &[PlanInfo<'_>],
    down: &AssetSet,
) -> Vec<PlanOption> {
    plans.iter().enumerate().filter_map(|(n, plan)| option(at, case, row, n, plan, down)).collect()
}

fn option(
    at: &Setting<'_>,
    case: &Case,
    row: &TierService,
    position: usize,
    plan: &PlanInfo<'_>,
    down: &AssetSet,
) -> Option<PlanOption> {
    let started = |pool: &PoolId| plan.steps.iter().any(|step| step.starts.contains(pool));
    let ready = |pool: &PoolId| row.runs.contains(pool) || row.standby.contains(pool);
    let mut short = false;
    for pool in &plan.fitted.into {
        let (lost, all) = (at.lost_instances(*pool, down), &at.scenario.compute[*pool]);
        let restarts = lost > 0 && started(pool) && case.can_restart(at, *pool);
        let there = all.instances.len() - if restarts { 0 } else { lost };
        if !(ready(pool) || started(pool)) || there < all.enough as usize {
            return None;
        }
        short |= there < all.instances.len();
    }
    let dry = |step: &StepInfo<'_>| step.row.fed_by().is_some_and(|e| down.contains(at.assets.external(e)));
    if plan.steps.iter().any(dry) || plan.fitted.moved.iter().any(|copy| finder(at, case, row, *copy).is_none()) {
        return None;
    }
    let up = |pool: &PoolId| ready(pool) && at.lost_instances(*pool, down) == 0;
    let is_up = plan.steps.iter().map(|s| !s.starts.is_empty() && s.starts.iter().all(up)).collect();
    let target = target_place(at, case, plan.fitted.into.first().copied(), row, down);
    let mut sources: Vec<Source> =
        plan.fitted.from.iter().filter_map(|copy| source(at, case, row, plan, *copy, target)).collect();
    if at.scenario.services[row.service].data.is_none() {
        let (seconds_per_byte, uses) = routes(at, case, plan, None, target);
        let finder = Finder::Derived { size: 0.0 };
        sources.push(Source { copy: None, finder, seconds_per_byte, uses, merges: false, gated: false, root: None });
    }
    (!sources.is_empty()).then_some(PlanOption { plan: position, sources, is_up, short })
}

fn source(
    at: &Setting<'_>,
    case: &Case,
    row: &TierService,
    plan: &PlanInfo<'_>,
    copy: CopyId,
    target: Option<PlaceId>,
) -> Option<Source> {
    let lenient = plan.row.when_short == Some(WhenShort::Continue);
    let moves = plan.steps.iter().any(|s| matches!(s.amount, Amount::Point { replays: false }));
    let in_place = at.acks(copy).is_some() && !moves && !case.is_logical(at);
    if in_place && !case.open_places && !at.is_writable(copy, &case.taken, lenient) {
        return None;
    }
    let (finder, gated) = finder(at, case, row, copy)?;
    let (seconds_per_byte, uses) = routes(at, case, plan, Some(copy), target);
    let endless = plan
        .steps
        .iter()
        .zip(&seconds_per_byte)
        .any(|(step, pace)| matches!(step.amount, Amount::Inflow(writes) if writes * pace >= 1.0));
    let merges = !case.destroyed && matches!(at.scenario.copies[copy].kind, CopyKind::Async { merges: true, .. });
    let root = root_of(at, case, copy, &finder);
    (!endless).then_some(Source { copy: Some(copy), finder, seconds_per_byte, uses, merges, gated, root })
}

/// The copy that says how many points a source has.
fn root_of(at: &Setting<'_>, case: &Case, copy: CopyId, finder: &Finder) -> Option<CopyId> {
    match (finder, &at.scenario.copies[copy].kind) {
        (Finder::Log(_), CopyKind::Log { bases, .. }) => {
            let there = |base: &&CopyId| at.tier.copies.contains(base) && survivor(at, case, **base).is_some();
            let mut found = bases.iter().filter(there);
            match (found.next(), found.next()) {
                (Some(base), None) => Some(*base),
                _ => Some(copy),
            }
        }
        (Finder::Runs(_) | Finder::Clean(_) | Finder::Bin { .. } | Finder::HeldBack { .. }, _) => Some(copy),
        _ => None,
    }
}

/// Where restored data goes.
fn target_place(
    at: &Setting<'_>,
    case: &Case,
    pool: Option<PoolId>,
    row: &TierService,
    down: &AssetSet,
) -> Option<PlaceId> {
    if let Some(pool) = pool {
        let (first, row) = (at.assets.pool(pool), &at.scenario.compute[pool]);
        let there = row.instances.iter().enumerate().find(|(n, _)| !down.contains(first + n));
        return there.map(|(_, i)| i.place).or(row.within).or(row.instances.first().map(|i| i.place));
    }
    let primary = row.copies.iter().find(|c| at.is_primary(**c))?;
    let (first, sites) = (at.assets.copy(*primary), &at.scenario.copies[*primary].sites);
    let there = sites.iter().enumerate().find(|(n, _)| !down.contains(first + n));
    let mut places = sites.iter().map(|site| at.scenario.site_place(*site));
    there.map(|(_, site)| at.scenario.site_place(*site)).or_else(|| places.find(|place| !case.is_closed(at, *place)))
}

/// The pace of each step alone, and what its transfer uses that others may use too.
fn routes(
    at: &Setting<'_>,
    case: &Case,
    plan: &PlanInfo<'_>,
    source: Option<CopyId>,
    target: Option<PlaceId>,
) -> (Vec<f64>, Vec<Vec<usize>>) {
    let scenario = at.scenario;
    let rate = |limit: Option<BytesPerSecond>| limit.map(BytesPerSecond::bytes_per_second);
    let (links, copies) = (scenario.links.len(), scenario.copies.len());
    let mut paces = Vec::new();
    let mut uses = Vec::new();
    for step in &plan.steps {
        let Some(work) = &step.row.work else {
            paces.push(0.0);
            uses.push(Vec::new());
            continue;
        };
        // A copy that a step moves by name is read where it lies.
        let source = step.row.moved_copy().or(source);
        let compression = source.map_or(1.0, |copy| scenario.copies[copy].compression);
        let ends = source.and_then(|copy| case.place_of(at, copy)).zip(target);
        let link = work.over.or_else(|| ends.and_then(|(from, to)| scenario.link_between(from, to)));
        let shared = [
            link.map(|l| (l.index(), case.left[l.index()] * compression)).filter(|(_, pace)| pace.is_finite()),
            source.and_then(|c| Some((links + c.index(), rate(scenario.copies[c].read_rate)?))),
            plan.fitted
                .into
                .first()
                .and_then(|p| Some((links + copies + p.index(), rate(scenario.compute[*p].write_rate)?))),
        ];
        let own = rate(work.rate).map_or(f64::INFINITY, |rate| rate * f64::from(work.streams));
        let fastest = shared.iter().flatten().map(|(_, limit)| *limit).fold(own, f64::min);
        paces.push(1.0 / fastest);
        uses.push(shared.iter().flatten().map(|(n, _)| *n).collect());
    }
    (paces, uses)
}

/// How a copy's points are found after this event, and whether they wait for another service.
fn finder(at: &Setting<'_>, case: &Case, row: &TierService, copy: CopyId) -> Option<(Finder, bool)> {
    if matches!(at.scenario.copies[copy].kind, CopyKind::Derived { .. }) {
        return derived(at, case, row, copy);
    }
    survivor(at, case, copy).map(|finder| (finder, false))
}

fn survivor(at: &Setting<'_>, case: &Case, copy: CopyId) -> Option<Finder> {
    if case.is_logical(at) { after_damage(at, case, copy) } else { after_loss(at, case, copy) }
}

/// Outage and partition: what is left of the sites decides.
fn after_loss(at: &Setting<'_>, case: &Case, copy: CopyId) -> Option<Finder> {
    let row = &at.scenario.copies[copy];
    let size = size_of(at, copy);
    let lost = at.lost_sites(copy, &case.taken);
    if lost == row.sites.len() {
        return None;
    }
    match &row.kind {
        CopyKind::Primary { acks, .. } => {
            let complete = lost < *acks as usize && !at.has_log(copy);
            let own = || super::lag::own_lag(at, copy).unwrap_or(Behind::NOTHING);
            Some(Finder::Living { behind: if complete { Behind::NOTHING } else { own() }, size })
        }
        CopyKind::Async { .. } => Some(Finder::Living { behind: chain(at, copy, true), size }),
        CopyKind::Backup { .. } => runs(at, copy).map(|runs| Finder::Runs(Box::new(runs))),
        CopyKind::Log { acks, .. } => {
            let complete = acks.is_some_and(|acks| lost < acks as usize);
            log(at, case, copy, complete).map(|log| Finder::Log(Box::new(log)))
        }
        CopyKind::SoftDelete { .. } | CopyKind::Derived { .. } => None,
    }
}

/// Deletion, corruption, compromise: whether the damage reached it decides, and who held it.
fn after_damage(at: &Setting<'_>, case: &Case, copy: CopyId) -> Option<Finder> {
    let row = &at.scenario.copies[copy];
    let (reach, size) = (case.reach[copy.index()], size_of(at, copy));
    let compromise = at.kind() == FailureKind::Compromise;
    let clean = compromise && case.is_clean(at, copy);
    let entered = compromise && at.row().taints == Taints::Entry && !clean;
    let needed_lock = |locked: Option<Seconds>| {
        let hit = reach == Reach::Hit || (compromise && case.holds_account(row.account));
        if hit { locked.map(|lock| Some(lock.seconds())) } else { Some(None) }
    };
    let behind = || chain(at, copy, true);
    let delay = row.edge.delay.map_or(0.0, Seconds::seconds);
    match &row.kind {
        CopyKind::Primary { .. } | CopyKind::Async { .. } => match reach {
            Reach::Hit => None,
            Reach::After(held) => (held > 0.0).then(|| Finder::HeldBack { delay: held, behind: behind(), size }),
            Reach::Spared if entered => Some(Finder::HeldBack { delay, behind: behind(), size }),
            Reach::Spared => Some(Finder::Spared { behind: behind(), size }),
        },
        CopyKind::Backup { locked, .. } => {
            let runs = runs(at, copy)?;
            let last = case.last_run(at, copy, runs.takes);
            let runs = Finder::Runs(Box::new(Runs { lock: needed_lock(*locked)?, last, ..runs }));
            Some(if clean { Finder::Clean(Box::new(runs)) } else { runs })
        }
        CopyKind::Log { locked, .. } => {
            let (lock, stops) = (needed_lock(*locked)?, case.stops(at, copy));
            let stopped = at.sources(copy).skip(1).find(|here| !stops && case.stops(at, *here));
            let stopped = stopped.map_or(Behind::NOTHING, |here| chain(at, here, true));
            Some(Finder::Log(Box::new(Log { clean, lock, stops, stopped, ..log(at, case, copy, false)? })))
        }
        CopyKind::SoftDelete { keep, bypass, replicated } => {
            let of_hit = matches!(row.of, Some(Upstream::Copy(up)) if match case.reach[up.index()] {
                Reach::Hit => true,
                Reach::After(_) => *replicated,
                Reach::Spared => false,
            });
            (at.kind() == FailureKind::Deletion && of_hit && reach != Reach::Hit)
                .then(|| Finder::Bin { keep: keep.seconds(), bypass: bypass.value() })
        }
        CopyKind::Derived { .. } => None,
    }
}

/// The runs of a backup of which nothing is taken and that nothing stops; `None` if it is none.
pub(super) fn runs(at: &Setting<'_>, copy: CopyId) -> Option<Runs> {
    let row = &at.scenario.copies[copy];
    let CopyKind::Backup { schedule, takes, travel, full_every, fails, keep, .. } = &row.kind else { return None };
    let data = &at.scenario.data[row.data];
    let takes = at.span(takes, Cause::Copy(copy, "takes"));
    let travel = travel.as_ref().map_or(Span::ZERO, |t| at.span(t, Cause::Copy(copy, "travel")));
    let gap = schedule.mean_gap().seconds();
    let cycle = full_every.map_or(1, |full| (full.seconds() / gap).round().max(1.0) as u64);
    let chain_runs = longest_chain(cycle, fails.value());
    let gaps = match schedule {
        Schedule::Every { interval, .. } => Gaps::even(interval.seconds(), takes.hi, chain_runs),
        Schedule::Cron { starts, .. } => Gaps::uneven(starts, takes.hi, chain_runs, cycle),
    };
    let upstream = chain(at, copy, false);
    // A run that comes late comes before the next one all the same.
    let in_order = takes.hi + travel.hi - takes.lo - travel.lo <= gaps.shortest();
    let regular = cycle > 1 && fails.value() == 0.0 && !upstream.may_miss && !gaps.may_skip();
    let dwell = at.row().dwell.as_ref().map_or(0.0, |dwell| at.span(dwell, Cause::Failure(at.failure, "dwell")).hi);
    // What is kept no longer is no point.
    let since = dwell.max(takes.hi + travel.hi).min(keep.seconds());
    let places = match schedule {
        _ if !regular || !in_order => None,
        Schedule::Every { interval, .. } => Some(Cycle::Even { runs: cycle, interval: interval.seconds() }),
        Schedule::Cron { starts, .. } => Cycle::uneven(starts, cycle, since, upstream.age.hi),
    };
    Some(Runs {
        copy,
        gaps,
        takes,
        usable_after: takes.plus(travel),
        fails: fails.value(),
        keep: keep.seconds(),
        lock: None,
        last: Span::exactly(f64::NEG_INFINITY),
        cycle,
        places,
        upstream,
        size: size_of(at, copy),
        writes: data.mean_writes().bytes_per_second() * at.row().share,
    })
}

fn log(at: &Setting<'_>, case: &Case, copy: CopyId, complete: bool) -> Option<Log> {
    let row = &at.scenario.copies[copy];
    let CopyKind::Log { lag, bases, keep, .. } = &row.kind else { return None };
    let up = at.source_of(copy).filter(|up| matches!(row.of, Some(Upstream::Copy(_))) && !at.is_primary(*up));
    let mut parts: Vec<Behind> = up.map(|up| chain(at, up, true)).into_iter().collect();
    if let (Some(_), false) = (lag, complete) {
        parts.extend(super::lag::own_lag(at, copy));
    }
    let in_tier = bases.iter().filter(|base| at.tier.copies.contains(base));
    let found: Vec<Finder> = in_tier.filter_map(|base| survivor(at, case, *base)).collect();
    if !bases.is_empty() && found.is_empty() {
        return None;
    }
    Some(Log {
        copy,
        behind: Behind::sum(&parts),
        stops: false,
        stopped: Behind::NOTHING,
        bases: (!bases.is_empty()).then_some(found),
        keep: keep.seconds(),
        lock: None,
        clean: false,
        size: size_of(at, copy),
        writes: at.scenario.data[row.data].mean_writes().bytes_per_second() * at.row().share,
    })
}

/// A derived copy: nothing is lost while its input can be reached; else what it holds itself.
fn derived(at: &Setting<'_>, case: &Case, row: &TierService, copy: CopyId) -> Option<(Finder, bool)> {
    let scenario = at.scenario;
    let own = &scenario.copies[copy];
    let size = size_of(at, copy);
    let logical = case.is_logical(at);
    let held = case.holds_account(own.account) || case.reach[copy.index()] == Reach::Hit;
    let (lost, all) = (at.lost_sites(copy, &case.taken), own.sites.len());
    if (logical && held) || (all > 0 && lost == all && !case.open_places) {
        return None;
    }
    let fresh = Finder::Derived { size };
    let upstream = own.of?;
    let (input, source) = match upstream {
        Upstream::External(external) => {
            let reached = case.open_places || !case.taken.contains(at.assets.external(external));
            if reached || all == 0 {
                return reached.then_some((fresh, false));
            }
            return Some((Finder::Living { behind: chain(at, copy, true), size }, false));
        }
        Upstream::Data(data) => (data, at.primary_of(data)),
        Upstream::Copy(up) => (scenario.copies[up].data, Some(up)),
    };
    if logical {
        let clean = source.is_none_or(|up| case.reach[up.index()] == Reach::Spared);
        let kept_out = source.is_some_and(|up| case.is_clean(at, up));
        let tainted = at.kind() == FailureKind::Compromise && at.row().taints == Taints::Entry && !kept_out;
        return (clean && !tainted).then_some((fresh, false));
    }
    let owner = at
        .tier
        .services
        .iter()
        .position(|s| s.service != row.service && scenario.services[s.service].data == Some(input));
    let gated = owner.is_some_and(|n| case.down.contains(&n));
    let input_lost = source.is_some_and(|up| at.lost_sites(up, &case.taken) == scenario.copies[up].sites.len());
    if owner.is_none() && input_lost {
        return None;
    }
    Some((fresh, gated))
}
