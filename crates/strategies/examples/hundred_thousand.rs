//! A hundred thousand coordinates: LM-MA-ES until a function is within 1e-8 of its optimum.
//!
//!     cargo build --release -p strategies --example hundred_thousand
//!     target/release/examples/hundred_thousand sphere 10000000 state.json [DIRECTIONS] >> sphere.csv
//!
//! The functions are `sum_j w_j x_j^2`:
//!
//! ```text
//! sphere      w_j = 1
//! banded      w_j = 4^(j phi mod 1), phi the golden ratio, after each pair (x_j, x_{j+1}) was turned by the angle whose
//!             cosine is 0.8, first those of even j, then those of odd j: the condition is 4, neighbours differ in
//!             weight, and a coordinate has to do with five others
//! ```
//!
//! The optimum is the origin, since near 0.3, say, numbers of single precision are 3e-8 apart, and a search for 1e-8 in so
//! many coordinates ends in their rounding. A search starts uniformly in a box of width 1 around -0.3 with a step size of
//! 0.05, keeps the usual 4 + 3 ln D directions or those of the last argument, and has the evaluations of the second. It
//! writes a line every thousand generations, then the state of the search, whole or not at all: the same command goes on
//! from there. The lines do not depend on threads, nor on how often it was ended.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::disallowed_methods, reason = "an example keeps its own state, and has no store")]

use std::path::Path;
use std::{fs, io};

use numerics::Isa;
use numerics::functions::{Exp, map_in_place};
use numerics::random::Stream;
use strategies::lm_ma_es::LmMaEsSettings;
use strategies::{Execution, Method, Population, PopulationMut, Search, Settings, Threads};

const DIMS: usize = 100_000;
/// The usual 4 + 3 ln D are 38; these are whole groups for up to four threads.
const MEMBERS: usize = 64;
/// Members of a group, which lie side by side.
const LANES: usize = 16;
/// Generations between two lines.
const PAUSE: u64 = 1000;
const TARGET: f64 = 1e-8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [function, budget, state, directions @ ..] = arguments.as_slice() else {
        return Err(
            "say a function (sphere or banded), a budget of evaluations, and where the state is kept".into(),
        );
    };
    let is_banded = match function.as_str() {
        "sphere" => false,
        "banded" => true,
        other => return Err(format!("no function is called `{other}`: it is sphere or banded").into()),
    };
    let (budget, state) = (budget.parse::<u64>()?, Path::new(state));
    let weights = weights(is_banded);

    let pool = rayon::ThreadPoolBuilder::new().build()?;
    let here = Execution { threads: Threads::Pool(&pool), ..Execution::default() };
    let mut search = match fs::read(state) {
        Ok(bytes) => Search::restore(&serde_json::from_slice(&bytes)?)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("generation,evaluations,best,mean,deviation");
            begin(directions.first().map_or(Ok(0), |count| count.parse())?)?
        }
        Err(error) => return Err(error.into()),
    };
    let mut lanes = vec![0.0; MEMBERS * DIMS];
    while search.evaluations() < budget && search.best().is_none_or(|best| best.fitness > TARGET) {
        search.ask(&here, PopulationMut::Lanes(&mut lanes))?;
        let mut costs = [0.0; MEMBERS];
        let groups = lanes.chunks(LANES * DIMS).zip(costs.chunks_mut(LANES));
        here.threads.for_each(groups, |(lanes, costs)| {
            costs.copy_from_slice(&values(lanes.as_chunks().0, &weights, is_banded));
        });
        search.tell(&here, Population::Lanes(&lanes), &costs)?;
        if search.generation().is_multiple_of(PAUSE) {
            report(&search, &weights, is_banded);
            keep(&search, state)?;
        }
    }
    report(&search, &weights, is_banded);
    keep(&search, state)
}

fn begin(directions: usize) -> Result<Search<f32>, Box<dyn std::error::Error>> {
    let mut start = vec![0.0; DIMS];
    Stream::new(0, "start").uniform_into(Isa::detected(), 0, &mut start);
    start.iter_mut().for_each(|x| *x -= 0.8);
    let method = Method::LmMaEs(LmMaEsSettings { deviation: 0.05, directions });
    Ok(Search::new(Settings::new(method, MEMBERS), &start)?)
}

/// All ones, or from 1 to 4, evenly in the logarithm, and far from those of neighbours.
fn weights(is_banded: bool) -> Vec<f32> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let place = |j: usize| if is_banded { (j as f64 * GOLDEN).fract() } else { 0.0 };
    let mut weights: Vec<f32> = (0..DIMS).map(|j| 2.0 * std::f32::consts::LN_2 * place(j) as f32).collect();
    map_in_place(Isa::detected(), Exp, &mut weights);
    weights
}

/// The function at the points of a group, `[coordinate][member]`; sums run in `f64`.
fn values(x: &[[f32; LANES]], weights: &[f32], is_banded: bool) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    let mut add = |x: [f32; LANES], weight: f32| {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(weight * x * x));
    };
    if !is_banded {
        x.iter().zip(weights).for_each(|(x, &weight)| add(*x, weight));
        return sums;
    }
    let turned = |a: [f32; LANES], b: [f32; LANES]| {
        let pair = |lane: usize| (0.8 * a[lane] - 0.6 * b[lane], 0.6 * a[lane] + 0.8 * b[lane]);
        (std::array::from_fn(|lane| pair(lane).0), std::array::from_fn(|lane| pair(lane).1))
    };
    // The second of a pair waits for the first of the next; the first and the last coordinate have no second turn.
    let mut waiting = None;
    for (pair, weights) in x.as_chunks::<2>().0.iter().zip(weights.as_chunks::<2>().0) {
        let (first, second) = turned(pair[0], pair[1]);
        match waiting {
            None => add(first, weights[0]),
            Some((before, weight)) => {
                let (before, first) = turned(before, first);
                add(before, weight);
                add(first, weights[0]);
            }
        }
        waiting = Some((second, weights[1]));
    }
    waiting.into_iter().for_each(|(last, weight)| add(last, weight));
    sums
}

fn report(search: &Search<f32>, weights: &[f32], is_banded: bool) {
    let best = search.best().map_or(f64::NAN, |best| best.fitness);
    let mean: Vec<[f32; LANES]> = search.mean().iter().map(|&x| [x; LANES]).collect();
    let mean = values(&mean, weights, is_banded)[0];
    let deviation = search.deviation().map_or(f32::NAN, |deviation| deviation.at(0));
    println!("{},{},{best:e},{mean:e},{deviation:e}", search.generation(), search.evaluations());
}

/// Writes the state whole or not at all.
fn keep(search: &Search<f32>, state: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let beside = state.with_extension("part");
    fs::write(&beside, serde_json::to_vec(&search.state())?)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, state)?;
    Ok(())
}
