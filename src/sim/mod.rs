//! Simulation of incidents. Silent: it prints nothing and writes nothing.
//!
//! [`Simulator::new`] compiles the scenario to flat programs, one per tier and failure; an incident is
//! a walk over such a program with keyed draws; [`run_incidents`] tallies many.

mod anatomy;
mod blocks;
mod campaign;
mod choice;
mod column;
mod contention;
mod finder;
mod impact;
mod incident;
mod lag;
mod lanes;
mod lifetime;
mod loss;
mod overlap;
mod point;
mod program;
mod random;
mod recovery;
mod represent;
mod route;
mod running;
mod schedule;
mod scheduler;
mod share;
mod sides;
mod streams;
mod tail;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;
mod unsent;
mod walk;
mod worth;

pub use anatomy::{ActTally, Anatomy, anatomy};
pub use campaign::{Simulator, run_incidents};
pub use incident::{Outcome, PlanLabel};
pub use lifetime::{
    Change, LifetimeRecord, LifetimeResult, LifetimeSettings, LifetimeTally, LineTally, Longer, Overlaps, PerYear,
    Renewal, Renewals, Returns, Wholes, events_per_year, overlaps, overlaps_while, renewals, run_lifetimes,
    run_lifetimes_while,
};
pub use random::{Adversary, Attempts, Key, Purpose, Random, TRUNCATED_TAIL, Uniform};
pub use represent::{Representative, RepresentativeWay, representatives};
pub use running::{CampaignRecord, RunningCampaign};
pub use tail::{BySet, Tail};
pub use tally::{CampaignResult, CampaignSettings, Filter, IncidentTally, PairResult, StepTally, TierTally};
pub use timeline::{Act, Ending, Line, TimeLine, Wait};
pub use worth::{Worth, worths};

/// Stands for what never ends, in whole milliseconds or bytes.
pub const NEVER: u64 = u64::MAX;

/// Seconds as whole milliseconds, ties to even; what is longer than 140,000 years, or endless, is [`NEVER`].
#[inline(always)]
#[must_use]
pub fn milliseconds(seconds: f64) -> u64 {
    // The numbers from 2^52 to 2^53 are the integers, in their low 52 bits: an addition rounds, and
    // several of them fit one instruction, which a conversion does not.
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let value = seconds.max(0.0) * 1000.0;
    if value < TWO_52 - 1.0 { (value + TWO_52).to_bits() & ((1 << 52) - 1) } else { NEVER }
}
