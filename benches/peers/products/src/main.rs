//! Ours and other libraries' products of sparse matrices, timed by turns on the same numbers.
//!
//! A worker for `../product-times`: it reads one JSON object a line from standard input and answers each with one line.
//!
//! ```text
//! {"do": "hello"}                                   -> {"ready": threads of the pool}
//! {"do": "prepare", "rows": R, "middle": K, "columns": N, "density": D, "pattern": P, "folder": F}
//!                                                   -> {"nnz": n, "plans": [[product, system, seconds], ..], "systems": [[product, system], ..]}
//! {"do": "burst", "product": P, "system": S, "seconds": T}  -> {"seconds": best of a call}
//! ```
//!
//! `prepare` also leaves the matrix in the folder, for workers in other languages, and its products: whoever is timed is
//! compared with them first, number by number.

#![forbid(unsafe_code)]

mod expected;
mod matrix;
mod systems;

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use expected::Products;
use matrix::Case;
use systems::System;

fn main() {
    // before anybody pins this thread, so that these are free to go elsewhere
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let pool: &'static rayon::ThreadPool = Box::leak(Box::new(pool));
    let mut systems: Vec<System> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let answer = match request["do"].as_str() {
            Some("hello") => json!({ "ready": pool.current_num_threads() }),
            Some("prepare") => {
                let case = Case::of(&request);
                let products = Products::of(&case);
                if let Some(folder) = request["folder"].as_str() {
                    case.write(folder.as_ref()).expect("a folder to write to");
                    products.write(folder.as_ref()).expect("a folder to write to");
                }
                let nnz = case.pattern.nnz();
                systems = systems::all(case, &products, pool);
                let names: Vec<_> = systems.iter().map(|one| json!([one.product, one.name])).collect();
                let plans: Vec<_> =
                    systems.iter().map(|one| json!([one.product, one.name, one.plan_seconds])).collect();
                json!({ "nnz": nnz, "systems": names, "plans": plans })
            }
            Some("burst") => {
                let asked =
                    |one: &&mut System| request["product"] == one.product && request["system"] == one.name;
                let system = systems.iter_mut().find(asked).expect("a system that was prepared");
                json!({ "seconds": burst(&mut system.call, request["seconds"].as_f64().expect("seconds")) })
            }
            other => panic!("{other:?} is no request"),
        };
        println!("{answer}");
        std::io::stdout().flush().expect("somebody reads");
    }
}

/// Best time of one call. Short calls are timed several together, so that reading the clock does not count.
fn burst(call: &mut dyn FnMut(), seconds: f64) -> f64 {
    call();
    let start = Instant::now();
    call();
    let one = start.elapsed().as_secs_f64().max(1e-9);
    let together = (20e-6 / one).ceil().max(1.0) as u32;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut best = f64::INFINITY;
    loop {
        let start = Instant::now();
        (0..together).for_each(|_| call());
        let now = Instant::now();
        best = best.min((now - start).as_secs_f64() / f64::from(together));
        if now >= end {
            return best;
        }
    }
}
