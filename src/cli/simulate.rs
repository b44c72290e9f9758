//! `drplan simulate`: everything about every tier and failure, or a part of it.

use super::args::{Format, OutputArgs, SimulateArgs};
use super::campaign::{self, Names};
use super::compare::print;
use super::lifetimes::{self, Unasked};
use super::output::{Screen, refuse_unwritable, write};
use super::precision::Precision;
use super::shard::Shard;
use super::{Exit, Stop, input, interrupt};
use crate::assess::Assessment;
use crate::report::{Part, PartOptions, PartScenario, details};
use crate::sim::RunningCampaign;
use crate::spec::Loaded;

pub(super) fn run(args: &SimulateArgs, screen: &Screen) -> Result<Exit, Stop> {
    refuse_unwritable(args.output.output.as_deref(), std::iter::once(&args.file))?;
    let loaded = input::load(&args.file, screen)?;
    let names = Names { tier: args.tier.as_deref(), failure: args.failure.as_deref(), member: args.member.as_deref() };
    if let Some(shard) = &args.shard {
        return part(args, &loaded, names, shard, screen);
    }
    let precision = Precision::new(&args.precision)?;
    let options = (&args.simulation, &args.lifetimes);
    lifetimes::refuse_too_many(&loaded.scenario, options, names, precision)?;
    let mut result =
        campaign::run(&loaded.scenario, &args.simulation, names, (precision, args.output.format.into()), screen)?;
    lifetimes::add(&mut result, &loaded.scenario, options, (names, Unasked::None), precision, screen)?;
    if args.output.format == Format::Json {
        campaign::document(&mut result, &loaded, campaign::threads(&args.simulation)?, names, screen)?;
    }
    show(&result, &args.output, args.fail_on_miss, screen)
}

/// Prints a result in all its details.
pub(super) fn show(
    result: &Assessment,
    output: &OutputArgs,
    fail_on_miss: bool,
    screen: &Screen,
) -> Result<Exit, Stop> {
    print(result, details, output, screen)?;
    let missed = result.tiers.iter().any(|t| t.objectives.missed + t.objectives.undecided > 0);
    Ok(if fail_on_miss && missed { Exit::Missed } else { Exit::Fine })
}

/// Simulates a part of the run and writes its tallies.
fn part(args: &SimulateArgs, loaded: &Loaded, names: Names<'_>, shard: &str, screen: &Screen) -> Result<Exit, Stop> {
    let shard = Shard::new(shard, |name| std::env::var(name).ok())?;
    let scenario = &loaded.scenario;
    let filter = campaign::filter(scenario, names)?;
    let incidents = campaign::settings(scenario, &args.simulation, &filter, shard.of)?;
    let options = (&args.simulation, &args.lifetimes);
    let lives = lifetimes::settings(scenario, options, &filter, Unasked::None, shard.of)?;
    let mut campaign = RunningCampaign::new(scenario, &incidents, &filter);
    campaign::tally(&mut campaign, shard.range(incidents.trials), screen);
    let years = lives.map(|settings| {
        let mut years = lifetimes::none(scenario, &settings, &filter);
        if !interrupt::asked() {
            lifetimes::tally(&mut years, scenario, &filter, shard.range(settings.lifetimes), screen);
        }
        years
    });
    if interrupt::asked() {
        return Err(Stop::new(Exit::Interrupted, "stopped: half a part is of no use, nothing is written"));
    }
    let part = Part::new(
        PartScenario { hash: scenario.hash.clone(), text: loaded.document.text().to_owned() },
        PartOptions {
            seed: incidents.seed,
            trials: incidents.trials,
            years: lives.map_or(0.0, |settings| settings.years),
            lifetimes: lives.map_or(0, |settings| settings.lifetimes),
            tier: args.tier.clone(),
            failure: args.failure.clone(),
            member: args.member.clone(),
        },
        (shard.index, shard.of),
        campaign.record(),
        years.map(|years| years.record()),
    );
    write(&part.json().map_err(Stop::failed)?, args.output.output.as_deref())
}
