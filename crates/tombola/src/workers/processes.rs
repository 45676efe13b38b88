//! Processes of their own on one folder: killed, stopped and woken, ended at every step, asked to stop.
//!
//! A child is this test program with one test named, [`works_in_the_folder_that_it_is_given`].

#![expect(clippy::disallowed_methods, reason = "a child is told by its environment what to do")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use numerics::random::Stream;

use super::fake::Fake;
use super::tests::{BEAT, Folder, expected, files, how, stoppable, units};
use super::*;
use crate::results::{Outcome, Owner, Results};
use crate::store::disk::{self, Disk};

/// What tells a child where to work, and how long a step takes in microseconds.
const FOLDER: &str = "TOMBOLA_TEST_FOLDER";
const PAUSE: &str = "TOMBOLA_TEST_PAUSE";
/// Only the last two units.
const FEW: &str = "TOMBOLA_TEST_FEW";

#[test]
fn works_in_the_folder_that_it_is_given() {
    let own = Folder::new("child");
    let folder = std::env::var(FOLDER).map_or(own.0.clone(), Into::into);
    let pause = std::env::var(PAUSE).map_or(0, |text| text.parse().unwrap());
    let mut list: Vec<Fake> = units();
    if std::env::var(FEW).is_ok() {
        list = vec![Fake::new(2, Some(1), 6), Fake::new(1, None, 5)];
    }
    list.iter_mut().for_each(|unit| unit.pause = Duration::from_micros(pause));
    let stop = Stop::on_signals().unwrap();
    let results = Results::open(&folder, Owner::this_process(BEAT), Disk::of_process()).unwrap();
    let summary = stoppable(&results, how(1, 1), &list, stop.clone());
    assert!(summary.trouble.is_none(), "{summary:?}");
    assert!(summary.done == list.len() || stop.is_asked(), "{summary:?}");
    let times = |unit: &Fake| format!("{} ", unit.id).repeat(unit.begun.load(Ordering::SeqCst));
    let begun: Vec<String> = list.iter().map(times).collect();
    println!("begun {}", begun.concat());
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "workers::processes::works_in_the_folder_that_it_is_given", "--nocapture"]);
    command.env(FOLDER, folder).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn child(folder: &Path, pause: u64) -> Child {
    command(folder).env(PAUSE, pause.to_string()).spawn().unwrap()
}

fn ended_well(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{told}");
    text
}

fn signal(child: &Child, name: &str) {
    // a child that has ended already needs no signal
    let _ = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
}

/// The results, and what they must be.
fn same(folder: &Folder, context: &str) {
    assert_eq!(files(&folder.0.join("results")), expected(), "{context}");
    let left = disk::names(&folder.0.join("work")).unwrap();
    assert!(left.is_empty(), "{context}: {left:?}");
}

#[test]
fn eight_processes_that_begin_together_do_every_unit_once() {
    for round in 0..3 {
        let folder = Folder::new("eight");
        let children: Vec<Child> = (0..8).map(|_| child(&folder.0, 300)).collect();
        let mut begun: BTreeMap<String, u32> = BTreeMap::new();
        for child in children {
            let text = ended_well(&child.wait_with_output().unwrap());
            let line =
                text.lines().find_map(|line| line.split_once("begun ")).expect("a line of what it did").1;
            for id in line.split_whitespace() {
                *begun.entry(id.to_owned()).or_default() += 1;
            }
        }
        same(&folder, &format!("round {round}"));
        assert_eq!(begun.len(), 8, "{begun:?}");
        let record = Results::at(&folder.0, Owner::this_process(BEAT));
        for (id, times) in begun {
            // who is merely slow may be held dead, and is followed: then there is a turn that says so
            let turns = record.record(&id).turns;
            let vanished = turns.iter().filter(|turn| turn.outcome == Outcome::Vanished).count();
            assert!(
                times as usize <= 1 + vanished,
                "{id} was begun {times} times in round {round}: {turns:?}"
            );
        }
    }
}

