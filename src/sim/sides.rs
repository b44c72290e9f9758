//! A partition: places and copies are all there, but not everything reaches everything. Each side is
//! judged as if the rest were lost, on top of whatever else is lost.

use super::finder::Survival;
use super::impact::{Fate, PlanOption, ServiceImpact, acks, places_left, takes_writes};
use super::program::{Context, ServiceProgram};
use super::unsent::Unsent;
use crate::id::{LinkId, PlaceId};
use crate::model::{AssetSet, CopyKind, Scenario, Side, Target, TierService};

/// A side as the service meets it.
struct SideImpact {
    regions: Vec<PlaceId>,
    /// Everything that it does not reach, and what is lost anyway.
    taken: AssetSet,
    impact: ServiceImpact,
}

/// What an event does to a service. The side where it runs goes on if it can, otherwise the strongest
/// that can; where none can, the plans are those of all sides.
///
/// # Arguments
/// `needs`: the regions where the services go on that it needs. One that a side does not reach is lost to it.
///
/// # Returns
/// And the region where it goes on, if it does and stands anywhere.
pub(super) fn judge(
    ctx: &Context<'_>,
    service: &ServiceProgram,
    row: &TierService,
    (survival, gone): (&Survival<'_>, &AssetSet),
    needs: &[PlaceId],
) -> (ServiceImpact, Option<PlaceId>) {
    let home = home(ctx.scenario, row);
    let mut sides = sides(ctx, service, row, (survival, gone), needs);
    if sides.len() < 2 {
        // Nothing of it lies beyond the cut but what its copies may be made from again.
        let mut impact =
            sides.pop().map_or_else(|| ServiceImpact::new(ctx, service, row, survival, gone), |side| side.impact);
        let cut = cut_links(survival.targets);
        if home.is_some_and(|home| needs.iter().any(|need| !ctx.scenario.reaches(home, *need, &cut))) {
            impact.lack_outside();
        }
        return (impact, home);
    }
    let is_down = |side: &SideImpact| matches!(side.impact.fate, Fate::Down { .. });
    // The first is where it runs; of the others those with more places come first, equals by name.
    sides[1..].sort_by_key(|side| std::cmp::Reverse(places_left(ctx, row, &side.taken)));
    let Some(serving) = sides.iter().position(|side| !is_down(side)) else { return (recover(sides), None) };
    let parted = diverges(ctx, row, &sides, serving);
    let holds = |region: &&PlaceId| {
        ctx.assets.holds_any(ctx.scenario, row, &ctx.assets.all_in(ctx.scenario, std::slice::from_ref(*region)))
    };
    let there = if serving == 0 { home } else { sides[serving].regions.iter().find(holds).copied() };
    let mut impact = sides.swap_remove(serving).impact;
    if let Fate::Masked { diverges, .. } = &mut impact.fate {
        *diverges = parted;
    }
    if serving == 0 {
        // Writes that the other half of a pair took are only cut off; those that were acknowledged beyond the
        // cut are not here.
        impact.unsent.retain(|unsent| acks(ctx, unsent.copy).is_some());
        let lost = Unsent::of(ctx, survival, row, &survival.taken, survival.destroyed);
        impact.unsent.extend(lost.into_iter().filter(|unsent| acks(ctx, unsent.copy).is_none()));
    }
    (impact, there)
}

/// The links among what is struck: they are cut.
pub(super) fn cut_links(targets: &[Target]) -> Vec<LinkId> {
    let link = |target: &Target| if let Target::Link(link) = target { Some(*link) } else { None };
    targets.iter().filter_map(link).collect()
}

/// The side where the service runs, and all others that hold something of it; none where nothing is cut.
fn sides(
    ctx: &Context<'_>,
    service: &ServiceProgram,
    row: &TierService,
    (survival, gone): (&Survival<'_>, &AssetSet),
    needs: &[PlaceId],
) -> Vec<SideImpact> {
    let cut = cut_links(survival.targets);
    let Some(home) = home(ctx.scenario, row).filter(|_| !cut.is_empty()) else { return Vec::new() };
    let side = |side: Side| {
        let mut taken = ctx.assets.all_in(ctx.scenario, &side.beyond);
        taken.unite(&survival.taken);
        let targets: Vec<Target> =
            survival.targets.iter().copied().chain(side.beyond.iter().copied().map(Target::Place)).collect();
        let seen = survival.as_seen(&targets, taken.clone());
        let mut impact = ServiceImpact::new(ctx, service, row, &seen, gone);
        if needs.iter().any(|need| side.beyond.contains(need)) {
            impact.lack_outside();
        }
        SideImpact { regions: side.regions, taken, impact }
    };
    let holds_any = |side: &Side| {
        let within = ctx.assets.all_in(ctx.scenario, &side.regions);
        ctx.assets.holds_any(ctx.scenario, row, &within)
    };
    let mut all = ctx.scenario.sides(home, &cut).into_iter();
    let here = all.next();
    here.into_iter().chain(all.filter(holds_any)).map(side).collect()
}

/// The region where a service runs: of its first instance, or without any of its primary.
pub(super) fn home(scenario: &Scenario, row: &TierService) -> Option<PlaceId> {
    let pool_place = row.runs.first().and_then(|pool| scenario.compute[*pool].instances.first()).map(|i| i.place);
    let data_place = || {
        let primary = row.copies.iter().find(|c| matches!(scenario.copies[**c].kind, CopyKind::Primary { .. }))?;
        scenario.copies[*primary].sites.first().map(|site| scenario.site_place(*site))
    };
    Some(scenario.places[pool_place.or_else(data_place)?].region)
}

/// Whether writes are taken on two sides that do not join them when they meet again.
fn diverges(ctx: &Context<'_>, row: &TierService, sides: &[SideImpact], serving: usize) -> bool {
    let region = |place: PlaceId| ctx.scenario.places[place].region;
    let mut merging = false;
    let mut both_ways = false;
    for (id, copy) in row.copies.iter().map(|copy| (*copy, &ctx.scenario.copies[*copy])) {
        if let CopyKind::Async { both_ways: takes_writes, merges, .. } = copy.kind {
            merging |= merges;
            let writes = |(n, place): (usize, PlaceId)| {
                let there = |side: &&SideImpact| side.regions.contains(&region(place));
                sides[1..].iter().find(there).is_some_and(|side| !side.taken.contains(ctx.assets.copy(id) + n))
            };
            let places = copy.sites.iter().map(|site| ctx.scenario.site_place(*site));
            both_ways |= takes_writes && !merges && places.enumerate().any(writes);
        }
    }
    let written = row.copies.iter().any(|copy| acks(ctx, *copy).is_some());
    let writes = |side: &SideImpact| {
        // A place that several sides reach acknowledges the writes of one, and that is the one that serves.
        let apart = ctx.scenario.places.ids().filter(|place| !side.regions.contains(&region(*place)));
        let mut taken = ctx.assets.all_in(ctx.scenario, &apart.collect::<Vec<PlaceId>>());
        taken.unite(&side.taken);
        !matches!(side.impact.fate, Fate::Down { .. }) && takes_writes(ctx, row, &taken)
    };
    let others = || sides.iter().enumerate().filter(|(n, _)| *n != serving).map(|(_, side)| side);
    (serving == 0 && both_ways) || (written && !merging && others().any(writes))
}

/// Where no side goes on: on each, the plans that can be carried out there. Nobody waits for something
/// outside that another side has.
fn recover(mut sides: Vec<SideImpact>) -> ServiceImpact {
    let others = sides.split_off(1);
    let mut here = sides.swap_remove(0).impact;
    let Fate::Down { own, waits_for_outside, options, .. } = &mut here.fate else { return here };
    for side in others {
        let Fate::Down { own: true, waits_for_outside: false, options: more, .. } = side.impact.fate else { continue };
        if *waits_for_outside && !more.is_empty() {
            (*own, *waits_for_outside, *options) = (true, false, Vec::new());
        }
        let there = |option: &PlanOption| options.iter().any(|known| known.plan == option.plan);
        let new: Vec<PlanOption> = more.into_iter().filter(|option| !there(option)).collect();
        options.extend(new);
    }
    options.sort_by_key(|option| option.plan);
    here
}
