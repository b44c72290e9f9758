//! A tier under a failure, compiled: names resolved, distributions prepared, graphs flattened.
//!
//! The hot loop reads these and nothing of the scenario. What depends on which assets are lost is
//! in [`super::impact`].

use super::impact::{Impact, ServiceImpact};
use super::random::{Chance, Draw, Key, Tables, Uniform};
use crate::id::{FailureId, PlanId, PoolId, StepId, TierId};
use crate::model::{
    AssetIndex, AssetSet, Commit, CopyKind, FailureKind, FittedPlan, Objective, Phase, Scenario, Schedule, Taints,
    Target, Tier, TierService, Volume, fit_plan,
};

/// Everything that compiling needs to look at.
pub(super) struct Context<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) assets: &'a AssetIndex,
    pub(super) tier: &'a Tier,
    pub(super) tier_id: TierId,
    pub(super) failure: FailureId,
    /// Further failures that are there at the same time, whose plans may serve too.
    pub(super) also: &'a [FailureId],
    pub(super) key: Key,
    pub(super) truncate: bool,
    pub(super) tables: &'a Tables,
}

impl Context<'_> {
    pub(super) fn kind(&self) -> FailureKind {
        self.scenario.failures[self.failure].kind
    }

    pub(super) fn share(&self) -> f64 {
        self.scenario.failures[self.failure].share
    }

    /// Whether these targets hold anything of the tier.
    pub(super) fn concerns(&self, targets: &[Target]) -> bool {
        self.assets.concerns(self.scenario, self.tier, self.kind(), targets)
    }

    pub(super) fn draw(&self, key: Key, delay: &crate::model::Delay) -> Draw {
        Draw::new(key, delay, self.truncate, self.tables)
    }
}

/// A tier under one failure.
pub(super) struct FailureProgram {
    pub(super) failure: FailureId,
    pub(super) tier: TierId,
    pub(super) kind: FailureKind,
    /// Of all members that concern the tier together.
    pub(super) rate_per_year: f64,
    /// For every member of the failure: its slot here, if it holds something of the tier.
    pub(super) slots: Vec<Option<u32>>,
    pub(super) slot_count: usize,
    pub(super) member_key: Key,
    /// There if something depends on when in the year it happens.
    pub(super) moment_key: Option<Key>,
    /// How long its outage lasts, from when somebody has come if people repair it.
    pub(super) lasts: Option<Draw>,
    /// How long it takes them to come.
    pub(super) repair_starts: Option<Draw>,
    pub(super) detected: Option<Draw>,
    pub(super) dwell: Option<Draw>,
    /// What multiplies the fixed part of stressed steps, if there are any.
    pub(super) stress: Option<Draw>,
    pub(super) taints: Taints,
    pub(super) destroyed: Chance,
    pub(super) spreads: Option<Spread>,
    pub(super) services: Vec<ServiceProgram>,
    /// Per slot: not destroyed, destroyed. Empty if the event spreads: then impacts are made as met.
    pub(super) impacts: Vec<Impact>,
    /// By impact: the first of those that nobody feels and that come to the same; itself, if there is none.
    pub(super) alike: Vec<usize>,
    /// Whether steps may wait for links, people or other services' data, whatever is lost.
    pub(super) contended: bool,
    pub(super) resources: Vec<f64>,
    pub(super) people: Vec<u32>,
    pub(super) step_slots: Vec<StepSlot>,
    /// Groups of services whose data must agree, as positions; only groups of two and more.
    pub(super) agreeing: Vec<Vec<usize>>,
    /// The application's own objective, in milliseconds of recovery time and of data loss; without one
    /// it is held against those of its services.
    pub(super) limits: Option<(u64, u64)>,
}

/// How an event reaches further members.
pub(super) struct Spread {
    pub(super) chance: Chance,
    pub(super) taken: Vec<AssetSet>,
}

