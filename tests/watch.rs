//! Films as users and browsers meet them: refusals, damaged tickets, and pages that a browser shows without asking for
//! anything.
//!
//! A browser is used where one is installed; where there is none, a line says so.

#![expect(clippy::disallowed_methods, reason = "tests make and read files")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use networks::ticket::{Contents, Normaliser};
use networks::{Mask, MaskedNetwork, Preset, Ticket};
use numerics::random::Stream;

mod common;

use common::Folder;
use common::browser::{browser, shown};

fn watch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombola"))
        .arg("watch")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

/// A page, whole.
fn page(folder: &Path, arguments: &[&str]) -> String {
    let output = watch(folder, &[arguments, &["--out", "page.html"]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {message}");
    fs::read_to_string(folder.join("page.html")).expect("a page")
}

/// A wrong request: exit code 2, no page, and all of `parts` on stderr.
fn refused(folder: &Path, arguments: &[&str], parts: &[&str]) {
    let output = watch(folder, &[arguments, &["--out", "never.html"]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(!folder.join("never.html").exists(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

/// A ticket for the hopper that keeps so much, which has seen observations of so many numbers.
fn ticket(path: &Path, density: f64, seen: usize) {
    let preset = Preset::named("policy-8-8", "11".parse().expect("an input"), 3).expect("a network");
    let network = preset.architecture;
    let kept = (network.prunable() as f64 * density) as usize;
    let mask = Mask::random(network.prunable(), kept, Stream::new(0, "mask"));
    let masked = MaskedNetwork::new(&network, &mask).expect("a network");
    let start = masked.gather(&preset.start.draw(&network, Stream::new(1, "start")));
    let normaliser = Normaliser { count: 9.0, mean: vec![0.1; seen], squares: vec![4.0; seen] };
    let contents = Contents {
        task: "hopper".into(),
        mean: start.clone(),
        start,
        normaliser: Some(normaliser),
        ..Contents::default()
    };
    fs::write(path, Ticket::new(network, &mask, contents).expect("a ticket").encode()).expect("written");
}

#[test]
fn wrong_requests_are_refused_with_what_would_do() {
    let folder = Folder::new("refused");
    ticket(&folder.join("hopper.safetensors"), 1.0, 11);
    ticket(&folder.join("seen.safetensors"), 1.0, 12);
    refused(&folder, &["--task", "antt"], &["there is no control task `antt`", "did you mean `ant`?"]);
    refused(&folder, &["--task", "ant", "--steps", "0"], &["'0'", "1..=10000"]);
    refused(&folder, &["--task", "ant", "--against", "x"], &["--ticket"]);
    refused(&folder, &["--task", "ant", "--ticket", "missing"], &["cannot read missing"]);
    let of_hopper = ["--ticket", "hopper.safetensors"];
    refused(
        &folder,
        &[&["--task", "ant"], &of_hopper[..]].concat(),
        &["hopper.safetensors: its network reads 11 numbers and gives 3; the task `ant` has 87 and 8"],
    );
    refused(
        &folder,
        &["--task", "hopper", "--ticket", "seen.safetensors"],
        &["its normaliser is of 12 observations; the task has 11"],
    );
}

#[test]
fn damaged_tickets_are_refused() {
    let folder = Folder::new("damaged");
    ticket(&folder.join("ticket"), 0.5, 11);
    let whole = fs::read(folder.join("ticket")).expect("it was written");
    for case in 0..24 {
        let stream = Stream::new(3, "damage").child(case);
        let mut bytes = whole.clone();
        let at = stream.below(0, whole.len() as u64) as usize;
        if case % 3 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << stream.below(1, 8);
        }
        fs::write(folder.join("damaged"), bytes).expect("written");
        refused(&folder, &["--task", "hopper", "--ticket", "damaged"], &["damaged: "]);
    }
}

#[test]
fn two_tickets_are_seen_side_by_side() {
    let folder = Folder::new("beside");
    ticket(&folder.join("dense.safetensors"), 1.0, 11);
    ticket(&folder.join("sparse.safetensors"), 0.2, 11);
    let both = ["--task", "hopper", "--ticket", "dense.safetensors", "--against", "sparse.safetensors"];
    let first = page(&folder, &both);
    assert!(first.contains("\"label\":\"dense\"") && first.contains("\"label\":\"sparse\""));
    assert_eq!(first, page(&folder, &both), "the same every time");
    assert_ne!(first, page(&folder, &[&both[..], &["--seed", "1"]].concat()), "another episode");
}

#[test]
fn a_browser_shows_pages_without_a_complaint() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("browser");
    for (task, flags, state) in [
        ("hopper", &[][..], "playing"),
        ("Breakout-MinAtar", &[], "playing"),
        ("ant", &["--disable-3d-apis"], "strip: no WebGL"),
    ] {
        page(&folder, &["--task", task, "--steps", "20"]);
        let (dom, log) = shown(browser, &folder, "#step=5", flags);
        assert!(
            dom.contains(&format!("data-state=\"{state}\"")),
            "{task} {flags:?} should be `{state}`:\n{log}"
        );
        // what the page's policy forbids it to ask for would be a complaint too
        assert!(!log.contains("CONSOLE"), "{task} {flags:?} complains:\n{log}");
    }
}
