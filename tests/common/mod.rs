//! What tests of the program have in common: a folder that is gone afterwards, a small image set in it, and the program,
//! started and listened to.

#![allow(dead_code, reason = "each test uses some of it")]

pub(crate) mod browser;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tasks::vision::glyphs::{self, Kind};
use tasks::vision::idx;
use tasks::vision::images::Labelled;

/// A grid of two units on the images of [`digits`]: a dense level, and a cell that needs it.
pub(crate) const PAIR: &str = r#"
task = "./digits"
strategy = "snes"
criterion = "snr"
levels = 2
network = "mlp-4"
generations = 3
test_every = 3
population = 4
batch = 16
"#;

/// A folder that is gone afterwards. Its name is that of the test file, of the test, and of the process.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Folder {
        Folder::within(Path::new(env!("CARGO_TARGET_TMPDIR")), name)
    }

    /// In memory where there is such a place: a sync takes long on a busy disk.
    pub(crate) fn in_memory(name: &str) -> Folder {
        let memory = Path::new("/dev/shm");
        Folder::within(if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) }, name)
    }

    fn within(parent: &Path, name: &str) -> Folder {
        let name = format!("tombola-{}-{name}-{}", env!("CARGO_CRATE_NAME"), std::process::id());
        let path = parent.join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for temporary files");
        Folder(path)
    }

    /// A place in it, as an argument.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A small image set, drawn with a seed: 100 images to train with, 40 to test with.
pub(crate) fn digits(set: &Path, seed: u64) {
    fs::create_dir_all(set).expect("a folder for images");
    let glyphs = glyphs::draw(Kind::Digits, seed, 100, 40);
    let write = |part: &Labelled, name: &str| {
        let images = idx::images_file(part.height(), part.width(), part.pixels());
        fs::write(set.join(format!("{name}-images-idx3-ubyte")), images).expect("a file");
        fs::write(set.join(format!("{name}-labels-idx1-ubyte")), idx::labels_file(part.labels()))
            .expect("a file");
    };
    write(glyphs.train(), "train");
    write(glyphs.test(), "t10k");
}

/// Files below a folder, by path and content.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// The files below a folder, in order.
pub(crate) fn files(folder: &Path) -> Files {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            // what a process at work takes away meanwhile is not there
            found.extend(fs::read(&path).ok().map(|bytes| (name, bytes)));
        }
    }
    found.sort();
    found
}

/// The program, with nothing to read, and all that it says caught.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tombola"));
    command.env_remove("TOMBOLA_FAULT").env_remove("SLURM_CPUS_PER_TASK");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a process said on stderr, which ended as it should.
pub(crate) fn told(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// What the program says on stdout, which does what it is asked.
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = program().args(arguments).output().expect("the program starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).expect("text")
}

/// A wrong request: exit code 2, nothing on stdout, and all of `parts` on stderr.
pub(crate) fn refused(arguments: &[&str], parts: &[&str]) {
    ended(arguments, 2, parts);
}

/// Where the links of a page lead, in order.
pub(crate) fn links(page: &str) -> Vec<&str> {
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Work that failed: exit code 1, nothing on stdout, and all of `parts` on stderr.
pub(crate) fn failed(arguments: &[&str], parts: &[&str]) {
    ended(arguments, 1, parts);
}

fn ended(arguments: &[&str], status: i32, parts: &[&str]) {
    let output = program().args(arguments).output().expect("the program starts");
    let message = told(&output, status);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

/// Sends a signal, which a child that has ended already needs no more.
pub(crate) fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).output().expect("kill");
}
