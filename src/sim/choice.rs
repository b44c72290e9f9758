//! Policies that choose a plan by what people can expect, not by what this incident will bring.

use super::impact::PlanOption;
use super::incident::{Facts, facts as facts_of};
use super::program::{FailureProgram, ServiceProgram};
use super::random::Random;
use super::walk::expected;
use crate::model::PlanPolicy;

/// Incidents over which an expectation is taken, numbered down from the greatest: no campaign gets
/// there, so a policy knows nothing of the incidents that it is judged by. With 256 the standard
/// error of a mean is a sixteenth of the spread, below what people can tell.
const PILOTS: u64 = 256;

/// Puts the options in the order of the policy; equals stay in the order of the file.
pub(super) fn order_options(
    program: &FailureProgram,
    service: &ServiceProgram,
    policy: PlanPolicy,
    destroyed: bool,
    options: &mut Vec<PlanOption>,
) {
    if policy == PlanPolicy::Order || options.len() < 2 {
        return;
    }
    let facts: Vec<Facts> = (0..PILOTS).map(|n| facts_of(program, &Random, u64::MAX - n, destroyed)).collect();
    let score = |option: &PlanOption| {
        let plan = &service.plans[option.plan];
        let of = |facts: &Facts| {
            let (time, loss) = expected(plan, option, facts, &Random);
            if policy == PlanPolicy::Fastest { time } else { loss }
        };
        facts.iter().map(of).sum::<f64>()
    };
    let mut scored: Vec<(f64, PlanOption)> = options.drain(..).map(|option| (score(&option), option)).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    options.extend(scored.into_iter().map(|(_, option)| option));
}
