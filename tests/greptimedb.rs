//! The GreptimeDB scenarios say what their source publishes, and where it cannot be so: which designs
//! lose nothing, which go on without region 1, what each mode of a pair gives up, and the bound of a
//! backup.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::load;
use drplan::bound::bounds;
use drplan::cost;
use drplan::model::Scenario;
use drplan::sim::{Filter, NEVER, Outcome, Simulator};

const PAIRS: [&str; 4] = ["pair-strict", "pair-sync", "pair-dual", "pair-single"];
const MAJORITY_IN_REGION_1: [&str; 2] = ["meta-2-data-1", "meta-2-data-2"];
const MAJORITY_WITHOUT_REGION_1: [&str; 3] = ["meta-3-data-2", "meta-3-data-3", "with-backup"];

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

const NOTHING_DESTROYED: [(&str, &str); 3] =
    [("destroyed = \"5%\"", DISKS_STAY), ("destroyed = \"2%\"", DISKS_STAY), ("destroyed = \"1%\"", DISKS_STAY)];
const DISKS_STAY: &str = "destroyed = \"0%\"";
const ALL_DESTROYED: [(&str, &str); 3] =
    [("destroyed = \"5%\"", DISKS_GO), ("destroyed = \"2%\"", DISKS_GO), ("destroyed = \"1%\"", DISKS_GO)];
const DISKS_GO: &str = "destroyed = \"100%\"";

fn text(part: &str) -> String {
    std::fs::read_to_string(format!("scenarios/{part}.toml")).expect("the scenario")
}

fn nodes(changes: &[(&str, &str)]) -> Scenario {
    changed("greptimedb", changes)
}

fn regions(changes: &[(&str, &str)]) -> Scenario {
    changed("greptimedb-regions", changes)
}

/// The scenario with these parts of its text exchanged; those of `destroyed` where they occur.
fn changed(part: &str, changes: &[(&str, &str)]) -> Scenario {
    let mut text = text(part);
    for (from, to) in changes {
        assert!(text.contains(from) || from.starts_with("destroyed"), "{from} is gone");
        text = text.replace(from, to);
    }
    load(&text)
}

fn outcomes(scenario: &Scenario, tier: &str, failure: &str, trials: u64) -> Vec<Outcome> {
    let t = scenario.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
    let f = scenario.failures.iter().find(|(_, f)| f.name == failure).expect(failure).0;
    let simulator = Simulator::new(scenario, 1, false, &Filter { tier: Some(t), failure: Some(f), member: None });
    let all: Vec<Outcome> =
        (0..trials).filter_map(|n| simulator.incident(t, f, n)).map(|(application, _)| application).collect();
    assert!(!all.is_empty(), "{failure} does not concern {tier}");
    all
}

/// Every disk of a lost place gone, and as much data as that.
fn nodes_of(size: &str, writes: &str) -> Scenario {
    let volume = format!("size = \"{size}\", writes = \"{writes}\"");
    nodes(&[ALL_DESTROYED.as_slice(), &[("size = \"2 TB\", writes = \"200 GB/day\"", &volume)]].concat())
}

/// Small and large, and the bands that the table gives them: minutes, hours.
const VOLUMES: [(&str, &str, u64, u64); 2] =
    [("20 GB", "2 GB/day", MINUTE, HOUR), ("2 TB", "200 GB/day", HOUR, 24 * HOUR)];

fn quantile(outcomes: &[Outcome], of: impl Fn(&Outcome) -> u64, share: f64) -> u64 {
    let mut values: Vec<u64> = outcomes.iter().map(of).collect();
    values.sort_unstable();
    values[((values.len() - 1) as f64 * share) as usize]
}

fn median_time(outcomes: &[Outcome]) -> u64 {
    quantile(outcomes, |o| o.recovery_time, 0.5)
}

fn nothing_lost(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|o| !o.unrecoverable && o.data_loss == 0)
}

fn bill(scenario: &Scenario, tier: &str) -> f64 {
    let tier = scenario.tiers.iter().find(|(_, t)| t.name == tier).expect(tier).0;
    let cost = cost::monthly(scenario, tier);
    assert_eq!(cost.unknown, Vec::<String>::new());
    cost.per_month.expect("all prices are given")
}

fn advice(text: &str) -> Vec<(&'static str, String)> {
    let Ok(loaded) = drplan::spec::load(text) else { panic!("a valid scenario") };
    loaded.advice.all().iter().map(|d| (d.code, d.message.clone())).collect()
}

