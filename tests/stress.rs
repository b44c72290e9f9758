//! A bad night is bad throughout: the factor that the steps of people share within an incident.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, ERRORS, MS, SEEDS, all_outcomes, load, mean_holds, on_each_seed, outcomes};
use drplan::bound::{bounds, bounds_truncated};
use drplan::id::{FailureId, Id, TierId};
use drplan::model::{Scenario, normal_quantile};

/// A deletion, detected at once, undone by these steps from a source that is always there.
fn night(head: &str, steps: &str, rows: &str) -> Case {
    Case::new()
        .with("head", head)
        .with("head", "roles = { sre = 9 }")
        .with("failures", r#"drop = { kind = "deletion", hits = "d", rate = "1 / year", detected = "0s" }"#)
        .with(
            "copies",
            r#"vault = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1s", keep = "30d" }"#,
        )
        .back("drop", "vault", steps)
        .with("steps", rows)
}

/// Recovery times of the first incidents, seconds.
fn recoveries(scenario: &Scenario, n: u64, seed: u64) -> Vec<f64> {
    outcomes(scenario, "drop", n, seed).iter().map(|o| o.recovery_time as f64 * MS).collect()
}

/// The product of two lognormals is one, with variances of the logarithm added: a step with median m
/// and sigma 0.6 under stress of sigma 0.8 has sigma 1, mean m e^½ and 95% below m e^(1 × 1.645).
#[test]
fn a_stressed_step_is_a_product_of_lognormals() {
    let median = 600.0;
    let row = r#"judge = { phase = "decide", takes = { median = "10m", sigma = 0.6 }, role = "sre" }"#;
    let text = night("stress = { sigma = 0.8 }", r#"["judge"]"#, row).text();
    let p95 = median * normal_quantile(0.95).exp();
    on_each_seed(&text, 100_000, "drop", |i| {
        mean_holds("recovery", &i.recovery_time, MS, median * 0.5_f64.exp());
    });
    let scenario = load(&text);
    for seed in SEEDS {
        let above = recoveries(&scenario, 20_000, seed).iter().filter(|t| **t > p95).count() as f64 / 20_000.0;
        assert!((above - 0.05).abs() < ERRORS * (0.05_f64 * 0.95 / 20_000.0).sqrt(), "{above} above the 95% point");
    }
    let closed = bounds(&scenario, TierId::from_index(0), FailureId::from_index(0), None).recovery_time;
    assert!((closed.mean.unwrap() / (median * 0.5_f64.exp()) - 1.0).abs() < 1e-12);
    assert_eq!(closed.reason.as_deref(), Some("steps.judge.takes has no upper bound"));
}

/// Two steps of people share the factor, one of a machine does not. With constants a and b the time of
/// both is (a + b) S, so a p95 of 3 makes their p95 3 (a + b), where independent factors would give
/// less; the machine's hour stays an hour.
#[test]
fn steps_of_one_incident_share_it_and_machines_do_not() {
    let rows = r#"
        judge = { phase = "decide", takes = "10m", role = "sre" }
        copy = { phase = "restore", takes = "1h" }
        check = { phase = "verify", takes = "20m", role = "sre", retries = 2, fails = "30%" }
    "#;
    let scenario = load(&night("stress = { p95 = 3 }", r#"["judge", "copy", "check"]"#, rows).text());
    for seed in SEEDS {
        let times = recoveries(&scenario, 20_000, seed);
        // With one attempt at the check, or two or three: each under the factor of the night.
        let factors: Vec<f64> = times
            .iter()
            .zip(attempts(seed))
            .map(|(t, checks)| (t - 3600.0) / (600.0 + 1200.0 * f64::from(checks)))
            .collect();
        let above = factors.iter().filter(|f| **f > 3.0).count() as f64 / 20_000.0;
        assert!((above - 0.05).abs() < ERRORS * (0.05_f64 * 0.95 / 20_000.0).sqrt(), "{above} above 3");
        let below = factors.iter().filter(|f| **f < 1.0).count() as f64 / 20_000.0;
        assert!((below - 0.5).abs() < ERRORS * (0.25_f64 / 20_000.0).sqrt(), "{below} below 1");
    }
}

/// How many checks the incidents above need: read off the same file without stress, whose draws are
/// the same.
fn attempts(seed: u64) -> Vec<u32> {
    let rows = r#"
        judge = { phase = "decide", takes = "10m", role = "sre" }
        copy = { phase = "restore", takes = "1h" }
        check = { phase = "verify", takes = "20m", role = "sre", retries = 2, fails = "30%" }
    "#;
    let calm = load(&night("", r#"["judge", "copy", "check"]"#, rows).text());
    recoveries(&calm, 20_000, seed).iter().map(|t| ((t - 4200.0) / 1200.0).round() as u32).collect()
}

/// Two tiers whose people do other steps meet the same nights: the factor is the same in each incident,
/// with and without a queue for the only person.
#[test]
fn all_tiers_share_the_night() {
    for people in [1, 9] {
        let text = night(
            "stress = { sigma = 0.5 }",
            r#"["judge"]"#,
            r#"judge = { phase = "decide", takes = "10m", role = "sre" }"#,
        )
        .with("steps", r#"call = { phase = "decide", takes = "4m", role = "sre" }"#)
        .with("steps", r#"type = { phase = "restore", takes = "6m", role = "sre" }"#)
        .with("plans", r#"other = { for = ["drop"], from = ["vault"], steps = [["call", "type"]] }"#)
        .text()
        .replace("sre = 9", &format!("sre = {people}"))
        .replace(
            "[strategies.only]",
            "[strategies.more]\ncopies = [\"vault\"]\nplans = [\"other\"]\n[strategies.only]",
        );
        let all = all_outcomes(&load(&text), 200);
        let [(_, _, more), (_, _, only)] = all.as_slice() else { panic!("two tiers") };
        // The only person does one after the other, two people both at once: the longer counts.
        let times = if people == 1 { 10.0 / 10.0 } else { 6.0 / 10.0 };
        for (a, b) in more.iter().zip(only) {
            let ratio = a.recovery_time as f64 / b.recovery_time as f64;
            assert!((ratio / times - 1.0).abs() < 1e-5, "{ratio} instead of {times} with {people}");
        }
        assert!(only.iter().any(|o| o.recovery_time > 900_000), "some nights are bad");
    }
}

/// A factor between two values has bounds: twenty minutes of people's work under half to one and a half
/// of it, an hour of a machine; a lognormal one has none, and the reason says so.
#[test]
fn bounds_hold_the_worst_night() {
    let rows = r#"
        judge = { phase = "decide", takes = "20m", role = "sre" }
        copy = { phase = "restore", takes = "1h" }
    "#;
    let of = |stress: &str, truncate: bool| {
        let scenario = load(&night(stress, r#"["judge", "copy"]"#, rows).text());
        let bounds = if truncate { bounds_truncated } else { bounds };
        bounds(&scenario, TierId::from_index(0), FailureId::from_index(0), None).recovery_time
    };
    let found = of("stress = { low = 0.5, high = 1.5 }", false);
    assert_eq!((found.best, found.worst, found.mean), (Some(4200.0), Some(5400.0), Some(4800.0)));
    let open = of("stress = { sigma = 0.5 }", false);
    assert_eq!((open.worst, open.reason.as_deref()), (None, Some("stress has no upper bound")));
    // The 99.9% point of the lognormal factor: e^(0.5 × 3.0902).
    let cut = of("stress = { sigma = 0.5 }", true).worst.unwrap();
    assert!((cut - 3600.0 - 1200.0 * (0.5 * normal_quantile(0.999)).exp()).abs() < 1e-3, "{cut}");
}
