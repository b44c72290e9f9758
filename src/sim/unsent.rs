//! Writes that had been acknowledged and had not reached the places that are left: a service that goes on
//! without the others goes on without them.

use super::finder::{Chain, Survival, chain, own_lag};
use super::impact::{acks, lost_sites};
use super::lag::{Lag, Read, total};
use super::program::Context;
use super::random::Uniform;
use crate::id::CopyId;
use crate::model::{AssetSet, CopyKind, TierService};

/// What of a copy is not in the places that are left.
#[derive(Clone, Debug)]
pub(super) struct Unsent {
    pub(super) copy: CopyId,
    /// How old the state is that is left.
    behind: Vec<Lag>,
}

impl Unsent {
    /// What the copies of a service lose if it goes on without these places; `for_good`: what they hold does
    /// not come back.
    pub(super) fn of(
        ctx: &Context<'_>,
        survival: &Survival<'_>,
        row: &TierService,
        lost: &AssetSet,
        for_good: bool,
    ) -> Vec<Self> {
        let merges = |copy: &CopyId| matches!(ctx.scenario.copies[*copy].kind, CopyKind::Async { merges: true, .. });
        let joined = !for_good && row.copies.iter().any(merges);
        let behind = |copy: CopyId| match &ctx.scenario.copies[copy].kind {
            // A lost side of an active-active pair had taken writes too.
            CopyKind::Async { both_ways: true, merges, .. } if for_good || !merges => {
                (lost_sites(ctx, copy, lost) > 0).then(|| chain(ctx, copy, Chain::Whole))
            }
            _ if joined || survival.logical() => None,
            _ => short_of_acks(ctx, copy, lost),
        };
        row.copies.iter().filter_map(|copy| Some(Self { copy: *copy, behind: behind(*copy)? })).collect()
    }
}

/// Some writes had no place but those, if as many are lost as acknowledge one. Those of a primary are in its
/// log, if writes wait for that.
fn short_of_acks(ctx: &Context<'_>, copy: CopyId, lost: &AssetSet) -> Option<Vec<Lag>> {
    let (acks, _) = acks(ctx, copy)?;
    let (lost, all) = (lost_sites(ctx, copy, lost), ctx.scenario.copies[copy].sites.len());
    let holds = |log: &CopyId| matches!(&ctx.scenario.copies[*log].kind, CopyKind::Log { acks: Some(_), bases, .. } if bases.contains(&copy));
    if lost < acks || lost == all || ctx.tier.copies.iter().any(holds) {
        return None;
    }
    Some(own_lag(ctx, copy)).filter(|behind| !behind.is_empty())
}

/// Seconds of writes that a service loses by all of these.
pub(super) fn age<'a, U: Uniform>(unsent: impl IntoIterator<Item = &'a Unsent>, draws: &U, occurrence: u64) -> f64 {
    // Where writes are taken nothing is made from what has a calendar.
    let read = Read { at: 0.0, moment: 0.0 };
    let age = |one: &Unsent| total(&one.behind, draws, occurrence, 0, read).map_or(0.0, |behind| behind.age);
    unsent.into_iter().map(age).fold(0.0, f64::max)
}