/// Text: a standalone with remote log and object store "can achieve RPO=0 and RTO in minutes". The
/// volume's standalone is `Single-Region` in the table, and so is this one.
#[test]
fn stateless_standalone_loses_nothing_and_is_back_in_minutes() {
    let scenario = regions(&ALL_DESTROYED);
    for failure in ["node", "dc"] {
        let incidents = outcomes(&scenario, "alone", failure, 3000);
        assert!(nothing_lost(&incidents), "{failure}");
        let felt: Vec<Outcome> = incidents.into_iter().filter(|o| o.interrupted).collect();
        let (middle, slow) = (median_time(&felt), quantile(&felt, |o| o.recovery_time, 0.95));
        assert!((MINUTE..HOUR).contains(&middle) && slow < HOUR, "{failure}: {middle} ms, {slow} ms");
    }
    assert!(outcomes(&scenario, "alone", "region-1", 200).iter().all(|o| o.unrecoverable));
}

/// Table: standalone on a local disk loses up to its backup interval, "minute or hour level" by size.
#[test]
fn standalone_on_a_disk_loses_up_to_interval_and_run() {
    let scenario = nodes(&ALL_DESTROYED);
    // Only dc1 holds the node; the snapshots are regional. Interval 6 h, run 15 min.
    let felt: Vec<Outcome> = outcomes(&scenario, "alone", "dc", 20_000).into_iter().filter(|o| o.interrupted).collect();
    let worst = quantile(&felt, |o| o.data_loss, 1.0);
    assert!(felt.iter().all(|o| !o.unrecoverable));
    assert!((6 * HOUR..=6 * HOUR + 15 * MINUTE).contains(&worst), "{worst} ms");
    for (size, writes, low, high) in VOLUMES {
        let scenario = nodes_of(size, writes);
        let felt: Vec<Outcome> =
            outcomes(&scenario, "alone", "dc", 3000).into_iter().filter(|o| o.interrupted).collect();
        let middle = median_time(&felt);
        assert!((low..high).contains(&middle), "{size}: {middle} ms");
    }
}

/// "The failure of any single node will not lead to data loss or a decrease in service availability":
/// so only where writes go on with one node.
#[test]
fn a_pair_that_goes_on_with_one_node_loses_nothing() {
    for changes in [NOTHING_DESTROYED, ALL_DESTROYED] {
        let scenario = nodes(&changes);
        for failure in ["node", "dc", "region-1", "region-2"] {
            let incidents = outcomes(&scenario, "pair-sync", failure, 1000);
            assert!(nothing_lost(&incidents), "{failure}");
            // The published proxy check: every 2 s, 3 failures, so 6 s at most.
            assert!(incidents.iter().all(|o| o.recovery_time <= 6000), "{failure}");
        }
    }
}

/// Two nodes and two required: the loss of either stops writes until it is back or replaced.
#[test]
fn a_strict_pair_stops_when_either_side_is_lost() {
    let scenario = nodes(&NOTHING_DESTROYED);
    for failure in ["region-1", "region-2"] {
        let incidents = outcomes(&scenario, "pair-strict", failure, 2000);
        assert!(nothing_lost(&incidents) && incidents.iter().all(|o| o.interrupted), "{failure}");
        // A new node takes 2 TB ÷ 100 MB/s = 5 h 33 min to fill; half of the outages last 7.6 h and more.
        let (middle, slow) = (median_time(&incidents), quantile(&incidents, |o| o.recovery_time, 0.99));
        assert!(middle > 5 * HOUR + 33 * MINUTE && slow < 8 * HOUR, "{failure}: {middle} ms, {slow} ms");
    }
    assert!(advice(&text("greptimedb")).iter().any(|(code, said)| *code == "pair-stops" && said.contains("strict")));
}

/// Asynchronous and queries that merge both: nothing is lost if the node comes back.
#[test]
fn dual_read_loses_nothing_if_the_node_comes_back() {
    let back = nodes(&NOTHING_DESTROYED);
    let gone = nodes(&ALL_DESTROYED);
    for failure in ["node", "dc", "region-1", "region-2"] {
        let incidents = outcomes(&back, "pair-dual", failure, 2000);
        assert!(nothing_lost(&incidents), "{failure}");
        assert!(incidents.iter().all(|o| o.recovery_time < 2 * MINUTE), "{failure}");
        let incidents = outcomes(&gone, "pair-dual", failure, 2000);
        assert!(incidents.iter().all(|o| !o.unrecoverable), "{failure}");
        assert!(incidents.iter().any(|o| o.data_loss > 0), "{failure}: a lost disk loses what was pending");
    }
    assert!(nothing_lost(&outcomes(&back, "pair-dual", "cut", 500)));
}

