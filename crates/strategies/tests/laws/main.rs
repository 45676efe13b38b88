//! Laws that every registered strategy obeys. The loops run over `Method::NAMES`; nothing is excepted by name.

mod bits;
mod definitions;
mod failures;
mod invariances;
mod parts;
mod quirks;
mod sampling;

use strategies::{Execution, Method, Population, PopulationMut, Quirks, Real, Search, Settings, Told};

/// Every strategy with its default settings, in both variants.
pub(crate) fn every_strategy(population: usize) -> Vec<Settings> {
    let variants = [Quirks::NONE, Quirks::ALL];
    let settings = |name: &str, quirks| {
        let method = Method::named(name).expect("a name of the list");
        Settings { quirks, seed: 7, ..Settings::new(method, population) }
    };
    Method::NAMES.iter().flat_map(|name| variants.map(|quirks| settings(name, quirks))).collect()
}

/// Every strategy, corrected.
pub(crate) fn every_corrected(population: usize) -> Vec<Settings> {
    every_strategy(population).into_iter().filter(|settings| settings.quirks == Quirks::NONE).collect()
}

/// How a case is called in messages.
pub(crate) fn name(settings: &Settings) -> String {
    let variant = if settings.quirks == Quirks::NONE { "corrected" } else { "as published" };
    format!("{} {variant}, {} members", settings.method.name(), settings.population)
}

/// A start that is no special point.
pub(crate) fn start<T: Real>(dims: usize) -> Vec<T> {
    (0..dims).map(|coordinate| T::of(0.5 + (coordinate % 5) as f64 * 0.25)).collect()
}

pub(crate) fn sphere<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| (x.wide() - 0.3) * (x.wide() - 0.3)).sum()
}

/// Asks for rows.
pub(crate) fn ask<T: Real>(search: &Search<T>) -> Vec<T> {
    let mut rows = vec![T::ZERO; search.members() * search.dims()];
    search.ask(&Execution::default(), PopulationMut::Rows(&mut rows)).expect("the length is right");
    rows
}

/// One generation on a function of a row.
pub(crate) fn generation<T: Real>(search: &mut Search<T>, cost: impl Fn(&[T]) -> f64) -> Told {
    let rows = ask(search);
    let fitness: Vec<f64> = rows.chunks(search.dims()).map(cost).collect();
    search.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths are right")
}

/// The same; what was told, by member.
pub(crate) fn generation_told(
    search: &mut Search<f64>,
    cost: impl Fn(&[f64]) -> f64,
) -> Vec<(Vec<f64>, f64)> {
    let told = ask(search).chunks(search.dims()).map(|row| (row.to_vec(), cost(row))).collect();
    generation(search, cost);
    told
}
