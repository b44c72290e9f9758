//! Outages that have their time to themselves: they begin while all is well and are over, services back
//! and home, before anything else happens. Most of what users feel in years is such, and it needs no
//! looking from moment to moment: what [`World::live`] would come to is worked out at once.
//!
//! Only what a plan without trouble or the end of the outage brings back is: a step that fails for good,
//! data that is destroyed, a copy that stops following, or links and people that are shared are left to it.

use std::rc::Rc;

use super::events::Event;
use super::situation::Situation;
use super::unit::{is_down, resume_time, site, timeline};
use super::world::World;
use crate::sim::incident::Facts;
use crate::sim::loss::{Loss, lost, masked};
use crate::sim::milliseconds;
use crate::sim::random::Random;
use crate::sim::walk::{Walked, walk};
use crate::units::SECONDS_PER_YEAR;

/// What such an outage does to a service: moments in seconds from the start of the lifetime.
pub(super) struct Course {
    /// When users have service again, as far as it is up to this service.
    back: f64,
    /// When it is where it belongs; `None` if it never left.
    home: Option<f64>,
    loss: Loss,
}

impl World<'_> {
    /// Lives through an outage that begins in calm.
    ///
    /// # Returns
    /// Whether it is over before `limit`, seconds from the start of the lifetime, and can be worked out; if
    /// not, nothing was done.
    pub(super) fn pass_alone(
        &mut self,
        lifetime: u64,
        (event, place): (&Event, Option<(usize, usize)>),
        limit: f64,
    ) -> bool {
        let stream = event.stream as usize;
        let ends = event.until > event.time && event.until < limit;
        if !ends || self.replicas.disturbed {
            return false;
        }
        let occurrence = self.streams.rows[stream].key.event(lifetime, u64::from(event.count));
        self.courses.clear();
        if !self.read_courses(event, place, occurrence) && !self.find_courses(event, occurrence) {
            return false;
        }
        let mut over = event.until;
        let mut exposed = self.situations.exposes[stream].then_some(event.until);
        for course in &self.courses {
            over = over.max(course.back).max(course.home.unwrap_or(0.0));
            exposed = course.home.map(|home| exposed.map_or(home, |known| known.max(home))).or(exposed);
        }
        if over >= limit {
            return false;
        }
        self.enter(event, occurrence);
        if let Some(end) = exposed {
            self.ledger.exposed += milliseconds(end - event.time);
        }
        self.now = over;
        self.ledger.settled();
        true
    }

    /// Reads what was foreseen of an outage; `false` if nothing was.
    fn read_courses(&mut self, event: &Event, place: Option<(usize, usize)>, occurrence: u64) -> bool {
        let known = place.and_then(|place| self.foresight.of(place, self.units.len()));
        let Some((foreseen, situation)) = known.zip(self.situations.alone(event.stream as usize)) else { return false };
        for (n, one) in foreseen.iter().enumerate() {
            let back = event.time + one.serve;
            let loss = Loss { before: one.before, ..Loss::default() };
            self.courses.push(if !is_down(situation, n) {
                Course { back, home: None, loss }
            } else if event.until < event.time + one.committed {
                given_up(situation, n, event, occurrence)
            } else {
                Course { back, home: Some(back.max(event.until)), loss }
            });
        }
        true
    }

    /// Works out what becomes of the services; `false` if the plan of one meets with trouble.
    fn find_courses(&mut self, event: &Event, occurrence: u64) -> bool {
        let Some(situation) = self.situations.known_alone(event.stream as usize) else { return false };
        self.now = event.time;
        let facts = self.facts(&situation, occurrence);
        for n in 0..self.units.len() {
            let Some(course) = self.course(n, &situation, &facts, event) else { return false };
            self.courses.push(course);
        }
        true
    }

    /// What becomes of a service; `None` if its plan meets with trouble.
    fn course(&mut self, n: usize, situation: &Rc<Situation>, facts: &Facts, event: &Event) -> Option<Course> {
        let site = site(situation, n);
        if !is_down(situation, n) {
            let (serve, loss) = masked(&site, facts, &Random);
            return Some(Course { back: event.time + serve, home: None, loss });
        }
        let recovery = &mut self.recoveries[n];
        recovery.reset();
        let mut launch = recovery.next(&site, facts, &Random, 0.0)?;
        launch.years = event.time / SECONDS_PER_YEAR;
        let (plan, option, source) = site.plan(&launch);
        let walked = walk(plan, option, source, &launch, facts, &Random, recovery);
        if let Walked::Failed { .. } = walked {
            return None;
        }
        let planned = timeline(plan, &walked, recovery, event.time);
        if event.until < planned.commit {
            return Some(given_up(situation, n, event, facts.occurrence));
        }
        let loss = lost(&situation.program, &site, facts, &launch);
        Some(Course { back: planned.serve, home: Some(planned.serve.max(event.until)), loss })
    }

    /// Enters the courses into the accounts.
    fn enter(&mut self, event: &Event, incident: u64) {
        let weight = self.shares[event.stream as usize];
        let several = self.courses.len() > 1;
        let mut application = event.time;
        for n in 0..self.courses.len() {
            let needed = self.needs[n].iter().map(|need| self.courses[*need].back);
            let back = needed.fold(self.courses[n].back, f64::max);
            self.courses[n].back = back;
            application = application.max(back);
            if several && back > event.time {
                self.ledger.outage(n + 1, (event.time, back), weight);
            }
            self.ledger.lose(n, incident, event.time, &self.courses[n].loss, weight);
        }
        if application > event.time {
            self.ledger.outage(0, (event.time, application), weight);
        }
    }
}

