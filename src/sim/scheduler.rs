//! Steps of several plans side by side: who waits for people, links or other services' data, and when
//! what is under way ends.
//!
//! Ready steps take people in the order they became ready, then in the order of the services, then as
//! listed. Transfers that run at the same time share what they use max-min fairly ([`super::share`]).
//! A shared step is done once for all services of an incident: who comes to it later joins it.
//! Which plan runs is not decided here: one incident is led by [`super::contention`], the years of a
//! lifetime by `lifetime`.

mod actor;

pub(super) use actor::State;
use actor::{Actor, FRESH, Kept, Node, Once};

use super::impact::{PlanOption, SourceOption};
use super::incident::Launch;
use super::program::{Amount, PlanProgram};
use super::random::{Purpose, Uniform};
use super::recovery::{Carried, Recovery};
use super::share::{Flow, share};
use super::walk::{attempt_count, volume};

/// What a service carries out.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) plan: &'a PlanProgram,
    pub(super) option: &'a PlanOption,
    pub(super) source: &'a SourceOption,
    pub(super) occurrence: u64,
    /// What multiplies the fixed part of stressed steps.
    pub(super) stress: f64,
}

/// Knows what each service carries out.
pub(super) trait Stage {
    /// What the service at this position does under this launch.
    fn task(&self, n: usize, launch: &Launch) -> Task<'_>;
    /// Capacities of what transfers share.
    fn resources(&self) -> &[f64];
}

/// Whether a service is back, and whether all of its plan is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Served {
    /// Nothing new.
    No,
    /// Users have service; work goes on in the background.
    Newly,
    /// All is done; users have had service since the actor's `serve`.
    All,
}

/// All steps under way, and room to work in.
#[derive(Default)]
pub(super) struct Scheduler {
    pub(super) actors: Vec<Actor>,
    /// Seconds.
    pub(super) now: f64,
    free: Vec<u32>,
    /// Shared steps that are done.
    once: Vec<Once>,
    /// Steps may be ready, or be moving something: there is no need to look if not.
    waiting: bool,
    moving: bool,
    /// Transfers began or ended since rates were set.
    stale: bool,
    ready: Vec<(f64, usize, usize)>,
    flows: Vec<Flow>,
    rates: Vec<f64>,
    stopped: Vec<usize>,
}

impl Scheduler {
    /// Everybody idle, all services up.
    pub(super) fn reset(&mut self, services: usize, people: &[u32]) {
        self.actors.resize_with(services, Actor::default);
        self.free.clear();
        self.free.extend_from_slice(people);
        self.once.clear();
        (self.waiting, self.moving, self.stale) = (false, false, true);
        self.now = 0.0;
        for actor in &mut self.actors {
            (actor.launch, actor.origin, actor.serve) = (None, 0.0, 0.0);
            actor.kept.clear();
        }
    }

    /// No incident is under way.
    pub(super) fn settled(&mut self) {
        self.once.clear();
    }

    /// A service begins a plan. Steps under way that were kept go on; others are let go.
    pub(super) fn launch(&mut self, stage: &impl Stage, n: usize, launch: Launch, recovery: &mut Recovery) {
        let plan = stage.task(n, &launch).plan;
        let actor = &mut self.actors[n];
        actor.launch = Some(launch);
        (actor.due, actor.done) = (true, true);
        self.moving |= !actor.kept.is_empty();
        self.stale = true;
        actor.nodes.clear();
        actor.nodes.extend(plan.steps.iter().map(|step| {
            let kept = actor.kept.iter().find(|kept| kept.once.step == step.step);
            kept.map_or(Node { round: launch.round, ..FRESH }, |kept| kept.node)
        }));
        recovery.begin.clear();
        recovery.begin.resize(plan.steps.len(), f64::INFINITY);
        recovery.finish.clear();
        recovery.finish.resize(plan.steps.len(), f64::INFINITY);
        for (step, node) in actor.nodes.iter().enumerate() {
            if node.state != State::Waiting {
                recovery.begin[step] = launch.begin;
            }
        }
        while let Some(kept) = self.actors[n].kept.pop() {
            if plan.steps.iter().all(|step| step.step != kept.once.step) {
                self.let_go(stage, n, kept);
            }
        }
    }

    /// The service's plan is over: people who work on it are free.
    pub(super) fn end(&mut self, stage: &impl Stage, n: usize, serve: f64) {
        self.stale = true;
        if let Some(launch) = self.actors[n].launch.take() {
            let task = stage.task(n, &launch);
            for (step_n, step) in task.plan.steps.iter().enumerate() {
                let node = self.actors[n].nodes[step_n];
                self.actors[n].nodes[step_n].state = State::Done;
                if node.state.is_under_way() {
                    let once = Once::new(step, task.occurrence, node.round);
                    self.let_go(stage, n, Kept { once, node, role: step.role });
                }
            }
        }
        while let Some(kept) = self.actors[n].kept.pop() {
            self.let_go(stage, n, kept);
        }
        self.actors[n].serve = serve;
    }

