//! Room for the events of many lifetimes side by side: drawn member by member, put in order by a network
//! that does the same for all lifetimes at once, and looked through for what a tier must look at.
//!
//! Most of what happens in years is that something fails that nobody misses and is back before anything else
//! happens. Such events are drawn and put in order like all others, and not touched any more after that.

use std::cell::Cell;

use pulp::{Arch, Simd, WithSimd};

use super::events::Event;
use super::situation::Effect;

/// Lifetimes whose events are drawn side by side: they fill the widest instructions several times over,
/// and their events stay in the second cache level.
const LANES: usize = 64;

/// Lifetimes that are put in order at once, a multiple of what fits one instruction: their keys stay in the
/// first cache level.
const PART: usize = LANES / 2;

/// Events that are kept at the same time; beyond, fewer lifetimes are drawn side by side.
const KEPT: f64 = 1e6;

/// Lifetimes with more events than this are put in order one by one: the network's work grows faster than
/// that of the library's sort.
const MOST_SIDE_BY_SIDE: usize = 512;

/// Bits of a key that say which row an event is in.
const ROW: u64 = 0xF_FFFF;

/// The events of a lifetime in order.
pub(super) trait Years {
    /// How many there are.
    fn count(&self) -> usize;

    /// The `n`-th.
    fn event(&self, n: usize) -> Event;

    /// The first from the `n`-th on that the tier must look at, if all is well until then.
    fn next_felt(&self, n: usize) -> usize;

    /// Where the `n`-th is in its room: the row and the lifetime; `None` if it is in no row.
    fn place(&self, _n: usize) -> Option<(usize, usize)> {
        None
    }

    /// When the `n`-th is; `None` if there are not so many.
    fn time(&self, n: usize) -> Option<f64> {
        (n < self.count()).then(|| self.event(n).time)
    }
}

impl Years for [Event] {
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn event(&self, n: usize) -> Event {
        self[n]
    }

    fn next_felt(&self, n: usize) -> usize {
        n
    }
}

/// A member's `count`-th event in every lifetime that has it.
#[derive(Clone, Copy)]
struct Row {
    stream: u32,
    count: u32,
    /// Lifetimes that have it, a bit each.
    lanes: u64,
    /// Where the first of them is.
    first: usize,
    /// The longest that it takes in any of them, seconds.
    longest: f64,
}

impl Row {
    /// Where the event of a lifetime is that has it.
    fn at(&self, lane: usize) -> usize {
        self.first + (self.lanes & ((1 << lane) - 1)).count_ones() as usize
    }

    /// Lifetimes that have it, in order.
    fn lanes(&self) -> impl Iterator<Item = usize> + use<> {
        let mut rest = self.lanes;
        std::iter::from_fn(move || {
            let lane = (rest != 0).then_some(rest.trailing_zeros() as usize);
            rest &= rest.wrapping_sub(1);
            lane
        })
    }
}

/// Room for the events of lifetimes, kept from one batch to the next.
pub(super) struct Room {
    lanes: usize,
    /// Events of all lifetimes so far, ends of outages included.
    pub(super) count: u64,
    /// By row, then by lifetime that has it: when the member fails, and when it is back.
    rows: Vec<Row>,
    times: Vec<f64>,
    untils: Vec<f64>,
    /// By lifetime: events that are in no row, numbered after the rows.
    others: Vec<Vec<Event>>,
    /// Lifetimes of which the member's events are not all drawn yet; where it stands in each; what each
    /// draws.
    alive: Vec<u32>,
    at: Vec<f64>,
    pub(super) occurrences: Vec<u64>,
    pub(super) gaps: Vec<f64>,
    pub(super) lasts: Vec<f64>,
    keys: Keys,
    /// By row: how long a tier that looks at nothing may be busy with it, seconds.
    busy: Vec<f64>,
    /// By number, then by lifetime: ranks of events that must be looked at; how many there are.
    felt: Vec<[u16; LANES]>,
    felt_counts: [u32; LANES],
    ordered: Vec<Event>,
}

impl Room {
    /// Room for lifetimes with about so many events each.
    pub(super) fn new(events: f64) -> Self {
        let lanes = ((KEPT / events.max(1.0)) as usize).clamp(1, LANES);
        Self {
            lanes,
            count: 0,
            rows: Vec::new(),
            times: Vec::new(),
            untils: Vec::new(),
            others: vec![Vec::new(); lanes],
            alive: Vec::new(),
            at: Vec::new(),
            occurrences: Vec::new(),
            gaps: Vec::new(),
            lasts: Vec::new(),
            keys: Keys::new(),
            busy: Vec::new(),
            felt: Vec::new(),
            felt_counts: [0; LANES],
            ordered: Vec::new(),
        }
    }

