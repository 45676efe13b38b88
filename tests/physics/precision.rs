//! Everything that a step of a task comes to, in double precision: against the reference's own, and against the lanes.

use std::path::{Path, PathBuf};

use numerics::random::Stream;
use numerics::{Isa, LANES};
use tasks::control::naive::Twin;
use tasks::control::{Actions, NAMES, Outcome, named};
use tombola::episodes::{Episodes, Mode, Precision, Redone};
use tombola::npz::{self, Array};

use crate::records::recorded;
use crate::steps::{engine_limit, few_are_far_off};

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn arrays(path: &Path) -> Vec<Array> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn committed(task: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records").join(format!("{task}.npz"))
}

/// Redoes a run in double precision.
fn redone(task: &str, arrays: Vec<Array>, run: &str) -> Vec<Redone> {
    let episodes = Episodes::new(task, arrays).unwrap_or_else(|error| panic!("{task}: {error}"));
    let redone = episodes.replay_in(Precision::Double, run, Mode::OneStep);
    redone.unwrap_or_else(|error| panic!("{task}: {error}"))
}

#[test]
fn all_of_a_step_is_the_reference_in_double_precision() {
    for (model, folder) in recorded() {
        let name = model.description().name.as_str();
        let all = [arrays(&folder.join("traj.npz")), arrays(&folder.join("onestep_f64.npz"))].concat();
        for run in ["rand0", "mlp0"] {
            let redone = redone(name, all.clone(), run);
            for part in ["pos", "rot", "vel", "ang", "obs", "reward", "done"] {
                let array = format!("{run}_next_{part}");
                let it = redone.iter().find(|redone| redone.array.name == array);
                let it = it.unwrap_or_else(|| panic!("{name}: `{array}` is recorded"));
                let limit = if part == "done" { 0.0 } else { 1e-9 };
                assert!(it.mixed_error <= limit, "{name}: {array} is off by {:.1e}", it.mixed_error);
            }
        }
    }
}

#[test]
fn committed_records_are_redone_in_double_precision() {
    for name in ["ant", "grasp", "halfcheetah", "humanoid"] {
        let redone = redone(name, arrays(&committed(name)), "rand0");
        let exact = redone.iter().filter(|redone| redone.array.name.starts_with("rand0_next_"));
        for it in exact.clone() {
            assert!(it.mixed_error <= 1e-9, "{name}: {} is off by {:.1e}", it.array.name, it.mixed_error);
        }
        assert!(exact.count() >= 4, "{name}");
        for part in ["obs", "reward"] {
            let it = redone.iter().find(|redone| redone.array.name == format!("rand0_{part}"));
            let it = it.expect("it is recorded");
            assert!(it.mixed_error <= engine_limit(name), "{name}: {part} is off by {:.1e}", it.mixed_error);
        }
    }
    for run in ["tr", "traj0"] {
        for it in redone("CartPole-v1", arrays(&committed("CartPole-v1")), run) {
            assert!(it.mixed_error <= 2e-6, "{}: off by {:.1e}", it.array.name, it.mixed_error);
        }
    }
}

/// How far lanes may be from the twin in one step.
fn limit(name: &str) -> f64 {
    match name {
        // the fast end of a double pendulum, and four evaluations of its slope
        "Acrobot-v1" => 1e-3,
        "CartPole-v1" | "Pendulum-v1" => 2e-6,
        name => engine_limit(name),
    }
}

/// How far a number is from the expected, relative to one more than that. The angles of the acrobot, its first two numbers,
/// are wrapped: one that is at the seam may have gone round.
fn difference(name: &str, row: usize, found: f64, expected: f64) -> f64 {
    let apart = (found - expected).abs();
    let is_wrapped = name == "Acrobot-v1" && row < 2;
    let apart = if is_wrapped { apart.min((apart - std::f64::consts::TAU).abs()) } else { apart };
    apart / (1.0 + expected.abs())
}

