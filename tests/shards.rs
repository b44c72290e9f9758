//! A run in parts: joined they are the bytes of one run, and what is no part of it is refused by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::engine::Case;
use common::random::Random;
use tempfile::TempDir;

fn drplan(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drplan"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code, not a signal")
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

/// A folder with the parts of a run, `1.json` and so on.
fn parts(file: &Path, of: u64, options: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for n in 1..=of {
        part(folder.path(), file, &format!("{n}/{of}"), options, &format!("{n}.json"));
    }
    folder
}

fn part(folder: &Path, file: &Path, shard: &str, options: &[&str], to: &str) {
    let file = file.to_string_lossy();
    let mut args = vec!["-q", "simulate", &file, "--shard", shard, "-o", to];
    args.extend(options);
    let output = drplan(folder, &args);
    assert_eq!(code(&output), 0, "{}", err(&output));
}

/// Parts of any number, in any order, on any number of threads, limited to what one likes: the same as one
/// run in every format.
#[test]
fn parts_are_the_bytes_of_one_run() {
    let shop = scenario("shop.toml");
    let cases: [(u64, &[&str]); 4] = [
        (1, &["--trials", "500", "--seed", "7"]),
        (3, &["--trials", "1100", "--lifetimes", "50", "--threads", "2"]),
        (5, &["--trials", "3", "--lifetimes", "4", "--years", "2.5"]),
        (2, &["--trials", "700", "--tier", "mixed", "--failure", "zone", "--member", "east-b", "--lifetimes", "30"]),
    ];
    for (of, options) in cases {
        let folder = parts(&shop, of, options);
        let names: Vec<String> = (1..=of).rev().map(|n| format!("{n}.json")).collect();
        for format in ["json", "table", "csv"] {
            let mut args = vec!["merge", "--format", format];
            args.extend(names.iter().map(String::as_str));
            let merged = drplan(folder.path(), &args);
            assert_eq!(code(&merged), 0, "{}", err(&merged));
            let file = shop.to_string_lossy();
            let mut args = vec!["simulate", &file, "--format", format];
            args.extend(options);
            assert!(merged.stdout == drplan(folder.path(), &args).stdout, "{of} parts of {options:?} as {format}");
        }
    }
}

const SMALL: [&str; 4] = ["--trials", "60", "--lifetimes", "20"];

