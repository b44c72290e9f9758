//! The Doris scenario says what Doris publishes, and what the text leaves out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::shipped::Shipped;
use drplan::sim::Outcome;

const SECOND: u64 = 1000;

/// The time until a drop is found, in the file.
const FOUND: &str = r#"detected = { median = "20m", p95 = "12h" }"#;

fn all(incidents: &[Outcome], what: impl Fn(&Outcome) -> bool) -> bool {
    assert!(!incidents.is_empty());
    incidents.iter().all(what)
}

/// "Streaming lag < 5 s": so is the loss of a switch to city B.
#[test]
fn replication_loses_less_than_five_seconds() {
    let doris = Shipped::new("doris");
    let city = doris.incidents("ccr", "city", None, None);
    assert!(all(&city, |o| o.data_loss <= 5 * SECOND));
    assert!(city.iter().any(|o| doris.plan(o) == "switch" && o.data_loss > 0));
}

/// A DROP is replicated with FORCE, so neither the other cluster nor a recycle bin there has the table.
#[test]
fn a_replicated_drop_is_not_undone_at_the_target() {
    assert!(all(&Shipped::new("doris").incidents("ccr", "drop", None, None), |o| o.unrecoverable));
    let patches = [
        (r#"copies = ["ccr"]"#, r#"copies = ["ccr", "bin"]"#),
        (r#"kind = "soft-delete", of = "main""#, r#"kind = "soft-delete", of = "ccr""#),
        // Nothing goes around this bin: only that the drop reached the copy it belongs to counts.
        (r#"bypass = "10%""#, r#"bypass = "0%""#),
        (r#"copies = ["bin"]"#, r#"copies = ["snap"]"#),
    ];
    let there = Shipped::patched("doris", &patches);
    assert!(all(&there.incidents("ccr", "drop", None, None), |o| o.unrecoverable));
}

/// A system whose target keeps what replication deletes says so, and then its bin helps.
#[test]
fn a_bin_that_keeps_replicated_drops_undoes_them() {
    let bin = r#"kind = "soft-delete", of = "ccr", replicated = true"#;
    let patches = [
        (r#"copies = ["ccr"]"#, r#"copies = ["ccr", "bin"]"#),
        (r#"kind = "soft-delete", of = "main""#, bin),
        (r#"bypass = "10%""#, r#"bypass = "0%""#),
        (r#"copies = ["bin"]"#, r#"copies = ["snap"]"#),
        (FOUND, r#"detected = "1h""#),
    ];
    let there = Shipped::patched("doris", &patches);
    assert!(all(&there.incidents("ccr", "drop", None, None), |o| !o.unrecoverable && o.data_loss_before == 0));
}

/// Only full backups: what they cost grows with the total.
#[test]
fn full_backups_cost_by_the_total() {
    let twice = Shipped::patched("doris", &[(r#"size = "1 TB""#, r#"size = "2 TB""#)]);
    let bill = |doris: &Shipped| doris.bill("backup", "storage: snap");
    let (one, two) = (bill(&Shipped::new("doris")), bill(&twice));
    assert!((two - 2.0 * one).abs() < 1e-6, "{one} {two}");
}

/// "Switch to any cluster": the way back is a full copy in reverse.
#[test]
fn the_way_back_is_a_full_copy() {
    let text = std::fs::read_to_string("scenarios/doris.toml").expect("the scenario");
    let Ok(loaded) = drplan::spec::load(&text) else { panic!("a valid scenario") };
    let s = &loaded.scenario;
    let plan = s.plans.rows().iter().find(|p| p.name == "switch").expect("a plan");
    let works = plan.failback.nodes.iter().filter_map(|node| s.steps[node.step].work.as_ref());
    let volumes: Vec<_> = works.map(|work| work.volume).collect();
    let lake = s.data.iter().find(|(_, d)| d.name == "lake").expect("a data set").0;
    assert_eq!(volumes, [drplan::model::Volume::Data(lake)]);
}

/// A cut longer than the binlog's day breaks the stream: P(Z > ln(24 h ÷ 30 min) ÷ sigma) with sigma =
/// ln(60) ÷ 1.645 is 6.0%, and 1 TB over 2 Gbps takes 4000 s, which are 1 h 7 min.
#[test]
fn a_cut_beyond_the_time_to_live_calls_for_a_full_copy() {
    let advice = |text: &str| -> Vec<String> {
        let Ok(loaded) = drplan::spec::load(text) else { panic!("a valid scenario") };
        let all = loaded.advice.all().iter().filter(|d| d.code == "stream-breaks");
        all.map(|d| d.message.clone()).collect()
    };
    let text = std::fs::read_to_string("scenarios/doris.toml").expect("the scenario");
    let found = advice(&text);
    assert!(found.len() == 1 && found[0].contains("in 6.0% of its events"), "{found:?}");
    assert!(found[0].contains("full copy of 1 TB, which takes 1 h 7 min"), "{found:?}");
    assert_eq!(advice(&text.replace(r#"window = "1d""#, r#"window = "90d""#)), Vec::<String>::new());
}

/// The city is lost for good so long after a cut of a second more than the binlog's day: full copy of 1 TB
/// over 2 Gbps, that is 250 MB/s, while 50 GB/day are written: 1 TB ÷ (250 − 0.579) MB/s = 4009.3 s. Until
/// then city B is as old as the cut, and 5 s afterwards.
#[test]
fn until_the_full_copy_is_done_city_b_is_as_old_as_the_cut() {
    let lost = |after: f64| {
        let cut = 86_401.0;
        let city = format!("gap = \"{}s\", lasts = \"30d\", destroyed = \"100%\"", 8_640_000.0 + cut + after);
        let patches = [
            (r#"rate = "0.05 / year", lasts = { median = "8h", p95 = "1d" }, destroyed = "5%""#, city.as_str()),
            (r#"rate = "0.5 / year", lasts = { median = "30m", p95 = "30h" }"#, r#"gap = "100d", lasts = "86401s""#),
            (r#"rate = "1 / year", lasts"#, r#"rate = "0 / year", lasts"#),
            (r#"rate = "1 / year", detected"#, r#"rate = "0 / year", detected"#),
            (r#"rate = "0.5 / year", detected"#, r#"rate = "0 / year", detected"#),
        ];
        let tally = Shipped::patched("doris", &patches).live("ccr", 0.4);
        (tally.loss.min().expect("a loss") as f64 / 1e3, tally.loss.max().expect("a loss") as f64 / 1e3, cut + after)
    };
    let (least, most, old) = lost(4009.0);
    assert!(least >= old + 1.0 && most <= old + 5.0, "{least} to {most}");
    let (least, most, _) = lost(4010.0);
    assert!(least >= 1.0 && most <= 5.0, "{least} to {most}");
}

/// One full copy a night: what a restore takes grows with the total, too. A tenth of another TB at
/// 300 MB/s are 333.3 s.
#[test]
fn restores_take_longer_with_the_total() {
    let times = |doris: &Shipped| -> Vec<u64> {
        doris.incidents("backup", "bad-load", None, None).iter().map(|o| o.recovery_time).collect()
    };
    let twice = Shipped::patched("doris", &[(r#"size = "1 TB""#, r#"size = "2 TB""#)]);
    let (one, two) = (times(&Shipped::new("doris")), times(&twice));
    // A second try after a failed check takes as long again.
    let more = one.iter().zip(&two).map(|(a, b)| b - a);
    assert!(more.clone().all(|m| m % 333_333 < 10 || 333_333 - m % 333_333 < 10));
    assert!(more.filter(|m| m.abs_diff(333_333) <= 2).count() > 950);
}

/// `catalog_trash_expire_second` is 86,400: found up to a second before, nothing is lost; up to a second
/// after, all.
#[test]
fn recycle_bin_ends_with_its_window() {
    let patches =
        [(FOUND, r#"detected = { low = "86399s", high = "86401s" }"#), ("bypass = \"10%\"", "bypass = \"0%\"")];
    let incidents = Shipped::patched("doris", &patches).incidents("bin", "drop", None, None);
    let (inside, outside): (Vec<Outcome>, Vec<Outcome>) =
        incidents.iter().partition(|o| o.undetected < 86_400 * SECOND);
    assert!(inside.len() > 400 && outside.len() > 400);
    assert!(all(&inside, |o| !o.unrecoverable && o.data_loss_before == 0));
    assert!(all(&outside, |o| o.unrecoverable || o.undetected == 86_400 * SECOND));
}

/// DROP ... FORCE goes around the bin, and a bad load is no deletion.
#[test]
fn recycle_bin_has_no_forced_drop_and_no_bad_load() {
    let forced = Shipped::patched("doris", &[("bypass = \"10%\"", "bypass = \"100%\"")]);
    assert!(all(&forced.incidents("bin", "drop", None, None), |o| o.unrecoverable));
    assert!(all(&Shipped::new("doris").incidents("bin", "bad-load", None, None), |o| o.unrecoverable));
}

/// The example of a restore: 1 + 3 + 7 + 6 s, which are 17 s.
#[test]
fn phases_of_a_restore_add_up() {
    let fixed = (r#"takes = "17s", moves = "from", rate = "300 MB/s""#, r#"takes = "17s""#);
    let plan = r#"from = ["snap"], steps = ["find", "restore", "check"]"#;
    let found = r#"find         = { title = "Find out what, when and by whom", phase = "decide", takes = { median = "15m", p95 = "45m" }"#;
    let phases = format!(
        "{}\n{found}",
        [("p1", 1), ("p2", 3), ("p3", 7), ("p4", 6)]
            .map(|(name, s)| format!("{name} = {{ phase = \"restore\", takes = \"{s}s\" }}"))
            .join("\n")
    );
    let longer = r#"from = ["snap"], steps = ["find", "p1", "p2", "p3", "p4", "check"]"#;
    let one = Shipped::patched("doris", &[fixed]);
    let four = Shipped::patched("doris", &[fixed, (plan, longer), (found, &phases)]);
    let times = |s: &Shipped| -> Vec<u64> {
        s.incidents("backup", "bad-load", None, None).iter().map(|o| o.recovery_time).collect()
    };
    let (one, four) = (times(&one), times(&four));
    // Whole milliseconds: a rounding per step.
    assert!(one.iter().zip(&four).all(|(a, b)| a.abs_diff(*b) <= 4), "{:?} {:?}", &one[..3], &four[..3]);
}

/// The example of a backup: 3 + 6 + 6 s, which are 15 s. One a minute then loses from 15 to 75 s.
#[test]
fn a_backup_helps_once_it_has_run() {
    let patches = [
        (r#"cron = "0 3 * * *", tz = "Asia/Shanghai""#, r#"every = "1m""#),
        (r#"takes = { min = "40m", mode = "1h", max = "2h" }, fails = "1%""#, r#"takes = "15s""#),
        (r#"takes = "10m", fails = "2%""#, r#"takes = "10m""#),
    ];
    let city = Shipped::patched("doris", &patches).incidents("backup", "city", None, None);
    let lost: Vec<u64> = city.iter().map(|o| o.data_loss).filter(|l| *l > 0).collect();
    let (least, most) = (lost.iter().min().expect("a loss"), lost.iter().max().expect("a loss"));
    assert!((15 * SECOND..17 * SECOND).contains(least), "{least}");
    assert!((73 * SECOND..=75 * SECOND).contains(most), "{most}");
}

/// Each kind of failure has its own remedy in the combination: all three are needed.
#[test]
fn combined_picks_by_kind_of_failure() {
    let doris = Shipped::new("doris");
    for (failure, plans) in [("city", &["switch"][..]), ("drop", &["undelete", "reload"]), ("bad-load", &["reload"])] {
        let incidents = doris.incidents("combined", failure, None, None);
        let mut seen: Vec<&str> = incidents.iter().map(|o| doris.plan(o)).filter(|p| !p.is_empty()).collect();
        let first = seen.iter().filter(|p| **p == plans[0]).count();
        assert!(first * 2 > seen.len(), "{failure}: {first} of {}", seen.len());
        seen.sort_unstable_by_key(|p| plans.iter().position(|q| q == p));
        seen.dedup();
        assert_eq!(seen, plans, "{failure}");
    }
}

/// A cut stops the stream, not the service. What it leaves of the copy matters for what comes next.
#[test]
fn a_cut_of_the_stream_is_not_felt() {
    let doris = Shipped::new("doris");
    assert!(all(&doris.incidents("ccr", "cut", None, None), |o| !o.interrupted && o.data_loss == 0));
}
