//! `drplan validate`: errors and advice, nothing else.

use super::args::ValidateArgs;
use super::output::Screen;
use super::{Exit, Stop, input};

pub(super) fn run(args: &ValidateArgs, screen: &Screen) -> Result<Exit, Stop> {
    input::refuse_twice(&args.files)?;
    let mut worst: Option<Exit> = None;
    for file in &args.files {
        match input::check(file, screen) {
            Ok(0) => screen.note(&format!("{}: valid", input::name(file))),
            Ok(1) => screen.note(&format!("{}: valid, 1 piece of advice", input::name(file))),
            Ok(advice) => screen.note(&format!("{}: valid, {advice} pieces of advice", input::name(file))),
            Err(stop) => {
                screen.error(&stop.message);
                // An invalid file outweighs one that is merely too large.
                worst = Some(worst.map_or(stop.exit, |w| if w == Exit::Refused { stop.exit } else { w }));
            }
        }
    }
    Ok(worst.unwrap_or(Exit::Fine))
}
