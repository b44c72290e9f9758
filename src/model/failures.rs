//! What can go wrong: kinds of failure, how often, what they take, how long they last.

use super::{Delay, Law};
use crate::id::{AccountId, CopyId, DataId, ExternalId, LinkId, PlaceId, PoolId, RoleId};
use crate::units::{PerYear, Probability};

/// What a failure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// A place or pool is down; its data comes back, or is destroyed.
    Outage,
    /// A link carries nothing.
    Partition,
    /// Data is deleted.
    Deletion,
    /// Data is damaged, unnoticed at first.
    Corruption,
    /// An attacker holds accounts and strikes.
    Compromise,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Outage, Self::Partition, Self::Deletion, Self::Corruption, Self::Compromise];

    /// The word for it in the file and in results.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Partition => "partition",
            Self::Deletion => "deletion",
            Self::Corruption => "corruption",
            Self::Compromise => "compromise",
        }
    }

    /// Whether it ends by itself, as an outage does and a deletion does not.
    #[must_use]
    pub const fn ends_by_itself(self) -> bool {
        matches!(self, Self::Outage | Self::Partition)
    }
}

/// A thing that a failure hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Everything in a place.
    Place(PlaceId),
    /// A link.
    Link(LinkId),
    /// A data set, wherever its primary is.
    Data(DataId),
    /// Something outside.
    External(ExternalId),
    /// Everything in an account.
    Account(AccountId),
    /// A whole pool.
    Pool(PoolId),
    /// One instance of a pool.
    Instance(PoolId, u32),
    /// One copy.
    Copy(CopyId),
}

/// What one event takes.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name of the thing; of the failure where one event hits several.
    pub name: String,
    /// What is hit together.
    pub targets: Vec<Target>,
}

/// How often, with what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The value that is simulated.
    pub point: PerYear,
    /// Low end of the 95% interval of the input; the point itself if it was given as exact.
    pub low: PerYear,
    /// High end of the 95% interval.
    pub high: PerYear,
}

/// When events happen.
#[derive(Clone, Debug)]
pub enum Occurrence {
    /// A Poisson stream per member while the member is up.
    Rate(Rate),
    /// A renewal after repair.
    Gap(Delay),
}

impl Occurrence {
    /// Whether the time to the next event does not depend on how long ago the last was: it is exponential.
    #[must_use]
    pub fn is_memoryless(&self) -> bool {
        match self {
            Self::Rate(_) => true,
            Self::Gap(gap) => match gap.law() {
                Law::Exponential { .. } => true,
                Law::Weibull { shape, .. } => *shape == 1.0,
                _ => false,
            },
        }
    }

    /// Events per year and member; for a renewal one over its mean gap.
    #[must_use]
    pub fn per_year(&self) -> f64 {
        match self {
            Self::Rate(rate) => rate.point.per_year(),
            Self::Gap(gap) => {
                let mean = gap.mean();
                if mean > 0.0 { crate::units::SECONDS_PER_YEAR / mean } else { 0.0 }
            }
        }
    }
}

/// From when on an attacker's presence poisons new recovery points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taints {
    /// From the entry: the safe assumption.
    Entry,
    /// Only the strike does harm.
    Strike,
}

/// Who ends an outage or a partition.
#[derive(Clone, Debug)]
pub struct Repair {
    /// People who repair failures and nothing else, each one member at a time.
    pub role: RoleId,
    /// From somebody being free to the begin of the repair; `None`: at once.
    pub starts: Option<Delay>,
}

/// A named kind of event.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// What it does.
    pub kind: FailureKind,
    /// One member per thing that fails on its own (`each`), or a single one (`hits`).
    pub members: Vec<Member>,
    /// Whether it was written with `each`.
    pub each: bool,
    /// How often, per member.
    pub occurs: Occurrence,
    /// How long it lasts, or how long its repair takes if people repair it; there for every outage and
    /// partition, absent for the rest.
    pub lasts: Option<Delay>,
    /// Who repairs it; `None`: it ends by itself.
    pub repair: Option<Repair>,
    /// From the failure to its detection; `None`: plans detect by themselves.
    pub detected: Option<Delay>,
    /// Chance that what is hit does not come back.
    pub destroyed: Probability,
    /// Chance that each other member goes too.
    pub spreads: Probability,
    /// The part of the data that is hit, in (0, 1].
    pub share: f64,
    /// From an attacker's entry to the strike; there for every compromise, absent for the rest.
    pub dwell: Option<Delay>,
    /// From when on new recovery points are poisoned.
    pub taints: Taints,
    /// How people see it, if the file says it.
    pub symptom: Option<String>,
    /// Where the figures come from, if the file says it.
    pub source: Option<String>,
}

impl Failure {
    /// The parts of an outage or a partition by itself, one after the other: until somebody has come, where
    /// people repair it and take time to, and how long it lasts then. Nothing for what does not end by itself.
    pub fn outage(&self) -> impl Iterator<Item = &Delay> {
        self.repair.iter().filter_map(|repair| repair.starts.as_ref()).chain(&self.lasts)
    }

    /// How long an outage or a partition by itself lasts from its begin to its end; `None` for what does
    /// not end by itself.
    ///
    /// Where people take time to come to it, the sum of the two durations is given by as many values, each as
    /// likely: every quantile of the one with every quantile of the other.
    #[must_use]
    pub fn outage_time(&self) -> Option<Delay> {
        let lasts = self.lasts.as_ref()?;
        let Some(starts) = self.repair.as_ref().and_then(|repair| repair.starts.as_ref()) else {
            return Some(lasts.clone());
        };
        let shares = (0..QUANTILES).map(|n| (f64::from(n) + 0.5) / f64::from(QUANTILES));
        let after = lasts.quantiles(shares.clone());
        let sums = starts.quantiles(shares).into_iter().flat_map(|first| after.iter().map(move |then| first + then));
        Delay::new(Law::Empirical(sums.collect())).ok()
    }
}

/// Quantiles of each part of an outage that its whole is put together from: 10,000 values, a percent of
/// them beyond the 99th percentile.
const QUANTILES: u32 = 100;
