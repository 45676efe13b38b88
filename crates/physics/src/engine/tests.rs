//! Laws of the engine: the twin, bits, neighbours, snapshots.

use numerics::random::Stream;
use numerics::{Isa, LANES};

use super::*;
use crate::models;
use crate::naive::{self, Motion};
use crate::vector::{Quaternion, Vector};

/// Copies of most tests: a whole block and a part of one.
const COPIES: usize = LANES + 5;

fn draws(name: &str, index: u64) -> Stream {
    Stream::new(11, name).child(index)
}

/// A number from -1 to 1.
fn signed(stream: Stream, element: u64) -> f64 {
    2.0 * stream.uniform_f64(element) - 1.0
}

/// A start with angles off the rest, thrown up and turned a little: bodies fall, swing and touch the ground.
pub(super) fn world(model: &Model, copy: u64) -> Vec<Motion> {
    let stream = draws("world", copy);
    let angles: Vec<f64> =
        model.rest().iter().zip(0..).map(|(rest, at)| rest + 0.1 * signed(stream, at)).collect();
    let velocities: Vec<f64> = (0..model.axis_count() as u64).map(|at| signed(stream, 1000 + at)).collect();
    let mut world = naive::start(model, &angles, &velocities);
    for (index, body) in world.iter_mut().enumerate() {
        let constants = &model.description().bodies[index];
        let number = |at: u64| signed(stream, 2000 + 10 * index as u64 + at);
        let mask = |flags: [u8; 3]| Vector(flags.map(f64::from));
        body.velocity = Vector([number(0), number(1), number(2)]).times(mask(constants.moves));
        body.angular = body.angular + Vector([number(3), number(4), number(5)]).times(mask(constants.turns));
    }
    // as the engine has it
    let round = |number: f64| f64::from(number as f32);
    for body in &mut world {
        *body = Motion {
            position: Vector(body.position.0.map(round)),
            rotation: Quaternion(body.rotation.0.map(round)),
            velocity: Vector(body.velocity.0.map(round)),
            angular: Vector(body.angular.0.map(round)),
        };
    }
    world
}

/// The action of a copy in a step, for a torque or (in degrees) for an angle.
pub(super) fn action(model: &Model, copy: u64, step: u64, action: usize) -> f32 {
    let is_angle =
        model.description().actuators.iter().any(|it| it.kind == crate::description::ActuatorKind::Angle);
    signed(draws("action", copy).child(step), action as u64) as f32 * if is_angle { 60.0 } else { 1.0 }
}

/// The actions of one step, for copies that are numbered by `name`.
fn actions(model: &Model, copies: usize, step: u64, name: impl Fn(usize) -> u64) -> Vec<f32> {
    let rows = copies.div_ceil(LANES) * model.actions();
    let lanes = (0..rows * LANES).map(|place| {
        let (block, row, lane) =
            (place / (model.actions() * LANES), place / LANES % model.actions(), place % LANES);
        let copy = block * LANES + lane;
        if copy < copies { action(model, name(copy), step, row) } else { 0.0 }
    });
    lanes.collect()
}

pub(super) fn state(model: &Model, copies: usize, name: impl Fn(usize) -> u64) -> State {
    let mut state = State::new(model, copies);
    (0..copies).for_each(|copy| state.set(copy, &world(model, name(copy))));
    state
}

fn all_models() -> impl Iterator<Item = Model> {
    models::names().map(|name| models::named(name).expect("it is listed"))
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// The largest difference of two worlds, each number relative to one more than the expected.
pub(super) fn difference(found: &[Motion], expected: &[Motion]) -> f64 {
    let numbers = |motion: &Motion| {
        let Motion { position, rotation, velocity, angular } = *motion;
        [&position.0[..], &rotation.0, &velocity.0, &angular.0].concat()
    };
    let pairs = found.iter().zip(expected).flat_map(|(a, b)| numbers(a).into_iter().zip(numbers(b)));
    pairs.map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max)
}

#[test]
fn every_instruction_set_has_the_same_bits() {
    for model in all_models() {
        let run = |isa: Isa| {
            let engine = Engine::new(isa, &model);
            let mut state = state(&model, COPIES, |copy| copy as u64);
            for step in 0..12 {
                engine.step(&mut state, &actions(&model, COPIES, step, |copy| copy as u64));
            }
            let mut sensed = state.clone();
            engine.sense(&mut sensed);
            [bits(state.blocks()), bits(sensed.blocks())]
        };
        let expected = run(Isa::PORTABLE);
        for isa in Isa::available() {
            assert!(run(isa) == expected, "{}: {isa} differs", model.description().name);
        }
    }
}

