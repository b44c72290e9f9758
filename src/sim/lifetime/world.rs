//! A tier through the years: services go down, recover, run elsewhere and go back, while further
//! failures come and go.
//!
//! What one failure alone does is what an incident does ([`crate::sim::incident`]): same detection,
//! same plans, same recovery points. What is added here is time: an outage that ends gives up a plan
//! that is not past its point of no return; a plan that loses its source or its target makes way for
//! another; damage waits until the places are back; a service that runs elsewhere goes back when it can.

use std::rc::Rc;

use super::events::{Event, Streams};
use super::ledger::Ledger;
use super::situation::{Active, Away, Effect, Failback, Situation, Situations};
use crate::model::{AssetSet, FailureKind, Need, Phase};
use crate::sim::impact::Fate;
use crate::sim::incident::{Facts, Launch, Recovery, Site, facts, lost, masked};
use crate::sim::milliseconds;
use crate::sim::point::RecoveryPoint;
use crate::sim::program::{CommitAt, PlanProgram};
use crate::sim::random::Random;
use crate::sim::scheduler::{Scheduler, Served, Stage, Task};
use crate::sim::walk::{Walked, walk};
use crate::units::SECONDS_PER_YEAR;

/// Attempts at a way back that fails before it is left until the next change.
const FAILBACKS: u64 = 10;

/// What happened to a service, and when.
struct Hit {
    situation: Rc<Situation>,
    stream: u32,
    facts: Facts,
    /// Seconds from the start of the lifetime.
    origin: f64,
    /// When users begin to suffer.
    felt: f64,
    /// The part of the users that does.
    weight: f64,
    /// Names the incident.
    incident: u64,
    damage: bool,
}

/// Where a recovery stands.
enum Progress {
    /// A plan is under way.
    Working(Rc<Away>, Launch),
    /// Nothing can be done before something is back.
    Waiting,
    /// The outage is over; service is back at this moment.
    Resuming(f64),
}

/// A service's recovery from what hit it.
struct Case {
    hit: Hit,
    progress: Progress,
    /// Where it was serving when it was hit.
    from: Option<(Rc<Away>, f64)>,
    data_lost: bool,
    /// The outage is over since then.
    back_at: Option<f64>,
    /// Where nothing waits: when the plan under way serves or fails, and is past its point of no return.
    timeline: Timeline,
}

#[derive(Clone, Copy)]
struct Timeline {
    serve: f64,
    commit: f64,
    failed: Option<(usize, f64)>,
}

const NO_TIMELINE: Timeline = Timeline { serve: f64::INFINITY, commit: f64::INFINITY, failed: None };

impl Timeline {
    fn next(&self) -> f64 {
        self.failed.map_or(self.serve, |(_, at)| at)
    }
}

enum Work {
    Idle,
    Recovering(Box<Case>),
    Returning(Launch),
}

/// A service of the tier.
struct Unit {
    /// Where it serves; `None` is at home. With the moment from which home's data is old.
    away: Option<(Rc<Away>, f64)>,
    work: Work,
    /// Of the incident that it went there for.
    occurrence: u64,
    /// Damage that waits to be felt, or for its turn.
    queue: Vec<Hit>,
    /// A short interruption lasts until then, for this part of the users.
    interrupted: (f64, f64),
    outside: Outside,
    own: f64,
    total: f64,
}

/// Something outside that a service needs.
enum Outside {
    There,
    /// Lost, in this incident.
    Lost(Rc<Situation>, u64),
    /// There again; service is back at this moment.
    Back(f64),
}

impl Unit {
    const fn new() -> Self {
        Self {
            away: None,
            occurrence: 0,
            work: Work::Idle,
            queue: Vec::new(),
            interrupted: (0.0, 0.0),
            outside: Outside::There,
            own: 0.0,
            total: 0.0,
        }
    }

