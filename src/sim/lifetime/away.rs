//! Where a service is that a plan brought back elsewhere: what must be left of it there, where its data
//! is now, and the way back.

use std::rc::Rc;

use super::situation::{Situation, Situations};
use crate::id::{CopyId, ExternalId, Id, LinkId, PlaceId, PlanId, PoolId};
use crate::model::{AssetSet, CopyKind, FittedPlan, Upstream, fit_failback};
use crate::sim::impact::{PlanOption, SourceOption, lost_instances};
use crate::sim::point::PointFinder;
use crate::sim::program::{CommitAt, Context, PlanProgram, compile_failback};
use crate::sim::route::routes;
use crate::sim::sides::home;
use crate::sim::streams::upstream_of;

/// Service, plan and source.
pub(super) type AwayKey = (usize, usize, usize);

/// A configuration that serves after a plan: what must be left of it.
pub(super) struct Away {
    /// Pools, and how many of their instances may be lost.
    pools: Vec<(PoolId, usize)>,
    /// The copy that the plan recovers from.
    from: Option<CopyId>,
    /// What it is computed from or fed by outside.
    inputs: Vec<ExternalId>,
    /// Where the data is now.
    pub(super) data: Data,
    /// Copies that are made from what serves there: they go on.
    pub(super) followers: Vec<CopyId>,
    /// The way back; `None` costs nothing.
    pub(super) failback: Option<Failback>,
    /// What it could not copy is joined when home is back.
    merges: bool,
    /// The service runs on what it always runs on.
    pub(super) is_home: bool,
}

/// Where the data of a service is that runs elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// Where it always is; the service may have none.
    Home(Option<CopyId>),
    /// This copy is the primary now.
    Copy(CopyId),
    /// It was restored to where the service runs.
    Pools,
}

/// The way back, as the scheduler carries it out.
pub(super) struct Failback {
    pub(super) plan: PlanProgram,
    pub(super) option: PlanOption,
    pub(super) source: SourceOption,
    /// Logical bytes of the whole data set.
    pub(super) size: f64,
    /// An interruption of the stream longer than this means a full copy again.
    pub(super) window: f64,
}

