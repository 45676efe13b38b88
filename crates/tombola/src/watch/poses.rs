//! Poses of bodies as whole numbers: what a joint leaves free.
//!
//! A body that hangs on another is where the joint is, but for a gap that the joint's spring leaves; and a hinge turns
//! about one axis, but for as much as its spring gives. So of each body are kept, seen from what it hangs on and in the
//! joint's axes,
//!
//! ```text
//!   turn   how it has turned since the picture before    x, y, z of a unit quaternion with w >= 0
//!   gap    place - (point of the parent - point of the body), of a root its place
//! ```
//!
//! as whole multiples of a step. Both are taken from what the page will have, not from what was, so that errors of
//! rounding do not add up: every rotation is right to a step, every place to half a step, in every picture.
//!
//! Most numbers are 0. What is no number stays where it was.

use physics::description::Description;
use physics::vector::{Quaternion, Vector};

use super::round;
use super::scene::{Bodies, POSE};

/// On what a body hangs, and where.
pub(super) struct Link {
    pub(super) body: usize,
    pub(super) parent: Option<usize>,
    /// The point that both share, seen from the parent and from the body.
    pub(super) anchors: [Vector; 2],
    /// The joint's axes.
    pub(super) axes: Quaternion,
}

/// Whole numbers of a film, three columns a link each.
pub(super) struct Steps {
    pub(super) turns: Vec<Vec<i64>>,
    pub(super) gaps: Vec<Vec<i64>>,
}

impl Link {
    /// A body that hangs on nothing.
    pub(super) fn root(body: usize) -> Link {
        Link { body, parent: None, anchors: [Vector([0.0; 3]); 2], axes: Quaternion::IDENTITY }
    }

    /// The links of all bodies, parents first.
    pub(super) fn of(description: &Description) -> Vec<Link> {
        let hangs = |body: usize| description.joints.iter().find(|joint| joint.child == body);
        let depth = |body: usize| std::iter::successors(hangs(body), |joint| hangs(joint.parent)).count();
        let mut bodies: Vec<usize> = (0..description.bodies.len()).collect();
        bodies.sort_by_key(|&body| depth(body));
        // a page and its film have the same few digits
        let short = |point: Vector| Vector(point.0.map(round));
        let link = |body| match hangs(body) {
            Some(joint) => Link {
                body,
                parent: Some(joint.parent),
                anchors: [short(joint.parent_anchor), short(joint.child_anchor)],
                axes: Quaternion(joint.rotation.0.map(round)),
            },
            None => Link::root(body),
        };
        bodies.into_iter().map(link).collect()
    }

    /// From the world to the frame in which the body's turns are seen.
    fn base(&self, poses: &[(Vector, Quaternion)]) -> Quaternion {
        self.parent.map_or(Quaternion::IDENTITY, |parent| poses[parent].1) * self.axes
    }

    /// Where the body is if the joint does not gape.
    fn expected(&self, poses: &[(Vector, Quaternion)], rotation: Quaternion) -> Vector {
        let Some(parent) = self.parent else { return Vector([0.0; 3]) };
        let (place, turned) = poses[parent];
        place + turned.rotate(self.anchors[0]) - rotation.rotate(self.anchors[1])
    }
}

/// The rotation whose last three parts are so many steps.
fn turn_of(steps: [i64; 3], step: f64) -> Quaternion {
    let [x, y, z] = steps.map(|steps| steps as f64 * step);
    Quaternion([(1.0 - x * x - y * y - z * z).max(0.0).sqrt(), x, y, z]).normalised()
}

