//! Quantities with their unit as a type: a number of the model is never a bare `f64`.
//!
//! Every value is finite and not negative, so no NaN and no infinity can enter the model. Only
//! operators with a physical meaning exist (bytes ÷ bytes per second = seconds, and so on).

use std::fmt;

use serde::Serialize;

/// Seconds in the model's year of 8760 hours.
///
/// Rates per year and yearly figures use a year of 365 days, as failure statistics do.
pub const SECONDS_PER_YEAR: f64 = 8760.0 * 3600.0;

/// Hours in the model's month: a twelfth of 8760 hours, the 730 that cloud price lists use.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// Bytes in the decimal gigabyte of price lists.
pub const BYTES_PER_GB: f64 = 1e9;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $get:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);

            #[doc = concat!("A quantity of `value` ", $unit, "; `None` unless finite and not negative.")]
            #[must_use]
            pub fn new(value: f64) -> Option<Self> {
                // Adding zero turns -0.0 into 0.0, so that equal quantities print alike.
                (value.is_finite() && value >= 0.0).then_some(Self(value + 0.0))
            }

            #[doc = concat!("A quantity of `value` ", $unit, " for a constant known to be valid; an invalid one becomes zero.")]
            #[must_use]
            pub const fn literal(value: f64) -> Self {
                if value >= 0.0 && value < f64::INFINITY { Self(value) } else { Self(0.0) }
            }

            #[doc = concat!("The value in ", $unit, ".")]
            #[must_use]
            pub const fn $get(self) -> f64 {
                self.0
            }

            /// Whether there is nothing of it.
            #[must_use]
            pub fn is_zero(self) -> bool {
                self.0 == 0.0
            }
        }
    };
}

quantity!(/// A length of time.
    Seconds, "seconds", seconds);
quantity!(/// A volume of data, before compression unless said otherwise.
    Bytes, "bytes", bytes);
quantity!(/// A flow of data.
    BytesPerSecond, "bytes per second", bytes_per_second);
quantity!(/// A frequency of events, per year of 8760 hours.
    PerYear, "events per year", per_year);
quantity!(/// An amount of money in the scenario's currency.
    Money, "units of the scenario's currency", amount);

impl std::ops::Add for Seconds {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).min(f64::MAX))
    }
}

impl std::ops::Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).min(f64::MAX))
    }
}

impl std::ops::Mul<Seconds> for BytesPerSecond {
    type Output = Bytes;
    fn mul(self, time: Seconds) -> Bytes {
        Bytes((self.0 * time.0).min(f64::MAX))
    }
}

impl std::ops::Div<BytesPerSecond> for Bytes {
    /// `None` where the rate is zero: the transfer never ends.
    type Output = Option<Seconds>;
    fn div(self, rate: BytesPerSecond) -> Option<Seconds> {
        Seconds::new(self.0 / rate.0)
    }
}

impl Bytes {
    /// The volume in decimal gigabytes, the unit of price lists.
    #[must_use]
    pub fn gigabytes(self) -> f64 {
        self.0 / BYTES_PER_GB
    }
}

/// A chance or a share between 0 and 1, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Probability(f64);

impl Probability {
    /// It never happens.
    pub const NEVER: Self = Self(0.0);
    /// It always happens.
    pub const ALWAYS: Self = Self(1.0);

    /// `None` unless `value` is within [0, 1].
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value + 0.0))
    }

    /// The value between 0 and 1.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

impl Seconds {
    /// As people's tables print it: two neighbouring units, `1 h 12 min`, `7 d 4 h`, `5.3 s`,
    /// `350 ms`. A year has 365 days.
    #[must_use]
    pub fn human(self) -> String {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 3600.0;
        const DAY: f64 = 86_400.0;
        let t = self.0;
        if t == 0.0 {
            return "0 s".to_owned();
        }
        if t < 0.0005 {
            return "< 1 ms".to_owned();
        }
        // Each limit lies where the next larger form would round up to its own first value.
        if t < 0.9995 {
            format!("{:.0} ms", t * 1000.0)
        } else if t < 9.95 {
            format!("{} s", trimmed(t, 1))
        } else if t < 59.5 {
            format!("{t:.0} s")
        } else if t < HOUR - 0.5 {
            pair(t, 1.0, MINUTE, "min", "s")
        } else if t < DAY - 30.0 {
            pair(t, MINUTE, HOUR, "h", "min")
        } else if t < 365.0 * DAY - 1800.0 {
            pair(t, HOUR, DAY, "d", "h")
        } else if t < 1e6 * SECONDS_PER_YEAR {
            pair(t, DAY, SECONDS_PER_YEAR, "y", "d")
        } else {
            format!("{:.1e} y", t / SECONDS_PER_YEAR)
        }
    }
}

/// `t` rounded to the small unit and split into large and small: `1 h 12 min`.
fn pair(t: f64, small: f64, large: f64, large_name: &str, small_name: &str) -> String {
    let per = (large / small).round();
    let whole = (t / small).round();
    let (first, rest) = ((whole / per).floor(), whole % per);
    if rest == 0.0 { format!("{first} {large_name}") } else { format!("{first} {large_name} {rest} {small_name}") }
}