/// Where the finish of a step is tallied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepSlot {
    /// Position of the service in the tier.
    pub service: usize,
    /// The plan.
    pub plan: PlanId,
    /// The step.
    pub step: StepId,
}

/// A service of the tier under the failure.
pub(super) struct ServiceProgram {
    /// Positions of the services that it needs, all before it.
    pub(super) needs: Vec<usize>,
    pub(super) resume: Option<Draw>,
    /// From a loss for good to service that was rebuilt from nothing.
    pub(super) rebuild: Option<Draw>,
    /// Objectives in whole milliseconds; the greatest value stands for none.
    pub(super) rto: u64,
    pub(super) rpo: u64,
    /// Average logical bytes per second of the part of the data that is hit.
    pub(super) writes: f64,
    pub(super) plans: Vec<PlanProgram>,
}

/// A plan as the tier carries it out.
pub(super) struct PlanProgram {
    pub(super) plan: PlanId,
    pub(super) fitted: FittedPlan,
    pub(super) steps: Vec<StepProgram>,
    pub(super) detects: bool,
    pub(super) after_down: f64,
    pub(super) commit: CommitAt,
    pub(super) salvage: bool,
    pub(super) points: u32,
    /// Where its steps are tallied: the first of consecutive slots.
    pub(super) first_slot: usize,
    /// Each step waits for the one before it and for nothing else.
    pub(super) is_chain: bool,
}

/// The point of no return.
#[derive(Clone, Copy, Debug)]
pub(super) enum CommitAt {
    Start(usize),
    End,
}

/// A step as the engines see it.
pub(super) struct StepProgram {
    pub(super) step: StepId,
    pub(super) after: Vec<u32>,
    pub(super) takes: Option<Draw>,
    /// Whether the incident's stress multiplies its fixed part.
    pub(super) stressed: bool,
    pub(super) amount: Amount,
    pub(super) role: Option<usize>,
    pub(super) fails: Chance,
    pub(super) retries: u32,
    pub(super) background: bool,
    /// It is done once for all services of an incident.
    pub(super) shared: bool,
    pub(super) phase: Phase,
    pub(super) starts: Vec<PoolId>,
    /// Whether it must be done again for another recovery point.
    pub(super) of_point: bool,
}

/// How much a step moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Amount {
    Nothing,
    /// What the recovery point says: the state, or the log after its base.
    Point {
        replays: bool,
    },
    /// Logical bytes at first, and the part of them that comes on top every year.
    Bytes {
        first: f64,
        growth: f64,
    },
    /// What came in since the recovery point, at this rate, which goes on.
    Inflow(f64),
}

impl StepProgram {
    /// Whether it begins only once the data is there that its service waits for.
    pub(super) fn needs_data(&self) -> bool {
        self.amount != Amount::Nothing || self.phase == Phase::Restore
    }

    /// The fixed part of the `count`-th attempt within the incident, seconds.
    #[inline(always)]
    pub(super) fn fixed<U: Uniform>(&self, draws: &U, occurrence: u64, count: u64, stress: f64) -> f64 {
        let takes = self.takes.as_ref().map_or(0.0, |takes| takes.nth(draws, occurrence, count));
        if self.stressed { takes * stress } else { takes }
    }
}

impl PlanProgram {
    /// Walks back from the step that ends last through what each step waited for.
    pub(super) fn critical_path(&self, finish: impl Fn(usize) -> f64, mut mark: impl FnMut(usize)) {
        let last = |a: &usize, b: &usize| finish(*a).total_cmp(&finish(*b));
        let mut at = (0..self.steps.len()).filter(|n| !self.steps[*n].background).max_by(last);
        while let Some(step) = at {
            mark(step);
            at = self.steps[step].after.iter().map(|p| *p as usize).max_by(last);
        }
    }
}

