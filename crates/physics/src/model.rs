//! A description that was checked, and what follows from it.
//!
//! Joints are known by two orders: that of the description, in which starts of episodes are drawn and which a [`Model`]
//! uses for everything, and the order *by kind* (hinges, universal joints, balls; each in the order of the description),
//! in which observations are made: [`Model::joints_by_kind`].

mod error;
mod shape;

pub use error::ModelError;
pub(crate) use shape::lowest;
pub use shape::{Segment, Touch};

use crate::description::{Body, Description, Form};
use crate::vector::{Vector, exp};

/// Most parts of a step.
const MOST_SUBSTEPS: u32 = 1000;
/// Most entries of each list: more is a damaged file.
const MOST_ENTRIES: usize = 1000;

/// A world that can be stepped: never changes in an episode.
#[derive(Clone, Debug)]
pub struct Model {
    description: Description,
    /// For each joint.
    axes: Vec<[Vector; 3]>,
    actuator_of: Vec<Option<usize>>,
    first_axis: Vec<usize>,
    by_kind: Vec<usize>,
    visits: Vec<usize>,
    trees: Vec<Vec<usize>>,
    contact_groups: Vec<ContactGroup>,
    actions: usize,
    axis_count: usize,
}

/// Contacts whose impulses on a body are averaged: those of one kind of pair.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactGroup {
    /// The second bodies stand still, and are left out.
    pub one_way: bool,
    /// What can touch what.
    pub pairs: Vec<Pair>,
}

/// Two shapes that push each other apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The first body, which moves.
    pub first: usize,
    /// The second body.
    pub second: usize,
    /// Friction of both together.
    pub friction: f64,
    /// Elasticity of both together.
    pub elasticity: f64,
    /// Where they can touch.
    pub touch: Touch,
}

impl Model {
    /// Checks a description.
    pub fn new(description: Description) -> Result<Model, ModelError> {
        check_counts(&description)?;
        check_numbers(&description)?;
        check_bodies(&description.bodies)?;
        let actuator_of = check_joints(&description)?;
        let visits = check_tree(&description)?;
        let contact_groups = contact_groups(&description)?;
        check_masses(&description, &contact_groups)?;
        let actions = check_actions(&description)?;

        let joints = &description.joints;
        let axes = joints.iter().map(|joint| [0, 1, 2].map(|axis| joint.rotation.rotate(Vector::unit(axis))));
        let axes = axes.collect();
        let mut by_kind: Vec<usize> = (0..joints.len()).collect();
        by_kind.sort_by_key(|&joint| joints[joint].limits.len());
        let mut axis_count = 0;
        let mut first_axis = Vec::with_capacity(joints.len());
        for joint in joints {
            first_axis.push(axis_count);
            axis_count += joint.limits.len();
        }
        let trees = trees(&description, &visits);
        Ok(Model {
            axes,
            actuator_of,
            first_axis,
            by_kind,
            visits,
            trees,
            contact_groups,
            actions,
            axis_count,
            description,
        })
    }

    /// Reads and checks a description in JSON.
    pub fn from_json(text: &str) -> Result<Model, ModelError> {
        Model::new(Description::from_json(text)?)
    }

    /// What it is made of.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// How many actions drive it.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// How many angles its joints have together.
    pub fn axis_count(&self) -> usize {
        self.axis_count
    }

    /// Where the angles of a joint begin in a list of all angles in the order of the description.
    pub fn first_axis(&self, joint: usize) -> usize {
        self.first_axis[joint]
    }

    /// Joints ordered by how many axes they have.
    pub fn joints_by_kind(&self) -> &[usize] {
        &self.by_kind
    }

    /// The three axes of a joint, in the frames of its bodies.
    pub fn axes(&self, joint: usize) -> [Vector; 3] {
        self.axes[joint]
    }

    /// The actuator of a joint.
    pub fn actuator_of(&self, joint: usize) -> Option<usize> {
        self.actuator_of[joint]
    }

    /// Contacts, by kind.
    pub fn contact_groups(&self) -> &[ContactGroup] {
        &self.contact_groups
    }

    /// Joints in an order in which parents come before their children.
    pub fn visits(&self) -> &[usize] {
        &self.visits
    }

    /// Bodies that hang together, for each that is put on the ground.
    pub fn trees(&self) -> &[Vec<usize>] {
        &self.trees
    }

