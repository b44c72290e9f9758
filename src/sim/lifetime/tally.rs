//! What simulated lifetimes leave behind: integers that merge in any order.

use serde::{Deserialize, Serialize};

use crate::id::{Id, ServiceId, TierId};
use crate::model::{Scenario, Tier};
use crate::sim::NEVER;
use crate::stats::{Parts, Tally, standard_error_of_ratio};
use crate::units::{Money, SECONDS_PER_YEAR};

const HOUR: u64 = 3_600_000;

/// How lifetimes are simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifetimeSettings {
    /// Years of a lifetime.
    pub years: f64,
    /// Lifetimes, from the first one.
    pub lifetimes: u64,
    /// Number of the first.
    pub first: u64,
    /// Seed of all draws.
    pub seed: u64,
    /// Threads; the results do not depend on it.
    pub threads: usize,
}

/// Everything that was tallied.
#[derive(Clone, Debug)]
pub struct LifetimeResult {
    /// How it was run.
    pub settings: LifetimeSettings,
    /// One entry per tier, in the order of their ids.
    pub tiers: Vec<LifetimeTally>,
    /// Events of all lifetimes, ends of outages included.
    pub events: u64,
}

/// The lifetimes of a tier.
#[derive(Clone, Debug)]
pub struct LifetimeTally {
    /// The tier.
    pub tier: TierId,
    /// Lifetimes.
    pub lifetimes: u64,
    /// Years that began.
    pub years: u64,
    /// Milliseconds until the horizon, or until everything was lost.
    pub lived: u128,
    /// Milliseconds that lifetimes ended before the horizon, and the sum of the squares.
    pub(super) missing: Wholes,
    /// The application; then, if there are several, its services.
    pub lines: Vec<LineTally>,
    /// Milliseconds of service missing per lifetime, of the application.
    pub downtime_of_lifetime: Tally,
    /// Outages per lifetime.
    pub outages_of_lifetime: Tally,
    /// Milliseconds of writes lost per lifetime.
    pub loss_of_lifetime: Tally,
    /// Hundredths of the currency per lifetime.
    pub penalty_of_lifetime: Tally,
    /// Sums of those.
    pub penalty_wholes: Wholes,
    /// Hundredths of the currency per year, as far as prices are known.
    pub penalty: Tally,
    /// Prices that are missing though something is to be priced.
    pub unpriced: Vec<(ServiceId, &'static str)>,
    /// Milliseconds per lifetime with fewer copies than the tier wants, or away from home; of one that ended
    /// early, as if it had gone on like that.
    pub exposed: Tally,
    /// Sums of those.
    pub exposed_wholes: Wholes,
    /// Milliseconds per outage of the application.
    pub outage: Tally,
    /// Milliseconds of writes per incident that lost any.
    pub loss: Tally,
    /// Years with more than an hour down.
    pub long_years: u64,
    /// Lifetimes in which something was lost for good.
    pub unrecoverable: u64,
    /// Such losses.
    pub losses_for_good: u64,
    prices: Vec<Prices>,
    /// What waits for the tallies of lifetimes, outages and incidents, in the order of [`LifetimeTally::gathered`].
    waiting: [Vec<u64>; GATHERED],
}

/// Tallies for which values are gathered.
const GATHERED: usize = 6;

/// What the time of a service costs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prices {
    service: ServiceId,
    downtime_per_hour: Option<f64>,
    loss_per_hour: Option<f64>,
    unrecoverable: Option<f64>,
}

/// Sums over lifetimes of what a whole lifetime came to; those without bound are left out. Lifetimes may end
/// early, so that a figure per year lived is a ratio of two uncertain numbers, and its error needs how the two
/// go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wholes {
    pub(super) sum: u128,
    pub(super) squares: u128,
    /// Times the milliseconds that the lifetime ended before the horizon.
    pub(super) by_missing: u128,
}

impl Wholes {
    fn record(&mut self, whole: u64, missing: u64) {
        if whole == 0 || whole == NEVER {
            return;
        }
        let wide = u128::from(whole);
        self.sum = self.sum.saturating_add(wide);
        // Products of two of 64 bits fit.
        self.squares = self.squares.saturating_add(wide * wide);
        if missing > 0 {
            self.by_missing = self.by_missing.saturating_add(wide * u128::from(missing));
        }
    }

