//! One register of copies of a world, while they are stepped.

use numerics::{LANES, Simd};

use super::plan::Plan;
use super::register::{Frame, Quaternion, Vector, dot, frame, sub};
use crate::state::Layout;

/// A body of as many copies as a register has lanes.
#[derive(Clone, Copy)]
pub(super) struct Moving<S: Simd> {
    pub(super) position: Vector<S>,
    pub(super) rotation: Quaternion<S>,
    pub(super) velocity: Vector<S>,
    pub(super) angular: Vector<S>,
    /// Its axes in the world.
    pub(super) frame: Frame<S>,
    /// While joints pull: force and torque. While contacts push: changes that wait for the end of the stage.
    pub(super) force: Vector<S>,
    pub(super) torque: Vector<S>,
    /// Above 0 in the lanes in which such changes wait.
    pub(super) touched: S::F,
    /// What contacts did in this step.
    pub(super) pushed: Vector<S>,
    pub(super) twisted: Vector<S>,
}

/// The angle about an axis of a joint, and the axis in the world.
#[derive(Clone, Copy)]
pub(super) struct Reading<S: Simd> {
    pub(super) angle: S::F,
    pub(super) axis: Vector<S>,
}

/// What one group of contacts does to a body.
#[derive(Clone, Copy)]
pub(super) struct Party<S: Simd> {
    pub(super) velocity: Vector<S>,
    pub(super) angular: Vector<S>,
    /// How many contacts of the group do something.
    pub(super) count: S::F,
}

/// All bodies and joints.
pub(super) struct World<S: Simd> {
    pub(super) bodies: Vec<Moving<S>>,
    pub(super) readings: Vec<Reading<S>>,
    pub(super) parties: Vec<Party<S>>,
}

impl<S: Simd> World<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, plan: &Plan) -> World<S> {
        let zero = [simd.zero(); 3];
        let body = Moving {
            position: zero,
            rotation: [simd.zero(); 4],
            velocity: zero,
            angular: zero,
            frame: [zero; 3],
            force: zero,
            torque: zero,
            touched: simd.zero(),
            pushed: zero,
            twisted: zero,
        };
        let party = Party { velocity: zero, angular: zero, count: simd.zero() };
        let parties = plan.capsules.iter().map(|group| group.parties.len()).max().unwrap_or(0);
        World {
            bodies: vec![body; plan.bodies.len()],
            readings: vec![Reading { angle: simd.zero(), axis: zero }; plan.axis_count],
            parties: vec![party; parties],
        }
    }

    /// Takes the copies from `lane` on out of a block.
    #[inline(always)]
    pub(super) fn load(&mut self, simd: S, plan: &Plan, layout: Layout, block: &[f32], lane: usize) {
        let zero = [simd.zero(); 3];
        for (index, body) in self.bodies.iter_mut().enumerate() {
            let rotation = layout.rotation(index);
            body.position = load(simd, block, layout.position(index), lane);
            let [x, y, z] = load(simd, block, rotation + 1, lane);
            body.rotation = [simd.load(&block[rotation * LANES + lane..]), x, y, z];
            body.velocity = load(simd, block, layout.velocity(index), lane);
            body.angular = load(simd, block, layout.angular(index), lane);
            body.frame = frame(simd, body.rotation);
            (body.force, body.torque) = (zero, zero);
            (body.pushed, body.twisted) = (zero, zero);
        }
        debug_assert_eq!(self.bodies.len(), plan.bodies.len());
    }

    /// Writes where bodies are and how they move.
    #[inline(always)]
    pub(super) fn store_motions(&self, simd: S, plan: &Plan, layout: Layout, block: &mut [f32], lane: usize) {
        for (index, (body, constants)) in self.bodies.iter().zip(&plan.bodies).enumerate() {
            // what cannot move is nowhere written, so a task may move it between steps
            if constants.is_fixed {
                continue;
            }
            let rotation = layout.rotation(index);
            let [s, x, y, z] = body.rotation;
            store(simd, body.position, block, layout.position(index), lane);
            simd.store(s, &mut block[rotation * LANES + lane..]);
            store(simd, [x, y, z], block, rotation + 1, lane);
            store(simd, body.velocity, block, layout.velocity(index), lane);
            store(simd, body.angular, block, layout.angular(index), lane);
        }
        self.store_contacts(simd, layout, block, lane);
    }

    /// Writes what contacts did.
    #[inline(always)]
    pub(super) fn store_contacts(&self, simd: S, layout: Layout, block: &mut [f32], lane: usize) {
        for (index, body) in self.bodies.iter().enumerate() {
            store(simd, body.pushed, block, layout.pushed(index), lane);
            store(simd, body.twisted, block, layout.twisted(index), lane);
        }
    }

    /// Writes angles, and velocities about the axes.
    #[inline(always)]
    pub(super) fn store_readings(
        &self,
        simd: S,
        plan: &Plan,
        layout: Layout,
        block: &mut [f32],
        lane: usize,
    ) {
        for joint in &plan.joints {
            let relative = sub(simd, self.bodies[joint.parent].angular, self.bodies[joint.child].angular);
            for axis in joint.first_axis..joint.first_axis + joint.drives.len() {
                let reading = &self.readings[axis];
                simd.store(reading.angle, &mut block[layout.angle(axis) * LANES + lane..]);
                let velocity = dot(simd, relative, reading.axis);
                simd.store(velocity, &mut block[layout.angle_velocity(axis) * LANES + lane..]);
            }
        }
    }

    /// Clears what joints left, before contacts use the places.
    #[inline(always)]
    pub(super) fn forget_forces(&mut self, simd: S) {
        let zero = [simd.zero(); 3];
        for body in &mut self.bodies {
            (body.force, body.torque, body.touched) = (zero, zero, simd.zero());
        }
    }
}

#[inline(always)]
fn load<S: Simd>(simd: S, block: &[f32], row: usize, lane: usize) -> Vector<S> {
    let at = row * LANES + lane;
    [simd.load(&block[at..]), simd.load(&block[at + LANES..]), simd.load(&block[at + 2 * LANES..])]
}

#[inline(always)]
fn store<S: Simd>(simd: S, vector: Vector<S>, block: &mut [f32], row: usize, lane: usize) {
    let at = row * LANES + lane;
    simd.store(vector[0], &mut block[at..]);
    simd.store(vector[1], &mut block[at + LANES..]);
    simd.store(vector[2], &mut block[at + 2 * LANES..]);
}
