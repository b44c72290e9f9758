//! What a service needs and does not have for now: something outside that is lost, or that a cut link keeps from it,
//! and a service that a cut link keeps from it.

use std::rc::Rc;

use super::away::Away;
use super::unit::{Outside, Work, resume_time};
use super::world::World;
use crate::id::{LinkId, PlaceId};
use crate::model::{FailureKind, Need};
use crate::sim::impact::Fate;
use crate::sim::sides::home;

impl World<'_> {
    /// Whether something that a service needs is lost, or beyond a cut.
    pub(super) fn lacks_outside(&mut self, n: usize) -> bool {
        if self.situations.lacks_outside(n, &self.taken) {
            return true;
        }
        if self.cut.is_empty() {
            return false;
        }
        let moved = self.is_elsewhere(n) || self.needs[n].iter().any(|need| self.is_elsewhere(*need));
        if moved {
            return self.is_cut_from_needs(n);
        }
        // All are where they belong: as incidents see it.
        let Some(last) = self.active.last() else { return false };
        let situation = self.situations.of_active(self.streams, last.stream as usize, &self.active);
        matches!(situation.impact.services[n].fate, Fate::Down { waits_for_outside: true, .. })
    }

    /// While links are cut, services find what they need beyond the cut, or within reach again.
    pub(super) fn look_outside(&mut self) {
        for n in 0..self.units.len() {
            let lacks = self.lacks_outside(n);
            match &self.units[n].outside {
                Outside::Lost(situation, occurrence) if !lacks => {
                    self.units[n].outside = Outside::Back(self.now + resume_time(situation, n, *occurrence));
                }
                Outside::There | Outside::Back(_) if lacks => {
                    let is_cut = |stream: u32| self.kinds[stream as usize] == FailureKind::Partition;
                    let Some(cause) = self.active.iter().rev().find(|one| is_cut(one.stream)) else { continue };
                    let (stream, occurrence) = (cause.stream as usize, cause.occurrence);
                    let situation = self.situations.of_active(self.streams, stream, &self.active);
                    self.units[n].outside = Outside::Lost(Rc::clone(&situation), occurrence);
                }
                _ => {}
            }
        }
    }

    fn is_elsewhere(&self, n: usize) -> bool {
        self.where_it_serves(n).is_some_and(|away| !away.is_home)
    }

    fn where_it_serves(&self, n: usize) -> Option<&Away> {
        let away = match &self.units[n].work {
            Work::Recovering(case) => case.from.as_ref(),
            Work::Returning(_) | Work::Idle => self.units[n].away.as_ref(),
        };
        away.map(|(away, _)| &**away)
    }

    /// The region where a service runs; `None` if it stands nowhere.
    fn region(&self, n: usize) -> Option<PlaceId> {
        let (scenario, tier) = (self.situations.scenario(), self.situations.tier());
        let there = self.where_it_serves(n).filter(|away| !away.is_home);
        let place = there.and_then(|away| self.situations.place_of(away, &self.taken));
        place.map(|place| scenario.places[place].region).or_else(|| home(scenario, &tier.services[n]))
    }

    fn is_cut_from_needs(&self, n: usize) -> bool {
        let (scenario, tier) = (self.situations.scenario(), self.situations.tier());
        let Some(here) = self.region(n) else { return false };
        let beyond = |there: PlaceId, cut: &[LinkId]| !scenario.reaches(here, there, cut);
        let outside = scenario.services[tier.services[n].service].needs.iter().filter_map(|need| match need {
            Need::External(external) => scenario.externals[*external].place,
            Need::Service(_) => None,
        });
        let regions = outside.map(|place| scenario.places[place].region);
        let services = self.needs[n].iter().filter_map(|need| self.region(*need));
        regions.chain(services).any(|there| beyond(there, &self.cut))
    }
}
