//! Crews: what fails and is repaired by people waits for one who is free.
//!
//! A member that is repaired by a role is down until somebody has come to it and then for as long as its
//! repair lasts. Members of one failure wait in the order in which they failed. Where getting there takes
//! time, all failures with a member that waits are set out for at the same time, as soon as somebody is
//! free: the first one reached is repaired, uninterrupted, and the others are set out for anew. The tiers have
//! no say in any of this, so that all live through the same years.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::events::{Event, Stream, first_event};
use crate::id::{FailureId, RoleId};
use crate::model::Scenario;
use crate::sim::random::{Draw, Key, Random, Tables};

/// A failure that people repair.
struct Class {
    failure: FailureId,
    /// Position of its crew.
    crew: usize,
    /// From somebody being free to the begin of a repair; `None`: at once.
    starts: Option<Draw>,
}

/// People who repair, and everything that they repair.
#[derive(Default)]
pub(super) struct Crews {
    classes: Vec<Class>,
    /// People, by crew.
    people: Vec<u32>,
    /// By stream: its class.
    class_of: Vec<Option<usize>>,
    /// Streams that wait for a crew, ascending.
    members: Vec<usize>,
}

impl Crews {
    /// The crews of these streams.
    pub(super) fn new(scenario: &Scenario, streams: &[Stream], root: Key, tables: &Tables) -> Self {
        let mut all = Self::default();
        let mut roles: Vec<RoleId> = Vec::new();
        for (n, stream) in streams.iter().enumerate() {
            let failure = &scenario.failures[stream.failure];
            let class = failure.repair.as_ref().map(|repair| {
                let known = all.classes.iter().position(|class| class.failure == stream.failure);
                known.unwrap_or_else(|| {
                    let crew = roles.iter().position(|role| *role == repair.role).unwrap_or_else(|| {
                        roles.push(repair.role);
                        all.people.push(scenario.roles[repair.role].people);
                        roles.len() - 1
                    });
                    let key = root.of(&failure.name).of("repair_starts");
                    let starts = repair.starts.as_ref().map(|starts| Draw::new(key, starts, false, tables));
                    all.classes.push(Class { failure: stream.failure, crew, starts });
                    all.classes.len() - 1
                })
            });
            all.members.extend(class.map(|_| n));
            all.class_of.push(class);
        }
        all
    }

    /// Whether a stream waits for a crew.
    pub(super) fn repairs(&self, stream: usize) -> bool {
        self.class_of[stream].is_some()
    }

    /// Adds the events of all members that crews repair before `horizon` seconds, in any order.
    ///
    /// # Returns
    /// How many events and ends of outages these are.
    pub(super) fn generate(&self, streams: &[Stream], lifetime: u64, horizon: f64, list: &mut Vec<Event>) -> u64 {
        if self.members.is_empty() {
            return 0;
        }
        let mut work = Work::new(self, streams, lifetime);
        let gap =
            |stream: usize, count: u32| streams[stream].gap.get(&Random, first_event(lifetime) + u64::from(count));
        // When each member fails next, which it is and its how manieth event that is. Times are never negative,
        // so that their bits are in their order.
        let fails = |time: f64, stream: usize, count: u32| Reverse((time.to_bits(), stream, count));
        let mut next: BinaryHeap<_> = self.members.iter().map(|stream| fails(gap(*stream, 0), *stream, 0)).collect();
        let mut count = 0;
        while let Some(Reverse((bits, stream, before))) = next.peek().copied().or(NOTHING_FAILS) {
            let (time, changes) = (f64::from_bits(bits), work.next());
            if time.min(changes) >= horizon {
                break;
            }
            if changes <= time {
                if let Some((back, before)) = work.pass(changes, list) {
                    next.push(fails(changes + gap(back, before + 1), back, before + 1));
                    count += 1;
                }
            } else {
                next.pop();
                list.push(Event { time, until: f64::INFINITY, stream: stream as u32, count: before });
                work.fail(time, list.len() - 1, list);
                count += 1;
            }
        }
        work.finish(list);
        count
    }

    /// Puts off the ends of events in order until crews have been there.
    pub(super) fn put_off(&self, streams: &[Stream], lifetime: u64, events: &mut [Event]) {
        if self.members.is_empty() {
            return;
        }
        let mut work = Work::new(self, streams, lifetime);
        for n in 0..events.len() {
            let time = events[n].time;
            while work.next() <= time {
                work.pass(work.next(), events);
            }
            if self.repairs(events[n].stream as usize) {
                work.fail(time, n, events);
            }
        }
        work.finish(events);
    }
}

/// Stands for the next failure where all members are down.
const NOTHING_FAILS: Option<Reverse<(u64, usize, u32)>> = Some(Reverse((f64::INFINITY.to_bits(), 0, 0)));

