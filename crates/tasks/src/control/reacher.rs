//! An arm of two links points at a target: `reacher`.
//!
//! # Observations
//!
//! The tip is the end of the second link.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 1 | `cosine of joint0` to `cosine of joint1` | 1 |
//! | 2 to 3 | `sine of joint0` to `sine of joint1` | 1 |
//! | 4 to 5 | `target, x` to `target, y` | m |
//! | 6 to 7 | `velocity of the tip, x` to `velocity of the tip, y` | m/s |
//! | 8 to 10 | `from target to tip, x` to `from target to tip, z` | m |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 1 | `joint0` to `joint1` | 25 N m |
//!
//! # Reward
//!
//! Less the distance of tip and target, less the actions' squares.
//!
//! # End
//!
//! Never.
//!
//! # Start
//!
//! Angles at rest with noise of up to 0.1, velocities of up to 0.005. The target is drawn once an episode: up to 0.2
//! from the middle, in any direction.

use numerics::Isa;
use numerics::functions::{Cos, Sin, map_in_place};
use numerics::random::Stream;

use super::bodies::{Judgement, Rules, View};
use super::fetch::around;
use super::lanes::{Lanes, Mask, Three, constant, minus, norm};
use super::sight::Sight;

pub(super) struct Reacher {
    pub(super) isa: Isa,
}

const TIP: [f32; 3] = [0.11, 0.0, 0.0];
const ARM: usize = 2;
const TARGET: usize = 3;

impl Rules for Reacher {
    fn noise(&self) -> [f64; 2] {
        [0.1, 0.005]
    }

    fn target_body(&self) -> Option<usize> {
        Some(TARGET)
    }

    fn draw_target(&self, stream: Stream) -> [f32; 3] {
        around(stream, [0.0, 0.2], 0.01)
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        let cosine = |mut angle: Lanes| {
            map_in_place(self.isa, Cos, &mut angle.0);
            angle
        };
        let sine = |mut angle: Lanes| {
            map_in_place(self.isa, Sin, &mut angle.0);
            angle
        };
        sight.axes("cosine of", see.model, see.angles().map(cosine));
        sight.axes("sine of", see.model, see.angles().map(sine));
        let (tip, velocity) = see.point(ARM, constant(TIP));
        let target = see.position(TARGET);
        sight.one("target, x", target[0]);
        sight.one("target, y", target[1]);
        sight.one("velocity of the tip, x", velocity[0]);
        sight.one("velocity of the tip, y", velocity[1]);
        sight.three("from target to tip", minus(tip, target));
    }

    fn judge(&self, see: &View<'_>, _before: Three) -> Judgement {
        let (tip, _) = see.point(ARM, constant(TIP));
        let distance = norm(minus(tip, see.position(TARGET)));
        Judgement::new(-distance - see.effort(), Mask::NONE)
    }
}
