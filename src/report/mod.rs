//! An assessment as people and programs read it: table, JSON, CSV, Markdown, charts, a page.
//!
//! One value, [`Assessment`](crate::assess::Assessment), feeds every renderer; nothing is computed
//! here but what a reader sees.

pub mod blocks;
pub mod chart;
pub mod escape;
pub mod human;
pub mod runbook;
pub mod terminal;

mod cells;
mod comparison;
mod csv;
mod dependence;
mod details;
mod explanation;
mod file_names;
mod json;
mod markdown;
mod page;
mod part;
mod result;
mod verdict;

pub use comparison::comparison;
pub use csv::{csv, explained_csv, resolved_csv};
pub use details::details;
pub use explanation::{explanation, resolved_listing};
pub use file_names::FileNames;
pub use json::{explained_json, json, resolved_json};
pub use markdown::render as markdown;
pub use page::page;
pub use part::{PART_BYTES, Part, PartOptions, PartScenario};
pub use result::{RESULT_BYTES, read_result};
