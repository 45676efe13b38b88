//! The stages that move bodies, and that turn forces into velocities.

use numerics::Simd;

use super::plan::Plan;
use super::register::{frame, times, times_add};
use super::world::World;

/// Moves and turns bodies for the time of a sub-step, and clears the forces on them.
#[inline(always)]
pub(super) fn kinematics<S: Simd>(simd: S, plan: &Plan, world: &mut World<S>) {
    let zero = [simd.zero(); 3];
    for (body, constants) in world.bodies.iter_mut().zip(&plan.bodies) {
        (body.force, body.torque) = (zero, zero);
        if constants.is_fixed {
            continue;
        }
        body.position = times_add(simd, body.velocity, constants.move_by, body.position);
        let [x, y, z] = times(simd, body.angular, constants.turn_by);
        let [s, i, j, k] = body.rotation;
        // (1 + (0, x y z)) times the rotation
        let turned = [
            simd.neg_mul_add(x, i, simd.neg_mul_add(y, j, simd.neg_mul_add(z, k, s))),
            simd.mul_add(x, s, simd.mul_add(y, k, simd.neg_mul_add(z, j, i))),
            simd.mul_add(y, s, simd.mul_add(z, i, simd.neg_mul_add(x, k, j))),
            simd.mul_add(z, s, simd.mul_add(x, j, simd.neg_mul_add(y, i, k))),
        ];
        let [s, i, j, k] = turned;
        let square = simd.mul_add(s, s, simd.mul_add(i, i, simd.mul_add(j, j, simd.mul(k, k))));
        // PERF: the divider is idle here, a root by multiplications is not
        let scale = simd.div(simd.splat(1.0), simd.sqrt(square));
        body.rotation = [simd.mul(s, scale), simd.mul(i, scale), simd.mul(j, scale), simd.mul(k, scale)];
        body.frame = frame(simd, body.rotation);
    }
}

/// Applies forces, torques, gravity and damping, and clears the places of forces for contacts.
#[inline(always)]
pub(super) fn velocities<S: Simd>(simd: S, plan: &Plan, world: &mut World<S>) {
    for (body, constants) in world.bodies.iter_mut().zip(&plan.bodies) {
        if constants.is_fixed {
            continue;
        }
        let gravity = [
            simd.splat(constants.gravity[0]),
            simd.splat(constants.gravity[1]),
            simd.splat(constants.gravity[2]),
        ];
        let kept = times_add(simd, body.velocity, constants.keep, gravity);
        body.velocity = times_add(simd, body.force, constants.force, kept);
        let kept = times(simd, body.angular, constants.keep_turning);
        body.angular = times_add(simd, body.torque, constants.torque, kept);
    }
    let zero = [simd.zero(); 3];
    for &index in &plan.together {
        let body = &mut world.bodies[index];
        (body.force, body.torque, body.touched) = (zero, zero, simd.zero());
    }
}
