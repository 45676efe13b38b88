//! The stage in which joints and actuators pull.

use numerics::functions::Atan2;
use numerics::{Kernel, LANES, Simd};

use super::form::{self, Form};
use super::plan::{Drive, JointPlan, Kind, Motor, Plan};
use super::register::{
    Frame, Vector, add, against, along, cross, cross_add, cross_sub, dot, scaled, sub, turned,
};
use super::world::{Moving, Turn, World, get, lanes, set, so_far};

/// Adds the forces and torques of joints and actuators to those of bodies, and keeps angles.
// PERF: an arc tangent is a long chain of operations that wait for each other, so all of them are one loop, in which the
// next ones need not wait.
#[inline(always)]
pub(super) fn joints<S: Simd>(simd: S, plan: &Plan, world: &mut World, actions: &[f32]) {
    let World { bodies, turns, .. } = world;
    for run in &plan.runs {
        form::look(simd, run.form, Joined { joints: &run.joints, bodies, turns });
    }
    turn(simd, plan, turns, actions);
    for run in &plan.runs {
        form::pull(simd, run.form, Joined { joints: &run.joints, bodies, turns });
    }
}

/// Joints of one form, all bodies, and what is known about all axes.
pub(super) struct Joined<'a> {
    pub(super) joints: &'a [JointPlan],
    pub(super) bodies: &'a mut [Moving],
    pub(super) turns: &'a mut [Turn],
}

/// Finds the sides of the angles of joints.
pub(super) struct Look<'a, const FORM: u32>(pub(super) Joined<'a>);

impl<const FORM: u32> Kernel for Look<'_, FORM> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let form = Form::of_code(FORM);
        let Joined { joints, bodies, turns } = self.0;
        for joint in joints {
            let (parent, child) = (&bodies[joint.parent], &bodies[joint.child]);
            let turns = &mut turns[joint.axes_at()];
            for lane in lanes::<S>() {
                let axes =
                    Axes { joint, form, frame: parent.frame(simd, lane), other: child.frame(simd, lane) };
                axes.look(simd, turns, lane);
            }
        }
    }
}

/// Springs between the anchors of joints and between their axes, damping, limits and motors.
pub(super) struct Pull<'a, const FORM: u32>(pub(super) Joined<'a>);

impl<const FORM: u32> Kernel for Pull<'_, FORM> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for joint in self.0.joints {
            pull::<S, FORM>(simd, joint, self.0.bodies, &self.0.turns[joint.axes_at()]);
        }
    }
}

#[inline(always)]
fn pull<S: Simd, const FORM: u32>(simd: S, joint: &JointPlan, bodies: &mut [Moving], turns: &[Turn]) {
    let form = Form::of_code(FORM);
    let pair = bodies.get_disjoint_mut([joint.parent, joint.child]);
    let [parent, child] = pair.expect("a joint is of two bodies");
    for lane in lanes::<S>() {
        let axes = Axes { joint, form, frame: parent.frame(simd, lane), other: child.frame(simd, lane) };
        let (angular, other_angular) = (get(simd, &parent.angular, lane), get(simd, &child.angular, lane));

        // a spring between the anchors
        let arm = turned(simd, form.parent_anchor, joint.parent_anchor, &axes.frame);
        let other_arm = turned(simd, form.child_anchor, joint.child_anchor, &axes.other);
        let mut velocity = get(simd, &parent.velocity, lane);
        let mut other_velocity = get(simd, &child.velocity, lane);
        let mut arms = arm;
        if form.parent_anchor != 0 {
            velocity = cross_add(simd, angular, arm, velocity);
        }
        if form.child_anchor != 0 {
            arms = sub(simd, arm, other_arm);
            other_velocity = cross_add(simd, other_angular, other_arm, other_velocity);
        }
        let apart = sub(simd, get(simd, &parent.position, lane), get(simd, &child.position, lane));
        let apart = add(simd, apart, arms);
        let force = scaled(simd, sub(simd, velocity, other_velocity), simd.splat(joint.damping));
        let force = along(simd, apart, simd.splat(joint.stiffness), force);
        let pulled = sub(simd, get(simd, so_far(&parent.force, joint.begins[0]), lane), force);
        set(simd, &mut parent.force, lane, pulled);
        let pulled = add(simd, get(simd, so_far(&child.force, joint.begins[1]), lane), force);
        set(simd, &mut child.force, lane, pulled);

        // torques about the axes
        let turning = sub(simd, angular, other_angular);
        let damping = scaled(simd, turning, simd.splat(-joint.angular_damping));
        let mut torque = match form.kind {
            Kind::Hinge => axes.together(simd, damping),
            Kind::Universal => axes.across(simd, damping),
            Kind::Ball => damping,
        };
        // it turns about its first axis in the parent, and about the others in the child
        torque = along(simd, axes.in_parent(simd, 0), turns[0].size.get(simd, lane), torque);
        if form.kind != Kind::Hinge {
            torque = along(simd, axes.in_child(simd, 1), turns[1].size.get(simd, lane), torque);
        }
        if form.kind == Kind::Ball {
            torque = along(simd, axes.in_child(simd, 2), turns[2].size.get(simd, lane), torque);
        }

        let mut twisted = get(simd, so_far(&parent.torque, joint.begins[0]), lane);
        if form.parent_anchor != 0 {
            twisted = cross_sub(simd, arm, force, twisted);
        }
        set(simd, &mut parent.torque, lane, add(simd, twisted, torque));
        let mut twisted = get(simd, so_far(&child.torque, joint.begins[1]), lane);
        if form.child_anchor != 0 {
            twisted = cross_add(simd, other_arm, force, twisted);
        }
        set(simd, &mut child.torque, lane, sub(simd, twisted, torque));
    }
}

