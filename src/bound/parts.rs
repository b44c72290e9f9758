//! What plans are made of, in closed form: what each step takes by itself, how much it moves and what
//! sets its pace.

use super::case::{Case, Setting, targets_of};
use super::fate::{Amount, Fate, PlanInfo, PlanOption, ServiceCase, Source, StepInfo, plans_of, writes_of};
use super::judge::judge;
use super::mean::step_mean;
use super::points::Points;
use super::service::clock;
use super::span::Span;
use super::timeline::{MOST_POINTS, Search};
use super::way::{TurnId, Turns};
use super::{Bound, events};
use crate::id::{CopyId, FailureId, Id, LinkId, PlanId, PoolId, ServiceId, StepId, TierId};
use crate::model::{AssetIndex, Phase, Scenario};

/// A plan that some incident of the failure can be met with.
#[derive(Clone, Debug)]
pub struct PlanParts {
    /// Whose plan it is.
    pub service: ServiceId,
    /// The plan.
    pub plan: PlanId,
    /// Copies that it can recover from, best first; none for a service that keeps nothing.
    pub sources: Vec<CopyId>,
    /// Its steps, in the order of the plan.
    pub steps: Vec<StepParts>,
}

/// A step of such a plan, by itself.
#[derive(Clone, Debug)]
pub struct StepParts {
    /// The step.
    pub step: StepId,
    /// From its begin to its end, retries included: seconds. Without a `worst` where it may have to share what
    /// carries it, or where what it moves grows meanwhile; `reason` says so.
    pub takes: Bound,
    /// What it moves or replays in one attempt, logical bytes; `None` if it moves nothing.
    pub bytes: Option<Bound>,
    /// What limits its pace, all of which are finite; empty if nothing does.
    pub limits: Vec<Limit>,
}

/// What limits the pace of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Its own rate and streams.
    Own,
    /// A link.
    Link(LinkId),
    /// How fast a copy can be read.
    Read(CopyId),
    /// How fast a pool takes in.
    Write(PoolId),
}

/// A value over several cases: its range, and its mean if that is the same in all.
#[derive(Clone, Copy)]
struct Value {
    span: Span,
    mean: Option<f64>,
    /// Why it has no upper end where no input leaves it open.
    open: &'static str,
}

const LATER: &str = "it depends on when it begins";
const SHARED: &str = "it may have to share what carries it";

impl Value {
    fn or(self, other: Self) -> Self {
        let same = self.mean.zip(other.mean).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs());
        let open = if self.span.hi >= other.span.hi { self.open } else { other.open };
        Self { span: self.span.or(other.span), mean: self.mean.filter(|_| same), open }
    }

    fn bound(self, scenario: &Scenario) -> Bound {
        let reason = self
            .span
            .hi
            .is_infinite()
            .then(|| self.span.why.map_or_else(|| self.open.to_owned(), |cause| cause.words(scenario)));
        Bound {
            best: self.span.lo.is_finite().then_some(self.span.lo),
            worst: self.span.hi.is_finite().then_some(self.span.hi),
            mean: self.mean,
            reason,
            ..Bound::default()
        }
    }
}

/// A step over all cases met so far.
struct Met {
    step: StepId,
    takes: Value,
    bytes: Option<Value>,
    limits: Vec<Limit>,
}

/// A plan over all cases met so far.
struct MetPlan {
    service: ServiceId,
    plan: PlanId,
    sources: Vec<CopyId>,
    steps: Vec<Met>,
}

