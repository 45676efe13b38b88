//! The stage in which contacts push.

use numerics::{Kernel, Simd};

use super::plan::{BodyPlan, CapsuleGroup, CapsulePair, Plan, PlanePlan, Spot};
use super::register::{
    Vector, add, against, along, cross, cross_add, dot, scaled, select, sub, times, times_add, turned,
};
use super::world::{Moving, Party, PartyRows, World, get, lanes, set};

/// Slowest sliding that is rubbed against.
const SLIDING: f32 = 0.01;
/// Keeps directions of nothing from being nothing over nothing.
const LEAST: f32 = 1e-6;
/// All components of vectors of the model.
pub(super) const ALL: u32 = 7;

/// Pushes bodies apart. All contacts are computed from the velocities at the beginning of the stage.
#[inline(always)]
pub(super) fn contacts<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for plane in &plan.planes {
        let body = &mut world.bodies[plane.body];
        let constants = &plan.bodies[plane.body];
        simd.apart(OnPlane { recovery_rate: plan.recovery_rate, plane, constants, body });
    }
    of_capsules(simd, plan, world);
}

/// Pushes capsules apart, and ends the stage.
#[inline(always)]
pub(super) fn of_capsules<S: Simd>(simd: S, plan: &Plan, world: &mut World) {
    for group in &plan.capsules {
        let World { bodies, parties, .. } = &mut *world;
        simd.apart(OfCapsules { plan, group, bodies, parties });
    }
    for &index in &plan.together {
        let body = &mut world.bodies[index];
        for lane in lanes::<S>() {
            let (velocity, angular) = (get(simd, &body.force, lane), get(simd, &body.torque, lane));
            let party = Party { velocity, angular, count: body.touched.get(simd, lane) };
            push(simd, &plan.bodies[index], body, &party, lane);
        }
    }
}

/// Changes the velocities of a body in the lanes in which something touches it.
#[inline(always)]
fn push<S: Simd>(simd: S, constants: &BodyPlan, body: &mut Moving, party: &Party<S>, lane: usize) {
    // -0 is what changes no number, not even the sign of a zero, whether the stage was skipped or not
    // PERF: chosen before the sum; a choice after it becomes a masked store, which some processors are slow at
    let (is_touched, nothing) = (simd.less(simd.zero(), party.count), [simd.splat(-0.0); 3]);
    let change = select(simd, is_touched, party.velocity, nothing);
    let velocity = times_add(simd, change, constants.moves, get(simd, &body.velocity, lane));
    set(simd, &mut body.velocity, lane, velocity);
    let change = select(simd, is_touched, party.angular, nothing);
    let angular = times_add(simd, change, constants.turns, get(simd, &body.angular, lane));
    set(simd, &mut body.angular, lane, angular);
    let pushed = add(simd, get(simd, &body.pushed, lane), party.velocity);
    set(simd, &mut body.pushed, lane, pushed);
    let twisted = add(simd, get(simd, &body.twisted, lane), party.angular);
    set(simd, &mut body.twisted, lane, twisted);
}

/// Adds what a group does to what waits for the end of the stage.
#[inline(always)]
fn wait<S: Simd>(simd: S, body: &mut Moving, party: &Party<S>, lane: usize) {
    let velocity = add(simd, get(simd, &body.force, lane), party.velocity);
    set(simd, &mut body.force, lane, velocity);
    let angular = add(simd, get(simd, &body.torque, lane), party.angular);
    set(simd, &mut body.torque, lane, angular);
    let touched = simd.add(body.touched.get(simd, lane), party.count);
    body.touched.set(simd, lane, touched);
}

/// What a plane does to a body: the mean over the spots that touch it.
pub(super) struct OnPlane<'a> {
    pub(super) recovery_rate: f32,
    pub(super) plane: &'a PlanePlan,
    pub(super) constants: &'a BodyPlan,
    pub(super) body: &'a mut Moving,
}

