//! What can go wrong, and limits.

use super::{Case, check};

#[test]
fn failures() {
    check("failures", FAILURES);
}

#[test]
fn repairs() {
    check("repairs", REPAIRS);
}

#[test]
fn limits() {
    check("limits", LIMITS);
}

const FAILURES: &[Case] = &[
    (
        "a failure that no tier feels",
        &["never-happens"],
        &[
            ("lab  = []", "lab  = []\nattic = []"),
            (
                "[failures]\n",
                "[failures]\nflood = { kind = \"outage\", hits = \"attic\", rate = \"1 / year\", lasts = \"1h\", detected = \"1m\" }\n",
            ),
        ],
    ),
    (
        "a failure that is over before anyone notices",
        &["never-helps"],
        &[(
            r#"lasts = { median = "7.6h", p95 = "19h" }, destroyed = "2%", detected = "5m""#,
            r#"lasts = { median = "7.6h", p95 = "19h" }, detected = "2d""#,
        )],
    ),
    ("a share of nothing", &["out-of-range"], &[(r#"share = "5%""#, r#"share = "0%""#)]),
    ("the same thing twice", &["repeated-item"], &[(r#"hits = "east""#, r#"hits = ["east", "east"]"#)]),
    ("a failure that hits nothing", &["empty-list"], &[(r#"hits = "east""#, "hits = []")]),
    ("no time between events", &["out-of-range"], &[(r#"rate = "0.3 / year""#, r#"gap = "0s""#)]),
    ("never", &["never-happens"], &[(r#"rate = "0.3 / year""#, r#"rate = "0 / year""#)]),
    (
        "a failure that nobody detects",
        &["no-detection"],
        &[(r#"hits = "events", rate = "0.2 / year", detected = "1h""#, r#"hits = "events", rate = "0.2 / year""#)],
    ),
];

const REPAIRS: &[Case] = &[
    (
        "repaired by nobody known",
        &["unknown-name"],
        &[(r#"lasts = { mean = "1h" }"#, r#"lasts = { mean = "1h" }, repaired_by = "technician""#)],
    ),
    (
        "on the way without anybody",
        &["useless-key"],
        &[(r#"lasts = { mean = "1h" }"#, r#"lasts = { mean = "1h" }, repair_starts = "30m""#)],
    ),
    (
        "people who repair and recover",
        &["repairs-only"],
        &[(r#"lasts = { mean = "1h" }"#, r#"lasts = { mean = "1h" }, repaired_by = "sre""#)],
    ),
    (
        "a deletion that is repaired",
        &["key-of-other-kind"],
        &[(r#"hits = "events", rate = "0.2 / year""#, r#"hits = "events", rate = "0.2 / year", repaired_by = "sre""#)],
    ),
];

const LIMITS: &[Case] = &[
    (
        "a million instances",
        &["limit-members"],
        &[(r#"spare = { at = "west/*""#, "spare = { at = { west = 1_000_000 }")],
    ),
    (
        "a billion heartbeats",
        &["limit-count"],
        &[(r#"low = "1m", high = "6m""#, r#"every = "2s", misses = 1_000_000_000"#)],
    ),
    ("a million people", &["limit-people"], &[("sre = 2", "sre = 1_000_000")]),
    ("a billion streams", &["limit-count"], &[("streams = 2", "streams = 1_000_000_000")]),
    ("a billion retries", &["limit-count"], &[("retries = 2", "retries = 1_000_000_000")]),
    (
        "two calendars of every minute",
        &["limit-schedule-points"],
        &[
            ("0 2 * * *", "* * * * *"),
            (r#"tz = "UTC", takes = "1h", full_every = "7d""#, r#"tz = "UTC", takes = "10s", full_every = "7d""#),
            (
                r#"of = "queue", at = "west", every = "1d", takes = "1h""#,
                r#"of = "queue", at = "west", cron = "* * * * *", takes = "10s""#,
            ),
        ],
    ),
    (
        "beyond every integer",
        &["limit-count"],
        &[("retries = 2", "retries = 99999999999999999999999999999999999999999999")],
    ),
];