impl FailureProgram {
    /// Compiles a tier under a failure; `None` if no member holds anything of the tier.
    pub(super) fn compile(ctx: &Context<'_>, member: Option<&str>) -> Option<Self> {
        let Context { scenario, assets, .. } = *ctx;
        let failure = &scenario.failures[ctx.failure];
        let mut slots = vec![None; failure.members.len()];
        let mut concerned = Vec::new();
        for (n, row) in failure.members.iter().enumerate() {
            if member.is_none_or(|name| name == row.name) && ctx.concerns(&row.targets) {
                slots[n] = Some(concerned.len() as u32);
                concerned.push(n);
            }
        }
        if concerned.is_empty() {
            return None;
        }
        let mut program = Self::bare(ctx);
        program.rate_per_year = failure.occurs.per_year() * concerned.len() as f64;
        (program.slots, program.slot_count) = (slots, concerned.len());
        if program.spreads.is_none() {
            for member in concerned {
                let taken = assets.taken(scenario, failure.kind, &failure.members[member].targets);
                for destroyed in [false, true] {
                    let impact = Impact::new(ctx, &program, &[member], &taken, destroyed);
                    program.impacts.push(impact);
                }
            }
        }
        program.alike = alike(&program.impacts);
        program.contended = super::route::may_contend(&program);
        Some(program)
    }

    /// The tier's services, plans and draws under a failure, without members and what they do.
    pub(super) fn bare(ctx: &Context<'_>) -> Self {
        let Context { scenario, assets, tier, key, .. } = *ctx;
        let failure = &scenario.failures[ctx.failure];
        let mut step_slots = Vec::new();
        let services: Vec<ServiceProgram> =
            tier.services.iter().enumerate().map(|(n, row)| compile_service(ctx, n, row, &mut step_slots)).collect();
        // Damage that each plan for it finds by itself is not found a second time: what is lost until then, and
        // which points are there, goes by when the plan knows.
        let mut plans = services.iter().flat_map(|service| &service.plans).peekable();
        let finds_itself = !failure.kind.ends_by_itself() && plans.peek().is_some() && plans.all(|plan| plan.detects);
        let draw =
            |name: &str, delay: &Option<crate::model::Delay>| delay.as_ref().map(|delay| ctx.draw(key.of(name), delay));
        let spreads = (failure.spreads.value() > 0.0).then(|| Spread {
            chance: Chance::new(key.of("spreads"), failure.spreads.value()),
            taken: failure.members.iter().map(|m| assets.taken(scenario, failure.kind, &m.targets)).collect(),
        });
        Self {
            failure: ctx.failure,
            tier: ctx.tier_id,
            kind: failure.kind,
            rate_per_year: 0.0,
            slot_count: 0,
            slots: Vec::new(),
            member_key: key.of("member"),
            moment_key: needs_moment(scenario, tier).then(|| key.of("moment")),
            lasts: draw("lasts", &failure.lasts),
            repair_starts: failure.repair.as_ref().and_then(|repair| draw("repair_starts", &repair.starts)),
            detected: draw("detected", &failure.detected).filter(|_| !finds_itself),
            dwell: draw("dwell", &failure.dwell),
            stress: stress(ctx, &services),
            taints: failure.taints,
            destroyed: Chance::new(key.of("destroyed"), failure.destroyed.value()),
            spreads,
            services,
            impacts: Vec::new(),
            alike: Vec::new(),
            contended: false,
            resources: super::route::resources(ctx),
            people: scenario.roles.rows().iter().map(|role| role.people).collect(),
            step_slots,
            agreeing: agreeing(scenario, tier),
            limits: limits(scenario, ctx.failure),
        }
    }
}

/// By impact: the first that nobody feels and that comes to the same, or itself.
fn alike(impacts: &[Impact]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::new();
    let mut first = |(n, impact): (usize, &Impact)| {
        if !impact.services.iter().all(ServiceImpact::is_unfelt) {
            return n;
        }
        let known = firsts.iter().find(|first| impact.is_told_like(&impacts[**first])).copied();
        known.unwrap_or_else(|| {
            firsts.push(n);
            n
        })
    };
    impacts.iter().enumerate().map(&mut first).collect()
}