/// What is missing, there twice or of another run is said by the name of its file, with exit code 2.
#[test]
fn what_is_no_part_of_the_run_is_refused_by_name() {
    let w1 = scenario("benchmark-w1.toml");
    let folder = parts(&w1, 3, &SMALL);
    let path = folder.path();
    let refused = |files: &[&str], why: &str| {
        let mut args = vec!["merge"];
        args.extend(files);
        let output = drplan(path, &args);
        assert_eq!(code(&output), 2, "{files:?}: {}", err(&output));
        assert!(err(&output).contains(why), "{files:?}: {}", err(&output));
        assert!(output.stdout.is_empty());
    };
    refused(&["1.json", "3.json"], "missing: 2/3");
    refused(&["1.json", "2.json", "2.json", "3.json"], "cannot merge 2.json: it is part 2 of 3, as 2.json is");
    refused(&["1.json", "nothing.json"], "nothing.json");
    for (options, why) in [
        (&["--trials", "60", "--lifetimes", "20", "--seed", "2"] as &[&str], "its seed is 2 in place of 1"),
        (&["--trials", "61", "--lifetimes", "20"], "its number of incidents is 61"),
        (&["--trials", "60", "--lifetimes", "21"], "its number of lifetimes is 21"),
        (&["--trials", "60"], "its number of lifetimes is 0"),
        (&["--trials", "60", "--lifetimes", "20", "--years", "9"], "its length of lifetimes in years is 9"),
        (&["--trials", "60", "--lifetimes", "20", "--tier", "q2"], "its tier is q2 in place of all"),
        (&["--trials", "60", "--lifetimes", "20", "--failure", "zone"], "its failure is zone in place of all"),
    ] {
        part(path, &w1, "2/3", options, "other.json");
        refused(
            &["1.json", "other.json", "3.json"],
            &format!("cannot merge other.json: it is of another run than 1.json: {why}"),
        );
    }
    part(path, &w1, "2/4", &SMALL, "other.json");
    refused(&["1.json", "other.json", "3.json"], "its number of parts is 4 in place of 3");
    part(path, &scenario("kafka.toml"), "2/3", &SMALL, "other.json");
    refused(&["1.json", "other.json", "3.json"], "its scenario is");
    let text = fs::read_to_string(path.join("2.json")).unwrap();
    for (from, to, why) in [
        (format!("\"drplan\":\"{}\"", env!("CARGO_PKG_VERSION")), "\"drplan\":\"0.0.9\"", "of version 0.0.9"),
        ("\"drplan_part\":2".to_owned(), "\"drplan_part\":1", "its drplan_part is 1"),
        ("\"shard\":2".to_owned(), "\"shard\":0", "there is no part 0 of 3"),
        ("\"shard\":2".to_owned(), "\"shard\":18446744073709551615", "there is no part"),
        ("rate = \\\"1 / year\\\"".to_owned(), "rate = \\\"2 / year\\\"", "written in another way"),
    ] {
        assert!(text.contains(&from), "{from}");
        fs::write(path.join("other.json"), text.replacen(&from, to, 1)).unwrap();
        refused(&["1.json", "other.json", "3.json"], why);
    }
    // As the first of all it must be the scenario that its hash names.
    refused(&["other.json", "1.json"], "not the one that its hash names");
}

/// What no run writes is refused, not believed, whatever it is.
#[test]
fn hostile_parts_are_refused() {
    let w1 = scenario("benchmark-w1.toml");
    let folder = parts(&w1, 2, &SMALL);
    let path = folder.path();
    let good = fs::read_to_string(path.join("2.json")).unwrap();
    let merge = |text: &[u8]| {
        fs::write(path.join("bad.json"), text).unwrap();
        let output = drplan(path, &["merge", "1.json", "bad.json"]);
        let said = err(&output);
        assert!(!said.contains("panicked"), "{said}");
        (code(&output), said, output.stdout)
    };
    let (zero, _, whole) = merge(good.as_bytes());
    assert_eq!(zero, 0);
    let refused = |text: &str| {
        let (code, said, _) = merge(text.as_bytes());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("bad.json"), "{said}");
    };
    for text in ["", "{}", "[]", "null", "1", "\u{0}", "{\"drplan_part\":2}"] {
        refused(text);
    }
    refused(&"[".repeat(1_000_000));
    refused(&good.replacen(
        "{\"drplan_part\"",
        &format!("{{\"x\":{}1{},\"drplan_part\"", "[".repeat(100), "]".repeat(100)),
        1,
    ));
    for (from, to) in [
        ("\"trials\":30,\"failures\"", "\"trials\":18446744073709551615,\"failures\""),
        ("\"trials\":30,\"failures\"", "\"trials\":-1,\"failures\""),
        ("\"n\":30", "\"n\":31"),
        ("\"interrupted\":0", "\"interrupted\":18446744073709551615"),
        ("\"zeros\":30", "\"zeros\":18446744073709551615"),
        ("\"sum\":0", "\"sum\":340282366920938463463374607431768211455"),
        (
            "\"steps\":[",
            "\"steps\":[[{\"zeros\":0,\"infinite\":0,\"sum\":0,\"sum_of_squares\":0,\"min\":0,\"max\":0,\"at_min\":0,\"at_max\":0,\"bins\":[]},0],",
        ),
        ("\"tiers\":[", "\"tiers\":[[],"),
        ("\"pairs\":[", "\"pairs\":[], \"more\":["),
        ("\"lived\":", "\"lived\":1"),
        ("\"long_years\":", "\"long_years\":99"),
        ("\"plan\":0", "\"plan\":1000000"),
    ] {
        assert!(good.contains(from), "{from}");
        refused(&good.replacen(from, to, 1));
    }
    // A sparse file, larger than any part.
    fs::File::create(path.join("bad.json")).unwrap().set_len(300 << 20).unwrap();
    let output = drplan(path, &["merge", "1.json", "bad.json"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("larger than the limit of 256 MiB"), "{}", err(&output));
    // Another digit of a sum that is consistent with all else.
    let at = good.find("\"sum\":").unwrap() + 6;
    let sum: String = good[at..].chars().take_while(char::is_ascii_digit).collect();
    let more = (sum.parse::<u128>().unwrap() + 1).to_string();
    let (code_of_sum, said, _) =
        merge(good.replacen(&good[..at + sum.len()], &format!("{}{more}", &good[..at]), 1).as_bytes());
    assert_eq!(code_of_sum, 2, "{said}");
    // Bytes here and there: refused, or the same.
    let mut random = Random::new(1);
    for _ in 0..150 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..random.whole(1, 3) {
            let at = random.whole(0, bytes.len() as u64 - 1) as usize;
            match random.whole(0, 3) {
                0 => bytes[at] = *random.pick(b"0123456789-[]{},:\"eE. "),
                1 => drop(bytes.remove(at)),
                2 => bytes.truncate(at.max(1)),
                _ => bytes.splice(at..at, *b"99999999999").for_each(drop),
            }
        }
        let (code, said, printed) = merge(&bytes);
        assert!(code == 2 || (code == 0 && printed == whole), "{code}: {said}");
    }
}

