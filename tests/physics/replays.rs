//! Records replayed as the program does it: step by step, and in one go.

use std::path::{Path, PathBuf};

use physics::models;
use physics::naive::{self, Motion};
use serde_json::Value;
use tombola::episodes::{Episodes, Mode, Redone};
use tombola::npz::{self, Values};

use crate::records::{Records, committed, folder, nudged};

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
pub(crate) fn episodes(task: &str, path: &Path) -> Episodes {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let arrays = npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Episodes::new(task, arrays).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
    for task in physics::models::names() {
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
    for (task, limit) in [("Acrobot-v1", 1e-3), ("CartPole-v1", 2e-6), ("Pendulum-v1", 2e-6)] {
        let episodes = episodes(task, &committed(task));
        for prefix in ["traj0", "tr"] {
            for mode in [Mode::OneStep, Mode::FreeRun] {
                let redone =
                    episodes.replay(prefix, mode).unwrap_or_else(|error| panic!("{prefix}: {error}"));
                assert!(redone.len() >= 4, "{task}, {prefix}: {} arrays", redone.len());
                for Redone { array, error, .. } in &redone {
                    assert!(
                        *error <= limit,
                        "{task}, {prefix}, {mode:?}: {} is off by {error:.1e}",
                        array.name
                    );
                }
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

/// The one free run that parts from the record by more than ten times what the reference's two precisions part, by 3.6e-4
/// where they part by 1.9e-5: a foot (body 8) comes down in the first or in the second sub-step of step 48, and rounding
/// says in which. Of sixteen runs in double precision whose starts differ by a rounding, five go the other way too, by
/// 3.7e-4 to 3.8e-4; the other eleven stay within 2e-5.
const APART: (&str, &str, usize) = ("ant", "rand1", 50);

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn free_runs_stay_as_close_as_the_reference_to_itself() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("f32_vs_f64_divergence.json")).expect("the divergence");
    let divergence: Value = serde_json::from_str(&text).expect("JSON");
    let (mut compared, mut beyond) = (0, Vec::new());
    for (task, runs) in divergence.as_object().expect("tasks") {
        let path = folder.join(task).join("traj.npz");
        let recorded = npz::read(&std::fs::read(&path).expect("the record")).expect("arrays");
        let episodes = episodes(task, &path);
        // the target of grasp goes where it is drawn, and is left out of the divergence too
        let without = (task == "grasp").then_some(15);
        for (run, steps) in runs.as_object().expect("runs") {
            let redone = episodes.replay(run, Mode::FreeRun).expect("a run");
            let off = |step: usize| {
                let of_part = |part: &str| {
                    let name = format!("{run}_{part}");
                    let ours = redone.iter().find(|redone| redone.array.name == name).expect("it is redone");
                    let theirs = recorded.iter().find(|array| array.name == name).expect("it is recorded");
                    assert!(matches!(theirs.values, Values::F32(_)));
                    difference(ours, &theirs.values.wide(), step - 1, without)
                };
                of_part("pos").max(of_part("rot"))
            };
            for (step, apart) in steps.as_object().expect("steps") {
                let (step, apart): (usize, f64) = (step.parse().expect("a number"), number(apart));
                if apart >= 1e-3 {
                    continue;
                }
                compared += 1;
                let off = off(step);
                if off > 10.0 * apart.max(1e-6) {
                    beyond.push((task.as_str(), run.as_str(), step, off));
                }
            }
        }
    }
    assert_eq!(compared, 256);
    let steps: Vec<_> = beyond.iter().map(|&(task, run, step, _)| (task, run, step)).collect();
    assert_eq!(
        steps,
        [APART],
        "those that part more than ten times as much as the reference's two precisions"
    );
    let (off, spread) = (beyond[0].3, rounding_apart(&folder.join("ant/traj.npz")));
    assert!(off <= 4e-4, "off by {off:.1e}");
    assert!(spread[3] < 2e-5 && spread[15] > 3e-4, "rounding decides between two ways: {spread:.1?}");
}

/// How far free runs of the twin, in double precision, part in the steps of the one exception where their starts differ by a
/// rounding; sorted.
fn rounding_apart(path: &PathBuf) -> Vec<f64> {
    let (_, run, steps) = APART;
    let (runs, model) = (Records::read(path), models::named("ant").expect("it is listed"));
    let actions = runs.rows(&format!("{run}_actions"));
    let start = runs.world(&format!("{run}_init_"), None);
    let end = |mut world: Vec<Motion>| {
        (0..steps).for_each(|step| drop(naive::step(&model, &mut world, actions.row(step))));
        world
    };
    let places = |world: &[Motion]| -> Vec<f64> {
        world.iter().flat_map(|it| it.position.0.into_iter().chain(it.rotation.0)).collect()
    };
    let exact = places(&end(start.clone()));
    let moved = (0..16).map(|trial| {
        let moved = places(&end(nudged(&start, trial)));
        moved.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    });
    let mut moved: Vec<f64> = moved.collect();
    moved.sort_by(f64::total_cmp);
    moved
}
