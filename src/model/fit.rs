//! A plan as one tier carries it out: without the copies and the steps that the tier lacks.

use super::{Phase, Scenario, StepGraph, TierService};
use crate::id::{CopyId, PlanId, PoolId, StepId};

/// A step of a fitted plan.
#[derive(Clone, Debug)]
pub struct FittedStep {
    /// The step.
    pub step: StepId,
    /// Positions of the steps that must be finished first; all smaller than its own.
    pub after: Vec<u32>,
    /// The pools of the strategy that it starts; it takes no time if all of them are up already.
    pub starts: Vec<PoolId>,
}

/// A plan in one tier.
#[derive(Clone, Debug)]
pub struct FittedPlan {
    /// The plan.
    pub plan: PlanId,
    /// Copies that the tier has, best first.
    pub from: Vec<CopyId>,
    /// Pools that serve afterwards.
    pub into: Vec<PoolId>,
    /// Steps that the tier can carry out.
    pub steps: Vec<FittedStep>,
    /// Copies that its steps move by name: all of them must be left.
    pub moved: Vec<CopyId>,
    /// Whether the plan begins by detecting the failure itself.
    pub detects: bool,
}

/// The way back of a plan as this strategy carries it out: the plan with its `failback` for steps, back
/// to what the strategy runs. `None` if there is nothing to do.
#[must_use]
pub fn fit_failback(scenario: &Scenario, service: &TierService, plan: &FittedPlan) -> Option<FittedPlan> {
    let graph = &scenario.plans[plan.plan].failback;
    let has =
        |pool: &PoolId| service.runs.contains(pool) || service.standby.contains(pool) || service.cold.contains(pool);
    let steps = fit_steps(scenario, graph, has).filter(|steps| !steps.is_empty())?;
    Some(FittedPlan { steps, into: service.runs.clone(), detects: false, ..plan.clone() })
}

/// The plan as this strategy carries it out; `None` if it does not fit at all.
///
/// A step that starts compute which the strategy lacks is dropped, its dependents wait for what it
/// waited for. The plan does not fit if that drops all the steps that start something, if a step needs
/// more memory than the instances that it starts have, if the tier has none of the plan's copies, or lacks
/// one that a step moves.
#[must_use]
pub fn fit_plan(scenario: &Scenario, service: &TierService, plan: PlanId) -> Option<FittedPlan> {
    let row = &scenario.plans[plan];
    let primary = service.copies.iter().copied().filter(|c| {
        let copy = &scenario.copies[*c];
        copy.kind.word() == "primary" && Some(copy.data) == scenario.services[service.service].data
    });
    let from: Vec<CopyId> = if row.from.is_empty() {
        primary.collect()
    } else {
        row.from.iter().copied().filter(|c| service.copies.contains(c)).collect()
    };
    if from.is_empty() && (!row.from.is_empty() || scenario.services[service.service].data.is_some()) {
        return None;
    }
    let has =
        |pool: &PoolId| service.runs.contains(pool) || service.standby.contains(pool) || service.cold.contains(pool);
    let into = row.into.clone().unwrap_or_else(|| service.runs.clone());
    if !into.iter().all(has) {
        return None;
    }
    let moved: Vec<CopyId> = row.steps.nodes.iter().filter_map(|node| scenario.steps[node.step].moved_copy()).collect();
    if !moved.iter().all(|copy| service.copies.contains(copy)) {
        return None;
    }
    let steps = fit_steps(scenario, &row.steps, has)?;
    let detects = row.steps.nodes.first().is_some_and(|n| scenario.steps[n.step].phase == Phase::Detect);
    Some(FittedPlan { plan, from, into, steps, moved, detects })
}

fn fit_steps(scenario: &Scenario, graph: &StepGraph, has: impl Fn(&PoolId) -> bool) -> Option<Vec<FittedStep>> {
    // For each node of the plan: the fitted nodes that stand for it, itself or what it waited for.
    let mut stands_for: Vec<Vec<u32>> = Vec::with_capacity(graph.nodes.len());
    let mut fitted: Vec<FittedStep> = Vec::with_capacity(graph.nodes.len());
    let (mut starting, mut dropped) = (0, 0);
    for node in &graph.nodes {
        let mut after: Vec<u32> = node.after.iter().flat_map(|n| stands_for[*n as usize].iter().copied()).collect();
        after.sort_unstable();
        after.dedup();
        let step = &scenario.steps[node.step];
        let starts: Vec<PoolId> = step.starts.iter().copied().filter(&has).collect();
        starting += usize::from(!step.starts.is_empty());
        if starts.iter().any(|pool| !step.fits(&scenario.compute[*pool])) {
            return None;
        }
        if starts.is_empty() && !step.starts.is_empty() {
            dropped += 1;
            stands_for.push(after);
            continue;
        }
        stands_for.push(vec![fitted.len() as u32]);
        fitted.push(FittedStep { step: node.step, after, starts });
    }
    (starting == 0 || dropped < starting).then_some(fitted)
}
