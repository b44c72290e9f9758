//! What a tier makes of everything that is lost at one time, worked out when it is first met.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::away::{Away, AwayKey};
use super::events::Streams;
use super::replicas::Replicas;
use super::versions::{Stale, Versions};
use crate::id::{CopyId, FailureId, Id, LinkId, PlaceId, TierId};
use crate::model::{AssetSet, DataSet, FailureKind, Scenario, Target, Tier, Upstream};
use crate::sim::campaign::Setting;
use crate::sim::finder::Survival;
use crate::sim::impact::{Fate, Impact, ServiceImpact, acks, lacks_input, lost_sites};
use crate::sim::program::{Context, FailureProgram};
use crate::sim::random::{Chance, Purpose, Random};
use crate::sim::route::{resources, services_meet};
use crate::sim::sides::cut_links;
use crate::sim::streams::{Stream, streams as streams_of};

/// An outage or a partition that is going on.
#[derive(Clone, Debug)]
pub(super) struct Active {
    pub(super) stream: u32,
    /// Members that it reached; the stream's own and those that it spread to.
    pub(super) members: Rc<[u32]>,
    pub(super) destroyed: bool,
    pub(super) until: f64,
    /// Names the incident.
    pub(super) occurrence: u64,
}

/// A failure in the middle of whatever else is lost.
pub(super) struct Situation {
    pub(super) program: Rc<FailureProgram>,
    pub(super) impact: Impact,
    /// Everything that cannot be reached.
    pub(super) taken: AssetSet,
    /// What of it does not come back.
    pub(super) gone: AssetSet,
    /// What serves after its plans: by service, plan and source.
    pub(super) aways: RefCell<Vec<(AwayKey, Rc<Away>)>>,
}

/// What an event of a stream by itself does to a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The tier has nothing there.
    Absent,
    /// Something is lost, and nobody notices.
    Quiet,
    /// Something is lost that comes back, and every service goes on, is taken over or has a plan.
    Plain,
    /// It must be looked at.
    Matters,
}

/// How far an event of a stream reaches.
struct Reach {
    /// The stream's own member.
    own: Rc<[u32]>,
    /// What that takes.
    lost: AssetSet,
    /// Members of the failure.
    count: u32,
    destroyed: Chance,
    spreads: Chance,
}

/// From where losses are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// By services that run where they always do.
    Loss,
    /// By data that is damaged in the middle of them.
    Damage,
    /// By data of this service, which runs elsewhere and is up there.
    DamageElsewhere(usize),
    /// By this service, which runs elsewhere and is down there.
    Displaced(usize),
}

impl View {
    /// Stands for it in the name of a situation.
    fn number(self) -> u32 {
        match self {
            Self::Loss => 0,
            Self::Damage => 1,
            Self::Displaced(service) => 2 + 2 * service as u32,
            Self::DamageElsewhere(service) => 3 + 2 * service as u32,
        }
    }
}

/// All situations of a tier that were met so far.
pub(super) struct Situations<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) tier: TierId,
    /// By stream.
    pub(super) effects: Vec<Effect>,
    /// By stream: whether its outage leaves fewer copies than the tier wants.
    pub(super) exposes: Vec<bool>,
    /// By stream.
    reaches: Vec<Reach>,
    /// What each member of each outage takes, where an event may reach several.
    lost: HashMap<(FailureId, u32), AssetSet>,
    programs: HashMap<(FailureId, Vec<FailureId>), Rc<FailureProgram>>,
    known: HashMap<Vec<u32>, Rc<Situation>>,
    /// Places that are there and of no use.
    pub(super) stale: Vec<Stale>,
    /// Room for the name of one.
    key: Vec<u32>,
    order: Vec<usize>,
    /// By stream: alone, and nothing destroyed.
    alone: Vec<Option<Rc<Situation>>>,
}

