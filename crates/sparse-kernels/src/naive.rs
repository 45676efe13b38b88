//! The definition of what kernels compute, in plain loops.
//!
//! Every kernel is tested against this to the bit. It is slow and allocates; nothing but tests, benches that assert
//! their answers, and readers should use it.

use numerics::functions::{Exp, Ln, map_in_place};
use numerics::{Isa, LANES};

use crate::network::{Convolution, Dense, Layer, Network};
use crate::product::{Number, View, ViewMut};
use crate::{Pattern, Score};

mod convolution_gradient;
mod loss_gradient;

pub use convolution_gradient::{
    convolution_input_gradients, convolution_parameter_gradients, convolution_sums,
};
pub use loss_gradient::loss_gradient;

/// `a` where `a > b`, else `b`.
pub fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The outputs of a dense layer.
pub fn dense(layer: &Dense, parameters: &[f32], input: &[f32]) -> Vec<f32> {
    let pattern = layer.pattern();
    assert_eq!(parameters.len(), pattern.nnz() + pattern.rows(), "parameters");
    assert_eq!(input.len(), pattern.columns(), "one input a column");
    let (values, biases) = parameters.split_at(pattern.nnz());
    let unit = |row: usize| {
        let mut sum = biases[row];
        for entry in pattern.row_range(row) {
            sum = values[entry].mul_add(input[pattern.indices()[entry] as usize], sum);
        }
        layer.activation().apply_one(sum)
    };
    (0..pattern.rows()).map(unit).collect()
}

/// The images that a convolution makes of one image.
pub fn convolution(layer: &Convolution, parameters: &[f32], image: &[f32]) -> Vec<f32> {
    assert_eq!(parameters.len(), layer.parameters(), "parameters");
    assert_eq!(image.len(), layer.input().len(), "elements of the image");
    let output = layer.output();
    let sum = |channel, y, x| convolution_sum(layer, parameters, image, channel, y, x);
    let mut result = Vec::with_capacity(output.len());
    for channel in 0..output.channels {
        for y in 0..output.height {
            for x in 0..output.width {
                let kept = if layer.window().pool {
                    let (y, x) = (2 * y, 2 * x);
                    larger(
                        larger(sum(channel, y, x), sum(channel, y, x + 1)),
                        larger(sum(channel, y + 1, x), sum(channel, y + 1, x + 1)),
                    )
                } else {
                    sum(channel, y, x)
                };
                result.push(layer.activation().apply_one(kept));
            }
        }
    }
    result
}

/// One sum of a convolution, before pooling.
fn convolution_sum(
    layer: &Convolution,
    parameters: &[f32],
    image: &[f32],
    channel: usize,
    y: usize,
    x: usize,
) -> f32 {
    let (pattern, input, (stride_y, stride_x)) = (layer.pattern(), layer.input(), layer.window().stride);
    let (top, left) = layer.before();
    let initial = &parameters[layer.initial(channel)];
    let mut sum = if initial.len() == 1 { initial[0] } else { initial[y * layer.sums().width + x] };
    for entry in pattern.row_range(channel) {
        let (from, kernel_y, kernel_x) = layer.tap(pattern.indices()[entry] as usize);
        let (y, x) = (y * stride_y + kernel_y, x * stride_x + kernel_x);
        let inside = (top..top + input.height).contains(&y) && (left..left + input.width).contains(&x);
        let pixel =
            if inside { image[(from * input.height + y - top) * input.width + x - left] } else { 0.0 };
        sum = parameters[entry].mul_add(pixel, sum);
    }
    sum
}

/// The outputs of a network.
pub fn network(network: &Network, parameters: &[f32], input: &[f32]) -> Vec<f32> {
    assert_eq!(parameters.len(), network.parameters(), "parameters");
    let mut values = input.to_vec();
    for (number, layer) in network.layers().iter().enumerate() {
        let parameters = &parameters[network.range(number)];
        values = match layer {
            Layer::Convolution(layer) => convolution(layer, parameters, &values),
            Layer::Dense(layer) => dense(layer, parameters, &values),
        };
    }
    values
}

/// Adds to the gradients of a dense layer's values, then biases, those of several inputs (`[column][copy]`), given the
/// gradients of its sums (`[row][copy]`): in the order of the copies.
pub fn parameter_gradients<T: Number>(
    pattern: &Pattern,
    copies: usize,
    inputs: &[T],
    gradients: &[T],
    parameters: &mut [T],
) {
    for row in 0..pattern.rows() {
        let gradients = &gradients[row * copies..][..copies];
        for entry in pattern.row_range(row) {
            let inputs = &inputs[pattern.indices()[entry] as usize * copies..][..copies];
            for (gradient, input) in gradients.iter().zip(inputs) {
                parameters[entry] = gradient.fused(*input, parameters[entry]);
            }
        }
        for &gradient in gradients {
            let bias = &mut parameters[pattern.nnz() + row];
            *bias = bias.plus(gradient);
        }
    }
}