    /// A service works on a step no more: one that joined it goes on with it, or its person is free.
    fn let_go(&mut self, stage: &impl Stage, n: usize, kept: Kept) {
        let heir = (0..self.actors.len())
            .filter(|m| *m != n)
            .find_map(|m| self.node_of(stage, m, kept.once, |state| state == State::Joined).map(|step| (m, step)));
        match (heir, kept.role) {
            (Some((m, step)), _) => {
                self.actors[m].nodes[step] = kept.node;
                (self.actors[m].due, self.moving, self.stale) = (true, true, true);
            }
            (None, Some(role)) => self.free[role] += 1,
            (None, None) => {}
        }
    }

    /// Where a service has a shared step in such a state.
    fn node_of(&self, stage: &impl Stage, n: usize, once: Once, is: impl Fn(State) -> bool) -> Option<usize> {
        let launch = self.actors[n].launch?;
        let task = stage.task(n, &launch);
        task.plan.steps.iter().zip(&self.actors[n].nodes).position(|(step, node)| {
            step.shared && is(node.state) && Once::new(step, task.occurrence, node.round) == once
        })
    }

    /// Joins a shared step that another service does, or has done; whether there is one.
    fn join(&mut self, stage: &impl Stage, n: usize, step_n: usize, once: Once, recovery: &mut Recovery) -> bool {
        let now = self.now - self.actors[n].origin;
        let is_done = self.once.contains(&once);
        let under_way = |m: usize| self.node_of(stage, m, once, State::is_under_way).is_some();
        if !is_done && !(0..self.actors.len()).any(|m| m != n && under_way(m)) {
            return false;
        }
        recovery.begin[step_n] = now;
        let actor = &mut self.actors[n];
        actor.nodes[step_n].state = if is_done { State::Over { failed: false } } else { State::Joined };
        actor.due |= is_done;
        true
    }

    /// A shared step is over, for all that joined it.
    fn end_for_all(&mut self, stage: &impl Stage, n: usize, once: Once, failed: bool) {
        if !failed {
            self.once.push(once);
        }
        for m in (0..self.actors.len()).filter(|m| *m != n) {
            if let Some(step) = self.node_of(stage, m, once, |state| state == State::Joined) {
                self.actors[m].nodes[step].state = State::Over { failed };
                self.actors[m].due = true;
            }
        }
    }

    /// A step failed for good: what is under way and does not depend on the recovery point is kept.
    pub(super) fn strike(&mut self, stage: &impl Stage, n: usize, failed: usize, recovery: &mut Recovery) {
        let Some(launch) = self.actors[n].launch.take() else { return };
        self.stale = true;
        let Task { plan, source, occurrence, .. } = stage.task(n, &launch);
        for (step_n, step) in plan.steps.iter().enumerate() {
            let node = self.actors[n].nodes[step_n];
            if step_n == failed || !node.state.is_under_way() {
                continue;
            }
            let kept = Kept { once: Once::new(step, occurrence, node.round), node, role: step.role };
            if step.of_point {
                self.let_go(stage, n, kept);
            } else {
                self.actors[n].kept.push(kept);
            }
        }
        recovery.strike(plan, source.copy, failed, self.now - self.actors[n].origin);
    }

    /// Whether the service's plan has begun.
    pub(super) fn has_begun(&self, n: usize) -> bool {
        self.actors[n].begin() <= self.now
    }

    /// Steps whose predecessors are done become ready, or are done if nothing is to be done.
    pub(super) fn make_ready(&mut self, stage: &impl Stage, n: usize, recovery: &mut Recovery) -> bool {
        let Some(launch) = self.actors[n].launch.filter(|_| self.actors[n].done) else { return false };
        let Task { plan, option, .. } = stage.task(n, &launch);
        let now = self.now - self.actors[n].origin;
        let mut changed = false;
        for (step_n, step) in plan.steps.iter().enumerate() {
            let nodes = &mut self.actors[n].nodes;
            if nodes[step_n].state != State::Waiting
                || !step.after.iter().all(|p| nodes[*p as usize].state == State::Done)
            {
                continue;
            }
            changed = true;
            let carried = recovery.carried.iter().find(|carried| carried.step == step.step).map(|carried| carried.at);
            if carried.is_some() || option.is_up[step_n] {
                recovery.begin[step_n] = now;
                recovery.finish[step_n] = carried.map_or(now, |at| at.max(now));
                nodes[step_n].state = State::Done;
            } else {
                nodes[step_n].state = State::Ready(self.now);
                self.waiting = true;
            }
        }
        changed
    }

