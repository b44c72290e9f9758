//! The events of a lifetime: when every member fails and is back, whatever the tiers make of it.
//!
//! Members know nothing of each other, so that all tiers live through the same years. A member's events
//! are drawn for many lifetimes side by side, in the widest instructions of the processor; then those of
//! all these lifetimes are put in order, side by side too.

use std::cmp::Ordering;
use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::crews::Crews;
use super::drills::Drills;
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
    fn order(&self, other: &Self) -> Ordering {
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
        let root = Key::root(seed).of("lifetime");
        let per_year = 2.0 * Drills::per_year(scenario);
        let mut streams = Self { rows: Vec::new(), crews: Crews::default(), key: root, per_year };
        for (id, failure) in scenario.failures.iter().filter(|(id, _)| filter.failure.is_none_or(|only| only == *id)) {
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

    /// All events of these lifetimes before `horizon` seconds, for [`Room::in_order`].
    ///
    /// # Arguments
    /// `lifetimes`: no more than [`Room::lanes`].
    pub(super) fn generate(&self, lifetimes: Range<u64>, horizon: f64, room: &mut Room) {
        let lanes = (lifetimes.end - lifetimes.start) as usize;
        room.lists.iter_mut().for_each(Vec::clear);
        for (n, row) in self.rows.iter().enumerate().filter(|(n, _)| !self.crews.repairs(*n)) {
            room.begin(lanes);
            for count in 0.. {
                let occurrence = |lane: &u32| first_event(lifetimes.start + u64::from(*lane)) + u64::from(count);
                room.occurrences.clear();
                room.occurrences.extend(room.alive.iter().map(occurrence));
                row.gap.fill(&Random, &room.occurrences, &mut room.gaps);
                room.pass(horizon);
                if room.alive.is_empty() {
                    break;
                }
                let ends = row.lasts.is_some();
                if let Some(lasts) = &row.lasts {
                    lasts.fill(&Random, &room.occurrences, &mut room.lasts);
                }
                room.add(n as u32, count, ends, horizon);
            }
        }
        for (lifetime, list) in lifetimes.zip(&mut room.lists) {
            room.count += self.crews.generate(&self.rows, lifetime, horizon, list);
        }
        room.sort();
    }
}

/// Lifetimes whose events are drawn side by side: they fill the widest instructions several times over,
/// and their events stay in the second cache level.
const LANES: usize = 64;

/// Events that are kept at the same time; beyond, fewer lifetimes are drawn side by side.
const KEPT: f64 = 1e6;

/// Lifetimes with more events than this are put in order one by one: the network's work grows faster than
/// that of the library's sort.
const MOST_SIDE_BY_SIDE: usize = 512;

/// Bits of a key that say which event it is of.
const POSITION: u64 = 0xFFFF;

/// Room for the events of lifetimes, kept from one to the next.
pub(super) struct Room {
    /// By lifetime: its events, member by member.
    lists: Vec<Vec<Event>>,
    /// Events of all lifetimes so far, ends of outages included.
    pub(super) count: u64,
    /// Lifetimes of which the member's events are not all drawn yet; where it stands in each; what each
    /// draws.
    alive: Vec<u32>,
    times: Vec<f64>,
    occurrences: Vec<u64>,
    gaps: Vec<f64>,
    lasts: Vec<f64>,
    /// By rank, then by lifetime: the time of an event, its position among the lifetime's in the last bits.
    keys: Vec<[f64; LANES]>,
    networks: Networks,
    ordered: Vec<Event>,
}

impl Room {
    /// Room for lifetimes with about so many events each.
    pub(super) fn new(events: f64) -> Self {
        let lanes = ((KEPT / events.max(1.0)) as usize).clamp(1, LANES);
        Self {
            lists: vec![Vec::new(); lanes],
            count: 0,
            times: Vec::new(),
            alive: Vec::new(),
            occurrences: Vec::new(),
            gaps: Vec::new(),
            lasts: Vec::new(),
            keys: Vec::new(),
            networks: Networks::default(),
            ordered: Vec::new(),
        }
    }

    /// How many lifetimes are drawn side by side.
    pub(super) fn lanes(&self) -> usize {
        self.lists.len()
    }

    /// A member has no event yet.
    fn begin(&mut self, lanes: usize) {
        self.alive.clear();
        self.alive.extend(0..lanes as u32);
        self.times.clear();
        self.times.resize(lanes, 0.0);
    }

    /// The member's next event in all lifetimes that reach it before the horizon; the others are done.
    fn pass(&mut self, horizon: f64) {
        for (time, gap) in self.times.iter_mut().zip(&self.gaps) {
            *time += gap;
        }
        if self.times.iter().all(|time| *time < horizon) {
            return;
        }
        let mut kept = 0;
        for n in 0..self.alive.len() {
            let time = self.times[n];
            (self.alive[kept], self.times[kept], self.occurrences[kept]) = (self.alive[n], time, self.occurrences[n]);
            kept += usize::from(time < horizon);
        }
        self.alive.truncate(kept);
        self.times.truncate(kept);
        self.occurrences.truncate(kept);
    }

    /// Keeps the events at which the member stands, and goes on to where it is back.
    fn add(&mut self, stream: u32, count: u32, ends: bool, horizon: f64) {
        if !ends {
            self.lasts.clear();
            self.lasts.resize(self.times.len(), f64::INFINITY);
        }
        // From here on how long it is down is when it is back.
        self.lasts.iter_mut().zip(&self.times).for_each(|(until, time)| *until += time);
        for ((lane, time), until) in self.alive.iter().zip(&self.times).zip(&self.lasts) {
            self.lists[*lane as usize].push(Event { time: *time, until: *until, stream, count });
        }
        let over = self.lasts.iter().filter(|until| **until < horizon).count();
        self.count += (self.times.len() + over) as u64;
        if ends {
            self.times.copy_from_slice(&self.lasts);
        }
    }

    /// Puts the keys of all lifetimes in order.
    fn sort(&mut self) {
        let most = self.lists.iter().map(Vec::len).max().unwrap_or(0);
        self.keys.clear();
        if most > MOST_SIDE_BY_SIDE {
            return;
        }
        self.keys.resize(most, [f64::INFINITY; LANES]);
        for (lane, list) in self.lists.iter().enumerate() {
            for ((n, event), keys) in list.iter().enumerate().zip(&mut self.keys) {
                keys[lane] = f64::from_bits((event.time.to_bits() & !POSITION) | n as u64);
            }
        }
        Arch::new().dispatch(Exchanges { keys: &mut self.keys, pairs: self.networks.of(most) });
    }

    /// The events of a lifetime in order.
    pub(super) fn in_order(&mut self, lane: usize) -> &[Event] {
        let list = &self.lists[lane];
        self.ordered.clear();
        if self.keys.is_empty() {
            self.ordered.extend_from_slice(list);
            self.ordered.sort_unstable_by(Event::order);
            return &self.ordered;
        }
        let position = |keys: &[f64; LANES]| (keys[lane].to_bits() & POSITION) as usize;
        self.ordered.extend(self.keys[..list.len()].iter().map(|keys| list[position(keys)]));
        // Keys have lost the last bits of their times: milliseconds of a decade.
        for n in 1..self.ordered.len() {
            let mut at = n;
            while at > 0 && self.ordered[at].order(&self.ordered[at - 1]).is_lt() {
                self.ordered.swap(at, at - 1);
                at -= 1;
            }
        }
        &self.ordered
    }
}

/// Which keys are compared with which, one pair after the other, to put any keys in order.
///
/// # Source
/// Batcher (1968), Sorting networks and their applications, AFIPS 32:307-314; for any number of keys:
/// Knuth, The Art of Computer Programming, volume 3, algorithm 5.2.2M.
#[derive(Default)]
struct Networks(Vec<Vec<(u16, u16)>>);

impl Networks {
    fn of(&mut self, keys: usize) -> &[(u16, u16)] {
        if self.0.len() <= keys {
            self.0.resize(keys + 1, Vec::new());
        }
        if self.0[keys].is_empty() {
            self.0[keys] = network(keys);
        }
        &self.0[keys]
    }
}

fn network(keys: usize) -> Vec<(u16, u16)> {
    let mut pairs = Vec::new();
    let powers = |from: usize| std::iter::successors(Some(from), |p| Some(2 * p));
    for merged in powers(1).take_while(|p| *p < keys) {
        for apart in powers(1).take_while(|p| *p <= merged).collect::<Vec<_>>().into_iter().rev() {
            for first in (apart % merged..keys.saturating_sub(apart)).step_by(2 * apart) {
                let block = first..(first + apart).min(keys - apart);
                let within = block.filter(|n| n / (2 * merged) == (n + apart) / (2 * merged));
                pairs.extend(within.map(|n| (n as u16, (n + apart) as u16)));
            }
        }
    }
    pairs
}

/// The exchanges of a network, for all lifetimes at once: a task for [`Arch::dispatch`].
struct Exchanges<'a> {
    keys: &'a mut [[f64; LANES]],
    pairs: &'a [(u16, u16)],
}

impl NullaryFnOnce for Exchanges<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (first, second) in self.pairs {
            let (before, from) = self.keys.split_at_mut(usize::from(*second));
            for (a, b) in before[usize::from(*first)].iter_mut().zip(&mut from[0]) {
                (*a, *b) = (if a < b { *a } else { *b }, if a < b { *b } else { *a });
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A network sorts all keys if it sorts all of zeros and ones (Knuth, 5.3.4, theorem Z), and there are
    /// few enough of those for small ones; larger ones are tried on keys that a generator mixed.
    #[test]
    fn networks_sort() {
        let sorts = |keys: &mut Vec<u64>| {
            for (a, b) in network(keys.len()) {
                let (a, b) = (usize::from(a), usize::from(b));
                if keys[b] < keys[a] {
                    keys.swap(a, b);
                }
            }
            keys.is_sorted()
        };
        for n in 1..=12 {
            assert!((0..1_u64 << n).all(|bits| sorts(&mut (0..n).map(|at| bits >> at & 1).collect())));
        }
        for n in 13..=MOST_SIDE_BY_SIDE as u64 {
            assert!(sorts(&mut (0..n).map(|at| (at + n).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).collect()), "{n}");
        }
    }
}
