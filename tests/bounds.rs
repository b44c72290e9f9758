//! Closed forms against sums by hand and against the engine: no incident exceeds a bound, and an
//! adversary comes close to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use drplan::bound::{Bound, IncidentBounds, bounds, bounds_truncated};
use drplan::id::{FailureId, ServiceId, TierId};
use drplan::model::Scenario;
use drplan::sim::{Adversary, Attempts, Filter, NEVER, Outcome, Simulator};
use drplan::spec;

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

fn load(text: &str) -> Scenario {
    match spec::load(text) {
        Ok(loaded) => loaded.scenario,
        Err((found, document)) => panic!("{}", document.render("test", &found, false)),
    }
}

fn file(path: &str) -> Scenario {
    load(&std::fs::read_to_string(path).expect(path))
}

fn tier(scenario: &Scenario, name: &str) -> TierId {
    scenario.tiers.iter().find(|(_, t)| t.name == name).expect(name).0
}

fn failure(scenario: &Scenario, name: &str) -> FailureId {
    scenario.failures.iter().find(|(_, f)| f.name == name).expect(name).0
}

fn of(scenario: &Scenario, in_tier: &str, under: &str) -> IncidentBounds {
    bounds(scenario, tier(scenario, in_tier), failure(scenario, under), None)
}

/// One service with one data set of 100 GB in `here`, a failure `site` that destroys `here`, known at
/// once, and a strategy `s` that adds what the arguments say.
fn small(data: &str, copies: &str, from: &str, steps: &str, order: &str) -> Scenario {
    load(&format!(
        r#"
        title = "small"
        [places]
        here = []
        there = []
        [links]
        wan = {{ between = ["here", "there"], bandwidth = "800 Mbps" }}
        [data]
        d = {{ {data} }}
        [copies]
        main = {{ kind = "primary", data = "d", at = "here" }}
        {copies}
        [failures]
        site = {{ kind = "outage", hits = "here", rate = "1 / year", lasts = "1d", destroyed = "100%", detected = "0s" }}
        [services]
        app = {{ data = "d", copies = ["main"], plans = ["p"] }}
        [strategies]
        s = {{ copies = ["{from}"] }}
        [plans]
        p = {{ for = ["site"], from = ["{from}"], steps = {order} }}
        [steps]
        {steps}
        "#
    ))
}

fn close(actual: Option<f64>, expected: f64) {
    let actual = actual.expect("a value");
    // Bounds are in whole milliseconds or bytes.
    assert!((actual - expected).abs() <= 1e-3 + expected.abs() * 1e-9, "{actual} instead of {expected}");
}

/// A backup every 24 h that takes 6 h: loss uniform on 6 to 30 h, mean 18 h.
#[test]
fn periodic_backup() {
    let copy = r#"b = { kind = "backup", of = "main", at = "there", every = "24h", takes = "6h", keep = "30d" }"#;
    let scenario = small(
        r#"size = "100 GB", writes = "10 GB/day""#,
        copy,
        "b",
        r#"go = { phase = "redirect", takes = "1m" }"#,
        r#"["go"]"#,
    );
    let found = of(&scenario, "s", "site");
    close(found.data_loss.best, 6.0 * HOUR);
    close(found.data_loss.mean, 18.0 * HOUR);
    close(found.data_loss.worst, 30.0 * HOUR);
    close(found.data_loss_bytes.worst, 12.5e9);
    close(found.recovery_time.worst, 60.0);
    assert_eq!(found.data_loss.reason, None);
}

/// A backup on Mondays and Thursdays at noon, ready at once: gaps of 3 and 4 days, mean age
/// (9 + 16) ÷ (2 × 7) days but for the odd week at the end of the year.
#[test]
fn uneven_backup() {
    let copy = r#"b = { kind = "backup", of = "main", at = "there", cron = "0 12 * * 1,4", tz = "UTC", takes = "0s", keep = "30d" }"#;
    let scenario = small(
        r#"size = "100 GB", writes = "10 GB/day""#,
        copy,
        "b",
        r#"go = { phase = "redirect", takes = "1m" }"#,
        r#"["go"]"#,
    );
    let loss = of(&scenario, "s", "site").data_loss;
    let mean = loss.mean.expect("a closed form");
    assert!((mean / DAY - 25.0 / 14.0).abs() < 0.01, "{} days", mean / DAY);
    let worst = loss.worst.expect("a bound");
    // 2026 has 52 weeks and a day: over New Year a gap of 4 days becomes one of 4 again or 5.
    assert!((4.0..=5.0).contains(&(worst / DAY)), "{} days", worst / DAY);
}

