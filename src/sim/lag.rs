//! How far a copy is behind: a distribution, what bursts leave waiting on a link, or the age of the backup
//! that it is made from.

use super::random::{Draw, Key, Purpose, Uniform};
use super::schedule::{Backup, Query};

/// What a copy is behind at the moment of a failure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Behind {
    /// Seconds.
    pub(super) age: f64,
    /// Logical bytes, where the write profile tells more than the average rate.
    pub(super) bytes: Option<f64>,
}

/// A source of lag.
#[derive(Clone, Debug)]
pub(super) enum Lag {
    Law(Draw),
    Backlog(Backlog),
    /// The newest run that can be used.
    Runs(Box<Backup>),
}

/// When a copy is read: seconds from the failure, and the failure's moment in the reference year.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) at: f64,
    pub(super) moment: f64,
}

impl Lag {
    /// The lag of the `n`-th repetition; a backlog is the same for all, as the profile repeats. `None`: there
    /// is no run.
    fn nth<U: Uniform>(&self, draws: &U, occurrence: u64, n: u64, read: Read) -> Option<Behind> {
        match self {
            Self::Law(draw) => Some(Behind { age: draw.nth(draws, occurrence, n), bytes: None }),
            Self::Backlog(backlog) => {
                let phase = draws.uniform(backlog.key, occurrence, Purpose::Phase);
                Some(backlog.at(phase * backlog.every))
            }
            Self::Runs(backup) => {
                let Read { at, moment } = read;
                let query = Query { cutoff: at, arrived_by: at, kept_at: at, moment, skip: 0 };
                Some(Behind { age: at + backup.newest(draws, occurrence, &query)?.age, bytes: None })
            }
        }
    }
}

/// What a chain of copies is behind, from the one that is read on: along a chain times add up. `None`: one of
/// them has nothing to give.
pub(super) fn total<U: Uniform>(lags: &[Lag], draws: &U, occurrence: u64, n: u64, read: Read) -> Option<Behind> {
    match lags {
        [] => Some(Behind::default()),
        [one] => one.nth(draws, occurrence, n, read),
        several => {
            let mut age = 0.0;
            for lag in several {
                age += lag.nth(draws, occurrence, n, Read { at: read.at - age, ..read })?.age;
            }
            Some(Behind { age, bytes: None })
        }
    }
}

/// A write profile that meets a link: a base rate, and bursts that the link may not keep up with.
///
/// All rates are logical bytes per second; the link's is its bandwidth times the compression.
#[derive(Clone, Debug)]
pub(super) struct Backlog {
    pub(super) key: Key,
    pub(super) base: f64,
    pub(super) burst: f64,
    pub(super) lasts: f64,
    pub(super) every: f64,
    pub(super) link: f64,
    /// Half a round trip, seconds.
    pub(super) half_trip: f64,
}

impl Backlog {
    /// The lag at `time` seconds after the start of a burst, within one cycle.
    ///
    /// # Formula
    /// With A the cumulative writes and Q the backlog, the smallest ℓ with A(t) − A(t − ℓ) = Q(t):
    /// first in, first out. Q rises by burst − link while a burst lasts, then falls by link − base.
    /// If the mean rate is below the link's, it is empty again before the next burst. Otherwise it
    /// grows without end and the lag is infinite.
    pub(super) fn at(&self, time: f64) -> Behind {
        let mean = self.base + (self.burst - self.base) * (self.lasts / self.every).min(1.0);
        if mean >= self.link || self.base >= self.link {
            return Behind { age: f64::INFINITY, bytes: None };
        }
        let since = time - self.lasts;
        let rise = (self.burst - self.link).max(0.0);
        let (backlog, age) = if since < 0.0 {
            let backlog = rise * time;
            (backlog, ratio(backlog, self.burst))
        } else {
            let backlog = (rise * self.lasts - (self.link - self.base) * since).max(0.0);
            let after = self.base * since;
            let age =
                if backlog <= after { ratio(backlog, self.base) } else { since + ratio(backlog - after, self.burst) };
            (backlog, age)
        };
        let rate = if since < 0.0 { self.burst } else { self.base };
        Behind { age: age + self.half_trip, bytes: Some(backlog + rate * self.half_trip) }
    }
}

fn ratio(bytes: f64, rate: f64) -> f64 {
    if bytes <= 0.0 { 0.0 } else { bytes / rate }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Link 100 MB/s, base 40, burst 250 MB/s for 600 s in every 3600 s. Peak backlog
    /// 600 s × 150 MB/s = 90 GB; drained after 90 GB ÷ 60 MB/s = 1500 s; at the end of the burst
    /// the last 90 GB were written in 90 GB ÷ 250 MB/s = 360 s.
    #[test]
    fn a_burst_leaves_a_backlog_that_drains() {
        let profile = Backlog {
            key: Key::root(0),
            base: 40e6,
            burst: 250e6,
            lasts: 600.0,
            every: 3600.0,
            link: 100e6,
            half_trip: 0.0,
        };
        let end = profile.at(600.0);
        assert!((end.age - 360.0).abs() < 1e-9 && (end.bytes.unwrap_or(0.0) - 90e9).abs() < 1.0);
        assert_eq!(profile.at(2100.0).age, 0.0);
        let mean: f64 =
            (0..36_000).map(|n| profile.at(f64::from(n) / 10.0 + 0.05).bytes.unwrap_or(0.0)).sum::<f64>() / 36_000.0;
        // Two triangles of 90 GB over 600 s and 1500 s in 3600 s: 90 × 2100 ÷ 2 ÷ 3600 = 26.25 GB.
        assert!((mean - 26.25e9).abs() < 1e6, "{mean}");
    }
}
