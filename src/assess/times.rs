//! How long plans and their steps take by themselves, from single incidents.

use crate::id::{FailureId, PlanId, ServiceId, StepId, TierId};
use crate::model::{Phase, Scenario};
use crate::sim::{Filter, PlanTrace, Simulator, StepTrace, milliseconds};
use crate::stats::{Quantile, Tally};

use super::objective::MS;

/// Incidents per failure that are looked at one by one, at most: a p95 of some hundred incidents is
/// known to a few percent, and they take a fraction of the campaign's time.
const MOST_INCIDENTS: u64 = 10_000;

/// What a plan took in the incidents of one failure in which it brought its service back.
#[derive(Clone, Debug)]
pub struct PlanTimes {
    /// The failure.
    pub failure: FailureId,
    /// The service.
    pub service: ServiceId,
    /// The plan.
    pub plan: PlanId,
    /// Incidents that were looked at, those of other plans too.
    pub trials: u64,
    /// From the end of the decision to service.
    pub after_decision: Spread,
    /// Seconds of writes lost.
    pub data_loss: Spread,
    /// Logical bytes lost.
    pub data_loss_bytes: Spread,
    /// How long each step takes by itself, all attempts together, in the order of the fitted plan.
    pub steps: Vec<(StepId, Spread)>,
}

/// A quantity over incidents.
#[derive(Clone, Debug)]
pub struct Spread {
    tally: Tally,
    scale: f64,
}

impl Spread {
    fn new(scale: f64) -> Self {
        Self { tally: Tally::new(), scale }
    }

    /// How many incidents there were.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.tally.count()
    }

    /// Mean; `None` without incidents.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.tally.mean().map(|mean| mean * self.scale)
    }

    /// The value that a share `p` of incidents does not exceed; `None` where they are too few to tell.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<Quantile> {
        self.tally.quantile(p, self.scale).ok()
    }
}

/// Looks at the first incidents of every failure, as a campaign of this seed meets them.
///
/// # Returns
/// One entry per failure, service and plan that brought it back, in this order.
#[must_use]
pub fn plan_times(scenario: &Scenario, tier: TierId, seed: u64, trials: u64) -> Vec<PlanTimes> {
    let trials = trials.min(MOST_INCIDENTS);
    let simulator = Simulator::new(scenario, seed, false, &Filter { tier: Some(tier), ..Filter::default() });
    let mut all = Vec::new();
    for failure in scenario.failures.ids() {
        let mut found: Vec<PlanTimes> = Vec::new();
        simulator.plans_of(tier, failure, 0..trials, |trace| {
            let service = scenario.tiers[tier].services[trace.service].service;
            let known = found.iter().position(|t| t.service == service && t.plan == trace.plan);
            let at = known.unwrap_or_else(|| {
                found.push(PlanTimes::new((failure, service, trace.plan), trials, trace.steps));
                found.len() - 1
            });
            found[at].add(scenario, trace);
        });
        found.sort_by_key(|times| (times.service, times.plan));
        all.append(&mut found);
    }
    all
}

impl PlanTimes {
    fn new((failure, service, plan): (FailureId, ServiceId, PlanId), trials: u64, steps: &[StepTrace]) -> Self {
        Self {
            failure,
            service,
            plan,
            trials,
            after_decision: Spread::new(MS),
            data_loss: Spread::new(MS),
            data_loss_bytes: Spread::new(1.0),
            steps: steps.iter().map(|step| (step.step, Spread::new(MS))).collect(),
        }
    }

    fn add(&mut self, scenario: &Scenario, trace: &PlanTrace<'_>) {
        for ((_, spread), step) in self.steps.iter_mut().zip(trace.steps) {
            spread.tally.record(milliseconds(step.finish - step.begin));
        }
        // Deciding is over when the first thing is done that is neither noticing nor deciding.
        let talk = |step: &&StepTrace| matches!(scenario.steps[step.step].phase, Phase::Detect | Phase::Decide);
        let acts = trace.steps.iter().filter(|step| !talk(step)).map(|step| step.begin);
        let decided = acts.fold(f64::INFINITY, f64::min).min(trace.serve);
        self.after_decision.tally.record(milliseconds(trace.serve - decided));
        self.data_loss.tally.record(trace.outcome.data_loss);
        self.data_loss_bytes.tally.record(trace.outcome.data_loss_bytes);
    }
}
