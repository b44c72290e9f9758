//! Bounds of small scenarios, each reckoned by hand from the rules of the model.
//!
//! A service `s` keeps 100 GB, written at 10 GB a day, in `here`, with a nightly backup of an hour in `there`.
//! People decide in 5 to 15 minutes, load 100 GB at 100 MB/s (1,000 s) and switch in 300 s. `site` is an outage
//! of five days, known after 600 s, which is when the plan begins; `oops` is a deletion known after 3,600 s.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::engine::load;
use drplan::bound::{Bound, IncidentBounds, bounds};
use drplan::sim::{Filter, NEVER, Outcome, Random, Simulator};

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// Bytes written per second.
const WRITES: f64 = 10e9 / DAY;

const BASE: &str = r#"
title = "by hand"
[places]
here = ["a", "b", "c"]
there = []
[data]
d = { size = "100 GB", writes = "10 GB/day" }
[copies]
db = { kind = "primary", data = "d", at = "here" }
nightly = { kind = "backup", of = "db", at = "there", every = "1d", takes = "1h", keep = "30d" }
[failures]
site = { kind = "outage", hits = "here", rate = "1 / year", lasts = "5d", detected = "10m" }
oops = { kind = "deletion", hits = "d", rate = "1 / year", detected = "1h" }
[services]
s = { data = "d", copies = ["db", "nightly"], plans = ["restore"] }
[strategies]
t = {}
[plans]
restore = { for = ["site", "oops"], from = ["nightly"], steps = ["decide", "load", "switch"] }
[steps]
decide = { phase = "decide", takes = { low = "5m", high = "15m" } }
load = { phase = "restore", moves = "from", rate = "100 MB/s" }
switch = { phase = "redirect", takes = "5m" }
"#;

/// What is reckoned: the figure, the least and the most.
type Figure = (&'static str, f64, f64);

/// The base with some of its text replaced, under a failure.
struct Case {
    what: &'static str,
    changes: Vec<(&'static str, &'static str)>,
    failure: &'static str,
    figures: Vec<Figure>,
}

fn figure<'a>(bounds: &'a IncidentBounds, name: &str) -> (&'a Bound, fn(&Outcome) -> u64, f64) {
    match name {
        "recovery" => (&bounds.recovery_time, |o| o.recovery_time, 1e3),
        "loss" => (&bounds.data_loss, |o| o.data_loss, 1e3),
        "loss before" => (&bounds.data_loss_before, |o| o.data_loss_before, 1e3),
        "bytes" => (&bounds.data_loss_bytes, |o| o.data_loss_bytes, 1.0),
        _ => panic!("no figure {name}"),
    }
}

/// Random incidents that are looked at beside.
const INCIDENTS: u64 = 20_000;

impl Case {
    fn check(&self) {
        let mut text = BASE.to_owned();
        for (old, new) in &self.changes {
            assert!(text.contains(old), "{}: no {old}", self.what);
            text = text.replace(old, new);
        }
        let scenario = load(&text);
        let tier = scenario.tiers.ids().next().expect("a tier");
        let failure = scenario.failures.iter().find(|(_, f)| f.name == self.failure).expect("a failure").0;
        let found = bounds(&scenario, tier, failure, None);
        let simulator = Simulator::new(&scenario, 1, false, &Filter::default());
        let mut outcomes = Vec::new();
        simulator.incidents_by(&Random, tier, failure, 0..INCIDENTS, |whole, _| outcomes.push(*whole));
        for (name, least, most) in &self.figures {
            let (bound, of, unit) = figure(&found, name);
            let near = |actual: Option<f64>, expected: f64| {
                // Bounds are in whole milliseconds or bytes.
                let actual = actual.expect("a bound");
                let off = (actual - expected).abs();
                assert!(off <= 1.0 / unit + expected * 1e-9, "{}: {name} {actual}, not {expected}", self.what);
            };
            near(bound.best, *least);
            near(bound.worst, *most);
            for value in outcomes.iter().map(of).filter(|value| *value != NEVER) {
                let value = value as f64 / unit;
                assert!((least - 1.0..=most + 1.0).contains(&value), "{}: {name} {value}", self.what);
            }
        }
    }
}

fn check(cases: Vec<Case>) {
    cases.iter().for_each(Case::check);
}

