//! The Kafka scenario says what its source publishes: recovery time by volume, loss by frequency, sums
//! of storage, and which design helps against what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use drplan::cost;
use drplan::model::Scenario;
use drplan::sim::{Filter, NEVER, Outcome, Simulator};
use drplan::spec;

const BACKUPS: [&str; 4] = ["daily", "hourly", "every-15m", "continuous"];

fn text() -> String {
    std::fs::read_to_string("scenarios/kafka.toml").expect("the scenario")
}

fn load(text: &str) -> Scenario {
    match spec::load(text) {
        Ok(loaded) => loaded.scenario,
        Err((found, document)) => panic!("{}", document.render("kafka.toml", &found, false)),
    }
}

fn patched(from: &str, to: &str) -> Scenario {
    let text = text();
    assert!(text.contains(from), "{from} is gone");
    load(&text.replace(from, to))
}

fn outcomes(scenario: &Scenario, tier: &str, failure: &str, trials: u64) -> Vec<Outcome> {
    let t = scenario.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
    let f = scenario.failures.iter().find(|(_, f)| f.name == failure).expect(failure).0;
    let simulator = Simulator::new(scenario, 1, false, &Filter { tier: Some(t), failure: Some(f), member: None });
    (0..trials).filter_map(|n| simulator.incident(t, f, n)).map(|(application, _)| application).collect()
}

/// The guide's table: below 10 GB 15 to 30 min, to 100 GB 30 to 60 min, to 1 TB 1 to 2 h, above 2 to 4 h.
#[test]
fn median_recovery_by_volume_falls_in_the_published_bands() {
    for (size, low, high) in [("5 GB", 15, 30), ("50 GB", 30, 60), ("500 GB", 60, 120), ("2000 GB", 120, 240)] {
        let scenario = patched("size = \"500 GB\"", &format!("size = \"{size}\""));
        for tier in BACKUPS {
            let mut times: Vec<u64> =
                outcomes(&scenario, tier, "region", 5000).iter().map(|o| o.recovery_time).collect();
            times.sort_unstable();
            let minutes = times[times.len() / 2] as f64 / 60_000.0;
            assert!((f64::from(low)..f64::from(high)).contains(&minutes), "{tier}, {size}: {minutes} min");
        }
    }
}

/// "10 GB/day × 30 days × $0.023 = $6.90, with 4x compression $1.73".
#[test]
fn storage_sums_are_cost_items() {
    for (scenario, sum) in [(load(&text()), 1.725), (patched("compression  = 4.0", "compression  = 1.0"), 6.90)] {
        for name in ["hourly", "every-15m"] {
            let tier = scenario.tiers.iter().find(|(_, t)| t.name == name).expect(name).0;
            let items = cost::monthly(&scenario, tier).items;
            let found = items.iter().find(|i| i.item.ends_with(", increments")).expect("increments");
            assert!(found.per_month.is_some_and(|p| (p - sum).abs() < 1e-9), "{found:?}");
        }
    }
}

/// The order of the guide's cost table: active-active, replication, hourly, daily.
#[test]
fn bills_come_in_the_published_order() {
    let scenario = load(&text());
    let bill = |name: &str| {
        let tier = scenario.tiers.iter().find(|(_, t)| t.name == name).expect(name).0;
        let cost = cost::monthly(&scenario, tier);
        assert_eq!(cost.unknown, Vec::<String>::new(), "{name}");
        cost.per_month.expect("all prices are given")
    };
    let bills: Vec<f64> = ["active-active", "replication", "hourly", "daily"].map(bill).to_vec();
    assert!(bills.windows(2).all(|w| w[0] > w[1]), "{bills:?}");
}

/// Replication and active-active copy bad changes and deletions; backups undo them.
#[test]
fn only_backups_undo_corruption_and_deletion() {
    let scenario = load(&text());
    for failure in ["bad-data", "topic-gone"] {
        for tier in ["replication", "active-active"] {
            assert!(outcomes(&scenario, tier, failure, 200).iter().all(|o| o.unrecoverable), "{tier}, {failure}");
        }
        for tier in BACKUPS {
            let incidents = outcomes(&scenario, tier, failure, 200);
            assert!(incidents.iter().all(|o| !o.unrecoverable && o.data_loss != NEVER), "{tier}, {failure}");
        }
    }
}

/// "Zero-downtime" in the heading, "30 min - 2 h" in the table: every lost region is felt, and for long.
#[test]
fn nothing_recovers_from_backup_without_downtime() {
    let scenario = load(&text());
    for tier in BACKUPS {
        let incidents = outcomes(&scenario, tier, "region", 1000);
        assert!(incidents.iter().all(|o| o.interrupted && o.recovery_time > 30 * 60_000), "{tier}");
    }
}

