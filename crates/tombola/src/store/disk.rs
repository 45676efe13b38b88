//! What changes a folder, one call a step, so that a test can make any step fail.
//!
//! | site | step |
//! |---|---|
//! | `write` | bytes go into a file |
//! | `sync` | a file or a folder is brought to the disk |
//! | `rename` | a file or a folder gets its name |
//! | `mkdir` | a folder is made |
//! | `remove` | a file or a folder goes |
//!
//! A program that was built with the feature `faults` takes one [`Fault`] from the environment variable `TOMBOLA_FAULT`:
//! `SITE:N` or `SITE:N:WHAT`, where `SITE` is one of the table or `any`, `N` counts from 1, and `WHAT` is `error` (the
//! disk is full), `abort` (the process ends there), or `torn` (half of the bytes are written, then the process ends).
//! Without the feature nothing is read and nothing can fail on purpose.

#![expect(clippy::disallowed_methods, reason = "the room that reads and writes files")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::StoreError;

/// A step that changes a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table of the module says what each is")]
pub enum Site {
    Write,
    Sync,
    Rename,
    Folder,
    Remove,
}

impl Site {
    /// All, in the order of the table.
    pub const ALL: [Site; 5] = [Site::Write, Site::Sync, Site::Rename, Site::Folder, Site::Remove];

    /// As `TOMBOLA_FAULT` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Site::Write => "write",
            Site::Sync => "sync",
            Site::Rename => "rename",
            Site::Folder => "mkdir",
            Site::Remove => "remove",
        }
    }
}

/// What happens at a step that is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The step fails as on a full disk; later ones do not.
    Error,
    /// The step and all after it fail: nothing more reaches the disk, as if the process had ended.
    Silence,
    /// The process ends.
    Abort,
    /// Half of the bytes are written, then the process ends.
    Torn,
}

/// One step that is made to fail.
#[derive(Debug)]
pub struct Fault {
    /// Any, where none is named.
    site: Option<Site>,
    nth: u64,
    harm: Harm,
    /// Whether stderr hears of it.
    is_told: bool,
    reached: AtomicU64,
    has_struck: AtomicBool,
}

impl Fault {
    /// At the `nth` step of a kind, counted from 1.
    pub fn new(site: Option<Site>, nth: u64, harm: Harm) -> Fault {
        let (reached, has_struck) = (AtomicU64::new(0), AtomicBool::new(false));
        Fault { site, nth, harm, is_told: false, reached, has_struck }
    }

    /// From `SITE:N` or `SITE:N:WHAT`; says on stderr when it strikes.
    pub fn parse(text: &str) -> Option<Fault> {
        let mut parts = text.split(':');
        let name = parts.next()?;
        let site = Site::ALL.into_iter().find(|site| site.name() == name);
        if site.is_none() && name != "any" {
            return None;
        }
        let nth = parts.next()?.parse().ok()?;
        let harm = match parts.next() {
            None | Some("error") => Harm::Error,
            Some("abort") => Harm::Abort,
            Some("torn") => Harm::Torn,
            Some(_) => return None,
        };
        parts.next().is_none().then(|| Fault { is_told: true, ..Fault::new(site, nth, harm) })
    }

    /// Whether the step was reached.
    pub fn has_struck(&self) -> bool {
        self.has_struck.load(Ordering::SeqCst)
    }

    /// What happens at this step.
    fn at(&self, site: Site) -> Option<Harm> {
        if self.harm == Harm::Silence && self.has_struck() {
            return Some(Harm::Silence);
        }
        if self.site.is_some_and(|own| own != site) {
            return None;
        }
        let reached = self.reached.fetch_add(1, Ordering::SeqCst) + 1;
        if reached != self.nth {
            return None;
        }
        self.has_struck.store(true, Ordering::SeqCst);
        Some(self.harm)
    }
}

/// The disk: what [`std::fs`] does, and errors that name the file.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    fault: Option<Arc<Fault>>,
}

impl Disk {
    /// With one step that is made to fail.
    pub fn with_fault(fault: Arc<Fault>) -> Disk {
        Disk { fault: Some(fault) }
    }

    /// The disk as it is; or, where the program was built for that, with what `TOMBOLA_FAULT` asks for.
    #[cfg(feature = "faults")]
    pub fn of_process() -> Disk {
        match std::env::var("TOMBOLA_FAULT") {
            Err(_) => Disk::default(),
            Ok(text) => {
                let fault =
                    Fault::parse(&text).unwrap_or_else(|| panic!("TOMBOLA_FAULT: `{text}` is no fault"));
                Disk::with_fault(Arc::new(fault))
            }
        }
    }

