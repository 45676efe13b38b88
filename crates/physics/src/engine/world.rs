//! Sixteen copies of a world, while they are stepped.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use numerics::{LANES, Simd};

use super::plan::Plan;
use super::register::{Frame, Quaternion, Vector, dot, frame, sub, turned};
use crate::state::Layout;

/// One number of sixteen copies.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row([f32; LANES]);

impl Row {
    pub(super) const ZERO: Row = Row([0.0; LANES]);

    /// The register of the copies from `lane` on, which is one of [`lanes`].
    // PERF: the mask shows the compiler that no such place is out of bounds
    #[inline(always)]
    pub(super) fn get<S: Simd>(&self, simd: S, lane: usize) -> S::F {
        simd.load(&self.0[lane & (LANES - S::LANES)..])
    }

    #[inline(always)]
    pub(super) fn set<S: Simd>(&mut self, simd: S, lane: usize, value: S::F) {
        simd.store(value, &mut self.0[lane & (LANES - S::LANES)..]);
    }
}

/// Where the registers of sixteen copies begin.
#[inline(always)]
pub(super) fn lanes<S: Simd>() -> impl Iterator<Item = usize> {
    (0..LANES).step_by(S::LANES)
}

/// The vectors of the copies from `lane` on.
#[inline(always)]
pub(super) fn get<S: Simd>(simd: S, rows: &[Row; 3], lane: usize) -> Vector<S> {
    [rows[0].get(simd, lane), rows[1].get(simd, lane), rows[2].get(simd, lane)]
}

/// Overwrites the vectors of the copies from `lane` on.
#[inline(always)]
pub(super) fn set<S: Simd>(simd: S, rows: &mut [Row; 3], lane: usize, vector: Vector<S>) {
    rows[0].set(simd, lane, vector[0]);
    rows[1].set(simd, lane, vector[1]);
    rows[2].set(simd, lane, vector[2]);
}

/// A body.
#[derive(Clone, Copy)]
pub(super) struct Moving {
    pub(super) position: [Row; 3],
    pub(super) rotation: [Row; 4],
    pub(super) velocity: [Row; 3],
    pub(super) angular: [Row; 3],
    /// Its axes in the world.
    pub(super) frame: [[Row; 3]; 3],
    /// While joints pull: force and torque. While contacts push: changes that wait for the end of the stage.
    pub(super) force: [Row; 3],
    pub(super) torque: [Row; 3],
    /// Above 0 in the lanes in which such changes wait.
    pub(super) touched: Row,
    /// What contacts did in this step.
    pub(super) pushed: [Row; 3],
    pub(super) twisted: [Row; 3],
}

impl Moving {
    const ZERO: Moving = Moving {
        position: [Row::ZERO; 3],
        rotation: [Row::ZERO; 4],
        velocity: [Row::ZERO; 3],
        angular: [Row::ZERO; 3],
        frame: [[Row::ZERO; 3]; 3],
        force: [Row::ZERO; 3],
        torque: [Row::ZERO; 3],
        touched: Row::ZERO,
        pushed: [Row::ZERO; 3],
        twisted: [Row::ZERO; 3],
    };

    #[inline(always)]
    pub(super) fn frame<S: Simd>(&self, simd: S, lane: usize) -> Frame<S> {
        [get(simd, &self.frame[0], lane), get(simd, &self.frame[1], lane), get(simd, &self.frame[2], lane)]
    }

    #[inline(always)]
    pub(super) fn rotation<S: Simd>(&self, simd: S, lane: usize) -> Quaternion<S> {
        let [s, x, y, z] = &self.rotation;
        [s.get(simd, lane), x.get(simd, lane), y.get(simd, lane), z.get(simd, lane)]
    }

    /// Overwrites a rotation, which must have length 1, and the axes.
    #[inline(always)]
    pub(super) fn turn_to<S: Simd>(&mut self, simd: S, lane: usize, rotation: Quaternion<S>) {
        let [s, x, y, z] = &mut self.rotation;
        s.set(simd, lane, rotation[0]);
        x.set(simd, lane, rotation[1]);
        y.set(simd, lane, rotation[2]);
        z.set(simd, lane, rotation[3]);
        let frame = frame(simd, rotation);
        let [first, second, third] = &mut self.frame;
        set(simd, first, lane, frame[0]);
        set(simd, second, lane, frame[1]);
        set(simd, third, lane, frame[2]);
    }

