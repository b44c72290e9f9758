//! Simulation of incidents: what a campaign leaves behind.
pub mod tally;
pub use tally::*;
