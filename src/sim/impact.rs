//! What an event does to a tier: which services are down, and which plans can bring them back from
//! which copies. Everything here follows from the set of lost assets alone.

use super::finder::Survival;
use super::point::PointFinder;
use super::program::{Amount, Context, FailureProgram, ServiceProgram, StepProgram};
use super::random::Draw;
use super::route::{Contention, Route, contention, routes};
use super::unsent::Unsent;
use crate::id::{CopyId, PlaceId, PoolId};
use crate::model::{AssetSet, CopyKind, FailureKind, Target, TierService, Upstream, WhenShort};

/// What one event does to each service of the tier, in the tier's order.
pub(super) struct Impact {
    pub(super) services: Vec<ServiceImpact>,
    /// Capacities of what transfers share, less what goes on beside them.
    pub(super) capacities: Vec<f64>,
    /// What of the plans that it leaves may have to wait. Years, in which failures overlap, have the word of
    /// the whole program instead.
    pub(super) contention: Contention,
}

/// What one event does to one service.
pub(super) struct ServiceImpact {
    pub(super) fate: Fate,
    /// Its data is gone for good; otherwise it is back when the outage ends.
    pub(super) data_lost: bool,
    /// Its own parts that are hit keep it below full capacity until the outage ends.
    pub(super) short: bool,
    /// Writes that are gone if its own parts go on with what is left, and if they do so only when the outage
    /// is over.
    pub(super) unsent: Vec<Unsent>,
    pub(super) unsent_after: Vec<Unsent>,
}

/// Whether a service goes on.
pub(super) enum Fate {
    /// Nothing of it is hit.
    Untouched,
    /// It goes on after the longest of these interruptions.
    Masked {
        takeovers: Vec<Draw>,
        /// Writes of a cut-off side are dropped when the sides meet again.
        diverges: bool,
    },
    /// Users have no service.
    Down {
        /// Its own parts are hit; otherwise only what it needs.
        own: bool,
        /// Something outside that it needs is back only when the outage ends.
        waits_for_outside: bool,
        /// Plans that can be carried out now, best first.
        options: Vec<PlanOption>,
        /// Plans that can be carried out once the outage is over but the data is destroyed.
        after_outage: Vec<PlanOption>,
    },
}

impl Fate {
    /// Whether a plan waits for another service's data.
    pub(super) fn is_gated(&self) -> bool {
        let gated = |options: &[PlanOption]| options.iter().any(|o| o.sources.iter().any(|s| s.gate.is_some()));
        matches!(self, Self::Down { options, after_outage, .. } if gated(options) || gated(after_outage))
    }
}

/// A plan that can be carried out.
pub(super) struct PlanOption {
    /// Position among the service's plans.
    pub(super) plan: usize,
    pub(super) sources: Vec<SourceOption>,
    /// Steps that take no time because what they start is up.
    pub(super) is_up: Vec<bool>,
    /// Some of the compute that serves afterwards is back only when the outage ends.
    pub(super) short: bool,
}

/// A copy that a plan can recover from.
pub(super) struct SourceOption {
    /// `None` for a service that keeps nothing.
    pub(super) copy: Option<CopyId>,
    pub(super) finder: PointFinder,
    pub(super) routes: Vec<Route>,
    /// What was not copied yet is joined when the lost side comes back.
    pub(super) merges: bool,
    /// Position of the service whose data must be back first.
    pub(super) gate: Option<usize>,
}

/// Whether something outside that copies of the tier are computed from is among `taken`.
pub(super) fn lacks_input(ctx: &Context<'_>, taken: &AssetSet) -> bool {
    let lost = |copy: &CopyId| match ctx.scenario.copies[*copy].of {
        Some(Upstream::External(external)) => taken.contains(ctx.assets.external(external)),
        _ => false,
    };
    ctx.tier.copies.iter().any(lost)
}

pub(super) fn lost_instances(ctx: &Context<'_>, pool: PoolId, taken: &AssetSet) -> usize {
    ctx.assets.lost_instances(ctx.scenario, pool, taken)
}

pub(super) fn lost_sites(ctx: &Context<'_>, copy: CopyId, taken: &AssetSet) -> usize {
    ctx.assets.lost_sites(ctx.scenario, copy, taken)
}

/// How many places of a copy a write waits for, and whether it goes on with one.
pub(super) fn acks(ctx: &Context<'_>, copy: CopyId) -> Option<(usize, WhenShort)> {
    match &ctx.scenario.copies[copy].kind {
        CopyKind::Primary { acks, when_short, .. } => Some((*acks as usize, *when_short)),
        CopyKind::Log { acks: Some(acks), when_short, .. } => Some((*acks as usize, *when_short)),
        _ => None,
    }
}

