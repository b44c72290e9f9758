//! Figures of the year from simulated lifetimes.

use serde::{Deserialize, Serialize};

use super::assessment::{Availability, Cost, IncidentCosts};
use super::objective::MS;
use crate::model::Scenario;
use crate::sim::{LifetimeSettings, LifetimeTally, LineTally, Wholes};
use crate::stats::{Estimate, Proportion, Tally, mean_interval};
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
    /// Seconds per year with fewer copies than the tier wants, or away from home; quantiles over lifetimes.
    pub exposed_per_year: Estimate,
    /// Share of the years that began with more than an hour down.
    pub year_over_an_hour: Proportion,
    /// Share of lifetimes in which something is lost for good.
    pub unrecoverable: Proportion,
    /// Money: the bill of twelve months, the mean of what incidents move and start in a year as the incidents
    /// alone tell it, and the penalties; `None` if a price is missing.
    pub cost_per_year: Option<Estimate>,
    /// The mean of it as far as there are prices.
    #[serde(default)]
    pub known_cost_per_year: Option<f64>,
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
    /// Share of the time in service; whether it has an interval is decided by how its years differ.
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
    let application = line_years(tally, &tally.lines[0]);
    let downtime = application.downtime;
    let (availability, availability_reason) = match availability(&tally.downtime_of_lifetime, &downtime) {
        Ok(known) => (Some(known), None),
        Err(reason) => (None, Some(reason)),
    };
    let unknown: Vec<String> =
        tally.unpriced.iter().map(|(service, key)| format!("{}.{key}", scenario.services[*service].name)).collect();
    let known = per_year(tally, &tally.penalty, &tally.penalty_wholes, HUNDREDTH);
    let known_paid = 12.0 * cost.known_per_month + incidents.known_per_year;
    let known_cost_per_year = known.mean.map(|penalty| penalty + known_paid);
    let penalty = unknown.is_empty().then_some(known);
    let paid = cost.per_month.zip(incidents.per_year).map(|(bill, moved)| 12.0 * bill + moved);
    let cost_per_year = penalty.as_ref().zip(paid).map(|(penalty, paid)| penalty.clone().plus(paid));
    let services = tally.lines[1..].iter().filter_map(|line| service_years(scenario, tally, line)).collect();
    let lifetimes = Lifetimes {
        years_lived: tally.years_lived(),
        outage_duration: tally.outage.estimate(MS, None, None),
        data_loss_per_incident: tally.loss.estimate(MS, None, None),
        exposed_per_year: per_year_lived((tally, &tally.exposed_wholes, MS), (&tally.exposed, MS / settings.years)),
        year_over_an_hour: Proportion::new(tally.long_years, tally.years),
        unrecoverable: Proportion::new(tally.unrecoverable, tally.lifetimes),
        cost_per_year,
        known_cost_per_year,
        unknown,
        availability_reason,
        services,
    };
    Yearly { availability, outages: application.outages, downtime, data_loss: application.loss, penalty, lifetimes }
}

/// A yearly figure: quantiles over the years that began, the last one of a lifetime as far as it was lived;
/// mean and standard error over lifetimes, whose years depend on one another.
fn per_year(tally: &LifetimeTally, years: &Tally, wholes: &Wholes, scale: f64) -> Estimate {
    per_year_lived((tally, wholes, scale), (years, scale))
}

/// The same with quantiles over something else; where that has no bound there is no mean.
fn per_year_lived(
    (tally, wholes, scale): (&LifetimeTally, &Wholes, f64),
    (places, scale_of_places): (&Tally, f64),
) -> Estimate {
    let (mean, error) = tally.per_year_lived(wholes);
    let known = |value: Option<f64>| value.map(|value| value * scale).filter(|_| places.infinite() == 0);
    Estimate { mean: known(mean), standard_error: known(error), ..places.estimate(scale_of_places, None, None) }
}

/// The yearly figures of the application or of a service.
struct LineYears {
    downtime: Estimate,
    outages: Estimate,
    loss: Estimate,
}

fn line_years(tally: &LifetimeTally, line: &LineTally) -> LineYears {
    let [downtime, outages, loss] = &line.wholes;
    LineYears {
        downtime: per_year(tally, &line.downtime, downtime, MS),
        outages: per_year(tally, &line.outages, outages, 1.0),
        loss: per_year(tally, &line.loss, loss, MS),
    }
}

/// Lifetimes with time down from which on the spread and the lean of all tell how far off their mean may be.
const ENOUGH: u64 = 10;

/// The availability of a line and its interval of 95%; `downtime`: per year.
///
/// # Errors
/// The reason why lifetimes do not tell it.
fn availability(of_lifetimes: &Tally, downtime: &Estimate) -> Result<Availability, String> {
    let (n, down) = (of_lifetimes.count(), of_lifetimes.above_zero());
    if down < ENOUGH {
        return Err(match down {
            0 => format!("nothing was down in {n} lifetimes"),
            _ => format!("an interval needs {ENOUGH} lifetimes that were down at times, {down} of {n} were"),
        });
    }
    // Where all are the same there is nothing to lean.
    let skewness = of_lifetimes.skewness().unwrap_or(0.0);
    let known = downtime.mean.zip(downtime.standard_error);
    let known = known.ok_or_else(|| format!("{n} lifetimes do not tell how much they differ"))?;
    let (least, most) = mean_interval(n, known, skewness);
    let of = |seconds: f64| (1.0 - seconds / SECONDS_PER_YEAR).clamp(0.0, 1.0);
    let (mean, error) = known;
    Ok(Availability { point: of(mean), low: of(most), high: of(least), standard_error: error / SECONDS_PER_YEAR })
}

fn service_years(scenario: &Scenario, tally: &LifetimeTally, line: &LineTally) -> Option<ServiceYears> {
    let years = line_years(tally, line);
    Some(ServiceYears {
        service: scenario.services[line.service?].name.clone(),
        availability: availability(&line.downtime, &years.downtime).ok(),
        outages_per_year: years.outages,
        data_loss_per_year: years.loss,
        downtime_per_year: years.downtime,
    })
}
