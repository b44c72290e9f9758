//! Quantities as a person says them: `1 h 12 min`, `$1,240`, `≤ 0.003%`.

use crate::stats::Proportion;

/// Units of time with their seconds, largest first.
const TIMES: [(&str, f64); 5] = [("y", 365.0 * 86_400.0), ("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)];

/// A length of time in seconds, in its two largest units of y (365 d), d, h, min, s and ms, rounded to the smaller; a
/// negative one carries its sign, and one without end is `never`.
#[must_use]
pub fn time(seconds: f64) -> String {
    if seconds.is_nan() || seconds.is_infinite() {
        return "never".to_owned();
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let size = seconds.abs();
    if size == 0.0 {
        return "0 s".to_owned();
    }
    if size < 0.000_05 {
        // What a mean comes to where times are whole milliseconds; it is not nothing.
        return format!("{}0.1 ms", if seconds < 0.0 { "> -" } else { "< " });
    }
    if size < 0.9995 {
        return format!("{sign}{} ms", trimmed(size * 1000.0, if size < 0.01 { 1 } else { 0 }));
    }
    if size < 9.95 {
        return format!("{sign}{} s", trimmed(size, 1));
    }
    // Rounded to the smaller of the two units first, so that 59 min 59.9 s becomes 1 h.
    let at = |size: f64| TIMES.iter().position(|(_, unit)| size >= *unit).unwrap_or(TIMES.len() - 1);
    let step = TIMES.get(at(size) + 1).map_or(1.0, |(_, unit)| *unit);
    let rounded = (size / step).round() * step;
    let (name, unit) = TIMES[at(rounded)];
    let whole = (rounded / unit).floor();
    let rest = rounded - whole * unit;
    match TIMES.get(at(rounded) + 1) {
        Some((small, part)) if (rest / part).round() >= 1.0 => {
            format!("{sign}{} {name} {} {small}", grouped(whole), (rest / part).round())
        }
        _ => format!("{sign}{} {name}", grouped(whole)),
    }
}

/// A length of time in seconds with about two digits, for tables that are read at a glance: `34 min`, `2 h 57 min`.
#[must_use]
pub fn brief(seconds: f64) -> String {
    let size = seconds.abs();
    if !size.is_finite() || size < 9.95 {
        return time(seconds);
    }
    // From ten of a unit on, the next smaller one says little.
    let step = TIMES.iter().find(|(_, unit)| size >= 9.995 * unit).map_or(1.0, |(_, unit)| *unit);
    time((size / step).round() * step * seconds.signum())
}

/// A volume in bytes, at least 0, in decimal units, three digits: `1.5 GB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    let units = [("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match units.iter().find(|(_, unit)| bytes >= 0.9995 * unit) {
        Some((name, unit)) => format!("{} {name}", three_digits(bytes / unit)),
        None => format!("{} B", bytes.round()),
    }
}

/// Currencies without cents: those of which ISO 4217 gives no decimals.
const WITHOUT_CENTS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"];

/// An amount of money: cents below 100, if the currency has any, none above.
#[must_use]
pub fn money(amount: f64, currency: &str) -> String {
    let sign = if amount < 0.0 { "-" } else { "" };
    let size = amount.abs();
    let cents = !WITHOUT_CENTS.contains(&currency);
    let digits = match size {
        _ if size >= 99.995 => grouped(size.round()),
        _ if cents && size > 0.0 && size < 0.005 => "<0.01".to_owned(),
        _ if cents => format!("{size:.2}"),
        _ if size > 0.0 && size < 0.5 => "<1".to_owned(),
        _ => grouped(size.round()),
    };
    in_currency(sign, &digits, currency)
}

/// A unit price with every digit that it was given: `$0.023`, `$0.50`, `$1,200`. Two after the point at least, if
/// there are any.
#[must_use]
pub fn price(amount: f64, currency: &str) -> String {
    let sign = if amount < 0.0 { "-" } else { "" };
    let text = amount.abs().to_string();
    let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let digits = if digits.is_empty() { whole } else { format!("{whole}.{digits:0<2}") };
    in_currency(sign, &digits, currency)
}

/// Digits with their sign and the sign or code of their currency.
fn in_currency(sign: &str, digits: &str, currency: &str) -> String {
    match currency {
        "USD" => format!("{sign}${digits}"),
        "EUR" => format!("{sign}€{digits}"),
        "GBP" => format!("{sign}£{digits}"),
        "JPY" => format!("{sign}¥{digits}"),
        "" => format!("{sign}{digits}"),
        other => format!("{sign}{digits} {other}"),
    }
}

/// A mean with its standard error, which has two digits, and no more decimals than that: `2.760 ± 0.065`.
#[must_use]
pub fn with_error(mean: f64, error: f64) -> String {
    if error <= 0.0 || !error.is_finite() {
        return number(mean);
    }
    let decimals = (1.0 - error.log10().floor()).clamp(0.0, 12.0) as usize;
    if mean.abs() >= 1000.0 || decimals == 0 {
        return format!("{} ± {}", number(mean), number(error));
    }
    format!("{mean:.decimals$} ± {error:.decimals$}")
}

/// An amount of money with its standard error, in cents only where the amount is.
#[must_use]
pub fn money_with_error(mean: f64, error: f64, currency: &str) -> String {
    if error <= 0.0 || !error.is_finite() {
        return money(mean, currency);
    }
    let error =
        if mean.abs() >= 99.995 && error >= 1.0 { price(error.round(), currency) } else { money(error, currency) };
    format!("{} ± {error}", money(mean, currency))
}

/// Decimals of a percentage at most: what no campaign of a sensible size can tell apart.
const PERCENT_DECIMALS: i32 = 4;

/// A share from 0 to 1 as a percentage, with as many digits as its distance from 0 and 1 asks for.
#[must_use]
pub fn percent(share: f64) -> String {
    let least = 10f64.powi(-PERCENT_DECIMALS) / 100.0;
    match share {
        s if s > 0.0 && s < least => "< 0.0001%".to_owned(),
        s if s < 1.0 && s > 1.0 - least => "> 99.9999%".to_owned(),
        _ => percent_in(share, PERCENT_DECIMALS as usize),
    }
}

/// A share beside the limit that it is held against: with more digits where they would read the same although they
/// are not.
#[must_use]
pub fn percent_beside(share: f64, limit: f64) -> String {
    let (usual, other) = (percent(share), percent(limit));
    if usual != other || share == limit {
        return usual;
    }
    let finer = (2..=12).map(|digits| format!("{}%", trimmed(share * 100.0, digits)));
    finer.into_iter().find(|text| *text != other).unwrap_or(usual)
}

fn percent_in(share: f64, most: usize) -> String {
    let distance = share.min(1.0 - share).abs();
    if distance == 0.0 {
        return format!("{}%", share * 100.0);
    }
    // Two significant digits of what is missing: 99.982%, 0.013%, 42.1%.
    let digits = if distance >= 0.1 { 1 } else { (1.0 - (distance * 100.0).log10().floor()).max(1.0) as usize };
    format!("{}%", trimmed(share * 100.0, digits.min(most)))
}

/// A chance as a percentage: where nothing, or nothing else, was seen, its one-sided 95% bound in place of 0% or 100%,
/// about 3 ÷ n.
#[must_use]
pub fn chance(share: &Proportion) -> String {
    const ALL_DECIMALS: usize = 12;
    match share.point {
        None => "unknown".to_owned(),
        Some(_) if share.events == 0 => format!("≤ {}", percent_in(share.high, ALL_DECIMALS)),
        Some(_) if share.events == share.n => format!("≥ {}", percent_in(share.low, ALL_DECIMALS)),
        Some(point) => percent(point),
    }
}

/// A frequency, in events per year: `0.05 / year`.
#[must_use]
pub fn per_year(rate: f64) -> String {
    if rate == 0.0 { "never".to_owned() } else { format!("{} / year", three_digits(rate)) }
}

/// A plain number with three significant digits, groups of thousands above.
#[must_use]
pub fn number(value: f64) -> String {
    if value.abs() >= 1000.0 { grouped(value.round()) } else { three_digits(value) }
}

fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 12.0);
    trimmed(value, digits as usize)
}

