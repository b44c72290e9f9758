//! Lifetimes as the options ask for them.

use std::ops::Range;

use super::Stop;
use super::args::{LifetimeArgs, SimulationArgs};
use super::campaign::{Names, filter, threads};
use super::interrupt;
use super::output::Screen;
use super::pieces::bar;
use super::precision::{self, Precision};
use crate::assess::{self, Assessment};
use crate::model::{Occurrence, Scenario};
use crate::report::human;
use crate::sim::{Filter, LifetimeResult, LifetimeSettings, events_per_year, run_lifetimes, run_lifetimes_while};

/// Years of a lifetime: the horizon of most decisions on hardware and contracts.
pub(super) const DEFAULT_YEARS: f64 = 10.0;

/// Years of a lifetime: beyond a century nothing of a scenario holds.
pub(super) const MAX_YEARS: f64 = 100.0;

/// Lifetimes of a run.
pub(super) const MAX_LIFETIMES: u64 = 1_000_000_000;

/// Lifetimes of a comparison unless told otherwise: 100,000 years show what happens once in ten
/// thousand, and take about as long as the incidents.
pub(super) const COMPARED_LIFETIMES: u64 = 10_000;

/// Events of a whole run: about an hour of one processor.
const MAX_EVENTS: f64 = 2e11;

/// Events of a run whose number of lifetimes nobody gave: about a minute. Where failures follow one
/// another by the second the usual number would take hours.
const MAX_EVENTS_UNASKED: f64 = 1e9;

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
    (names, unasked): (Names<'_>, Unasked),
    precision: Option<Precision>,
    screen: &Screen,
) -> Result<(), Stop> {
    let filter = filter(scenario, names)?;
    let Some(settings) = settings(scenario, (args, lifetimes), &filter, unasked, 1)? else { return Ok(()) };
    if interrupt::asked() {
        return Ok(());
    }
    let mut years = none(scenario, &settings, &filter);
    tally(&mut years, scenario, &filter, 0..settings.lifetimes, screen);
    if let Some(precision) = precision.filter(|_| !interrupt::asked()) {
        let limit = (MAX_EVENTS / events(scenario, &settings, &filter).max(1.0)) as u64;
        let first = precision::of_lifetimes(&years);
        let more = |count| {
            let done = years.settings.lifetimes;
            tally(&mut years, scenario, &filter, done..count, screen);
            precision::of_lifetimes(&years)
        };
        let limit = limit.min(MAX_LIFETIMES);
        precision.reach((settings.lifetimes, 0, limit), first, more);
        let count = years.settings.lifetimes;
        precision.tell(("times down per lifetime", count, (limit, None)), precision::of_lifetimes(&years), screen);
    }
    assess::add_lifetimes(result, scenario, &years);
    result.stopped = interrupt::asked();
    Ok(())
}

/// Refuses `--precision` where failures follow one another so fast that those which overlap cannot be looked
/// at, within the limits of lifetimes and whether or not any are asked for.
pub(super) fn refuse_too_many(
    scenario: &Scenario,
    (args, lifetimes): (&SimulationArgs, &LifetimeArgs),
    names: Names<'_>,
    precision: Option<Precision>,
) -> Result<(), Stop> {
    if precision.is_none() {
        return Ok(());
    }
    let some = LifetimeArgs { years: lifetimes.years, lifetimes: lifetimes.lifetimes.filter(|number| *number > 0) };
    settings(scenario, (args, &some), &filter(scenario, names)?, Unasked::Some, 1).map(drop).map_err(|stop| {
        Stop::new(stop.exit, format_args!("--precision looks at failures that overlap: {}", stop.message))
    })
}