impl Situations<'_> {
    /// A way back without steps.
    pub(super) fn nothing(&self) -> Failback {
        let plan = PlanProgram {
            plan: PlanId::from_index(0),
            fitted: FittedPlan {
                plan: PlanId::from_index(0),
                from: Vec::new(),
                into: Vec::new(),
                steps: Vec::new(),
                moved: Vec::new(),
                detects: false,
            },
            steps: Vec::new(),
            detects: false,
            after_down: 0.0,
            commit: CommitAt::End,
            salvage: false,
            points: 1,
            first_slot: 0,
            is_chain: true,
        };
        let finder = PointFinder::Derived { size: 0.0 };
        let source = SourceOption { copy: None, finder, routes: Vec::new(), merges: false, gate: None };
        let option = PlanOption { plan: 0, sources: Vec::new(), is_up: Vec::new(), short: false };
        Failback { plan, option, source, size: 0.0, window: f64::INFINITY }
    }

    /// What serves once this plan has brought a service back.
    pub(super) fn away(&self, situation: &Situation, service: usize, option: &PlanOption, source: usize) -> Rc<Away> {
        let key = (service, option.plan, source);
        if let Some((_, known)) = situation.aways.borrow().iter().find(|(k, _)| *k == key) {
            return Rc::clone(known);
        }
        let ctx = self.context(situation.program.failure);
        let row = &ctx.tier.services[service];
        let plan = &situation.program.services[service].plans[option.plan];
        let from = option.sources[source].copy;
        let data = match from.map(|copy| (copy, &ctx.scenario.copies[copy].kind)) {
            None => Data::Home(None),
            Some((copy, CopyKind::Primary { .. })) => Data::Home(Some(copy)),
            Some((copy, CopyKind::Async { .. })) => Data::Copy(copy),
            Some(_) if plan.fitted.into == row.runs => Data::Home(None),
            Some(_) => Data::Pools,
        };
        let follows = |copy: CopyId| {
            // Copies form chains no longer than their number.
            let up = |copy: &CopyId| match upstream_of(&ctx, *copy)? {
                Upstream::Copy(up) => Some(up),
                _ => None,
            };
            let chain = std::iter::successors(up(&copy), up).take(ctx.scenario.copies.len());
            matches!(data, Data::Copy(now) if chain.into_iter().any(|copy| copy == now))
        };
        let pools = plan.fitted.into.iter().map(|pool| {
            let all = ctx.scenario.compute[*pool].instances.len();
            let spare = all.saturating_sub(ctx.scenario.compute[*pool].enough as usize);
            (*pool, lost_instances(&ctx, *pool, &situation.taken).max(spare))
        });
        let made_from = from.and_then(|copy| match ctx.scenario.copies[copy].of? {
            Upstream::External(external) => Some(external),
            _ => None,
        });
        let fed_by = plan.steps.iter().filter_map(|step| ctx.scenario.steps[step.step].fed_by());
        let away = Rc::new(Away {
            pools: pools.collect(),
            from,
            inputs: made_from.into_iter().chain(fed_by).collect(),
            data,
            followers: row.copies.iter().copied().filter(|copy| follows(*copy)).collect(),
            failback: self.failback(&ctx, situation, service, plan, from),
            merges: option.sources[source].merges,
            is_home: plan.fitted.into == row.runs && matches!(data, Data::Home(_)),
        });
        situation.aways.borrow_mut().push((key, Rc::clone(&away)));
        away
    }

    fn failback(
        &self,
        ctx: &Context<'_>,
        situation: &Situation,
        service: usize,
        plan: &PlanProgram,
        from: Option<CopyId>,
    ) -> Option<Failback> {
        let row = &ctx.tier.services[service];
        let fitted = fit_failback(ctx.scenario, row, &plan.fitted)?;
        let plan = compile_failback(ctx, row, fitted);
        let home = row.runs.first().and_then(|pool| ctx.scenario.compute[*pool].instances.first()).map(|i| i.place);
        let at = |copy: CopyId| -> Option<PlaceId> {
            let site = ctx.scenario.copies[copy].sites.first()?;
            Some(ctx.scenario.site_place(*site))
        };
        let routes = routes(ctx, &plan, &situation.program.resources, from, at, home);
        let data = ctx.scenario.services[row.service].data;
        let size = data.map_or(0.0, |data| ctx.scenario.data[data].size.bytes());
        let window = row.copies.iter().filter_map(|copy| match &ctx.scenario.copies[*copy].kind {
            CopyKind::Async { window, .. } => window.map(crate::units::Seconds::seconds),
            _ => None,
        });
        let source =
            SourceOption { copy: from, finder: PointFinder::Derived { size }, routes, merges: false, gate: None };
        let option = PlanOption { plan: 0, sources: Vec::new(), is_up: vec![false; plan.steps.len()], short: false };
        Some(Failback { plan, option, source, size, window: window.fold(f64::INFINITY, f64::min) })
    }

    /// Whether this configuration serves while so much is lost.
    pub(super) fn is_up(&self, away: &Away, taken: &AssetSet) -> bool {
        let copy = match away.data {
            Data::Home(copy) => copy,
            Data::Copy(copy) => Some(copy),
            Data::Pools => None,
        };
        self.stands(away, copy, taken)
    }

    /// Whether the data of a service that runs elsewhere can be reached.
    pub(super) fn has_data(&self, away: &Away, taken: &AssetSet) -> bool {
        match away.data {
            Data::Home(_) => true,
            Data::Copy(copy) => self.reaches(copy, taken),
            Data::Pools => self.stands(away, None, taken),
        }
    }

    /// Where a service that runs elsewhere stands: a place that is there, of its compute, or else of its data.
    pub(super) fn place_of(&self, away: &Away, taken: &AssetSet) -> Option<PlaceId> {
        let (assets, scenario) = (self.setting.assets, self.setting.scenario);
        let of_pools = away.pools.iter().find_map(|(pool, _)| {
            let instances = scenario.compute[*pool].instances.iter().enumerate();
            let mut there = instances.filter(|(n, _)| !taken.contains(assets.pool(*pool) + n));
            there.next().map(|(_, one)| one.place)
        });
        let of_data = || {
            let Data::Copy(copy) = away.data else { return None };
            scenario.copies[copy].sites.first().map(|site| scenario.site_place(*site))
        };
        of_pools.or_else(of_data)
    }

    /// Whether what a service wrote elsewhere can get home while these links are cut. What is joined later need not.
    pub(super) fn reaches_home(&self, service: usize, away: &Away, taken: &AssetSet, cut: &[LinkId]) -> bool {
        if cut.is_empty() || away.merges {
            return true;
        }
        let (assets, scenario) = (self.setting.assets, self.setting.scenario);
        let Some(home) = home(scenario, &scenario.tiers[self.tier].services[service]) else { return true };
        let from = |place: PlaceId| {
            let region = scenario.places[place].region;
            region == home || scenario.reaches(region, home, cut)
        };
        match away.data {
            Data::Home(_) => true,
            Data::Copy(copy) => {
                let sites = scenario.copies[copy].sites.iter().enumerate();
                let there = sites.filter(|(n, _)| !taken.contains(assets.copy(copy) + n));
                scenario.copies[copy].sites.is_empty() || there.map(|(_, site)| scenario.site_place(*site)).any(from)
            }
            Data::Pools => away.pools.iter().any(|(pool, _)| {
                let instances = scenario.compute[*pool].instances.iter().enumerate();
                instances.filter(|(n, _)| !taken.contains(assets.pool(*pool) + n)).any(|(_, one)| from(one.place))
            }),
        }
    }

    /// Whether the data of a service that runs elsewhere is among what does not come back.
    pub(super) fn loses_data(&self, away: &Away, gone: &AssetSet) -> bool {
        !gone.is_empty() && !self.has_data(away, gone)
    }

    /// Whether a plan under way still has what it recovers from and what it recovers into.
    pub(super) fn can_go_on(&self, away: &Away, taken: &AssetSet, cut: &[LinkId]) -> bool {
        let scenario = self.setting.scenario;
        let here = self.place_of(away, taken).filter(|_| !cut.is_empty()).map(|place| scenario.places[place].region);
        let reaches = |external: ExternalId| match (here, scenario.externals[external].place) {
            (Some(here), Some(there)) => scenario.reaches(here, scenario.places[there].region, cut),
            _ => true,
        };
        let there = |external: &ExternalId| !taken.contains(self.setting.assets.external(*external));
        away.inputs.iter().all(|external| there(external) && reaches(*external)) && self.stands(away, away.from, taken)
    }

    fn stands(&self, away: &Away, copy: Option<CopyId>, taken: &AssetSet) -> bool {
        let (assets, scenario) = (self.setting.assets, self.setting.scenario);
        let lost = |pool: PoolId| taken.count_in(assets.pool(pool), scenario.compute[pool].instances.len());
        away.pools.iter().all(|(pool, spare)| lost(*pool) <= *spare)
            && copy.is_none_or(|copy| self.reaches(copy, taken))
    }

    fn reaches(&self, copy: CopyId, taken: &AssetSet) -> bool {
        let all = self.setting.scenario.copies[copy].sites.len();
        all == 0 || taken.count_in(self.setting.assets.copy(copy), all) < all
    }
}
