//! The matrices of a comparison, each a function of its description.

use std::path::Path;

use numerics::functions::{Exp, map_in_place};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use serde_json::Value;
use sparse_kernels::Pattern;

/// A sparse matrix and the dense ones that it is multiplied with.
pub struct Case {
    pub pattern: Pattern,
    pub values: AlignedBuffer,
    /// `[middle][columns]`, what `A` is multiplied with.
    pub x: AlignedBuffer,
    /// `[rows][columns]`, what the transpose is multiplied with, and the left one of sampled products.
    pub g: AlignedBuffer,
    pub columns: usize,
}

impl Case {
    /// The case that a request describes.
    pub fn of(request: &Value) -> Case {
        let size = |name: &str| request[name].as_u64().unwrap_or_else(|| panic!("{name}")) as usize;
        let (rows, middle, columns) = (size("rows"), size("middle"), size("columns"));
        let density = request["density"].as_f64().expect("density");
        let pattern = match request["pattern"].as_str() {
            Some("uniform") => kept(rows, middle, density, &uniform(rows * middle, "mask")),
            Some("magnitude") => kept(rows, middle, density, &magnitudes(rows, middle)),
            other => panic!("{other:?} is no pattern"),
        };
        let numbers = |name, len| {
            let mut buffer = AlignedBuffer::new(len);
            buffer.copy_from_slice(&uniform(len, name));
            buffer.iter_mut().for_each(|number| *number -= 0.5);
            buffer
        };
        let values = numbers("values", pattern.nnz());
        Case { x: numbers("x", middle * columns), g: numbers("g", rows * columns), pattern, values, columns }
    }

    /// Leaves starts, indices, values and dense matrices as raw little-endian numbers.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let integers =
            |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        std::fs::write(folder.join("starts"), integers(self.pattern.starts()))?;
        std::fs::write(folder.join("indices"), integers(self.pattern.indices()))?;
        std::fs::write(folder.join("values"), floats(&self.values))?;
        std::fs::write(folder.join("x"), floats(&self.x))?;
        std::fs::write(folder.join("g"), floats(&self.g))
    }
}

/// Raw little-endian numbers.
pub fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn uniform(len: usize, name: &str) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    Stream::new(0, name).uniform_into(Isa::detected(), 0, &mut numbers);
    numbers
}

/// Magnitudes of weights whose rows and columns have scales of their own, as those of trained layers: normal deviates
/// times `exp(n / 2)` of normal deviates for rows and for columns.
fn magnitudes(rows: usize, columns: usize) -> Vec<f32> {
    let normal = |len, name| {
        let mut numbers = vec![0.0; len];
        Stream::new(0, name).normal_into(Isa::detected(), 0, &mut numbers);
        numbers
    };
    let scales = |len, name| {
        let mut numbers: Vec<f32> = normal(len, name);
        numbers.iter_mut().for_each(|number| *number *= 0.5);
        map_in_place(Isa::detected(), Exp, &mut numbers);
        numbers
    };
    let (row, column) = (scales(rows, "rows"), scales(columns, "columns"));
    let mut weights: Vec<f32> = normal(rows * columns, "weights");
    for (place, weight) in weights.iter_mut().enumerate() {
        *weight = (*weight * row[place / columns] * column[place % columns]).abs();
    }
    weights
}

/// The places with the largest numbers: a fraction of all.
fn kept(rows: usize, columns: usize, density: f64, numbers: &[f32]) -> Pattern {
    let kept = ((rows * columns) as f64 * density).round() as usize;
    let mut order: Vec<u32> = (0..numbers.len() as u32).collect();
    let by_size = |a: &u32, b: &u32| numbers[*b as usize].total_cmp(&numbers[*a as usize]).then(a.cmp(b));
    if kept < order.len() {
        order.select_nth_unstable_by(kept, by_size);
    }
    let mut mask = vec![false; numbers.len()];
    order[..kept].iter().for_each(|&place| mask[place as usize] = true);
    Pattern::from_mask(rows, columns, &mask).expect("a mask of that size")
}
