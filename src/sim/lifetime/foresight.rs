//! What plain outages come to, worked out for those of many lifetimes side by side ([`crate::sim::lanes`]):
//! when plans would serve and be past their point of no return, and what they would lose. Whether the
//! outage is over before, and whether it has its time to itself, is seen when its time comes
//! ([`super::alone`]).

use super::events::Streams;
use super::room::Room;
use super::situation::{Effect, Situation, Situations};
use super::unit::is_down;
use crate::sim::impact::Fate;
use crate::sim::lanes::{Group, Lanes};
use crate::sim::random::Random;

/// Where nothing was worked out.
const NOWHERE: usize = usize::MAX;

/// What an outage comes to for a service, if it does not end before: seconds from its begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreseen {
    /// Service; not a number if the incident leaves the common path and must be worked out by itself.
    pub(super) serve: f64,
    /// The point of no return of the plan.
    pub(super) committed: f64,
    /// Writes lost, seconds.
    pub(super) before: f64,
}

const UNKNOWN: Foreseen = Foreseen { serve: f64::NAN, committed: f64::NAN, before: 0.0 };

/// What plain outages of a room's lifetimes come to for a tier.
#[derive(Default)]
pub(super) struct Foresight {
    lanes: Lanes,
    group: Group,
    /// Where each outage of the group goes among [`Self::courses`].
    places: Vec<usize>,
    /// By row of the room: where its outages begin, or [`NOWHERE`].
    rows: Vec<usize>,
    /// By row that is worked out, lifetime and service.
    courses: Vec<Foreseen>,
}

impl Foresight {
    /// Nothing is known of any lifetime.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Works out all plain outages of these lifetimes.
    ///
    /// # Arguments
    /// `first`: number of the room's first lifetime.
    pub(super) fn look_ahead(&mut self, streams: &Streams, situations: &Situations<'_>, first: u64, room: &Room) {
        self.rows.clear();
        self.courses.clear();
        let mut row = 0;
        while let Some(stream) = room.stream(row) {
            let from = row;
            while room.stream(row) == Some(stream) {
                row += 1;
            }
            let plain = situations.effects[stream] == Effect::Plain;
            match situations.known_alone(stream).filter(|situation| plain && can_look_ahead(situation)) {
                Some(situation) => self.look_at(streams, &situation, (stream, from..row), first, room),
                None => self.rows.resize(row, NOWHERE),
            }
        }
    }

    /// All outages of a stream.
    fn look_at(
        &mut self,
        streams: &Streams,
        situation: &Situation,
        (stream, rows): (usize, std::ops::Range<usize>),
        first: u64,
        room: &Room,
    ) {
        let services = situation.program.services.len();
        let key = streams.rows[stream].key;
        self.group.clear();
        self.places.clear();
        for row in rows {
            self.rows.push(self.courses.len());
            let (lanes, count) = room.row(row);
            for lane in lanes {
                self.group.push(self.places.len(), key.event(first + lane as u64, u64::from(count)));
                self.places.push(self.courses.len() + lane * services);
            }
            self.courses.resize(self.courses.len() + room.lanes() * services, UNKNOWN);
        }
        let (courses, places) = (&mut self.courses, &self.places);
        self.lanes.look_ahead((&situation.program, &situation.impact), &self.group, &Random, |n, ahead| {
            let figures = ahead.serve.iter().zip(ahead.committed).zip(ahead.age);
            for (place, ((serve, committed), age)) in places.iter().zip(figures) {
                courses[place + n] = Foreseen { serve: *serve, committed: *committed, before: *age };
            }
        });
        for (place, _) in places.iter().zip(&self.lanes.off).filter(|(_, off)| **off) {
            courses[*place..place + services].fill(UNKNOWN);
        }
    }

    /// What an outage comes to, by service; `None` if it was not worked out.
    pub(super) fn of(&self, (row, lane): (usize, usize), services: usize) -> Option<&[Foreseen]> {
        let from = *self.rows.get(row)?;
        if from == NOWHERE {
            return None;
        }
        let courses = self.courses.get(from + lane * services..from + (lane + 1) * services)?;
        (!courses[0].serve.is_nan()).then_some(courses)
    }
}

/// Whether the outage goes the same way whenever it comes.
fn can_look_ahead(situation: &Situation) -> bool {
    let has_way = |n: usize| match &situation.impact.services[n].fate {
        Fate::Down { options, .. } => !is_down(situation, n) || !options.is_empty(),
        _ => true,
    };
    // What depends on the time of the year depends on when it comes.
    situation.program.moment_key.is_none()
        && !situation.impact.contention.any
        && (0..situation.program.services.len()).all(has_way)
}
