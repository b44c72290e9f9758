//! A service's recovery while it is worked out: which plan comes next, and what of earlier ones stays.

use super::incident::{Ended, Facts, Launch, Site};
use super::program::PlanProgram;
use super::random::Uniform;
use crate::id::{CopyId, PlanId, StepId};
use crate::model::Phase;

/// A step that was done or under way when a plan was struck off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) step: StepId,
    /// When it is over.
    pub(super) at: f64,
    /// It fails then: people go on with it and do not know.
    pub(super) fails: bool,
    /// It was not over when the last plan was struck off: one that has no use for it lets it go.
    pub(super) under_way: bool,
}

/// A service's recovery while it is worked out.
#[derive(Default)]
pub(super) struct Recovery {
    option: usize,
    source: usize,
    after_outage: bool,
    round: u64,
    /// Whether a source was passed over that is to be taken if nothing else is there, and whether it is so.
    passed_over: bool,
    pub(super) last_resort: bool,
    /// How many points of each copy were struck off by which plan: a bad one stays bad in every plan.
    struck: Vec<(Option<CopyId>, PlanId, u32)>,
    /// Plans of which a step failed for good: they are not tried again.
    failed: Vec<PlanId>,
    /// Steps of earlier rounds that are not begun again.
    pub(super) carried: Vec<Carried>,
    /// Steps of the plan under way that fail for good, by position, and when: as far as a walk knows.
    pub(super) failing: Vec<(usize, f64)>,
    /// Finish of each step of the plan under way.
    pub(super) finish: Vec<f64>,
    /// Begin of each step of the plan under way.
    pub(super) begin: Vec<f64>,
    /// When people knew of the failure, if plans were begun before: `None` by the failure's own `detected`.
    pub(super) seen: Option<Option<f64>>,
    pub(super) ended: Option<Ended>,
    /// Plans one after the other, where a time line is asked for; a campaign keeps none.
    pub(super) trace: Option<Vec<Round>>,
}

/// A plan that was begun, with the begin and the finish of its steps: infinite for those that were not
/// begun, or not done when the plan was struck off.
pub(super) struct Round {
    pub(super) launch: Launch,
    pub(super) end: RoundEnd,
    pub(super) at: f64,
    pub(super) begin: Vec<f64>,
    pub(super) finish: Vec<f64>,
}

/// Why a plan was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoundEnd {
    /// It brought service back.
    Served,
    /// This step failed for good.
    Struck(usize),
    /// The outage was over before the point of no return.
    GivenUp,
}

impl Recovery {
    /// One that keeps its plans.
    pub(super) fn traced() -> Self {
        Self { trace: Some(Vec::new()), ..Self::default() }
    }

    pub(super) fn reset(&mut self) {
        (self.option, self.source, self.after_outage, self.round) = (0, 0, false, 0);
        (self.passed_over, self.last_resort) = (false, false);
        self.struck.clear();
        self.failed.clear();
        self.carried.clear();
        self.failing.clear();
        (self.seen, self.ended) = (None, None);
    }

    /// What there is to choose from has changed at `now`: begins with the first plan again. What was learned of
    /// recovery points is kept, and that people know and have decided by `plan`; the rest may have been lost.
    pub(super) fn start_over(&mut self, plan: Option<&PlanProgram>, now: f64) {
        let steps = plan.iter().flat_map(|plan| &plan.steps).zip(&self.finish);
        for (step, at) in steps.filter(|(_, at)| **at <= now) {
            let known = self.carried.iter().any(|carried| carried.step == step.step);
            if matches!(step.phase, Phase::Detect | Phase::Decide) && !known {
                self.carried.push(Carried { step: step.step, at: *at, fails: false, under_way: false });
            }
        }
        (self.option, self.source, self.after_outage) = (0, 0, false);
        (self.passed_over, self.last_resort) = (false, false);
        self.round += 1;
    }

    /// How many points of a copy were struck off.
    pub(super) fn struck(&self, copy: Option<CopyId>) -> u32 {
        self.struck.iter().filter(|(of, ..)| *of == copy).map(|(.., n)| *n).sum()
    }

    /// How many points of a copy this plan has struck off.
    fn tried(&self, copy: Option<CopyId>, plan: PlanId) -> u32 {
        self.struck.iter().find(|(of, by, _)| (*of, *by) == (copy, plan)).map_or(0, |(.., n)| *n)
    }