/// Tasks of a scheduler find out by themselves which part they are.
#[test]
fn auto_reads_the_scheduler() {
    let w1 = scenario("benchmark-w1.toml");
    let folder = parts(&w1, 2, &SMALL);
    let mut command = Command::new(env!("CARGO_BIN_EXE_drplan"));
    command.args(["-q", "simulate"]).arg(&w1).args(SMALL).args(["--shard", "auto"]).stdin(Stdio::null());
    let clean = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "PARALLEL_SEQ", "SGE_TASK_ID", "DRPLAN_SHARDS"];
    for name in clean {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("SLURM_ARRAY_TASK_ID"), "{}", err(&output));
    let output = command.env("JOB_COMPLETION_INDEX", "1").env("DRPLAN_SHARDS", "2").output().unwrap();
    assert!(output.stdout == fs::read(folder.path().join("2.json")).unwrap());
}

/// Ctrl-C: what is known so far, of fewer incidents than asked for, and the exit code of the signal. A part
/// is not written.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_prints_what_is_known() {
    let w1 = scenario("benchmark-w1.toml");
    let folder = TempDir::new().unwrap();
    let interrupted = |more: &[&str]| {
        // Shells start what runs in the background with the signal ignored.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_drplan"), "simulate"]).arg(&w1);
        command.args(["--trials", "100000000", "--format", "json"]).args(more).current_dir(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_secs(2));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        child.wait_with_output().unwrap()
    };
    let output = interrupted(&[]);
    assert_eq!(code(&output), 130, "{}", err(&output));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let trials = result["trials"].as_u64().unwrap();
    assert!((1..100_000_000).contains(&trials));
    let region = &result["tiers"][0]["incidents"][1]["recovery_time"];
    assert_eq!((region["n"].as_u64(), result["lifetimes"].as_u64()), (Some(trials), None));
    assert!(err(&output).contains("what was known"), "{}", err(&output));
    // As if so many had been asked for.
    let file = w1.to_string_lossy();
    let again = drplan(folder.path(), &["simulate", &file, "--trials", &trials.to_string(), "--format", "json"]);
    assert_eq!(result["stopped"], true);
    let stopped = String::from_utf8(output.stdout).unwrap();
    assert!(again.stdout == stopped.replace("\"stopped\": true", "\"stopped\": false").as_bytes());
}

