//! What a tier owns and what an event takes of it, as sets of bits.
//!
//! Every instance of a pool, every site of a copy and every external is one asset. An event is the
//! set of assets that it takes; whether a service is up is a question to that set.

use super::{CopyKind, FailureKind, Scenario, Site, Target, TierService};
use crate::id::{CopyId, ExternalId, Id, PlaceId, PoolId};

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

    /// Whether the data of a service outlives the destruction of these assets: of every copy that its
    /// writes wait for, fewer places are gone than a write waits for. What is left then refills the
    /// places when they are back. A service that keeps nothing loses nothing.
    #[must_use]
    pub fn keeps_data(&self, scenario: &Scenario, service: &TierService, destroyed: &AssetSet) -> bool {
        service.copies.iter().all(|copy| match &scenario.copies[*copy].kind {
            CopyKind::Primary { acks, .. } | CopyKind::Log { acks: Some(acks), .. } => {
                destroyed.count_in(self.copy(*copy), scenario.copies[*copy].sites.len()) < *acks as usize
            }
            _ => true,
        })
    }

    /// Everything in `place`, as seen from outside when the place cannot be reached.
    pub fn take_place(&self, scenario: &Scenario, place: PlaceId, set: &mut AssetSet) {
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
