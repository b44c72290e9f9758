//! `drplan schema`: the JSON Schema of scenarios.

use super::args::SchemaArgs;
use super::output::write;
use super::{Exit, Stop};
use crate::spec;

pub(super) fn run(args: &SchemaArgs) -> Result<Exit, Stop> {
    let text = serde_json::to_string_pretty(&spec::schema()).map_err(Stop::failed)?;
    write(&(text + "\n"), args.output.as_deref())
}
