//! Every sub-step of the first steps of a run, stage by stage: the twin free from the start, the engine from each recorded
//! state.

use numerics::Isa;
use physics::naive::{self, Motion};
use physics::vector::Vector;
use physics::{Engine, Model, State};
use tasks::control::naive::prepare;

use crate::records::{Records, Rows, error, recorded, world_of};
use crate::stages::{LIMIT, free, one_sub_step, pushes, rotations, stepped, vectors};
use crate::steps::moved_by_the_task;

/// The parts of each sub-step as they are recorded.
const PARTS: [&str; 11] = [
    "kin_pos", "kin_rot", "dj_vel", "dj_ang", "da_ang", "acc_vel", "acc_ang", "dc_vel", "dc_ang", "end_vel",
    "end_ang",
];

/// A world of parts: places after a sub-step has moved bodies, and velocities at its end.
fn world_at(parts: &[Rows<'_>; 4], at: usize) -> Vec<Motion> {
    world_of(parts.map(|part| part.row(at)))
}

/// Puts what the task moves after a step where it is recorded.
fn place_target(model: &Model, runs: &Records, step: usize, world: &mut [Motion]) {
    if let Some(body) = moved_by_the_task(&model.description().name) {
        world[body] = runs.world("rand0_", Some(step))[body];
    }
}

/// All parts of the first steps of a run, sub-step by sub-step.
fn sub_steps(model: &Model, runs: &Records, steps: usize) -> Vec<Vec<f64>> {
    let actions = runs.rows("rand0_actions");
    let mut world = runs.world("rand0_init_", None);
    let mut all = vec![Vec::new(); PARTS.len()];
    let flat = |changes: &[naive::Change], of: fn(&naive::Change) -> Vector| -> Vec<f64> {
        changes.iter().flat_map(|change| of(change).0).collect()
    };
    let of_world = |world: &[Motion], of: fn(&Motion) -> Vector| -> Vec<f64> {
        world.iter().flat_map(|motion| of(motion).0).collect()
    };
    for step in 0..steps {
        let inputs = prepare(&model.description().name, &mut world, actions.row(step));
        for _ in 0..model.description().substeps {
            naive::kinematics(model, &mut world);
            let springs = naive::joints(model, &world);
            let motors = naive::actuators(model, &world, &inputs);
            let mut found = vec![
                of_world(&world, |motion| motion.position),
                world.iter().flat_map(|motion| motion.rotation.0).collect(),
                flat(&springs, |change| change.velocity),
                flat(&springs, |change| change.angular),
                flat(&motors, |change| change.angular),
            ];
            naive::velocities(model, &mut world, &naive::sum(springs, &motors));
            found.extend([of_world(&world, |it| it.velocity), of_world(&world, |it| it.angular)]);
            let contacts = naive::contacts(model, &world);
            naive::push(model, &mut world, &contacts);
            found.extend([flat(&contacts, |it| it.velocity), flat(&contacts, |it| it.angular)]);
            found.extend([of_world(&world, |it| it.velocity), of_world(&world, |it| it.angular)]);
            all.iter_mut().zip(found).for_each(|(all, found)| all.extend(found));
        }
        place_target(model, runs, step, &mut world);
    }
    all
}

#[test]
fn sub_steps_of_the_twin_are_those_of_the_reference() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let expected = Records::read(&folder.join("components_f64.npz"));
        let runs = Records::read(&folder.join("traj.npz"));
        let found = sub_steps(&model, &runs, expected.rows("substep_kin_pos").len());
        for (part, found) in PARTS.iter().zip(found) {
            let error = error(&found, expected.all(&format!("substep_{part}")));
            assert!(error <= 1e-10, "{name}: {part} is off by {error:.1e}");
        }
    }
}

/// How much velocity the rounding of a place gives in a sub-step: half a unit of a place before it is moved, and half of one
/// after, at both ends of the stiffest spring.
fn spring_rounding(model: &Model, worlds: &[Vec<Motion>]) -> f64 {
    let description = model.description();
    let far = worlds.iter().flatten().map(|motion| motion.position.norm()).fold(0.0, f64::max);
    let quickest = description.joints.iter().flat_map(|joint| {
        [(joint.parent, joint.parent_anchor), (joint.child, joint.child_anchor)].map(|(body, anchor)| {
            let body = &description.bodies[body];
            joint.stiffness * (1.0 / body.mass).max(body.inverse_inertia.0[1] * anchor.norm())
        })
    });
    2.0 * f64::from(f32::EPSILON) * far * model.sub_step() * quickest.fold(0.0, f64::max)
}

