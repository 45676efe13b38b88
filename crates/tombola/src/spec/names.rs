//! The names that a spec may use, and what was probably meant by others.

use lottery::Criterion;
use strategies::Method;
use tasks::control;
use tasks::vision::corruption::{Change, Corruption};
use tasks::vision::glyphs::Kind;
use tasks::vision::sets;

use super::error::Problem;

/// Every task that has a name; an image set in a folder has its path.
pub fn tasks() -> Vec<&'static str> {
    let embedded = Kind::ALL.into_iter().map(Kind::name);
    embedded.chain(sets::SETS.iter().map(|set| set.name)).chain(control::NAMES).collect()
}

/// Whether a task is an image set of one's own, named by its folder.
pub fn is_folder(task: &str) -> bool {
    task.contains(['/', '\\'])
}

/// The usual name of a task.
pub fn task(name: &str) -> Result<String, Problem> {
    if let Some(name) = control::canonical(name) {
        return Ok(name);
    }
    if let Some(why) = control::refusal(name) {
        return Err(Problem::refused("task", &name, &why));
    }
    let (base, corruptions) = name.split_once('+').unwrap_or((name, ""));
    if Kind::named(base).is_some() || sets::named(base).is_ok() {
        let parts = corruptions.split('+').filter(|_| base.len() < name.len());
        return match parts.map(str::parse::<Corruption>).find_map(Result::err) {
            None => Ok(name.to_owned()),
            Some(error) => {
                Err(Problem::unknown_name("corruption", &error.name, &Change::ALL.map(Change::name)))
            }
        };
    }
    if is_folder(name) {
        return Ok(name.to_owned());
    }
    Err(Problem::unknown_name("task", name, &tasks()))
}

/// The strategy of a name.
pub fn strategy(name: &str) -> Result<Method, Problem> {
    Method::named(name).map_err(|_| Problem::unknown_name("strategy", name, &Method::NAMES))
}

/// The criterion of a name, or of its name in the published code.
pub fn criterion(name: &str) -> Result<Criterion, Problem> {
    let names = Criterion::ALL.map(|criterion| criterion.name());
    Criterion::named(name).map_err(|_| Problem::unknown_name("criterion", name, &names))
}

/// The usual name of what a table of settings concerns, if its name is one of a task, a strategy or a criterion.
pub fn concerned(name: &str) -> Option<String> {
    let criterion = || criterion(name).ok().map(|criterion| criterion.name().to_owned());
    let strategy = || strategy(name).ok().map(|method| method.name().to_owned());
    task(name).ok().or_else(strategy).or_else(criterion)
}
