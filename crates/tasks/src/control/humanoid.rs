//! A humanoid walks.
//!
//! Sees height and rotation of the torso, angles and velocities about the joints' axes (hinges, then universal joints,
//! then balls), the torso's velocities, and for each body what the reference takes for inertia, momentum and spin about
//! the common centre of mass: the *inverse* inertia, and an outer product without the mass (corrected: the inertia, and the
//! product with it). Last, the torques. Acts by torques.
//!
//! Reward: 1.25 times the velocity of the centre of mass along x, plus 5, less a tenth of the actions' squares. Ends
//! where the torso is below 0.8 or above 2.1.

use super::bodies::{Judgement, Rules, View};
use super::lanes::{Lanes, Three, cross, dot, minus, plus, times};
use super::row;
use super::sight::Sight;

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
        sight.list("angle", see.angles());
        sight.three("velocity of the torso", see.velocity(0));
        sight.three("angular velocity of the torso", see.angular(0));
        sight.list("velocity about axis", see.angle_velocities());

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
                        || format!("inertia of body {body}, {line} {column}"),
                        own - away[line] * away[column] * weight,
                    );
                }
            }
        }
        let whole = whole_mass(see);
        let share = |body: usize| see.velocity(body).map(|component| component * mass(see, body) / whole);
        sight.vectors("momentum of body", members(see).map(share));
        let spin = |body: usize| {
            let away = away(body);
            cross(away, see.velocity(body)).map(|component| component / (dot(away, away) + 1e-7))
        };
        sight.vectors("spin of body", members(see).map(spin));
        let description = see.model.description();
        for &joint in see.model.joints_by_kind() {
            let Some(actuator) = see.model.actuator_of(joint) else { continue };
            let actuator = &description.actuators[actuator];
            for &action in &actuator.actions {
                let torque = Lanes::of(row(see.actions, action)) * actuator.strength as f32;
                sight.put(|| format!("torque of action {action}"), torque);
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
