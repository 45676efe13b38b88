//! The stages of a world that stays in the plane of x and z: the others' without the terms that are 0 there.
//!
//! Where a hopper, a walker or a cheetah was set up in its plane, it stays in it to the bit: what masks keep out was 0 and
//! stays 0. So the same products in the same order are left, and the same bits; a block in which one copy is not in the
//! plane takes the stages for space, and its neighbours do not notice.

mod ground;

use numerics::{Kernel, Simd};

use super::contacts::{OnPlane, of_capsules};
use super::integrate::make_room;
use super::joints::{Joined, turn};
use super::plan::{JointPlan, Plan};
use super::world::{Moving, Row, Turn, World, lanes, so_far};

/// [`kinematics`](super::integrate::kinematics)
#[inline(always)]
pub(super) fn kinematics<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    let zero = simd.zero();
    for (body, constants) in world.bodies.iter_mut().zip(&plan.bodies) {
        for lane in lanes::<S>() {
            if constants.is_fixed {
                continue;
            }
            if constants.is_loose {
                body.forget_forces(simd, lane);
            }
            for axis in [0, 2] {
                let velocity = body.velocity[axis].get(simd, lane);
                let position = body.position[axis].get(simd, lane);
                let moved = simd.mul_add(velocity, simd.splat(constants.move_by[axis]), position);
                body.position[axis].set(simd, lane, moved);
            }
            let y = simd.mul(body.angular[1].get(simd, lane), simd.splat(constants.turn_by[1]));
            let (s, j) = (body.rotation[0].get(simd, lane), body.rotation[2].get(simd, lane));
            let (s, j) = (simd.neg_mul_add(y, j, s), simd.mul_add(y, s, j));
            let square = simd.mul_add(s, s, simd.mul(j, j));
            let scale = simd.div(simd.splat(1.0), simd.sqrt(square));
            let (s, j) = (simd.mul(s, scale), simd.mul(j, scale));
            body.rotation[0].set(simd, lane, s);
            body.rotation[2].set(simd, lane, j);

            let twice = simd.add(j, j);
            let (sine, cosine) = (simd.mul(s, twice), simd.sub(simd.splat(1.0), simd.mul(j, twice)));
            body.frame[0][0].set(simd, lane, cosine);
            body.frame[0][2].set(simd, lane, simd.sub(zero, sine));
            body.frame[2][0].set(simd, lane, simd.add(zero, sine));
            body.frame[2][2].set(simd, lane, cosine);
        }
    }
}

/// [`velocities`](super::integrate::velocities)
#[inline(always)]
pub(super) fn velocities<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for (body, constants) in world.bodies.iter_mut().zip(&plan.bodies) {
        if constants.is_fixed {
            continue;
        }
        for lane in lanes::<S>() {
            for axis in [0, 2] {
                let gravity = simd.splat(constants.gravity[axis]);
                let velocity = body.velocity[axis].get(simd, lane);
                let kept = simd.mul_add(velocity, simd.splat(constants.keep[axis]), gravity);
                let force = body.force[axis].get(simd, lane);
                let velocity = simd.mul_add(force, simd.splat(constants.force[axis]), kept);
                body.velocity[axis].set(simd, lane, velocity);
            }
            let angular = body.angular[1].get(simd, lane);
            let kept = simd.mul(angular, simd.splat(constants.keep_turning[1]));
            let torque = body.torque[1].get(simd, lane);
            body.angular[1].set(simd, lane, simd.mul_add(torque, simd.splat(constants.torque[1]), kept));
        }
    }
    make_room(simd, plan, world);
}

/// [`joints`](super::joints::joints)
#[inline(always)]
pub(super) fn joints<S: Simd>(simd: S, plan: &Plan, world: &mut World, actions: &[f32]) {
    let World { bodies, turns, .. } = world;
    for joint in plan.runs.iter().flat_map(|run| &run.joints) {
        look(simd, joint, bodies, &mut turns[joint.first_axis]);
    }
    turn(simd, plan, turns, actions);
    for run in &plan.runs {
        let joined = Joined { joints: &run.joints, bodies, turns };
        if run.joints.iter().any(|joint| joint.child_anchor[0] != 0.0 || joint.child_anchor[2] != 0.0) {
            simd.apart(Pull::<true>(joined));
        } else {
            simd.apart(Pull::<false>(joined));
        }
    }
}

/// Finds the sides of the angle of a joint about y, which is its axis or the opposite.
#[inline(always)]
fn look<S: Simd>(simd: S, joint: &JointPlan, bodies: &[Moving], turn: &mut Turn) {
    let (parent_body, child_body) = (&bodies[joint.parent], &bodies[joint.child]);
    for lane in lanes::<S>() {
        let (parent, child) = (Side::new(simd, parent_body, lane), Side::new(simd, child_body, lane));
        let third = child.turned(simd, joint.axes[2]);
        let sine = dot(simd, third, parent.turned(simd, joint.axes[1]));
        turn.sine.set(simd, lane, simd.neg(sine));
        turn.cosine.set(simd, lane, dot(simd, third, parent.turned(simd, joint.axes[2])));
    }
}

/// What hinges do; whether an anchor is off the middle of a child.
struct Pull<'a, const CHILD_ARM: bool>(Joined<'a>);

