//! A flat cheetah runs: `halfcheetah`.
//!
//! # Observations
//!
//! Of the rotation only what a flat body has: w and y.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 to 2 | `rotation of the torso, w` to `rotation of the torso, y` | 1 |
//! | 3 to 8 | `angle of bthigh` to `angle of ffoot` | rad |
//! | 9 to 10 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 11 | `angular velocity of the torso, y` | rad/s |
//! | 12 to 17 | `angular velocity of bthigh` to `angular velocity of ffoot` | rad/s |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `bthigh` | 120 N m |
//! | 1 | `bshin` | 90 N m |
//! | 2 | `bfoot` | 60 N m |
//! | 3 | `fthigh` | 120 N m |
//! | 4 | `fshin` | 60 N m |
//! | 5 | `ffoot` | 30 N m |
//!
//! # Reward
//!
//! Velocity along x, less a tenth of the actions' squares.
//!
//! # End
//!
//! Never.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.1; then it is put on the ground.

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Mask, Three};
use super::sight::Sight;

pub(super) struct Cheetah;

impl Rules for Cheetah {
    fn noise(&self) -> [f64; 2] {
        [0.1, 0.1]
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        let ([w, _, y, _], velocity) = (see.rotation(0), see.velocity(0));
        sight.one("height of the torso", see.position(0)[2]);
        sight.one("rotation of the torso, w", w);
        sight.one("rotation of the torso, y", y);
        sight.axes("angle of", see.model, see.angles());
        sight.one("velocity of the torso, x", velocity[0]);
        sight.one("velocity of the torso, z", velocity[2]);
        sight.one("angular velocity of the torso, y", see.angular(0)[1]);
        sight.axes("angular velocity of", see.model, see.angle_velocities());
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let velocity = (see.position(0)[0] - before[0]) / see.time_step();
        Judgement::new(velocity - see.effort() * 0.1, Mask::NONE)
    }
}
