//! Commands and options. The doc comments here are the help that users read.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::campaign::{MAX_THREADS, MAX_TRIALS};
use super::lifetimes::{COMPARED_LIFETIMES, DEFAULT_YEARS, MAX_LIFETIMES, MAX_YEARS};
use crate::report::human::number;

/// Seed of all draws unless another is given: any fixed number does, so that two people see the
/// same figures.
const DEFAULT_SEED: u64 = 1;

/// Incidents per tier and failure unless told otherwise: p99 and chances of 95% are then known to
/// about a tenth of a percentage point, within a few seconds.
pub(super) const DEFAULT_TRIALS: u64 = 100_000;

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  runtime or input/output error
  2  bad usage, or an unreadable or invalid scenario
  3  an objective is missed or undecided (only with --fail-on-miss)
  4  refused: more work than the limit
  130  stopped by Ctrl-C; what was known by then is printed";

/// Compares disaster-recovery strategies by simulation: recovery time, data loss, objectives, cost.
#[derive(Debug, Parser)]
#[command(name = "drplan", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(super) command: Command,
    // The order is given, as it would depend on the number of commands otherwise.
    /// When to use colour; NO_COLOR turns it off where this is not given
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, display_order = 900)]
    pub(super) color: Color,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, display_order = 901)]
    pub(super) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented scenario to start from
    New(NewArgs),
    /// Check scenarios: errors and advice, each underlined in its file
    Validate(ValidateArgs),
    /// Compare tiers side by side: which one to buy, and why
    Compare(CompareArgs),
    /// Show everything about every tier and failure
    Simulate(SimulateArgs),
    /// Join the parts of a run that `simulate --shard` wrote, to the bytes of one run
    Merge(MergeArgs),
    /// Show every value with its origin, or where the time of an incident goes
    Explain(ExplainArgs),
    /// Write one self-contained page: verdict, comparison, distributions, time lines, costs, sources
    Report(ReportArgs),
    /// Write the charts of the page as SVG and PNG
    Plot(PlotArgs),
    /// Write runbooks: the plans that are simulated, as people carry them out
    Runbook(RunbookArgs),
    /// Print the JSON Schema of scenarios, with which editors complete and check them
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
}

/// What a document is made of: a scenario that is simulated, or a result.
#[derive(Debug, clap::Args)]
pub(super) struct SubjectArgs {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    pub(super) file: Option<PathBuf>,
    /// Draw this result, which `--format json` wrote, without simulating anything; `-` is standard input
    #[arg(long, value_name = "RESULT", conflicts_with_all = ["trials", "seed", "threads", "years", "lifetimes", "precision"])]
    pub(super) from: Option<PathBuf>,
}

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub(super) subject: SubjectArgs,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
    #[command(flatten)]
    pub(super) lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub(super) precision: PrecisionArgs,
    /// Write to this file instead of standard output, which `-` is too; it appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Arguments of `plot`.
#[derive(Debug, clap::Args)]
pub(super) struct PlotArgs {
    #[command(flatten)]
    pub(super) subject: SubjectArgs,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
    #[command(flatten)]
    pub(super) lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub(super) precision: PrecisionArgs,
    /// Folder for the charts, made if it is missing
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
}

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Write to this file instead of standard output, which `-` is too; it appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On terminals
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people, 100 columns at most
    Table,
    /// Everything, for programs
    Json,
    /// One row per tier, failure and service
    Csv,
    /// The tables as Markdown
    Md,
}

/// Where output goes.
#[derive(Debug, clap::Args)]
pub(super) struct OutputArgs {
    /// Format of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Write to this file instead of standard output, which `-` is too; it appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// A number of things.
fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a whole number from 0 to {} is needed", u64::MAX))
}

/// What is simulated.
#[derive(Debug, clap::Args)]
pub(super) struct SimulationArgs {
    /// Incidents per tier and failure, 100,000,000 at most
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help = format!("Incidents per tier and failure, {} at most; {} unless given, or as many as a precision takes", number(MAX_TRIALS as f64), number(DEFAULT_TRIALS as f64)))]
    pub(super) trials: Option<u64>,
    /// Seed of all draws: the same seed gives the same bytes, whatever the number of threads
    #[arg(long, default_value_t = DEFAULT_SEED, value_parser = whole, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Threads; one per processor unless given
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help = format!("Threads, {MAX_THREADS} at most; one per processor unless given"))]
    pub(super) threads: Option<u64>,
}

