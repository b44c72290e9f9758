//! The command line: arguments, files, exit codes. The only layer that reads and writes.

mod args;
mod campaign;
mod compare;
mod completions;
mod explain;
mod folder;
mod input;
mod interrupt;
mod lifetimes;
mod merge;
mod new;
mod output;
mod pieces;
mod plot;
mod precision;
mod rare;
mod report;
mod runbook;
mod schema;
mod shard;
mod simulate;
mod validate;

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use output::Screen;

/// How a run ended; the number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well; a missed objective is an answer, not an error.
    Fine = 0,
    /// A runtime or input/output error.
    Failed = 1,
    /// Bad usage, or an unreadable or invalid scenario.
    Invalid = 2,
    /// An objective is missed or undecided, and the caller asked to be told.
    Missed = 3,
    /// More work than the limit.
    Refused = 4,
    /// Stopped by Ctrl-C: 128 and the number of the signal, as shells count.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a run stops, with what to say about it. What to say is empty where it is said already.
#[derive(Debug)]
pub(crate) struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    fn failed(message: impl fmt::Display) -> Self {
        Self::new(Exit::Failed, message)
    }

    fn invalid(message: impl fmt::Display) -> Self {
        Self::new(Exit::Invalid, message)
    }

    fn refused(message: impl fmt::Display) -> Self {
        Self::new(Exit::Refused, message)
    }
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, on standard output; a closed pipe is no error there.
            let _ = error.print();
            return if error.use_stderr() { Exit::Invalid.into() } else { Exit::Fine.into() };
        }
    };
    let screen = Screen::new(args.color, args.quiet);
    let result = match &args.command {
        Command::New(args) => new::run(args, &screen),
        Command::Validate(args) => validate::run(args, &screen),
        Command::Compare(args) => compare::run(args, &screen),
        Command::Simulate(args) => simulate::run(args, &screen),
        Command::Merge(args) => merge::run(args, &screen),
        Command::Explain(args) => explain::run(args, &screen),
        Command::Report(args) => report::run(args, &screen),
        Command::Plot(args) => plot::run(args, &screen),
        Command::Runbook(args) => runbook::run(args, &screen),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
    };
    match result {
        Ok(Exit::Fine | Exit::Missed) if interrupt::asked() => {
            screen.note("stopped: this is what was known by then");
            Exit::Interrupted.into()
        }
        Ok(exit) => exit.into(),
        Err(stop) => {
            if !stop.message.is_empty() {
                screen.error(&stop.message);
            }
            stop.exit.into()
        }
    }
}