/// Asynchronous and queries that ask one node: what is lost is the lag between the nodes.
#[test]
fn single_read_loses_the_lag() {
    let scenario = nodes(&NOTHING_DESTROYED);
    let incidents = outcomes(&scenario, "pair-single", "region-1", 20_000);
    assert!(incidents.iter().all(|o| !o.unrecoverable && o.recovery_time < 2 * MINUTE));
    // lag = { median = "1s", p95 = "10s" } in the scenario; half of the round trip of 7 ms is beside it.
    let (middle, high) = (quantile(&incidents, |o| o.data_loss, 0.5), quantile(&incidents, |o| o.data_loss, 0.95));
    assert!((950..1060).contains(&middle) && (9_000..11_000).contains(&high), "{middle} ms, {high} ms");
}

/// What the document does not say: when the network between both sides is cut, both write on.
#[test]
fn a_cut_network_costs_one_history_unless_both_are_merged() {
    let scenario = nodes(&[]);
    for (tier, loses, stops) in [
        ("pair-sync", true, false),
        ("pair-single", true, false),
        ("pair-dual", false, false),
        ("pair-strict", false, true),
    ] {
        let incidents = outcomes(&scenario, tier, "cut", 2000);
        let lost = quantile(&incidents, |o| o.data_loss, 0.5);
        let down = median_time(&incidents);
        // Cuts have a mean of 20 min: half last 20 min × ln 2 = 13.9 min or more.
        let cut = 12 * MINUTE..16 * MINUTE;
        assert!(if loses { cut.contains(&lost) } else { nothing_lost(&incidents) }, "{tier}: {lost} ms lost");
        assert!(if stops { cut.contains(&down) } else { down <= 6000 }, "{tier}: {down} ms down");
    }
}

/// Voters 2/2/1 over dc1, dc2 (region 1) and dc3: without region 1 one of five is left. By region 2/2/1:
/// three are. Text: "If Region 1 becomes completely unavailable ... opened and recovered in the other
/// regions", "zero RPO, and minute-level RTO or even lower".
#[test]
fn only_voters_in_three_regions_outlive_region_1() {
    for changes in [NOTHING_DESTROYED, ALL_DESTROYED] {
        let scenario = regions(&changes);
        for tier in MAJORITY_WITHOUT_REGION_1 {
            for failure in ["node", "dc", "region-1", "region-2", "region-3"] {
                let incidents = outcomes(&scenario, tier, failure, 2000);
                assert!(nothing_lost(&incidents), "{tier}, {failure}");
                assert!(incidents.iter().all(|o| o.recovery_time < 10 * MINUTE), "{tier}, {failure}");
            }
        }
    }
    let scenario = regions(&NOTHING_DESTROYED);
    for tier in MAJORITY_IN_REGION_1 {
        let incidents = outcomes(&scenario, tier, "region-1", 5000);
        assert!(nothing_lost(&incidents), "{tier}");
        // The outage's median of 7.6 h: nothing but its end helps.
        let middle = median_time(&incidents) as f64 / HOUR as f64;
        assert!((7.2..8.0).contains(&middle), "{tier}: {middle} h");
        for failure in ["node", "dc", "region-2"] {
            let incidents = outcomes(&scenario, tier, failure, 2000);
            assert!(nothing_lost(&incidents) && incidents.iter().all(|o| o.recovery_time < 10 * MINUTE), "{tier}");
        }
    }
    let said = advice(&text("greptimedb-regions"));
    let about = |pool: &str| said.iter().any(|(code, s)| *code == "majority-in-one-place" && s.contains(pool));
    assert!(about("meta-2") && !about("meta-3"), "{said:?}");
}

/// "Zero RPO" hangs on the log: destroyed with region 1, it leaves the copied objects or nothing.
#[test]
fn a_log_in_the_lost_region_loses_what_was_not_copied() {
    let scenario = regions(&ALL_DESTROYED);
    assert!(outcomes(&scenario, "meta-2-data-1", "region-1", 500).iter().all(|o| o.unrecoverable));
    let incidents = outcomes(&scenario, "meta-2-data-2", "region-1", 2000);
    assert!(incidents.iter().all(|o| !o.unrecoverable && o.data_loss > 0));
    // Flush lag up to 10 min, mean 5, and a copy lag with a median of 30 s.
    let middle = quantile(&incidents, |o| o.data_loss, 0.5);
    assert!((5 * MINUTE..8 * MINUTE).contains(&middle), "{middle} ms");
}

