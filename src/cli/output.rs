//! Standard output, standard error and files.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::{Color, Format, OutputArgs};
use super::{Exit, Stop};
use crate::report::blocks::Block;
use crate::report::terminal::{self, Layout, WIDTH};
use crate::report::{escape, markdown};

/// What the user sees besides the result, and in which colours.
pub(super) struct Screen {
    color: Color,
    quiet: bool,
}

impl Screen {
    pub(super) fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    pub(super) fn quiet(&self) -> bool {
        self.quiet
    }

    fn color_on(&self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org: any value but an empty one turns colour off.
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    pub(super) fn color_of_errors(&self) -> bool {
        self.color_on(io::stderr().is_terminal())
    }

    /// An error: always said.
    pub(super) fn error(&self, message: &str) {
        to_standard_error(&format!("error: {}\n", escape::terminal(message)));
    }

    /// A remark: said unless quiet.
    pub(super) fn note(&self, message: &str) {
        if !self.quiet {
            to_standard_error(&format!("{}\n", escape::terminal(message)));
        }
    }

    /// Findings as `spec` renders them; empty says nothing.
    pub(super) fn findings(&self, text: &str) {
        if !text.is_empty() {
            to_standard_error(text);
        }
    }

    /// The layout of a page for standard output, or for a file.
    pub(super) fn layout(&self, output: &OutputArgs) -> Layout {
        let to_file = file(output.output.as_deref()).is_some();
        let terminal = !to_file && io::stdout().is_terminal();
        let width = terminal_size::terminal_size().filter(|_| terminal).map_or(WIDTH, |(w, _)| usize::from(w.0));
        let color = if to_file { self.color == Color::Always } else { self.color_on(terminal) };
        Layout { width: width.min(WIDTH), color }
    }
}

/// Standard error may be closed; then there is nobody to tell.
fn to_standard_error(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A page as a table or as Markdown.
pub(super) fn page(blocks: &[Block], output: &OutputArgs, screen: &Screen) -> String {
    if output.format == Format::Md { markdown(blocks) } else { terminal::render(blocks, screen.layout(output)) }
}

/// The file that `-o` names; `None` for standard output, which `-` is too.
pub(super) fn file(to: Option<&Path>) -> Option<&Path> {
    to.filter(|path| path.as_os_str() != "-")
}

/// Refuses a file that cannot be written, or that is one of those read, before anything is simulated for it.
pub(super) fn refuse_unwritable<'a>(
    to: Option<&Path>,
    mut read: impl Iterator<Item = &'a PathBuf>,
) -> Result<(), Stop> {
    let Some(path) = file(to) else { return Ok(()) };
    let mut is_read = |there: &Path| read.any(|one| fs::canonicalize(one).is_ok_and(|one| one == there));
    let why = match folder_of(path) {
        // What is no file is written to, not replaced.
        _ if path.is_file() && fs::canonicalize(path).is_ok_and(|there| is_read(&there)) => {
            "it is read for this, and would be lost".to_owned()
        }
        _ if path.is_dir() => "it is a directory".to_owned(),
        folder if !folder.exists() => format!("there is no folder {}", folder.display()),
        folder if !folder.is_dir() => format!("{} is no folder", folder.display()),
        _ => return Ok(()),
    };
    Err(Stop::failed(format_args!("cannot write {}: {why}", path.display())))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes to the file, or to standard output without one.
pub(super) fn write(text: &str, to: Option<&Path>) -> Result<Exit, Stop> {
    refuse_unwritable(to, std::iter::empty())?;
    match file(to) {
        None => match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
            // Whoever read it has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Fine),
            Err(error) => Err(Stop::failed(format_args!("cannot write to standard output: {error}"))),
            Ok(()) => Ok(Exit::Fine),
        },
        Some(path) => write_file(text, path)
            .map(|()| Exit::Fine)
            .map_err(|error| Stop::failed(format_args!("cannot write {}: {error}", path.display()))),
    }
}

/// Writes a file that nobody ever reads half of.
fn write_file(text: &str, path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        // A device or a pipe is written to, not replaced.
        Ok(meta) if !meta.is_file() => fs::write(path, text),
        // Through a symbolic link, the file that it leads to is replaced and the link stays.
        Ok(_) => replace(text.as_bytes(), &fs::canonicalize(path)?),
        Err(_) => replace(text.as_bytes(), path),
    }
}

/// Writes a temporary file beside the target and renames it. A link at the target is replaced.
pub(super) fn replace(bytes: &[u8], target: &Path) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".drplan-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the user's umask takes away what it must; an existing file keeps its mode.
        let known = fs::symlink_metadata(target).ok().filter(fs::Metadata::is_file);
        let mode = known.map_or(0o666, |meta| meta.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(folder_of(target)).map_err(without_path)?;
    file.write_all(bytes)?;
    file.persist(target).map(drop).map_err(|error| error.error)
}

/// An error without the name of the temporary file, which nobody has heard of.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default())
}