impl<'a> Situations<'a> {
    pub(super) fn new(setting: &'a Setting<'a>, tier: TierId, streams: &Streams) -> Self {
        let mut all = Self {
            setting,
            tier,
            effects: Vec::new(),
            exposes: Vec::new(),
            reaches: Vec::new(),
            lost: HashMap::new(),
            programs: HashMap::new(),
            known: HashMap::new(),
            stale: Vec::new(),
            key: Vec::new(),
            order: Vec::new(),
            alone: vec![None; streams.rows.len()],
        };
        for row in &streams.rows {
            let failure = &setting.scenario.failures[row.failure];
            let key = all.context(row.failure).key;
            all.reaches.push(Reach {
                own: Rc::from([row.member as u32]),
                lost: setting.assets.taken(setting.scenario, failure.kind, &failure.members[row.member].targets),
                count: failure.members.len() as u32,
                destroyed: Chance::new(key.of("destroyed"), failure.destroyed.value()),
                spreads: Chance::new(key.of("spreads"), failure.spreads.value()),
            });
            if failure.spreads.value() == 0.0 {
                continue;
            }
            for (n, member) in failure.members.iter().enumerate() {
                let lost = setting.assets.taken(setting.scenario, failure.kind, &member.targets);
                all.lost.insert((row.failure, n as u32), lost);
            }
        }
        for n in 0..streams.rows.len() {
            let (effect, exposes) = all.effect(streams, n);
            all.effects.push(effect);
            all.exposes.push(exposes);
        }
        all
    }