#[test]
fn sub_steps_of_the_engine_are_those_of_the_reference() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let expected = Records::read(&folder.join("components_f64.npz"));
        let runs = Records::read(&folder.join("traj.npz"));
        let substeps = model.description().substeps as usize;
        let part = |part: &str| expected.rows(&format!("substep_{part}")).split(substeps);
        let ends = ["kin_pos", "kin_rot", "end_vel", "end_ang"].map(part);
        let actions = runs.rows("rand0_actions");
        let (mut worlds, mut inputs) = (Vec::new(), Vec::new());
        for at in 0..ends[0].len() {
            let (step, is_first) = (at / substeps, at % substeps == 0);
            let mut world = if at == 0 { runs.world("rand0_init_", None) } else { world_at(&ends, at - 1) };
            if is_first && step > 0 {
                place_target(&model, &runs, step - 1, &mut world);
            }
            // a hand moves before the first sub-step alone
            let mut moved = world.clone();
            inputs.push(prepare(name, &mut moved, actions.row(step)));
            worlds.push(if is_first { moved } else { world });
        }
        let state = stepped(one_sub_step(&model), &worlds, &inputs);
        let [pushed, twisted] = pushes(&state);
        let (velocities, angulars) = (vectors(&state, |it| it.velocity), vectors(&state, |it| it.angular));
        let [moves, turns] = free(&model);
        let less = |ends: &[f64], pushes: &[f64], free: &[bool]| -> Vec<f64> {
            let pairs = ends.iter().zip(pushes).zip(free.iter().cycle());
            pairs.map(|((end, push), free)| end - if *free { *push } else { 0.0 }).collect()
        };
        for (part, found) in [
            ("kin_pos", vectors(&state, |it| it.position)),
            ("kin_rot", rotations(&state)),
            ("acc_vel", less(&velocities, &pushed, &moves)),
            ("acc_ang", less(&angulars, &twisted, &turns)),
            ("end_vel", velocities),
            ("end_ang", angulars),
        ] {
            let theirs = expected.all(&format!("substep_{part}"));
            let largest = theirs.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()));
            let off = error(&found, theirs) * largest;
            // what contacts do follows from velocities that springs have changed: it is compared at given ones, below
            let allowed = LIMIT * largest
                + if part.starts_with("kin") { 0.0 } else { spring_rounding(&model, &worlds) };
            assert!(off <= allowed, "{name}: {part} is off by {off:.1e}, and its largest is {largest:.1e}");
        }
    }
}

#[test]
fn contacts_of_sub_steps_are_those_of_the_reference_at_the_same_velocities() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let expected = Records::read(&folder.join("components_f64.npz"));
        let substeps = model.description().substeps as usize;
        let part = |part: &str| expected.rows(&format!("substep_{part}")).split(substeps);
        // contacts push last: bodies are where they have moved to, and as fast as springs have made them
        let before = ["kin_pos", "kin_rot", "acc_vel", "acc_ang"].map(part);
        let copies = before[0].len();
        let mut state = State::new(&model, copies);
        (0..copies).for_each(|copy| state.set(copy, &world_at(&before, copy)));
        Engine::new(Isa::detected(), &model).sense(&mut state);
        // a penetration is the difference of a height and that of a point of the body, each rounded by half a unit; what is
        // left of that in single precision is taken back as a velocity, which counts where contacts hardly push
        let heights = (0..copies).flat_map(|copy| state.world(copy)).map(|motion| motion.position.0[2].abs());
        let taken = model.recovery_rate() * f64::from(f32::EPSILON) * heights.fold(0.0, f64::max);
        let largest = ["dc_vel", "dc_ang"].map(|part| {
            let theirs = expected.all(&format!("substep_{part}"));
            theirs.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()))
        });
        for ((part, found), size) in ["dc_vel", "dc_ang"].into_iter().zip(pushes(&state)).zip(largest) {
            let off = error(&found, expected.all(&format!("substep_{part}"))) * size;
            // turning is as much larger as pushes make it
            let allowed = LIMIT * size + if size > 0.0 { taken * size / largest[0] } else { 0.0 };
            assert!(
                off <= allowed,
                "{name}: {part} is off by {off:.1e} of {size:.1e}, at most {allowed:.1e}"
            );
        }
    }
}
