//! A humanoid walks: `humanoid`.
//!
//! # Observations
//!
//! Joints come by kind: hinges, universal joints, balls. Inertia, momentum and spin of each body are about the common
//! centre of mass, and what the reference takes for them: the *inverse* inertia (added to one of kg m²), and an outer
//! product without the mass (corrected: the inertia, and the product with it); the momentum is a share of the whole
//! mass. The torques are those of the step.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 to 4 | `rotation of the torso, w` to `rotation of the torso, z` | 1 |
//! | 5 to 21 | `angle of abdomen_x` to `angle of left_hip_xyz, axis 2` | rad |
//! | 22 to 24 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 25 to 27 | `angular velocity of the torso, x` to `angular velocity of the torso, z` | rad/s |
//! | 28 to 44 | `angular velocity of abdomen_x` to `angular velocity of left_hip_xyz, axis 2` | rad/s |
//! | 45 to 143 | `inertia of torso, 0 0` to `inertia of left_lower_arm, 2 2` | see below |
//! | 144 to 176 | `momentum of torso, x` to `momentum of left_lower_arm, z` | m/s |
//! | 177 to 209 | `spin of torso, x` to `spin of left_lower_arm, z` | rad/s |
//! | 210 to 226 | `torque in abdomen_x` to `torque in left_hip_xyz, axis 2` | N m |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 10 | `abdomen_yz, axis 0` to `left_knee` | 350 N m |
//! | 11 to 16 | `right_shoulder12, axis 0` to `left_elbow` | 100 N m |
//!
//! # Reward
//!
//! 1.25 times the velocity of the centre of mass along x, plus 5, less a tenth of the actions' squares.
//!
//! # End
//!
//! Where the torso is below 0.8 or above 2.1.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.01; then it is put on the ground.

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Three, cross, dot, minus, plus, times};
use super::row;
use super::sight::{Sight, axis_name, body_name};

pub(super) struct Humanoid {
    /// Whether it sees inertias as they are.
    pub(super) corrected: bool,
}

/// Heights of the torso at which it walks.
const HEALTHY: [f32; 2] = [0.8, 2.1];

/// The bodies without the last, which is the floor.
fn members(see: &View<'_>) -> std::ops::Range<usize> {
    0..see.bodies() - 1
}

fn mass(see: &View<'_>, body: usize) -> f32 {
    see.model.description().bodies[body].mass as f32
}

fn whole_mass(see: &View<'_>) -> f32 {
    members(see).map(|body| mass(see, body)).sum()
}

fn center(see: &View<'_>) -> Three {
    let weighed = members(see).map(|body| times(see.position(body), Lanes::all(mass(see, body))));
    let sum = weighed.fold([Lanes::all(0.0); 3], plus);
    sum.map(|component| component / whole_mass(see))
}

impl Rules for Humanoid {
    fn noise(&self) -> [f64; 2] {
        [0.01, 0.01]
    }

    fn mark(&self, see: &View<'_>) -> Three {
        center(see)
    }

    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>) {
        sight.one("height of the torso", see.position(0)[2]);
        sight.rotation("rotation of the torso", see.rotation(0));
        sight.axes("angle of", see.model, see.angles());
        sight.three("velocity of the torso", see.velocity(0));
        sight.three("angular velocity of the torso", see.angular(0));
        sight.axes("angular velocity of", see.model, see.angle_velocities());

        let center = center(see);
        let away = |body: usize| minus(see.position(body), center);
        for body in members(see) {
            let (away, inverse) = (away(body), see.model.description().bodies[body].inverse_inertia.0);
            let square = dot(away, away) * mass(see, body);
            let (own_inertia, weight) = if self.corrected {
                (inverse.map(|inverse| 1.0 / inverse), mass(see, body))
            } else {
                (inverse, 1.0)
            };
            for line in 0..3 {
                for column in 0..3 {
                    let own =
                        if line == column { square + own_inertia[line] as f32 } else { Lanes::all(0.0) };
                    sight.put(
                        || format!("inertia of {}, {line} {column}", body_name(see.model, body)),
                        own - away[line] * away[column] * weight,
                    );
                }
            }
        }
        let whole = whole_mass(see);
        let share = |body: usize| see.velocity(body).map(|component| component * mass(see, body) / whole);
        sight.vectors("momentum of", see.model, members(see).map(share));
        let spin = |body: usize| {
            let away = away(body);
            cross(away, see.velocity(body)).map(|component| component / (dot(away, away) + 1e-7))
        };
        sight.vectors("spin of", see.model, members(see).map(spin));
        let description = see.model.description();
        for &joint in see.model.joints_by_kind() {
            let Some(actuator) = see.model.actuator_of(joint) else { continue };
            let actuator = &description.actuators[actuator];
            for (axis, &action) in actuator.actions.iter().enumerate() {
                let torque = Lanes::of(row(see.actions, action)) * actuator.strength as f32;
                sight.put(|| format!("torque in {}", axis_name(&description.joints[joint], axis)), torque);
            }
        }
    }

    fn judge(&self, see: &View<'_>, before: Three) -> Judgement {
        let velocity = (center(see)[0] - before[0]) / see.time_step();
        let reward = velocity * 1.25 + 5.0 - see.effort() * 0.1;
        let height = see.position(0)[2];
        Judgement::new(reward, height.less(HEALTHY[0]).or(height.greater(HEALTHY[1])))
    }
}