    fn is_calm(&self, now: f64) -> bool {
        matches!(self.work, Work::Idle)
            && self.away.is_none()
            && self.queue.is_empty()
            && self.interrupted.0 <= now
            && matches!(self.outside, Outside::There)
    }

    /// The next moment at which something about it changes by itself.
    fn next(&self, now: f64) -> f64 {
        let later = |at: f64| if at > now { at } else { f64::INFINITY };
        let mut next = later(self.interrupted.0);
        if let Outside::Back(at) = self.outside {
            next = next.min(at);
        }
        for hit in &self.queue {
            next = next.min(later(hit.felt));
        }
        if let Work::Recovering(case) = &self.work {
            next = match case.progress {
                Progress::Resuming(at) => next.min(at),
                _ => next.min(case.timeline.next()),
            };
        }
        next
    }
}

/// Looks up what the scheduler carries out.
struct Desk<'b> {
    units: &'b [Unit],
    resources: &'b [f64],
    /// What a service does that has nothing to do.
    nothing: &'b Failback,
}

impl Stage for Desk<'_> {
    fn task(&self, n: usize, launch: &Launch) -> Task<'_> {
        let unit = &self.units[n];
        if let Work::Recovering(case) = &unit.work {
            let (plan, option, source) = site(&case.hit.situation, n).plan(launch);
            return Task { plan, option, source, occurrence: case.hit.facts.occurrence };
        }
        let way_back = unit.away.as_ref().and_then(|(away, _)| away.failback.as_ref());
        let Failback { plan, option, source, .. } = way_back.unwrap_or(self.nothing);
        Task { plan, option, source, occurrence: unit.occurrence }
    }

    fn resources(&self) -> &[f64] {
        self.resources
    }
}

fn site(situation: &Situation, n: usize) -> Site<'_> {
    Site { service: &situation.program.services[n], impact: &situation.impact.services[n] }
}

/// A tier under simulation.
pub(super) struct World<'a> {
    streams: &'a Streams,
    situations: Situations<'a>,
    shares: Vec<f64>,
    kinds: Vec<FailureKind>,
    needs: Vec<Vec<usize>>,
    /// Plans may have to wait for one another.
    contended: bool,
    capacities: Vec<f64>,
    people: Vec<u32>,
    active: Vec<Active>,
    taken: AssetSet,
    units: Vec<Unit>,
    recoveries: Vec<Recovery>,
    scheduler: Scheduler,
    resources: Vec<f64>,
    nothing: Failback,
    pub(super) ledger: Ledger,
    exposed_since: Option<f64>,
    now: f64,
    horizon: f64,
    over: bool,
}

impl<'a> World<'a> {
    pub(super) fn new(situations: Situations<'a>, streams: &'a Streams, years: f64) -> Self {
        let scenario = situations.scenario();
        let tier = &scenario.tiers[situations.tier];
        let needs = tier.services.iter().map(|row| {
            let of = |need: &Need| match need {
                Need::Service(id) => tier.services.iter().position(|s| s.service == *id),
                Need::External(_) => None,
            };
            scenario.services[row.service].needs.iter().filter_map(of).collect()
        });
        let (capacities, people, contended) = situations.shared(streams);
        let mut scheduler = Scheduler::default();
        scheduler.reset(tier.services.len(), &people);
        Self {
            people,
            shares: streams.rows.iter().map(|row| scenario.failures[row.failure].share).collect(),
            kinds: streams.rows.iter().map(|row| scenario.failures[row.failure].kind).collect(),
            needs: needs.collect(),
            contended,
            resources: capacities.clone(),
            capacities,
            active: Vec::new(),
            taken: AssetSet::empty(situations.assets()),
            units: tier.services.iter().map(|_| Unit::new()).collect(),
            recoveries: tier.services.iter().map(|_| Recovery::default()).collect(),
            scheduler,
            nothing: situations.nothing(),
            ledger: Ledger::new(tier.services.len(), years),
            exposed_since: None,
            now: 0.0,
            horizon: years * SECONDS_PER_YEAR,
            over: false,
            streams,
            situations,
        }
    }

