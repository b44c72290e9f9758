//! The program as its users call it: help, streams, exit codes, files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Two tiers, one of which meets both objectives; small enough to be read at a glance.
const SHOP: &str = r#"
title = "Shop database: nightly backup or standby?"
currency = "USD"

[places]
here  = []
there = []

[data]
orders = { size = "200 GB", writes = "20 GB/day" }

[copies]
db      = { kind = "primary", at = "here", per_gb_month = 0.1 }
nightly = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1h", keep = "30d", per_gb_month = 0.02 }
standby = { kind = "async", of = "db", at = "there", lag = "5s", per_gb_month = 0.1 }

[links]
wan = { between = ["here", "there"], bandwidth = "10 Gbps", per_gb = 0.02 }

[failures]
site = { kind = "outage", hits = "here", rate = "0.1 / year", lasts = "1d", detected = "10m" }
oops = { kind = "deletion", hits = "orders", rate = "0.5 / year", detected = "1h" }

[services]
shop = { data = "orders", copies = ["db"], plans = ["promote", "restore"], objectives = { default = { rto = "4h", rpo = "2d", chance = "95%" } } }

[strategies]
nightly = { copies = ["nightly"] }
standby = { copies = ["standby"] }

[plans]
promote = { for = ["site"], from = ["standby"], steps = ["decide", "switch"] }
restore = { for = ["site", "oops"], from = ["nightly"], steps = ["decide", "load", "switch"] }

[steps]
decide = { phase = "decide", takes = "15m" }
load   = { phase = "restore", moves = "from", rate = "100 MB/s" }
switch = { phase = "redirect", takes = "5m" }
"#;

