//! Prunes a dense layer by magnitude and serves what is left of it, batch by batch.
//!
//!     cargo run --release -p sparse-kernels --example prune_and_serve [DENSITY]
//!
//! A layer `y = W x + b` reads 784 numbers and gives 300. Samples come row after row, as most programs have them, so both
//! matrices are seen by columns: a sample is a column. Planning happens once; a batch costs no allocation.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::product::{ChosenPlan, View, ViewMut, Zeros};
use sparse_kernels::{Pattern, Threads};

const INPUTS: usize = 784;
const OUTPUTS: usize = 300;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let density: f64 = std::env::args().nth(1).map_or(Ok(0.05), |text| text.parse())?;
    let (isa, threads) = (Isa::detected(), Threads::Sequential);

    // What somebody trained: weights row after row, and biases.
    let weights = normal("weights", OUTPUTS * INPUTS);
    let biases = normal("biases", OUTPUTS);

    // Prune: the largest weights stay, as a pattern and a value an entry.
    let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let least = sizes[((1.0 - density.clamp(0.0, 1.0)) * (sizes.len() - 1) as f64) as usize];
    let mask: Vec<bool> = weights.iter().map(|weight| weight.abs() >= least).collect();
    let pattern = Pattern::from_mask(OUTPUTS, INPUTS, &mask)?;
    let mut values = vec![0.0; pattern.nnz()];
    pattern.compress(&weights, &mut values);

    // Plan: inputs are finite, so where nearly all weights stayed the others may be multiplied as zeros.
    let chosen = ChosenPlan::new(isa, &pattern, BATCH, Zeros::Auto)?;
    let (plan, values) = (chosen.plan(), chosen.values(&values));
    let form = if chosen.is_written_out() { "with its zeros" } else { "as it is" };
    println!("{} of {} weights, multiplied {form}; {} bytes", pattern.nnz(), weights.len(), chosen.size());

    // Serve: `[sample][input]` in, `[sample][output]` out. Each sum begins with what is there, which is the bias.
    let mut outputs = vec![0.0; BATCH * OUTPUTS];
    let mut scratch = AlignedBuffer::new(0);
    for batch in 0..3 {
        let inputs = normal(&format!("batch {batch}"), BATCH * INPUTS);
        outputs.chunks_exact_mut(OUTPUTS).for_each(|sample| sample.copy_from_slice(&biases));
        let x = View::by_columns(&inputs, INPUTS, BATCH);
        let y = ViewMut::by_columns(&mut outputs, OUTPUTS, BATCH);
        if scratch.is_empty() {
            scratch = AlignedBuffer::new(plan.scratch_len(threads, x, &y));
        }
        plan.multiply_acc(threads, &values, x, y, &mut scratch);

        // The same by definition, one sum at a time.
        for (sample, outputs) in outputs.chunks_exact(OUTPUTS).enumerate() {
            for (row, &output) in outputs.iter().enumerate() {
                let expected = pattern.row(row).iter().fold(biases[row], |sum, &column| {
                    let column = column as usize;
                    weights[row * INPUTS + column].mul_add(inputs[sample * INPUTS + column], sum)
                });
                assert_eq!(output, expected, "batch {batch}, sample {sample}, output {row}");
            }
        }
        let largest = outputs.iter().fold(0.0_f32, |largest, output| largest.max(output.abs()));
        println!("batch {batch}: {BATCH} samples, the largest output is {largest:.3}");
    }
    Ok(())
}

/// Numbers around zero, a function of their name.
fn normal(name: &str, len: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    Stream::new(0, name).normal_into(Isa::detected(), 0, &mut numbers);
    numbers
}
