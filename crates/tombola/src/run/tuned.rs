//! Values of strategies that the papers' authors tuned, task by task.
//!
//! Origin: the tables of tuned settings in the authors' code, of which the columns here are all that differs between
//! tasks. In the rows of PGPE and OpenES learning rates are multiplied by 0.999 in each generation down to 0.001, and
//! deviations by 0.999 down to 0.01. DES has the temperature 12.5 everywhere.
//!
//! A task without a row (the classics, the games, `ant_modified`) has what the authors' code falls back to: a deviation of
//! 0.1 and, in SNES, a temperature of 16; PGPE and OpenES as they are by default. So has OpenES on images.
//! Nobody tuned ARS and CMA-ES: they are as they are by default.

use strategies::{Method, Schedule};

/// What was tuned on one task.
struct Row {
    task: &'static str,
    /// Deviation, elite ratio.
    sep_cma_es: (f64, f64),
    /// Deviation, temperature.
    snes: (f64, f64),
    /// Deviation, learning rate.
    pgpe: (f64, f64),
    /// Deviation.
    des: f64,
    /// Deviation, learning rate; none where the strategy is as it is by default.
    open_es: Option<(f64, f64)>,
}

#[rustfmt::skip]
const BODIES: [Row; 9] = [
    row("ant",         (0.05, 0.4),  (0.05, 12.0),  (0.025, 0.01), 0.05,  (0.05, 0.01)),
    row("fetch",       (0.125, 0.2), (0.075, 12.0), (0.05, 0.02),  0.075, (0.125, 0.02)),
    row("grasp",       (0.1, 0.4),   (0.05, 16.0),  (0.025, 0.01), 0.05,  (0.05, 0.01)),
    row("halfcheetah", (0.05, 0.5),  (0.05, 16.0),  (0.025, 0.02), 0.05,  (0.075, 0.01)),
    row("hopper",      (0.1, 0.1),   (0.075, 48.0), (0.05, 0.02),  0.075, (0.125, 0.04)),
    row("humanoid",    (0.1, 0.2),   (0.075, 32.0), (0.05, 0.02),  0.075, (0.1, 0.02)),
    row("reacher",     (0.05, 0.2),  (0.05, 16.0),  (0.025, 0.02), 0.05,  (0.025, 0.01)),
    row("ur5e",        (0.15, 0.5),  (0.075, 16.0), (0.15, 0.03),  0.075, (0.125, 0.01)),
    row("walker2d",    (0.1, 0.2),   (0.075, 16.0), (0.1, 0.03),   0.075, (0.025, 0.02)),
];

/// The same for each set of the MNIST family.
const IMAGES: Row = Row {
    task: "mnist",
    sep_cma_es: (0.025, 0.5),
    snes: (0.025, 12.0),
    pgpe: (0.05, 0.01),
    des: 0.1,
    open_es: None,
};

const fn row(
    task: &'static str,
    sep_cma_es: (f64, f64),
    snes: (f64, f64),
    pgpe: (f64, f64),
    des: f64,
    open_es: (f64, f64),
) -> Row {
    Row { task, sep_cma_es, snes, pgpe, des, open_es: Some(open_es) }
}

/// A strategy with the values of the MNIST family.
pub(super) fn for_images(method: Method) -> Method {
    IMAGES.apply(method)
}

/// A strategy with the values of a control task.
pub(super) fn for_control(task: &str, mut method: Method) -> Method {
    if let Some(row) = BODIES.iter().find(|row| row.task == task) {
        return row.apply(method);
    }
    match &mut method {
        Method::SepCmaEs(settings) => settings.deviation = 0.1,
        Method::Snes(settings) => (settings.deviation, settings.temperature) = (0.1, 16.0),
        Method::Des(settings) => (settings.deviation, settings.temperature) = (0.1, 12.5),
        _ => {}
    }
    method
}

impl Row {
    fn apply(&self, mut method: Method) -> Method {
        let rate = |initial| Schedule { initial, decay: 0.999, limit: 0.001 };
        let deviation = |initial| Schedule { initial, decay: 0.999, limit: 0.01 };
        match &mut method {
            Method::SepCmaEs(settings) => (settings.deviation, settings.elite_ratio) = self.sep_cma_es,
            Method::Snes(settings) => (settings.deviation, settings.temperature) = self.snes,
            Method::Pgpe(settings) => {
                settings.deviation = deviation(self.pgpe.0);
                settings.learning_rate = rate(self.pgpe.1);
            }
            Method::Des(settings) => (settings.deviation, settings.temperature) = (self.des, 12.5),
            Method::OpenEs(settings) => {
                if let Some((first, learning)) = self.open_es {
                    settings.deviation = deviation(first);
                    settings.learning_rate = rate(learning);
                }
            }
            _ => {}
        }
        method
    }
}

#[cfg(test)]
mod tests {
    use tasks::control;

    use super::*;

    fn tuned(task: &str, strategy: &str) -> Method {
        for_control(task, Method::named(strategy).unwrap())
    }

    #[test]
    fn some_values_are_those_of_the_authors_tables() {
        let Method::SepCmaEs(fetch) = tuned("fetch", "sep-cma-es") else { panic!() };
        assert_eq!((fetch.deviation, fetch.elite_ratio), (0.125, 0.2));
        let Method::Snes(hopper) = tuned("hopper", "snes") else { panic!() };
        assert_eq!((hopper.deviation, hopper.temperature), (0.075, 48.0));
        let Method::Pgpe(arm) = tuned("ur5e", "pgpe") else { panic!() };
        assert_eq!(arm.deviation, Schedule { initial: 0.15, decay: 0.999, limit: 0.01 });
        assert_eq!(arm.learning_rate, Schedule { initial: 0.03, decay: 0.999, limit: 0.001 });
        let Method::OpenEs(walker) = tuned("walker2d", "open-es") else { panic!() };
        assert_eq!((walker.deviation.initial, walker.learning_rate.initial), (0.025, 0.02));
        let Method::Des(reacher) = tuned("reacher", "des") else { panic!() };
        assert_eq!((reacher.deviation, reacher.temperature), (0.05, 12.5));
    }

    #[test]
    fn a_task_without_a_row_has_the_values_of_the_others() {
        for task in ["CartPole-v1", "ant_modified"] {
            let Method::Snes(snes) = tuned(task, "snes") else { panic!() };
            assert_eq!((snes.deviation, snes.temperature), (0.1, 16.0));
            assert_eq!(tuned(task, "pgpe"), Method::named("pgpe").unwrap());
        }
        let usual = Method::named("open-es").unwrap();
        assert_eq!(for_images(usual), usual);
    }

    #[test]
    fn every_row_is_a_task() {
        assert!(BODIES.iter().all(|row| control::base(row.task) == Some(row.task)));
    }
}