#[test]
fn a_copy_does_not_notice_its_neighbours() {
    for model in all_models() {
        let engine = Engine::new(Isa::detected(), &model);
        let run = |copies: usize, name: &dyn Fn(usize) -> u64, broken: Option<usize>| {
            let mut state = state(&model, copies, name);
            if let Some(copy) = broken {
                let mut world = state.world(copy);
                world.iter_mut().for_each(|body| body.velocity = Vector([f64::NAN; 3]));
                state.set(copy, &world);
            }
            for step in 0..20 {
                engine.step(&mut state, &actions(&model, copies, step, name));
            }
            state
        };
        let together = run(COPIES, &|copy| copy as u64, None);
        let broken = run(COPIES, &|copy| copy as u64, Some(3));
        for copy in [0, 2, 4, LANES + 4] {
            let expected = bits(&together.snapshot(copy));
            let alone = run(1, &|_| copy as u64, None);
            assert!(bits(&alone.snapshot(0)) == expected, "{}: copy {copy}", model.description().name);
            assert!(bits(&broken.snapshot(copy)) == expected, "{}: copy {copy}", model.description().name);
        }
        assert!(broken.snapshot(3).iter().any(|number| number.is_nan()));
    }
}

#[test]
fn a_world_in_its_plane_has_the_bits_that_it_has_in_space() {
    for name in ["halfcheetah", "hopper", "walker2d"] {
        let model = models::named(name).expect("it is listed");
        let engine = Engine::new(Isa::detected(), &model);
        assert!(engine.plan.is_planar, "{name}");
        let run = |beside: f64| {
            let mut state = state(&model, LANES, |copy| copy as u64);
            // one copy leans out of the plane, and the whole block is stepped in space
            let mut leaning = state.world(LANES - 1);
            leaning[0].velocity.0[1] = beside;
            state.set(LANES - 1, &leaning);
            let mut world = World::new(&engine.plan);
            let load = Load { world: &mut world, engine: &engine, block: state.blocks() };
            assert_eq!(Isa::PORTABLE.run(load), beside == 0.0, "{name}");
            for step in 0..40 {
                engine.step(&mut state, &actions(&model, LANES, step, |copy| copy as u64));
            }
            (0..LANES - 1).map(|copy| bits(&state.snapshot(copy))).collect::<Vec<_>>()
        };
        assert!(run(0.0) == run(1e-3), "{name}");
    }
}

/// Loads a block, and says whether it is flat.
struct Load<'a> {
    world: &'a mut World,
    engine: &'a Engine,
    block: &'a [f32],
}

impl Kernel for Load<'_> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        self.world.load(simd, &self.engine.plan, self.engine.layout, self.block);
        self.world.is_flat(simd)
    }
}

#[test]
fn a_snapshot_of_any_step_goes_on_as_the_copy_did() {
    const STEPS: u64 = 24;
    // each in a copy of its own, all of the same copy
    const TAKEN: [u64; 14] = [0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 22, 23];
    for model in all_models() {
        let engine = Engine::new(Isa::detected(), &model);
        let mut one = state(&model, COPIES, |copy| copy as u64);
        let mut other = State::new(&model, TAKEN.len());
        for step in 0..STEPS {
            if let Some(copy) = TAKEN.iter().position(|&taken| taken == step) {
                other.restore(copy, &one.snapshot(7));
            }
            engine.step(&mut one, &actions(&model, COPIES, step, |copy| copy as u64));
            engine.step(&mut other, &actions(&model, TAKEN.len(), step, |_| 7));
        }
        for (copy, taken) in TAKEN.iter().enumerate() {
            let is_same = bits(&one.snapshot(7)) == bits(&other.snapshot(copy));
            assert!(is_same, "{}: taken before step {taken}", model.description().name);
        }
    }
}

