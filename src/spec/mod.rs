//! From a scenario file to the model: TOML, then a walk over its tables that checks every key and
//! resolves every name, then checks of the whole.
//!
//! All faults of a file are found at once, each with the place where it stands. What every value
//! is, the default ones included, is kept as a listing with its origin.
//!
#![doc = include_str!("reference.md")]

mod checks;
mod codes;
mod compute;
mod copies;
pub mod cron;
mod delays;
mod document;
mod extras;
mod failures;
mod graph;
pub mod keys;
pub mod limits;
mod names;
mod other_words;
mod places;
mod plans;
pub mod quantity;
mod read;
mod render;
mod resolved;
mod schema;
mod services;
mod stray;
mod values;
mod vary;

pub use codes::ALL as CODES;
pub use document::Document;
pub use resolved::{Origin, ResolvedEntry};
pub use schema::schema;

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics, Path, Severity};
use crate::model::{CopyKind, Scenario, Schedule};

/// A valid scenario with what is worth knowing about its file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Findings that are no errors, in the order they were made.
    pub advice: Diagnostics,
    /// The file, to show findings in and to look up lines.
    pub document: Document,
    /// Every value that the scenario is computed with, in the order of the language's tables.
    pub resolved: Vec<ResolvedEntry>,
}

/// Reads a scenario.
///
/// # Errors
/// All faults of the text, each located in the document that is returned with them.
pub fn load(text: &str) -> Result<Loaded, (Diagnostics, Document)> {
    let mut found = Diagnostics::default();
    let mut document = Document::parse(text, &mut found);
    if found.has_errors() {
        return Err((found, document));
    }
    names::check_shape(&document.root, &Path::default(), &mut found);
    let too_long = |d: &Diagnostic| [codes::LIMIT_ENTRIES, codes::LIMIT_SAMPLES].contains(&d.code);
    if found.all().iter().any(too_long) {
        return Err((found, document));
    }
    let settled = stray::settle(&mut document);
    let names = names::Names::gather(&document, &mut found);
    if found.all().iter().any(too_long) {
        return Err((found, document));
    }
    let mut cx = read::Reader::new(&document, names, found);
    cx.begin_with(settled);
    read_all(&mut cx);
    if cx.found.all().len() >= limits::FINDINGS {
        let message = format!("only the first {} findings are listed", limits::FINDINGS);
        cx.found.push(Diagnostic::error(codes::TOO_MANY_FINDINGS, Path::default(), message));
    }
    let (mut found, notes, mut parts) = (cx.found, cx.notes, cx.parts);
    if cx.broken {
        for diagnostic in beyond(&document, &cx.repairs, &cx.faulty) {
            if !found.all().contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
        return Err((found, document));
    }
    parts.hash = resolved::hash(&notes);
    let scenario = Scenario::seal(parts);
    if let Some(excess) = too_many_starts(&scenario) {
        found.push(excess);
        return Err((found, document));
    }
    let whole = checks::check(&scenario, &document);
    let error = |d: &Diagnostic| d.severity == Severity::Error;
    let faulty = found.has_errors() || whole.iter().any(error);
    for diagnostic in whole {
        // What follows from a fault that is already told helps nobody. Advice may follow from one in
        // quite another entry: a list that could not be read leaves copies and plans unused.
        let follows = diagnostic.labels.iter().any(|label| cx.faulty.iter().any(|entry| within(&label.path, entry)));
        if !follows && (error(&diagnostic) || !faulty) {
            found.push(diagnostic);
        }
    }
    if !found.has_errors() {
        vary::check(&document, &mut found);
    }
    if found.has_errors() {
        return Err((found, document));
    }
    let resolved = notes.into_iter().map(|note| note.entry).collect();
    Ok(Loaded { scenario, advice: found, document, resolved })
}

/// Faults that an undeclared name hides: those of the file as it was probably meant, outside the
/// entries that have a fault already. Nothing if that file cannot be judged as a whole either.
fn beyond(document: &Document, repairs: &[read::Repair], faulty: &BTreeSet<Path>) -> Vec<Diagnostic> {
    if repairs.is_empty() {
        return Vec::new();
    }
    let mut meant = document.clone();
    for repair in repairs {
        match meant.root.text_mut(&repair.path.0) {
            Some(text) if *text == repair.found => text.clone_from(&repair.meant),
            _ => return Vec::new(),
        }
    }
    let mut found = Diagnostics::default();
    let names = names::Names::gather(&meant, &mut found);
    let mut cx = read::Reader::new(&meant, names, found);
    read_all(&mut cx);
    if cx.broken {
        return Vec::new();
    }
    let scenario = Scenario::seal(cx.parts);
    if too_many_starts(&scenario).is_some() {
        return Vec::new();
    }
    let told = |d: &Diagnostic| d.labels.iter().any(|l| faulty.iter().any(|entry| within(&l.path, entry)));
    let whole = checks::check(&scenario, &meant);
    whole.into_iter().filter(|d| d.severity == Severity::Error && !told(d)).collect()
}

/// The finding about the copy whose calendar brings the starts of the whole file above the limit.
fn too_many_starts(scenario: &Scenario) -> Option<Diagnostic> {
    let mut total = 0;
    for copy in scenario.copies.rows() {
        if let CopyKind::Backup { schedule: Schedule::Cron { starts, .. }, .. } = &copy.kind {
            total += starts.moments().len();
        }
        if total > cron::MOST_STARTS {
            let message =
                format!("the calendars up to this one start {total} times a year; {} are allowed", cron::MOST_STARTS);
            let path = Path::keys(&["copies", &copy.name, "cron"]);
            let excess = Diagnostic::error(codes::LIMIT_SCHEDULE, path, message);
            return Some(excess.help("`every = \"1m\"` is computed and not enumerated"));
        }
    }
    None
}

/// Whether a path is in an entry.
fn within(path: &Path, entry: &Path) -> bool {
    !entry.0.is_empty() && path.0.starts_with(&entry.0)
}

/// Reads a scenario from bytes that need not be text.
///
/// # Errors
/// As [`load`]; bytes that are not UTF-8 are one located fault.
pub fn load_bytes(bytes: &[u8]) -> Result<Loaded, (Diagnostics, Document)> {
    match std::str::from_utf8(bytes) {
        Ok(text) => load(text),
        Err(_) => {
            let mut found = Diagnostics::default();
            let document = Document::of_bytes(bytes, &mut found);
            Err((found, document))
        }
    }
}

/// Reads table by table, each after those that it refers to for more than a name.
fn read_all(cx: &mut read::Reader<'_>) {
    if !extras::read_top(cx) {
        return;
    }
    places::read(cx);
    compute::read(cx);
    copies::read(cx);
    failures::read(cx);
    plans::read(cx);
    services::read(cx);
    extras::read_rest(cx);
}

#[cfg(test)]
mod tests;
