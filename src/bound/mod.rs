//! x
pub mod formulas;
mod span;
