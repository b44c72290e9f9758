//! Moments of the calendar at which something starts.

use crate::units::{SECONDS_PER_YEAR, Seconds};

/// Seconds of 52 weeks.
const WEEKS: f64 = 52.0 * 7.0 * 86_400.0;

/// Moments that come again and again: those of the reference year and, a period apart, those of the years
/// before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Those of the first period of the reference year.
    moments: Vec<f64>,
    period: f64,
}

impl Calendar {
    /// # Arguments
    /// `starts`: those of the reference year, seconds from its first moment in UTC, ascending; `weekly`: only
    /// the days of the week say on which days. Then the period is 52 weeks, so that Sundays are 7 days apart
    /// over New Year too; otherwise it is the year.
    #[must_use]
    pub fn new(mut starts: Vec<f64>, weekly: bool) -> Self {
        let period = if weekly { WEEKS } else { SECONDS_PER_YEAR };
        starts.retain(|start| *start < period);
        Self { moments: starts, period }
    }

    /// Every `interval` from an offset into the reference year, both in seconds.
    #[must_use]
    pub fn even(interval: f64, offset: f64) -> Self {
        Self { moments: vec![offset % interval], period: interval }
    }

    /// After how many periods it stands to another as it did at first; [`u64::MAX`] if that is nowhere near.
    #[must_use]
    pub fn turns_with(&self, other: &Self) -> u64 {
        let whole = |period: f64| (period * 1000.0).round() as u64;
        let (mut a, mut b) = (whole(self.period), whole(other.period));
        if [self, other].iter().any(|one| one.period * 1000.0 != whole(one.period) as f64) {
            return u64::MAX;
        }
        let theirs = b;
        while b > 0 {
            (a, b) = (b, a % b);
        }
        theirs / a.max(1)
    }

    /// Moments of one period, seconds from the first moment of the reference year in UTC, ascending.
    #[must_use]
    pub fn moments(&self) -> &[f64] {
        &self.moments
    }

    /// The n-th moment from the first of the reference year on, backwards too, in seconds as
    /// [`Self::moments`]; infinite if there is none.
    #[must_use]
    pub fn at(&self, n: i64) -> f64 {
        let count = self.moments.len().max(1) as i64;
        let within = self.moments.get(n.rem_euclid(count) as usize).copied().unwrap_or(f64::INFINITY);
        within + n.div_euclid(count) as f64 * self.period
    }

    /// The last moment at or before `time`, seconds as [`Self::moments`], by its number as [`Self::at`] counts.
    #[must_use]
    pub fn last_by(&self, time: f64) -> i64 {
        let turns = (time / self.period).floor();
        let within = time - turns * self.period;
        let index = self.moments.partition_point(|moment| *moment <= within) as i64 - 1;
        index + turns as i64 * self.moments.len() as i64
    }

    /// Seconds from each moment of a period to the next one.
    pub fn gaps(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.moments.len() as i64).map(|n| self.at(n + 1) - self.at(n))
    }

    /// Mean time from one moment to the next.
    #[must_use]
    pub fn mean_gap(&self) -> Seconds {
        Seconds::new(self.period / self.moments.len().max(1) as f64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Calendar;
    use crate::units::SECONDS_PER_YEAR;

    const DAY: f64 = 86_400.0;

    /// 2026 begins on a Thursday: 53 of them, the first and the last day of the year, and before the first
    /// that of 25 December 2025, a week earlier.
    #[test]
    fn weeks_go_on_over_new_year() {
        let thursdays: Vec<f64> = (0..53).map(|n| f64::from(n) * 7.0 * DAY).collect();
        let weekly = Calendar::new(thursdays.clone(), true);
        assert_eq!((weekly.at(-1), weekly.at(0), weekly.at(52)), (-7.0 * DAY, 0.0, 364.0 * DAY));
        assert!(weekly.gaps().all(|gap| gap == 7.0 * DAY));
        let (before, last) = (weekly.last_by(-1.0), weekly.last_by(SECONDS_PER_YEAR));
        assert_eq!((before, last, weekly.mean_gap().seconds()), (-1, 52, 7.0 * DAY));
        // By the year, the last Thursday and the first are one day apart.
        let yearly = Calendar::new(thursdays, false);
        assert_eq!(yearly.gaps().fold(f64::INFINITY, f64::min), DAY);
        assert_eq!((yearly.at(-1), yearly.last_by(-1.0), yearly.last_by(-DAY - 1.0)), (-DAY, -1, -2));
    }

    /// Every 6 h against every 4 h: after 12 h, two turns of 6 h.
    #[test]
    fn calendars_come_round() {
        let (six, four) = (Calendar::even(6.0 * 3600.0, 0.0), Calendar::even(4.0 * 3600.0, 9.0 * 3600.0));
        assert_eq!((six.turns_with(&four), four.turns_with(&six)), (2, 3));
        assert_eq!((four.moments(), four.last_by(0.0), four.at(-1)), (&[3600.0][..], -1, -3.0 * 3600.0));
    }
}