    /// Ready steps begin if their person is free and the data that they wait for is there.
    pub(super) fn start_ready<U: Uniform>(
        &mut self,
        stage: &impl Stage,
        draws: &U,
        recoveries: &mut [Recovery],
    ) -> bool {
        if !self.waiting {
            return false;
        }
        self.waiting = false;
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        for (n, actor) in self.actors.iter().enumerate().filter(|(_, a)| a.launch.is_some()) {
            for (step, node) in actor.nodes.iter().enumerate() {
                if let State::Ready(since) = node.state {
                    ready.push((since, n, step));
                }
            }
        }
        ready.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut changed = false;
        for (_, n, step_n) in ready.iter().copied() {
            let Some(launch) = self.actors[n].launch else { continue };
            let task = stage.task(n, &launch);
            let step = &task.plan.steps[step_n];
            let once = Once::new(step, task.occurrence, self.actors[n].nodes[step_n].round);
            if step.shared && self.join(stage, n, step_n, once, &mut recoveries[n]) {
                changed = true;
                continue;
            }
            let no_data = step.needs_data() && task.source.gate.is_some_and(|gate| self.actors[gate].serve > self.now);
            if no_data || step.role.is_some_and(|role| self.free[role] == 0) {
                self.waiting = true;
                continue;
            }
            if let Some(role) = step.role {
                self.free[role] -= 1;
            }
            recoveries[n].begin[step_n] = self.now - self.actors[n].origin;
            self.begin_attempt(&task, draws, n, step_n);
            changed = true;
        }
        self.ready = ready;
        changed
    }

    fn begin_attempt<U: Uniform>(&mut self, task: &Task<'_>, draws: &U, n: usize, step_n: usize) {
        let actor = &mut self.actors[n];
        let node = &mut actor.nodes[step_n];
        let count = attempt_count(node.round, node.attempt);
        let until = self.now + task.plan.steps[step_n].fixed(draws, task.occurrence, count, task.stress);
        node.state = State::Fixed(until);
        actor.due |= until <= self.now;
    }

    /// Fixed parts and transfers of a service that end at this moment.
    ///
    /// # Errors
    /// The step whose last attempt failed: the plan is to be struck off.
    pub(super) fn finish_parts<U: Uniform>(
        &mut self,
        stage: &impl Stage,
        draws: &U,
        n: usize,
        recovery: &mut Recovery,
    ) -> Result<bool, usize> {
        let Some(launch) = self.actors[n].launch.filter(|_| self.actors[n].due) else { return Ok(false) };
        self.actors[n].due = false;
        let task = stage.task(n, &launch);
        let elapsed = self.now - self.actors[n].origin;
        let mut changed = false;
        for (step_n, step) in task.plan.steps.iter().enumerate() {
            let over = match self.actors[n].nodes[step_n].state {
                State::Fixed(until) if until <= self.now => {
                    let left = match step.amount {
                        Amount::Inflow(writes) => writes * (elapsed + launch.point.age),
                        amount => volume(amount, &launch),
                    };
                    changed = true;
                    self.actors[n].nodes[step_n].state = State::Moving(left);
                    (self.moving, self.stale) = (self.moving || left > 0.0, true);
                    left <= 0.0
                }
                State::Moving(left) => left <= 0.0,
                State::Over { failed } => {
                    changed = true;
                    self.actors[n].nodes[step_n].state = State::Done;
                    self.actors[n].done = true;
                    if failed && !step.background {
                        return Err(step_n);
                    }
                    recovery.finish[step_n] = elapsed;
                    false
                }
                _ => false,
            };
            if over {
                changed = true;
                self.end_attempt(stage, &task, draws, n, step_n, recovery)?;
            }
        }
        Ok(changed)
    }

    /// An attempt is over: done, again, or failed for good.
    fn end_attempt<U: Uniform>(
        &mut self,
        stage: &impl Stage,
        task: &Task<'_>,
        draws: &U,
        n: usize,
        step_n: usize,
        recovery: &mut Recovery,
    ) -> Result<(), usize> {
        let step = &task.plan.steps[step_n];
        let node = &mut self.actors[n].nodes[step_n];
        let last = node.attempt >= step.retries;
        let count = attempt_count(node.round, node.attempt);
        let fails = step.fails.nth(draws, task.occurrence, count, Purpose::Attempt { last });
        if fails && !last {
            node.attempt += 1;
            self.begin_attempt(task, draws, n, step_n);
            return Ok(());
        }
        node.state = State::Done;
        let round = node.round;
        self.actors[n].done = true;
        let once = Once::new(step, task.occurrence, round);
        if let Some(role) = step.role {
            self.free[role] += 1;
        }
        if step.shared {
            self.end_for_all(stage, n, once, fails);
        }
        if fails && !step.background {
            return Err(step_n);
        }
        let at = self.now - self.actors[n].origin;
        let nodes = &mut self.actors[n].nodes;
        if step.after.iter().any(|p| nodes[*p as usize].state != State::Done) {
            // It was under way before this plan was: what comes after it still waits for what comes before it.
            nodes[step_n].state = State::Waiting;
            recovery.carried.push(Carried { step: step.step, at, fails: false, under_way: false });
            return Ok(());
        }
        recovery.finish[step_n] = at;
        Ok(())
    }

