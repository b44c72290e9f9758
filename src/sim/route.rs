//! What transfers share: links, the reading side, the writing side; and whether anything can wait.

use super::impact::{Fate, Impact};
use super::program::{Amount, Context, FailureProgram, PlanProgram, StepProgram};
use super::streams::streams;
use crate::id::{CopyId, Id, LinkId, PlaceId, PoolId};
use crate::model::CopyKind;

/// How a transfer step of a plan runs for one source and target.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Seconds per logical byte if nothing else runs.
    pub(super) seconds_per_byte: f64,
    /// The most that the step itself does, logical bytes per second.
    pub(super) own_limit: f64,
    /// Logical bytes per stored byte.
    pub(super) compression: f64,
    /// What it shares, and how much of it a logical byte takes.
    pub(super) shares: Vec<(usize, f64)>,
}

/// Capacities: each link's in stored bytes per second, then what each copy gives and each pool takes
/// in logical bytes per second. Infinite where nothing is said.
pub(super) fn resources(ctx: &Context<'_>) -> Vec<f64> {
    let limit = |rate: Option<crate::units::BytesPerSecond>| rate.map_or(f64::INFINITY, |r| r.bytes_per_second());
    let scenario = ctx.scenario;
    let links = scenario.links.rows().iter().map(|link| limit(link.bandwidth));
    let copies = scenario.copies.rows().iter().map(|copy| limit(copy.read_rate));
    let pools = scenario.compute.rows().iter().map(|pool| limit(pool.write_rate));
    links.chain(copies).chain(pools).collect()
}

/// The route of each step of a plan, from a copy at one place into pools at another. A step that moves
/// another copy by name reads that one, where it lies.
///
/// `place`: where a copy is read.
pub(super) fn routes(
    ctx: &Context<'_>,
    plan: &PlanProgram,
    resources: &[f64],
    source: Option<CopyId>,
    place: impl Fn(CopyId) -> Option<PlaceId>,
    target: Option<PlaceId>,
) -> Vec<Route> {
    let scenario = ctx.scenario;
    let (link_count, copy_count) = (scenario.links.len(), scenario.copies.len());
    let pool: Option<PoolId> = plan.fitted.into.first().copied();
    plan.steps
        .iter()
        .map(|step| {
            let source = scenario.steps[step.step].moved_copy().or(source);
            let compression = source.map_or(1.0, |copy| scenario.copies[copy].compression);
            let ends = source.and_then(&place).zip(target);
            let between = ends.and_then(|(from, to)| scenario.link_between(from, to));
            let Some(work) = scenario.steps[step.step].work.as_ref() else {
                return Route { seconds_per_byte: 0.0, own_limit: f64::INFINITY, compression, shares: Vec::new() };
            };
            let own_limit = work.rate.map_or(f64::INFINITY, |r| r.bytes_per_second() * f64::from(work.streams));
            let link: Option<LinkId> = work.over.or(between);
            let mut shares = Vec::new();
            let mut share = |index: usize, weight: f64| {
                if resources[index].is_finite() {
                    shares.push((index, weight));
                }
            };
            if let Some(link) = link {
                share(link.index(), 1.0 / compression);
            }
            if let Some(copy) = source {
                share(link_count + copy.index(), 1.0);
            }
            if let Some(pool) = pool {
                share(link_count + copy_count + pool.index(), 1.0);
            }
            let alone = shares.iter().map(|(index, weight)| resources[*index] / weight).fold(own_limit, f64::min);
            Route { seconds_per_byte: 1.0 / alone, own_limit, compression, shares }
        })
        .collect()
}

