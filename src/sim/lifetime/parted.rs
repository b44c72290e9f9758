//! Sides that both take writes while links are cut: what one of them took is dropped when they meet again. That
//! lasts as long as both of them stand, and no longer.

use super::unit::Work;
use super::world::World;
use crate::sim::impact::Fate;
use crate::sim::loss::Loss;

/// A cut in which sides of a service may write apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parted {
    /// The failure that cut it, and the name of the incident.
    stream: u32,
    incident: u64,
    /// When the links went, and when they are back, in seconds.
    origin: f64,
    until: f64,
    /// Both sides take writes since then; `None` while one of them does not.
    since: Option<f64>,
    /// Seconds for which they did before that.
    before: f64,
}

impl Parted {
    /// Seconds for which both sides wrote until then.
    fn apart(&self, until: f64) -> f64 {
        self.before + self.since.map_or(0.0, |since| until - since)
    }
}

impl World<'_> {
    /// Sides begin to write apart now. Where they do already, it goes on as long as either cut does.
    pub(super) fn part(&mut self, n: usize, stream: u32, incident: u64, until: f64) {
        let now = self.now;
        match &mut self.units[n].parted {
            Some(known) => known.until = known.until.max(until),
            none => *none = Some(Parted { stream, incident, origin: now, until, since: Some(now), before: 0.0 }),
        }
    }

    /// Something is lost or back: sides may stop to write apart, begin again, or meet.
    pub(super) fn look_at_sides(&mut self) {
        for n in 0..self.units.len() {
            let Some(mut parted) = self.units[n].parted else { continue };
            if parted.until <= self.now {
                self.units[n].parted = None;
                self.drop_writes(n, &parted, self.now);
                continue;
            }
            let both = self.do_both_write(n, parted.stream);
            if both != parted.since.is_some() {
                parted.before = parted.apart(self.now);
                parted.since = both.then_some(self.now);
                self.units[n].parted = Some(parted);
            }
        }
    }

    fn do_both_write(&mut self, n: usize, stream: u32) -> bool {
        let unit = &self.units[n];
        if unit.away.is_some() || !matches!(unit.work, Work::Idle) {
            return false;
        }
        let situation = self.situations.of_active(self.streams, stream as usize, &self.active);
        matches!(situation.impact.services[n].fate, Fate::Masked { diverges: true, .. })
    }

    /// The years are over, or everything is lost: what is written apart until the links are back is dropped then.
    pub(super) fn end_parted(&mut self) {
        for n in 0..self.units.len() {
            if let Some(parted) = self.units[n].parted.take() {
                self.drop_writes(n, &parted, if self.over { self.now } else { parted.until });
            }
        }
    }

    fn drop_writes(&mut self, n: usize, parted: &Parted, until: f64) {
        let loss = Loss { after: parted.apart(until), ..Loss::default() };
        self.ledger.lose(n, parted.incident, parted.origin, &loss, self.shares[parted.stream as usize]);
    }
}