/// Writes of 40 MB/s and bursts of 250 MB/s for 600 s in every 3600 s over a link of 100 MB/s: peak
/// backlog 90 GB, mean 26.25 GB; the oldest waiting byte is at most 90 GB ÷ 100 MB/s = 900 s old.
#[test]
fn burst_over_a_link() {
    let data = r#"size = "1 TB", writes = "40 MB/s", burst = { rate = "250 MB/s", lasts = "10m", every = "1h" }"#;
    let copy = r#"m = { kind = "async", of = "main", at = "there", over = "wan" }"#;
    let scenario = small(data, copy, "m", r#"go = { phase = "redirect", takes = "1m" }"#, r#"["go"]"#);
    let found = of(&scenario, "s", "site");
    close(found.data_loss_bytes.worst, 90e9);
    close(found.data_loss_bytes.mean, 26.25e9);
    close(found.data_loss.worst, 900.0);
}

/// 1 TB at 250 MB/s takes 4000 s; 20 MB/s go on coming in and are replayed at 100 MB/s: 1000 s more.
#[test]
fn restore_and_catch_up() {
    let scenario = load(
        r#"
        title = "derived"
        [places]
        here = []
        core = []
        [externals]
        feed = "core"
        [data]
        d = { size = "1 TB", writes = "20 MB/s", upstream = "feed" }
        [copies]
        main = { kind = "primary", data = "d", at = "here" }
        again = { kind = "derived", data = "d", of = "feed" }
        [failures]
        oops = { kind = "deletion", hits = "d", rate = "1 / year", detected = "0s" }
        [services]
        app = { data = "d", copies = ["main", "again"], plans = ["p"] }
        [strategies]
        s = {}
        [plans]
        p = { for = ["oops"], from = ["again"], steps = ["load", "catch-up"] }
        [steps]
        load = { phase = "restore", moves = "from", rate = "250 MB/s" }
        catch-up = { phase = "replay", replays = "feed", rate = "100 MB/s" }
        "#,
    );
    let found = of(&scenario, "s", "oops");
    close(found.recovery_time.worst, 5000.0);
    close(found.recovery_time.best, 5000.0);
}

/// Restores of 10, 2 and 6 TB that share a link of 1 TB/h: all done after 18 h in any order.
#[test]
fn restores_that_share_a_link() {
    let mut text = String::from(
        "title = 'shared'\n[places]\nhere = []\nthere = []\n[links]\nwan = { between = ['here', 'there'], bandwidth = '2222222222.2222223 bps' }\n",
    );
    let (mut data, mut copies, mut services, mut strategies, mut plans) = (
        String::from("[data]\n"),
        String::from("[copies]\n"),
        String::from("[services]\n"),
        String::from("[strategies]\n"),
        String::from("[plans]\n"),
    );
    for (name, size) in [("a", 10), ("b", 2), ("c", 6)] {
        data += &format!("d{name} = {{ size = '{size} TB', writes = '1 GB/day' }}\n");
        copies += &format!("m{name} = {{ kind = 'primary', data = 'd{name}', at = 'here' }}\n");
        copies += &format!(
            "k{name} = {{ kind = 'backup', of = 'm{name}', at = 'there', every = '1d', takes = '1h', keep = '30d' }}\n"
        );
        services += &format!("{name} = {{ data = 'd{name}', copies = ['m{name}', 'k{name}'], plans = ['p{name}'] }}\n");
        strategies += &format!("s{name} = {{ service = '{name}' }}\n");
        plans += &format!("p{name} = {{ for = ['site'], from = ['k{name}'], steps = ['load'] }}\n");
    }
    text += &format!("{data}{copies}{services}{strategies}{plans}");
    text += "[tiers]\nt = ['sa', 'sb', 'sc']\n[steps]\nload = { phase = 'restore', moves = 'from', over = 'wan' }\n";
    text += "[failures]\nsite = { kind = 'outage', hits = 'here', rate = '1 / year', lasts = '0s', destroyed = '100%', detected = '0s' }\n";
    let scenario = load(&text);
    let found = of(&scenario, "t", "site");
    close(found.recovery_time.worst, 18.0 * HOUR);
    let (t, f) = (tier(&scenario, "t"), failure(&scenario, "site"));
    let simulator = Simulator::new(&scenario, 1, false, &Filter::default());
    let (application, _) = simulator.incident(t, f, 0).expect("it concerns the tier");
    assert_eq!(application.recovery_time, 18 * 3_600_000);
}

/// Kafka: interval + run + travel for each frequency, and the lag of the stream.
#[test]
fn kafka_backups_lose_interval_run_and_travel() {
    let scenario = file("scenarios/kafka.toml");
    let minutes = |tier: &str| of(&scenario, tier, "region").data_loss.worst.expect("a bound") / 60.0;
    assert_eq!(minutes("daily"), 24.0 * 60.0 + 60.0 + 5.0);
    assert_eq!(minutes("hourly"), 60.0 + 10.0 + 5.0);
    assert_eq!(minutes("every-15m"), 15.0 + 3.0 + 5.0);
    assert_eq!(minutes("continuous"), 1.0);
    for tier in ["replication", "active-active"] {
        for under in ["bad-data", "topic-gone", "ransomware"] {
            let found = of(&scenario, tier, under);
            assert_eq!(found.recovery_time.best, None, "{tier} undoes {under}");
        }
    }
}

#[test]
fn what_has_no_bound_names_its_input() {
    let scenario = file("scenarios/kafka.toml");
    let found = of(&scenario, "hourly", "region");
    assert_eq!(found.recovery_time.worst, None);
    let reason = found.recovery_time.reason.expect("a reason");
    assert!(reason.ends_with("has no upper bound"), "{reason}");
    let scenario = small(
        r#"size = "1 TB", writes = "100 MB/s""#,
        r#"m = { kind = "async", of = "main", at = "there", over = "wan" }"#,
        "m",
        r#"go = { phase = "redirect", takes = "1m" }"#,
        r#"["go"]"#,
    );
    let found = of(&scenario, "s", "site");
    assert_eq!(found.data_loss.worst, None);
    let reason = found.data_loss.reason.expect("a reason");
    assert!(reason.contains("links.wan"), "{reason}");
}

type Figure = (&'static str, fn(&Outcome) -> u64, fn(&IncidentBounds) -> &Bound, f64);

const FIGURES: [Figure; 7] = [
    ("recovery_time", |o| o.recovery_time, |b| &b.recovery_time, 1e3),
    ("recovery_time_full", |o| o.recovery_time_full, |b| &b.recovery_time_full, 1e3),
    ("undetected", |o| o.undetected, |b| &b.undetected, 1e3),
    ("data_loss", |o| o.data_loss, |b| &b.data_loss, 1e3),
    ("data_loss_before", |o| o.data_loss_before, |b| &b.data_loss_before, 1e3),
    ("data_loss_after", |o| o.data_loss_after, |b| &b.data_loss_after, 1e3),
    ("data_loss_bytes", |o| o.data_loss_bytes, |b| &b.data_loss_bytes, 1.0),
];

/// Adversaries that answer every kind of question with one extreme.
fn adversaries() -> Vec<Adversary> {
    let mut all = Vec::new();
    for duration in [0.0, 1.0] {
        for phase in [0.0, 0.999_999] {
            for chance in [false, true] {
                for attempts in [Attempts::Succeed, Attempts::LastSucceeds, Attempts::Fail] {
                    for member in [0.1, 0.9] {
                        all.push(Adversary { duration, phase, chance, attempts, member, moment: 0.0 });
                    }
                }
            }
        }
    }
    all
}

/// The largest and the least of a figure over incidents, in the bound's unit.
fn extremes(outcomes: &[Outcome], figure: &Figure) -> Option<(f64, f64)> {
    let values = outcomes.iter().filter(|o| !o.unrecoverable).map(figure.1).filter(|v| *v != NEVER);
    let values: Vec<f64> = values.map(|v| v as f64 / figure.3).collect();
    let most = values.iter().copied().reduce(f64::max)?;
    Some((values.iter().copied().fold(most, f64::min), most))
}

/// With every distribution cut to its [p0.1, p99.9], all bounds are finite and no incident of any tier,
/// failure and service of the shipped files lies outside them.
#[test]
fn no_incident_exceeds_its_bounds() {
    let mut files: Vec<_> = ["scenarios", "templates/scenario"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .filter(|path| path.ends_with(".toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let scenario = file(&path);
        let simulator = Simulator::new(&scenario, 7, true, &Filter::default());
        for (t, row) in scenario.tiers.iter() {
            for (f, under) in scenario.failures.iter() {
                let random = (0..300).filter_map(|n| simulator.incident(t, f, n));
                let hostile = adversaries().into_iter().filter_map(|a| simulator.incident_by(&a, t, f, 0));
                let incidents: Vec<(Outcome, Vec<Outcome>)> = random.chain(hostile).collect();
                for n in 0..=row.services.len() {
                    let service: Option<ServiceId> = n.checked_sub(1).map(|n| row.services[n].service);
                    let found = bounds_truncated(&scenario, t, f, service);
                    let outcomes: Vec<Outcome> =
                        incidents.iter().map(|(all, each)| n.checked_sub(1).map_or(*all, |n| each[n])).collect();
                    for figure in &FIGURES {
                        let Some((least, most)) = extremes(&outcomes, figure) else { continue };
                        let what = format!("{path}: {} of {}, {}", figure.0, row.name, under.name);
                        let bound = figure.2(&found);
                        // Rounding to milliseconds and bytes, twice where two figures add up.
                        let tolerance = 2.0 / figure.3 + most * 1e-12;
                        let worst = bound.worst.unwrap_or_else(|| panic!("{what}: {:?}", bound.reason));
                        assert!(most <= worst + tolerance, "{what}: {most} above {worst}");
                        assert!(bound.best.is_some_and(|best| least >= best - tolerance), "{what}: {least}, {bound:?}");
                    }
                }
            }
        }
    }
}

/// People, provisioning, a restore of a full with its increments, a redirect; nothing shared: an
/// adversary reaches at least 99% of the bounds.
#[test]
fn an_adversary_comes_close() {
    let copies = r#"
        b = { kind = "backup", of = "main", at = "there", every = "6h", takes = { low = "10m", high = "30m" }, travel = { median = "5m", p95 = "15m" }, full_every = "2d", keep = "30d" }
    "#;
    let steps = r#"
        judge = { phase = "decide", takes = { median = "10m", p95 = "30m" } }
        build = { phase = "provision", takes = { mean = "12m" } }
        load = { phase = "restore", takes = { min = "1m", mode = "2m", max = "9m" }, moves = "from", rate = "50 MB/s" }
        go = { phase = "redirect", takes = { low = "1m", high = "6m" } }
    "#;
    let data = r#"size = "100 GB", writes = "10 GB/day""#;
    let scenario = small(data, copies, "b", steps, r#"["judge", "build", "load", "go"]"#);
    let (t, f) = (tier(&scenario, "s"), failure(&scenario, "site"));
    let found = bounds_truncated(&scenario, t, f, None);
    let simulator = Simulator::new(&scenario, 7, true, &Filter::default());
    let hostile = |phase, attempts| {
        let adversary = Adversary { duration: 1.0, phase, chance: true, attempts, member: 0.0, moment: 0.0 };
        simulator.incident_by(&adversary, t, f, 0).expect("it concerns the tier").0
    };
    // The phase decides both the age of the newest usable run and the length of its chain: each bound
    // is approached by the phase that is worst for it.
    let phases: Vec<f64> = (0..=1000).map(|n| f64::from(n) / 1000.0 * 0.999_999).collect();
    let reached = |pick: fn(&Outcome) -> u64| {
        let most = phases.iter().map(|p| pick(&hostile(*p, Attempts::LastSucceeds))).max();
        most.expect("phases") as f64 / 1000.0
    };
    for (actual, bound) in
        [(reached(|o| o.recovery_time), &found.recovery_time), (reached(|o| o.data_loss), &found.data_loss)]
    {
        let worst = bound.worst.expect("finite");
        assert!(actual <= worst + 0.001 && actual >= 0.99 * worst, "{actual} of {worst}");
    }
}

/// A plan whose check always fails gives way to older points and to the next plan; what was done and
/// does not depend on the point is not done again. Longest: build 10 min, then load and check fail for
/// each of 2 points (30 min each), then the next plan: build is done, 40 min.
#[test]
fn fallbacks_add_up() {
    let scenario = load(
        r#"
        title = "fallback"
        [places]
        here = []
        there = []
        [data]
        d = { size = "100 GB", writes = "1 GB/day" }
        [copies]
        main = { kind = "primary", data = "d", at = "here" }
        near = { kind = "backup", of = "main", at = "there", every = "1h", takes = "0s", keep = "30d" }
        far = { kind = "backup", of = "main", at = "there", every = "1d", takes = "0s", keep = "30d" }
        [failures]
        site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "1d", destroyed = "100%", detected = "0s" }
        [services]
        app = { data = "d", copies = ["main", "near", "far"], plans = ["first", "second"] }
        [strategies]
        s = {}
        [plans]
        first = { for = ["site"], from = ["near"], steps = ["build", "load", "check"], points = 2 }
        second = { for = ["site"], from = ["far"], steps = ["build", "slow"] }
        [steps]
        build = { phase = "provision", takes = "10m" }
        load = { phase = "restore", takes = "20m" }
        check = { phase = "verify", takes = "10m", fails = "50%" }
        slow = { phase = "restore", takes = "40m" }
        "#,
    );
    let found = of(&scenario, "s", "site");
    close(found.recovery_time.best, 40.0 * 60.0);
    close(found.recovery_time.worst, (10.0 + 2.0 * 30.0 + 40.0) * 60.0);
    close(found.data_loss.worst, DAY);
    let (t, f) = (tier(&scenario, "s"), failure(&scenario, "site"));
    let simulator = Simulator::new(&scenario, 1, false, &Filter::default());
    let adversary =
        Adversary { duration: 1.0, phase: 0.5, chance: false, attempts: Attempts::Fail, member: 0.0, moment: 0.0 };
    let adversary = Adversary { chance: true, ..adversary };
    let (outcome, _) = simulator.incident_by(&adversary, t, f, 0).expect("it concerns the tier");
    assert_eq!(outcome.recovery_time, 110 * 60 * 1000);
}

/// Where a mean has a closed form, the simulation agrees within 4.5 standard errors.
#[test]
fn means_agree_with_the_simulation() {
    let copies = r#"b = { kind = "backup", of = "main", at = "there", every = "6h", takes = "30m", full_every = "2d", keep = "30d" }"#;
    let steps = r#"
        judge = { phase = "decide", takes = { median = "10m", p95 = "30m" } }
        load = { phase = "restore", takes = { mean = "3m" }, moves = "from", rate = "50 MB/s" }
        go = { phase = "redirect", takes = { min = "1m", mode = "2m", max = "9m" } }
    "#;
    let data = r#"size = "100 GB", writes = "10 GB/day""#;
    let scenario = small(data, copies, "b", steps, r#"["judge", "load", "go"]"#);
    let (t, f) = (tier(&scenario, "s"), failure(&scenario, "site"));
    let found = bounds(&scenario, t, f, None);
    let simulator = Simulator::new(&scenario, 3, false, &Filter::default());
    let outcomes: Vec<Outcome> = (0..20_000).filter_map(|n| simulator.incident(t, f, n)).map(|(o, _)| o).collect();
    for figure in FIGURES.iter().filter(|figure| figure.0 != "undetected") {
        let values: Vec<f64> = outcomes.iter().map(|o| figure.1(o) as f64 / figure.3).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let error = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n / n).sqrt();
        let closed = figure.2(&found).mean.unwrap_or_else(|| panic!("{} has a closed form here", figure.0));
        assert!((mean - closed).abs() <= 4.5 * error + 1.0 / figure.3, "{}: {mean} ± {error}, {closed}", figure.0);
    }
}

/// A log kept for 10 days on daily backups kept for 60, and a deletion that may be found ever later: within 10
/// days the log loses its lag of 2 min, after that the backups lose up to their interval, a day, as what was
/// written since is salvaged. Later than 60 days nothing brings it back, which is no loss that is counted here.
#[test]
fn a_detection_without_limit_outlives_the_log() {
    let text = |detected: &str| {
        format!(
            r#"
title = "Found late"
[places]
here = []
there = []
[data]
d = {{ size = "100 GB", writes = "10 GB/day" }}
[copies]
db = {{ kind = "primary", at = "here" }}
bk = {{ kind = "backup", of = "db", at = "there", every = "1d", takes = "1h", keep = "60d" }}
wl = {{ kind = "log", of = "db", bases = ["bk"], at = "there", lag = "2m", keep = "10d" }}
[failures]
gone = {{ kind = "deletion", hits = "d", rate = "2 / year", detected = {detected} }}
[services]
app = {{ data = "d", copies = ["db", "bk", "wl"], plans = ["p"] }}
[strategies]
s = {{}}
[plans]
p = {{ for = ["gone"], from = ["wl", "bk"], steps = ["go"], salvage = true }}
[steps]
go = {{ phase = "restore", takes = "30m" }}
"#
        )
    };
    for detected in
        [r#"{ low = "0s", high = "20d" }"#, r#"{ low = "0s", high = "100d" }"#, r#"{ median = "3d", p95 = "12d" }"#]
    {
        let scenario = load(&text(detected));
        close(of(&scenario, "s", "gone").data_loss.worst, DAY);
    }
    // Within the log's retention nothing of that comes up.
    close(of(&load(&text(r#"{ low = "0s", high = "9d" }"#)), "s", "gone").data_loss.worst, 120.0);
}