    pub(super) fn context(&self, failure: FailureId) -> Context<'a> {
        self.setting.context(self.tier, failure)
    }

    fn effect(&mut self, streams: &Streams, n: usize) -> (Effect, bool) {
        let row = &streams.rows[n];
        let ctx = self.context(row.failure);
        let failure = &ctx.scenario.failures[row.failure];
        let targets = &failure.members[row.member].targets;
        let taken = ctx.assets.taken(ctx.scenario, failure.kind, targets);
        let lacks_input = lacks_input(&ctx, &taken) || is_cut_from_input(&ctx, targets);
        if !ctx.concerns(targets) && !lacks_input && failure.spreads.value() == 0.0 {
            return (Effect::Absent, false);
        }
        let exposes =
            ctx.tier.copies.iter().any(|copy| lost_sites(&ctx, *copy, &taken) > 0 || is_parted(&ctx, *copy, targets));
        let certain =
            failure.kind == FailureKind::Outage && failure.destroyed.value() == 0.0 && failure.spreads.value() == 0.0;
        let situation = self.of_active(
            streams,
            n,
            &[Active {
                stream: n as u32,
                members: Rc::from([row.member as u32]),
                destroyed: false,
                until: 0.0,
                occurrence: 0,
            }],
        );
        if !certain || Replicas::new(&ctx).may_interrupt(&taken) {
            return (Effect::Matters, exposes);
        }
        let services = &situation.impact.services;
        let plain = |(n, service): (usize, &ServiceImpact)| {
            !matches!(service.fate, Fate::Down { waits_for_outside: true, .. }) && !self.lacks_outside(n, &taken)
        };
        let effect = match () {
            () if services.iter().all(ServiceImpact::is_unfelt) => Effect::Quiet,
            () if services.iter().enumerate().all(plain) => Effect::Plain,
            () => Effect::Matters,
        };
        (effect, exposes)
    }

    /// The situation in which nothing but this stream's member is lost, if it was met.
    pub(super) fn known_alone(&self, stream: usize) -> Option<Rc<Situation>> {
        self.alone[stream].clone()
    }

    /// The same, to look at.
    pub(super) fn alone(&self, stream: usize) -> Option<&Situation> {
        self.alone[stream].as_deref()
    }

    /// What it is to lose all these, as the failure of this stream sees it.
    pub(super) fn of_active(&mut self, streams: &Streams, cause: usize, active: &[Active]) -> Rc<Situation> {
        if let [one] = active
            && one.stream as usize == cause
            && one.members.len() == 1
            && !one.destroyed
            && self.stale.is_empty()
        {
            if let Some(known) = &self.alone[cause] {
                return Rc::clone(known);
            }
            let situation = self.build(streams, cause, active, View::Loss);
            self.alone[cause] = Some(Rc::clone(&situation));
            return situation;
        }
        self.look_up(streams, cause, active, View::Loss)
    }

    /// What damage to data is in the middle of all these.
    ///
    /// # Arguments
    /// `elsewhere`: a service that runs elsewhere: what it always runs on is not what its plans need.
    pub(super) fn of_damage(
        &mut self,
        streams: &Streams,
        cause: usize,
        active: &[Active],
        elsewhere: Option<usize>,
    ) -> Rc<Situation> {
        self.look_up(streams, cause, active, elsewhere.map_or(View::Damage, View::DamageElsewhere))
    }

    /// What it is to lose all these for a service that runs elsewhere and is down there.
    pub(super) fn of_displaced(
        &mut self,
        streams: &Streams,
        cause: usize,
        active: &[Active],
        service: usize,
    ) -> Rc<Situation> {
        self.look_up(streams, cause, active, View::Displaced(service))
    }

    fn look_up(&mut self, streams: &Streams, cause: usize, active: &[Active], view: View) -> Rc<Situation> {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(0..active.len());
        order.sort_unstable_by_key(|n| (active[*n].stream, active[*n].destroyed, &*active[*n].members));
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        key.extend([cause as u32, view.number()]);
        for Active { stream, destroyed, members, .. } in order.iter().map(|n| &active[*n]) {
            key.extend([*stream, u32::from(*destroyed), members.len() as u32]);
            key.extend_from_slice(members);
        }
        for Stale { asset, waits, empty } in &self.stale {
            key.extend([u32::MAX, *asset as u32, u32::from(*waits), u32::from(*empty)]);
        }
        let known = self.known.get(&key).cloned();
        let situation = known.unwrap_or_else(|| self.learn(&key, streams, cause, active, view));
        (self.key, self.order) = (key, order);
        situation
    }

    fn learn(&mut self, key: &[u32], streams: &Streams, cause: usize, active: &[Active], view: View) -> Rc<Situation> {
        let situation = self.build(streams, cause, active, view);
        // Years of many overlapping failures meet many; what is used at this time lives on in its users.
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(key.to_vec(), Rc::clone(&situation));
        situation
    }

    fn build(&mut self, streams: &Streams, cause: usize, active: &[Active], view: View) -> Rc<Situation> {
        let damage = matches!(view, View::Damage | View::DamageElsewhere(_));
        let cause = &streams.rows[cause];
        let mut also: Vec<FailureId> = active.iter().map(|a| streams.rows[a.stream as usize].failure).collect();
        also.retain(|failure| *failure != cause.failure && !damage);
        also.sort_unstable();
        also.dedup();
        let base = self.context(cause.failure);
        let ctx = Context { also: &also, ..base };
        let program = self.program(&ctx);
        let scenario = ctx.scenario;
        let mut targets: Vec<Target> = Vec::new();
        let mut taken = AssetSet::empty(ctx.assets.size());
        let mut gone = AssetSet::empty(ctx.assets.size());
        if damage {
            let hit = &scenario.failures[cause.failure].members[cause.member].targets;
            taken.unite(&ctx.assets.taken(scenario, ctx.kind(), hit));
            targets.extend(hit);
        }
        for one in active {
            let failure = &scenario.failures[streams.rows[one.stream as usize].failure];
            for member in one.members.iter() {
                let hit = &failure.members[*member as usize].targets;
                let lost = ctx.assets.taken(scenario, failure.kind, hit);
                taken.unite(&lost);
                if one.destroyed {
                    gone.unite(&lost);
                }
                // Damage is done to what it hits, not to what is lost at the same time.
                let kept = |target: &&Target| !damage || matches!(target, Target::Place(_) | Target::Link(_));
                targets.extend(hit.iter().filter(kept));
            }
        }
        for Stale { asset, waits, empty } in &self.stale {
            for set in [waits.then_some(&mut taken), empty.then_some(&mut gone)].into_iter().flatten() {
                set.insert(*asset);
            }
        }
        let destroyed = !gone.is_empty();
        let mut survival = Survival::new(&ctx, &targets, &taken, destroyed);
        match view {
            View::Loss | View::Damage => {}
            View::Displaced(service) => survival.displaced = Some(service),
            View::DamageElsewhere(service) => survival.elsewhere = Some(service),
        }
        let impact = Impact::of(&ctx, &program, survival, &gone);
        Rc::new(Situation { program, impact, taken, gone, aways: RefCell::default() })
    }

    pub(super) fn scenario(&self) -> &'a Scenario {
        self.setting.scenario
    }

    /// How many assets there are.
    pub(super) fn assets(&self) -> usize {
        self.setting.assets.size()
    }

    /// Capacities of what transfers share, people per role, and whether plans of the tier may have to
    /// wait for one another, or are simulated step by step for another reason.
    pub(super) fn shared(&self, streams: &Streams) -> (Vec<f64>, Vec<u32>, bool) {
        let scenario = self.setting.scenario;
        let tier = &scenario.tiers[self.tier];
        let people = scenario.roles.rows().iter().map(|role| role.people).collect();
        let mut failures: Vec<FailureId> = streams.rows.iter().map(|row| row.failure).collect();
        failures.dedup();
        let mut capacities = Vec::new();
        let mut contended = false;
        let mut programs = Vec::new();
        for failure in failures {
            let ctx = self.context(failure);
            capacities = resources(&ctx);
            contended |= ctx.kind() == FailureKind::Partition;
            programs.extend(FailureProgram::compile(&ctx, None));
        }
        contended |= programs.iter().any(|program| program.contended);
        contended |= services_meet(&self.context(FailureId::from_index(0)), &programs);
        let plans = tier.services.iter().flat_map(|service| &service.plans);
        contended |= plans.into_iter().any(|plan| !scenario.plans[*plan].failback.nodes.is_empty());
        (capacities, people, contended)
    }

    /// The members that an event of a stream reaches, ascending, and whether what they hold is gone.
    pub(super) fn reach(&self, stream: usize, occurrence: u64) -> (Rc<[u32]>, bool) {
        let reach = &self.reaches[stream];
        let destroyed = reach.destroyed.nth(&Random, occurrence, 0, Purpose::Chance);
        if !reach.spreads.is_possible() {
            return (Rc::clone(&reach.own), destroyed);
        }
        let reached =
            |n: &u32| *n == reach.own[0] || reach.spreads.nth(&Random, occurrence, u64::from(*n) + 1, Purpose::Chance);
        ((0..reach.count).filter(reached).collect(), destroyed)
    }

    fn program(&mut self, ctx: &Context<'_>) -> Rc<FailureProgram> {
        let key = (ctx.failure, ctx.also.to_vec());
        if let Some(program) = self.programs.get(&key) {
            return Rc::clone(program);
        }
        let program = Rc::new(FailureProgram::bare(ctx));
        self.programs.insert(key, Rc::clone(&program));
        program
    }

    /// Everything that these take, in place of what `taken` holds.
    pub(super) fn taken(&self, streams: &Streams, active: &[Active], taken: &mut AssetSet) {
        taken.clear();
        for one in active {
            let reach = &self.reaches[one.stream as usize];
            taken.unite(&reach.lost);
            for member in one.members.iter().filter(|member| **member != reach.own[0]) {
                if let Some(lost) = self.lost.get(&(streams.rows[one.stream as usize].failure, *member)) {
                    taken.unite(lost);
                }
            }
        }
    }

    /// Average logical bytes per second written to a service's data.
    pub(super) fn writes(&self, service: usize) -> f64 {
        let scenario = self.setting.scenario;
        let data = scenario.services[scenario.tiers[self.tier].services[service].service].data;
        data.map_or(0.0, |data| scenario.data[data].mean_writes().bytes_per_second())
    }

    /// Logical bytes by which a service's data has grown.
    pub(super) fn grown_by(&self, service: usize, years: f64) -> f64 {
        let scenario = self.setting.scenario;
        let data = scenario.services[scenario.tiers[self.tier].services[service].service].data;
        let grown = |row: &DataSet| row.size_after(years).bytes() - row.size.bytes();
        data.map_or(0.0, |data| grown(&scenario.data[data]))
    }

    /// Whether something outside that a service needs is lost.
    pub(super) fn lacks_outside(&self, service: usize, taken: &AssetSet) -> bool {
        self.setting.assets.needs_lost(self.setting.scenario, &self.tier().services[service], taken)
    }

    /// The tier that lives.
    pub(super) fn tier(&self) -> &'a Tier {
        &self.setting.scenario.tiers[self.tier]
    }

    /// The streams of the tier that use a link with a bandwidth.
    pub(super) fn streams(&self) -> Vec<Stream> {
        // Which failure it is about has no say in it.
        streams_of(&self.context(FailureId::from_index(0)))
    }

    /// Whether one of these sets has places of a copy that the other has not.
    pub(super) fn loses_sites(&self, copy: CopyId, taken: &AssetSet, before: &AssetSet) -> bool {
        let (first, sites) = (self.setting.assets.copy(copy), self.scenario().copies[copy].sites.len());
        (first..first + sites).any(|site| taken.contains(site) && !before.contains(site))
    }

    /// Whether both ends of a stream are there.
    pub(super) fn has_ends(&self, stream: &Stream, taken: &AssetSet) -> bool {
        stream.has_ends(self.setting.scenario, self.setting.assets, taken)
    }

    /// How the copies of the tier follow.
    pub(super) fn replicas(&self) -> Replicas {
        Replicas::new(&self.context(FailureId::from_index(0)))
    }

    /// Which places of the copies of the tier hold the newest state.
    pub(super) fn versions(&self) -> Versions {
        Versions::new(&self.context(FailureId::from_index(0)))
    }

    /// The copies of a service's data.
    pub(super) fn is_copy_of(&self, service: usize, copy: CopyId) -> bool {
        let scenario = self.setting.scenario;
        let row = &scenario.tiers[self.tier].services[service];
        scenario.services[row.service].data == Some(scenario.copies[copy].data)
    }

    /// Links that carry nothing now.
    pub(super) fn cut_links(&self, streams: &Streams, active: &[Active], cut: &mut Vec<LinkId>) {
        let scenario = self.setting.scenario;
        cut.clear();
        for one in active {
            let failure = &scenario.failures[streams.rows[one.stream as usize].failure];
            for target in one.members.iter().flat_map(|m| &failure.members[*m as usize].targets) {
                if let Target::Link(link) = target {
                    cut.push(*link);
                }
            }
        }
    }
}

