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

/// The page as text: blocks with an empty line between them, no line longer than the layout's width unless a word
/// is. What a terminal would obey is spelled out.
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
                let tables: Vec<String> = pieces(grid, width).iter().map(|grid| table(grid, width)).collect();
                out.push_str(&tables.join("\n\n"));
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

/// A table whose columns fit beside one another, however narrow each; else several, each with the first column,
/// which names the rows.
fn pieces(grid: &Grid, width: usize) -> Vec<Grid> {
    let records: Vec<&Vec<String>> = std::iter::once(&grid.header).chain(&grid.rows).collect();
    let least: Vec<usize> =
        (0..grid.header.len()).map(|n| records.iter().map(|r| longest_word(&r[n])).max().unwrap_or(0)).collect();
    let mut chosen: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for n in 1..least.len() {
        match chosen.last_mut() {
            Some(columns) if used + 1 + least[n] <= width => columns.push(n),
            _ => {
                used = least[0];
                chosen.push(vec![0, n]);
            }
        }
        used += 1 + least[n];
    }
    // A table of one piece may have one column.
    if chosen.len() < 2 {
        return vec![grid.clone()];
    }
    let pick = |cells: &Vec<String>, columns: &[usize]| columns.iter().map(|n| cells[*n].clone()).collect();
    let piece = |columns: Vec<usize>| Grid {
        header: pick(&grid.header, &columns),
        rows: grid.rows.iter().map(|row| pick(row, &columns)).collect(),
        figures_from: columns.iter().filter(|n| **n < grid.figures_from).count(),
    };
    chosen.into_iter().map(piece).collect()
}

/// Characters of the longest word of a cell.
fn longest_word(cell: &str) -> usize {
    words(&escape::terminal(cell)).iter().map(|word| word.chars().count()).max().unwrap_or(0)
}

/// A table without frames: every column of a page counts. Figures are aligned right.
fn table(grid: &Grid, width: usize) -> String {
    let mut records = vec![grid.header.clone()];
    records.extend(grid.rows.iter().cloned());
    // Narrower gaps first, then a name in two lines: both read better than a figure in two.
    let tries = [(GAP, false), (1, false), (GAP, true)];
    let fits = |(gap, names): (usize, bool)| {
        let widths = column_widths(&records, width, gap, names);
        (widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1) <= width).then_some((widths, gap))
    };
    let found = tries.into_iter().find_map(fits);
    let (widths, gap) = found.unwrap_or_else(|| (column_widths(&records, width, 1, true), 1));
    let mut builder = Builder::default();
    for record in &records {
        let cells = record.iter().zip(&widths).map(|(cell, width)| lines(&escape::terminal(cell), *width).join("\n"));
        builder.push_record(cells);
    }
    let mut table = builder.build();
    table
        .with(Style::empty())
        .with(Padding::new(0, gap, 0, 0))
        .with(Modify::new(Columns::new(grid.figures_from..)).with(Alignment::right()))
        // A name or path may still be longer than its share of the page: then it is broken.
        .with(Width::wrap(width + gap).priority(Priority::max(true)));
    let text = table.to_string();
    let rows: Vec<&str> = text.lines().map(str::trim_end).collect();
    let header = records[0].iter().zip(&widths).map(|(cell, width)| lines(cell, *width).len()).max().unwrap_or(1);
    let rule = "─".repeat(rows.iter().map(|row| row.chars().count()).max().unwrap_or(0));
    let (head, body) = rows.split_at(header.min(rows.len()));
    [head, &[rule.as_str()], body].concat().join("\n")
}

/// Widths that fit the page: first headers give way that are wider than what is below them, then
/// the widest columns, down to their longest word. The first column, which names the row, is broken
/// last, and only where `names` allows it.
fn column_widths(records: &[Vec<String>], width: usize, gap: usize, names: bool) -> Vec<usize> {
    let columns = records.first().map_or(0, Vec::len);
    let longest_of = |records: &[Vec<String>], n: usize, of: fn(&str) -> usize| {
        records.iter().map(|r| of(&escape::terminal(&r[n]))).max().unwrap_or(0)
    };
    let longest = |n, of| longest_of(records, n, of);
    let characters = |cell: &str| cell.chars().count();
    let body: Vec<usize> = (0..columns).map(|n| longest_of(records.get(1..).unwrap_or(&[]), n, characters)).collect();
    let mut widths: Vec<usize> = (0..columns).map(|n| longest(n, characters)).collect();
    let least: Vec<usize> = (0..columns).map(|n| longest(n, longest_word)).collect();
    let room = width.saturating_sub(gap * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let can = |n: &usize| widths[*n] > least[*n];
        let header = (1..columns).filter(can).filter(|n| widths[*n] > body[*n]).max_by_key(|n| widths[*n]);
        let widest = header.or_else(|| (1..columns).filter(can).max_by_key(|n| widths[*n]));
        match widest.or_else(|| Some(0).filter(|n| names && columns > 0 && can(n))) {
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
    let mut parts = text.split(' ').filter(|w| !w.is_empty()).peekable();
    while let Some(word) = parts.next() {
        // `3 min 1 s` is one word: the smaller unit stays with the larger.
        let goes_on = words.last().is_some_and(|last| ends_in_time(last))
            && word.starts_with(|c: char| c.is_ascii_digit())
            && parts.peek().is_some_and(|unit| is_time(unit.trim_end_matches([')', ',', ';', ':', '.'])));
        match words.last_mut() {
            Some(last) if join || goes_on => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        join = !word.chars().any(char::is_alphabetic) && !word.ends_with(['%', ')', ',', ';', ':']);
    }
    words
}

/// Whether this is a unit of time.
fn is_time(unit: &str) -> bool {
    ["y", "d", "h", "min", "s", "ms"].contains(&unit)
}

/// Whether a word is a number with a unit of time.
fn ends_in_time(word: &str) -> bool {
    word.rsplit_once(' ').is_some_and(|(number, unit)| is_time(unit) && number.ends_with(|c: char| c.is_ascii_digit()))
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
    fn a_duration_is_one_word() {
        assert_eq!(words("takes 3 min 1 s, or 2 h"), ["takes", "3 min 1 s,", "or", "2 h"]);
        assert_eq!(words("in 2 h 5 of 6"), ["in", "2 h", "5 of", "6"]);
        // Eight columns of figures on 100 characters: the name gives way, no figure does.
        let mut grid = Grid::new(&["part"; 9], 1);
        grid.row(
            std::iter::once("ingest: wait for data of another".to_owned())
                .chain((0..8).map(|_| "3 min 1 s".to_owned())),
        );
        let text = render(&[Block::Table(grid)], Layout::default());
        assert_eq!(text.matches("3 min 1 s").count(), 8, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        // On 60 they do not fit beside one another, and the table goes on below.
        let mut narrow = Grid::new(&["part"; 9], 1);
        narrow.row(std::iter::once("ingest".to_owned()).chain((0..8).map(|_| "3 min 1 s".to_owned())));
        let text = render(&[Block::Table(narrow)], Layout { width: 60, color: false });
        assert_eq!((text.matches("3 min 1 s").count(), text.matches("ingest").count()), (8, 2), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    }

    #[test]
    fn escape_sequences_of_a_file_do_not_reach_the_terminal() {
        let text = render(&[Block::Heading(1, "\u{1b}]0;x\u{7}".into())], Layout::default());
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    }
}
