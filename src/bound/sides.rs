//! A partition: each side is judged as if the rest were lost.

use crate::id::{LinkId, PlaceId};
use crate::model::{AssetSet, CopyKind, Target, TierService};

use super::case::{Case, Setting};
use super::fate::{Fate, PlanInfo, ServiceCase, service_case};

/// A part of the network, and what the service is there.
struct SideCase {
    regions: Vec<PlaceId>,
    lost: AssetSet,
    case: ServiceCase,
}

impl SideCase {
    fn is_up(&self) -> bool {
        !matches!(self.case.fate, Fate::Down { .. })
    }
}

/// What a partition does to a service: it goes on where it runs if it can, else on the side with the
/// most places that can; else it is down, and has the plans of every side.
///
/// # Arguments
/// `needs`: where the services go on that it needs.
///
/// # Returns
/// And the region where it goes on.
pub(super) fn cut(
    at: &Setting<'_>,
    case: &Case,
    row: &TierService,
    plans: &[PlanInfo<'_>],
    needs: &[PlaceId],
) -> (ServiceCase, Option<PlaceId>) {
    let mut untouched = ServiceCase {
        fate: Fate::Untouched,
        data_lost: false,
        short: false,
        unsent: Vec::new(),
        unsent_after: Vec::new(),
    };
    let Some(home) = home(at, row) else { return (untouched, None) };
    let cut = case.targets.iter().filter_map(|t| if let Target::Link(link) = t { Some(*link) } else { None });
    let cut: Vec<LinkId> = cut.collect();
    let all = at.scenario.sides(home, &cut);
    let lacks = |beyond: &[PlaceId]| needs.iter().any(|need| beyond.contains(need));
    let within = |regions: &[PlaceId]| at.assets.all_in(at.scenario, regions);
    let mut sides: Vec<SideCase> = Vec::new();
    for (n, side) in all.into_iter().enumerate() {
        if n > 0 && !at.assets.holds_any(at.scenario, row, &within(&side.regions)) {
            continue;
        }
        let (lost, lacks) = (within(&side.beyond), lacks(&side.beyond));
        let targets = case.targets.iter().copied().chain(side.beyond.into_iter().map(Target::Place)).collect();
        let seen = Case { targets, taken: lost.clone(), ..case.clone() };
        let mut case = service_case(at, &seen, row, plans);
        if lacks {
            lack_outside(&mut case);
        }
        sides.push(SideCase { regions: side.regions, lost, case });
    }
    if sides.len() < 2 {
        if needs.iter().any(|need| !at.scenario.reaches(home, *need, &cut)) {
            lack_outside(&mut untouched);
        }
        return (untouched, Some(home));
    }
    let places = |side: &SideCase| -> usize {
        let acked = row.copies.iter().filter(|copy| at.acks(**copy).is_some());
        acked.map(|copy| at.scenario.copies[*copy].sites.len() - at.lost_sites(*copy, &side.lost)).sum()
    };
    sides[1..].sort_by_key(|side| std::cmp::Reverse(places(side)));
    match sides.iter().position(SideCase::is_up) {
        None => (all_plans(sides), None),
        Some(serving) => {
            let holds =
                |region: &&PlaceId| at.assets.holds_any(at.scenario, row, &within(std::slice::from_ref(*region)));
            let there = if serving == 0 { Some(home) } else { sides[serving].regions.iter().find(holds).copied() };
            let parted = diverges(at, row, &sides, serving);
            let mut case = sides.swap_remove(serving).case;
            if let Fate::Masked { diverges, .. } = &mut case.fate {
                *diverges = parted;
            }
            // What the other half of a pair took is only cut off where the service runs. A copy in several
            // places is judged as if those beyond the cut were lost.
            case.unsent.retain(|(copy, _)| serving > 0 || at.acks(*copy).is_some());
            (case, there)
        }
    }
}

/// Something that it needs is not there before the links are.
fn lack_outside(case: &mut ServiceCase) {
    match &mut case.fate {
        Fate::Down { outside, .. } => *outside = true,
        fate => *fate = Fate::Down { own: false, outside: true, options: Vec::new(), after_outage: Vec::new() },
    }
}

/// The region where a service runs, or without compute has its primary.
fn home(at: &Setting<'_>, row: &TierService) -> Option<PlaceId> {
    let scenario = at.scenario;
    let runs_at = row.runs.first().and_then(|pool| scenario.compute[*pool].instances.first()).map(|i| i.place);
    let lies_at = || {
        let primary = row.copies.iter().find(|c| at.is_primary(**c))?;
        scenario.copies[*primary].sites.first().map(|site| scenario.site_place(*site))
    };
    Some(scenario.places[runs_at.or_else(lies_at)?].region)
}

/// Whether a second side takes writes that are not joined afterwards.
fn diverges(at: &Setting<'_>, row: &TierService, sides: &[SideCase], serving: usize) -> bool {
    let copies = || row.copies.iter().map(|copy| &at.scenario.copies[*copy]);
    let region = |place: PlaceId| at.scenario.places[place].region;
    let cut_off = |place: PlaceId| sides[1..].iter().any(|side| side.regions.contains(&region(place)));
    let users_on_both = copies().any(|copy| {
        matches!(copy.kind, CopyKind::Async { both_ways: true, merges: false, .. })
            && copy.sites.iter().any(|site| cut_off(at.scenario.site_place(*site)))
    });
    if serving == 0 && users_on_both {
        return true;
    }
    let joined = copies().any(|copy| matches!(copy.kind, CopyKind::Async { merges: true, .. }));
    let written = || row.copies.iter().copied().filter(|copy| at.acks(*copy).is_some());
    // Of what several sides reach, the side that serves has the acknowledgements.
    let writes_alone = |side: &SideCase| {
        let mut rest = side.lost.clone();
        let apart = at.scenario.places.ids().filter(|place| !side.regions.contains(&region(*place)));
        rest.unite(&at.assets.all_in(at.scenario, &apart.collect::<Vec<PlaceId>>()));
        written().all(|copy| at.is_writable(copy, &rest, false))
    };
    let mut others = sides.iter().enumerate().filter(|(n, side)| *n != serving && side.is_up());
    !joined && written().next().is_some() && others.any(|(_, side)| writes_alone(side))
}

/// Down on every side: the plans that each of them can carry out.
fn all_plans(mut sides: Vec<SideCase>) -> ServiceCase {
    let others = sides.split_off(1);
    let mut here = sides.swap_remove(0).case;
    let Fate::Down { own, outside, options, .. } = &mut here.fate else { return here };
    for side in others {
        let Fate::Down { own: true, outside: false, options: more, .. } = side.case.fate else { continue };
        // A side that has what others lack from outside does not wait for it.
        if *outside && !more.is_empty() {
            options.clear();
            (*own, *outside) = (true, false);
        }
        for option in more {
            if options.iter().all(|known| known.plan != option.plan) {
                options.push(option);
            }
        }
    }
    options.sort_by_key(|option| option.plan);
    here
}