/// Situations that a tier keeps before it forgets them: tens of megabytes at most.
const MOST_KNOWN: usize = 4096;

/// Whether something outside that copies of the tier are computed from, or plans fed by, is beyond these cut links for
/// any region.
fn is_cut_from_input(ctx: &Context<'_>, targets: &[Target]) -> bool {
    let cut = cut_links(targets);
    let scenario = ctx.scenario;
    let of_copies = ctx.tier.copies.iter().filter_map(|copy| match scenario.copies[*copy].of? {
        Upstream::External(external) => Some(external),
        _ => None,
    });
    let plans = ctx.tier.services.iter().flat_map(|row| &row.plans);
    let steps = plans.flat_map(|plan| &scenario.plans[*plan].steps.nodes);
    let of_steps = steps.filter_map(|node| scenario.steps[node.step].fed_by());
    let mut places = of_copies.chain(of_steps).filter_map(|external| scenario.externals[external].place);
    let is_cut = |place: PlaceId| {
        let there = scenario.places[place].region;
        scenario.places.ids().any(|here| !scenario.reaches(scenario.places[here].region, there, &cut))
    };
    !cut.is_empty() && places.any(is_cut)
}

/// Whether places of a copy that writes wait for do not reach one another while these links are cut.
fn is_parted(ctx: &Context<'_>, copy: CopyId, targets: &[Target]) -> bool {
    let cut = cut_links(targets);
    if cut.is_empty() || acks(ctx, copy).is_none() {
        return false;
    }
    let region = |site| ctx.scenario.places[ctx.scenario.site_place(site)].region;
    let mut regions = ctx.scenario.copies[copy].sites.iter().map(|site| region(*site));
    let Some(first) = regions.next() else { return false };
    regions.any(|other| other != first && !ctx.scenario.reaches(first, other, &cut))
}
