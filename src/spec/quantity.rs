//! Quantities as people write them: a number with its unit, in one string.
//!
//! Strict on purpose: a text with two readings (`1M`, `500 Gb`, `1,000s`) is refused and the
//! readings are named, because a planner that guesses wrong by a factor of eight or of 43,800 is
//! worse than none. Numbers are decimal, without sign or separators, with an optional exponent.

use byte_unit::Unit;
use jiff::Span;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::codes;
use crate::model::Rate;
use crate::units::{Bytes, BytesPerSecond, PerYear, Probability, SECONDS_PER_YEAR, Seconds};

/// Longest text that is read as a quantity, in bytes: several times the longest sensible one.
const LONGEST: usize = 80;

/// Seconds in the model's month of 730 hours.
const SECONDS_PER_MONTH: f64 = 730.0 * 3600.0;

/// Largest number of events that a rate can be counted from: whole numbers are exact below.
const MOST_EVENTS: f64 = 1e15;

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    /// Stable kebab-case code: `ambiguous-unit`, `missing-unit`, `unknown-unit`, `bad-quantity`,
    /// `out-of-range`, and those of [`super::cron`].
    pub code: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Vec<String>,
}

impl QuantityError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: Vec::new() }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

impl std::fmt::Display for QuantityError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QuantityError {}

/// What a kind of quantity is called, looks like and is at most.
///
/// The limits are far beyond every system and far within `f64`: products and quotients of what is
/// within them are finite, so no result can become infinite by a typo.
struct Form {
    what: &'static str,
    examples: &'static str,
    most: f64,
    limit: &'static str,
}

/// The largest volume of data, and how that is said.
pub(super) const MOST_BYTES: f64 = 1e24;
pub(super) const MOST_BYTES_SAID: &str = "a volume is at most 1000000 EB";

const DURATION: Form = Form {
    what: "a duration",
    examples: "a duration is a number with its unit: `90s`, `15m`, `1h 30m`, `7.6h`, `30d`",
    most: 1e5 * SECONDS_PER_YEAR,
    limit: "a duration is at most 100000 years",
};
const SIZE: Form = Form {
    what: "a volume of data",
    examples: "a volume is a number with `B`, `kB`, `MB`, `GB`, `TB`, `PB` (powers of 1000) or `KiB`, `MiB`, `GiB`, `TiB`, `PiB` (powers of 1024): `600 GB`",
    most: MOST_BYTES,
    limit: MOST_BYTES_SAID,
};
const DATA_RATE: Form = Form {
    what: "a data rate",
    examples: "a data rate is bytes over time (`100 MB/s`, `20 GB/day`, `1.5 GiB/h`) or bits per second (`2 Gbps`, `2 Gbit/s`)",
    most: 1e21,
    limit: "a data rate is at most 1000 EB/s",
};
const FREQUENCY: Form = Form {
    what: "a frequency",
    examples: "a frequency is a number over a time: `0.05 / year`, `2 / month`, `1 / day`",
    most: 1e12,
    limit: "a frequency is at most 30000 / s",
};
const SHARE: Form = Form {
    what: "a share",
    examples: "a share is a percentage from `0%` to `100%`: `99.95%`",
    most: 1.0,
    limit: "a share is at most 100%",
};

/// A length of time: `15m`, `1h 30m`, `1d`, `7.6h`, `2 weeks`, `PT15M`, `10y`.
///
/// A day has 24 hours, a week 7 days, a year 8760 hours. A month has no fixed length and is refused.
///
/// # Errors
/// `ambiguous-unit` for `1M`, months and commas, `missing-unit` for a bare number, `out-of-range`
/// for a value below zero, beyond `f64` or so small that it becomes zero, `unknown-unit` and
/// `bad-quantity` for the rest.
pub fn duration(text: &str) -> Result<Seconds, QuantityError> {
    let text = clean(text, &DURATION)?;
    let (seconds, nonzero) = match number(text, &DURATION)? {
        Some((number, "")) => {
            return Err(QuantityError::new(codes::MISSING_UNIT, format!("`{}` has no unit", number.text))
                .help(format!("write `{0}s`, `{0}m`, `{0}h` or `{0}d`", number.text)));
        }
        Some((number, unit)) if unit.chars().all(char::is_alphabetic) => {
            (number.value * duration_unit(&number, unit, text)?, number.nonzero)
        }
        _ => (span_seconds(text)?, text.bytes().any(|b| matches!(b, b'1'..=b'9'))),
    };
    in_range(seconds, nonzero, text, &DURATION, Seconds::new)
}

