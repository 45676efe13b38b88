//! Control tasks as people meet them: `tombola train`, `evaluate` and `bench rollout`.

#![expect(clippy::disallowed_methods, reason = "reads and removes the files of runs")]

use std::fs;
use std::path::Path;
use std::process::Command;

use networks::ticket::Contents;
use networks::{Mask, MaskedNetwork, Normaliser, Preset, Ticket};
use serde_json::Value;

mod common;

use common::{Folder, done, refused};

/// A short training: its curve, and its folder.
fn train(folder: &Folder, task: &str, more: &[&str]) -> (Vec<String>, String) {
    let out = folder.path(task);
    let base = ["train", "--task", task, "--strategy", "sep-cma-es", "--threads", "2", "--out", &out];
    let settings = ["population=6", "generations=4", "test_every=2", "repeats=2", "steps=30", "tests=5"];
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<&str> = base.into_iter().chain(settings).chain(more.iter().copied()).collect();
    let curve = done(&arguments);
    (curve.lines().map(str::to_owned).collect(), out)
}

fn last(row: &str) -> &str {
    row.rsplit(',').next().expect("a score")
}

#[test]
fn a_trained_ticket_scores_as_its_curve_says() {
    let folder = Folder::new("curve");
    for (task, network, normalises) in [
        ("hopper", "dense 32 tanh; dense 32 tanh; dense 3 tanh", true),
        ("Pendulum-v1", "dense 64 tanh; dense 64 tanh; dense 1", false),
        ("cartpole", "dense 64 tanh; dense 64 tanh; dense 2", false),
    ] {
        let (curve, out) = train(&folder, task, &["--density", "0.3"]);
        assert_eq!(curve.len(), 1 + 3, "{curve:?}");
        assert!(curve[0].ends_with(",test_return"), "{curve:?}");
        // thirty steps are no test of balance
        assert!(task == "cartpole" || last(&curve[1]) != last(&curve[3]), "{task}");

        let path = format!("{out}/ticket.safetensors");
        let told = done(&["evaluate", "--ticket", &path, "--threads", "2"]);
        assert!(told.contains(network), "{told}");
        assert!(told.contains(&format!("test_return {}\n", last(&curve[3]))), "{told}\n{curve:?}");
        let told = done(&["evaluate", "--ticket", &path, "--start"]);
        assert!(told.contains(&format!("test_return {}\n", last(&curve[1]))), "{told}\n{curve:?}");

        let ticket = Ticket::decode(&fs::read(&path).expect("a ticket")).expect("a ticket");
        let normaliser = ticket.contents().normaliser.as_ref();
        assert_eq!(normaliser.map(|normaliser| normaliser.count > 0.0), normalises.then_some(true), "{task}");
    }
}

#[test]
fn requests_that_cannot_be_served_are_refused_with_what_would_do() {
    let folder = Folder::new("refused");
    let out = folder.path("none");
    let check = |more: &[&str], parts: &[&str]| {
        let base = ["train", "--task", "ant", "--out", out.as_str()];
        refused(&[&base, more].concat(), parts);
    };
    check(&["--set", "repeats=0"], &["setting `repeats` is 0", "1 to 1024"]);
    check(&["--set", "network=cnn"], &["cnn"]);
    refused(&["bench", "rollout", "--task", "antt"], &["no control task `antt`", "did you mean `ant`?"]);
    refused(
        &["bench", "rollout", "--task", "ant+mas-2"],
        &["no variation `mas-2`", "mass-F, friction-F", "`ant+mass-2`?"],
    );
    refused(&["train", "--task", "ant+mass-2000", "--strategy", "snes"], &["`2000` is no factor of mass"]);
    let range = "its mass can be varied by 0.1 to 100";
    refused(&["train", "--task", "ant+mass-0.01", "--strategy", "snes"], &["does not hold together", range]);
    refused(&["bench", "rollout", "--task", "ur5e+corrected"], &["the same with and without corrected"]);
    refused(&["bench", "rollout", "--task", "ur5e+friction-2"], &["nothing in it touches anything"]);
    for (task, like) in
        [("antt", "ant"), ("hoper", "hopper"), ("hoper+mass-2", "hopper"), ("glyph", "glyphs")]
    {
        let named = format!("did you mean `{like}`?");
        refused(&["train", "--task", task, "--strategy", "snes"], &["no task", "control tasks", &named]);
    }
    refused(
        &["bench", "rollout", "--task", "ant", "--copies", "5", "--repeats", "8"],
        &["--copies 5", "a multiple of 8", "--copies 8 or --repeats 5 would do"],
    );
    refused(&["train", "--task", "CartPole-v1+mass-2", "--strategy", "snes"], &["has no bodies"]);
    refused(&["bench", "rollout", "--task", "ant", "--density", "2"], &["a fraction from 0 to 1"]);
}

