//! The stage in which joints and actuators pull.

use numerics::functions::Atan2;
use numerics::{LANES, Simd};

use super::plan::{Drive, JointPlan, Kind, Motor, Plan};
use super::register::{Frame, Vector, add, against, along, cross, cross_add, cross_sub, dot, scaled, sub};
use super::world::{Reading, World};

/// Adds the forces and torques of joints and actuators to those of bodies, and keeps angles and axes.
#[inline(always)]
pub(super) fn joints<S: Simd>(simd: S, plan: &Plan, world: &mut World<S>, actions: &[f32], lane: usize) {
    for joint in &plan.joints {
        let (parent, child) = (&world.bodies[joint.parent], &world.bodies[joint.child]);

        // a spring between the anchors
        let arm = joint.parent_anchor.turned(simd, &parent.frame);
        let other_arm = joint.child_anchor.turned(simd, &child.frame);
        let apart = add(simd, sub(simd, parent.position, child.position), sub(simd, arm, other_arm));
        let velocity = cross_add(simd, parent.angular, arm, parent.velocity);
        let other_velocity = cross_add(simd, child.angular, other_arm, child.velocity);
        let relative = sub(simd, velocity, other_velocity);
        let force = scaled(simd, relative, simd.splat(joint.damping));
        let force = along(simd, apart, simd.splat(joint.stiffness), force);

        // torques about the axes
        let turning = sub(simd, parent.angular, child.angular);
        let damping = scaled(simd, turning, simd.splat(-joint.angular_damping));
        let (frame, other_frame) = (&parent.frame, &child.frame);
        let readings = &mut world.readings[joint.first_axis..];
        let input = Input { actions, lane };
        let torque = match joint.kind {
            Kind::Hinge => hinge(simd, joint, frame, other_frame, damping, input, readings),
            Kind::Universal => universal(simd, joint, frame, other_frame, damping, input, readings),
            Kind::Ball => ball(simd, joint, frame, other_frame, damping, input, readings),
        };

        let (pulled, twisted) = (parent.force, parent.torque);
        let (other_pulled, other_twisted) = (child.force, child.torque);
        let body = &mut world.bodies[joint.parent];
        body.force = sub(simd, pulled, force);
        body.torque = add(simd, cross_sub(simd, arm, force, twisted), torque);
        let body = &mut world.bodies[joint.child];
        body.force = add(simd, other_pulled, force);
        body.torque = sub(simd, cross_add(simd, other_arm, force, other_twisted), torque);
    }
}

/// Where the actions of these copies are.
#[derive(Clone, Copy)]
struct Input<'a> {
    actions: &'a [f32],
    lane: usize,
}

/// The angle about the parent's first axis.
#[inline(always)]
fn first_angle<S: Simd>(simd: S, joint: &JointPlan, frame: &Frame<S>, third: Vector<S>) -> S::F {
    let (parent_second, parent_third) =
        (joint.axes[1].turned(simd, frame), joint.axes[2].turned(simd, frame));
    Atan2.of(simd, simd.neg(dot(simd, third, parent_second)), dot(simd, third, parent_third))
}

#[inline(always)]
fn hinge<S: Simd>(
    simd: S,
    joint: &JointPlan,
    frame: &Frame<S>,
    other: &Frame<S>,
    damping: Vector<S>,
    input: Input<'_>,
    readings: &mut [Reading<S>],
) -> Vector<S> {
    let axis = joint.axes[0].turned(simd, frame);
    let child_axis = joint.axes[0].turned(simd, other);
    let angle = first_angle(simd, joint, frame, joint.axes[2].turned(simd, other));
    readings[0] = Reading { angle, axis };
    let size = torque_about(simd, joint, &joint.drives[0], angle, input);
    let aligning = cross(simd, axis, child_axis);
    let torque = along(simd, aligning, simd.splat(joint.alignment), damping);
    along(simd, axis, size, torque)
}