    /// Whether the service is back, and whether all is done; notes in the actor when it was back.
    pub(super) fn check_served(&mut self, stage: &impl Stage, n: usize, recovery: &Recovery) -> Served {
        let actor = &mut self.actors[n];
        let Some(launch) = actor.launch.filter(|_| actor.done) else { return Served::No };
        actor.done = false;
        let plan = stage.task(n, &launch).plan;
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
            let of_service = plan.steps.iter().zip(&recovery.finish).filter(|(s, _)| !s.background);
            actor.serve = actor.origin + of_service.map(|(_, f)| *f).fold(launch.begin, f64::max);
        }
        match (all, newly) {
            (true, _) => Served::All,
            (false, true) => Served::Newly,
            (false, false) => Served::No,
        }
    }

    /// What transfers share has changed.
    pub(super) fn resources_changed(&mut self) {
        self.stale = true;
    }

    /// Shares links and sides among the transfers that run now.
    pub(super) fn set_rates(&mut self, stage: &impl Stage) {
        if !self.moving || !self.stale {
            return;
        }
        self.stale = false;
        self.flows.clear();
        for (n, actor) in self.actors.iter_mut().enumerate() {
            let Some(launch) = actor.launch else { continue };
            let task = stage.task(n, &launch);
            for (step_n, node) in actor.nodes.iter_mut().enumerate() {
                if matches!(node.state, State::Moving(_)) {
                    node.flow = self.flows.len();
                    self.flows.push(Flow::new(n, launch, step_n, &task.source.routes[step_n]));
                }
            }
        }
        if self.flows.is_empty() {
            self.moving = false;
            return;
        }
        let route = |flow: &Flow| &stage.task(flow.actor, &flow.launch).source.routes[flow.step];
        share(&self.flows, route, stage.resources(), &mut self.rates, &mut self.stopped);
        for (n, actor) in self.actors.iter_mut().enumerate() {
            let Some(launch) = actor.launch else { continue };
            let task = stage.task(n, &launch);
            for (step, node) in task.plan.steps.iter().zip(&mut actor.nodes) {
                if matches!(node.state, State::Moving(_)) {
                    let inflow = if let Amount::Inflow(writes) = step.amount { writes } else { 0.0 };
                    node.rate = self.rates[node.flow] - inflow;
                }
            }
        }
    }

    /// Whether any plan is under way or about to begin.
    pub(super) fn is_active(&self) -> bool {
        self.actors.iter().any(|actor| actor.launch.is_some())
    }

    /// Whether anything is being transferred.
    pub(super) fn has_transfers(&self) -> bool {
        if !self.moving {
            return false;
        }
        let launched = self.actors.iter().filter(|actor| actor.launch.is_some());
        launched.flat_map(|actor| &actor.nodes).any(|node| matches!(node.state, State::Moving(_)))
    }

    /// The next moment at which something ends or begins; infinite if nothing will.
    pub(super) fn next_moment(&self) -> f64 {
        if !self.is_active() {
            return f64::INFINITY;
        }
        let mut next = f64::INFINITY;
        for actor in &self.actors {
            // Data that others wait for may be back at a later moment.
            if actor.serve > self.now && actor.serve.is_finite() {
                next = next.min(actor.serve);
            }
            if actor.launch.is_none() {
                continue;
            }
            if actor.begin() > self.now {
                next = next.min(actor.begin());
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
        next
    }

    /// Lets time pass until `next`.
    pub(super) fn advance(&mut self, next: f64) {
        let (now, elapsed) = (self.now, next - self.now);
        self.now = next;
        for actor in self.actors.iter_mut().filter(|actor| actor.launch.is_some()) {
            if actor.begin() > now {
                actor.due |= actor.begin() <= next;
                continue;
            }
            for node in &mut actor.nodes {
                match node.state {
                    State::Fixed(until) => actor.due |= until <= next,
                    State::Moving(left) if node.rate > 0.0 => {
                        // What is due at this very moment is done, whatever the rounding leaves.
                        let due = now + left / node.rate <= next;
                        let left = if due { 0.0 } else { (left - node.rate * elapsed).max(0.0) };
                        node.state = State::Moving(left);
                        actor.due |= left <= 0.0;
                        self.stale |= left <= 0.0;
                    }
                    _ => {}
                }
            }
        }
    }
}
