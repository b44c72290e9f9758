//! What the tests of the engine share.
#![allow(dead_code, reason = "each test crate uses a part of it")]

pub(crate) mod adversary;
pub(crate) mod coverage;
pub(crate) mod document;
pub(crate) mod engine;
pub(crate) mod generator;
pub(crate) mod questions;
pub(crate) mod random;
pub(crate) mod shipped;
pub(crate) mod subjects;
