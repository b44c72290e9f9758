//! Schedules, one by one. Moments are taken from the calendar of 2026, a year of 365 days that
//! begins on a Thursday.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use super::*;

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

fn refused(expression: &str, zone: &str) -> (&'static str, String, String) {
    let error = cron_starts(expression, zone).unwrap_err();
    (error.code, error.message, error.help.join(" | "))
}

#[test]
fn every_night_in_utc() {
    let starts = cron_starts("0 2 * * *", "UTC").unwrap();
    assert_eq!(starts.len(), 365);
    assert_eq!(starts[..2], [2.0 * HOUR, DAY + 2.0 * HOUR]);
    assert_eq!(starts[364], 364.0 * DAY + 2.0 * HOUR);
}

#[test]
fn every_minute_is_the_most() {
    let starts = cron_starts("* * * * *", "Europe/Berlin").unwrap();
    assert_eq!(starts.len(), 525_600);
    assert!(starts.windows(2).all(|w| w[1] - w[0] == 60.0), "real time knows no gap");
}

#[test]
fn the_first_moment_of_the_year_counts_and_that_of_the_next_does_not() {
    assert_eq!(cron_starts("0 0 1 1 *", "UTC").unwrap(), [0.0]);
    // Midnight in Shanghai (UTC+8, no summer time) is 16:00 UTC of the day before, so the start of
    // 1 January 2026 lies in 2025 and that of 2027 in 2026.
    assert_eq!(cron_starts("0 0 1 1 *", "Asia/Shanghai").unwrap(), [364.0 * DAY + 16.0 * HOUR]);
}

#[test]
fn weekdays_and_days_of_the_month() {
    // 2026 has 52 weeks and a day, and begins and ends on a Thursday.
    assert_eq!(cron_starts("0 0 * * THU", "UTC").unwrap().len(), 53);
    assert_eq!(cron_starts("0 0 * * 0", "UTC").unwrap().len(), 52);
    assert_eq!(cron_starts("0 0 31 * *", "UTC").unwrap().len(), 7);
    assert_eq!(cron_starts("0 0 L * *", "UTC").unwrap().len(), 12);
    // Either day suffices: 12 firsts of a month and 52 Mondays, of which 1 June is both.
    assert_eq!(cron_starts("0 0 1 * 1", "UTC").unwrap().len(), 63);
}

#[test]
fn summer_time_in_berlin() {
    // 2026-03-29 02:00 CET -> 03:00 CEST (day 87 counted from 0); 2026-10-25 03:00 CEST -> 02:00 CET
    // (day 297).
    let starts = cron_starts("30 2 * * *", "Europe/Berlin").unwrap();
    assert_eq!(starts.len(), 365, "neither lost in the gap nor run twice");
    let on =
        |day: f64| starts.iter().filter(|s| (day * DAY..(day + 1.0) * DAY).contains(*s)).copied().collect::<Vec<_>>();
    assert_eq!(on(86.0), [86.0 * DAY + 1.5 * HOUR], "02:30 CET");
    assert_eq!(on(87.0), [87.0 * DAY + HOUR], "skipped 02:30 runs at the end of the gap, 03:00 CEST");
    assert_eq!(on(88.0), [88.0 * DAY + 0.5 * HOUR], "02:30 CEST");
    assert_eq!(on(297.0), [297.0 * DAY + 0.5 * HOUR], "the first 02:30, CEST");
    assert_eq!(on(298.0), [298.0 * DAY + 1.5 * HOUR], "02:30 CET");
}

#[test]
fn what_never_fires() {
    let (code, message, _) = refused("0 0 30 2 *", "UTC");
    assert_eq!((code, message.as_str()), ("cron-never-fires", "`0 0 30 2 *` never starts: no day of 2026 fits it"));
    // 2028 is the next leap year.
    assert_eq!(refused("0 0 29 2 *", "UTC").0, "cron-never-fires");
}

#[test]
fn bad_expressions() {
    for text in [
        "",
        "* * * *",
        "0 0 2 * * *",
        "60 * * * *",
        "* 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "x * * * *",
        "@daily",
        "*/0 * * * *",
        "5-1 * * * *",
        "0\u{a0}2 * * *",
        "0 0 * * MOO",
        ", * * * *",
        "1/ * * * *",
        "- - - - -",
        "99999999999 * * * *",
    ] {
        assert_eq!(refused(text, "UTC").0, "bad-cron", "{text}");
    }
    assert_eq!(refused("0 2 * *", "UTC").1, "`0 2 * *` is not a cron expression: it has 4 fields, not 5");
    assert_eq!(refused(&"0 ".repeat(10_000), "UTC").0, "bad-cron");
}

#[test]
fn time_zones_have_suggestions() {
    for (typed, meant) in [
        ("Europe/Berln", "Europe/Berlin"),
        ("utc", "UTC"),
        ("Shanghai", "Asia/Shanghai"),
        ("America/New York", "America/New_York"),
    ] {
        assert_eq!(
            refused("0 2 * * *", typed),
            ("unknown-time-zone", format!("`{typed}` is not a time zone"), format!("did you mean `{meant}`?"))
        );
    }
    for typed in ["", "Mars/Olympus Mons", "+08:00", "\u{202e}"] {
        assert_eq!(refused("0 2 * * *", typed).0, "unknown-time-zone", "{typed}");
    }
}

#[test]
fn no_text_panics() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(200), |(text in "[-*/,0-9LW#?A-Z ]{0,16}", five in "([-*/,0-9LW#?]{1,4} ){4}[-*/,0-9LW#?]{1,4}")| {
        let _ = (cron_starts(&text, "UTC"), cron_starts(&five, "Europe/Berlin"));
    });
}
