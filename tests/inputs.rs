//! What inputs that are known as a range only leave open of the figures of a year, by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::{Case, campaign, load};
use drplan::assess::{Assessment, InputRanges, Range, assess};
use drplan::sim::Filter;

const HOUR: f64 = 3600.0;

fn assessed(text: &str) -> Assessment {
    let scenario = load(text);
    assess(&scenario, &campaign(&scenario, 1000, 1), &Filter::default())
}

fn inputs(text: &str) -> InputRanges {
    assessed(text).tiers.remove(0).inputs.expect("something is a range")
}

fn is(range: Range, low: f64, high: f64) {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.abs().max(1.0);
    assert!(near(range.low, low) && near(range.high, high), "{range:?} instead of {low} to {high}");
}

/// An outage of two hours once a year, off by a factor of 3: from 40 minutes to six hours a year. Its rate lies
/// between half and twice: from one to four hours. Both together are factors of exp √(ln² 3 + ln² 2) = 3.67 either way:
/// independent factors add up in their logarithms.
#[test]
fn a_duration_and_a_rate() {
    let outage = |rate: &str| {
        let row = format!(
            r#"site = {{ kind = "outage", hits = "here", rate = {rate}, lasts = {{ time = "2h", off_by = 3 }}, detected = "0s" }}"#
        );
        Case::new().with("failures", row).text()
    };
    let found = inputs(&outage(r#""1 / year""#));
    assert!(found.each.is_empty() && found.uncertain.is_empty());
    assert_eq!((found.durations[0].path.as_str(), found.durations[0].factor), ("failures.site.lasts", 3.0));
    is(found.durations[0].downtime_per_year, 2.0 / 3.0 * HOUR, 6.0 * HOUR);
    is(found.downtime_per_year, 2.0 / 3.0 * HOUR, 6.0 * HOUR);
    is(found.availability, 1.0 - 6.0 / 8760.0, 1.0 - 2.0 / 3.0 / 8760.0);
    let found = inputs(&outage(r#"{ low = "0.5 / year", high = "2 / year" }"#));
    is(found.each[0].downtime_per_year, HOUR, 4.0 * HOUR);
    let factor = (3.0_f64.ln().powi(2) + 2.0_f64.ln().powi(2)).sqrt().exp();
    is(found.downtime_per_year, 2.0 * HOUR / factor, 2.0 * HOUR * factor);
    is(found.availability, 1.0 - 2.0 * factor / 8760.0, 1.0 - 2.0 / factor / 8760.0);
}

/// A deletion twice a year, noticed after an hour and mended by a step of 30 minutes: detection is lost writes
/// and time, as users feel it from the deletion on; the step is time. Off by 2 each.
#[test]
fn detection_and_a_step() {
    let text = Case::new()
        .with(
            "copies",
            r#"vault = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1s", keep = "30d" }"#,
        )
        .with(
            "failures",
            r#"drop = { kind = "deletion", hits = "d", rate = "2 / year", detected = { time = "1h", off_by = 2 } }"#,
        )
        .back("drop", "vault", r#"["mend"]"#)
        .with("steps", r#"mend = { phase = "restore", takes = { time = "30m", off_by = 2 } }"#)
        .text();
    let result = assessed(&text);
    let found = result.tiers[0].inputs.as_ref().unwrap();
    let one = |path: &str| found.durations.iter().find(|one| one.path == path).unwrap();
    is(one("failures.drop.detected").downtime_per_year, 2.0 * HOUR, 5.0 * HOUR);
    is(one("steps.mend.takes").downtime_per_year, 2.5 * HOUR, 4.0 * HOUR);
    let lost = result.tiers[0].rare_event.data_loss_per_year;
    is(one("failures.drop.detected").data_loss_per_year, lost - HOUR, lost + 2.0 * HOUR);
    is(one("steps.mend.takes").data_loss_per_year, lost, lost);
    // The one that leaves more open comes first.
    assert_eq!(found.durations[0].path, "failures.drop.detected");
}

/// At $1,000 an hour: waiting for an outage of ten hours, off by 2, costs $10,000 a year, $5,000 to $20,000. A
/// standby that takes over in an hour costs $1,000 a year, and $12,000 to run: waiting is cheaper as given, and no
/// more with outages of twenty hours. At $30,000 it is at either end.
#[test]
fn whether_the_order_of_tiers_holds() {
    let text = |price: u32| {
        format!(
            r#"title = "Order"
currency = "USD"
[places]
here = []
there = []
[links]
wan = {{ between = ["here", "there"], bandwidth = "1 Gbps", per_gb = 0 }}
[data]
d = {{ size = "1 GB", writes = "1 GB/day" }}
[compute]
spare = {{ at = "there", per_hour = 0 }}
[copies]
db = {{ kind = "primary", at = "here", per_gb_month = 0 }}
second = {{ kind = "async", of = "db", at = "there", lag = "1s", per_gb_month = 0 }}
[failures]
site = {{ kind = "outage", hits = "here", rate = "1 / year", lasts = {{ time = "10h", off_by = 2 }}, detected = "0s" }}
[services.s]
data = "d"
copies = ["db"]
downtime_per_hour = 1_000
loss_per_hour = 0
[strategies]
wait = {{}}
standby = {{ copies = ["second"], standby = ["spare"], plans = ["move"], monthly = {{ run = {{ each = {price} }} }} }}
[plans]
move = {{ for = ["site"], from = ["second"], into = ["spare"], steps = ["go"] }}
[steps]
go = {{ phase = "redirect", takes = "1h" }}
"#
        )
    };
    let holds = |price| {
        let found = assessed(&text(price));
        let unknown = found.tiers.iter().map(|tier| (&tier.cost.unknown, &tier.rare_event.unknown));
        let ranking = found.ranking.as_ref().unwrap_or_else(|| panic!("{:?}", unknown.collect::<Vec<_>>()));
        assert_eq!(ranking.order, ["wait", "standby"]);
        (ranking.lowest_holds, ranking.order_holds)
    };
    assert_eq!(holds(1_000), (false, false));
    assert_eq!(holds(2_500), (true, true));
}

/// Incidents are the same whether a duration is known or not; a year's time down scales with all of it.
#[test]
fn incidents_are_of_the_times_as_given() {
    let row = |known: &str| {
        let row = format!(
            r#"site = {{ kind = "outage", hits = "here", rate = "1 / year", lasts = {{ median = "1h", p95 = "5h"{known} }}, detected = "0s" }}"#
        );
        assessed(&Case::new().with("failures", row).text()).tiers.remove(0)
    };
    let (exact, known) = (row(""), row(", off_by = 2"));
    assert!(exact.inputs.is_none());
    assert_eq!(exact.incidents[0].recovery_time.estimate, known.incidents[0].recovery_time.estimate);
    let (down, range) = (exact.rare_event.downtime_per_year, known.inputs.unwrap().downtime_per_year);
    // Milliseconds are rounded for each incident.
    assert!((range.low / (down / 2.0) - 1.0).abs() < 1e-6 && (range.high / (down * 2.0) - 1.0).abs() < 1e-6);
}

/// Never seen in 20 years of watching: 0 to −ln 0.025 ÷ 20 = 0.184 a year (Garwood 1936, the end of 95% for no
/// event), two hours each time. Nothing is expected, but it is no certainty either.
#[test]
fn what_was_never_seen_may_happen() {
    let row = r#"site = { kind = "outage", hits = "here", rate = { events = 0, years = 20 }, lasts = "2h", detected = "0s" }"#;
    let text = Case::new().with("failures", row).text();
    let found = inputs(&text);
    let most = -(0.025_f64.ln()) / 20.0;
    assert_eq!(found.uncertain, ["site"]);
    is(found.each[0].rate_per_year, 0.0, most);
    is(found.downtime_per_year, 0.0, most * 2.0 * HOUR);
    is(found.availability, 1.0 - most * 2.0 / 8760.0, 1.0);
    assert_eq!(assessed(&text).tiers[0].rare_event.availability, 1.0);
    let Ok(loaded) = drplan::spec::load(&text) else { panic!("a fault") };
    let advice = loaded.advice;
    assert!(advice.all().iter().all(|finding| finding.code != "never-happens"), "{:?}", advice.all());
    assert!(advice.all().iter().any(|finding| finding.code == "never-seen"), "{:?}", advice.all());
}

/// Four hours, 0.1 to 10 times a year: 99.95% of the time in service as given (the middle of the range is 1 a year), and
/// 99.54% at ten. What is met as given and not over the ranges is named.
#[test]
fn an_objective_that_ranges_overturn_is_named() {
    let row = |low: &str, high: &str| {
        format!(
            r#"site = {{ kind = "outage", hits = "here", rate = {{ low = "{low} / year", high = "{high} / year" }}, lasts = "4h", detected = "0s" }}"#
        )
    };
    let said = |low, high| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ranges.toml");
        let asked = r#"objectives = { yearly = { availability = "99.9%" } }"#;
        std::fs::write(&path, Case::new().with("failures", row(low, high)).with("service", asked).text()).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_drplan"));
        let output =
            command.args(["-q", "compare"]).arg(&path).args(["--trials", "2000", "--lifetimes", "2000"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let sentence = "the objective for availability is missed by only, which meets it as given";
    assert!(said("0.1", "10").contains(sentence), "{}", said("0.1", "10"));
    assert!(!said("0.5", "1.5").contains(sentence), "{}", said("0.5", "1.5"));
}
