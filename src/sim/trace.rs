//! What the steps of plans did in single incidents, for those who ask for more than tallies.

use std::ops::Range;

use super::campaign::{Simulator, Worker};
use super::incident::{Outcome, PlanLabel, facts};
use super::random::Random;
use crate::id::{FailureId, PlanId, StepId, TierId};

/// A plan that brought a service back. Times are seconds from the impact; what was done before the
/// damage was felt is negative.
#[derive(Clone, Debug)]
pub struct PlanTrace<'a> {
    /// Position of the service in the tier.
    pub service: usize,
    /// The plan.
    pub plan: PlanId,
    /// When it was begun.
    pub begin: f64,
    /// When the last of its steps that service waits for was done.
    pub serve: f64,
    /// What the incident did to the service.
    pub outcome: &'a Outcome,
    /// Its steps, in the order of the fitted plan.
    pub steps: &'a [StepTrace],
}

/// A step of such a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTrace {
    /// The step.
    pub step: StepId,
    /// When it was begun, its person free.
    pub begin: f64,
    /// When it was done, with all its attempts.
    pub finish: f64,
}

impl Simulator<'_> {
    /// The plans that brought services back in these incidents, as a campaign of the same seed meets
    /// them.
    ///
    /// # Arguments
    /// `see` is given one plan after the other, incident by incident and service by service; it is not
    /// called where a service needed no plan, or waited, or was lost.
    pub fn plans_of(
        &self,
        tier: TierId,
        failure: FailureId,
        occurrences: Range<u64>,
        mut see: impl FnMut(&PlanTrace<'_>),
    ) {
        let Some((position, program)) = self.program(tier, failure) else { return };
        let mut worker = Worker::default();
        let mut steps = Vec::new();
        for occurrence in occurrences {
            self.simulate_one(&Random, program, position, occurrence, &mut worker);
            let impact = facts(program, &Random, occurrence).impact_time();
            for (n, recovery) in worker.scratch.recoveries.iter().enumerate() {
                let Some((ended, launch)) = recovery.ended.and_then(|ended| Some((ended, ended.launch?))) else {
                    continue;
                };
                let PlanLabel::Plan(id) = ended.label else { continue };
                let Some(plan) = program.services[n].plans.iter().find(|plan| plan.plan == id) else { continue };
                steps.clear();
                let times = recovery.begin.iter().zip(&recovery.finish);
                steps.extend(plan.steps.iter().zip(times).map(|(step, (begin, finish))| StepTrace {
                    step: step.step,
                    begin: begin - impact,
                    finish: finish - impact,
                }));
                see(&PlanTrace {
                    service: n,
                    plan: id,
                    begin: launch.begin - impact,
                    serve: ended.serve - impact,
                    outcome: &worker.scratch.services[n],
                    steps: &steps,
                });
            }
        }
    }
}
