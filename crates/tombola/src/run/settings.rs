//! Everything that decides a training run, as data.
//!
//! Defaults are those of the published runs ([`paper`](super::paper)). Any setting is changed by the end of its path:
//! `temperature=3` where only one setting has this name, or as much of `plan.search.method.temperature` as it takes.

use lottery::Plan;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::change::SettingsError;
use super::change::{assigned, paths, pointer};

/// What decides a run. Two runs with equal settings, and the same data, leave the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Name of the task.
    pub task: String,
    /// Name of the network.
    pub network: String,
    /// Seed of every stream of the run.
    pub seed: u64,
    /// Fraction of the prunable weights that the mask keeps: a random one, or that of the ticket.
    pub density: f64,
    /// By what networks are judged.
    pub evaluation: Evaluation,
    /// Whether the mask is compiled before anything is evaluated: equal but for rounding, and faster where it is sparse.
    pub compile: bool,
    /// Strategy, generations, tests.
    pub plan: Plan,
}

/// By what a network is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Evaluation {
    /// It names the classes of images.
    Images {
        /// Images that all members of a generation see.
        batch: usize,
    },
    /// It acts in a world.
    Control {
        /// Episodes of each member, whose scores are averaged; all members have the same.
        repeats: usize,
        /// Steps of an episode, at most.
        steps: usize,
        /// Episodes of a test.
        tests: usize,
        /// Whether observations are shifted and scaled by what was seen so far.
        normalise: bool,
    },
}

/// Repeats, steps and tests beyond which a run is a slip of the pen: worlds are held for all repeats and starts for all
/// tests.
const MOST: [usize; 3] = [1 << 10, 1 << 30, 1 << 20];

impl RunSettings {
    /// The same with one setting changed: `key=value`, where the key is the end of a setting's path
    /// (`temperature`, `method.temperature`, `plan.search.method.temperature`).
    pub fn with(&self, assignment: &str) -> Result<RunSettings, SettingsError> {
        assigned(self, assignment)
    }

    /// Complains about numbers that no run can have; `images` are those to train with, where they are known. The search's
    /// own numbers are checked when it begins.
    pub fn check(&self, images: Option<usize>) -> Result<(), SettingsError> {
        let refuse = |key: &str, found: &dyn std::fmt::Display, expected: String| {
            Err(SettingsError::Value { key: key.to_owned(), found: found.to_string(), expected })
        };
        if !(0.0..=1.0).contains(&self.density) {
            return refuse("density", &self.density, "a fraction from 0 to 1".to_owned());
        }
        match (&self.evaluation, images) {
            (Evaluation::Images { batch }, Some(images)) if !(1..=images).contains(batch) => {
                refuse("batch", batch, format!("1 to {images}, the training images"))
            }
            (Evaluation::Images { batch: 0 }, None) => refuse("batch", &0, "at least 1 image".to_owned()),
            (Evaluation::Images { .. }, _) => Ok(()),
            (&Evaluation::Control { repeats, steps, tests, normalise: _ }, _) => {
                let [most_repeats, most_steps, most_tests] = MOST;
                let counts = [
                    ("repeats", repeats, most_repeats),
                    ("steps", steps, most_steps),
                    ("tests", tests, most_tests),
                ];
                match counts.into_iter().find(|(_, count, most)| !(1..=*most).contains(count)) {
                    Some((key, count, most)) => refuse(key, &count, format!("1 to {most}")),
                    None => Ok(()),
                }
            }
        }
    }

    /// Images of a batch; none in control.
    pub fn batch(&self) -> Option<usize> {
        match self.evaluation {
            Evaluation::Images { batch } => Some(batch),
            Evaluation::Control { .. } => None,
        }
    }

    /// The first setting in which two runs differ: its path, and both values.
    pub fn difference(&self, other: &RunSettings) -> Option<(String, String, String)> {
        let trees = [self, other].map(|settings| serde_json::to_value(settings).expect("settings are data"));
        let mut paths = trees.iter().flat_map(paths).collect::<Vec<_>>();
        paths.dedup();
        paths.into_iter().find_map(|path| {
            let [mine, theirs] = trees.each_ref().map(|tree| tree.pointer(&pointer(&path)));
            let text = |value: Option<&Value>| value.map_or("missing".to_owned(), Value::to_string);
            (mine != theirs).then(|| (path, text(mine), text(theirs)))
        })
    }
}

#[cfg(test)]
mod tests {
    use strategies::{Method, Quirks};

    use super::*;

    fn settings(task: &str, strategy: &str) -> RunSettings {
        RunSettings::paper(task, Method::named(strategy).unwrap(), Quirks::NONE)
    }

    #[test]
    fn a_setting_is_changed_by_any_end_of_its_path() {
        let run = settings("mnist", "snes");
        for key in ["temperature", "method.temperature", "plan.search.method.temperature"] {
            let changed = run.with(&format!("{key}=3.5")).unwrap();
            let Method::Snes(method) = changed.plan.search.method else { panic!("{changed:?}") };
            assert_eq!(method.temperature, 3.5, "{key}");
            let difference = run.difference(&changed).unwrap();
            assert_eq!(difference, ("plan.search.method.temperature".into(), "12.0".into(), "3.5".into()));
        }
        assert_eq!(run.with("network=mlp-64").unwrap().network, "mlp-64");
        assert_eq!(run.difference(&run), None);
    }

    #[test]
    fn what_is_no_setting_is_refused_with_what_would_be() {
        let run = settings("mnist", "snes");
        let refused = |text| run.with(text).unwrap_err();
        assert_eq!(refused("temprature=3").hint().unwrap(), "did you mean `temperature`?");
        assert!(refused("zzz=3").hint().unwrap().contains("plan.generations"));
        assert!(matches!(refused("density"), SettingsError::Form { .. }));
        let error = refused("generations=many").to_string();
        assert!(error.starts_with("setting `plan.generations` is many; expected "), "{error}");
        let ambiguous = settings("mnist", "pgpe").with("decay=1").unwrap_err().to_string();
        assert!(ambiguous.contains("learning_rate.decay"), "{ambiguous}");
        assert!(run.with("batch=0").unwrap().check(Some(100)).is_err());
        assert!(run.with("batch=0").unwrap().check(None).is_err());
        assert!(run.with("batch=101").unwrap().check(Some(100)).is_err());
        assert!(run.with("density=1.5").unwrap().check(Some(2000)).is_err());
        assert!(run.check(Some(60_000)).is_ok());
        let ant = settings("ant", "snes");
        for wrong in ["steps=0", "repeats=0", "tests=0"] {
            let error = ant.with(wrong).unwrap().check(None).unwrap_err().to_string();
            assert!(error.contains("is 0; expected 1 to"), "{error}");
        }
        assert!(ant.with("batch=3").is_err() && run.with("repeats=3").is_err());
    }
}
