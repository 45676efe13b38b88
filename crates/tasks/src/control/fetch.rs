//! A dog runs to a target, and to the next: `fetch`.
//!
//! # Observations
//!
//! All in the torso's frame; where it looks and what is up for it are in the world's. A body is touched where contacts
//! changed its velocity.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 2 | `forward, x` to `forward, z` | 1 |
//! | 3 to 5 | `up, x` to `up, z` | 1 |
//! | 6 | `distance of the target` | m |
//! | 7 to 9 | `direction of the target, x` to `direction of the target, z` | 1 |
//! | 10 to 48 | `place of Torso, x` to `place of Target, z` | m |
//! | 49 to 87 | `velocity of Torso, x` to `velocity of Target, z` | m/s |
//! | 88 to 100 | `touch of Torso` to `touch of Target` | 0 or 1 |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 9 | `Torso_Shoulders` to `Back Left Upper_Back Left Lower` | 300 N m |
//!
//! # Reward
//!
//! A tenth of the way made towards the target, a little for standing upright and high, and for reaching the target
//! (within 2) how much the torso looks at it.
//!
//! # End
//!
//! Never. A target that is reached goes elsewhere, 2 to 17 away from the middle; what is seen of the step is the old
//! one.
//!
//! # Start
//!
//! At rest, on the ground; the target is drawn.

use numerics::Isa;
use numerics::functions::{Cos, Sin, map_in_place};
use numerics::random::Stream;

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Mask, Three, constant, direction, dot, minus, norm, turned_back};
use super::sight::Sight;

pub(super) struct Fetch;

const TORSO: usize = 0;
const TARGET: usize = 12;
/// How near is reached.
const RADIUS: f32 = 2.0;

/// What a body sees of a target and of all bodies, in its own frame: the tasks that go to targets share it.
pub(super) fn observe_from(see: &View<'_>, sight: &mut Sight<'_>, body: usize, target: usize) {
    let (rotation, place) = (see.rotation(body), see.position(body));
    let seen = |other: usize| turned_back(rotation, minus(see.position(other), place));
    sight.three("forward", see.turned(body, constant([1.0, 0.0, 0.0])));
    sight.three("up", see.turned(body, constant([0.0, 0.0, 1.0])));
    let (distance, way) = direction(seen(target));
    sight.one("distance of the target", distance);
    sight.three("direction of the target", way);
    sight.vectors("place of", see.model, (0..see.bodies()).map(seen));
    let velocity = |other: usize| turned_back(rotation, see.velocity(other));
    sight.vectors("velocity of", see.model, (0..see.bodies()).map(velocity));
    let touches = (0..see.bodies()).map(|other| see.is_touched(other).number());
    sight.list("touch of", see.model, touches);
}

/// A place that is drawn: so far from the middle, in any direction, at a height.
pub(super) fn around(stream: Stream, [least, more]: [f32; 2], height: f32) -> [f32; 3] {
    let distance = least + more * stream.uniform(0);
    let (mut cosine, mut sine) = ([std::f32::consts::TAU * stream.uniform(1)], [0.0]);
    sine.copy_from_slice(&cosine);
    // one number, so instructions would not pay
    map_in_place(Isa::PORTABLE, Cos, &mut cosine);
    map_in_place(Isa::PORTABLE, Sin, &mut sine);
    [distance * cosine[0], distance * sine[0], height]
}

impl Rules for Fetch {
    fn target_body(&self) -> Option<usize> {
        Some(TARGET)
    }

    fn draw_target(&self, stream: Stream) -> [f32; 3] {
        around(stream, [2.0, 15.0], 1.0)
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        observe_from(see, sight, TORSO, TARGET);
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let place = see.position(TORSO);
        let (distance, way) = direction(minus(see.position(TARGET), place));
        let progress = dot(minus(place, before), way);
        let up = see.turned(TORSO, constant([0.0, 0.0, 1.0]))[2];
        let time = see.time_step();
        let hit = distance.less(RADIUS);
        let looks = dot(way, see.turned(TORSO, constant([1.0, 0.0, 0.0])));
        let reward = progress * 0.1 + up * (0.1 * time) + place[2] * (0.1 * time) + hit.number() * looks;
        Judgement { reward, done: Mask::NONE, hit }
    }
}

/// What moving a body towards its target is worth, and whether it is there: the arm's reward.
pub(super) fn approach(
    see: &View<'_>,
    body: usize,
    target: usize,
    radius: f32,
    before: Three,
) -> (Lanes, Mask) {
    let place = see.position(body);
    let way = minus(see.position(target), place);
    let progress = dot(minus(place, before), direction(way).1);
    (progress * 0.1, norm(way).less(radius))
}
