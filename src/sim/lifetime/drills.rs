//! Drills that users feel: at their times, every service whose plan is drilled is interrupted.
//!
//! Nobody drills while anything is wrong: a drill that falls into such a time is left out.

use super::unit::Unit;
use crate::model::{Drill as Row, Scenario, Tier};
use crate::sim::random::{Draw, Key, Purpose, Random, Tables, Uniform};

/// A drill of a plan of the tier.
struct Drill {
    key: Key,
    /// Seconds from one to the next.
    every: f64,
    /// How long users have no service.
    interrupts: Draw,
    /// Positions of the services that have the plan.
    services: Vec<usize>,
    /// When it is next, and how many there were before in this lifetime.
    next: f64,
    count: u64,
}

/// The drills of a tier that users feel.
#[derive(Default)]
pub(super) struct Drills(Vec<Drill>);

impl Drills {
    pub(super) fn new(scenario: &Scenario, tier: &Tier, root: Key, tables: &Tables) -> Self {
        let felt = scenario.drills.rows().iter().filter_map(|row| {
            let key = root.of("drill").of(&row.name);
            let has = |n: &usize| tier.services[*n].plans.contains(&row.plan);
            let interrupts = row.interrupts.as_ref()?;
            Some(Drill {
                key,
                every: row.every.seconds(),
                interrupts: Draw::new(key.of("interrupts"), interrupts, false, tables),
                services: (0..tier.services.len()).filter(has).collect(),
                next: f64::INFINITY,
                count: 0,
            })
        });
        Self(felt.filter(|drill| drill.every > 0.0 && !drill.services.is_empty()).collect())
    }

    /// Drills in a year of all tiers, those that users feel.
    pub(super) fn per_year(scenario: &Scenario) -> f64 {
        scenario.drills.rows().iter().map(Row::felt_per_year).sum()
    }

    /// A lifetime begins somewhere between two drills.
    pub(super) fn begin(&mut self, lifetime: u64) {
        for drill in &mut self.0 {
            (drill.next, drill.count) = (drill.every * Random.uniform(drill.key, lifetime, Purpose::Phase), 0);
        }
    }

    /// The moment of the next; infinite if there is none.
    pub(super) fn next(&self) -> f64 {
        self.0.iter().map(|drill| drill.next).fold(f64::INFINITY, f64::min)
    }

    /// Carries out what is due.
    pub(super) fn carry_out(&mut self, lifetime: u64, now: f64, all_is_well: bool, units: &mut [Unit]) {
        for drill in self.0.iter_mut().filter(|drill| drill.next <= now) {
            // 2^24 drills of one kind in one lifetime, before the numbers of the next begin.
            let time = drill.interrupts.get(&Random, (lifetime << 24) + drill.count);
            drill.count += 1;
            drill.next += drill.every;
            for n in drill.services.iter().filter(|_| all_is_well) {
                units[*n].interrupted = (units[*n].interrupted.0.max(now + time), 1.0);
            }
        }
    }
}
