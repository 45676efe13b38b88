//! Loss and gradient of one network on a batch of images: the definition, for any kind of number.
//!
//! Of one image, with `g` the gradient of the mean loss with respect to what is named behind it:
//!
//! ```text
//!   logits      g l[k]      = (exp(l[k] - m) / s - [k is the label]) / images       m the best logit, s the sum of the powers
//!   activation  g sum       = g y                            identity               y what the activation gave
//!                             g y where y > 0, else 0        relu
//!                             g y * (1 - y y)                tanh
//!                             g y * (y (1 - y))              sigmoid
//!                             g y * (1 - exp(-y))            softplus
//!                             g y * (y t + s)                swish                  s and t the logistic functions of the sum and
//!                                                                                   of the sum turned; there y is 128 at most
//!   pooling     the first of the largest sums of a square gets all of it, the others zero
//!   bias        g b         = 0 + g sum + ..                 over the outputs of the row, in order, before they are taken apart
//!   value       g v[k]      = 0 + g sum * input + ..         over the sums of the row, in order; padding is the number zero
//!   input       g x         = 0 + v[k] * g sum + ..          over the entries that read it, row by row; of a convolution each
//!                                                            row from its last place to its first, and where a place reads
//!                                                            this input for no sum, the number zero
//! ```
//!
//! A sum of products adds each by one fused multiply-add. Every image has its own sums of values and biases, a lane each in
//! a block of [`LANES`]; lanes without an image are zero. Lanes 8 to 15 are added to lanes 0 to 7, then neighbours, until
//! one is left, and blocks in their order to zero.

use std::ops::{Add, Div, Mul, Sub};

use numerics::functions::{Exp, Function, Ln, map_in_place};
use numerics::{Isa, LANES};

use crate::activation::SWISH_END;
use crate::network::{Convolution, Dense, Layer, Network};
use crate::product::Number;
use crate::{Activation, Score};

/// Numbers that the definition computes with: `f32`, whose bits kernels have; tests bring `f64`.
pub(super) trait Scalar:
    Number
    + From<f32>
    + Into<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    fn exp_of(self) -> Self;
    fn ln_of(self) -> Self;
    fn activated(self, activation: Activation) -> Self;
}

/// The function of one number, with the bits that a lane gets.
fn one<F: Function>(function: F, x: f32) -> f32 {
    let mut numbers = [x];
    map_in_place(Isa::PORTABLE, function, &mut numbers);
    numbers[0]
}

impl Scalar for f32 {
    fn exp_of(self) -> f32 {
        one(Exp, self)
    }
    fn ln_of(self) -> f32 {
        one(Ln, self)
    }
    fn activated(self, activation: Activation) -> f32 {
        activation.apply_one(self)
    }
}

/// What a layer made of one image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Passed<T> {
    pub(super) input: Vec<T>,
    /// What its activation was applied to: where squares are pooled, the sums that won.
    pub(super) sums: Vec<T>,
    pub(super) output: Vec<T>,
    /// Of each output the sum that won, where squares are pooled.
    pub(super) winners: Vec<usize>,
}

/// Cross-entropy and hits of one network over images, and the gradient of the *mean* cross-entropy with respect to its
/// parameters.
///
/// # Panics
///
/// If a length does not fit, a label is no class, or an activation is a function of one's own.
pub fn loss_gradient(
    network: &Network,
    parameters: &[f32],
    images: &[Vec<f32>],
    labels: &[u32],
) -> (Score, Vec<f32>) {
    loss_gradient_of(network, parameters, images, labels)
}

