//! Quantities, distributions and schedules.

use super::{Case, check};

#[test]
fn quantities() {
    check("quantities", QUANTITIES);
}

#[test]
fn distributions() {
    check("distributions", DISTRIBUTIONS);
}

#[test]
fn schedules() {
    check("schedules", SCHEDULES);
}

const QUANTITIES: &[Case] = &[
    ("gigabits or gigabytes", &["ambiguous-unit"], &[(r#""200 GB""#, r#""500 Gb""#)]),
    ("powers of 1000 or 1024", &["ambiguous-unit"], &[(r#""200 GB""#, r#""500 G""#)]),
    ("minutes or months", &["ambiguous-unit"], &[(r#""12m""#, r#""1M""#)]),
    ("months differ in length", &["ambiguous-unit"], &[(r#"keep = "7d""#, r#"keep = "3 months""#)]),
    ("bits or bytes per second", &["ambiguous-unit"], &[(r#""1 Gbps""#, r#""1 Gb/s""#)]),
    ("bare number for a duration", &["missing-unit"], &[(r#"keep = "7d""#, "keep = 7")]),
    ("bare number in a text", &["missing-unit"], &[(r#"takes = "12m""#, r#"takes = "12""#)]),
    ("bare number for a share", &["missing-unit"], &[(r#"fails = "3%""#, "fails = 0.03")]),
    ("fraction in a text for a share", &["missing-unit"], &[(r#"fails = "3%""#, r#"fails = "0.03""#)]),
    ("frequency without a time", &["missing-unit"], &[(r#""0.3 / year""#, r#""0.3""#)]),
    ("volume for a rate", &["missing-unit"], &[(r#"writes = "20 GB/day""#, r#"writes = "20 GB""#)]),
    ("unit of another world", &["unknown-unit"], &[(r#"takes = "12m""#, r#"takes = "12 fortnights""#)]),
    ("bits for a volume", &["unknown-unit"], &[(r#""200 GB""#, r#""200 Gbit""#)]),
    ("comma between digits", &["bad-quantity"], &[(r#""200 GB""#, r#""1,200 GB""#)]),
    ("words for a number", &["bad-quantity"], &[(r#"takes = "12m""#, r#"takes = "some minutes""#)]),
    ("space that is none", &["bad-quantity"], &[(r#""200 GB""#, "\"200\u{a0}GB\"")]),
    ("nan", &["out-of-range"], &[("per_gb = 0.02", "per_gb = nan")]),
    ("nan in a text", &["bad-quantity"], &[(r#"takes = "12m""#, r#"takes = "nan s""#)]),
    ("inf", &["out-of-range"], &[("per_gb = 0.02", "per_gb = inf")]),
    ("negative money", &["out-of-range"], &[("per_gb = 0.02", "per_gb = -0.02")]),
    ("negative duration", &["out-of-range"], &[(r#"takes = "12m""#, r#"takes = "-12m""#)]),
    ("overflow", &["out-of-range"], &[(r#""200 GB""#, r#""1e999 GB""#)]),
    ("overflow of money", &["out-of-range"], &[("per_gb = 0.02", "per_gb = 1e999")]),
    ("underflow", &["out-of-range"], &[(r#"takes = "12m""#, r#"takes = "1e-400 s""#)]),
    ("underflow of money", &["out-of-range"], &[("per_gb = 0.02", "per_gb = 1e-400")]),
    ("more than all", &["out-of-range"], &[(r#"fails = "3%""#, r#"fails = "103%""#)]),
    ("money in a text", &["wrong-type"], &[("per_gb = 0.02", r#"per_gb = "$0.02""#)]),
    ("once in ten years", &["unknown-unit"], &[(r#""0.3 / year""#, r#""1 / 10 years""#)]),
    ("every third year", &["bad-quantity"], &[(r#""0.3 / year""#, r#""every 3 years""#)]),
    ("longer than anything", &["out-of-range"], &[(r#"takes = "12m""#, r#"takes = "1000000y""#)]),
    ("half an event", &["bad-quantity"], &[("events = 5", "events = 5.5")]),
    ("no years", &["bad-quantity"], &[("years = 230", "years = 0")]),
    (
        "rate with its ends swapped",
        &["bad-distribution"],
        &[(r#""0.3 / year""#, r#"{ low = "1 / year", high = "0.1 / year" }"#)],
    ),
    ("rate of unknown form", &["bad-distribution"], &[("events = 5, years = 230", "count = 5")]),
    (
        "growth beyond all sizes",
        &["out-of-range"],
        &[(r#""20 GB/day" }"#, r#""20 GB/day", growth = "1000000% / year" }"#)],
    ),
    ("growth that is none", &["bad-quantity"], &[(r#""20 GB/day" }"#, r#""20 GB/day", growth = "fast" }"#)]),
];

/// The line before which and behind which keys of the top can stand.
const CHOSEN: &str = "chosen   = \"warm\"\n";

const DISTRIBUTIONS: &[Case] = &[
    (
        "a median by another name",
        &["bad-distribution"],
        &[(r#"{ median = "2h", p95 = "1d" }"#, r#"{ p50 = "2h", p95 = "1d" }"#)],
    ),
    ("a bare number as stress", &["wrong-type"], &[(CHOSEN, "chosen   = \"warm\"\nstress   = 2\n")]),
    (
        "stress with a median",
        &["bad-distribution"],
        &[(CHOSEN, "chosen   = \"warm\"\nstress   = { median = 1, p95 = 2 }\n")],
    ),
    (
        "stress that mostly speeds up",
        &["bad-distribution"],
        &[(CHOSEN, "chosen   = \"warm\"\nstress   = { p95 = 0.5 }\n")],
    ),
    (
        "stress around another middle",
        &["bad-distribution"],
        &[(CHOSEN, "chosen   = \"warm\"\nstress   = { low = 1, high = 2 }\n")],
    ),
    (
        "stress that nobody feels",
        &["useless-key"],
        &[
            (CHOSEN, "chosen   = \"warm\"\nstress   = { p95 = 2 }\n"),
            (
                r#"takes = { median = "10m", p95 = "30m" }, role = "sre" }"#,
                r#"takes = { median = "10m", p95 = "30m" } }"#,
            ),
            (r#"takes = { low = "1m", high = "6m" }, role = "sre" }"#, r#"takes = { low = "1m", high = "6m" } }"#),
        ],
    ),
    (
        "p95 below the median",
        &["bad-distribution"],
        &[(r#"median = "3s", p95 = "20s""#, r#"median = "30s", p95 = "20s""#)],
    ),
    ("mean of zero", &["bad-distribution"], &[(r#"{ mean = "1h" }"#, r#"{ mean = "0s" }"#)]),
    ("median alone", &["bad-distribution"], &[(r#"median = "3s", p95 = "20s""#, r#"median = "3s""#)]),
    ("ends without a mode", &["bad-distribution"], &[(r#"low = "1m", high = "6m""#, r#"min = "1m", max = "6m""#)]),
    (
        "another percentile",
        &["bad-distribution"],
        &[(r#"median = "3s", p95 = "20s""#, r#"median = "3s", p99 = "20s""#)],
    ),
    ("off by nothing", &["out-of-range"], &[(r#"{ mean = "1h" }"#, r#"{ mean = "1h", off_by = 1 }"#)]),
    ("off by a share", &["wrong-type"], &[(r#"{ mean = "1h" }"#, r#"{ mean = "1h", off_by = "50%" }"#)]),
    ("nothing but how well it is known", &["bad-distribution"], &[(r#"{ mean = "1h" }"#, r#"{ off_by = 2 }"#)]),
    ("misspelt key", &["bad-distribution"], &[(r#"{ mean = "1h" }"#, r#"{ meen = "1h" }"#)]),
    ("low above high", &["bad-distribution"], &[(r#"low = "1m", high = "6m""#, r#"low = "7m", high = "6m""#)]),
    (
        "mode outside",
        &["bad-distribution"],
        &[(r#"low = "1m", high = "6m""#, r#"min = "1m", mode = "9m", max = "6m""#)],
    ),
    ("no sample", &["empty-list"], &[(r#"low = "1m", high = "6m""#, "samples = []")]),
    ("samples without units", &["missing-unit", "missing-unit"], &[(r#"low = "1m", high = "6m""#, "samples = [1, 6]")]),
    ("shape of zero", &["bad-distribution"], &[(r#"low = "1m", high = "6m""#, r#"shape = 0, scale = "6m""#)]),
    (
        "shape so small that the mean is infinite",
        &["bad-distribution"],
        &[(r#"low = "1m", high = "6m""#, r#"shape = 0.001, scale = "6m""#)],
    ),
    ("negative sigma", &["out-of-range"], &[(r#"low = "1m", high = "6m""#, r#"median = "6m", sigma = -1"#)]),
    ("no heartbeat missed", &["out-of-range"], &[(r#"low = "1m", high = "6m""#, r#"every = "2s", misses = 0"#)]),
    ("a list for a distribution", &["wrong-type"], &[(r#"{ mean = "1h" }"#, r#"["1h", "2h"]"#)]),
    ("an empty distribution", &["bad-distribution"], &[(r#"{ mean = "1h" }"#, "{}")]),
];

const SCHEDULES: &[Case] = &[
    (
        "a calendar for an interval",
        &["bad-quantity"],
        &[(r#"of = "queue", at = "west", every = "1d""#, r#"of = "queue", at = "west", every = "30 2 * * *""#)],
    ),
    ("30 February", &["cron-never-fires"], &[("0 2 * * *", "0 2 30 2 *")]),
    ("four fields", &["bad-cron"], &[("0 2 * * *", "0 2 * *")]),
    ("hour 25", &["bad-cron"], &[("0 2 * * *", "0 25 * * *")]),
    ("nickname", &["bad-cron"], &[("0 2 * * *", "@daily")]),
    ("unknown time zone", &["unknown-time-zone"], &[(r#"tz = "UTC""#, r#"tz = "Europe/Berln""#)]),
    ("cron and interval", &["exclusive-keys"], &[(r#"cron = "0 2 * * *""#, r#"cron = "0 2 * * *", every = "1d""#)]),
    (
        "neither cron nor interval",
        &["missing-key"],
        &[(r#"every = "1d", takes = "1h", keep"#, r#"takes = "1h", keep"#)],
    ),
    (
        "interval of zero",
        &["out-of-range"],
        &[(r#"like = "nightly", every = "1h""#, r#"like = "nightly", every = "0s""#)],
    ),
    ("full backups more often than any", &["too-often"], &[(r#"full_every = "7d""#, r#"full_every = "1h""#)]),
    ("time zone without cron", &["useless-key"], &[(r#"every = "1d", takes"#, r#"every = "1d", tz = "UTC", takes"#)]),
];
