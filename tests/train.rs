//! `tombola train`, `evaluate` and `bench generation` as people meet them: runs that end, are ended, and go on.

#![expect(clippy::disallowed_methods, reason = "reads and writes the files of runs")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use numerics::random::Stream;
use serde_json::Value;

mod common;

use common::{Files, Folder, digits};

/// A folder with a small image set in it.
struct Runs(Folder);

impl Runs {
    fn new(name: &str) -> Runs {
        let folder = Folder::new(name);
        digits(&folder.join("set"), 1);
        Runs(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path(name)
    }

    /// The arguments of a small run.
    fn train(&self, out: &str, more: &[&str]) -> Vec<String> {
        let set = self.path("set");
        let out = self.path(out);
        let base = ["train", "--task", &set, "--strategy", "snes", "--threads", "1", "--out", &out];
        let settings = ["network=mlp-4", "batch=16", "population=4", "generations=40", "test_every=1"];
        let mut arguments: Vec<String> = base.map(str::to_owned).into();
        arguments.extend(settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]));
        arguments.extend(more.iter().map(|more| (*more).to_owned()));
        arguments
    }
}

fn command(arguments: &[String]) -> Command {
    let mut command = common::program();
    command.args(arguments);
    command
}

fn done(arguments: &[String]) -> String {
    common::done(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(arguments: &[String], parts: &[&str]) {
    common::refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), parts);
}

/// The files that a run leaves, by name and content.
fn files(folder: &str) -> Files {
    assert!(Path::new(folder).is_dir(), "the folder of a run");
    common::files(Path::new(folder))
}

#[test]
fn a_run_leaves_its_curve_and_a_ticket_that_can_be_tested_and_trained_again() {
    let folder = Runs::new("whole");
    let curve = done(&folder.train("a", &["--density", "0.25"]));
    let rows: Vec<&str> = curve.lines().collect();
    assert_eq!(rows.len(), 1 + 41, "{curve}");
    assert!(rows[0].ends_with(",deviation,test_accuracy") && rows[41].starts_with("40,160,0,"), "{curve}");
    assert_eq!(fs::read_to_string(folder.path("a/curve.csv")).expect("a curve"), curve);
    assert_eq!(done(&folder.train("a", &["--density", "0.25"])), curve, "a run that is done stays as it is");

    let ticket = folder.path("a/ticket.safetensors");
    let told = done(&["evaluate", "--ticket", &ticket].map(str::to_owned));
    let score = rows[41].rsplit(',').next().expect("a score");
    assert!(told.contains(&format!("test_accuracy {score}\n")), "{told}\n{curve}");
    // a quarter of 784 x 4 + 4 x 10 weights
    assert!(told.contains("weights 794\ndensity 0.25\n"), "{told}");

    let again = folder.path("again");
    let set = folder.path("set");
    let base =
        ["train", "--task", &set, "--ticket", &ticket, "--out", &again, "--set", "generations=1", "--set"];
    let arguments: Vec<String> = base.iter().chain(&["batch=16"]).map(|&text| text.to_owned()).collect();
    let second = done(&arguments);
    let first_score =
        |curve: &str| curve.lines().nth(1).and_then(|row| row.rsplit(',').next().map(str::to_owned));
    assert_eq!(first_score(&second), first_score(&curve), "it begins where the first run began");
}

#[test]
fn threads_change_no_byte_of_what_a_run_leaves() {
    let folder = Runs::new("threads");
    done(&folder.train("one", &[]));
    let mut arguments = folder.train("many", &[]);
    let threads = arguments.iter().position(|argument| argument == "1").expect("a number of threads");
    arguments[threads] = "3".to_owned();
    done(&arguments);
    assert_eq!(files(&folder.path("one")), files(&folder.path("many")));
}

#[test]
fn a_run_that_is_killed_fifty_times_leaves_the_same_bytes() {
    let folder = Runs::new("kills");
    done(&folder.train("unbroken", &[]));
    let expected = files(&folder.path("unbroken"));
    let moments = Stream::new(11, "moments of death");
    let arguments = folder.train("broken", &[]);
    let mut finished = 0;
    for kill in 0..50 {
        // an unbroken run takes some hundred milliseconds; so a run is killed a few times and then begins anew
        let pause = Duration::from_micros(2_000 + moments.below(kill, 60_000));
        let mut child = command(&arguments).spawn().expect("the program starts");
        std::thread::sleep(pause);
        let ended = child.try_wait().expect("a child").is_some();
        child.kill().expect("a child");
        child.wait().expect("a child");
        if ended {
            finished += 1;
            assert!(files(&folder.path("broken")) == expected, "kill {kill}");
            fs::remove_dir_all(folder.path("broken")).expect("a folder");
        }
    }
    done(&arguments);
    assert!(files(&folder.path("broken")) == expected, "{finished} runs ended before they were killed");
}

