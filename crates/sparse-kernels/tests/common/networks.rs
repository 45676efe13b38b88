//! Networks with convolutions of any geometry that tests of losses draw.

use sparse_kernels::Activation;
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};

use crate::common::Draw;

/// Up to three convolutions of any geometry and up to two dense layers, but one layer at least.
pub(crate) fn network(draw: &mut Draw) -> Network {
    let mut layers = Vec::new();
    let [channels, height, width] = draw.sizes(if cfg!(miri) { [2, 5, 6] } else { [3, 13, 20] });
    let mut image = Image { channels, height, width };
    for _ in 0..draw.below(4) {
        let most = if cfg!(miri) { [3, 3, 3, 2, 2] } else { [6, 5, 5, 3, 3] };
        let [channels, tall, wide, down, right] = draw.sizes(most);
        let window = Window {
            kernel: (tall, wide),
            stride: (down, right),
            padding: draw.one_of(&[Padding::Same, Padding::Valid]),
            pool: draw.below(2) == 0,
        };
        let pattern = draw.pattern(channels, image.channels * tall * wide);
        if let Ok(layer) = Convolution::new(pattern, image, window, draw.one_of(Activation::ALL)) {
            image = layer.output();
            layers.push(Layer::Convolution(layer));
        }
    }
    let mut width = image.len();
    let dense = draw.below(3).max(usize::from(layers.is_empty()));
    for index in 0..dense {
        let [rows] = draw.sizes([14]);
        // a network without outputs has no loss
        let rows = if index + 1 == dense { rows.max(1) } else { rows };
        layers.push(Layer::Dense(Dense::new(draw.pattern(rows, width), draw.one_of(Activation::ALL))));
        width = rows;
    }
    Network::new(layers).expect("layers that fit each other")
}
