//! drplan: a disaster-recovery strategy planner and RTO/RPO simulator.

pub mod assess;
pub mod bound;
pub mod cli;
pub mod cost;
pub mod diag;
pub mod id;
pub mod model;
pub mod report;
pub mod sim;
pub mod spec;
pub mod stats;
pub mod units;
