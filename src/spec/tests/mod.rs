//! Tests of the scenario language through whole files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use super::*;

mod model;
mod reference;

const FILES: &[(&str, &str)] = &[
    ("beginner", include_str!("beginner.toml")),
    ("doris", include_str!("doris.toml")),
    ("greptime-regions", include_str!("greptime-regions.toml")),
    ("greptime", include_str!("greptime.toml")),
    ("kafka", include_str!("kafka.toml")),
    ("materialize", include_str!("materialize.toml")),
    ("w1", include_str!("w1.toml")),
];

#[test]
fn all_sample_files_load() {
    for (name, text) in FILES {
        if let Err((found, document)) = load(text) {
            panic!("{name}:\n{}", document.render(name, &found, false));
        }
    }
}