/// A number with at most so many decimals, without trailing zeros.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number with commas between thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0.0 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_two_units() {
        let cases = [
            (0.0, "0 s"),
            (0.25, "250 ms"),
            (0.0015, "1.5 ms"),
            (0.000_04, "< 0.1 ms"),
            (-0.000_04, "> -0.1 ms"),
            (1.5, "1.5 s"),
            (12.4, "12 s"),
            (59.7, "1 min"),
            (90.0, "1 min 30 s"),
            (4320.0, "1 h 12 min"),
            (3599.9, "1 h"),
            (7200.0, "2 h"),
            (86_400.0 * 2.5, "2 d 12 h"),
            (86_399.0, "1 d"),
            (365.0 * 86_400.0 * 3.0, "3 y"),
            (-4320.0, "-1 h 12 min"),
            (f64::INFINITY, "never"),
        ];
        for (seconds, text) in cases {
            assert_eq!(time(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn times_at_a_glance() {
        let cases = [
            (2031.0, "34 min"),
            (4860.0, "1 h 21 min"),
            (42_720.0, "12 h"),
            (86_280.0, "1 d"),
            (-3524.0, "-59 min"),
            (7.25, "7.2 s"),
            (86_400.0 * 34.3, "34 d"),
            (86_400.0 * 365.0 * 12.4, "12 y"),
        ];
        for (seconds, text) in cases {
            assert_eq!(brief(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn money_volumes_and_shares() {
        assert_eq!(money(1240.0, "USD"), "$1,240");
        assert_eq!(money(6.9, "USD"), "$6.90");
        assert_eq!(money(-1_234_567.4, "EUR"), "-€1,234,567");
        assert_eq!(money(0.0, "CHF"), "0.00 CHF");
        assert_eq!([0.0, 0.2, 1.0, 42.7, 1240.0].map(|yen| money(yen, "JPY")), ["¥0", "¥<1", "¥1", "¥43", "¥1,240"]);
        assert_eq!(
            [0.023, 0.5, 0.0, 1200.0, 1234.5].map(|p| price(p, "USD")),
            ["$0.023", "$0.50", "$0", "$1,200", "$1,234.50"]
        );
        assert_eq!(price(0.9, "CHF"), "0.90 CHF");
        assert_eq!(bytes(8.45e9), "8.45 GB");
        assert_eq!(bytes(999.0), "999 B");
        assert_eq!(bytes(999_999.0), "1 MB");
        assert_eq!(percent(0.95), "95%");
        assert_eq!(percent(0.999_821), "99.982%");
        assert_eq!(percent(0.000_134), "0.013%");
        assert_eq!(percent(0.4217), "42.2%");
        assert_eq!((percent(0.0), percent(1.0)), ("0%".to_owned(), "100%".to_owned()));
        assert_eq!((percent(1e-9), percent(1.0 - 1e-9)), ("< 0.0001%".to_owned(), "> 99.9999%".to_owned()));
        assert_eq!(number(12_345.6), "12,346");
        assert_eq!(number(0.012_345), "0.0123");
    }

    #[test]
    fn a_share_that_falls_short_never_reads_like_its_limit() {
        assert_eq!(percent_beside(0.949_78, 0.95), "94.98%");
        assert_eq!(percent_beside(0.899_999_9, 0.9), "89.99999%");
        assert_eq!(percent_beside(0.95, 0.95), "95%");
        assert_eq!(percent_beside(0.9, 0.95), "90%");
    }

    #[test]
    fn an_error_has_two_digits_and_the_mean_no_more_decimals() {
        assert_eq!(with_error(4.2179, 0.011_4), "4.218 ± 0.011");
        assert_eq!(with_error(0.541, 0.002_41), "0.5410 ± 0.0024");
        assert_eq!(with_error(12.3, 0.0), "12.3");
        assert_eq!(money_with_error(15_250.3, 77.66, "USD"), "$15,250 ± $78");
        assert_eq!(money_with_error(52.5, 1.25, "USD"), "$52.50 ± $1.25");
    }

    /// 3 ÷ n: 1 − 0.05^(1/100000) = 2.9957e-5 by a pocket calculator.
    #[test]
    fn chances_never_seen_are_bounds() {
        assert_eq!(chance(&Proportion::new(0, 100_000)), "≤ 0.003%");
        assert_eq!(chance(&Proportion::new(100_000, 100_000)), "≥ 99.997%");
        assert_eq!(chance(&Proportion::new(25, 100)), "25%");
    }
}
