//! A page as Markdown with tables in GitHub's way.

use super::blocks::{Block, Grid};
use super::escape;

/// The page as Markdown.
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
            Block::List(lines) => {
                lines.iter().for_each(|text| out.push_str(&format!("- {}\n", escape::markdown(text))))
            }
            Block::Table(grid) => table(&mut out, grid),
        }
    }
    out
}

/// A paragraph that starts like a list or a rule is none.
fn line(text: &str) -> String {
    let escaped = escape::markdown(text);
    if escaped.starts_with(['-', '+', '=']) { format!("\\{escaped}") } else { escaped }
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
