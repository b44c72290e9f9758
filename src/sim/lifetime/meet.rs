//! What a tier makes of a failure, and of the end of one, in the middle of whatever else goes on.

use std::rc::Rc;

use super::events::Event;
use super::situation::{Active, Effect, Situation};
use super::unit::{Hit, Outside, Progress, Work, is_down, resume_time, site};
use super::world::World;
use crate::model::FailureKind;
use crate::sim::impact::Fate;
use crate::sim::incident::{Facts, facts};
use crate::sim::loss::{Loss, masked};
use crate::sim::program::CommitAt;
use crate::sim::random::Random;
use crate::sim::unsent;
use crate::units::SECONDS_PER_YEAR;

impl World<'_> {
    /// What is over at this moment is back.
    pub(super) fn meet_end(&mut self, now: f64) {
        for one in self.active.iter().filter(|one| one.until <= now && one.destroyed) {
            self.situations.taken(self.streams, std::slice::from_ref(one), &mut self.gone);
            self.replicas.reopen(now, &self.gone);
        }
        self.active.retain(|one| one.until > now);
        self.find_taken();
        self.find_stale();
        self.something_is_back();
        self.look_at_sides();
    }

    /// Something fails.
    pub(super) fn meet(&mut self, lifetime: u64, event: &Event) {
        let stream = event.stream as usize;
        if self.situations.effects[stream] == Effect::Absent {
            return;
        }
        let occurrence = self.streams.rows[stream].key.event(lifetime, u64::from(event.count));
        if self.kinds[stream].ends_by_itself() {
            let (members, destroyed) = self.situations.reach(stream, occurrence);
            let share = self.shares[stream];
            self.active.push(Active { stream: event.stream, members, destroyed, until: event.until, occurrence });
            self.find_taken();
            if let Some(one) = self.active.last().filter(|one| one.destroyed) {
                self.situations.taken(self.streams, std::slice::from_ref(one), &mut self.gone);
                self.replicas.destroy(&self.gone);
                if share >= 1.0 {
                    self.versions.destroy(&self.gone);
                }
            }
            let taken_up = self.find_stale();
            self.something_is_lost(event, occurrence);
            if taken_up {
                // What waited for what is destroyed now need not wait any more.
                self.something_is_back();
            }
            self.look_at_sides();
        } else {
            self.something_is_damaged(event, occurrence);
        }
    }

    fn find_taken(&mut self) {
        self.situations.taken(self.streams, &self.active, &mut self.taken);
        self.ends.clear();
        if self.has_cuts {
            self.situations.cut_links(self.streams, &self.active, &mut self.cut);
        }
    }

    /// Places that are there and of no use until others are back count as lost.
    ///
    /// # Returns
    /// Whether some are of use because everything newer is destroyed.
    fn find_stale(&mut self) -> bool {
        let units = &self.units;
        let taken_up = self.versions.look(self.now, &self.taken, |n, copy| units[n].is_moved_from(copy));
        self.situations.stale.clone_from(&self.versions.stale);
        self.versions.stale.iter().filter(|one| one.waits).for_each(|one| self.taken.insert(one.asset));
        taken_up
    }

    /// A service has its data home again: all places that are there have it.
    pub(super) fn fill_home(&mut self, n: usize) {
        if self.versions.is_disturbed() || !self.active.is_empty() {
            self.find_taken();
            self.versions.restore(&self.taken, n);
            self.find_stale();
        }
    }

    /// What is drawn of an incident that begins now; when what is lost is back is not known yet.
    pub(super) fn facts(&self, situation: &Situation, occurrence: u64) -> Facts {
        let mut facts = facts(&situation.program, &Random, occurrence);
        facts.end = f64::INFINITY;
        if situation.program.moment_key.is_some() {
            facts.moments.moment = self.now % SECONDS_PER_YEAR;
        }
        facts
    }

    fn hit(&self, situation: &Rc<Situation>, event: &Event, occurrence: u64) -> Hit {
        let stream = event.stream as usize;
        let damage = !self.kinds[stream].ends_by_itself();
        let facts = self.facts(situation, occurrence);
        let felt = self.now + facts.impact_time();
        Hit {
            situation: Rc::clone(situation),
            stream: event.stream,
            facts,
            origin: self.now,
            felt,
            weight: self.shares[stream],
            incident: occurrence,
            damage,
        }
    }

    fn something_is_lost(&mut self, event: &Event, occurrence: u64) {
        let stream = event.stream as usize;
        let situation = self.situations.of_active(self.streams, stream, &self.active);
        let only = match self.active.as_slice() {
            [_] => Rc::clone(&situation),
            [.., last] => self.situations.of_active(self.streams, stream, std::slice::from_ref(last)),
            [] => return,
        };
        for n in 0..self.units.len() {
            let down = is_down(&situation, n);
            let unit = &self.units[n];
            let elsewhere = unit.away.as_ref().map(|(away, _)| self.situations.is_up(away, &self.taken));
            let recovering = matches!(unit.work, Work::Recovering(_));
            let returning = matches!(unit.work, Work::Returning(_));
            if recovering {
                self.reconsider(n, &situation, event, occurrence, down);
            } else if elsewhere == Some(false) {
                self.lose_place(n, event, occurrence);
            } else if elsewhere.is_none() && down {
                self.stop_work(n);
                let hit = self.hit(&situation, event, occurrence);
                self.begin(n, hit);
            } else if returning && (down || self.is_cut_off(n)) {
                self.stop_work(n);
            } else if elsewhere.is_none() {
                self.interrupt(n, &situation, &only, event, occurrence);
            }
            if !matches!(self.units[n].outside, Outside::Lost(..)) && self.lacks_outside(n) {
                self.units[n].outside = Outside::Lost(Rc::clone(&only), occurrence);
            }
        }
    }

    /// A service loses the place to which it went.
    fn lose_place(&mut self, n: usize, event: &Event, occurrence: u64) {
        if self.units[n].away.as_ref().is_some_and(|(away, _)| away.is_home) {
            // It went on where it always is, with fewer places than it wants: what is lost is lost there.
            self.units[n].away = None;
            self.stop_work(n);
            let situation = self.situations.of_active(self.streams, event.stream as usize, &self.active);
            let hit = self.hit(&situation, event, occurrence);
            return self.begin(n, hit);
        }
        let situation = self.situations.of_displaced(self.streams, event.stream as usize, &self.active, n);
        if let Work::Returning(_) = self.units[n].work
            && site(&situation, n).options(false).is_empty()
            && self.can_go_home(n)
        {
            // It is on its way to where all is well.
            return;
        }
        self.stop_work(n);
        let hit = self.hit(&situation, event, occurrence);
        self.begin(n, hit);
    }

    /// A further loss meets a recovery that is under way.
    fn reconsider(&mut self, n: usize, situation: &Rc<Situation>, event: &Event, occurrence: u64, down: bool) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        if matches!(case.progress, Progress::Rebuilding(_)) {
            return;
        }
        let serves = match &case.from {
            Some((away, _)) => self.situations.is_up(away, &self.taken),
            None => !down,
        };
        if case.hit.damage {
            if !serves {
                // Places first, data then.
                self.put_back(n);
                let hit = self.hit(situation, event, occurrence);
                self.begin(n, hit);
            } else if let Progress::Working(away, _) = &case.progress
                && !self.situations.can_go_on(away, &self.taken, &self.cut)
            {
                let stream = case.hit.stream as usize;
                let damaged = self.damage(n, stream);
                self.choose_again(n, Some(damaged));
            }
            return;
        }
        let displaced = case
            .from
            .is_some()
            .then(|| self.situations.of_displaced(self.streams, case.hit.stream as usize, &self.active, n));
        let situation = displaced.as_ref().unwrap_or(situation);
        if !serves {
            case.data_lost |= match &case.from {
                Some((away, _)) => self.situations.loses_data(away, &situation.gone),
                None => situation.impact.services[n].data_lost,
            };
            (case.hit.facts.end, case.back_at) = (f64::INFINITY, None);
        }
        let again = match &case.progress {
            Progress::Working(away, _) => !self.situations.can_go_on(away, &self.taken, &self.cut),
            Progress::Waiting => true,
            Progress::Resuming(_) => !serves,
            Progress::Rebuilding(_) => false,
        };
        if again {
            self.choose_again(n, Some(Rc::clone(situation)));
        }
    }

    pub(super) fn something_is_back(&mut self) {
        for n in 0..self.units.len() {
            let situation = match &self.units[n].work {
                Work::Recovering(case) if !self.active.is_empty() => {
                    let stream = case.hit.stream as usize;
                    Some(if case.hit.damage {
                        self.damage(n, stream)
                    } else if case.from.is_some() {
                        self.situations.of_displaced(self.streams, stream, &self.active, n)
                    } else {
                        self.situations.of_active(self.streams, stream, &self.active)
                    })
                }
                _ => None,
            };
            if let Work::Recovering(_) = self.units[n].work {
                self.resume(n, situation);
            }
            if let Work::Idle = self.units[n].work {
                self.go_back(n);
            }
            let lacks = matches!(self.units[n].outside, Outside::Lost(..)) && self.lacks_outside(n);
            if let Outside::Lost(situation, occurrence) = &self.units[n].outside
                && !lacks
            {
                self.units[n].outside = Outside::Back(self.now + resume_time(situation, n, *occurrence));
            }
        }
    }

    /// Something is back while a service is being recovered.
    fn resume(&mut self, n: usize, situation: Option<Rc<Situation>>) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let waits = matches!(case.progress, Progress::Waiting);
        if matches!(case.progress, Progress::Rebuilding(_)) {
            return;
        }
        if case.hit.damage {
            if waits {
                let stream = case.hit.stream as usize;
                let damaged = situation.unwrap_or_else(|| self.damage(n, stream));
                self.choose_again(n, Some(damaged));
            }
            return;
        }
        let serves = match &case.from {
            Some((away, _)) => self.situations.is_up(away, &self.taken),
            None => situation.as_ref().is_none_or(|s| !is_down(s, n)),
        };
        if !serves {
            if waits {
                self.choose_again(n, situation);
            }
            return;
        }
        if case.data_lost {
            case.hit.facts.end = self.now - case.hit.origin;
            if waits {
                self.choose(n);
            }
            return;
        }
        case.back_at.get_or_insert(self.now);
        let committed = match &case.progress {
            Progress::Resuming(_) | Progress::Rebuilding(_) => true,
            Progress::Waiting => false,
            Progress::Working(_, launch) if self.contended => {
                let (plan, _, _) = site(&case.hit.situation, n).plan(launch);
                match plan.commit {
                    CommitAt::Start(step) => case.hit.origin + self.recoveries[n].begin[step] <= self.now,
                    CommitAt::End => false,
                }
            }
            Progress::Working(..) => case.timeline.commit <= self.now,
        };
        if !committed {
            self.end_task(n, f64::INFINITY);
            self.choose(n);
        }
    }

    fn something_is_damaged(&mut self, event: &Event, occurrence: u64) {
        let stream = event.stream as usize;
        let alone = self.situations.of_damage(self.streams, stream, &[], None);
        for n in 0..self.units.len() {
            // What is lost at the same time is another matter.
            if !is_down(&alone, n) {
                self.interrupt(n, &alone, &alone, event, occurrence);
                continue;
            }
            let situation = self.damage(n, stream);
            let hit = self.hit(&situation, event, occurrence);
            if matches!(self.units[n].work, Work::Recovering(_)) || hit.felt > self.now {
                self.units[n].queue.push(hit, self.now);
            } else {
                self.stop_work(n);
                self.begin(n, hit);
            }
        }
    }

    /// A service goes on, after an interruption perhaps, and without some writes perhaps: with all that is
    /// lost those that only places had that this event takes.
    fn interrupt(&mut self, n: usize, all: &Situation, only: &Rc<Situation>, event: &Event, occurrence: u64) {
        let share = self.shares[event.stream as usize];
        let mut loss = Loss::default();
        if let Fate::Masked { diverges, .. } = only.impact.services[n].fate {
            let hit = self.hit(only, event, occurrence);
            let (serve, _) = masked(&site(only, n), &hit.facts, &Random);
            if serve > 0.0 {
                let before = self.units[n].interrupted;
                let weight = if before.0 > self.now { before.1.max(share) } else { share };
                self.units[n].interrupted = (before.0.max(self.now + serve), weight);
            }
            if diverges {
                self.part(n, event.stream, occurrence, event.until);
            }
        }
        let unsent = &all.impact.services[n].unsent;
        if !unsent.is_empty() {
            let last = usize::from(self.kinds[event.stream as usize].ends_by_itself());
            let before = &self.active[..self.active.len().saturating_sub(last)];
            self.situations.taken(self.streams, before, &mut self.gone);
            // What is beyond a cut is judged as if it were lost.
            let parts = |copy| only.impact.services[n].unsent.iter().any(|one| one.copy == copy);
            let is_cut = self.kinds[event.stream as usize] == FailureKind::Partition;
            let hit = unsent.iter().filter(|one| {
                (is_cut && parts(one.copy)) || self.situations.loses_sites(one.copy, &only.taken, &self.gone)
            });
            loss.before = unsent::age(hit, &Random, occurrence);
        }
        self.ledger.lose(n, occurrence, self.now, &loss, share);
    }
}