impl SimulationArgs {
    /// Incidents per tier and failure.
    pub(super) fn trials(&self) -> u64 {
        self.trials.unwrap_or(DEFAULT_TRIALS)
    }
}

/// How well results are to be known.
#[derive(Debug, clap::Args)]
pub(super) struct PrecisionArgs {
    /// Simulate more until every mean and 99th percentile of recovery times, the time down in a year, the chance
    /// of more than an hour of it, and the downtime of lifetimes, is known within this share of itself (95%), or
    /// say what that takes
    #[arg(long, value_name = "SHARE")]
    pub(super) precision: Option<String>,
}

/// Which lifetimes are simulated.
#[derive(Debug, clap::Args)]
pub(super) struct LifetimeArgs {
    /// Years of a lifetime: failures overlap, hit during recovery, and services go back home
    #[arg(long, value_name = "Y", allow_negative_numbers = true, help = format!("Years of a lifetime, {MAX_YEARS} at most; {DEFAULT_YEARS} unless given"))]
    pub(super) years: Option<f64>,
    /// Simulated lifetimes; 0 for none
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help = format!("Simulated lifetimes, {} at most; 0 for none. Unless given, {} wherever tiers are compared or --years is given, and none otherwise", number(MAX_LIFETIMES as f64), number(COMPARED_LIFETIMES as f64)))]
    pub(super) lifetimes: Option<u64>,
}

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub(super) struct NewArgs {
    /// The pattern; without it a comparison of all five
    #[arg(value_enum)]
    pub(super) pattern: Option<Pattern>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite the file if it exists
    #[arg(long, requires = "output")]
    pub(super) force: bool,
}

/// A pattern of recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Pattern {
    /// Backups elsewhere; everything else is built when needed
    BackupRestore,
    /// Data is replicated; compute is started when needed
    PilotLight,
    /// A small copy of the whole runs and is scaled up
    WarmStandby,
    /// A full copy runs and takes over
    HotStandby,
    /// Both sides serve
    ActiveActive,
    /// All five, compared
    Comparison,
}

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(super) struct ValidateArgs {
    /// Scenario files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
}

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
    #[command(flatten)]
    pub(super) lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub(super) precision: PrecisionArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Exit with 3 if no tier is shown to meet every objective
    #[arg(long)]
    pub(super) fail_on_miss: bool,
}

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Only this tier
    #[arg(long)]
    pub(super) tier: Option<String>,
    /// Only this failure
    #[arg(long)]
    pub(super) failure: Option<String>,
    /// Only this member of the failure, such as `us-east-1a` of `each = "us-east-1/*"`
    #[arg(long, requires = "failure")]
    pub(super) member: Option<String>,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
    #[command(flatten)]
    pub(super) lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub(super) precision: PrecisionArgs,
    /// Simulate part I of N and write its tallies, for `drplan merge`; `auto` reads I and N from the
    /// variables of Slurm, Kubernetes, GNU parallel, AWS Batch or Grid Engine, N from DRPLAN_SHARDS
    /// where they do not say it
    #[arg(long, value_name = "I/N", conflicts_with_all = ["format", "fail_on_miss", "precision"])]
    pub(super) shard: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Exit with 3 if a tier that is shown misses an objective, or leaves one undecided
    #[arg(long)]
    pub(super) fail_on_miss: bool,
}

/// Arguments of `merge`.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// All parts of one run, as `simulate --shard` wrote them, in any order
    #[arg(value_name = "PART", required = true)]
    pub(super) parts: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Exit with 3 if a tier that is shown misses an objective, or leaves one undecided
    #[arg(long)]
    pub(super) fail_on_miss: bool,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Explain this tier, together with --failure
    #[arg(long, requires = "failure")]
    pub(super) tier: Option<String>,
    /// Explain this failure, together with --tier
    #[arg(long, requires = "tier")]
    pub(super) failure: Option<String>,
    /// Only this member of the failure
    #[arg(long, requires = "failure")]
    pub(super) member: Option<String>,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Arguments of `runbook`.
#[derive(Debug, clap::Args)]
pub(super) struct RunbookArgs {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Write to this folder, which is made if it is missing; files of the same names are replaced
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// The plans of this tier; can be given more than once. Without it those of the tier that the file
    /// calls `chosen`, or of every tier if it calls none so
    #[arg(long)]
    pub(super) tier: Vec<String>,
    /// Take templates from this folder where it has some of the same names: plan.md, steps.md, index.md
    #[arg(long, value_name = "DIR")]
    pub(super) template: Option<PathBuf>,
    #[command(flatten)]
    pub(super) simulation: SimulationArgs,
}
