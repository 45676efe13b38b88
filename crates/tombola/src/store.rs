//! Files of the program: read whole, and written so that they appear whole or not at all.
//!
//! ```text
//!   bytes ──► NAME.part, synced ──(rename)──► NAME ──► folder synced
//! ```
//!
//! Whatever ends the process or the machine, `NAME` is what it was or what it was to be. A `.part` that is left of an
//! ended process means nothing, and the next write replaces it.
//!
//! # Invariants
//!
//! - **Errors name the file,** what was to be done with it, and why it was not.
//! - **Absent:** formats, and any notion of what the bytes are.
//!
//! [`disk`] is the same for who needs each step by itself, and tests that make each of them fail.

#![expect(clippy::disallowed_methods, reason = "the room that reads and writes files")]

pub mod disk;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why a file was not read or written.
#[derive(Debug)]
pub struct StoreError {
    action: &'static str,
    path: PathBuf,
    cause: io::Error,
    /// How many bytes were to be written.
    needed: Option<usize>,
}

impl StoreError {
    fn new<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StoreError + use<'a> {
        move |cause| StoreError { action, path: path.to_owned(), cause, needed: None }
    }

    /// The same of a write of so many bytes.
    fn needing(mut self, bytes: usize) -> StoreError {
        self.needed = Some(bytes);
        self
    }

    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        self.cause.kind() == io::ErrorKind::NotFound
    }

    /// Whether the file is longer than such a file can be.
    pub fn is_too_long(&self) -> bool {
        self.cause.kind() == io::ErrorKind::InvalidData
    }

    /// Whether something else has the name already.
    pub fn is_taken(&self) -> bool {
        matches!(self.cause.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty)
    }

    /// Whether the disk, a quota, or the size that a file may have is used up.
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self.cause.kind(), StorageFull | QuotaExceeded | FileTooLarge)
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes were to be written, where some were.
    pub fn needed(&self) -> Option<usize> {
        self.needed
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot {} {}: {}", self.action, self.path.display(), self.cause)
    }
}

impl std::error::Error for StoreError {}

/// Writes a file, or leaves what was there. A link stays, and leads to the file; what is no file, such as a pipe or a device, is
/// written to as it is, for a file in its place would be another thing.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    // what leads through these is open already, and no name of its own
    let is_open =
        ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|root| path.starts_with(root));
    if is_open || fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let written = File::options().write(true).open(path).and_then(|mut file| file.write_all(bytes));
        return written.map_err(StoreError::new("write", path));
    }
    let leads_to = end_of_links(path).map_err(StoreError::new("write", path))?;
    let path = leads_to.as_path();
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    write_synced(&part, bytes).and_then(|()| fs::rename(&part, path)).map_err(|error| {
        // Nothing is left behind; the first error is the one to tell.
        let _ = fs::remove_file(&part);
        StoreError::new("write", path)(error)
    })?;
    sync_folder(path);
    Ok(())
}

/// Where links lead, whether or not something is there.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: u32 = 40;
    let mut end = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&end) else { return Ok(end) };
        end = end.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
    }
    Err(io::Error::other("links lead in a circle"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The new name outlives a loss of power. Not every system can sync a folder, and none needs it for consistency.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Makes a folder and those above it, where they are missing.
pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(StoreError::new("make the folder", path))
}

/// Makes a file the possession of this process, until it ends or drops the answer; none where another process has it.
pub fn lock(path: &Path) -> Result<Option<File>, StoreError> {
    let failed = StoreError::new("lock", path);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(&failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A file of at most `limit` bytes.
pub fn read_whole(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let failed = StoreError::new("read", path);
    let file = File::open(path).map_err(&failed)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(&failed)?;
    if bytes.len() as u64 > limit {
        let message = format!("it is longer than {limit} bytes, the most such a file can have");
        return Err(failed(io::Error::new(io::ErrorKind::InvalidData, message)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("tombola-store-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = Folder::new("replace");
        let path = folder.0.join("x");
        // what an ended process left
        fs::write(folder.0.join("x.part"), b"half").unwrap();
        for bytes in [&b"one"[..], b"", b"two"] {
            write_whole(&path, bytes).unwrap();
            assert_eq!(read_whole(&path, 3).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
        let error = read_whole(&path, 2).unwrap_err();
        assert!(error.is_too_long() && error.to_string().contains("longer than 2 bytes"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_devices_are_no_files_afterwards() {
        let folder = Folder::new("links");
        let (file, link, nothing) = (folder.0.join("file"), folder.0.join("link"), folder.0.join("nothing"));
        fs::write(&file, b"before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::os::unix::fs::symlink("/dev/null", &nothing).unwrap();
        for path in [&link, &nothing] {
            write_whole(path, b"after").unwrap();
            assert!(fs::symlink_metadata(path).unwrap().is_symlink(), "{}", path.display());
        }
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        // what is not there yet is made where the link leads, and a circle is nowhere
        let (ahead, circle) = (folder.0.join("ahead"), folder.0.join("circle"));
        std::os::unix::fs::symlink("later", &ahead).unwrap();
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        write_whole(&ahead, b"there").unwrap();
        assert_eq!(fs::read(folder.0.join("later")).unwrap(), b"there");
        assert!(write_whole(&circle, b"x").unwrap_err().to_string().contains("in a circle"));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 6);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = Folder::new("refuse");
        let path = folder.0.join("there");
        make_folder(&path.join("inside")).unwrap();
        let error = write_whole(&path, b"x").unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.contains("there"), "{error}");
        assert!(path.join("inside").is_dir());
        let missing = read_whole(&folder.0.join("missing"), 9).unwrap_err();
        assert!(missing.is_missing() && !missing.is_too_long());
    }
}
