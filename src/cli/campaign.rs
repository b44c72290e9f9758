//! A campaign as the options ask for it: limits, names, progress.

use std::ops::Range;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Stop;
use super::args::{DEFAULT_TRIALS, Format, SimulationArgs};
use super::interrupt;
use super::output::Screen;
use super::pieces::{bar, in_pieces};
use super::precision::{self, Precision};
use super::rare::Rare;
use crate::assess::{self, Assessment, Explanation, TierAssessment, assess, represent};
use crate::id::{Id, Table, TierId};
use crate::model::{Scenario, Tier};
use crate::report::human::percent;
use crate::sim::{CampaignResult, CampaignSettings, Filter, RunningCampaign};
use crate::spec::Loaded;
use crate::stats::Z_95;

/// Incidents per tier and failure: the standard error is then a ten-thousandth of the spread.
pub(super) const MAX_TRIALS: u64 = 100_000_000;

/// Times the trials asked for that a 99th percentile may take: it then is known almost three times as well.
const QUANTILE_ROUNDS: u64 = 8;

/// Threads: more than the processors of any machine that this was tried on.
pub(super) const MAX_THREADS: usize = 256;

/// Incidents of a whole run: about an hour of one processor.
const MAX_INCIDENTS: u64 = 2_000_000_000;

/// Rows of a result, one for each failure and service of a tier: each takes some 20 KB of memory.
const MAX_ROWS: u64 = 400_000;

/// Incidents per tier and failure to begin with where a precision decides how many there will be: means of most
/// are then known to 1%.
const FIRST_TRIALS: u64 = 10_000;

/// Incidents of the first piece of work: those of the least block.
const FIRST_INCIDENTS: u64 = 1024;

/// The parts that are simulated, by the names that the user gave.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) tier: Option<&'a str>,
    pub(super) failure: Option<&'a str>,
    pub(super) member: Option<&'a str>,
}

/// Whether anybody looks at the time lines of incidents that stand for many: tables do not, and for hundreds of
/// services they take as long as the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeLines {
    Wanted,
    Unwanted,
}

impl From<Format> for TimeLines {
    fn from(format: Format) -> Self {
        if format == Format::Json { Self::Wanted } else { Self::Unwanted }
    }
}

/// Runs and assesses a campaign.
pub(super) fn run(
    scenario: &Scenario,
    args: &SimulationArgs,
    names: Names<'_>,
    (precision, lines): (Option<Precision>, TimeLines),
    screen: &Screen,
) -> Result<Assessment, Stop> {
    let filter = filter(scenario, names)?;
    let mut settings = settings(scenario, args, &filter, 1)?;
    if precision.is_some() && args.trials.is_none() {
        settings.trials = FIRST_TRIALS;
    }
    let mut campaign = RunningCampaign::new(scenario, &settings, &filter);
    tally(&mut campaign, 0..settings.trials, screen);
    let Some(precision) = precision.filter(|_| !interrupt::asked()) else {
        let mut result = finish(scenario, &campaign.whole_result(), &filter, lines);
        result.stopped = interrupt::asked();
        return Ok(result);
    };
    let most = most_trials(scenario, &filter, 1);
    lengthen(&mut campaign, precision, most, off_in_means, screen);
    let found = campaign.whole_result();
    let rare = Rare::new(scenario, (&campaign, &found), &filter, settings.seed);
    let (mut found, rare) = rare.reach(scenario, (&mut campaign, found), (precision, most), screen);
    // A quantile that lies between two kinds of incidents never narrows: it is not waited for. Few trials to
    // begin with are no wish to know it less well.
    let rounds = settings.trials.max(DEFAULT_TRIALS).saturating_mul(QUANTILE_ROUNDS);
    let off_in_percentiles = |campaign: &RunningCampaign<'_>| {
        let plain = campaign.recovery_times().filter(|(tier, level, _)| {
            let drawn_long = || assess::knows_percentile(&found.tiers[*tier], level.failure, &rare.tails[*tier]);
            level.service.is_some() || !drawn_long()
        });
        plain.filter_map(|(.., times)| precision::of_quantile(&times)).reduce(f64::max)
    };
    lengthen(&mut campaign, precision, most.min(rounds), off_in_percentiles, screen);
    let count = campaign.trials();
    let limits = [(most, None), (most.min(rounds), Some("a higher --trials").filter(|_| rounds < most))];
    let [of_means, of_percentiles] = limits.map(|(limit, raised_by)| (limit.max(count), raised_by));
    precision.tell(("mean recovery times", count, of_means), off_in_means(&campaign), screen);
    let off = off_in_percentiles(&campaign);
    precision.tell(("the 99th percentiles of recovery times", count, of_percentiles), off, screen);
    Rare::renew(&campaign, &mut found);
    let mut result = finish(scenario, &found, &filter, lines);
    assess::add_rare(&mut result, scenario, (&found, &filter), (&rare.tails, &rare.overlaps));
    result.precision = Some(precision.share());
    result.stopped = interrupt::asked();
    tell_bias(&result, precision, screen);
    Ok(result)
}

