//! What a plane does to a body that stays in the plane of x and z, as all its spots do.

use numerics::{Kernel, Simd};

use super::Flat;
use crate::engine::contacts::{self, ALL, reach, rub, share, size};
use crate::engine::plan::{BodyPlan, Spot};
use crate::engine::register::turned;
use crate::engine::world::{Moving, Row, lanes};

/// [`contacts::OnPlane`]
pub(super) struct OnPlane<'a>(pub(super) contacts::OnPlane<'a>);

impl Kernel for OnPlane<'_> {
    type Output = ();

    // PERF: a branch a body. Where one end of a limb touches, the other mostly does in one of the lanes, and what no lane
    // needs costs less than a branch that was guessed wrong
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let contacts::OnPlane { recovery_rate, plane, constants, body } = self.0;
        for lane in lanes::<S>() {
            let mut touched = 0;
            for spot in &plane.spots {
                touched |= simd.mask_bits(simd.less(simd.zero(), reach(simd, spot, body, lane).1));
            }
            if touched == 0 {
                continue;
            }
            let mut push = Push { x: simd.zero(), z: simd.zero(), turn: simd.zero(), count: simd.zero() };
            for spot in &plane.spots {
                push.add(simd, recovery_rate, spot, constants, body, lane);
            }
            push.change(simd, plane.spots.len(), constants);
            if plane.alone {
                push.now(simd, constants, body, lane);
            } else {
                push.wait(simd, body, lane);
            }
        }
    }
}

/// The sum of the impulses of spots, or the change of velocities that it makes.
struct Push<S: Simd> {
    x: S::F,
    z: S::F,
    /// About y.
    turn: S::F,
    /// How many spots push.
    count: S::F,
}

impl<S: Simd> Push<S> {
    /// Adds the impulse at a spot.
    #[inline(always)]
    fn add(
        &mut self,
        simd: S,
        recovery_rate: f32,
        spot: &Spot,
        constants: &BodyPlan,
        body: &Moving,
        lane: usize,
    ) {
        let (down, depth) = reach(simd, spot, body, lane);
        let [across, _, _] = turned(simd, ALL, spot.center, &body.frame(simd, lane));
        let [x, approach] = velocity_at(simd, body, lane, [across, down]);
        let turn = simd.mul(across, simd.splat(constants.inverse_inertia[1]));
        let response = simd.mul_add(turn, across, simd.splat(constants.inverse_mass));
        let mobility = simd.div(simd.splat(1.0), response);
        let size = size(simd, recovery_rate, depth, spot.bounce, approach, mobility);
        let rate = rub(simd, root_of_square(simd, x), mobility, size, spot.friction);
        let friction = simd.neg(simd.mul(rate, x));
        self.x = simd.add(self.x, friction);
        self.z = simd.add(self.z, size);
        self.turn = simd.mul_add(down, friction, simd.neg_mul_add(across, size, self.turn));
        let counts = simd.select(simd.less(simd.zero(), size), simd.splat(1.0), simd.zero());
        self.count = simd.add(self.count, counts);
    }

    /// Makes the sum of the impulses the change of velocities by their mean.
    #[inline(always)]
    fn change(&mut self, simd: S, spots: usize, constants: &BodyPlan) {
        if spots > 1 {
            let share = share(simd, self.count, spots);
            (self.x, self.z) = (simd.mul(self.x, share), simd.mul(self.z, share));
            self.turn = simd.mul(self.turn, share);
        }
        let inverse_mass = simd.splat(constants.inverse_mass);
        (self.x, self.z) = (simd.mul(self.x, inverse_mass), simd.mul(self.z, inverse_mass));
        self.turn = simd.mul(self.turn, simd.splat(constants.inverse_inertia[1]));
    }

