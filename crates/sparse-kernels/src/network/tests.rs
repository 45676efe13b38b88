use super::*;
use crate::tests::{cases, draw::Draw};

const DIGITS: Image = Image { channels: 2, height: 6, width: 5 };
const WINDOW: Window = Window { kernel: (3, 2), stride: (1, 1), padding: Padding::Valid, pool: false };

fn convolution(rows: usize, input: Image, window: Window) -> Result<Convolution, NetworkError> {
    let columns = input.channels * window.kernel.0 * window.kernel.1;
    Convolution::new(Pattern::dense(rows, columns).unwrap(), input, window, Activation::Relu)
}

fn dense(rows: usize, columns: usize) -> Layer {
    Layer::Dense(Dense::new(Pattern::dense(rows, columns).unwrap(), Activation::Identity))
}

#[test]
fn same_padding_is_that_of_tensorflow() {
    // Image, kernel, stride; zeros before, with zeros, outputs. From the formula in TensorFlow's documentation.
    for (size, kernel, stride, before, padded, sums) in [
        (28, 5, 1, 2, 32, 28),
        (28, 4, 1, 1, 31, 28),
        (7, 3, 2, 1, 9, 4),
        (6, 3, 2, 0, 7, 3),
        (5, 1, 3, 0, 5, 2),
    ] {
        let window = Window { kernel: (kernel, 1), stride: (stride, 1), padding: Padding::Same, pool: false };
        let image = Image { channels: 1, height: size, width: 1 };
        let layer = convolution(1, image, window).unwrap();
        assert_eq!((layer.before().0, layer.padded().0, layer.sums().height), (before, padded, sums));
    }
}

#[test]
fn every_window_lies_in_the_padded_image_and_the_next_would_not() {
    for seed in 0..cases(2000) {
        let mut draw = Draw::new(seed);
        let image = Image { channels: 1, height: 1 + draw.below(70), width: 1 + draw.below(70) };
        let Some(layer) = draw.convolution(image, 0.1) else { continue };
        let (kernel, stride) = (layer.window().kernel, layer.window().stride);
        let (sums, padded) = (layer.sums(), layer.padded());
        for (sums, padded, kernel, stride, size) in [
            (sums.height, padded.0, kernel.0, stride.0, image.height),
            (sums.width, padded.1, kernel.1, stride.1, image.width),
        ] {
            let reach = (sums - 1) * stride + kernel;
            assert!(reach <= padded.max(size), "seed {seed}");
            if layer.window().padding == Padding::Valid {
                assert!(padded == size && reach + stride > size, "seed {seed}");
            } else {
                assert!(sums == size.div_ceil(stride) && (padded == size || padded == reach), "seed {seed}");
            }
        }
        let output = layer.output();
        let half = if layer.window().pool { 2 } else { 1 };
        assert_eq!((output.height, output.width), (sums.height / half, sums.width / half), "seed {seed}");
    }
}

#[test]
fn what_a_place_sees_is_what_lies_under_it() {
    for seed in 0..cases(500) {
        let mut draw = Draw::new(seed);
        let image = Image { channels: 1, height: 1 + draw.below(9), width: 1 + draw.below(9) };
        let Some(layer) = draw.convolution(image, 0.1) else { continue };
        let ((top, left), stride) = (layer.before(), layer.window().stride);
        for place in 0..layer.pattern().columns() {
            let (channel, dy, dx) = layer.tap(place);
            assert_eq!((channel * layer.window().kernel.0 + dy) * layer.window().kernel.1 + dx, place);
            let (rows, columns) = layer.seen(place);
            let mut padding = false;
            for (seen, sums, offset, stride, before, size) in [
                (rows, layer.sums().height, dy, stride.0, top, image.height),
                (columns, layer.sums().width, dx, stride.1, left, image.width),
            ] {
                for sum in 0..sums {
                    let under = (sum * stride + offset).checked_sub(before).filter(|&under| under < size);
                    let expected =
                        seen.sums.contains(&sum).then(|| seen.first + (sum - seen.sums.start) * stride);
                    assert_eq!(under, expected, "seed {seed}, place {place}, sum {sum}");
                    padding |= under.is_none();
                }
            }
            assert_eq!(layer.sees_padding(place), padding, "seed {seed}, place {place}");
        }
    }
}

