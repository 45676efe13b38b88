//! `tombola plan` and `status` beside a results folder: what is done, begun, failed, damaged, or in somebody's hands.

#![expect(clippy::disallowed_methods, reason = "makes results folders")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tasks::vision::checksum::Checksum;
use tombola::grid;
use tombola::results::{Found, Lease, Manifest, Outcome, Owner, Results, Turn};
use tombola::spec::Spec;
use tombola::store::disk::Disk;

mod common;

use common::{Folder, done};

/// A folder with a spec in it.
struct Study(Folder);

impl Study {
    fn new(name: &str, spec: &str) -> Study {
        let folder = Folder::new(name);
        fs::write(folder.join("study.toml"), spec).expect("a file");
        Study(folder)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    /// What the program says of it.
    fn told(&self, verb: &str, more: &[&str]) -> String {
        let (spec, out) = (self.0.path("study.toml"), self.0.path("out"));
        done(&[&[verb, &spec, "--out", &out], more].concat())
    }

    /// The same as lines of JSON.
    fn lines(&self, verb: &str) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).expect("JSON");
        self.told(verb, &["--json"]).lines().map(parse).collect()
    }
}

fn turn(outcome: Outcome, error: Option<&str>) -> Turn {
    let error = error.map(str::to_owned);
    Turn { outcome, owner: None, ended: 0, seconds: 8.0, threads: 2, error }
}

fn taken<'r>(results: &'r Results, id: &str) -> Lease<'r> {
    results.take(id, &Found::Nothing).expect("the folder serves").expect("nobody has it")
}

/// Does a unit, with the networks of levels 0 and 1 and another file.
fn commit(results: &Results, id: &str) {
    commit_files(results, id, &[("x", "y"), ("level-00.safetensors", ""), ("level-01.safetensors", "")]);
}

fn commit_files(results: &Results, id: &str, files: &[(&str, &str)]) {
    let mut lease = taken(results, id);
    for (name, text) in files {
        lease.write(name, text.as_bytes()).expect("it is written");
    }
    lease.note("unit", turn(Outcome::Done, None)).expect("it is noted");
    lease.commit().expect("it is committed");
}

const SPEC: &str =
    "name='study'\ntask='glyphs'\nstrategy='snes'\ncriterion=['snr','random']\nseeds=3\nlevels=2";

#[test]
fn every_state_of_a_unit_is_said_with_its_reason() {
    let folder = Study::new("states", SPEC);
    let states = |lines: &[Value]| -> Vec<(String, String)> {
        let text = |line: &Value, key: &str| line[key].as_str().expect("a text").to_owned();
        lines.iter().map(|line| (text(line, "state"), text(line, "why"))).collect()
    };
    let before = folder.lines("plan");
    // dense, snr, random of each seed
    assert_eq!(before.len(), 9);
    assert!(states(&before).iter().all(|(state, why)| state == "new" && why == "was never begun"));
    assert!(!folder.out().exists(), "a plan leaves nothing");

    let me = Owner::this_process(0.5);
    let results = Results::open(&folder.out(), me.clone(), Disk::default()).expect("a folder");
    let ids: Vec<&str> = before.iter().map(|line| line["id"].as_str().expect("an id")).collect();
    commit(&results, ids[0]);
    let running = taken(&results, ids[1]);
    let failing = taken(&results, ids[2]);
    failing.note("unit", turn(Outcome::Failed, Some("there is no data"))).expect("it is noted");
    failing.release();
    taken(&results, ids[3]).release();
    commit(&results, ids[4]);
    fs::write(results.done_path(ids[4]).join("x"), b"longer").expect("a file");

    let after = folder.lines("status");
    let reasons = states(&after);
    let names: Vec<&str> = reasons.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(names, ["done", "running", "failed", "begun", "damaged", "new", "new", "new", "new"]);
    for (index, part) in [
        (0, "never runs again"),
        (1, &format!("runs: process {} on {}", me.pid, me.host)),
        (2, "failed: there is no data; runs again with --retry-failed"),
        (3, "goes on from its last checkpoint"),
        (4, "is damaged"),
    ] {
        assert!(reasons[index].1.contains(part), "{:?} should say `{part}`", reasons[index]);
    }
    let text = folder.told("status", &[]);
    assert!(text.starts_with("study in "), "{text}");
    assert!(text.contains(": 1 done, 1 running, 1 begun, 4 new, 1 failed, 1 damaged of 9 units\n"), "{text}");
    assert!(text.contains(&format!("  {} glyphs/snes/random/0 failed: there is no data", ids[2])), "{text}");
    let plan = folder.told("plan", &[]);
    for part in ["study: 6 cells and 3 dense levels", "     1 done: is done", "     4 new: was never begun"] {
        assert!(plan.contains(part), "`{part}`\n{plan}");
    }
    drop(running);
}