/// The plans that incidents of this failure can be met with in a tier, with what their steps take:
/// ranges over all members of the failure, all copies that survive and all recovery points that may be
/// tried, over the whole support of every distribution.
///
/// # Returns
/// Services in the tier's order, plans in theirs; nothing if no member concerns the tier, or if the failure
/// spreads over more members than can be looked at set by set.
#[must_use]
pub fn plan_parts(scenario: &Scenario, tier: TierId, failure: FailureId) -> Vec<PlanParts> {
    let setting = Setting {
        scenario,
        assets: AssetIndex::new(scenario),
        tier: &scenario.tiers[tier],
        failure,
        truncate: false,
        turns: Turns::default(),
    };
    let row = setting.row();
    let concerned: Vec<usize> = (0..row.members.len()).filter(|n| setting.concerns(&row.members[*n].targets)).collect();
    let plans: Vec<Vec<PlanInfo<'_>>> = setting.tier.services.iter().map(|row| plans_of(&setting, row)).collect();
    let mut met: Vec<MetPlan> = Vec::new();
    for (members, destroyed, _) in events(&setting, &concerned).unwrap_or_default() {
        let targets = targets_of(&setting, &members);
        let taken = setting.assets.taken(scenario, setting.kind(), &targets);
        let mut case = Case::new(&setting, targets, taken, destroyed);
        let fates = judge(&setting, &mut case, &plans);
        for n in 0..fates.len() {
            meet(&setting, &fates, &plans, n, &mut met);
        }
    }
    met.sort_by_key(|m| {
        let service = setting.tier.services.iter().position(|s| s.service == m.service);
        let plan = service.and_then(|n| setting.tier.services[n].plans.iter().position(|p| *p == m.plan));
        (service, plan)
    });
    met.into_iter().map(|plan| plan.told(scenario)).collect()
}

impl MetPlan {
    fn told(self, scenario: &Scenario) -> PlanParts {
        let step = |met: Met| StepParts {
            step: met.step,
            takes: met.takes.bound(scenario),
            bytes: met.bytes.map(|bytes| bytes.bound(scenario)),
            limits: met.limits,
        };
        PlanParts {
            service: self.service,
            plan: self.plan,
            sources: self.sources,
            steps: self.steps.into_iter().map(step).collect(),
        }
    }
}

/// Adds the plans of one service in one event.
fn meet(at: &Setting<'_>, fates: &[ServiceCase], plans: &[Vec<PlanInfo<'_>>], n: usize, met: &mut Vec<MetPlan>) {
    let fate = &fates[n];
    let Fate::Down { own: true, options, after_outage, .. } = &fate.fate else { return };
    // Transfers of other services may run at any time.
    let others = fates.iter().enumerate().filter(|(m, f)| *m != n && matches!(f.fate, Fate::Down { own: true, .. }));
    let crowded = others.flat_map(|(m, _)| &plans[m]).flat_map(|plan| &plan.steps).any(moves);
    let clock = clock(at, plans, Some(fate), n);
    let row = &at.tier.services[n];
    let search = Search {
        at,
        clock: &clock,
        service: row.service,
        root: TurnId::NONE,
        plans: &plans[n],
        shared: &[],
        writes: writes_of(at, row),
    };
    for option in options.iter().chain(after_outage) {
        let plan = &plans[n][option.plan];
        let found = met.iter().position(|m| m.service == row.service && m.plan == plan.fitted.plan);
        let position = found.unwrap_or_else(|| {
            met.push(MetPlan { service: row.service, plan: plan.fitted.plan, sources: Vec::new(), steps: Vec::new() });
            met.len() - 1
        });
        let whole = &mut met[position];
        for source in &option.sources {
            if let Some(copy) = source.copy.filter(|copy| !whole.sources.contains(copy)) {
                whole.sources.push(copy);
            }
            for points in points_of(&search, plan, source) {
                for step in 0..plan.steps.len() {
                    let one = step_of(&search, plan, option, source, &points, step, crowded);
                    whole.add(step, one);
                }
            }
        }
    }
}

impl MetPlan {
    fn add(&mut self, step: usize, one: Met) {
        let Some(all) = self.steps.get_mut(step) else { return self.steps.push(one) };
        all.takes = all.takes.or(one.takes);
        all.bytes = match (all.bytes, one.bytes) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        for limit in one.limits {
            if !all.limits.contains(&limit) {
                all.limits.push(limit);
            }
        }
    }
}

/// The points of a source that a plan may try: older ones only if a check can strike one off.
fn points_of(search: &Search<'_>, plan: &PlanInfo<'_>, source: &Source) -> Vec<Points> {
    let strikes = |plan: &PlanInfo<'_>| {
        let strikes = plan.steps.iter().any(|s| s.row.phase == Phase::Verify && s.row.fails.value() > 0.0);
        if strikes { plan.row.points } else { 0 }
    };
    // What other plans have struck off is passed over.
    let same = |other: &&PlanInfo<'_>| {
        other.fitted.plan != plan.fitted.plan && source.copy.is_some_and(|copy| other.fitted.from.contains(&copy))
    };
    let others = search.plans.iter().filter(same).map(strikes).fold(0, u32::saturating_add);
    let last = others.saturating_add(strikes(plan).max(1)).min(MOST_POINTS);
    (0..last).map_while(|skip| search.candidate(plan, source, skip).points.map(|(points, _)| points)).collect()
}