/// Whether writes to a copy go on with what is left of it.
fn is_writable(ctx: &Context<'_>, copy: CopyId, taken: &AssetSet, lenient: bool) -> bool {
    let Some((acks, when_short)) = acks(ctx, copy) else { return true };
    let left = ctx.scenario.copies[copy].sites.len() - lost_sites(ctx, copy, taken);
    left >= acks || (left >= 1 && (lenient || when_short == WhenShort::Continue))
}

/// Whether a service's own parts let it go on: pools with enough, copies that can be written.
fn is_up(ctx: &Context<'_>, row: &TierService, taken: &AssetSet) -> bool {
    let pools = row.runs.iter().all(|pool| {
        let (lost, all) = (lost_instances(ctx, *pool, taken), &ctx.scenario.compute[*pool]);
        if all.sharded { lost == 0 } else { all.instances.len() - lost >= all.enough as usize }
    });
    pools && takes_writes(ctx, row, taken)
}

/// Whether every copy that writes go to can be written with what is left of it.
pub(super) fn takes_writes(ctx: &Context<'_>, row: &TierService, taken: &AssetSet) -> bool {
    row.copies.iter().all(|copy| is_writable(ctx, *copy, taken, false))
}

/// Places left of the copies that writes wait for.
pub(super) fn places_left(ctx: &Context<'_>, row: &TierService, taken: &AssetSet) -> usize {
    let left = |copy: &CopyId| ctx.scenario.copies[*copy].sites.len() - lost_sites(ctx, *copy, taken);
    row.copies.iter().filter(|copy| acks(ctx, **copy).is_some()).map(left).sum()
}

impl Impact {
    /// Whether all that is told of two impacts that nobody feels is the same.
    pub(super) fn is_told_like(&self, other: &Self) -> bool {
        let told = |impact: &ServiceImpact| (impact.short, impact.data_lost);
        self.services.iter().map(told).eq(other.services.iter().map(told))
    }

    /// What the event that hits these members does, given everything that it takes.
    pub(super) fn new(
        ctx: &Context<'_>,
        program: &FailureProgram,
        members: &[usize],
        taken: &AssetSet,
        destroyed: bool,
    ) -> Self {
        let targets: Vec<Target> =
            members.iter().flat_map(|m| ctx.scenario.failures[ctx.failure].members[*m].targets.clone()).collect();
        let gone = if destroyed { taken.clone() } else { AssetSet::empty(ctx.assets.size()) };
        let survival = Survival::new(ctx, &targets, taken, destroyed);
        let mut impact = Self::of(ctx, program, survival, &gone);
        impact.contention = contention(program, &impact);
        impact
    }

    /// What it does to lose so much, of which `gone` does not come back.
    pub(super) fn of(ctx: &Context<'_>, program: &FailureProgram, mut survival: Survival<'_>, gone: &AssetSet) -> Self {
        let one = |n: usize, row: &TierService, survival: &Survival<'_>, places: &[Option<PlaceId>]| {
            let needs: Vec<PlaceId> = program.services[n].needs.iter().filter_map(|need| places[*need]).collect();
            super::sides::judge(ctx, &program.services[n], row, (survival, gone), &needs)
        };
        let mut services: Vec<ServiceImpact> = Vec::new();
        // The regions where they go on.
        let mut places: Vec<Option<PlaceId>> = Vec::new();
        for (n, row) in ctx.tier.services.iter().enumerate() {
            let (impact, place) = one(n, row, &survival, &places);
            places.push(place.filter(|_| !matches!(impact.fate, Fate::Down { .. })));
            let needs_down = program.services[n].needs.iter().any(|m| matches!(services[*m].fate, Fate::Down { .. }));
            if matches!(impact.fate, Fate::Down { .. }) {
                survival.down.push(n);
            }
            services.push(impact.if_needs(needs_down));
        }
        // A second pass knows all services that are down, so that derived data waits for its input
        // wherever the input's service stands, and what the others go on writing over the links.
        let going: Vec<f64> = services.iter().map(|s| s.goes_on(ctx, &survival)).collect();
        let left = super::streams::left(ctx, &survival, &going);
        if (survival.down.len() > 1 && !survival.logical()) || left != survival.capacities {
            survival.capacities = left;
            for (n, row) in ctx.tier.services.iter().enumerate().filter(|(n, _)| survival.down.contains(n)) {
                services[n] = one(n, row, &survival, &places).0;
            }
        }
        for ((impact, service), row) in services.iter_mut().zip(&program.services).zip(&ctx.tier.services) {
            if let Fate::Down { options, after_outage, .. } = &mut impact.fate {
                for options in [options, after_outage] {
                    super::choice::order_options(program, service, row.policy, options);
                }
            }
        }
        Self { services, capacities: survival.capacities, contention: Contention::default() }
    }
}

