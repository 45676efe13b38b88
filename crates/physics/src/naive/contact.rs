//! Contacts: where shapes touch, and the impulses that keep them apart.

use super::{Change, Changes, Motion, none, sum};
use crate::Model;
use crate::model::{ContactGroup, Pair, Segment, Touch};
use crate::vector::Vector;

/// Slowest sliding that is rubbed against.
const SLIDING: f64 = 0.01;

/// A place where two shapes touch, or may.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub place: Vector,
    /// Of the first body at the place, less that of the second.
    pub velocity: Vector,
    /// The direction in which the first body is pushed.
    pub normal: Vector,
    /// How deep one is in the other; negative where they do not touch.
    pub penetration: f64,
}

/// Changes of velocities by all contacts, all from the same state.
pub fn contacts(model: &Model, world: &[Motion]) -> Changes {
    let groups = model.contact_groups().iter();
    groups.fold(none(model), |changes, group| sum(changes, &group_impulses(model, world, group)))
}

/// Changes by one group: for each body the mean over its contacts that do something.
pub fn group_impulses(model: &Model, world: &[Motion], group: &ContactGroup) -> Changes {
    let mut changes = none(model);
    let mut counts = vec![0.0; changes.len()];
    for pair in &group.pairs {
        for point in points(world, pair) {
            let [first, second] = impulses(model, world, group.one_way, pair, &point);
            for (body, change) in [(pair.first, first), (pair.second, second)] {
                changes[body].add(change);
                counts[body] += if change.velocity == Vector::ZERO { 0.0 } else { 1.0 };
            }
        }
    }
    for (change, count) in changes.iter_mut().zip(counts) {
        let mean = |v: Vector| Vector(v.0.map(|component| component / (1e-8 + count)));
        *change = Change { velocity: mean(change.velocity), angular: mean(change.angular) };
    }
    changes
}

/// The places where a pair may touch.
pub fn points(world: &[Motion], pair: &Pair) -> Vec<Point> {
    let (first, second) = (&world[pair.first], &world[pair.second]);
    match &pair.touch {
        Touch::OnPlane { centers, radius } => {
            let normal = second.rotation.rotate(Vector::unit(2));
            let point = |&center: &Vector| {
                let place = first.place(center) - normal * *radius;
                let penetration = (second.position - place).dot(normal);
                Point { place, velocity: first.velocity_at(place), normal, penetration }
            };
            centers.iter().map(point).collect()
        }
        Touch::Capsules { first: one, second: other } => {
            let (a, b) = closest(line(first, one), line(second, other));
            let distance = (a - b).safe_norm();
            let place = (a + b) * 0.5;
            vec![Point {
                place,
                velocity: first.velocity_at(place) - second.velocity_at(place),
                normal: (a - b) * (1.0 / (1e-6 + distance)),
                penetration: one.radius + other.radius - distance,
            }]
        }
    }
}

/// Both ends of a segment in the world.
fn line(motion: &Motion, segment: &Segment) -> [Vector; 2] {
    let (middle, half) = (motion.place(segment.center), motion.rotation.rotate(segment.half));
    [middle + half, middle - half]
}

/// The closest points of two lines.
fn closest(a: [Vector; 2], b: [Vector; 2]) -> (Vector, Vector) {
    // half the length, the direction, and the middle
    let parts = |[begin, end]: [Vector; 2]| {
        let length = (end - begin).safe_norm();
        let length = if length == 0.0 { 1e-6 } else { length };
        let direction = (end - begin) * (1.0 / length);
        (length / 2.0, direction, begin + direction * (length / 2.0))
    };
    let ((half_a, along_a, middle_a), (half_b, along_b, middle_b)) = (parts(a), parts(b));
    let between = middle_a - middle_b;
    let (both, on_a, on_b) = (along_a.dot(along_b), along_a.dot(between), along_b.dot(between));
    let way_a = (both * on_b - on_a) / (1.0 - both * both + 1e-6);
    let way_b = on_b + way_a * both;
    let at_a = middle_a + along_a * way_a.max(-half_a).min(half_a);
    let at_b = middle_b + along_b * way_b.max(-half_b).min(half_b);
    // cut off at the ends, one of the two is not the closest any more
    let (from_b, from_a) = (closest_to(a, at_b), closest_to(b, at_a));
    let (with_b, with_a) = (at_b - from_b, at_a - from_a);
    if with_b.dot(with_b) < with_a.dot(with_a) { (from_b, at_b) } else { (at_a, from_a) }
}

/// The point of a line that is closest to another point.
fn closest_to([begin, end]: [Vector; 2], point: Vector) -> Vector {
    let way = end - begin;
    let part = (point - begin).dot(way) / (way.dot(way) + 1e-6);
    begin + way * part.clamp(0.0, 1.0)
}

/// Changes of both bodies by one contact.
pub fn impulses(model: &Model, world: &[Motion], one_way: bool, pair: &Pair, point: &Point) -> [Change; 2] {
    let bodies = &model.description().bodies;
    let (first, second) = (&bodies[pair.first], &bodies[pair.second]);
    let (arm, other_arm) =
        (point.place - world[pair.first].position, point.place - world[pair.second].position);
    let normal = point.normal;

    // how much velocity an impulse along the normal makes
    let mut turning = first.inverse_inertia.times(arm.cross(normal)).cross(arm);
    let mut response = 1.0 / first.mass;
    if !one_way {
        turning = turning + second.inverse_inertia.times(other_arm.cross(normal)).cross(other_arm);
        response += 1.0 / second.mass;
    }
    response += normal.dot(turning);

    let approach = normal.dot(point.velocity);
    let recovery = model.recovery_rate() * point.penetration;
    let size = (recovery - (1.0 + pair.elasticity) * approach) / response;
    let sliding = point.velocity - normal * approach;
    let speed = sliding.safe_norm();
    let pushes = point.penetration > 0.0 && approach < 0.0 && size > 0.0;
    if !pushes {
        return [Change::default(); 2];
    }
    let mut impulse = normal * size;
    if speed > SLIDING {
        let rub = (speed / response).min(pair.friction * size);
        impulse = impulse - sliding * (rub / (1e-6 + speed));
    }
    let change = |body: &crate::description::Body, arm: Vector, impulse: Vector| Change {
        velocity: impulse * (1.0 / body.mass),
        angular: body.inverse_inertia.times(arm.cross(impulse)),
    };
    let other = if one_way { Change::default() } else { change(second, other_arm, -impulse) };
    [change(first, arm, impulse), other]
}
