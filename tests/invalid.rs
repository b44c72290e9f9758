//! Faults of scenarios: each case is a small patch of a good file and has its exact diagnostics.
//!
//! A case names the codes of its findings here, errors first as they are printed; the whole text that
//! a user sees stands in `tests/snapshots/invalid__*.snap`. After a change of wording run
//! `INSTA_UPDATE=always cargo test --test invalid` and read the difference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

use drplan::diag::{Diagnostic, Diagnostics, Severity};
use drplan::spec::{self, Document};

#[path = "invalid/copies.rs"]
mod copies;
#[path = "invalid/failures.rs"]
mod failures;
#[path = "invalid/files.rs"]
mod files;
#[path = "invalid/keys.rs"]
mod keys;
#[path = "invalid/names.rs"]
mod names;
#[path = "invalid/plans.rs"]
mod plans;
#[path = "invalid/quantities.rs"]
mod quantities;
#[path = "invalid/services.rs"]
mod services;
#[path = "invalid/slips.rs"]
mod slips;

/// A scenario with something of everything and nothing to complain about.
const GOOD: &str = include_str!("invalid/good.toml");

/// Name of the case, codes of its findings, replacements that make the fault.
type Case = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// The text with every replacement made exactly once.
fn patched(patch: &[(&str, &str)]) -> String {
    let mut text = GOOD.to_owned();
    for (from, to) in patch {
        assert_eq!(text.matches(from).count(), 1, "the patch must fit in one place: {from}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// Whether it loads, what was found, and the document to show it in.
fn findings(bytes: &[u8]) -> (bool, Diagnostics, Document) {
    match spec::load_bytes(bytes) {
        Ok(loaded) => (true, loaded.advice, loaded.document),
        Err((found, document)) => (false, found, document),
    }
}

/// Runs the cases of a group and compares all that is printed with the group's snapshot.
fn check(group: &str, cases: &[Case]) {
    let mut all = String::new();
    let mut wrong = String::new();
    for (name, codes, patch) in cases {
        let (ok, diagnostics, document) = findings(patched(patch).as_bytes());
        let mut found: Vec<_> = diagnostics.all().iter().collect();
        let start = |d: &Diagnostic| d.labels.first().and_then(|l| document.span(&l.path, l.part)).map(|s| s.start);
        found.sort_by_key(|d| (d.severity, start(d)));
        let found_codes: Vec<&str> = found.iter().map(|d| d.code).collect();
        if found_codes != *codes || ok == found.iter().any(|d| d.severity == Severity::Error) {
            let _ = writeln!(wrong, "{name}: {found_codes:?} instead of {codes:?}");
        }
        for diagnostic in &found {
            assert!(!diagnostic.message.ends_with('.'), "{name}: {}", diagnostic.message);
            assert!(spec::CODES.iter().any(|(code, _)| *code == diagnostic.code), "{name}: {}", diagnostic.code);
        }
        let _ = write!(all, "## {name}\n\n{}", document.render("shop.toml", &diagnostics, false));
    }
    snapshot(group, &all);
    assert!(wrong.is_empty(), "codes differ:\n{wrong}");
}

/// Compares a text with the snapshot of its group.
fn snapshot(group: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("invalid__{group}"), text);
    });
}

#[test]
fn the_good_file_is_good() {
    let (ok, diagnostics, document) = findings(GOOD.as_bytes());
    let text = document.render("shop.toml", &diagnostics, false);
    assert!(ok && diagnostics.all().is_empty(), "{text}");
}