impl ServiceImpact {
    /// Whether service goes on as if nothing were lost.
    pub(super) fn is_unfelt(&self) -> bool {
        let goes_on = match &self.fate {
            Fate::Untouched => true,
            Fate::Masked { takeovers, diverges } => takeovers.is_empty() && !diverges,
            Fate::Down { .. } => false,
        };
        goes_on && self.unsent.is_empty()
    }

    /// The share of its usual writes that the service goes on with: damage to a part leaves the rest.
    fn goes_on(&self, ctx: &Context<'_>, survival: &Survival<'_>) -> f64 {
        match self.fate {
            Fate::Down { .. } if survival.logical() => 1.0 - ctx.share(),
            Fate::Down { .. } => 0.0,
            _ => 1.0,
        }
    }

    /// Something that it needs is not there until the outage ends.
    pub(super) fn lack_outside(&mut self) {
        match &mut self.fate {
            Fate::Down { waits_for_outside, .. } => *waits_for_outside = true,
            fate => {
                *fate =
                    Fate::Down { own: false, waits_for_outside: true, options: Vec::new(), after_outage: Vec::new() };
            }
        }
    }

    fn if_needs(mut self, down: bool) -> Self {
        if down && !matches!(self.fate, Fate::Down { .. }) {
            self.fate =
                Fate::Down { own: false, waits_for_outside: false, options: Vec::new(), after_outage: Vec::new() };
        }
        self
    }

    /// What it does where every part of the service that is not lost reaches every other.
    pub(super) fn new(
        ctx: &Context<'_>,
        service: &ServiceProgram,
        row: &TierService,
        survival: &Survival<'_>,
        gone: &AssetSet,
    ) -> Self {
        let taken = &survival.taken;
        let short = row.runs.iter().any(|pool| lost_instances(ctx, *pool, taken) > 0);
        let waits_for_outside = ctx.assets.needs_lost(ctx.scenario, row, taken);
        let data_lost = survival.destroyed && !ctx.assets.keeps_data(ctx.scenario, row, gone);
        let own = survival.displaced.is_some_and(|n| ctx.tier.services[n].service == row.service)
            || !is_up(ctx, row, taken)
            || row.copies.iter().any(|copy| survival.breaks_service(ctx, *copy));
        let unsent = Unsent::of(ctx, survival, row, taken, survival.destroyed);
        let unsent_after = Unsent::of(ctx, survival, row, gone, true);
        if !own && !waits_for_outside {
            return Self { fate: masked(ctx, row, survival), data_lost, short, unsent, unsent_after };
        }
        let options = if own { options(ctx, service, row, survival, taken) } else { Vec::new() };
        let after_outage = if own && data_lost && survival.kind == FailureKind::Outage {
            options_after(ctx, service, row, survival)
        } else {
            Vec::new()
        };
        let fate = Fate::Down { own, waits_for_outside, options, after_outage };
        Self { fate, data_lost, short, unsent, unsent_after }
    }
}

fn masked(ctx: &Context<'_>, row: &TierService, survival: &Survival<'_>) -> Fate {
    let taken = &survival.taken;
    let key = |pool: PoolId| ctx.key.of("takeover").of(&ctx.scenario.compute[pool].name);
    let takeovers: Vec<Draw> = row
        .runs
        .iter()
        .filter(|pool| lost_instances(ctx, **pool, taken) > 0)
        .filter_map(|pool| ctx.scenario.compute[*pool].takeover.as_ref().map(|t| ctx.draw(key(*pool), t)))
        .collect();
    if takeovers.is_empty() && !ctx.assets.holds_any(ctx.scenario, row, taken) {
        return Fate::Untouched;
    }
    Fate::Masked { takeovers, diverges: false }
}

/// Plans that can be carried out while `down` is lost for service; copies survive as `survival` says.
fn options(
    ctx: &Context<'_>,
    service: &ServiceProgram,
    row: &TierService,
    survival: &Survival<'_>,
    down: &AssetSet,
) -> Vec<PlanOption> {
    (0..service.plans.len()).filter_map(|plan| option(ctx, service, row, survival, down, plan)).collect()
}

/// Plans for when the outage is over and the places are back, but not the data.
fn options_after(
    ctx: &Context<'_>,
    service: &ServiceProgram,
    row: &TierService,
    survival: &Survival<'_>,
) -> Vec<PlanOption> {
    let nothing = AssetSet::empty(ctx.assets.size());
    let back = survival.with_places_back();
    options(ctx, service, row, &back, &nothing)
}

