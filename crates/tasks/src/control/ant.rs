//! A torso on four legs walks forwards.
//!
//! Sees height and rotation of the torso, the angles of its eight joints, the torso's velocities, those about the joints'
//! axes, and what contacts did to every body, cut off at 1. Acts by torques in the joints.
//!
//! Reward: velocity along x, plus 1, less half of the actions' squares, less 0.0005 of the squares of contacts. Ends
//! where the torso is below 0.2 or above 1.

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
        sight.list("angle", see.angles());
        sight.three("velocity of the torso", see.velocity(0));
        sight.three("angular velocity of the torso", see.angular(0));
        sight.list("velocity about axis", see.angle_velocities());
        sight.components("contacts push body", see.pushes().map(cut));
        sight.components("contacts twist body", see.twists().map(cut));
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let [x, _, height] = see.position(0);
        let cost = see.pushes().map(cut).fold(Lanes::all(0.0), |sum, push| sum + push * push);
        let velocity = (x - before[0]) / see.time_step();
        let reward = velocity + 1.0 - see.effort() * 0.5 - cost * 5e-4;
        Judgement::new(reward, height.less(HEALTHY[0]).or(height.greater(HEALTHY[1])))
    }
}