#[test]
fn rollouts_are_timed_a_line_a_task() {
    let size = ["--copies", "40", "--repeats", "4", "--steps", "3", "--runs", "1", "--threads", "2"];
    let tasks = ["--task", "hopper", "--task", "CartPole-v1"];
    let more = ["--policy", "8,8", "--density", "0.5", "--json"];
    let arguments = [&["bench", "rollout"][..], &size, &tasks, &more].concat();
    let lines: Vec<Value> =
        done(&arguments).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    for (line, task) in lines.iter().zip(["hopper", "CartPole-v1"]) {
        assert_eq!(line["task"], task);
        assert_eq!(line["members"], 10);
        let rate = line["steps_per_second"].as_f64().expect("a number");
        let seconds = line["seconds"].as_f64().expect("a number");
        assert!((rate * seconds - 120.0).abs() < 1e-6, "{line}");
        let parts = ["observe", "policy", "step"].map(|part| line["parts"][part].as_f64().expect("a share"));
        assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{line}");
        assert_eq!((&line["lost"], &line["training"]["lost"]), (&0.into(), &0.into()), "{line}");
        assert!(line["training"]["steps"].as_u64().expect("a count") <= 120, "{line}");
    }
    // copies that eight do not divide have members of fewer, and are as many as were asked for
    let odd =
        ["bench", "rollout", "--task", "hopper", "--copies", "35", "--steps", "2", "--runs", "1", "--json"];
    let line: Value = serde_json::from_str(&done(&odd)).expect("JSON");
    assert_eq!((&line["copies"], &line["members"], &line["repeats"]), (&35.into(), &5.into(), &7.into()));
    let table = done(&[&["bench", "rollout"][..], &size, &tasks[..2]].concat());
    assert!(
        table.starts_with("task ") && table.lines().nth(1).is_some_and(|line| line.starts_with("hopper "))
    );
}

/// A ticket for the hopper whose actions are infinite: its weights are as large as can be, and nothing bounds its outputs.
fn wild(path: &str) {
    let preset = Preset::named("policy-8-8-linear", "11".parse().expect("an input"), 3).expect("a network");
    let network = preset.architecture;
    let mask = Mask::full(network.prunable());
    let masked = MaskedNetwork::new(&network, &mask).expect("a network");
    let mean = vec![3e38; masked.dims()];
    let normaliser = Normaliser { count: 9.0, mean: vec![-1000.0; 11], squares: vec![0.0; 11] };
    let contents = Contents {
        task: "hopper".into(),
        start: mean.clone(),
        mean,
        normaliser: Some(normaliser),
        ..Contents::default()
    };
    fs::write(path, Ticket::new(network, &mask, contents).expect("a ticket").encode()).expect("written");
}

/// The folder of this project.
fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Generations of a committed curve, and between two of its tests.
fn generations(curve: &str) -> [usize; 2] {
    if curve.ends_with("-2000") {
        [2000, 50]
    } else if curve.contains("-v1") {
        [200, 5]
    } else {
        [300, 10]
    }
}

#[test]
fn committed_curves_are_whole_and_end_with_the_score_that_is_told() {
    let folder = project().join("crates/tombola/records/control");
    let told = fs::read_to_string(folder.join("README.md")).expect("the table");
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".csv")) else {
            continue;
        };
        files += 1;
        let text = fs::read_to_string(&path).expect("text");
        assert!(text.ends_with('\n'), "{name} is cut off");
        let (head, rows) = text.split_once('\n').expect("a head");
        assert_eq!(
            head, "generation,evaluations,failures,fitness_mean,fitness_best,deviation,test_return",
            "{name}"
        );
        let [most, every] = generations(name);
        let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split(',').collect()).collect();
        let found: Vec<usize> = rows.iter().map(|row| row[0].parse().expect("a generation")).collect();
        assert!(found.iter().copied().eq((0..=most).step_by(every)), "{name}: tests after {found:?}");
        assert!(rows.iter().all(|row| row.len() == 7), "{name}: a row has another number of columns");

        let row = told.lines().find_map(|line| line.strip_prefix(&format!("| `{name}.csv` | ")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        let score = row.split('|').nth(1).expect("a score").trim();
        let score = score.split(',').next().expect("a score");
        let digits = score.split_once('.').map_or(0, |(_, digits)| digits.len());
        let last: f64 = last(text.trim_end()).parse().expect("a score");
        assert_eq!(format!("{last:.digits$}"), score, "{name}");
    }
    assert!(files >= 10, "{files} curves");
}

