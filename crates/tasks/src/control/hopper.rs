//! One flat leg hops: `hopper`. The rules are [walker2d's](super::walker2d) too, with other bounds.
//!
//! # Observations
//!
//! Lean is the angle about y. The angular velocity is the one about y too.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 | `lean of the torso` | rad |
//! | 2 to 4 | `angle of thigh` to `angle of foot` | rad |
//! | 5 to 6 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 7 | `angular velocity of the torso, y` | rad/s |
//! | 8 to 10 | `angular velocity of thigh` to `angular velocity of foot` | rad/s |
//!
//! # Actions
//!
//! Torques in the joints. The model's "damping" makes velocities *grow* in each sub-step, as in the reference.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 2 | `thigh` to `foot` | 200 N m |
//!
//! # Reward
//!
//! Velocity along x, plus 1, less a thousandth of the actions' squares.
//!
//! # End
//!
//! Where the torso is below 0.7 or leans by more than 0.2.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.005; then it is put on the ground.

use numerics::Isa;
use numerics::functions::{Asin, map_in_place};

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Three};
use super::sight::Sight;

pub(super) struct Hopper {
    pub(super) isa: Isa,
    /// Heights of the torso at which it is up.
    pub(super) heights: [f32; 2],
    /// How far it may lean.
    pub(super) lean: f32,
}

impl Hopper {
    pub(super) fn one_leg(isa: Isa) -> Hopper {
        Hopper { isa, heights: [0.7, f32::INFINITY], lean: 0.2 }
    }

    /// The angle of the torso about y.
    fn lean_of(&self, see: &View<'_>) -> Lanes {
        let [w, x, y, z] = see.rotation(0);
        let mut sine = (x * z * 2.0 + w * y * 2.0).clamp(-1.0, 1.0);
        map_in_place(self.isa, Asin, &mut sine.0);
        sine
    }
}

impl Rules for Hopper {
    fn noise(&self) -> [f64; 2] {
        [0.005, 0.005]
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        let velocity = see.velocity(0);
        sight.one("height of the torso", see.position(0)[2]);
        sight.one("lean of the torso", self.lean_of(see));
        sight.axes("angle of", see.model, see.angles());
        sight.one("velocity of the torso, x", velocity[0]);
        sight.one("velocity of the torso, z", velocity[2]);
        sight.one("angular velocity of the torso, y", see.angular(0)[1]);
        sight.axes("angular velocity of", see.model, see.angle_velocities());
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let [x, _, height] = see.position(0);
        let reward = (x - before[0]) / see.time_step() + 1.0 - see.effort() * 1e-3;
        let [low, high] = self.heights;
        let leans = self.lean_of(see).abs().greater(self.lean);
        Judgement::new(reward, height.less(low).or(height.greater(high)).or(leans))
    }
}