/// A decimal number without the zeros at its end.
fn trimmed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Three significant digits before a decimal prefix: `600 GB`, `1.5 TB`.
fn prefixed(value: f64, unit: &str) -> String {
    const PREFIXES: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let mut scaled = value;
    let mut prefix = 0;
    while scaled >= 999.5 && prefix + 1 < PREFIXES.len() {
        scaled /= 1000.0;
        prefix += 1;
    }
    if scaled >= 1e6 {
        return format!("{scaled:.1e} {}{unit}", PREFIXES[prefix]);
    }
    if value > 0.0 && value < 0.005 {
        return format!("{value:.1e} {unit}");
    }
    let digits = if scaled >= 99.95 { 0 } else { usize::from(scaled < 9.995) + 1 };
    format!("{} {}{unit}", trimmed(scaled, digits), PREFIXES[prefix])
}

impl Bytes {
    /// As people's tables print it, in powers of 1000: `600 GB`, `1.5 TB`.
    #[must_use]
    pub fn human(self) -> String {
        prefixed(self.0, "B")
    }
}

impl BytesPerSecond {
    /// As people's tables print it, in powers of 1000: `250 MB/s`.
    #[must_use]
    pub fn human(self) -> String {
        prefixed(self.0, "B/s")
    }
}

impl PerYear {
    /// As people's tables print it: `0.05 / year`.
    #[must_use]
    pub fn human(self) -> String {
        if self.0 > 0.0 && !(1e-4..1e9).contains(&self.0) {
            return format!("{:.2e} / year", self.0);
        }
        format!("{} / year", trimmed(self.0, if self.0 < 1.0 { 4 } else { 2 }))
    }
}

impl Probability {
    /// As people's tables print it: `99.95%`, without the last bits of the multiplication.
    #[must_use]
    pub fn human(self) -> String {
        let percent = self.0 * 100.0;
        if percent > 0.0 && percent < 1e-8 { format!("{percent:.1e}%") } else { format!("{}%", trimmed(percent, 10)) }
    }
}

impl Money {
    /// As people's tables print it: `$1,240` of USD, `$6.90` below a hundred, `CHF 1,240` of a
    /// currency without a sign of its own.
    ///
    /// # Arguments
    /// `currency`: ISO 4217 code
    #[must_use]
    pub fn human(self, currency: &str) -> String {
        let sign = match currency {
            "USD" => "$".to_owned(),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            "JPY" => "¥".to_owned(),
            "INR" => "₹".to_owned(),
            "" => String::new(),
            other => format!("{other} "),
        };
        if self.0 == 0.0 {
            return format!("{sign}0");
        }
        if self.0 < 0.005 {
            return format!("< {sign}0.01");
        }
        if self.0 < 99.995 {
            return format!("{sign}{:.2}", self.0);
        }
        if self.0 >= 1e15 {
            return format!("{sign}{:.2e}", self.0);
        }
        format!("{sign}{}", grouped(&format!("{:.0}", self.0)))
    }
}

/// Digits with a comma between thousands.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_for_people() {
        // Arithmetic of the units; the forms at the limits must carry (59.96 s is not `60 s`).
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.0001, "< 1 ms"),
            (0.35, "350 ms"),
            (0.9996, "1 s"),
            (5.34, "5.3 s"),
            (9.96, "10 s"),
            (42.4, "42 s"),
            (59.6, "1 min"),
            (90.0, "1 min 30 s"),
            (3599.6, "1 h"),
            (4320.0, "1 h 12 min"),
            (27_360.0, "7 h 36 min"),
            (86_399.0, "1 d"),
            (108_000.0, "1 d 6 h"),
            (31_535_999.0, "1 y"),
            (315_360_000.0, "10 y"),
            (34_128_000.0, "1 y 30 d"),
            (1e300, "3.2e292 y"),
        ] {
            assert_eq!(Seconds::new(seconds).unwrap().human(), text, "{seconds}");
        }
    }

    #[test]
    fn volumes_for_people() {
        for (bytes, text) in [
            (0.0, "0 B"),
            (512.0, "512 B"),
            (999.6, "1 kB"),
            (600e9, "600 GB"),
            (1.5e12, "1.5 TB"),
            (27.34e6, "27.3 MB"),
            // 2^40
            (1_099_511_627_776.0, "1.1 TB"),
            (2e24, "2.0e6 EB"),
        ] {
            assert_eq!(Bytes::new(bytes).unwrap().human(), text, "{bytes}");
        }
        assert_eq!(BytesPerSecond::new(250e6).unwrap().human(), "250 MB/s");
        assert_eq!(BytesPerSecond::new(231.48e3).unwrap().human(), "231 kB/s");
    }

    #[test]
    fn money_and_rates_for_people() {
        for (amount, text) in [
            (0.0, "$0"),
            (0.001, "< $0.01"),
            (6.9, "$6.90"),
            (99.999, "$100"),
            (1240.4, "$1,240"),
            (1_234_567.0, "$1,234,567"),
            (1e18, "$1.00e18"),
        ] {
            assert_eq!(Money::new(amount).unwrap().human("USD"), text, "{amount}");
        }
        assert_eq!(Money::new(1240.0).unwrap().human("CHF"), "CHF 1,240");
        assert_eq!(Money::new(20.0).unwrap().human("EUR"), "€20.00");
        assert_eq!(PerYear::new(0.05).unwrap().human(), "0.05 / year");
        assert_eq!(PerYear::new(1e-6).unwrap().human(), "1.00e-6 / year");
        assert_eq!(PerYear::new(365.0).unwrap().human(), "365 / year");
        // 0.9995 and 0.07 times 100 are not whole in binary.
        assert_eq!(Probability::new(0.9995).unwrap().human(), "99.95%");
        assert_eq!(Probability::new(0.07).unwrap().human(), "7%");
        assert_eq!(Probability::ALWAYS.human(), "100%");
    }
}