    /// Lives through a lifetime; the ledger has the account of it.
    pub(super) fn live(&mut self, lifetime: u64, events: &[Event]) {
        let mut at = 0;
        let mut calm = true;
        while !self.over {
            if calm {
                // Most of what happens is that something fails that nobody misses, and is back before
                // anything else happens.
                while let Some(event) = events.get(at) {
                    match self.situations.effects[event.stream as usize] {
                        Effect::Absent => at += 1,
                        Effect::Quiet if events.get(at + 1).is_some_and(|next| next.stream == event.stream) => {
                            if self.situations.exposes[event.stream as usize] {
                                self.ledger.exposed += milliseconds(event.until - event.time);
                            }
                            at += 2;
                        }
                        _ => break,
                    }
                }
                if at >= events.len() {
                    break;
                }
            }
            let outside = events.get(at).map_or(f64::INFINITY, |event| event.time);
            let inside = self.next_moment();
            // Rounding must not turn time back.
            let next = outside.min(inside).max(self.now);
            if next >= self.horizon {
                break;
            }
            self.pass(next);
            if outside <= inside {
                self.meet(lifetime, &events[at]);
                at += 1;
            }
            self.settle();
            calm = self.active.is_empty() && self.units.iter().all(|unit| unit.is_calm(self.now));
            if calm {
                self.ledger.settled();
            }
        }
        self.end();
    }

    fn end(&mut self) {
        let end = if self.over { self.now } else { self.horizon };
        if let Some(since) = self.exposed_since.take() {
            self.ledger.exposed += milliseconds(end - since);
        }
        self.active.clear();
        self.taken.clear();
        self.resources.copy_from_slice(&self.capacities);
        self.units.iter_mut().for_each(|unit| *unit = Unit::new());
        if self.contended {
            self.scheduler.reset(self.units.len(), &self.people);
        }
        (self.now, self.over) = (0.0, false);
    }

