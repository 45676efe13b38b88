//! Laws that every registered strategy obeys. The loops run over all names; nothing is excepted by name.

mod bits;
mod definitions;
mod failures;
mod further;
mod invariances;
mod parts;
mod quirks;
mod restarts;
mod sampling;

use strategies::cma_es::CmaEsSettings;
use strategies::les::Network;
use strategies::{
    Execution, Goal, Method, Population, PopulationMut, Quirks, Real, Search, Settings, StepRule, Told,
};

/// A network by hand, for the strategy that needs one: keys and queries are ranks, so that members look at those of like
/// rank, values fall with rank, and the mean is followed nearly all the way. Nobody trained it.
fn network() -> Network {
    let mut numbers = Vec::new();
    for (name, inputs, outputs) in Network::parts() {
        for index in 0..inputs * outputs {
            numbers.push(match (name.as_str(), index) {
                // From the second feature, the rank, to the first output.
                ("Wk" | "Wq", 8) => 20.0,
                ("Wv", 1) => -12.0,
                ("bmean", 0) => 3.0,
                ("bsigma", 0) => -2.0,
                // Paths alone, and not the time.
                ("Wh", 0..48) => 0.2 * f64::from(index as u32 % 3),
                ("bh", _) => 1.0,
                ("Wmean" | "Wsigma", 2) => 0.2,
                _ => 0.0,
            });
        }
    }
    Network::new(&numbers).expect("as many as there are")
}

/// A strategy with its default settings, and what it needs beside them.
pub(crate) fn method(name: &str) -> Method {
    let mut method = Method::named(name).expect("a name of the list");
    if let Method::Les(settings) = &mut method {
        settings.network = Some(network());
    }
    method
}

/// Settings that change how a strategy works, and not only how fast.
pub(crate) fn other_settings() -> [Method; 2] {
    let usual = CmaEsSettings::default();
    [
        Method::CmaEs(CmaEsSettings { active: false, ..usual }),
        Method::CmaEs(CmaEsSettings { step_size: StepRule::TwoPoint, ..usual }),
    ]
}

/// Every strategy with its default settings, in all variants that it has, and those that have more than one way to work.
pub(crate) fn every_strategy(population: usize) -> Vec<Settings> {
    let variants = |method: &Method| {
        let departs = Quirks::LATER.of(method) != Quirks::NONE;
        [Quirks::NONE, Quirks::ALL].into_iter().chain(departs.then_some(Quirks::LATER))
    };
    let settings = |method, quirks| Settings { quirks, seed: 7, ..Settings::new(method, population) };
    let names = Method::NAMES.iter().chain(&Method::NEEDS_MORE);
    names
        .map(|name| method(name))
        .chain(other_settings())
        .flat_map(|method| variants(&method).map(move |quirks| settings(method, quirks)))
        .collect()
}

/// Every strategy, corrected.
pub(crate) fn every_corrected(population: usize) -> Vec<Settings> {
    every_strategy(population).into_iter().filter(|settings| settings.quirks == Quirks::NONE).collect()
}

/// The goals that are the same but for a sign; not where the published code forgets which one it has.
pub(crate) fn goals(settings: &Settings) -> Vec<Goal> {
    let forgets = settings.quirks.of(&settings.method).guided_forgets_goal;
    if forgets { vec![Goal::Minimise] } else { vec![Goal::Minimise, Goal::Maximise] }
}

/// How a case is called in messages.
pub(crate) fn name(settings: &Settings) -> String {
    let variant = match settings.quirks {
        Quirks::NONE => "corrected",
        Quirks::LATER => "as later",
        _ => "as published",
    };
    format!("{:?} {variant}, {} members", settings.method, settings.population)
}

/// A start that is no special point.
pub(crate) fn start<T: Real>(dims: usize) -> Vec<T> {
    (0..dims).map(|coordinate| T::of(0.5 + (coordinate % 5) as f64 * 0.25)).collect()
}

pub(crate) fn sphere<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| (x.wide() - 0.3) * (x.wide() - 0.3)).sum()
}

/// The deviation of each coordinate; none where a strategy has none, because it does not draw around its mean.
pub(crate) fn deviations<T: Real>(search: &Search<T>) -> Option<Vec<T>> {
    let deviation = search.deviation().ok();
    let around = search.around_mean().contains(&true);
    assert_eq!(deviation.is_some(), around, "a deviation of members around the mean: {deviation:?}");
    deviation.map(|deviation| (0..search.dims()).map(|coordinate| deviation.at(coordinate)).collect())
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