/// How far off the worst of the mean recovery times is.
fn off_in_means(campaign: &RunningCampaign<'_>) -> Option<f64> {
    campaign.recovery_times().filter_map(|(.., times)| precision::of_mean(&times)).reduce(f64::max)
}

/// Simulates more incidents until something is known well enough, or the limit comes first.
///
/// # Arguments
/// `limit`: incidents that there may be. `off`: how far off the worst of it is.
fn lengthen(
    campaign: &mut RunningCampaign<'_>,
    precision: Precision,
    limit: u64,
    off: impl Fn(&RunningCampaign<'_>) -> Option<f64>,
    screen: &Screen,
) {
    let (first, done) = (off(campaign), campaign.trials());
    let more = |count| {
        let done = campaign.trials();
        tally(campaign, done..count, screen);
        off(campaign)
    };
    // What is seldom long is hardly seen in few; what was simulated for something else is simulated already.
    precision.reach((done, DEFAULT_TRIALS, limit.max(done)), first, more);
}

/// Says so where the interval of a chance of a long year stays wide for what no simulation of incidents narrows.
fn tell_bias(result: &Assessment, precision: Precision, screen: &Screen) {
    let off = |tier: &TierAssessment| {
        let year = &tier.rare_event.year_over_an_hour;
        let off = (year.high - year.low) / 2.0 / year.point;
        let biased = year.bias_bound / year.point;
        let rounded = off - biased - year.relative_error.unwrap_or(0.0) * Z_95;
        (year.point > 0.0 && biased.max(rounded) > precision.share()).then(|| (off, biased, tier.id.clone()))
    };
    let worst = result.tiers.iter().filter_map(off).reduce(|worst, one| if one.0 > worst.0 { one } else { worst });
    if let Some((off, biased, tier)) = worst {
        let why = if biased > precision.share() {
            format!("its assumptions may be off by {}", percent(biased))
        } else {
            "times that add up to an hour but for a second are counted as more and as less".to_owned()
        };
        screen.note(&format!(
            "composed of incidents, the chance of more than an hour down in a year is known within {} in {tier}: {why}, which more incidents do not narrow and lifetimes do",
            percent(off)
        ));
    }
}

/// Assesses a campaign and looks for the incidents that stand for many, if that is wanted.
pub(super) fn finish(scenario: &Scenario, campaign: &CampaignResult, filter: &Filter, lines: TimeLines) -> Assessment {
    let mut result = assess(scenario, campaign, filter);
    if lines == TimeLines::Wanted {
        represent(&mut result, scenario, campaign, filter);
    }
    result
}

/// Adds what pages and files for programs hold beyond tables: every value of the scenario, and those that
/// the figures depend on most. Comes last, as it speaks of the verdict's tier.
pub(super) fn document(
    result: &mut Assessment,
    loaded: &Loaded,
    threads: usize,
    names: Names<'_>,
    screen: &Screen,
) -> Result<(), Stop> {
    let filter = filter(&loaded.scenario, names)?;
    result.assumptions = assess::assumptions(&loaded.resolved);
    // After Ctrl-C as well: what is known then is what a run of so many incidents gives. It takes as long as a
    // few thousand of them.
    let progress = progress("trying changes", screen);
    assess::depend(result, &loaded.scenario, threads, &filter);
    progress.finish_and_clear();
    Ok(())
}

/// Simulates these occurrences of every failure, as far as nobody presses Ctrl-C.
pub(super) fn tally(campaign: &mut RunningCampaign<'_>, occurrences: Range<u64>, screen: &Screen) {
    let bar = bar("simulating incidents", occurrences.end - occurrences.start, screen);
    in_pieces(occurrences, FIRST_INCIDENTS, &bar, |piece| campaign.run(piece));
    bar.finish_and_clear();
}

/// Runs and assesses a campaign of one tier and one failure, and explains it.
pub(super) fn explain(
    loaded: &Loaded,
    args: &SimulationArgs,
    names: Names<'_>,
    screen: &Screen,
) -> Result<(Assessment, Explanation), Stop> {
    let result = run(&loaded.scenario, args, names, (None, TimeLines::Wanted), screen)?;
    let filter = filter(&loaded.scenario, names)?;
    let settings = settings(&loaded.scenario, args, &filter, 1)?;
    let (Some(tier), Some(failure)) = (filter.tier, filter.failure) else {
        return Err(Stop::invalid("explain needs --tier and --failure"));
    };
    let progress = progress("simulating changes", screen);
    let why = assess::explain(loaded, tier, failure, &settings, &filter);
    progress.finish_and_clear();
    Ok((result, why))
}

/// A sign of life on standard error, if that is a terminal.
pub(super) fn progress(message: &'static str, screen: &Screen) -> ProgressBar {
    if screen.quiet() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        progress.set_style(style);
    }
    progress.set_message(message);
    progress.enable_steady_tick(Duration::from_millis(100));
    progress
}

