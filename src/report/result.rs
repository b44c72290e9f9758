//! A result read back from its JSON. A file is anybody's: nothing in it is taken on trust.

use std::fmt;

use serde::Deserialize;

use crate::assess::{Assessment, SCHEMA_VERSION};

/// Bytes of a result: the result of a thousand tiers under ten failures is smaller.
pub const RESULT_BYTES: usize = 64 << 20;

/// Tiers, as many as a scenario may have.
const TIERS: usize = 1_000;

/// Failures and services of a tier together.
const INCIDENTS: usize = 10_000;

/// Points of a distribution, objectives, lines of a bill, steps of a plan.
const ENTRIES: usize = 10_000;

/// Values of a scenario: several times those of the largest that the language takes.
const ASSUMPTIONS: usize = 200_000;

/// Bytes of one text: a name has 10 kB at most, a command may be a script.
const TEXT_BYTES: usize = 128 << 10;

/// What tells a result from other files.
#[derive(Deserialize)]
struct Head {
    schema_version: Option<u64>,
}

/// Reads a result that [`super::json()`] wrote.
///
/// # Arguments
/// `bytes`: at most [`RESULT_BYTES`] of them.
///
/// # Errors
/// A phrase for people: no JSON, no result, another version, more than the limits.
pub fn read_result(bytes: &[u8]) -> Result<Assessment, String> {
    if bytes.len() > RESULT_BYTES {
        return Err(format!("it is larger than the limit of {} MiB for a result", RESULT_BYTES >> 20));
    }
    if longest_text(bytes) > TEXT_BYTES {
        return Err(format!("it is no result: it has a text of more than {} KiB", TEXT_BYTES >> 10));
    }
    let fault = |error: &dyn fmt::Display| format!("it is no result, which `compare --format json` writes: {error}");
    let head: Head = serde_json::from_slice(bytes).map_err(|error| fault(&error))?;
    match head.schema_version {
        None => return Err(fault(&"schema_version is missing")),
        Some(version) if version != u64::from(SCHEMA_VERSION) => {
            return Err(format!("its schema_version is {version}; this program reads {SCHEMA_VERSION}"));
        }
        Some(_) => {}
    }
    let result: Assessment = serde_json::from_slice(bytes).map_err(|error| fault(&error))?;
    within_limits(&result)?;
    Ok(result)
}

/// Bytes of the longest text of a JSON document as written; of anything else, some number.
fn longest_text(bytes: &[u8]) -> usize {
    let (mut longest, mut begin, mut escaped) = (0, None, false);
    for (at, byte) in bytes.iter().enumerate() {
        match (begin, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                longest = longest.max(at - from);
                begin = None;
            }
            (None, b'"') => begin = Some(at + 1),
            _ => {}
        }
    }
    longest.max(begin.map_or(0, |from| bytes.len() - from))
}

fn within_limits(result: &Assessment) -> Result<(), String> {
    let at_most = |what: &str, count: usize, most: usize| {
        if count > most { Err(format!("it has {count} {what}, more than the limit of {most}")) } else { Ok(()) }
    };
    at_most("tiers", result.tiers.len(), TIERS)?;
    at_most("shares", result.distribution_shares.len(), ENTRIES)?;
    at_most("assumptions", result.assumptions.len(), ASSUMPTIONS)?;
    at_most("pairs", result.paired.len(), TIERS * TIERS)?;
    for tier in &result.tiers {
        at_most("failures of a year", tier.rare_event.by_failure.len(), ENTRIES)?;
        at_most("rates", tier.inputs.as_ref().map_or(0, |inputs| inputs.each.len()), ENTRIES)?;
        at_most("durations", tier.inputs.as_ref().map_or(0, |inputs| inputs.durations.len()), ENTRIES)?;
        at_most("incidents of a tier", tier.incidents.len(), INCIDENTS)?;
        at_most("objectives of a tier", tier.objectives.each.len(), ENTRIES)?;
        at_most("items of a bill", tier.cost.items.len(), ENTRIES)?;
        for incident in &tier.incidents {
            at_most("changes", incident.depends_on.as_ref().map_or(0, |depends| depends.changes.len()), ENTRIES)?;
            at_most("steps of an incident", incident.steps.len(), ENTRIES)?;
            at_most("points of a distribution", incident.distribution.recovery_time.len(), ENTRIES)?;
            at_most("points of a distribution", incident.distribution.data_loss.len(), ENTRIES)?;
            if let Some(found) = &incident.representative {
                at_most("ways to end an incident", found.ways.len(), ENTRIES)?;
                let of_ways = found.ways.iter().flat_map(|way| [&way.median, &way.p95]);
                for line in [&found.median, &found.p95].into_iter().chain(of_ways).flatten() {
                    at_most("lines of a time line", line.steps.len() + line.waits.len(), ENTRIES)?;
                }
            }
        }
    }
    Ok(())
}
