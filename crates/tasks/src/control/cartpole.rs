//! A cart, pushed left or right, balances a pole: `CartPole-v1` (Barto, Sutton and Anderson 1983, as in gymnax 0.0.6).
//!
//! # Observations
//!
//! The whole state.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `place of the cart` | m |
//! | 1 | `velocity of the cart` | m/s |
//! | 2 | `angle of the pole` | rad |
//! | 3 | `angular velocity of the pole` | rad/s |
//!
//! # Actions
//!
//! A push in every step.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 1 | `push to the left` to `push to the right` | 10 N |
//!
//! # Reward
//!
//! 1 for every step that begins with the pole up.
//!
//! # End
//!
//! Where the cart is beyond 2.4 or the pole beyond 12 degrees.
//!
//! # Start
//!
//! All four within 0.05 of 0.

use numerics::functions::sin_cos;
use numerics::random::Stream;
use numerics::{Isa, Kernel, LANES, Simd};

use super::lanes::{Lanes, Mask};
use super::{Actions, Draws, Environment, Outcome, row};

pub(super) struct CartPole {
    isa: Isa,
}

const GRAVITY: f32 = 9.8;
const MASS: f32 = 1.1;
const POLE_MASS: f32 = 0.1;
const HALF_LENGTH: f32 = 0.5;
const MOMENT: f32 = POLE_MASS * HALF_LENGTH;
const FORCE: f32 = 10.0;
const TIME: f32 = 0.02;
const FARTHEST: f32 = 2.4;
const STEEPEST: f32 = 12.0 * 2.0 * std::f32::consts::PI / 360.0;

impl CartPole {
    pub(super) fn new(isa: Isa) -> CartPole {
        CartPole { isa }
    }
}

fn is_over(block: &[f32]) -> Mask {
    let (place, angle) = (Lanes::of(row(block, 0)), Lanes::of(row(block, 2)));
    place.abs().greater(FARTHEST).or(angle.abs().greater(STEEPEST))
}

/// Explicit Euler: positions by the old velocities.
struct Step<'a> {
    block: &'a mut [f32],
    actions: &'a [f32],
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let number = |value: f32| simd.splat(value);
        for lane in (0..LANES).step_by(S::LANES) {
            let [at_place, at_speed, at_angle, at_turning] = [0, 1, 2, 3].map(|row| row * LANES + lane);
            let (place, speed) = (simd.load(&self.block[at_place..]), simd.load(&self.block[at_speed..]));
            let (angle, turning) = (simd.load(&self.block[at_angle..]), simd.load(&self.block[at_turning..]));
            let action = simd.load(&self.actions[lane..]);
            let force = simd.mul_add(action, number(2.0 * FORCE), number(-FORCE));
            let (sine, cosine) = sin_cos(simd, angle);
            let swing = simd.mul(simd.mul(simd.mul(turning, turning), sine), number(MOMENT));
            let push = simd.div(simd.add(force, swing), number(MASS));
            let lean = simd.sub(simd.mul(sine, number(GRAVITY)), simd.mul(cosine, push));
            let share = simd.div(simd.mul(simd.mul(cosine, cosine), number(POLE_MASS)), number(MASS));
            let inertia = simd.mul(simd.sub(number(4.0 / 3.0), share), number(HALF_LENGTH));
            let angular = simd.div(lean, inertia);
            let back = simd.div(simd.mul(simd.mul(angular, cosine), number(MOMENT)), number(MASS));
            let acceleration = simd.sub(push, back);
            let time = number(TIME);
            simd.store(simd.mul_add(time, speed, place), &mut self.block[at_place..]);
            simd.store(simd.mul_add(time, acceleration, speed), &mut self.block[at_speed..]);
            simd.store(simd.mul_add(time, turning, angle), &mut self.block[at_angle..]);
            simd.store(simd.mul_add(time, angular, turning), &mut self.block[at_turning..]);
        }
    }
}

impl Environment for CartPole {
    fn name(&self) -> &'static str {
        "CartPole-v1"
    }

    fn observation_names(&self) -> Vec<String> {
        ["place of the cart", "velocity of the cart", "angle of the pole", "angular velocity of the pole"]
            .map(str::to_owned)
            .into()
    }

    fn action_names(&self) -> Vec<String> {
        ["push to the left", "push to the right"].map(str::to_owned).into()
    }

    fn actions(&self) -> Actions {
        Actions::OneOf(2)
    }

    fn rows(&self) -> usize {
        4
    }

    fn start(&self, stream: Stream) -> Vec<f32> {
        (0..4).map(|row| 0.1 * stream.uniform(row) - 0.05).collect()
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        observation.copy_from_slice(block);
    }

    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        _: Draws<'_>,
        sight: &mut [f32],
        outcome: &mut Outcome,
    ) {
        let was_over = is_over(block);
        self.isa.run(Step { block, actions });
        self.look(block, sight);
        *outcome =
            Outcome { reward: was_over.0.map(|over| if over { 0.0 } else { 1.0 }), done: is_over(block).0 };
    }
}
