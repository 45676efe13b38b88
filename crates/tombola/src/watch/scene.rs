//! What a state looks like: bodies made of pieces, or cells with things in them.
//!
//! Classic control is drawn as bodies too: a pole is a capsule, a cart is a box, seen from the side.

use std::f64::consts::FRAC_PI_2;

use numerics::Isa;
use physics::description::Form;
use physics::vector::{Quaternion, Vector};
use tasks::control::{self, BodyEnvironment, Environment};

use super::poses::Link;

/// Numbers of a body in a picture: three of its place, four of its rotation.
pub(super) const POSE: usize = 7;

/// What is drawn of a task.
pub(super) enum Scene {
    Bodies(Bodies),
    /// The names of the channels, of ten by ten cells.
    Cells(Vec<String>),
}

/// Bodies, their outlines, and from where they are seen.
pub(super) struct Bodies {
    pub(super) pieces: Vec<Piece>,
    /// How high the ground is, if there is one.
    pub(super) ground: Option<f64>,
    /// Whom the camera follows, and the height that it looks at.
    pub(super) follow: usize,
    pub(super) height: f64,
    /// How far the pieces reach from there.
    pub(super) extent: f64,
    /// The camera's direction: about the vertical, and above the horizon.
    pub(super) view: [f64; 2],
    /// On what each body hangs, parents first.
    pub(super) links: Vec<Link>,
    pose: Pose,
}

/// Makes place and rotation of each body from a state.
type Poses = fn(&[f32]) -> Vec<(Vector, Quaternion)>;

/// How bodies are read from a state.
enum Pose {
    /// Rows of a state: first of place and of rotation of each body.
    Rows(Vec<[usize; 2]>),
    Classic(Poses),
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A ball pulled apart along its own z, up to a capsule: radius, and half of the line.
    Capsule,
    /// Half edges.
    Box,
}

/// A part of a body, seen from it.
pub(super) struct Piece {
    pub(super) body: usize,
    pub(super) kind: Kind,
    pub(super) centre: Vector,
    pub(super) rotation: Quaternion,
    pub(super) size: Vector,
    /// Joints between it and the root; none of a target.
    pub(super) depth: Option<usize>,
}

const STILL: Quaternion = Quaternion([1.0, 0.0, 0.0, 0.0]);

/// The rotation that takes z to a direction.
fn towards(direction: Vector) -> Quaternion {
    let Vector([x, y, z]) = direction * (1.0 / direction.norm().max(1e-12));
    if z < -1.0 + 1e-9 {
        return Quaternion([0.0, 1.0, 0.0, 0.0]);
    }
    Quaternion([1.0 + z, -y, x, 0.0]).normalised()
}

impl Piece {
    fn capsule(body: usize, centre: Vector, half: Vector, radius: f64, depth: Option<usize>) -> Piece {
        let size = Vector([radius, radius, half.norm()]);
        Piece { body, kind: Kind::Capsule, centre, rotation: towards(half), size, depth }
    }

    fn cuboid(body: usize, centre: Vector, half: Vector, depth: usize) -> Piece {
        Piece { body, kind: Kind::Box, centre, rotation: STILL, size: half, depth: Some(depth) }
    }

    /// Nothing of it is farther from its centre.
    fn reach(&self) -> f64 {
        match self.kind {
            Kind::Capsule => self.size.0[0] + self.size.0[2],
            Kind::Box => self.size.norm(),
        }
    }
}

impl Scene {
    /// What a task looks like; `start` is a state of it.
    pub(super) fn new(task: &dyn Environment, start: &[f32]) -> Scene {
        if task.image().is_some() {
            // the names of cells begin with the channel's
            let names = task.observation_names();
            let channels = names.iter().step_by(100).filter_map(|name| name.split(" in row").next());
            return Scene::Cells(channels.map(str::to_owned).collect());
        }
        // bodies of other mass or in another world look the same
        let name = control::base(task.name()).expect("a control task");
        let bodies = BodyEnvironment::named(name, Isa::PORTABLE);
        Scene::Bodies(bodies.map_or_else(|| classic(name), |bodies| Bodies::new(&bodies, start)))
    }

