//! The Materialize scenario says what Materialize publishes, and what the text leaves out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::shipped::Shipped;
use drplan::sim::Outcome;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// 80 GB of views at 100 MB/s.
const HYDRATION: u64 = 800 * SECOND;

fn materialize() -> Shipped {
    Shipped::new("materialize")
}

fn all(incidents: &[Outcome], what: impl Fn(&Outcome) -> bool) -> bool {
    assert!(!incidents.is_empty());
    incidents.iter().all(what)
}

fn times(incidents: &[Outcome]) -> (u64, u64) {
    let all = incidents.iter().map(|o| o.recovery_time);
    (all.clone().min().expect("an incident"), all.max().expect("an incident"))
}

/// One page names a scheduler that does not exist: the file says which it is, and no name or step repeats it.
#[test]
fn the_scheduler_is_not_kafka() {
    let text = std::fs::read_to_string("scenarios/materialize.toml").expect("the scenario");
    assert!(text.contains("The container scheduler is EKS"));
    let (comments, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
    assert_eq!(comments.iter().filter(|line| line.contains("MSK")).count(), 1);
    assert!(rest.iter().all(|line| !line.contains("MSK")));
}

/// Level 2: "your compute and serving clusters will continue to serve uninterrupted", sources and sinks not.
#[test]
fn replicas_help_queries_but_neither_sources_nor_sinks() {
    let m = materialize();
    for zone in ["east-b", "east-c"] {
        assert!(all(&m.incidents("level-2", "zone", Some(zone), Some("queries")), |o| !o.interrupted), "{zone}");
    }
    // Sources stand in east-b, sinks in east-c.
    for (zone, service) in [("east-b", "ingest"), ("east-c", "deliver")] {
        assert!(all(&m.incidents("level-2", "zone", Some(zone), Some(service)), |o| o.interrupted), "{zone}");
    }
    assert!(all(&m.incidents("level-1", "zone", Some("east-c"), Some("queries")), |o| o.interrupted));
    // Not published: the zone of environmentd.
    assert!(all(&m.incidents("level-2", "zone", Some("east-a"), Some("queries")), |o| o.interrupted));
}

/// The spread over zones is guaranteed up to 3200cc only: two replicas in one zone are lost together.
#[test]
fn replicas_in_one_zone_do_not_survive_it() {
    let m = Shipped::patched("materialize", &[(r#"at = ["east-b", "east-c"]"#, "at = { east-c = 2 }")]);
    assert!(all(&m.incidents("level-2", "zone", Some("east-c"), Some("queries")), |o| o.interrupted));
}

/// Hydration needs memory for input and output: a cluster without it never comes back by a plan, and
/// `validate` says so.
#[test]
fn a_cluster_too_small_for_hydration_does_not_come_back() {
    let m = materialize();
    let node = |m: &Shipped| m.incidents("level-1", "node", Some("compute-1/east-c"), Some("queries"));
    assert!(all(&node(&m), |o| m.plan(o) == "restart-compute"));
    let small = [(r#"memory = "384 GB""#, r#"memory = "128 GB""#)];
    let m = Shipped::patched("materialize", &small);
    // What is left is to wait for the node: an hour.
    assert!(all(&node(&m), |o| m.plan(o).is_empty() && o.recovery_time >= HOUR));
    let text = std::fs::read_to_string("scenarios/materialize.toml").expect("the scenario");
    let Ok(loaded) = drplan::spec::load(&text.replace(small[0].0, small[0].1)) else { panic!("a valid scenario") };
    assert!(loaded.advice.all().iter().any(|d| d.code == "too-little-memory"));
}

/// A sink loads a whole snapshot of its 80 GB into memory: 64 GB are too few, and it waits for its node.
#[test]
fn a_sink_needs_memory_for_its_snapshot() {
    let node = |m: &Shipped| m.incidents("level-1", "node", Some("sinks/east-c"), Some("deliver"));
    let m = materialize();
    assert!(all(&node(&m), |o| m.plan(o) == "restart-sinks"));
    let m = Shipped::patched("materialize", &[(r#"memory = "96 GB""#, r#"memory = "64 GB""#)]);
    assert!(all(&node(&m), |o| m.plan(o).is_empty() && o.recovery_time >= HOUR));
}

/// Giving up the region is one decision, not one per service: with everything else alike, queries and
/// sinks are redirected at the same moment.
#[test]
fn the_region_is_given_up_once() {
    let patches = |shared: &'static str| {
        [
            ("shared = true, ", shared),
            (r#"takes = { low = "0s", high = "1m" }, rollback"#, r#"takes = "30s", rollback"#),
        ]
    };
    let apart = |shared: &'static str| {
        let m = Shipped::patched("materialize", &patches(shared));
        let of = |service| m.incidents("level-3", "region", None, Some(service));
        let (queries, ingest) = (of("queries"), of("ingest"));
        queries.iter().zip(&ingest).filter(|(a, b)| a.recovery_time != b.recovery_time).count()
    };
    assert_eq!(apart("shared = true, "), 0);
    assert!(apart("") > 900);
}

/// Level 1 takes the scheduler's 20 to 60 s, 40 s for the pod and hydration; sources catch up besides.
#[test]
fn level_1_takes_start_hydration_and_catch_up() {
    let m = materialize();
    let (least, most) = times(&m.incidents("level-1", "node", Some("compute-1/east-c"), Some("queries")));
    let fixed = 40 * SECOND + HYDRATION;
    assert!(least >= fixed + 20 * SECOND && most <= fixed + 60 * SECOND + 1, "{least} to {most}");
    // 30 GB of upsert state at 100 MB/s, then what came meanwhile: 40 GB a day, read at 50 MB/s.
    let sources = 340 * SECOND;
    let (least, most) = times(&m.incidents("level-1", "node", Some("sources/east-b"), Some("ingest")));
    assert!(least > sources + 20 * SECOND && most < sources + 60 * SECOND + MINUTE, "{least} to {most}");
}

/// Nothing is lost with a node or a zone. With a region it is at most the hour between backups and the
/// ten minutes that one takes; a second environment loses nothing that the upstream still has.
#[test]
fn losses_are_those_published() {
    let m = materialize();
    for failure in ["node", "environmentd", "zone"] {
        for tier in ["level-1", "level-2", "level-3", "hybrid"] {
            assert!(all(&m.incidents(tier, failure, None, None), |o| o.data_loss == 0), "{tier}, {failure}");
        }
    }
    for tier in ["level-1", "level-2"] {
        let region = m.incidents(tier, "region", None, Some("ingest"));
        assert!(all(&region, |o| o.data_loss <= HOUR + 10 * MINUTE), "{tier}");
        assert!(region.iter().any(|o| o.data_loss > HOUR), "{tier}");
    }
    for tier in ["level-3", "hybrid"] {
        assert!(all(&m.incidents(tier, "region", None, None), |o| o.data_loss <= SECOND), "{tier}");
    }
}

/// Level 3 goes on in the second region, as long as the upstream is reachable from there.
#[test]
fn level_3_needs_a_reachable_upstream() {
    let median = |m: &Shipped| {
        let mut all: Vec<u64> =
            m.incidents("level-3", "region", None, Some("ingest")).iter().map(|o| o.recovery_time).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    assert!(median(&materialize()) < HOUR);
    let beside = Shipped::patched("materialize", &[(r#"postgres = "core""#, r#"postgres = "east""#)]);
    // The region's median outage is 7.6 h.
    assert!(median(&beside) > 6 * HOUR);
}

/// The hybrid recovers a region in what level 3 takes and provisioning (5 min) and hydration.
#[test]
fn hybrid_recovers_in_provisioning_and_hydration() {
    let m = materialize();
    let of = |tier| m.incidents(tier, "region", None, Some("queries"));
    let both: Vec<_> = of("level-3").into_iter().zip(of("hybrid")).collect();
    // A short outage may end before a plan does.
    let same = both.iter().filter(|(a, b)| m.plan(a) == "west-compute" && m.plan(b) == "west-compute");
    let more: Vec<u64> = same.map(|(a, b)| b.recovery_time - a.recovery_time).collect();
    assert!(more.len() > 900, "{}", more.len());
    // Hydration waits for the sources, which are redirected within a minute of the one decision.
    let sum = 5 * MINUTE + HYDRATION;
    let (least, most) = (more.iter().min().expect("some"), more.iter().max().expect("some"));
    assert!(*least + 2 >= sum && *most <= sum + MINUTE + 2, "{least} to {most}");
    assert!(most - least > 50 * SECOND, "{least} to {most}");
}

/// 100cc are one credit an hour, 1.50: size x replicas. A month has 730 hours.
#[test]
fn bill_is_size_times_replicas() {
    let m = materialize();
    let month = |cc: f64| cc / 100.0 * 1.5 * 730.0;
    // Sources and sinks 100cc each, compute 400cc for each replica.
    let sizes = [
        ("level-1", 600.0),
        ("level-2", 1000.0),
        ("level-3", 1200.0),
        ("level-3-and-2", 1600.0),
        ("hybrid", 700.0),
        ("hybrid-and-2", 1100.0),
    ];
    for (tier, cc) in sizes {
        let bill = m.bill(tier, "compute: ");
        assert!((bill - month(cc)).abs() < 1e-6, "{tier}: {bill}");
    }
}

/// A dropped source is back after 10 min and a snapshot of its tenth of 300 GB at 50 MB/s; what the
/// upstream cannot give again is gone. A dropped view loses nothing.
#[test]
fn operator_errors_cost_a_snapshot_or_a_hydration() {
    let m = materialize();
    let sum = 10 * MINUTE + 600 * SECOND;
    for tier in ["level-1", "level-2", "level-3", "hybrid"] {
        let source = m.incidents(tier, "source-dropped", None, Some("ingest"));
        assert!(all(&source, |o| (o.recovery_time - o.undetected).abs_diff(sum) <= 2), "{tier}");
        let view = m.incidents(tier, "view-dropped", None, Some("queries"));
        assert!(all(&view, |o| !o.unrecoverable && o.data_loss == 0), "{tier}");
    }
    let gone = Shipped::patched("materialize", &[(r#"copies = ["persist", "resnap"]"#, r#"copies = ["persist"]"#)]);
    assert!(all(&gone.incidents("level-3", "source-dropped", None, Some("ingest")), |o| o.unrecoverable));
}
