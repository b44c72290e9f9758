//! `drplan compare`: tiers side by side.

use super::args::{CompareArgs, Format, OutputArgs};
use super::campaign::{self, Names};
use super::lifetimes::{self, Unasked};
use super::output::{Screen, page, refuse_unwritable, write};
use super::precision::Precision;
use super::{Exit, Stop, input};
use crate::assess::{Assessment, Outcome};
use crate::report::blocks::Block;
use crate::report::{comparison, csv, json};

pub(super) fn run(args: &CompareArgs, screen: &Screen) -> Result<Exit, Stop> {
    refuse_unwritable(args.output.output.as_deref(), std::iter::once(&args.file))?;
    let loaded = input::load(&args.file, screen)?;
    let (scenario, names) = (&loaded.scenario, Names::default());
    let precision = Precision::new(&args.precision)?;
    let options = (&args.simulation, &args.lifetimes);
    lifetimes::refuse_too_many(scenario, options, names, precision)?;
    let mut result = campaign::run(scenario, &args.simulation, names, (precision, args.output.format.into()), screen)?;
    lifetimes::add(&mut result, scenario, options, (names, Unasked::Some), precision, screen)?;
    if args.output.format == Format::Json {
        campaign::document(&mut result, &loaded, campaign::threads(&args.simulation)?, names, screen)?;
    }
    print(&result, comparison, &args.output, screen)?;
    let decided = matches!(result.verdict.outcome, Outcome::Met | Outcome::NoObjectives);
    Ok(if args.fail_on_miss && !decided { Exit::Missed } else { Exit::Fine })
}

/// Writes a result in the format asked for; `people` lays it out for people.
pub(super) fn print(
    result: &Assessment,
    people: fn(&Assessment) -> Vec<Block>,
    output: &OutputArgs,
    screen: &Screen,
) -> Result<Exit, Stop> {
    let text = match output.format {
        Format::Table | Format::Md => page(&people(result), output, screen),
        Format::Json => json(result).map_err(Stop::failed)?,
        Format::Csv => csv(result).map_err(Stop::failed)?,
    };
    write(&text, output.output.as_deref())
}
