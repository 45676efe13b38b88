//! How many evaluations a strategy needs to come within 1e-8 of an optimum, on three functions that say most about it.
//!
//! ```text
//! sphere       sum_j (x_j - 0.3)^2
//! rosenbrock   sum_{j < D-1} 100 (x_{j+1} - x_j^2)^2 + (1 - x_j)^2
//! ellipsoid    sum_j 10^(6 j / (D-1)) y_j^2,   y = x - 0.3, turned for strategies that learn correlations
//! ```
//!
//! The turn is a product of plane rotations: for `sweep` = 0, 1 and `i` = 0 .. D-2 the pair `(y_i, y_{i+1})` by the angle
//! whose half has the tangent `t = (1 + (7 i + 3 sweep) mod 11) / 10`, so that sine and cosine are fractions, and the bits of
//! a run are the same on every machine. A run starts uniformly in a box of width 1 around the origin with deviation 0.5, has
//! `4 + 3 ln D` members (even), and `10^5 D` evaluations. A run that has not halved its best value in `4000 D` evaluations
//! is given up, and counts as missed, where at that pace those that are left do not reach 1e-8: with a whole budget from 1,
//! which is 27 halvings from 1e-8, of which it makes 25, but not from 0.1.

use numerics::Isa;
use numerics::random::Stream;
use serde::{Deserialize, Serialize};
use strategies::{Execution, Method, Population, PopulationMut, Search, SearchError, Settings};

/// Within this of the optimum a run has arrived.
pub const TARGET: f64 = 1e-8;

/// A function to be minimised; the optimum is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Round.
    Sphere,
    /// A bent valley.
    Rosenbrock,
    /// Long and thin, along the axes.
    Ellipsoid,
    /// Long and thin, across them.
    TurnedEllipsoid,
}

impl Function {
    /// As tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Function::Sphere => "sphere",
            Function::Rosenbrock => "rosenbrock",
            Function::Ellipsoid => "ellipsoid",
            Function::TurnedEllipsoid => "turned ellipsoid",
        }
    }

    /// The three that are asked of a strategy.
    pub fn of(method: &Method) -> [Function; 3] {
        let learns_correlations = method.is_square() || matches!(method, Method::LmMaEs(_));
        let ellipsoid = if learns_correlations { Function::TurnedEllipsoid } else { Function::Ellipsoid };
        [Function::Sphere, Function::Rosenbrock, ellipsoid]
    }
}

/// A function of so many coordinates, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Problem {
    function: Function,
    /// Of the ellipsoid's axes, from 1 to 10^6.
    weights: Vec<f64>,
}

impl Problem {
    /// The function of `dims` coordinates.
    pub fn new(function: Function, dims: usize) -> Problem {
        let ratio = root(1e6, dims.saturating_sub(1));
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight * ratio));
        Problem { function, weights: weights.take(dims).collect() }
    }

    /// The value at a point.
    pub fn value(&self, x: &[f64]) -> f64 {
        match self.function {
            Function::Sphere => x.iter().map(|x| (x - 0.3) * (x - 0.3)).sum(),
            Function::Rosenbrock => {
                let valley = |pair: &[f64]| {
                    let (off, ahead) = (pair[1] - pair[0] * pair[0], 1.0 - pair[0]);
                    (100.0 * off).mul_add(off, ahead * ahead)
                };
                x.windows(2).map(valley).sum()
            }
            Function::Ellipsoid => self.stretched(x.iter().map(|x| x - 0.3)),
            Function::TurnedEllipsoid => {
                self.stretched(turned(x.iter().map(|x| x - 0.3).collect()).into_iter())
            }
        }
    }

    fn stretched(&self, y: impl Iterator<Item = f64>) -> f64 {
        y.zip(&self.weights).map(|(y, weight)| weight * y * y).sum()
    }
}

fn turned(mut y: Vec<f64>) -> Vec<f64> {
    for sweep in 0..2 {
        for i in 0..y.len() - 1 {
            let tangent = (1 + (7 * i + 3 * sweep) % 11) as f64 / 10.0;
            let square = tangent * tangent;
            let (cosine, sine) = ((1.0 - square) / (1.0 + square), 2.0 * tangent / (1.0 + square));
            (y[i], y[i + 1]) = (cosine * y[i] - sine * y[i + 1], sine * y[i] + cosine * y[i + 1]);
        }
    }
    y
}

