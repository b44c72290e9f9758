//! Ctrl-C: the first ends the simulation with what is known so far, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Exit;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks first. Where somebody else decided what it does, as `nohup` and shells do for
/// what runs in the background, that stays.
pub(super) fn listen() {
    // A second listener of the same process is not needed: the first serves all.
    let _ = ctrlc::try_set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// Whether somebody wants the simulation to end.
pub(super) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
