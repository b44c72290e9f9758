//! The events of a lifetime: when every member fails and is back, whatever the tiers make of it.
//!
//! Members know nothing of each other, so that all tiers live through the same years. A member's events
//! are drawn for many lifetimes side by side, in the widest instructions of the processor ([`super::room`]).

use std::cmp::Ordering;
use std::ops::Range;

use super::crews::Crews;
use super::drills::Drills;
use super::room::Room;
use crate::id::FailureId;
use crate::model::{Delay, Failure, Law, Occurrence, Scenario};
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
    /// Events in a year of being up.
    pub(super) per_year: f64,
    /// From being up to the next event.
    pub(super) gap: Draw,
    /// How long it is down, or its repair takes; `None` for what does not end by itself.
    pub(super) lasts: Option<Draw>,
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
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.time.total_cmp(&other.time).then_with(|| (self.stream, self.count).cmp(&(other.stream, other.count)))
    }
}

/// Every member of every failure that ever happens.
pub(super) struct Streams {
    pub(super) rows: Vec<Stream>,
    /// Who repairs them.
    pub(super) crews: Crews,
    /// Names what is drawn of lifetimes and of no member.
    pub(super) key: Key,
    /// Expected events in a year, ends of outages and drills included.
    pub(super) per_year: f64,
}

impl Streams {
    /// The members of all failures that the filter lets through, in the order of the failures.
    pub(super) fn new(scenario: &Scenario, filter: &Filter, seed: u64, tables: &Tables) -> Self {
        Self::of(scenario, filter, seed, tables, |_| true)
    }

    /// The same, of those failures only that are wanted.
    pub(super) fn of(
        scenario: &Scenario,
        filter: &Filter,
        seed: u64,
        tables: &Tables,
        wanted: impl Fn(&Failure) -> bool,
    ) -> Self {
        let root = Key::root(seed).of("lifetime");
        let per_year = 2.0 * Drills::per_year(scenario);
        let mut streams = Self { rows: Vec::new(), crews: Crews::default(), key: root, per_year };
        let chosen = |id: FailureId| filter.failure.is_none_or(|only| only == id);
        for (id, failure) in scenario.failures.iter().filter(|(id, failure)| chosen(*id) && wanted(failure)) {
            let Some(gap) = gap(&failure.occurs) else { continue };
            let outage: f64 = failure.outage().map(Delay::mean).sum();
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
                    per_year: SECONDS_PER_YEAR / gap.mean(),
                    gap: Draw::new(key.of("gap"), &gap, false, tables),
                    lasts: failure.lasts.as_ref().map(|lasts| Draw::new(key.of("lasts"), lasts, false, tables)),
                });
            }
        }
        streams.crews = Crews::new(scenario, &streams.rows, root, tables);
        streams
    }

    /// A member's event of this number, at this time, if nobody has to be waited for.
    pub(super) fn event(&self, stream: usize, lifetime: u64, count: u32, time: f64) -> Event {
        let occurrence = first_event(lifetime) + u64::from(count);
        let lasts = self.rows[stream].lasts.as_ref().map_or(f64::INFINITY, |lasts| lasts.get(&Random, occurrence));
        Event { time, until: time + lasts, stream: stream as u32, count }
    }

    /// All events of these lifetimes before `horizon` seconds.
    ///
    /// # Arguments
    /// `lifetimes`: no more than [`Room::lanes`].
    pub(super) fn generate(&self, lifetimes: Range<u64>, horizon: f64, room: &mut Room) {
        let lanes = (lifetimes.end - lifetimes.start) as usize;
        room.clear();
        for (n, row) in self.rows.iter().enumerate().filter(|(n, _)| !self.crews.repairs(*n)) {
            room.begin(lanes);
            for count in 0.. {
                let occurrence = |lane| first_event(lifetimes.start + u64::from(lane)) + u64::from(count);
                room.number(occurrence);
                row.gap.fill(&Random, &room.occurrences, &mut room.gaps);
                let fewer = room.pass(horizon);
                if room.is_over() {
                    break;
                }
                if let Some(lasts) = &row.lasts {
                    if fewer {
                        room.number(occurrence);
                    }
                    lasts.fill(&Random, &room.occurrences, &mut room.lasts);
                }
                room.add(n as u32, count, row.lasts.is_some(), horizon);
            }
        }
        for (lane, lifetime) in lifetimes.enumerate() {
            room.add_others(lane, |list| self.crews.generate(&self.rows, lifetime, horizon, list));
        }
        room.sort();
    }
}

/// The first of the occurrences that the members' own draws of a lifetime are keyed by.
pub(super) fn first_event(lifetime: u64) -> u64 {
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
