//! Files that are no scenario at all: broken TOML, hostile nesting, bytes that are no text, sizes.

use std::fmt::Write as _;

use drplan::diag::Part;

use super::{GOOD, findings, snapshot};

/// Findings of a file that cannot be used; every one of them within the text or about the whole.
fn refused(bytes: &[u8]) -> (Vec<&'static str>, String) {
    let (ok, diagnostics, document) = findings(bytes);
    assert!(!ok, "this must not load");
    let text = document.render("shop.toml", &diagnostics, false);
    let codes = diagnostics.all().iter().map(|d| d.code).collect();
    for label in diagnostics.all().iter().flat_map(|d| &d.labels) {
        let span = document.span(&label.path, Part::Value);
        assert!(span.is_none_or(|s| s.end <= document.text().len()));
    }
    (codes, text)
}

#[test]
fn broken_toml() {
    let mut all = String::new();
    for (name, text) in [
        ("a quote that never ends", "title = \"Shop\n[places]\n"),
        ("a bracket that never ends", "accounts = [\"a\", \"b\"\n"),
        ("a key without a value", "title =\n"),
        ("a value without a key", "= 5\n"),
        ("a key given twice", "title = \"a\"\ntitle = \"b\"\n"),
        ("a table given twice", "[places]\na = []\n[places]\nb = []\n"),
        ("a header that is a value", "places = 5\n[places]\na = []\n"),
        ("another language", "places:\n  - east\n"),
        ("a number with two points", "drplan = 1.0.0\n"),
        ("a control character", "title = \"a\u{1}b\"\n"),
    ] {
        let (codes, rendered) = refused(text.as_bytes());
        assert!(codes.iter().all(|c| *c == "syntax"), "{name}: {codes:?}");
        let _ = write!(all, "## {name}\n\n{rendered}");
    }
    snapshot("files", &all);
}

#[test]
fn nothing_and_almost_nothing() {
    // Without the four tables that a scenario needs: places, failures, services, strategies.
    for text in ["", "\n", "# nothing\n", "\u{feff}"] {
        let (codes, said) = refused(text.as_bytes());
        assert_eq!(codes, ["missing-key"], "{text:?}");
        assert!(said.contains("the file needs the tables `places`, `failures`, `services` and `strategies`"), "{said}");
    }
    assert_eq!(refused(b"[places]\n[failures]\n[services]\n[strategies]\n").0, ["empty-list"; 4]);
}

#[test]
fn nesting_200_deep() {
    // Both forms: brackets, and dotted keys. TOML itself sets no limit; the stack does.
    for deep in [200, 10_000, 200_000] {
        let lists = format!("accounts = {}{}\n", "[".repeat(deep), "]".repeat(deep));
        let tables = format!("accounts = {}1{}\n", "{a=".repeat(deep), "}".repeat(deep));
        let open = format!("accounts = {}\n", "[".repeat(deep));
        for text in [lists, tables, open] {
            let (_, rendered) = refused(text.as_bytes());
            assert!(
                rendered.contains("error[syntax]: this is nested too deeply to be read\n --> shop.toml:1:"),
                "{rendered}"
            );
        }
    }
}

#[test]
fn eighty_dots_in_a_key() {
    for dots in [79, 80, 81, 10_000] {
        let key = vec!["a"; dots + 1].join(".");
        for text in [format!("{key} = 1\n"), format!("[{key}]\nx = 1\n"), format!("[[{key}]]\nx = 1\n")] {
            let (codes, rendered) = refused(text.as_bytes());
            assert!(!codes.is_empty() && rendered.len() < 20_000, "{} bytes for {dots} dots", rendered.len());
            if dots > 80 {
                assert_eq!(codes, ["syntax"]);
                assert!(
                    rendered.contains("error[syntax]: this is nested too deeply to be read\n --> shop.toml:1:1"),
                    "{rendered}"
                );
            }
        }
    }
}

#[test]
fn bytes_that_are_no_text() {
    // 0xE9 is `é` in Latin-1 and the start of a longer character in UTF-8.
    let (codes, text) = refused(b"title = \"caf\xe9\"\n");
    assert_eq!(codes, ["not-utf8"]);
    assert!(text.contains("byte 12 is not UTF-8"), "{text}");
    let (codes, text) = refused(&[0xff, 0xfe, b'a', 0]);
    assert_eq!(codes, ["not-utf8"], "UTF-16 with its mark");
    assert!(text.contains("it begins as UTF-16 does"), "{text}");
    assert_eq!(refused(&[0xff; 100]).0, ["not-utf8"]);
    assert!(!refused(&[0; 100]).0.is_empty());
    let mut long = GOOD.as_bytes().to_vec();
    long.push(0x80);
    assert_eq!(refused(&long).0, ["not-utf8"]);
}

