//! One event and what it leaves of a tier: which services go on, which copies survive it.
//!
//! This says the same as the rules "When is a service up" and "Which copies survive" of the model,
//! written a second time and apart from the simulation, so that each checks the other.

use crate::id::{AccountId, CopyId, DataId, FailureId, Id, PlaceId, PoolId, StepId};
use crate::model::{
    AssetIndex, AssetSet, Copy, CopyKind, Delay, Factor, Failure, FailureKind, Scenario, Step, Target, Tier,
    TierService, Upstream, WhenShort,
};
use crate::units::{BytesPerSecond, Seconds};

use super::span::{Cause, Span};
use super::way::Turns;

/// A tier under a failure: what all its events share.
pub(super) struct Setting<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) assets: AssetIndex,
    pub(super) tier: &'a Tier,
    pub(super) failure: FailureId,
    pub(super) truncate: bool,
    /// By which turns incidents come to what they come to.
    pub(super) turns: Turns,
}

impl<'a> Setting<'a> {
    pub(super) fn row(&self) -> &'a Failure {
        &self.scenario.failures[self.failure]
    }

    pub(super) fn kind(&self) -> FailureKind {
        self.row().kind
    }

    pub(super) fn span(&self, delay: &crate::model::Delay, cause: Cause) -> Span {
        Span::of(delay, self.truncate, cause)
    }

    /// How long the outage lasts; `None` for what does not end by itself.
    pub(super) fn lasts(&self) -> Option<Span> {
        let row = self.row();
        let lasts = self.span(row.lasts.as_ref()?, Cause::Failure(self.failure, "lasts"));
        let starts = row.repair.as_ref().and_then(|repair| repair.starts.as_ref());
        let starts = starts.map(|starts| self.span(starts, Cause::Failure(self.failure, "repair_starts")));
        Some(starts.map_or(lasts, |starts| starts.plus(lasts)))
    }

    /// What multiplies the fixed part of a step, if it is one of people.
    pub(super) fn stress(&self, step: &Step) -> Option<&'a Delay> {
        self.scenario.stress_of(step).map(Factor::as_delay)
    }

    /// The fixed part of a step, on a night like any other.
    pub(super) fn fixed(&self, id: StepId, step: &Step) -> Span {
        step.takes.as_ref().map_or(Span::ZERO, |takes| self.span(takes, Cause::Step(id)))
    }

    pub(super) fn lost_instances(&self, pool: PoolId, taken: &AssetSet) -> usize {
        self.assets.lost_instances(self.scenario, pool, taken)
    }

    pub(super) fn lost_sites(&self, copy: CopyId, taken: &AssetSet) -> usize {
        self.assets.lost_sites(self.scenario, copy, taken)
    }

    pub(super) fn is_primary(&self, copy: CopyId) -> bool {
        matches!(self.scenario.copies[copy].kind, CopyKind::Primary { .. })
    }

    /// The primary of a data set in the tier.
    pub(super) fn primary_of(&self, data: DataId) -> Option<CopyId> {
        self.tier.copies.iter().copied().find(|c| self.is_primary(*c) && self.scenario.copies[*c].data == data)
    }

    /// The copy that a copy is made from.
    pub(super) fn source_of(&self, copy: CopyId) -> Option<CopyId> {
        match self.scenario.copies[copy].of? {
            Upstream::Copy(up) => Some(up),
            Upstream::Data(data) => self.primary_of(data),
            Upstream::External(_) => None,
        }
    }

    /// A copy and all that it is made from, one after the other.
    pub(super) fn sources(&self, copy: CopyId) -> impl Iterator<Item = CopyId> + '_ {
        std::iter::successors(Some(copy), |here| self.source_of(*here)).take(self.scenario.copies.len())
    }

    /// Whether the newest writes of a primary are only in a log of the tier.
    pub(super) fn has_log(&self, primary: CopyId) -> bool {
        self.tier.copies.iter().any(
            |copy| matches!(&self.scenario.copies[*copy].kind, CopyKind::Log { bases, .. } if bases.contains(&primary)),
        )
    }

    /// How many sites of a copy a write waits for, and whether it goes on with one.
    pub(super) fn acks(&self, copy: CopyId) -> Option<(usize, WhenShort)> {
        match &self.scenario.copies[copy].kind {
            CopyKind::Primary { acks, when_short, .. } | CopyKind::Log { acks: Some(acks), when_short, .. } => {
                Some((*acks as usize, *when_short))
            }
            _ => None,
        }
    }

    pub(super) fn is_writable(&self, copy: CopyId, taken: &AssetSet, lenient: bool) -> bool {
        let Some((acks, when_short)) = self.acks(copy) else { return true };
        let left = self.scenario.copies[copy].sites.len() - self.lost_sites(copy, taken);
        left >= acks || (left >= 1 && (lenient || when_short == WhenShort::Continue))
    }

    /// Whether a service's own parts let it go on without what is taken.
    pub(super) fn is_up(&self, row: &TierService, taken: &AssetSet) -> bool {
        let pools = row.runs.iter().all(|pool| {
            let (lost, all) = (self.lost_instances(*pool, taken), &self.scenario.compute[*pool]);
            if all.sharded { lost == 0 } else { all.instances.len() - lost >= all.enough as usize }
        });
        pools && row.copies.iter().all(|copy| self.is_writable(*copy, taken, false))
    }

    /// Whether these targets hold anything of the tier.
    pub(super) fn concerns(&self, targets: &[Target]) -> bool {
        self.assets.concerns(self.scenario, self.tier, self.kind(), targets)
    }
}

