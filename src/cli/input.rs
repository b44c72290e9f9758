//! Scenario files: read up to the limit, parsed, their findings shown.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::output::Screen;
use super::{Exit, Stop};
use crate::assess::Assessment;
use crate::diag::{Diagnostics, Severity};
use crate::report::{PART_BYTES, Part, RESULT_BYTES, read_result};
use crate::spec::{self, Document, Loaded, limits};

/// What a file is called in messages.
pub(super) fn name(path: &Path) -> String {
    if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// The name of a file without its folders, for places in it.
pub(super) fn short_name(path: &Path) -> String {
    match path.file_name() {
        Some(file) if !is_standard_input(path) => file.to_string_lossy().into_owned(),
        _ => name(path),
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The bytes of a file or of standard input, never more than the limit: a pipe without end stops
/// there instead of filling memory.
fn read(path: &Path, most: usize, what: &str) -> Result<Vec<u8>, Stop> {
    let cannot = |error: io::Error| Stop::invalid(format_args!("cannot read {}: {error}", name(path)));
    if is_standard_input(path) {
        return read_from(io::stdin().lock(), path, most, what);
    }
    let metadata = fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Stop::invalid(format_args!("cannot read {}: it is a directory", name(path))));
    }
    if is_named_pipe(path, &metadata) {
        return Err(Stop::invalid(format_args!(
            "cannot read {}: it is a named pipe, which may never be written to; use `-` and standard input",
            name(path)
        )));
    }
    read_from(File::open(path).map_err(cannot)?, path, most, what)
}

/// Opening a named pipe waits until someone writes to it. A descriptor that the shell hands over, as
/// in `<(command)`, has its writer already.
#[cfg(unix)]
fn is_named_pipe(path: &Path, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo() && !path.starts_with("/dev/fd") && !path.starts_with("/proc")
}

#[cfg(not(unix))]
fn is_named_pipe(_path: &Path, _metadata: &fs::Metadata) -> bool {
    false
}

fn read_from(source: impl Read, path: &Path, most: usize, what: &str) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let most = most as u64;
    source
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::invalid(format_args!("cannot read {}: {error}", name(path))))?;
    if bytes.len() as u64 > most {
        let limit = most >> 20;
        return Err(Stop::invalid(format_args!("{} is larger than the limit of {limit} MiB for a {what}", name(path))));
    }
    Ok(bytes)
}

/// Refuses files that are read one after the other if standard input is among them more than once: the second
/// time nothing is left of it.
pub(super) fn refuse_twice(paths: &[PathBuf]) -> Result<(), Stop> {
    if paths.iter().filter(|path| is_standard_input(path)).count() > 1 {
        return Err(Stop::invalid("standard input can be read only once"));
    }
    Ok(())
}

fn read_scenario(path: &Path) -> Result<Vec<u8>, Stop> {
    read(path, limits::FILE_BYTES, "scenario")
}

/// Reads a part of a run that `simulate --shard` wrote.
pub(super) fn load_part(path: &Path) -> Result<Part, Stop> {
    let bytes = read(path, PART_BYTES, "part of a run")?;
    Part::read(&bytes).map_err(|fault| Stop::invalid(format_args!("cannot merge {}: {fault}", name(path))))
}

/// Reads a result that `--format json` wrote.
pub(super) fn load_result(path: &Path) -> Result<Assessment, Stop> {
    let bytes = read(path, RESULT_BYTES, "result")?;
    read_result(&bytes).map_err(|fault| Stop::invalid(format_args!("cannot read {}: {fault}", name(path))))
}

/// Reads and checks a scenario; its faults go to standard error. Advice is only counted there, as
/// `validate` is the command that shows it.
pub(super) fn load(path: &Path, screen: &Screen) -> Result<Loaded, Stop> {
    let loaded =
        spec::load_bytes(&read_scenario(path)?).map_err(|(found, document)| faults(path, &found, &document, screen))?;
    let advice = loaded.advice.all().len();
    if advice > 0 {
        let things = if advice == 1 { "1 piece".to_owned() } else { format!("{advice} pieces") };
        let file = if is_standard_input(path) { String::new() } else { format!(" {}", path.display()) };
        screen.note(&format!("{things} of advice on this scenario: drplan validate{file}"));
    }
    Ok(loaded)
}

/// Reads and checks a scenario; all findings, advice too, go to standard error. Returns how many
/// pieces of advice there are.
pub(super) fn check(path: &Path, screen: &Screen) -> Result<usize, Stop> {
    match spec::load_bytes(&read_scenario(path)?) {
        Ok(loaded) => {
            screen.findings(&loaded.document.render(&name(path), &loaded.advice, screen.color_of_errors()));
            Ok(loaded.advice.all().len())
        }
        Err((found, document)) => Err(faults(path, &found, &document, screen)),
    }
}

fn faults(path: &Path, found: &Diagnostics, document: &Document, screen: &Screen) -> Stop {
    screen.findings(&document.render(&name(path), found, screen.color_of_errors()));
    let errors = || found.all().iter().filter(|d| d.severity == Severity::Error);
    // Nothing is wrong but the amount of work: that has an exit code of its own.
    let refused = errors().all(|d| d.code.starts_with("limit-") && d.code != "limit-file");
    let count = errors().count();
    let things = if count == 1 { "1 error".to_owned() } else { format!("{count} errors") };
    Stop::new(if refused { Exit::Refused } else { Exit::Invalid }, format_args!("{}: {things}", name(path)))
}
