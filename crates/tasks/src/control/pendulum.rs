//! A pendulum swings up by a torque that is too weak to lift it: `Pendulum-v1` (as in gymnax 0.0.6).
//!
//! # Observations
//!
//! The angle is that from the top.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 1 | `cosine of the angle` to `sine of the angle` | 1 |
//! | 2 | `angular velocity` | rad/s |
//!
//! # Actions
//!
//! A torque, cut off at 2.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `torque` | N m |
//!
//! # Reward
//!
//! Less the square of the angle, a tenth of that of the velocity and a thousandth of that of the torque, all before the
//! step. No step takes more than 16.3 off.
//!
//! # End
//!
//! Never.
//!
//! # Start
//!
//! Any angle, and a velocity within 1 of 0.

use std::f32::consts::{PI, TAU};

use numerics::functions::{Cos, Sin, map};
use numerics::random::Stream;
use numerics::{Isa, LANES};

use super::lanes::Lanes;
use super::{Actions, Draws, Environment, Outcome, row};

pub(super) struct Pendulum {
    isa: Isa,
}

const STRONGEST: f32 = 2.0;
const FASTEST: f32 = 8.0;
const TIME: f32 = 0.05;

impl Pendulum {
    pub(super) fn new(isa: Isa) -> Pendulum {
        Pendulum { isa }
    }
}

/// The angle between -pi and pi.
fn wrapped(angle: f32) -> f32 {
    (angle + PI).rem_euclid(TAU) - PI
}

impl Environment for Pendulum {
    fn name(&self) -> &'static str {
        "Pendulum-v1"
    }

    fn observation_names(&self) -> Vec<String> {
        ["cosine of the angle", "sine of the angle", "angular velocity"].map(str::to_owned).into()
    }

    fn action_names(&self) -> Vec<String> {
        vec!["torque".to_owned()]
    }

    fn actions(&self) -> Actions {
        Actions::Numbers(1)
    }

    fn rows(&self) -> usize {
        2
    }

    fn start(&self, stream: Stream) -> Vec<f32> {
        vec![TAU * stream.uniform(0) - PI, 2.0 * stream.uniform(1) - 1.0]
    }

    fn penalty(&self) -> f64 {
        17.0
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        let (cosine, rest) = observation.split_at_mut(LANES);
        let (sine, velocity) = rest.split_at_mut(LANES);
        map(self.isa, Cos, row(block, 0), cosine);
        map(self.isa, Sin, row(block, 0), sine);
        velocity.copy_from_slice(row(block, 1));
    }

    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        _: Draws<'_>,
        sight: &mut [f32],
        outcome: &mut Outcome,
    ) {
        let (angle, velocity) = (Lanes::of(row(block, 0)), Lanes::of(row(block, 1)));
        let torque = Lanes::of(actions).clamp(-STRONGEST, STRONGEST);
        let off = Lanes(angle.0.map(wrapped));
        let cost = off * off + velocity * velocity * 0.1 + torque * torque * 0.001;
        let mut sine = [0.0; LANES];
        map(self.isa, Sin, &angle.0, &mut sine);
        let velocity = (velocity + (Lanes(sine) * 15.0 + torque * 3.0) * TIME).clamp(-FASTEST, FASTEST);
        let angle = angle + velocity * TIME;
        block[..LANES].copy_from_slice(&angle.0);
        block[LANES..].copy_from_slice(&velocity.0);
        self.look(block, sight);
        *outcome = Outcome { reward: (-cost).0, done: [false; LANES] };
    }
}
