//! A search in ten million dimensions whose population never is in memory: 128 candidates would take 4.8 GiB.
//!
//!     cargo build --release -p strategies --example ten_million
//!     /usr/bin/time -v target/release/examples/ten_million [STRATEGY]
//!
//! Candidates are drawn and evaluated a part at a time, and drawn once more when they are told. What the search keeps is
//! in the table of `strategies::comparison`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use strategies::{Execution, Method, Population, PopulationMut, Search, Settings, Threads};

const DIMS: usize = 10_000_000;
const MEMBERS: usize = 128;
/// Coordinates that are drawn at a time: 2 MiB of candidates.
const PART: usize = 4096;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "snes".to_owned());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    let here = Execution { threads: Threads::Pool(&pool), block: PART / 2, ..Execution::default() };
    let mut search = Search::<f32>::new(Settings::new(Method::named(&name)?, MEMBERS), &vec![1.0; DIMS])?;
    let mut part = vec![0.0; MEMBERS * PART];
    for generation in 0..2 {
        let mut costs = [0.0; MEMBERS];
        for start in (0..DIMS).step_by(PART) {
            let coordinates = start..DIMS.min(start + PART);
            let width = coordinates.len();
            let part = &mut part[..MEMBERS * width];
            search.ask_part(&here, coordinates, PopulationMut::Rows(part))?;
            for (cost, row) in costs.iter_mut().zip(part.chunks(width)) {
                *cost += row.iter().map(|x| f64::from(x * x)).sum::<f64>();
            }
        }
        search.tell(&here, Population::AsAsked, &costs)?;
        let mean = search.mean().iter().map(|x| f64::from(x * x)).sum::<f64>();
        println!("{name}, generation {generation}: the mean costs {mean:.6e}");
    }
    Ok(())
}