#[inline(always)]
fn universal<S: Simd>(
    simd: S,
    joint: &JointPlan,
    frame: &Frame<S>,
    other: &Frame<S>,
    damping: Vector<S>,
    input: Input<'_>,
    readings: &mut [Reading<S>],
) -> Vector<S> {
    /// Least square of the sine between two axes that are kept at a right angle.
    const PARALLEL: f32 = 1e-12;
    let axis = joint.axes[0].turned(simd, frame);
    let second = joint.axes[1].turned(simd, other);
    let (angles, [_, overlap]) = two_angles(simd, joint, frame, other, axis, second);
    readings[0] = Reading { angle: angles[0], axis };
    readings[1] = Reading { angle: angles[1], axis: second };

    // the child's second axis is turned away from the parent's first
    let square = simd.neg_mul_add(overlap, overlap, simd.splat(1.0));
    let sine = simd.sqrt(simd.max(square, simd.splat(PARALLEL)));
    let lean = simd.div(simd.mul(overlap, simd.splat(joint.alignment)), sine);
    let torque = against(simd, cross(simd, axis, second), lean, damping);
    let torque = along(simd, axis, torque_about(simd, joint, &joint.drives[0], angles[0], input), torque);
    along(simd, second, torque_about(simd, joint, &joint.drives[1], angles[1], input), torque)
}

#[inline(always)]
fn ball<S: Simd>(
    simd: S,
    joint: &JointPlan,
    frame: &Frame<S>,
    other: &Frame<S>,
    damping: Vector<S>,
    input: Input<'_>,
    readings: &mut [Reading<S>],
) -> Vector<S> {
    let axis = joint.axes[0].turned(simd, frame);
    let second = joint.axes[1].turned(simd, other);
    let third = joint.axes[2].turned(simd, other);
    let (angles, [straight, overlap]) = two_angles(simd, joint, frame, other, axis, second);
    let last = Atan2.of(simd, simd.neg(overlap), straight);
    readings[0] = Reading { angle: angles[0], axis };
    readings[1] = Reading { angle: angles[1], axis: second };
    readings[2] = Reading { angle: last, axis: third };
    let torque = along(simd, axis, torque_about(simd, joint, &joint.drives[0], angles[0], input), damping);
    let torque = along(simd, second, torque_about(simd, joint, &joint.drives[1], angles[1], input), torque);
    along(simd, third, torque_about(simd, joint, &joint.drives[2], last, input), torque)
}

/// The angles about the parent's first axis and the child's second, and the products of the parent's first axis with the
/// child's first and second.
#[inline(always)]
fn two_angles<S: Simd>(
    simd: S,
    joint: &JointPlan,
    frame: &Frame<S>,
    other: &Frame<S>,
    axis: Vector<S>,
    second: Vector<S>,
) -> ([S::F; 2], [S::F; 2]) {
    let third = joint.axes[2].turned(simd, other);
    let straight = dot(simd, axis, joint.axes[0].turned(simd, other));
    let overlap = dot(simd, axis, second);
    let side = dot(simd, axis, third);
    let seen = simd.sqrt(simd.mul_add(straight, straight, simd.mul(overlap, overlap)));
    ([first_angle(simd, joint, frame, third), Atan2.of(simd, side, seen)], [straight, overlap])
}

/// The torque on the parent about an axis: back between the limits, and what the motor does.
#[inline(always)]
fn torque_about<S: Simd>(simd: S, joint: &JointPlan, drive: &Drive, angle: S::F, input: Input<'_>) -> S::F {
    let (low, high) = (simd.splat(drive.low), simd.splat(drive.high));
    let within = simd.min(simd.max(angle, low), high);
    let back = simd.mul(simd.sub(angle, within), simd.splat(joint.limit_strength));
    match drive.motor {
        Motor::None => back,
        Motor::Torque { action, strength } => {
            let action = simd.load(&input.actions[action * LANES + input.lane..]);
            let push = simd.mul(action, simd.splat(-strength));
            // beyond a limit the motor is off
            simd.select(simd.equal(angle, within), push, back)
        }
        Motor::Angle { action, strength, to_radians } => {
            let action = simd.load(&input.actions[action * LANES + input.lane..]);
            let target = simd.mul(action, simd.splat(to_radians));
            let target = simd.min(simd.max(target, low), high);
            simd.mul_add(simd.sub(angle, target), simd.splat(strength), back)
        }
    }
}