    /// Whether a body neither moves nor turns.
    pub fn is_fixed(&self, body: usize) -> bool {
        is_fixed(&self.description.bodies[body])
    }

    /// Duration of a sub-step.
    pub fn sub_step(&self) -> f64 {
        self.description.time_step / f64::from(self.description.substeps)
    }

    /// Velocity with which a contact takes back a penetration, for each unit of it.
    pub fn recovery_rate(&self) -> f64 {
        self.description.penetration_recovery * f64::from(self.description.substeps)
            / self.description.time_step
    }

    /// What velocities are multiplied by in a sub-step.
    pub fn velocity_factor(&self) -> f64 {
        exp(self.description.velocity_damping * self.sub_step())
    }

    /// What angular velocities are multiplied by in a sub-step.
    pub fn angular_factor(&self) -> f64 {
        exp(self.description.angular_damping * self.sub_step())
    }

    /// Angles at the start of an episode, in the order of the description.
    pub fn rest(&self) -> Vec<f64> {
        self.description.joints.iter().flat_map(|joint| joint.rest.iter().copied()).collect()
    }
}

fn is_fixed(body: &Body) -> bool {
    body.moves == [0; 3] && body.turns == [0; 3]
}

/// Whether a number is what it must be.
fn check(
    place: impl Fn() -> String,
    found: f64,
    is_good: bool,
    expected: &'static str,
) -> Result<(), ModelError> {
    if found.is_finite() && is_good {
        Ok(())
    } else {
        Err(ModelError::Number { place: place(), found, expected })
    }
}

fn check_all(place: impl Fn() -> String, numbers: &[f64]) -> Result<(), ModelError> {
    numbers.iter().try_for_each(|&number| check(&place, number, true, "finite"))
}

fn check_index(
    place: impl Fn() -> String,
    found: usize,
    count: usize,
    list: &'static str,
) -> Result<(), ModelError> {
    if found < count { Ok(()) } else { Err(ModelError::Index { place: place(), found, count, list }) }
}

fn check_counts(description: &Description) -> Result<(), ModelError> {
    let counts = [
        ("bodies", description.bodies.len()),
        ("joints", description.joints.len()),
        ("actuators", description.actuators.len()),
        ("shapes", description.shapes.len()),
        ("contacts", description.contacts.len()),
    ];
    let too_many = counts.into_iter().find(|&(_, found)| found > MOST_ENTRIES);
    too_many.map_or(Ok(()), |(list, found)| Err(ModelError::TooMany { list, found, most: MOST_ENTRIES }))
}

/// Numbers that belong to the whole world, to joints, actuators and shapes.
fn check_numbers(description: &Description) -> Result<(), ModelError> {
    let Description { time_step, substeps, .. } = *description;
    check(|| "time_step".into(), time_step, time_step > 0.0, "positive")?;
    if substeps == 0 || substeps > MOST_SUBSTEPS {
        let expected = "a whole number from 1 to 1000";
        return Err(ModelError::Number { place: "substeps".into(), found: substeps.into(), expected });
    }
    check_all(|| "gravity".into(), &description.gravity.0)?;
    check_all(|| "velocity_damping".into(), &[description.velocity_damping])?;
    check_all(|| "angular_damping".into(), &[description.angular_damping])?;
    let recovery = description.penetration_recovery;
    check(|| "penetration_recovery".into(), recovery, recovery >= 0.0, "at least 0")?;
    for joint in &description.joints {
        let place = |what: &'static str| move || format!("{what} of joint `{}`", joint.name);
        check_all(place("parent_anchor"), &joint.parent_anchor.0)?;
        check_all(place("child_anchor"), &joint.child_anchor.0)?;
        check_unit(place("rotation"), joint.rotation.0)?;
        check_all(place("rest"), &joint.rest)?;
        for [low, high] in &joint.limits {
            check(place("a lower limit"), *low, low <= high, "at most the higher")?;
            check(place("a higher limit"), *high, true, "finite")?;
        }
        for (what, number) in [
            ("stiffness", joint.stiffness),
            ("damping", joint.damping),
            ("limit_strength", joint.limit_strength),
            ("angular_damping", joint.angular_damping),
        ] {
            check(place(what), number, number >= 0.0, "at least 0")?;
        }
    }
    for (index, actuator) in description.actuators.iter().enumerate() {
        check_all(|| format!("strength of actuator {index}"), &[actuator.strength])?;
    }
    for (index, shape) in description.shapes.iter().enumerate() {
        check_form(index, &shape.form)?;
        check_index(|| format!("the body of shape {index}"), shape.body, description.bodies.len(), "bodies")?;
        check(|| format!("friction of shape {index}"), shape.friction, shape.friction >= 0.0, "at least 0")?;
        let elasticity = shape.elasticity;
        check(|| format!("elasticity of shape {index}"), elasticity, elasticity >= 0.0, "at least 0")?;
    }
    Ok(())
}

