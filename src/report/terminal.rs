//! A page as text for a terminal: tables that wrap, marks in colour if asked for.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::peaker::Priority;
use tabled::settings::{Alignment, Modify, Padding, Style, Width};

use super::blocks::{Block, Grid};
use super::escape;

/// Columns of a page: what fits a terminal beside an editor, an issue and a mail.
pub const WIDTH: usize = 100;

/// Narrower than this no table can be read; lines then wrap on the terminal's side.
const LEAST_WIDTH: usize = 40;

/// How a page is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns at most.
    pub width: usize,
    /// Whether marks are coloured.
    pub color: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { width: WIDTH, color: false }
    }
}

/// The page as text.
#[must_use]
pub fn render(page: &[Block], layout: Layout) -> String {
    let width = layout.width.max(LEAST_WIDTH);
    let mut out = String::new();
    for block in page {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Heading(level, text) => heading(&mut out, *level, &escape::terminal(text), layout, width),
            Block::Text(text) => wrap(&mut out, "", &escape::terminal(text), width),
            Block::List(lines) => lines.iter().for_each(|line| wrap(&mut out, "- ", &escape::terminal(line), width)),
            Block::Table(grid) => {
                out.push_str(&table(grid, width));
                out.push('\n');
            }
        }
    }
    if layout.color { colored(&out) } else { out }
}

fn heading(out: &mut String, level: u8, text: &str, layout: Layout, width: usize) {
    let start = out.len();
    wrap(out, "", text, width);
    if layout.color {
        let line = out.split_off(start);
        out.push_str(&format!("\u{1b}[1m{}\u{1b}[0m\n", line.trim_end()));
    } else if level == 1 {
        let longest = out[start..].lines().map(|l| l.chars().count()).max().unwrap_or(0);
        out.push_str(&"=".repeat(longest));
        out.push('\n');
    }
}

/// Breaks at spaces; a word longer than the line stays whole. Later lines are indented like the mark.
fn wrap(out: &mut String, mark: &str, text: &str, width: usize) {
    let indent = " ".repeat(mark.chars().count());
    let mut line = mark.to_owned();
    let mut empty = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(line.trim_end());
            out.push('\n');
            line.clone_from(&indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn table(grid: &Grid, width: usize) -> String {
    let mut builder = Builder::default();
    let safe = |cells: &[String]| cells.iter().map(|c| escape::terminal(c).into_owned()).collect::<Vec<_>>();
    builder.push_record(safe(&grid.header));
    grid.rows.iter().for_each(|row| builder.push_record(safe(row)));
    let mut table = builder.build();
    table
        .with(Style::psql())
        .with(Padding::new(1, 1, 0, 0))
        .with(Modify::new(Columns::new(grid.figures_from..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()))
        .with(Width::wrap(width).keep_words(true).priority(Priority::max(true)));
    let text = table.to_string();
    // psql's frame pads every line; trailing blanks only make copies wider.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Ticks green, crosses red, doubts yellow: the marks alone, so that all reads the same without.
fn colored(text: &str) -> String {
    text.replace('✓', "\u{1b}[32m✓\u{1b}[0m")
        .replace('✗', "\u{1b}[31m✗\u{1b}[0m")
        .replace("≈?", "\u{1b}[33m≈?\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_tables_and_long_lines_wrap_at_the_width_and_lose_nothing() {
        let mut grid = Grid::new(&["tier", "what it does"], 1);
        let words: Vec<String> = (0..60).map(|n| format!("word{n}")).collect();
        grid.row(["a".into(), words.join(" ")]);
        let text = render(&[Block::Text(words.join(" ")), Block::Table(grid)], Layout::default());
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(words.iter().all(|w| text.matches(w.as_str()).count() >= 2), "{text}");
    }

    #[test]
    fn escape_sequences_of_a_file_do_not_reach_the_terminal() {
        let text = render(&[Block::Heading(1, "\u{1b}]0;x\u{7}".into())], Layout::default());
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    }
}
