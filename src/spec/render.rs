//! Findings as a person reads them: code, the line with the part in question underlined, help.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Document;
use crate::diag::{Diagnostic, Diagnostics, Label, Severity};

/// Columns of a rendered finding.
const WIDTH: usize = 100;

impl Document {
    /// All findings, errors first, each followed by an empty line; `file_name` is only printed.
    #[must_use]
    pub fn render(&self, file_name: &str, diagnostics: &Diagnostics, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
        let mut all: Vec<&Diagnostic> = diagnostics.all().iter().collect();
        all.sort_by_key(|d| d.severity);
        let mut out = String::new();
        for diagnostic in all {
            out.push_str(&renderer.render(&[self.group(file_name, diagnostic)]));
            out.push_str("\n\n");
        }
        out
    }

    fn group<'a>(&'a self, file_name: &'a str, diagnostic: &'a Diagnostic) -> Group<'a> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Advice => Level::WARNING.with_name("advice"),
        };
        let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
        let main = diagnostic.labels.first().and_then(|label| self.span(&label.path, label.part));
        if main.is_some() {
            let notes = diagnostic.labels.iter().enumerate().filter_map(|(n, label)| self.annotation(n, label));
            group = group.element(Snippet::source(self.text.as_str()).path(file_name).annotations(notes));
        } else {
            group = group.element(Origin::path(file_name));
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }

    fn annotation<'a>(&self, n: usize, label: &'a Label) -> Option<annotate_snippets::Annotation<'a>> {
        let kind = if n == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let note = kind.span(self.first_line(self.span(&label.path, label.part)?));
        Some(if label.text.is_empty() { note } else { note.label(label.text.as_str()) })
    }

    /// The part of a range on its first line: a long table is not worth printing whole.
    fn first_line(&self, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let end = self.text[span.clone()].find('\n').map_or(span.end, |n| span.start + n);
        span.start..end
    }
}