/// Steps of sixteen copies in lanes, and each of them by the twin.
fn compare(name: &str, variation: &str, steps: u64) {
    let full = format!("{name}{variation}");
    let task = named(&full, Isa::detected()).unwrap_or_else(|| panic!("no task {full}"));
    let twin = Twin::named(&full).unwrap_or_else(|| panic!("no twin of {full}"));
    let streams: Vec<Stream> = (0..LANES as u64).map(|copy| Stream::new(4, "twins").child(copy)).collect();
    let mut block = vec![0.0; task.rows() * LANES];
    for (lane, stream) in streams.iter().enumerate() {
        let state = task.start(stream.child(0));
        state.iter().enumerate().for_each(|(row, &number)| block[row * LANES + lane] = number);
    }
    let column = |block: &[f32], lane: usize| {
        block.chunks(LANES).map(|row| f64::from(row[lane])).collect::<Vec<f64>>()
    };
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut outcome = Outcome::NONE;
    let mut errors = Vec::new();
    for step in 0..steps {
        let mut actions = vec![0.0; task.actions().rows() * LANES];
        for (at, action) in actions.iter_mut().enumerate() {
            let draw = streams[at % LANES].child(1).child(step);
            *action = match task.actions() {
                Actions::Numbers(_) => 2.0 * draw.uniform((at / LANES) as u64) - 1.0,
                Actions::OneOf(count) => draw.below(0, count as u64) as f32,
            };
        }
        let draw = |lane: usize| task.draw(streams[lane].child(2).child(step));
        let before = block.clone();
        task.step(&mut block, &actions, &mut |lane| draw(lane), &mut sight, &mut outcome);
        for lane in 0..LANES {
            let mut state = column(&before, lane);
            let mut target = || [0, 1, 2].map(|axis| f64::from(draw(lane)[axis]));
            let seen = twin.step(&mut state, &column(&actions, lane), &mut target);
            let mut expected = state;
            expected.extend(seen.observation);
            expected.push(seen.reward);
            let mut found = column(&block, lane);
            found.extend(column(&sight, lane));
            found.push(outcome.reward[lane].into());
            assert_eq!(found.len(), expected.len(), "{full}");
            let mut worst = 0.0_f64;
            for (row, (&found, &expected)) in found.iter().zip(&expected).enumerate() {
                let off = difference(name, row, found, expected);
                assert!(
                    off <= limit(name),
                    "{full}, step {step}, copy {lane}, row {row}: {found} or {expected}"
                );
                worst = worst.max(off);
            }
            errors.push(worst);
            assert_eq!(outcome.done[lane], seen.done, "{full}, step {step}, copy {lane}");
        }
    }
    few_are_far_off(&full, errors);
}

#[test]
fn lanes_do_what_their_twins_do() {
    for name in NAMES.into_iter().filter(|name| !name.ends_with("-MinAtar")) {
        compare(name, "", 12);
    }
    for name in NAMES.into_iter().filter(|name| name.ends_with("-MinAtar")) {
        assert!(Twin::named(name).is_none(), "{name} is whole numbers");
    }
}

#[test]
fn lanes_look_as_their_twins_do() {
    for name in NAMES.into_iter().filter(|name| !name.ends_with("-MinAtar")) {
        let task = named(name, Isa::detected()).unwrap_or_else(|| panic!("no task {name}"));
        let twin = Twin::named(name).unwrap_or_else(|| panic!("no twin of {name}"));
        for copy in 0..LANES as u64 {
            let state = task.start(Stream::new(6, "looks").child(copy));
            let block: Vec<f32> = state.iter().flat_map(|&number| [number; LANES]).collect();
            let mut sight = vec![0.0; task.observation_names().len() * LANES];
            task.look(&block, &mut sight);
            let exact = twin.look(&state.iter().map(|&number| number.into()).collect::<Vec<f64>>());
            assert_eq!(exact.len() * LANES, sight.len(), "{name}");
            // an ant's lowest foot is at the ground but for rounding, and whether it touches it is rounding too
            let shown = if name.starts_with("ant") { 27 } else { exact.len() };
            for (row, (found, expected)) in sight.chunks(LANES).zip(exact).enumerate().take(shown) {
                let off = (f64::from(found[0]) - expected).abs() / (1.0 + expected.abs());
                assert!(off <= 1e-5, "{name}, copy {copy}, row {row}: {} or {expected}", found[0]);
            }
        }
    }
}

#[test]
fn twins_are_varied_as_their_lanes_are() {
    for (name, variation) in
        [("ant", "+mass-1.5+gravity-0.5"), ("hopper", "+corrected"), ("humanoid", "+corrected")]
    {
        compare(name, variation, 4);
    }
}
