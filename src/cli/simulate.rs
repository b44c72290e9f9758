//! `drplan simulate`: everything about every tier and failure.

use super::args::SimulateArgs;
use super::campaign::{self, Names};
use super::compare::print;
use super::lifetimes::{self, Unasked};
use super::output::Screen;
use super::{Exit, Stop, input};
use crate::assess::assumptions;
use crate::report::details;

pub(super) fn run(args: &SimulateArgs, screen: &Screen) -> Result<Exit, Stop> {
    let loaded = input::load(&args.file, screen)?;
    let names = Names { tier: args.tier.as_deref(), failure: args.failure.as_deref(), member: args.member.as_deref() };
    let mut result = campaign::run(&loaded.scenario, &args.simulation, names, screen)?;
    let options = (&args.simulation, &args.lifetimes);
    lifetimes::add(&mut result, &loaded.scenario, options, names, Unasked::None, screen)?;
    result.assumptions = assumptions(&loaded.resolved);
    print(&result, details, &args.output, screen)?;
    let missed = result.tiers.iter().any(|t| t.objectives.missed + t.objectives.undecided > 0);
    Ok(if args.fail_on_miss && missed { Exit::Missed } else { Exit::Fine })
}
