//! Lifetimes as the options ask for them.

use super::Stop;
use super::args::{LifetimeArgs, SimulationArgs};
use super::campaign::{Names, filter, progress, threads};
use super::output::Screen;
use crate::assess::{self, Assessment};
use crate::model::Scenario;
use crate::sim::{LifetimeSettings, events_per_year, run_lifetimes};

/// Years of a lifetime: the horizon of most decisions on hardware and contracts.
pub(super) const DEFAULT_YEARS: f64 = 10.0;

/// Years of a lifetime: beyond a century nothing of a scenario holds.
pub(super) const MAX_YEARS: f64 = 100.0;

/// Lifetimes of a run.
pub(super) const MAX_LIFETIMES: u64 = 1_000_000_000;

/// Lifetimes of a comparison unless told otherwise: 100,000 years show what happens once in ten
/// thousand, and take about as long as the incidents.
const COMPARED_LIFETIMES: u64 = 10_000;

/// Events of a whole run: about an hour of one processor.
const MAX_EVENTS: f64 = 2e11;

/// Events of one lifetime: they are kept in memory.
const MAX_EVENTS_OF_LIFETIME: f64 = 1e7;

/// Whether lifetimes are simulated when nobody asks.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unasked {
    /// A number that serves a comparison.
    Some,
    /// None.
    None,
}

/// Simulates the lifetimes that the options ask for and adds them to an assessment of the same options.
pub(super) fn add(
    result: &mut Assessment,
    scenario: &Scenario,
    (args, lifetimes): (&SimulationArgs, &LifetimeArgs),
    names: Names<'_>,
    unasked: Unasked,
    screen: &Screen,
) -> Result<(), Stop> {
    let filter = filter(scenario, names)?;
    let number = match (lifetimes.lifetimes, lifetimes.years, unasked) {
        (Some(number), ..) => number,
        (None, None, Unasked::None) => 0,
        _ => COMPARED_LIFETIMES,
    };
    let years = lifetimes.years.unwrap_or(DEFAULT_YEARS);
    if years.is_nan() || years <= 0.0 {
        return Err(Stop::invalid("--years must be above 0"));
    }
    if years > MAX_YEARS || number > MAX_LIFETIMES {
        return Err(Stop::refused(format_args!(
            "--years {years} --lifetimes {number} is more than the limits of {MAX_YEARS} years and {MAX_LIFETIMES} lifetimes"
        )));
    }
    let of_lifetime = events_per_year(scenario, &filter) * years;
    let all = of_lifetime * number as f64 * result.tiers.len() as f64;
    if of_lifetime > MAX_EVENTS_OF_LIFETIME || all > MAX_EVENTS {
        return Err(Stop::refused(format_args!(
            "{number} lifetimes with about {of_lifetime:.0} events each for {} tiers are more than the limits of {MAX_EVENTS_OF_LIFETIME:.0} events in a lifetime and {MAX_EVENTS:.0} in all; lower --lifetimes or --years",
            result.tiers.len()
        )));
    }
    if number == 0 {
        return Ok(());
    }
    let settings = LifetimeSettings { years, lifetimes: number, first: 0, seed: args.seed, threads: threads(args)? };
    let progress = progress("simulating lifetimes", screen);
    assess::add_lifetimes(result, scenario, &run_lifetimes(scenario, &settings, &filter));
    progress.finish_and_clear();
    Ok(())
}
