use super::*;

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
        let pattern = Pattern::dense(1, kernel).unwrap();
        let layer = Convolution::new(pattern, image, window, Activation::Identity).unwrap();
        assert_eq!((layer.before().0, layer.padded().0, layer.sums().height), (before, padded, sums));
    }
}