    fn desk(&self) -> Desk<'_> {
        Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing }
    }

    fn next_moment(&self) -> f64 {
        let own = self.units.iter().map(|unit| unit.next(self.now)).fold(f64::INFINITY, f64::min);
        if self.contended { own.min(self.scheduler.next_moment()) } else { own }
    }

    fn pass(&mut self, next: f64) {
        if self.contended {
            self.scheduler.advance(next);
        }
        self.now = next;
    }

    fn is_exposed(&self) -> bool {
        self.active.iter().any(|one| self.situations.exposes[one.stream as usize])
            || self.units.iter().any(|unit| unit.away.is_some() || matches!(unit.work, Work::Recovering(_)))
    }

    /// Something fails or is back.
    fn meet(&mut self, lifetime: u64, event: &Event) {
        let stream = event.stream as usize;
        if self.situations.effects[stream] == Effect::Absent {
            return;
        }
        if !event.begins {
            self.active.retain(|one| one.stream != event.stream);
            self.find_taken();
            return self.something_is_back();
        }
        let occurrence = self.streams.rows[stream].key.event(lifetime, u64::from(event.count));
        if self.kinds[stream].ends_by_itself() {
            let (members, destroyed) = self.situations.reach(self.streams, stream, occurrence);
            self.active.push(Active { stream: event.stream, members, destroyed });
            self.find_taken();
            self.something_is_lost(event, occurrence);
        } else {
            self.something_is_damaged(event, occurrence);
        }
    }

    fn find_taken(&mut self) {
        self.situations.taken(self.streams, &self.active, &mut self.taken);
        self.resources.copy_from_slice(&self.capacities);
        for link in self.situations.cut_links(self.streams, &self.active) {
            self.resources[link] = 0.0;
        }
    }

    fn hit(&self, situation: &Rc<Situation>, event: &Event, occurrence: u64) -> Hit {
        let stream = event.stream as usize;
        let damage = !self.kinds[stream].ends_by_itself();
        let mut facts = facts(&situation.program, &Random, occurrence);
        facts.end = f64::INFINITY;
        if situation.program.moment_key.is_some() {
            facts.moments.moment = self.now % SECONDS_PER_YEAR;
        }
        let felt = self.now + facts.impact_time();
        Hit {
            situation: Rc::clone(situation),
            stream: event.stream,
            facts,
            origin: self.now,
            felt,
            weight: self.shares[stream],
            incident: occurrence,
            damage,
        }
    }

    fn something_is_lost(&mut self, event: &Event, occurrence: u64) {
        let stream = event.stream as usize;
        let situation = self.situations.of_active(self.streams, stream, &self.active);
        let only = match self.active.as_slice() {
            [_] => Rc::clone(&situation),
            [.., last] => self.situations.of_active(self.streams, stream, std::slice::from_ref(last)),
            [] => return,
        };
        for n in 0..self.units.len() {
            let down = is_down(&situation, n);
            let unit = &self.units[n];
            let elsewhere = unit.away.as_ref().map(|(away, _)| self.situations.is_up(away, &self.taken));
            let recovering = matches!(unit.work, Work::Recovering(_));
            let returning = matches!(unit.work, Work::Returning(_));
            if recovering {
                self.reconsider(n, &situation, event, occurrence, down);
            } else if elsewhere == Some(false) || (elsewhere.is_none() && down) {
                self.stop_work(n);
                let hit = self.hit(&situation, event, occurrence);
                self.begin(n, hit);
            } else if returning && down {
                self.stop_work(n);
            } else if elsewhere.is_none() {
                self.interrupt(n, &only, event, occurrence);
            }
            if !matches!(self.units[n].outside, Outside::Lost(..)) && self.situations.lacks_outside(n, &self.taken) {
                self.units[n].outside = Outside::Lost(Rc::clone(&only), occurrence);
            }
        }
    }

    /// A further loss meets a recovery that is under way.
    fn reconsider(&mut self, n: usize, situation: &Rc<Situation>, event: &Event, occurrence: u64, down: bool) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let serves = match &case.from {
            Some((away, _)) => self.situations.is_up(away, &self.taken),
            None => !down,
        };
        if case.hit.damage {
            if !serves {
                // Places first, data then.
                self.put_back(n);
                let hit = self.hit(situation, event, occurrence);
                self.begin(n, hit);
            } else if let Progress::Working(away, _) = &case.progress
                && !self.situations.can_go_on(away, &self.taken)
            {
                self.choose_again(n);
            }
            return;
        }
        if !serves {
            case.data_lost |= situation.impact.services[n].data_lost;
            (case.hit.facts.end, case.back_at) = (f64::INFINITY, None);
        }
        let again = match &case.progress {
            Progress::Working(away, _) => !self.situations.can_go_on(away, &self.taken),
            Progress::Waiting => true,
            Progress::Resuming(_) => !serves,
        };
        if again {
            case.hit.situation = Rc::clone(situation);
            self.choose_again(n);
        }
    }

    fn something_is_back(&mut self) {
        for n in 0..self.units.len() {
            let cause = match &self.units[n].work {
                Work::Recovering(case) => Some((case.hit.stream as usize, case.hit.damage)),
                _ => None,
            };
            let situation = cause.filter(|_| !self.active.is_empty()).map(|(stream, damage)| {
                if damage {
                    self.situations.of_damage(self.streams, stream, &self.active)
                } else {
                    self.situations.of_active(self.streams, stream, &self.active)
                }
            });
            if let Work::Recovering(_) = self.units[n].work {
                self.resume(n, situation);
            }
            if let Work::Idle = self.units[n].work {
                self.go_back(n);
            }
            if let Outside::Lost(situation, occurrence) = &self.units[n].outside
                && !self.situations.lacks_outside(n, &self.taken)
            {
                self.units[n].outside = Outside::Back(self.now + resume_time(situation, n, *occurrence));
            }
        }
    }

    /// Something is back while a service is being recovered.
    fn resume(&mut self, n: usize, situation: Option<Rc<Situation>>) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let waits = matches!(case.progress, Progress::Waiting);
        if case.hit.damage {
            if waits {
                case.hit.situation =
                    situation.unwrap_or_else(|| self.situations.of_damage(self.streams, case.hit.stream as usize, &[]));
                self.choose_again(n);
            }
            return;
        }
        let serves = match &case.from {
            Some((away, _)) => self.situations.is_up(away, &self.taken),
            None => situation.as_ref().is_none_or(|s| !is_down(s, n)),
        };
        if !serves {
            if let (true, Some(situation)) = (waits, situation) {
                case.hit.situation = situation;
                self.choose_again(n);
            }
            return;
        }
        if case.data_lost {
            case.hit.facts.end = self.now - case.hit.origin;
            if waits {
                self.choose(n);
            }
            return;
        }
        case.back_at.get_or_insert(self.now);
        let committed = match &case.progress {
            Progress::Resuming(_) => true,
            Progress::Waiting => false,
            Progress::Working(_, launch) if self.contended => {
                let (plan, _, _) = site(&case.hit.situation, n).plan(launch);
                match plan.commit {
                    CommitAt::Start(step) => case.hit.origin + self.recoveries[n].begin[step] <= self.now,
                    CommitAt::End => false,
                }
            }
            Progress::Working(..) => case.timeline.commit <= self.now,
        };
        if !committed {
            self.end_task(n, f64::INFINITY);
            self.choose(n);
        }
    }

    fn something_is_damaged(&mut self, event: &Event, occurrence: u64) {
        let situation = self.situations.of_damage(self.streams, event.stream as usize, &self.active);
        for n in 0..self.units.len() {
            if !is_down(&situation, n) {
                self.interrupt(n, &situation, event, occurrence);
                continue;
            }
            let hit = self.hit(&situation, event, occurrence);
            if matches!(self.units[n].work, Work::Recovering(_)) || hit.felt > self.now {
                self.units[n].queue.push(hit);
            } else {
                self.stop_work(n);
                self.begin(n, hit);
            }
        }
    }

    /// A service goes on, after an interruption perhaps, and without some writes perhaps.
    fn interrupt(&mut self, n: usize, situation: &Rc<Situation>, event: &Event, occurrence: u64) {
        if !matches!(situation.impact.services[n].fate, Fate::Masked { .. }) {
            return;
        }
        let mut hit = self.hit(situation, event, occurrence);
        hit.facts.end = event.until - event.time;
        let (serve, loss) = masked(&site(situation, n), &hit.facts, &Random);
        let share = self.shares[event.stream as usize];
        if serve > 0.0 {
            let before = self.units[n].interrupted;
            let weight = if before.0 > self.now { before.1.max(share) } else { share };
            self.units[n].interrupted = (before.0.max(self.now + serve), weight);
        }
        self.ledger.lose(n, hit.incident, hit.origin, loss.before + loss.after, share);
    }

    /// A recovery begins.
    fn begin(&mut self, n: usize, hit: Hit) {
        let impact = &hit.situation.impact.services[n];
        let data_lost = impact.data_lost;
        self.recoveries[n].reset();
        self.units[n].occurrence = hit.facts.occurrence;
        let from = self.units[n].away.take();
        self.units[n].work = Work::Recovering(Box::new(Case {
            hit,
            progress: Progress::Waiting,
            from,
            data_lost,
            back_at: None,
            timeline: NO_TIMELINE,
        }));
        self.choose(n);
    }

    /// The plan under way is of no use any more, or there may be new ones.
    fn choose_again(&mut self, n: usize) {
        self.end_task(n, f64::INFINITY);
        self.recoveries[n].start_over();
        self.choose(n);
    }

    /// Chooses the next plan.
    fn choose(&mut self, n: usize) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let hit = &case.hit;
        case.timeline = NO_TIMELINE;
        let situation = Rc::clone(&hit.situation);
        if let Some(at) = case.back_at {
            let resume = resume_time(&situation, n, hit.facts.occurrence);
            case.progress = Progress::Resuming((at + resume).max(self.now));
            return;
        }
        let site = site(&situation, n);
        let since = self.now - hit.origin;
        let Some(mut launch) = self.recoveries[n].next(&site, &hit.facts, &Random, since) else {
            let hopeless = if hit.damage { self.active.is_empty() } else { hit.facts.end.is_finite() };
            case.progress = Progress::Waiting;
            if hopeless {
                self.give_up(n);
            }
            return;
        };
        if let Some((_, old)) = &case.from {
            // What is elsewhere stopped following when the service went there.
            launch.point.age += hit.origin - old;
            launch.point.bytes = None;
        }
        let (plan, option, source) = site.plan(&launch);
        let away = self.situations.away(&situation, n, option, launch.source);
        case.progress = Progress::Working(away, launch);
        if self.contended {
            let origin = hit.origin;
            (self.scheduler.actors[n].origin, self.scheduler.actors[n].serve) = (origin, f64::INFINITY);
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.launch(&desk, n, launch, &mut self.recoveries[n]);
        } else {
            let walked = walk(plan, option, source, &launch, &hit.facts, &Random, &mut self.recoveries[n]);
            case.timeline = timeline(plan, &walked, &self.recoveries[n], hit.origin);
        }
    }

    /// Everything, or a part of it, is lost for good.
    fn give_up(&mut self, n: usize) {
        self.end_task(n, f64::INFINITY);
        let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) else { return };
        let share = case.hit.weight;
        self.units[n].away = case.from;
        self.ledger.lose_all(n, self.now, share);
        self.over |= share >= 1.0;
        self.next_in_queue(n);
    }

    /// What the service carries out is over; others may have its data from `serve` on.
    fn end_task(&mut self, n: usize, serve: f64) {
        if self.contended {
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.end(&desk, n, serve);
        }
    }

    /// A way back that is under way is broken off.
    fn stop_work(&mut self, n: usize) {
        self.end_task(n, self.now);
        self.units[n].work = Work::Idle;
    }

    /// A recovery from damage waits until the places are back.
    fn put_back(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            self.units[n].away = case.from;
            self.units[n].queue.push(case.hit);
        }
    }

    /// Everything that happens at this moment.
    fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for n in 0..self.units.len() {
                changed |= self.look_at(n);
            }
            if self.contended {
                let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
                changed |= self.scheduler.start_ready(&desk, &Random, &mut self.recoveries);
            }
            if !changed || self.over {
                break;
            }
        }
        if self.contended {
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.set_rates(&desk);
        }
        self.weigh();
    }

    /// Whether anything changed about a service at this moment.
    fn look_at(&mut self, n: usize) -> bool {
        let unit = &mut self.units[n];
        if let Outside::Back(at) = unit.outside
            && at <= self.now
        {
            unit.outside = Outside::There;
        }
        match &unit.work {
            Work::Idle => return self.next_in_queue(n),
            Work::Recovering(case) => {
                if let Progress::Resuming(at) = case.progress {
                    if at <= self.now {
                        self.finish_wait(n);
                        return true;
                    }
                    return false;
                }
                if case.timeline.next() <= self.now {
                    self.time_is_up(n);
                    return true;
                }
            }
            Work::Returning(_) => {}
        }
        self.contended && self.scheduler.actors[n].launch.is_some() && self.look_at_steps(n)
    }

    /// Where nothing waits: the plan under way is done, or a step of it failed.
    fn time_is_up(&mut self, n: usize) {
        let Work::Recovering(case) = &self.units[n].work else { return };
        let Progress::Working(_, launch) = &case.progress else { return };
        match case.timeline.failed {
            None => self.serve(n),
            Some((step, at)) => {
                let (plan, _, source) = site(&case.hit.situation, n).plan(launch);
                self.recoveries[n].strike(plan, source.copy, step, at - case.hit.origin);
                self.choose(n);
            }
        }
    }

    /// Steps that end, begin or fail at this moment.
    fn look_at_steps(&mut self, n: usize) -> bool {
        if !self.scheduler.has_begun(n) {
            return false;
        }
        let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
        let recovery = &mut self.recoveries[n];
        match self.scheduler.finish_parts(&desk, &Random, n, recovery) {
            Ok(finished) => {
                let ready = self.scheduler.make_ready(&desk, n, recovery);
                let served = self.scheduler.check_served(&desk, n, recovery) != Served::No;
                if served {
                    self.serve(n);
                }
                finished || ready || served
            }
            Err(failed) => {
                if let Work::Recovering(_) = self.units[n].work {
                    self.scheduler.strike(&desk, n, failed, recovery);
                    self.choose(n);
                } else {
                    self.try_back_again(n);
                }
                true
            }
        }
    }

    /// A plan, or the way back, is done: users have service.
    fn serve(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Returning(_) = self.units[n].work {
            (self.units[n].work, self.units[n].away) = (Work::Idle, None);
            return;
        }
        let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) else { return };
        let Progress::Working(away, launch) = case.progress else { return };
        let hit = &case.hit;
        let loss = lost(&hit.situation.program, &site(&hit.situation, n), &hit.facts, &launch);
        let share = self.shares[hit.stream as usize];
        self.ledger.lose(n, hit.incident, hit.origin, loss.before + loss.after, share);
        // Damage is mended where the service runs; after an outage it runs where the plan leads.
        let old = case.from.as_ref().map_or(hit.origin, |(_, old)| *old);
        self.units[n].away = if hit.damage { case.from } else { Some((away, old)) };
        self.next_in_queue(n);
        self.go_back(n);
    }

    /// The outage is over and service is back.
    fn finish_wait(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            self.units[n].away = case.from;
        }
        self.next_in_queue(n);
        self.go_back(n);
    }

    /// Damage that is felt and waits for its turn is mended next, where there are places for it.
    fn next_in_queue(&mut self, n: usize) -> bool {
        if !matches!(self.units[n].work, Work::Idle) {
            return false;
        }
        let Some(at) = self.units[n].queue.iter().position(|hit| hit.felt <= self.now) else { return false };
        let mut hit = self.units[n].queue.remove(at);
        hit.situation = self.situations.of_damage(self.streams, hit.stream as usize, &self.active);
        self.begin(n, hit);
        true
    }

    /// Goes back home, if the service runs elsewhere and home is good again.
    fn go_back(&mut self, n: usize) {
        if !matches!(self.units[n].work, Work::Idle) {
            return;
        }
        let home_down = |world: &mut Self| match world.active.last() {
            Some(last) => {
                let situation = world.situations.of_active(world.streams, last.stream as usize, &world.active);
                is_down(&situation, n)
            }
            None => false,
        };
        let Some((away, old)) = &self.units[n].away else { return };
        let (away, old) = (Rc::clone(away), *old);
        if home_down(self) {
            return;
        }
        let Some(failback) = away.failback.as_ref().filter(|_| !away.is_home) else {
            self.units[n].away = None;
            return;
        };
        let point = way_back(failback, self.situations.writes(n), self.now - old);
        self.return_by(n, point, 0);
    }

    fn return_by(&mut self, n: usize, point: RecoveryPoint, round: u64) {
        let launch = Launch { option: 0, source: 0, point, begin: 0.0, after_outage: false, round };
        self.recoveries[n].reset();
        self.units[n].work = Work::Returning(launch);
        (self.scheduler.actors[n].origin, self.scheduler.actors[n].serve) = (self.now, f64::INFINITY);
        let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
        self.scheduler.launch(&desk, n, launch, &mut self.recoveries[n]);
    }

    /// The way back failed: it begins anew, or is left until something changes.
    fn try_back_again(&mut self, n: usize) {
        let Work::Returning(launch) = self.units[n].work else { return };
        self.stop_work(n);
        if launch.round + 1 < FAILBACKS {
            self.return_by(n, launch.point, launch.round + 1);
        }
    }

    /// Who is without service now.
    fn weigh(&mut self) {
        let several = self.units.len() > 1;
        let mut application: f64 = 0.0;
        for n in 0..self.units.len() {
            let own = self.own_weight(n);
            let total = self.needs[n].iter().fold(own, |weight, need| weight.max(self.units[*need].total));
            (self.units[n].own, self.units[n].total) = (own, total);
            application = application.max(total);
            if several {
                self.ledger.set(n + 1, self.now, total);
            }
        }
        self.ledger.set(0, self.now, application);
        match (self.exposed_since, self.is_exposed()) {
            (None, true) => self.exposed_since = Some(self.now),
            (Some(since), false) => {
                self.ledger.exposed += milliseconds(self.now - since);
                self.exposed_since = None;
            }
            _ => {}
        }
    }

    fn own_weight(&self, n: usize) -> f64 {
        let unit = &self.units[n];
        let mut weight: f64 = match &unit.work {
            Work::Recovering(case) => case.hit.weight,
            Work::Returning(launch) => {
                let desk = self.desk();
                let task = desk.task(n, launch);
                let nodes = &self.scheduler.actors[n].nodes;
                let moved = task.plan.steps.iter().zip(nodes);
                let moved = moved.filter(|(step, node)| step.phase == Phase::Redirect && node.state.is_under_way());
                if moved.count() > 0 { 1.0 } else { 0.0 }
            }
            Work::Idle => 0.0,
        };
        if unit.interrupted.0 > self.now {
            weight = weight.max(unit.interrupted.1);
        }
        if !matches!(unit.outside, Outside::There) {
            weight = 1.0;
        }
        unit.queue.iter().filter(|hit| hit.felt <= self.now).fold(weight, |weight, hit| weight.max(hit.weight))
    }
}