const RETRIED: (&str, &str) = (r#"rate = "100 MB/s" }"#, r#"rate = "100 MB/s", fails = "20%", retries = 2 }"#);
/// Two bad points are passed over, each after a load and a check of 600 s.
const CHECKED: [(&str, &str); 2] = [
    (r#""load", "switch"]"#, r#""load", "check", "switch"], points = 3"#),
    ("switch = {", "check = { phase = \"verify\", takes = \"10m\", fails = \"10%\" }\nswitch = {"),
];
const LOGGED: [(&str, &str); 4] = [
    (
        "[failures]",
        "wal = { kind = \"log\", of = \"db\", bases = [\"nightly\"], at = \"there\", lag = { low = \"1m\", high = \"2m\" }, keep = \"7d\" }\n[failures]",
    ),
    (r#""nightly"], plans"#, r#""nightly", "wal"], plans"#),
    (r#"from = ["nightly"], steps = ["decide", "load", "#, r#"from = ["wal"], steps = ["decide", "load", "replay", "#),
    ("switch = {", "replay = { phase = \"replay\", replays = \"from\", rate = \"10 MB/s\" }\nswitch = {"),
];
const MIRRORED: [(&str, &str); 3] = [
    (
        "[failures]",
        "mirror = { kind = \"async\", of = \"db\", at = \"there\", lag = { low = \"5s\", high = \"20s\" }, delay = \"2h\" }\n[failures]",
    ),
    (r#""nightly"], plans"#, r#""nightly", "mirror"], plans"#),
    (r#"from = ["nightly"]"#, r#"from = ["mirror", "nightly"]"#),
];

/// A run counts once it has arrived: its age is its run time and travel, and up to an interval more.
#[test]
fn backups() {
    let [checked, check_step] = CHECKED;
    check(vec![
        Case {
            what: "run time, then up to an interval",
            changes: vec![],
            failure: "site",
            figures: vec![("loss", HOUR, DAY + HOUR), ("recovery", 600.0 + 1600.0, 600.0 + 2200.0)],
        },
        Case {
            what: "run time and travel",
            changes: vec![(r#"takes = "1h""#, r#"takes = { low = "1h", high = "2h" }, travel = "30m""#)],
            failure: "site",
            figures: vec![("loss", 1.5 * HOUR, DAY + 2.5 * HOUR)],
        },
        Case {
            what: "a run that began before the deletion arrives before its detection",
            changes: vec![],
            failure: "oops",
            figures: vec![("loss before", 0.0, DAY), ("loss", HOUR, DAY + HOUR), ("recovery", 5200.0, 5800.0)],
        },
        Case {
            what: "a tenth of the data",
            changes: vec![(r#"hits = "d""#, r#"hits = "d", share = "10%""#)],
            failure: "oops",
            figures: vec![("bytes", 0.1 * WRITES * HOUR, 0.1 * WRITES * (DAY + HOUR)), ("recovery", 4300.0, 4900.0)],
        },
        Case {
            what: "two points struck off",
            changes: vec![checked, check_step],
            failure: "oops",
            figures: vec![
                ("loss", HOUR, 3.0 * DAY + HOUR),
                ("recovery", 5800.0, 3600.0 + 900.0 + 3.0 * 1600.0 + 300.0),
            ],
        },
        Case {
            // Of three points in a row under fulls every fourth day 3, 2 and 1 increments of 10 GB are read, or
            // 0, 3 and 2, and so on: six of 100 s at most.
            what: "increments",
            changes: vec![checked, check_step, (r#"keep = "30d""#, r#"keep = "30d", full_every = "4d""#)],
            failure: "oops",
            figures: vec![("recovery", 5800.0, 3600.0 + 900.0 + 3.0 * 1600.0 + 300.0 + 600.0)],
        },
    ]);
}

/// On working days a full at each Thursday and four increments: before the weekend's gap stands Friday's, with
/// one increment, and Wednesday's, with four, before a gap of a day.
///
/// The calendar begins on a Thursday. An outage of 1,250 s after the plan has loaded 100 GB leaves no time
/// for an increment: only the full of a Thursday, up to a day and its run old, is back before it ends.
#[test]
fn increments_of_a_calendar() {
    check(vec![Case {
        what: "a full only",
        changes: vec![
            (r#"every = "1d", takes = "1h""#, r#"cron = "0 2 * * 1-5", tz = "UTC", takes = "1h", full_every = "7d""#),
            (r#"lasts = "5d""#, r#"lasts = "1950s""#),
            (r#"takes = { low = "5m", high = "15m" }"#, r#"takes = "5m""#),
        ],
        failure: "site",
        figures: vec![("loss", 0.0, DAY + HOUR), ("recovery", 1950.0, 600.0 + 1600.0)],
    }]);
}

/// The log reaches to its lag before the failure; what lies between that and its base is replayed.
#[test]
fn logs() {
    let replay = |seconds: f64| seconds * WRITES / 10e6;
    check(vec![
        Case {
            what: "replay since the base",
            changes: LOGGED.to_vec(),
            failure: "site",
            figures: vec![
                ("loss", 60.0, 120.0),
                ("recovery", 2200.0 + replay(HOUR - 120.0), 2800.0 + replay(DAY + HOUR - 60.0)),
            ],
        },
        Case {
            what: "a log shorter than the age of its base",
            changes: vec![LOGGED[0], LOGGED[1], LOGGED[2], LOGGED[3], (r#"keep = "7d""#, r#"keep = "12h""#)],
            failure: "site",
            figures: vec![("loss", 60.0, DAY + HOUR)],
        },
    ]);
}

/// A mirror held back by two hours is clean if the deletion is known within them.
#[test]
fn mirrors_held_back() {
    let [mirror, copies, from] = MIRRORED;
    check(vec![
        Case {
            what: "clean",
            changes: MIRRORED.to_vec(),
            failure: "oops",
            figures: vec![("loss before", HOUR + 5.0, HOUR + 20.0), ("loss", 2.0 * HOUR + 5.0, 2.0 * HOUR + 20.0)],
        },
        Case {
            what: "too late: the backup",
            changes: vec![mirror, copies, from, (r#"delay = "2h""#, r#"delay = "30m""#)],
            failure: "oops",
            figures: vec![("loss", HOUR, DAY + HOUR)],
        },
    ]);
}

/// Two of three places acknowledge: one of them lost is not felt, two of them are.
#[test]
fn quorums() {
    let acks = (r#"data = "d", at = "here" }"#, r#"data = "d", at = ["a", "b", "c"], acks = 2 }"#);
    let changes = vec![acks, (r#"hits = "here""#, r#"hits = "a""#)];
    let both = vec![acks, (r#"hits = "here""#, r#"hits = ["a", "b"]"#)];
    check(vec![
        Case { what: "one", changes, failure: "site", figures: vec![("recovery", 0.0, 0.0), ("loss", 0.0, 0.0)] },
        Case {
            what: "two",
            changes: both,
            failure: "site",
            figures: vec![("recovery", 2200.0, 2800.0), ("loss", HOUR, DAY + HOUR)],
        },
    ]);
}

/// Attempts, plans and the end of the outage.
#[test]
fn plans() {
    check(vec![
        Case {
            what: "three attempts at the load, of 1,000 s each",
            changes: vec![RETRIED],
            failure: "oops",
            figures: vec![("recovery", 5200.0, 5800.0 + 2000.0)],
        },
        Case {
            // The switch begins 1,900 to 2,500 s after the failure, by 2,400 s at the latest, and takes 300 s.
            what: "the outage ends first, or just after the point of no return",
            changes: vec![(r#"lasts = "5d""#, r#"lasts = { low = "20m", high = "40m" }"#)],
            failure: "site",
            figures: vec![("recovery", 1200.0, 2400.0 + 300.0)],
        },
        Case {
            what: "not before two hours are over",
            changes: vec![(r#"steps = ["decide""#, r#"after_down = "2h", steps = ["decide""#)],
            failure: "site",
            figures: vec![("recovery", 2.0 * HOUR + 1600.0, 2.0 * HOUR + 2200.0)],
        },
        Case {
            what: "a plan of 1,500 s, or its first 1,200 s and then the next",
            changes: vec![
                (r#"plans = ["restore"]"#, r#"plans = ["fast", "restore"]"#),
                (
                    "restore = { for",
                    "fast = { for = [\"site\"], from = [\"nightly\"], steps = [\"try\", \"switch\"] }\nrestore = { for",
                ),
                ("[steps]", "[steps]\ntry = { phase = \"provision\", takes = \"20m\", fails = \"30%\" }"),
            ],
            failure: "site",
            figures: vec![("recovery", 2100.0, 600.0 + 1200.0 + 2200.0)],
        },
    ]);
}

/// An attacker entered two to five days before: what is older is clean, if it is still locked.
#[test]
fn dwell() {
    let accounts = ("title = \"by hand\"", "title = \"by hand\"\naccounts = [\"prod\", \"vault\"]");
    let attack = (
        "[services]",
        "att = { kind = \"compromise\", hits = \"prod\", rate = \"1 / year\", dwell = { low = \"2d\", high = \"5d\" }, detected = \"2h\" }\n[services]",
    );
    let held = (r#"at = "here" }"#, r#"at = "here", account = "prod" }"#);
    let plan = (r#""oops"]"#, r#""oops", "att"]"#);
    let vault = (r#"keep = "30d" }"#, r#"keep = "30d", account = "vault" }"#);
    let locked = (r#"keep = "30d" }"#, r#"keep = "30d", account = "prod", locked = "4d" }"#);
    check(vec![
        Case {
            what: "outside the account",
            changes: vec![accounts, attack, held, plan, vault],
            failure: "att",
            figures: vec![("loss", 2.0 * DAY, 6.0 * DAY), ("recovery", 2.0 * HOUR + 1600.0, 2.0 * HOUR + 2200.0)],
        },
        Case {
            what: "locked for four days",
            changes: vec![accounts, attack, held, plan, locked],
            failure: "att",
            figures: vec![("loss", 2.0 * DAY, 4.0 * DAY)],
        },
    ]);
}
