//! Axes of time, ticked as people count it.

use super::font;
use super::scene::{Anchor, Ink, SIZE, Scene};
use crate::report::human;

/// Shortest time that a logarithmic axis shows, in seconds.
const SHORTEST: f64 = 1e-3;

/// Longest time that an axis shows: what a result read from a file claims beyond it is drawn there.
const LONGEST: f64 = 1e12;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;

/// The few ticks that a wide axis has, then those that a narrow one may have beside them, the rounder
/// ones first.
const COARSE: [f64; 14] = [
    0.001,
    0.01,
    0.1,
    1.0,
    10.0,
    MINUTE,
    10.0 * MINUTE,
    HOUR,
    6.0 * HOUR,
    DAY,
    10.0 * DAY,
    100.0 * DAY,
    YEAR,
    10.0 * YEAR,
];
const FINE: [f64; 25] = [
    0.002,
    0.005,
    0.02,
    0.05,
    0.2,
    0.5,
    30.0,
    5.0,
    2.0,
    20.0,
    30.0 * MINUTE,
    5.0 * MINUTE,
    2.0 * MINUTE,
    15.0 * MINUTE,
    20.0 * MINUTE,
    45.0 * MINUTE,
    3.0 * HOUR,
    12.0 * HOUR,
    2.0 * HOUR,
    4.0 * HOUR,
    2.0 * DAY,
    4.0 * DAY,
    30.0 * DAY,
    50.0 * DAY,
    200.0 * DAY,
];

/// Distance of labels that stand side by side.
const GAP: f64 = 8.0;

/// A stretch of the page that stands for a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeAxis {
    left: f64,
    right: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
    /// Values of labelled ticks in seconds, ascending.
    pub(super) ticks: Vec<f64>,
}

/// What a file may hold, as a time that can be drawn.
pub(super) fn sane(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.clamp(0.0, LONGEST) } else { LONGEST }
}

impl TimeAxis {
    /// Logarithmic, over all of these times above zero.
    pub(super) fn logarithmic(left: f64, right: f64, times: impl IntoIterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, 0.0_f64);
        for time in times.into_iter().map(sane).filter(|time| *time > 0.0) {
            let time = time.max(SHORTEST);
            (from, to) = (from.min(time), to.max(time));
        }
        if from > to {
            (from, to) = (1.0, DAY);
        }
        // Room on both sides, and never less than a factor of three.
        let room = (3.0 / (to / from)).max(1.0).sqrt() * 1.08;
        let (from, to) = (from / room, to * room);
        let mut axis = Self { left, right, from, to, logarithmic: true, ticks: Vec::new() };
        let inside = |list: &[f64]| list.iter().copied().filter(|t| *t >= from && *t <= to).collect::<Vec<f64>>();
        let mut coarse = inside(&COARSE);
        let mut fine = inside(&FINE);
        // Beyond the lists, decades of years.
        for decade in [1.0, 10.0, 100.0, 1e3, 1e4, 1e5].map(|years| years * YEAR) {
            coarse.extend(inside(&[decade]).into_iter().filter(|t| *t > 10.0 * YEAR));
            fine.extend(inside(&[2.0 * decade, 5.0 * decade]));
        }
        for tick in coarse.into_iter().chain(fine) {
            axis.try_tick(tick);
        }
        axis.ticks.sort_by(f64::total_cmp);
        axis
    }

    /// Linear, from 0 to this time.
    pub(super) fn linear(left: f64, right: f64, to: f64) -> Self {
        let to = sane(to).max(SHORTEST);
        let mut axis = Self { left, right, from: 0.0, to, logarithmic: false, ticks: Vec::new() };
        let steps = COARSE.iter().chain(&FINE).copied();
        // Six stretches at most, of the shortest that is long enough.
        let mut step = steps.filter(|step| to / step <= 6.0).fold(f64::INFINITY, f64::min);
        if step.is_infinite() {
            step = 10f64.powf((to / 6.0 / YEAR).log10().ceil()) * YEAR;
        }
        let mut tick = 0.0;
        while tick <= to {
            axis.try_tick(tick);
            tick += step;
        }
        axis
    }

    /// Adds a tick if its label keeps clear of all others and of both ends.
    fn try_tick(&mut self, tick: f64) {
        let area = |tick: f64| {
            let half = font::width(&human::time(tick), SIZE, false) / 2.0;
            (self.x(tick) - half, self.x(tick) + half)
        };
        let (low, high) = area(tick);
        let clear = self.ticks.iter().all(|other| {
            let (other_low, other_high) = area(*other);
            high + GAP <= other_low || other_high + GAP <= low
        });
        let slack = if self.logarithmic { 6.0 } else { 16.0 };
        if clear && low >= self.left - slack && high <= self.right + slack {
            self.ticks.push(tick);
        }
    }

    /// Where a time is; times beyond an end are there.
    pub(super) fn x(&self, seconds: f64) -> f64 {
        let seconds = sane(seconds).clamp(self.from, self.to);
        let share = if self.logarithmic {
            (seconds / self.from).ln() / (self.to / self.from).ln()
        } else {
            (seconds - self.from) / (self.to - self.from)
        };
        self.left + (self.right - self.left) * share
    }

    /// Lines of the grid from `top` to `bottom`, and the labels below them.
    pub(super) fn draw(&self, scene: &mut Scene, top: f64, bottom: f64) {
        for tick in &self.ticks {
            let x = self.x(*tick);
            scene.line((x, top), (x, bottom + 4.0), Ink::Grid, 1);
            scene.styled((x, bottom + 14.0), Anchor::Middle, 200.0, &human::time(*tick), (SIZE, false, Ink::Quiet));
        }
        scene.line((self.left, bottom), (self.right, bottom), Ink::Plain, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_those_that_people_use() {
        let axis = TimeAxis::logarithmic(0.0, 500.0, [20.0, 40_000.0]);
        let labels: Vec<String> = axis.ticks.iter().map(|t| human::time(*t)).collect();
        for wanted in ["1 min", "10 min", "1 h", "6 h"] {
            assert!(labels.iter().any(|l| l == wanted), "{labels:?} lacks {wanted}");
        }
        let axis = TimeAxis::linear(0.0, 500.0, 5000.0);
        let labels: Vec<String> = axis.ticks.iter().map(|t| human::time(*t)).collect();
        assert_eq!(labels, ["0 s", "15 min", "30 min", "45 min", "1 h", "1 h 15 min"]);
    }

    /// Nothing that a file may claim leads outside, or to an endless loop.
    #[test]
    fn any_number_has_a_place() {
        let odd = [0.0, -5.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300, 1e300, 1.0];
        for a in odd {
            for b in odd {
                for axis in [TimeAxis::logarithmic(10.0, 500.0, [a, b]), TimeAxis::linear(10.0, 500.0, a)] {
                    assert!(!axis.ticks.is_empty() && axis.ticks.len() < 30, "{a} {b}: {:?}", axis.ticks);
                    assert!(odd.iter().all(|t| (10.0..=500.0).contains(&axis.x(*t))), "{a} {b}");
                }
            }
        }
    }
}