/// Rounds of changes at one moment before the rest waits for the next: far more than plans and
/// services can make of one.
const MOST_ROUNDS: usize = 100_000;

/// Seconds from the end of an outage to service.
fn resume_time(situation: &Situation, n: usize, occurrence: u64) -> f64 {
    site(situation, n).service.resume.as_ref().map_or(0.0, |draw| draw.get(&Random, occurrence))
}

fn is_down(situation: &Situation, n: usize) -> bool {
    matches!(situation.impact.services[n].fate, Fate::Down { own: true, .. })
}

/// When a plan that nothing delays serves, or fails.
fn timeline(plan: &PlanProgram, walked: &Walked, recovery: &Recovery, origin: f64) -> Timeline {
    match *walked {
        Walked::Done { serve, .. } => Timeline {
            serve: origin + serve,
            commit: match plan.commit {
                CommitAt::Start(step) => origin + recovery.begin[step],
                CommitAt::End => origin + serve,
            },
            failed: None,
        },
        Walked::Failed { step, at } => Timeline {
            serve: f64::INFINITY,
            commit: match plan.commit {
                CommitAt::Start(step) => origin + recovery.begin[step],
                CommitAt::End => f64::INFINITY,
            },
            failed: Some((step, origin + at)),
        },
    }
}

/// What goes back: what was written while the service was away; all of it, if that is longer than the
/// stream remembers.
fn way_back(failback: &Failback, writes: f64, away: f64) -> RecoveryPoint {
    let written = writes * away;
    let moves = if away > failback.window { failback.size } else { written.min(failback.size) };
    RecoveryPoint { age: 0.0, bytes: None, moves, replays: written, keeps_after: true }
}
