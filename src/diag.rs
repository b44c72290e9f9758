//! Findings about a scenario: what is wrong or unwise, where, and what to do about it.
//!
//! A diagnostic carries the *path* of the value it speaks of (`copies.nightly.keep`), not a
//! position: whoever holds the text turns paths into lines (see `spec`). The sink collects all of
//! them, so that a user sees every fault of a file at once.

use std::fmt;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be used.
    Error,
    /// The scenario can be used, but says something its author may not mean.
    Advice,
}

/// A place in the file: the keys and list positions that lead to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// A position in a list, from 0.
    Index(usize),
}

impl Path {
    /// The path of these keys, outermost first.
    #[must_use]
    pub fn keys(keys: &[&str]) -> Self {
        Self(keys.iter().map(|k| Segment::Key((*k).to_owned())).collect())
    }

    /// This path with one more key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.to_owned()));
        path
    }

    /// This path with one more list position, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Index(index));
        path
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if n == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What part of an entry a label underlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// A remark on a second place that belongs to the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub path: Path,
    /// Key or value.
    pub part: Part,
    /// What to say there.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or advice.
    pub severity: Severity,
    /// A stable kebab-case code, documented in the language reference.
    pub code: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where; the first label is the one that counts. Empty: about the file as a whole.
    pub labels: Vec<Label>,
    /// What is allowed, or what to do.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error whose underlined value is at `path`.
    #[must_use]
    pub fn error(code: &'static str, path: Path, message: impl Into<String>) -> Self {
        Self::at(Severity::Error, code, path, message)
    }

    /// Advice on the value at `path`.
    #[must_use]
    pub fn advice(code: &'static str, path: Path, message: impl Into<String>) -> Self {
        Self::at(Severity::Advice, code, path, message)
    }

    fn at(severity: Severity, code: &'static str, path: Path, message: impl Into<String>) -> Self {
        let labels = vec![Label { path, part: Part::Value, text: String::new() }];
        Self { severity, code, message: message.into(), labels, help: Vec::new() }
    }

    /// The same, underlining the key instead of the value.
    #[must_use]
    pub fn on_key(mut self) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.part = Part::Key;
        }
        self
    }

    /// The same, with this text under the line that counts.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// The same, with a remark on another place.
    #[must_use]
    pub fn also(mut self, path: Path, text: impl Into<String>) -> Self {
        self.labels.push(Label { path, part: Part::Value, text: text.into() });
        self
    }

    /// The same, with a remark on another key.
    #[must_use]
    pub fn also_key(mut self, path: Path, text: impl Into<String>) -> Self {
        self.labels.push(Label { path, part: Part::Key, text: text.into() });
        self
    }

    /// The same, with a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// Collects findings; the scenario is usable if no error is among them.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds a remark on one more place to the `n`-th finding, from 0; without such a finding, nothing.
    pub fn add_label(&mut self, n: usize, label: Label) {
        if let Some(diagnostic) = self.found.get_mut(n) {
            diagnostic.labels.push(label);
        }
    }

    /// Whether an error is among the findings.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// All findings, errors and advice, in the order they were made; see [`crate::spec::Document::render`] for
    /// that of the file.
    #[must_use]
    pub fn all(&self) -> &[Diagnostic] {
        &self.found
    }
}
