//! Classic control against recorded transitions of gymnax 0.0.6.

use numerics::random::Stream;
use numerics::{Isa, LANES};
use tasks::control::{Outcome, named};

use crate::records::{Records, folder};

/// The steps after which an episode of the reference ends, whatever happened.
const HORIZON: f64 = 500.0;

/// The largest difference that rounding explains, in units of one more than the number: Acrobot's velocities are large,
/// and of four evaluations each.
fn limit(name: &str) -> f64 {
    if name == "Acrobot-v1" { 1e-3 } else { 2e-6 }
}

/// Differences, where an angle may have gone round.
fn off(found: &[f32], expected: &[f64], wraps: bool) -> f64 {
    let differences = found.iter().zip(expected).map(|(&found, &expected)| {
        let difference = (f64::from(found) - expected).abs();
        let around = (difference - std::f64::consts::TAU).abs();
        (if wraps { difference.min(around) } else { difference }) / (1.0 + expected.abs())
    });
    differences.fold(0.0, |worst, it| if it.is_nan() { f64::INFINITY } else { worst.max(it) })
}

#[test]
fn transitions_are_those_of_the_reference() {
    let Some(folder) = folder() else { return };
    for name in ["Acrobot-v1", "CartPole-v1", "Pendulum-v1"] {
        let records = Records::read(&folder.join(name).join("data.npz"));
        let rows = |what: &str| records.rows(&format!("tr_{what}"));
        let task = named(name, Isa::detected()).expect("it is listed");
        let seen = rows("next_obs").row(0).len();
        assert_eq!(seen, task.observation_names().len());
        for begin in (0..rows("state").len()).step_by(LANES) {
            let lanes = (rows("state").len() - begin).min(LANES);
            let (mut block, mut actions) = (vec![0.0; task.rows() * LANES], vec![0.0; LANES]);
            for lane in 0..lanes {
                for (row, &number) in rows("state").row(begin + lane).iter().enumerate() {
                    block[row * LANES + lane] = number as f32;
                }
                actions[lane] = records.all("tr_action")[begin + lane] as f32;
            }
            let (mut sight, mut outcome) = (vec![0.0; seen * LANES], Outcome::NONE);
            let mut none = |_: usize| [0.0; 16];
            task.step(&mut block, &actions, &mut none, &mut sight, &mut outcome);
            for lane in 0..lanes {
                let at = begin + lane;
                let column = |block: &[f32]| block.chunks(LANES).map(|row| row[lane]).collect::<Vec<f32>>();
                let state = off(&column(&block), rows("next_state").row(at), name == "Acrobot-v1");
                assert!(state <= limit(name), "{name}: state {at} is off by {state:.1e}");
                let observation = off(&column(&sight), rows("next_obs").row(at), false);
                assert!(observation <= limit(name), "{name}: observation {at} is off by {observation:.1e}");
                let reward = off(&[outcome.reward[lane]], &records.all("tr_reward")[at..=at], false);
                assert!(reward <= limit(name), "{name}: reward {at} is off by {reward:.1e}");
                let late = records.all("tr_next_time")[at] >= HORIZON;
                let done = records.all("tr_done")[at] != 0.0;
                assert_eq!(outcome.done[lane] || late, done, "{name}: whether step {at} ends the episode");
            }
        }
    }
}

#[test]
fn starts_are_in_their_ranges_and_fill_them() {
    for (name, bounds) in [
        ("Acrobot-v1", &[0.1; 4][..]),
        ("CartPole-v1", &[0.05; 4]),
        ("Pendulum-v1", &[std::f32::consts::PI, 1.0]),
    ] {
        let task = named(name, Isa::detected()).expect("it is listed");
        let starts: Vec<Vec<f32>> =
            (0..200).map(|copy| task.start(Stream::new(1, name).child(copy))).collect();
        for (row, &bound) in bounds.iter().enumerate() {
            let (low, high) = starts
                .iter()
                .fold((f32::MAX, f32::MIN), |(low, high), start| (low.min(start[row]), high.max(start[row])));
            assert!(
                -bound <= low && low < -0.9 * bound && 0.9 * bound < high && high <= bound,
                "{name}: row {row}"
            );
        }
    }
}