/// How the options run lifetimes, of which one process simulates one of `parts`; `None` if they ask for
/// none.
pub(super) fn settings(
    scenario: &Scenario,
    (args, lifetimes): (&SimulationArgs, &LifetimeArgs),
    filter: &Filter,
    unasked: Unasked,
    parts: u64,
) -> Result<Option<LifetimeSettings>, Stop> {
    let number = match (lifetimes.lifetimes, lifetimes.years, unasked) {
        (Some(number), ..) => number,
        (None, None, Unasked::None) => 0,
        _ => COMPARED_LIFETIMES,
    };
    let years = lifetimes.years.unwrap_or(DEFAULT_YEARS);
    if years.is_nan() || years <= 0.0 {
        return Err(Stop::invalid("--years must be above 0"));
    }
    if years > MAX_YEARS {
        return Err(Stop::refused(format_args!("--years {years} is more than the limit of {MAX_YEARS}")));
    }
    if number > MAX_LIFETIMES {
        return Err(Stop::refused(format_args!("--lifetimes {number} is more than the limit of {MAX_LIFETIMES}")));
    }
    let settings = LifetimeSettings { years, lifetimes: number, first: 0, seed: args.seed, threads: threads(args)? };
    if number == 0 {
        return Ok(None);
    }
    let of_lifetime = events_per_year(scenario, filter) * years;
    let most = if lifetimes.lifetimes.is_some() { MAX_EVENTS } else { MAX_EVENTS_UNASKED };
    let of_all_tiers = events(scenario, &settings, filter);
    let count = number / parts;
    if of_lifetime > MAX_EVENTS_OF_LIFETIME {
        // A little less: it is shown rounded.
        let fit = 0.9 * years * MAX_EVENTS_OF_LIFETIME / of_lifetime;
        return Err(Stop::refused(format_args!(
            "a lifetime of {years} years has about {of_lifetime:.0} events, more than the limit of {MAX_EVENTS_OF_LIFETIME:.0}: {}; --years {fit:.1e} is within the limit, --lifetimes 0 leaves lifetimes out",
            busiest(scenario, filter)
        )));
    }
    if of_all_tiers * count as f64 > most {
        let fit = (most / of_all_tiers) as u64;
        return Err(Stop::refused(format_args!(
            "{count} lifetimes with about {of_lifetime:.0} events each for {} tiers are more than the limit of {most:.0} in all: {}; --lifetimes {fit} is within the limit, --lifetimes 0 leaves them out",
            tiers(scenario, filter),
            busiest(scenario, filter)
        )));
    }
    Ok(Some(settings))
}

/// Which of the failures and drills makes most events, by the key that says how often.
fn busiest(scenario: &Scenario, filter: &Filter) -> String {
    // A felt drill begins and ends.
    let drills = || scenario.drills.rows().iter().map(|row| (2.0 * row.felt_per_year(), &row.name));
    let of_drills: f64 = drills().map(|(per_year, _)| per_year).sum();
    let failures = scenario.failures.iter().filter(|(id, _)| filter.failure.is_none_or(|only| only == *id));
    let failures = failures.map(|(id, row)| {
        let key = if matches!(row.occurs, Occurrence::Gap(_)) { "gap" } else { "rate" };
        let only = Filter { failure: Some(id), ..filter.clone() };
        let members = if filter.member.is_some() { 1 } else { row.members.len() };
        (events_per_year(scenario, &only) - of_drills, format!("failures.{}.{key}", row.name), members)
    });
    let drills = drills().map(|(per_year, name)| (per_year, format!("drills.{name}.every"), 1));
    let most = failures.chain(drills).reduce(|most, one| if one.0 > most.0 { one } else { most });
    let Some((per_year, key, members)) = most else { return "nothing ever happens".to_owned() };
    let each = if members > 1 { format!(" of {members} members") } else { String::new() };
    format!("most of them are of `{key}`{each}, {} a year", human::number(per_year.round()))
}

/// No lifetimes yet, to which those of the same settings are added.
pub(super) fn none(scenario: &Scenario, settings: &LifetimeSettings, filter: &Filter) -> LifetimeResult {
    run_lifetimes(scenario, &LifetimeSettings { lifetimes: 0, first: 0, ..*settings }, filter)
}

/// Simulates these lifetimes and adds them, as far as nobody presses Ctrl-C.
pub(super) fn tally(
    years: &mut LifetimeResult,
    scenario: &Scenario,
    filter: &Filter,
    lifetimes: Range<u64>,
    screen: &Screen,
) {
    let bar = bar("simulating lifetimes", lifetimes.end - lifetimes.start, screen);
    let (first, lifetimes) = (lifetimes.start, lifetimes.end - lifetimes.start);
    let settings = LifetimeSettings { first, lifetimes, ..years.settings };
    interrupt::listen();
    let go_on = |more| {
        bar.inc(more);
        !interrupt::asked()
    };
    years.merge(&run_lifetimes_while(scenario, &settings, filter, &go_on));
    bar.finish_and_clear();
}

fn tiers(scenario: &Scenario, filter: &Filter) -> usize {
    if filter.tier.is_some() { 1 } else { scenario.tiers.len() }
}

/// Events of a lifetime of all tiers.
fn events(scenario: &Scenario, settings: &LifetimeSettings, filter: &Filter) -> f64 {
    events_per_year(scenario, filter) * settings.years * tiers(scenario, filter) as f64
}
