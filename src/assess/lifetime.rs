//! Figures of the year from simulated lifetimes.

use serde::{Deserialize, Serialize};

use super::assessment::{Availability, Cost, IncidentCosts};
use super::objective::MS;
use crate::model::Scenario;
use crate::sim::{LifetimeSettings, LifetimeTally, LineTally};
use crate::stats::{Estimate, Proportion, Tally, Z_95};
use crate::units::SECONDS_PER_YEAR;

/// Hundredths of the currency, as money is tallied.
const HUNDREDTH: f64 = 0.01;

/// What lifetimes say of a tier beyond the yearly figures that stand beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lifetimes {
    /// Years that the lifetimes lasted, all together; less than lifetimes × years where some ended.
    pub years_lived: f64,
    /// Seconds that an outage of the application lasts.
    pub outage_duration: Estimate,
    /// Seconds of writes that an incident loses, of those that lose any.
    pub data_loss_per_incident: Estimate,
    /// Seconds per year with fewer copies than the tier wants, or away from home.
    pub exposed_per_year: Estimate,
    /// Share of years with more than an hour down.
    pub year_over_an_hour: Proportion,
    /// Share of lifetimes in which something is lost for good.
    pub unrecoverable: Proportion,
    /// Money: the bill of twelve months, the mean of what incidents move and start in a year as the incidents
    /// alone tell it, and the penalties; `None` if a price is missing.
    pub cost_per_year: Option<Estimate>,
    /// Prices that are missing for penalties.
    pub unknown: Vec<String>,
    /// Why there is no availability; `None` if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_reason: Option<String>,
    /// The services one by one, if there are several.
    pub services: Vec<ServiceYears>,
}

/// The years of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceYears {
    /// The service.
    pub service: String,
    /// Share of the time in service; its interval rests on years, as if they were independent.
    pub availability: Option<Availability>,
    /// Outages that begin in a year.
    pub outages_per_year: Estimate,
    /// Seconds.
    pub downtime_per_year: Estimate,
    /// Seconds of writes.
    pub data_loss_per_year: Estimate,
}

/// The yearly figures of a tier.
pub(super) struct Yearly {
    pub(super) availability: Option<Availability>,
    pub(super) outages: Estimate,
    pub(super) downtime: Estimate,
    pub(super) data_loss: Estimate,
    pub(super) penalty: Option<Estimate>,
    pub(super) lifetimes: Lifetimes,
}

/// Assesses the lifetimes of a tier.
pub(super) fn yearly(
    scenario: &Scenario,
    tally: &LifetimeTally,
    settings: &LifetimeSettings,
    cost: &Cost,
    incidents: &IncidentCosts,
) -> Yearly {
    let lived = tally.years_lived();
    let each = lived / tally.lifetimes.max(1) as f64;
    let application = &tally.lines[0];
    let per_year = |years: &Tally, lifetimes: &Tally, scale: f64| of_years(years, lifetimes, lived, each, scale);
    let downtime = per_year(&application.downtime, &tally.downtime_of_lifetime, MS);
    let (availability, availability_reason) = match trusted(&tally.downtime_of_lifetime) {
        Ok(()) => (availability(&downtime), None),
        Err(reason) => (None, Some(reason)),
    };
    let unknown: Vec<String> =
        tally.unpriced.iter().map(|(service, key)| format!("{}.{key}", scenario.services[*service].name)).collect();
    let penalty = unknown.is_empty().then(|| per_year(&tally.penalty, &tally.penalty_of_lifetime, HUNDREDTH));
    let paid = cost.per_month.zip(incidents.per_year).map(|(bill, moved)| 12.0 * bill + moved);
    let cost_per_year = penalty.as_ref().zip(paid).map(|(penalty, paid)| penalty.clone().plus(paid));
    let services = tally.lines[1..].iter().filter_map(|line| service_years(scenario, line, lived)).collect();
    let lifetimes = Lifetimes {
        years_lived: lived,
        outage_duration: tally.outage.estimate(MS, None, None),
        data_loss_per_incident: tally.loss.estimate(MS, None, None),
        exposed_per_year: tally.exposed.estimate(MS / settings.years, None, None),
        year_over_an_hour: Proportion::new(tally.long_years, tally.years),
        unrecoverable: Proportion::new(tally.unrecoverable, tally.lifetimes),
        cost_per_year,
        unknown,
        availability_reason,
        services,
    };
    Yearly {
        availability,
        outages: per_year(&application.outages, &tally.outages_of_lifetime, 1.0),
        downtime,
        data_loss: per_year(&application.loss, &tally.loss_of_lifetime, MS),
        penalty,
        lifetimes,
    }
}

/// A yearly figure: quantiles over years, mean and standard error over lifetimes, whose years depend on
/// one another.
fn of_years(years: &Tally, lifetimes: &Tally, lived: f64, each: f64, scale: f64) -> Estimate {
    let finite = years.infinite() == 0;
    Estimate {
        mean: Some(lifetimes.sum() as f64 / lived * scale).filter(|mean| mean.is_finite() && finite),
        standard_error: lifetimes.standard_error().map(|e| e / each * scale).filter(|e| e.is_finite() && finite),
        ..years.estimate(scale, None, None)
    }
}

/// Whether a mean has an interval that covers as often as it says.
///
/// # Errors
/// The reason why not.
///
/// # Formula
/// n > 25 g², g the skewness: then the normal interval of 95% misses in at most about 6%.
///
/// # Source
/// Cochran (1977), Sampling Techniques, 3rd edition, section 2.15.
fn trusted(tally: &Tally) -> Result<(), String> {
    let n = tally.count();
    match tally.skewness() {
        None if tally.max() == Some(0) => Err(format!("nothing was down in {n} lifetimes")),
        None => Err(format!("{n} lifetimes do not tell how much they differ")),
        Some(skewness) => {
            let needed = 25.0 * skewness * skewness;
            if n as f64 > needed {
                Ok(())
            } else {
                Err(format!("an interval needs about {needed:.0} lifetimes of this kind, there are {n}"))
            }
        }
    }
}

fn availability(downtime: &Estimate) -> Option<Availability> {
    let (mean, error) = (downtime.mean?, downtime.standard_error?);
    let of = |seconds: f64| (1.0 - seconds / SECONDS_PER_YEAR).clamp(0.0, 1.0);
    Some(Availability {
        point: of(mean),
        low: of(mean + Z_95 * error),
        high: of(mean - Z_95 * error),
        standard_error: error / SECONDS_PER_YEAR,
    })
}

fn service_years(scenario: &Scenario, line: &LineTally, lived: f64) -> Option<ServiceYears> {
    let name = &scenario.services[line.service?].name;
    let years = line.downtime.count().max(1) as f64;
    // The last year of a lifetime that ended counts as far as it was lived.
    let per_year = |tally: &Tally, scale: f64| of_years(tally, tally, lived, lived / years, scale);
    let downtime = per_year(&line.downtime, MS);
    Some(ServiceYears {
        service: name.clone(),
        availability: trusted(&line.downtime).ok().and_then(|()| availability(&downtime)),
        outages_per_year: per_year(&line.outages, 1.0),
        data_loss_per_year: per_year(&line.loss, MS),
        downtime_per_year: downtime,
    })
}
