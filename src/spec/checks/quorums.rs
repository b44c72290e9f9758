//! Quorums that one loss breaks although most of the system is left.

use std::collections::BTreeMap;

use super::Checks;
use crate::diag::{Diagnostic, Path};
use crate::id::PlaceId;
use crate::model::{CopyKind, WhenShort};
use crate::spec::codes;
use crate::spec::names::quote;

pub(super) fn check(checks: &mut Checks<'_>) {
    let scenario = checks.scenario;
    for (id, copy) in scenario.copies.iter() {
        let (acks, when_short) = match copy.kind {
            CopyKind::Primary { acks, when_short, .. } => (acks as usize, when_short),
            CopyKind::Log { acks: Some(acks), when_short, .. } => (acks as usize, when_short),
            _ => continue,
        };
        if when_short == WhenShort::Continue || copy.sites.len() < 2 {
            continue;
        }
        if acks == copy.sites.len() {
            let message =
                format!("{} must be written in all {acks} places: losing any one stops writes", quote(&copy.name));
            let advice = Diagnostic::advice(codes::PAIR_STOPS, checks.copy_at(id, "acks"), message)
                .also(checks.copy_at(id, "at"), "these places")
                .help("a third place, fewer `acks` or `when_short = \"continue\"` keeps writes going");
            checks.push(advice);
            continue;
        }
        let regions = copy.sites.iter().map(|s| scenario.places[scenario.site_place(*s)].region);
        report_majority(checks, &copy.name, regions, acks, checks.copy_at(id, "at"));
    }
    for pool in scenario.compute.rows() {
        let regions = pool.instances.iter().map(|i| scenario.places[i.place].region);
        let at = checks.at("compute", &pool.name, "at");
        report_majority(checks, &pool.name, regions, pool.enough as usize, at);
    }
}

/// Reports a region whose loss leaves too few, although others are left.
fn report_majority(
    checks: &mut Checks<'_>,
    name: &str,
    regions: impl Iterator<Item = PlaceId>,
    enough: usize,
    at: Path,
) {
    let mut by_region: BTreeMap<PlaceId, usize> = BTreeMap::new();
    for region in regions {
        *by_region.entry(region).or_default() += 1;
    }
    let total: usize = by_region.values().sum();
    let worst = by_region.iter().max_by_key(|(_, count)| **count);
    let Some((region, count)) = worst.filter(|_| by_region.len() > 1) else { return };
    let left = total - count;
    // All of them being needed is said by `enough` itself.
    if left < enough && enough < total {
        let region = &checks.scenario.places[*region].name;
        let message = format!("{} needs {enough} of {total}, but losing {} leaves {left}", quote(name), quote(region));
        checks.push(
            Diagnostic::advice(codes::MAJORITY_IN_ONE_PLACE, at, message)
                .help("spread them so that no single region holds more than may be lost"),
        );
    }
}