/// How logical damage reaches a copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// Not at all.
    Spared,
    /// It is hit itself.
    Hit,
    /// From upstream, held back for so many seconds.
    After(f64),
}

/// One event.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) targets: Vec<Target>,
    pub(super) taken: AssetSet,
    pub(super) destroyed: bool,
    /// The places are back, the data is not.
    pub(super) open_places: bool,
    /// Stored bytes per second that each link has for recovery; infinite where it has no limit.
    pub(super) left: Vec<f64>,
    pub(super) reach: Vec<Reach>,
    /// Positions of services that are down themselves.
    pub(super) down: Vec<usize>,
}

impl Case {
    pub(super) fn new(at: &Setting<'_>, targets: Vec<Target>, taken: AssetSet, destroyed: bool) -> Self {
        let bandwidths = at.scenario.links.rows().iter().map(|link| link.bandwidth);
        let left = bandwidths.map(|b| b.map_or(f64::INFINITY, BytesPerSecond::bytes_per_second)).collect();
        let mut case =
            Self { targets, taken, destroyed, open_places: false, left, reach: Vec::new(), down: Vec::new() };
        case.reach = case.spread(at);
        case
    }

    pub(super) fn is_logical(&self, at: &Setting<'_>) -> bool {
        !at.kind().ends_by_itself()
    }

    pub(super) fn holds_account(&self, account: Option<AccountId>) -> bool {
        account.is_some_and(|account| self.targets.contains(&Target::Account(account)))
    }

    fn is_hit(&self, at: &Setting<'_>, id: CopyId, copy: &Copy) -> bool {
        self.is_logical(at)
            && self.targets.iter().any(|target| match *target {
                Target::Data(data) => at.is_primary(id) && copy.data == data,
                Target::Copy(hit) => hit == id,
                Target::Account(account) => copy.account == Some(account),
                _ => false,
            })
    }

