//! Returns and lengths of whole episodes against those of the reference, as distributions: after contacts single runs part
//! by rounding alone.
//!
//! Welch's test of 256 of our episodes against the recorded mean and deviation of 256, under random and under no actions.
//! Holm's correction of level 0.01 over 40 tests refuses something if and only if the smallest of all p-values is below
//! 0.01 / 40, that is if a statistic is beyond the normal deviate of 1 - 0.01 / 80 (with 255 degrees of freedom and more,
//! Student's is at most 0.06 larger, so this is the stricter).

use numerics::random::Stream;
use numerics::{Isa, LANES};
use serde_json::Value;
use tasks::control::{Environment, Outcome, named};

use crate::records::folder;

const EPISODES: usize = 256;
const STEPS: u64 = 500;
const TESTS: usize = 40;
const BEYOND: f64 = 3.6623;

/// Return and length of the episodes of one block.
fn block(task: &dyn Environment, block_index: u64, random: bool) -> Vec<[f64; 2]> {
    let stream =
        |name: &str, lane: usize| Stream::new(4, name).child(block_index * LANES as u64 + lane as u64);
    let (mut world, rows) = (vec![0.0; task.rows() * LANES], task.actions().rows());
    for lane in 0..LANES {
        let start = task.start(stream("start", lane));
        world.chunks_exact_mut(LANES).zip(start).for_each(|(row, number)| row[lane] = number);
    }
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let (mut outcome, mut found, mut playing) = (Outcome::NONE, vec![[0.0; 2]; LANES], [true; LANES]);
    let mut actions = vec![0.0; rows * LANES];
    for step in 0..STEPS {
        if random {
            Stream::new(4, "actions").child(block_index).child(step).uniform_into(
                Isa::detected(),
                0,
                &mut actions,
            );
            actions.iter_mut().for_each(|action| *action = 2.0 * *action - 1.0);
        }
        let mut draws = |lane: usize| task.draw(stream("draws", lane).child(step));
        task.step(&mut world, &actions, &mut draws, &mut sight, &mut outcome);
        for lane in (0..LANES).filter(|&lane| playing[lane]) {
            found[lane][0] += f64::from(outcome.reward[lane]);
            found[lane][1] += 1.0;
        }
        for (playing, done) in playing.iter_mut().zip(outcome.done) {
            *playing &= !done;
        }
        if !playing.contains(&true) {
            break;
        }
    }
    found
}

/// Mean and variance.
fn moments(numbers: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let mean = numbers.clone().sum::<f64>() / EPISODES as f64;
    [mean, numbers.map(|number| (number - mean).powi(2)).sum::<f64>() / (EPISODES - 1) as f64]
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn returns_and_lengths_are_distributed_like_those_of_the_reference() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("return_statistics.json")).expect("the statistics");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let mut statistics = Vec::new();
    for (name, policies) in recorded.as_object().expect("tasks") {
        let task = named(name, Isa::detected()).unwrap_or_else(|| panic!("no task {name}"));
        for (policy, statistic) in policies.as_object().expect("policies") {
            let found: Vec<[f64; 2]> = (0..(EPISODES / LANES) as u64)
                .flat_map(|index| block(&*task, index, policy == "uniform"))
                .collect();
            for (which, [mean, deviation]) in
                [["mean", "std"], ["length_mean", "length_std"]].iter().enumerate()
            {
                let number = |name: &str| statistic[name].as_f64().expect("a number");
                let (theirs, variance) = (number(mean), number(deviation).powi(2));
                let [ours, our_variance] = moments(found.iter().map(|episode| episode[which]));
                let error = ((variance + our_variance) / EPISODES as f64).sqrt();
                // of what does not vary, only rounding may differ
                let off = (ours - theirs).abs() - 1e-4 * (1.0 + theirs.abs());
                let beyond = if off <= 0.0 { 0.0 } else { (ours - theirs).abs() / error };
                println!("{name}, {policy}, {mean}: {ours:.3}, recorded {theirs:.3}, statistic {beyond:.2}");
                statistics.push((beyond, format!("{name}, {policy}, {mean}: {ours}, recorded {theirs}")));
            }
        }
    }
    assert_eq!(statistics.len(), TESTS);
    let refused: Vec<_> =
        statistics.iter().filter(|(beyond, _)| beyond.is_nan() || *beyond > BEYOND).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