/// Seconds in one of a unit; the library's own labels, so that `1 hr` and `1h 5m` agree on them.
fn duration_unit(number: &Number, unit: &str, text: &str) -> Result<f64, QuantityError> {
    if unit == "M" {
        let n = number.text;
        let month = number.value * 30.0;
        return Err(QuantityError::new(codes::AMBIGUOUS_UNIT, format!("`{n}M` can mean minutes or months"))
            .help(format!("write `{n}m` for minutes or `{month}d` for months of 30 days")));
    }
    let one = format!("1{unit}");
    let Ok(span) = one.parse::<Span>() else {
        let error = QuantityError::new(codes::UNKNOWN_UNIT, format!("`{}` is not a unit of time", shown(unit)));
        let lower = unit.to_lowercase();
        let error = if lower != unit && format!("1{lower}").parse::<Span>().is_ok() {
            error.help(format!("units of time are lower-case: `{}{lower}`", number.text))
        } else {
            error
        };
        return Err(error.help(DURATION.examples));
    };
    exact_seconds(&span, text)
}

fn span_seconds(text: &str) -> Result<f64, QuantityError> {
    if text.contains(',') {
        return Err(QuantityError::new(
            codes::BAD_QUANTITY,
            format!("the comma in `{}` can be read in two ways", shown(text)),
        )
        .help("write a decimal point for a fraction, and nothing between thousands"));
    }
    match text.parse::<Span>() {
        Ok(span) if span.is_negative() => Err(negative(text)),
        Ok(span) => exact_seconds(&span, text),
        Err(_) => Err(not_a(text, &DURATION)),
    }
}

/// The seconds of a span whose units have fixed lengths.
fn exact_seconds(span: &Span, text: &str) -> Result<f64, QuantityError> {
    if span.get_months() != 0 {
        return Err(QuantityError::new(
            codes::AMBIGUOUS_UNIT,
            format!("`{}` counts months, which differ in length", shown(text)),
        )
        .help("count days (a month of 30 days is `30d`) or hours (a twelfth of a year is `730h`)"));
    }
    let whole = i128::from(span.get_years()) * 8760 * 3600
        + i128::from(span.get_weeks()) * 7 * 86_400
        + i128::from(span.get_days()) * 86_400
        + i128::from(span.get_hours()) * 3600
        + i128::from(span.get_minutes()) * 60
        + i128::from(span.get_seconds());
    let nanos = i128::from(span.get_milliseconds()) * 1_000_000
        + i128::from(span.get_microseconds()) * 1000
        + i128::from(span.get_nanoseconds());
    // One division of whole nanoseconds rounds once; adding fractions would round several times.
    Ok((whole * 1_000_000_000 + nanos) as f64 / 1e9)
}

/// A volume of data: `600 GB`, `1 TiB`, `0 B`.
///
/// # Errors
/// `ambiguous-unit` for a lower-case `b` (`500 Gb`) and for a bare prefix (`500 G`); the rest as
/// for [`duration`].
pub fn size(text: &str) -> Result<Bytes, QuantityError> {
    let text = clean(text, &SIZE)?;
    let Some((number, unit)) = number(text, &SIZE)? else { return Err(not_a(text, &SIZE)) };
    if unit.is_empty() {
        return Err(QuantityError::new(codes::MISSING_UNIT, format!("`{}` has no unit", number.text))
            .help(format!("write `{0} B`, `{0} GB` or `{0} TB`", number.text)));
    }
    let unit = data_unit(&number, unit, "", &SIZE)?;
    if unit.is_bit() {
        return Err(QuantityError::new(
            codes::UNKNOWN_UNIT,
            format!("`{}` counts bits, a volume is counted in bytes", shown(text)),
        )
        .help(format!("write `{} {}`", number.value / 8.0, unit.as_str().replace('b', "B"))));
    }
    in_range(number.value * unit_bytes(unit), number.nonzero, text, &SIZE, Bytes::new)
}

