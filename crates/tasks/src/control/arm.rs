//! An industrial arm touches targets: `ur5e`.
//!
//! Sees, in the frame of its end: which way it looks and stands, the way to the target, where all bodies are and how they
//! move; and which are touched, which none is. Acts by torques.
//!
//! Reward: a tenth of the way made towards the target, and 1 for reaching it (within 0.02). Never ends: a target that is
//! reached goes elsewhere, 0.02 to 0.52 from the middle, at a height of 0.5.

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
