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