/// The largest number whose power is at most `value`, which is at least 1; 1 for the power 0. Found by halving, because
/// the platform's roots and powers differ between platforms.
fn root(value: f64, power: usize) -> f64 {
    let (mut low, mut high) = (1.0f64, 2.0 * value);
    if power == 0 {
        return 1.0;
    }
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return low;
        }
        let reached = (0..power).fold(1.0, |product, _| product * middle);
        if reached > value { high = middle } else { low = middle }
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Our name of the strategy.
    pub strategy: String,
    /// As tables call it.
    pub function: String,
    /// Coordinates.
    pub dims: usize,
    /// Members of a generation.
    pub population: usize,
    /// Of start and draws.
    pub seed: u64,
    /// Up to and with the first within [`TARGET`]; none if it missed.
    pub evaluations: Option<u64>,
    /// The best value.
    pub best: f64,
}

impl Run {
    /// Whether it is this one, whatever came of it.
    pub fn is_of(&self, method: &Method, function: Function, dims: usize, seed: u64) -> bool {
        let names = (self.strategy.as_str(), self.function.as_str());
        names == (method.name(), function.name()) && (self.dims, self.seed) == (dims, seed)
    }
}

/// The usual size of a population.
pub fn population(dims: usize) -> usize {
    (4 + (3.0 * (dims as f64).ln()) as usize).next_multiple_of(2)
}

/// Where a run starts.
pub fn start(dims: usize, seed: u64) -> Vec<f64> {
    let mut uniform = vec![0.0; dims];
    Stream::new(seed, "convergence start").uniform_into(Isa::detected(), 0, &mut uniform);
    uniform.iter().map(|&u| f64::from(u) - 0.5).collect()
}

/// Runs one search.
pub fn run(mut method: Method, function: Function, dims: usize, seed: u64) -> Result<Run, SearchError> {
    method.set_deviation(0.5);
    let (strategy, members) = (method.name(), population(dims));
    let settings = Settings { seed, ..Settings::new(method, members) };
    let mut search = Search::new(settings, &start(dims, seed))?;
    let problem = Problem::new(function, dims);
    let here = Execution::default();
    let budget = 100_000 * dims as u64;
    let mut rows = vec![0.0; members * dims];
    let mut result = Run {
        strategy: strategy.to_owned(),
        function: function.name().to_owned(),
        dims,
        population: members,
        seed,
        evaluations: None,
        best: f64::MAX,
    };
    let (mut halved, mut since) = (f64::MAX, 0);
    loop {
        let (spent, slow) = (search.evaluations(), search.evaluations() - since);
        let over = spent >= budget || is_hopeless(result.best, slow, budget - spent, dims);
        if over || search.stop().is_some() {
            return Ok(result);
        }
        search.ask(&here, PopulationMut::Rows(&mut rows))?;
        let values: Vec<f64> = rows.chunks_exact(dims).map(|x| problem.value(x)).collect();
        result.best = values.iter().copied().fold(result.best, f64::min);
        if let Some(first) = values.iter().position(|&value| value <= TARGET) {
            result.evaluations = Some(search.evaluations() + first as u64 + 1);
            return Ok(result);
        }
        search.tell(&here, Population::Rows(&rows), &values)?;
        if result.best < 0.5 * halved {
            (halved, since) = (result.best, search.evaluations());
        }
    }
}

/// Whether a run that has not halved its best value in so many evaluations will not arrive in those that are left, unless
/// it becomes faster.
fn is_hopeless(best: f64, slow: u64, left: u64, dims: usize) -> bool {
    let patience = 4000 * dims as u64;
    let halvings = std::iter::successors(Some(best), |value| Some(0.5 * value));
    slow >= patience && halvings.take_while(|value| *value > TARGET).count() as u64 > left / patience
}