/// A flow of data: `2 Gbps`, `2 Gbit/s`, `100 MB/s`, `20 GB/day`, `1.5 GiB/h`.
///
/// # Errors
/// `ambiguous-unit` for a lower-case `b` that may be a bit or a byte (`1 Gb/s`); the rest as for
/// [`duration`].
pub fn data_rate(text: &str) -> Result<BytesPerSecond, QuantityError> {
    let text = clean(text, &DATA_RATE)?;
    let Some((number, unit)) = number(text, &DATA_RATE)? else { return Err(not_a(text, &DATA_RATE)) };
    if unit.is_empty() {
        return Err(QuantityError::new(codes::MISSING_UNIT, format!("`{}` has no unit", number.text))
            .help(format!("write `{0} MB/s`, `{0} Gbps` or `{0} GB/day`", number.text)));
    }
    let rate = if let Some(unit) = unit.strip_suffix("ps") {
        bits_or_bytes_per_second(&number, unit)?
    } else if let Some((unit, per)) = unit.split_once('/') {
        let unit = data_unit(&number, unit.trim_end(), "/s", &DATA_RATE)?;
        unit_bytes(unit) / period(per.trim_start(), &DATA_RATE)?
    } else {
        return Err(no_time(&number, unit, text));
    };
    in_range(number.value * rate, number.nonzero, text, &DATA_RATE, BytesPerSecond::new)
}

/// A volume where a flow is meant: with a time in words, or with none.
fn no_time(number: &Number, unit: &str, text: &str) -> QuantityError {
    let n = number.text;
    if let Some((unit, per)) = unit.split_once(" per ") {
        let (unit, per) = (shown(unit.trim()), shown(per.trim()));
        return QuantityError::new(codes::BAD_QUANTITY, format!("`{}` has `per` where `/` stands", shown(text)))
            .help(format!("write `{n} {unit}/{per}`"));
    }
    // What cannot be written with a time either has its own advice.
    let error = QuantityError::new(codes::MISSING_UNIT, format!("`{}` does not say per what time", shown(text)));
    match data_unit(number, unit, "/s", &DATA_RATE) {
        Err(as_rate) if as_rate.code == codes::AMBIGUOUS_UNIT => QuantityError { help: as_rate.help, ..error },
        _ => error.help(format!("write `{n} {0}/s` or `{n} {0}/day`", shown(unit))),
    }
}

/// Bytes per second of one `Gbps` (bits) or `GBps` (bytes).
fn bits_or_bytes_per_second(number: &Number, unit: &str) -> Result<f64, QuantityError> {
    let bits = unit.strip_suffix('b').filter(|prefix| matches!(*prefix, "" | "k" | "K" | "M" | "G" | "T" | "P" | "E"));
    if let Some(prefix) = bits
        && let Ok(unit) = Unit::parse_str(format!("{prefix}b"), false, false)
    {
        return Ok(unit_bytes(unit));
    }
    data_unit(number, unit, "/s", &DATA_RATE).map(unit_bytes)
}

