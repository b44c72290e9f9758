//! An assessment as people and programs read it: table, JSON, CSV, Markdown.
//!
//! One value, [`Assessment`](crate::assess::Assessment), feeds every renderer; nothing is computed
//! here but what a reader sees.

pub mod blocks;
pub mod escape;
pub mod human;
pub mod runbook;
pub mod terminal;

mod cells;
mod comparison;
mod csv;
mod details;
mod explanation;
mod file_names;
mod json;
mod markdown;
mod verdict;

pub use comparison::comparison;
pub use csv::{csv, explained_csv, resolved_csv};
pub use details::details;
pub use explanation::{explanation, resolved_listing};
pub use file_names::FileNames;
pub use json::{explained_json, json, resolved_json};
pub use markdown::render as markdown;
