//! Long work in pieces, between which progress is shown and Ctrl-C heard. Results do not depend on the
//! cut, so that its size may follow the clock.

use std::ops::Range;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt;
use super::output::Screen;

/// How long a piece should take: a person who presses Ctrl-C waits that long.
const PIECE: Duration = Duration::from_millis(400);

/// A bar on standard error that counts to `length`, if that is a terminal.
pub(super) fn bar(message: &'static str, length: u64, screen: &Screen) -> ProgressBar {
    if screen.quiet() {
        // Without the thread that would tick it.
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {msg} {wide_bar} {human_pos} of {human_len}, {elapsed}, {eta} left")
    {
        bar.set_style(style);
    }
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Works through a range, from its start, until it is done or somebody presses Ctrl-C; at least a first
/// piece of `first` is done.
pub(super) fn in_pieces(range: Range<u64>, first: u64, bar: &ProgressBar, mut work: impl FnMut(Range<u64>)) {
    interrupt::listen();
    let (mut from, mut size) = (range.start, first.max(1));
    while from < range.end {
        let to = from.saturating_add(size).min(range.end);
        let begun = Instant::now();
        work(from..to);
        bar.inc(to - from);
        if interrupt::asked() {
            return;
        }
        let faster = PIECE.as_secs_f64() / begun.elapsed().as_secs_f64().max(1e-6);
        size = ((size as f64 * faster.clamp(0.25, 16.0)) as u64).max(1);
        from = to;
    }
}
