//! Too much memory is refused with what is needed, what is free, and what to change; nothing is aborted, and nothing is left.

#![expect(clippy::disallowed_methods, reason = "writes specs")]

use std::fs;

mod common;

use common::{Folder, done, program, refused, told};

/// No machine has so much.
const SQUARE: [&str; 2] = ["of memory, and ", "sep-cma-es does not"];
const MEMBERS: [&str; 3] =
    ["would take about ", " TB for 1000000000 members of ", "take fewer members (population)"];

#[test]
fn training_that_does_not_fit_is_refused() {
    let folder = Folder::new("train");
    let out = folder.path("run");
    let train = |more: &[&str], parts: &[&str]| {
        refused(&[&["train", "--task", "glyphs", "--out", &out][..], more].concat(), parts);
        assert!(!folder.join("run").exists(), "{more:?}");
    };
    let wide = ["--density", "1", "--set", "network=mlp-20000"];
    train(&[&["--strategy", "cma-es"][..], &wide].concat(), &SQUARE);
    train(&["--strategy", "snes", "--set", "population=1000000000"], &MEMBERS);
    train(&["--set", "network=mlp-4294967295"], &["larger than 268435456 numbers"]);
}

#[test]
fn searches_that_do_not_fit_are_refused() {
    refused(&["optimize", "--strategy", "cma-es", "--dims", "5000000"], &SQUARE);
    let published = ["optimize", "--strategy", "asebo", "--variant", "as-published", "--dims", "5000000"];
    refused(&published, &SQUARE);
    let many = ["optimize", "--strategy", "snes", "--dims", "5000", "--population", "1000000000"];
    refused(&many, &MEMBERS);
    refused(&["optimize", "--strategy", "snes", "--dims", "100000000000"], &["of memory, and "]);
}

#[test]
fn grids_that_do_not_fit_are_planned_and_refused() {
    let folder = Folder::new("grid");
    let (spec, out) = (folder.path("grid.toml"), folder.path("out"));
    let base = "task = 'glyphs'\ncriterion = 'magnitude'\nlevels = 2\n";
    for (more, parts) in [
        ("strategy = 'cma-es'\nnetwork = 'mlp-20000'", &SQUARE[..]),
        ("strategy = 'snes'\npopulation = 1_000_000_000", &MEMBERS),
    ] {
        fs::write(&spec, format!("{base}{more}\n")).expect("a spec");
        refused(&["run", &spec, "--out", &out], parts);
        assert!(!folder.join("out").exists(), "{more}");
        let plan = done(&["plan", &spec, "--out", &out]);
        assert!(plan.contains("too much for this machine: a unit takes "), "{plan}");
    }
}

/// A limit of the process counts as what the machine has.
#[cfg(target_os = "linux")]
#[test]
fn fewer_units_at_once_where_not_all_fit() {
    let folder = Folder::in_memory("jobs");
    let spec = "task = 'Pendulum-v1'\nstrategy = 'cma-es'\ncriterion = ['magnitude', 'random']\nlevels = 2\nseeds = 2\n\
        generations = 1\nsteps = 2\nrepeats = 1\ntests = 1\npopulation = 4\nnetwork = 'dense 400 tanh; dense 1'\n";
    fs::write(folder.join("grid.toml"), spec).expect("a spec");
    // 2001 coordinates: half a gigabyte, and one fits
    let limited = |more: &str| {
        let tombola = env!("CARGO_BIN_EXE_tombola");
        let script = format!("ulimit -v 900000; exec '{tombola}' run grid.toml --out out --threads 2 {more}");
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(&folder).args(["-c", &script]).output().expect("a shell")
    };
    let text = told(&limited("--jobs 2"), 2);
    assert!(text.contains("2 units at once would take about ") && text.contains("--jobs 1"), "{text}");
    let plan =
        program().current_dir(&folder).args(["plan", "grid.toml"]).output().expect("the program starts");
    assert!(!String::from_utf8_lossy(&plan.stdout).contains("too much"), "it is not, without the limit");
    told(&limited(""), 0);
}
