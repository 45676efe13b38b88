//! What shapes mean: where they touch, and how low they reach. A new form is a variant of
//! [`Form`](crate::description::Form), a name in [`name`], and an arm in each function here.

use crate::description::{Ends, Form};
use crate::vector::{Quaternion, Vector};

/// Where the shapes of a pair can touch.
#[derive(Clone, Debug, PartialEq)]
pub enum Touch {
    /// Spheres that lie on a plane; the corners of a box are spheres of radius 0.
    OnPlane {
        /// Their centres, seen from the first body.
        centers: Vec<Vector>,
        /// Their radius.
        radius: f64,
    },
    /// The closest points of two lines.
    Capsules {
        /// Seen from the first body.
        first: Segment,
        /// Seen from the second.
        second: Segment,
    },
}

/// A line with a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Its middle.
    pub center: Vector,
    /// Half of it: it begins at the middle *plus* this.
    pub half: Vector,
    /// Its radius.
    pub radius: f64,
}

/// The form's name in messages.
pub(super) fn name(form: &Form) -> &'static str {
    match form {
        Form::Plane {} => "plane",
        Form::Sphere { .. } => "sphere",
        Form::Capsule { .. } => "capsule",
        Form::Box { .. } => "box",
    }
}

/// How two forms touch, if they can.
pub(super) fn touch(first: &Form, second: &Form) -> Option<Touch> {
    match (first, second) {
        (&Form::Sphere { center, radius }, Form::Plane {}) => {
            Some(Touch::OnPlane { centers: vec![center], radius })
        }
        (&Form::Capsule { center, half, radius, ends }, Form::Plane {}) => {
            let centers = match ends {
                Ends::First => vec![center + half],
                Ends::Last => vec![center - half],
                Ends::Both => vec![center - half, center + half],
            };
            Some(Touch::OnPlane { centers, radius })
        }
        (&Form::Box { center, half, rotation }, Form::Plane {}) => {
            Some(Touch::OnPlane { centers: corners(center, half, rotation), radius: 0.0 })
        }
        (Form::Capsule { .. }, Form::Capsule { .. }) => {
            Some(Touch::Capsules { first: segment(first)?, second: segment(second)? })
        }
        _ => None,
    }
}

fn segment(form: &Form) -> Option<Segment> {
    match *form {
        Form::Capsule { center, half, radius, .. } => Some(Segment { center, half, radius }),
        _ => None,
    }
}

fn corners(center: Vector, half: Vector, rotation: Quaternion) -> Vec<Vector> {
    const SIGNS: [f64; 2] = [-1.0, 1.0];
    let signs =
        SIGNS.iter().flat_map(|&x| SIGNS.iter().flat_map(move |&y| SIGNS.iter().map(move |&z| [x, y, z])));
    signs.map(|signs| center + rotation.rotate(half.times(Vector(signs)))).collect()
}

/// The height of the lowest point of a shape of a body. Planes have none.
pub(crate) fn lowest(form: &Form, position: Vector, rotation: Quaternion) -> Option<f64> {
    let height = |point: Vector| (position + rotation.rotate(point)).0[2];
    match *form {
        Form::Plane {} => None,
        Form::Sphere { center, radius } => Some(height(center) - radius),
        Form::Capsule { center, half, radius, .. } => {
            Some(height(center - half).min(height(center + half)) - radius)
        }
        Form::Box { center, half, rotation: turned } => {
            corners(center, half, turned).into_iter().map(height).reduce(f64::min)
        }
    }
}
