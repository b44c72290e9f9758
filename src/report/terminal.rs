//! A page as text for a terminal: tables that wrap, marks in colour if asked for.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::peaker::Priority;
use tabled::settings::{Alignment, Modify, Padding, Style, Width};

use super::blocks::{Bars, Block, Grid};
use super::{escape, human};

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
            Block::Bars(chart) => out.push_str(&bars(chart, width)),
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

/// Adds a text in lines; later ones are indented like the mark.
fn wrap(out: &mut String, mark: &str, text: &str, width: usize) {
    let indent = mark.chars().count();
    for (n, line) in lines(text, width - indent).iter().enumerate() {
        out.push_str(if n == 0 { mark } else { &"  "[..indent.min(2)] });
        out.push_str(line);
        out.push('\n');
    }
}

/// Characters of a label of a chart; the rest is cut.
const LABEL: usize = 30;

/// A chart of bars, a line each, with its axis below.
pub(super) fn bars(chart: &Bars, width: usize) -> String {
    let cut = |text: &str| -> String {
        let text = escape::terminal(text);
        if text.chars().count() <= LABEL {
            text.into_owned()
        } else {
            text.chars().take(LABEL - 1).chain(['…']).collect()
        }
    };
    let labels: Vec<String> = chart.lines.iter().map(|bar| cut(&bar.label)).collect();
    let texts: Vec<String> = chart.lines.iter().map(|bar| cut(&bar.text)).collect();
    let longest = |all: &[String]| all.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (left, right) = (longest(&labels), longest(&texts));
    let room = width.saturating_sub(left + right + 2 * GAP).max(10);
    let column = |seconds: f64| {
        let share = if chart.until > 0.0 { seconds / chart.until } else { 0.0 };
        (share.clamp(0.0, 1.0) * room as f64).round() as usize
    };
    let mut out = String::new();
    for (bar, (label, text)) in chart.lines.iter().zip(labels.iter().zip(&texts)) {
        // What took place is seen, however short.
        let from = column(bar.begin).min(room - 1);
        let to = column(bar.finish).max(from + 1);
        let mark = if bar.full { "█" } else { "░" };
        let drawn = format!("{}{}{}", " ".repeat(from), mark.repeat(to - from), " ".repeat(room - to));
        let line = format!("{label:<left$}{gap}{drawn}{gap}{text:>right$}", gap = " ".repeat(GAP));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let end = human::brief(chart.until);
    out.push_str(&format!("{}0{end:>1$}\n", " ".repeat(left + GAP), room - 1));
    out
}

/// Blanks between columns.
const GAP: usize = 2;

/// A table without frames: every column of a page counts. Figures are aligned right.
fn table(grid: &Grid, width: usize) -> String {
    let mut records = vec![grid.header.clone()];
    records.extend(grid.rows.iter().cloned());
    let widths = column_widths(&records, width);
    let mut builder = Builder::default();
    for record in &records {
        let cells = record.iter().zip(&widths).map(|(cell, width)| lines(&escape::terminal(cell), *width).join("\n"));
        builder.push_record(cells);
    }
    let mut table = builder.build();
    table
        .with(Style::empty())
        .with(Padding::new(0, GAP, 0, 0))
        .with(Modify::new(Columns::new(grid.figures_from..)).with(Alignment::right()))
        // A name or path may still be longer than its share of the page: then it is broken.
        .with(Width::wrap(width + GAP).priority(Priority::max(true)));
    let text = table.to_string();
    let rows: Vec<&str> = text.lines().map(str::trim_end).collect();
    let header = records[0].iter().zip(&widths).map(|(cell, width)| lines(cell, *width).len()).max().unwrap_or(1);
    let rule = "─".repeat(rows.iter().map(|row| row.chars().count()).max().unwrap_or(0));
    let (head, body) = rows.split_at(header.min(rows.len()));
    [head, &[rule.as_str()], body].concat().join("\n")
}

/// Widths that fit the page: first headers give way that are wider than what is below them, then
/// the widest columns, down to their longest word. The first column, which names the row, is not
/// broken.
fn column_widths(records: &[Vec<String>], width: usize) -> Vec<usize> {
    let columns = records.first().map_or(0, Vec::len);
    let longest_of = |records: &[Vec<String>], n: usize, of: fn(&str) -> usize| {
        records.iter().map(|r| of(&escape::terminal(&r[n]))).max().unwrap_or(0)
    };
    let longest = |n, of| longest_of(records, n, of);
    let characters = |cell: &str| cell.chars().count();
    let body: Vec<usize> = (0..columns).map(|n| longest_of(records.get(1..).unwrap_or(&[]), n, characters)).collect();
    let mut widths: Vec<usize> = (0..columns).map(|n| longest(n, characters)).collect();
    let least: Vec<usize> = (0..columns)
        .map(|n| longest(n, |cell| words(cell).iter().map(|w| w.chars().count()).max().unwrap_or(0)))
        .collect();
    let room = width.saturating_sub(GAP * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let can = |n: &usize| widths[*n] > least[*n];
        let header = (1..columns).filter(can).filter(|n| widths[*n] > body[*n]).max_by_key(|n| widths[*n]);
        let widest = header.or_else(|| (1..columns).filter(can).max_by_key(|n| widths[*n]));
        match widest {
            Some(n) => widths[n] -= 1,
            None => break,
        }
    }
    widths
}

/// The words of a text; a number stays with its unit, and a mark with what it marks.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut join = false;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        match words.last_mut() {
            Some(last) if join => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        join = !word.chars().any(char::is_alphabetic) && !word.ends_with(['%', ')', ',', ';', ':']);
    }
    words
}

/// A text in lines of at most `width`, broken between words.
fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Ticks green, crosses red: the marks alone, so that all reads the same without.
fn colored(text: &str) -> String {
    text.replace('✓', "\u{1b}[32m✓\u{1b}[0m").replace('✗', "\u{1b}[31m✗\u{1b}[0m")
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
