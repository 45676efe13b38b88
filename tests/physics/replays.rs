//! Records replayed as the program does it: step by step, and in one go.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tombola::episodes::{Episodes, Mode, Redone};
use tombola::npz::{self, Values};

use crate::records::folder;

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn episodes(task: &str, path: &Path) -> Episodes {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let arrays = npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Episodes::new(task, arrays).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn committed(task: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records").join(format!("{task}.npz"))
}

/// Largest errors of a few steps of the committed records, relative to the largest number of an array: of one step and
/// of four in a row. Stiff springs and contacts, which halfcheetah has most, make the most of rounding.
fn limits(task: &str) -> [f64; 2] {
    match task {
        "halfcheetah" => [2e-3, 2e-2],
        _ => [4e-5, 4e-4],
    }
}

#[test]
fn committed_records_replay_both_ways() {
    let bodies = ["pos", "rot", "vel", "ang", "contact_vel", "contact_ang", "obs", "reward", "done"];
    for task in ["ant", "grasp", "halfcheetah", "humanoid"] {
        let episodes = episodes(task, &committed(task));
        assert_eq!(episodes.prefixes(), ["rand0"]);
        let names: Vec<String> = bodies.iter().map(|name| format!("rand0_{name}")).collect();
        let recorded = |name: &&String| task != "grasp" || !name.contains("contact");
        for (mode, limit) in [Mode::OneStep, Mode::FreeRun].into_iter().zip(limits(task)) {
            let redone = episodes.replay("rand0", mode).unwrap_or_else(|error| panic!("{task}: {error}"));
            let found = redone.iter().map(|redone| redone.array.name.as_str());
            // the same in double precision, which is recorded of single steps
            let found: Vec<&str> = found.filter(|name| !name.starts_with("rand0_next_")).collect();
            assert_eq!(found, names.iter().filter(recorded).collect::<Vec<_>>(), "{task}");
            for Redone { array, error, .. } in &redone {
                assert!(*error <= limit, "{task}, {mode:?}: {} is off by {error:.1e}", array.name);
            }
        }
    }
    let episodes = episodes("CartPole-v1", &committed("CartPole-v1"));
    for prefix in ["traj0", "tr"] {
        for mode in [Mode::OneStep, Mode::FreeRun] {
            let redone = episodes.replay(prefix, mode).unwrap_or_else(|error| panic!("{prefix}: {error}"));
            assert!(redone.len() >= 4, "{prefix}: {} arrays", redone.len());
            for Redone { array, error, .. } in &redone {
                assert!(*error <= 2e-6, "{prefix}, {mode:?}: {} is off by {error:.1e}", array.name);
            }
        }
    }
}

/// The largest difference of a step of an array, without one body.
fn difference(redone: &Redone, recorded: &[f64], step: usize, without: Option<usize>) -> f64 {
    let shape = &redone.array.shape;
    let (bodies, width) = (shape[1], shape[2]);
    let found = redone.array.values.wide();
    let at = |body: usize| (step * bodies + body) * width;
    let kept = (0..bodies).filter(|&body| Some(body) != without);
    let numbers = kept.flat_map(|body| at(body)..at(body) + width);
    numbers.map(|number| (found[number] - recorded[number]).abs()).fold(0.0, f64::max)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn free_runs_stay_as_close_as_the_reference_to_itself() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("f32_vs_f64_divergence.json")).expect("the divergence");
    let divergence: Value = serde_json::from_str(&text).expect("JSON");
    for (task, runs) in divergence.as_object().expect("tasks") {
        let path = folder.join(task).join("traj.npz");
        let recorded = npz::read(&std::fs::read(&path).expect("the record")).expect("arrays");
        let episodes = episodes(task, &path);
        // the target of grasp goes where it is drawn, and is left out of the divergence too
        let without = (task == "grasp").then_some(15);
        for (run, steps) in runs.as_object().expect("runs") {
            let redone = episodes.replay(run, Mode::FreeRun).expect("a run");
            for (name, apart) in steps.as_object().expect("steps") {
                let step: usize = name.parse().expect("a number");
                if number(apart) >= 1e-3 {
                    continue;
                }
                // how fast two roundings part is luck: the task's worst run tells what is usual, below the same 1e-3
                let of_runs = runs.as_object().expect("runs").values().map(|steps| number(&steps[name]));
                let usual = of_runs.filter(|&apart| apart < 1e-3).fold(0.0, f64::max);
                for part in ["pos", "rot"] {
                    let name = format!("{run}_{part}");
                    let ours = redone.iter().find(|redone| redone.array.name == name).expect("it is redone");
                    let theirs = recorded.iter().find(|array| array.name == name).expect("it is recorded");
                    assert!(matches!(theirs.values, Values::F32(_)));
                    let off = difference(ours, &theirs.values.wide(), step - 1, without);
                    let limit = 10.0 * usual.max(1e-6);
                    assert!(
                        off <= limit,
                        "{task}, {name}: step {step} is off by {off:.1e}, {usual:.1e} is usual"
                    );
                }
            }
        }
    }
}
