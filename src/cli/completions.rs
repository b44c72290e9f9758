//! `drplan completions`: completion scripts, made from the commands themselves.

use clap::CommandFactory;

use super::args::{Args, CompletionsArgs};
use super::output::write;
use super::{Exit, Stop};

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Stop> {
    // Into memory first: the writer of the crate panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "drplan", &mut script);
    write(&String::from_utf8(script).map_err(Stop::failed)?, None)
}