#[test]
#[cfg(unix)]
fn a_run_that_fails_leaves_the_committed_curve_and_says_why() {
    let folder = Folder::new("learn");
    fs::create_dir(folder.join("scripts")).expect("a folder");
    let script = folder.join("scripts/learn-control");
    fs::copy(project().join("scripts/learn-control"), &script).expect("a copy");
    let curves = folder.join("crates/tombola/records/control");
    fs::create_dir_all(&curves).expect("folders");
    let (before, after) = ("generation,score\n0,1\n", "generation,score\n0,1\n300,7.5\n");
    fs::write(curves.join("hopper.csv"), before).expect("a curve");
    // a program that writes a part of a curve and fails, and one that writes all of it
    let run = |text: &str| {
        let program = folder.join("program");
        // by a shell: a file that this process has written may be open in a child that another test begins
        let write = "printf '#!/bin/sh\n%s\n' \"$2\" >\"$1\" && chmod +x \"$1\"";
        let mut shell = Command::new("bash");
        let written = shell.args(["-c", write, "bash"]).arg(&program).arg(text).status().expect("a shell");
        assert!(written.success());
        let mut command = Command::new("bash");
        let output = command.arg(&script).arg("hopper").env("TOMBOLA", &program).output().expect("a shell");
        let [out, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
        (output.status.success(), out, told, fs::read_to_string(curves.join("hopper.csv")).expect("a curve"))
    };
    let (done, _, told, curve) = run("echo generation,score; echo it ran out of luck >&2; exit 1");
    assert!(!done && told.contains("it ran out of luck"), "{told}");
    assert_eq!(curve, before);
    let (done, out, _, curve) = run("echo generation,score; echo 0,1; echo 300,7.5");
    assert!(done && out.contains("| `hopper` | snes | 300 | 7.50 | 1345 |"), "{out}");
    assert_eq!(curve, after);
}

#[test]
fn episodes_that_blow_up_cost_their_penalty_and_are_told_of() {
    let folder = Folder::new("lost");
    let path = folder.path("wild.safetensors");
    wild(&path);
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tombola"))
            .args(arguments)
            .current_dir(&*folder)
            .output()
            .expect("the program starts");
        let [out, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        (out, told)
    };
    // 500 missing steps in each of 64 episodes
    let (out, told) = run(&["evaluate", "--ticket", &path]);
    assert!(out.contains("test_return -15000\n"), "{out}");
    assert!(told.contains("64 episodes were lost"), "{told}");
    let (out, told) = run(&["evaluate", "--ticket", &path, "--json"]);
    let line: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&line["measure"], &line["lost"]), (&"test_return".into(), &64.into()), "{line}");
    assert_eq!(line["score"].as_f64(), Some(-15000.0), "{line}");
    assert!(told.contains("64 episodes were lost"), "{told}");
    let (_, told) = run(&["watch", "--task", "hopper", "--ticket", &path, "--out", "wild.html"]);
    assert!(told.contains("wild: lost in step 1: a body blew up"), "{told}");
    let page = fs::read_to_string(folder.join("wild.html")).expect("a page");
    assert!(page.contains("lost in step 1"), "the page says so too");

    let size = ["--set", "population=4", "--set", "generations=2", "--set", "steps=10", "--set", "tests=3"];
    let out = folder.path("run");
    let train = ["train", "--task", "hopper", "--strategy", "snes", "--ticket", &path, "--out", &out];
    let (curve, told) = run(&[&train[..], &size].concat());
    assert!(told.contains("3 episodes were lost") && told.contains("of 8 evaluations failed"), "{told}");
    let row: Vec<&str> = curve.lines().last().expect("a row").split(',').collect();
    assert!(row[2].parse::<u32>().is_ok_and(|failures| failures > 0), "{curve}");
    assert_eq!(row.last(), Some(&"-300"), "{curve}");
}
