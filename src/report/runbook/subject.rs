//! A plan of a tier with everything that is known of it.

use std::collections::BTreeMap;

use super::view::Link;
use crate::assess::{Assessment, IncidentAssessment, PlanTimes, StepAssessment, TierAssessment};
use crate::id::{FailureId, PlanId, ServiceId, TierId};
use crate::model::{
    Commit, Failure, FittedPlan, FittedStep, Phase, Plan, Scenario, Service, Tier, TierService, fit_failback, fit_plan,
};
use crate::spec::ResolvedEntry;

/// Files of plans, by tier, service and plan.
pub(super) type Links = BTreeMap<(TierId, ServiceId, PlanId), Link>;

/// What all runbooks of a tier share.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) resolved: &'a [ResolvedEntry],
    pub(super) result: &'a Assessment,
    pub(super) tier_id: TierId,
    pub(super) tier: &'a Tier,
    pub(super) assessed: &'a TierAssessment,
    pub(super) times: &'a [PlanTimes],
    pub(super) links: &'a Links,
}

impl<'a> Setting<'a> {
    /// Whether the tier has several services: then each has figures of its own.
    pub(super) fn several(&self) -> bool {
        self.tier.services.len() > 1
    }

    /// What incidents of a failure do to a service; `None` if they do not concern the tier.
    pub(super) fn incident(&self, failure: FailureId, service: ServiceId) -> Option<&'a IncidentAssessment> {
        let (failure, service) = (&self.scenario.failures[failure].name, &self.scenario.services[service].name);
        let level = self.several().then_some(service);
        self.assessed.incidents.iter().find(|i| i.failure == *failure && i.service.as_ref() == level)
    }

    /// What incidents of a failure do to the application, where that is more than one service.
    pub(super) fn application(&self, failure: FailureId) -> Option<&'a IncidentAssessment> {
        let failure = &self.scenario.failures[failure].name;
        self.assessed.incidents.iter().find(|i| self.several() && i.failure == *failure && i.service.is_none())
    }

    /// The files of a service's plans for a failure, in the order in which they are tried, without those that
    /// brought it back in no incident, not even where it had no other plan.
    pub(super) fn links_for(&self, row: &TierService, failure: FailureId) -> Vec<(PlanId, &'a Link)> {
        let helps =
            |plan: PlanId| self.times.iter().any(|t| (t.failure, t.service, t.plan) == (failure, row.service, plan));
        let plans = row.plans.iter().filter(|p| helps(**p));
        plans.filter_map(|p| Some((*p, self.links.get(&(self.tier_id, row.service, *p))?))).collect()
    }
}

/// A plan that a tier can carry out.
pub(super) struct Subject<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) row: &'a TierService,
    pub(super) service: &'a Service,
    pub(super) id: PlanId,
    pub(super) plan: &'a Plan,
    pub(super) fitted: FittedPlan,
    /// The way back as the tier carries it out.
    pub(super) back: Vec<FittedStep>,
    /// Positions of the fitted steps in the order of the runbook, with their stage from 1.
    pub(super) order: Vec<(usize, u64)>,
}

impl<'a> Subject<'a> {
    /// `None` if the plan does not fit the tier.
    pub(super) fn new(setting: Setting<'a>, row: &'a TierService, id: PlanId) -> Option<Self> {
        let fitted = fit_plan(setting.scenario, row, id)?;
        let back = fit_failback(setting.scenario, row, &fitted).map(|back| back.steps).unwrap_or_default();
        let order = stages(&fitted.steps);
        let (service, plan) = (&setting.scenario.services[row.service], &setting.scenario.plans[id]);
        Some(Self { setting, row, service, id, plan, fitted, back, order })
    }

    pub(super) fn scenario(&self) -> &'a Scenario {
        self.setting.scenario
    }

    /// The failures that it is for and that concern the tier, with what they do.
    pub(super) fn causes(
        &self,
    ) -> impl Iterator<Item = (FailureId, &'a Failure, &'a IncidentAssessment)> + use<'_, 'a> {
        self.plan.causes.iter().filter_map(|id| {
            let incident = self.setting.incident(*id, self.row.service)?;
            Some((*id, &self.scenario().failures[*id], incident))
        })
    }

    /// What it took in incidents of a failure; `None` if it ended none of those looked at.
    pub(super) fn times(&self, failure: FailureId) -> Option<&'a PlanTimes> {
        let mine = |t: &&PlanTimes| t.failure == failure && t.service == self.row.service && t.plan == self.id;
        self.setting.times.iter().find(mine)
    }

    /// The number of a fitted step in the runbook, from 1.
    pub(super) fn number(&self, position: usize) -> usize {
        self.order.iter().position(|(p, _)| *p == position).map_or(0, |n| n + 1)
    }

    /// A fitted step as the text names it: `3 (restore)`.
    pub(super) fn named(&self, position: usize) -> String {
        format!("{} ({})", self.number(position), self.scenario().steps[self.fitted.steps[position].step].name)
    }

    pub(super) fn phase(&self, position: usize) -> Phase {
        self.scenario().steps[self.fitted.steps[position].step].phase
    }

    /// The fitted step from whose start on the plan is not given up; `None`: only from its end.
    pub(super) fn commit(&self) -> Option<usize> {
        let steps = &self.fitted.steps;
        match self.plan.commit {
            Commit::End => None,
            Commit::Step(step) => steps.iter().position(|s| s.step == step),
            Commit::FirstRedirect => (0..steps.len()).find(|n| self.phase(*n) == Phase::Redirect),
        }
    }

    /// What a step of it did under a failure.
    pub(super) fn assessed(&self, incident: &'a IncidentAssessment, step: &str) -> Option<&'a StepAssessment> {
        let mine = |s: &&StepAssessment| s.service == self.service.name && s.plan == self.plan.name && s.id == step;
        incident.steps.iter().find(mine)
    }

    /// Whether it lost writes in any incident looked at, or ended none, so that nothing is known.
    pub(super) fn loses(&self) -> bool {
        let times: Vec<&PlanTimes> = self.causes().filter_map(|(id, _, _)| self.times(id)).collect();
        self.service.data.is_some() && (times.is_empty() || times.iter().any(|t| t.data_loss.mean() != Some(0.0)))
    }

    /// Whether it serves somewhere else than before.
    pub(super) fn moves_service(&self) -> bool {
        self.fitted.into.iter().any(|pool| !self.row.runs.contains(pool))
    }
}

/// Steps in the order of the stage in which they can begin at the earliest, then as listed; a stage
/// waits for steps of earlier stages only.
pub(super) fn stages(steps: &[FittedStep]) -> Vec<(usize, u64)> {
    let mut stage: Vec<u64> = Vec::with_capacity(steps.len());
    for step in steps {
        let last = step.after.iter().filter_map(|n| stage.get(*n as usize)).max().copied().unwrap_or(0);
        stage.push(last + 1);
    }
    let mut order: Vec<(usize, u64)> = stage.into_iter().enumerate().collect();
    order.sort_by_key(|(position, stage)| (*stage, *position));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Id, StepId};

    #[test]
    fn a_stage_waits_for_earlier_ones_only() {
        // A diamond with a tail that waits for its head only.
        let after: [&[u32]; 5] = [&[], &[0], &[0], &[1, 2], &[0]];
        let step =
            |after: &[u32]| FittedStep { step: StepId::from_index(0), after: after.to_vec(), starts: Vec::new() };
        let order = stages(&after.map(step));
        assert_eq!(order, [(0, 1), (1, 2), (2, 2), (4, 2), (3, 3)]);
    }
}