/// `report` and `plot` take `--precision` as `compare` does: the page holds the result of the same run.
#[test]
fn documents_are_as_precise_as_asked() {
    let folder = TempDir::new().unwrap();
    let w1 = scenario("benchmark-w1.toml");
    let file = w1.to_string_lossy();
    let options = [&*file, "--trials", "500", "--lifetimes", "100", "--precision", "20%"];
    let run = |first: &[&str], last: &[&str]| {
        let output = drplan(folder.path(), &[first, &options, last].concat());
        assert_eq!(code(&output), 0, "{}", err(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let result: serde_json::Value = serde_json::from_str(&run(&["compare"], &["--format", "json"])).unwrap();
    assert_eq!(result["precision"], 0.2);
    let page = run(&["report"], &[]);
    let embedded = page.split("id=\"drplan-result\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(embedded).unwrap(), result);
    run(&["plot"], &["-o", "charts"]);
    assert!(fs::read_dir(folder.path().join("charts")).unwrap().count() > 4);
    // A result that is drawn again is as precise as it is.
    fs::write(folder.path().join("result.json"), result.to_string()).unwrap();
    let again = drplan(folder.path(), &["report", "--from", "result.json", "--precision", "20%"]);
    assert_eq!(code(&again), 2, "{}", err(&again));
}

/// `--precision` goes on until it is reached, the same for any number of threads, and says what a share that
/// is out of reach would take.
#[test]
fn precision_is_reached_or_what_it_takes_is_said() {
    let w1 = scenario("benchmark-w1.toml");
    let file = w1.to_string_lossy();
    let here = Path::new(".");
    let run = |threads: &str, share: &str, failure: &str| {
        let args =
            ["simulate", &file, "--trials", "500", "--lifetimes", "100", "--precision", share, "--threads", threads];
        drplan(here, &[&args as &[&str], &["--tier", "q5", "--failure", failure, "--format", "json"]].concat())
    };
    let (one, two) = (run("1", "2%", "zone"), run("2", "2%", "zone"));
    assert_eq!(code(&one), 0, "{}", err(&one));
    assert!(one.stdout == two.stdout);
    let result: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let (trials, lifetimes) = (result["trials"].as_u64().unwrap(), result["lifetimes"].as_u64().unwrap());
    assert!(trials > 500 && lifetimes > 100, "{trials} {lifetimes}");
    let within = |e: &serde_json::Value| 1.96 * e["standard_error"].as_f64().unwrap() / e["mean"].as_f64().unwrap();
    let tier = &result["tiers"][0];
    assert!(within(&tier["incidents"][0]["recovery_time"]) <= 0.02);
    assert!(within(&tier["downtime_per_year"]) <= 0.02);
    // An exponential recovery: (1.96 ÷ 0.0001)² = 384 million incidents, about, and a hundred at most.
    let text = Case::new()
        .with("failures", r#"drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = "0s" }"#)
        .with(
            "copies",
            r#"vault = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1s", keep = "30d" }"#,
        )
        .back("drop", "vault", r#"["mend"]"#)
        .with("steps", r#"mend = { phase = "restore", takes = { mean = "1h" } }"#)
        .text();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("far.toml"), text).unwrap();
    let far = drplan(folder.path(), &["simulate", "far.toml", "--trials", "2000", "--precision", "0.01%"]);
    assert_eq!(code(&far), 0);
    assert!(err(&far).contains("0.01% would take about 3"), "{}", err(&far));
    assert!(err(&far).contains("more than the limit of 100000000"), "{}", err(&far));
    let bad = run("1", "1", "zone");
    assert_eq!(code(&bad), 2);
    assert!(err(&bad).contains("such as 1%"), "{}", err(&bad));
}