    /// The numbers of one picture: the poses of all bodies, or for each cell its channels, a bit each.
    pub(super) fn picture(&self, state: &[f32], observation: &[f32]) -> Vec<f32> {
        match self {
            Scene::Bodies(bodies) => bodies.poses(state),
            Scene::Cells(channels) => {
                let cells = observation.len() / channels.len();
                let bit = |cell: usize, channel: usize| observation[channel * cells + cell] != 0.0;
                let held =
                    |cell| (0..channels.len()).fold(0, |bits, at| bits | u32::from(bit(cell, at)) << at);
                (0..cells).map(|cell| held(cell) as f32).collect()
            }
        }
    }
}

impl Bodies {
    fn new(task: &BodyEnvironment, start: &[f32]) -> Bodies {
        let (description, layout) = (task.model().description(), task.layout());
        let bodies = &description.bodies;
        let mut depths = vec![0; bodies.len()];
        // joints may be listed in any order: as often as there are joints is often enough
        for joint in description.joints.iter().flat_map(|_| &description.joints) {
            depths[joint.child] = depths[joint.parent] + 1;
        }
        let moving = bodies.iter().position(|body| body.moves != [0; 3]).unwrap_or(0);
        // the root on which the first joint hangs in the end: a torso, a palm, a floor
        let mut follow = description.joints.first().map_or(moving, |joint| joint.parent);
        while let Some(joint) = description.joints.iter().find(|joint| joint.child == follow) {
            follow = joint.parent;
        }
        let (mut pieces, mut ground) = (Vec::new(), None);
        let place = |body: usize| Vector([0, 1, 2].map(|axis| start[layout.position(body) + axis].into()));
        for shape in &description.shapes {
            let body = shape.body;
            let is_target = bodies[body].name.eq_ignore_ascii_case("target");
            let depth = (!is_target).then_some(depths[body]);
            match shape.form {
                Form::Plane {} => ground = Some(place(body).0[2]),
                Form::Sphere { center, radius } => {
                    pieces.push(Piece::capsule(body, center, Vector([0.0; 3]), radius, depth));
                }
                Form::Capsule { center, half, radius, .. } => {
                    pieces.push(Piece::capsule(body, center, half, radius, depth));
                }
                Form::Box { center, half, rotation } => {
                    pieces.push(Piece { body, kind: Kind::Box, centre: center, rotation, size: half, depth });
                }
            }
        }
        let reach = |piece: &Piece| (place(piece.body) - place(follow)).norm() + piece.reach();
        let own = pieces.iter().filter(|piece| piece.depth.is_some());
        let extent = own.map(reach).fold(0.05, f64::max);
        let view = match bodies[moving].moves {
            [_, 0, _] => [-FRAC_PI_2, 0.16],
            [_, _, 0] => [-FRAC_PI_2, 1.0],
            _ => [-1.0, 0.34],
        };
        let rows = (0..bodies.len()).map(|body| [layout.position(body), layout.rotation(body)]).collect();
        let heights = pieces.iter().filter(|piece| piece.depth.is_some()).map(|piece| place(piece.body).0[2]);
        let height = heights.sum::<f64>() / pieces.len().max(1) as f64;
        let pose = Pose::Rows(rows);
        let links = Link::of(description);
        Bodies { pieces, ground, follow, height, extent, view, links, pose }
    }

    fn poses(&self, state: &[f32]) -> Vec<f32> {
        match &self.pose {
            Pose::Rows(rows) => {
                let pose =
                    |&[place, turn]: &[usize; 2]| [&state[place..place + 3], &state[turn..turn + 4]].concat();
                rows.iter().flat_map(pose).collect()
            }
            Pose::Classic(poses) => {
                let numbers = |(Vector(place), Quaternion(turn)): (Vector, Quaternion)| {
                    place.into_iter().chain(turn).map(|number| number as f32)
                };
                poses(state).into_iter().flat_map(numbers).collect()
            }
        }
    }

