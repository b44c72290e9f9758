//! A range of times or volumes with the input that leaves its upper end open.

use super::way::TurnId;
use crate::id::{CopyId, FailureId, LinkId, PoolId, ServiceId, StepId};
use crate::model::{Delay, Scenario};

/// Share of draws that truncation cuts at each end of a distribution.
pub(super) const TRUNCATED_TAIL: f64 = 0.001;

/// What leaves a bound open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cause {
    /// A duration of a failure: the key.
    Failure(FailureId, &'static str),
    /// What a step takes.
    Step(StepId),
    /// The transfer of a step has nothing that carries it.
    Rate(StepId),
    /// A duration of a copy: the key.
    Copy(CopyId, &'static str),
    /// Writes that fill a link.
    Link(CopyId, LinkId),
    /// The takeover of a pool.
    Takeover(PoolId),
    /// The resumption of a service.
    Resume(ServiceId),
    /// What people's steps are multiplied by.
    Stress,
}

impl Cause {
    /// The reason in words, naming the key of the file.
    pub(super) fn words(self, scenario: &Scenario) -> String {
        match self {
            Self::Failure(id, key) => format!("failures.{}.{key} has no upper bound", scenario.failures[id].name),
            Self::Step(id) => format!("steps.{}.takes has no upper bound", scenario.steps[id].name),
            Self::Rate(id) => {
                format!("steps.{} moves data over nothing that has a rate above zero", scenario.steps[id].name)
            }
            Self::Copy(id, key) => format!("copies.{}.{key} has no upper bound", scenario.copies[id].name),
            Self::Link(copy, link) => format!(
                "copies.{} is written as fast as links.{} carries, or faster: its lag has no bound",
                scenario.copies[copy].name, scenario.links[link].name
            ),
            Self::Takeover(id) => format!("compute.{}.takeover has no upper bound", scenario.compute[id].name),
            Self::Stress => "stress has no upper bound".to_owned(),
            Self::Resume(id) => format!("services.{}.resume has no upper bound", scenario.services[id].name),
        }
    }
}

/// A range; `hi` may be infinite, and then `why` says by what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) why: Option<Cause>,
    /// By which ways both ends come about, once that is known.
    pub(super) ways: (TurnId, TurnId),
}

/// Ranges are the same whatever the ways to their ends.
impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        (self.lo, self.hi, self.why) == (other.lo, other.hi, other.why)
    }
}

const NO_WAYS: (TurnId, TurnId) = (TurnId::NONE, TurnId::NONE);

impl Span {
    pub(super) const ZERO: Self = Self { lo: 0.0, hi: 0.0, why: None, ways: NO_WAYS };

    pub(super) fn exactly(value: f64) -> Self {
        Self::new(value, value)
    }

    pub(super) fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi, why: None, ways: NO_WAYS }
    }

    /// A range whose upper end this leaves open, if anything.
    pub(super) fn open(lo: f64, hi: f64, why: Option<Cause>) -> Self {
        Self { why, ..Self::new(lo, hi) }
    }

    /// The support of a distribution, cut to its [p0.1, p99.9] if asked.
    pub(super) fn of(delay: &Delay, truncate: bool, cause: Cause) -> Self {
        if delay.is_constant() {
            return Self::exactly(delay.min());
        }
        let tail = if truncate { TRUNCATED_TAIL } else { 0.0 };
        let (lo, hi) = (delay.quantile(tail), delay.quantile(1.0 - tail));
        Self::open(lo, hi, hi.is_infinite().then_some(cause))
    }

    /// Both halves.
    pub(super) fn halves(self) -> [Self; 2] {
        let middle = self.lo.midpoint(self.hi);
        [Self { hi: middle, ..self }, Self { lo: middle, ..self }]
    }

    /// Both ends come about by these ways.
    pub(super) fn by(self, ways: (TurnId, TurnId)) -> Self {
        Self { ways, ..self }
    }

    /// The same, where no way is known yet.
    pub(super) fn or_by(self, way: TurnId) -> Self {
        Self { ways: (self.ways.0.or(way), self.ways.1.or(way)), ..self }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let ways = (self.ways.0.or(other.ways.0), self.ways.1.or(other.ways.1));
        Self { lo: self.lo + other.lo, hi: self.hi + other.hi, why: self.why.or(other.why), ways }
    }

    /// Times a factor that is not negative.
    pub(super) fn times(self, factor: f64) -> Self {
        if factor == 0.0 {
            return Self { ways: self.ways, ..Self::ZERO };
        }
        Self { lo: self.lo * factor, hi: self.hi * factor, ..self }
    }

    /// Times another range, neither of them negative.
    pub(super) fn scaled(self, by: Self) -> Self {
        if self.hi == 0.0 || by.hi == 0.0 {
            return Self::ZERO;
        }
        Self { lo: self.lo * by.lo, hi: self.hi * by.hi, why: self.why.or(by.why), ..self }
    }

    /// The later of two moments.
    pub(super) fn max(self, other: Self) -> Self {
        let low = if self.lo >= other.lo { self } else { other };
        let or = |known: TurnId, a: TurnId, b: TurnId| known.or(a).or(b);
        let ways = (or(low.ways.0, self.ways.0, other.ways.0), or(self.later(other).ways.1, self.ways.1, other.ways.1));
        Self { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi), why: self.reason(other), ways }.settled()
    }

    /// Either of the two.
    pub(super) fn or(self, other: Self) -> Self {
        let low = if self.lo <= other.lo { self } else { other };
        let ways = (low.ways.0, self.later(other).ways.1);
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi), why: self.reason(other), ways }.settled()
    }

    /// The one with the larger upper end.
    fn later(self, other: Self) -> Self {
        if self.hi >= other.hi { self } else { other }
    }

    /// What leaves the larger upper end open.
    fn reason(self, other: Self) -> Option<Cause> {
        if self.hi >= other.hi { self.why.or(other.why) } else { other.why }
    }

    /// With an upper end no higher than `limit`.
    pub(super) fn capped(self, limit: Self) -> Self {
        if limit.hi < self.hi {
            return Self { lo: self.lo.min(limit.hi), hi: limit.hi, why: limit.why, ..self };
        }
        self
    }

    /// A finite range has nothing that leaves it open.
    fn settled(mut self) -> Self {
        if self.hi.is_finite() {
            self.why = None;
        }
        self
    }
}

/// Either of two ranges that may be missing.
pub(super) fn either(a: Option<Span>, b: Option<Span>) -> Option<Span> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.or(b)),
        (a, b) => a.or(b),
    }
}