fn check_unit(place: impl Fn() -> String, rotation: [f64; 4]) -> Result<(), ModelError> {
    check_all(&place, &rotation)?;
    let square: f64 = rotation.iter().map(|component| component * component).sum();
    // written with seven digits, a rotation is as good as this
    check(|| format!("the length of {}", place()), square.sqrt(), (square - 1.0).abs() < 1e-6, "1")
}

fn check_form(index: usize, form: &Form) -> Result<(), ModelError> {
    let place = |what: &'static str| move || format!("{what} of shape {index}");
    match form {
        Form::Plane {} => Ok(()),
        Form::Sphere { center, radius } => {
            check_all(place("center"), &center.0)?;
            check(place("radius"), *radius, *radius >= 0.0, "at least 0")
        }
        Form::Capsule { center, half, radius, .. } => {
            check_all(place("center"), &center.0)?;
            check_all(place("half"), &half.0)?;
            check(place("radius"), *radius, *radius >= 0.0, "at least 0")
        }
        Form::Box { center, half, rotation } => {
            check_all(place("center"), &center.0)?;
            check_all(place("half"), &half.0)?;
            check_unit(place("rotation"), rotation.0)
        }
    }
}

fn check_bodies(bodies: &[Body]) -> Result<(), ModelError> {
    for body in bodies {
        let place = |what: &'static str| move || format!("{what} of body `{}`", body.name);
        check(place("mass"), body.mass, body.mass >= 0.0, "at least 0")?;
        for inverse in body.inverse_inertia.0 {
            check(place("inverse_inertia"), inverse, inverse >= 0.0, "at least 0")?;
        }
        for (what, mask) in [("moves", body.moves), ("turns", body.turns)] {
            if mask.iter().any(|&flag| flag > 1) {
                return Err(ModelError::Mask { place: place(what)() });
            }
        }
        check_all(place("start"), &body.start.unwrap_or_default().0)?;
    }
    Ok(())
}

/// The actuator of each joint.
fn check_joints(description: &Description) -> Result<Vec<Option<usize>>, ModelError> {
    let bodies = description.bodies.len();
    for joint in &description.joints {
        check_index(|| format!("the parent of joint `{}`", joint.name), joint.parent, bodies, "bodies")?;
        check_index(|| format!("the child of joint `{}`", joint.name), joint.child, bodies, "bodies")?;
        if joint.parent == joint.child {
            return Err(ModelError::SameBody { place: format!("joint `{}`", joint.name) });
        }
        let (limits, rest) = (joint.limits.len(), joint.rest.len());
        if limits != rest || !(1..=3).contains(&limits) {
            return Err(ModelError::Axes { joint: joint.name.clone(), limits, rest });
        }
    }
    let mut actuator_of = vec![None; description.joints.len()];
    for (index, actuator) in description.actuators.iter().enumerate() {
        let joints = description.joints.len();
        check_index(|| format!("the joint of actuator {index}"), actuator.joint, joints, "joints")?;
        let joint = &description.joints[actuator.joint];
        let (found, expected) = (actuator.actions.len(), joint.limits.len());
        if found != expected {
            return Err(ModelError::Actions { actuator: index, found, expected });
        }
        if actuator_of[actuator.joint].replace(index).is_some() {
            return Err(ModelError::TwoActuators { joint: joint.name.clone() });
        }
    }
    Ok(actuator_of)
}

