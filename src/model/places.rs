//! Where things stand, what joins them, what must survive, and who acts.

use crate::id::{DataId, ExternalId, PlaceId};
use crate::units::{Bytes, BytesPerSecond, Money, Seconds};

/// A node of the tree of failure domains: a region, a zone in it, a rack in that.
#[derive(Clone, Debug)]
pub struct Place {
    /// Name in the file.
    pub name: String,
    /// What it is in; `None` for a region.
    pub parent: Option<PlaceId>,
    /// What is in it.
    pub children: Vec<PlaceId>,
    /// The region that it is in, or itself.
    pub region: PlaceId,
}

/// Bandwidth, round trip and price between two regions.
#[derive(Clone, Debug)]
pub struct Link {
    /// Name in the file.
    pub name: String,
    /// The two regions that it joins.
    pub between: [PlaceId; 2],
    /// Physical bytes per second of all that goes over it, whichever way; `None` is not a limit.
    pub bandwidth: Option<BytesPerSecond>,
    /// Round trip; zero if not given.
    pub rtt: Seconds,
    /// Price per physical gigabyte moved; `None` is unknown.
    pub price_per_gb: Option<Money>,
}

impl Link {
    /// Whether it joins these two regions, in either order.
    #[must_use]
    pub fn joins(&self, a: PlaceId, b: PlaceId) -> bool {
        self.between == [a, b] || self.between == [b, a]
    }
}

/// A repeated time of heavier writing.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// All that is written while it lasts, in place of the average rate.
    pub rate: BytesPerSecond,
    /// How long it lasts.
    pub lasts: Seconds,
    /// From one start to the next.
    pub every: Seconds,
}

/// What must survive. Sizes and rates are logical: before compression.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// Its size now.
    pub size: Bytes,
    /// Rate of writing outside bursts.
    pub writes: BytesPerSecond,
    /// Bursts on top, if any.
    pub burst: Option<Burst>,
    /// Growth of the size per year, as a share of it: 0.2 is 20% a year.
    pub growth: f64,
    /// What can feed it again; `None`: nothing.
    pub upstream: Option<ExternalId>,
    /// Data sets that must be rewound to a common moment with this one; symmetric.
    pub consistent_with: Vec<DataId>,
}

impl DataSet {
    /// Its size after so many years of growth.
    ///
    /// # Formula
    /// size × (1 + growth)^years.
    #[must_use]
    pub fn size_after(&self, years: f64) -> Bytes {
        let grown = self.size.bytes() * libm::pow(1.0 + self.growth, years);
        Bytes::new(grown.min(f64::MAX)).unwrap_or(self.size)
    }

    /// Average rate of writing, bursts included.
    ///
    /// # Formula
    /// writes + (burst rate − writes) × how long a burst lasts ÷ from one start to the next.
    #[must_use]
    pub fn mean_writes(&self) -> BytesPerSecond {
        let base = self.writes.bytes_per_second();
        let mean = self.burst.map_or(base, |burst| {
            let share = (burst.lasts.seconds() / burst.every.seconds()).min(1.0);
            base + (burst.rate.bytes_per_second() - base) * share
        });
        BytesPerSecond::new(mean).unwrap_or_default()
    }
}

/// Something outside that services need or data is fed from.
#[derive(Clone, Debug)]
pub struct External {
    /// Name in the file.
    pub name: String,
    /// Where it stands; `None` is nowhere that fails.
    pub place: Option<PlaceId>,
}

/// A credential domain: who takes it holds everything in it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Name in the file.
    pub name: String,
}

/// People who can do the same work.
#[derive(Clone, Debug)]
pub struct Role {
    /// Name in the file.
    pub name: String,
    /// How many are on call.
    pub people: u32,
}