#[test]
fn a_folder_serves_one_run() {
    let folder = Runs::new("other");
    done(&folder.train("a", &[]));
    let before = files(&folder.path("a"));
    refused(
        &folder.train("a", &["--set", "temperature=3"]),
        &["holds another run", "temperature", "12.0", "3"],
    );
    refused(&folder.train("a", &["--seed", "4"]), &["holds another run", "seed"]);
    assert_eq!(files(&folder.path("a")), before);

    let checkpoint = folder.path("a/checkpoint.json");
    fs::remove_file(folder.path("a/ticket.safetensors")).expect("a ticket");
    for damage in [&b"{"[..], b"", b"{\"plan\":1}"] {
        fs::write(&checkpoint, damage).expect("a file");
        refused(&folder.train("a", &[]), &["checkpoint.json", "is damaged", "delete"]);
        assert_eq!(fs::read(&checkpoint).expect("a file"), damage);
    }
    fs::remove_file(&checkpoint).expect("a checkpoint");
    done(&folder.train("a", &[]));
    assert_eq!(files(&folder.path("a")), before);
}

#[test]
fn requests_that_cannot_be_are_refused_and_leave_nothing() {
    let folder = Runs::new("requests");
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--set", "temprature=3"], &["there is no setting `temprature`", "did you mean `temperature`?"]),
        (&["--set", "population=1"], &["population"]),
        (&["--set", "batch=101"], &["batch", "1 to 100"]),
        (&["--set", "network=mpl-4"], &["network `mpl-4`"]),
        (&["--set", "deviation=-1"], &["deviation"]),
        (&["--set", "generations=many"], &["plan.generations"]),
        (&["--density", "2"], &["density", "a fraction from 0 to 1"]),
    ];
    for (more, parts) in cases {
        refused(&folder.train("none", more), parts);
        assert!(!Path::new(&folder.path("none")).exists(), "{more:?}");
    }
    let missing = ["train", "--task", "mnits", "--strategy", "snes"].map(str::to_owned);
    refused(&missing, &["mnits", "did you mean `mnist`?"]);
    let ticket = folder.path("set/train-labels-idx1-ubyte");
    refused(&["evaluate", "--ticket", &ticket].map(str::to_owned), &["train-labels-idx1-ubyte"]);
}

#[test]
fn the_parts_of_a_generation_add_up() {
    let folder = Runs::new("generation");
    let set = folder.path("set");
    let base =
        ["bench", "generation", "--task", &set, "--set", "network=mlp-4", "--population", "6", "--batch"];
    let more = ["20", "--density", "0.5", "--threads", "1", "--generations", "2", "--json"];
    let arguments: Vec<String> = base.iter().chain(&more).map(|&text| text.to_owned()).collect();
    let line: Value = serde_json::from_str(&done(&arguments)).expect("one JSON object");
    let number =
        |name: &str| line.pointer(name).and_then(Value::as_f64).unwrap_or_else(|| panic!("{name}: {line}"));
    let sum = number("/ask") + number("/evaluate") + number("/tell");
    assert!((number("/seconds") - sum).abs() < 1e-9, "{line}");
    let parts = number("/parts/batch") + number("/parts/kernels");
    assert!((number("/evaluate") - parts).abs() < 1e-9 && number("/ratio") >= 1.0, "{line}");
    assert_eq!((number("/density"), number("/population"), number("/batch")), (0.5, 6.0, 20.0));
    // what is not told is the run's
    let base =
        ["bench", "generation", "--task", &set, "--set", "network=mlp-4", "--set", "population=10", "--set"];
    let more = ["batch=30", "--threads", "1", "--generations", "1", "--json"];
    let arguments: Vec<String> = base.iter().chain(&more).map(|&text| text.to_owned()).collect();
    let line: Value = serde_json::from_str(&done(&arguments)).expect("one JSON object");
    assert_eq!((line["population"].as_u64(), line["batch"].as_u64()), (Some(10), Some(30)));
}

#[test]
fn a_run_that_diverges_ends_says_so_and_leaves_its_curve() {
    let runs = Runs::new("diverges");
    let arguments =
        runs.train("out", &["--set", "network=dense 4; dense 4; dense 10", "--set", "deviation=1e17"]);
    let mut told = Vec::new();
    // the second time it has nothing to do but to say so again
    for _ in 0..2 {
        let output = command(&arguments).output().expect("the program starts");
        told.push(common::told(&output, 1));
    }
    for told in &told {
        let end = told.lines().find(|line| line.contains("diverged")).unwrap_or_else(|| panic!("{told}"));
        for wanted in ["diverged in generation 10: ", "curve.csv", "--set"] {
            assert!(end.contains(wanted), "{wanted}: {told}");
        }
    }
    let curve = fs::read_to_string(runs.path("out/curve.csv")).expect("a curve");
    assert!((2..=12).contains(&curve.lines().count()), "{curve}");
    assert!(!Path::new(&runs.path("out/ticket.safetensors")).exists());
}
