//! A setting that a cell does not have: what was probably meant, and whether another strategy has it.

use strategies::Method;

use super::cell::Cell;
use crate::run::change::paths;
use crate::spec::Problem;
use crate::suggest::alike;

/// Keys that are lists of a grid, and no settings.
pub(super) const AXES: [&str; 6] = ["task", "strategy", "criterion", "seed", "seeds", "variant"];

/// Settings that follow from others.
pub(super) const DERIVED: [&str; 4] = ["density", "goal", "stream", "name"];

/// Why a key is refused that no setting of the cell has.
pub(super) fn unknown(cell: &Cell, key: &str) -> Problem {
    let known = known(cell);
    let whole = alike(key, known.iter().map(String::as_str));
    let mut likes: Vec<String> = whole.into_iter().map(str::to_owned).collect();
    for like in alike(last(key), known.iter().map(|name| last(name))) {
        let names = known.iter().filter(|name| last(name) == like).cloned();
        likes.extend(names.filter(|name| !likes.contains(name)).collect::<Vec<_>>());
    }
    likes.truncate(3);
    let key = key.to_owned();
    if likes.iter().all(|like| *like != key) && belongs_to_a_strategy(&key) {
        let strategy = cell.strategy().to_owned();
        return Problem::Lacks { key, strategy, likes, known };
    }
    Problem::UnknownKey { key, likes, known }
}

/// Every key that the cell has, as short as it can be said.
fn known(cell: &Cell) -> Vec<String> {
    let paths = paths(&serde_json::to_value(cell).expect("settings are data"));
    let shortest = |path: &String| {
        let ends = path.rmatch_indices('.').map(|(at, _)| &path[at + 1..]);
        let leads_to = |end: &str| paths.iter().filter(|path| path.ends_with(&format!(".{end}"))).count();
        ends.into_iter().find(|end| leads_to(end) == 1).unwrap_or(path).to_owned()
    };
    let is_free = |path: &&String| !DERIVED.contains(&last(path)) && !AXES.contains(&last(path));
    let mut known: Vec<String> = AXES.map(str::to_owned).into();
    known.push("deviation".to_owned());
    known.extend(paths.iter().filter(is_free).map(shortest).filter(|name| name != "deviation"));
    known
}

/// Whether some strategy has a setting of this name.
fn belongs_to_a_strategy(key: &str) -> bool {
    let end = format!(".{}", key.trim_start_matches("method."));
    Method::NAMES.iter().any(|name| {
        let method = Method::named(name).expect("a known name");
        let paths = paths(&serde_json::to_value(method).expect("settings are data"));
        paths.iter().any(|path| format!(".{path}").ends_with(&end))
    })
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