/// Whether any step of the failure's plans may have to wait for a link, a person or another
/// service's data. If not, a plan's time is a plain walk over its graph.
pub(super) fn may_contend(program: &FailureProgram) -> bool {
    if program.spreads.is_some() && program.services.len() > 1 {
        return true;
    }
    // Steps that may run at the same time: of different services, or unordered in one plan.
    let plans: Vec<(usize, &PlanProgram)> =
        program.services.iter().enumerate().flat_map(|(n, s)| s.plans.iter().map(move |p| (n, p))).collect();
    let several = program
        .impacts
        .iter()
        .any(|impact| impact.services.iter().filter(|s| matches!(s.fate, Fate::Down { own: true, .. })).count() > 1);
    if program.impacts.iter().any(|impact| impact.services.iter().any(|s| s.fate.is_gated())) {
        return true;
    }
    for (n, (service, plan)) in plans.iter().enumerate() {
        for (a, first) in plan.steps.iter().enumerate() {
            let later = plan.steps.iter().enumerate().skip(a + 1);
            if later.filter(|(b, _)| !is_before(plan, a, *b)).any(|(_, second)| collide(program, first, second)) {
                return true;
            }
            let others = plans.iter().skip(n + 1).filter(|(other, _)| several && other != service);
            let one = |second: &StepProgram| first.shared && first.step == second.step;
            if others.flat_map(|(_, p)| &p.steps).any(|second| one(second) || collide(program, first, second)) {
                return true;
            }
        }
    }
    false
}

/// A step that an event may call for.
struct Job<'a> {
    service: usize,
    plan: &'a PlanProgram,
    at: usize,
    /// What its transfer shares, from any source of the plan.
    uses: Vec<usize>,
    /// It belongs to the first plan of its service.
    is_first: bool,
}

impl Job<'_> {
    fn step(&self) -> &StepProgram {
        &self.plan.steps[self.at]
    }

    /// Whether both may be under way at the same time: of different services, or unordered in one plan.
    fn is_beside(&self, other: &Self) -> bool {
        let ordered = || {
            is_before(self.plan, self.at, other.at) || is_before(self.plan, other.at, self.at) || self.at == other.at
        };
        self.service != other.service || (std::ptr::eq(self.plan, other.plan) && !ordered())
    }

    /// Whether it is done once for both services.
    fn is_one_with(&self, other: &Self) -> bool {
        self.step().shared && self.step().step == other.step().step
    }

    fn shares_with(&self, other: &Self) -> bool {
        other.uses.iter().any(|resource| self.uses.contains(resource))
    }
}

/// Two steps of the first plans of an impact that hinder each other if they are under way at the same time,
/// each as service and position; or that are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clash {
    pub(super) steps: [(usize, usize); 2],
    pub(super) one: bool,
}

/// What may have to wait after an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Contention {
    /// Whether any step may have to wait for what another takes: a link, a person, data.
    pub(super) any: bool,
    /// Nobody waits, but for the data of services before it, in incidents in which the first plans succeed
    /// and none of these meet; `None`: there is no telling.
    pub(super) clashes: Option<Vec<Clash>>,
}

