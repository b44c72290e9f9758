//! What an event does to every service of the tier: by itself, and with what it needs.

use super::case::{Case, Setting};
use super::fate::{Fate, PlanInfo, ServiceCase, service_case};
use super::sides::cut;
use super::streams::left_by_streams;
use crate::id::PlaceId;
use crate::model::{FailureKind, Need};

/// What an event does to every service of the tier, in the tier's order.
pub(super) fn judge(at: &Setting<'_>, case: &mut Case, plans: &[Vec<PlanInfo<'_>>]) -> Vec<ServiceCase> {
    // Derived data waits for its input, so who is down must be known first.
    let (fates, _) = by_themselves(at, case, plans);
    case.down = (0..fates.len()).filter(|n| is_down(&fates[*n])).collect();
    case.left = left_by_streams(at, case);
    let (mut services, _) = by_themselves(at, case, plans);
    for n in 0..services.len() {
        let waits = needed(at, n).any(|need| is_down(&services[need]));
        if waits && !is_down(&services[n]) {
            services[n].fate = Fate::Down { own: false, outside: false, options: Vec::new(), after_outage: Vec::new() };
        }
    }
    services
}

/// What it does to each, but for those that they need where both are there; and the regions where they go on.
fn by_themselves(
    at: &Setting<'_>,
    case: &Case,
    plans: &[Vec<PlanInfo<'_>>],
) -> (Vec<ServiceCase>, Vec<Option<PlaceId>>) {
    let (mut services, mut places): (Vec<ServiceCase>, Vec<Option<PlaceId>>) = (Vec::new(), Vec::new());
    for (n, row) in at.tier.services.iter().enumerate() {
        let (service, place) = if at.kind() == FailureKind::Partition {
            let needs: Vec<PlaceId> = needed(at, n).filter_map(|need| places[need]).collect();
            cut(at, case, row, &plans[n], &needs)
        } else {
            (service_case(at, case, row, &plans[n]), None)
        };
        places.push(place.filter(|_| !is_down(&service)));
        services.push(service);
    }
    (services, places)
}

fn is_down(service: &ServiceCase) -> bool {
    matches!(service.fate, Fate::Down { .. })
}

/// Positions of the services that one needs: they come before it.
fn needed<'a>(at: &'a Setting<'_>, n: usize) -> impl Iterator<Item = usize> + 'a {
    let rows = &at.tier.services;
    at.scenario.services[rows[n].service].needs.iter().filter_map(move |need| match need {
        Need::Service(id) => rows[..n].iter().position(|row| row.service == *id),
        Need::External(_) => None,
    })
}
