//! `drplan report`: one self-contained page.

use super::args::{LifetimeArgs, PrecisionArgs, ReportArgs, SimulationArgs, SubjectArgs};
use super::campaign::{self, Names, TimeLines};
use super::lifetimes::{self, Unasked};
use super::output::{Screen, refuse_unwritable, write};
use super::precision::Precision;
use super::{Exit, Stop, input};
use crate::assess::Assessment;
use crate::report::page;

pub(super) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit, Stop> {
    refuse_unwritable(args.output.as_deref(), args.subject.file.iter().chain(&args.subject.from))?;
    let result = subject(&args.subject, (&args.simulation, &args.lifetimes), &args.precision, screen)?;
    write(&page(&result).map_err(Stop::failed)?, args.output.as_deref())
}

/// The result to be drawn: read, or simulated as for a comparison.
pub(super) fn subject(
    subject: &SubjectArgs,
    options: (&SimulationArgs, &LifetimeArgs),
    precision: &PrecisionArgs,
    screen: &Screen,
) -> Result<Assessment, Stop> {
    match (&subject.file, &subject.from) {
        (_, Some(result)) => input::load_result(result),
        (Some(file), None) => {
            let loaded = input::load(file, screen)?;
            let (scenario, names) = (&loaded.scenario, Names::default());
            let precision = Precision::new(precision)?;
            lifetimes::refuse_too_many(scenario, options, names, precision)?;
            let mut result = campaign::run(scenario, options.0, names, (precision, TimeLines::Wanted), screen)?;
            lifetimes::add(&mut result, scenario, options, (names, Unasked::Some), precision, screen)?;
            campaign::document(&mut result, &loaded, campaign::threads(options.0)?, names, screen)?;
            Ok(result)
        }
        (None, None) => Err(Stop::invalid("a scenario is needed, or a result with --from")),
    }
}