impl Kernel for OnPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let OnPlane { recovery_rate, plane, constants, body } = self;
        for lane in lanes::<S>() {
            let mut party = Party::none(simd);
            let mut touches = false;
            for spot in &plane.spots {
                let (down, depth) = reach(simd, spot, body, lane);
                if simd.mask_bits(simd.less(simd.zero(), depth)) == 0 {
                    continue;
                }
                touches = true;
                let [x, y, _] = turned(simd, ALL, spot.center, &body.frame(simd, lane));
                let arm = [x, y, down];
                let impulse = on_spot(simd, recovery_rate, spot, constants, body, lane, arm, depth);
                party.velocity = add(simd, party.velocity, impulse);
                party.angular = cross_add(simd, arm, impulse, party.angular);
                let counts = simd.less(simd.zero(), impulse[2]);
                party.count = simd.add(party.count, simd.select(counts, simd.splat(1.0), simd.zero()));
            }
            if !touches {
                continue;
            }
            if plane.spots.len() > 1 {
                let share = share(simd, party.count, plane.spots.len());
                party.velocity = scaled(simd, party.velocity, share);
                party.angular = scaled(simd, party.angular, share);
            }
            party.velocity = scaled(simd, party.velocity, simd.splat(constants.inverse_mass));
            party.angular = times(simd, party.angular, constants.inverse_inertia);
            if plane.alone {
                push(simd, constants, body, &party, lane);
            } else {
                wait(simd, body, &party, lane);
            }
        }
    }
}

/// One over how many of some spots push; 1 where none does.
// PERF: most bodies have two, and need no division
#[inline(always)]
pub(super) fn share<S: Simd>(simd: S, count: S::F, spots: usize) -> S::F {
    let one = simd.splat(1.0);
    match spots {
        2 => simd.select(simd.less(one, count), simd.splat(0.5), one),
        _ => simd.div(one, simd.max(count, one)),
    }
}

/// How far up from the body's position a spot is lowest, and how far below the plane that is.
#[inline(always)]
pub(super) fn reach<S: Simd>(simd: S, spot: &Spot, body: &Moving, lane: usize) -> (S::F, S::F) {
    let [x, y, z] = spot.center;
    let up = |axis: usize| body.frame[axis][2].get(simd, lane);
    let up = simd.mul_add(
        up(2),
        simd.splat(z),
        simd.mul_add(up(1), simd.splat(y), simd.mul(up(0), simd.splat(x))),
    );
    let down = simd.sub(up, simd.splat(spot.radius));
    (down, simd.sub(simd.splat(spot.height), simd.add(body.position[2].get(simd, lane), down)))
}

/// The impulse at one spot; the normal is up.
#[allow(clippy::too_many_arguments, reason = "what it reads is in four places")]
#[inline(always)]
fn on_spot<S: Simd>(
    simd: S,
    recovery_rate: f32,
    spot: &Spot,
    constants: &BodyPlan,
    body: &Moving,
    lane: usize,
    arm: Vector<S>,
    depth: S::F,
) -> Vector<S> {
    let (velocity, angular) = (get(simd, &body.velocity, lane), get(simd, &body.angular, lane));
    let [x, y, approach] = cross_add(simd, angular, arm, velocity);
    let [turn_x, turn_y, _] = constants.inverse_inertia;
    let response = simd.mul_add(
        simd.mul(arm[1], simd.splat(turn_x)),
        arm[1],
        simd.mul_add(simd.mul(arm[0], simd.splat(turn_y)), arm[0], simd.splat(constants.inverse_mass)),
    );
    let mobility = simd.div(simd.splat(1.0), response);
    let size = size(simd, recovery_rate, depth, spot.bounce, approach, mobility);
    let speed = simd.sqrt(simd.mul_add(x, x, simd.mul(y, y)));
    let rate = rub(simd, speed, mobility, size, spot.friction);
    [simd.neg(simd.mul(rate, x)), simd.neg(simd.mul(rate, y)), size]
}