/// The same for any numbers.
pub(super) fn loss_gradient_of<T: Scalar>(
    network: &Network,
    parameters: &[T],
    images: &[Vec<T>],
    labels: &[u32],
) -> (Score, Vec<T>) {
    assert_eq!(parameters.len(), network.parameters(), "parameters");
    assert_eq!(images.len(), labels.len(), "a label an image");
    let zero = T::from(0.0);
    let share = T::from(1.0) / T::from(images.len() as f32);
    let (mut score, mut total) = (Score::default(), vec![zero; parameters.len()]);
    for (images, labels) in images.chunks(LANES).zip(labels.chunks(LANES)) {
        let mut block = Score::default();
        let mut sums = vec![[zero; LANES]; parameters.len()];
        for (lane, (image, &label)) in images.iter().zip(labels).enumerate() {
            let passed = forward(network, parameters, image);
            let logits = &passed[passed.len() - 1].output;
            let (loss, mut gradient) = head(logits, label as usize, share);
            block.add(Score { loss, correct: u32::from(first_of_the_largest(logits) == label as usize) });
            for (number, passed) in passed.iter().enumerate().rev() {
                let range = network.range(number);
                let (values, mut of_values) = (&parameters[range.clone()], vec![zero; range.len()]);
                gradient = match &network.layers()[number] {
                    Layer::Dense(layer) => dense(layer, values, passed, &gradient, &mut of_values),
                    Layer::Convolution(layer) => {
                        convolution(layer, values, passed, &gradient, &mut of_values)
                    }
                };
                for (lanes, value) in sums[range].iter_mut().zip(of_values) {
                    lanes[lane] = value;
                }
            }
        }
        score.add(block);
        for (total, lanes) in total.iter_mut().zip(&sums) {
            *total = *total + folded(lanes);
        }
    }
    (score, total)
}

/// The sum of the lanes.
fn folded<T: Scalar>(lanes: &[T; LANES]) -> T {
    let (low, high) = lanes.split_at(LANES / 2);
    let mut sums: Vec<T> = low.iter().zip(high).map(|(&a, &b)| a + b).collect();
    while sums.len() > 1 {
        sums = sums.chunks(2).map(|pair| pair[0] + pair[1]).collect();
    }
    sums[0]
}

/// Place of the first of the largest numbers.
fn first_of_the_largest<T: Number>(numbers: &[T]) -> usize {
    (1..numbers.len()).fold(0, |best, place| if numbers[place] > numbers[best] { place } else { best })
}

/// Loss of one image, and the gradients of its logits.
pub(super) fn head<T: Scalar>(logits: &[T], label: usize, share: T) -> (f64, Vec<T>) {
    let (zero, one) = (T::from(0.0), T::from(1.0));
    assert!(label < logits.len(), "label {label}; there are {} classes", logits.len());
    let largest = logits[first_of_the_largest(logits)];
    let powers: Vec<T> = logits.iter().map(|&logit| (logit - largest).exp_of()).collect();
    let sum = powers.iter().fold(zero, |sum, &power| sum + power);
    let loss = sum.ln_of() - (logits[label] - largest);
    let of = |(class, &power)| (power / sum - if class == label { one } else { zero }) * share;
    (loss.into(), powers.iter().enumerate().map(of).collect())
}

/// What each layer makes of one image.
pub(super) fn forward<T: Scalar>(network: &Network, parameters: &[T], image: &[T]) -> Vec<Passed<T>> {
    let mut passed: Vec<Passed<T>> = Vec::new();
    for (number, layer) in network.layers().iter().enumerate() {
        let input = passed.last().map_or(image, |before| &before.output).to_vec();
        assert_eq!(input.len(), layer.inputs(), "inputs of layer {number}");
        let (parameters, activation) = (&parameters[network.range(number)], layer.activation());
        let (sums, winners) = match layer {
            Layer::Dense(layer) => (dense_sums(layer, parameters, &input), Vec::new()),
            Layer::Convolution(layer) => pooled_sums(layer, parameters, &input),
        };
        let output = sums.iter().map(|sum| sum.activated(activation)).collect();
        passed.push(Passed { input, sums, output, winners });
    }
    passed
}