/// The parts along x and z.
type Flat<S> = [<S as Simd>::F; 2];

/// A body as its joint sees it.
struct Side<S: Simd> {
    x_axis: Flat<S>,
    z_axis: Flat<S>,
    position: Flat<S>,
    velocity: Flat<S>,
    angular: S::F,
}

impl<S: Simd> Side<S> {
    #[inline(always)]
    fn new(simd: S, body: &Moving, lane: usize) -> Side<S> {
        let flat = |rows: &[Row; 3]| [rows[0].get(simd, lane), rows[2].get(simd, lane)];
        Side {
            x_axis: flat(&body.frame[0]),
            z_axis: flat(&body.frame[2]),
            position: flat(&body.position),
            velocity: flat(&body.velocity),
            angular: body.angular[1].get(simd, lane),
        }
    }

    #[inline(always)]
    fn turned(&self, simd: S, vector: [f32; 3]) -> Flat<S> {
        let (x, z) = (simd.splat(vector[0]), simd.splat(vector[2]));
        [
            simd.mul_add(self.z_axis[0], z, simd.mul(self.x_axis[0], x)),
            simd.mul_add(self.z_axis[1], z, simd.mul(self.x_axis[1], x)),
        ]
    }

    /// The velocity of a place.
    #[inline(always)]
    fn velocity_at(&self, simd: S, arm: Flat<S>) -> Flat<S> {
        let [x, z] = self.velocity;
        [simd.mul_add(self.angular, arm[1], x), simd.neg_mul_add(self.angular, arm[0], z)]
    }
}

#[inline(always)]
fn dot<S: Simd>(simd: S, a: Flat<S>, b: Flat<S>) -> S::F {
    simd.mul_add(a[0], b[0], simd.mul(a[1], b[1]))
}

impl<const CHILD_ARM: bool> Kernel for Pull<'_, CHILD_ARM> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for joint in self.0.joints {
            pull::<S, CHILD_ARM>(simd, joint, self.0.bodies, &self.0.turns[joint.first_axis]);
        }
    }
}

#[inline(always)]
fn pull<S: Simd, const CHILD_ARM: bool>(simd: S, joint: &JointPlan, bodies: &mut [Moving], turn: &Turn) {
    let pair = bodies.get_disjoint_mut([joint.parent, joint.child]);
    let [parent_body, child_body] = pair.expect("a joint is of two bodies");
    for lane in lanes::<S>() {
        let (parent, child) = (Side::new(simd, parent_body, lane), Side::new(simd, child_body, lane));

        // a spring between the anchors
        let arm = parent.turned(simd, joint.parent_anchor);
        let other_arm = child.turned(simd, joint.child_anchor);
        let velocity = parent.velocity_at(simd, arm);
        let other_velocity = if CHILD_ARM { child.velocity_at(simd, other_arm) } else { child.velocity };
        let mut force = [simd.zero(); 2];
        for axis in 0..2 {
            let apart = simd.sub(parent.position[axis], child.position[axis]);
            let arms = if CHILD_ARM { simd.sub(arm[axis], other_arm[axis]) } else { arm[axis] };
            let apart = simd.add(apart, arms);
            let relative = simd.sub(velocity[axis], other_velocity[axis]);
            let damped = simd.mul(relative, simd.splat(joint.damping));
            force[axis] = simd.mul_add(apart, simd.splat(joint.stiffness), damped);
        }

        // the torque about y, which is the axis or its opposite
        let turning = simd.sub(parent.angular, child.angular);
        let damping = simd.mul(turning, simd.splat(-joint.angular_damping));
        let torque = simd.mul_add(simd.splat(joint.axes[0][1]), turn.size.get(simd, lane), damping);

        let [x, z] = force;
        for (axis, force) in [(0, x), (2, z)] {
            let pulled = so_far(&parent_body.force, joint.begins[0])[axis].get(simd, lane);
            parent_body.force[axis].set(simd, lane, simd.sub(pulled, force));
            let pulled = so_far(&child_body.force, joint.begins[1])[axis].get(simd, lane);
            child_body.force[axis].set(simd, lane, simd.add(pulled, force));
        }
        let twisted = so_far(&parent_body.torque, joint.begins[0])[1].get(simd, lane);
        let twisted = simd.mul_add(arm[0], z, simd.neg_mul_add(arm[1], x, twisted));
        parent_body.torque[1].set(simd, lane, simd.add(twisted, torque));
        let mut twisted = so_far(&child_body.torque, joint.begins[1])[1].get(simd, lane);
        if CHILD_ARM {
            twisted = simd.mul_add(other_arm[1], x, simd.neg_mul_add(other_arm[0], z, twisted));
        }
        child_body.torque[1].set(simd, lane, simd.sub(twisted, torque));
    }
}

/// [`contacts`](super::contacts::contacts)
#[inline(always)]
pub(super) fn contacts<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for plane in &plan.planes {
        let (body, constants) = (&mut world.bodies[plane.body], &plan.bodies[plane.body]);
        let contact = OnPlane { recovery_rate: plan.recovery_rate, plane, constants, body };
        if plane.is_flat {
            simd.apart(ground::OnPlane(contact));
        } else {
            simd.apart(contact);
        }
    }
    of_capsules(simd, plan, world);
}
