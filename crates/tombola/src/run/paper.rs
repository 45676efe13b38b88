//! The published runs, task by task.
//!
//! | tasks | network | members | generations, a test every | decay | evaluation |
//! |---|---|---:|---|---|---|
//! | image sets | `cnn` | 128 | 4000, 100 | of the mean, 1e-4 | a shared batch of 1024 images; all test images |
//! | bodies (`ant`, ...) | `policy-32-32` | 256 | 3000, 100 | of the mean, 1e-5 | 8 episodes of 500 steps; 64 for a test; observations normalised |
//! | classics (`CartPole-v1`, ...) | `policy-64-64-linear` | 100 | 2000, 50 | of the mean, 1e-4 | 8 episodes of 500 steps; 32 for a test |
//! | games (`Breakout-MinAtar`, ...) | `minatar-cnn` | 256 | 7000, 200 | of fitness, 1e-5 | as the classics |
//!
//! Source: the run files in the authors' code, `brax`, `gym`, `minatar` and `mnist`; the values of strategies are in
//! `run::tuned`.
//!
//! The embedded sets ([`tasks::vision::glyphs`]) serve for trying, and end in a minute: the same network with a random mask
//! that keeps a fifth of its weights, 64 members, batches of 128, 2000 generations, and a deviation of 0.05, found by trying.

use lottery::Plan;
use strategies::{Goal, Method, Quirks, Settings};
use tasks::control;
use tasks::vision::classification::Classification;
use tasks::vision::glyphs::Kind;

use super::settings::{Evaluation, RunSettings};
use super::tuned;

/// Games of the papers, after their simulator's names.
pub const GAMES: [&str; 5] =
    ["Asterix-MinAtar", "Breakout-MinAtar", "Freeway-MinAtar", "Seaquest-MinAtar", "SpaceInvaders-MinAtar"];

/// Tasks whose runs have the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Images that the program draws itself.
    Embedded,
    /// Every other image set.
    Images,
    /// Control of simulated bodies.
    Bodies,
    /// Control of a few numbers: a cart, a pendulum.
    Classics,
    /// Control by images of ten by ten.
    Games,
}

impl Family {
    /// The family of a task; a name that is no control task is an image set, perhaps a corrupted one.
    pub fn of(task: &str) -> Family {
        match control::base(task) {
            Some(name) if GAMES.contains(&name) => Family::Games,
            Some(name) if name.ends_with("-v1") => Family::Classics,
            Some(_) => Family::Bodies,
            None if Kind::named(task.split('+').next().unwrap_or(task)).is_some() => Family::Embedded,
            None => Family::Images,
        }
    }

    /// Whether networks act, and do not look at images only.
    pub fn is_control(self) -> bool {
        matches!(self, Family::Bodies | Family::Classics | Family::Games)
    }

    fn numbers(self) -> Numbers {
        let control = |tests, normalise| Evaluation::Control { repeats: 8, steps: 500, tests, normalise };
        let images = |batch| Evaluation::Images { batch };
        let (network, population, generations, test_every, mean_decay, evaluation) = match self {
            Family::Embedded => ("cnn", 64, 2000, 100, 1e-4, images(128)),
            Family::Images => ("cnn", 128, 4000, 100, 1e-4, images(Classification::PAPER_BATCH)),
            Family::Bodies => ("policy-32-32", 256, 3000, 100, 1e-5, control(64, true)),
            Family::Classics => ("policy-64-64-linear", 100, 2000, 50, 1e-4, control(32, false)),
            Family::Games => ("minatar-cnn", 256, 7000, 200, 0.0, control(32, false)),
        };
        let fitness_decay = if self == Family::Games { 1e-5 } else { 0.0 };
        Numbers { network, population, generations, test_every, mean_decay, fitness_decay, evaluation }
    }
}

/// What a family has in common.
struct Numbers {
    network: &'static str,
    population: usize,
    generations: u64,
    test_every: u64,
    mean_decay: f64,
    fitness_decay: f64,
    evaluation: Evaluation,
}

