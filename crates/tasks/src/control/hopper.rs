//! One flat leg hops (`hopper`), or two walk (`walker2d`).
//!
//! Sees height and lean (the angle about y), angles, velocities along x and z, the angular velocity about y, and
//! velocities about the joints' axes. Acts by torques.
//!
//! Reward: velocity along x, plus 1, less a thousandth of the actions' squares. Ends where the torso is low (a walker's
//! also where it is high) or leans too much. The model's "damping" makes velocities *grow* in each sub-step, as in the
//! reference.

use numerics::Isa;
use numerics::functions::{Asin, map_in_place};

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Three};
use super::sight::Sight;

pub(super) struct Hopper {
    isa: Isa,
    /// Heights of the torso at which it is up.
    heights: [f32; 2],
    /// How far it may lean.
    lean: f32,
}

impl Hopper {
    pub(super) fn one_leg(isa: Isa) -> Hopper {
        Hopper { isa, heights: [0.7, f32::INFINITY], lean: 0.2 }
    }

    pub(super) fn two_legs(isa: Isa) -> Hopper {
        Hopper { isa, heights: [0.7, 2.0], lean: 1.0 }
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
        sight.list("angle", see.angles());
        sight.one("velocity of the torso, x", velocity[0]);
        sight.one("velocity of the torso, z", velocity[2]);
        sight.one("angular velocity of the torso, y", see.angular(0)[1]);
        sight.list("velocity about axis", see.angle_velocities());
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let [x, _, height] = see.position(0);
        let reward = (x - before[0]) / see.time_step() + 1.0 - see.effort() * 1e-3;
        let [low, high] = self.heights;
        let leans = self.lean_of(see).abs().greater(self.lean);
        Judgement::new(reward, height.less(low).or(height.greater(high)).or(leans))
    }
}