/// A log kept for less than flush and copy lag has a gap.
#[test]
fn a_log_pruned_before_its_objects_are_copied_loses() {
    let short = [("keep = \"1h\"", "keep = \"1m\"")];
    let scenario = regions(&short);
    for tier in MAJORITY_WITHOUT_REGION_1 {
        let incidents = outcomes(&scenario, tier, "region-1", 1000);
        assert!(incidents.iter().filter(|o| o.data_loss > 0).count() > 800, "{tier}");
    }
    let codes = |text: &str| advice(text).iter().filter(|(code, _)| *code == "log-gap").count();
    let published = text("greptimedb-regions");
    assert_eq!(codes(&published), 0);
    assert!(codes(&published.replace(short[0].0, short[0].1)) > 0);
}

/// A log in two places that both have to take each write stops with either; the way out, to give up
/// the log for the copied objects, loses what it holds.
#[test]
fn a_log_that_needs_both_places_stops_with_either() {
    let both = ("when_short = \"continue\"", "when_short = \"stop\"");
    let waits = regions(&[both, ("\"rehost\", \"rescue\", ", "\"rehost\", ")]);
    for tier in MAJORITY_WITHOUT_REGION_1 {
        for failure in ["region-1", "region-2"] {
            let middle = median_time(&outcomes(&waits, tier, failure, 2000));
            assert!(middle > 7 * HOUR, "{tier}, {failure}: {middle} ms");
        }
        let gives_up = outcomes(&regions(&[both]), tier, "region-1", 2000);
        assert!(median_time(&gives_up) < HOUR && gives_up.iter().all(|o| o.data_loss > 0), "{tier}");
    }
}

/// Eleven nines of durability, two nodes or five data centres: a dropped table is gone in all of them.
#[test]
fn only_backups_undo_a_drop() {
    let (nodes, regions) = (nodes(&[]), regions(&[]));
    let copies = PAIRS.map(|tier| (&nodes, tier));
    let clusters =
        ["alone", "meta-2-data-1", "meta-2-data-2", "meta-3-data-2", "meta-3-data-3"].map(|tier| (&regions, tier));
    for (scenario, tier) in copies.into_iter().chain(clusters) {
        assert!(outcomes(scenario, tier, "dropped", 200).iter().all(|o| o.unrecoverable), "{tier}");
    }
    for (scenario, tier) in [(&nodes, "backup"), (&nodes, "pair-backup"), (&regions, "with-backup")] {
        let incidents = outcomes(scenario, tier, "dropped", 2000);
        assert!(incidents.iter().all(|o| !o.unrecoverable && o.data_loss != NEVER), "{tier}");
    }
}

/// Table: backup and restore loses up to the interval and takes minutes or hours, "with the size of the
/// data". A backup holds the state at its start: interval 1 h + run 10 min + travel 5 min.
#[test]
fn backup_loses_at_most_interval_run_and_travel() {
    let bound = HOUR + 15 * MINUTE;
    for (size, writes, low, high) in VOLUMES {
        let scenario = nodes_of(size, writes);
        let incidents = outcomes(&scenario, "backup", "region-1", 20_000);
        assert!(incidents.iter().all(|o| !o.unrecoverable && o.data_loss <= bound), "{size}");
        let worst = quantile(&incidents, |o| o.data_loss, 1.0);
        assert!(worst > bound - MINUTE, "{size}: {worst} ms, above the interval that is published");
        let middle = median_time(&incidents);
        assert!((low..high).contains(&middle), "{size}: {middle} ms");
    }
    let scenario = nodes(&[]);
    let t = scenario.tiers.iter().find(|(_, t)| t.name == "backup").expect("a tier").0;
    let f = scenario.failures.iter().find(|(_, f)| f.name == "region-1").expect("a failure").0;
    assert_eq!(bounds(&scenario, t, f, None).data_loss.worst, Some(bound as f64 / 1e3), "the closed form says so too");
    // Inside region 1 nothing is lost: the objects are there.
    for failure in ["node", "dc"] {
        assert!(nothing_lost(&outcomes(&scenario, "backup", failure, 2000)), "{failure}");
    }
}

/// "Low" and "high" are words: two nodes cost two nodes, and a cluster over regions the most.
#[test]
fn bills_against_the_words_of_the_table() {
    let scenario = nodes(&[]);
    for tier in PAIRS {
        assert!(bill(&scenario, tier) > 2.0 * bill(&scenario, "alone"), "{tier}");
    }
    assert!(bill(&scenario, "backup") > bill(&scenario, "alone"));
    let scenario = regions(&[]);
    for tier in MAJORITY_IN_REGION_1.iter().chain(&MAJORITY_WITHOUT_REGION_1) {
        assert!(bill(&scenario, tier) > 4.0 * bill(&scenario, "alone"), "{tier}");
    }
}
