//! Which copies survive an event, and how their recovery points are found.

use super::impact::{lost_instances, lost_sites};
use super::lag::{Backlog, Lag};
use super::overlap::Overlap;
use super::point::{LogFinder, PointFinder};
use super::program::Context;
use super::random::{Chance, Draw, Key};
use super::schedule::{Afterwards, Backup, Starts};
use crate::id::{AccountId, CopyId, DataId, Id, PlaceId, PoolId};
use crate::model::{
    AssetSet, AsyncLag, Copy, CopyKind, Delay, FailureKind, Schedule, Taints, Target, TierService, Upstream,
};
use crate::units::Seconds;

/// What an event did to copies and places.
#[derive(Clone)]
pub(super) struct Survival<'a> {
    pub(super) kind: FailureKind,
    /// Assets that cannot be reached.
    pub(super) taken: AssetSet,
    pub(super) destroyed: bool,
    /// Places are back; only what was destroyed is still lost.
    pub(super) open_places: bool,
    /// Positions of services that are down.
    pub(super) down: Vec<usize>,
    /// Position of a service that runs elsewhere and is down there, whatever home is like.
    pub(super) displaced: Option<usize>,
    /// Position of a service that runs elsewhere, and whose plans that lead home lead there.
    pub(super) elsewhere: Option<usize>,
    pub(super) targets: &'a [Target],
    /// What transfers share, as [`super::route::resources`] has it, less what goes on beside them.
    pub(super) capacities: Vec<f64>,
    accounts: Vec<AccountId>,
    /// Per copy of the scenario: how damage reached it.
    reach: Vec<Reach>,
}

/// How logical damage reached a copy.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// Not at all.
    Spared,
    /// It was hit itself.
    Hit,
    /// From upstream, after being held back for so many seconds.
    After(f64),
}

impl<'a> Survival<'a> {
    pub(super) fn new(ctx: &Context<'_>, targets: &'a [Target], taken: &AssetSet, destroyed: bool) -> Self {
        let accounts = targets
            .iter()
            .filter_map(|t| if let Target::Account(account) = t { Some(*account) } else { None })
            .collect();
        let mut survival = Self {
            kind: ctx.kind(),
            taken: taken.clone(),
            destroyed,
            open_places: false,
            down: Vec::new(),
            displaced: None,
            elsewhere: None,
            targets,
            capacities: super::route::resources(ctx),
            accounts,
            reach: Vec::new(),
        };
        survival.reach = survival.spread_of_damage(ctx);
        survival
    }

    /// The same once the outage is over: places are open, what was destroyed is lost.
    pub(super) fn with_places_back(&self) -> Self {
        Self { open_places: true, ..self.clone() }
    }

