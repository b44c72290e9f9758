//! How many bytes the upkeep of a copy moves between regions in a month.

use crate::id::{CopyId, LinkId, PlaceId};
use crate::model::{Copy, CopyKind, Scenario, Upstream};
use crate::units::Bytes;

use super::SECONDS_PER_MONTH;
use super::storage::{Chains, run_distance};

/// A steady flow from one region to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// The region that sends.
    pub from: PlaceId,
    /// The region that receives.
    pub to: PlaceId,
    /// The link declared between them, if any.
    pub link: Option<LinkId>,
    /// Bytes in a month of 730 hours, after compression.
    pub bytes_per_month: Bytes,
}

/// What keeping a copy up to date moves between regions.
///
/// Each region that holds sites of the copy but none of its upstream receives the bytes once; what
/// moves inside a region is not counted. Of several regions that could send, one with a declared
/// link is taken. A primary at sites in several regions is written in the region of its first site.
///
/// # Formula
/// Per month of M = 730 h and receiving region, ÷ compression, with the mean rate of writing w, size
/// S, mean distance of runs G, distance of fulls F and L from a full to the last increment on it:
/// - primary, asynchronous, log, derived all the time: w M
/// - backups that are all full: S M ÷ G, failed runs included, for they were sent too
/// - full and incremental: (S + w L) M ÷ F, for what was written before a full is not sent twice
///
/// # Arguments
/// `in_tier`: the copies of the tier, among which the primary of an upstream data set is looked up.
#[must_use]
pub fn traffic(scenario: &Scenario, in_tier: &[CopyId], copy: CopyId) -> Vec<Traffic> {
    let row = &scenario.copies[copy];
    let mut to = regions(scenario, row);
    let from = match row.of {
        None => to.first().copied().into_iter().collect(),
        Some(upstream) => upstream_regions(scenario, in_tier, upstream),
    };
    to.retain(|region| !from.contains(region));
    let Some(bytes_per_month) = moved_per_month(scenario, row) else {
        return Vec::new();
    };
    let mut flows = Vec::new();
    for to in to {
        let joined = |from: &PlaceId| scenario.link_between(*from, to).map(|link| (*from, Some(link)));
        if let Some((from, link)) = from.iter().find_map(joined).or_else(|| from.first().map(|f| (*f, None))) {
            flows.push(Traffic { from, to, link, bytes_per_month });
        }
    }
    flows
}

/// The regions of a copy's sites, in the order of the sites.
pub(super) fn regions(scenario: &Scenario, copy: &Copy) -> Vec<PlaceId> {
    let mut found = Vec::new();
    for site in &copy.sites {
        let region = scenario.places[scenario.site_place(*site)].region;
        if !found.contains(&region) {
            found.push(region);
        }
    }
    found
}

fn upstream_regions(scenario: &Scenario, in_tier: &[CopyId], upstream: Upstream) -> Vec<PlaceId> {
    match upstream {
        Upstream::Copy(copy) => regions(scenario, &scenario.copies[copy]),
        Upstream::Data(data) => in_tier
            .iter()
            .map(|copy| &scenario.copies[*copy])
            .find(|copy| copy.data == data && matches!(copy.kind, CopyKind::Primary { .. }))
            .map(|copy| regions(scenario, copy))
            .unwrap_or_default(),
        Upstream::External(external) => {
            scenario.externals[external].place.map(|place| scenario.places[place].region).into_iter().collect()
        }
    }
}

/// Bytes in a month to one receiver after compression; `None` where nothing moves.
fn moved_per_month(scenario: &Scenario, copy: &Copy) -> Option<Bytes> {
    let data = &scenario.data[copy.data];
    let size = data.size.bytes();
    let written = data.mean_writes().bytes_per_second() * SECONDS_PER_MONTH;
    let bytes = match &copy.kind {
        CopyKind::Primary { .. }
        | CopyKind::Async { .. }
        | CopyKind::Log { .. }
        | CopyKind::Derived { lag: Some(_) } => written,
        CopyKind::Backup { schedule, takes, full_every, .. } => match Chains::of(schedule, *full_every) {
            None => size * SECONDS_PER_MONTH / run_distance(schedule, takes),
            Some(chains) => (size * SECONDS_PER_MONTH + written * chains.length) / chains.distance,
        },
        CopyKind::SoftDelete { .. } | CopyKind::Derived { lag: None } => return None,
    };
    Bytes::new(bytes / copy.compression)
}
