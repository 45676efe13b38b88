//! What a model is made of, as plain values and as JSON.
//!
//! Nothing here is checked beyond its form; [`Model::new`](crate::Model::new) checks. Units are whatever the writer of a
//! model likes, as long as they fit each other; angles are in radians. Bodies, joints and shapes are named by their
//! index in the lists.

use serde::{Deserialize, Serialize};

use crate::vector::{Quaternion, Vector};

/// A world: bodies, and what acts on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What it is called.
    pub name: String,
    /// Where its numbers come from.
    pub origin: String,
    /// Duration of one step.
    pub time_step: f64,
    /// Parts of a step that are computed one after the other, with the same actions.
    pub substeps: u32,
    /// Acceleration of everything that may move.
    pub gravity: Vector,
    /// Velocities are multiplied by `exp(velocity_damping t)` in a time `t`: a *negative* number damps.
    pub velocity_damping: f64,
    /// Angular velocities are multiplied by `exp(angular_damping t)` in a time `t`: a *negative* number damps.
    pub angular_damping: f64,
    /// The share of a penetration that a contact takes back in one sub-step (Baumgarte's parameter).
    pub penetration_recovery: f64,
    /// What moves, and what stands still.
    pub bodies: Vec<Body>,
    /// Springs that hold two bodies together at a point.
    pub joints: Vec<Joint>,
    /// Motors in joints.
    pub actuators: Vec<Actuator>,
    /// The outlines of bodies, for contacts, for standing on the ground, and for pictures.
    pub shapes: Vec<Shape>,
    /// Pairs of shapes that push each other apart; all others pass through each other. The first moves.
    pub contacts: Vec<[usize; 2]>,
}

/// A rigid body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// What it is called.
    pub name: String,
    /// Its mass; may be 0 where nothing can push it.
    pub mass: f64,
    /// Inverse moments of inertia, multiplied component by component with vectors of the *world*: a sphere's.
    pub inverse_inertia: Vector,
    /// 1 for each axis of the world along which it may move, else 0.
    pub moves: [u8; 3],
    /// 1 for each axis of the world about which it may turn, else 0.
    pub turns: [u8; 3],
    /// Where it is at the start of an episode; then its tree is not put on the ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Vector>,
}

/// A point that two bodies share, held by a spring; and how they may turn about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// What it is called.
    pub name: String,
    /// The body that it hangs on.
    pub parent: usize,
    /// The body that hangs on it, and on no other joint.
    pub child: usize,
    /// The point, seen from the parent.
    pub parent_anchor: Vector,
    /// The point, seen from the child.
    pub child_anchor: Vector,
    /// Turns x, y and z into the joint's axes, in the frames of both bodies.
    pub rotation: Quaternion,
    /// Lowest and highest angle about each free axis: one makes a hinge, two a universal joint, three a ball.
    pub limits: Vec<[f64; 2]>,
    /// The angles at the start of an episode.
    pub rest: Vec<f64>,
    /// Force of the spring for each unit of distance.
    pub stiffness: f64,
    /// Force against the relative velocity of the anchors.
    pub damping: f64,
    /// Torque for each radian beyond a limit.
    pub limit_strength: f64,
    /// Torque against the relative angular velocity.
    pub angular_damping: f64,
}

/// What an actuator does with its actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActuatorKind {
    /// An action is a torque, in units of the strength; none beyond a limit.
    Torque,
    /// An action is an angle, in *degrees*, to be held by a spring of the strength.
    Angle,
}

/// A motor in a joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actuator {
    /// The joint that it turns.
    pub joint: usize,
    /// What an action means.
    pub kind: ActuatorKind,
    /// Torque for an action of 1, or for a radian.
    pub strength: f64,
    /// Which action drives each axis of the joint.
    pub actions: Vec<usize>,
}

/// The outline of a part of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The body that it belongs to.
    pub body: usize,
    /// Its form and place, seen from the body.
    pub form: Form,
    /// Friction of a pair is the product of its two.
    pub friction: f64,
    /// Elasticity of a pair is the product of its two: 0 does not bounce, 1 bounces back.
    pub elasticity: f64,
}

/// Which ends of a capsule touch a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// The one along the axis.
    First,
    /// The one against the axis.
    Last,
    /// Both.
    Both,
}

/// What a shape looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Form {
    /// The horizontal plane through the centre of a body that stands still.
    Plane {},
    /// A sphere.
    Sphere {
        /// Its centre.
        center: Vector,
        /// Its radius.
        radius: f64,
    },
    /// All points closer than a radius to a line.
    Capsule {
        /// The middle of the line.
        center: Vector,
        /// Half of the line.
        half: Vector,
        /// The radius.
        radius: f64,
        /// Which ends touch a plane.
        ends: Ends,
    },
    /// A box.
    Box {
        /// Its centre.
        center: Vector,
        /// Half of its edges.
        half: Vector,
        /// How it is turned.
        rotation: Quaternion,
    },
}

impl Description {
    /// Reads JSON.
    pub fn from_json(text: &str) -> Result<Description, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Writes JSON: one line for each entry of a list.
    pub fn to_json(&self) -> String {
        fn one(name: &str, value: &impl Serialize) -> String {
            format!("  \"{name}\": {}", text(value))
        }
        fn list(name: &str, entries: &[impl Serialize]) -> String {
            let lines: Vec<String> = entries.iter().map(|entry| format!("\n    {}", text(entry))).collect();
            format!("  \"{name}\": [{}\n  ]", lines.join(","))
        }
        fn text(value: &impl Serialize) -> String {
            serde_json::to_string(value).expect("numbers, texts and lists can be written")
        }
        let fields = [
            one("name", &self.name),
            one("origin", &self.origin),
            one("time_step", &self.time_step),
            one("substeps", &self.substeps),
            one("gravity", &self.gravity),
            one("velocity_damping", &self.velocity_damping),
            one("angular_damping", &self.angular_damping),
            one("penetration_recovery", &self.penetration_recovery),
            list("bodies", &self.bodies),
            list("joints", &self.joints),
            list("actuators", &self.actuators),
            list("shapes", &self.shapes),
            list("contacts", &self.contacts),
        ];
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }
}
