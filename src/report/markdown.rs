//! A page as Markdown with tables in GitHub's way.

use super::blocks::{Block, Grid};
use super::{escape, terminal};

/// The page as Markdown: headings, paragraphs, lists, tables, and bars in a fence; every text of the scenario
/// is escaped.
#[must_use]
pub fn render(page: &[Block]) -> String {
    let mut out = String::new();
    for block in page {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Heading(level, text) => {
                out.push_str(&format!("{} {}\n", "#".repeat(usize::from(*level).clamp(1, 6)), escape::markdown(text)));
            }
            Block::Text(text) => out.push_str(&format!("{}\n", line(text))),
            Block::List(lines) => lines.iter().for_each(|text| out.push_str(&format!("- {}\n", line(text)))),
            Block::Table(grid) => table(&mut out, grid),
            Block::Bars(chart) => fenced(&mut out, &terminal::bars(chart, terminal::WIDTH)),
        }
    }
    out
}

/// A paragraph or list entry that starts like a list or a rule is none.
fn line(text: &str) -> String {
    let escaped = escape::markdown(text.trim_start());
    let digits = escaped.chars().take_while(char::is_ascii_digit).count();
    let numbered = digits > 0 && escaped[digits..].starts_with(['.', ')']);
    match escaped.chars().next() {
        Some('-' | '+' | '=' | ':') => format!("\\{escaped}"),
        Some(_) if numbered => format!("{}\\{}", &escaped[..digits], &escaped[digits..]),
        _ => escaped,
    }
}

/// Text as it is, in a fence longer than any run of backticks inside.
fn fenced(out: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    out.push_str(&format!("{fence}text\n{text}{fence}\n"));
}

fn table(out: &mut String, grid: &Grid) {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|c| escape::markdown(c)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    out.push_str(&row(&grid.header));
    let rule: Vec<&str> = (0..grid.header.len()).map(|n| if n >= grid.figures_from { "---:" } else { "---" }).collect();
    out.push_str(&format!("| {} |\n", rule.join(" | ")));
    grid.rows.iter().for_each(|cells| out.push_str(&row(cells)));
}
