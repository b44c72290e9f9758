//! The resolved scenario: every value with where it came from, and the hash over all of them.

use sha2::{Digest, Sha256};

use super::read::Shown;
use crate::diag::Path;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file says it.
    File {
        /// Line, from 1.
        line: usize,
    },
    /// The file does not say it.
    Default {
        /// Why this stands in for it.
        why: String,
    },
    /// The entry is `like` another, which says it.
    Like {
        /// Name of the other.
        sibling: String,
    },
}

/// A value that the scenario is computed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedEntry {
    /// Its key, as if the entry had given it itself.
    pub path: Path,
    /// The value for people, with its unit.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
    /// Where the entry says that its figures come from; `None` if it says nothing.
    pub source: Option<String>,
}

/// A resolved value with its exact form.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) entry: ResolvedEntry,
    exact: String,
}

impl Note {
    pub(super) fn new(path: Path, shown: Shown, origin: Origin, source: Option<String>) -> Self {
        Self { entry: ResolvedEntry { path, value: shown.human, origin, source }, exact: shown.exact }
    }
}

/// First 16 hexadecimal digits of the SHA-256 over all values in their exact form, sorted by path.
///
/// Where a value came from is left out: writing a default down, or spelling out what `like` takes,
/// changes nothing of the scenario.
pub(super) fn hash(notes: &[Note]) -> String {
    let mut lines: Vec<String> = notes.iter().map(|note| format!("{} = {}\n", note.entry.path, note.exact)).collect();
    lines.sort_unstable();
    let mut digest = Sha256::new();
    for line in &lines {
        digest.update(line.as_bytes());
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