/// The gradients of a dense layer's inputs (`[column][copy]`): a sum begins with zero and adds the entries of its column
/// from top to bottom.
pub fn input_gradients<T: Number>(
    pattern: &Pattern,
    copies: usize,
    parameters: &[T],
    gradients: &[T],
) -> Vec<T> {
    let mut inputs = vec![T::ZERO; pattern.columns() * copies];
    for row in 0..pattern.rows() {
        for entry in pattern.row_range(row) {
            for copy in 0..copies {
                let input = &mut inputs[pattern.indices()[entry] as usize * copies + copy];
                *input = parameters[entry].fused(gradients[row * copies + copy], *input);
            }
        }
    }
    inputs
}

/// `Y = A X`, or `Y = Y + A X` where it adds: a sum begins with zero or what is there, and adds the entries of its row in
/// their order.
pub fn product<T: Number>(
    pattern: &Pattern,
    values: &[T],
    x: View<'_, T>,
    y: &mut ViewMut<'_, T>,
    add: bool,
) {
    assert_eq!(values.len(), pattern.nnz(), "one value an entry");
    assert_eq!(x.rows(), pattern.columns(), "a row of the input for each column of the matrix");
    assert_eq!(y.rows(), pattern.rows(), "a row of the output for each row of the matrix");
    assert_eq!(x.columns(), y.columns(), "columns of the input and of the output");
    for row in 0..y.rows() {
        for column in 0..y.columns() {
            let mut sum = if add { y.get(row, column) } else { T::ZERO };
            for entry in pattern.row_range(row) {
                sum = values[entry].fused(x.get(pattern.indices()[entry] as usize, column), sum);
            }
            y.set(row, column, sum);
        }
    }
}

/// `values[k] = Y[row k] . X[column k]`, added to what is there where it adds: numbers of a row go to the lanes of a line
/// in turns, the last line is filled up with zeros, and then halves of the line are added, and neighbours, until one is
/// left.
pub fn sample<T: Number>(pattern: &Pattern, y: View<'_, T>, x: View<'_, T>, values: &mut [T], add: bool) {
    assert_eq!(values.len(), pattern.nnz(), "one value an entry");
    for row in 0..pattern.rows() {
        for entry in pattern.row_range(row) {
            let mut line = vec![T::ZERO; T::LINE];
            for n in 0..y.columns().next_multiple_of(T::LINE) {
                let of = |view: View<'_, T>, row| if n < view.columns() { view.get(row, n) } else { T::ZERO };
                let (a, b) = (of(y, row), of(x, pattern.indices()[entry] as usize));
                line[n % T::LINE] = a.fused(b, line[n % T::LINE]);
            }
            let (low, high) = line.split_at(T::LINE / 2);
            let mut sums: Vec<T> = low.iter().zip(high).map(|(a, b)| a.plus(*b)).collect();
            while sums.len() > 1 {
                sums = sums.chunks(2).map(|pair| pair[0].plus(pair[1])).collect();
            }
            values[entry] = if add { values[entry].plus(sums[0]) } else { sums[0] };
        }
    }
}

/// The class that a row of logits names: the first of the largest. A NaN is never larger, so it wins only from the
/// first place.
pub fn best(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = class;
        }
    }
    best
}

/// The cross-entropy of a row of logits, in nats: `ln(sum of exp(logit - m)) - (logit of the label - m)` where `m` is the
/// best logit and the sum begins at zero and goes through the classes in order. NaN if a logit is, or if there is no
/// such class.
pub fn cross_entropy(logits: &[f32], label: usize) -> f32 {
    let Some(&chosen) = logits.get(label) else { return f32::NAN };
    let largest = logits[best(logits)];
    let mut sum = [logits.iter().fold(0.0, |sum, logit| {
        let mut power = [logit - largest];
        map_in_place(Isa::PORTABLE, Exp, &mut power);
        sum + power[0]
    })];
    map_in_place(Isa::PORTABLE, Ln, &mut sum);
    sum[0] - (chosen - largest)
}

/// Cross-entropy and hits over images, from their logits: losses are added image by image within a block of [`LANES`]
/// images, then block by block.
pub fn score(logits: &[Vec<f32>], labels: &[u32]) -> Score {
    assert_eq!(logits.len(), labels.len(), "a label an image");
    let mut sum = Score::default();
    for (logits, labels) in logits.chunks(LANES).zip(labels.chunks(LANES)) {
        let mut block = Score::default();
        for (logits, &label) in logits.iter().zip(labels) {
            block.loss += f64::from(cross_entropy(logits, label as usize));
            block.correct += u32::from(best(logits) == label as usize);
        }
        sum.add(block);
    }
    sum
}

#[cfg(test)]
mod tests;
