//! A folder that results are written to: nothing outside it is touched, no file is ever half there.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::Stop;
use super::output::replace;

/// A folder that is there.
#[derive(Debug)]
pub(super) struct Folder {
    /// As the user wrote it, for messages.
    shown: String,
    /// Without links, so that a link that changes meanwhile moves nothing.
    root: PathBuf,
}

impl Folder {
    /// Opens a folder, which is made if it is missing.
    pub(super) fn open(path: &Path) -> Result<Self, Stop> {
        let shown = path.display().to_string();
        if path.exists() && !path.is_dir() {
            return Err(Stop::failed(format_args!("cannot write to the folder {shown}: it is a file")));
        }
        let root = fs::create_dir_all(path).and_then(|()| fs::canonicalize(path));
        let root = root.map_err(|error| Stop::failed(format_args!("cannot open the folder {shown}: {error}")))?;
        Ok(Self { shown, root })
    }

    /// Writes a file of the folder, whole or not at all.
    ///
    /// A link of that name is replaced, not followed.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Stop> {
        self.try_write(name, bytes)
            .map_err(|error| Stop::failed(format_args!("cannot write {name} in {}: {error}", self.shown)))
    }

    fn try_write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut parts = Path::new(name).components();
        let single = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
        if !single {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no plain name of a file"));
        }
        let target = self.root.join(name);
        match fs::symlink_metadata(&target) {
            Ok(meta) if meta.is_dir() => return Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory")),
            Ok(meta) if !meta.is_file() && !meta.is_symlink() => {
                return Err(io::Error::new(ErrorKind::AlreadyExists, "it is there and no file"));
            }
            _ => {}
        }
        replace(bytes, &target)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_is_made_and_written_to_again() {
        let outside = tempfile::tempdir().unwrap();
        let path = outside.path().join("a/b");
        for text in ["one", "two"] {
            Folder::open(&path).unwrap().write("x.md", text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(path.join("x.md")).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "nothing temporary is left");
    }

    #[test]
    fn only_plain_names_of_files_are_written() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("in")).unwrap();
        fs::create_dir(outside.path().join("in/folder")).unwrap();
        for name in ["../x", "/x", "a/b", "..", ".", "", "x/", "./x", "folder"] {
            assert!(folder.write(name, b"x").is_err(), "{name:?} was written");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_no_folder() {
        let outside = tempfile::tempdir().unwrap();
        let file = outside.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert!(Folder::open(&file).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        let outside = tempfile::tempdir().unwrap();
        let (mine, path) = (outside.path().join("mine"), outside.path().join("in"));
        fs::write(&mine, "mine").unwrap();
        let folder = Folder::open(&path).unwrap();
        std::os::unix::fs::symlink(&mine, path.join("x.md")).unwrap();
        folder.write("x.md", b"ours").unwrap();
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
        assert!(fs::symlink_metadata(path.join("x.md")).unwrap().is_file());
        assert_eq!(fs::read_to_string(path.join("x.md")).unwrap(), "ours");
        // The same where the link leads to a folder, or nowhere.
        for (name, target) in [("y.md", outside.path().to_path_buf()), ("z.md", outside.path().join("gone"))] {
            std::os::unix::fs::symlink(&target, path.join(name)).unwrap();
            folder.write(name, b"ours").unwrap();
            assert!(fs::symlink_metadata(path.join(name)).unwrap().is_file(), "{name}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2, "nothing beside the folder and the file");
    }

    /// A folder that is reached through a link is the one that the user named; when the link leads elsewhere
    /// later, files go where the folder was opened.
    #[cfg(unix)]
    #[test]
    fn a_link_that_is_changed_meanwhile_moves_nothing() {
        let outside = tempfile::tempdir().unwrap();
        let (one, two, link) = (outside.path().join("one"), outside.path().join("two"), outside.path().join("link"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let folder = Folder::open(&link).unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&two, &link).unwrap();
        folder.write("x.md", b"ours").unwrap();
        assert!(one.join("x.md").is_file() && fs::read_dir(&two).unwrap().count() == 0);
    }
}
