//! Copies of data: what each kind can give back, and which changes reach it.

use std::borrow::Cow;

use super::{Calendar, Delay, FailureKind, Site};
use crate::id::{AccountId, CopyId, DataId, ExternalId, LinkId};
use crate::units::{BytesPerSecond, Money, Probability, Seconds};

/// A copy of a data set.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// The data set that it holds.
    pub data: DataId,
    /// What it is made from; `None` only for a primary.
    pub of: Option<Upstream>,
    /// Where it lies; empty for a derived copy that is only made when needed.
    pub sites: Vec<Site>,
    /// What it is and what it needs for that.
    pub kind: CopyKind,
    /// What the edge from its upstream carries.
    pub edge: Edge,
    /// The account that holds it; `None`: no credential domain.
    pub account: Option<AccountId>,
    /// Logical bytes per stored byte, at least 1.
    pub compression: f64,
    /// The most that can be read from it during a restore, logical; `None` is not a limit.
    pub read_rate: Option<BytesPerSecond>,
    /// Price of a stored decimal gigabyte for a month, in the scenario's currency; `None` is unknown.
    pub price_per_gb_month: Option<Money>,
    /// Where the figures come from, if the file says it.
    pub source: Option<String>,
}

/// What a copy is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Another copy.
    Copy(CopyId),
    /// Whatever is the primary of a data set.
    Data(DataId),
    /// Something outside.
    External(ExternalId),
}

/// Which bad changes an edge holds back.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Kinds of failure whose damage it does not carry.
    pub skips: Vec<FailureKind>,
    /// How long it holds every change back; damage found sooner has not arrived. `None`: not at all.
    pub delay: Option<Seconds>,
}

/// What happens to writes when fewer than `acks` places are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenShort {
    /// Writes stop.
    Stop,
    /// Writes go on with one place.
    Continue,
}

/// How far an asynchronous copy is behind.
#[derive(Clone, Debug)]
pub enum AsyncLag {
    /// A distribution.
    Law(Delay),
    /// What the write profile leaves waiting on this link, plus half a round trip.
    Over(LinkId),
}

/// When a backup runs.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// At a fixed distance.
    Every {
        /// From one start to the next.
        interval: Seconds,
        /// First start after midnight UTC of 1 January; `None`: a phase drawn per copy.
        offset: Option<Seconds>,
    },
    /// At moments of the calendar.
    Cron {
        /// Five fields.
        expression: String,
        /// IANA name.
        timezone: String,
        /// When it starts.
        starts: Calendar,
    },
}

impl Schedule {
    /// The calendar year (UTC) that `t_fail` is drawn from: a recent one of 365 days.
    pub const REFERENCE_YEAR: i32 = 2026;

    /// The moments at which it starts, where they are given; `None`: a phase is drawn.
    #[must_use]
    pub fn calendar(&self) -> Option<Cow<'_, Calendar>> {
        match self {
            Self::Every { interval, offset } => {
                offset.map(|offset| Cow::Owned(Calendar::even(interval.seconds(), offset.seconds())))
            }
            Self::Cron { starts, .. } => Some(Cow::Borrowed(starts)),
        }
    }

    /// The longest time from one start to the next, over the turn of the year too.
    #[must_use]
    pub fn longest_gap(&self) -> Seconds {
        match self {
            Self::Every { interval, .. } => *interval,
            Self::Cron { starts, .. } => Seconds::new(starts.gaps().fold(0.0, f64::max)).unwrap_or_default(),
        }
    }

    /// Mean time from one start to the next: the interval, or the period of the calendar ÷ its starts.
    #[must_use]
    pub fn mean_gap(&self) -> Seconds {
        match self {
            Self::Every { interval, .. } => *interval,
            Self::Cron { starts, .. } => starts.mean_gap(),
        }
    }
}

/// The kinds of copy with what each needs.
#[derive(Clone, Debug)]
pub enum CopyKind {
    /// What the service reads and writes; synchronous or a quorum if it has several sites.
    Primary {
        /// Sites that must have a write before it counts; at least 1, at most all.
        acks: u32,
        /// What happens with fewer sites left.
        when_short: WhenShort,
        /// How old the state is that is left when `acks` sites or more are lost, or when it is read
        /// without the log that holds the rest.
        lag: Option<Delay>,
    },
    /// Follows its upstream at a distance.
    Async {
        /// How far behind.
        lag: AsyncLag,
        /// Both sides take writes.
        both_ways: bool,
        /// Writes of both sides are joined after a divergence instead of one side's being dropped.
        merges: bool,
        /// An interruption of the stream longer than this means a full copy again.
        window: Option<Seconds>,
    },
    /// A log that can be replayed onto a base.
    Log {
        /// How late entries arrive.
        lag: Option<Delay>,
        /// Copies it can be replayed onto; empty: the log holds all from the start.
        bases: Vec<CopyId>,
        /// Sites that must have an entry before the write counts; `None`: the log is not on the
        /// path of writes.
        acks: Option<u32>,
        /// What happens with fewer sites left.
        when_short: WhenShort,
        /// How long entries are kept.
        keep: Seconds,
        /// How long they cannot be deleted by anyone.
        locked: Option<Seconds>,
    },
    /// A state saved on a schedule.
    Backup {
        /// When it starts.
        schedule: Schedule,
        /// How long a run takes.
        takes: Delay,
        /// How long the result travels before it can be used.
        travel: Option<Delay>,
        /// From one full backup to the next, the others being incremental; `None`: all are full.
        full_every: Option<Seconds>,
        /// Chance that a run fails.
        fails: Probability,
        /// How long a result is kept, from its start.
        keep: Seconds,
        /// How long it cannot be deleted by anyone, from its start.
        locked: Option<Seconds>,
    },
    /// Deleted things kept for a while.
    SoftDelete {
        /// For how long.
        keep: Seconds,
        /// Chance that a deletion goes around it.
        bypass: Probability,
        /// Deletions that come by replication are kept too.
        replicated: bool,
    },
    /// Computed from its input.
    Derived {
        /// How far behind its input it runs, if it runs all the time.
        lag: Option<Delay>,
    },
}

impl CopyKind {
    /// The word for it in the file.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Primary { .. } => "primary",
            Self::Async { .. } => "async",
            Self::Log { .. } => "log",
            Self::Backup { .. } => "backup",
            Self::SoftDelete { .. } => "soft-delete",
            Self::Derived { .. } => "derived",
        }
    }
}
