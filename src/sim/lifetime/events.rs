//! The events of a lifetime: when every member fails and is back, whatever the tiers make of it.
//!
//! Members know nothing of each other, so that all tiers live through the same years. Each member's
//! events follow one another in one go, in the registers of the processor; only then all are put in
//! order.

use crate::id::FailureId;
use crate::model::{Delay, Law, Occurrence, Scenario};
use crate::sim::random::{Draw, Key, Random, Tables};
use crate::sim::tally::Filter;
use crate::units::SECONDS_PER_YEAR;

/// One thing that fails on its own.
pub(super) struct Stream {
    pub(super) failure: FailureId,
    /// Position among the failure's members.
    pub(super) member: usize,
    /// Names its events for the draws of their incidents.
    pub(super) key: Key,
    /// From being up to the next event.
    gap: Draw,
    /// How long it is down; `None` for what does not end by itself.
    lasts: Option<Draw>,
}

/// A member fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Event {
    /// Seconds from the start of the lifetime.
    pub(super) time: f64,
    /// When it is over; infinite if it does not end by itself.
    pub(super) until: f64,
    pub(super) stream: u32,
    /// How many events its member had before.
    pub(super) count: u32,
}

impl Event {
    /// The order of events: by time, then as the members are listed.
    fn comes_before(&self, other: &Self) -> bool {
        (self.time, self.stream, self.count) < (other.time, other.stream, other.count)
    }
}

/// Every member of every failure that ever happens.
pub(super) struct Streams {
    pub(super) rows: Vec<Stream>,
    /// Expected events in a year, ends of outages included.
    pub(super) per_year: f64,
}

impl Streams {
    /// The members of all failures that the filter lets through, in the order of the failures.
    pub(super) fn new(scenario: &Scenario, filter: &Filter, seed: u64, tables: &Tables) -> Self {
        let root = Key::root(seed).of("lifetime");
        let mut streams = Self { rows: Vec::new(), per_year: 0.0 };
        for (id, failure) in scenario.failures.iter().filter(|(id, _)| filter.failure.is_none_or(|only| only == *id)) {
            let Some(gap) = gap(&failure.occurs) else { continue };
            let outage = failure.lasts.as_ref().map_or(0.0, Delay::mean);
            let cycle = gap.mean() + outage;
            let each = if cycle > 0.0 { SECONDS_PER_YEAR / cycle } else { f64::INFINITY };
            let chosen = |name: &String| filter.member.as_ref().is_none_or(|only| only == name);
            for (member, row) in failure.members.iter().enumerate().filter(|(_, row)| chosen(&row.name)) {
                let key = root.of(&failure.name).of(&row.name);
                streams.per_year += each * if failure.lasts.is_some() { 2.0 } else { 1.0 };
                streams.rows.push(Stream {
                    failure: id,
                    member,
                    key: key.of("event"),
                    gap: Draw::new(key.of("gap"), &gap, false, tables),
                    lasts: failure.lasts.as_ref().map(|lasts| Draw::new(key.of("lasts"), lasts, false, tables)),
                });
            }
        }
        streams
    }

    /// All events of a lifetime before `horizon` seconds, in order.
    pub(super) fn generate(&self, lifetime: u64, horizon: f64, room: &mut Room) {
        room.mixed.clear();
        let first = first_event(lifetime);
        for (n, row) in self.rows.iter().enumerate() {
            let mut time = 0.0;
            for count in 0.. {
                let occurrence = first + u64::from(count);
                time += row.gap.get(&Random, occurrence);
                if time >= horizon {
                    break;
                }
                let until = row.lasts.as_ref().map_or(f64::INFINITY, |lasts| time + lasts.get(&Random, occurrence));
                room.mixed.push(Event { time, until, stream: n as u32, count });
                room.count += 1 + u64::from(until < horizon);
                if row.lasts.is_some() {
                    time = until;
                }
            }
        }
        room.sort(horizon);
    }
}

/// Room for the events of a lifetime, kept from one to the next.
#[derive(Default)]
pub(super) struct Room {
    mixed: Vec<Event>,
    /// The events in order.
    pub(super) events: Vec<Event>,
    /// Events of all lifetimes so far, ends of outages included.
    pub(super) count: u64,
    starts: Vec<u32>,
}

/// More events than this between two equal parts of the time are left to the library's sort.
const CROWD: u32 = 16;

impl Room {
    /// Puts the events in order: into as many parts of the time as there are events, about one each, then
    /// neighbour by neighbour.
    fn sort(&mut self, horizon: f64) {
        let parts = self.mixed.len().next_power_of_two();
        let scale = parts as f64 / horizon;
        let part = |event: &Event| ((event.time * scale) as i64 as usize).min(parts - 1);
        self.starts.clear();
        self.starts.resize(parts + 1, 0);
        for event in &self.mixed {
            self.starts[part(event) + 1] += 1;
        }
        let crowded = self.starts.iter().any(|count| *count > CROWD);
        for n in 0..parts {
            self.starts[n + 1] += self.starts[n];
        }
        self.events.clear();
        self.events.extend_from_slice(&self.mixed);
        for event in &self.mixed {
            let at = &mut self.starts[part(event)];
            self.events[*at as usize] = *event;
            *at += 1;
        }
        if crowded {
            self.events
                .sort_unstable_by(|a, b| a.time.total_cmp(&b.time).then((a.stream, a.count).cmp(&(b.stream, b.count))));
            return;
        }
        for n in 1..self.events.len() {
            let mut at = n;
            while at > 0 && self.events[at].comes_before(&self.events[at - 1]) {
                self.events.swap(at, at - 1);
                at -= 1;
            }
        }
    }
}

/// The first of the occurrences that the members' own draws of a lifetime are keyed by.
fn first_event(lifetime: u64) -> u64 {
    // 2^24 events of one member in one lifetime, before the numbers of the next begin.
    lifetime << 24
}

/// From repair, or the last event, to the next; `None` if it never comes.
fn gap(occurs: &Occurrence) -> Option<Delay> {
    match occurs {
        Occurrence::Gap(gap) => Some(gap.clone()),
        Occurrence::Rate(rate) => {
            let per_year = rate.point.per_year();
            let mean = SECONDS_PER_YEAR / per_year;
            Delay::new(Law::Exponential { mean }).ok().filter(|_| per_year > 0.0)
        }
    }
}
