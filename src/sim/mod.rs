//! Simulation of incidents. Silent: it prints nothing and writes nothing.
//!
//! [`Simulator::new`] compiles the scenario to flat programs, one per tier and failure; an incident is
//! a walk over such a program with keyed draws; [`run_incidents`] tallies many.

mod anatomy;
mod campaign;
mod choice;
mod contention;
mod finder;
mod impact;
mod incident;
mod lag;
mod lanes;
mod lifetime;
mod point;
mod program;
mod random;
mod represent;
mod route;
mod schedule;
mod scheduler;
mod share;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;
mod walk;
mod worth;

pub use anatomy::{ActTally, Anatomy, anatomy};
pub use campaign::{Simulator, run_incidents};
pub use incident::{Outcome, PlanLabel};
pub use lifetime::{LifetimeResult, LifetimeSettings, LifetimeTally, LineTally, events_per_year, run_lifetimes};
pub use random::{Adversary, Attempts, Key, Purpose, Random, TRUNCATED_TAIL, Uniform};
pub use represent::{Representative, representatives};
pub use tally::{CampaignResult, CampaignSettings, Filter, IncidentTally, PairResult, StepTally, TierTally};
pub use timeline::{Act, Ending, Line, TimeLine, Wait};
pub use worth::{Worth, worths};

/// Stands for what never ends, in whole milliseconds or bytes.
pub const NEVER: u64 = u64::MAX;

/// Seconds as whole milliseconds; what is longer than 100 million years, or endless, is [`NEVER`].
#[inline]
#[must_use]
pub fn milliseconds(seconds: f64) -> u64 {
    // Half up, by truncation: rounding proper is a call on processors without an instruction for it.
    let value = seconds.max(0.0) * 1000.0 + 0.5;
    // 2^61: a sum of a few such values still fits.
    // Through a signed integer, which processors convert in one instruction.
    if value < 2_305_843_009_213_693_952.0 { value as i64 as u64 } else { NEVER }
}