/// The part along the normal.
#[inline(always)]
pub(super) fn size<S: Simd>(
    simd: S,
    recovery_rate: f32,
    depth: S::F,
    bounce: f32,
    approach: S::F,
    mobility: S::F,
) -> S::F {
    let zero = simd.zero();
    let recovery = simd.mul(depth, simd.splat(recovery_rate));
    let size = simd.mul(simd.neg_mul_add(approach, simd.splat(bounce), recovery), mobility);
    // only where it touches and comes nearer
    let size = simd.select(simd.less(approach, zero), size, zero);
    simd.select(simd.less(zero, depth), simd.max(size, zero), zero)
}

/// How much impulse friction takes for each unit of the sliding velocity.
#[inline(always)]
pub(super) fn rub<S: Simd>(simd: S, speed: S::F, mobility: S::F, size: S::F, friction: f32) -> S::F {
    let most = simd.mul(size, simd.splat(friction));
    let rub = simd.min(simd.mul(speed, mobility), most);
    let rate = simd.div(rub, simd.add(speed, simd.splat(LEAST)));
    simd.select(simd.less(simd.splat(SLIDING), speed), rate, simd.zero())
}

/// Pushes the capsules of one group.
struct OfCapsules<'a> {
    plan: &'a Plan,
    group: &'a CapsuleGroup,
    bodies: &'a mut [Moving],
    parties: &'a mut [PartyRows],
}

impl Kernel for OfCapsules<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let OfCapsules { plan, group, bodies, parties } = self;
        for lane in lanes::<S>() {
            for pair in &group.pairs {
                let first = Limb::new(simd, bodies, pair, 0, lane);
                if are_near(simd, pair, &first, &Limb::new(simd, bodies, pair, 1, lane)) {
                    collide(simd, plan, group, bodies, parties, lane);
                    break;
                }
            }
        }
    }
}

/// A capsule's body as contacts see it.
struct Limb<S: Simd> {
    position: Vector<S>,
    velocity: Vector<S>,
    angular: Vector<S>,
    /// The middle of the capsule.
    center: Vector<S>,
    /// From the middle to its first end.
    half: Vector<S>,
}

impl<S: Simd> Limb<S> {
    #[inline(always)]
    fn new(simd: S, bodies: &[Moving], pair: &CapsulePair, side: usize, lane: usize) -> Limb<S> {
        let body = &bodies[[pair.first, pair.second][side]];
        let (position, frame) = (get(simd, &body.position, lane), body.frame(simd, lane));
        Limb {
            position,
            velocity: get(simd, &body.velocity, lane),
            angular: get(simd, &body.angular, lane),
            center: add(simd, position, turned(simd, ALL, pair.centers[side], &frame)),
            half: turned(simd, ALL, pair.halves[side], &frame),
        }
    }
}