/// Joints from the roots down: first those whose parent hangs on nothing, then those below, and so on.
fn check_tree(description: &Description) -> Result<Vec<usize>, ModelError> {
    let mut joint_above = vec![None; description.bodies.len()];
    for (index, joint) in description.joints.iter().enumerate() {
        if joint_above[joint.child].replace(index).is_some() {
            return Err(ModelError::TwoParents { body: description.bodies[joint.child].name.clone() });
        }
    }
    let mut depths = Vec::with_capacity(description.joints.len());
    for joint in &description.joints {
        let (mut depth, mut body) = (0, joint.parent);
        while let Some(above) = joint_above[body] {
            body = description.joints[above].parent;
            depth += 1;
            if depth > description.joints.len() {
                return Err(ModelError::Circle { body: description.bodies[joint.child].name.clone() });
            }
        }
        depths.push(depth);
    }
    let mut visits: Vec<usize> = (0..description.joints.len()).collect();
    visits.sort_by_key(|&joint| depths[joint]);
    Ok(visits)
}

/// Bodies that hang together, without the trees whose root has a start of its own.
fn trees(description: &Description, visits: &[usize]) -> Vec<Vec<usize>> {
    let mut roots: Vec<usize> = (0..description.bodies.len()).collect();
    for &joint in visits {
        let joint = &description.joints[joint];
        roots[joint.child] = roots[joint.parent];
    }
    let is_lifted = |&root: &usize| roots[root] == root && description.bodies[root].start.is_none();
    let members = |root| (0..roots.len()).filter(|&body| roots[body] == root).collect();
    (0..roots.len()).filter(is_lifted).map(members).collect()
}

fn contact_groups(description: &Description) -> Result<Vec<ContactGroup>, ModelError> {
    let mut groups: Vec<((&str, &str, bool), ContactGroup)> = Vec::new();
    for (contact, indices) in description.contacts.iter().enumerate() {
        for &index in indices {
            let place = || format!("a shape of contact {contact}");
            check_index(place, index, description.shapes.len(), "shapes")?;
        }
        let [first, second] = indices.map(|index| &description.shapes[index]);
        if first.body == second.body {
            return Err(ModelError::SameBody { place: format!("contact {contact}") });
        }
        let (name, other) = (shape::name(&first.form), shape::name(&second.form));
        let touch = shape::touch(&first.form, &second.form);
        let touch = touch.ok_or(ModelError::Contact { contact, first: name, second: other })?;
        let bodies = [first, second].map(|shape| &description.bodies[shape.body]);
        if is_fixed(bodies[0]) {
            return Err(ModelError::ContactOfFixed { contact, body: bodies[0].name.clone() });
        }
        let one_way = is_fixed(bodies[1]);
        if matches!(second.form, Form::Plane {}) && !one_way {
            return Err(ModelError::MovingPlane { body: bodies[1].name.clone() });
        }
        let pair = Pair {
            first: first.body,
            second: second.body,
            friction: first.friction * second.friction,
            elasticity: first.elasticity * second.elasticity,
            touch,
        };
        // a sphere is a capsule of no length
        let kind = (if name == "sphere" { "capsule" } else { name }, other, one_way);
        match groups.iter_mut().find(|(found, _)| *found == kind) {
            Some((_, group)) => group.pairs.push(pair),
            None => groups.push((kind, ContactGroup { one_way, pairs: vec![pair] })),
        }
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

/// A body without mass may be in nothing that divides by it.
fn check_masses(description: &Description, groups: &[ContactGroup]) -> Result<(), ModelError> {
    let in_joints = description.joints.iter().flat_map(|joint| [joint.parent, joint.child]);
    let pairs = groups.iter().flat_map(|group| group.pairs.iter().map(|pair| (group.one_way, pair)));
    let in_contacts =
        pairs.flat_map(|(one_way, pair)| [pair.first, if one_way { pair.first } else { pair.second }]);
    let movable = (0..description.bodies.len()).filter(|&body| !is_fixed(&description.bodies[body]));
    for body in in_joints.chain(in_contacts).chain(movable) {
        let body = &description.bodies[body];
        let expected = "positive, for the body moves, or is in a joint or in a contact";
        check(|| format!("mass of body `{}`", body.name), body.mass, body.mass > 0.0, expected)?;
    }
    Ok(())
}

/// How many actions there are.
fn check_actions(description: &Description) -> Result<usize, ModelError> {
    let mut used: Vec<usize> =
        description.actuators.iter().flat_map(|actuator| actuator.actions.clone()).collect();
    used.sort_unstable();
    used.dedup();
    let actions = used.last().map_or(0, |&last| last.saturating_add(1));
    match used.iter().enumerate().find(|&(index, &action)| index != action) {
        Some((action, _)) => Err(ModelError::ActionUnused { action, actions }),
        None => Ok(actions),
    }
}

#[cfg(test)]
mod tests;
