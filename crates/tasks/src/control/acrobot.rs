//! Two links hang, and swing up by a torque between them: `Acrobot-v1` (Sutton 1996, as in gymnax 0.0.6).
//!
//! One step is one classical step of Runge and Kutta of 0.2; then angles are taken between -pi and pi, and velocities
//! cut off at 4 pi and 9 pi.
//!
//! # Observations
//!
//! The second angle is that between the links.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 3 | `cosine of the first angle` to `sine of the second angle` | 1 |
//! | 4 to 5 | `angular velocity of the first link` to `angular velocity of the second link` | rad/s |
//!
//! # Actions
//!
//! A torque between the links.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 2 | `torque of -1` to `torque of 1` | N m |
//!
//! # Reward
//!
//! -1 for every step that does not end above the line of 1; 0 where it does.
//!
//! # End
//!
//! At the goal: above that line.
//!
//! # Start
//!
//! All four within 0.1 of hanging at rest.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use numerics::functions::{Cos, Sin, map};
use numerics::random::Stream;
use numerics::{Isa, LANES};

use super::lanes::Lanes;
use super::{Actions, Draws, Environment, Outcome, row};

pub(super) struct Acrobot {
    isa: Isa,
}

const GRAVITY: f32 = 9.8;
const TIME: f32 = 0.2;
const FASTEST: [f32; 2] = [4.0 * PI, 9.0 * PI];

/// Two angles and two angular velocities.
type Four = [Lanes; 4];

fn stepped(from: Four, slope: Four, time: f32) -> Four {
    [0, 1, 2, 3].map(|part| from[part] + slope[part] * time)
}

/// Whole turns are taken off until the angle is in the range; exactly pi becomes -pi.
fn wrapped(angle: f32) -> f32 {
    if angle.is_nan() || angle.abs() >= 64.0 {
        // nowhere near what a step can make: not worth the reference's bits
        return (angle + PI).rem_euclid(TAU) - PI;
    }
    let mut angle = angle;
    while angle >= PI {
        angle -= TAU;
    }
    while angle < -PI {
        angle += TAU;
    }
    angle
}

impl Acrobot {
    pub(super) fn new(isa: Isa) -> Acrobot {
        Acrobot { isa }
    }

    fn sine(&self, angle: Lanes) -> Lanes {
        let mut sine = [0.0; LANES];
        map(self.isa, Sin, &angle.0, &mut sine);
        Lanes(sine)
    }

    fn cosine(&self, angle: Lanes) -> Lanes {
        let mut cosine = [0.0; LANES];
        map(self.isa, Cos, &angle.0, &mut cosine);
        Lanes(cosine)
    }

    /// How fast angles and velocities change.
    fn slope(&self, [one, two, one_speed, two_speed]: Four, torque: Lanes) -> Four {
        let (sine, cosine) = (self.sine(two), self.cosine(two));
        let first = cosine + 3.5;
        let second = cosine * 0.5 + 1.25;
        let weight = self.cosine(one + two - FRAC_PI_2) * (0.5 * GRAVITY);
        let load = -(two_speed * two_speed * sine) * 0.5 - two_speed * one_speed * sine
            + self.cosine(one - FRAC_PI_2) * (1.5 * GRAVITY)
            + weight;
        let share = second / first;
        let push = torque + share * load - one_speed * one_speed * sine * 0.5 - weight;
        let two_change = push / (Lanes::all(1.25) - second * share);
        let one_change = -(second * two_change + load) / first;
        [one_speed, two_speed, one_change, two_change]
    }

    fn state(block: &[f32]) -> Four {
        [0, 1, 2, 3].map(|part| Lanes::of(row(block, part)))
    }
}

impl Environment for Acrobot {
    fn name(&self) -> &'static str {
        "Acrobot-v1"
    }

    fn observation_names(&self) -> Vec<String> {
        [
            "cosine of the first angle",
            "sine of the first angle",
            "cosine of the second angle",
            "sine of the second angle",
            "angular velocity of the first link",
            "angular velocity of the second link",
        ]
        .map(str::to_owned)
        .into()
    }

    fn action_names(&self) -> Vec<String> {
        ["torque of -1", "no torque", "torque of 1"].map(str::to_owned).into()
    }

    fn actions(&self) -> Actions {
        Actions::OneOf(3)
    }

    fn rows(&self) -> usize {
        4
    }

    fn start(&self, stream: Stream) -> Vec<f32> {
        (0..4).map(|row| 0.2 * stream.uniform(row) - 0.1).collect()
    }

    /// A step that does not reach the goal takes off 1.
    fn penalty(&self) -> f64 {
        2.0
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        let [one, two, one_speed, two_speed] = Acrobot::state(block);
        let seen = [self.cosine(one), self.sine(one), self.cosine(two), self.sine(two), one_speed, two_speed];
        for (row, value) in observation.chunks_exact_mut(LANES).zip(seen) {
            row.copy_from_slice(&value.0);
        }
    }

    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        _: Draws<'_>,
        sight: &mut [f32],
        outcome: &mut Outcome,
    ) {
        let (begin, torque) = (Acrobot::state(block), Lanes::of(actions) - 1.0);
        let first = self.slope(begin, torque);
        let second = self.slope(stepped(begin, first, TIME / 2.0), torque);
        let third = self.slope(stepped(begin, second, TIME / 2.0), torque);
        let fourth = self.slope(stepped(begin, third, TIME), torque);
        let mean =
            [0, 1, 2, 3].map(|part| first[part] + second[part] * 2.0 + third[part] * 2.0 + fourth[part]);
        let mut end = stepped(begin, mean, TIME / 6.0);
        for part in 0..2 {
            end[part] = Lanes(end[part].0.map(wrapped));
            end[2 + part] = end[2 + part].clamp(-FASTEST[part], FASTEST[part]);
        }
        for (row, value) in block.chunks_exact_mut(LANES).zip(end) {
            row.copy_from_slice(&value.0);
        }
        self.look(block, sight);
        let height = -self.cosine(end[0]) - self.cosine(end[0] + end[1]);
        let goal = height.greater(1.0);
        *outcome = Outcome { reward: goal.0.map(|goal| if goal { 0.0 } else { -1.0 }), done: goal.0 };
    }
}