#[test]
fn what_diverged_is_counted_among_what_is_done_whoever_did_it() {
    let spec = "task='glyphs'\nstrategy='snes'\ncriterion=['snr','random','magnitude']\nlevels=2";
    let folder = Study::new("diverged", spec);
    let cells = grid::cells(&Spec::parse("x", spec, &[]).expect("a spec")).expect("cells");
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    let (dense, text) = (cells[0].dense_id().to_string(), cells[0].canonical_dense());
    commit_files(&results, &dense, &[("unit.txt", &text), ("level-00.safetensors", "")]);
    // the network of the last level is there, or not
    let more = [&[][..], &[("level-01.safetensors", "")], &[]];
    for (cell, more) in cells.iter().zip(more) {
        let text = cell.canonical();
        commit_files(&results, &cell.id().to_string(), &[&[("unit.txt", text.as_str())], more].concat());
    }
    let text = folder.told("status", &[]);
    assert!(text.ends_with(": 4 done (2 of them diverged) of 4 units\n"), "{text}");
    let lines = folder.lines("status");
    let found: Vec<_> =
        lines.iter().map(|line| (line["state"].as_str(), line["diverged"].as_bool())).collect();
    assert_eq!(found, [false, true, false, true].map(|diverged| (Some("done"), Some(diverged))));
    let text = folder.told("run", &[]);
    assert!(text.starts_with("4 units done, 0 of them now, 2 diverged: "), "{text}");
}

#[test]
fn a_cell_that_is_matched_to_another_brings_it() {
    let folder = Study::new("matched", "task='glyphs'\nstrategy='snes'\ncriterion='layer-random'");
    let lines = folder.lines("plan");
    let what = |line: &Value| (line["criterion"].clone(), line["needs"].clone());
    let [dense, magnitude, random] = &lines[..] else { panic!("{lines:?}") };
    let needs = |unit: &Value| Value::from(vec![unit["id"].clone()]);
    assert_eq!(what(dense), (Value::Null, Value::from(Vec::<Value>::new())));
    assert_eq!(what(magnitude), ("magnitude".into(), needs(dense)));
    assert_eq!(what(random), ("layer-random".into(), needs(magnitude)));
}

#[test]
fn a_plan_takes_its_times_from_what_is_done() {
    let folder = Study::new("times", SPEC);
    let seconds = |lines: &[Value], kind: &str| -> Vec<f64> {
        let of_kind = lines.iter().filter(|line| line["unit"] == kind);
        of_kind.map(|line| line["core_seconds"].as_f64().expect("a number")).collect()
    };
    let before = folder.lines("plan");
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    commit(&results, before[0]["id"].as_str().expect("an id"));
    let after = folder.lines("plan");
    // 8 seconds of two threads
    assert_eq!(seconds(&after, "dense"), [16.0; 3]);
    assert_eq!(seconds(&after, "cell"), seconds(&before, "cell"));
    assert!(folder.told("plan", &[]).contains("where 1 units are done, from what they took"));
    assert!(folder.told("plan", &["--probe"]).lines().count() > 3);
}

#[test]
fn watching_ends_with_the_work() {
    let folder = Study::new("watch", "task='glyphs'\nstrategy='snes'\nlevels=2");
    let spec = Spec::parse("x", "task='glyphs'\nstrategy='snes'\nlevels=2", &[]).expect("a spec");
    let cell = grid::cells(&spec).expect("cells").remove(0);
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    commit(&results, &cell.dense_id().to_string());
    let last = cell.id().to_string();
    let later = std::thread::scope(|scope| {
        let watch = scope.spawn(|| folder.told("status", &["--watch"]));
        std::thread::sleep(Duration::from_millis(500));
        commit(&results, &last);
        watch.join().expect("it ends")
    });
    assert!(later.ends_with(": 2 done of 2 units\n"), "{later}");
}

