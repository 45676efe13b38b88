//! One cell: a chain of levels, of one task, strategy, criterion and seed; and its name.
//!
//! ```text
//! canonical = "cell task=T strategy=S seed=N criterion=C" [ " donor=" id ] { " " path "=" value }      settings that are not
//!                                                                                                     the default
//! dense     = "dense task=T strategy=S seed=N"            { " " path "=" value }       of the run alone
//! id        = FNV-1a, 64 bits, of the text
//! ```
//!
//! Defaults are those of [`RunSettings::paper`] in its `corrected` variant at density 1, and of [`Pruning`]. Values are
//! written as JSON has them; numbers with the fewest digits that give them back, and without an exponent; texts without
//! quotes where they need none.

use std::fmt;

use lottery::Pruning;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strategies::{Method, Quirks};

use crate::run::settings::RunSettings;

/// Everything that decides a chain of levels. Two cells with equal contents, and the same data, leave the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Task, network, strategy, seed: what each level trains. Its density is 1, because levels have their own.
    pub run: RunSettings,
    /// How the mask of a level follows from the level before.
    pub pruning: Pruning,
    /// The cell whose tickets this one takes, if its criterion takes any.
    #[serde(skip)]
    pub donor: Option<Box<Cell>>,
}

/// The name of a cell's folder: 64 bits, written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u64);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Cell {
    /// Hash of the canonical text.
    pub fn id(&self) -> CellId {
        CellId(fnv1a(self.canonical().as_bytes()))
    }

    /// Hash of the canonical text of the dense level, which all criteria have in common.
    pub fn dense_id(&self) -> CellId {
        CellId(fnv1a(self.canonical_dense().as_bytes()))
    }

    /// The cell as text. Settings at their default are left out, so that a new setting renames nothing.
    pub fn canonical(&self) -> String {
        self.canonical_with(&self.settings_text())
    }

    /// The same, with the text of the settings, which seeds do not change.
    pub(super) fn canonical_with(&self, settings: &str) -> String {
        let donor = self.donor.as_ref().map_or(String::new(), |donor| format!(" donor={}", donor.id()));
        format!("cell {} criterion={}{donor}{settings}", named(&self.run), self.pruning.criterion.name())
    }

    /// The name of its criterion in rows: where tickets are taken, also from whom.
    pub fn criterion(&self) -> String {
        let name = self.pruning.criterion.name();
        let Some(donor) = &self.donor else { return name.to_owned() };
        let [task, strategy] = [&donor.run.task[..], donor.strategy()];
        match (task == self.run.task, strategy == self.strategy()) {
            (true, _) => format!("{name} from {strategy}"),
            (false, true) => format!("{name} from {task}"),
            (false, false) => format!("{name} from {task} {strategy}"),
        }
    }

    /// The same cell of another seed.
    #[must_use]
    pub fn of_seed(mut self, seed: u64) -> Cell {
        self.run.seed = seed;
        self.run.plan.search.seed = seed;
        self.donor = self.donor.map(|donor| Box::new(donor.of_seed(seed)));
        self
    }

    /// All settings that are not at their default, each as `path=value`.
    pub fn settings(&self) -> Vec<String> {
        // a new field stops the build here: does it belong to the name?
        let Cell { run, pruning, donor: _ } = self;
        let mut settings = Vec::new();
        push_run(&mut settings, run);
        let usual = Pruning { criterion: pruning.criterion, ..Pruning::default() };
        push_differences(&mut settings, "pruning", pruning, &usual);
        settings
    }

    /// The same, as they stand in the name.
    pub(super) fn settings_text(&self) -> String {
        joined(&self.settings())
    }

    /// The dense level as text: what it depends on, which is the run alone.
    pub fn canonical_dense(&self) -> String {
        let mut settings = Vec::new();
        push_run(&mut settings, &self.run);
        format!("dense {}{}", named(&self.run), joined(&settings))
    }

    /// The strategy's name.
    pub fn strategy(&self) -> &'static str {
        self.run.plan.search.method.name()
    }
}

/// What every name begins with.
fn named(run: &RunSettings) -> String {
    let RunSettings { task, seed, plan, .. } = run;
    format!("task={} strategy={} seed={seed}", written_text(task), plan.search.method.name())
}

/// Settings, each with a space before it.
fn joined(settings: &[String]) -> String {
    settings.iter().flat_map(|setting| [" ", setting]).collect()
}

/// The settings of a run that are not the published ones.
fn push_run(settings: &mut Vec<String>, run: &RunSettings) {
    // a new field stops the build here: a default that reproduces old results keeps their names
    let RunSettings { task, network: _, seed, density: _, evaluation: _, compile: _, plan } = run;
    let method = Method::named(plan.search.method.name()).expect("methods know their names");
    let mut usual = RunSettings::paper(task, method, Quirks::NONE);
    usual.density = 1.0;
    usual.seed = *seed;
    usual.plan.search.seed = *seed;
    push_differences(settings, "run", run, &usual);
}

/// Each leaf in which two trees differ, by its path, with the value of the first.
fn push_differences<T: Serialize + PartialEq>(found: &mut Vec<String>, name: &str, own: &T, usual: &T) {
    // most are, and this is far faster than to write them down
    if own == usual {
        return;
    }
    let [own, usual] =
        [own, usual].map(|settings| serde_json::to_value(settings).expect("settings are data"));
    push_leaves(found, &mut name.to_owned(), &own, Some(&usual));
}

/// The leaves below a path, in the order of their names.
fn push_leaves(found: &mut Vec<String>, path: &mut String, own: &Value, usual: Option<&Value>) {
    let Value::Object(fields) = own else {
        if usual != Some(own) {
            found.push(format!("{path}={}", written(own)));
        }
        return;
    };
    let above = path.len();
    for (name, value) in fields {
        path.push('.');
        path.push_str(name);
        push_leaves(found, path, value, usual.and_then(|usual| usual.get(name)));
        path.truncate(above);
    }
}

/// A value, always in the same way.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => written_text(text),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => whole.to_string(),
            (_, Some(whole), _) => whole.to_string(),
            (.., float) => float.map_or_else(|| number.to_string(), |float| float.to_string()),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text, quoted where it could be taken for something else.
fn written_text(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

/// FNV-1a with 64 bits, by Fowler, Noll and Vo.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_authors() {
        // From the test vectors of the authors' page.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(CellId(0xab).to_string(), "00000000000000ab");
    }

    #[test]
    fn values_are_written_in_one_way() {
        let cases = [
            ("0.1", "0.1"),
            ("1e-7", "0.0000001"),
            ("1.0", "1"),
            ("-3", "-3"),
            ("\"a b\"", "\"a b\""),
            ("\"a-b\"", "a-b"),
            ("[1, [2.5], \"\"]", "[1,[2.5],\"\"]"),
            ("null", "null"),
        ];
        for (value, expected) in cases {
            assert_eq!(written(&serde_json::from_str(value).unwrap()), expected);
        }
    }
}