/// What may have to wait of the plans that an event leaves. Narrower than [`may_contend`]: steps that take no
/// time, as what they start is up, and plans that cannot be carried out keep nobody waiting.
pub(super) fn contention(program: &FailureProgram, impact: &Impact) -> Contention {
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let (mut gated, mut in_order) = (false, true);
    for (service, row) in impact.services.iter().enumerate() {
        let Fate::Down { own: true, options, after_outage, .. } = &row.fate else { continue };
        gated |= row.fate.is_gated();
        in_order &= options.first().and_then(|option| option.sources[0].gate).is_none_or(|gate| gate < service);
        for (n, option) in options.iter().chain(after_outage).enumerate() {
            let plan = &program.services[service].plans[option.plan];
            for at in (0..plan.steps.len()).filter(|at| !option.is_up[*at]) {
                let shares = option.sources.iter().flat_map(|source| &source.routes[at].shares);
                let moves = plan.steps[at].amount != Amount::Nothing;
                let uses = shares.filter(|_| moves).map(|(resource, _)| *resource).collect();
                jobs.push(Job { service, plan, at, uses, is_first: n == 0 });
            }
        }
    }
    let mut waiting_for = vec![0_u32; program.people.len()];
    for (n, job) in jobs.iter().enumerate() {
        let rival =
            |(m, other): (usize, &Job<'_>)| m != n && other.step().role == job.step().role && job.is_beside(other);
        if let Some(role) = job.step().role.filter(|_| jobs.iter().enumerate().any(rival)) {
            waiting_for[role] += 1;
        }
    }
    let scarce = |role: usize| waiting_for[role] > program.people[role];
    let mut all = Contention { any: gated, clashes: None };
    let mut clashes = Vec::new();
    for (n, first) in jobs.iter().enumerate() {
        for second in jobs[n + 1..].iter().filter(|second| first.is_beside(second)) {
            let one = first.is_one_with(second);
            let people = first.step().role == second.step().role && first.step().role.is_some_and(scarce);
            if one || people || first.shares_with(second) {
                all.any = true;
                if first.is_first && second.is_first {
                    let steps = [(first.service, first.at), (second.service, second.at)];
                    clashes.push(Clash { steps, one });
                }
            }
        }
    }
    all.clashes = in_order.then_some(clashes);
    all
}

/// Whether plans of different services of the tier may have to wait for one another when failures
/// overlap, so that each service carries out a plan of any of these programs.
pub(super) fn services_meet(ctx: &Context<'_>, programs: &[FailureProgram]) -> bool {
    let count = ctx.tier.services.len();
    if count < 2 {
        return false;
    }
    let scenario = ctx.scenario;
    // Data that is computed from another service's waits for it.
    let computed = |copy: &CopyId| matches!(scenario.copies[*copy].kind, CopyKind::Derived { .. });
    if ctx.tier.copies.iter().any(computed) {
        return true;
    }
    let plans = |n: usize| programs.iter().filter_map(move |program| program.services.get(n)).flat_map(|s| &s.plans);
    let moves = |n: usize| plans(n).flat_map(|plan| &plan.steps).any(|step| step.amount != Amount::Nothing);
    let transfers = (0..count).filter(|n| moves(*n)).count();
    let finite = resources(ctx).iter().any(|capacity| capacity.is_finite());
    if transfers > 0 && finite && (transfers > 1 || !streams(ctx).is_empty()) {
        return true;
    }
    if (0..count).flat_map(plans).flat_map(|plan| &plan.steps).any(|step| step.shared) {
        return true;
    }
    // The most people of a role that the plan of a service can take at the same time.
    let takes = |n: usize, role: usize| {
        let of_plan = |plan: &PlanProgram| {
            let steps = plan.steps.iter().filter(|step| step.role == Some(role)).count();
            if plan.is_chain { steps.min(1) } else { steps }
        };
        plans(n).map(of_plan).max().unwrap_or(0)
    };
    let mut roles = scenario.roles.rows().iter().enumerate();
    roles.any(|(role, row)| (0..count).map(|n| takes(n, role)).sum::<usize>() > row.people as usize)
}

/// Whether two steps at the same time can slow each other down. Transfers may share a link that
/// depends on their source, so any finite capacity counts.
fn collide(program: &FailureProgram, first: &StepProgram, second: &StepProgram) -> bool {
    let transfers = first.amount != Amount::Nothing && second.amount != Amount::Nothing;
    let steps = || program.services.iter().flat_map(|s| &s.plans).flat_map(|p| &p.steps);
    let people = first.role.is_some_and(|role| {
        second.role == Some(role) && (program.people[role] as usize) < steps().filter(|s| s.role == Some(role)).count()
    });
    (transfers && program.resources.iter().any(|r| r.is_finite())) || people
}

/// Whether step `b` of a plan waits, directly or not, for step `a`.
fn is_before(plan: &PlanProgram, a: usize, b: usize) -> bool {
    let mut reached = vec![false; plan.steps.len()];
    reached[a] = true;
    for n in a + 1..=b {
        reached[n] = plan.steps[n].after.iter().any(|p| reached[*p as usize]);
    }
    reached[b]
}