    /// Whether so many lifetimes can have come to it, which missed so much.
    pub(super) fn could_be(&self, lifetimes: u64, missing: &Self) -> bool {
        let (sum, squares, product) = (self.sum as f64, self.squares as f64, self.by_missing as f64);
        let allowed = 1.0 + 1e-9;
        sum * sum <= lifetimes as f64 * squares * allowed
            && sum * sum * allowed >= squares
            && product * product <= squares * missing.squares as f64 * allowed
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.squares = self.squares.saturating_add(other.squares);
        self.by_missing = self.by_missing.saturating_add(other.by_missing);
    }
}

/// Year by year, of the application or of a service.
#[derive(Clone, Debug, Default)]
pub struct LineTally {
    /// The service; `None` is the application.
    pub service: Option<ServiceId>,
    /// Of time down, outages and loss of whole lifetimes.
    pub wholes: [Wholes; 3],
    /// Milliseconds down per year.
    pub downtime: Tally,
    /// Outages that began, per year.
    pub outages: Tally,
    /// Milliseconds of writes lost, per year.
    pub loss: Tally,
    /// Years that wait for those three.
    waiting: [Vec<u64>; 3],
}

/// Values that are counted at once: most of what counting takes is to get at the bins, and many bins take
/// not much longer than one.
const AT_ONCE: usize = 512;

/// Adds a value to those that wait for a tally.
fn gather(waiting: &mut Vec<u64>, tally: &mut Tally, value: u64) {
    waiting.push(value);
    if waiting.len() >= AT_ONCE {
        count(waiting, tally);
    }
}

fn count(waiting: &mut Vec<u64>, tally: &mut Tally) {
    crate::sim::tally::tally(tally, waiting);
    waiting.clear();
}

impl LineTally {
    /// The first `years` years of a lifetime; those not touched are counted in at the end.
    ///
    /// # Arguments
    /// `by_year`: time down, outages and loss. `missing`: milliseconds from its end to the horizon.
    pub(super) fn add(&mut self, years: usize, touched: &[bool], by_year: [&[u64]; 3], missing: u64) {
        for (wholes, by_year) in self.wholes.iter_mut().zip(by_year) {
            wholes.record(by_year[..years].iter().fold(0, |sum: u64, year| sum.saturating_add(*year)), missing);
        }
        let [down, outages, loss] = by_year;
        for year in (0..years).filter(|year| touched[*year]) {
            let [of_downtime, of_outages, of_loss] = &mut self.waiting;
            gather(of_downtime, &mut self.downtime, down[year]);
            gather(of_outages, &mut self.outages, outages[year]);
            gather(of_loss, &mut self.loss, loss[year]);
        }
    }

    /// Counts what waits.
    fn count_all(&mut self) {
        let tallies = [&mut self.downtime, &mut self.outages, &mut self.loss];
        self.waiting.iter_mut().zip(tallies).for_each(|(waiting, tally)| count(waiting, tally));
    }

