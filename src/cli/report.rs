//! `drplan report`: one self-contained page.

use super::args::{ReportArgs, SimulationArgs, SubjectArgs};
use super::campaign::{self, Names};
use super::output::{Screen, write};
use super::{Exit, Stop, input};
use crate::assess::{Assessment, assumptions};
use crate::report::page;

pub(super) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit, Stop> {
    let result = subject(&args.subject, &args.simulation, screen)?;
    write(&page(&result).map_err(Stop::failed)?, args.output.as_deref())
}

/// The result to be drawn: read, or simulated.
pub(super) fn subject(subject: &SubjectArgs, simulation: &SimulationArgs, screen: &Screen) -> Result<Assessment, Stop> {
    match (&subject.file, &subject.from) {
        (_, Some(result)) => input::load_result(result),
        (Some(file), None) => {
            let loaded = input::load(file, screen)?;
            let mut result = campaign::run(&loaded.scenario, simulation, Names::default(), screen)?;
            result.assumptions = assumptions(&loaded.resolved);
            Ok(result)
        }
        (None, None) => Err(Stop::invalid("a scenario is needed, or a result with --from")),
    }
}
