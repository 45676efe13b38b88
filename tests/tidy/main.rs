//! Rules about the tree and the source text that the compiler does not check.
//!
//! Each rule is a function from text to complaints, so that it can be tried on a small bad input beside the test that
//! applies it to the whole tree. A complaint names the file, the line and the cure.

#![expect(clippy::disallowed_methods, reason = "reads the source tree: that is what is tested here")]

mod bits;
mod code;
mod crates;
mod readme;
mod rooms;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the root manifest.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file, by its path from the root.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the project, by its path from the root, sorted: what Git tracks, or where there is no Git (a source
/// archive) what lies on the disk.
fn project_files() -> Vec<String> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed =
        git.ok().filter(|output| output.status.success()).map(|output| output.stdout).unwrap_or_default();
    let listed = String::from_utf8(listed).expect("paths are UTF-8");
    let mut files: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    if files.is_empty() {
        collect_files(root(), &mut files);
    }
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files
}

fn collect_files(folder: &Path, files: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            collect_files(&path, files);
        } else {
            let inside = path.strip_prefix(root()).expect("found below the root");
            files.push(inside.to_str().expect("paths are UTF-8").replace('\\', "/"));
        }
    }
}

/// Fails with every complaint, one a line.
#[track_caller]
fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_list_of_files_is_the_whole_project() {
    let files = project_files();
    for known in ["Cargo.toml", "README.md", "crates/numerics/src/lib.rs", "tests/tidy/main.rs"] {
        assert!(files.iter().any(|file| file == known), "{known} is missing from {} files", files.len());
    }
    assert!(!files.iter().any(|file| file.starts_with("target/")), "build output is no part of the project");
}
