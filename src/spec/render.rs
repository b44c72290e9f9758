//! Findings as a person reads them: code, the line with the part in question underlined, help.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Document;
use crate::diag::{Diagnostic, Diagnostics, Label, Severity};

/// Columns of a rendered finding.
const WIDTH: usize = 100;

impl Document {
    /// All findings, errors first and then as they stand in the file, each followed by an empty line;
    /// `file_name` is only printed.
    #[must_use]
    pub fn render(&self, file_name: &str, diagnostics: &Diagnostics, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
        let mut all: Vec<&Diagnostic> = diagnostics.all().iter().collect();
        all.sort_by_key(|d| (d.severity, self.start(d)));
        let mut out = String::new();
        for diagnostic in all {
            out.push_str(&renderer.render(&[self.group(file_name, diagnostic)]));
            out.push_str("\n\n");
        }
        out
    }

    /// Where the part stands that a finding is about; the file as a whole comes first.
    fn start(&self, diagnostic: &Diagnostic) -> Option<usize> {
        diagnostic.labels.first().and_then(|label| self.span(&label.path, label.part)).map(|span| span.start)
    }

    fn group<'a>(&'a self, file_name: &'a str, diagnostic: &'a Diagnostic) -> Group<'a> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Advice => Level::WARNING.with_name("advice"),
        };
        let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
        let marks: Vec<(&Label, Range<usize>)> = diagnostic
            .labels
            .iter()
            .filter_map(|label| Some((label, self.first_line(self.span(&label.path, label.part)?))))
            .collect();
        if self.start(diagnostic).is_some() {
            group = group.element(self.snippet(&marks).path(file_name));
        } else {
            group = group.element(Origin::path(file_name));
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }

    /// The lines from the first to the last mark; only these, for a file may be long.
    fn snippet<'a>(&'a self, marks: &[(&'a Label, Range<usize>)]) -> Snippet<'a, Annotation<'a>> {
        let first = marks.iter().map(|(_, span)| span.start).min().unwrap_or(0);
        let last = marks.iter().map(|(_, span)| span.end).max().unwrap_or(0);
        let line = self.line_at(first);
        let from = self.line_start(line);
        let to = self.text[last..].find('\n').map_or(self.text.len(), |n| last + n);
        let notes = marks.iter().enumerate().map(|(n, (label, span))| {
            let kind = if n == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let note = kind.span(span.start - from..span.end - from);
            if label.text.is_empty() { note } else { note.label(label.text.as_str()) }
        });
        Snippet::source(&self.text[from..to]).line_start(line).annotations(notes)
    }

    /// The part of a range on its first line: a long table is not worth printing whole.
    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let end = self.text[span.clone()].find('\n').map_or(span.end, |n| span.start + n);
        span.start..end
    }
}