/// What a group in which some pair may touch does to its bodies.
#[inline(always)]
fn collide<S: Simd>(
    simd: S,
    plan: &Plan,
    group: &CapsuleGroup,
    bodies: &mut [Moving],
    parties: &mut [PartyRows],
    lane: usize,
) {
    let mut touches = false;
    for party in parties.iter_mut() {
        party.set(simd, lane, &Party::none(simd));
    }
    for pair in &group.pairs {
        let first = Limb::new(simd, bodies, pair, 0, lane);
        let second = Limb::new(simd, bodies, pair, 1, lane);
        if !are_near(simd, pair, &first, &second) {
            continue;
        }
        let meeting = meet(simd, pair, &first, &second);
        if simd.mask_bits(simd.less(simd.zero(), meeting.depth)) == 0 {
            continue;
        }
        touches = true;
        let (constants, other) = (&plan.bodies[pair.first], &plan.bodies[pair.second]);
        let arm = sub(simd, meeting.place, first.position);
        let other_arm = sub(simd, meeting.place, second.position);
        let velocity = cross_add(simd, first.angular, arm, first.velocity);
        let other_velocity = cross_add(simd, second.angular, other_arm, second.velocity);
        let velocity = sub(simd, velocity, other_velocity);
        let mut response = response(simd, constants, arm, meeting.normal);
        if !group.one_way {
            response = simd.add(response, self::response(simd, other, other_arm, meeting.normal));
        }
        let impulse = between(simd, plan.recovery_rate, pair, &meeting, velocity, response);
        let counts = simd.less(simd.zero(), impulse.1);
        let count = simd.select(counts, simd.splat(1.0), simd.zero());
        let party = &mut parties[pair.parties[0]];
        party.set(simd, lane, &charge(simd, party.get(simd, lane), constants, arm, impulse.0, count));
        if !group.one_way {
            let back = sub(simd, [simd.zero(); 3], impulse.0);
            let party = &mut parties[pair.parties[1]];
            party.set(simd, lane, &charge(simd, party.get(simd, lane), other, other_arm, back, count));
        }
    }
    if !touches {
        return;
    }
    for (party, &body) in parties.iter().zip(&group.parties) {
        let party = party.get(simd, lane);
        let share = simd.div(simd.splat(1.0), simd.max(party.count, simd.splat(1.0)));
        let mean = Party {
            velocity: scaled(simd, party.velocity, share),
            angular: scaled(simd, party.angular, share),
            count: party.count,
        };
        wait(simd, &mut bodies[body], &mean, lane);
    }
}

/// Adds the change by one impulse to those of its group.
#[inline(always)]
fn charge<S: Simd>(
    simd: S,
    party: Party<S>,
    constants: &BodyPlan,
    arm: Vector<S>,
    impulse: Vector<S>,
    count: S::F,
) -> Party<S> {
    let twist = cross(simd, arm, impulse);
    Party {
        velocity: along(simd, impulse, simd.splat(constants.inverse_mass), party.velocity),
        angular: times_add(simd, twist, constants.inverse_inertia, party.angular),
        count: simd.add(party.count, count),
    }
}

/// The velocity that an impulse of 1 along the normal makes at a place of a body, along the normal.
#[inline(always)]
fn response<S: Simd>(simd: S, constants: &BodyPlan, arm: Vector<S>, normal: Vector<S>) -> S::F {
    let turn = times(simd, cross(simd, arm, normal), constants.inverse_inertia);
    simd.add(dot(simd, normal, cross(simd, turn, arm)), simd.splat(constants.inverse_mass))
}

/// The impulse on the first body, and its part along the normal.
#[inline(always)]
fn between<S: Simd>(
    simd: S,
    recovery_rate: f32,
    pair: &CapsulePair,
    meeting: &Meeting<S>,
    velocity: Vector<S>,
    response: S::F,
) -> (Vector<S>, S::F) {
    let mobility = simd.div(simd.splat(1.0), response);
    let approach = dot(simd, meeting.normal, velocity);
    let size = size(simd, recovery_rate, meeting.depth, pair.bounce, approach, mobility);
    let sliding = against(simd, meeting.normal, approach, velocity);
    let rate = rub(simd, norm(simd, sliding), mobility, size, pair.friction);
    (against(simd, sliding, rate, scaled(simd, meeting.normal, size)), size)
}

/// Whether in any lane two capsules are so near that they may touch.
// PERF: a tenth of the closest points, which for feet that are apart are not needed.
#[inline(always)]
fn are_near<S: Simd>(simd: S, pair: &CapsulePair, first: &Limb<S>, second: &Limb<S>) -> bool {
    let apart = sub(simd, first.center, second.center);
    simd.mask_bits(simd.less(dot(simd, apart, apart), simd.splat(pair.out_of_reach))) != 0
}

/// Where two capsules are closest.
struct Meeting<S: Simd> {
    place: Vector<S>,
    /// From the second to the first.
    normal: Vector<S>,
    depth: S::F,
}

