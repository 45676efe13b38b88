//! What a network sees: written row by row, and named by the same code.

use numerics::LANES;

use physics::Model;
use physics::description::Joint;

use super::lanes::{Lanes, Three};

/// Where observations go, one after the other: rows of a block, or a list of their names.
pub(super) enum Sight<'a> {
    Rows(std::slice::ChunksExactMut<'a, f32>),
    Names(&'a mut Vec<String>),
}

/// The axes of the world.
const AXES: [&str; 3] = ["x", "y", "z"];

impl<'a> Sight<'a> {
    pub(super) fn rows(observation: &'a mut [f32]) -> Sight<'a> {
        Sight::Rows(observation.chunks_exact_mut(LANES))
    }

    /// One number; its name is made only where names are wanted.
    #[inline]
    pub(super) fn put(&mut self, name: impl Fn() -> String, value: Lanes) {
        match self {
            Sight::Rows(rows) => rows.next().expect("a row for each observation").copy_from_slice(&value.0),
            Sight::Names(names) => names.push(name()),
        }
    }

    pub(super) fn one(&mut self, name: &str, value: Lanes) {
        self.put(|| name.to_owned(), value);
    }

    pub(super) fn three(&mut self, name: &str, values: Three) {
        for (axis, value) in AXES.iter().zip(values) {
            self.put(|| format!("{name}, {axis}"), value);
        }
    }

    pub(super) fn rotation(&mut self, name: &str, values: [Lanes; 4]) {
        for (part, value) in ["w", "x", "y", "z"].iter().zip(values) {
            self.put(|| format!("{name}, {part}"), value);
        }
    }

    /// A number of each axis of the joints, by kind.
    pub(super) fn axes(&mut self, name: &str, model: &Model, values: impl Iterator<Item = Lanes>) {
        let joints = &model.description().joints;
        let axes = model.joints_by_kind().iter().flat_map(|&joint| {
            let joint = &joints[joint];
            (0..joint.limits.len()).map(move |axis| (joint, axis))
        });
        for ((joint, axis), value) in axes.zip(values) {
            self.put(|| format!("{name} {}", axis_name(joint, axis)), value);
        }
    }

    /// The components of a vector of each body.
    // PERF: a vector of sixteen copies is moved by a call, a component by the registers that hold it
    pub(super) fn components(&mut self, name: &str, model: &Model, values: impl Iterator<Item = Lanes>) {
        for (index, value) in values.enumerate() {
            self.put(|| format!("{name} {}, {}", body_name(model, index / 3), AXES[index % 3]), value);
        }
    }

    /// A number of each body.
    pub(super) fn list(&mut self, name: &str, model: &Model, values: impl Iterator<Item = Lanes>) {
        for (body, value) in values.enumerate() {
            self.put(|| format!("{name} {}", body_name(model, body)), value);
        }
    }

    /// A vector of each body.
    pub(super) fn vectors(&mut self, name: &str, model: &Model, values: impl Iterator<Item = Three>) {
        for (body, vector) in values.enumerate() {
            for (axis, value) in AXES.iter().zip(vector) {
                self.put(|| format!("{name} {}, {axis}", body_name(model, body)), value);
            }
        }
    }
}

/// What a body is called.
pub(super) fn body_name(model: &Model, body: usize) -> &str {
    model.description().bodies[body].name.trim_start_matches("$ ")
}

/// What an axis of a joint is called: by the joint alone where it has no other.
pub(super) fn axis_name(joint: &Joint, axis: usize) -> String {
    let name = joint_name(&joint.name);
    if joint.limits.len() > 1 { format!("{name}, axis {axis}") } else { name }
}

/// What a joint is called. Those of the ant have the names of two bodies that mostly have none.
fn joint_name(name: &str) -> String {
    if let Some(leg) = name.strip_prefix("$ Torso_Aux ") {
        return format!("hip {leg}");
    }
    if let Some((leg, _)) = name.strip_prefix("Aux ").and_then(|rest| rest.split_once("_$ Body")) {
        return format!("ankle {leg}");
    }
    name.trim_end_matches("_joint").to_owned()
}
