//! A service whose plans run in the scheduler, and where its steps stand.

use crate::id::StepId;
use crate::sim::incident::Launch;
use crate::sim::program::StepProgram;

/// Where a step stands. Moments are seconds on the scheduler's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sim) enum State {
    /// For other steps.
    Waiting,
    /// For people or data, since this moment.
    Ready(f64),
    /// Its fixed part, until this moment.
    Fixed(f64),
    /// Its transfer, with this many logical bytes left.
    Moving(f64),
    /// Another service does it for all.
    Joined,
    /// What another service did for all is over.
    Over {
        failed: bool,
    },
    Done,
}

impl State {
    /// Whether it is being worked on.
    pub(in crate::sim) fn is_under_way(self) -> bool {
        matches!(self, Self::Fixed(_) | Self::Moving(_))
    }

    /// Whether it is being worked on, by this service or by another for all.
    pub(in crate::sim) fn is_going_on(self) -> bool {
        self.is_under_way() || self == Self::Joined
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Node {
    pub(in crate::sim) state: State,
    pub(super) attempt: u32,
    pub(super) round: u64,
    pub(super) rate: f64,
    pub(super) flow: usize,
}

pub(super) const FRESH: Node = Node { state: State::Waiting, attempt: 0, round: 0, rate: 0.0, flow: usize::MAX };

/// A service whose plans run here.
#[derive(Default)]
pub(in crate::sim) struct Actor {
    pub(in crate::sim) launch: Option<Launch>,
    /// When its incident began: the moment that the times of its launch and its draws count from.
    pub(in crate::sim) origin: f64,
    pub(in crate::sim) nodes: Vec<Node>,
    /// When it was back; infinite until then.
    pub(in crate::sim) serve: f64,
    /// Something of its plan may end at this moment.
    pub(super) due: bool,
    /// Something of its plan is done since it was last looked at.
    pub(super) done: bool,
    /// Steps under way when the last plan was struck off, which go on in the next.
    pub(super) kept: Vec<Kept>,
}

/// A step under way whose plan is over.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    pub(super) once: Once,
    pub(super) node: Node,
    pub(super) role: Option<usize>,
}

/// Names a step of an incident: of all services, if it is shared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Once {
    pub(super) step: StepId,
    occurrence: u64,
    /// What is done anew for another recovery point is another thing in the next round.
    round: u64,
}

impl Once {
    pub(super) fn new(step: &StepProgram, occurrence: u64, round: u64) -> Self {
        Self { step: step.step, occurrence, round: if step.of_point { round } else { 0 } }
    }
}

impl Actor {
    /// Whether something of its plan must be looked at now.
    pub(in crate::sim) fn asks(&self) -> bool {
        self.launch.is_some() && (self.due || self.done)
    }

    /// When its plan begins; infinite without one.
    pub(super) fn begin(&self) -> f64 {
        self.launch.map_or(f64::INFINITY, |launch| self.origin + launch.begin)
    }
}
