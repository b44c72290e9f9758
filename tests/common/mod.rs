//! What the tests of the engine share.
#![allow(dead_code, reason = "each test crate uses a part of it")]

pub mod coverage;
pub mod document;
pub mod engine;
pub mod generator;
pub mod random;