/// The outage is over before the plan is past its point of no return.
fn given_up(situation: &Situation, n: usize, event: &Event, occurrence: u64) -> Course {
    let back = event.until + resume_time(situation, n, occurrence);
    Course { back, home: Some(back), loss: Loss::default() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::campaign::worlds;
    use super::super::events::{Event, Streams};
    use super::super::room::Room;
    use super::super::situation::Effect;
    use crate::model::{AssetIndex, Scenario};
    use crate::sim::Filter;
    use crate::sim::campaign::Setting;
    use crate::sim::random::Tables;
    use crate::units::SECONDS_PER_YEAR;

    /// Outages that meet, plans that fail, services that need others, copies in several places: often.
    const BUSY: &str = r#"
title = "Trouble every week"
currency = "USD"
places = { here = ["h1", "h2", "h3"], there = [], h1 = [], h2 = [], h3 = [] }
[data]
d = { size = "50 GB", writes = "1 GB/day" }
[compute]
web = { at = ["h1", "h2", "h3"], enough = 2, takeover = "20s" }
app = { at = "h1" }
far = { at = "there" }
[copies]
db = { kind = "primary", at = "here" }
twin = { kind = "async", of = "db", at = "there", lag = { low = "0s", high = "1m" } }
[failures]
zone = { kind = "outage", each = "here/*", rate = "20 / year", lasts = { median = "1h", sigma = 1.5 } }
all = { kind = "outage", hits = "here", rate = "9 / year", lasts = { median = "20m", sigma = 1.0 } }
rot = { kind = "corruption", hits = "d", rate = "0.05 / year", detected = "2h" }
[services]
base = { data = "d", copies = ["db"], runs = ["app"], standby = ["far"], resume = "3m", plans = ["over"], downtime_per_hour = 100 }
site = { runs = ["web"], standby = ["far"], needs = ["base"], plans = ["move"] }
[strategies]
data-twin = { service = "base", copies = ["twin"] }
sites = { service = "site" }
[tiers]
only = ["data-twin", "sites"]
[plans]
over = { for = ["zone", "all"], from = ["twin"], into = ["far"], steps = ["see", "decide", "switch"], commit = "end" }
move = { for = ["zone", "all"], into = ["far"], steps = ["see", "turn"] }
[steps]
see = { phase = "detect", takes = "30s" }
decide = { phase = "decide", takes = { median = "10m", sigma = 0.7 } }
switch = { phase = "redirect", takes = "5m", fails = "5%", retries = 1 }
turn = { phase = "redirect", takes = { median = "2m", sigma = 0.3 } }
"#;

    /// By tier: all that is tallied of lifetimes, and how many events were plain. `at_once`: with the way
    /// of this module, or from moment to moment.
    fn tallies(scenario: &Scenario, at_once: bool) -> Vec<(String, bool, usize)> {
        let (assets, tables) = (AssetIndex::new(scenario), Tables::default());
        let setting = Setting { scenario, assets: &assets, seed: 3, truncate: false, tables: &tables };
        let streams = Streams::new(scenario, &Filter::default(), 3, &tables);
        let years = 5.0;
        let mut worlds = worlds(&setting, &streams, &Filter::default(), years);
        let mut plain = vec![0; worlds.len()];
        let mut room = Room::new(streams.per_year * years);
        let lanes = room.lanes() as u64;
        for first in (0..640).step_by(lanes as usize) {
            streams.generate(first..first + lanes, years * SECONDS_PER_YEAR, &mut room);
            let sorted = room.is_sorted();
            for ((world, tally), plain) in worlds.iter_mut().zip(&mut plain) {
                world.foresees &= at_once;
                if at_once && sorted {
                    world.look_through(first, &mut room);
                }
                for lane in 0..lanes {
                    if at_once && sorted {
                        world.live(first + lane, &room.lane(lane as usize));
                    } else {
                        world.live(first + lane, room.in_order(lane as usize));
                    }
                    world.ledger.close(tally);
                    let is_plain = |event: &&Event| world.situations.effects[event.stream as usize] == Effect::Plain;
                    *plain += room.in_order(lane as usize).iter().filter(is_plain).count();
                }
            }
        }
        worlds.iter().zip(plain).map(|((world, tally), n)| (format!("{tally:?}"), world.foresees, n)).collect()
    }

    /// The same, to the millisecond and in every tally, on what is shipped and where trouble meets trouble.
    #[test]
    fn at_once_is_what_comes_from_moment_to_moment() {
        let files = [
            BUSY,
            include_str!("../../../scenarios/benchmark-w1.toml"),
            include_str!("../../../scenarios/greptimedb.toml"),
            include_str!("../../../scenarios/kafka.toml"),
            include_str!("../../../scenarios/materialize.toml"),
            include_str!("../../../scenarios/shop.toml"),
            include_str!("../../../templates/scenario/comparison.toml"),
        ];
        let mut foreseen = 0;
        for text in files {
            let scenario = crate::spec::load(text).map(|loaded| loaded.scenario).ok().unwrap();
            let (all, one_by_one) = (tallies(&scenario, true), tallies(&scenario, false));
            for (at_once, moments) in all.iter().zip(&one_by_one) {
                assert_eq!(at_once.0, moments.0, "{}", scenario.title);
                foreseen += if at_once.1 { at_once.2 } else { 0 };
            }
        }
        // 640 lifetimes of 5 years with 69 outages a year and then those of the others: a part is alone.
        assert!(foreseen > 30_000, "{foreseen}");
    }
}