impl RunSettings {
    /// The papers' run of a strategy on a task.
    pub fn paper(task: &str, method: Method, quirks: Quirks) -> RunSettings {
        let family = Family::of(task);
        let mut method = match control::base(task) {
            Some(base) => tuned::for_control(base, method),
            None => tuned::for_images(method),
        };
        if quirks != Quirks::NONE {
            method.use_published_adam();
        }
        if family == Family::Embedded {
            method.set_deviation(0.05);
        }
        let Numbers { network, population, generations, test_every, mean_decay, fitness_decay, evaluation } =
            family.numbers();
        let goal = Goal::Maximise;
        let quirks = quirks.of(&method);
        let search =
            Settings { goal, mean_decay, fitness_decay, quirks, ..Settings::new(method, population) };
        RunSettings {
            task: control::canonical(task).unwrap_or_else(|| task.to_owned()),
            network: network.to_owned(),
            seed: 0,
            density: if family == Family::Embedded { 0.2 } else { 1.0 },
            evaluation,
            compile: false,
            plan: Plan::new(search, generations, test_every),
        }
    }
}

#[cfg(test)]
mod tests {
    use numerics::Isa;
    use strategies::Optimizer;
    use strategies::shaping::Shaping;

    use super::*;

    fn paper(task: &str, strategy: &str) -> RunSettings {
        RunSettings::paper(task, Method::named(strategy).unwrap(), Quirks::NONE)
    }

    #[test]
    fn the_published_run_is_the_default() {
        let run = paper("mnist", "sep-cma-es");
        assert_eq!((run.network.as_str(), run.density), ("cnn", 1.0));
        assert_eq!(run.evaluation, Evaluation::Images { batch: 1024 });
        assert_eq!((run.plan.generations, run.plan.test_every), (4000, 100));
        assert_eq!((run.plan.search.population, run.plan.search.mean_decay), (128, 1e-4));
        let Method::SepCmaEs(method) = run.plan.search.method else { panic!("{run:?}") };
        assert_eq!((method.deviation, method.elite_ratio), (0.025, 0.5));
        let published = RunSettings::paper("kmnist", Method::named("pgpe").unwrap(), Quirks::ALL);
        let Method::Pgpe(method) = published.plan.search.method else { panic!("{published:?}") };
        assert_eq!(method.optimizer, Optimizer::PUBLISHED_ADAM);
    }

    #[test]
    fn control_tasks_have_the_numbers_of_their_run_files() {
        let ant = paper("ant", "pgpe");
        assert_eq!(
            ant.evaluation,
            Evaluation::Control { repeats: 8, steps: 500, tests: 64, normalise: true }
        );
        assert_eq!((ant.plan.search.population, ant.plan.generations, ant.plan.test_every), (256, 3000, 100));
        assert_eq!((ant.plan.search.mean_decay, ant.plan.search.shaping), (1e-5, Shaping::CentredRank));

        let cart = paper("cartpole", "snes");
        assert_eq!((cart.task.as_str(), cart.network.as_str()), ("CartPole-v1", "policy-64-64-linear"));
        assert_eq!(
            (cart.plan.search.population, cart.plan.generations, cart.plan.test_every),
            (100, 2000, 50)
        );

        let game = paper("Breakout-MinAtar", "snes");
        assert_eq!((game.plan.search.fitness_decay, game.plan.search.mean_decay), (1e-5, 0.0));
        assert_eq!((game.plan.generations, game.plan.test_every), (7000, 200));
    }

    #[test]
    fn every_task_of_the_papers_has_a_run_that_can_be() {
        let tasks = control::NAMES.into_iter().chain(["mnist", "fashion-mnist", "kmnist", "glyphs"]);
        for task in tasks {
            for strategy in Method::NAMES {
                let run = paper(task, strategy);
                run.check(None).unwrap_or_else(|error| panic!("{task}, {strategy}: {error}"));
                run.plan.search.check(100).unwrap_or_else(|error| panic!("{task}, {strategy}: {error}"));
            }
        }
        for task in control::NAMES {
            let family = Family::of(control::named(task, Isa::detected()).unwrap().name());
            assert_eq!(family == Family::Classics, task.ends_with("-v1"));
            assert_eq!(family == Family::Games, task.ends_with("-MinAtar"));
            assert!(family.is_control());
        }
        assert_eq!(Family::of("breakout"), Family::Games);
    }
}
