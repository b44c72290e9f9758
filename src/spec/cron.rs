//! Calendar schedules: the starts of a cron expression within the reference year.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::codes;
use super::quantity::{QuantityError, shown, unseen};
use crate::model::Schedule;

/// Most starts that a schedule may have in a year; every minute of it makes 525,600.
pub const MOST_STARTS: usize = 1_000_000;

/// Longest expression that is read, in bytes: room for a list of every minute, hour and day.
const LONGEST: usize = 400;

/// What some programs call common schedules.
const NICKNAMES: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The starts of a cron expression in the reference year.
///
/// Five fields: minute, hour, day of the month, month, day of the week, where either day suffices if
/// both are given; names (`MON`, `JAN`), ranges, steps and lists, `L`, `W` and `#` as croner reads
/// them. At the change to summer time a fixed hour that is skipped runs right after the gap; at the
/// change back it runs once, while intervals (`*`, `*/15`) follow real time.
///
/// # Arguments
/// `timezone`: IANA name, `Europe/Berlin`
///
/// # Returns
/// Seconds from the first moment of the reference year in UTC, ascending, without repetition
///
/// # Errors
/// `bad-cron`, `cron-never-fires`, `unknown-time-zone`, `limit-schedule-points`
pub fn cron_starts(expression: &str, timezone: &str) -> Result<Vec<f64>, QuantityError> {
    let zone = time_zone(timezone)?;
    let cron = parse(expression)?;
    let year = Schedule::REFERENCE_YEAR;
    let first = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
    let (Some(begin), Some(end)) = (first(year), first(year + 1)) else {
        return Err(never(expression, "the reference year does not exist"));
    };
    let mut starts: Vec<f64> = Vec::new();
    let mut at = begin.with_timezone(&zone);
    let mut inclusive = true;
    while let Some(next) = next_start(&cron, &at, inclusive, end) {
        if starts.len() == MOST_STARTS {
            return Err(QuantityError::new(
                codes::LIMIT_SCHEDULE,
                format!("`{}` starts more than {MOST_STARTS} times a year", shown(expression)),
            )
            .help("use `every = \"…\"`, which is computed and not enumerated"));
        }
        let seconds = next.with_timezone(&Utc).signed_duration_since(begin).num_seconds() as f64;
        if starts.last().is_none_or(|last| *last < seconds) {
            starts.push(seconds);
        }
        at = next;
        inclusive = false;
    }
    if starts.is_empty() {
        return Err(never(expression, &format!("no day of {year} fits it")));
    }
    Ok(starts)
}

/// Whether only days of the week say on which days it starts, all of a kind alike: not the second or the last of
/// a month.
pub(super) fn is_weekly(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    matches!(fields[..], [_, _, "*" | "?", "*", days] if days != "*" && days != "?" && !days.contains(['#', 'L', 'l']))
}

fn next_start(cron: &Cron, at: &DateTime<Tz>, inclusive: bool, end: DateTime<Utc>) -> Option<DateTime<Tz>> {
    cron.find_next_occurrence(at, inclusive).ok().filter(|next| *next < end)
}

fn never(expression: &str, why: &str) -> QuantityError {
    QuantityError::new(codes::CRON_NEVER, format!("`{}` never starts: {why}", shown(expression)))
        .help("the fields are minute, hour, day of the month, month, day of the week: `0 2 * * *` is 02:00 every day")
}

fn parse(expression: &str) -> Result<Cron, QuantityError> {
    let bad = |why: &str| {
        QuantityError::new(codes::BAD_CRON, format!("`{}` is not a cron expression: {why}", shown(expression)))
            .help("five fields: minute, hour, day of the month, month, day of the week: `0 2 * * *` is 02:00 every day")
    };
    if expression.len() > LONGEST {
        return Err(bad(&format!("it is longer than {LONGEST} bytes")));
    }
    if let Some(c) = expression.chars().find(|c| unseen(*c) || !c.is_ascii()) {
        return Err(bad(&format!("it contains the character U+{:04X}", c as u32)));
    }
    if expression.contains('@') {
        let meant = NICKNAMES.iter().find(|(name, _)| *name == expression.trim());
        let error = bad("nicknames such as `@daily` are not read");
        return Err(match meant {
            Some((_, fields)) => QuantityError { help: vec![format!("write `{fields}`")], ..error },
            None => error,
        });
    }
    let fields = expression.split_whitespace().count();
    if fields != 5 {
        return Err(bad(&format!("it has {fields} field{}, not 5", if fields == 1 { "" } else { "s" })));
    }
    if expression.split_whitespace().any(|field| field.split(',').any(str::is_empty)) {
        return Err(bad("a list in it has an empty item"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression).map_err(|e| {
        let text = e.to_string();
        let why = text.split_once(": ").map_or(text.as_str(), |(_, why)| why);
        bad(why.trim_end_matches('.'))
    })
}

fn time_zone(name: &str) -> Result<Tz, QuantityError> {
    name.parse::<Tz>().map_err(|_| {
        let error = QuantityError::new(codes::BAD_TIME_ZONE, format!("`{}` is not a time zone", shown(name)));
        match nearest(name) {
            Some(meant) => error.help(format!("did you mean `{meant}`?")),
            None => error.help("IANA names are known: `UTC`, `Europe/Berlin`, `America/New_York`, `Asia/Shanghai`"),
        }
    })
}

/// The zone whose name, or whose last part, is near enough to be meant.
fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > 40 {
        return None;
    }
    let typed = name.to_lowercase().replace(' ', "_");
    // The whole name counts before the city, the shorter name before its aliases (`UTC`, `Etc/UTC`).
    let key = |zone: &'static str| {
        let known = zone.to_lowercase();
        let whole = strsim::damerau_levenshtein(&known, &typed);
        let city = known.rsplit('/').next().map_or(whole, |city| strsim::damerau_levenshtein(city, &typed));
        (whole.min(city), whole, zone)
    };
    let (near, _, zone) = TZ_VARIANTS.iter().map(|zone| key(zone.name())).min()?;
    (near <= typed.chars().count() / 3).then_some(zone)
}

#[cfg(test)]
mod tests;