fn moves(step: &StepInfo<'_>) -> bool {
    step.amount != Amount::Nothing
}

/// Whether a transfer may have to share what carries it with another.
fn may_share(plan: &PlanInfo<'_>, source: &Source, n: usize, crowded: bool) -> bool {
    let beside = |m: &usize| *m != n && !plan.steps[n].waits_for[*m] && !plan.steps[*m].waits_for[n];
    let collides = |m: usize| moves(&plan.steps[m]) && source.uses[m].iter().any(|used| source.uses[n].contains(used));
    let within = (0..plan.steps.len()).filter(beside).any(collides);
    moves(&plan.steps[n]) && !source.uses[n].is_empty() && (crowded || within)
}

fn step_of(
    search: &Search<'_>,
    plan: &PlanInfo<'_>,
    option: &PlanOption,
    source: &Source,
    points: &Points,
    n: usize,
    crowded: bool,
) -> Met {
    let step = &plan.steps[n];
    let (span, mean) = step.amount.volume(points).unwrap_or((Span::new(0.0, f64::INFINITY), None));
    let bytes = moves(step).then_some(Value { span, mean, open: LATER });
    let takes = if option.is_up[n] {
        Value { span: Span::ZERO, mean: Some(0.0), open: LATER }
    } else if matches!(step.amount, Amount::Inflow(_)) {
        let takes = step.takes(search.clock.stress);
        Value { span: Span::open(takes.lo, f64::INFINITY, takes.why), mean: None, open: LATER }
    } else {
        let (mut span, _) = search.duration(plan, n, source, points, Span::ZERO);
        let fixed = step_mean(search.at, step.row);
        let moved = match bytes {
            None => Some(0.0),
            Some(bytes) => bytes.mean.map(|b| if b == 0.0 { 0.0 } else { b * source.seconds_per_byte[n] }),
        };
        // A transfer that may have to share what it uses is slower than alone.
        if may_share(plan, source, n, crowded) {
            span.hi = f64::INFINITY;
            span.why = None;
            Value { span, mean: None, open: SHARED }
        } else {
            let attempts = mean_attempts(step.row.fails.value(), step.row.retries);
            Value { span, mean: fixed.zip(moved).map(|(a, b)| (a + b) * attempts), open: LATER }
        }
    };
    Met { step: step.id, takes, bytes, limits: limits(search.at, plan, source, n) }
}

/// Mean number of attempts of a step that ends well.
///
/// # Formula
/// Σ k f^(k−1) ÷ Σ f^(k−1), k from 1 to retries + 1
fn mean_attempts(fails: f64, retries: u32) -> f64 {
    let (mut weight, mut chances, mut attempts) = (1.0, 0.0, 0.0);
    for k in 1..=u64::from(retries) + 1 {
        chances += weight;
        attempts += weight * k as f64;
        weight *= fails;
        if weight == 0.0 {
            break;
        }
    }
    attempts / chances
}

/// What limits the pace of a step, as numbered by the routes: links, copies, pools.
fn limits(at: &Setting<'_>, plan: &PlanInfo<'_>, source: &Source, n: usize) -> Vec<Limit> {
    let own = plan.steps[n].row.work.as_ref().and_then(|work| work.rate).map(|_| Limit::Own);
    let (links, copies) = (at.scenario.links.len(), at.scenario.copies.len());
    let shared = source.uses[n].iter().map(|index| match *index {
        link if link < links => Limit::Link(LinkId::from_index(link)),
        copy if copy < links + copies => Limit::Read(CopyId::from_index(copy - links)),
        pool => Limit::Write(PoolId::from_index(pool - links - copies)),
    });
    own.into_iter().chain(shared).collect()
}

#[cfg(test)]
mod tests {
    use super::mean_attempts;

    /// By hand: with one retry and a chance of 50%, 1 attempt in 2 of 3 successes, 2 in the third.
    #[test]
    fn attempts_of_what_ends_well() {
        assert!((mean_attempts(0.5, 1) - 4.0 / 3.0).abs() < 1e-12);
        assert!((mean_attempts(0.0, 9) - 1.0).abs() < 1e-12);
        assert!((mean_attempts(0.3, 0) - 1.0).abs() < 1e-12);
    }
}
