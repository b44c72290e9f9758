//! By which way an incident comes to a bound: the witness of it.
//!
//! Each end of a range carries the number of a turn in a list that the setting keeps, and each turn
//! names the one before it: so a way costs a word, however many ways are compared before one is best.

use std::cell::RefCell;

use super::span::Span;
use crate::id::{CopyId, PlanId, ServiceId, StepId};

/// The way by which an incident comes to a bound.
///
/// It says what of an incident has a choice: what is hit, when it is known and over, and which tries
/// there are and how they end. Durations and schedules that it does not name stand at either end of
/// what they can be, or, where one must be over just before another, in between.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// The members that are hit together, by their position in the failure, ascending.
    pub members: Vec<usize>,
    /// What is hit is destroyed.
    pub destroyed: bool,
    /// From the failure to its detection: the least and the most, seconds.
    pub detected: (f64, f64),
    /// How long an attacker was there before: the least and the most, seconds.
    pub dwell: (f64, f64),
    /// When the outage ends: the least and the most, seconds; `None` for what does not end by itself.
    pub lasts: Option<(f64, f64)>,
    /// What is tried, in this order, service by service; empty where nothing is.
    pub tries: Vec<Try>,
}

/// A plan that is tried, or a source that is found to hold nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try {
    /// Whose plan it is.
    pub service: ServiceId,
    /// The plan.
    pub plan: PlanId,
    /// What it recovers from; `None` for a service that keeps nothing.
    pub source: Option<CopyId>,
    /// How it ends.
    pub end: TryEnd,
}

/// How a try ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryEnd {
    /// The source holds nothing of use: the plan is not begun with it.
    Missed,
    /// Service is back.
    Served,
    /// The last attempt at this step fails.
    Failed(StepId),
    /// The outage is over before the point of no return.
    GivenUp,
}

/// What is decided on a way.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    /// What is hit, with the ranges that the rest of the way looks at.
    Event { members: Vec<usize>, destroyed: bool, detected: Span, dwell: Span, lasts: Option<Span> },
    /// What is tried.
    Try(Try),
}

/// The number of a turn; 0: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TurnId(u32);

impl TurnId {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn or(self, other: Self) -> Self {
        if self.is_none() { other } else { self }
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// All turns that were looked at, each with the one before it.
#[derive(Debug, Default)]
pub(super) struct Turns(RefCell<Vec<(Turn, TurnId)>>);

impl Turns {
    fn push(&self, turn: Turn, before: TurnId) -> TurnId {
        let mut turns = self.0.borrow_mut();
        turns.push((turn, before));
        TurnId(u32::try_from(turns.len()).unwrap_or(0))
    }

    /// What is hit.
    pub(super) fn begin(&self, turn: Turn) -> TurnId {
        self.push(turn, TurnId::NONE)
    }

    /// One more try after the ways to both ends of a range.
    pub(super) fn after(&self, before: (TurnId, TurnId), turn: Try) -> (TurnId, TurnId) {
        let first = self.push(Turn::Try(turn), before.0);
        (first, if before.0 == before.1 { first } else { self.push(Turn::Try(turn), before.1) })
    }

    /// The whole way to a turn.
    pub(super) fn way(&self, mut at: TurnId) -> Option<Way> {
        let turns = self.0.borrow();
        let mut tries = Vec::new();
        while let Some((turn, before)) = (at.0 as usize).checked_sub(1).and_then(|n| turns.get(n)) {
            match turn {
                Turn::Try(one) => tries.push(*one),
                Turn::Event { members, destroyed, detected, dwell, lasts } => {
                    tries.reverse();
                    let ends = |span: &Span| (span.lo, span.hi);
                    return Some(Way {
                        members: members.clone(),
                        destroyed: *destroyed,
                        detected: ends(detected),
                        dwell: ends(dwell),
                        lasts: lasts.as_ref().map(ends),
                        tries,
                    });
                }
            }
            at = *before;
        }
        None
    }
}
