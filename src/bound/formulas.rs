//! Closed forms that need no scenario: backups, bursts over a link, chains, catching up.
//!
//! All times in seconds, volumes in bytes, rates in bytes per second.

use crate::model::Calendar;
use crate::units::SECONDS_PER_YEAR;

/// Bounds and mean of the loss to a periodic backup when the failure strikes at a uniform moment.
///
/// A run that starts at s can be used from s + P. The newest usable start lies P to P + I before the
/// failure, uniformly, since the phase is uniform.
///
/// # Formula
/// loss ~ U\[P, P + I\], mean P + I ÷ 2
///
/// # Arguments
/// `interval`: I, seconds between starts, above 0; `usable_after`: P, run time plus travel.
///
/// # Returns
/// (best, mean, worst) in seconds.
///
/// # Source
/// Residual life of a renewal process with constant gaps; Ross, Stochastic Processes, 3.4.
#[must_use]
pub fn periodic_backup_loss(interval: f64, usable_after: f64) -> (f64, f64, f64) {
    (usable_after, usable_after + interval / 2.0, usable_after + interval)
}

/// Mean loss to a periodic backup whose runs fail independently.
///
/// The number of failed runs before the newest good one is geometric with mean f ÷ (1 − f).
///
/// # Formula
/// P + I ÷ 2 + I f ÷ (1 − f)
///
/// # Arguments
/// `fails`: chance f that a run fails, below 1; the rest as in [`periodic_backup_loss`]. Retention is
/// taken to be long enough not to matter.
///
/// # Returns
/// Seconds.
///
/// # Source
/// [`periodic_backup_loss`], and the mean of the geometric distribution; Ross, Introduction to Probability
/// Models, 2.4.
#[must_use]
pub fn periodic_backup_mean_loss(interval: f64, usable_after: f64, fails: f64) -> f64 {
    usable_after + interval / 2.0 + interval * fails / (1.0 - fails)
}

/// Mean and longest age of the newest start of an uneven schedule at a uniform moment.
///
/// A gap g is hit with a chance in proportion to g and then contributes g ÷ 2 on average: long gaps
/// count twice. (The inspection paradox.)
///
/// # Formula
/// mean = Σ (b² − a²) ÷ (2 · year) over the stretches of the reference year between starts, at whose ends the
/// newest start is a and b old: Σ g² ÷ (2 Σ g) where all gaps g lie in it; longest = max g
///
/// # Returns
/// (mean, longest) in seconds; without a start both are infinite.
#[must_use]
pub fn uneven_schedule_age(starts: &Calendar) -> (f64, f64) {
    if starts.moments().is_empty() {
        return (f64::INFINITY, f64::INFINITY);
    }
    let stretch = |n: i64| {
        let (start, next) = (starts.at(n), starts.at(n + 1));
        let (a, b) = (start.max(0.0) - start, next.min(SECONDS_PER_YEAR) - start);
        b * b - a * a
    };
    let squares: f64 = (starts.last_by(0.0)..=starts.last_by(SECONDS_PER_YEAR)).map(stretch).sum();
    (squares / (2.0 * SECONDS_PER_YEAR), starts.gaps().fold(0.0, f64::max))
}

/// A write profile that repeats, against the rate at which a link takes it away, first in, first out.
///
/// # Source
/// Own derivations, each with its formula, from the fluid queue of one source; steps through a cycle check
/// them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurstProfile {
    /// Writes outside bursts, bytes per second.
    pub base: f64,
    /// Writes during a burst, all of them, bytes per second.
    pub burst: f64,
    /// How long a burst lasts, seconds.
    pub lasts: f64,
    /// From one burst's start to the next, seconds.
    pub every: f64,
    /// What the link carries, bytes per second, of the same bytes as the writes.
    pub link: f64,
}

