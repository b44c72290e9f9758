//! What a tier owns and what an event takes of it, as sets of bits.
//!
//! Every instance of a pool, every site of a copy and every external is one asset. An event is the
//! set of assets that it takes; whether a service is up is a question to that set.

use super::{CopyKind, FailureKind, Need, Scenario, Site, Target, Tier, TierService, WhenShort};
use crate::id::{AccountId, CopyId, ExternalId, Id, PlaceId, PoolId};

/// A set of assets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetSet {
    words: Vec<u64>,
}

impl AssetSet {
    /// The empty set with room for `size` assets.
    #[must_use]
    pub fn empty(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)] }
    }

    /// Adds an asset, by its number in [`AssetIndex`], below the size that the set was made for.
    pub fn insert(&mut self, asset: usize) {
        self.words[asset / 64] |= 1 << (asset % 64);
    }

    /// Whether it holds an asset.
    #[must_use]
    pub fn contains(&self, asset: usize) -> bool {
        self.words[asset / 64] >> (asset % 64) & 1 == 1
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Adds all of another set of the same size.
    pub fn unite(&mut self, other: &Self) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Whether another set of the same size has all of it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(mine, theirs)| mine & !theirs == 0)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// How many of the assets `first..first + count` it holds.
    #[must_use]
    pub fn count_in(&self, first: usize, count: usize) -> usize {
        (first..first + count).filter(|asset| self.contains(*asset)).count()
    }
}

/// Numbers the assets of a scenario: instances, then sites of copies, then externals.
#[derive(Clone, Debug)]
pub struct AssetIndex {
    pools: Vec<usize>,
    copies: Vec<usize>,
    externals: usize,
    size: usize,
}

