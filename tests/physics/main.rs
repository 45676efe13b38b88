//! The physics engine against recorded runs of the reference (Brax 0.9's first engine, legacy springs).
//!
//! A few records are in `tests/physics/records`; where `TOMBOLA_GOLDEN` names a folder with `physics/`, everything there
//! is redone: the models, every part of a step, whole steps and starts, and the tasks: what is seen, rewards and ends,
//! those of classic control and of games too. Whole evaluations of policies are redone as well.

mod classic;
mod components;
mod control;
mod evaluations;
mod games;
mod initial;
mod limits;
mod models;
mod precision;
mod records;
mod refusals;
mod replays;
mod returns;
mod stages;
mod steps;
mod substeps;