    /// Place and rotation of a body in a picture.
    pub(super) fn pose(picture: &[f32], body: usize) -> (Vector, Quaternion) {
        let number = |at: usize| f64::from(picture[body * POSE + at]);
        (Vector([0, 1, 2].map(number)), Quaternion([3, 4, 5, 6].map(number)))
    }
}

/// About the axis that points away from who looks from the side.
fn about_y(angle: f32) -> Quaternion {
    Quaternion::about(Vector::unit(1), angle.into())
}

fn beside(x: f64, z: f64) -> Vector {
    Vector([x, 0.0, z])
}

/// How high the joints of classic control hang.
const PIVOT: f64 = 2.2;

/// What stands still: body 0 of classic control.
const ROOT: (Vector, Quaternion) = (Vector([0.0; 3]), STILL);

/// A capsule from one height to another.
fn pole(body: usize, from: f64, to: f64, radius: f64, depth: usize) -> Piece {
    let (middle, half) = (beside(0.0, (from + to) / 2.0), beside(0.0, (to - from) / 2.0));
    Piece::capsule(body, middle, half, radius, Some(depth))
}

/// A pin on which something hangs.
fn pin(radius: f64) -> Piece {
    Piece::capsule(0, beside(0.0, PIVOT), Vector([0.0, 0.12, 0.0]), radius, Some(3))
}

/// What classic control looks like.
fn classic(name: &str) -> Bodies {
    match name {
        "CartPole-v1" => cart_pole(),
        "Acrobot-v1" => acrobot(),
        _ => pendulum(),
    }
}

/// Seen from the side, on the ground.
fn from_the_side(pieces: Vec<Piece>, extent: f64, height: f64, poses: Poses) -> Bodies {
    let (view, pose) = ([-FRAC_PI_2, 0.1], Pose::Classic(poses));
    let bodies = pieces.iter().map(|piece| piece.body + 1).max().unwrap_or(0);
    let links = (0..bodies).map(Link::root).collect();
    Bodies { pieces, ground: Some(0.0), follow: 0, height, extent, view, links, pose }
}

fn cart_pole() -> Bodies {
    let track = Piece::cuboid(0, beside(0.0, 0.2), Vector([2.6, 0.02, 0.02]), 3);
    let cart = Piece::cuboid(1, beside(0.0, 0.3), Vector([0.25, 0.12, 0.1]), 0);
    from_the_side(vec![track, cart, pole(2, 0.0, 1.0, 0.04, 2)], 1.9, 0.7, |state| {
        let place = state[0].into();
        vec![ROOT, (beside(place, 0.0), STILL), (beside(place, 0.4), about_y(state[2]))]
    })
}

fn acrobot() -> Bodies {
    let goal = Piece::cuboid(0, beside(0.0, PIVOT + 1.0), Vector([1.6, 0.02, 0.01]), 3);
    let links = [pole(1, -1.0, 0.0, 0.07, 0), pole(2, -1.0, 0.0, 0.06, 2)];
    let pieces = [goal, pin(0.05)].into_iter().chain(links).collect();
    from_the_side(pieces, 2.4, PIVOT, |state| {
        let (first, second) = (about_y(-state[0]), about_y(-(state[0] + state[1])));
        let joint = beside(0.0, PIVOT) + first.rotate(beside(0.0, -1.0));
        vec![ROOT, (beside(0.0, PIVOT), first), (joint, second)]
    })
}

fn pendulum() -> Bodies {
    from_the_side(vec![pin(0.06), pole(1, 0.0, 1.0, 0.08, 0)], 1.5, PIVOT, |state| {
        vec![ROOT, (beside(0.0, PIVOT), about_y(-state[0]))]
    })
}
