//! What is printed beside the simulation, by hand: means of the closed form, and how long writes wait.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, MS, campaign, load, mean_holds, tally};
use drplan::assess::{WriteWait, assess};
use drplan::bound::{Bound, IncidentBounds, bounds};
use drplan::id::{FailureId, Id, TierId};
use drplan::sim::Filter;

const HOUR: f64 = 3600.0;

fn of_first(text: &str) -> IncidentBounds {
    bounds(&load(text), TierId::from_index(0), FailureId::from_index(0), None)
}

/// Best, mean and worst.
fn figures(bound: &Bound) -> (Option<f64>, Option<f64>, Option<f64>) {
    (bound.best, bound.mean, bound.worst)
}

/// Plans in this order from a standby 10 s behind, in `slow`, and an hourly backup, in 30 min.
fn choosing(choose: &str, order: &str, slow: &str) -> String {
    Case::new()
        .with("copies", r#"hourly = { kind = "backup", of = "db", at = "there", every = "1h", takes = "0s", keep = "10d" }"#)
        .with("copies", r#"standby = { kind = "async", of = "db", at = "there", lag = "10s" }"#)
        .with("failures", r#"site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "30d", detected = "5m", destroyed = "100%" }"#)
        .with("service", format!("plans = {order}\nchoose = \"{choose}\""))
        .with("strategy", r#"copies = ["hourly", "standby"]"#)
        .with("plans", r#"slow = { for = ["site"], from = ["standby"], steps = ["long"] }"#)
        .with("plans", r#"quick = { for = ["site"], from = ["hourly"], steps = ["short"] }"#)
        .with("steps", format!("long = {{ phase = \"redirect\", takes = {slow} }}"))
        .with("steps", r#"short = { phase = "redirect", takes = "30m" }"#)
        .text()
}

/// Detection after 5 min. `quick`: 30 min more, half an hour of writes lost; `slow`: 1 to 3 h, 2 h in the mean, and
/// 10 s. Whoever chooses by time takes the one, by loss the other, whatever stands first; a plan that takes
/// 25 to 35 min is as quick as the other, so that there is no telling which mean holds.
#[test]
fn a_mean_is_of_the_plan_that_is_chosen() {
    let wide = r#"{ low = "1h", high = "3h" }"#;
    let (quick, slow) = ((2100.0, 1800.0), (300.0 + 2.0 * HOUR, 10.0));
    for (choose, order, (time, loss)) in [
        ("order", r#"["slow", "quick"]"#, slow),
        ("fastest", r#"["slow", "quick"]"#, quick),
        ("least-loss", r#"["slow", "quick"]"#, slow),
        ("least-loss", r#"["quick", "slow"]"#, slow),
    ] {
        let text = choosing(choose, order, wide);
        let found = of_first(&text);
        assert_eq!((found.recovery_time.mean, found.data_loss.mean), (Some(time), Some(loss)), "{choose} {order}");
        let scenario = load(&text);
        let result = campaign(&scenario, 20_000, 1);
        let simulated = tally(&scenario, &result, "site", None);
        mean_holds(choose, &simulated.recovery_time, MS, time);
        mean_holds(choose, &simulated.data_loss, MS, loss);
    }
    let found = of_first(&choosing("fastest", r#"["slow", "quick"]"#, r#"{ low = "25m", high = "35m" }"#));
    assert_eq!((found.recovery_time.mean, found.data_loss.mean), (None, None));
    assert!(found.undecided);
}

/// A plan into what the outage holds detects by itself, after 10 min, and can begin only when the outage is over,
/// after 2 h. Half of all outages destroy nothing: those end by themselves, known after the same 10 min. The other
/// half is known at 2 h 10 min, so that no single expression is the mean.
#[test]
fn an_incident_that_no_plan_detects_at_once() {
    let text = Case::new()
        .with("compute", r#"pool = { at = "here" }"#)
        .with(
            "copies",
            r#"vault = { kind = "backup", of = "db", at = "there", every = "1h", takes = "0s", keep = "10d" }"#,
        )
        .with(
            "failures",
            r#"site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "2h", destroyed = "50%" }"#,
        )
        .back("site", "vault", r#"["page", "go"]"#)
        .with("strategy", r#"runs = ["pool"]"#)
        .with("steps", r#"page = { phase = "detect", takes = "10m" }"#)
        .text();
    let found = of_first(&text).undetected;
    assert_eq!(figures(&found), (Some(600.0), None, Some(2.0 * HOUR + 600.0)));
    let scenario = load(&text);
    let result = campaign(&scenario, 100_000, 1);
    mean_holds("undetected", &tally(&scenario, &result, "site", None).undetected, MS, 0.5 * (600.0 + 7800.0));
}

/// An outage that is over when people hear of it needs no plan, whatever the plan would take.
#[test]
fn an_outage_that_is_over_when_it_is_known() {
    let outage = |lasts: &str, detected: &str, takes: &str| {
        Case::new()
            .with("copies", r#"standby = { kind = "async", of = "db", at = "there", lag = "5s" }"#)
            .with("failures", format!("site = {{ kind = \"outage\", hits = \"here\", rate = \"1 / year\", lasts = {lasts}, detected = \"{detected}\" }}"))
            .back("site", "standby", r#"["over"]"#)
            .with("steps", format!("over = {{ phase = \"redirect\", takes = \"{takes}\" }}"))
            .text()
    };
    let five_hours = figures(&of_first(&outage(r#""5h""#, "5h", "3d")).recovery_time);
    assert_eq!(five_hours, (Some(5.0 * HOUR), Some(5.0 * HOUR), Some(5.0 * HOUR)));
    let nothing = of_first(&outage(r#""0s""#, "0s", "1m"));
    assert_eq!(figures(&nothing.recovery_time), (Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!(figures(&nothing.data_loss), (Some(0.0), Some(0.0), Some(0.0)));
    // Nothing, or the plan's minute, which begins with its point of no return.
    let either = of_first(&outage(r#"{ samples = ["0s", "30d"] }"#, "0s", "1m"));
    assert_eq!(figures(&either.recovery_time), (Some(0.0), None, Some(60.0)));
    assert_eq!((either.data_loss.best, either.data_loss.worst), (Some(0.0), Some(5.0)));
}

/// A copy in three regions, 10 ms, 30 ms and 40 ms from one to another; the service writes from the first.
fn waits(acks: u32, links: &str) -> Vec<WriteWait> {
    let text = Case::new()
        .with("places", "third = []")
        .with("links", links)
        .with("compute", r#"pool = { at = "here" }"#)
        .only("copies", format!("db = {{ kind = \"primary\", at = [\"here\", \"there\", \"third\"], acks = {acks} }}"))
        .with(
            "failures",
            r#"site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "1h", detected = "0s" }"#,
        )
        .with("strategy", r#"runs = ["pool"]"#)
        .text();
    let scenario = load(&text);
    let result = assess(&scenario, &campaign(&scenario, 100, 1), &Filter::default());
    result.tiers[0].write_waits.clone()
}

/// The first ack is from next door, each further one from the next nearest region.
#[test]
fn a_write_waits_for_the_round_trip_to_the_kth_nearest() {
    let link =
        |name: &str, a: &str, b: &str, rtt: &str| format!("{name} = {{ between = [\"{a}\", \"{b}\"], {rtt} }}\n");
    let links = link("l1", "here", "there", r#"rtt = "30ms""#)
        + &link("l2", "here", "third", r#"rtt = "10ms""#)
        + &link("l3", "there", "third", r#"rtt = "40ms""#);
    for (acks, trip) in [(1, 0.0), (2, 0.010), (3, 0.030)] {
        let found = waits(acks, &links);
        let wanted = WriteWait {
            service: "s".into(),
            copy: "db".into(),
            from: "here".into(),
            acks,
            places: 3,
            round_trip: Some(trip),
        };
        assert_eq!(found, [wanted]);
    }
    // Where a link does not say how long it takes, the nearest may be behind it.
    let unknown = links.replace(r#"rtt = "30ms""#, r#"bandwidth = "1 Gbps""#);
    assert_eq!(waits(1, &unknown)[0].round_trip, Some(0.0));
    assert_eq!(waits(2, &unknown)[0].round_trip, None);
}