/// A unit of data, spelt exactly: `GB`, `GiB`, `Gbit`.
fn data_unit(number: &Number, unit: &str, per: &str, form: &Form) -> Result<Unit, QuantityError> {
    let n = number.text;
    let (prefix, base) = unit.find(['B', 'b']).map_or((unit, ""), |at| unit.split_at(at));
    let exact =
        matches!(prefix, "" | "k" | "K" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei");
    let known = || Unit::parse_str(unit, false, true).map_err(|_| ());
    match base {
        "B" | "bit" | "bits" if exact => {
            let spelt = if base == "bits" { unit.trim_end_matches('s') } else { unit };
            Unit::parse_str(spelt, false, true).map_err(|_| unknown_data_unit(n, unit, form))
        }
        "b" if Unit::parse_str(unit, true, true).is_ok() => {
            let prefix = Unit::parse_str(unit, true, true).map_or("", Unit::as_str).trim_end_matches('B').to_owned();
            Err(QuantityError::new(
                codes::AMBIGUOUS_UNIT,
                format!("the `b` of `{n} {unit}{per}` can mean bytes or bits"),
            )
            .help(format!("write `{n} {prefix}B{per}` for bytes or `{n} {prefix}bit{per}` for bits")))
        }
        "" if exact && known().is_ok() => {
            let letter = prefix.trim_end_matches('i');
            Err(QuantityError::new(
                codes::AMBIGUOUS_UNIT,
                format!("`{n} {unit}{per}` can mean powers of 1000 or of 1024"),
            )
            .help(format!("write `{n} {letter}B{per}` or `{n} {letter}iB{per}`")))
        }
        _ => Err(unknown_data_unit(n, unit, form)),
    }
}

fn unknown_data_unit(number: &str, unit: &str, form: &Form) -> QuantityError {
    let error = QuantityError::new(codes::UNKNOWN_UNIT, format!("`{}` is not a unit of data", shown(unit)));
    match Unit::parse_str(unit, true, true) {
        Ok(meant) if !unit.is_empty() => error.help(format!("did you mean `{number} {}`?", meant.as_str())),
        _ => error.help(form.examples),
    }
}

fn unit_bytes(unit: Unit) -> f64 {
    unit.as_bits_u128() as f64 / 8.0
}

/// A frequency: `0.05 / year`, `2 / month`, `1 / day`. A month has 730 hours, a year 8760.
///
/// # Errors
/// As for [`duration`]; `missing-unit` if no time is named.
pub fn frequency(text: &str) -> Result<PerYear, QuantityError> {
    let text = clean(text, &FREQUENCY)?;
    let Some((number, rest)) = number(text, &FREQUENCY)? else {
        return Err(match text.strip_prefix("every ").and_then(once_in) {
            Some(help) => QuantityError { help: vec![help], ..not_a(text, &FREQUENCY) },
            None => not_a(text, &FREQUENCY),
        });
    };
    let n = number.text;
    if rest.is_empty() {
        return Err(QuantityError::new(codes::MISSING_UNIT, format!("`{n}` does not say per what time"))
            .help(format!("write `{n} / year`, `{n} / month` or `{n} / day`")));
    }
    let Some(per) = rest.strip_prefix('/') else { return Err(not_a(text, &FREQUENCY)) };
    let time =
        period(per.trim_start(), &FREQUENCY).map_err(|error| match once_in(per).filter(|_| number.value == 1.0) {
            Some(help) => QuantityError { help: vec![help], ..error },
            None => error,
        })?;
    let per_year = number.value * (SECONDS_PER_YEAR / time);
    in_range(per_year, number.nonzero, text, &FREQUENCY, PerYear::new)
}

/// How to say that something happens once in so many years, months or days.
fn once_in(time: &str) -> Option<String> {
    let (count, unit) = time.trim().split_once(' ')?;
    let count = count.parse::<f64>().ok().filter(|count| *count > 1.0)?;
    let unit = unit.trim().trim_end_matches('s');
    period(unit, &FREQUENCY).ok()?;
    Some(format!("write `{} / {unit}`", shortest(1.0 / count)))
}

/// A number with four digits that count, without zeros at its end.
fn shortest(value: f64) -> String {
    let decimals = (3.0 - value.log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}").trim_end_matches('0').to_owned()
}

/// Seconds of the time after a slash.
fn period(word: &str, form: &Form) -> Result<f64, QuantityError> {
    Ok(match word {
        "s" | "sec" | "second" => 1.0,
        "min" | "minute" => 60.0,
        "h" | "hour" => 3600.0,
        "d" | "day" => 86_400.0,
        "w" | "week" => 7.0 * 86_400.0,
        "month" => SECONDS_PER_MONTH,
        "y" | "year" => SECONDS_PER_YEAR,
        "m" | "M" | "mo" => {
            return Err(QuantityError::new(
                codes::AMBIGUOUS_UNIT,
                format!("`/{word}` can mean per minute or per month"),
            )
            .help("write `/min` or `/month`"));
        }
        _ => {
            return Err(QuantityError::new(
                codes::UNKNOWN_UNIT,
                format!("`{}` is not a time that counts can be taken over", shown(word)),
            )
            .help("one of `s`, `min`, `h`, `day`, `week`, `month` (730 h), `year` (8760 h)")
            .help(form.examples));
        }
    })
}

/// A share or a chance: `99.95%`, `5%`, `0%`.
///
/// # Errors
/// `missing-unit` for a bare number, `out-of-range` above 100%; the rest as for [`duration`].
pub fn share(text: &str) -> Result<Probability, QuantityError> {
    let text = clean(text, &SHARE)?;
    let Some((number, unit)) = number(text, &SHARE)? else { return Err(not_a(text, &SHARE)) };
    if unit.is_empty() {
        let error = QuantityError::new(codes::MISSING_UNIT, format!("`{}` has no unit", number.text));
        let percent = (number.value * 1e12).round() / 1e10;
        return Err(if number.value <= 1.0 {
            error.help(format!("write `{percent}%`"))
        } else {
            error.help(format!("write `{}%`", number.text))
        });
    }
    if unit != "%" {
        return Err(
            QuantityError::new(codes::UNKNOWN_UNIT, format!("`{}` is not `%`", shown(unit))).help(SHARE.examples)
        );
    }
    // Shifting the decimal point in the text rounds once: 99.95% is the f64 nearest to 0.9995.
    let value = if number.text.contains(['e', 'E']) {
        number.value / 100.0
    } else {
        format!("{}e-2", number.text).parse().unwrap_or(f64::NAN)
    };
    if value > 1.0 {
        return Err(
            QuantityError::new(codes::OUT_OF_RANGE, format!("`{}` is more than all", shown(text))).help(SHARE.examples)
        );
    }
    in_range(value, number.nonzero, text, &SHARE, Probability::new)
}

/// The rate of a Poisson process of which `events` were counted in `years`, with the exact 95%
/// interval for its mean.
///
/// # Formula
/// `point = n / T`, `low = χ²(2.5%; 2n) / 2T` (0 if n = 0), `high = χ²(97.5%; 2n + 2) / 2T`
///
/// # Errors
/// `bad-quantity` unless `events` is a whole number and `years` is above zero, `out-of-range` beyond
/// `f64`.
///
/// # Source
/// Garwood (1936), Biometrika 28:437-442
pub fn rate_from_events(events: f64, years: f64) -> Result<Rate, QuantityError> {
    if !(0.0..=MOST_EVENTS).contains(&events) || events.fract() != 0.0 {
        return Err(QuantityError::new(
            codes::BAD_QUANTITY,
            format!("`events = {events}` is not a whole number of events"),
        )
        .help("count the events seen: `{ events = 5, years = 230 }`"));
    }
    if !(years.is_finite() && years > 0.0) {
        return Err(QuantityError::new(codes::BAD_QUANTITY, format!("`years = {years}` is not a time above zero"))
            .help("the years watched, over all members: `{ events = 5, years = 230 }`"));
    }
    let quantile = |p: f64, freedom: f64| ChiSquared::new(freedom).map(|law| law.inverse_cdf(p) / 2.0).ok();
    let low = if events > 0.0 { quantile(0.025, 2.0 * events) } else { Some(0.0) };
    let high = quantile(0.975, 2.0 * events + 2.0);
    let per_year = |count: f64| PerYear::new(count / years).filter(|rate| rate.per_year() <= FREQUENCY.most);
    match (per_year(events), low.and_then(per_year), high.and_then(per_year)) {
        (Some(point), Some(low), Some(high)) => Ok(Rate { point, low, high }),
        _ => Err(QuantityError::new(
            codes::OUT_OF_RANGE,
            format!("{events} events in {years} years is beyond all numbers"),
        )),
    }
}

/// A number at the start of a text.
struct Number<'a> {
    text: &'a str,
    value: f64,
    /// Whether a digit other than 0 is in it, so that a value of 0 has lost it.
    nonzero: bool,
}

