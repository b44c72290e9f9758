//! What can go wrong: kinds of failure, how often, what they take, how long they last.

use super::Delay;
use crate::id::{AccountId, CopyId, DataId, ExternalId, LinkId, PlaceId, PoolId};
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

/// A named kind of event.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Name in the file.
    pub name: String,
    /// A line for people.
    pub title: Option<String>,
    /// What it does.
    pub kind: FailureKind,
    /// One member per thing that fails on its own (`each`), or a single one (`hits`).
    pub members: Vec<Member>,
    /// Whether it was written with `each`.
    pub each: bool,
    /// How often, per member.
    pub occurs: Occurrence,
    /// How long it lasts; there for every outage and partition, absent for the rest.
    pub lasts: Option<Delay>,
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
    /// How people see it.
    pub symptom: Option<String>,
    /// Where the figures come from.
    pub source: Option<String>,
}
