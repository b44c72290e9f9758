//! What a service loses that goes on with what is left of its copies: writes that had been acknowledged and
//! were nowhere else.

use crate::id::CopyId;
use crate::model::{CopyKind, TierService};

use super::case::{Case, Setting};
use super::lag::{Behind, chain, own_lag};
use super::span::Span;
use super::timeline::Loss;

/// How old what is left of each copy is, where that is not the newest state.
pub(super) fn of(at: &Setting<'_>, case: &Case, row: &TierService) -> Vec<(CopyId, Behind)> {
    let left = |copy: &CopyId| Some((*copy, behind(at, case, row, *copy)?));
    row.copies.iter().filter_map(left).collect()
}

fn behind(at: &Setting<'_>, case: &Case, row: &TierService, copy: CopyId) -> Option<Behind> {
    let kind = |copy: CopyId| &at.scenario.copies[copy].kind;
    let (lost, all) = (at.lost_sites(copy, &case.taken), at.scenario.copies[copy].sites.len());
    if let CopyKind::Async { both_ways: true, merges, .. } = kind(copy) {
        // The other half of a pair took writes as well.
        return (lost > 0 && (case.destroyed || !merges)).then(|| chain(at, copy, true));
    }
    let (acks, _) = at.acks(copy)?;
    let joined = row.copies.iter().any(|other| matches!(kind(*other), CopyKind::Async { merges: true, .. }));
    let has_all =
        |log: &CopyId| matches!(kind(*log), CopyKind::Log { acks: Some(_), bases, .. } if bases.contains(&copy));
    let short = lost >= acks && lost < all && !case.is_logical(at) && (case.destroyed || !joined);
    if short && !at.tier.copies.iter().any(has_all) { own_lag(at, copy) } else { None }
}

/// The oldest of them.
pub(super) fn age(unsent: &[(CopyId, Behind)]) -> Span {
    unsent.iter().fold(Span::ZERO, |all, (_, behind)| all.max(behind.age))
}

/// Its mean, where one is always the oldest.
pub(super) fn mean_age(unsent: &[(CopyId, Behind)]) -> Option<f64> {
    match unsent {
        [] => Some(0.0),
        [(_, one)] => one.mean_age,
        _ => None,
    }
}

/// Writes of that age, and those of a time after the failure.
pub(super) fn loss(unsent: &[(CopyId, Behind)], after: Span, writes: f64) -> Loss {
    let before = age(unsent);
    let sum = before.plus(after);
    Loss { before, after, sum, bytes: sum.times(writes) }
}
