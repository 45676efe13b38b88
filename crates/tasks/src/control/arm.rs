//! An industrial arm touches targets: `ur5e`.
//!
//! # Observations
//!
//! All in the frame of the arm's end; where it looks and what is up for it are in the world's. Nothing ever touches.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 2 | `forward, x` to `forward, z` | 1 |
//! | 3 to 5 | `up, x` to `up, z` | 1 |
//! | 6 | `distance of the target` | m |
//! | 7 to 9 | `direction of the target, x` to `direction of the target, z` | 1 |
//! | 10 to 33 | `place of floor, x` to `place of Target, z` | m |
//! | 34 to 57 | `velocity of floor, x` to `velocity of Target, z` | m/s |
//! | 58 to 65 | `touch of floor` to `touch of Target` | 0 or 1 |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 5 | `shoulder_pan` to `wrist_3` | 100 N m |
//!
//! # Reward
//!
//! A tenth of the way made towards the target, and 1 for reaching it (within 0.02).
//!
//! # End
//!
//! Never. A target that is reached goes elsewhere, 0.02 to 0.52 from the middle, at a height of 0.5.
//!
//! # Start
//!
//! At rest; the target is drawn.

use numerics::random::Stream;

use super::bodies::{Judgement, Rules, View};
use super::fetch::{approach, around, observe_from};
use super::lanes::{Mask, Three};
use super::sight::Sight;

pub(super) struct Arm;

const END: usize = 6;
const TARGET: usize = 7;
/// How near is reached.
const RADIUS: f32 = 0.02;

impl Rules for Arm {
    fn target_body(&self) -> Option<usize> {
        Some(TARGET)
    }

    fn draw_target(&self, stream: Stream) -> [f32; 3] {
        around(stream, [RADIUS, 0.5], 0.5)
    }

    fn mark(&self, see: &View<'_>) -> Three {
        see.position(END)
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        observe_from(see, sight, END, TARGET);
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let (progress, hit) = approach(see, END, TARGET, RADIUS, before);
        Judgement { reward: progress + hit.number(), done: Mask::NONE, hit }
    }
}
