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

use physics::naive::Motion;

use crate::records::{Records, folder, nudged};

/// Members whose scores are not known to five digits, with task and generation. Before anything is learned a network sees
/// a thousand times what there is, and with it a thousand times its rounding: the scores of these two networks of reacher
/// move by 3.3e-3 and 3.1e-3 where the start is changed by one rounding, and are 1.7e-3 and 9e-4 from the record.
const UNSURE: [(&str, u64, [usize; 2]); 1] = [("reacher", 0, [0, 2])];

/// Numbers are compared to five digits.
fn half_a_unit(number: f64) -> f64 {
    0.5 * 10f64.powf(number.abs().log10().floor() - 4.0)
}

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records/evaluations").join(name)
}

/// Count, means, sums of squares, one after the other.
fn normaliser(numbers: &[f64]) -> Normaliser {
    let (mean, squares) = numbers[1..].split_at((numbers.len() - 1) / 2);
    Normaliser { count: numbers[0], mean: mean.to_vec(), squares: squares.to_vec() }
}

/// The reference computes in single precision: of each observation that is added, a few numbers as large as the observation
/// are rounded, and differences from a mean that is rounded as well are what is squared. Where episodes are not sure, it may
/// be as far off as others that rounding `moved`.
fn compare(what: &str, found: &Normaliser, expected: &Normaliser, moved: &[Normaliser]) {
    let by = |of: &dyn Fn(&Normaliser) -> f64| {
        moved.iter().map(|moved| (of(moved) - of(found)).abs()).fold(0.0, f64::max)
    };
    assert_eq!(found.count, expected.count, "{what}: how many observations count");
    for index in 0..found.mean.len() {
        let (mean, squares) = (expected.mean[index], expected.squares[index]);
        let size = mean.abs() + (squares / expected.count).sqrt();
        let rounding = 8.0 * f64::from(f32::EPSILON) / 2.0 * size;
        let off = (found.mean[index] - mean).abs();
        assert!(
            off <= half_a_unit(size) + rounding + by(&|it| it.mean[index]),
            "{what}: mean {index}, {mean}, is off by {off:.1e}"
        );
        let off = (found.squares[index] - squares).abs();
        let limit = by(&|it| it.squares[index]) + half_a_unit(squares) + expected.count * rounding * size;
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
        let worlds: Vec<Vec<Motion>> = (0..repeats).map(world).collect();
        let before = normaliser(records.all(&format!("gen{generation}_obs_params_before")));
        let scale = Scale::new(&before);
        let rules = Rules { repeats, steps, at_end: AtEnd::Leave };
        let environment = named(name, Isa::detected()).expect("a task");
        let mut rollouts =
            Rollouts::new(Isa::detected(), environment, &network, None, rules).expect("a policy");
        let mut play = |worlds: &[Vec<Motion>]| {
            let start =
                |world: &Vec<Motion>| Start::at(&bodies, bodies.state_of(world), Stream::new(0, "none"));
            let starts: Vec<Start> = worlds.iter().map(start).collect();
            let (mut scores, mut sums) = (vec![0.0; count], vec![Sums::new(before.mean.len()); count]);
            let seen = Seen { scale: Some(&scale), sums: &mut sums };
            rollouts.population(Threads::Sequential, &members, &starts, seen, &mut scores, &|_, _| ());
            (scores, naive::learned(&before, &sums))
        };
        let (scores, learned) = play(&worlds);
        let expected = records.all(&format!("gen{generation}_scores"));
        let off = |scores: &[f64], member: usize| (scores[member] - expected[member]).abs();
        let unsure: Vec<usize> =
            (0..count).filter(|&member| off(&scores, member) > half_a_unit(expected[member])).collect();
        let known = UNSURE.iter().find(|unsure| (unsure.0, unsure.1) == (name, generation));
        let named = known.map_or(&[][..], |unsure| &unsure.2);
        assert_eq!(unsure, named, "{name}, generation {generation}: whose score is off");
        // what comes of starts that rounding could have made of these, where that matters
        let trials = if unsure.is_empty() { 0..0 } else { 0..8 };
        let moved: Vec<_> = trials
            .map(|trial| play(&worlds.iter().map(|world| nudged(world, trial)).collect::<Vec<_>>()))
            .collect();
        for &member in &unsure {
            let by =
                moved.iter().map(|(moved, _)| (moved[member] - scores[member]).abs()).fold(0.0, f64::max);
            let off = off(&scores, member);
            assert!(off <= by, "{name}: score {member} is off by {off:.1e}, rounding moves it by {by:.1e}");
        }
        let moved: Vec<Normaliser> = moved.into_iter().map(|(_, learned)| learned).collect();
        let after = normaliser(records.all(&format!("gen{generation}_obs_params_after")));
        compare(&format!("{name}, generation {generation}"), &learned, &after, &moved);
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
                assert!(
                    off <= half_a_unit(expected) + rounding,
                    "update {update}: {index} is off by {off:.1e}"
                );
            }
            if mask != 0.0 {
                sums.add(&scale, &observation);
            }
        }
        let after = normaliser(all("params_after"));
        compare(&format!("update {update}"), &naive::learned(&before, &[sums]), &after, &[]);
    }
}
