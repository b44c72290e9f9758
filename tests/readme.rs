//! The README: its commands run, its output is what they print.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const README: &str = include_str!("../README.md");

/// What stands before the arguments of every command of the README but the tests.
const PROGRAM: &str = "cargo run --release -- ";

/// The lines of all fences of this language.
fn fenced(language: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut within = false;
    for line in README.lines() {
        if line.starts_with("```") {
            within = !within && line == format!("```{language}");
        } else if within {
            lines.push(line);
        }
    }
    lines
}

/// A command without its comment, where the scenarios are and files may be written.
fn run(command: &str, folder: &Path) -> Output {
    let command = command.split('#').next().unwrap().trim();
    let (arguments, file) = command.split_once('>').map_or((command, None), |(a, f)| (a, Some(f.trim())));
    let output = Command::new(env!("CARGO_BIN_EXE_drplan"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .output()
        .expect("the program runs");
    if let Some(file) = file {
        fs::write(folder.join(file), &output.stdout).unwrap();
    }
    output
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("scenarios")).unwrap();
    for name in ["kafka.toml", "shop.toml"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        fs::copy(from, folder.path().join("scenarios").join(name)).unwrap();
    }
    folder
}

#[test]
fn every_command_runs() {
    let folder = folder();
    let commands = fenced("sh");
    let ours: Vec<&str> = commands.iter().filter_map(|line| line.strip_prefix(PROGRAM)).collect();
    assert_eq!(ours.len() + 1, commands.len(), "all but the tests are commands of the program");
    for command in ours {
        let output = run(command, folder.path());
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    is_the_chart(folder.path());
}

/// The picture is what the commands beside it draw; `INSTA_UPDATE=always` draws it anew.
fn is_the_chart(folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/kafka--region--data-loss.svg");
    let drawn = fs::read_to_string(folder.join("charts/region--data-loss.svg")).expect("a chart");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|v| v == "always") {
        fs::write(&path, &drawn).unwrap();
    }
    assert!(README.contains("](tests/snapshots/kafka--region--data-loss.svg)"));
    assert_eq!(fs::read_to_string(&path).expect("the picture"), drawn);
}

#[test]
fn the_output_is_what_the_first_command_prints() {
    let folder = folder();
    let first = fenced("sh")[0].strip_prefix(PROGRAM).expect("the main job");
    let output = String::from_utf8(run(first, folder.path()).stdout).unwrap();
    let shown = fenced("text").join("\n");
    assert!(output.starts_with(&shown), "the README shows:\n{shown}\n\nthe program prints:\n{output}");
}

#[test]
fn the_runbook_is_what_its_command_writes() {
    let folder = folder();
    let command =
        fenced("sh").into_iter().find_map(|line| line.strip_prefix(PROGRAM).filter(|c| c.starts_with("runbook")));
    assert!(run(command.expect("a command for runbooks"), folder.path()).status.success());
    let written = fs::read_to_string(folder.path().join("runbooks/continuous--rebuild.md")).unwrap();
    let shown = fenced("markdown").join("\n");
    assert!(
        shown.lines().count() > 5 && written.contains(&shown),
        "the README shows:\n{shown}\n\nwritten is:\n{written}"
    );
}