/// The text without spaces around, if it can be a quantity at all.
fn clean<'a>(text: &'a str, form: &Form) -> Result<&'a str, QuantityError> {
    if let Some(c) = text.chars().find(|c| unseen(*c)) {
        return Err(QuantityError::new(
            codes::BAD_QUANTITY,
            format!("`{}` holds the invisible character U+{:04X}", shown(text), c as u32),
        )
        .help("remove it, or write an ordinary space"));
    }
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Err(
            QuantityError::new(codes::BAD_QUANTITY, format!("an empty text is not {}", form.what)).help(form.examples)
        );
    }
    if text.len() > LONGEST {
        return Err(QuantityError::new(
            codes::BAD_QUANTITY,
            format!("a text of {} bytes is not {}", text.len(), form.what),
        )
        .help(form.examples));
    }
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if lower.starts_with("nan") || lower.starts_with("inf") {
        return Err(QuantityError::new(codes::BAD_QUANTITY, format!("`{}` is not a finite number", shown(text)))
            .help(form.examples));
    }
    if text.starts_with('-') {
        return Err(negative(text));
    }
    Ok(text)
}

/// Control characters, direction marks and blanks that look like a space or like nothing.
pub(super) fn unseen(c: char) -> bool {
    c.is_control()
        || (c != ' ' && c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Splits off the number at the start; `None` if there is none.
fn number<'a>(text: &'a str, form: &Form) -> Result<Option<(Number<'a>, &'a str)>, QuantityError> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if end == 0 {
        return Ok(None);
    }
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let (number, rest) = text.split_at(end);
    if rest.starts_with(['.', '_', ',', '\'']) {
        return if std::ptr::eq(form, &DURATION) && rest.starts_with(',') {
            Ok(None)
        } else {
            Err(QuantityError::new(codes::BAD_QUANTITY, format!("`{}` is not a plain decimal number", shown(text)))
                .help("write a decimal point for a fraction, and nothing between thousands: `1234.5`"))
        };
    }
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let nonzero = mantissa.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let value = number.parse().unwrap_or(f64::INFINITY);
    let number = Number { text: number, value: not_lost(value, nonzero, text, form)?, nonzero };
    Ok(Some((number, rest.trim_start_matches(' '))))
}