    /// The disk as it is.
    #[cfg(not(feature = "faults"))]
    pub fn of_process() -> Disk {
        Disk::default()
    }

    /// Whether a step fails; does not return where the process ends. `half` writes half of the bytes.
    fn reach(&self, site: Site, path: &Path, half: impl FnOnce()) -> io::Result<()> {
        let Some(fault) = &self.fault else { return Ok(()) };
        let Some(harm) = fault.at(site) else { return Ok(()) };
        if fault.is_told {
            let _ = writeln!(io::stderr(), "fault: {} {}", site.name(), path.display());
        }
        match harm {
            Harm::Error => Err(io::ErrorKind::StorageFull.into()),
            Harm::Silence => Err(io::Error::other("the process counts as ended")),
            Harm::Abort => std::process::abort(),
            Harm::Torn => {
                half();
                std::process::abort();
            }
        }
    }

    /// Writes a new file and brings it to the disk. A file of this name is replaced, and not at one stroke.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let write = || {
            let mut file = File::create(path)?;
            self.put(&mut file, path, bytes)
        };
        write().map_err(|error| StoreError::new("write", path)(error).needing(bytes.len()))
    }

    /// Writes at the end of a file, and brings it to the disk.
    pub fn append(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let write = || {
            let mut file = File::options().append(true).create(true).open(path)?;
            self.put(&mut file, path, bytes)
        };
        write().map_err(|error| StoreError::new("write", path)(error).needing(bytes.len()))
    }

    fn put(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = bytes.len() / 2;
        self.reach(Site::Write, path, || {
            let mut file = &*file;
            let _ = file.write_all(&bytes[..half]).and_then(|()| file.sync_all());
        })?;
        file.write_all(bytes)?;
        self.reach(Site::Sync, path, || ())?;
        file.sync_all()
    }

    /// Writes a file by way of another name in the same folder, so that it appears whole or not at all.
    pub fn write_whole(&self, part: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.write(part, bytes).and_then(|()| self.rename(part, path));
        if written.is_err() {
            // Nothing is left behind; the first error is the one to tell.
            let _ = self.remove(part);
        }
        written
    }

    /// Gives a file or a folder another name, at one stroke. A file replaces one; a folder replaces an empty one only.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        let rename = || {
            self.reach(Site::Rename, to, || ())?;
            fs::rename(from, to)
        };
        rename().map_err(StoreError::new("rename something to", to))
    }

    /// Makes a folder where there is none; those above it must be there.
    pub fn make_folder(&self, path: &Path) -> Result<(), StoreError> {
        let make = || {
            self.reach(Site::Folder, path, || ())?;
            match fs::create_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
                made => made,
            }
        };
        make().map_err(StoreError::new("make the folder", path))
    }

    /// Brings the names in a folder to the disk. Some systems cannot, and none needs it for consistency.
    pub fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
        let sync = || {
            self.reach(Site::Sync, path, || ())?;
            File::open(path)?.sync_all()
        };
        match sync() {
            Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
            synced => synced.map_err(StoreError::new("sync the folder", path)),
        }
    }

    /// Removes a file, where it is there.
    pub fn remove(&self, path: &Path) -> Result<(), StoreError> {
        let remove = || {
            self.reach(Site::Remove, path, || ())?;
            fs::remove_file(path)
        };
        unless_missing(remove()).map_err(StoreError::new("remove", path))
    }

    /// Removes a folder with all that is in it, where it is there.
    pub fn remove_folder(&self, path: &Path) -> Result<(), StoreError> {
        let remove = || {
            self.reach(Site::Remove, path, || ())?;
            fs::remove_dir_all(path)
        };
        unless_missing(remove()).map_err(StoreError::new("remove the folder", path))
    }

    /// Sets the first bytes of a file, which needs no room where they are there already, and brings nothing to the disk.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let write = || File::options().write(true).create(true).truncate(false).open(path)?.write_all(bytes);
        write().map_err(StoreError::new("write", path))
    }
}

fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The names in a folder, in order; none where there is no such folder.
pub fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let failed = StoreError::new("read the folder", folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(&failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(&failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Length of a file; none where there is no such file. A folder of its name is refused.
pub fn length(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Ok(data) if data.is_dir() => Err(StoreError::new("read", path)(io::ErrorKind::IsADirectory.into())),
        Ok(data) => Ok(data.is_file().then_some(data.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::new("read", path)(error)),
    }
}

/// When a file was last written, by the clock of whoever keeps it.
pub fn written(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// Whether there is a file or folder of this name.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether there is a file or folder of this name, where a name that nobody may look at is not one that is not there.
pub fn is_there(path: &Path) -> Result<bool, StoreError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::new("look at", path)(error)),
    }
}

/// Bytes that are free where `path` lies; none where nobody can tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    free(path, "-Pk").map(|kibibytes| kibibytes * 1024)
}