#[test]
fn a_page_follows_the_work_and_stands_still_when_it_is_done() {
    let text = "task='glyphs'\nstrategy='snes'\nlevels=2";
    let folder = Study::new("live", text);
    let cell = grid::cells(&Spec::parse("x", text, &[]).expect("a spec")).expect("cells").remove(0);
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    commit(&results, &cell.dense_id().to_string());
    let page = folder.out().with_file_name("live.html");
    let read = || fs::read_to_string(&page).unwrap_or_default();
    let told = std::thread::scope(|scope| {
        let watch =
            scope.spawn(|| folder.told("status", &["--watch", "--page", &page.display().to_string()]));
        while !read().contains("1 done, 1 new of 2 units") {
            assert!(!watch.is_finished(), "the page says how far it is: {}", read());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(read().contains("http-equiv=\"refresh\" content=\"10\""));
        let lease = taken(&results, &cell.id().to_string());
        lease.note("unit", turn(Outcome::Failed, Some("there is no data"))).expect("it is noted");
        lease.release();
        watch.join().expect("it ends")
    });
    assert!(told.ends_with("there is no data; runs again with --retry-failed\n"), "{told}");
    assert!(read().contains("there is no data") && !read().contains("refresh"), "{}", read());
}

#[test]
fn watching_ends_where_nothing_can_be_done() {
    let folder = Study::new("blocked", "task='glyphs'\nstrategy='snes'\nlevels=2");
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    let lines = folder.lines("plan");
    let dense = taken(&results, lines[0]["id"].as_str().expect("an id"));
    dense.note("unit", turn(Outcome::Failed, Some("there is no data"))).expect("it is noted");
    dense.release();
    let text = folder.told("status", &["--watch"]);
    assert!(text.contains(": 0 done, 1 new, 1 failed of 2 units"), "{text}");
}

/// A unit that is done like `pattern`, without the syncs of one that must survive a loss of power.
fn lay_down(out: &Path, pattern: &Value, id: &str) {
    let place = out.join("results").join(id);
    fs::create_dir_all(&place).expect("a folder");
    fs::write(place.join("level-01.safetensors"), b"y").expect("a file");
    let mut manifest = pattern.clone();
    manifest["unit"] = id.into();
    manifest["checksum"] = "".into();
    let text = |manifest: &Value| {
        let manifest: Manifest = serde_json::from_value(manifest.clone()).expect("a manifest");
        serde_json::to_string_pretty(&manifest).expect("JSON") + "\n"
    };
    manifest["checksum"] = Checksum::of(text(&manifest).as_bytes()).into();
    fs::write(place.join("manifest.json"), text(&manifest)).expect("a file");
}

#[test]
fn ten_thousand_cells_are_looked_at_in_two_seconds() {
    let text = "task='glyphs'\nstrategy='snes'\nseeds=1250\nlevels=2\n\
        criterion=['snr','magnitude','random','layer-random','mask-reinitialised','permuted-weights',\
        'permuted-mask-and-weights','movement']";
    let folder = Study::new("many", text);
    let cells = grid::cells(&Spec::parse("x", text, &[]).expect("a spec")).expect("cells");
    assert_eq!(cells.len(), 10_000);
    let results = Results::open(&folder.out(), Owner::this_process(0.5), Disk::default()).expect("a folder");
    let first = cells[0].id().to_string();
    commit_files(&results, &first, &[("level-01.safetensors", "y")]);
    let pattern = fs::read(results.done_path(&first).join("manifest.json")).expect("a manifest");
    let pattern: Value = serde_json::from_slice(&pattern).expect("JSON");
    for cell in &cells {
        lay_down(&folder.out(), &pattern, &cell.id().to_string());
    }
    // the fastest of some: a machine that does other things too adds time, and never takes it away
    let looks = (0..4).map(|_| {
        let begun = Instant::now();
        let told = folder.told("status", &[]);
        assert!(told.ends_with(": 10000 done, 1250 new of 11250 units\n"), "{told}");
        begun.elapsed()
    });
    let fastest = looks.min().expect("it was looked at");
    assert!(fastest < Duration::from_secs(2), "{fastest:?}");
}
