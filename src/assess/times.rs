//! How long plans and their steps take by themselves, from single incidents.

use crate::id::{FailureId, PlanId, ServiceId, StepId, TierId};
use crate::model::{Phase, Scenario, TierService, fit_plan};
use crate::sim::{Act, Ending, Filter, NEVER, PlanLabel, Simulator, TimeLine};
use crate::stats::{Quantile, Tally};

use super::objective::MS;

/// Incidents per failure that are looked at one by one, at most: 200 of them lie beyond a p95, which is
/// then known to a percent or two, and looking takes less time than the campaign.
const MOST_INCIDENTS: u64 = 4_000;

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
    pub after_decision: Observed,
    /// Seconds of writes lost.
    pub data_loss: Observed,
    /// Logical bytes lost.
    pub data_loss_bytes: Observed,
    /// How long each step takes by itself, all attempts together, in the order of the fitted plan.
    pub steps: Vec<(StepId, Observed)>,
}

/// A quantity over incidents.
#[derive(Clone, Debug)]
pub struct Observed {
    tally: Tally,
    scale: f64,
}

impl Observed {
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
        for row in &scenario.tiers[tier].services {
            let mut found: Vec<PlanTimes> = Vec::new();
            for occurrence in 0..trials {
                let Some(line) = simulator.time_line(tier, failure, Some(row.service), occurrence) else { break };
                let PlanLabel::Plan(plan) = line.outcome.plan else { continue };
                let at = found.iter().position(|times| times.plan == plan).unwrap_or_else(|| {
                    found.push(PlanTimes::new(scenario, (failure, row, plan), trials));
                    found.len() - 1
                });
                found[at].add(scenario, &line);
            }
            found.sort_by_key(|times| times.plan);
            all.append(&mut found);
        }
    }
    all
}

impl PlanTimes {
    fn new(scenario: &Scenario, (failure, row, plan): (FailureId, &TierService, PlanId), trials: u64) -> Self {
        let steps = fit_plan(scenario, row, plan).map(|fitted| fitted.steps).unwrap_or_default();
        Self {
            failure,
            service: row.service,
            plan,
            trials,
            after_decision: Observed::new(MS),
            data_loss: Observed::new(MS),
            data_loss_bytes: Observed::new(1.0),
            steps: steps.iter().map(|step| (step.step, Observed::new(MS))).collect(),
        }
    }

    fn add(&mut self, scenario: &Scenario, line: &TimeLine) {
        let mut decided = NEVER;
        let mut served = 0;
        let mut took: Vec<Option<u64>> = vec![None; self.steps.len()];
        for entry in line.lines.iter().filter(|entry| entry.service == self.service) {
            let Act::Step(_, step) = entry.act else { continue };
            // A step that was done for an earlier plan need not be done again in this one, and counts.
            let known = self.steps.iter().position(|(id, _)| *id == step).filter(|_| entry.ending == Ending::Done);
            let Some(position) = known else { continue };
            took[position] = Some(took[position].unwrap_or(0) + entry.finish - entry.begin);
            let row = &scenario.steps[step];
            // Deciding is over when the first thing is done that is neither noticing nor deciding.
            if !matches!(row.phase, Phase::Detect | Phase::Decide) {
                decided = decided.min(entry.begin);
            }
            if !row.background {
                served = served.max(entry.finish);
            }
        }
        for ((_, observed), took) in self.steps.iter_mut().zip(took) {
            // A step with nothing to do, since what it starts was up, leaves no line.
            observed.tally.record(took.unwrap_or(0));
        }
        self.after_decision.tally.record(served.saturating_sub(decided));
        self.data_loss.tally.record(line.outcome.data_loss);
        self.data_loss_bytes.tally.record(line.outcome.data_loss_bytes);
    }
}