/// The whole numbers of some pictures.
pub(super) fn steps(links: &[Link], pictures: &[&[f32]], turn: f64, gap: f64) -> Steps {
    let mut made =
        Steps { turns: vec![Vec::new(); 3 * links.len()], gaps: vec![Vec::new(); 3 * links.len()] };
    // what the page has: of each link how the body is turned in the joint, of each body its pose
    let mut own = vec![Quaternion::IDENTITY; links.len()];
    let mut poses = vec![(Vector([0.0; 3]), Quaternion::IDENTITY); links.len()];
    let nearest = |number: f64, step: f64| (number / step).round_ties_even() as i64;
    for picture in pictures {
        for (index, link) in links.iter().enumerate() {
            let numbers = &picture[link.body * POSE..][..POSE];
            let is_there = numbers.iter().all(|number| number.is_finite());
            let (place, rotation) = Bodies::pose(picture, link.body);
            let base = link.base(&poses);
            let mut turned = [0; 3];
            if is_there {
                let Quaternion([w, x, y, z]) = own[index].inverse() * base.inverse() * rotation * link.axes;
                turned = [x, y, z].map(|part| nearest(if w < 0.0 { -part } else { part }, turn));
            }
            own[index] = (own[index] * turn_of(turned, turn)).normalised();
            let rotation = (base * own[index] * link.axes.inverse()).normalised();
            let expected = link.expected(&poses, rotation);
            let before = |axis: usize| made.gaps[3 * index + axis].last().copied().unwrap_or(0);
            let gaps = match (place - expected).0 {
                apart if is_there => apart.map(|part| nearest(part, gap)),
                _ => [0, 1, 2].map(before),
            };
            poses[link.body] = (expected + Vector(gaps.map(|steps| steps as f64 * gap)), rotation);
            for axis in 0..3 {
                made.turns[3 * index + axis].push(turned[axis]);
                made.gaps[3 * index + axis].push(gaps[axis]);
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page does.
    fn shown(
        links: &[Link],
        steps: &Steps,
        picture: usize,
        turn: f64,
        gap: f64,
    ) -> Vec<(Vector, Quaternion)> {
        let mut poses = vec![(Vector([0.0; 3]), Quaternion::IDENTITY); links.len()];
        let mut own = vec![Quaternion::IDENTITY; links.len()];
        for now in 0..=picture {
            for (index, link) in links.iter().enumerate() {
                let read = |columns: &[Vec<i64>]| [0, 1, 2].map(|axis| columns[3 * index + axis][now]);
                own[index] = (own[index] * turn_of(read(&steps.turns), turn)).normalised();
                let rotation = (link.base(&poses) * own[index] * link.axes.inverse()).normalised();
                let apart = Vector(read(&steps.gaps).map(|steps| steps as f64 * gap));
                poses[link.body] = (link.expected(&poses, rotation) + apart, rotation);
            }
        }
        poses
    }

    /// A root and two that hang on it, which turn fast and whose joints gape.
    fn film() -> (Vec<Link>, Vec<Vec<f32>>) {
        let anchors = [Vector([0.3, 0.0, -0.2]), Vector([-0.1, 0.0, 0.4])];
        let axes = Quaternion::about(Vector::unit(2), 0.7);
        let hangs = |body, parent| Link { body, parent: Some(parent), anchors, axes };
        let links = vec![Link::root(2), hangs(0, 2), hangs(1, 0)];
        let picture = |time: usize| {
            let time = time as f64;
            let turned = |body: f64| Quaternion::about(Vector([0.6, 0.0, 0.8]), 0.9 * time * (body - 1.5));
            let mut poses = [(Vector([0.1 * time, -0.05 * time, 1.0]), turned(2.0)); 3];
            for link in &links[1..] {
                let rotation = turned(link.body as f64);
                let gape = Vector([0.0, 0.001 * time, 0.0]);
                poses[link.body] = (link.expected(&poses, rotation) + gape, rotation);
            }
            let numbers =
                |(Vector(place), Quaternion(turn)): (Vector, Quaternion)| place.into_iter().chain(turn);
            poses.into_iter().flat_map(numbers).map(|number| number as f32).collect()
        };
        let pictures = (0..60).map(picture).collect();
        (links, pictures)
    }

    #[test]
    fn errors_of_rounding_do_not_add_up() {
        let (links, pictures) = film();
        let kept: Vec<&[f32]> = pictures.iter().map(|picture| &picture[..]).collect();
        let (turn, gap) = (2e-3, 1e-3);
        let steps = steps(&links, &kept, turn, gap);
        for picture in [0, 1, 30, 59] {
            for (body, (place, rotation)) in shown(&links, &steps, picture, turn, gap).into_iter().enumerate()
            {
                let (there, turned) = Bodies::pose(&pictures[picture], body);
                // half a step along each axis, and the seven digits of a picture
                let apart = (place - there).0.map(f64::abs);
                assert!(apart.iter().all(|&part| part <= 0.501 * gap), "{picture}, {body}: {apart:?}");
                let Quaternion([_, x, y, z]) = rotation.inverse() * turned;
                let off = Vector([x, y, z]).norm();
                assert!(off <= turn, "{picture}, {body}: {off}");
            }
        }
        // what hangs on something is where the joint is, so that little is left to be said of its place
        let largest = steps.gaps[3..].iter().flatten().map(|number| number.abs()).max();
        assert!(largest.is_some_and(|largest| largest <= 60), "{largest:?}");
    }

    #[test]
    fn what_is_no_number_stays_where_it_was() {
        let (links, mut pictures) = film();
        pictures[40][0] = f32::NAN;
        pictures[40][2 * POSE + 5] = f32::INFINITY;
        let kept: Vec<&[f32]> = pictures.iter().map(|picture| &picture[..]).collect();
        let steps = steps(&links, &kept, 2e-3, 1e-3);
        let at = |picture| shown(&links, &steps, picture, 2e-3, 1e-3);
        assert_eq!(at(40)[2], at(39)[2], "the root");
        let (place, _) = at(41)[0];
        assert!((place - Bodies::pose(&pictures[41], 0).0).norm() < 2e-3, "it comes back");
    }
}
