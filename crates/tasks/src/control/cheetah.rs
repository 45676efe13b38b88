//! A flat cheetah runs: `halfcheetah`.
//!
//! Sees height, rotation (w and y), angles, velocities along x and z, the angular velocity about y, and velocities about
//! the joints' axes. Acts by torques.
//!
//! Reward: velocity along x, less a tenth of the actions' squares. Never ends.

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
        sight.list("angle", see.angles());
        sight.one("velocity of the torso, x", velocity[0]);
        sight.one("velocity of the torso, z", velocity[2]);
        sight.one("angular velocity of the torso, y", see.angular(0)[1]);
        sight.list("velocity about axis", see.angle_velocities());
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let velocity = (see.position(0)[0] - before[0]) / see.time_step();
        Judgement::new(velocity - see.effort() * 0.1, Mask::NONE)
    }
}