#[test]
fn fifty_kills_at_random_moments_leave_the_same_bytes() {
    let seed = 20;
    let moments = Stream::new(seed, "moments of death");
    let folder = Folder::new("killed");
    let mut finished = 0;
    for kill in 0..50 {
        let pause = Duration::from_micros(3_000 + moments.below(kill, 40_000));
        let mut child = child(&folder.0, 300);
        std::thread::sleep(pause);
        let has_ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if has_ended {
            ended_well(&output);
            same(&folder, &format!("kill {kill} of seed {seed}"));
            finished += 1;
            fs::remove_dir_all(&folder.0).unwrap();
        }
    }
    ended_well(&child(&folder.0, 0).wait_with_output().unwrap());
    same(&folder, &format!("{finished} runs of seed {seed} ended before they were killed"));
}

#[test]
fn a_process_that_ends_within_any_step_leaves_what_the_next_one_finishes() {
    let whole = Folder::new("abort-none");
    ended_well(&command(&whole.0).env(FEW, "1").output().unwrap());
    let expected = files(&whole.0.join("results"));
    for harm in ["abort", "torn"] {
        // a torn write is one that ends in the midst of its bytes; elsewhere it is the same as an end
        let site = if harm == "torn" { "write" } else { "any" };
        let mut struck = 0;
        for nth in 1.. {
            let folder = Folder::new("abort");
            let fault = format!("{site}:{nth}:{harm}");
            let output = command(&folder.0).env(FEW, "1").env("TOMBOLA_FAULT", &fault).output().unwrap();
            let next = command(&folder.0).env(FEW, "1").output().unwrap();
            ended_well(&next);
            assert_eq!(files(&folder.0.join("results")), expected, "{fault}");
            assert!(disk::names(&folder.0.join("work")).unwrap().is_empty(), "{fault}");
            if output.status.success() {
                break;
            }
            struck += 1;
        }
        assert!(struck > 20, "{harm}: {struck}");
    }
}

/// Which folder each result is, and when it came to be.
fn identities(folder: &Folder) -> Vec<(String, u64, i64, i64)> {
    let results = folder.0.join("results");
    let identity = |name: String| {
        let data = fs::metadata(results.join(&name)).unwrap();
        (name, data.ino(), data.mtime(), data.mtime_nsec())
    };
    disk::names(&results).unwrap().into_iter().map(identity).collect()
}

#[test]
fn a_stopped_process_that_wakes_after_its_lease_was_taken_commits_nothing() {
    let moments = Stream::new(21, "moments of sleep");
    let mut slept = 0;
    for round in 0..12 {
        let folder = Folder::new("asleep");
        let late = child(&folder.0, 1_000);
        std::thread::sleep(Duration::from_micros(10_000 + moments.below(round, 60_000)));
        signal(&late, "STOP");
        ended_well(&child(&folder.0, 0).wait_with_output().unwrap());
        let before = identities(&folder);
        assert_eq!(before.len(), 8, "round {round}");
        signal(&late, "CONT");
        let text = ended_well(&late.wait_with_output().unwrap());
        slept += u32::from(text.contains("begun 0"));
        assert_eq!(identities(&folder), before, "round {round}");
        same(&folder, &format!("round {round}"));
    }
    assert!(slept > 6, "too few had begun when they were stopped: {slept}");
}

#[test]
fn each_signal_that_asks_is_obeyed_and_the_work_goes_on_later() {
    for name in ["INT", "TERM", "USR1"] {
        let folder = Folder::new("asked");
        let asked = child(&folder.0, 20_000);
        while files(&folder.0).len() < 6 {
            std::thread::sleep(Duration::from_millis(2));
        }
        signal(&asked, name);
        ended_well(&asked.wait_with_output().unwrap());
        let results = files(&folder.0.join("results"));
        assert!(results.len() < expected().len(), "{name}: it was not asked in time");
        ended_well(&child(&folder.0, 0).wait_with_output().unwrap());
        same(&folder, name);
    }
}