/// Who waits, who is being repaired.
struct Work<'a> {
    crews: &'a Crews,
    streams: &'a [Stream],
    lifetime: u64,
    /// By crew: people who are free.
    free: Vec<u32>,
    /// By class: events whose members wait, in the order in which they failed; when the next of them is
    /// reached, if somebody is on the way; how often somebody set out.
    waiting: Vec<Vec<usize>>,
    reached: Vec<f64>,
    departures: Vec<u64>,
    /// Repairs under way: the end, and the event.
    repairs: Vec<(f64, usize)>,
}

impl<'a> Work<'a> {
    fn new(crews: &'a Crews, streams: &'a [Stream], lifetime: u64) -> Self {
        let classes = crews.classes.len();
        Self {
            crews,
            streams,
            lifetime,
            free: crews.people.clone(),
            waiting: vec![Vec::new(); classes],
            reached: vec![f64::INFINITY; classes],
            departures: vec![0; classes],
            repairs: Vec::new(),
        }
    }

    /// The next moment at which a repair begins or ends.
    fn next(&self) -> f64 {
        let ends = self.repairs.iter().map(|(until, _)| *until);
        ends.chain(self.reached.iter().copied()).fold(f64::INFINITY, f64::min)
    }

    /// All that failed is repaired, and nothing fails any more.
    fn finish(&mut self, events: &mut [Event]) {
        while self.next() < f64::INFINITY {
            self.pass(self.next(), events);
        }
    }

    /// A member fails: the event at this position.
    fn fail(&mut self, now: f64, event: usize, events: &mut [Event]) {
        let Some(class) = self.crews.class_of[events[event].stream as usize] else { return };
        self.waiting[class].push(event);
        self.set_out(now, self.crews.classes[class].crew, events);
    }

    /// What happens at this moment: the first of it.
    ///
    /// # Returns
    /// The stream that is back, and the number of its event.
    fn pass(&mut self, now: f64, events: &mut [Event]) -> Option<(usize, u32)> {
        if let Some(at) = self.repairs.iter().position(|(until, _)| *until <= now) {
            let Event { stream, count, .. } = events[self.repairs.swap_remove(at).1];
            let stream = stream as usize;
            if let Some(class) = self.crews.class_of[stream] {
                let crew = self.crews.classes[class].crew;
                self.free[crew] += 1;
                self.set_out(now, crew, events);
            }
            return Some((stream, count));
        }
        if let Some(class) = self.reached.iter().position(|at| *at <= now) {
            let crew = self.crews.classes[class].crew;
            self.reached[class] = f64::INFINITY;
            self.begin(class, now, events);
            if self.free[crew] == 0 {
                for other in self.of_crew(crew) {
                    self.reached[other] = f64::INFINITY;
                }
            }
            self.set_out(now, crew, events);
        }
        None
    }

    fn of_crew(&self, crew: usize) -> impl Iterator<Item = usize> + use<'a> {
        let classes = &self.crews.classes;
        (0..classes.len()).filter(move |class| classes[*class].crew == crew)
    }

    /// Somebody sets out for every class with a member that waits, if anybody is free.
    fn set_out(&mut self, now: f64, crew: usize, events: &mut [Event]) {
        // Where nobody has a way to go, the longest waiting is the next.
        while self.free[crew] > 0 {
            let waits = |class: &usize| self.crews.classes[*class].starts.is_none() && !self.waiting[*class].is_empty();
            let since = |class: &usize| self.waiting[*class][0];
            let Some(class) = self.of_crew(crew).filter(waits).min_by_key(since) else { break };
            self.begin(class, now, events);
        }
        if self.free[crew] == 0 {
            return;
        }
        for class in self.of_crew(crew) {
            if let Some(starts) = &self.crews.classes[class].starts
                && !self.waiting[class].is_empty()
                && self.reached[class].is_infinite()
            {
                let departure = first_event(self.lifetime) + self.departures[class];
                self.departures[class] += 1;
                self.reached[class] = now + starts.get(&Random, departure);
            }
        }
    }

    /// The first that waits of a class is repaired from now on.
    fn begin(&mut self, class: usize, now: f64, events: &mut [Event]) {
        if self.waiting[class].is_empty() {
            return;
        }
        let event = self.waiting[class].remove(0);
        let Event { stream, count, .. } = events[event];
        let occurrence = first_event(self.lifetime) + u64::from(count);
        let lasts = self.streams[stream as usize].lasts.as_ref().map_or(0.0, |lasts| lasts.get(&Random, occurrence));
        events[event].until = now + lasts;
        self.repairs.push((now + lasts, event));
        self.free[self.crews.classes[class].crew] -= 1;
    }
}
