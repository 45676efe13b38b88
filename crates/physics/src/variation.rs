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

use std::fmt;
use std::str::FromStr;

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

/// Why a text is no variation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariationError {
    /// There is none of this name.
    Unknown {
        /// As it was given.
        found: String,
    },
    /// It is there more than once.
    Twice {
        /// What is.
        name: &'static str,
    },
    /// It is no factor that a world can have.
    Factor {
        /// Of what.
        name: &'static str,
        /// As it was given.
        found: String,
    },
}

impl fmt::Display for VariationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VariationError::Unknown { found } => write!(
                f,
                "there is no variation `{found}`; there are mass-F, friction-F, gravity-F, strength-F and corrected"
            ),
            VariationError::Twice { name } => write!(f, "`{name}` is given more than once"),
            VariationError::Factor { name, found } => {
                write!(
                    f,
                    "`{found}` is no factor of {name}; expected a number from 0.01 to 100, such as {name}-1.5"
                )
            }
        }
    }
}

impl std::error::Error for VariationError {}

/// The factors that make sense: beyond them springs that were made for a model's masses do not hold.
const FACTORS: std::ops::RangeInclusive<f64> = 0.01..=100.0;

impl Variation {
    /// As the model is.
    pub const NONE: Variation =
        Variation { mass: 1.0, friction: 1.0, gravity: 1.0, strength: 1.0, corrected: false };

    /// A model that differs from another by this.
    pub fn of(self, model: &Description) -> Description {
        let mut varied = model.clone();
        for body in &mut varied.bodies {
            body.mass *= self.mass;
            body.inverse_inertia = body.inverse_inertia * (1.0 / self.mass);
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
        varied
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
            let wrong = || VariationError::Factor { name, found: number.to_owned() };
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
mod tests {
    use super::*;
    use crate::{Model, models, naive};

    fn varied(name: &str, text: &str) -> Model {
        let variation: Variation = text.parse().unwrap();
        Model::new(variation.of(models::named(name).unwrap().description())).unwrap()
    }

    #[test]
    fn a_variation_has_one_text() {
        for (text, expected) in [
            ("", ""),
            ("+mass-1", ""),
            ("+strength-0.5+mass-1.5", "+mass-1.5+strength-0.5"),
            ("corrected+gravity-2.0", "+gravity-2+corrected"),
        ] {
            let variation: Variation = text.parse().unwrap();
            assert_eq!(variation.to_string(), expected);
            assert_eq!(expected.parse(), Ok(variation));
        }
        for wrong in
            ["mass", "mas-1", "mass-", "mass-0", "mass-NaN", "gravity--1", "friction-1e9", "corrected-1"]
        {
            assert!(wrong.parse::<Variation>().is_err(), "{wrong}");
        }
        assert_eq!("mass-2+mass-3".parse::<Variation>(), Err(VariationError::Twice { name: "mass" }));
    }

    #[test]
    fn every_model_can_be_varied_and_none_is_not() {
        for name in models::names() {
            let model = models::named(name).unwrap();
            assert_eq!(Variation::NONE.of(model.description()), *model.description());
            varied(name, "mass-3+friction-0.5+gravity-0.2+strength-2+corrected");
        }
    }

    #[test]
    fn factors_do_what_they_say() {
        let fall = |text: &str| {
            let model = varied("ant", text);
            let mut world = naive::start(&model, &model.rest(), &[0.0; 8]);
            world.iter_mut().take(9).for_each(|body| body.position.0[2] += 5.0);
            naive::step(&model, &mut world, &[0.0; 8]);
            world[0].velocity.0[2]
        };
        // in free flight nothing but gravity counts
        assert!((fall("gravity-0.5") - 0.5 * fall("")).abs() < 1e-9, "{} {}", fall("gravity-0.5"), fall(""));
        assert!((fall("mass-2") - fall("")).abs() < 1e-9);

        // twice the mass and twice the springs, limits and motors would be the same world: here motors alone are
        let turn = |text: &str| {
            let model = varied("reacher", text);
            let mut world = naive::start(&model, &model.rest(), &[0.0; 2]);
            naive::step(&model, &mut world, &[0.1, 0.0]);
            world[1].angular.0[2]
        };
        let (once, twice) = (turn(""), turn("strength-2"));
        assert!(once.abs() > 1e-6 && (twice / once - 2.0).abs() < 0.05, "{once} {twice}");
    }

    #[test]
    fn a_corrected_hopper_does_not_gain_speed_in_the_air() {
        let speed = |text: &str| {
            let model = varied("hopper", text);
            let mut world = naive::start(&model, &model.rest(), &[0.0; 3]);
            for body in world.iter_mut().take(4) {
                body.position.0[2] += 50.0;
                body.velocity.0[0] = 1.0;
            }
            for _ in 0..50 {
                naive::step(&model, &mut world, &[0.0; 3]);
            }
            world[0].velocity.0[0]
        };
        // exp of the time of fifty steps, 0.4: up, or down
        assert!((speed("") - 0.4_f64.exp()).abs() < 1e-3, "{}", speed(""));
        assert!((speed("corrected") - (-0.4_f64).exp()).abs() < 1e-3, "{}", speed("corrected"));
    }
}