/// The axes of a joint in one register of copies.
struct Axes<'a, S: Simd> {
    joint: &'a JointPlan,
    form: Form,
    /// The parent's.
    frame: Frame<S>,
    /// The child's.
    other: Frame<S>,
}

impl<S: Simd> Axes<'_, S> {
    /// An axis as it lies in the parent.
    #[inline(always)]
    fn in_parent(&self, simd: S, axis: usize) -> Vector<S> {
        turned(simd, self.form.axes[axis], self.joint.axes[axis], &self.frame)
    }

    /// An axis as it lies in the child.
    #[inline(always)]
    fn in_child(&self, simd: S, axis: usize) -> Vector<S> {
        turned(simd, self.form.axes[axis], self.joint.axes[axis], &self.other)
    }

    /// Adds what keeps the two first axes together to a torque.
    #[inline(always)]
    fn together(&self, simd: S, torque: Vector<S>) -> Vector<S> {
        let aligning = cross(simd, self.in_parent(simd, 0), self.in_child(simd, 0));
        along(simd, aligning, simd.splat(self.joint.alignment), torque)
    }

    /// Adds what keeps the child's second axis away from the parent's first to a torque.
    #[inline(always)]
    fn across(&self, simd: S, torque: Vector<S>) -> Vector<S> {
        /// Least square of the sine between two axes that are kept at a right angle.
        const PARALLEL: f32 = 1e-12;
        let (axis, second) = (self.in_parent(simd, 0), self.in_child(simd, 1));
        let overlap = dot(simd, axis, second);
        let square = simd.neg_mul_add(overlap, overlap, simd.splat(1.0));
        let sine = simd.sqrt(simd.max(square, simd.splat(PARALLEL)));
        let lean = simd.div(simd.mul(overlap, simd.splat(self.joint.alignment)), sine);
        against(simd, cross(simd, axis, second), lean, torque)
    }

    /// The sides of the angles about the parent's first axis, and the child's second and third.
    #[inline(always)]
    fn look(&self, simd: S, turns: &mut [Turn], lane: usize) {
        let third = self.in_child(simd, 2);
        let sine = simd.neg(dot(simd, third, self.in_parent(simd, 1)));
        turns[0].sine.set(simd, lane, sine);
        turns[0].cosine.set(simd, lane, dot(simd, third, self.in_parent(simd, 2)));
        if self.form.kind == Kind::Hinge {
            return;
        }
        let axis = self.in_parent(simd, 0);
        let straight = dot(simd, axis, self.in_child(simd, 0));
        let overlap = dot(simd, axis, self.in_child(simd, 1));
        let seen = simd.sqrt(simd.mul_add(straight, straight, simd.mul(overlap, overlap)));
        turns[1].sine.set(simd, lane, dot(simd, axis, third));
        turns[1].cosine.set(simd, lane, seen);
        if self.form.kind == Kind::Ball {
            turns[2].sine.set(simd, lane, simd.neg(overlap));
            turns[2].cosine.set(simd, lane, straight);
        }
    }
}

/// Finds all angles, and how limits and motors answer them.
#[inline(always)]
pub(super) fn turn<S: Simd>(simd: S, plan: &Plan, turns: &mut [Turn], actions: &[f32]) {
    let actions = actions.as_chunks::<LANES>().0;
    for (drive, turn) in plan.drives.iter().zip(turns) {
        for lane in lanes::<S>() {
            let angle = Atan2.of(simd, turn.sine.get(simd, lane), turn.cosine.get(simd, lane));
            // nothing is 0, never -0, whichever terms of it were left out
            turn.angle.set(simd, lane, simd.add(angle, simd.zero()));
            turn.size.set(simd, lane, torque_about(simd, drive, angle, actions, lane));
        }
    }
}

/// The torque on the parent about an axis: back between the limits, and what the motor does.
#[inline(always)]
fn torque_about<S: Simd>(simd: S, drive: &Drive, angle: S::F, actions: &[[f32; LANES]], lane: usize) -> S::F {
    let (low, high) = (simd.splat(drive.low), simd.splat(drive.high));
    let within = simd.min(simd.max(angle, low), high);
    let back = simd.mul(simd.sub(angle, within), simd.splat(drive.limit_strength));
    let action = |index: usize| simd.load(&actions[index][lane & (LANES - S::LANES)..]);
    match drive.motor {
        Motor::None => back,
        Motor::Torque { action: index, strength } => {
            let push = simd.mul(action(index), simd.splat(-strength));
            // beyond a limit the motor is off
            simd.select(simd.equal(angle, within), push, back)
        }
        Motor::Angle { action: index, strength, to_radians } => {
            let target = simd.mul(action(index), simd.splat(to_radians));
            let target = simd.min(simd.max(target, low), high);
            simd.mul_add(simd.sub(angle, target), simd.splat(strength), back)
        }
    }
}
