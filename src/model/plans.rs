//! Recovery plans and their steps. The plan that is simulated is the plan that is printed.

use super::{Delay, Pool, WhenShort};
use crate::id::{CopyId, DataId, ExternalId, FailureId, LinkId, PoolId, RoleId, StepId};
use crate::units::{Bytes, BytesPerSecond, Probability, Seconds};

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Notice.
    Detect,
    /// Decide.
    Decide,
    /// Get compute.
    Provision,
    /// Bring data back.
    Restore,
    /// Bring it up to date.
    Replay,
    /// Check it.
    Verify,
    /// Send users there.
    Redirect,
}

impl Phase {
    /// All phases, in their usual order.
    pub const ALL: [Self; 7] =
        [Self::Detect, Self::Decide, Self::Provision, Self::Restore, Self::Replay, Self::Verify, Self::Redirect];

    /// The word for it in the file and in results.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Decide => "decide",
            Self::Provision => "provision",
            Self::Restore => "restore",
            Self::Replay => "replay",
            Self::Verify => "verify",
            Self::Redirect => "redirect",
        }
    }
}

/// How much a step moves or replays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Volume {
    /// What the chosen recovery point needs: the full and its incrementals, or the log after its base.
    From,
    /// A whole data set.
    Data(DataId),
    /// A copy of a data set, whole.
    Copy(CopyId),
    /// What came in from outside since the recovery point; writes go on meanwhile.
    External(ExternalId),
    /// A fixed volume.
    Fixed(Bytes),
}

/// The part of a step whose time depends on a volume.
#[derive(Clone, Debug)]
pub struct Work {
    /// How much; logical bytes, times the failure's `share` unless fixed.
    pub volume: Volume,
    /// Whether it replays changes instead of moving a state.
    pub replays: bool,
    /// Logical bytes per second and stream; `None`: the link alone sets the pace.
    pub rate: Option<BytesPerSecond>,
    /// Streams side by side, at least 1.
    pub streams: u32,
    /// The link that it uses; `None`: the one between the source's region and the target's, if declared.
    pub over: Option<LinkId>,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// What it is for.
    pub phase: Phase,
    /// The fixed part of its duration; `None`: there is none.
    pub takes: Option<Delay>,
    /// The part that depends on a volume; it follows the fixed part. `None`: it moves nothing.
    pub work: Option<Work>,
    /// Whom it occupies, one person; `None`: nobody is waited for.
    pub role: Option<RoleId>,
    /// Pools that it starts; it takes no time if all of them are up already.
    pub starts: Vec<PoolId>,
    /// Chance that an attempt fails, found at its end.
    pub fails: Probability,
    /// Further attempts after the first.
    pub retries: u32,
    /// What every instance that it starts must hold in memory; `None` fits everywhere.
    pub memory: Option<Bytes>,
    /// It is done once for all services of an incident.
    pub shared: bool,
    /// It goes on after service is back and counts for full capacity only.
    pub background: bool,
    /// Command, if there is one.
    pub run: Option<String>,
    /// How to see that it worked, if the file says it; likewise the next three.
    pub check: Option<String>,
    /// What to expect.
    pub expect: Option<String>,
    /// What to do if it fails.
    pub if_fails: Option<String>,
    /// How to undo it.
    pub rollback: Option<String>,
    /// Where the figures come from, if the file says it.
    pub source: Option<String>,
}

impl Step {
    /// The copy that it moves or replays by name; `None` if it names none.
    #[must_use]
    pub fn moved_copy(&self) -> Option<CopyId> {
        match self.work.as_ref()?.volume {
            Volume::Copy(copy) => Some(copy),
            _ => None,
        }
    }

    /// The external that feeds what it replays; `None` if none does.
    #[must_use]
    pub fn fed_by(&self) -> Option<ExternalId> {
        match self.work.as_ref()?.volume {
            Volume::External(external) => Some(external),
            _ => None,
        }
    }

    /// Whether the instances of a pool can hold what the step needs in memory.
    #[must_use]
    pub fn fits(&self, pool: &Pool) -> bool {
        self.memory.zip(pool.memory).is_none_or(|(needed, there)| needed <= there)
    }
}

/// A step's place in a plan.
#[derive(Clone, Debug)]
pub struct GraphNode {
    /// The step.
    pub step: StepId,
    /// Positions of the nodes that must be finished first; all smaller than its own.
    pub after: Vec<u32>,
}

/// Steps in an order that their dependencies allow: as listed wherever that is possible.
#[derive(Clone, Debug, Default)]
pub struct StepGraph {
    /// The nodes.
    pub nodes: Vec<GraphNode>,
}

/// From when on a plan is not given up any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// From the start of its first `redirect` step, or its end if it has none.
    FirstRedirect,
    /// From the start of this step.
    Step(StepId),
    /// Only from its end.
    End,
}

/// What to do about some failures.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name in the file.
    pub name: String,
    /// A line for people, if there is one.
    pub title: Option<String>,
    /// The failures that it is for.
    pub causes: Vec<FailureId>,
    /// Copies to recover from, best first; empty: the primary.
    pub from: Vec<CopyId>,
    /// Pools that serve afterwards; `None`: those that the strategy runs.
    pub into: Option<Vec<PoolId>>,
    /// What to do.
    pub steps: StepGraph,
    /// What to do to go back.
    pub failback: StepGraph,
    /// Not before the service has been down so long; `None`: at once.
    pub after_down: Option<Seconds>,
    /// The point of no return.
    pub commit: Commit,
    /// Good writes made between the failure and its detection are kept.
    pub salvage: bool,
    /// Whether it lets writes go on with fewer `acks` than the copy asks for; `None`: as the copy says.
    pub when_short: Option<WhenShort>,
    /// How many recovery points of one source it tries before the next source, at least 1.
    pub points: u32,
    /// Checks before it starts.
    pub preflight: Vec<String>,
    /// Where it comes from, if the file says it.
    pub source: Option<String>,
}
