//! One convolution, with pooling or without, before its activation, and its gradients: the definition, for any kind of
//! number.
//!
//! ```text
//!   sum         = bias;  value[k] * pixel + sum                 for the entries k of a row; padding is the number zero
//!   kept        the largest sum of each square, where squares are pooled; which it was is its winner, the first of equal ones
//!   g sum       = g kept of the winner, zero of the others
//!   g bias      += g kept                                       over rows, columns and copies of what is kept, in this order
//!   g value[k]  += g sum * pixel                                over rows, columns and copies of sums, those that nobody reads left out
//!   g pixel     = 0 + value[k] * g sum + ..                     row by row of the pattern, each from its last entry to its first;
//!                                                               where a place reads this pixel for no sum, the number zero
//! ```

use super::loss_gradient::{input_gradients, pooled_sums, seen, square};
use crate::network::Convolution;
use crate::product::Number;

/// What is kept of the sums of one image, and of each square the winner, 0 to 3; none where nothing is pooled.
pub fn convolution_sums<T: Number>(layer: &Convolution, parameters: &[T], image: &[T]) -> (Vec<T>, Vec<u32>) {
    let (kept, winners) = pooled_sums(layer, parameters, image);
    let number = |(cell, winner)| {
        let square = square(layer, cell);
        square.iter().position(|&place| place == winner).expect("the winner is of the square") as u32
    };
    (kept, winners.into_iter().enumerate().map(number).collect())
}

/// Adds to the gradients of a convolution's values, then biases, those of several images (`[element][copy]`), given the
/// gradients of what is kept (`[element][copy]`), and who won.
pub fn convolution_parameter_gradients<T: Number>(
    layer: &Convolution,
    copies: usize,
    images: &[T],
    gradients: &[T],
    winners: &[u32],
    parameters: &mut [T],
) {
    let (all, output, pattern) = (layer.sums(), layer.output(), layer.pattern());
    let tall = if layer.window().pool { 2 } else { 1 };
    let of_sums: Vec<Vec<T>> =
        (0..copies).map(|copy| of_sums(layer, copies, copy, gradients, winners)).collect();
    let images: Vec<Vec<T>> = (0..copies).map(|copy| of_copy(images, copies, copy)).collect();
    for channel in 0..all.channels {
        for entry in pattern.row_range(channel) {
            for y in 0..output.height * tall {
                for x in 0..output.width * tall {
                    for (image, of_sums) in images.iter().zip(&of_sums) {
                        let of_sum = of_sums[(channel * all.height + y) * all.width + x];
                        let pixel = seen(layer, image, pattern.indices()[entry], y, x);
                        parameters[entry] = of_sum.fused(pixel, parameters[entry]);
                    }
                }
            }
        }
        let bias = &mut parameters[layer.initial(channel)];
        assert_eq!(bias.len(), 1, "sums of a layer that is trained begin with one bias a channel");
        let cells = channel * output.pixels() * copies..(channel + 1) * output.pixels() * copies;
        gradients[cells].iter().for_each(|&gradient| bias[0] = bias[0].plus(gradient));
    }
}

/// The gradients of a convolution's images (`[element][copy]`).
pub fn convolution_input_gradients<T: Number>(
    layer: &Convolution,
    copies: usize,
    parameters: &[T],
    gradients: &[T],
    winners: &[u32],
) -> Vec<T> {
    let mut of_inputs = vec![T::ZERO; layer.input().len() * copies];
    for copy in 0..copies {
        let of_sums = of_sums(layer, copies, copy, gradients, winners);
        let found = input_gradients(layer, parameters, &of_sums);
        of_inputs.iter_mut().skip(copy).step_by(copies).zip(found).for_each(|(to, found)| *to = found);
    }
    of_inputs
}

/// The numbers of one copy.
fn of_copy<T: Copy>(all: &[T], copies: usize, copy: usize) -> Vec<T> {
    all.iter().skip(copy).step_by(copies).copied().collect()
}