    fn calm(&mut self, years: u64) {
        for tally in [&mut self.downtime, &mut self.outages, &mut self.loss] {
            tally.record_many(0, years);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.downtime.merge(&other.downtime);
        self.outages.merge(&other.outages);
        self.loss.merge(&other.loss);
        self.wholes.iter_mut().zip(&other.wholes).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}

impl LifetimeTally {
    pub(super) fn new(scenario: &Scenario, id: TierId) -> Self {
        let tier: &Tier = &scenario.tiers[id];
        let line = |service| LineTally { service, ..LineTally::default() };
        let each = if tier.services.len() > 1 { tier.services.len() } else { 0 };
        let prices = |service: ServiceId| {
            let row = &scenario.services[service];
            let amount = |price: Option<Money>| price.map(Money::amount);
            Prices {
                service,
                downtime_per_hour: amount(row.downtime_per_hour),
                loss_per_hour: amount(row.loss_per_hour),
                unrecoverable: amount(row.unrecoverable_cost),
            }
        };
        Self {
            tier: id,
            lifetimes: 0,
            years: 0,
            lived: 0,
            missing: Wholes::default(),
            lines: std::iter::once(line(None))
                .chain(tier.services[..each].iter().map(|s| line(Some(s.service))))
                .collect(),
            downtime_of_lifetime: Tally::new(),
            outages_of_lifetime: Tally::new(),
            loss_of_lifetime: Tally::new(),
            penalty_of_lifetime: Tally::new(),
            penalty_wholes: Wholes::default(),
            penalty: Tally::new(),
            unpriced: Vec::new(),
            exposed: Tally::new(),
            exposed_wholes: Wholes::default(),
            outage: Tally::new(),
            loss: Tally::new(),
            long_years: 0,
            unrecoverable: 0,
            losses_for_good: 0,
            prices: tier.services.iter().map(|s| prices(s.service)).collect(),
            waiting: Default::default(),
        }
    }

    /// A lifetime in which nothing was felt.
    pub(super) fn calm(&mut self, years: u64, lived: u64, exposed: u64) {
        self.lifetimes += 1;
        self.years += years;
        self.lived += u128::from(lived);
        self.expose(exposed, (lived, 0));
    }

    /// The tallies for which values are gathered: of downtime, outages, loss and exposure of lifetimes, of
    /// outages, and of loss in incidents.
    fn gathered(&mut self) -> ([&mut Tally; GATHERED], &mut [Vec<u64>; GATHERED]) {
        let tallies = [
            &mut self.downtime_of_lifetime,
            &mut self.outages_of_lifetime,
            &mut self.loss_of_lifetime,
            &mut self.exposed,
            &mut self.outage,
            &mut self.loss,
        ];
        (tallies, &mut self.waiting)
    }

    /// Counts what waits. Nothing may be read before.
    pub(super) fn count_all(&mut self) {
        self.lines.iter_mut().for_each(LineTally::count_all);
        let (tallies, waiting) = self.gathered();
        waiting.iter_mut().zip(tallies).for_each(|(waiting, tally)| count(waiting, tally));
    }

    fn expose(&mut self, exposed: u64, (lived, missing): (u64, u64)) {
        let whole = if missing == 0 {
            exposed
        } else {
            (exposed as f64 * ((lived + missing) as f64 / lived.max(1) as f64)).round() as u64
        };
        gather(&mut self.waiting[3], &mut self.exposed, whole);
        self.exposed_wholes.record(exposed, missing);
    }

    /// A lifetime, its lines added already. `sums` gives a service's time down and loss in a year.
    pub(super) fn add(
        &mut self,
        years: usize,
        touched: &[bool],
        sums: impl Fn(usize, usize) -> (u64, u64),
        exposed: u64,
        gone: &[(usize, usize, f64)],
        (lived, missing): (u64, u64),
    ) {
        self.lifetimes += 1;
        self.years += years as u64;
        self.lived += u128::from(lived);
        self.missing.record(missing, missing);
        self.expose(exposed, (lived, missing));
        self.unrecoverable += u64::from(!gone.is_empty());
        self.losses_for_good += gone.len() as u64;
        let mut whole = 0;
        for year in (0..years).filter(|year| touched[*year]) {
            let mut money = 0.0;
            for n in 0..self.prices.len() {
                let (down, loss) = sums(n, year);
                let lost: f64 = gone.iter().filter(|(s, y, _)| (*s, *y) == (n, year)).map(|(.., share)| share).sum();
                let prices = self.prices[n];
                money += self.price(prices.service, "downtime_per_hour", prices.downtime_per_hour, hours(down));
                // What is lost without bound has no price.
                let price = prices.loss_per_hour.filter(|_| loss != NEVER);
                money += self.price(prices.service, "loss_per_hour", price, hours(loss));
                money += self.price(prices.service, "unrecoverable_cost", prices.unrecoverable, lost);
            }
            let hundredths = (money * 100.0).round() as u64;
            whole += hundredths;
            self.penalty.record(hundredths);
        }
        self.penalty_of_lifetime.record(whole);
        self.penalty_wholes.record(whole, missing);
    }

    fn price(&mut self, service: ServiceId, key: &'static str, price: Option<f64>, quantity: f64) -> f64 {
        if quantity == 0.0 {
            return 0.0;
        }
        match price {
            Some(price) => price * quantity,
            None => {
                self.misses_price(service, key);
                0.0
            }
        }
    }

    pub(super) fn misses_price(&mut self, service: ServiceId, key: &'static str) {
        if let Err(at) = self.unpriced.binary_search_by_key(&(service.index(), key), |(s, k)| (s.index(), *k)) {
            self.unpriced.insert(at, (service, key));
        }
    }

    pub(super) fn add_incidents(&mut self, outages: &[u64], losses: &[u64]) {
        outages.iter().for_each(|length| gather(&mut self.waiting[4], &mut self.outage, *length));
        losses.iter().for_each(|loss| gather(&mut self.waiting[5], &mut self.loss, *loss));
    }

    /// The sums of a lifetime of the application.
    pub(super) fn add_whole(&mut self, years: usize, down: &[u64], outages: &[u64], loss: &[u64]) {
        let sum = |of: &[u64]| of[..years].iter().fold(0, |sum: u64, year| sum.saturating_add(*year));
        gather(&mut self.waiting[0], &mut self.downtime_of_lifetime, sum(down));
        gather(&mut self.waiting[1], &mut self.outages_of_lifetime, sum(outages));
        gather(&mut self.waiting[2], &mut self.loss_of_lifetime, sum(loss));
        self.long_years += down[..years].iter().filter(|time| **time > HOUR).count() as u64;
    }

    /// Adds all of another tally of the same tier.
    pub(super) fn merge(&mut self, other: &Self) {
        self.lifetimes += other.lifetimes;
        self.years += other.years;
        self.lived += other.lived;
        self.missing.merge(&other.missing);
        for (mine, theirs) in self.lines.iter_mut().zip(&other.lines) {
            mine.merge(theirs);
        }
        self.downtime_of_lifetime.merge(&other.downtime_of_lifetime);
        self.outages_of_lifetime.merge(&other.outages_of_lifetime);
        self.loss_of_lifetime.merge(&other.loss_of_lifetime);
        self.penalty_of_lifetime.merge(&other.penalty_of_lifetime);
        self.penalty_wholes.merge(&other.penalty_wholes);
        self.penalty.merge(&other.penalty);
        for (service, key) in &other.unpriced {
            self.misses_price(*service, key);
        }
        self.exposed.merge(&other.exposed);
        self.exposed_wholes.merge(&other.exposed_wholes);
        self.outage.merge(&other.outage);
        self.loss.merge(&other.loss);
        self.long_years += other.long_years;
        self.unrecoverable += other.unrecoverable;
        self.losses_for_good += other.losses_for_good;
    }

    /// The tally as others read it: calm lifetimes and years are counted in, once, at the end.
    pub(super) fn close(mut self) -> Self {
        self.count_all();
        let years = self.years;
        for line in &mut self.lines {
            line.calm(years - line.downtime.count());
        }
        self.penalty.record_many(0, years - self.penalty.count());
        let lifetimes = self.lifetimes;
        for tally in [
            &mut self.downtime_of_lifetime,
            &mut self.outages_of_lifetime,
            &mut self.loss_of_lifetime,
            &mut self.penalty_of_lifetime,
        ] {
            tally.record_many(0, lifetimes - tally.count());
        }
        self
    }

    /// A figure per year lived, and its standard error over lifetimes; in the unit of the sums. `None` where
    /// lifetimes are too few or too short to know, the error where there was nothing of it.
    #[must_use]
    pub fn per_year_lived(&self, wholes: &Wholes) -> (Option<f64>, Option<f64>) {
        let each = self.years_lived() / self.lifetimes.max(1) as f64;
        let parts = Parts {
            sum: wholes.sum,
            squares: wholes.squares,
            missing: self.missing.sum,
            missing_squares: self.missing.squares,
            product: wholes.by_missing,
        };
        let mean = wholes.sum as f64 / self.years_lived();
        // Where nothing was seen, nothing tells how far from nothing it may be.
        let error = standard_error_of_ratio(self.lifetimes, &parts, self.lived).filter(|_| wholes.sum > 0);
        let error = error.map(|error| error / each);
        (Some(mean).filter(|mean| mean.is_finite()), error.filter(|error| error.is_finite()))
    }

    /// Years lived, of all lifetimes together.
    #[must_use]
    pub fn years_lived(&self) -> f64 {
        self.lived as f64 / 1000.0 / SECONDS_PER_YEAR
    }
}

fn hours(milliseconds: u64) -> f64 {
    milliseconds as f64 / HOUR as f64
}
