//! Whole steps and starts of episodes against recorded ones.

use std::path::Path;

use physics::naive::{self, Motion};
use physics::vector::Vector;
use physics::{Model, models};

use crate::records::{Records, flat, mixed_error, recorded};

/// Runs in each record; those of `mlp0` are driven by a network.
const RUNS: [&str; 6] = ["rand0", "rand1", "rand2", "rand3", "zero0", "mlp0"];

/// Bodies that a task moves after the step, and so are not compared.
fn moved_by_the_task(name: &str) -> Option<usize> {
    match name {
        "fetch" => Some(12),
        "grasp" => Some(15),
        "ur5e" => Some(7),
        _ => None,
    }
}

/// What `grasp` does before a step: maps actions to degrees, and drags the palm towards three of them.
fn prepare(name: &str, world: &mut [Motion], actions: &[f64]) -> Vec<f64> {
    const PALM: usize = 5;
    if name != "grasp" {
        return actions.to_vec();
    }
    let low = |action: usize| match action {
        16 | 17 => -10.0,
        18 => 3.5,
        _ if action % 4 >= 2 => -45.0,
        0 | 1 => -90.0,
        _ => 0.0,
    };
    let range = |action: usize| if action < 16 { 90.0 } else { [20.0, 20.0, 10.0][action - 16] };
    let mapped: Vec<f64> = (0..19).map(|at| low(at) + range(at) * (actions[at] + 1.0) / 2.0).collect();
    let way = Vector([mapped[16], mapped[17], mapped[18]]) - world[PALM].position;
    let scale = if way.norm() > 2.0 { 2.0 / way.norm() } else { 1.0 };
    world[PALM].position = world[PALM].position + way * (scale * 0.15);
    mapped
}

/// Positions, rotations and velocities without a body.
fn numbers(world: &[Motion], without: Option<usize>) -> Vec<f64> {
    let kept = world.iter().enumerate().filter(|(body, _)| Some(*body) != without).map(|(_, motion)| motion);
    let mut all = flat(kept.clone().map(|motion| motion.position));
    all.extend(kept.clone().flat_map(|motion| motion.rotation.0));
    all.extend(flat(kept.clone().map(|motion| motion.velocity)));
    all.extend(flat(kept.map(|motion| motion.angular)));
    all
}

/// The worst error of the twin over the steps of a run, from each recorded state; `expected` as its arrays are named.
fn twin_error(model: &Model, runs: &Records, run: &str, expected: &Records, prefix: &str) -> f64 {
    let name = &model.description().name;
    let steps = runs.rows(&format!("{run}_actions"));
    let errors = (0..steps.len()).map(|row| {
        let mut world = match row {
            0 => runs.world(&format!("{run}_init_"), None),
            _ => runs.world(&format!("{run}_"), Some(row - 1)),
        };
        let actions = prepare(name, &mut world, steps.row(row));
        naive::step(model, &mut world, &actions);
        let without = moved_by_the_task(name);
        mixed_error(&numbers(&world, without), &numbers(&expected.world(prefix, Some(row)), without))
    });
    errors.fold(0.0, f64::max)
}

/// Largest error of exact arithmetic against the reference in single precision, over all recorded runs.
fn single_precision(name: &str) -> f64 {
    match name {
        "halfcheetah" => 1e-2,
        "grasp" => 3e-4,
        _ => 1e-4,
    }
}

#[test]
fn steps_are_those_of_the_reference_in_double_precision() {
    for (model, folder) in recorded() {
        let runs = Records::read(&folder.join("traj.npz"));
        let expected = Records::read(&folder.join("onestep_f64.npz"));
        for run in ["rand0", "mlp0"] {
            let error = twin_error(&model, &runs, run, &expected, &format!("{run}_next_"));
            assert!(error <= 1e-9, "{}, {run}: off by {error:.1e}", model.description().name);
        }
    }
}

#[test]
fn steps_are_close_to_the_reference_in_single_precision() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let runs = Records::read(&folder.join("traj.npz"));
        for run in RUNS {
            let error = twin_error(&model, &runs, run, &runs, &format!("{run}_"));
            assert!(error <= single_precision(name), "{name}, {run}: off by {error:.1e}");
        }
    }
}

#[test]
fn starts_are_those_of_the_reference() {
    for (model, folder) in recorded() {
        let runs = Records::read(&folder.join("traj.npz"));
        for run in RUNS {
            let name = &model.description().name;
            let (mut angles, mut velocities) = (model.rest(), vec![0.0; model.axis_count()]);
            if runs.find(&format!("{run}_reset_qpos")).is_some() {
                angles = runs.all(&format!("{run}_reset_qpos")).to_vec();
                velocities = runs.all(&format!("{run}_reset_qvel")).to_vec();
            }
            // the reacher's target is placed by the task too
            let without = moved_by_the_task(name).or((name == "reacher").then_some(3));
            let found = numbers(&naive::start(&model, &angles, &velocities), without);
            let expected = numbers(&runs.world(&format!("{run}_init_"), None), without);
            let error = mixed_error(&found, &expected);
            // the record is rounded a few times on its way from joint to joint
            assert!(error <= 16.0 * f64::from(f32::EPSILON), "{name}, {run}: off by {error:.1e}");
        }
    }
}

#[test]
fn committed_records_are_redone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records");
    for name in ["ant", "grasp", "halfcheetah", "humanoid"] {
        let model = models::named(name).expect("it is listed");
        let records = Records::read(&folder.join(format!("{name}.npz")));
        let error = twin_error(&model, &records, "rand0", &records, "rand0_next_");
        assert!(error <= 1e-9, "{name}: off by {error:.1e}");
    }
}
