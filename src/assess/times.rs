//! How long plans and their steps take by themselves, from single incidents.

use crate::id::{FailureId, PlanId, ServiceId, StepId, TierId};
use crate::model::{Phase, Scenario, TierService, fit_plan};
use crate::sim::{Act, Ending, Filter, NEVER, PlanLabel, Simulator, TimeLine};
use crate::stats::{Quantile, Tally};

use super::objective::MS;
use super::representative::{IncidentTimeLine, Representatives};

/// Incidents per failure that are looked at one by one, at most: 200 of them lie beyond a p95, which is
/// then known to a percent or two, and looking takes less time than the campaign.
const MOST_INCIDENTS: u64 = 4_000;

/// What a plan took in the incidents of one failure in which it brought its service back.
#[derive(Clone, Debug)]
pub struct PlanTimes {
    /// The figures are of incidents in which the service had no other plan: with the others, too few or
    /// none came to it.
    pub alone: bool,
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
    /// When each step is done, in the same order: seconds of the recovery clock.
    pub finish: Vec<Observed>,
    /// In how many of these incidents each step was on the critical path.
    pub critical: Vec<u64>,
    /// Incidents that stand for these, where no campaign has any.
    pub representative: Option<Representatives>,
    /// Occurrence and recovery time in milliseconds.
    ended: Vec<(u64, u64)>,
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

    /// The share of incidents in which it was zero.
    #[must_use]
    pub fn zeros(&self) -> f64 {
        // Bins begin above zero.
        let mut above = 0;
        self.tally.for_each_bin(|_, _, count| above += count);
        let zeros = self.tally.finite() - above;
        if self.n() == 0 { 0.0 } else { zeros as f64 / self.n() as f64 }
    }

    /// Mean in seconds; `None` without incidents.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.tally.mean().map(|mean| mean * self.scale)
    }

    /// Seconds that a share `p` of incidents, within (0, 1), does not exceed; `None` where they are too few to
    /// tell.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<Quantile> {
        self.tally.quantile(p, self.scale).ok()
    }
}

/// Looks at the first incidents of every failure, as a campaign of this seed meets them. A plan that ended
/// too few of them to tell anything is looked at again where its service has no other.
///
/// # Returns
/// One entry per failure, service and plan that brings it back, in this order.
#[must_use]
pub fn plan_times(scenario: &Scenario, tier: TierId, seed: u64, trials: u64) -> Vec<PlanTimes> {
    let trials = trials.min(MOST_INCIDENTS);
    let simulator = Simulator::new(scenario, seed, false, &Filter { tier: Some(tier), ..Filter::default() });
    let mut all = Vec::new();
    for failure in scenario.failures.ids() {
        for row in &scenario.tiers[tier].services {
            let mut found = of_service(scenario, &simulator, (tier, failure, row), trials);
            let fits = |plan: &PlanId| {
                scenario.plans[*plan].causes.contains(&failure) && fit_plan(scenario, row, *plan).is_some()
            };
            for plan in row.plans.iter().copied().filter(fits) {
                let told = |times: &PlanTimes| times.after_decision.quantile(0.95).is_some();
                let known = found.iter().find(|times| times.plan == plan);
                let some = known.is_some();
                if known.is_some_and(told) {
                    continue;
                }
                let only = scenario.with_only(tier, row.service, plan);
                let times = alone(&only, (tier, failure, row.service), seed, trials);
                if let Some(times) = times.filter(|times| !some || told(times)) {
                    found.retain(|times| times.plan != plan);
                    found.push(times);
                }
            }
            found.sort_by_key(|times| times.plan);
            all.append(&mut found);
        }
    }
    all
}

/// What the only plan of a service takes; `None` if it does not bring it back either.
fn alone(
    scenario: &Scenario,
    (tier, failure, service): (TierId, FailureId, ServiceId),
    seed: u64,
    trials: u64,
) -> Option<PlanTimes> {
    let filter = Filter { tier: Some(tier), failure: Some(failure), ..Filter::default() };
    let simulator = Simulator::new(scenario, seed, false, &filter);
    let row = scenario.tiers[tier].services.iter().find(|row| row.service == service)?;
    let mut times = of_service(scenario, &simulator, (tier, failure, row), trials).pop()?;
    let at = |target: Option<Quantile>| {
        let target = target?.point / MS;
        let distance = |time: u64| (time as f64 - target).abs();
        let near = times.ended.iter().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        let line = simulator.time_line(tier, failure, Some(service), near.0)?;
        Some(IncidentTimeLine::new(scenario, &line))
    };
    let mut whole = Observed::new(MS);
    times.ended.iter().for_each(|(_, time)| whole.tally.record(*time));
    let (median, p95) = (at(whole.quantile(0.5)), at(whole.quantile(0.95)));
    times.representative = Some(Representatives { median, p95, ways: Vec::new() });
    times.alone = true;
    Some(times)
}

/// What each plan of a service took that ended an incident.
fn of_service(
    scenario: &Scenario,
    simulator: &Simulator<'_>,
    (tier, failure, row): (TierId, FailureId, &TierService),
    trials: u64,
) -> Vec<PlanTimes> {
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
    found
}

impl PlanTimes {
    fn new(scenario: &Scenario, (failure, row, plan): (FailureId, &TierService, PlanId), trials: u64) -> Self {
        let steps = fit_plan(scenario, row, plan).map(|fitted| fitted.steps).unwrap_or_default();
        Self {
            alone: false,
            failure,
            service: row.service,
            plan,
            trials,
            after_decision: Observed::new(MS),
            data_loss: Observed::new(MS),
            data_loss_bytes: Observed::new(1.0),
            steps: steps.iter().map(|step| (step.step, Observed::new(MS))).collect(),
            finish: steps.iter().map(|_| Observed::new(MS)).collect(),
            critical: vec![0; steps.len()],
            representative: None,
            ended: Vec::new(),
        }
    }

    fn add(&mut self, scenario: &Scenario, line: &TimeLine) {
        let mut decided = NEVER;
        let mut served = 0;
        let mut took: Vec<Option<u64>> = vec![None; self.steps.len()];
        let mut done: Vec<Option<(u64, bool)>> = vec![None; self.steps.len()];
        for entry in line.lines.iter().filter(|entry| entry.service == self.service) {
            let Act::Step(_, step) = entry.act else { continue };
            // A step that was done for an earlier plan need not be done again in this one, and counts.
            let known = self.steps.iter().position(|(id, _)| *id == step).filter(|_| entry.ending == Ending::Done);
            let Some(position) = known else { continue };
            took[position] = Some(took[position].unwrap_or(0) + entry.finish - entry.begin);
            done[position] = Some((entry.finish, entry.critical));
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
        for ((finish, critical), done) in self.finish.iter_mut().zip(&mut self.critical).zip(done) {
            if let Some((at, on_path)) = done {
                finish.tally.record(at);
                *critical += u64::from(on_path);
            }
        }
        if line.outcome.recovery_time != NEVER {
            self.ended.push((line.occurrence, line.outcome.recovery_time));
        }
        self.after_decision.tally.record(served.saturating_sub(decided));
        self.data_loss.tally.record(line.outcome.data_loss);
        self.data_loss_bytes.tally.record(line.outcome.data_loss_bytes);
    }
}
