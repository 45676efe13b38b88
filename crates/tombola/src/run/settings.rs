//! Everything that decides a training run, as data.
//!
//! Defaults are those of the published runs on the MNIST family: the paper's network, 128 members, a shared batch of 1024
//! images, 4000 generations, a test every 100, a mean decay of 1e-4, and for each strategy the values that its authors
//! tuned there:
//!
//! | strategy | deviation | other |
//! |---|---|---|
//! | `sep-cma-es` | 0.025 | elite ratio 0.5 |
//! | `snes` | 0.025 | temperature 12 |
//! | `pgpe` | 0.05, times 0.999 down to 0.01 | learning rate 0.01, times 0.999 down to 0.001 |
//! | `des` | 0.1 | temperature 12.5 |
//! | others | the strategy's own | |
//!
//! The embedded sets ([`tasks::vision::glyphs`]) serve for trying, and end in a minute: the same network with a random mask
//! that keeps a fifth of its weights, 64 members, batches of 128, 2000 generations, and a deviation of 0.05, found by trying.

use lottery::Plan;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strategies::{Goal, Method, Optimizer, Quirks, Schedule, Settings};
use tasks::vision::classification::Classification;
use tasks::vision::glyphs::Kind;

use crate::suggest::nearest;

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
    /// Images of a batch.
    pub batch: usize,
    /// Whether the mask is compiled before anything is evaluated: equal but for rounding, and faster where it is sparse.
    pub compile: bool,
    /// Strategy, generations, tests.
    pub plan: Plan,
}

impl RunSettings {
    /// The papers' run of a strategy on a task.
    pub fn paper(task: &str, method: Method, quirks: Quirks) -> RunSettings {
        let is_embedded = Kind::named(task.split('+').next().unwrap_or(task)).is_some();
        let mut method = tuned(method);
        if quirks != Quirks::NONE {
            published_optimizer(&mut method);
        }
        if is_embedded {
            method.set_deviation(0.05);
        }
        let search = Settings {
            goal: Goal::Maximise,
            mean_decay: 1e-4,
            quirks,
            ..Settings::new(method, if is_embedded { 64 } else { 128 })
        };
        RunSettings {
            task: task.to_owned(),
            network: "cnn".to_owned(),
            seed: 0,
            density: if is_embedded { 0.2 } else { 1.0 },
            batch: if is_embedded { 128 } else { Classification::PAPER_BATCH },
            compile: false,
            plan: Plan::new(search, if is_embedded { 2000 } else { 4000 }, 100),
        }
    }

    /// The same with one setting changed: `key=value`, where the key is the end of a setting's path
    /// (`temperature`, `method.temperature`, `plan.search.method.temperature`).
    pub fn with(&self, assignment: &str) -> Result<RunSettings, SettingsError> {
        let (key, value) =
            assignment.split_once('=').ok_or_else(|| SettingsError::Form { found: assignment.to_owned() })?;
        let mut tree = serde_json::to_value(self).expect("settings are data");
        let paths = paths(&tree);
        let path = matching(&paths, key.trim())?;
        let place = tree.pointer_mut(&format!("/{}", path.replace('.', "/"))).expect("a path of the tree");
        let parsed = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        *place = parsed;
        let changed: Result<RunSettings, _> = serde_json::from_value(tree);
        changed.map_err(|error| SettingsError::Value {
            key: path.clone(),
            found: value.to_owned(),
            expected: error.to_string(),
        })
    }

    /// Complains about numbers that no run can have; the search's own are checked when it begins.
    pub fn check(&self, images: usize) -> Result<(), SettingsError> {
        let refuse = |key: &str, found: String, expected: String| {
            Err(SettingsError::Value { key: key.to_owned(), found, expected })
        };
        if !(0.0..=1.0).contains(&self.density) {
            return refuse("density", self.density.to_string(), "a fraction from 0 to 1".to_owned());
        }
        if !(1..=images).contains(&self.batch) {
            return refuse("batch", self.batch.to_string(), format!("1 to {images}, the training images"));
        }
        Ok(())
    }

    /// The first setting in which two runs differ: its path, and both values.
    pub fn difference(&self, other: &RunSettings) -> Option<(String, String, String)> {
        let trees = [self, other].map(|settings| serde_json::to_value(settings).expect("settings are data"));
        let mut paths = trees.iter().flat_map(paths).collect::<Vec<_>>();
        paths.dedup();
        paths.into_iter().find_map(|path| {
            let pointer = format!("/{}", path.replace('.', "/"));
            let [mine, theirs] = trees.each_ref().map(|tree| tree.pointer(&pointer));
            let text = |value: Option<&Value>| value.map_or("missing".to_owned(), Value::to_string);
            (mine != theirs).then(|| (path, text(mine), text(theirs)))
        })
    }
}

