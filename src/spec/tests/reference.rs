//! The language reference against the code.

use super::super::keys::{KeyTable, Standard, TABLES};
use super::super::{CODES, limits};

const TEXT: &str = include_str!("../reference.md");

/// What stands in the reference between two marks that begin like this.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect(from);
    let start = start + text[start..].find('\n').expect("a line") + 1;
    let end = start + text[start..].find(to).expect(to);
    &text[start..end]
}

fn standard(standard: Standard) -> String {
    match standard {
        Standard::Required => "**required**".to_owned(),
        Standard::Absent(means) => format!("none: {means}"),
        Standard::Text(text, why) => format!("`\"{text}\"`: {why}"),
        Standard::Count(count, why) => format!("`{count}`: {why}"),
        Standard::No => "`false`".to_owned(),
        Standard::Computed(what) => what.to_owned(),
    }
}

/// A cell of a markdown table, with code marked so that no link or tag is read into it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('[', "&#91;")
}

fn table(keys: &KeyTable) -> String {
    let title = if keys.name.is_empty() { "The top of the file".to_owned() } else { format!("`[{}]`", keys.name) };
    let mut out = format!("### {title}\n\n{}\n\n| key | takes | default | meaning |\n|---|---|---|---|\n", keys.about);
    for key in keys.keys {
        let only = if key.only.is_empty() { String::new() } else { format!(" ({})", key.only.join(", ")) };
        let (value, default) = (cell(key.value), cell(&standard(key.standard)));
        out.push_str(&format!("| `{}`{only} | {value} | {default} | {} |\n", key.name, cell(key.about)));
    }
    out.push('\n');
    out
}

fn keys() -> String {
    let tables: String = TABLES.iter().map(|t| table(t)).collect();
    format!("\n{tables}")
}

fn codes() -> String {
    let rows: String = CODES.iter().map(|(code, about)| format!("| `{code}` | {} |\n", cell(about))).collect();
    format!("\n| code | meaning |\n|---|---|\n{rows}\n")
}

fn limits() -> String {
    let rows = [
        ("bytes of a file", limits::FILE_BYTES),
        ("entries of a table", limits::ENTRIES),
        ("items of a list other than samples", limits::ITEMS),
        ("lists of services over all tiers, together", limits::TIER_ITEMS),
        ("instances of a pool, sites of a copy, members of a failure", limits::MEMBERS as usize),
        ("all of these together", limits::ASSETS),
        ("samples of a distribution", limits::SAMPLES),
        ("starts of a schedule in a year", super::super::cron::MOST_STARTS),
        ("people of a role", limits::PEOPLE as usize),
        ("streams of a transfer", limits::STREAMS as usize),
        ("retries of a step", limits::RETRIES as usize),
        ("recovery points that a plan tries", limits::POINTS as usize),
        ("steps of a plan", limits::STEPS),
        ("missed heartbeats", limits::MISSES as usize),
    ];
    let rows: String = rows.iter().map(|(what, most)| format!("| {what} | {most} |\n")).collect();
    format!("\n| what | at most |\n|---|---|\n{rows}\n")
}

/// With `UPDATE_REFERENCE=1` this writes the reference instead.
#[test]
fn the_reference_says_what_the_code_knows() {
    let marks = [
        ("<!-- keys:", "<!-- end of keys", keys()),
        ("<!-- limits:", "<!-- end of limits", limits()),
        ("<!-- codes:", "<!-- end of codes", codes()),
    ];
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        let mut text = TEXT.to_owned();
        for (from, to, made) in &marks {
            let old = part(&text, from, to);
            let start = old.as_ptr() as usize - text.as_ptr() as usize;
            text.replace_range(start..start + old.len(), made);
        }
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/spec/reference.md"), text).unwrap();
        return;
    }
    for (from, to, made) in &marks {
        assert_eq!(part(TEXT, from, to), made, "run the test with UPDATE_REFERENCE=1 and read the difference");
    }
}

#[test]
fn codes_are_distinct_and_kebab_case() {
    for (n, (code, _)) in CODES.iter().enumerate() {
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{code}");
        assert!(!CODES[..n].iter().any(|(other, _)| other == code), "{code} twice");
    }
}
