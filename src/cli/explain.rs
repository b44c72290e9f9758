//! `drplan explain`: every value with its origin, or where the time of an incident goes.

use super::args::{ExplainArgs, Format};
use super::campaign::{self, Names};
use super::output::{Screen, page, refuse_unwritable, write};
use super::{Exit, Stop, input};
use crate::report::{explained_csv, explained_json, explanation, resolved_csv, resolved_json, resolved_listing};
use crate::spec::Loaded;

pub(super) fn run(args: &ExplainArgs, screen: &Screen) -> Result<Exit, Stop> {
    refuse_unwritable(args.output.output.as_deref(), std::iter::once(&args.file))?;
    let loaded = input::load(&args.file, screen)?;
    let text = match (&args.tier, &args.failure) {
        (Some(tier), Some(failure)) => incident(&loaded, args, tier, failure, screen)?,
        _ => listing(&loaded, args, screen)?,
    };
    write(&text, args.output.output.as_deref())
}

fn listing(loaded: &Loaded, args: &ExplainArgs, screen: &Screen) -> Result<String, Stop> {
    let (title, hash) = (&loaded.scenario.title, &loaded.scenario.hash);
    match args.output.format {
        Format::Table | Format::Md => Ok(page(&resolved_listing(title, hash, &loaded.resolved), &args.output, screen)),
        Format::Json => resolved_json(title, hash, &loaded.resolved).map_err(Stop::failed),
        Format::Csv => resolved_csv(&loaded.resolved).map_err(Stop::failed),
    }
}

fn incident(loaded: &Loaded, args: &ExplainArgs, tier: &str, failure: &str, screen: &Screen) -> Result<String, Stop> {
    let names = Names { tier: Some(tier), failure: Some(failure), member: args.member.as_deref() };
    let (result, why) = campaign::explain(loaded, &args.simulation, names, screen)?;
    match args.output.format {
        Format::Json => explained_json(&result, &why).map_err(Stop::failed),
        Format::Csv => explained_csv(&why).map_err(Stop::failed),
        Format::Table | Format::Md => {
            let file = input::short_name(&args.file);
            Ok(page(&explanation(&result, &why, &file), &args.output, screen))
        }
    }
}