fn dense_sums<T: Scalar>(layer: &Dense, parameters: &[T], input: &[T]) -> Vec<T> {
    let pattern = layer.pattern();
    let sum = |row: usize| {
        pattern.row_range(row).fold(parameters[pattern.nnz() + row], |sum, entry| {
            parameters[entry].fused(input[pattern.indices()[entry] as usize], sum)
        })
    };
    (0..pattern.rows()).map(sum).collect()
}

/// The sums that squares keep, and which these are; all of them where nothing is pooled.
pub(super) fn pooled_sums<T: Number>(
    layer: &Convolution,
    parameters: &[T],
    input: &[T],
) -> (Vec<T>, Vec<usize>) {
    let (all, output, pattern) = (layer.sums(), layer.output(), layer.pattern());
    let mut sums = Vec::with_capacity(all.len());
    for channel in 0..all.channels {
        let initial = &parameters[layer.initial(channel)];
        for y in 0..all.height {
            for x in 0..all.width {
                let begin = if initial.len() == 1 { initial[0] } else { initial[y * all.width + x] };
                sums.push(pattern.row_range(channel).fold(begin, |sum, entry| {
                    parameters[entry].fused(seen(layer, input, pattern.indices()[entry], y, x), sum)
                }));
            }
        }
    }
    if !layer.window().pool {
        return (sums, Vec::new());
    }
    let (mut kept, mut winners) = (Vec::new(), Vec::new());
    for cell in 0..output.len() {
        let square = square(layer, cell);
        let numbers = square.map(|place| sums[place]);
        let larger = |a, b| if a > b { a } else { b };
        kept.push(larger(larger(numbers[0], numbers[1]), larger(numbers[2], numbers[3])));
        winners.push(square[first_of_the_largest(&numbers)]);
    }
    (kept, winners)
}

/// The sums that an output of a pooling layer is chosen from.
pub(super) fn square(layer: &Convolution, cell: usize) -> [usize; 4] {
    let (all, output) = (layer.sums(), layer.output());
    let (channel, rest) = (cell / output.pixels(), cell % output.pixels());
    let (y, x) = (2 * (rest / output.width), 2 * (rest % output.width));
    let first = (channel * all.height + y) * all.width + x;
    [first, first + 1, first + all.width, first + all.width + 1]
}

/// The pixel that a place of the kernel sees for a sum: zero beyond the border.
pub(super) fn seen<T: Number>(layer: &Convolution, image: &[T], column: u32, y: usize, x: usize) -> T {
    let (input, (down, right), (top, left)) = (layer.input(), layer.window().stride, layer.before());
    let (channel, kernel_y, kernel_x) = layer.tap(column as usize);
    let (y, x) = (y * down + kernel_y, x * right + kernel_x);
    let inside = (top..top + input.height).contains(&y) && (left..left + input.width).contains(&x);
    if inside { image[(channel * input.height + y - top) * input.width + x - left] } else { T::ZERO }
}

/// The gradient of a sum, from the sum, what the activation made of it, and the gradient of that.
fn before_activation<T: Scalar>(activation: Activation, sum: T, output: T, gradient: T) -> T {
    let (zero, one, end) = (T::from(0.0), T::from(1.0), T::from(SWISH_END));
    match activation {
        Activation::Identity => gradient,
        Activation::Relu => {
            if output > zero {
                gradient
            } else {
                zero
            }
        }
        Activation::Tanh => gradient * (zero - output).fused(output, one),
        Activation::Sigmoid => gradient * (output * (one - output)),
        Activation::Softplus => gradient * (one - (zero - output).exp_of()),
        Activation::Swish => {
            let [s, t] = [sum, zero - sum].map(|sum| sum.activated(Activation::Sigmoid));
            let output = if end < output { end } else { output };
            gradient * output.fused(t, s)
        }
        #[cfg(feature = "wide")]
        Activation::Wide(function) => panic!("nobody knows the gradient of {function:?}"),
    }
}