    /// The same as a side sees it that does not reach everything.
    pub(super) fn as_seen<'b>(&self, targets: &'b [Target], taken: AssetSet) -> Survival<'b>
    where
        'a: 'b,
    {
        Survival { targets, taken, ..self.clone() }
    }

    /// Whether the damage is to the content of data rather than to places.
    pub(super) fn logical(&self) -> bool {
        !self.kind.ends_by_itself()
    }

    /// Follows bad changes from what is hit along every edge downstream.
    fn spread_of_damage(&self, ctx: &Context<'_>) -> Vec<Reach> {
        let copies = &ctx.scenario.copies;
        let mut reach: Vec<Reach> =
            copies.iter().map(|(id, copy)| if self.is_hit(id, copy) { Reach::Hit } else { Reach::Spared }).collect();
        // Copies form chains no longer than their number.
        for _ in 0..copies.len() {
            let mut changed = false;
            for (id, copy) in copies.iter() {
                if reach[id.index()] != Reach::Spared {
                    continue;
                }
                let upstream = match copy.of {
                    Some(Upstream::Copy(up)) => reach[up.index()],
                    _ => Reach::Spared,
                };
                let held = match upstream {
                    Reach::Spared => continue,
                    Reach::Hit => 0.0,
                    Reach::After(held) => held,
                };
                if !copy.edge.skips.contains(&self.kind) {
                    let delay = copy.edge.delay.map_or(0.0, Seconds::seconds);
                    reach[id.index()] = Reach::After(held + delay);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        reach
    }

    fn is_hit(&self, id: CopyId, copy: &Copy) -> bool {
        let primary = matches!(copy.kind, CopyKind::Primary { .. });
        self.logical()
            && self.targets.iter().any(|target| match *target {
                Target::Data(data) => primary && copy.data == data,
                Target::Copy(hit) => hit == id,
                Target::Account(account) => copy.account == Some(account),
                _ => false,
            })
    }

    fn is_held(&self, copy: &Copy) -> bool {
        copy.account.is_some_and(|account| self.accounts.contains(&account))
    }

    /// Whether what an attacker wrote before the strike is kept from this copy by an edge on the way to it.
    fn is_clean(&self, ctx: &Context<'_>, copy: CopyId) -> bool {
        let row = &ctx.scenario.copies[copy];
        let skips = row.edge.skips.contains(&FailureKind::Compromise);
        let above = || matches!(row.of, Some(Upstream::Copy(up)) if self.is_clean(ctx, up));
        self.reach[copy.index()] == Reach::Spared && (skips || above())
    }

    /// Whether damage to the content of this copy takes its service down: it is on the path of writes.
    pub(super) fn breaks_service(&self, ctx: &Context<'_>, copy: CopyId) -> bool {
        let kind = &ctx.scenario.copies[copy].kind;
        let on_write_path = matches!(kind, CopyKind::Primary { .. } | CopyKind::Log { acks: Some(_), .. });
        self.logical() && on_write_path && self.reach[copy.index()] == Reach::Hit
    }

    /// Whether a place itself is hit, not only what stands there.
    pub(super) fn is_closed(&self, ctx: &Context<'_>, place: PlaceId) -> bool {
        !self.open_places
            && self.targets.iter().any(|t| matches!(t, Target::Place(p) if ctx.scenario.is_within(place, *p)))
    }

    /// Whether a lost instance may be started again somewhere in the place it may run in.
    pub(super) fn can_restart(&self, ctx: &Context<'_>, pool: PoolId) -> bool {
        let scenario = ctx.scenario;
        let held = scenario.compute[pool].account.is_some_and(|account| self.accounts.contains(&account));
        let Some(within) = scenario.compute[pool].within else { return false };
        let leaves = scenario.places.iter().filter(|(id, p)| p.children.is_empty() && scenario.is_within(*id, within));
        !held
            && leaves.map(|(id, _)| id).any(|leaf| !self.is_closed(ctx, leaf))
            && lost_instances(ctx, pool, &self.taken) > 0
    }

    /// Where the first reachable site of a copy stands.
    pub(super) fn place(&self, ctx: &Context<'_>, copy: CopyId) -> Option<PlaceId> {
        let first = ctx.assets.copy(copy);
        let row = &ctx.scenario.copies[copy];
        let there = row.sites.iter().enumerate().find(|(n, _)| !self.taken.contains(first + n));
        let own = there.map(|(_, site)| ctx.scenario.site_place(*site));
        own.or_else(|| match row.of {
            Some(Upstream::External(external)) => ctx.scenario.externals[external].place,
            Some(Upstream::Copy(up)) if row.sites.is_empty() => self.place(ctx, up),
            _ => None,
        })
    }

    /// How this copy's recovery point is found, and the service whose data it waits for; `None` if
    /// it gives back nothing.
    pub(super) fn finder(
        &self,
        ctx: &Context<'_>,
        row: &TierService,
        copy: CopyId,
    ) -> Option<(PointFinder, Option<usize>)> {
        if let CopyKind::Derived { .. } = ctx.scenario.copies[copy].kind {
            return self.derived(ctx, row, copy);
        }
        let finder = match self.logical() {
            // Damage may meet a place that is lost at the same time.
            true if self.is_out_of_reach(ctx, copy) => None,
            true => self.after_damage(ctx, copy),
            false => self.after_loss(ctx, copy),
        };
        finder.map(|finder| (finder, None))
    }

    /// Whether a copy has places, and all of them are lost.
    fn is_out_of_reach(&self, ctx: &Context<'_>, copy: CopyId) -> bool {
        let all = ctx.scenario.copies[copy].sites.len();
        all > 0 && !self.open_places && lost_sites(ctx, copy, &self.taken) == all
    }

    /// Outage and partition: what is left of the sites decides.
    fn after_loss(&self, ctx: &Context<'_>, copy: CopyId) -> Option<PointFinder> {
        let row = &ctx.scenario.copies[copy];
        let size = ctx.scenario.data[row.data].size.bytes() * ctx.share();
        let (lost, all) = (lost_sites(ctx, copy, &self.taken), row.sites.len());
        if lost == all {
            return None;
        }
        match &row.kind {
            CopyKind::Primary { acks, .. } => {
                let whole = lost < *acks as usize && !has_log(ctx, copy);
                let behind = if whole { Vec::new() } else { own_lag(ctx, copy) };
                Some(PointFinder::Living { behind, size })
            }
            CopyKind::Async { .. } => Some(PointFinder::Living { behind: chain(ctx, copy, Chain::Whole), size }),
            CopyKind::Backup { .. } => Some(PointFinder::Runs(Box::new(backup(ctx, copy)?))),
            CopyKind::Log { acks, .. } => {
                let whole = acks.is_some_and(|acks| lost < acks as usize);
                self.log(ctx, copy, None, whole).map(|log| PointFinder::Log(Box::new(log)))
            }
            CopyKind::SoftDelete { .. } | CopyKind::Derived { .. } => None,
        }
    }

    /// Deletion, corruption and compromise: whether the damage reached it decides, and who held it.
    fn after_damage(&self, ctx: &Context<'_>, copy: CopyId) -> Option<PointFinder> {
        let row = &ctx.scenario.copies[copy];
        let reach = self.reach[copy.index()];
        let size = ctx.scenario.data[row.data].size.bytes() * ctx.share();
        let compromise = self.kind == FailureKind::Compromise;
        let clean = compromise && self.is_clean(ctx, copy);
        let entered = compromise && ctx.scenario.failures[ctx.failure].taints == Taints::Entry && !clean;
        let behind = || chain(ctx, copy, Chain::Whole);
        match &row.kind {
            CopyKind::Primary { .. } | CopyKind::Async { .. } => match reach {
                Reach::Hit => None,
                Reach::After(held) if held > 0.0 => Some(PointFinder::HeldBack { delay: held, behind: behind(), size }),
                Reach::After(_) => None,
                Reach::Spared if entered => {
                    let delay = row.edge.delay.map_or(0.0, Seconds::seconds);
                    Some(PointFinder::HeldBack { delay, behind: behind(), size })
                }
                Reach::Spared => Some(PointFinder::Spared { behind: behind(), size }),
            },
            CopyKind::Backup { locked, .. } => {
                let lock = self.needed_lock(row, reach, *locked)?;
                let backup = Backup { lock, afterwards: self.afterwards(ctx, copy), ..backup(ctx, copy)? };
                let runs = PointFinder::Runs(Box::new(backup));
                Some(if clean { PointFinder::Clean(Box::new(runs)) } else { runs })
            }
            CopyKind::Log { locked, .. } => {
                let lock = self.needed_lock(row, reach, *locked)?;
                let log = self.log(ctx, copy, lock, false)?;
                Some(PointFinder::Log(Box::new(LogFinder { clean, stopped: self.stopped(ctx, copy, &log), ..log })))
            }
            CopyKind::SoftDelete { keep, bypass, replicated } => {
                let of_hit = matches!(row.of, Some(Upstream::Copy(up)) if match self.reach[up.index()] {
                    Reach::Hit => true,
                    Reach::After(_) => *replicated,
                    Reach::Spared => false,
                });
                let chance = Chance::new(ctx.key.of("bypass").of(&row.name), bypass.value());
                (self.kind == FailureKind::Deletion && of_hit && reach != Reach::Hit)
                    .then_some(PointFinder::Bin { keep: keep.seconds(), bypass: chance })
            }
            CopyKind::Derived { .. } => None,
        }
    }

    /// Points of a copy that the damage hit itself survive only under a lock. `None`: none does.
    fn needed_lock(&self, row: &Copy, reach: Reach, locked: Option<Seconds>) -> Option<Option<f64>> {
        let hit = reach == Reach::Hit || (self.kind == FailureKind::Compromise && self.is_held(row));
        if hit { locked.map(|lock| Some(lock.seconds())) } else { Some(None) }
    }

    /// Whether a copy takes in nothing more once an attacker has struck: its account is held, or what it is made
    /// from is.
    fn stops(&self, ctx: &Context<'_>, copy: CopyId) -> bool {
        let row = &ctx.scenario.copies[copy];
        let is_down = |up: CopyId| self.reach[up.index()] == Reach::Hit || self.is_held(&ctx.scenario.copies[up]);
        self.kind == FailureKind::Compromise && (self.is_held(row) || source_of(ctx, copy).is_some_and(is_down))
    }

    /// What becomes of the runs of a backup once the damage is done. They are begun for as long as it is of data
    /// alone: then one may still be made of an older point.
    fn afterwards(&self, ctx: &Context<'_>, copy: CopyId) -> Afterwards {
        let is_there = |up: CopyId| {
            let hit = !is_primary(ctx, up) && self.reach[up.index()] == Reach::Hit;
            !hit && !self.is_out_of_reach(ctx, up)
        };
        if self.stops(ctx, copy) {
            Afterwards::Stops
        } else if self.kind != FailureKind::Compromise && sources(ctx, copy).skip(1).all(is_there) {
            Afterwards::GoesOn
        } else {
            Afterwards::Finishes
        }
    }

    /// The lags of a log up to the last copy on its way that takes in nothing more.
    fn stopped(&self, ctx: &Context<'_>, copy: CopyId, log: &LogFinder) -> Vec<Lag> {
        match sources(ctx, copy).find(|here| self.stops(ctx, *here)) {
            Some(here) if here == copy => log.behind.clone(),
            Some(here) => chain(ctx, here, Chain::Whole),
            None => Vec::new(),
        }
    }

    fn log(&self, ctx: &Context<'_>, copy: CopyId, lock: Option<f64>, whole: bool) -> Option<LogFinder> {
        let row = &ctx.scenario.copies[copy];
        let CopyKind::Log { lag, bases, keep, .. } = &row.kind else { return None };
        let data = &ctx.scenario.data[row.data];
        let mut behind = match row.of {
            Some(Upstream::Copy(up)) if !is_primary(ctx, up) => chain(ctx, up, Chain::Whole),
            _ => Vec::new(),
        };
        if let (Some(lag), false) = (lag, whole) {
            behind.push(Lag::Law(ctx.draw(lag_key(ctx, copy), lag)));
        }
        let in_tier = bases.iter().filter(|base| ctx.tier.copies.contains(base));
        let after = |base| if self.logical() { self.after_damage(ctx, base) } else { self.after_loss(ctx, base) };
        let found: Vec<(CopyId, PointFinder)> = in_tier.filter_map(|base| Some((*base, after(*base)?))).collect();
        if !bases.is_empty() && found.is_empty() {
            return None;
        }
        Some(LogFinder {
            behind,
            bases: (!bases.is_empty()).then_some(found),
            keep: keep.seconds(),
            clean: false,
            stopped: Vec::new(),
            lock,
            size: data.size.bytes() * ctx.share(),
            writes: data.mean_writes().bytes_per_second() * ctx.share(),
        })
    }

    /// A derived copy: nothing is lost while its input can be reached; else what it holds itself.
    fn derived(&self, ctx: &Context<'_>, row: &TierService, copy: CopyId) -> Option<(PointFinder, Option<usize>)> {
        let copy_row = &ctx.scenario.copies[copy];
        let size = ctx.scenario.data[copy_row.data].size.bytes() * ctx.share();
        let held = self.is_held(copy_row) || self.reach[copy.index()] == Reach::Hit;
        let (lost, all) = (lost_sites(ctx, copy, &self.taken), copy_row.sites.len());
        if (self.logical() && held) || (all > 0 && lost == all && !self.open_places) {
            return None;
        }
        let fresh = PointFinder::Derived { size };
        let input = match copy_row.of? {
            Upstream::External(external) => {
                let reached = self.open_places || !self.taken.contains(ctx.assets.external(external));
                if reached || all == 0 {
                    return reached.then_some((fresh, None));
                }
                let behind = chain(ctx, copy, Chain::Whole);
                return Some((PointFinder::Living { behind, size }, None));
            }
            Upstream::Data(data) => data,
            Upstream::Copy(up) => ctx.scenario.copies[up].data,
        };
        let source = match copy_row.of? {
            Upstream::Copy(up) => Some(up),
            _ => primary_of(ctx, input),
        };
        if self.logical() {
            let clean = source.is_none_or(|up| self.reach[up.index()] == Reach::Spared);
            let entered = ctx.scenario.failures[ctx.failure].taints == Taints::Entry;
            let kept_out = source.is_some_and(|up| self.is_clean(ctx, up));
            let tainted = self.kind == FailureKind::Compromise && entered && !kept_out;
            return (clean && !tainted).then_some((fresh, None));
        }
        let owner = ctx
            .tier
            .services
            .iter()
            .position(|s| s.service != row.service && ctx.scenario.services[s.service].data == Some(input));
        let gate = owner.filter(|n| self.down.contains(n));
        let input_lost =
            source.is_some_and(|up| lost_sites(ctx, up, &self.taken) == ctx.scenario.copies[up].sites.len());
        if gate.is_none() && owner.is_none() && input_lost {
            return None;
        }
        Some((fresh, gate))
    }
}

fn is_primary(ctx: &Context<'_>, copy: CopyId) -> bool {
    matches!(ctx.scenario.copies[copy].kind, CopyKind::Primary { .. })
}

/// The primary of a data set in the tier.
pub(super) fn primary_of(ctx: &Context<'_>, data: DataId) -> Option<CopyId> {
    ctx.tier.copies.iter().copied().find(|c| is_primary(ctx, *c) && ctx.scenario.copies[*c].data == data)
}

/// The copy that a copy is made from.
fn source_of(ctx: &Context<'_>, copy: CopyId) -> Option<CopyId> {
    match ctx.scenario.copies[copy].of? {
        Upstream::Copy(up) => Some(up),
        Upstream::Data(data) => primary_of(ctx, data),
        Upstream::External(_) => None,
    }
}

/// A copy and all that it is made from, one after the other.
fn sources<'a>(ctx: &'a Context<'_>, copy: CopyId) -> impl Iterator<Item = CopyId> + 'a {
    // A chain of copies is no longer than their number; validation refuses cycles.
    std::iter::successors(Some(copy), |here| source_of(ctx, *here)).take(ctx.scenario.copies.len())
}

/// Whether the newest writes of a primary are only in a log of the tier.
fn has_log(ctx: &Context<'_>, primary: CopyId) -> bool {
    ctx.tier
        .copies
        .iter()
        .any(|copy| matches!(&ctx.scenario.copies[*copy].kind, CopyKind::Log { bases, .. } if bases.contains(&primary)))
}

fn lag_key(ctx: &Context<'_>, copy: CopyId) -> Key {
    ctx.key.of("lag").of(&ctx.scenario.copies[copy].name)
}

/// How far a copy by itself is behind what it is made from.
pub(super) fn own_lag(ctx: &Context<'_>, copy: CopyId) -> Vec<Lag> {
    let law = |lag: &Delay| Lag::Law(ctx.draw(lag_key(ctx, copy), lag));
    match &ctx.scenario.copies[copy].kind {
        CopyKind::Primary { lag, .. } | CopyKind::Derived { lag } | CopyKind::Log { lag, .. } => {
            lag.as_ref().map(law).into_iter().collect()
        }
        CopyKind::Async { lag: AsyncLag::Law(lag), .. } => vec![law(lag)],
        CopyKind::Async { lag: AsyncLag::Over(link), .. } => vec![Lag::Backlog(backlog(ctx, copy, *link))],
        CopyKind::Backup { .. } | CopyKind::SoftDelete { .. } => Vec::new(),
    }
}

/// How far a chain of copies reaches.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Chain {
    /// The copy and all that it is made from.
    Whole,
    /// Only what it is made from.
    Upstream,
}

/// The lags along the chain from the primary to a copy; along a chain times add up.
pub(super) fn chain(ctx: &Context<'_>, copy: CopyId, reach: Chain) -> Vec<Lag> {
    let mut lags = Vec::new();
    for here in sources(ctx, copy) {
        let counts = here != copy || reach == Chain::Whole;
        let flushed = !is_primary(ctx, here) || has_log(ctx, here);
        if counts && let Some(backup) = backup(ctx, here) {
            // Its runs know what they were made from.
            lags.push(Lag::Runs(Box::new(backup)));
            break;
        }
        if counts && flushed {
            lags.extend(own_lag(ctx, here));
        }
    }
    lags
}

/// The write profile of a copy's data against what the link leaves for it: its bandwidth less the
/// average of the other flows of the tier, and at least an equal part.
fn backlog(ctx: &Context<'_>, copy: CopyId, link: crate::id::LinkId) -> Backlog {
    let scenario = ctx.scenario;
    let row = &scenario.copies[copy];
    let data = &scenario.data[row.data];
    let bandwidth = scenario.links[link].bandwidth.map_or(f64::INFINITY, |b| b.bytes_per_second());
    let flows = ctx.tier.copies.iter().filter(
        |c| matches!(&scenario.copies[**c].kind, CopyKind::Async { lag: AsyncLag::Over(over), .. } if *over == link),
    );
    let stored = |c: &CopyId| {
        let other = &scenario.copies[*c];
        scenario.data[other.data].mean_writes().bytes_per_second() / other.compression
    };
    let others: Vec<f64> = flows.filter(|c| **c != copy).map(stored).collect();
    let left = bandwidth - others.iter().sum::<f64>();
    let part = bandwidth / (others.len() + 1) as f64;
    let base = data.writes.bytes_per_second();
    let burst =
        data.burst.map_or((base, 0.0, 1.0), |b| (b.rate.bytes_per_second(), b.lasts.seconds(), b.every.seconds()));
    Backlog {
        key: ctx.key.of("burst").of(&data.name),
        base,
        burst: burst.0,
        lasts: burst.1,
        every: burst.2,
        link: left.max(part) * row.compression,
        half_trip: scenario.links[link].rtt.seconds() / 2.0,
    }
}

/// A backup compiled, of which nothing is taken and that nothing stops.
fn backup(ctx: &Context<'_>, copy: CopyId) -> Option<Backup> {
    let row = &ctx.scenario.copies[copy];
    let CopyKind::Backup { schedule, takes, travel, full_every, fails, keep, .. } = &row.kind else { return None };
    let key = ctx.key.of("backup").of(&row.name);
    let data = &ctx.scenario.data[row.data];
    let starts = match schedule {
        Schedule::Every { interval, offset: None } => {
            Starts::Phase { key: key.of("phase"), interval: interval.seconds() }
        }
        Schedule::Every { interval, offset: Some(offset) } => {
            Starts::Offset { offset: offset.seconds(), interval: interval.seconds() }
        }
        Schedule::Cron { starts, .. } => Starts::Calendar(starts.clone().into()),
    };
    let gap = schedule.mean_gap().seconds();
    let run: Draw = ctx.draw(key.of("takes"), takes);
    let shortest_gap = match schedule {
        Schedule::Every { interval, .. } => interval.seconds(),
        Schedule::Cron { starts, .. } => starts.gaps().fold(f64::INFINITY, f64::min),
    };
    Some(Backup {
        starts,
        overlap: Overlap::new(key.of("overlap"), (takes, &run), (gap, shortest_gap), ctx.tables),
        takes: run,
        travel: travel.as_ref().map(|delay| ctx.draw(key.of("travel"), delay)),
        soonest: takes.min() + travel.as_ref().map_or(0.0, Delay::min),
        fails: Chance::new(key.of("fails"), fails.value()),
        keep: keep.seconds(),
        lock: None,
        afterwards: Afterwards::GoesOn,
        cycle: full_every.map_or(1, |full| (full.seconds() / gap).round().max(1.0) as i64),
        cycle_key: key.of("cycle"),
        upstream: chain(ctx, copy, Chain::Upstream),
        size: data.size.bytes() * ctx.share(),
        writes: data.mean_writes().bytes_per_second() * ctx.share(),
    })
}
