//! How long plans take where steps wait for links, people or other services' data: the events of all
//! services of one incident in one queue.
//!
//! Ready steps take people in the order they became ready, then in the order of the services, then as
//! listed. Transfers that run at the same time share what they use max-min fairly ([`super::share`]).

use super::impact::{Fate, Impact};
use super::incident::{Facts, Launch, Recovery, Site};
use super::program::{Amount, CommitAt, FailureProgram};
use super::random::{Purpose, Uniform};
use super::share::{Flow, share};
use super::walk::{attempt_count, volume};
use crate::id::StepId;
use crate::model::Phase;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// For other steps.
    Waiting,
    /// For people or data, since this moment.
    Ready(f64),
    /// Its fixed part, until this moment.
    Fixed(f64),
    /// Its transfer, with this many logical bytes left.
    Moving(f64),
    Done,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    state: State,
    attempt: u32,
    round: u64,
    rate: f64,
    flow: usize,
}

const FRESH: Node = Node { state: State::Waiting, attempt: 0, round: 0, rate: 0.0, flow: usize::MAX };

/// A service whose plans run here.
#[derive(Default)]
struct Actor {
    launch: Option<Launch>,
    nodes: Vec<Node>,
    /// When it was back; infinite until then.
    serve: f64,
    /// Steps under way when the last plan was struck off, which go on in the next.
    kept: Vec<(StepId, Node)>,
}

/// Room to work in.
#[derive(Default)]
pub(super) struct Room {
    actors: Vec<Actor>,
    free: Vec<u32>,
    ready: Vec<(f64, usize, usize)>,
    flows: Vec<Flow>,
    rates: Vec<f64>,
    stopped: Vec<usize>,
}

/// One incident under way.
struct Run<'a, U> {
    program: &'a FailureProgram,
    impact: &'a Impact,
    facts: &'a Facts,
    draws: &'a U,
    recoveries: &'a mut [Recovery],
    room: &'a mut Room,
    now: f64,
}

/// The recoveries of all services whose own parts are hit, worked out together.
pub(super) fn recover<U: Uniform>(
    program: &FailureProgram,
    impact: &Impact,
    facts: &Facts,
    draws: &U,
    recoveries: &mut [Recovery],
    room: &mut Room,
) {
    room.actors.resize_with(program.services.len(), Actor::default);
    room.free.clear();
    room.free.extend_from_slice(&program.people);
    let mut run = Run { program, impact, facts, draws, recoveries, room, now: 0.0 };
    for n in 0..program.services.len() {
        let actor = &mut run.room.actors[n];
        (actor.launch, actor.serve) = (None, 0.0);
        actor.kept.clear();
        if matches!(impact.services[n].fate, Fate::Down { own: true, .. }) {
            run.room.actors[n].serve = f64::INFINITY;
            run.launch(n);
        }
    }
    loop {
        while run.settle() {}
        run.give_up();
        run.set_rates();
        let next = run.next_moment();
        if next.is_infinite() {
            break;
        }
        run.advance(next);
    }
    run.close();
}

