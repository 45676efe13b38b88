//! A hand carries a ball to a target, and to the next: `grasp`.
//!
//! # Observations
//!
//! Places and directions are seen from the palm, but for those between ball and target. The finger is the first one.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `distance of the ball` | m |
//! | 1 to 3 | `direction of the ball, x` to `direction of the ball, z` | 1 |
//! | 4 | `distance of the target` | m |
//! | 5 to 7 | `direction of the target, x` to `direction of the target, z` | 1 |
//! | 8 to 55 | `place of Ground, x` to `place of Target, z` | m |
//! | 56 to 103 | `velocity of Ground, x` to `velocity of Target, z` | m/s |
//! | 104 to 106 | `from palm to ball, x` to `from palm to ball, z` | m |
//! | 107 to 109 | `velocity of the finger, x` to `velocity of the finger, z` | m/s |
//! | 110 | `velocity of the finger to the ball` | m/s |
//! | 111 | `distance of ball and target` | m |
//! | 112 to 114 | `direction from ball to target, x` to `direction from ball to target, z` | 1 |
//! | 115 | `velocity of the ball to the target` | m/s |
//! | 116 to 131 | `touch of Ground` to `touch of Target` | 0 or 1 |
//!
//! # Actions
//!
//! The actions -1 and 1 are the ends of a range. Sixteen are angles that springs of the fingers shall hold. Three say
//! where the palm shall go, which it does at once, up to 0.3 a step, dragging the fingers by their springs.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 1 | `HandThumbMiddle_HandThumbDistal` to `HandThumbProximal_HandThumbMiddle` | -90 to 0 degrees |
//! | 2 to 3 | `HandPalm_HandThumbProximal, axis 0` to `HandPalm_HandThumbProximal, axis 1` | -45 to 45 degrees |
//! | 4 to 5 | `HandThumbMiddleTwo_HandThumbDistalTwo` to `HandThumbProximalTwo_HandThumbMiddleTwo` | 0 to 90 degrees |
//! | 6 to 7 | `HandPalm_HandThumbProximalTwo, axis 0` to `HandPalm_HandThumbProximalTwo, axis 1` | -45 to 45 degrees |
//! | 8 to 9 | `HandThumbMiddleThree_HandThumbDistalThree` to `HandThumbProximalThree_HandThumbMiddleThree` | 0 to 90 degrees |
//! | 10 to 11 | `HandPalm_HandThumbProximalThree, axis 0` to `HandPalm_HandThumbProximalThree, axis 1` | -45 to 45 degrees |
//! | 12 to 13 | `HandThumbMiddleFour_HandThumbDistalFour` to `HandThumbProximalFour_HandThumbMiddleFour` | 0 to 90 degrees |
//! | 14 to 15 | `HandPalm_HandThumbProximalFour, axis 0` to `HandPalm_HandThumbProximalFour, axis 1` | -45 to 45 degrees |
//! | 16 to 17 | `palm along x` to `palm along y` | -10 to 10 m |
//! | 18 | `palm along z` | 3.5 to 13.5 m |
//!
//! # Reward
//!
//! A little for moving the finger to the ball, for the palm being over it, for touching it, and for moving it to the
//! target; 5 for having it there (within 1.1). Of the four bodies whose touch counts only one is a fingertip.
//!
//! # End
//!
//! Never. A target that is reached goes elsewhere.
//!
//! # Start
//!
//! At rest, and without noise. The target begins at 0.1 from the ball, so that the first step always hits.

use numerics::LANES;
use numerics::random::Stream;
use physics::{Layout, Model};

use super::bodies::{Judgement, Rules, View};
use super::fetch::around;
use super::lanes::{Lanes, Mask, Three, direction, dot, minus, norm, plus, times};
use super::row;
use super::sight::Sight;

pub(super) struct Grasp;

const BALL: usize = 1;
const FINGER: usize = 2;
const PALM: usize = 5;
const TARGET: usize = 15;
/// How near is reached.
const RADIUS: f32 = 1.1;
/// Bodies whose touch is paid for.
const TOUCHES: [usize; 4] = [3, 9, 12, 15];
/// The palm's actions.
const PALM_ACTIONS: [&str; 3] = ["palm along x", "palm along y", "palm along z"];
const FINGERS: usize = 16;