#[test]
fn blocks_can_be_stepped_apart_and_so_many_at_once() {
    const BLOCKS: usize = 6;
    let copies = (BLOCKS - 1) * LANES + 5;
    for model in all_models() {
        let engine = Engine::new(Isa::detected(), &model);
        let run = |together: usize| {
            let mut state = state(&model, copies, |copy| copy as u64);
            let block = state.layout().block();
            for step in 0..20 {
                let inputs = actions(&model, copies, step, |copy| copy as u64);
                let inputs = inputs.chunks(together * engine.actions_len());
                for (blocks, inputs) in state.blocks_mut().chunks_mut(together * block).zip(inputs) {
                    engine.step_blocks(blocks, inputs);
                }
            }
            bits(state.blocks())
        };
        let expected = run(BLOCKS);
        for together in 1..BLOCKS {
            assert!(run(together) == expected, "{}: {together} blocks at once", model.description().name);
        }
    }
}

/// The most by which rounding to single precision changes a step of these worlds. A spring of stiffness k sees positions
/// rounded by 2^-24 of a size of about 2, so that in a sub-step of h it changes a velocity by up to h k 2^-23 / m (and an
/// angular velocity likewise), which it takes back in the next; contacts hand that on. Twice that, for each of the up to
/// three springs of a body in each of the two or three sub-steps that a stiff spring remembers, and at least sixteen
/// roundings.
pub(super) fn rounding(model: &Model) -> f64 {
    let description = model.description();
    let quickest = description.joints.iter().map(|joint| {
        let of = |body: usize| {
            let body = &description.bodies[body];
            (1.0 / body.mass).max(body.inverse_inertia.0[1])
        };
        joint.stiffness * of(joint.parent).max(of(joint.child))
    });
    let unit = f64::from(f32::EPSILON);
    16.0 * unit + 20.0 * unit * model.sub_step() * quickest.fold(0.0, f64::max)
}

#[test]
fn steps_are_those_of_the_twin_but_for_rounding() {
    for model in all_models() {
        let name = &model.description().name;
        let engine = Engine::new(Isa::detected(), &model);
        let mut state = state(&model, COPIES, |copy| copy as u64);
        let (mut worst, mut apart) = (0.0f64, 0);
        let largest = |changes: &[naive::Change]| {
            let numbers = changes.iter().flat_map(|change| [change.velocity.0, change.angular.0].concat());
            numbers.fold(0.0, |largest: f64, number| largest.max(number.abs()))
        };
        for step in 0..20 {
            let before: Vec<Vec<Motion>> = (0..COPIES).map(|copy| state.world(copy)).collect();
            engine.step(&mut state, &actions(&model, COPIES, step, |copy| copy as u64));
            for (copy, mut world) in before.into_iter().enumerate() {
                let inputs = (0..model.actions()).map(|at| action(&model, copy as u64, step, at).into());
                let pushes = naive::step(&model, &mut world, &inputs.collect::<Vec<f64>>());
                let error = difference(&state.world(copy), &world);
                worst = worst.max(error);
                apart += usize::from(error > rounding(&model));
                // a contact that is there in one of the two worlds alone pushes no more than all contacts do in the step
                let touch = largest(&pushes).max(largest(&state.contacts(copy)));
                assert!(
                    error <= rounding(&model) + touch,
                    "{name}: step {step} of copy {copy} is off by {error:.1e}, and contacts push by {touch:.1e}"
                );
            }
        }
        // a contact that is just begun or just over may differ in one sub-step, and then the whole step does
        assert!(
            apart * 20 <= 20 * COPIES,
            "{name}: {apart} steps are off, by {worst:.1e}; {:.1e}",
            rounding(&model)
        );
    }
}

#[test]
fn what_is_sensed_is_what_the_twin_reads() {
    for model in all_models() {
        let name = &model.description().name;
        let engine = Engine::new(Isa::detected(), &model);
        let mut state = state(&model, COPIES, |copy| copy as u64);
        let before = state.clone();
        engine.sense(&mut state);
        let layout = state.layout();
        for copy in 0..COPIES {
            let world = state.world(copy);
            assert_eq!(world, before.world(copy), "{name}: sensing moves nothing");
            let (angles, velocities) = naive::readings(&model, &world);
            for (axis, (angle, velocity)) in angles.into_iter().zip(velocities).enumerate() {
                // products of three rounded numbers, summed, and an arc tangent of them
                let bound = 32.0 * f64::from(f32::EPSILON);
                let error = f64::from(state.number(copy, layout.angle(axis))) - angle;
                assert!(error.abs() <= bound * 4.0, "{name}: angle {axis} of copy {copy} by {error:.1e}");
                let error = f64::from(state.number(copy, layout.angle_velocity(axis))) - velocity;
                assert!(error.abs() <= bound * 4.0, "{name}: velocity {axis} of copy {copy} by {error:.1e}");
            }
        }
    }
}