    /// Clears what joints left, before contacts use the places.
    #[inline(always)]
    pub(super) fn forget_forces<S: Simd>(&mut self, simd: S, lane: usize) {
        set(simd, &mut self.force, lane, [simd.zero(); 3]);
        set(simd, &mut self.torque, lane, [simd.zero(); 3]);
        self.touched.set(simd, lane, simd.zero());
    }

    /// Makes each -0 a 0 of what is out of the plane of x and z.
    #[inline(always)]
    fn forget_signs(&mut self) {
        let [_, x, _, z] = &mut self.rotation;
        let [first, _, third] = &mut self.angular;
        for row in [x, z, &mut self.velocity[1], first, third] {
            row.0.iter_mut().for_each(|number| *number += 0.0);
        }
    }
}

/// What waits to be added to a vector: its rows, or zeros where nothing was added yet.
// PERF: a choice of places, so that no stage has to clear them first
#[inline(always)]
pub(super) fn so_far(rows: &[Row; 3], begins: bool) -> &[Row; 3] {
    if begins { &[Row::ZERO; 3] } else { rows }
}

/// What is known about an axis of a joint.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// Sides of the angle, of the same hypotenuse.
    pub(super) sine: Row,
    pub(super) cosine: Row,
    pub(super) angle: Row,
    /// The torque on the parent.
    pub(super) size: Row,
}

impl Turn {
    const ZERO: Turn = Turn { sine: Row::ZERO, cosine: Row::ZERO, angle: Row::ZERO, size: Row::ZERO };
}

/// What one group of contacts does to a body.
#[derive(Clone, Copy)]
pub(super) struct Party<S: Simd> {
    pub(super) velocity: Vector<S>,
    pub(super) angular: Vector<S>,
    /// How many contacts of the group do something.
    pub(super) count: S::F,
}

impl<S: Simd> Party<S> {
    #[inline(always)]
    pub(super) fn none(simd: S) -> Party<S> {
        Party { velocity: [simd.zero(); 3], angular: [simd.zero(); 3], count: simd.zero() }
    }
}

/// The same of sixteen copies, while a group is summed.
#[derive(Clone, Copy)]
pub(super) struct PartyRows {
    velocity: [Row; 3],
    angular: [Row; 3],
    count: Row,
}

impl PartyRows {
    const ZERO: PartyRows = PartyRows { velocity: [Row::ZERO; 3], angular: [Row::ZERO; 3], count: Row::ZERO };

    #[inline(always)]
    pub(super) fn get<S: Simd>(&self, simd: S, lane: usize) -> Party<S> {
        Party {
            velocity: get(simd, &self.velocity, lane),
            angular: get(simd, &self.angular, lane),
            count: self.count.get(simd, lane),
        }
    }

    #[inline(always)]
    pub(super) fn set<S: Simd>(&mut self, simd: S, lane: usize, party: &Party<S>) {
        set(simd, &mut self.velocity, lane, party.velocity);
        set(simd, &mut self.angular, lane, party.angular);
        self.count.set(simd, lane, party.count);
    }
}

/// All bodies and joints, and room for the largest group of contacts.
pub(super) struct World {
    pub(super) bodies: Vec<Moving>,
    pub(super) parties: Vec<PartyRows>,
    /// Of all axes.
    pub(super) turns: Vec<Turn>,
}

/// Worlds in which no thread works at the moment.
// PERF: to find and to clear the place for another takes a twentieth of the step of a block
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<World>>);

impl Spare {
    /// A world of the plan, of which nothing is read before it was loaded.
    pub(super) fn take(&self, plan: &Plan) -> World {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| World::new(plan))
    }

    /// Keeps a world of the same plan for the next.
    pub(super) fn keep(&self, world: World) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(world);
    }
}

impl Clone for Spare {
    fn clone(&self) -> Spare {
        Spare::default()
    }
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spare")
    }
}

impl World {
    pub(super) fn new(plan: &Plan) -> World {
        let parties = plan.capsules.iter().map(|group| group.parties.len()).max().unwrap_or(0);
        World {
            bodies: vec![Moving::ZERO; plan.bodies.len()],
            parties: vec![PartyRows::ZERO; parties],
            turns: vec![Turn::ZERO; plan.drives.len()],
        }
    }

