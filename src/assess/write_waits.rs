//! What a write waits for: copies in several places have it only when enough of them say so.

use serde::{Deserialize, Serialize};

use crate::id::{CopyId, PlaceId};
use crate::model::{CopyKind, Scenario, Tier, TierService};

/// How long a write of a service waits for a copy in several places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteWait {
    /// The service.
    pub service: String,
    /// The copy.
    pub copy: String,
    /// The region that the write comes from: where the service runs first, or the copy's first place if it
    /// runs nowhere.
    pub from: String,
    /// Places that must have it.
    pub acks: u32,
    /// All places of the copy.
    pub places: u32,
    /// Seconds; `None` where the round trip to one of the nearest is not given.
    pub round_trip: Option<f64>,
}

/// The waits of a tier, in the order of its services and their copies.
///
/// # Formula
/// The k-th smallest of the round trips to the places of the copy, 0 to those of the region that the write
/// comes from; links join regions, what lies within one is next door.
pub(super) fn write_waits(scenario: &Scenario, tier: &Tier) -> Vec<WriteWait> {
    let one = |service: &TierService, copy: CopyId| {
        let row = &scenario.copies[copy];
        let acks = match row.kind {
            CopyKind::Primary { acks, .. } | CopyKind::Log { acks: Some(acks), .. } => acks,
            _ => return None,
        };
        let regions: Vec<PlaceId> =
            row.sites.iter().map(|site| scenario.places[scenario.site_place(*site)].region).collect();
        let pool = service.runs.iter().find_map(|pool| scenario.compute[*pool].instances.first());
        let from = pool.map_or(*regions.first()?, |instance| scenario.places[instance.place].region);
        (regions.len() > 1).then(|| WriteWait {
            service: scenario.services[service.service].name.clone(),
            copy: row.name.clone(),
            from: scenario.places[from].name.clone(),
            acks,
            places: regions.len() as u32,
            round_trip: nearest(scenario, from, &regions, acks as usize),
        })
    };
    tier.services.iter().flat_map(|service| service.copies.iter().filter_map(|copy| one(service, *copy))).collect()
}

/// Seconds to the `k`-th nearest of these regions and back.
fn nearest(scenario: &Scenario, from: PlaceId, regions: &[PlaceId], k: usize) -> Option<f64> {
    let trip = |region: &PlaceId| {
        let link = scenario.links.rows().iter().find(|link| link.joins(from, *region));
        // A link without a round trip is one that nobody has measured.
        let known = link.map(|link| link.rtt.seconds()).filter(|rtt| *rtt > 0.0);
        if *region == from { Some(0.0) } else { known }
    };
    let mut trips: Vec<Option<f64>> = regions.iter().map(trip).collect();
    // One that is not known may be nearer than any but those next door.
    trips.sort_by(|a, b| a.map_or(f64::MIN_POSITIVE, |t| t).total_cmp(&b.map_or(f64::MIN_POSITIVE, |t| t)));
    let nearest = trips.get(..k)?;
    if trips.iter().any(Option::is_none) && nearest.last() != Some(&Some(0.0)) {
        return None;
    }
    nearest.last().copied().flatten()
}