/// The gradients of all sums of one copy.
fn of_sums<T: Number>(
    layer: &Convolution,
    copies: usize,
    copy: usize,
    gradients: &[T],
    winners: &[u32],
) -> Vec<T> {
    let gradients = of_copy(gradients, copies, copy);
    if !layer.window().pool {
        return gradients;
    }
    let mut of_sums = vec![T::ZERO; layer.sums().len()];
    for (cell, (gradient, winner)) in gradients.into_iter().zip(of_copy(winners, copies, copy)).enumerate() {
        of_sums[square(layer, cell)[winner as usize]] = gradient;
    }
    of_sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Image;
    use crate::tests::{cases, draw::Draw};

    /// The loss is the sum of products of what is kept and its gradients. While the winners stay, it is linear in every
    /// number, so that a difference of any width is exact but for roundings of its sums in double precision.
    #[test]
    fn gradients_are_differences_of_the_loss() {
        let (mut compared, mut other_winners) = (0, 0);
        for seed in 0..cases(300) {
            let mut draw = Draw::new(seed);
            let density = draw.density();
            let input =
                Image { channels: draw.below(3), height: 1 + draw.below(7), width: 1 + draw.below(7) };
            let Some(layer) = draw.convolution(input, density) else { continue };
            let copies = 1 + draw.below(3);
            let wide = |numbers: Vec<f32>| numbers.into_iter().map(f64::from).collect::<Vec<f64>>();
            let parameters = wide(draw.values(layer.parameters()));
            let images = wide(draw.values(input.len() * copies));
            let gradients = wide(draw.values(layer.output().len() * copies));
            let loss = |parameters: &[f64], images: &[f64]| {
                let (mut loss, mut all) =
                    (0.0, vec![0; if layer.window().pool { gradients.len() } else { 0 }]);
                for copy in 0..copies {
                    let (kept, winners) =
                        convolution_sums(&layer, parameters, &of_copy(images, copies, copy));
                    let products = kept.iter().zip(of_copy(&gradients, copies, copy));
                    loss += products.map(|(kept, gradient)| kept * gradient).sum::<f64>();
                    all.iter_mut().skip(copy).step_by(copies).zip(winners).for_each(|(to, from)| *to = from);
                }
                (loss, all)
            };
            let (_, winners) = loss(&parameters, &images);
            let mut of_parameters = vec![0.0; parameters.len()];
            convolution_parameter_gradients(
                &layer,
                copies,
                &images,
                &gradients,
                &winners,
                &mut of_parameters,
            );
            let of_images = convolution_input_gradients(&layer, copies, &parameters, &gradients, &winners);
            let terms = (gradients.len() * (layer.pattern().columns() + 2)) as f64;
            let bound = 8.0 * terms * terms.max(1.0) * f64::EPSILON;
            let mut check = |found: f64, moved: &dyn Fn(f64) -> (f64, Vec<u32>)| {
                let [more, less] = [0.0625, -0.0625].map(moved);
                if more.1 != winners || less.1 != winners {
                    other_winners += 1;
                    return;
                }
                let expected = (more.0 - less.0) / 0.125;
                assert!((found - expected).abs() <= bound, "seed {seed}: {found}, {expected} +- {bound}");
                compared += 1;
            };
            let moved = |numbers: &[f64], place: usize, by: f64| {
                let mut numbers = numbers.to_vec();
                numbers[place] += by;
                numbers
            };
            for (place, &found) in of_parameters.iter().enumerate() {
                check(found, &|by| loss(&moved(&parameters, place, by), &images));
            }
            for (place, &found) in of_images.iter().enumerate() {
                check(found, &|by| loss(&parameters, &moved(&images, place, by)));
            }
        }
        assert!(cfg!(miri) || compared > 1000.max(other_winners), "{compared} compared, {other_winners} not");
    }
}
