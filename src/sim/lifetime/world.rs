//! A tier through the years: services go down, recover, run elsewhere and go back, while further
//! failures come and go.
//!
//! What one failure alone does is what an incident does ([`crate::sim::incident`]): same detection,
//! same plans, same recovery points. What is added here is time: an outage that ends gives up a plan
//! that is not past its point of no return; a plan that loses its source or its target makes way for
//! another; damage waits until the places are back; a service that runs elsewhere goes back when it can.

use super::alone::Course;
use super::away::Failback;
use super::drills::Drills;
use super::events::{Event, Streams};
use super::foresight::Foresight;
use super::ledger::Ledger;
use super::replicas::Replicas;
use super::room::{Room, Years};
use super::situation::{Active, Effect, Situations};
use super::unit::{Desk, Outside, Progress, Unit, Work};
use super::versions::Versions;
use crate::id::{CopyId, Id, LinkId};
use crate::model::{AssetSet, FailureKind, Need, Phase};
use crate::sim::milliseconds;
use crate::sim::program::agreeing;
use crate::sim::random::Random;
use crate::sim::recovery::Recovery;
use crate::sim::scheduler::{Scheduler, Stage};
use crate::sim::streams::{Stream, leave};
use crate::units::SECONDS_PER_YEAR;

/// A tier under simulation.
pub(super) struct World<'a> {
    pub(super) streams: &'a Streams,
    pub(super) situations: Situations<'a>,
    pub(super) shares: Vec<f64>,
    pub(super) kinds: Vec<FailureKind>,
    pub(super) needs: Vec<Vec<usize>>,
    /// Plans may have to wait for one another.
    pub(super) contended: bool,
    /// Links may be cut.
    pub(super) has_cuts: bool,
    /// Data sets grow.
    pub(super) grows: bool,
    /// Outages that have their time to themselves are worked out at once.
    pub(super) foresees: bool,
    pub(super) capacities: Vec<f64>,
    pub(super) people: Vec<u32>,
    pub(super) active: Vec<Active>,
    pub(super) taken: AssetSet,
    pub(super) units: Vec<Unit>,
    pub(super) recoveries: Vec<Recovery>,
    pub(super) scheduler: Scheduler,
    pub(super) resources: Vec<f64>,
    /// Streams that use links, how the copies follow, and links that are cut.
    traffic: Vec<Stream>,
    /// By stream: whether its ends are there, with all that is taken; empty if nobody has looked.
    pub(super) ends: Vec<bool>,
    /// By stream: what it carries over its link; not a number before anybody has looked.
    carried: Vec<(LinkId, f64)>,
    pub(super) replicas: Replicas,
    pub(super) versions: Versions,
    pub(super) cut: Vec<LinkId>,
    /// Drills that users feel.
    pub(super) drills: Drills,
    /// Room for what an event destroys.
    pub(super) gone: AssetSet,
    pub(super) nothing: Failback,
    /// Going home takes no time, whatever plans say; and whether a service went home by a plan's steps.
    pub(super) goes_home_free: bool,
    pub(super) went_home: bool,
    /// Room for what an outage does to the services.
    pub(super) courses: Vec<Course>,
    pub(super) foresight: Foresight,
    pub(super) ledger: Ledger,
    pub(super) exposed_since: Option<f64>,
    pub(super) now: f64,
    pub(super) horizon: f64,
    pub(super) over: bool,
    /// Seconds of the last lifetime until nothing happened any more.
    pub(super) lived: f64,
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
        let grows = scenario.data.rows().iter().any(|data| data.growth > 0.0);
        let traffic = situations.streams();
        let mut scheduler = Scheduler::default();
        scheduler.reset(tier.services.len(), &people);
        Self {
            people,
            shares: streams.rows.iter().map(|row| scenario.failures[row.failure].share).collect(),
            kinds: streams.rows.iter().map(|row| scenario.failures[row.failure].kind).collect(),
            needs: needs.collect(),
            has_cuts: streams.rows.iter().any(|row| scenario.failures[row.failure].kind == FailureKind::Partition),
            grows,
            foresees: !contended && !grows,
            contended,
            resources: capacities.clone(),
            ends: Vec::new(),
            carried: traffic.iter().map(|stream| (stream.link, f64::NAN)).collect(),
            traffic,
            replicas: situations.replicas(),
            versions: situations.versions(),
            cut: Vec::new(),
            drills: Drills::default(),
            gone: AssetSet::empty(situations.assets()),
            capacities,
            active: Vec::new(),
            taken: AssetSet::empty(situations.assets()),
            units: tier.services.iter().map(|_| Unit::new()).collect(),
            recoveries: tier.services.iter().map(|_| Recovery::default()).collect(),
            scheduler,
            nothing: situations.nothing(),
            goes_home_free: false,
            went_home: false,
            courses: Vec::new(),
            foresight: Foresight::default(),
            ledger: Ledger::new(tier.services.len(), years, &agreeing(scenario, tier)),
            exposed_since: None,
            now: 0.0,
            horizon: years * SECONDS_PER_YEAR,
            over: false,
            lived: 0.0,
            streams,
            situations,
        }
    }

    /// Looks through the lifetimes of a room: which events must be looked at, and what plain ones come to.
    ///
    /// # Arguments
    /// `first`: number of the room's first lifetime.
    pub(super) fn look_through(&mut self, first: u64, room: &mut Room) {
        room.look_through(&self.situations.effects, &self.situations.exposes, self.horizon);
        if self.foresees {
            self.foresight.look_ahead(self.streams, &self.situations, first, room);
        } else {
            self.foresight.clear();
        }
    }

    /// Lives through a lifetime; the ledger has the account of it.
    pub(super) fn live(&mut self, lifetime: u64, events: &(impl Years + ?Sized)) {
        let mut at = 0;
        let mut calm = true;
        self.drills.begin(lifetime);
        while !self.over {
            if calm {
                at = self.pass_over(lifetime, events, at);
                if at == events.count() && self.drills.next() >= self.horizon {
                    break;
                }
            }
            let begins = events.time(at).unwrap_or(f64::INFINITY);
            let ends = self.active.iter().map(|one| one.until).fold(f64::INFINITY, f64::min);
            let outside = begins.min(ends);
            let inside = self.next_moment();
            // An end and the moment that a plan is past its point of no return may be the same but for rounding: then
            // the plan comes first, as where it is alone.
            let tie = ends <= begins && (inside - ends).abs() <= SAME_MOMENT;
            // Rounding must not turn time back.
            let next = if tie { ends.max(inside) } else { outside.min(inside) }.max(self.now);
            if next >= self.horizon {
                break;
            }
            self.pass(next);
            if self.drills.next() <= next {
                let well = calm && self.active.is_empty();
                self.drills.carry_out(lifetime, next, well, &mut self.units);
            }
            if tie {
                self.settle();
                self.meet_end(next);
            } else if outside <= inside {
                if ends <= begins {
                    self.meet_end(ends);
                } else {
                    self.meet(lifetime, &events.event(at));
                    at += 1;
                }
            }
            self.settle();
            calm = self.active.is_empty()
                && self.replicas.all_follow()
                && self.units.iter().all(|unit| unit.is_calm(self.now));
            if calm {
                self.ledger.settled();
                self.scheduler.settled();
                self.replicas.rest(self.now);
            }
        }
        self.end();
    }

    /// The next event that must be looked at: most of what happens is that something fails that nobody
    /// misses, or one plan brings back, and all is well again before anything else happens.
    fn pass_over(&mut self, lifetime: u64, events: &(impl Years + ?Sized), from: usize) -> usize {
        let mut at = events.next_felt(from);
        while at < events.count() {
            let event = events.event(at);
            let stream = event.stream as usize;
            match self.situations.effects[stream] {
                Effect::Absent => {}
                Effect::Quiet if event.until < events.time(at + 1).unwrap_or(self.horizon) => {
                    if self.situations.exposes[stream] {
                        self.ledger.exposed += milliseconds(event.until - event.time);
                    }
                }
                Effect::Plain if self.foresees => {
                    let later = (at + 1..events.count()).map(|n| events.event(n));
                    let matters = |event: &Event| self.situations.effects[event.stream as usize] != Effect::Absent;
                    let next = later.filter(matters).map(|next| next.time).next().unwrap_or(self.horizon);
                    if !self.pass_alone(lifetime, (&event, events.place(at)), next.min(self.drills.next())) {
                        break;
                    }
                }
                _ => break,
            }
            at = events.next_felt(at + 1);
        }
        at
    }

    fn end(&mut self) {
        self.end_parted();
        let end = if self.over { self.now } else { self.horizon };
        if let Some(since) = self.exposed_since.take() {
            self.ledger.exposed += milliseconds(end - since);
        }
        self.active.clear();
        self.taken.clear();
        self.cut.clear();
        self.replicas.reset();
        self.versions.reset();
        self.situations.stale.clear();
        self.resources.copy_from_slice(&self.capacities);
        self.ends.clear();
        self.carried.iter_mut().for_each(|(_, rate)| *rate = f64::NAN);
        self.units.iter_mut().for_each(|unit| *unit = Unit::new());
        if self.contended {
            self.scheduler.reset(self.units.len(), &self.people);
        }
        self.lived = self.now;
        (self.now, self.over) = (0.0, false);
    }

    fn desk(&self) -> Desk<'_> {
        Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing }
    }

    fn next_moment(&self) -> f64 {
        let own = self.units.iter().map(|unit| unit.next(self.now)).fold(f64::INFINITY, f64::min);
        let own = own.min(self.replicas.next()).min(self.drills.next());
        if self.contended { own.min(self.scheduler.next_moment()) } else { own }
    }

    fn pass(&mut self, next: f64) {
        if self.contended {
            self.scheduler.advance(next);
        }
        self.now = next;
        self.units.iter_mut().for_each(|unit| unit.queue.pass(next));
        if self.replicas.pass(next) {
            self.something_is_back();
        }
    }

    fn is_exposed(&self) -> bool {
        !self.replicas.all_follow()
            || self.active.iter().any(|one| self.situations.exposes[one.stream as usize])
            || self.units.iter().any(|unit| unit.away.is_some() || matches!(unit.work, Work::Recovering(_)))
    }

    /// Everything that happens at this moment.
    fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let mut changed = false;
            for n in 0..self.units.len() {
                changed |= self.look_at(n);
            }
            if self.contended && self.scheduler.is_active() {
                let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
                changed |= self.scheduler.start_ready(&desk, &Random, &mut self.recoveries);
            }
            if !changed || self.over {
                break;
            }
        }
        if !self.cut.is_empty() {
            self.look_outside();
        }
        self.follow();
        self.weigh();
        if self.contended && self.scheduler.has_transfers() {
            self.share_links();
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.set_rates(&desk);
        }
    }

    /// Copies follow as far as their streams go.
    fn follow(&mut self) {
        let (units, cut) = (&self.units, &self.cut);
        let moved = |n: usize, copy: CopyId| units[n].is_moved_from(copy);
        let writes = |n: usize, copy: CopyId| match &units[n].work {
            Work::Recovering(case) => case.hit.damage && !moved(n, copy),
            Work::Returning(_) | Work::Idle => !moved(n, copy),
        };
        self.versions.write(self.now, &self.taken, writes);
        let leads = |n: usize, copy: CopyId| units[n].leader() == Some(copy);
        self.replicas.look(self.now, (&self.taken, |link| cut.contains(&link)), writes, moved, leads);
    }

    /// What cuts and streams that go on leave of the links.
    fn share_links(&mut self) {
        if !self.has_cuts && self.traffic.is_empty() {
            return;
        }
        let (units, situations, taken) = (&self.units, &self.situations, &self.taken);
        if self.ends.is_empty() {
            self.ends.extend(self.traffic.iter().map(|stream| situations.has_ends(stream, taken)));
        }
        let mut changed = self.has_cuts;
        for ((stream, has_ends), carried) in self.traffic.iter().zip(&self.ends).zip(&mut self.carried) {
            let unit = &units[stream.service];
            let goes = unit.away.is_none() && *has_ends;
            let now = (stream.link, if goes { stream.rate * (1.0 - unit.total) } else { 0.0 });
            changed |= *carried != now;
            *carried = now;
        }
        if !changed {
            return;
        }
        self.scheduler.resources_changed();
        self.resources.copy_from_slice(&self.capacities);
        leave(&mut self.resources, self.carried.iter().copied());
        for link in &self.cut {
            self.resources[link.index()] = 0.0;
        }
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
            Work::Idle => return !unit.queue.is_empty() && self.next_in_queue(n),
            Work::Recovering(case) => {
                if let Progress::Rebuilding(at) = case.progress {
                    return at <= self.now && self.finish_rebuild(n);
                }
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
        self.contended && self.scheduler.actors[n].asks() && self.look_at_steps(n)
    }

    /// Who is without service now.
    fn weigh(&mut self) {
        let several = self.units.len() > 1;
        let mut application: f64 = 0.0;
        for n in 0..self.units.len() {
            let own = self.own_weight(n);
            let total = self.needs[n].iter().fold(own, |weight, need| weight.max(self.units[*need].total));
            self.units[n].total = total;
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
                let moved = moved.filter(|(step, node)| step.phase == Phase::Redirect && node.state.is_going_on());
                if moved.count() > 0 { 1.0 } else { 0.0 }
            }
            Work::Idle => 0.0,
        };
        if let (Some((away, _)), false) = (&unit.away, self.active.is_empty())
            && !self.situations.is_up(away, &self.taken)
        {
            weight = 1.0;
        }
        if unit.interrupted.0 > self.now {
            weight = weight.max(unit.interrupted.1);
        }
        if !matches!(unit.outside, Outside::There) {
            weight = 1.0;
        }
        weight.max(unit.queue.weight())
    }
}

/// Seconds that two moments may differ by and be the same: sums of durations through a century are known to a
/// millionth of a second.
const SAME_MOMENT: f64 = 1e-6;

/// Rounds of changes at one moment before the rest waits for the next: far more than plans and
/// services can make of one.
const MOST_ROUNDS: usize = 100_000;