/// Hourly + 10 min run + 15 min copy is 85 min at worst, not an hour.
#[test]
fn run_and_travel_count_as_loss() {
    let scenario = patched("travel       = \"5m\"", "travel       = \"15m\"");
    let lost = outcomes(&scenario, "hourly", "region", 5000).into_iter().map(|o| o.data_loss).filter(|l| *l > 0);
    let lost: Vec<u64> = lost.collect();
    let (least, most) = (lost.iter().min().expect("a loss"), lost.iter().max().expect("a loss"));
    assert!((25 * 60_000..26 * 60_000).contains(least), "{least}");
    assert!((84 * 60_000..=85 * 60_000).contains(most), "{most}");
}

/// "Continue from the clean state" throws away the good records written until the damage was noticed.
#[test]
fn point_in_time_recovery_loses_up_to_detection_unless_salvaged() {
    let thrown = outcomes(&load(&text()), "continuous", "bad-data", 500);
    assert!(thrown.iter().all(|o| o.data_loss_after == o.undetected && o.undetected > 0));
    let kept = patched("for = [\"bad-data\"], steps", "for = [\"bad-data\"], salvage = true, steps");
    let kept = outcomes(&kept, "continuous", "bad-data", 500);
    assert!(kept.iter().zip(&thrown).all(|(a, b)| a.data_loss_after == 0 && a.data_loss_before == b.data_loss_before));
}

/// A topic of 3% of 500 GB, and one of 6%: 15 GB more at 200 MB/s are 75 s more.
#[test]
fn restoring_one_topic_moves_only_that_topic() {
    let small = outcomes(&load(&text()), "continuous", "topic-gone", 500);
    let large = outcomes(&patched("share = \"3%\"", "share = \"6%\""), "continuous", "topic-gone", 500);
    // Whole milliseconds, rounded once each.
    assert!(small.iter().zip(&large).all(|(a, b)| (b.recovery_time - a.recovery_time).abs_diff(75_000) <= 1));
}

/// `__consumer_offsets` is not in the backups: with a dead source no committed position is left, unless
/// they were captured apart. Positions are a data set of their own that nobody can write again.
#[test]
fn committed_positions_die_with_the_source_unless_captured() {
    let text = r#"
title = "Consumer groups"
[places]
west = []
east = []
[data]
positions = { size = "100 MB", writes = "1 GB/day" }
[compute]
kafka = { at = "west" }
dr    = { at = "east" }
[copies]
topic    = { kind = "primary", at = "kafka" }
captured = { kind = "backup", of = "topic", at = "east", every = "15m", takes = "1m", keep = "7d" }
[failures]
region = { kind = "outage", hits = "west", rate = "0.02 / year", lasts = "8h", destroyed = "100%", detected = "5m" }
[services]
groups = { data = "positions", runs = ["kafka"], cold = ["dr"], copies = ["topic"], plans = ["reset"] }
[strategies]
excluded = {}
captured = { copies = ["captured"] }
[plans]
reset = { for = ["region"], from = ["captured"], into = ["dr"], steps = ["start", "import"] }
[steps]
start  = { phase = "provision", starts = "dr", takes = "8m" }
import = { phase = "restore", takes = "4m", run = "kafka-consumer-groups --reset-offsets --from-file positions.csv --execute" }
"#;
    let scenario = load(text);
    assert!(outcomes(&scenario, "excluded", "region", 200).iter().all(|o| o.unrecoverable));
    let captured = outcomes(&scenario, "captured", "region", 200);
    assert!(captured.iter().all(|o| !o.unrecoverable && o.data_loss <= 16 * 60_000));
}

/// Ransomware takes whatever is neither in another account nor locked.
#[test]
fn ransomware_takes_what_is_neither_apart_nor_locked() {
    let share = |scenario: &Scenario, tier: &str| {
        let incidents = outcomes(scenario, tier, "ransomware", 2000);
        incidents.iter().filter(|o| o.unrecoverable).count() as f64 / incidents.len() as f64
    };
    let apart = load(&text());
    assert_eq!(share(&apart, "replication"), 1.0);
    // A dwell beyond 30 days of retention leaves no clean backup: P(Z > ln(30 ÷ 6) ÷ sigma) with
    // sigma = ln(29 ÷ 6) ÷ 1.645 is 4.6%, and a little more for the age of the backup itself.
    let lost = share(&apart, "hourly");
    assert!((0.03..0.07).contains(&lost), "{lost}");
    let together = patched("account      = \"vault\"", "account      = \"prod\"");
    assert_eq!(share(&together, "hourly"), 1.0);
    let locked = patched("account      = \"vault\"", "account      = \"prod\"\nlocked       = \"30d\"");
    let kept = share(&locked, "hourly");
    assert!((0.03..0.07).contains(&kept), "{kept}");
}