#[test]
fn parameters_are_values_then_initial_values_layer_by_layer() {
    let first = convolution(3, DIGITS, WINDOW).unwrap();
    let pixels = first.sums().pixels();
    assert_eq!(pixels, 4 * 4);
    let first = first.with_planes(&[false, true, false]).unwrap();
    assert_eq!(first.initial(0), 36..37);
    assert_eq!(first.initial(1), 37..37 + pixels);
    assert_eq!(first.initial(2), 37 + pixels..38 + pixels);
    let network = Network::new([Layer::Convolution(first), dense(2, 3 * pixels), dense(1, 2)]).unwrap();
    assert_eq!(network.range(0), 0..38 + pixels);
    assert_eq!(network.range(1), 38 + pixels..38 + pixels + 6 * pixels + 2);
    assert_eq!(network.layers()[1].initial(1), 6 * pixels + 1..6 * pixels + 2);
    assert_eq!(network.parameters(), network.range(2).end);
    assert_eq!((network.inputs(), network.outputs()), (60, 1));
}

#[test]
fn errors_name_the_layer_what_was_expected_and_what_was_found() {
    let layer = |rows, input, window| convolution(rows, input, window).map(Layer::Convolution);
    let same = Window { padding: Padding::Same, ..WINDOW };
    let (first, other) = (layer(3, DIGITS, same).unwrap(), layer(3, DIGITS, WINDOW).unwrap());
    let pattern = Pattern::dense(1, 7).unwrap();
    let huge = Image { channels: 1, height: 1 << 31, width: 1 << 31 };
    let long = Window { kernel: (usize::MAX, 2), ..WINDOW };
    for (result, expected) in [
        (Network::new([]), "a network needs at least one layer"),
        (
            Network::new([dense(3, 4), dense(2, 5)]),
            "layer 1 has a pattern of 5 columns, but layer 0 gives 3 outputs",
        ),
        (
            Network::new([first.clone(), other]),
            "layer 1 reads images of 2 channels of 6 x 5 pixels, but layer 0 gives 3 channels of 6 x 5 pixels",
        ),
        (
            Network::new([dense(60, 4), first]),
            "layer 1 is a convolution and layer 0 dense; convolutions come before dense layers",
        ),
    ] {
        assert_eq!(result.map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
    // each plane of initial values fits, both together do not
    let wide = Image { channels: 1, height: 1 << 28, width: 1 << 28 };
    let plane = Window { kernel: (1, 1), ..WINDOW };
    let planes = || convolution(1, wide, plane).and_then(|layer| layer.with_planes(&[true])).unwrap();
    let result = Network::new([planes(), planes()].map(Layer::Convolution));
    let expected = "a block of 16 members' parameters does not fit the address space";
    assert_eq!(result.map_err(|error| error.to_string()), Err(expected.to_owned()));
    for (result, expected) in [
        (
            Convolution::new(pattern.clone(), DIGITS, WINDOW, Activation::Relu),
            "a pattern of 7 columns for a convolution; channels x kernel height x kernel width make 12",
        ),
        (
            Convolution::new(pattern, DIGITS, long, Activation::Relu),
            "a pattern of 7 columns for a convolution; channels x kernel height x kernel width overflow",
        ),
        (
            convolution(1, DIGITS, Window { stride: (1, 0), ..WINDOW }),
            "the horizontal stride of a convolution must be at least 1",
        ),
        (
            convolution(1, DIGITS, Window { kernel: (0, 1), ..WINDOW }),
            "the height of the kernel of a convolution must be at least 1",
        ),
        (
            convolution(1, DIGITS, Window { kernel: (7, 1), ..WINDOW }),
            "images of 2 channels of 6 x 5 pixels give 0 x 5 sums, and after pooling nothing is left; \
             pad, or use a smaller kernel or no pooling",
        ),
        (
            convolution(1, DIGITS, Window { kernel: (6, 5), pool: true, ..WINDOW }),
            "images of 2 channels of 6 x 5 pixels give 1 x 1 sums, and after pooling nothing is left; \
             pad, or use a smaller kernel or no pooling",
        ),
        (
            convolution(1, huge, WINDOW),
            "images of 1 channels of 2147483648 x 2147483648 pixels do not fit the address space",
        ),
        (
            convolution(2, DIGITS, WINDOW).and_then(|layer| layer.with_planes(&[true])),
            "1 answers on planes for 2 output channels",
        ),
    ] {
        assert_eq!(result.map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
}