/// The incident's stress, which no name of a tier, service or step has a say in: all of them share it.
fn stress(ctx: &Context<'_>, services: &[ServiceProgram]) -> Option<Draw> {
    let factor = ctx.scenario.stress.as_ref()?;
    let mut steps = services.iter().flat_map(|s| &s.plans).flat_map(|p| &p.steps);
    steps.any(|step| step.stressed).then(|| ctx.draw(ctx.key.of("stress"), factor.as_delay()))
}

/// Whether a schedule of the tier is tied to the calendar.
fn needs_moment(scenario: &Scenario, tier: &Tier) -> bool {
    tier.copies.iter().any(|copy| {
        matches!(
            &scenario.copies[*copy].kind,
            CopyKind::Backup { schedule: Schedule::Cron { .. } | Schedule::Every { offset: Some(_), .. }, .. }
        )
    })
}

/// The application's own objective in milliseconds.
fn limits(scenario: &Scenario, failure: FailureId) -> Option<(u64, u64)> {
    let objective = scenario.objectives.of(failure)?;
    Some((milliseconds_or_never(objective.rto), milliseconds_or_never(objective.rpo)))
}

/// Positions of the tier's services whose data must agree: groups of two and more.
pub(super) fn agreeing(scenario: &Scenario, tier: &Tier) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (n, row) in tier.services.iter().enumerate() {
        let Some(data) = scenario.services[row.service].data else { continue };
        let partners = &scenario.data[data].consistent_with;
        let mine = |m: &usize| {
            scenario.services[tier.services[*m].service].data.is_some_and(|d| d == data || partners.contains(&d))
        };
        match groups.iter_mut().find(|group| group.iter().any(mine)) {
            Some(group) => group.push(n),
            None => groups.push(vec![n]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn milliseconds_or_never(limit: Option<crate::units::Seconds>) -> u64 {
    limit.map_or(u64::MAX, |s| super::milliseconds(s.seconds()))
}

fn compile_service(
    ctx: &Context<'_>,
    position: usize,
    row: &TierService,
    step_slots: &mut Vec<StepSlot>,
) -> ServiceProgram {
    let service = &ctx.scenario.services[row.service];
    let key = ctx.key.of("service").of(&service.name);
    let needs = service
        .needs
        .iter()
        .filter_map(|need| match need {
            crate::model::Need::Service(id) => ctx.tier.services.iter().position(|s| s.service == *id),
            crate::model::Need::External(_) => None,
        })
        .collect();
    // A single service is the application, whose objective comes first.
    let of_application = (ctx.tier.services.len() == 1).then(|| ctx.scenario.objectives.of(ctx.failure)).flatten();
    let objective = of_application.or_else(|| service.objectives.of(ctx.failure));
    let limit = |pick: fn(Objective) -> Option<crate::units::Seconds>| milliseconds_or_never(objective.and_then(pick));
    let mean_writes = service.data.map_or(0.0, |data| ctx.scenario.data[data].mean_writes().bytes_per_second());
    let plans = row
        .plans
        .iter()
        .filter(|plan| ctx.scenario.plans[**plan].causes.iter().any(|f| *f == ctx.failure || ctx.also.contains(f)))
        .filter_map(|plan| fit_plan(ctx.scenario, row, *plan))
        .map(|fitted| compile_plan(ctx, key, position, fitted, service.data, step_slots))
        .collect();
    ServiceProgram {
        needs,
        resume: service.resume.as_ref().map(|delay| ctx.draw(key.of("resume"), delay)),
        rebuild: service.rebuild.as_ref().map(|delay| ctx.draw(key.of("rebuild"), delay)),
        rto: limit(|o| o.rto),
        rpo: limit(|o| o.rpo),
        writes: mean_writes * ctx.share(),
        plans,
    }
}

/// The way back of a plan, whose steps are in `fitted`; it is not tallied and cannot be given up.
pub(super) fn compile_failback(ctx: &Context<'_>, row: &TierService, fitted: FittedPlan) -> PlanProgram {
    let service = &ctx.scenario.services[row.service];
    let key = ctx.key.of("service").of(&service.name).of("failback");
    let mut plan = compile_plan(ctx, key, 0, fitted, service.data, &mut Vec::new());
    // Services go back one by one.
    plan.steps.iter_mut().for_each(|step| step.shared = false);
    PlanProgram { commit: CommitAt::End, ..plan }
}

fn compile_plan(
    ctx: &Context<'_>,
    key: Key,
    position: usize,
    fitted: FittedPlan,
    data: Option<crate::id::DataId>,
    step_slots: &mut Vec<StepSlot>,
) -> PlanProgram {
    let row = &ctx.scenario.plans[fitted.plan];
    let steps: Vec<StepProgram> = fitted.steps.iter().map(|step| compile_step(ctx, key, step, data)).collect();
    let commit = match row.commit {
        Commit::End => None,
        Commit::Step(step) => steps.iter().position(|s| s.step == step),
        Commit::FirstRedirect => steps.iter().position(|s| s.phase == Phase::Redirect),
    };
    let first_slot = step_slots.len();
    step_slots.extend(steps.iter().map(|s| StepSlot { service: position, plan: fitted.plan, step: s.step }));
    let is_chain = steps
        .iter()
        .enumerate()
        .all(|(n, step)| !step.background && if n == 0 { step.after.is_empty() } else { step.after == [n as u32 - 1] });
    PlanProgram {
        plan: fitted.plan,
        detects: fitted.detects,
        fitted,
        steps,
        after_down: row.after_down.map_or(0.0, |s| s.seconds()),
        commit: commit.map_or(CommitAt::End, CommitAt::Start),
        salvage: row.salvage,
        points: row.points.max(1),
        first_slot,
        is_chain,
    }
}

fn compile_step(
    ctx: &Context<'_>,
    key: Key,
    fitted: &crate::model::FittedStep,
    data: Option<crate::id::DataId>,
) -> StepProgram {
    let row = &ctx.scenario.steps[fitted.step];
    // What all services share is drawn without a word of the service.
    let key = if row.shared { ctx.key } else { key };
    let key = key.of("step").of(&row.name);
    let size = |data: crate::id::DataId| {
        let row = &ctx.scenario.data[data];
        Amount::Bytes { first: row.size.bytes() * ctx.share(), growth: row.growth }
    };
    let amount = row.work.as_ref().map_or(Amount::Nothing, |work| match work.volume {
        Volume::From => Amount::Point { replays: work.replays },
        Volume::Data(data) => size(data),
        Volume::Copy(copy) => size(ctx.scenario.copies[copy].data),
        Volume::Fixed(bytes) => Amount::Bytes { first: bytes.bytes(), growth: 0.0 },
        Volume::External(_) => {
            let writes = data.map_or(0.0, |d| ctx.scenario.data[d].mean_writes().bytes_per_second());
            Amount::Inflow(writes * ctx.share())
        }
    });
    StepProgram {
        step: fitted.step,
        after: fitted.after.clone(),
        takes: row.takes.as_ref().map(|delay| ctx.draw(key, delay)),
        stressed: ctx.scenario.stress_of(row).is_some(),
        amount,
        role: row.role.map(crate::id::Id::index),
        fails: Chance::new(key.of("fails"), row.fails.value()),
        retries: row.retries,
        background: row.background,
        shared: row.shared,
        phase: row.phase,
        starts: fitted.starts.clone(),
        of_point: matches!(row.phase, Phase::Restore | Phase::Replay | Phase::Verify | Phase::Redirect)
            || matches!(amount, Amount::Point { .. } | Amount::Inflow(_)),
    }
}