/// Whether the file system where `path` lies has no room for one more file, however small. Many have no such limit.
pub fn has_too_many_files(path: &Path) -> bool {
    // who does not count by files, or elsewhere, has a number here that is not 0, or none
    free(path, "-Pi") == Some(0)
}

/// What is free where `path` lies, as `df` says in its fourth column.
fn free(path: &Path, of: &str) -> Option<u64> {
    let folder = path.ancestors().find(|folder| folder.is_dir())?;
    let output = std::process::Command::new("df").arg(of).arg(folder).output().ok()?;
    fourth_column(&String::from_utf8(output.stdout).ok()?)
}

/// Where the second, of all there is, is not 0: some file systems count nothing.
fn fourth_column(text: &str) -> Option<u64> {
    let mut columns = text.lines().nth(1)?.split_whitespace().skip(1);
    let all: u64 = columns.next()?.parse().ok()?;
    let free = columns.nth(1)?.parse().ok()?;
    (all > 0).then_some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_what_its_text_says_or_none() {
        let fault = Fault::parse("rename:2").unwrap();
        assert_eq!((fault.site, fault.nth, fault.harm), (Some(Site::Rename), 2, Harm::Error));
        assert_eq!(fault.at(Site::Rename), None);
        assert_eq!(fault.at(Site::Write), None);
        assert_eq!(fault.at(Site::Rename), Some(Harm::Error));
        assert!(fault.has_struck() && fault.at(Site::Rename).is_none());
        let silence = Fault::new(None, 1, Harm::Silence);
        assert_eq!([silence.at(Site::Sync), silence.at(Site::Write)], [Some(Harm::Silence); 2]);
        for wrong in ["", "rename", "rename:x", "link:1", "any:1:maybe", "any:1:abort:more"] {
            assert!(Fault::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Fault::parse("any:7:torn").unwrap().harm, Harm::Torn);
    }

    #[test]
    fn what_is_free_is_read_where_it_is_counted() {
        let told =
            |line: &str| fourth_column(&format!("Filesystem Inodes IUsed IFree IUse% Mounted on\n{line}\n"));
        assert_eq!(told("tmpfs            20    20     0  100% /mnt/out"), Some(0));
        assert_eq!(told("/dev/sda1  9990656 90656 9900000 1% /"), Some(9_900_000));
        assert_eq!(told("/dev/sdb2        0     0     0     - /btrfs"), None);
        assert_eq!((told("nonsense"), fourth_column("")), (None, None));
    }

    #[test]
    fn a_step_that_fails_says_which_file_and_changes_nothing() {
        let folder = std::env::temp_dir().join(format!("tombola-disk-{}", std::process::id()));
        let disk = Disk::default();
        disk.make_folder(&folder).unwrap();
        let (part, path) = (folder.join("part"), folder.join("x"));
        disk.write_whole(&part, &path, b"old").unwrap();
        disk.append(&path, b"er").unwrap();
        for site in [Site::Write, Site::Sync, Site::Rename] {
            let failing = Disk::with_fault(Arc::new(Fault::new(Some(site), 1, Harm::Error)));
            let error = failing.write_whole(&part, &path, b"new").unwrap_err();
            assert!(error.is_full() && error.to_string().contains("tombola-disk"), "{error}");
            assert_eq!(
                (names(&folder).unwrap(), fs::read(&path).unwrap()),
                (vec!["x".to_owned()], b"older".into())
            );
        }
        disk.overwrite(&path, b"bo").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"boder");
        assert_eq!(length(&path).unwrap(), Some(5));
        assert!(length(&folder).unwrap_err().to_string().contains("is a directory"));
        assert!(length(&path.join("deeper")).is_err() && is_there(&path.join("deeper")).is_err());
        assert!(free_bytes(&path.join("deeper")).is_none_or(|free| free > 0));
        assert!(!has_too_many_files(&path));
        disk.remove(&path).unwrap();
        disk.remove(&path).unwrap();
        assert_eq!((length(&path).unwrap(), is_there(&path).unwrap()), (None, false));
        disk.remove_folder(&folder).unwrap();
        assert!(!exists(&folder) && names(&folder).unwrap().is_empty());
    }
}
