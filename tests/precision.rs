//! What `--precision` promises: every mean and 99th percentile known that well, or a word that it is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::Command;

use drplan::assess::{Assessment, IncidentAssessment};
use drplan::stats::Quantile;

/// What `simulate` says of a file, and what it notes beside.
fn simulate(text: &str, options: &[&str]) -> (Assessment, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.toml");
    std::fs::write(&path, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_drplan"));
    let output = command.arg("simulate").arg(&path).args(["--format", "json"]).args(options).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    (serde_json::from_slice(&output.stdout).unwrap(), notes)
}

fn incident<'a>(result: &'a Assessment, service: Option<&str>) -> &'a IncidentAssessment {
    let incidents = result.tiers[0].incidents.iter();
    incidents.into_iter().find(|incident| incident.service.as_deref() == service).unwrap()
}

fn is_known(found: Quantile, share: f64) -> bool {
    found.off().is_some_and(|off| off <= share)
}

/// One in 95 outages destroys the only copy: the 99th percentile is that of what never recovers. Ten thousand
/// incidents hardly tell 1.05% from 1% (half a deviation), 800,000 do (4.5): as long as the upper end is without
/// bound nothing is known, and it goes on.
#[test]
fn a_percentile_that_may_be_never_is_not_known() {
    let text = r#"
title = "one in a hundred never comes back"
[places]
east = []
[data]
d = { size = "1 GB", writes = "1 GB/day" }
[copies]
db = { kind = "primary", at = "east" }
[failures]
z = { kind = "outage", hits = "east", rate = "0.1 / year", lasts = { median = "10h", sigma = 0.2 }, destroyed = "1.05%" }
[services]
s = { data = "d", copies = ["db"] }
[strategies]
w = {}
"#;
    for seed in ["1", "3", "7"] {
        let (result, notes) = simulate(text, &["--precision", "5%", "--seed", seed]);
        let p99 = incident(&result, None).recovery_time.estimate.p99;
        assert!(p99.is_none(), "{p99:?} after {}, and {notes}", result.trials);
    }
    let (result, notes) = simulate(text, &["--precision", "5%", "--trials", "9000000"]);
    assert!(incident(&result, None).recovery_time.estimate.p99.is_none(), "{notes}");
}

/// The application waits for the slow service and hides how the quick one varies.
#[test]
fn services_are_held_to_it_too() {
    let text = r#"
title = "one service hides the other"
[places]
east = []
[compute]
a = { at = "east" }
b = { at = "east" }
[failures]
z = { kind = "outage", hits = "east", rate = "0.1 / year", lasts = "1m" }
[services]
slow = { runs = ["a"], resume = "10h" }
quick = { runs = ["b"], resume = { median = "10m", sigma = 1 } }
[strategies]
s = { service = "slow" }
q = { service = "quick" }
[tiers]
t = ["s", "q"]
"#;
    let (result, notes) = simulate(text, &["--precision", "2%"]);
    let quick = &incident(&result, Some("quick")).recovery_time.estimate;
    assert!(is_known(quick.p99.unwrap(), 0.02), "{:?} and {notes}", quick.p99);
    // p99 of a lognormal: the minute, and 10 min × e^2.326.
    let truth = 60.0 + 600.0 * 2.326_348_f64.exp();
    assert!((quick.p99.unwrap().point / truth - 1.0).abs() < 0.04, "{:?}", quick.p99);
}

/// What is back in full at once has one 99th percentile; what takes longer has one that is no smaller.
#[test]
fn full_capacity_is_never_before_service() {
    let text = std::fs::read_to_string("scenarios/benchmark-w1.toml").unwrap();
    let (result, _) = simulate(&text, &["--precision", "2%", "--tier", "q2", "--failure", "region"]);
    let region = incident(&result, None);
    assert!(region.drawn_long.is_some());
    assert!(is_known(region.recovery_time.estimate.p99.unwrap(), 0.02));
    assert_eq!(region.recovery_time.estimate.p99, region.recovery_time_full.estimate.p99);
    // Two seconds more that nobody waits for.
    let later = text.replace(r#"steps = ["see", "decide", "move"]"#, r#"steps = ["see", "decide", "move", "warm"]"#);
    let later = later.replace(
        "[runbook]",
        "warm = { phase = \"verify\", takes = \"2s\", background = true, check = \"warm\", if_fails = \"wait\" }\n\n[runbook]",
    );
    let (result, _) = simulate(&later, &["--precision", "2%", "--tier", "q2", "--failure", "region"]);
    let region = incident(&result, None);
    let (first, full) = (region.recovery_time.estimate.p99.unwrap(), region.recovery_time_full.estimate.p99.unwrap());
    assert!(region.drawn_long.is_some() && first.point <= full.point && first.low <= full.low, "{first:?} {full:?}");
}