/// A strategy with the values that the papers' authors tuned on the MNIST family.
fn tuned(mut method: Method) -> Method {
    match &mut method {
        Method::SepCmaEs(settings) => (settings.deviation, settings.elite_ratio) = (0.025, 0.5),
        Method::Snes(settings) => (settings.deviation, settings.temperature) = (0.025, 12.0),
        Method::Pgpe(settings) => {
            settings.learning_rate = Schedule { initial: 0.01, decay: 0.999, limit: 0.001 };
            settings.deviation = Schedule { initial: 0.05, decay: 0.999, limit: 0.01 };
        }
        Method::Des(settings) => (settings.deviation, settings.temperature) = (0.1, 12.5),
        _ => {}
    }
    method
}

/// The published code's adam, which is no flag but a constant.
fn published_optimizer(method: &mut Method) {
    let optimizer = match method {
        Method::OpenEs(settings) => &mut settings.optimizer,
        Method::Pgpe(settings) => &mut settings.optimizer,
        Method::Ars(settings) => &mut settings.optimizer,
        _ => return,
    };
    if *optimizer == Optimizer::ADAM {
        *optimizer = Optimizer::PUBLISHED_ADAM;
    }
}

/// The path of every leaf, in the order of names.
fn paths(tree: &Value) -> Vec<String> {
    let Value::Object(fields) = tree else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(_) => found.extend(paths(value).into_iter().map(|inner| format!("{name}.{inner}"))),
            _ => found.push(name.clone()),
        }
    }
    found
}

/// The one path that is the key, or ends with it.
fn matching<'a>(paths: &'a [String], key: &str) -> Result<&'a String, SettingsError> {
    if let Some(whole) = paths.iter().find(|path| *path == key) {
        return Ok(whole);
    }
    let ends = |path: &&String| path.strip_suffix(key).is_some_and(|rest| rest.ends_with('.'));
    let found: Vec<&String> = paths.iter().filter(ends).collect();
    match found[..] {
        [path] => Ok(path),
        [] => {
            let last = |path: &'a String| path.rsplit('.').next().unwrap_or(path);
            let names = paths.iter().map(String::as_str).chain(paths.iter().map(last));
            let like = nearest(key, names).map(str::to_owned);
            let known = paths.join(", ");
            Err(SettingsError::Unknown { key: key.to_owned(), like, known })
        }
        _ => {
            let candidates = found.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
            Err(SettingsError::Ambiguous { key: key.to_owned(), candidates })
        }
    }
}

/// Why settings cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum SettingsError {
    Form { found: String },
    Unknown { key: String, like: Option<String>, known: String },
    Ambiguous { key: String, candidates: String },
    Value { key: String, found: String, expected: String },
}

impl SettingsError {
    /// What would do instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            SettingsError::Unknown { like: Some(like), .. } => Some(format!("did you mean `{like}`?")),
            SettingsError::Unknown { known, .. } => Some(format!("settings are {known}")),
            _ => None,
        }
    }
}

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SettingsError::Form { found } => write!(f, "`{found}` is no setting; expected key=value"),
            SettingsError::Unknown { key, .. } => write!(f, "there is no setting `{key}`"),
            SettingsError::Ambiguous { key, candidates } => {
                write!(f, "`{key}` could be any of {candidates}")
            }
            SettingsError::Value { key, found, expected } => {
                write!(f, "setting `{key}` is {found}; expected {expected}")
            }
        }
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(task: &str, strategy: &str) -> RunSettings {
        RunSettings::paper(task, Method::named(strategy).unwrap(), Quirks::NONE)
    }

    #[test]
    fn the_published_run_is_the_default() {
        let run = settings("mnist", "sep-cma-es");
        assert_eq!((run.network.as_str(), run.batch, run.density), ("cnn", 1024, 1.0));
        assert_eq!((run.plan.generations, run.plan.test_every), (4000, 100));
        assert_eq!((run.plan.search.population, run.plan.search.mean_decay), (128, 1e-4));
        let Method::SepCmaEs(method) = run.plan.search.method else { panic!("{run:?}") };
        assert_eq!((method.deviation, method.elite_ratio), (0.025, 0.5));
        let published = RunSettings::paper("kmnist", Method::named("pgpe").unwrap(), Quirks::ALL);
        let Method::Pgpe(method) = published.plan.search.method else { panic!("{published:?}") };
        assert_eq!(method.optimizer, Optimizer::PUBLISHED_ADAM);
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
        assert!(run.with("batch=0").unwrap().check(100).is_err());
        assert!(run.with("batch=101").unwrap().check(100).is_err());
        assert!(run.with("density=1.5").unwrap().check(2000).is_err());
        assert!(run.check(60_000).is_ok());
    }
}
