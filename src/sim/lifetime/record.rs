//! Lifetimes as files keep them.

use serde::{Deserialize, Serialize};

use super::ledger::YEAR;
use super::tally::{LifetimeResult, LifetimeTally, Wholes};
use crate::id::{Id, ServiceId};
use crate::sim::milliseconds;
use crate::stats::{Tally, TallyRecord};
use crate::units::SECONDS_PER_YEAR;

/// Events of all lifetimes, and losses for good: more than any run can have.
const MOST: u64 = 1 << 48;

/// What may be without a price.
const PRICES: [&str; 3] = ["downtime_per_hour", "loss_per_hour", "unrecoverable_cost"];

/// What a range of lifetimes came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifetimeRecord {
    lifetimes: u64,
    events: u64,
    tiers: Vec<TierRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierRecord {
    years: u64,
    lived: u64,
    missing: Wholes,
    /// By line: sums of lifetimes.
    wholes: Vec<[Wholes; 3]>,
    /// Those of penalty and exposure.
    more_wholes: [Wholes; 2],
    /// Downtime, outages and loss by year, of the application, then of its services if there are several.
    lines: Vec<[TallyRecord; 3]>,
    /// Per lifetime: downtime, outages, loss, penalty, exposure.
    lifetimes: [TallyRecord; 5],
    penalty: TallyRecord,
    outage: TallyRecord,
    loss: TallyRecord,
    /// Prices that are missing: the service's position, the key.
    unpriced: Vec<(usize, String)>,
    long_years: u64,
    unrecoverable: u64,
    losses_for_good: u64,
}

impl LifetimeRecord {
    /// Lifetimes of each tier.
    #[must_use]
    pub fn lifetimes(&self) -> u64 {
        self.lifetimes
    }
}

impl LifetimeResult {
    /// Adds other lifetimes of the same scenario, seed, filter and length.
    pub fn merge(&mut self, other: &Self) {
        self.settings.lifetimes += other.settings.lifetimes;
        self.events += other.events;
        for (mine, theirs) in self.tiers.iter_mut().zip(&other.tiers) {
            mine.merge(theirs);
        }
    }

    /// As files keep it.
    #[must_use]
    pub fn record(&self) -> LifetimeRecord {
        let tiers = self.tiers.iter().map(|t| TierRecord {
            years: t.years,
            lived: u64::try_from(t.lived).unwrap_or(u64::MAX),
            missing: t.missing,
            wholes: t.lines.iter().map(|line| line.wholes).collect(),
            more_wholes: [t.penalty_wholes, t.exposed_wholes],
            lines: t.lines.iter().map(|l| [&l.downtime, &l.outages, &l.loss].map(TallyRecord::from)).collect(),
            lifetimes: per_lifetime(t).map(TallyRecord::from),
            penalty: (&t.penalty).into(),
            outage: (&t.outage).into(),
            loss: (&t.loss).into(),
            unpriced: t.unpriced.iter().map(|(service, key)| (service.index(), (*key).to_owned())).collect(),
            long_years: t.long_years,
            unrecoverable: t.unrecoverable,
            losses_for_good: t.losses_for_good,
        });
        LifetimeRecord { lifetimes: self.settings.lifetimes, events: self.events, tiers: tiers.collect() }
    }

    /// Adds what another run of this very scenario, seed, filter and length kept of other lifetimes.
    ///
    /// # Arguments
    /// `services`: how many the scenario has.
    ///
    /// # Returns
    /// How many bins of histograms were made room for: eight bytes each.
    ///
    /// # Errors
    /// A phrase that says what of it no such run has.
    pub fn absorb(&mut self, record: &LifetimeRecord, services: usize) -> Result<usize, String> {
        if record.tiers.len() != self.tiers.len() || record.events > MOST {
            return Err(format!("it has lifetimes of {} tiers in place of {}", record.tiers.len(), self.tiers.len()));
        }
        let mut room = 0;
        for (mine, theirs) in self.tiers.iter_mut().zip(&record.tiers) {
            theirs.check(record.lifetimes, self.settings.years, mine, services)?;
            room += absorb(mine, theirs, record.lifetimes);
        }
        self.settings.lifetimes += record.lifetimes;
        self.events += record.events;
        Ok(room)
    }
}