    /// Takes the copies out of a block.
    #[inline(always)]
    pub(super) fn load<S: Simd>(&mut self, simd: S, plan: &Plan, layout: Layout, block: &[f32]) {
        for (index, body) in self.bodies.iter_mut().enumerate() {
            for lane in lanes::<S>() {
                set(simd, &mut body.pushed, lane, [simd.zero(); 3]);
                set(simd, &mut body.twisted, lane, [simd.zero(); 3]);
            }
            read(block, layout.position(index), &mut body.position);
            read(block, layout.rotation(index), &mut body.rotation);
            read(block, layout.velocity(index), &mut body.velocity);
            read(block, layout.angular(index), &mut body.angular);
            if plan.is_planar {
                body.forget_signs();
            }
            for lane in lanes::<S>() {
                let rotation = body.rotation(simd, lane);
                body.turn_to(simd, lane, rotation);
            }
        }
    }

    /// Whether all copies are in the plane of x and z, to the bit.
    #[inline(always)]
    pub(super) fn is_flat<S: Simd>(&self, simd: S) -> bool {
        let mut bits = simd.splat_bits(0);
        for body in &self.bodies {
            let [_, x, _, z] = &body.rotation;
            for row in [x, z, &body.velocity[1], &body.angular[0], &body.angular[2]] {
                for lane in lanes::<S>() {
                    bits = simd.or(bits, simd.bits_of(row.get(simd, lane)));
                }
            }
        }
        simd.mask_bits(simd.equal_bits(bits, simd.splat_bits(0))).count_ones() == S::LANES as u32
    }

    /// Writes where bodies are and how they move.
    #[inline(always)]
    pub(super) fn store_motions(&self, plan: &Plan, layout: Layout, block: &mut [f32]) {
        for (index, (body, constants)) in self.bodies.iter().zip(&plan.bodies).enumerate() {
            // what cannot move is nowhere written, so a task may move it between steps
            if constants.is_fixed {
                continue;
            }
            write(&body.position, block, layout.position(index));
            write(&body.rotation, block, layout.rotation(index));
            write(&body.velocity, block, layout.velocity(index));
            write(&body.angular, block, layout.angular(index));
        }
        self.store_contacts(layout, block);
    }

    /// Writes what contacts did.
    #[inline(always)]
    pub(super) fn store_contacts(&self, layout: Layout, block: &mut [f32]) {
        for (index, body) in self.bodies.iter().enumerate() {
            write(&body.pushed, block, layout.pushed(index));
            write(&body.twisted, block, layout.twisted(index));
        }
    }

    /// Writes angles, and velocities about the axes.
    #[inline(always)]
    pub(super) fn store_readings<S: Simd>(&self, simd: S, plan: &Plan, layout: Layout, block: &mut [f32]) {
        for joint in plan.runs.iter().flat_map(|run| &run.joints) {
            let (parent, child) = (&self.bodies[joint.parent], &self.bodies[joint.child]);
            for (axis, &vector) in joint.axes.iter().enumerate().take(joint.axis_count) {
                // a joint turns about its first axis in the parent, and about the others in the child
                let owner = if axis == 0 { parent } else { child };
                let reading = joint.first_axis + axis;
                write(&[self.turns[reading].angle], block, layout.angle(reading));
                for lane in lanes::<S>() {
                    let relative =
                        sub(simd, get(simd, &parent.angular, lane), get(simd, &child.angular, lane));
                    let direction = turned(simd, 7, vector, &owner.frame(simd, lane));
                    // nothing is 0, never -0, whichever terms of it were left out
                    let velocity = simd.add(dot(simd, relative, direction), simd.zero());
                    simd.store(velocity, &mut block[layout.angle_velocity(reading) * LANES + lane..]);
                }
            }
        }
    }

    /// Clears what joints left, before contacts use the places.
    #[inline(always)]
    pub(super) fn forget_forces<S: Simd>(&mut self, simd: S) {
        for body in &mut self.bodies {
            for lane in lanes::<S>() {
                body.forget_forces(simd, lane);
            }
        }
    }
}

#[inline(always)]
fn read(block: &[f32], row: usize, to: &mut [Row]) {
    let rows = block[row * LANES..].as_chunks::<LANES>().0;
    to.iter_mut().zip(rows).for_each(|(to, row)| to.0 = *row);
}

#[inline(always)]
fn write(rows: &[Row], block: &mut [f32], row: usize) {
    let to = block[row * LANES..].as_chunks_mut::<LANES>().0;
    to.iter_mut().zip(rows).for_each(|(to, row)| *to = row.0);
}