fn drplan(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drplan"));
    command.args(args).stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

fn run(args: &[&str]) -> Output {
    drplan(args).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code, not a signal")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs with this standard input, which the program may leave unread.
fn run_with(args: &[&str], input: &[u8]) -> Output {
    let mut child =
        drplan(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a child");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("its output");
    feeder.join().expect("the feeder");
    output
}

fn shop() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.toml");
    fs::write(&path, SHOP).expect("a file");
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

const COMMANDS: [&str; 11] = [
    "new",
    "validate",
    "compare",
    "simulate",
    "merge",
    "explain",
    "report",
    "plot",
    "runbook",
    "schema",
    "completions",
];

#[test]
fn help_of_every_command() {
    let top = run(&["--help"]);
    assert_eq!((code(&top), err(&top)), (0, String::new()));
    insta::assert_snapshot!("help", out(&top));
    for command in COMMANDS {
        let help = run(&[command, "--help"]);
        assert_eq!(code(&help), 0);
        assert!(out(&help).lines().all(|line| line.chars().count() <= 100), "{command}");
        insta::assert_snapshot!(format!("help-{command}"), out(&help));
    }
    assert_eq!(out(&run(&["--version"])), format!("drplan {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_2_and_says_so_on_standard_error() {
    let (_folder, path) = shop();
    let cases: [&[&str]; 9] = [
        &[],
        &["conpare", &path],
        &["compare"],
        &["compare", &path, "--format", "xml"],
        &["compare", &path, "--trials", "0"],
        &["compare", &path, "--threads", "0"],
        &["simulate", &path, "--tier", "standbye"],
        &["simulate", &path, "--failure", "site", "--member", "nobody"],
        &["explain", &path, "--tier", "standby"],
    ];
    for args in cases {
        let output = run(args);
        assert_eq!((code(&output), out(&output)), (2, String::new()), "{args:?}");
        assert!(!err(&output).is_empty(), "{args:?}");
    }
    assert!(err(&run(&["simulate", &path, "--tier", "standbye"])).contains("did you mean standby"));
}

#[test]
fn unreadable_and_invalid_scenarios_are_2() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let missing = folder.path().join("missing.toml").to_string_lossy().into_owned();
    let directory = folder.path().to_string_lossy().into_owned();
    let broken = at("broken.toml", b"title = \"x\n[places");
    let invalid = at("invalid.toml", SHOP.replace("\"200 GB\"", "200").as_bytes());
    let binary = at("binary.toml", b"title = \"\xff\xfe\"\n");
    let deep = at("deep.toml", format!("a = {}{}", "[".repeat(5000), "]".repeat(5000)).as_bytes());
    for path in [&missing, &directory, &broken, &invalid, &binary, &deep] {
        for command in ["validate", "compare", "simulate", "explain"] {
            let output = run(&[command, path]);
            assert_eq!((code(&output), out(&output)), (2, String::new()), "{command} {path}\n{}", err(&output));
            assert!(err(&output).contains("error"), "{command} {path}");
        }
    }
    // The place of a fault: the line of `orders` in the text above.
    let line = SHOP.lines().position(|l| l.starts_with("orders")).unwrap() + 1;
    assert!(err(&run(&["validate", &invalid])).contains(&format!("invalid.toml:{line}:")));
}

/// 16 MiB are beyond any limit of a scenario's size and beyond what a pipe holds.
#[test]
fn input_beyond_the_limit_is_one_clear_error() {
    let endless = vec![b'#'; 16 << 20];
    let output = run_with(&["compare", "-"], &endless);
    assert_eq!(code(&output), 2);
    let message = err(&output);
    assert!(message.contains("standard input is larger than the limit") && message.lines().count() == 1, "{message}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.toml");
    fs::write(&path, &endless).unwrap();
    let output = run(&["validate", &path.to_string_lossy()]);
    assert_eq!((code(&output), err(&output).lines().count()), (2, 1), "{}", err(&output));
}

/// Failures that follow one another by the second: more than anybody waits for, refused before it
/// starts, with what would fit.
#[test]
fn a_failure_every_second_is_refused_before_it_starts() {
    let (folder, _) = shop();
    let path = folder.path().join("busy.toml");
    let refused = |from: &str, to: &str| {
        assert_eq!(SHOP.matches(from).count(), 1, "{from}");
        fs::write(&path, SHOP.replace(from, to)).expect("a file");
        let path = path.to_string_lossy().into_owned();
        let output = run(&["compare", &path, "--trials", "100"]);
        let without = run(&["compare", &path, "--trials", "100", "--lifetimes", "0"]);
        assert_eq!((code(&output), code(&without)), (4, 0), "{}", err(&output));
        // What a precision asks for needs the years too, even where they are not printed.
        for command in ["simulate", "compare", "report"] {
            let output = run(&[command, &path, "--trials", "100", "--lifetimes", "0", "--precision", "50%"]);
            assert_eq!(code(&output), 4, "{command}: {}", err(&output));
            assert!(err(&output).contains("--precision looks at failures that overlap"), "{}", err(&output));
        }
        err(&output)
    };
    // An outage of ten minutes and its end 52,000 times a year, 10,000 lifetimes of 10 years.
    let all = refused(r#"rate = "0.1 / year", lasts = "1d""#, r#"rate = "1 / s", lasts = "10m""#);
    assert!(all.contains("more than the limit of 1000000000 in all") && all.contains("--lifetimes "), "{all}");
    assert!(all.contains("most of them are of `failures.site.rate`, 10"), "{all}");
    // 31,536,000 deletions in each year.
    let one = refused(r#"rate = "0.5 / year""#, r#"rate = "1 / s""#);
    assert!(one.contains("a lifetime of 10 years has about 3153") && one.contains("--years "), "{one}");
    assert!(one.contains("most of them are of `failures.oops.rate`, 31,536,000 a year"), "{one}");
    // A drill and its end in every second.
    let drill = "\n[drills]\ntest = { plan = \"restore\", every = \"1s\", interrupts = \"1s\" }\n\n[steps]\n";
    let felt = refused("\n[steps]\n", drill);
    assert!(felt.contains("most of them are of `drills.test.every`, 63,072,000 a year"), "{felt}");
}

/// Few trials to begin with do not keep a precision from being reached: the 99th percentile of an exponential
/// outage takes about 180,000 for 1%. Beyond eight times the usual trials, a line says what raises the limit.
#[test]
fn a_precision_is_reached_from_few_trials() {
    let (folder, _) = shop();
    let path = folder.path().join("waits.toml");
    let text = SHOP.replace(r#"lasts = "1d", detected = "10m""#, r#"lasts = { mean = "10h" }, detected = "300d""#);
    fs::write(&path, text).expect("a file");
    let path = path.to_string_lossy().into_owned();
    let reached =
        |share: &str| err(&run(&["simulate", &path, "--failure", "site", "--trials", "1000", "--precision", share]));
    assert!(!reached("1%").contains("99th percentiles"));
    let told = reached("0.4%");
    assert!(told.contains("more than the limit of 800000, which a higher --trials raises"), "{told}");
}

/// Opening a named pipe would wait for a writer that may never come.
#[cfg(unix)]
#[test]
fn a_named_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = run(&["compare", &pipe.to_string_lossy()]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("named pipe"), "{}", err(&output));
}

#[test]
fn a_pipe_without_end_does_not_hang() {
    let mut child = drplan(&["compare", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut writer = child.stdin.take().expect("its input");
    let block = vec![b'#'; 1 << 20];
    // Writes until the program has read enough and closes its end.
    let written = (0..1000).take_while(|_| writer.write_all(&block).is_ok()).count();
    assert!(written < 1000);
    drop(writer);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("larger than the limit"));
}

/// What stands for a place that is not there, before anything is simulated for it.
#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_work() {
    let (folder, path) = shop();
    let nowhere = folder.path().join("no/result.json").to_string_lossy().into_owned();
    // 2 tiers x 2 failures x 400 million would take an hour.
    let long = "400000000";
    let directory = folder.path().to_string_lossy().into_owned();
    for (to, said) in [(&nowhere, "there is no folder"), (&directory, "it is a directory")] {
        for command in ["compare", "simulate", "report"] {
            let output = run(&[command, &path, "--trials", long, "-o", to]);
            assert_eq!(code(&output), 1, "{command}: {}", err(&output));
            assert!(err(&output).contains(said), "{}", err(&output));
        }
    }
    let plotted = run(&["plot", &path, "--trials", "100", "--lifetimes", "0", "-o", &path]);
    assert_eq!(code(&plotted), 1);
    assert!(err(&plotted).contains("it is a file"), "{}", err(&plotted));
}

#[test]
fn a_dash_is_standard_output_and_is_read_only_once() {
    let printed = run(&["new", "pilot-light"]);
    assert_eq!(run(&["new", "pilot-light", "-o", "-"]).stdout, printed.stdout);
    assert_eq!(run(&["schema", "-o", "-"]).stdout, run(&["schema"]).stdout);
    let twice = run_with(&["validate", "-", "-"], SHOP.as_bytes());
    assert_eq!((code(&twice), err(&twice).as_str()), (2, "error: standard input can be read only once\n"));
}

#[test]
fn a_number_that_is_none_is_told_with_what_is_needed() {
    let (_folder, path) = shop();
    for option in ["--trials", "--seed", "--threads", "--lifetimes"] {
        for number in ["1e5", "-5", "many", ""] {
            let output = run(&["compare", &path, option, number]);
            assert_eq!(code(&output), 2, "{option} {number}");
            assert!(err(&output).contains("a whole number from 0 to"), "{}", err(&output));
        }
    }
}

#[test]
fn more_work_than_the_limit_is_4_before_it_starts() {
    let (_folder, path) = shop();
    let cases: [&[&str]; 3] = [
        &["compare", &path, "--trials", "18446744073709551615"],
        &["simulate", &path, "--threads", "1000000"],
        // 2 tiers x 2 failures x 10^9: each option alone is a number, together it is too much.
        &["compare", &path, "--trials", "1000000000"],
    ];
    for args in cases {
        let output = run(args);
        assert_eq!((code(&output), out(&output)), (4, String::new()), "{args:?}");
        assert!(err(&output).contains("limit"), "{}", err(&output));
    }
}

/// 700 failures of a place and 700 services there: 700 x 701 rows.
#[test]
fn more_rows_than_the_limit_are_4_before_anything_is_simulated() {
    let list = |line: &dyn Fn(usize) -> String| (0..700).map(line).collect::<Vec<_>>().join("\n");
    let text = format!(
        "title = \"Many\"\n[places]\nhere = []\n[compute]\np = {{ at = \"here\" }}\n[failures]\n{}\n[services]\n{}\n[strategies]\n{}\n[tiers]\nall = [{}]\n",
        list(&|n| format!(r#"f{n} = {{ kind = "outage", hits = "here", rate = "1 / year", lasts = "1h" }}"#)),
        list(&|n| format!(r#"s{n} = {{ runs = ["p"] }}"#)),
        list(&|n| format!(r#"t{n} = {{ service = "s{n}" }}"#)),
        list(&|n| format!(r#""t{n}","#)),
    );
    let output = run_with(&["simulate", "-", "--trials", "1"], text.as_bytes());
    assert_eq!((code(&output), out(&output)), (4, String::new()), "{}", err(&output));
    assert!(err(&output).contains("490700 rows, more than the limit of 400000"), "{}", err(&output));
}

#[test]
fn a_missed_objective_is_an_answer_unless_asked_for() {
    let (_folder, path) = shop();
    let base = ["simulate", &path, "--trials", "400"];
    // By hand: standby serves 30 min after the loss of the site with 5 s lost; a deletion reaches it.
    let with = |more: &[&'static str]| code(&run(&[base.as_slice(), more].concat()));
    assert_eq!(with(&[]), 0);
    assert_eq!(with(&["--fail-on-miss", "--tier", "standby", "--failure", "site"]), 0);
    assert_eq!(with(&["--fail-on-miss", "--tier", "standby", "--failure", "oops"]), 3);
    assert_eq!(code(&run(&["compare", &path, "--trials", "400"])), 0);
}

#[test]
fn data_goes_to_standard_output_and_the_rest_to_standard_error() {
    let (_folder, path) = shop();
    let output = run(&["compare", &path, "--trials", "400", "-q"]);
    assert_eq!((code(&output), err(&output)), (0, String::new()));
    assert!(out(&output).starts_with("Shop database: nightly backup or standby?\n"));
    let checked = run(&["validate", &path]);
    assert_eq!((code(&checked), out(&checked)), (0, String::new()));
    assert!(err(&checked).contains("shop.toml: valid"));
    let from_input = run_with(&["compare", "-", "--trials", "400", "-q"], SHOP.as_bytes());
    assert_eq!(out(&from_input), out(&output));
}

#[test]
fn the_result_holds_the_published_fields() {
    let (_folder, path) = shop();
    let output = run(&["compare", &path, "--trials", "400", "-q", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let has = |value: &serde_json::Value, keys: &[&str]| {
        for key in keys {
            assert!(value.get(key).is_some(), "{key} is missing in {value}");
        }
    };
    has(&json, &["schema_version", "drplan", "scenario", "seed", "trials", "years", "lifetimes", "tiers", "paired"]);
    has(&json["scenario"], &["title", "hash"]);
    let tier = &json["tiers"][0];
    has(tier, &["id", "title", "strategies", "incidents", "availability", "outages_per_year", "downtime_per_year"]);
    has(tier, &["data_loss_per_year", "penalty_per_year", "cost", "objectives_met"]);
    has(&tier["cost"], &["currency", "per_month", "unknown", "items"]);
    has(&tier["cost"]["items"][0], &["item", "quantity", "unit", "unit_price", "per_month"]);
    let incident = &tier["incidents"][0];
    has(incident, &["failure", "kind", "service", "rate_per_year", "interrupted", "plans", "unrecoverable", "steps"]);
    has(&incident["interrupted"], &["point", "low", "high", "events", "n"]);
    let names = ["recovery_time", "recovery_time_full", "undetected", "data_loss", "data_loss_before"];
    for name in names.iter().chain(&["data_loss_after", "data_loss_bytes"]) {
        let keys = ["n", "mean", "standard_error", "min", "max", "p50", "p90", "p95", "p99", "bound", "bound_reason"];
        has(&incident[name], &keys);
    }
    has(&incident["recovery_time"]["p50"], &["point", "low", "high"]);
    has(&incident["steps"][0], &["plan", "id", "phase", "mean", "p50", "p95", "critical"]);
    has(&incident["objective"], &["rto", "rpo", "chance", "met", "rto_met", "rpo_met", "both_met"]);
    has(&json["paired"][0], &["tier", "than", "failure", "recovery_time", "data_loss"]);
    has(&json["paired"][0]["data_loss"], &["mean", "low", "high", "both", "only_first", "only_second"]);
    // 15 min to decide, 200 GB at 100 MB/s are 2000 s, 5 min to switch: 3200 s after the detection.
    assert_eq!((incident["failure"].as_str(), incident["kind"].as_str()), (Some("oops"), Some("deletion")));
    assert_eq!(incident["recovery_time"]["p50"]["point"].as_f64(), Some(3600.0 + 3200.0));
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (_folder, path) = shop();
    let with = |threads| out(&run(&["simulate", &path, "--trials", "1000", "--format", "json", "--threads", threads]));
    let one = with("1");
    assert!(one.contains("\"trials\": 1000"));
    for threads in ["2", "3", "7"] {
        assert!(with(threads) == one, "{threads} threads differ from one");
    }
    let other = out(&run(&["simulate", &path, "--trials", "1000", "--format", "json", "--seed", "2"]));
    assert!(other != one, "another seed draws other incidents");
}

#[test]
fn an_output_file_appears_whole_or_not_at_all() {
    let (folder, path) = shop();
    let target = folder.path().join("result.csv");
    let to = target.to_string_lossy().into_owned();
    let output = run(&["compare", &path, "--trials", "400", "-q", "--format", "csv", "-o", &to]);
    assert_eq!((code(&output), out(&output)), (0, String::new()));
    let csv = fs::read_to_string(&target).unwrap();
    // A header, then 2 tiers x 2 failures.
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert_eq!(code(&run(&["compare", &path, "--trials", "0", "--format", "csv", "-o", &to])), 2);
    assert_eq!(fs::read_to_string(&target).unwrap(), csv);
    let nowhere = folder.path().join("no/such/folder.csv").to_string_lossy().into_owned();
    let failed = run(&["compare", &path, "--trials", "400", "-o", &nowhere]);
    assert_eq!(code(&failed), 1);
    assert!(err(&failed).contains("cannot write"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing temporary is left: {left:?}");
}

#[test]
fn a_closed_pipe_is_success() {
    let (_folder, path) = shop();
    let mut child = drplan(&["simulate", &path, "--trials", "400", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("error") && !said.contains("panic"), "{said}");
}

#[test]
fn colour_only_where_it_is_wanted() {
    let (_folder, path) = shop();
    let with = |color: &str| out(&run(&["compare", &path, "--trials", "400", "--color", color]));
    assert!(with("always").contains('\u{1b}'));
    assert!(!with("never").contains('\u{1b}'));
    assert!(!with("auto").contains('\u{1b}'), "a pipe is no terminal");
    assert_eq!(with("always").replace("\u{1b}[32m", "").matches('✓').count(), with("never").matches('✓').count());
}

#[test]
fn the_examples_fit_100_columns_and_name_a_tier() {
    let files = fs::read_dir(in_project("scenarios")).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|ext| ext == "toml")) {
        let path = path.to_string_lossy().into_owned();
        let file = &path;
        for command in ["compare", "simulate", "explain"] {
            let output = run(&[command, &path, "--trials", "400"]);
            assert_eq!(code(&output), 0, "{}", err(&output));
            let text = out(&output);
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
            assert!(wide.is_empty(), "{command} {file}: {wide:#?}");
            assert!(!text.contains("NaN") && !text.contains("inf "), "{command} {file}");
        }
    }
}

#[test]
fn every_starter_is_valid_and_can_be_compared() {
    let patterns = ["backup-restore", "pilot-light", "warm-standby", "hot-standby", "active-active", "comparison"];
    for pattern in patterns {
        let text = run(&["new", pattern]);
        assert_eq!(code(&text), 0);
        let output = run_with(&["compare", "-", "--trials", "400"], &text.stdout);
        assert_eq!(code(&output), 0, "{pattern}: {}", err(&output));
    }
    assert_eq!(run(&["new"]).stdout, run(&["new", "comparison"]).stdout);
}

#[test]
fn new_does_not_overwrite_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml").to_string_lossy().into_owned();
    assert_eq!(code(&run(&["new", "pilot-light", "-o", &path])), 0);
    fs::write(&path, "mine").unwrap();
    let refused = run(&["new", "-o", &path]);
    assert_eq!((code(&refused), fs::read_to_string(&path).unwrap().as_str()), (1, "mine"));
    assert_eq!(code(&run(&["new", "-o", &path, "--force"])), 0);
    assert_eq!(fs::read(&path).unwrap(), run(&["new"]).stdout);
}

#[test]
fn explain_lists_every_value_or_tells_where_the_time_goes() {
    let (_folder, path) = shop();
    let all = out(&run(&["explain", &path]));
    for word in ["copies.nightly.every", "default:", "line 15"] {
        assert!(all.contains(word), "{word} is missing in\n{all}");
    }
    let why = out(&run(&["explain", &path, "--tier", "nightly", "--failure", "oops", "--trials", "400"]));
    for word in ["load", "on the critical path", "formula | simulation", "steps.load.rate", "100 MB/s"] {
        assert!(why.contains(word), "{word} is missing in\n{why}");
    }
    for format in ["json", "csv", "md"] {
        assert_eq!(code(&run(&["explain", &path, "--format", format])), 0);
    }
}

#[test]
fn schema_and_completions_are_written_whole() {
    let printed = run(&["schema"]);
    assert_eq!((code(&printed), err(&printed)), (0, String::new()));
    let schema: serde_json::Value = serde_json::from_str(&out(&printed)).unwrap();
    assert_eq!(schema, drplan::spec::schema());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.schema.json");
    assert_eq!(code(&run(&["schema", "-o", &path.to_string_lossy()])), 0);
    assert_eq!(fs::read(&path).unwrap(), printed.stdout);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]);
        assert_eq!((code(&script), err(&script)), (0, String::new()), "{shell}");
        assert!(COMMANDS.iter().all(|command| out(&script).contains(command)), "{shell}");
    }
    assert_eq!(code(&run(&["completions", "cmd"])), 2);
}

/// A single service is the application: an objective at the top of the file counts before its own.
#[test]
fn the_objective_of_the_application_counts_first() {
    let strict = SHOP.replace("[places]", "[objectives]\ndefault = { rto = \"29m\", chance = \"95%\" }\n\n[places]");
    let args = ["simulate", "-", "--tier", "standby", "--failure", "site", "--trials", "400", "--format", "json"];
    let met = |text: &str| {
        let output = run_with(&args, text.as_bytes());
        let json: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
        json["tiers"][0]["incidents"][0]["objective"]["rto_met"]["events"].as_u64()
    };
    // Detected after 10 min, decided after 15, switched after 5: 30 min in all, always.
    assert_eq!(met(SHOP), Some(400));
    assert_eq!(met(&strict), Some(0));
}

#[test]
fn a_result_is_drawn_again_without_the_scenario() {
    let (folder, path) = shop();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (result, page, again, charts) = (at("result.json"), at("page.html"), at("again.html"), at("charts"));
    assert_eq!(code(&run(&["compare", &path, "--trials", "500", "--format", "json", "-o", &result])), 0);
    assert_eq!(code(&run(&["report", &path, "--trials", "500", "-o", &page])), 0);
    assert_eq!(code(&run(&["report", "--from", &result, "-o", &again])), 0);
    let text = fs::read_to_string(&page).unwrap();
    assert_eq!(text, fs::read_to_string(&again).unwrap());
    assert_eq!(text, out(&run_with(&["report", "--from", "-"], &fs::read(&result).unwrap())));
    let plotted = run(&["plot", "--from", &result, "-o", &charts]);
    assert_eq!((code(&plotted), out(&plotted)), (0, String::new()));
    let mut names: Vec<String> =
        fs::read_dir(&charts).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for chart in
        ["cost-by-item", "site--recovery-time", "site--data-loss", "site--nightly--p95", "site--standby--median"]
    {
        for ending in ["svg", "png"] {
            assert!(names.contains(&format!("{chart}.{ending}")), "{chart}.{ending} is not among {names:?}");
        }
    }
}

#[test]
fn what_is_no_result_is_2() {
    let (folder, path) = shop();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let huge = at("huge.json", &vec![b' '; (64 << 20) + 1]);
    let version = at("version.json", b"{\"schema_version\": 2}");
    let charts = folder.path().join("charts").to_string_lossy().into_owned();
    for (file, said) in [(&huge, "limit of 64 MiB"), (&version, "schema_version is 2"), (&path, "no result")] {
        for command in [&["report", "--from", file] as &[&str], &["plot", "-o", &charts, "--from", file]] {
            let output = run(command);
            assert_eq!((code(&output), out(&output)), (2, String::new()), "{command:?}");
            assert!(err(&output).contains(said), "{}", err(&output));
        }
    }
    for wrong in [&["report"] as &[&str], &["report", &path, "--from", &version], &["plot", &path]] {
        assert_eq!(code(&run(wrong)), 2, "{wrong:?}");
    }
    assert_eq!(code(&run(&["report", "--from", &version, "--seed", "3"])), 2);
    assert!(!folder.path().join("charts").exists(), "nothing is made for what cannot be drawn");
}

/// What is read for a result is not written over by it, by whatever name.
#[test]
fn a_file_that_is_read_is_not_replaced() {
    let (folder, path) = shop();
    let before = fs::read(&path).unwrap();
    let other = folder.path().join("same.toml").display().to_string();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, &other).unwrap();
    for name in [&path, &other] {
        for command in ["compare", "simulate", "report", "explain"] {
            let refused = run(&[command, &path, "-o", name]);
            assert_eq!(code(&refused), 1, "{command} {name}");
            assert!(err(&refused).contains("it is read for this, and would be lost"), "{}", err(&refused));
        }
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}
