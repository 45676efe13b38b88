//! Evolution strategies of the papers on sparse trainable networks, usable alone on any black box.
//!
//! A [`Search`] is asked for candidates and told their fitness. All strategies share one contract, one set of parts
//! (fitness shaping, optimisers, schedules, decay, failed evaluations, saved states) and one pass over the population:
//!
//! ```
//! use strategies::{Execution, Method, Search, Settings, minimise};
//!
//! let settings = Settings::new(Method::named("cma-es")?, 12);
//! let mut search = Search::new(settings, &[-1.0, 2.0])?;
//! let rosenbrock = |x: &[f64]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
//! let outcome = minimise(&mut search, &Execution::default(), rosenbrock, 1e-10, 20_000)?;
//! assert!(outcome.reached && (search.best().unwrap().member[0] - 1.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is where
//!
//! | module | what |
//! |---|---|
//! | [`open_es`] [`pgpe`] [`ars`] [`snes`] [`des`] [`sep_cma_es`] [`cma_es`] | one strategy each: equations, source, departures |
//! | [`xnes`] [`lm_ma_es`] [`iamalgam`] [`guided_es`] [`asebo`] [`sv_open_es`] [`simple_ga`] [`random_search`] [`les`] | the same |
//! | [`Settings`], [`Quirks`] | what a search is made of; every departure of the published code, a row each |
//! | [`shaping`], [`optimizer`], [`schedule`] | the parts that strategies share |
//! | [`restarts`], [`Criteria`] | one search after the other, with more members or other steps; when to end |
//! | [`arrivals`] | fitness that comes in member by member, in any order |
//! | [`comparison`] | which strategy when: cost, memory, what it adapts |
//! | [`own`] | a strategy of one's own, outside this crate |
//! | [`State`] | everything that the next generation depends on, as `serde` data |
//!
//! # Invariants
//!
//! - **A search is a function** of its settings, its start and what it was told. Draws are addressed by seed, name of
//!   the stream, generation, member and coordinate: any member can be had alone, in any order, on any machine, and
//!   nothing need be stored.
//! - **Nothing but the arguments changes a bit.** Not threads, instructions or block sizes ([`Execution`]); not the
//!   layout; not whether the population was kept or drawn again; not saving and restoring.
//! - **Both variants are here.** [`Quirks::NONE`] follows the algorithms' papers, [`Quirks::ALL`] replays the reference
//!   implementation.
//! - **What fails cannot win.** Fitness that is NaN or infinite is counted and takes the worst place; no number of a
//!   distribution is ever NaN.
//! - **Absent:** tasks, files, terminals, clocks, threads of its own, global state, unsafe code.

#![forbid(unsafe_code)]

pub mod arrivals;
pub mod ars;
pub mod asebo;
mod basis;
pub mod cma_es;
pub mod comparison;
pub mod des;
mod directions;
mod eigen;
mod execution;
pub mod guided_es;
pub mod iamalgam;
mod lanes;
pub mod les;
pub mod lm_ma_es;
mod matrix;
mod members;
mod method;
mod minimise;
mod noise;
pub mod open_es;
pub mod optimizer;
mod outcome;
pub mod own;
pub mod pgpe;
mod population;
mod quirks;
pub mod random_search;
mod real;
pub mod restarts;
mod sample;
pub mod schedule;
mod search;
pub mod sep_cma_es;
mod settings;
pub mod shaping;
pub mod simple_ga;
pub mod snes;
mod state;
mod step_size;
mod stopping;
mod strategy;
pub mod sv_open_es;
pub mod xnes;

pub use execution::{Execution, Threads};
pub use method::{Method, UnknownStrategy};
pub use minimise::{Outcome, minimise};
pub use noise::Record;
pub use optimizer::{Descent, Optimizer};
pub use outcome::{Best, Deviation, SearchError, StopReason, Told};
pub use population::{Layout, Population, PopulationMut};
pub use quirks::Quirks;
pub use real::Real;
pub use restarts::{Policy, Restarts, RestartsState};
pub use schedule::Schedule;
pub use search::Search;
pub use settings::{Goal, SettingError, Settings};
pub use shaping::Shaping;
pub use state::{STATE_VERSION, State, StateError};
pub use step_size::StepRule;
pub use stopping::{Criteria, History};
pub use strategy::{Checkpoint, NoDeviation};