impl BurstProfile {
    /// Whether the backlog is empty again before the next burst: the mean rate is below the link's.
    /// If not, neither backlog nor lag has a bound.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        let mean = self.base + (self.burst - self.base) * (self.lasts / self.every).min(1.0);
        mean < self.link && self.base < self.link
    }

    /// Largest backlog, at the end of a burst.
    ///
    /// # Formula
    /// max(0, b − c) × d, with burst rate b, link rate c and duration d: the backlog grows by the
    /// difference of the rates.
    ///
    /// # Returns
    /// Bytes; infinite if not stable.
    #[must_use]
    pub fn peak_backlog(&self) -> f64 {
        if self.is_stable() { (self.burst - self.link).max(0.0) * self.lasts } else { f64::INFINITY }
    }

    /// How long after a burst the backlog is gone.
    ///
    /// # Formula
    /// peak ÷ (c − a), with base rate a and link rate c
    ///
    /// # Returns
    /// Seconds; infinite if not stable, zero if no burst leaves a backlog.
    #[must_use]
    pub fn drain_time(&self) -> f64 {
        let peak = self.peak_backlog();
        if peak > 0.0 { peak / (self.link - self.base) } else { 0.0 }
    }

    /// Mean backlog over time.
    ///
    /// # Formula
    /// Two triangles of height `peak` per cycle: peak × (d + drain) ÷ (2 × every)
    ///
    /// # Returns
    /// Bytes; infinite if not stable.
    #[must_use]
    pub fn mean_backlog(&self) -> f64 {
        let peak = self.peak_backlog();
        if peak > 0.0 { peak * (self.lasts + self.drain_time()) / (2.0 * self.every) } else { 0.0 }
    }

    /// Share of time during which the backlog exceeds `bytes`.
    ///
    /// # Formula
    /// Each triangle is above q for the part 1 − q ÷ peak of its base: (1 − q ÷ peak) × (d + drain) ÷ every
    ///
    /// # Returns
    /// Between 0 and 1; 1 if not stable, for in the end the backlog exceeds all.
    #[must_use]
    pub fn share_above(&self, bytes: f64) -> f64 {
        if !self.is_stable() {
            return 1.0;
        }
        let peak = self.peak_backlog();
        if bytes >= peak { 0.0 } else { (1.0 - bytes / peak) * (self.lasts + self.drain_time()) / self.every }
    }

    /// The longest time by which the receiving side is behind.
    ///
    /// With A(t) the cumulative writes and Q(t) the backlog, the lag ℓ(t) is the smallest with
    /// A(t) − A(t − ℓ) = Q(t). Let e be the end of the burst. Before it, Q = (b − c) t was all written
    /// at b, so ℓ = Q ÷ b grows. After it, at e + s, the oldest waiting byte is still from the burst
    /// while Q > a s; its lag is s + (Q − a s) ÷ b = s (1 − c ÷ b) + peak ÷ b, which still grows, until
    /// Q = a s, that is s = peak ÷ c. From then on ℓ = Q ÷ a falls. At that moment ℓ = peak ÷ c.
    ///
    /// # Formula
    /// ℓ max = peak ÷ c, reached peak ÷ c after the end of the burst
    ///
    /// # Returns
    /// Seconds; infinite if not stable.
    #[must_use]
    pub fn longest_lag(&self) -> f64 {
        let peak = self.peak_backlog();
        if peak > 0.0 { peak / self.link } else { 0.0 }
    }

    /// Mean lag over time.
    ///
    /// # Formula
    /// Integral of the three straight pieces of [`Self::longest_lag`] ÷ `every`: from 0 to
    /// peak ÷ b during d, from there to peak ÷ c during peak ÷ c, then to 0 at the end of the drain
    ///
    /// # Returns
    /// Seconds; infinite if not stable.
    #[must_use]
    pub fn mean_lag(&self) -> f64 {
        let peak = self.peak_backlog();
        if peak <= 0.0 || peak.is_infinite() {
            return peak.max(0.0);
        }
        let (at_end, top, rising) = (peak / self.burst, peak / self.link, peak / self.link);
        let falling = self.drain_time() - rising;
        (at_end * self.lasts + (at_end + top) * rising + top * falling.max(0.0)) / (2.0 * self.every)
    }
}

/// Time to restore a state and then catch up with writes that go on.
///
/// # Formula
/// t₁ = D ÷ r. Meanwhile w t₁ came in, and more comes during the replay, which gains on it at p − w:
/// t₂ = w t₁ ÷ (p − w)
///
/// # Arguments
/// `size`: D, bytes; `restore`: r, `writes`: w, `replay`: p, bytes per second, r above 0
///
/// # Returns
/// (t₁, t₂) in seconds; t₂ is infinite if the replay is no faster than the writes.
#[must_use]
pub fn restore_and_catch_up(size: f64, restore: f64, writes: f64, replay: f64) -> (f64, f64) {
    let restored = size / restore;
    let gains = replay - writes;
    (
        restored,
        if writes == 0.0 {
            0.0
        } else if gains > 0.0 {
            writes * restored / gains
        } else {
            f64::INFINITY
        },
    )
}