#[test]
fn files_beyond_the_limit() {
    let started = std::time::Instant::now();
    // 100 MB of comments, of one line, of one text.
    let million = 100_000_000;
    assert_eq!(refused("# all work and no play\n".repeat(million / 23).as_bytes()).0, ["limit-file"]);
    assert_eq!(refused(&vec![b'a'; million]).0, ["limit-file"]);
    assert!(started.elapsed().as_secs() < 20, "a size is compared before anything is read");
}

#[test]
fn tables_beyond_the_limit() {
    let mut places = String::from("[places]\n");
    for n in 0..5000 {
        let _ = writeln!(places, "p{n} = []");
    }
    let (codes, text) = refused(GOOD.replace("[places]\n", &places).as_bytes());
    assert_eq!(codes, ["limit-entries"]);
    // 5000 added to the eight of the good file.
    assert!(text.contains("`places` has 5008 entries"), "{text}");

    let samples = vec!["\"1m\""; 200_000].join(", ");
    let text = GOOD.replace("low = \"1m\", high = \"6m\"", &format!("samples = [{samples}]"));
    assert_eq!(refused(text.as_bytes()).0, ["limit-samples"]);
}

#[test]
fn plans_beyond_the_limit() {
    let steps: Vec<String> = (0..300).map(|n| format!("s{n}")).collect();
    let list = steps.iter().map(|s| format!("\"{s}\"")).collect::<Vec<_>>().join(", ");
    let table = steps.iter().map(|s| format!("{s} = {{ phase = \"decide\", takes = \"1m\" }}\n")).collect::<String>();
    let text = GOOD
        .replace("[\"decide\", \"recover\"]", &format!("[{list}]"))
        .replace("[steps]\n", &format!("[steps]\n{table}"));
    assert_eq!(refused(text.as_bytes()).0, ["limit-steps"]);
}

#[test]
fn more_faults_than_anyone_reads() {
    let mut text = GOOD.to_owned();
    for n in 0..900 {
        let _ = writeln!(text, "k{n} = 0");
    }
    let (codes, rendered) = refused(text.as_bytes());
    assert_eq!(codes.iter().filter(|c| **c == "too-many-findings").count(), 1);
    assert!(codes.len() < 600, "{} findings", codes.len());
    assert!(rendered.contains("only the first 500 findings are listed"));
}

#[test]
fn a_short_interval_kept_long_is_computed() {
    // 3.2e8 backups in ten years: a list of them would not end in this test's time.
    let text = GOOD.replace(
        "like = \"nightly\", every = \"1h\", takes = \"10m\"",
        "like = \"nightly\", every = \"1s\", takes = \"0s\", keep = \"10y\"",
    );
    let (ok, diagnostics, document) = findings(text.as_bytes());
    assert!(ok, "{}", document.render("shop.toml", &diagnostics, false));
}

/// A name that is declared nowhere keeps the whole from being judged; what was probably meant does not.
#[test]
fn an_undeclared_name_hides_no_other_fault() {
    let text = r#"
title = "Two faults of the whole behind a misspelt place"
[places]
here = []
there = []
[data]
orders = { size = "200 GB", writes = "20 GB/day" }
[copies]
db = { kind = "primary", at = "heer" }
nightly = { kind = "backup", of = "db", at = "there", every = "1d", takes = "25h", keep = "30d" }
[failures]
oops = { kind = "deletion", hits = "orders", rate = "0.5 / year", detected = "1h" }
[services]
shop = { data = "orders", copies = ["db"], plans = ["restore"] }
[strategies]
nightly = { copies = ["nightly"] }
[plans]
restore = { for = ["oops"], from = ["nightly"], steps = ["load"] }
[steps]
load = { phase = "restore", moves = "from" }
"#;
    let Err((found, _)) = drplan::spec::load(text) else { panic!("it has faults") };
    let codes: Vec<&str> = found.all().iter().map(|d| d.code).collect();
    assert_eq!(codes, ["unknown-name", "runs-over", "no-pace"]);
}
