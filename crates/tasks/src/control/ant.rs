//! A torso on four legs walks forwards: `ant`.
//!
//! # Observations
//!
//! Contacts push and twist: what they added to the velocity of each body, cut off at 1.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 to 4 | `rotation of the torso, w` to `rotation of the torso, z` | 1 |
//! | 5 to 12 | `angle of hip 1` to `angle of ankle 4` | rad |
//! | 13 to 15 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 16 to 18 | `angular velocity of the torso, x` to `angular velocity of the torso, z` | rad/s |
//! | 19 to 26 | `angular velocity of hip 1` to `angular velocity of ankle 4` | rad/s |
//! | 27 to 56 | `contacts push Torso, x` to `contacts push Ground, z` | m/s |
//! | 57 to 86 | `contacts twist Torso, x` to `contacts twist Ground, z` | rad/s |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 7 | `hip 1` to `ankle 4` | 350 N m |
//!
//! # Reward
//!
//! Velocity along x, plus 1, less half of the actions' squares, less 0.0005 of the squares of what contacts pushed.
//!
//! # End
//!
//! Where the torso is below 0.2 or above 1.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.1; then it is put on the ground.

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Three};
use super::sight::Sight;

pub(super) struct Ant;

/// Heights of the torso at which it walks.
const HEALTHY: [f32; 2] = [0.2, 1.0];

#[inline]
fn cut(component: Lanes) -> Lanes {
    component.clamp(-1.0, 1.0)
}

impl Rules for Ant {
    fn noise(&self) -> [f64; 2] {
        [0.1, 0.1]
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        sight.one("height of the torso", see.position(0)[2]);
        sight.rotation("rotation of the torso", see.rotation(0));
        sight.axes("angle of", see.model, see.angles());
        sight.three("velocity of the torso", see.velocity(0));
        sight.three("angular velocity of the torso", see.angular(0));
        sight.axes("angular velocity of", see.model, see.angle_velocities());
        sight.components("contacts push", see.model, see.pushes().map(cut));
        sight.components("contacts twist", see.model, see.twists().map(cut));
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let [x, _, height] = see.position(0);
        let cost = see.pushes().map(cut).fold(Lanes::all(0.0), |sum, push| sum + push * push);
        let velocity = (x - before[0]) / see.time_step();
        let reward = velocity + 1.0 - see.effort() * 0.5 - cost * 5e-4;
        Judgement::new(reward, height.less(HEALTHY[0]).or(height.greater(HEALTHY[1])))
    }
}