/// What the action -1 means, in degrees or metres, and how much more the action 1 does.
fn range(action: usize) -> [f32; 2] {
    match action {
        16 | 17 => [-10.0, 20.0],
        18 => [3.5, 10.0],
        _ if action % 4 >= 2 => [-45.0, 90.0],
        0 | 1 => [-90.0, 90.0],
        _ => [0.0, 90.0],
    }
}

fn meant(actions: &[f32], action: usize) -> Lanes {
    let [least, more] = range(action);
    (Lanes::of(row(actions, action)) + 1.0) * more / 2.0 + least
}

impl Rules for Grasp {
    fn target_body(&self) -> Option<usize> {
        Some(TARGET)
    }

    fn draw_target(&self, stream: Stream) -> [f32; 3] {
        around(stream, [RADIUS, 10.0], 8.0 * stream.uniform(2))
    }

    fn begins_with_a_draw(&self) -> bool {
        false
    }

    fn actions(&self, model: &Model) -> usize {
        model.actions() + PALM_ACTIONS.len()
    }

    fn more_action_names(&self) -> &'static [&'static str] {
        &PALM_ACTIONS
    }

    fn prepare(&self, layout: Layout, block: &mut [f32], actions: &[f32], inputs: &mut [f32]) {
        for (action, input) in inputs.chunks_exact_mut(LANES).enumerate() {
            input.copy_from_slice(&meant(actions, action).0);
        }
        let at = |axis: usize| (layout.position(PALM) + axis) * LANES;
        let place: Three = [0, 1, 2].map(|axis| Lanes::of(&block[at(axis)..][..LANES]));
        let goal: Three = [0, 1, 2].map(|axis| meant(actions, FINGERS + axis));
        let way = minus(goal, place);
        let distance = norm(way);
        let scale = Lanes(distance.0.map(|distance| if distance > 2.0 { 2.0 / distance } else { 1.0 }));
        let moved = plus(place, times(times(way, scale), Lanes::all(0.15)));
        for (axis, component) in moved.into_iter().enumerate() {
            block[at(axis)..][..LANES].copy_from_slice(&component.0);
        }
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        let palm = see.position(PALM);
        let seen = |body: usize| minus(see.position(body), palm);
        let (distance, way) = direction(seen(BALL));
        sight.one("distance of the ball", distance);
        sight.three("direction of the ball", way);
        let (target_distance, target_way) = direction(seen(TARGET));
        sight.one("distance of the target", target_distance);
        sight.three("direction of the target", target_way);
        sight.vectors("place of", see.model, (0..see.bodies()).map(seen));
        let velocities = (0..see.bodies()).map(|body| see.velocity(body));
        sight.vectors("velocity of", see.model, velocities);
        sight.three("from palm to ball", seen(BALL));
        sight.three("velocity of the finger", see.velocity(FINGER));
        sight.one("velocity of the finger to the ball", dot(way, see.velocity(FINGER)));
        let (rest, rest_way) = direction(minus(see.position(TARGET), see.position(BALL)));
        sight.one("distance of ball and target", rest);
        sight.three("direction from ball to target", rest_way);
        sight.one("velocity of the ball to the target", dot(rest_way, see.velocity(BALL)));
        let touches = (0..see.bodies()).map(|body| see.is_touched(body).number());
        sight.list("touch of", see.model, touches);
    }

    fn judge(&self, see: &View<'_>, _before: Three) -> Judgement {
        let time = see.time_step();
        let way = minus(see.position(BALL), see.position(PALM));
        let to_ball = dot(see.velocity(FINGER), direction(way).1);
        let beside = (way[0] * way[0] + way[1] * way[1]).sqrt();
        let over = Lanes::all(1.0) / (beside + 1.0);
        let touches = TOUCHES.iter().map(|&body| see.is_touched(body).number());
        let touches = touches.fold(Lanes::all(0.0), |sum, touch| sum + touch);
        let (rest, rest_way) = direction(minus(see.position(TARGET), see.position(BALL)));
        let hit = rest.less(RADIUS);
        let carried = dot(see.velocity(BALL), rest_way);
        let reward = to_ball * (0.1 * time)
            + over * (0.1 * time)
            + touches * (0.2 * time)
            + hit.number() * 5.0
            + carried * (1.5 * time);
        Judgement { reward, done: Mask::NONE, hit }
    }
}
