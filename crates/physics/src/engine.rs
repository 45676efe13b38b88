//! Steps many copies at once, in `f32`: a lane a copy.
//!
//! What a step computes is written in [`naive`](crate::naive). Here it is in the order in which a register is used best:
//!
//! - a body's position, rotation, velocities, its axes in the world and the force on it stay in one place for all
//!   sub-steps of a step, so a block is read and written once a step;
//! - constants are folded: a mask, the time of a sub-step and an inverse mass are one factor for each axis;
//! - a stage works on all sixteen copies, a register after the other: they do not wait for each other;
//! - the zeros of anchors and axes are left out ([`form`]), and so is the third dimension of worlds in a plane ([`planar`]);
//! - angles come from `atan2` of products that are there anyway, never from `acos`, which is blind near 1;
//! - contacts that no lane has are skipped, which changes no bit: a lane without a contact keeps its velocity.
//!
//! Sources of the equations: as in [`naive`](crate::naive). The other form of the angles is equal to the definition's
//! wherever that is defined: the line of nodes of two frames is where both planes meet, so its angles are those of the
//! projections.

mod contacts;
mod form;
mod integrate;
mod joints;
#[cfg(test)]
mod laws;
mod plan;
mod planar;
mod register;
#[cfg(test)]
mod tests;
mod world;

use numerics::{Isa, Kernel, LANES, Simd};

use self::contacts::contacts;
use self::integrate::{kinematics, velocities};
use self::joints::joints;
use self::plan::Plan;
use self::world::{Spare, World};
use crate::Model;
use crate::state::{Layout, State};

/// Steps all copies of a state of one model.
#[derive(Clone, Debug)]
pub struct Engine {
    isa: Isa,
    plan: Plan,
    layout: Layout,
    spare: Spare,
}

impl Engine {
    /// Makes a model ready for an instruction set.
    pub fn new(isa: Isa, model: &Model) -> Engine {
        Engine { isa, plan: Plan::new(model), layout: Layout::new(model), spare: Spare::default() }
    }

    /// Numbers of actions for each block of sixteen copies: `[action][copy]`.
    pub fn actions_len(&self) -> usize {
        self.plan.actions * LANES
    }

    /// One step of all copies, with actions as `[block][action][copy]`.
    ///
    /// # Panics
    ///
    /// If the state is of another model, or there are not as many actions.
    pub fn step(&self, state: &mut State, actions: &[f32]) {
        assert_eq!(state.layout(), self.layout, "a state of the same model");
        self.step_blocks(state.blocks_mut(), actions);
    }

    /// One step of some blocks of a state: what a thread does.
    ///
    /// # Panics
    ///
    /// If these are not whole blocks, or there are not as many actions.
    pub fn step_blocks(&self, blocks: &mut [f32], actions: &[f32]) {
        let count = self.count(blocks);
        assert_eq!(actions.len(), count * self.actions_len(), "the actions of as many blocks");
        self.isa.run(Step { engine: self, blocks, actions });
    }

    /// Reads angles, velocities about axes, and what contacts would do, without a step: the observation of a start.
    ///
    /// # Panics
    ///
    /// If the state is of another model.
    pub fn sense(&self, state: &mut State) {
        assert_eq!(state.layout(), self.layout, "a state of the same model");
        self.isa.run(Sense { engine: self, blocks: state.blocks_mut() });
    }

    fn count(&self, blocks: &[f32]) -> usize {
        assert!(blocks.len().is_multiple_of(self.layout.block()), "whole blocks");
        blocks.len() / self.layout.block()
    }
}

struct Step<'a> {
    engine: &'a Engine,
    blocks: &'a mut [f32],
    actions: &'a [f32],
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Engine { plan, layout, spare, .. } = self.engine;
        let mut world = spare.take(plan);
        for (index, block) in self.blocks.chunks_exact_mut(layout.block()).enumerate() {
            let actions = &self.actions[index * plan.actions * LANES..][..plan.actions * LANES];
            world.load(simd, plan, *layout, block);
            if plan.is_planar && world.is_flat(simd) {
                for _ in 0..plan.substeps {
                    planar::kinematics(simd, plan, &mut world);
                    planar::joints(simd, plan, &mut world, actions);
                    planar::velocities(simd, plan, &mut world);
                    planar::contacts(simd, plan, &mut world);
                }
            } else {
                for _ in 0..plan.substeps {
                    kinematics(simd, plan, &mut world);
                    joints(simd, plan, &mut world, actions);
                    velocities(simd, plan, &mut world);
                    contacts(simd, plan, &mut world);
                }
            }
            world.store_motions(plan, *layout, block);
            world.store_readings(simd, plan, *layout, block);
        }
        spare.keep(world);
    }
}

struct Sense<'a> {
    engine: &'a Engine,
    blocks: &'a mut [f32],
}

impl Kernel for Sense<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Engine { plan, layout, .. } = self.engine;
        let mut world = World::new(plan);
        // no action changes what is read
        let actions = vec![0.0; plan.actions * LANES];
        for block in self.blocks.chunks_exact_mut(layout.block()) {
            world.load(simd, plan, *layout, block);
            joints(simd, plan, &mut world, &actions);
            world.store_readings(simd, plan, *layout, block);
            world.forget_forces(simd);
            contacts(simd, plan, &mut world);
            world.store_contacts(*layout, block);
        }
    }
}