    /// Bad changes follow every edge downstream unless the edge skips them.
    fn spread(&self, at: &Setting<'_>) -> Vec<Reach> {
        let copies = &at.scenario.copies;
        let start = |(id, copy)| if self.is_hit(at, id, copy) { Reach::Hit } else { Reach::Spared };
        let mut reach: Vec<Reach> = copies.iter().map(start).collect();
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for (id, copy) in copies.iter() {
                let Some(Upstream::Copy(up)) = copy.of else { continue };
                let held = match reach[up.index()] {
                    Reach::Spared => continue,
                    Reach::Hit => 0.0,
                    Reach::After(held) => held,
                };
                if reach[id.index()] == Reach::Spared && !copy.edge.skips.contains(&at.kind()) {
                    reach[id.index()] = Reach::After(held + copy.edge.delay.map_or(0.0, Seconds::seconds));
                    changed = true;
                }
            }
        }
        reach
    }

    /// Whether an edge on the way to a copy keeps what an attacker wrote away from it.
    pub(super) fn is_clean(&self, at: &Setting<'_>, copy: CopyId) -> bool {
        let row = &at.scenario.copies[copy];
        let from_clean = || match row.of {
            Some(Upstream::Copy(up)) => self.is_clean(at, up),
            _ => false,
        };
        self.reach[copy.index()] == Reach::Spared && (row.edge.skips.contains(&FailureKind::Compromise) || from_clean())
    }

    /// Whether a copy takes in nothing more once an attacker has struck: its account is held, or what it is made
    /// from is.
    pub(super) fn stops(&self, at: &Setting<'_>, copy: CopyId) -> bool {
        let row = &at.scenario.copies[copy];
        let is_down =
            |up: CopyId| self.reach[up.index()] == Reach::Hit || self.holds_account(at.scenario.copies[up].account);
        at.kind() == FailureKind::Compromise
            && (self.holds_account(row.account) || at.source_of(copy).is_some_and(is_down))
    }

    /// How long before the failure the last run of a backup that counts starts at least; `takes`: its run time.
    pub(super) fn last_run(&self, at: &Setting<'_>, copy: CopyId, takes: Span) -> Span {
        let is_there = |up: CopyId| at.is_primary(up) || self.reach[up.index()] != Reach::Hit;
        if self.stops(at, copy) {
            takes
        } else if at.kind() != FailureKind::Compromise && at.sources(copy).skip(1).all(is_there) {
            Span::exactly(f64::NEG_INFINITY)
        } else {
            Span::ZERO
        }
    }

    /// Whether a lost instance may start again somewhere in the place that it may run in.
    pub(super) fn can_restart(&self, at: &Setting<'_>, pool: PoolId) -> bool {
        let scenario = at.scenario;
        let row = &scenario.compute[pool];
        let Some(within) = row.within else { return false };
        let mut leaves =
            scenario.places.iter().filter(|(id, p)| p.children.is_empty() && scenario.is_within(*id, within));
        !self.holds_account(row.account) && leaves.any(|(leaf, _)| !self.is_closed(at, leaf))
    }

    /// Whether a place itself is hit, not only what stands there.
    pub(super) fn is_closed(&self, at: &Setting<'_>, place: PlaceId) -> bool {
        !self.open_places
            && self.targets.iter().any(|t| matches!(t, Target::Place(p) if at.scenario.is_within(place, *p)))
    }

    /// Where the first reachable site of a copy stands, or what it is derived from.
    pub(super) fn place_of(&self, at: &Setting<'_>, copy: CopyId) -> Option<PlaceId> {
        let (first, row) = (at.assets.copy(copy), &at.scenario.copies[copy]);
        let there = row.sites.iter().enumerate().find(|(n, _)| !self.taken.contains(first + n));
        there.map(|(_, site)| at.scenario.site_place(*site)).or_else(|| match row.of {
            Some(Upstream::External(external)) => at.scenario.externals[external].place,
            Some(Upstream::Copy(up)) if row.sites.is_empty() => self.place_of(at, up),
            _ => None,
        })
    }
}

/// The targets of members struck together.
pub(super) fn targets_of(at: &Setting<'_>, members: &[usize]) -> Vec<Target> {
    members.iter().flat_map(|m| at.row().members[*m].targets.clone()).collect()
}

/// Logical bytes of the part of a copy that is hit.
pub(super) fn size_of(at: &Setting<'_>, copy: CopyId) -> f64 {
    at.scenario.data[at.scenario.copies[copy].data].size.bytes() * at.row().share
}
