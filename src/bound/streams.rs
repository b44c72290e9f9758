//! Replication that goes on during an event, and what it leaves of the links for recovery.

use crate::id::{CopyId, Id};
use crate::model::{AsyncLag, CopyKind, Need, Target, Upstream};

use super::case::{Case, Setting};

/// What streams leave of the links: those between copies that are there, of services that can still be
/// written to, each with its average.
pub(super) fn left_by_streams(at: &Setting<'_>, case: &Case) -> Vec<f64> {
    let scenario = at.scenario;
    let rows = &at.tier.services;
    // In the tier's order each service stands behind what it needs.
    let mut stopped = vec![false; rows.len()];
    for n in 0..rows.len() {
        let needs = &scenario.services[rows[n].service].needs;
        let waits = |need: &Need| match need {
            Need::Service(id) => rows[..n].iter().position(|row| row.service == *id).is_some_and(|m| stopped[m]),
            Need::External(_) => false,
        };
        stopped[n] = case.down.contains(&n) || needs.iter().any(waits);
    }
    let there = |copy: CopyId| at.lost_sites(copy, &case.taken) < scenario.copies[copy].sites.len();
    let place = |copy: CopyId| scenario.copies[copy].sites.first().map(|site| scenario.site_place(*site));
    let mut carried: Vec<Vec<f64>> = vec![Vec::new(); scenario.links.len()];
    for copy in at.tier.copies.iter().filter(|copy| there(**copy)) {
        let row = &scenario.copies[*copy];
        let streams = matches!(
            row.kind,
            CopyKind::Async { .. } | CopyKind::Log { acks: None, .. } | CopyKind::Derived { lag: Some(_) }
        );
        let upstream = match row.of {
            Some(Upstream::Data(data)) => at.primary_of(data).map(Upstream::Copy),
            other => other,
        };
        let from = match upstream {
            Some(Upstream::Copy(up)) if there(up) => place(up),
            Some(Upstream::External(e)) if !case.taken.contains(at.assets.external(e)) => scenario.externals[e].place,
            _ => None,
        };
        let between = from.zip(place(*copy)).and_then(|(from, to)| scenario.link_between(from, to));
        let link = match row.kind {
            CopyKind::Async { lag: AsyncLag::Over(link), .. } => from.map(|_| link),
            _ => between,
        };
        let Some(link) = link.filter(|link| streams && !case.targets.contains(&Target::Link(*link))) else { continue };
        let writer = rows.iter().position(|s| scenario.services[s.service].data == Some(row.data));
        let share = match writer {
            Some(n) if !stopped[n] => 1.0,
            Some(_) if case.is_logical(at) => 1.0 - at.row().share,
            _ => 0.0,
        };
        let rate = scenario.data[row.data].mean_writes().bytes_per_second() / row.compression * share;
        if rate > 0.0 {
            carried[link.index()].push(rate);
        }
    }
    let left = |(all, rates): (&f64, &Vec<f64>)| {
        let equal = all / (rates.len() + 1) as f64;
        (all - rates.iter().sum::<f64>()).max(equal)
    };
    case.left.iter().zip(&carried).map(left).collect()
}