impl AssetIndex {
    /// The numbering of this scenario.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let mut size = 0;
        let mut take = |count: usize| {
            let first = size;
            size += count;
            first
        };
        let pools = scenario.compute.rows().iter().map(|pool| take(pool.instances.len())).collect();
        let copies = scenario.copies.rows().iter().map(|copy| take(copy.sites.len())).collect();
        let externals = take(scenario.externals.len());
        Self { pools, copies, externals, size }
    }

    /// How many assets there are; their numbers begin at 0.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The asset of a pool's first instance; the others follow.
    #[must_use]
    pub fn pool(&self, pool: PoolId) -> usize {
        self.pools[pool.index()]
    }

    /// The asset of a copy's first site; the others follow.
    #[must_use]
    pub fn copy(&self, copy: CopyId) -> usize {
        self.copies[copy.index()]
    }

    /// The asset of an external.
    #[must_use]
    pub fn external(&self, external: ExternalId) -> usize {
        self.externals + external.index()
    }

    /// What these targets take when they are struck together: of an outage everything in the places
    /// and on the machines, of a compromise the compute of the accounts. Links, data and logical
    /// damage take no asset.
    #[must_use]
    pub fn taken(&self, scenario: &Scenario, kind: FailureKind, targets: &[Target]) -> AssetSet {
        let mut set = AssetSet::empty(self.size);
        for target in targets {
            match (kind, *target) {
                (FailureKind::Outage, Target::Place(place)) => self.take_place(scenario, place, &mut set),
                (FailureKind::Outage, Target::External(external)) => set.insert(self.external(external)),
                (FailureKind::Outage, Target::Copy(copy)) => {
                    for n in 0..scenario.copies[copy].sites.len() {
                        set.insert(self.copy(copy) + n);
                    }
                }
                (FailureKind::Outage, Target::Pool(pool)) => {
                    for n in 0..scenario.compute[pool].instances.len() {
                        self.take_instance(scenario, pool, n, &mut set);
                    }
                }
                (FailureKind::Outage, Target::Instance(pool, n)) => {
                    self.take_instance(scenario, pool, n as usize, &mut set);
                }
                (FailureKind::Outage | FailureKind::Compromise, Target::Account(account)) => {
                    for (id, pool) in scenario.compute.iter().filter(|(_, pool)| pool.account == Some(account)) {
                        for n in 0..pool.instances.len() {
                            set.insert(self.pool(id) + n);
                        }
                    }
                }
                _ => {}
            }
        }
        set
    }

    /// Whether a service goes on by itself once these assets, which are destroyed, have their places back: of
    /// every copy that its writes wait for, fewer places are gone than a write waits for, or those that are left
    /// are enough to write, though the newest writes may be gone. What is left then refills the places. A
    /// service that keeps nothing loses nothing.
    #[must_use]
    pub fn keeps_data(&self, scenario: &Scenario, service: &TierService, destroyed: &AssetSet) -> bool {
        service.copies.iter().all(|copy| match &scenario.copies[*copy].kind {
            CopyKind::Primary { acks, when_short, .. } | CopyKind::Log { acks: Some(acks), when_short, .. } => {
                let (acks, all) = (*acks as usize, scenario.copies[*copy].sites.len());
                let gone = destroyed.count_in(self.copy(*copy), all);
                let enough = if *when_short == WhenShort::Continue { 1 } else { acks };
                gone < acks || all - gone >= enough
            }
            _ => true,
        })
    }

    /// How many instances of a pool are among `taken`.
    #[must_use]
    pub fn lost_instances(&self, scenario: &Scenario, pool: PoolId, taken: &AssetSet) -> usize {
        taken.count_in(self.pool(pool), scenario.compute[pool].instances.len())
    }

    /// How many sites of a copy are among `taken`.
    #[must_use]
    pub fn lost_sites(&self, scenario: &Scenario, copy: CopyId, taken: &AssetSet) -> usize {
        taken.count_in(self.copy(copy), scenario.copies[copy].sites.len())
    }

    /// Whether something outside that a service needs is among `taken`.
    #[must_use]
    pub fn needs_lost(&self, scenario: &Scenario, service: &TierService, taken: &AssetSet) -> bool {
        let needs = &scenario.services[service.service].needs;
        needs.iter().any(|need| matches!(need, Need::External(external) if taken.contains(self.external(*external))))
    }

    /// Whether a service has running or waiting compute, copies or needs among `taken`.
    #[must_use]
    pub fn holds_any(&self, scenario: &Scenario, service: &TierService, taken: &AssetSet) -> bool {
        service.runs.iter().chain(&service.standby).any(|pool| self.lost_instances(scenario, *pool, taken) > 0)
            || service.copies.iter().any(|copy| self.lost_sites(scenario, *copy, taken) > 0)
            || self.needs_lost(scenario, service, taken)
    }

    /// Whether an event that strikes these targets concerns a tier: what holds nothing of it leaves it alone.
    ///
    /// An outage concerns it by what it takes, damage to data or a copy by whose that is, a compromise by
    /// what stands under the account, and a cut link by what stands on either side.
    #[must_use]
    pub fn concerns(&self, scenario: &Scenario, tier: &Tier, kind: FailureKind, targets: &[Target]) -> bool {
        let any_among = |taken: &AssetSet| tier.services.iter().any(|s| self.holds_any(scenario, s, taken));
        if kind == FailureKind::Outage {
            return any_among(&self.taken(scenario, kind, targets));
        }
        let pool_in = |service: &TierService, account: AccountId| {
            let mut pools = service.runs.iter().chain(&service.standby);
            pools.any(|pool| scenario.compute[*pool].account == Some(account))
        };
        targets.iter().any(|target| match *target {
            Target::Data(data) => tier.services.iter().any(|s| scenario.services[s.service].data == Some(data)),
            Target::Copy(copy) => tier.copies.contains(&copy),
            Target::Account(account) => {
                tier.copies.iter().any(|copy| scenario.copies[*copy].account == Some(account))
                    || tier.services.iter().any(|s| pool_in(s, account))
            }
            Target::Link(link) => scenario.is_needed(link, |region| any_among(&self.all_in(scenario, &[region]))),
            _ => false,
        })
    }

    /// Everything in these places, as seen from outside when they cannot be reached.
    #[must_use]
    pub fn all_in(&self, scenario: &Scenario, places: &[PlaceId]) -> AssetSet {
        let mut set = AssetSet::empty(self.size);
        places.iter().for_each(|place| self.take_place(scenario, *place, &mut set));
        set
    }

    fn take_place(&self, scenario: &Scenario, place: PlaceId, set: &mut AssetSet) {
        for (id, pool) in scenario.compute.iter() {
            for (n, instance) in pool.instances.iter().enumerate() {
                if scenario.is_within(instance.place, place) {
                    set.insert(self.pool(id) + n);
                }
            }
        }
        for (id, copy) in scenario.copies.iter() {
            for (n, site) in copy.sites.iter().enumerate() {
                if scenario.is_within(scenario.site_place(*site), place) {
                    set.insert(self.copy(id) + n);
                }
            }
        }
        for (id, external) in scenario.externals.iter() {
            if external.place.is_some_and(|at| scenario.is_within(at, place)) {
                set.insert(self.external(id));
            }
        }
    }

    fn take_instance(&self, scenario: &Scenario, pool: PoolId, n: usize, set: &mut AssetSet) {
        set.insert(self.pool(pool) + n);
        for (id, copy) in scenario.copies.iter() {
            for (at, site) in copy.sites.iter().enumerate() {
                if *site == Site::Instance(pool, n as u32) {
                    set.insert(self.copy(id) + at);
                }
            }
        }
    }
}