/// Time of one transfer.
///
/// # Formula
/// volume ÷ min(streams × rate, link × compression, …): the narrowest place sets the pace
///
/// # Arguments
/// `volume`: bytes; `limits`: what each place on the way carries, bytes per second, of the same bytes;
/// none is no limit
///
/// # Returns
/// Seconds; zero without a limit, infinite where a place carries nothing.
#[must_use]
pub fn transfer_time(volume: f64, limits: &[f64]) -> f64 {
    volume / limits.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
    use super::*;

    const HOUR: f64 = 3600.0;

    /// I = 24 h, P = 6 h: mean 18 h, bound 30 h, computed by hand.
    #[test]
    fn nightly_backup_that_takes_six_hours() {
        let (best, mean, worst) = periodic_backup_loss(24.0 * HOUR, 6.0 * HOUR);
        assert_eq!((best / HOUR, mean / HOUR, worst / HOUR), (6.0, 18.0, 30.0));
    }

    /// Half of all runs failing add one interval on average: f ÷ (1 − f) = 1.
    #[test]
    fn failed_runs_add_a_geometric_number_of_intervals() {
        assert_eq!(periodic_backup_mean_loss(10.0, 2.0, 0.5), 2.0 + 5.0 + 10.0);
        assert_eq!(periodic_backup_mean_loss(10.0, 2.0, 0.0), periodic_backup_loss(10.0, 2.0).1);
        // By summing the geometric series itself, f = 0.3.
        let sum: f64 = (0..200).map(|n| 0.7 * 0.3_f64.powi(n) * (7.0 + 10.0 * f64::from(n))).sum();
        assert!((periodic_backup_mean_loss(10.0, 2.0, 0.3) - sum).abs() < 1e-9);
    }

    /// Gaps of a quarter and three quarters of a year: (1/16 + 9/16) ÷ 2 = 5/16 of a year.
    #[test]
    fn uneven_gaps_count_by_their_length() {
        let (mean, longest) = uneven_schedule_age(&Calendar::new(vec![0.0, SECONDS_PER_YEAR / 4.0], false));
        assert!((mean / SECONDS_PER_YEAR - 5.0 / 16.0).abs() < 1e-12);
        assert!((longest / SECONDS_PER_YEAR - 0.75).abs() < 1e-12);
        assert_eq!(uneven_schedule_age(&Calendar::new(Vec::new(), false)).0, f64::INFINITY);
        let daily: Vec<f64> = (0..365).map(|d| f64::from(d) * 24.0 * HOUR).collect();
        assert!((uneven_schedule_age(&Calendar::new(daily, false)).0 - 12.0 * HOUR).abs() < 1e-6);
    }

    const PROFILE: BurstProfile = BurstProfile { base: 40e6, burst: 250e6, lasts: 600.0, every: 3600.0, link: 100e6 };

    /// Link 100 MB/s, base 40, burst 250 MB/s for 600 s in 3600 s: peak 600 s × 150 MB/s = 90 GB, gone
    /// after 90 GB ÷ 60 MB/s = 1500 s, mean 90 × 2100 ÷ 7200 = 26.25 GB, above 45 GB during
    /// 2100 ÷ 2 ÷ 3600 = 0.29167 of the time.
    #[test]
    fn a_burst_over_a_link() {
        assert_eq!(PROFILE.peak_backlog(), 90e9);
        assert_eq!(PROFILE.drain_time(), 1500.0);
        assert!((PROFILE.mean_backlog() - 26.25e9).abs() < 1.0);
        assert!((PROFILE.share_above(45e9) - 0.291_666_7).abs() < 1e-6);
        assert!(!BurstProfile { link: 75e6, ..PROFILE }.is_stable(), "75 MB/s is the mean: 40 + 210 ÷ 6");
        assert_eq!(BurstProfile { link: 75e6, ..PROFILE }.longest_lag(), f64::INFINITY);
        assert_eq!(BurstProfile { link: 300e6, ..PROFILE }.longest_lag(), 0.0);
    }

    /// Steps through a cycle, finds each byte's waiting time by first in, first out, and compares the
    /// longest and the mean with the formulas.
    #[test]
    fn lag_agrees_with_a_walk_through_the_cycle() {
        let cumulative = |t: f64| PROFILE.burst * t.min(PROFILE.lasts) + PROFILE.base * (t - PROFILE.lasts).max(0.0);
        let sent = |t: f64| if t < 2100.0 { PROFILE.link * t } else { cumulative(t) };
        let written_at = |bytes: f64| {
            let in_burst = PROFILE.burst * PROFILE.lasts;
            if bytes <= in_burst { bytes / PROFILE.burst } else { PROFILE.lasts + (bytes - in_burst) / PROFILE.base }
        };
        let (mut longest, mut total, step) = (0.0_f64, 0.0, 0.05);
        for n in 0..72_000 {
            let t = (f64::from(n) + 0.5) * step;
            let lag = t - written_at(sent(t));
            longest = longest.max(lag);
            total += lag * step;
        }
        assert!((PROFILE.longest_lag() - longest).abs() < 0.1, "{longest}");
        assert!((PROFILE.mean_lag() - total / 3600.0).abs() < 0.01, "{} {}", PROFILE.mean_lag(), total / 3600.0);
    }

    /// 1 TB at 250 MB/s = 4000 s; 80 GB came in; replay gains 80 MB/s: 1000 s.
    #[test]
    fn catching_up_with_a_log() {
        assert_eq!(restore_and_catch_up(1e12, 250e6, 20e6, 100e6), (4000.0, 1000.0));
        assert_eq!(restore_and_catch_up(1e12, 250e6, 20e6, 20e6).1, f64::INFINITY);
        assert_eq!(restore_and_catch_up(1e12, 250e6, 0.0, 0.0).1, 0.0);
    }

    /// 1 TiB at 1 Gbit/s = 8796 s; 850 MB at 500 MB/s = 1.7 s.
    #[test]
    fn the_narrowest_place_sets_the_pace() {
        assert!((transfer_time(1024.0_f64.powi(4), &[125e6, 500e6]) - 8796.093).abs() < 0.001);
        assert!((transfer_time(850e6, &[500e6]) - 1.7).abs() < 1e-12);
        assert_eq!(transfer_time(1.0, &[]), 0.0);
    }
}
