//! The events of a lifetime: when every member fails and is back, whatever the tiers make of it.
//!
//! Members know nothing of each other, so that all tiers live through the same years.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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

/// A member fails, or is back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Event {
    /// Seconds from the start of the lifetime.
    pub(super) time: f64,
    /// When what begins now is over; infinite if it does not end by itself.
    pub(super) until: f64,
    pub(super) stream: u32,
    /// How many events its member had before.
    pub(super) count: u32,
    pub(super) begins: bool,
}

/// Every member of every failure that ever happens.
pub(super) struct Streams {
    pub(super) rows: Vec<Stream>,
    /// Expected events in a year, ends of outages included.
    pub(super) per_year: f64,
}

/// Up to so many members, the next event is found by looking at all of them: their next moments fill
/// a few registers. Their number fits the bits of a moment that do not count.
const FEW: usize = 64;

/// Bits of a moment that hold the member instead: 2^-46 of ten years is 5 µs.
const MEMBER_BITS: u64 = FEW as u64 - 1;

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

    /// All events of a lifetime before `horizon` seconds, in order, in place of what `events` holds.
    pub(super) fn generate(&self, lifetime: u64, horizon: f64, events: &mut Vec<Event>) {
        events.clear();
        if self.rows.len() <= FEW { self.few(lifetime, horizon, events) } else { self.many(lifetime, horizon, events) }
    }

    fn few(&self, lifetime: u64, horizon: f64, events: &mut Vec<Event>) {
        let first = first_event(lifetime);
        let mut next = [f64::INFINITY; FEW];
        let mut ahead = [0.0; FEW];
        let mut counts = [0_u32; FEW];
        let mut down = 0_u64;
        for (n, row) in self.rows.iter().enumerate() {
            next[n] = tagged(row.gap.get(&Random, first), n);
            ahead[n] = row.lasts.as_ref().map_or(0.0, |lasts| lasts.get(&Random, first));
        }
        let lanes = self.rows.len().next_multiple_of(4);
        loop {
            let least = least(&next[..lanes]);
            let n = (least.to_bits() & MEMBER_BITS) as usize;
            let time = whole(least);
            if time >= horizon {
                return;
            }
            let row = &self.rows[n];
            let bit = 1_u64 << n;
            let count = counts[n];
            // What follows was drawn one event ahead, so that no event waits for its own draw.
            let after = time + ahead[n];
            next[n] = tagged(after, n);
            let begins = down & bit == 0;
            let ends = row.lasts.is_some();
            let until = match (begins, ends) {
                (true, true) => whole(after),
                (true, false) => f64::INFINITY,
                (false, _) => time,
            };
            events.push(Event { time, until, stream: n as u32, count, begins });
            match (&row.lasts, begins) {
                (Some(_), true) => {
                    down |= bit;
                    counts[n] += 1;
                    ahead[n] = row.gap.get(&Random, first + u64::from(count) + 1);
                }
                (Some(lasts), false) => {
                    down &= !bit;
                    ahead[n] = lasts.get(&Random, first + u64::from(count));
                }
                (None, _) => {
                    counts[n] += 1;
                    next[n] = tagged(time + row.gap.get(&Random, first + u64::from(count) + 1), n);
                }
            }
        }
    }

    fn many(&self, lifetime: u64, horizon: f64, events: &mut Vec<Event>) {
        let first = first_event(lifetime);
        // Moments are positive: their bits are in the order of their values.
        let mut queue: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::with_capacity(self.rows.len());
        let mut counts = vec![0_u32; self.rows.len()];
        let mut down = vec![false; self.rows.len()];
        for (n, row) in self.rows.iter().enumerate() {
            queue.push(Reverse((whole(row.gap.get(&Random, first)).to_bits(), n as u32)));
        }
        while let Some(mut head) = queue.peek_mut() {
            let (time, stream) = (f64::from_bits(head.0.0), head.0.1);
            if time >= horizon {
                return;
            }
            let n = stream as usize;
            let row = &self.rows[n];
            let occurrence = first + u64::from(counts[n]);
            let begins = !down[n];
            let (until, next) = match &row.lasts {
                Some(lasts) if begins => {
                    let until = whole(time + lasts.get(&Random, occurrence));
                    (until, until)
                }
                Some(_) => (time, whole(time + row.gap.get(&Random, occurrence))),
                None => (f64::INFINITY, whole(time + row.gap.get(&Random, occurrence + 1))),
            };
            // The end of an outage bears the number of its begin, plus one: it is not looked up by it.
            events.push(Event { time, until, stream, count: counts[n], begins });
            counts[n] += u32::from(begins);
            down[n] = begins && row.lasts.is_some();
            head.0 = (next.to_bits(), stream);
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

/// A moment without the bits that do not count, so that it is the same at every position of its member.
#[inline(always)]
fn whole(time: f64) -> f64 {
    f64::from_bits(time.to_bits() & !MEMBER_BITS)
}

/// A moment that names its member in bits that do not count.
#[inline(always)]
fn tagged(time: f64, member: usize) -> f64 {
    f64::from_bits(time.to_bits() & !MEMBER_BITS | member as u64)
}

/// The least of some moments, a multiple of four of them.
#[inline(always)]
fn least(next: &[f64]) -> f64 {
    let min = |a: f64, b: f64| if b < a { b } else { a };
    let mut lanes = [f64::INFINITY; 4];
    for part in next.chunks_exact(4) {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane = min(*lane, *value);
        }
    }
    min(min(lanes[0], lanes[1]), min(lanes[2], lanes[3]))
}