/// The runs of equal strategy, function and dimension as the rows of a Markdown table, in their order.
pub fn table(runs: &[Run]) -> String {
    let mut text =
        String::from("| strategy | function | D | P | evaluations, median [quartiles] | missed |\n");
    text.push_str("|---|---|---:|---:|---:|---:|\n");
    let same = |a: &Run, b: &Run| (&a.strategy, &a.function, a.dims) == (&b.strategy, &b.function, b.dims);
    for group in runs.chunk_by(same) {
        let Run { strategy, function, dims, population, .. } = &group[0];
        let mut counts: Vec<Option<u64>> = group.iter().map(|run| run.evaluations).collect();
        // A miss is more than any count.
        counts.sort_by_key(|count| count.unwrap_or(u64::MAX));
        let missed = counts.iter().filter(|count| count.is_none()).count();
        let at = |quarter: usize| match counts[quarter * (counts.len() - 1) / 4] {
            Some(count) => count.to_string(),
            None => "missed".to_owned(),
        };
        let cell = if missed == counts.len() {
            let best = group.iter().map(|run| run.best).fold(f64::INFINITY, f64::min);
            format!("best value {best:.1e}")
        } else {
            format!("{} [{}, {}]", at(2), at(1), at(3))
        };
        let of = counts.len();
        text.push_str(&format!(
            "| {strategy} | {function} | {dims} | {population} | {cell} | {missed}/{of} |\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optima_are_zero_and_hand_worked_points_are_right() {
        for (function, optimum) in [
            (Function::Sphere, 0.3),
            (Function::Rosenbrock, 1.0),
            (Function::Ellipsoid, 0.3),
            (Function::TurnedEllipsoid, 0.3),
        ] {
            let problem = Problem::new(function, 7);
            assert_eq!(problem.value(&[optimum; 7]), 0.0, "{function:?}");
            assert!(problem.value(&[0.7; 7]) > 0.0, "{function:?}");
        }
        assert_eq!(Problem::new(Function::Rosenbrock, 2).value(&[2.0, 3.0]), 101.0);
        // Half a unit along the last axis, whose weight is 10^6, up to the rounding of its root and of the coordinate.
        let stretched = Problem::new(Function::Ellipsoid, 3).value(&[0.3, 0.3, 0.8]);
        assert!((stretched - 250_000.0).abs() < 250_000.0 * 8.0 * f64::EPSILON, "{stretched}");
    }

    #[test]
    fn a_turn_keeps_lengths_and_mixes_all_coordinates() {
        for (at, size) in [(0, 2), (0, 9), (4, 9), (8, 9)] {
            let mut axis = vec![0.0; size];
            axis[at] = 1.0;
            let turned = turned(axis);
            let square: f64 = turned.iter().map(|y| y * y).sum();
            // Two sweeps of rotations whose entries are rounded a few times each.
            assert!((square - 1.0).abs() < 2.0 * size as f64 * 8.0 * f64::EPSILON, "{square}");
            assert!(turned.iter().all(|y| *y != 0.0) || at > 1, "{turned:?}");
        }
        // Tangents 1/10 and 4/10: as complex numbers, (99 + 20 i) / 101 times (84 + 80 i) / 116.
        let found = turned(vec![1.0, 0.0]);
        let expected =
            [(99.0 * 84.0 - 20.0 * 80.0) / (101.0 * 116.0), (20.0 * 84.0 + 99.0 * 80.0) / (101.0 * 116.0)];
        for (found, expected) in found.iter().zip(expected) {
            // A dozen operations on numbers up to 1.
            assert!((found - expected).abs() < 12.0 * f64::EPSILON, "{found}, not {expected}");
        }
    }

    #[test]
    fn roots_of_hand_worked_cases() {
        assert_eq!([root(1e6, 1), root(1e6, 2), root(1e6, 6), root(1e6, 0)], [1e6, 1e3, 10.0, 1.0]);
    }

    #[test]
    fn a_table_has_medians_quartiles_and_misses() {
        let run = |evaluations| Run {
            strategy: "snes".to_owned(),
            function: "sphere".to_owned(),
            dims: 2,
            population: 6,
            seed: 0,
            evaluations,
            best: 0.5,
        };
        let text = table(&[run(Some(300)), run(None), run(Some(100)), run(Some(200)), run(Some(400))]);
        assert!(text.ends_with("| snes | sphere | 2 | 6 | 300 [200, 400] | 1/5 |\n"), "{text}");
        let text = table(&[run(None), run(None)]);
        assert!(text.ends_with("| best value 5.0e-1 | 2/2 |\n"), "{text}");
    }

    #[test]
    fn a_slow_run_is_given_up_where_what_is_left_does_not_do() {
        // Ten coordinates: 40,000 evaluations a halving.
        assert!(!is_hopeless(1.0, 39_999, 0, 10) && is_hopeless(1.0, 40_000, 0, 10));
        // 2^27 > 10^8 > 2^26
        assert!(is_hopeless(1.0, 40_000, 26 * 40_000, 10) && !is_hopeless(1.0, 40_000, 27 * 40_000, 10));
        assert!(!is_hopeless(1.1e-7, 900_000, 4 * 40_000, 10) && is_hopeless(1.1e-7, 900_000, 100_000, 10));
    }

    #[test]
    fn a_run_on_the_sphere_arrives_and_is_a_function_of_its_seed() {
        let snes = Method::named("snes").expect("a name of the list");
        let first = run(snes, Function::Sphere, 3, 1).expect("good settings");
        assert!(first.evaluations.is_some_and(|count| count < 5000), "{first:?}");
        assert_eq!(run(snes, Function::Sphere, 3, 1).expect("good settings"), first);
        assert_ne!(run(snes, Function::Sphere, 3, 2).expect("good settings"), first);
    }
}
