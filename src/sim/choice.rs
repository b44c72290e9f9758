//! Policies that choose a plan by what people can expect, not by what this incident will bring.

use super::impact::PlanOption;
use super::incident::{Facts, facts as facts_of};
use super::program::{FailureProgram, ServiceProgram};
use super::random::{Key, Purpose, Uniform};
use super::walk::expected;
use crate::model::PlanPolicy;

/// Imagined incidents over which an expectation is taken: their draws lie evenly over each
/// distribution, so that 64 give a mean to about a hundredth of its spread.
const PILOTS: u64 = 64;

/// What people expect: durations, phases and moments lie evenly over their distributions, an attempt
/// fails as often as it is said to, but the last one succeeds and nothing else unlikely happens.
///
/// No seed and no name has a say in it, so that neither can turn a choice.
struct Expectation;

impl Uniform for Expectation {
    fn uniform(&self, _key: Key, occurrence: u64, purpose: Purpose) -> f64 {
        // Three orders of the same 64 cells that have little to do with one another: as they come,
        // with their bits reversed (van der Corput), and in steps of an odd number (a lattice).
        let n = occurrence % PILOTS;
        let cell = |n: u64| (n as f64 + 0.5) / PILOTS as f64;
        match purpose {
            Purpose::Duration => cell(n),
            Purpose::Phase | Purpose::Moment => cell(n.reverse_bits() >> (64 - PILOTS.trailing_zeros())),
            Purpose::Attempt { last: false } => cell(n * 39 % PILOTS),
            Purpose::Attempt { last: true } | Purpose::Chance => 1.0,
            Purpose::Member => 0.5,
        }
    }
}

/// Puts the options in the order of the policy; equals stay in the order of the file.
pub(super) fn order_options(
    program: &FailureProgram,
    service: &ServiceProgram,
    policy: PlanPolicy,
    options: &mut Vec<PlanOption>,
) {
    if policy == PlanPolicy::Order || options.len() < 2 {
        return;
    }
    let facts: Vec<Facts> = (0..PILOTS).map(|n| facts_of(program, &Expectation, n)).collect();
    let score = |option: &PlanOption| {
        let plan = &service.plans[option.plan];
        let of = |facts: &Facts| {
            let (time, loss) = expected(plan, option, facts, &Expectation);
            if policy == PlanPolicy::Fastest { time } else { loss }
        };
        // Where it has no recovery point it costs no time: the next plan begins at once.
        let (count, sum) = facts
            .iter()
            .map(of)
            .filter(|score| score.is_finite())
            .fold((0.0, 0.0), |(n, sum), score| (n + 1.0, sum + score));
        if count > 0.0 { sum / count } else { f64::INFINITY }
    };
    let mut scored: Vec<(f64, PlanOption)> = options.drain(..).map(|option| (score(&option), option)).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    options.extend(scored.into_iter().map(|(_, option)| option));
}
