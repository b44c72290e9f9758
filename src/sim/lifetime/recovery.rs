//! Recoveries and ways back: chosen, carried out, broken off, done.

use std::rc::Rc;

use super::away::Data;
use super::past::{Held, Past};
use super::situation::Situation;
use super::unit::{
    Case, Desk, FAILBACKS, Hit, NO_TIMELINE, Progress, Work, is_down, resume_time, site, timeline, way_back,
};
use super::world::World;
use crate::sim::impact::SourceOption;
use crate::sim::incident::{Facts, Launch, Site};
use crate::sim::loss::{Loss, lost, waited};
use crate::sim::point::RecoveryPoint;
use crate::sim::program::{Amount, StepProgram};
use crate::sim::random::Random;
use crate::sim::recovery::{Carried, Recovery};
use crate::sim::scheduler::Served;
use crate::sim::walk::walk;
use crate::units::SECONDS_PER_YEAR;

impl World<'_> {
    /// A recovery begins.
    pub(super) fn begin(&mut self, n: usize, hit: Hit) {
        self.recoveries[n].reset();
        self.units[n].occurrence = hit.facts.occurrence;
        let from = self.units[n].away.take();
        let data_lost = match &from {
            Some((away, _)) if !hit.damage => self.situations.loses_data(away, &hit.situation.gone),
            _ => hit.situation.impact.services[n].data_lost,
        };
        self.units[n].work = Work::Recovering(Box::new(Case {
            hit,
            progress: Progress::Waiting,
            from,
            data_lost,
            back_at: None,
            timeline: NO_TIMELINE,
        }));
        self.choose(n);
    }

    /// The plan under way is of no use any more, or there may be new ones in this situation.
    pub(super) fn choose_again(&mut self, n: usize, situation: Option<Rc<Situation>>) {
        self.end_task(n, f64::INFINITY);
        if let Work::Recovering(case) = &self.units[n].work {
            let plan = match &case.progress {
                Progress::Working(_, launch) => Some(site(&case.hit.situation, n).plan(launch).0),
                _ => None,
            };
            self.recoveries[n].start_over(plan, self.now - case.hit.origin);
        }
        if let (Work::Recovering(case), Some(situation)) = (&mut self.units[n].work, situation) {
            case.hit.situation = situation;
        }
        self.choose(n);
    }

    /// Chooses the next plan.
    pub(super) fn choose(&mut self, n: usize) {
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let hit = &case.hit;
        case.timeline = NO_TIMELINE;
        let situation = Rc::clone(&hit.situation);
        if let Some(at) = case.back_at {
            let resume = resume_time(&situation, n, hit.facts.occurrence);
            case.progress = Progress::Resuming((at + resume).max(self.now));
            return;
        }
        let site = site(&situation, n);
        let since = self.now - hit.origin;
        let found = loop {
            let Some(mut launch) = self.recoveries[n].next(&site, &hit.facts, &Random, since) else {
                if self.recoveries[n].resort() {
                    continue;
                }
                break None;
            };
            let (_, _, source) = site.plan(&launch);
            let struck = self.recoveries[n].struck(source.copy);
            let past = Past { replicas: &self.replicas, hit, from: case.from.as_ref(), now: self.now };
            match past.point(source, launch.point, struck) {
                Held::Broken(_) if !self.recoveries[n].last_resort => self.recoveries[n].pass_over(true),
                Held::Nothing => self.recoveries[n].pass_over(false),
                Held::Point(point) | Held::Broken(point) => {
                    launch.point = point;
                    break Some(launch);
                }
            }
        };
        let Some(mut launch) = found else { return self.find_no_plan(n, &site) };
        launch.years = self.now / SECONDS_PER_YEAR;
        if self.grows && launch.point.moves > 0.0 {
            launch.point.moves += hit.weight * self.situations.grown_by(n, launch.years);
        }
        let (plan, option, source) = site.plan(&launch);
        if hit.damage && plan.detects && since > 0.0 {
            // It began to look with the failure, though nobody suffers before it has found it.
            detected(&mut self.recoveries[n], &plan.steps[0], &hit.facts);
        }
        let away = self.situations.away(&situation, n, option, launch.source);
        case.progress = Progress::Working(away, launch);
        if self.contended {
            let origin = hit.origin;
            (self.scheduler.actors[n].origin, self.scheduler.actors[n].serve) = (origin, f64::INFINITY);
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.launch(&desk, n, launch, &mut self.recoveries[n]);
        } else {
            let walked = walk(plan, option, source, &launch, &hit.facts, &Random, &mut self.recoveries[n]);
            case.timeline = timeline(plan, &walked, &self.recoveries[n], hit.origin);
        }
    }

    /// No plan helps, for now or for ever.
    fn find_no_plan(&mut self, n: usize, site: &Site<'_>) {
        // Where all that is lost is destroyed, and no plan is for that or has anything to begin with, its end brings
        // nothing back: what is down until then is no outage any more. A service that is built anew waits for
        // its places.
        let Work::Recovering(case) = &self.units[n].work else { return };
        let gone = case.data_lost
            && self.active.iter().all(|one| one.destroyed)
            && self.is_nothing_left(case, n)
            && site.service.rebuild.is_none();
        let hit = &case.hit;
        let hopeless = if hit.damage { self.active.is_empty() } else { gone || hit.facts.end.is_finite() };
        let displaced = case.from.is_some() && !hit.damage;
        if let Work::Recovering(case) = &mut self.units[n].work {
            case.progress = Progress::Waiting;
        }
        if displaced {
            self.turn_home(n);
        } else if hopeless {
            self.give_up(n);
        }
    }

    /// Whether no plan for what is destroyed has a point to begin with, once the places are back.
    fn is_nothing_left(&self, case: &Case, n: usize) -> bool {
        let hit = &case.hit;
        let past = Past { replicas: &self.replicas, hit, from: case.from.as_ref(), now: self.now };
        let nothing = |source: &SourceOption| {
            let struck = self.recoveries[n].struck(source.copy);
            let point = source.finder.find(&Random, hit.facts.occurrence, &hit.facts.moments, struck);
            point.is_none_or(|point| matches!(past.point(source, point, struck), Held::Nothing))
        };
        site(&hit.situation, n).options(true).iter().flat_map(|option| &option.sources).all(nothing)
    }

    /// A service that is down where it went, and that no plan helps, goes home if it can. Where its data is
    /// destroyed, home goes on with what it had when the service left.
    fn turn_home(&mut self, n: usize) {
        let (home_is_down, emptied) = (self.is_home_down(n), self.units[n].emptied);
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let Some((away, old)) = &case.from else { return };
        if case.data_lost {
            if emptied || case.hit.situation.impact.services[n].data_lost {
                self.give_up(n);
            } else if !home_is_down {
                let hit = &case.hit;
                let loss = Loss { before: hit.origin - old, ..Loss::default() };
                self.ledger.lose(n, hit.incident, hit.origin, &loss, self.shares[hit.stream as usize]);
                let resume = resume_time(&hit.situation, n, hit.facts.occurrence);
                (case.progress, case.from, case.data_lost) = (Progress::Resuming(self.now + resume), None, false);
                self.replicas.come_home(self.now, n);
            }
        } else if !home_is_down
            && self.situations.has_data(away, &self.taken)
            && self.situations.reaches_home(n, away, &self.taken, &self.cut)
        {
            self.end_task(n, f64::INFINITY);
            if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
                self.units[n].away = case.from;
            }
            self.go_back(n);
        }
    }

    /// Whether home is good and can have the data of a service that runs elsewhere.
    pub(super) fn can_go_home(&mut self, n: usize) -> bool {
        !self.is_home_down(n)
            && self.units[n].away.as_ref().is_some_and(|(away, _)| {
                self.situations.has_data(away, &self.taken)
                    && self.situations.reaches_home(n, away, &self.taken, &self.cut)
            })
    }

    /// Whether a way back would end where what was written is not: steps that move it wait for the links by
    /// themselves.
    pub(super) fn is_cut_off(&self, n: usize) -> bool {
        self.units[n].away.as_ref().is_some_and(|(away, _)| {
            let moves = |step: &StepProgram| !matches!(step.amount, Amount::Nothing);
            let moved = away.failback.as_ref().is_some_and(|back| back.plan.steps.iter().any(moves));
            !moved && !self.situations.reaches_home(n, away, &self.taken, &self.cut)
        })
    }

    /// Everything, or a part of it, is lost for good.
    pub(super) fn give_up(&mut self, n: usize) {
        self.end_task(n, f64::INFINITY);
        let Work::Recovering(case) = &mut self.units[n].work else { return };
        let share = case.hit.weight;
        let rebuild = site(&case.hit.situation, n).service.rebuild.as_ref();
        let takes = rebuild.map(|draw| draw.get(&Random, case.hit.facts.occurrence));
        self.ledger.lose_all(n, self.now, share, takes.is_none());
        if let Some(takes) = takes {
            // Nobody begins before it is known.
            let known = case.hit.origin + case.hit.facts.moments.detect;
            case.progress = Progress::Rebuilding(self.now.max(known) + takes);
            return;
        }
        self.over |= share >= 1.0;
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            // Of what is lost for good nothing is down any more.
            self.units[n].away = case.from.filter(|_| !self.over);
        }
    }

    /// What was lost for good is there again, and empty.
    pub(super) fn finish_rebuild(&mut self, n: usize) -> bool {
        if self.is_home_down(n) {
            return false;
        }
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            self.units[n].away = case.from.filter(|_| case.hit.weight < 1.0);
            if case.hit.weight >= 1.0 {
                self.units[n].queue.clear();
                let situations = &self.situations;
                self.replicas.forget(self.now, |copy| situations.is_copy_of(n, copy));
            }
        }
        self.come_home(n);
        true
    }

    /// A service that is where it belongs.
    fn come_home(&mut self, n: usize) {
        if self.units[n].away.is_none() {
            self.units[n].emptied = false;
            self.replicas.come_home(self.now, n);
            self.fill_home(n);
        }
    }

    /// What the service carries out is over; others may have its data from `serve` on.
    pub(super) fn end_task(&mut self, n: usize, serve: f64) {
        if self.contended {
            let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
            self.scheduler.end(&desk, n, serve);
        }
    }

    /// A way back that is under way is broken off.
    pub(super) fn stop_work(&mut self, n: usize) {
        self.end_task(n, self.now);
        self.units[n].work = Work::Idle;
    }

    /// A recovery from damage waits until the places are back.
    pub(super) fn put_back(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            self.units[n].away = case.from;
            self.units[n].queue.push(case.hit, self.now);
        }
    }

    /// Where nothing waits: the plan under way is done, or a step of it failed.
    pub(super) fn time_is_up(&mut self, n: usize) {
        let Work::Recovering(case) = &self.units[n].work else { return };
        let Progress::Working(_, launch) = &case.progress else { return };
        match case.timeline.failed {
            None => self.serve(n),
            Some((step, at)) => {
                let (plan, _, source) = site(&case.hit.situation, n).plan(launch);
                self.recoveries[n].strike(plan, source.copy, step, at - case.hit.origin);
                self.choose(n);
            }
        }
    }

    /// Steps that end, begin or fail at this moment.
    pub(super) fn look_at_steps(&mut self, n: usize) -> bool {
        if !self.scheduler.has_begun(n) {
            return false;
        }
        let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
        let recovery = &mut self.recoveries[n];
        match self.scheduler.finish_parts(&desk, &Random, n, recovery) {
            Ok(finished) => {
                let ready = self.scheduler.make_ready(&desk, n, recovery);
                let served = self.scheduler.check_served(&desk, n, recovery) != Served::No;
                if served {
                    self.serve(n);
                }
                finished || ready || served
            }
            Err(failed) => {
                if let Work::Recovering(_) = self.units[n].work {
                    self.scheduler.strike(&desk, n, failed, recovery);
                    self.choose(n);
                } else {
                    self.try_back_again(n);
                }
                true
            }
        }
    }

    /// A plan, or the way back, is done: users have service.
    pub(super) fn serve(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Returning(_) = self.units[n].work {
            (self.units[n].work, self.units[n].away) = (Work::Idle, None);
            self.come_home(n);
            return;
        }
        let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) else { return };
        let Progress::Working(away, launch) = case.progress else { return };
        let hit = &case.hit;
        let mut loss = lost(&hit.situation.program, &site(&hit.situation, n), &hit.facts, &launch);
        if !hit.damage && matches!(away.data, Data::Home(Some(_))) {
            // In places that may not hold the newest of what was written: that is destroyed.
            loss.before = loss.before.max(self.versions.settle(n));
        }
        let share = self.shares[hit.stream as usize];
        self.ledger.lose(n, hit.incident, hit.origin, &loss, share);
        let point = &launch.point;
        let (_, _, source) = site(&hit.situation, n).plan(&launch);
        if share >= 1.0 && !point.keeps_after && !source.merges {
            // What came later than what is there now is undone too.
            let moment = hit.origin - point.age;
            self.units[n].queue.retain(|other| other.origin + other.facts.moments.cutoff < moment);
        }
        // Damage is mended where the service runs; after an outage it runs where the plan leads.
        let old = case.from.as_ref().map_or(hit.origin, |(_, old)| *old);
        self.units[n].emptied |= !hit.damage && case.data_lost;
        let is_home = !hit.damage && matches!(away.data, Data::Home(_));
        self.units[n].away = if hit.damage { case.from } else { Some((away, old)) };
        if is_home {
            self.fill_home(n);
        }
        self.go_back(n);
    }

    /// The outage is over and service is back.
    pub(super) fn finish_wait(&mut self, n: usize) {
        self.end_task(n, self.now);
        if let Work::Recovering(case) = std::mem::replace(&mut self.units[n].work, Work::Idle) {
            if case.from.is_none() && !case.hit.damage {
                let hit = &case.hit;
                let mut loss = waited(&site(&hit.situation, n), &hit.facts, &Random);
                loss.before = loss.before.max(self.versions.settle(n));
                self.ledger.lose(n, hit.incident, hit.origin, &loss, self.shares[hit.stream as usize]);
            }
            self.units[n].away = case.from;
        }
        self.go_back(n);
    }

    /// What damage is to a service now, where it runs.
    pub(super) fn damage(&mut self, n: usize, stream: usize) -> Rc<Situation> {
        let away = match &self.units[n].work {
            Work::Recovering(case) => case.from.as_ref(),
            Work::Returning(_) | Work::Idle => self.units[n].away.as_ref(),
        };
        let elsewhere = away.is_some_and(|(away, _)| !away.is_home && self.situations.is_up(away, &self.taken));
        self.situations.of_damage(self.streams, stream, &self.active, elsewhere.then_some(n))
    }

    /// Damage that is felt and waits for its turn is mended next, where there are places for it.
    pub(super) fn next_in_queue(&mut self, n: usize) -> bool {
        if !matches!(self.units[n].work, Work::Idle) {
            return false;
        }
        let Some(mut hit) = self.units[n].queue.take() else { return false };
        hit.situation = self.damage(n, hit.stream as usize);
        self.begin(n, hit);
        true
    }

    /// Goes back home, if the service runs elsewhere and home is good again.
    pub(super) fn go_back(&mut self, n: usize) {
        // Damage that waits for its turn comes first: it is looked at within this moment.
        if !matches!(self.units[n].work, Work::Idle) || self.units[n].queue.is_felt() {
            return;
        }
        let Some((away, old)) = &self.units[n].away else { return };
        let (away, old) = (Rc::clone(away), *old);
        if !self.can_go_home(n) {
            return;
        }
        let Some(failback) = away.failback.as_ref().filter(|_| !self.goes_home_free) else {
            self.units[n].away = None;
            self.come_home(n);
            return;
        };
        let size = failback.size + self.situations.grown_by(n, self.now / SECONDS_PER_YEAR);
        let writes = self.situations.writes(n);
        let point = way_back(size, failback.window, writes, self.now - old, self.units[n].emptied);
        self.return_by(n, point, 0);
    }

    /// Whether what a service always runs on is lost.
    fn is_home_down(&mut self, n: usize) -> bool {
        let Some(last) = self.active.last() else { return false };
        let situation = self.situations.of_active(self.streams, last.stream as usize, &self.active);
        is_down(&situation, n)
    }

    pub(super) fn return_by(&mut self, n: usize, point: RecoveryPoint, round: u64) {
        self.went_home = true;
        let years = self.now / SECONDS_PER_YEAR;
        let launch = Launch { option: 0, source: 0, point, begin: 0.0, after_outage: false, round, years };
        self.recoveries[n].reset();
        self.units[n].work = Work::Returning(launch);
        (self.scheduler.actors[n].origin, self.scheduler.actors[n].serve) = (self.now, f64::INFINITY);
        let desk = Desk { units: &self.units, resources: &self.resources, nothing: &self.nothing };
        self.scheduler.launch(&desk, n, launch, &mut self.recoveries[n]);
    }

    /// The way back failed: it begins anew, or is left until something changes.
    pub(super) fn try_back_again(&mut self, n: usize) {
        let Work::Returning(launch) = self.units[n].work else { return };
        self.stop_work(n);
        if launch.round + 1 < FAILBACKS {
            self.return_by(n, launch.point, launch.round + 1);
        }
    }
}

/// The first step of a plan, which detects, began with the failure and is done.
fn detected(recovery: &mut Recovery, step: &StepProgram, facts: &Facts) {
    if recovery.carried.iter().all(|known| known.step != step.step) {
        let at = step.fixed(&Random, facts.occurrence, 0, facts.stress);
        recovery.carried.push(Carried { step: step.step, at, fails: false, under_way: false });
    }
}