fn per_lifetime(tally: &LifetimeTally) -> [&Tally; 5] {
    [
        &tally.downtime_of_lifetime,
        &tally.outages_of_lifetime,
        &tally.loss_of_lifetime,
        &tally.penalty_of_lifetime,
        &tally.exposed,
    ]
}

impl TierRecord {
    fn check(&self, lifetimes: u64, years: f64, tally: &LifetimeTally, services: usize) -> Result<(), String> {
        let horizon = milliseconds(years * SECONDS_PER_YEAR);
        let most_years = lifetimes.saturating_mul(horizon.div_ceil(YEAR).max(1));
        let counted = (lifetimes..=most_years).contains(&self.years)
            && self.lived <= lifetimes.saturating_mul(horizon)
            && self.lifetimes.iter().all(|tally| tally.count() == lifetimes)
            && self.lines.iter().flatten().chain([&self.penalty]).all(|tally| tally.count() == self.years)
            && self.long_years <= self.years
            && self.unrecoverable <= lifetimes
            && self.losses_for_good <= MOST;
        if !counted {
            return Err(format!("not all of its tallies are of {lifetimes} lifetimes of {years} years"));
        }
        // Sums that belong together, of Cauchy and Schwarz.
        let wholes = self.wholes.iter().flatten().chain(&self.more_wholes).chain([&self.missing]);
        if !wholes.into_iter().all(|wholes| wholes.could_be(lifetimes, &self.missing)) {
            return Err(format!("its sums are none of {lifetimes} lifetimes"));
        }
        let known = |(service, key): &(usize, String)| *service < services && PRICES.contains(&key.as_str());
        if [self.lines.len(), self.wholes.len()].iter().any(|n| *n != tally.lines.len())
            || !self.unpriced.iter().all(known)
        {
            return Err("its services are not those of its scenario".to_owned());
        }
        Ok(())
    }
}

fn absorb(mine: &mut LifetimeTally, theirs: &TierRecord, lifetimes: u64) -> usize {
    mine.lifetimes += lifetimes;
    mine.years += theirs.years;
    mine.lived += u128::from(theirs.lived);
    mine.missing.merge(&theirs.missing);
    for (line, wholes) in mine.lines.iter_mut().zip(&theirs.wholes) {
        line.wholes.iter_mut().zip(wholes).for_each(|(mine, theirs)| mine.merge(theirs));
    }
    mine.penalty_wholes.merge(&theirs.more_wholes[0]);
    mine.exposed_wholes.merge(&theirs.more_wholes[1]);
    mine.long_years += theirs.long_years;
    mine.unrecoverable += theirs.unrecoverable;
    mine.losses_for_good += theirs.losses_for_good;
    for (service, key) in &theirs.unpriced {
        if let Some(key) = PRICES.iter().find(|known| *known == key) {
            mine.misses_price(ServiceId::from_index(*service), key);
        }
    }
    let mut room = 0;
    for (line, [downtime, outages, loss]) in mine.lines.iter_mut().zip(&theirs.lines) {
        room += line.downtime.absorb(downtime) + line.outages.absorb(outages) + line.loss.absorb(loss);
    }
    let [downtime, outages, loss, penalty, exposed] = &theirs.lifetimes;
    for (mine, theirs) in [
        (&mut mine.downtime_of_lifetime, downtime),
        (&mut mine.outages_of_lifetime, outages),
        (&mut mine.loss_of_lifetime, loss),
        (&mut mine.penalty_of_lifetime, penalty),
        (&mut mine.exposed, exposed),
        (&mut mine.penalty, &theirs.penalty),
        (&mut mine.outage, &theirs.outage),
        (&mut mine.loss, &theirs.loss),
    ] {
        room += mine.absorb(theirs);
    }
    room
}