fn option(
    ctx: &Context<'_>,
    service: &ServiceProgram,
    row: &TierService,
    survival: &Survival<'_>,
    down: &AssetSet,
    position: usize,
) -> Option<PlanOption> {
    let scenario = ctx.scenario;
    let plan = &service.plans[position];
    let started = |pool: &PoolId| plan.steps.iter().any(|step| step.starts.contains(pool));
    let mut short = false;
    let elsewhere = survival.elsewhere.is_some_and(|n| ctx.tier.services[n].service == row.service);
    let there_already = elsewhere && plan.fitted.into == row.runs;
    for pool in plan.fitted.into.iter().filter(|_| !there_already) {
        let (lost, all) = (lost_instances(ctx, *pool, down), &scenario.compute[*pool]);
        let restarts = lost > 0 && started(pool) && survival.can_restart(ctx, *pool);
        let ready = row.runs.contains(pool) || row.standby.contains(pool) || started(pool);
        let there = all.instances.len() - if restarts { 0 } else { lost };
        if !ready || there < all.enough as usize {
            return None;
        }
        short |= there < all.instances.len();
    }
    let fed_by = |step: &StepProgram| scenario.steps[step.step].fed_by();
    let dry = |step: &StepProgram| fed_by(step).is_some_and(|external| down.contains(ctx.assets.external(external)));
    if plan.steps.iter().any(dry) || plan.fitted.moved.iter().any(|copy| survival.finder(ctx, row, *copy).is_none()) {
        return None;
    }
    let is_up = plan
        .steps
        .iter()
        .map(|step| {
            let ready = |pool: &PoolId| row.runs.contains(pool) || row.standby.contains(pool);
            !step.starts.is_empty()
                && step.starts.iter().all(|pool| ready(pool) && lost_instances(ctx, *pool, down) == 0)
        })
        .collect();
    let target = target_place(ctx, survival, plan.fitted.into.first().copied(), row, down);
    let lenient = scenario.plans[plan.plan].when_short == Some(WhenShort::Continue);
    let moves = plan.steps.iter().any(|s| matches!(s.amount, Amount::Point { replays: false }));
    let source = |copy: CopyId| {
        let in_place = acks(ctx, copy).is_some() && !moves && !survival.logical();
        if in_place && !survival.open_places && !is_writable(ctx, copy, &survival.taken, lenient) {
            return None;
        }
        let (finder, gate) = survival.finder(ctx, row, copy)?;
        let place = |copy| survival.place(ctx, copy);
        let routes = routes(ctx, plan, &survival.capacities, Some(copy), place, target);
        let endless = |(n, step): (usize, &super::program::StepProgram)| matches!(step.amount, Amount::Inflow(writes) if writes * routes[n].seconds_per_byte >= 1.0);
        let endless = plan.steps.iter().enumerate().any(endless);
        let merges = !survival.destroyed && matches!(scenario.copies[copy].kind, CopyKind::Async { merges: true, .. });
        (!endless).then_some(SourceOption { copy: Some(copy), finder, routes, merges, gate })
    };
    let mut sources: Vec<SourceOption> = plan.fitted.from.iter().copied().filter_map(source).collect();
    if scenario.services[row.service].data.is_none() {
        let routes = routes(ctx, plan, &survival.capacities, None, |copy| survival.place(ctx, copy), target);
        let finder = PointFinder::Derived { size: 0.0 };
        sources.push(SourceOption { copy: None, finder, routes, merges: false, gate: None });
    }
    (!sources.is_empty()).then_some(PlanOption { plan: position, sources, is_up, short })
}

/// Where restored data goes: to the first instance that serves and is there, else to the primary, or where it
/// was, if that place is open.
fn target_place(
    ctx: &Context<'_>,
    survival: &Survival<'_>,
    pool: Option<PoolId>,
    row: &TierService,
    down: &AssetSet,
) -> Option<PlaceId> {
    let scenario = ctx.scenario;
    if let Some(pool) = pool {
        let first = ctx.assets.pool(pool);
        let instances = &scenario.compute[pool].instances;
        let there = instances.iter().enumerate().find(|(n, _)| !down.contains(first + n));
        return there.map(|(_, i)| i.place).or(scenario.compute[pool].within).or(instances.first().map(|i| i.place));
    }
    let primary = row.copies.iter().find(|c| matches!(scenario.copies[**c].kind, CopyKind::Primary { .. }))?;
    let (first, sites) = (ctx.assets.copy(*primary), &scenario.copies[*primary].sites);
    let there = sites.iter().enumerate().find(|(n, _)| !down.contains(first + n));
    let mut places = sites.iter().map(|site| scenario.site_place(*site));
    there.map(|(_, site)| scenario.site_place(*site)).or_else(|| places.find(|place| !survival.is_closed(ctx, *place)))
}
