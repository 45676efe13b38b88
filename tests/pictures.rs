//! Image sets of one's own in grids: a unit is named by the folder of its pictures, and knows them by their checksum.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "makes folders of pictures")]

use std::fs;
use std::process::Command;
use std::time::Duration;

mod common;

use common::{Folder, PAIR, digits, files, program, signal, told};

/// A folder with pictures and a spec.
fn study(name: &str) -> Folder {
    let folder = Folder::in_memory(name);
    digits(&folder.join("digits"), 1);
    fs::write(folder.join("pair.toml"), PAIR).expect("a file");
    folder
}

fn run(folder: &Folder, more: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder).args(["run", "pair.toml", "--out", "out", "--threads", "1"]).args(more);
    command
}

fn done(folder: &Folder, more: &[&str]) -> String {
    told(&run(folder, more).output().expect("the program starts"), 0)
}

#[test]
fn other_pictures_under_the_same_name_are_refused() {
    let folder = study("other");
    let results = || files(&folder.join("out/results"));
    done(&folder, &[]);
    let whole = results();
    digits(&folder.join("digits"), 2);
    let text = told(&run(&folder, &[]).output().expect("the program starts"), 2);
    for part in
        ["was done with other data: SHA-256 ", " there, and SHA-256 ", " now", "another folder with --out"]
    {
        assert!(text.contains(part), "it should tell `{part}`: {text}");
    }
    assert_eq!(results(), whole, "nothing is touched");
    digits(&folder.join("digits"), 1);
    let output = run(&folder, &[]).output().expect("the program starts");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 units done, 0 of them now"), "{output:?}");
}

#[test]
fn what_was_half_done_with_other_pictures_is_begun_anew() {
    let folder = study("half");
    let more = ["--set", "generations=3000"];
    done(&folder, &more);
    let expected = files(&folder.join("out/results"));
    fs::remove_dir_all(folder.join("out")).expect("a folder");
    digits(&folder.join("digits"), 2);
    let child = run(&folder, &[&more[..], &["--save-every", "0"]].concat()).spawn();
    let child = child.expect("the program starts");
    while !files(&folder.join("out/work")).iter().any(|(name, _)| name.ends_with("/checkpoint")) {
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "INT");
    told(&child.wait_with_output().expect("a child"), 130);
    digits(&folder.join("digits"), 1);
    let text = done(&folder, &more);
    assert!(text.contains("was begun with other data: begun anew"), "{text}");
    assert!(files(&folder.join("out/results")) == expected, "the pictures that are there now count");
}
