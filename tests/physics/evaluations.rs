//! Whole evaluations against recorded ones: scores of policies over whole episodes, and the normaliser that they leave.

use std::path::{Path, PathBuf};

use networks::{Mask, MaskedNetwork, Normaliser, Preset, order};
use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::Threads;
use tasks::Task;
use tasks::control::normaliser::{Scale, Sums};
use tasks::control::rollouts::{AtEnd, Rollouts, Rules, Seen, Start};
use tasks::control::scoring::Control;
use tasks::control::{BodyEnvironment, naive, named};

use crate::records::{Records, folder};

/// Scores are compared to five digits: half a unit of the fifth of a number that begins with 1.
const DIGITS: f64 = 5e-5;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records/evaluations").join(name)
}

/// Count, means, sums of squares, one after the other.
fn normaliser(numbers: &[f64]) -> Normaliser {
    let (mean, squares) = numbers[1..].split_at((numbers.len() - 1) / 2);
    Normaliser { count: numbers[0], mean: mean.to_vec(), squares: squares.to_vec() }
}

/// The reference computes in single precision: of each observation that is added, a few numbers as large as the observation
/// are rounded, and differences from a mean that is rounded as well are what is squared.
fn compare(what: &str, found: &Normaliser, expected: &Normaliser) {
    assert_eq!(found.count, expected.count, "{what}: how many observations count");
    for index in 0..found.mean.len() {
        let (mean, squares) = (expected.mean[index], expected.squares[index]);
        let size = mean.abs() + (squares / expected.count).sqrt();
        let rounding = 8.0 * f64::from(f32::EPSILON) / 2.0 * size;
        let off = (found.mean[index] - mean).abs();
        assert!(off <= DIGITS * size + rounding, "{what}: mean {index}, {mean}, is off by {off:.1e}");
        let off = (found.squares[index] - squares).abs();
        let limit = 2.0 * DIGITS * squares + expected.count * rounding * size;
        assert!(off <= limit, "{what}: squares {index}, {squares}, are off by {off:.1e}");
    }
}

/// Plays the generations of a record.
fn evaluate(name: &str, path: &PathBuf) {
    let records = Records::read(path);
    let steps = records.all("T")[0] as u32;
    let task = Control::named(name).expect("a task");
    let preset = Preset::named("policy-32-32", task.input(), task.outputs()).expect("a network");
    let architecture = &preset.architecture;
    let network = MaskedNetwork::new(architecture, &Mask::full(architecture.prunable())).expect("no mask");
    let order = order::flax(architecture);
    let bodies = BodyEnvironment::named(name, Isa::detected()).expect("a task of bodies");
    for generation in 0..2 {
        let rows = |what: &str| records.rows(&format!("gen{generation}_{what}"));
        let parameters = rows("params");
        let count = parameters.len();
        let mut members = Vec::new();
        for member in 0..count {
            let mut flat = vec![0.0; architecture.parameters()];
            order
                .iter()
                .zip(parameters.row(member))
                .for_each(|(&place, &value)| flat[place as usize] = value as f32);
            members.extend(network.gather(&flat));
        }
        // rows are member-major, and all members have the same starts
        let repeats = rows("init_pos").len() / count;
        let world = |repeat| records.world(&format!("gen{generation}_init_"), Some(repeat));
        let starts: Vec<Start> = (0..repeats)
            .map(|repeat| Start::at(&bodies, bodies.state_of(&world(repeat)), Stream::new(0, "none")))
            .collect();

        let before = normaliser(records.all(&format!("gen{generation}_obs_params_before")));
        let scale = Scale::new(&before);
        let rules = Rules { repeats, steps, at_end: AtEnd::Leave };
        let environment = named(name, Isa::detected()).expect("a task");
        let mut rollouts =
            Rollouts::new(Isa::detected(), environment, &network, None, rules).expect("a policy");
        let (mut scores, mut sums) = (vec![0.0; count], vec![Sums::new(before.mean.len()); count]);
        let seen = Seen { scale: Some(&scale), sums: &mut sums };
        rollouts.population(Threads::Sequential, &members, &starts, seen, &mut scores, &|_, _| ());
        for (member, (score, expected)) in
            scores.iter().zip(records.all(&format!("gen{generation}_scores"))).enumerate()
        {
            let off = (score - expected).abs() / expected.abs();
            assert!(off <= DIGITS, "{name}, generation {generation}: score {member} is off by {off:.1e}");
        }
        let after = normaliser(records.all(&format!("gen{generation}_obs_params_after")));
        compare(&format!("{name}, generation {generation}"), &naive::learned(&before, &sums), &after);
    }
}

#[test]
fn scores_and_normalisers_are_those_of_the_reference() {
    evaluate("hopper", &committed("hopper.npz"));
    if let Some(folder) = folder() {
        evaluate("hopper", &folder.join("evojax/simmanager_hopper.npz"));
        evaluate("reacher", &folder.join("evojax/simmanager_reacher.npz"));
    }
}

#[test]
fn updates_of_the_normaliser_are_those_of_the_reference() {
    let records = Records::read(&committed("normaliser.npz"));
    for update in 0..3 {
        let all = |what: &str| records.all(&format!("{what}{update}"));
        let before = normaliser(all("params_before"));
        let (scale, size) = (Scale::new(&before), before.mean.len());
        let mut sums = Sums::new(size);
        let seen = all("obs_buffer").chunks(size).zip(all("normalized_with_before").chunks(size));
        for ((observation, normalised), &mask) in seen.zip(all("obs_mask")) {
            let observation: Vec<f32> = observation.iter().map(|&number| number as f32).collect();
            for (index, (&seen, &expected)) in observation.iter().zip(normalised).enumerate() {
                let off = (f64::from(scale.of(index, seen)) - expected).abs();
                // an observation that hardly varies is some 1000 times its rounding
                let rounding = f64::from(seen.abs()) * f64::from(f32::EPSILON) * 1e3;
                assert!(off <= DIGITS + rounding, "update {update}: {index} is off by {off:.1e}");
            }
            if mask != 0.0 {
                sums.add(&scale, &observation);
            }
        }
        let after = normaliser(all("params_after"));
        compare(&format!("update {update}"), &naive::learned(&before, &[sums]), &after);
    }
}