/// How many threads the options ask for.
pub(super) fn threads(args: &SimulationArgs) -> Result<usize, Stop> {
    let Some(threads) = args.threads else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS));
    };
    match usize::try_from(threads) {
        Ok(0) => Err(Stop::invalid("--threads must be at least 1")),
        Ok(threads) if threads <= MAX_THREADS => Ok(threads),
        _ => Err(Stop::refused(format_args!("--threads {threads} is more than the limit of {MAX_THREADS}"))),
    }
}

/// How the options run a campaign, of which one process simulates one of `parts`.
pub(super) fn settings(
    scenario: &Scenario,
    args: &SimulationArgs,
    filter: &Filter,
    parts: u64,
) -> Result<CampaignSettings, Stop> {
    let trials = args.trials();
    if trials == 0 {
        return Err(Stop::invalid("--trials must be at least 1"));
    }
    if trials > MAX_TRIALS {
        return Err(Stop::refused(format_args!("--trials {trials} is more than the limit of {MAX_TRIALS}")));
    }
    let threads = threads(args)?;
    let (tiers, failures) = size(scenario, filter);
    let all = (trials / parts).saturating_mul(tiers).saturating_mul(failures);
    if all > MAX_INCIDENTS {
        return Err(Stop::refused(format_args!(
            "{} incidents for each of {tiers} tiers and {failures} failures are {all}, more than the limit of {MAX_INCIDENTS}; lower --trials, or choose with --tier and --failure",
            trials / parts
        )));
    }
    let levels = |tier: &Tier| if tier.services.len() > 1 { tier.services.len() as u64 + 1 } else { 1 };
    let chosen = scenario.tiers.iter().filter(|(id, _)| filter.tier.is_none_or(|only| only == *id));
    let rows = failures.saturating_mul(chosen.map(|(_, tier)| levels(tier)).sum());
    if rows > MAX_ROWS {
        return Err(Stop::refused(format_args!(
            "{failures} failures of all services of {tiers} tiers are {rows} rows, more than the limit of {MAX_ROWS}; choose with --tier or --failure"
        )));
    }
    Ok(CampaignSettings { trials, seed: args.seed, threads, truncate: false })
}

/// Tiers and failures that are simulated.
fn size(scenario: &Scenario, filter: &Filter) -> (u64, u64) {
    let tiers = if filter.tier.is_some() { 1 } else { scenario.tiers.len() as u64 };
    let failures = if filter.failure.is_some() { 1 } else { scenario.failures.len() as u64 };
    (tiers, failures)
}

/// Incidents per tier and failure within the limits, in `parts` processes.
pub(super) fn most_trials(scenario: &Scenario, filter: &Filter, parts: u64) -> u64 {
    let (tiers, failures) = size(scenario, filter);
    (MAX_INCIDENTS / (tiers * failures).max(1)).saturating_mul(parts).min(MAX_TRIALS)
}

/// The tier of this name.
pub(super) fn tier(scenario: &Scenario, name: &str) -> Result<TierId, Stop> {
    find("tier", name, &scenario.tiers, |t| &t.name)
}

/// The parts that the names stand for.
pub(super) fn filter(scenario: &Scenario, names: Names<'_>) -> Result<Filter, Stop> {
    let tier = names.tier.map(|name| tier(scenario, name)).transpose()?;
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
