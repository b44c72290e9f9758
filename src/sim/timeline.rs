//! The time line of one incident: what ran when, what waited for what, and the path that decided.
//!
//! The engines leave the plans of an incident one after the other in a trace; here they are joined.
//! Every line knows what it began after, so the critical path is followed back from the end and adds
//! up to the recovery time.

use super::impact::{Fate, Impact};
use super::incident::{Ended, Facts, Outcome, PlanLabel, Scratch, Site};
use super::milliseconds;
use super::program::{FailureProgram, StepProgram};
use super::random::Random;
use super::recovery::{Round, RoundEnd};
use crate::id::{Id, PlanId, RoleId, ServiceId, StepId};

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// For the failure to be noticed.
    Detection,
    /// Until it has lasted long enough for the plan to be begun.
    AfterDown,
    /// For the outage to end.
    OutageEnd,
    /// For service to resume once the outage is over.
    Resume,
    /// For another instance to take over.
    Takeover,
    /// For somebody of this role to be free.
    People(RoleId),
    /// For the data of this service.
    Data(ServiceId),
    /// For this service, which is needed.
    Needs(ServiceId),
}

/// What a line of the time line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A step of a plan.
    Step(PlanId, StepId),
    /// Nothing could be done.
    Wait(Wait),
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Done,
    /// The last attempt failed.
    Failed,
    /// Its plan was struck off, or the outage was over first.
    GivenUp,
}

/// One line; times in milliseconds of the recovery clock, cut off at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose plan it belongs to.
    pub service: ServiceId,
    /// What it is.
    pub act: Act,
    /// From when.
    pub begin: u64,
    /// Until when.
    pub finish: u64,
    /// Whether it is on the critical path: these follow one another without a gap from 0 to the
    /// recovery time.
    pub critical: bool,
    /// How it ended.
    pub ending: Ending,
}

/// One incident in its lines, service by service, by begin.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeLine {
    /// Which incident of the campaign it is, from 0.
    pub occurrence: u64,
    /// What it came to.
    pub outcome: Outcome,
    /// What happened.
    pub lines: Vec<Line>,
}

/// Where the path goes on, in the time line of the application, instead of through a wait for another
/// service.
#[derive(Clone, Copy)]
enum Through {
    /// What brought the service itself back.
    Own(usize),
    /// What brought it back with all that it needs.
    Whole(usize),
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Over(Ending),
    /// Its plan was struck off at this moment; given up unless the next plan goes on with it.
    UnderWay(f64),
}

struct Item {
    service: usize,
    act: Act,
    begin: f64,
    finish: f64,
    state: State,
    /// What it began after; `None`: the start of the clock.
    cause: Option<usize>,
    through: Option<Through>,
}

/// An incident that was simulated with a trace.
pub(super) struct Joined<'a> {
    program: &'a FailureProgram,
    impact: &'a Impact,
    facts: &'a Facts,
    services: Vec<ServiceId>,
    items: Vec<Item>,
    /// By service: when it was back by itself, and what it was back after.
    own: Vec<(f64, Option<usize>)>,
    /// With all that it needs.
    whole: Vec<(f64, Option<usize>)>,
}

impl<'a> Joined<'a> {
    /// Joins what the simulation left in `scratch`.
    ///
    /// # Arguments
    /// `services`: of the tier, in its order.
    pub(super) fn new(
        program: &'a FailureProgram,
        impact: &'a Impact,
        facts: &'a Facts,
        services: Vec<ServiceId>,
        scratch: &Scratch,
    ) -> Self {
        let mut joined =
            Self { program, impact, facts, services, items: Vec::new(), own: Vec::new(), whole: Vec::new() };
        // What a wait for data leads to is looked up while services are joined.
        let back = |n: usize| scratch.recoveries[n].ended.map_or(facts.impact_time(), |ended| ended.serve);
        joined.own = (0..program.services.len()).map(|n| (back(n), None)).collect();
        for (n, recovery) in scratch.recoveries.iter().enumerate() {
            let rounds = recovery.trace.as_deref().unwrap_or(&[]);
            joined.own[n] = joined.own_recovery(n, rounds, recovery.ended);
            let whole = joined.with_needs(n);
            joined.whole.push(whole);
        }
        joined
    }

    /// The lines of the application, or of the service at this position alone.
    pub(super) fn lines(&self, service: Option<usize>) -> Vec<Line> {
        let critical = self.critical_path(service);
        let impact_time = self.facts.impact_time();
        let clock = |time: f64| milliseconds(time - impact_time);
        let mut lines: Vec<(usize, Line)> = Vec::new();
        for (item, critical) in self.items.iter().zip(critical) {
            if service.is_some_and(|n| n != item.service) {
                continue;
            }
            let (finish, ending) = match item.state {
                State::Over(ending) => (item.finish, ending),
                State::UnderWay(until) => (until, Ending::GivenUp),
            };
            let (begin, finish) = (clock(item.begin), clock(finish));
            if begin < finish || matches!(item.act, Act::Step(..)) {
                let service = self.services[item.service];
                lines.push((item.service, Line { service, act: item.act, begin, finish, critical, ending }));
            }
        }
        lines.sort_by_key(|(service, line)| (*service, line.begin));
        lines.into_iter().map(|(_, line)| line).collect()
    }