    /// Changes the velocities in the lanes in which something touches the body.
    #[inline(always)]
    fn now(&self, simd: S, constants: &BodyPlan, body: &mut Moving, lane: usize) {
        // -0 is what changes no number, not even the sign of a zero
        let (is_touched, nothing) = (simd.less(simd.zero(), self.count), simd.splat(-0.0));
        let [x, _, z] = &mut body.velocity;
        let changes = [
            (x, self.x, constants.moves[0]),
            (z, self.z, constants.moves[2]),
            (&mut body.angular[1], self.turn, constants.turns[1]),
        ];
        for (row, change, factor) in changes {
            let change = simd.select(is_touched, change, nothing);
            row.set(simd, lane, simd.mul_add(change, simd.splat(factor), row.get(simd, lane)));
        }
        self.add_to(simd, &mut body.pushed, &mut body.twisted, lane);
    }

    /// Adds to what waits for the end of the stage.
    #[inline(always)]
    fn wait(&self, simd: S, body: &mut Moving, lane: usize) {
        self.add_to(simd, &mut body.force, &mut body.torque, lane);
        let touched = simd.add(body.touched.get(simd, lane), self.count);
        body.touched.set(simd, lane, touched);
    }

    #[inline(always)]
    fn add_to(&self, simd: S, straight: &mut [Row; 3], turning: &mut [Row; 3], lane: usize) {
        let [x, _, z] = straight;
        for (row, change) in [(x, self.x), (z, self.z), (&mut turning[1], self.turn)] {
            row.set(simd, lane, simd.add(row.get(simd, lane), change));
        }
    }
}

/// The velocity of a place of a body.
#[inline(always)]
fn velocity_at<S: Simd>(simd: S, body: &Moving, lane: usize, [across, down]: Flat<S>) -> Flat<S> {
    let angular = body.angular[1].get(simd, lane);
    let x = simd.mul_add(angular, down, body.velocity[0].get(simd, lane));
    [x, simd.neg_mul_add(angular, across, body.velocity[2].get(simd, lane))]
}

/// The root of `x x`, both rounded: in base 2 that is the size of `x`, unless the square is infinite, or so small that
/// nothing rubs.
#[inline(always)]
fn root_of_square<S: Simd>(simd: S, x: S::F) -> S::F {
    /// The smallest number with an infinite square.
    const LARGE: f32 = 18_446_744_073_709_551_616.0;
    let size = simd.abs(x);
    let is_large = simd.less_or_equal(simd.splat(LARGE), size);
    simd.select(is_large, simd.splat(f32::INFINITY), size)
}

#[cfg(test)]
mod tests {
    use numerics::{Isa, LANES};

    use super::*;

    /// Replaces numbers by the roots of their squares.
    struct Roots<'a>(&'a mut [f32; LANES]);

    impl Kernel for Roots<'_> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            for lane in lanes::<S>() {
                let root = root_of_square(simd, simd.load(&self.0[lane..]));
                simd.store(root, &mut self.0[lane..]);
            }
        }
    }

    #[test]
    fn the_root_of_a_square_is_the_size() {
        let check = |numbers: [f32; LANES]| {
            let mut roots = numbers;
            Isa::detected().run(Roots(&mut roots));
            for (number, root) in numbers.into_iter().zip(roots) {
                let expected = (number * number).sqrt();
                assert!(
                    root.to_bits() == expected.to_bits() || root.is_nan() && expected.is_nan(),
                    "{number}"
                );
            }
        };
        // all numbers from 1 to 4: others that are neither too large nor too small have the same digits and an even power
        let (from, to) = (1.0_f32.to_bits(), 4.0_f32.to_bits());
        for bits in (from..to).step_by(LANES) {
            check(std::array::from_fn(|lane| f32::from_bits(bits + lane as u32)));
        }
        let large = 2.0_f32.powi(64);
        let rare = [0.0, 1e-18, 0.01, large.next_down(), large, large.next_up(), f32::MAX, f32::INFINITY];
        let mut numbers = [f32::NAN; LANES];
        numbers[..8].copy_from_slice(&rare);
        check(numbers);
        check(numbers.map(|number| -number));
    }
}
