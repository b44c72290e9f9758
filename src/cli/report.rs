//! `drplan report`: one self-contained page.

use super::args::{LifetimeArgs, ReportArgs, SimulationArgs, SubjectArgs};
use super::campaign::{self, Names};
use super::lifetimes::{self, Unasked};
use super::output::{Screen, write};
use super::{Exit, Stop, input};
use crate::assess::Assessment;
use crate::report::page;

pub(super) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit, Stop> {
    let result = subject(&args.subject, (&args.simulation, &args.lifetimes), screen)?;
    write(&page(&result).map_err(Stop::failed)?, args.output.as_deref())
}

/// The result to be drawn: read, or simulated as for a comparison.
pub(super) fn subject(
    subject: &SubjectArgs,
    options: (&SimulationArgs, &LifetimeArgs),
    screen: &Screen,
) -> Result<Assessment, Stop> {
    match (&subject.file, &subject.from) {
        (_, Some(result)) => input::load_result(result),
        (Some(file), None) => {
            let loaded = input::load(file, screen)?;
            let (scenario, names) = (&loaded.scenario, Names::default());
            let mut result = campaign::run(scenario, options.0, names, None, screen)?;
            lifetimes::add(&mut result, scenario, options, (names, Unasked::Some), None, screen)?;
            campaign::document(&mut result, &loaded, campaign::threads(options.0)?, names, screen)?;
            Ok(result)
        }
        (None, None) => Err(Stop::invalid("a scenario is needed, or a result with --from")),
    }
}