/// The gradients of a dense layer's parameters, and of its inputs.
fn dense<T: Scalar>(
    layer: &Dense,
    parameters: &[T],
    passed: &Passed<T>,
    gradient: &[T],
    of_parameters: &mut [T],
) -> Vec<T> {
    let (pattern, zero) = (layer.pattern(), T::from(0.0));
    let mut of_inputs = vec![zero; pattern.columns()];
    for row in 0..pattern.rows() {
        let of_sum =
            before_activation(layer.activation(), passed.sums[row], passed.output[row], gradient[row]);
        of_parameters[pattern.nnz() + row] = zero + of_sum;
        for entry in pattern.row_range(row) {
            let column = pattern.indices()[entry] as usize;
            of_parameters[entry] = of_sum.fused(passed.input[column], zero);
            of_inputs[column] = parameters[entry].fused(of_sum, of_inputs[column]);
        }
    }
    of_inputs
}

/// The gradients of a convolution's parameters, and of its inputs.
fn convolution<T: Scalar>(
    layer: &Convolution,
    parameters: &[T],
    passed: &Passed<T>,
    gradient: &[T],
    of_parameters: &mut [T],
) -> Vec<T> {
    let (all, output, pattern, zero) = (layer.sums(), layer.output(), layer.pattern(), T::from(0.0));
    let mut of_sums = vec![zero; all.len()];
    for (cell, &gradient) in gradient.iter().enumerate() {
        let of_sum = before_activation(layer.activation(), passed.sums[cell], passed.output[cell], gradient);
        of_sums[if layer.window().pool { passed.winners[cell] } else { cell }] = of_sum;
        let bias = &mut of_parameters[layer.initial(cell / output.pixels())];
        assert_eq!(bias.len(), 1, "sums of a layer that is trained begin with one bias a channel");
        bias[0] = bias[0] + of_sum;
    }
    let tall = if layer.window().pool { 2 } else { 1 };
    for channel in 0..all.channels {
        for entry in pattern.row_range(channel) {
            for y in 0..output.height * tall {
                for x in 0..output.width * tall {
                    let of_sum = of_sums[(channel * all.height + y) * all.width + x];
                    let pixel = seen(layer, &passed.input, pattern.indices()[entry], y, x);
                    of_parameters[entry] = of_sum.fused(pixel, of_parameters[entry]);
                }
            }
        }
    }
    input_gradients(layer, parameters, &of_sums)
}

/// The gradients of a convolution's images, from those of all its sums.
pub(super) fn input_gradients<T: Number>(layer: &Convolution, parameters: &[T], of_sums: &[T]) -> Vec<T> {
    let (all, input, pattern) = (layer.sums(), layer.input(), layer.pattern());
    let ((down, right), (top, left)) = (layer.window().stride, layer.before());
    // the sum, in one direction, for which a place of the kernel reads a pixel
    let reader = |pixel: usize, before: usize, place: usize, step: usize, sums: usize| {
        let from = (pixel + before).checked_sub(place)?;
        (from % step == 0 && from / step < sums).then_some(from / step)
    };
    let mut of_inputs = Vec::with_capacity(input.len());
    for pixel in 0..input.len() {
        let (channel, rest) = (pixel / input.pixels(), pixel % input.pixels());
        let (y, x) = (rest / input.width, rest % input.width);
        let mut sum = T::ZERO;
        for row in 0..all.channels {
            for entry in pattern.row_range(row).rev() {
                let (from, kernel_y, kernel_x) = layer.tap(pattern.indices()[entry] as usize);
                if from != channel {
                    continue;
                }
                let of_sum = reader(y, top, kernel_y, down, all.height)
                    .zip(reader(x, left, kernel_x, right, all.width))
                    .map_or(T::ZERO, |(y, x)| of_sums[(row * all.height + y) * all.width + x]);
                sum = parameters[entry].fused(of_sum, sum);
            }
        }
        of_inputs.push(sum);
    }
    of_inputs
}

#[cfg(test)]
mod tests;