    /// How many lifetimes are drawn side by side.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Other lifetimes begin.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.times.clear();
        self.untils.clear();
        self.others.iter_mut().for_each(Vec::clear);
        self.keys.clear();
    }

    /// A member has no event yet.
    pub(super) fn begin(&mut self, lanes: usize) {
        self.alive.clear();
        self.alive.extend(0..lanes as u32);
        self.at.clear();
        self.at.resize(lanes, 0.0);
    }

    /// Numbers the member's next event in every lifetime in which there may be one.
    pub(super) fn number(&mut self, occurrence: impl Fn(u32) -> u64) {
        self.occurrences.clear();
        self.occurrences.extend(self.alive.iter().map(|lane| occurrence(*lane)));
    }

    /// The member's next event in all lifetimes that reach it before the horizon; the others are done.
    ///
    /// # Returns
    /// Whether some are done: then those that are left must be numbered anew.
    pub(super) fn pass(&mut self, horizon: f64) -> bool {
        for (time, gap) in self.at.iter_mut().zip(&self.gaps) {
            *time += gap;
        }
        if self.at.iter().all(|time| *time < horizon) {
            return false;
        }
        let count = self.alive.len();
        let (alive, at) = (&mut self.alive[..count], &mut self.at[..count]);
        let mut kept = 0;
        for n in 0..count {
            let (lane, time) = (alive[n], at[n]);
            (alive[kept], at[kept]) = (lane, time);
            kept += usize::from(time < horizon);
        }
        self.alive.truncate(kept);
        self.at.truncate(kept);
        true
    }

    /// The member has no further event in any lifetime.
    pub(super) fn is_over(&self) -> bool {
        self.alive.is_empty()
    }

    /// Keeps the events at which the member stands, and goes on to where it is back.
    pub(super) fn add(&mut self, stream: u32, count: u32, ends: bool, horizon: f64) {
        if !ends {
            self.lasts.clear();
            self.lasts.resize(self.at.len(), f64::INFINITY);
        }
        let longest = longest(&self.lasts);
        // From here on how long it is down is when it is back.
        self.lasts.iter_mut().zip(&self.at).for_each(|(until, time)| *until += time);
        let first = self.times.len();
        let lanes = self.keys.add(self.rows.len(), self.alive.iter().zip(&self.at));
        self.rows.push(Row { stream, count, lanes, first, longest });
        self.times.extend_from_slice(&self.at);
        self.untils.extend_from_slice(&self.lasts);
        let over = self.lasts.iter().filter(|until| **until < horizon).count();
        self.count += (self.at.len() + over) as u64;
        if ends {
            self.at.copy_from_slice(&self.lasts);
        }
    }

    /// Adds events of a lifetime that come in another way.
    ///
    /// # Arguments
    /// `events`: puts them into the list, and says how many they are with the ends of outages.
    pub(super) fn add_others(&mut self, lane: usize, events: impl FnOnce(&mut Vec<Event>) -> u64) {
        self.count += events(&mut self.others[lane]);
        for (n, event) in self.others[lane].iter().enumerate() {
            self.keys.add(self.rows.len() + n, std::iter::once((&(lane as u32), &event.time)));
        }
    }

    /// Puts the events of all lifetimes in order, if they are not too many for that.
    pub(super) fn sort(&mut self) {
        self.keys.sort();
        for lane in 0..self.lanes {
            if !self.keys.tied[lane] {
                continue;
            }
            // Keys have lost the last bits of their times: some hundredths of a second in a decade.
            for n in 1..self.keys.counts[lane] as usize {
                let mut at = n;
                while at > 0 && self.event(lane, at).order(&self.event(lane, at - 1)).is_lt() {
                    let (before, from) = self.keys.ranks.split_at_mut(at);
                    std::mem::swap(&mut before[at - 1][lane], &mut from[0][lane]);
                    at -= 1;
                }
            }
        }
    }

    /// Whether the events were put in order; otherwise [`Self::in_order`] does.
    pub(super) fn is_sorted(&self) -> bool {
        !self.keys.too_many
    }

    /// The stream of a row; `None` beyond the rows.
    pub(super) fn stream(&self, row: usize) -> Option<usize> {
        self.rows.get(row).map(|row| row.stream as usize)
    }

    /// Lifetimes that have the event of a row, in order, and how many events its member had before.
    pub(super) fn row(&self, row: usize) -> (impl Iterator<Item = usize> + use<>, u32) {
        (self.rows[row].lanes(), self.rows[row].count)
    }

    #[inline]
    fn event(&self, lane: usize, rank: usize) -> Event {
        let row = self.keys.row(lane, rank);
        match self.rows.get(row) {
            Some(row) => self.event_of(row, lane),
            None => self.others[lane][row - self.rows.len()],
        }
    }

    fn event_of(&self, row: &Row, lane: usize) -> Event {
        let at = row.at(lane);
        Event { time: self.times[at], until: self.untils[at], stream: row.stream, count: row.count }
    }

    /// Finds out which events a tier may have to look at: those that it notices, and those that may not be over
    /// before the next one.
    ///
    /// # Arguments
    /// By stream: what an event does to the tier, and whether it leaves too few copies.
    pub(super) fn look_through(&mut self, effects: &[Effect], exposes: &[bool], horizon: f64) {
        self.busy.clear();
        self.busy.extend(self.rows.iter().map(|row| match effects[row.stream as usize] {
            Effect::Absent => f64::NEG_INFINITY,
            // Keys have lost less than a second.
            Effect::Quiet if !exposes[row.stream as usize] => row.longest + 1.0,
            _ => f64::INFINITY,
        }));
        let most = self.keys.ranks.len();
        self.felt_counts = [0; LANES];
        self.felt.resize(most.max(self.felt.len()), [0; LANES]);
        let none = [f64::INFINITY; LANES];
        for (rank, now) in self.keys.ranks.iter().enumerate() {
            let next = self.keys.ranks.get(rank + 1).unwrap_or(&none);
            for (lane, (now, next)) in now.iter().zip(next).enumerate() {
                // What is in no row is looked at.
                let busy = self.busy.get((now.to_bits() & ROW) as usize).copied().unwrap_or(f64::INFINITY);
                if now + busy >= next.min(horizon) && *now < f64::INFINITY {
                    let count = &mut self.felt_counts[lane];
                    self.felt[*count as usize][lane] = rank as u16;
                    *count += 1;
                }
            }
        }
    }

    /// A lifetime as the tier sees it that the events were looked through for.
    pub(super) fn lane(&self, lane: usize) -> Lane<'_> {
        Lane { room: self, lane, next: Cell::new(0) }
    }

    /// The events of a lifetime in order, however many they are.
    pub(super) fn in_order(&mut self, lane: usize) -> &[Event] {
        self.ordered.clear();
        for row in self.rows.iter().filter(|row| row.lanes >> lane & 1 == 1) {
            let at = row.at(lane);
            let (time, until) = (self.times[at], self.untils[at]);
            self.ordered.push(Event { time, until, stream: row.stream, count: row.count });
        }
        self.ordered.extend_from_slice(&self.others[lane]);
        self.ordered.sort_unstable_by(Event::order);
        &self.ordered
    }
}

