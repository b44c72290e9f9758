//! Replication that goes on during an incident, and what it leaves of the links for recovery.
//!
//! Streams of services that stay up take their average writes of the link that carries them. What is
//! left is at least an equal part, as max-min fair sharing gives every flow.

use super::finder::{Survival, primary_of};
use super::program::Context;
use crate::id::{CopyId, Id, LinkId};
use crate::model::{AssetIndex, AssetSet, AsyncLag, CopyKind, Scenario, Target, Upstream};

/// The stream that keeps a copy of the tier up to date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) link: LinkId,
    /// Stored bytes per second, on average.
    pub(super) rate: f64,
    /// Position of the service that writes.
    pub(super) service: usize,
    pub(super) copy: CopyId,
    from: Upstream,
}

/// The streams of a tier that use a link with a bandwidth.
pub(super) fn streams(ctx: &Context<'_>) -> Vec<Stream> {
    let stream = |copy: &CopyId| {
        let (scenario, row) = (ctx.scenario, &ctx.scenario.copies[*copy]);
        let link = link_of(ctx, *copy)?;
        scenario.links[link].bandwidth?;
        let service = ctx.tier.services.iter().position(|s| scenario.services[s.service].data == Some(row.data))?;
        let rate = scenario.data[row.data].mean_writes().bytes_per_second() / row.compression;
        Some(Stream { link, rate, service, copy: *copy, from: upstream_of(ctx, *copy)? })
    };
    ctx.tier.copies.iter().filter_map(stream).collect()
}

/// The link that carries a copy's stream; `None` if it has none or does not leave its region.
pub(super) fn link_of(ctx: &Context<'_>, copy: CopyId) -> Option<LinkId> {
    match &ctx.scenario.copies[copy].kind {
        CopyKind::Async { lag: AsyncLag::Over(link), .. } => return Some(*link),
        CopyKind::Async { .. } | CopyKind::Log { acks: None, .. } | CopyKind::Derived { lag: Some(_) } => {}
        _ => return None,
    }
    way_to(ctx, copy)
}

/// The link that what a copy is made from comes over.
pub(super) fn way_to(ctx: &Context<'_>, copy: CopyId) -> Option<LinkId> {
    let scenario = ctx.scenario;
    let first = |copy: CopyId| scenario.copies[copy].sites.first().map(|site| scenario.site_place(*site));
    let from = match upstream_of(ctx, copy)? {
        Upstream::Copy(up) => first(up),
        Upstream::External(external) => scenario.externals[external].place,
        Upstream::Data(_) => None,
    };
    scenario.link_between(from?, first(copy)?)
}

/// What a copy is made from in the tier: of a data set, its primary.
pub(super) fn upstream_of(ctx: &Context<'_>, copy: CopyId) -> Option<Upstream> {
    match ctx.scenario.copies[copy].of? {
        Upstream::Data(data) => primary_of(ctx, data).map(Upstream::Copy),
        upstream => Some(upstream),
    }
}

impl Stream {
    /// Whether both of its ends are there.
    pub(super) fn has_ends(&self, scenario: &Scenario, assets: &AssetIndex, taken: &AssetSet) -> bool {
        let there = |copy: CopyId| {
            let all = scenario.copies[copy].sites.len();
            taken.count_in(assets.copy(copy), all) < all
        };
        let from = match self.from {
            Upstream::Copy(up) => there(up),
            Upstream::External(external) => !taken.contains(assets.external(external)),
            Upstream::Data(_) => false,
        };
        from && there(self.copy)
    }
}

/// Takes what these streams carry from the capacities of their links.
///
/// # Formula
/// B − Σ w, and at least B ÷ (k + 1), for k streams of w on a link of B.
pub(super) fn leave(capacities: &mut [f64], streams: impl Iterator<Item = (LinkId, f64)> + Clone) {
    for (link, capacity) in capacities.iter_mut().enumerate() {
        let here = streams.clone().filter(|(over, rate)| over.index() == link && *rate > 0.0);
        let (count, sum) = here.fold((0.0, 0.0), |(count, sum), (_, rate)| (count + 1.0, sum + rate));
        if count > 0.0 {
            *capacity = (*capacity - sum).max(*capacity / (count + 1.0));
        }
    }
}

/// What is left of the links in an event, given the share of its usual writes that each service goes
/// on with.
pub(super) fn left(ctx: &Context<'_>, survival: &Survival<'_>, going: &[f64]) -> Vec<f64> {
    let mut capacities = survival.capacities.clone();
    let cut = |link: LinkId| survival.targets.contains(&Target::Link(link));
    let there =
        |s: &Stream| going[s.service] > 0.0 && !cut(s.link) && s.has_ends(ctx.scenario, ctx.assets, &survival.taken);
    let streams: Vec<(LinkId, f64)> =
        streams(ctx).into_iter().filter(there).map(|s| (s.link, s.rate * going[s.service])).collect();
    leave(&mut capacities, streams.iter().copied());
    capacities
}
