//! How long plans take where steps wait for links, people or other services' data: the events of all
//! services of one incident in one queue ([`super::scheduler`]).

use super::impact::{Fate, Impact};
use super::incident::{Ended, Facts, Launch, Site};
use super::program::{CommitAt, FailureProgram};
use super::random::Uniform;
use super::recovery::{Recovery, RoundEnd};
use super::scheduler::{Scheduler, Served, Stage, Task};

/// One incident, as the scheduler looks its plans up.
#[derive(Clone, Copy)]
struct Incident<'a> {
    program: &'a FailureProgram,
    impact: &'a Impact,
    facts: &'a Facts,
}

impl<'a> Incident<'a> {
    fn site(&self, n: usize) -> Site<'a> {
        Site { service: &self.program.services[n], impact: &self.impact.services[n] }
    }
}

impl Stage for Incident<'_> {
    #[inline]
    fn task(&self, n: usize, launch: &Launch) -> Task<'_> {
        let (plan, option, source) = self.site(n).plan(launch);
        Task { plan, option, source, occurrence: self.facts.occurrence, stress: self.facts.stress }
    }

    fn resources(&self) -> &[f64] {
        &self.impact.capacities
    }
}

/// One incident under way.
struct Run<'a, U> {
    incident: Incident<'a>,
    draws: &'a U,
    recoveries: &'a mut [Recovery],
    scheduler: &'a mut Scheduler,
}

/// The recoveries of all services whose own parts are hit, worked out together.
pub(super) fn recover<U: Uniform>(
    program: &FailureProgram,
    impact: &Impact,
    facts: &Facts,
    draws: &U,
    recoveries: &mut [Recovery],
    scheduler: &mut Scheduler,
) {
    scheduler.reset(program.services.len(), &program.people);
    let mut run = Run { incident: Incident { program, impact, facts }, draws, recoveries, scheduler };
    for n in 0..program.services.len() {
        if matches!(impact.services[n].fate, Fate::Down { own: true, .. }) {
            run.scheduler.actors[n].serve = f64::INFINITY;
            run.launch(n);
        }
    }
    loop {
        while run.settle() {}
        run.give_up();
        run.scheduler.set_rates(&run.incident);
        let next = run.next_moment();
        if next.is_infinite() {
            break;
        }
        run.scheduler.advance(next);
    }
    run.close();
}

impl<U: Uniform> Run<'_, U> {
    /// Chooses the next plan of a service, or ends its recovery.
    fn launch(&mut self, n: usize) {
        let (site, facts, now) = (self.incident.site(n), self.incident.facts, self.scheduler.now);
        let Some(launch) = self.recoveries[n].next(&site, facts, self.draws, now) else {
            return self.end(n, site.given_up(facts, self.draws, now));
        };
        if site.comes_back(facts) && facts.end <= launch.begin {
            return self.end(n, site.waited(facts, self.draws, now));
        }
        self.scheduler.launch(&self.incident, n, launch, &mut self.recoveries[n]);
    }

    fn end(&mut self, n: usize, ended: Ended) {
        self.scheduler.end(&self.incident, n, ended.serve);
        self.recoveries[n].ended = Some(ended);
    }

    /// Keeps the plan under way, which is over, for the time line.
    fn note(&mut self, n: usize, end: RoundEnd, at: f64) {
        if let Some(launch) = self.scheduler.actors[n].launch {
            self.recoveries[n].note(launch, end, at);
        }
    }

    /// Does all that can be done at this moment; whether anything changed.
    fn settle(&mut self) -> bool {
        let mut changed = false;
        for n in 0..self.scheduler.actors.len() {
            if !self.scheduler.has_begun(n) {
                continue;
            }
            match self.scheduler.finish_parts(&self.incident, self.draws, n, &mut self.recoveries[n]) {
                Ok(finished) => {
                    changed |= finished;
                    changed |= self.scheduler.make_ready(&self.incident, n, &mut self.recoveries[n]);
                    changed |= self.check_served(n);
                }
                Err(failed) => {
                    self.note(n, RoundEnd::Struck(failed), self.scheduler.now);
                    self.scheduler.strike(&self.incident, n, failed, &mut self.recoveries[n]);
                    self.launch(n);
                    changed = true;
                }
            }
        }
        changed | self.scheduler.start_ready(&self.incident, self.draws, self.recoveries)
    }

    /// Whether service is back, and whether all is done.
    fn check_served(&mut self, n: usize) -> bool {
        let launch = self.scheduler.actors[n].launch;
        let served = self.scheduler.check_served(&self.incident, n, &self.recoveries[n]);
        if let (Served::All, Some(launch)) = (served, launch) {
            let serve = self.scheduler.actors[n].serve;
            self.note(n, RoundEnd::Served, serve);
            let full = self.recoveries[n].finish.iter().copied().fold(serve, f64::max);
            self.end(n, self.incident.site(n).served(self.incident.facts, launch, serve, full));
        }
        served != Served::No
    }

    /// The outage is over and the data is back: plans that are not past their point of no return are
    /// given up.
    fn give_up(&mut self) {
        let facts = self.incident.facts;
        if self.scheduler.now < facts.end {
            return;
        }
        for n in 0..self.scheduler.actors.len() {
            let Some(launch) = self.scheduler.actors[n].launch else { continue };
            let site = self.incident.site(n);
            let (plan, _, _) = site.plan(&launch);
            let committed = match plan.commit {
                CommitAt::Start(step) => self.recoveries[n].begin[step] <= self.scheduler.now,
                CommitAt::End => self.scheduler.actors[n].serve.is_finite(),
            };
            if !committed && site.comes_back(facts) {
                self.note(n, RoundEnd::GivenUp, self.scheduler.now);
                self.end(n, site.waited(facts, self.draws, 0.0));
            }
        }
    }

    /// The next moment at which something ends or begins; infinite if nothing will.
    fn next_moment(&self) -> f64 {
        let (now, end) = (self.scheduler.now, self.incident.facts.end);
        let next = self.scheduler.next_moment();
        if self.scheduler.is_active() && end > now { next.min(end) } else { next }
    }

    /// What still waits now waits for ever: for data that never comes back.
    fn close(&mut self) {
        for n in 0..self.scheduler.actors.len() {
            if let Some(launch) = self.scheduler.actors[n].launch {
                let site = self.incident.site(n);
                let serve = self.scheduler.actors[n].serve;
                let how = if serve.is_finite() { RoundEnd::Served } else { RoundEnd::GivenUp };
                self.note(n, how, serve.min(self.scheduler.now));
                let ended = if serve.is_finite() {
                    site.served(self.incident.facts, launch, serve, f64::INFINITY)
                } else {
                    site.given_up(self.incident.facts, self.draws, self.scheduler.now)
                };
                self.end(n, ended);
            }
        }
    }
}