    /// The source that was found last is of no use; `for_now`: unless there is nothing else.
    pub(super) fn pass_over(&mut self, for_now: bool) {
        self.source += 1;
        self.passed_over |= for_now;
    }

    /// Nothing else is there: begins anew, with the sources that were passed over. `false`: there are none.
    pub(super) fn resort(&mut self) -> bool {
        if self.last_resort || !self.passed_over {
            return false;
        }
        (self.option, self.source, self.after_outage, self.last_resort) = (0, 0, false, true);
        true
    }

    /// Keeps a plan that is over for the time line.
    #[inline]
    pub(super) fn note(&mut self, launch: Launch, end: RoundEnd, at: f64) {
        if let Some(trace) = &mut self.trace {
            trace.push(Round { launch, end, at, begin: self.begin.clone(), finish: self.finish.clone() });
        }
    }

    /// The next plan to begin at `now` or later, in the order: older points of a source, the next
    /// source, the next plan, and once the outage is over the plans for what was destroyed.
    pub(super) fn next<U: Uniform>(
        &mut self,
        site: &Site<'_>,
        facts: &Facts,
        draws: &U,
        mut now: f64,
    ) -> Option<Launch> {
        loop {
            let options = site.options(self.after_outage);
            while let Some(option) = options.get(self.option) {
                let plan = &site.service.plans[option.plan];
                let sources: &[_] = if self.failed.contains(&plan.plan) { &[] } else { &option.sources };
                while let Some(source) = sources.get(self.source) {
                    let tried = self.tried(source.copy, plan.plan);
                    // Without data there is no point that stays bad: each plan is checked by itself.
                    let skip = if source.copy.is_some() { self.struck(source.copy) } else { tried };
                    let point = (tried < plan.points)
                        .then(|| source.finder.find(draws, facts.occurrence, &facts.moments, skip))
                        .flatten();
                    if let Some(point) = point {
                        let known = if plan.detects { 0.0 } else { facts.moments.detect };
                        return Some(Launch {
                            option: self.option,
                            source: self.source,
                            point,
                            begin: now.max(known).max(plan.after_down),
                            after_outage: self.after_outage,
                            round: self.round,
                            years: 0.0,
                        });
                    }
                    self.source += 1;
                }
                (self.option, self.source) = (self.option + 1, 0);
            }
            if self.after_outage || !facts.end.is_finite() || site.options(true).is_empty() {
                return None;
            }
            (self.after_outage, self.option, self.source) = (true, 0, 0);
            now = now.max(facts.end);
        }
    }

    /// A step failed for good at `now`: a `verify` step strikes off its recovery point, any other the
    /// plan. What was done or is under way and does not depend on the point stays done.
    pub(super) fn strike(&mut self, plan: &PlanProgram, copy: Option<CopyId>, failed: usize, now: f64) {
        // A later plan that begins with a `detect` step finds out what people know already.
        let by_itself = self.finish.first().copied().filter(|at| plan.detects && *at <= now);
        if self.seen.is_none() && (by_itself.is_some() || !plan.detects) {
            self.seen = Some(by_itself);
        }
        self.carried.retain(|carried| carried.step != plan.steps[failed].step);
        self.carried.iter_mut().for_each(|carried| carried.under_way = carried.at > now);
        for (n, step) in plan.steps.iter().enumerate() {
            let is_known = self.carried.iter().any(|carried| carried.step == step.step);
            if n == failed || self.begin[n] > now || step.of_point || is_known {
                continue;
            }
            let failing = self.failing.iter().find(|(at, _)| *at == n);
            let at = failing.map_or(self.finish[n], |(_, at)| *at);
            if at.is_finite() {
                let (fails, under_way) = (failing.is_some(), at > now);
                self.carried.push(Carried { step: step.step, at, fails, under_way });
            }
        }
        self.round += 1;
        if plan.steps[failed].phase == Phase::Verify {
            match self.struck.iter_mut().find(|(of, by, _)| (*of, *by) == (copy, plan.plan)) {
                Some((.., count)) => *count += 1,
                None => self.struck.push((copy, plan.plan, 1)),
            }
        } else {
            self.failed.push(plan.plan);
            (self.option, self.source) = (self.option + 1, 0);
        }
    }
}
