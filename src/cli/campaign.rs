//! A campaign as the options ask for it: limits, names, progress.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Stop;
use super::args::{LifetimeArgs, SimulationArgs};
use super::output::Screen;
use crate::assess::{Assessment, add_lifetimes as add_years, assess, represent};
use crate::id::{Id, Table};
use crate::model::Scenario;
use crate::sim::{CampaignSettings, Filter, LifetimeSettings, events_per_year, run_incidents, run_lifetimes};

/// Incidents per tier and failure: the standard error is then a ten-thousandth of the spread.
pub(super) const MAX_TRIALS: u64 = 100_000_000;

/// Threads: more than the processors of any machine that this was tried on.
pub(super) const MAX_THREADS: usize = 256;

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

/// Incidents of a whole run: about an hour of one processor.
const MAX_INCIDENTS: u64 = 2_000_000_000;

/// The parts that are simulated, by the names that the user gave.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) tier: Option<&'a str>,
    pub(super) failure: Option<&'a str>,
    pub(super) member: Option<&'a str>,
}

/// Runs and assesses a campaign.
pub(super) fn run(
    scenario: &Scenario,
    args: &SimulationArgs,
    names: Names<'_>,
    screen: &Screen,
) -> Result<Assessment, Stop> {
    let filter = filter(scenario, names)?;
    let settings = settings(scenario, args, &filter)?;
    let progress = spinner("simulating incidents", screen);
    let campaign = run_incidents(scenario, &settings, &filter);
    let mut result = assess(scenario, &campaign, &filter);
    represent(&mut result, scenario, &campaign, &filter);
    progress.finish_and_clear();
    Ok(result)
}

/// Whether lifetimes are simulated when nobody asks.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unasked {
    /// A number that serves a comparison.
    Some,
    /// None.
    None,
}

/// Simulates the lifetimes that the options ask for and adds them to an assessment of the same options.
pub(super) fn add_lifetimes(
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
    let progress = spinner("simulating lifetimes", screen);
    add_years(result, scenario, &run_lifetimes(scenario, &settings, &filter));
    progress.finish_and_clear();
    Ok(())
}

/// Shows on standard error, if that is a terminal, that work goes on.
fn spinner(message: &'static str, screen: &Screen) -> ProgressBar {
    let progress = if screen.quiet() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        progress.set_style(style);
    }
    progress.set_message(message);
    progress.enable_steady_tick(Duration::from_millis(100));
    progress
}

fn threads(args: &SimulationArgs) -> Result<usize, Stop> {
    let threads =
        args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS));
    if threads == 0 {
        return Err(Stop::invalid("--threads must be at least 1"));
    }
    if threads > MAX_THREADS {
        return Err(Stop::refused(format_args!("--threads {threads} is more than the limit of {MAX_THREADS}")));
    }
    Ok(threads)
}

fn settings(scenario: &Scenario, args: &SimulationArgs, filter: &Filter) -> Result<CampaignSettings, Stop> {
    if args.trials == 0 {
        return Err(Stop::invalid("--trials must be at least 1"));
    }
    if args.trials > MAX_TRIALS {
        return Err(Stop::refused(format_args!("--trials {} is more than the limit of {MAX_TRIALS}", args.trials)));
    }
    let threads = threads(args)?;
    let tiers = if filter.tier.is_some() { 1 } else { scenario.tiers.len() as u64 };
    let failures = if filter.failure.is_some() { 1 } else { scenario.failures.len() as u64 };
    let all = args.trials.saturating_mul(tiers).saturating_mul(failures);
    if all > MAX_INCIDENTS {
        return Err(Stop::refused(format_args!(
            "{} incidents for each of {tiers} tiers and {failures} failures are {all}, more than the limit of {MAX_INCIDENTS}; lower --trials, or choose with --tier and --failure",
            args.trials
        )));
    }
    Ok(CampaignSettings { trials: args.trials, seed: args.seed, threads, truncate: false })
}

fn filter(scenario: &Scenario, names: Names<'_>) -> Result<Filter, Stop> {
    let tier = names.tier.map(|name| find("tier", name, &scenario.tiers, |t| &t.name)).transpose()?;
    let failure = names.failure.map(|name| find("failure", name, &scenario.failures, |f| &f.name)).transpose()?;
    let member = match (names.member, failure) {
        (Some(name), Some(failure)) => {
            let members = &scenario.failures[failure].members;
            let found = members.iter().find(|m| m.name == name);
            let known = || members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>();
            found.ok_or_else(|| unknown("member", name, &known()))?;
            Some(name.to_owned())
        }
        _ => None,
    };
    Ok(Filter { tier, failure, member })
}

fn find<I: Id, T>(what: &str, name: &str, table: &Table<I, T>, of: impl Fn(&T) -> &String) -> Result<I, Stop> {
    let found = table.iter().find(|(_, row)| of(row) == name).map(|(id, _)| id);
    found.ok_or_else(|| unknown(what, name, &table.rows().iter().map(|row| of(row).as_str()).collect::<Vec<_>>()))
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Stop {
    let near = known.iter().map(|k| (strsim::damerau_levenshtein(k, name), k)).min().filter(|(d, k)| *d <= k.len() / 3);
    let hint = near.map_or_else(String::new, |(_, k)| format!(", did you mean {k}"));
    Stop::invalid(format_args!("no {what} is called {name}{hint}; there are: {}", known.join(", ")))
}
