//! One step of one copy by definition, in `f64`: what the lanes of a task are tested against, and what
//! recorded runs are redone with where single precision is not enough.
//!
//! Games are no part of it: their numbers are whole, and the same in any precision.

use numerics::Isa;

use super::bodies::Bodies;
use super::classic;
use crate::control::{BodyEnvironment, parts};

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// After the step, with the target as it was.
    pub observation: Vec<f64>,
    /// What the step was worth.
    pub reward: f64,
    /// Whether the task ends the episode.
    pub done: bool,
}

/// A task of bodies or of classic control, one copy at a time.
pub struct Twin(Kind);

enum Kind {
    Bodies(Box<Bodies>),
    CartPole,
    Acrobot,
    Pendulum,
}

impl Twin {
    /// The twin of a task, by any name that the task has; none of games.
    pub fn named(name: &str) -> Option<Twin> {
        let (base, variation) = parts(name)?;
        Some(Twin(match base {
            "CartPole-v1" => Kind::CartPole,
            "Acrobot-v1" => Kind::Acrobot,
            "Pendulum-v1" => Kind::Pendulum,
            base => {
                let lanes = BodyEnvironment::varied(base, variation, Isa::PORTABLE)?;
                let corrected = variation.corrected;
                Kind::Bodies(Box::new(Bodies {
                    base,
                    corrected,
                    model: lanes.model().clone(),
                    layout: lanes.layout(),
                }))
            }
        }))
    }

    /// What is seen in a state that begins an episode.
    ///
    /// # Panics
    ///
    /// If the state has other rows than the task.
    pub fn look(&self, state: &[f64]) -> Vec<f64> {
        match &self.0 {
            Kind::Bodies(bodies) => bodies.look(state),
            Kind::CartPole => classic::cart_pole_sight(state),
            Kind::Acrobot => classic::acrobot_sight(state),
            Kind::Pendulum => classic::pendulum_sight(state),
        }
    }

    /// One step of a state, a number a row as the task's own; `draw` says where the target goes if it is hit.
    ///
    /// # Panics
    ///
    /// If the state has other rows than the task, or there are fewer actions.
    pub fn step(&self, state: &mut [f64], actions: &[f64], draw: &mut dyn FnMut() -> [f64; 3]) -> Seen {
        match &self.0 {
            Kind::Bodies(bodies) => bodies.step(state, actions, draw),
            Kind::CartPole => classic::cart_pole(state, actions[0]),
            Kind::Acrobot => classic::acrobot(state, actions[0]),
            Kind::Pendulum => classic::pendulum(state, actions[0]),
        }
    }
}
