//! Worlds that differ from a model by a factor: heavier bodies, other ground, weaker motors.
//!
//! A variation is written behind a name, in any order: `ant+mass-1.5+friction-0.8`. Factors of one are left out when it is
//! written again, so a variation has one text.
//!
//! | text | is multiplied |
//! |---|---|
//! | `mass-F` | masses and moments of inertia of all bodies |
//! | `friction-F` | friction of all pairs that touch |
//! | `gravity-F` | gravity |
//! | `strength-F` | strength of all actuators |
//! | `corrected` | nothing: damping that lets velocities *grow* (hopper, walker2d) damps, by as much |
//!
//! **Lighter bodies have more sub-steps.** Springs, dampers and motors stay what they are, and what one sub-step makes of
//! their forces grows as the mass falls: of a damper in proportion, of a spring with the root. So the time of a sub-step
//! falls by the factor of the mass, which leaves everything at least as stable as in the model, and contacts take back as
//! much of a penetration in a *time*. From a mass of 1 on sub-steps are the model's. There is no room to wait with that:
//! without it the joints of the ant already shake at `mass-0.95`, where it rides on them, five times as fast as ants run.
//!
//! **What a model does not bear is refused,** and so is what changes nothing ([`check`](Variation::check)). Whatever is
//! not refused holds together under the strongest actions. The tests of the control tasks try every pair of ends of all
//! ranges; all ends of the others with a mass of 1, where sub-steps are as coarse as they get and bodies lightest for it;
//! masses between; and all of it corrected where something is.

mod error;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use self::error::VariationError;
use self::error::ends;
use crate::description::Description;
use crate::vector::Vector;

/// Factors of a world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// Of masses and inertias: above 0.
    pub mass: f64,
    /// Of friction.
    pub friction: f64,
    /// Of gravity.
    pub gravity: f64,
    /// Of actuators.
    pub strength: f64,
    /// Whether what is known to be unphysical is put right.
    pub corrected: bool,
}

/// The factors that a text may have.
const FACTORS: RangeInclusive<f64> = 0.01..=100.0;

/// Lightest bodies: they have ten times the sub-steps, and so take ten times as long.
const LIGHTEST: f64 = 0.1;
/// Most friction, and most of it for the cheetah, which has no damping that would quieten its shins again: from 2 on they
/// turn a thousand times a second.
const ROUGHEST: [f64; 2] = [10.0, 1.5];
/// Most gravity, and most weight, which is mass times gravity: beyond it joints are pulled apart by metres.
const STEEPEST: f64 = 10.0;
const HEAVIEST: f64 = 100.0;
/// Most strength: seven times that of the papers turns a cheetah's shins inside out within a sub-step.
const STRONGEST: f64 = 4.0;

impl Variation {
    /// As the model is.
    pub const NONE: Variation =
        Variation { mass: 1.0, friction: 1.0, gravity: 1.0, strength: 1.0, corrected: false };

    /// A model that differs from another by this.
    ///
    /// # Errors
    ///
    /// If the other one would not bear it, or not notice: see [`check`](Variation::check).
    pub fn of(self, model: &Description) -> Result<Description, VariationError> {
        self.check(model)?;
        let mut varied = model.clone();
        for body in &mut varied.bodies {
            body.mass *= self.mass;
            body.inverse_inertia = body.inverse_inertia * (1.0 / self.mass);
        }
        if self.mass < 1.0 {
            varied.substeps = (f64::from(model.substeps) / self.mass).ceil() as u32;
            varied.penetration_recovery *= f64::from(model.substeps) / f64::from(varied.substeps);
        }
        // a pair has the product of its two
        varied.shapes.iter_mut().for_each(|shape| shape.friction *= self.friction.sqrt());
        varied.gravity = Vector(varied.gravity.0.map(|component| component * self.gravity));
        varied.actuators.iter_mut().for_each(|actuator| actuator.strength *= self.strength);
        if self.corrected {
            for damping in [&mut varied.velocity_damping, &mut varied.angular_damping] {
                *damping = -damping.abs();
            }
        }
        Ok(varied)
    }

