//! Gradient descent on masks, put together from products: two layers that learn what a dense network of the same shape does.
//!
//!     cargo run --release -p sparse-kernels --example gradient_step [STEPS]
//!
//! ```text
//!     h = relu(A x)      y = B h      loss = 1/2 sum (y - target)^2 / samples
//!
//!     of y = (y - target) / samples         of B = of y hᵀ, where B has entries
//!     of h = Bᵀ (of y), where h > 0          of A = of h xᵀ, where A has entries
//! ```
//!
//! Nothing of the size of a dense matrix is made: gradients have one number an entry, and are stepped down as they come.
//! The whole step of a classifier with convolutions is `LossPlan`; the example `sparse_gradient_step` of the crate
//! `lottery` trains one.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, PatternError, Threads};

const INPUTS: usize = 64;
const HIDDEN: usize = 96;
const OUTPUTS: usize = 8;
const SAMPLES: usize = 128;
const RATE: f32 = 0.5;

/// A matrix on its mask, and what its two directions need.
struct Layer {
    plan: ProductPlan,
    transposed: TransposedPlan,
    values: Vec<f32>,
}

impl Layer {
    /// Keeps one place in so many, with numbers whose sums have a size of about one.
    fn new(name: &str, rows: usize, columns: usize, one_in: usize) -> Result<Layer, PatternError> {
        let chance = draws(name, rows * columns);
        let kept = 2.0 / one_in as f32 - 1.0;
        let mask: Vec<bool> = chance.iter().map(|&number| number < kept).collect();
        let pattern = Pattern::from_mask(rows, columns, &mask)?;
        let scale = (3.0 * one_in as f32 / columns as f32).sqrt();
        let values = draws(&format!("{name}, values"), pattern.nnz()).iter().map(|x| x * scale).collect();
        let isa = Isa::detected();
        Ok(Layer {
            plan: ProductPlan::new(isa, &pattern),
            transposed: TransposedPlan::new(isa, &pattern),
            values,
        })
    }

    fn forward(&self, x: View<'_, f32>, y: &mut [f32]) {
        let y = ViewMut::by_rows(y, self.plan.pattern().rows(), SAMPLES);
        let mut scratch = vec![0.0; self.plan.scratch_len(Threads::Sequential, x, &y)];
        self.plan.multiply_into(Threads::Sequential, &self.values, x, y, &mut scratch);
    }

    /// The gradient of what the layer read.
    fn backward(&self, of_y: View<'_, f32>, of_x: &mut [f32]) {
        let of_x = ViewMut::by_rows(of_x, self.plan.pattern().columns(), SAMPLES);
        let mut scratch = vec![0.0; self.transposed.scratch_len(Threads::Sequential, of_y, &of_x)];
        self.transposed.multiply_into(Threads::Sequential, &self.values, of_y, of_x, &mut scratch);
    }

    /// A step down the gradient of the values.
    fn learn(&mut self, of_y: View<'_, f32>, x: View<'_, f32>) {
        let mut gradient = vec![0.0; self.values.len()];
        let mut scratch = vec![0.0; self.plan.sample_scratch_len(of_y, x)];
        self.plan.sample_into(Threads::Sequential, of_y, x, &mut gradient, &mut scratch);
        self.values.iter_mut().zip(&gradient).for_each(|(value, gradient)| *value -= RATE * gradient);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps: usize = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    let numbers = draws("inputs", INPUTS * SAMPLES);
    let x = View::by_rows(&numbers, INPUTS, SAMPLES);

    // The teacher has every weight.
    let (mut hidden, mut target) = (vec![0.0; HIDDEN * SAMPLES], vec![0.0; OUTPUTS * SAMPLES]);
    Layer::new("teacher, first", HIDDEN, INPUTS, 1)?.forward(x, &mut hidden);
    relu(&mut hidden);
    Layer::new("teacher, second", OUTPUTS, HIDDEN, 1)?
        .forward(View::by_rows(&hidden, HIDDEN, SAMPLES), &mut target);

    let (mut a, mut b) =
        (Layer::new("first", HIDDEN, INPUTS, 10)?, Layer::new("second", OUTPUTS, HIDDEN, 4)?);
    let kept = a.values.len() + b.values.len();
    println!("{kept} of {} weights", HIDDEN * (INPUTS + OUTPUTS));

    let (mut y, mut of_hidden) = (vec![0.0; OUTPUTS * SAMPLES], vec![0.0; HIDDEN * SAMPLES]);
    let (mut first, mut last) = (f32::NAN, f32::NAN);
    for step in 0..steps {
        a.forward(x, &mut hidden);
        relu(&mut hidden);
        b.forward(View::by_rows(&hidden, HIDDEN, SAMPLES), &mut y);

        // in place: what the network gives becomes the gradient of the loss
        y.iter_mut().zip(&target).for_each(|(y, target)| *y = (*y - target) / SAMPLES as f32);
        last = y.iter().map(|of_y| of_y * of_y).sum::<f32>() * SAMPLES as f32 / 2.0;
        if step == 0 {
            first = last;
        }
        if step % (steps / 4).max(1) == 0 {
            println!("step {step:4}: loss {last:.4}");
        }

        let of_y = View::by_rows(&y, OUTPUTS, SAMPLES);
        b.backward(of_y, &mut of_hidden);
        of_hidden
            .iter_mut()
            .zip(&hidden)
            .for_each(|(of, &hidden)| *of = if hidden > 0.0 { *of } else { 0.0 });
        b.learn(of_y, View::by_rows(&hidden, HIDDEN, SAMPLES));
        a.learn(View::by_rows(&of_hidden, HIDDEN, SAMPLES), x);
    }
    println!("loss {first:.4} before, {last:.4} after {steps} steps");
    assert!(steps < 100 || last < first / 2.0, "descent must descend");
    Ok(())
}

fn relu(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|number| *number = number.max(0.0));
}

/// Numbers from -1 to 1, a function of their name.
fn draws(name: &str, len: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    Stream::new(0, name).uniform_into(Isa::detected(), 0, &mut numbers);
    numbers.iter_mut().for_each(|number| *number = 2.0 * *number - 1.0);
    numbers
}