impl<'a, U: Uniform> Run<'a, U> {
    fn site(&self, n: usize) -> Site<'a> {
        Site { service: &self.program.services[n], impact: &self.impact.services[n] }
    }

    /// Chooses the next plan of a service, or ends its recovery.
    fn launch(&mut self, n: usize) {
        let site = self.site(n);
        let Some(launch) = self.recoveries[n].next(&site, self.facts, self.draws, self.now) else {
            let ended = site.given_up(self.facts, self.draws, self.now);
            self.end(n, ended);
            return;
        };
        if site.comes_back(self.facts) && self.facts.end <= launch.begin {
            let ended = site.waited(self.facts, self.draws, self.now);
            self.end(n, ended);
            return;
        }
        let (plan, _, _) = site.plan(&launch);
        let actor = &mut self.room.actors[n];
        actor.launch = Some(launch);
        actor.nodes.clear();
        actor.nodes.extend(plan.steps.iter().map(|step| {
            let kept = actor.kept.iter().find(|(id, _)| *id == step.step);
            kept.map_or(Node { round: launch.round, ..FRESH }, |(_, node)| *node)
        }));
        for (id, node) in actor.kept.drain(..) {
            let role = plan.steps.iter().find(|s| s.step == id).map(|_| None).unwrap_or_else(|| {
                self.program.services[n].plans.iter().flat_map(|p| &p.steps).find(|s| s.step == id).and_then(|s| s.role)
            });
            if let (Some(role), true) = (role, occupies(node.state)) {
                self.room.free[role] += 1;
            }
        }
        let recovery = &mut self.recoveries[n];
        recovery.begin.clear();
        recovery.begin.resize(plan.steps.len(), f64::INFINITY);
        recovery.finish.clear();
        recovery.finish.resize(plan.steps.len(), f64::INFINITY);
        for (step, node) in self.room.actors[n].nodes.iter().enumerate() {
            if node.state != State::Waiting {
                recovery.begin[step] = launch.begin;
            }
        }
    }

    fn end(&mut self, n: usize, ended: super::incident::Ended) {
        let actor = &mut self.room.actors[n];
        actor.launch = None;
        actor.serve = ended.serve;
        self.recoveries[n].ended = Some(ended);
    }

    /// Does all that can be done at this moment; whether anything changed.
    fn settle(&mut self) -> bool {
        let mut changed = false;
        for n in 0..self.room.actors.len() {
            let Some(launch) = self.room.actors[n].launch else { continue };
            if launch.begin > self.now {
                continue;
            }
            changed |= self.finish_parts(n, launch);
            if self.room.actors[n].launch.is_some_and(|l| l.round == launch.round) {
                changed |= self.make_ready(n, launch);
                changed |= self.check_served(n, launch);
            }
        }
        changed | self.start_ready()
    }

    /// Steps whose predecessors are done become ready, or are done if nothing is to be done.
    fn make_ready(&mut self, n: usize, launch: Launch) -> bool {
        let (plan, option, _) = self.site(n).plan(&launch);
        let mut changed = false;
        for (step_n, step) in plan.steps.iter().enumerate() {
            let nodes = &self.room.actors[n].nodes;
            if nodes[step_n].state != State::Waiting
                || !step.after.iter().all(|p| nodes[*p as usize].state == State::Done)
            {
                continue;
            }
            changed = true;
            let carried = self.recoveries[n].carried.iter().find(|(id, _)| *id == step.step).map(|(_, at)| *at);
            if carried.is_some() || option.is_up[step_n] {
                self.recoveries[n].begin[step_n] = self.now;
                self.recoveries[n].finish[step_n] = carried.map_or(self.now, |at| at.max(self.now));
                self.room.actors[n].nodes[step_n].state = State::Done;
            } else {
                self.room.actors[n].nodes[step_n].state = State::Ready(self.now);
            }
        }
        changed
    }

    /// Ready steps begin if their person is free and the data that they wait for is there.
    fn start_ready(&mut self) -> bool {
        let mut ready = std::mem::take(&mut self.room.ready);
        ready.clear();
        for (n, actor) in self.room.actors.iter().enumerate().filter(|(_, a)| a.launch.is_some()) {
            for (step, node) in actor.nodes.iter().enumerate() {
                if let State::Ready(since) = node.state {
                    ready.push((since, n, step));
                }
            }
        }
        ready.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut changed = false;
        for (_, n, step_n) in ready.iter().copied() {
            let Some(launch) = self.room.actors[n].launch else { continue };
            let (plan, _, source) = self.site(n).plan(&launch);
            let step = &plan.steps[step_n];
            let needs_data = step.amount != Amount::Nothing || step.phase == Phase::Restore;
            if needs_data && source.gate.is_some_and(|gate| self.room.actors[gate].serve > self.now) {
                continue;
            }
            if let Some(role) = step.role {
                if self.room.free[role] == 0 {
                    continue;
                }
                self.room.free[role] -= 1;
            }
            self.recoveries[n].begin[step_n] = self.now;
            self.begin_attempt(n, step_n, launch);
            changed = true;
        }
        self.room.ready = ready;
        changed
    }

    fn begin_attempt(&mut self, n: usize, step_n: usize, launch: Launch) {
        let (plan, _, _) = self.site(n).plan(&launch);
        let node = &mut self.room.actors[n].nodes[step_n];
        let count = attempt_count(node.round, node.attempt);
        node.state = State::Fixed(self.now + plan.steps[step_n].fixed(self.facts, self.draws, count));
    }

    /// Fixed parts and transfers that end at this moment.
    fn finish_parts(&mut self, n: usize, launch: Launch) -> bool {
        let (plan, _, _) = self.site(n).plan(&launch);
        let mut changed = false;
        for (step_n, step) in plan.steps.iter().enumerate() {
            let over = match self.room.actors[n].nodes[step_n].state {
                State::Fixed(until) if until <= self.now => {
                    let left = match step.amount {
                        Amount::Inflow(writes) => writes * (self.now + launch.point.age),
                        amount => volume(amount, &launch),
                    };
                    changed = true;
                    self.room.actors[n].nodes[step_n].state = State::Moving(left);
                    left <= 0.0
                }
                State::Moving(left) => left <= 0.0,
                _ => false,
            };
            if !over {
                continue;
            }
            changed = true;
            if self.end_attempt(n, step_n, launch) {
                break;
            }
        }
        changed
    }

    /// An attempt is over: done, again, or the plan is struck off; whether it was.
    fn end_attempt(&mut self, n: usize, step_n: usize, launch: Launch) -> bool {
        let (plan, _, _) = self.site(n).plan(&launch);
        let step = &plan.steps[step_n];
        let node = &mut self.room.actors[n].nodes[step_n];
        let last = node.attempt >= step.retries;
        let count = attempt_count(node.round, node.attempt);
        let fails = step.fails.nth(self.draws, self.facts.occurrence, count, Purpose::Attempt { last });
        if fails && !last {
            node.attempt += 1;
            self.begin_attempt(n, step_n, launch);
            return false;
        }
        if let Some(role) = step.role {
            self.room.free[role] += 1;
        }
        self.room.actors[n].nodes[step_n].state = State::Done;
        if !fails || step.background {
            self.recoveries[n].finish[step_n] = self.now;
            return false;
        }
        self.strike(n, step_n, launch);
        true
    }

    fn strike(&mut self, n: usize, failed: usize, launch: Launch) {
        let (plan, _, source) = self.site(n).plan(&launch);
        for (step_n, step) in plan.steps.iter().enumerate() {
            let node = self.room.actors[n].nodes[step_n];
            if step_n == failed || !matches!(node.state, State::Fixed(_) | State::Moving(_)) {
                continue;
            }
            if step.of_point {
                self.release(step.role);
            } else {
                self.room.actors[n].kept.push((step.step, node));
            }
        }
        self.recoveries[n].strike(plan, source.copy, failed, self.now);
        self.room.actors[n].launch = None;
        self.launch(n);
    }

    fn release(&mut self, role: Option<usize>) {
        if let Some(role) = role {
            self.room.free[role] += 1;
        }
    }

    /// Whether service is back, and whether all is done.
    fn check_served(&mut self, n: usize, launch: Launch) -> bool {
        let site = self.site(n);
        let (plan, _, _) = site.plan(&launch);
        let actor = &mut self.room.actors[n];
        let done = |background: bool| {
            plan.steps
                .iter()
                .zip(&actor.nodes)
                .filter(|(s, _)| background || !s.background)
                .all(|(_, node)| node.state == State::Done)
        };
        let (served, all) = (done(false), done(true));
        let newly = served && actor.serve.is_infinite();
        if newly {
            let finish = &self.recoveries[n].finish;
            let of_service = plan.steps.iter().zip(finish).filter(|(s, _)| !s.background);
            actor.serve = of_service.map(|(_, f)| *f).fold(launch.begin, f64::max);
        }
        if all {
            let serve = actor.serve;
            let full = self.recoveries[n].finish.iter().copied().fold(serve, f64::max);
            let ended = site.served(self.facts, launch, serve, full);
            self.end(n, ended);
        }
        newly || all
    }

    /// The outage is over and the data is back: plans that are not past their point of no return are
    /// given up.
    fn give_up(&mut self) {
        if self.now < self.facts.end {
            return;
        }
        for n in 0..self.room.actors.len() {
            let Some(launch) = self.room.actors[n].launch else { continue };
            let site = self.site(n);
            let (plan, _, _) = site.plan(&launch);
            let committed = match plan.commit {
                CommitAt::Start(step) => self.recoveries[n].begin[step] <= self.now,
                CommitAt::End => self.room.actors[n].serve.is_finite(),
            };
            if committed || !site.comes_back(self.facts) {
                continue;
            }
            for (step, node) in plan.steps.iter().zip(&self.room.actors[n].nodes) {
                if let (Some(role), true) = (step.role, occupies(node.state)) {
                    self.room.free[role] += 1;
                }
            }
            let ended = site.waited(self.facts, self.draws, 0.0);
            self.end(n, ended);
        }
    }

    /// Shares links and sides among the transfers that run now.
    fn set_rates(&mut self) {
        let mut flows = std::mem::take(&mut self.room.flows);
        let mut rates = std::mem::take(&mut self.room.rates);
        let mut stopped = std::mem::take(&mut self.room.stopped);
        flows.clear();
        for n in 0..self.room.actors.len() {
            let Some(launch) = self.room.actors[n].launch else { continue };
            let (_, _, source) = self.site(n).plan(&launch);
            for (step_n, node) in self.room.actors[n].nodes.iter_mut().enumerate() {
                if matches!(node.state, State::Moving(_)) {
                    node.flow = flows.len();
                    flows.push(Flow::new(n, launch, step_n, &source.routes[step_n]));
                }
            }
        }
        let route = |flow: &Flow| {
            let (_, _, source) = self.site(flow.actor).plan(&flow.launch);
            &source.routes[flow.step]
        };
        share(&flows, route, &self.program.resources, &mut rates, &mut stopped);
        for n in 0..self.room.actors.len() {
            let Some(launch) = self.room.actors[n].launch else { continue };
            let (plan, _, _) = self.site(n).plan(&launch);
            for (step, node) in plan.steps.iter().zip(&mut self.room.actors[n].nodes) {
                if matches!(node.state, State::Moving(_)) {
                    let inflow = if let Amount::Inflow(writes) = step.amount { writes } else { 0.0 };
                    node.rate = rates[node.flow] - inflow;
                }
            }
        }
        (self.room.flows, self.room.rates, self.room.stopped) = (flows, rates, stopped);
    }

    /// The next moment at which something ends or begins; infinite if nothing will.
    fn next_moment(&self) -> f64 {
        let mut next = f64::INFINITY;
        let mut active = false;
        for actor in &self.room.actors {
            // Data that others wait for may be back at a later moment.
            if actor.serve > self.now && actor.serve.is_finite() {
                next = next.min(actor.serve);
            }
            let Some(launch) = actor.launch else { continue };
            active = true;
            if launch.begin > self.now {
                next = next.min(launch.begin);
                continue;
            }
            for node in &actor.nodes {
                match node.state {
                    State::Fixed(until) => next = next.min(until.max(self.now)),
                    State::Moving(left) if node.rate > 0.0 => next = next.min(self.now + left / node.rate),
                    _ => {}
                }
            }
        }
        if active && self.facts.end.is_finite() && self.facts.end > self.now {
            next = next.min(self.facts.end);
        }
        if active { next } else { f64::INFINITY }
    }

    fn advance(&mut self, next: f64) {
        let elapsed = next - self.now;
        for actor in self.room.actors.iter_mut().filter(|a| a.launch.is_some_and(|l| l.begin <= self.now)) {
            for node in &mut actor.nodes {
                if let State::Moving(left) = node.state
                    && node.rate > 0.0
                {
                    // What is due at this very moment is done, whatever the rounding leaves.
                    let due = self.now + left / node.rate <= next;
                    node.state = State::Moving(if due { 0.0 } else { (left - node.rate * elapsed).max(0.0) });
                }
            }
        }
        self.now = next;
    }

    /// What still waits now waits for ever: for data that never comes back.
    fn close(&mut self) {
        for n in 0..self.room.actors.len() {
            if let Some(launch) = self.room.actors[n].launch {
                let site = self.site(n);
                let serve = self.room.actors[n].serve;
                let ended = if serve.is_finite() {
                    site.served(self.facts, launch, serve, f64::INFINITY)
                } else {
                    site.given_up(self.facts, self.draws, self.now)
                };
                self.end(n, ended);
            }
        }
    }
}

fn occupies(state: State) -> bool {
    matches!(state, State::Fixed(_) | State::Moving(_))
}