/// The value within the limits of its kind.
fn in_range<T>(
    value: f64,
    nonzero: bool,
    text: &str,
    form: &Form,
    make: impl Fn(f64) -> Option<T>,
) -> Result<T, QuantityError> {
    let value = not_lost(value, nonzero, text, form)?;
    let made = if value <= form.most { make(value) } else { None };
    made.ok_or_else(|| too_large(text, form))
}

/// The value if it is finite and did not shrink to zero.
fn not_lost(value: f64, nonzero: bool, text: &str, form: &Form) -> Result<f64, QuantityError> {
    if value == 0.0 && nonzero {
        return Err(QuantityError::new(
            codes::OUT_OF_RANGE,
            format!("`{}` is so small that it would count as zero", shown(text)),
        )
        .help("write 0 with its unit if nothing is meant"));
    }
    if value.is_finite() { Ok(value) } else { Err(too_large(text, form)) }
}

fn too_large(text: &str, form: &Form) -> QuantityError {
    QuantityError::new(codes::OUT_OF_RANGE, format!("`{}` is too large to compute with", shown(text))).help(form.limit)
}

fn negative(text: &str) -> QuantityError {
    QuantityError::new(codes::OUT_OF_RANGE, format!("`{}` is negative", shown(text)))
        .help("no quantity of a scenario can be below zero")
}

fn not_a(text: &str, form: &Form) -> QuantityError {
    QuantityError::new(codes::BAD_QUANTITY, format!("`{}` is not {}", shown(text), form.what)).help(form.examples)
}

/// A user's text as messages repeat it: short, on one line, without anything invisible.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(60)
        .flat_map(|c| if unseen(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
