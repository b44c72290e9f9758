//! The rules of the house, read off the sources: layers, sizes, documentation, silence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the bottom up. A module imports from the rows below; only the lowest row's modules
/// know each other.
const LAYERS: [&[&str]; 8] = [
    &["units", "id", "stats", "diag"],
    &["model"],
    &["spec", "bound", "sim", "cost"],
    &["assess"],
    &["explore"],
    &["report"],
    &["cli"],
    &["main", "lib"],
];

/// Crates that only one module may name.
const OWNED: [(&str, &str); 6] = [
    ("toml", "spec"),
    ("clap", "cli"),
    ("tabled", "report"),
    ("plotters", "report"),
    ("minijinja", "report"),
    ("rand", "sim"),
];

const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 600;
const LONGEST_MAIN: usize = 25;

struct Source {
    /// First module of the path: `sim` for `src/sim/lag.rs`.
    module: String,
    path: PathBuf,
    text: String,
}

impl Source {
    /// Numbered lines of the program, without comments and without what follows `#[cfg(test)]`.
    fn code(&self) -> Vec<(usize, &str)> {
        let lines = self.text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        lines.filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(n, line)| (n + 1, line)).collect()
    }

    fn is_test(&self) -> bool {
        self.path.file_stem().is_some_and(|name| name == "tests" || name.to_string_lossy().ends_with("_tests"))
    }
}

fn collect(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, root, sources);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let inside = path.strip_prefix(root).expect("inside");
            let first = inside.components().next().expect("a first part").as_os_str().to_string_lossy().into_owned();
            let module = first.trim_end_matches(".rs").to_owned();
            sources.push(Source { module, text: fs::read_to_string(&path).expect("text"), path });
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The first modules of the paths after `crate::` on a line.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn every_module_has_its_layer() {
    for source in sources() {
        assert!(layer(&source.module).is_some(), "{} has no layer", source.path.display());
    }
}

#[test]
fn imports_run_one_way() {
    let mut faults = Vec::new();
    // Unit tests may read scenarios through `spec`: the layers bind what ships.
    let ships = |s: &&Source| s.module != "lib" && s.module != "main" && !s.path.ends_with("tests.rs");
    for source in sources().iter().filter(ships) {
        let own = layer(&source.module).unwrap();
        for (n, line) in source.code() {
            for target in imports(line).filter(|t| *t != source.module) {
                let Some(other) = layer(target) else { continue };
                if other > own || (own == other && own != 0) {
                    faults.push(format!("{}:{n}: {} imports {target}", source.path.display(), source.module));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_big_crate_has_one_owner() {
    let mut faults = Vec::new();
    for source in sources() {
        for (name, owner) in OWNED.iter().filter(|(_, owner)| *owner != source.module) {
            let named = [format!("use {name}::"), format!(" {name}::"), format!("({name}::")];
            let lines = source.code();
            let hits = lines.iter().filter(|(_, line)| named.iter().any(|text| line.contains(text.as_str())));
            faults.extend(hits.map(|(n, _)| format!("{}:{n}: {name} belongs to {owner}", source.path.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not begin with //!", source.path.display());
    }
}

#[test]
fn only_the_command_line_prints() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| s.module != "cli" && !s.is_test()) {
        for (n, line) in source.code() {
            if ["println!", "print!(", "eprint!(", "dbg!("].iter().any(|macro_name| line.contains(macro_name)) {
                faults.push(format!("{}:{n}: {}", source.path.display(), line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Position and length of every function of a text, by the way rustfmt lays it out.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let head = body.strip_prefix("pub").map_or(body, |rest| {
            let rest = rest.trim_start();
            if rest.starts_with('(') { rest.split_once(") ").map_or(rest, |(_, after)| after) } else { rest }
        });
        let head = head.strip_prefix("const ").unwrap_or(head);
        if !head.starts_with("fn ") || body.ends_with('}') || body.ends_with(';') {
            continue;
        }
        // A function is closed at the indentation at which it begins.
        let close = format!("{}}}", &line[..line.len() - body.len()]);
        let length = lines[n..].iter().position(|l| *l == close).map_or(1, |end| end + 1);
        found.push((n + 1, length));
    }
    found
}

#[test]
fn files_and_functions_stay_readable() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let most = if source.module == "main" { LONGEST_MAIN } else { LONGEST_FILE };
        if lines > most {
            faults.push(format!("{}: {lines} lines, at most {most}", source.path.display()));
        }
        let long = functions(&source.text).into_iter().filter(|(_, length)| *length > LONGEST_FUNCTION);
        faults.extend(long.map(|(n, length)| {
            format!("{}:{n}: a function of {length} lines, at most {LONGEST_FUNCTION}", source.path.display())
        }));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(imports("use crate::sim::Filter; crate::stats::Tally").collect::<Vec<_>>(), ["sim", "stats"]);
    assert!(layer("report") > layer("assess") && layer("nowhere").is_none());
    let text = "//! x\nfn a() {}\n// println!\n#[cfg(test)]\nmod tests { println!(); }".to_owned();
    let source = Source { module: "sim".into(), path: "src/sim/a.rs".into(), text };
    assert_eq!(source.code(), [(2, "fn a() {}")]);
    let text = "fn a() {}\npub(super) fn b(\n    x: u8,\n) {\n    x;\n}\n    const fn c() -> u8 {\n        1\n    }";
    assert_eq!(functions(text), [(2, 5), (7, 3)]);
}
