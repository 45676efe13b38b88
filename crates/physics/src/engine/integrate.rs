//! The stages that move bodies, and that turn forces into velocities.

use numerics::Simd;

use super::plan::{BodyPlan, Plan};
use super::register::{Quaternion, times, times_add};
use super::world::{Moving, World, get, lanes, set};

/// Moves and turns bodies for the time of a sub-step, and clears the forces on those that no joint pulls.
// PERF: a rotation waits long for a root and a division, so it is finished beside the next body's
#[inline(always)]
pub(super) fn kinematics<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    let Some((&first, others)) = plan.moving.split_first() else { return };
    for lane in lanes::<S>() {
        let mut begun = Begun::new(simd, plan, world, first, lane);
        for &body in others {
            let next = Begun::new(simd, plan, world, body, lane);
            begun.finish(simd, world, lane);
            begun = next;
        }
        begun.finish(simd, world, lane);
    }
}

/// A body that was moved, and a rotation that has not yet length 1.
struct Begun<S: Simd> {
    body: usize,
    rotation: Quaternion<S>,
    /// One over its length.
    scale: S::F,
}

impl<S: Simd> Begun<S> {
    #[inline(always)]
    fn new(simd: S, plan: &Plan, world: &mut World, index: usize, lane: usize) -> Begun<S> {
        let (body, constants) = (&mut world.bodies[index], &plan.bodies[index]);
        if constants.is_loose {
            body.forget_forces(simd, lane);
        }
        let position = get(simd, &body.position, lane);
        let moved = times_add(simd, get(simd, &body.velocity, lane), constants.move_by, position);
        set(simd, &mut body.position, lane, moved);
        let [x, y, z] = times(simd, get(simd, &body.angular, lane), constants.turn_by);
        let [s, i, j, k] = body.rotation(simd, lane);
        // (1 + (0, x y z)) times the rotation
        let rotation = [
            simd.neg_mul_add(x, i, simd.neg_mul_add(y, j, simd.neg_mul_add(z, k, s))),
            simd.mul_add(x, s, simd.mul_add(y, k, simd.neg_mul_add(z, j, i))),
            simd.mul_add(y, s, simd.mul_add(z, i, simd.neg_mul_add(x, k, j))),
            simd.mul_add(z, s, simd.mul_add(x, j, simd.neg_mul_add(y, i, k))),
        ];
        let [s, i, j, k] = rotation;
        let square = simd.mul_add(s, s, simd.mul_add(i, i, simd.mul_add(j, j, simd.mul(k, k))));
        // PERF: the divider is idle here, a root by multiplications is not
        let scale = simd.div(simd.splat(1.0), simd.sqrt(square));
        Begun { body: index, rotation, scale }
    }

    #[inline(always)]
    fn finish(self, simd: S, world: &mut World, lane: usize) {
        let Begun { body, rotation: [s, i, j, k], scale } = self;
        let rotation = [simd.mul(s, scale), simd.mul(i, scale), simd.mul(j, scale), simd.mul(k, scale)];
        world.bodies[body].turn_to(simd, lane, rotation);
    }
}

/// Applies forces, torques, gravity and damping, and clears the places of forces for contacts.
#[inline(always)]
pub(super) fn velocities<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for (body, constants) in world.bodies.iter_mut().zip(&plan.bodies) {
        if constants.is_fixed {
            continue;
        }
        if constants.is_free {
            accelerate::<S, true>(simd, constants, body);
        } else {
            accelerate::<S, false>(simd, constants, body);
        }
    }
    make_room(simd, plan, world);
}

/// The same for one body; if it is free, with one register for a factor of all axes.
#[inline(always)]
fn accelerate<S: Simd, const FREE: bool>(simd: S, constants: &BodyPlan, body: &mut Moving) {
    let all = |factors: [f32; 3]| if FREE { [factors[0]; 3] } else { factors };
    let (keep, force) = (all(constants.keep), all(constants.force));
    let (keep_turning, torque) = (all(constants.keep_turning), all(constants.torque));
    let [x, y, z] = constants.gravity;
    let gravity = [simd.splat(x), simd.splat(y), simd.splat(z)];
    for lane in lanes::<S>() {
        let kept = times_add(simd, get(simd, &body.velocity, lane), keep, gravity);
        let velocity = times_add(simd, get(simd, &body.force, lane), force, kept);
        set(simd, &mut body.velocity, lane, velocity);
        let kept = times(simd, get(simd, &body.angular, lane), keep_turning);
        let angular = times_add(simd, get(simd, &body.torque, lane), torque, kept);
        set(simd, &mut body.angular, lane, angular);
    }
}

/// Clears the places in which changes by contacts wait.
#[inline(always)]
pub(super) fn make_room<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for &index in &plan.together {
        for lane in lanes::<S>() {
            world.bodies[index].forget_forces(simd, lane);
        }
    }
}