/// The longest of these, none of which is below zero.
fn longest(lasts: &[f64]) -> f64 {
    // Side by side, as one after the other each would wait for the one before.
    let mut most = [0.0_f64; 8];
    let parts = lasts.chunks_exact(most.len());
    let rest = parts.remainder();
    for part in parts {
        for (most, lasts) in most.iter_mut().zip(part) {
            *most = if *lasts > *most { *lasts } else { *most };
        }
    }
    rest.iter().chain(&most).copied().fold(0.0, f64::max)
}

/// A lifetime in a room.
pub(super) struct Lane<'a> {
    room: &'a Room,
    lane: usize,
    /// Events that were looked at.
    next: Cell<usize>,
}

impl Years for Lane<'_> {
    fn count(&self) -> usize {
        self.room.keys.counts[self.lane] as usize
    }

    #[inline]
    fn event(&self, n: usize) -> Event {
        self.room.event(self.lane, n)
    }

    fn place(&self, n: usize) -> Option<(usize, usize)> {
        let row = self.room.keys.row(self.lane, n);
        (row < self.room.rows.len()).then_some((row, self.lane))
    }

    fn next_felt(&self, n: usize) -> usize {
        let felt = &self.room.felt[..self.room.felt_counts[self.lane] as usize];
        let mut at = self.next.get();
        while felt.get(at).is_some_and(|ranks| usize::from(ranks[self.lane]) < n) {
            at += 1;
        }
        self.next.set(at);
        felt.get(at).map_or(self.count(), |ranks| usize::from(ranks[self.lane]).min(self.count()))
    }
}

