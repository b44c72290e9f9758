//! From a scenario file to the model: raw TOML, validation, and the place of every fault.

pub mod cron;
pub mod quantity;
