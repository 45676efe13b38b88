//! Classic control against recorded transitions of gymnax 0.0.6.

use numerics::random::Stream;
use numerics::{Isa, LANES};
use tasks::control::{Outcome, named};

use crate::records::{Records, folder};
use crate::replays::episodes;
use tombola::episodes::{Mode, Redone};

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

/// How long a free run stays within the limit, and the first step whose end is another one's: rounding grows with every
/// step, where a pole is held up or a pendulum passes the top. The steps that were measured, at which the test holds them:
/// sooner is an error, later would be another kernel.
const APART: [(&str, &str, usize, usize); 8] = [
    ("Acrobot-v1", "traj0", 472, 500),
    ("Acrobot-v1", "traj1", 459, 500),
    ("CartPole-v1", "traj2", 93, 262),
    ("CartPole-v1", "traj3", 73, 243),
    ("Pendulum-v1", "traj0", 97, 500),
    ("Pendulum-v1", "traj1", 36, 500),
    ("Pendulum-v1", "traj2", 139, 500),
    ("Pendulum-v1", "traj3", 64, 500),
];

#[test]
fn episodes_are_those_of_the_reference() {
    let Some(folder) = folder() else { return };
    for name in ["Acrobot-v1", "CartPole-v1", "Pendulum-v1"] {
        let path = folder.join(name).join("data.npz");
        let (records, episodes) = (Records::read(&path), episodes(name, &path));
        for run in ["traj0", "traj1", "traj2", "traj3"] {
            let steps = records.all(&format!("{run}_done")).len();
            let apart = APART.iter().find(|apart| (apart.0, apart.1) == (name, run));
            let (within, ends_within) = apart.map_or((steps, steps), |apart| (apart.2, apart.3));
            for (mode, within, ends_within) in
                [(Mode::OneStep, steps, steps), (Mode::FreeRun, within, ends_within)]
            {
                let redone = episodes.replay(run, mode).expect("a run");
                let errors = errors(&records, &redone, name);
                let first = errors.iter().position(|&error| error > limit(name)).unwrap_or(steps);
                assert!(
                    first >= within,
                    "{name}, {run}, {mode:?}: off by {:.1e} in step {first}",
                    errors[first]
                );
                let other = other_end(&records, &redone).unwrap_or(steps);
                assert!(other >= ends_within, "{name}, {run}, {mode:?}: another end in step {other}");
            }
        }
    }
}

/// The error of each step over states, observations and rewards.
fn errors(records: &Records, redone: &[Redone], name: &str) -> Vec<f64> {
    let of_step = |step: usize| {
        let arrays = redone.iter().filter(|redone| !redone.array.name.ends_with("done"));
        let errors = arrays.map(|Redone { array, .. }| {
            let expected = records.rows(&array.name).row(step);
            let found: Vec<f32> = array.values.wide()[step * expected.len()..][..expected.len()]
                .iter()
                .map(|&number| number as f32)
                .collect();
            let wraps = name == "Acrobot-v1" && array.name.ends_with("state");
            off(&found, expected, wraps)
        });
        errors.fold(0.0, f64::max)
    };
    (0..records.rows(&redone[0].array.name).len()).map(of_step).collect()
}

/// The first step that ends the episode in one and not in the other.
fn other_end(records: &Records, redone: &[Redone]) -> Option<usize> {
    let done = redone.iter().find(|redone| redone.array.name.ends_with("done")).expect("ends are recorded");
    let pairs = done.array.values.wide().into_iter().zip(records.all(&done.array.name).to_vec());
    pairs.into_iter().position(|(found, expected)| found != expected)
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