/// A line in the world.
struct Line<S: Simd> {
    begin: Vector<S>,
    /// From its beginning to its end.
    way: Vector<S>,
    direction: Vector<S>,
    half: S::F,
    middle: Vector<S>,
}

#[inline(always)]
fn line<S: Simd>(simd: S, limb: &Limb<S>) -> Line<S> {
    let (begin, end) = (add(simd, limb.center, limb.half), sub(simd, limb.center, limb.half));
    let way = sub(simd, end, begin);
    let length = norm(simd, way);
    let length = simd.select(simd.equal(length, simd.zero()), simd.splat(LEAST), length);
    let direction = scaled(simd, way, simd.div(simd.splat(1.0), length));
    let half = simd.mul(length, simd.splat(0.5));
    Line { begin, way, direction, half, middle: along(simd, direction, half, begin) }
}

/// The closest points of the lines of two capsules. With lines that are nearly parallel the place is what rounding makes it.
#[inline(always)]
fn meet<S: Simd>(simd: S, pair: &CapsulePair, first: &Limb<S>, second: &Limb<S>) -> Meeting<S> {
    let (a, b) = (line(simd, first), line(simd, second));
    let between = sub(simd, a.middle, b.middle);
    let both = dot(simd, a.direction, b.direction);
    let (on_a, on_b) = (dot(simd, a.direction, between), dot(simd, b.direction, between));
    let apart = simd.add(simd.neg_mul_add(both, both, simd.splat(1.0)), simd.splat(LEAST));
    let way_a = simd.div(simd.sub(simd.mul(both, on_b), on_a), apart);
    let way_b = simd.mul_add(way_a, both, on_b);
    let at_a = along(simd, a.direction, within(simd, way_a, a.half), a.middle);
    let at_b = along(simd, b.direction, within(simd, way_b, b.half), b.middle);
    // cut off at the ends, one of the two is not the closest any more
    let (from_b, from_a) = (closest_to(simd, &a, at_b), closest_to(simd, &b, at_a));
    let (with_b, with_a) = (sub(simd, at_b, from_b), sub(simd, at_a, from_a));
    let first_is_closer = simd.less(dot(simd, with_b, with_b), dot(simd, with_a, with_a));
    let at_a = select(simd, first_is_closer, from_b, at_a);
    let at_b = select(simd, first_is_closer, at_b, from_a);

    let way = sub(simd, at_a, at_b);
    let distance = norm(simd, way);
    let scale = simd.div(simd.splat(1.0), simd.add(distance, simd.splat(LEAST)));
    Meeting {
        place: scaled(simd, add(simd, at_a, at_b), simd.splat(0.5)),
        normal: scaled(simd, way, scale),
        depth: simd.sub(simd.splat(pair.radii), distance),
    }
}

/// A way cut off at both ends.
#[inline(always)]
fn within<S: Simd>(simd: S, way: S::F, half: S::F) -> S::F {
    simd.min(simd.max(way, simd.neg(half)), half)
}

/// The point of a line that is closest to another point.
#[inline(always)]
fn closest_to<S: Simd>(simd: S, line: &Line<S>, point: Vector<S>) -> Vector<S> {
    let square = simd.add(dot(simd, line.way, line.way), simd.splat(LEAST));
    let part = simd.div(dot(simd, sub(simd, point, line.begin), line.way), square);
    let part = simd.min(simd.max(part, simd.zero()), simd.splat(1.0));
    along(simd, line.way, part, line.begin)
}

/// The length, or 0 where every component is as good as 0.
#[inline(always)]
fn norm<S: Simd>(simd: S, vector: Vector<S>) -> S::F {
    const SAFE: f32 = 1e-8;
    let [x, y, z] = [simd.abs(vector[0]), simd.abs(vector[1]), simd.abs(vector[2])];
    let largest = simd.max(x, simd.max(y, z));
    let length = simd.sqrt(dot(simd, vector, vector));
    simd.select(simd.less_or_equal(largest, simd.splat(SAFE)), simd.zero(), length)
}