    fn critical_path(&self, service: Option<usize>) -> Vec<bool> {
        let mut marks = vec![false; self.items.len()];
        let last = (0..self.whole.len()).rev().max_by(|a, b| self.whole[*a].0.total_cmp(&self.whole[*b].0));
        let mut at = service.or(last).and_then(|n| self.whole[n].1);
        while let Some(n) = at {
            // Nothing is met twice: a circle of waits would never have come to an end.
            if marks[n] {
                break;
            }
            at = match (self.items[n].through, service) {
                (Some(Through::Own(other)), None) => self.own[other].1,
                (Some(Through::Whole(other)), None) => self.whole[other].1,
                _ => {
                    marks[n] = true;
                    self.items[n].cause
                }
            };
        }
        marks
    }

    fn site(&self, n: usize) -> Site<'a> {
        Site { service: &self.program.services[n], impact: &self.impact.services[n] }
    }

    fn wait(&mut self, service: usize, wait: Wait, (begin, finish): (f64, f64), cause: Option<usize>) -> usize {
        let state = State::Over(Ending::Done);
        self.items.push(Item { service, act: Act::Wait(wait), begin, finish, state, cause, through: None });
        self.items.len() - 1
    }

    /// When a service is back by itself, and what it is back after.
    fn own_recovery(&mut self, n: usize, rounds: &[Round], ended: Option<Ended>) -> (f64, Option<usize>) {
        let start = self.facts.impact_time();
        let site = self.site(n);
        let last = self.rounds(n, rounds);
        match &site.impact.fate {
            Fate::Untouched => (start, None),
            Fate::Masked { takeovers, .. } => {
                let draw = |draw: &super::random::Draw| draw.get(&Random, self.facts.occurrence);
                let serve = takeovers.iter().map(draw).fold(start, f64::max);
                let last = (serve > start).then(|| self.wait(n, Wait::Takeover, (start, serve), None));
                (serve, last)
            }
            Fate::Down { own, waits_for_outside, .. } => {
                let waited = site.waited(self.facts, &Random, 0.0).serve;
                let ended = if *own { ended.unwrap_or(Ended::UNRECOVERABLE) } else { untouched(start) };
                let waits = matches!(ended.label, PlanLabel::Wait) && ended.serve <= waited;
                if waits || (*waits_for_outside && waited > ended.serve) {
                    return (waited, self.outage_end(n, waited));
                }
                (ended.serve, last)
            }
        }
    }

    fn outage_end(&mut self, n: usize, waited: f64) -> Option<usize> {
        let start = self.facts.impact_time();
        let end = self.wait(n, Wait::OutageEnd, (start, self.facts.end), None);
        let resumed = waited > self.facts.end;
        Some(if resumed { self.wait(n, Wait::Resume, (self.facts.end, waited), Some(end)) } else { end })
    }

    fn with_needs(&mut self, n: usize) -> (f64, Option<usize>) {
        let (serve, last) = self.own[n];
        let needs = self.program.services[n].needs.iter().copied();
        let latest = needs.rev().max_by(|a, b| self.whole[*a].0.total_cmp(&self.whole[*b].0));
        match latest {
            Some(need) if self.whole[need].0 > serve => {
                let whole = self.whole[need].0;
                let item = self.wait(n, Wait::Needs(self.services[need]), (serve, whole), last);
                self.items[item].through = Some(Through::Whole(need));
                (whole, Some(item))
            }
            _ => (serve, last),
        }
    }

    /// Joins the plans of a service; returns what the last of them ended with.
    fn rounds(&mut self, n: usize, rounds: &[Round]) -> Option<usize> {
        let first = self.items.len();
        let mut over = self.facts.impact_time();
        let mut cause = None;
        for round in rounds {
            let start = self.start(n, round, over, cause);
            let nodes = self.steps(n, round, first, start);
            match round.end {
                RoundEnd::Struck(step) => (over, cause) = (round.at, nodes[step]),
                RoundEnd::Served => cause = self.last_step(n, round, &nodes, start),
                RoundEnd::GivenUp => {}
            }
        }
        cause
    }

    /// What a plan began after.
    fn start(&mut self, n: usize, round: &Round, over: f64, cause: Option<usize>) -> Option<usize> {
        let begin = round.launch.begin;
        if begin <= over {
            return cause;
        }
        let (plan, _, _) = self.site(n).plan(&round.launch);
        let wait = if round.launch.after_outage && begin == self.facts.end {
            Wait::OutageEnd
        } else if !plan.detects && begin == self.facts.moments.detect {
            Wait::Detection
        } else {
            Wait::AfterDown
        };
        Some(self.wait(n, wait, (self.facts.impact_time(), begin), None))
    }

    fn last_step(&self, n: usize, round: &Round, nodes: &[Option<usize>], start: Option<usize>) -> Option<usize> {
        let (plan, _, _) = self.site(n).plan(&round.launch);
        let of_service = (0..plan.steps.len()).filter(|step| !plan.steps[*step].background);
        let last = of_service.max_by(|a, b| round.finish[*a].total_cmp(&round.finish[*b]));
        last.filter(|step| round.finish[*step] >= round.launch.begin).map_or(start, |step| nodes[step])
    }

    /// Joins the steps of a plan; returns for each the item that its end is known by.
    fn steps(&mut self, n: usize, round: &Round, first: usize, start: Option<usize>) -> Vec<Option<usize>> {
        let (plan, option, _) = self.site(n).plan(&round.launch);
        for item in &mut self.items[first..] {
            if let (State::UnderWay(until), Act::Step(_, id)) = (item.state, item.act)
                && plan.steps.iter().all(|step| step.step != id)
            {
                (item.finish, item.state) = (until, State::Over(Ending::GivenUp));
            }
        }
        let mut nodes = vec![None; plan.steps.len()];
        for (at, step) in plan.steps.iter().enumerate() {
            let before = step.after.iter().map(|p| *p as usize);
            let before = before.max_by(|a, b| round.finish[*a].total_cmp(&round.finish[*b]));
            let before = before.filter(|p| round.finish[*p] >= round.launch.begin);
            let (ready, cause) = before.map_or((round.launch.begin, start), |p| (round.finish[p], nodes[p]));
            nodes[at] = if let Some(earlier) = self.earlier(first, step) {
                if matches!(self.items[earlier].state, State::UnderWay(_)) {
                    let begin = self.items[earlier].begin;
                    let known = if self.impact.contention.any { round.finish[at] } else { self.items[earlier].finish };
                    (self.items[earlier].finish, self.items[earlier].state) = ending(round, at, step, begin, known);
                }
                if self.items[earlier].finish >= ready { Some(earlier) } else { cause }
            } else if option.is_up[at] {
                cause
            } else if has_begun(round, at) {
                let cause = self.held_up(n, round, at, ready, cause);
                let (begin, act) = (round.begin[at], Act::Step(plan.plan, step.step));
                let (finish, state) = ending(round, at, step, begin, round.finish[at]);
                self.items.push(Item { service: n, act, begin, finish, state, cause, through: None });
                Some(self.items.len() - 1)
            } else {
                None
            };
        }
        nodes
    }

    /// The same step in an earlier plan of this service, if it need not be done again.
    fn earlier(&self, first: usize, step: &StepProgram) -> Option<usize> {
        let stays = |item: &Item| match item.state {
            State::Over(ending) => ending == Ending::Done,
            State::UnderWay(_) => true,
        };
        let is_same = |item: &Item| matches!(item.act, Act::Step(_, id) if id == step.step);
        let found = self.items[first..].iter().position(|item| is_same(item) && !step.of_point && stays(item));
        found.map(|n| first + n)
    }

    /// What a step that was ready at `ready` really began after: people or data may have kept it.
    fn held_up(&mut self, n: usize, round: &Round, at: usize, ready: f64, cause: Option<usize>) -> Option<usize> {
        let begin = round.begin[at];
        if begin <= ready {
            return cause;
        }
        let (plan, _, source) = self.site(n).plan(&round.launch);
        let step = &plan.steps[at];
        let needs_data = step.needs_data();
        let gate = source.gate.filter(|gate| needs_data && self.own[*gate].0 == begin);
        match (gate, step.role) {
            (Some(gate), _) => {
                let item = self.wait(n, Wait::Data(self.services[gate]), (ready, begin), cause);
                self.items[item].through = Some(Through::Own(gate));
                Some(item)
            }
            (None, Some(role)) => Some(self.wait(n, Wait::People(RoleId::from_index(role)), (ready, begin), cause)),
            (None, None) => cause,
        }
    }
}

/// The end of a service of which nothing itself is hit.
fn untouched(start: f64) -> Ended {
    Ended { serve: start, full: start, label: PlanLabel::None, launch: None }
}

/// Whether a step was begun before its plan was over.
fn has_begun(round: &Round, at: usize) -> bool {
    match round.end {
        RoundEnd::Served => round.begin[at].is_finite(),
        RoundEnd::Struck(failed) => at == failed || round.begin[at] < round.at,
        RoundEnd::GivenUp => round.begin[at] < round.at,
    }
}

/// When a step was over, and how, given when it would have been done.
fn ending(round: &Round, at: usize, step: &StepProgram, begin: f64, finish: f64) -> (f64, State) {
    let given_up = (round.at.max(begin), State::Over(Ending::GivenUp));
    match round.end {
        RoundEnd::Struck(failed) if failed == at => (round.at, State::Over(Ending::Failed)),
        RoundEnd::Served if finish.is_finite() => (finish, State::Over(Ending::Done)),
        RoundEnd::Served => given_up,
        _ if finish <= round.at => (finish, State::Over(Ending::Done)),
        RoundEnd::Struck(_) if !step.of_point => (finish, State::UnderWay(round.at.max(begin))),
        _ => given_up,
    }
}
