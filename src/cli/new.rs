//! `drplan new`: a commented scenario to start from.

use super::args::{NewArgs, Pattern};
use super::output::{Screen, file, write};
use super::{Exit, Stop};

/// The text of a pattern's scenario.
fn template(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::BackupRestore => include_str!("../../templates/scenario/backup-restore.toml"),
        Pattern::PilotLight => include_str!("../../templates/scenario/pilot-light.toml"),
        Pattern::WarmStandby => include_str!("../../templates/scenario/warm-standby.toml"),
        Pattern::HotStandby => include_str!("../../templates/scenario/hot-standby.toml"),
        Pattern::ActiveActive => include_str!("../../templates/scenario/active-active.toml"),
        Pattern::Comparison => include_str!("../../templates/scenario/comparison.toml"),
    }
}

pub(super) fn run(args: &NewArgs, screen: &Screen) -> Result<Exit, Stop> {
    let text = template(args.pattern.unwrap_or(Pattern::Comparison));
    let Some(path) = file(args.output.as_deref()) else { return write(text, None) };
    if path.exists() && !args.force {
        return Err(Stop::failed(format_args!("{} exists already; --force overwrites it", path.display())));
    }
    let exit = write(text, Some(path))?;
    screen.note(&format!("wrote {0}; next: drplan compare {0}", path.display()));
    Ok(exit)
}