    /// The factors that a model bears, with their names and in the order in which they are written.
    pub fn ranges(model: &Description) -> [(&'static str, RangeInclusive<f64>); 4] {
        let [most, of_cheetah] = ROUGHEST;
        let roughest = if model.name == "halfcheetah" { of_cheetah } else { most };
        [
            ("mass", LIGHTEST..=*FACTORS.end()),
            ("friction", *FACTORS.start()..=roughest),
            ("gravity", *FACTORS.start()..=STEEPEST),
            ("strength", *FACTORS.start()..=STRONGEST),
        ]
    }

    /// Whether a model bears this, and notices it. Whether there is something to correct is not asked here: that may be in
    /// what a task sees.
    ///
    /// # Errors
    ///
    /// If a factor is out of the [`ranges`](Variation::ranges), if bodies would be too heavy for their joints, or if a
    /// factor changes nothing: friction where nothing touches, gravity where nothing can fall, strength without motors.
    pub fn check(mut self, model: &Description) -> Result<(), VariationError> {
        let idle = self.idle(model);
        let weight = self.mass * self.gravity;
        let text = self.to_string();
        for ((name, factor), (_, range)) in self.factors().into_iter().zip(Variation::ranges(model)) {
            if *factor == 1.0 {
                continue;
            }
            let (model, found) = (model.name.clone(), factor.to_string());
            if let Some((_, why)) = idle.iter().find(|(idle, _)| *idle == name) {
                return Err(VariationError::Idle { model, text: format!("{name}-{found}"), why });
            }
            if !range.contains(factor) {
                return Err(VariationError::Range { model, name, found, range: ends(&range) });
            }
        }
        if weight > HEAVIEST {
            let most = HEAVIEST.to_string();
            return Err(VariationError::Weight {
                model: model.name.clone(),
                text,
                found: weight.to_string(),
                most,
            });
        }
        Ok(())
    }

    /// The factors that a model does not notice, and why.
    fn idle(&self, model: &Description) -> Vec<(&'static str, &'static str)> {
        let falls = |axis: usize| {
            model.gravity.0[axis] != 0.0 && model.bodies.iter().any(|body| body.moves[axis] != 0)
        };
        let parts = [
            ("friction", !model.contacts.is_empty(), "nothing in it touches anything"),
            ("gravity", (0..3).any(falls), "nothing in it can fall"),
            ("strength", !model.actuators.is_empty(), "it has no motors"),
        ];
        parts.into_iter().filter(|part| !part.1).map(|(name, _, why)| (name, why)).collect()
    }

    /// The factors with their names, in the order in which they are written.
    fn factors(&mut self) -> [(&'static str, &mut f64); 4] {
        [
            ("mass", &mut self.mass),
            ("friction", &mut self.friction),
            ("gravity", &mut self.gravity),
            ("strength", &mut self.strength),
        ]
    }
}

impl FromStr for Variation {
    type Err = VariationError;

    fn from_str(text: &str) -> Result<Variation, VariationError> {
        let mut variation = Variation::NONE;
        let mut seen = Vec::new();
        let mut is_new = |name: &'static str| {
            let is_new = !seen.contains(&name);
            seen.push(name);
            if is_new { Ok(()) } else { Err(VariationError::Twice { name }) }
        };
        for part in text.split('+').filter(|part| !part.is_empty()) {
            if part == "corrected" {
                variation.corrected = true;
                is_new("corrected")?;
                continue;
            }
            let unknown = || VariationError::Unknown { found: part.to_owned() };
            let (name, number) = part.split_once('-').ok_or_else(unknown)?;
            let mut factors = variation.factors();
            let (name, factor) = factors.iter_mut().find(|(known, _)| *known == name).ok_or_else(unknown)?;
            is_new(name)?;
            let wrong = || VariationError::Factor { name, found: number.to_owned(), range: ends(&FACTORS) };
            **factor = number.parse().ok().filter(|number| FACTORS.contains(number)).ok_or_else(wrong)?;
        }
        Ok(variation)
    }
}

impl fmt::Display for Variation {
    /// Each part with a `+` before it; nothing where nothing differs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut factors = *self;
        for (name, factor) in factors.factors().into_iter().filter(|(_, factor)| **factor != 1.0) {
            write!(f, "+{name}-{factor}")?;
        }
        f.write_str(if self.corrected { "+corrected" } else { "" })
    }
}

#[cfg(test)]
mod tests;