/// Times of events, and the numbers of their rows in the last bits, of all lifetimes side by side.
struct Keys {
    /// By rank, then by lifetime; infinite beyond a lifetime's events.
    ranks: Vec<[f64; LANES]>,
    counts: [u32; LANES],
    /// More than any lifetime has.
    bound: usize,
    /// Whether two of a lifetime's are too close to be told apart.
    tied: [bool; LANES],
    /// There are more than can be put in order side by side.
    too_many: bool,
    networks: Networks,
}

impl Keys {
    fn new() -> Self {
        Self {
            ranks: Vec::new(),
            counts: [0; LANES],
            bound: 0,
            tied: [false; LANES],
            too_many: false,
            networks: Networks::default(),
        }
    }

    fn clear(&mut self) {
        self.ranks.clear();
        self.counts = [0; LANES];
        (self.bound, self.too_many) = (0, false);
    }

    fn most(&self) -> usize {
        self.counts.iter().max().map_or(0, |most| *most as usize)
    }

    /// Adds the events of a row: lifetimes and times.
    ///
    /// # Returns
    /// The lifetimes, a bit each.
    #[inline]
    fn add<'a>(&mut self, row: usize, events: impl Iterator<Item = (&'a u32, &'a f64)>) -> u64 {
        // No lifetime has more than one of a row.
        self.bound += 1;
        if self.ranks.len() < self.bound {
            self.bound = self.most() + 1;
            self.too_many |= self.bound > MOST_SIDE_BY_SIDE;
            // Some more, so that they need not be counted again for the next rows.
            self.ranks.resize(self.ranks.len().max(self.bound + 16), [f64::INFINITY; LANES]);
        }
        self.too_many |= row as u64 > ROW;
        if self.too_many {
            return events.fold(0, |lanes, (lane, _)| lanes | 1 << lane);
        }
        let (row, mut lanes) = (row as u64, 0);
        for (lane, time) in events {
            lanes |= 1 << lane;
            let lane = *lane as usize;
            let count = &mut self.counts[lane];
            self.ranks[*count as usize][lane] = f64::from_bits((time.to_bits() & !ROW) | row);
            *count += 1;
        }
        lanes
    }

    #[inline]
    fn row(&self, lane: usize, rank: usize) -> usize {
        (self.ranks[rank][lane].to_bits() & ROW) as usize
    }

    fn sort(&mut self) {
        self.tied = [false; LANES];
        if self.too_many {
            return;
        }
        let most = self.most();
        self.ranks.truncate(most);
        let pairs = self.networks.of(most);
        Arch::new().dispatch(Exchanges { keys: &mut self.ranks, pairs, tied: &mut self.tied });
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

/// The exchanges of a network, and what they could not tell apart, for all lifetimes at once: a task for [`Arch::dispatch`].
struct Exchanges<'a> {
    keys: &'a mut [[f64; LANES]],
    pairs: &'a [(u16, u16)],
    /// By lifetime: whether two keys differ in nothing but their rows.
    tied: &'a mut [bool; LANES],
}

impl WithSimd for Exchanges<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for part in 0..LANES / PART {
            let part = part * PART..(part + 1) * PART;
            for (first, second) in self.pairs {
                let (before, from) = self.keys.split_at_mut(usize::from(*second));
                let (first, _) = S::as_mut_simd_f64s(&mut before[usize::from(*first)][part.clone()]);
                let (second, _) = S::as_mut_simd_f64s(&mut from[0][part.clone()]);
                // Said in so many words: of a choice between two values the compiler makes stores with a mask,
                // which some processors are slow at.
                for (a, b) in first.iter_mut().zip(second) {
                    (*a, *b) = (simd.min_f64s(*a, *b), simd.max_f64s(*a, *b));
                }
            }
        }
        for (before, after) in self.keys.iter().zip(self.keys.iter().skip(1)) {
            for ((a, b), tied) in before.iter().zip(after).zip(self.tied.iter_mut()) {
                *tied |= (a.to_bits() ^ b.to_bits()) <= ROW && *b < f64::INFINITY;
            }
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
