//! Small random patterns and networks, with many coincidences: nothing kept, all kept, no rows, one pixel.

use crate::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use crate::{Activation, Pattern};

/// SplitMix64 (Steele, Lea and Flood 2014): a seed gives the same draws everywhere.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// One of the elements.
    pub(crate) fn of<T: Copy>(&mut self, elements: &[T]) -> T {
        elements[self.below(elements.len())]
    }

    /// Between 0 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between -1 and 1, now and then exactly 0.
    pub(crate) fn value(&mut self) -> f32 {
        if self.below(16) == 0 { 0.0 } else { (2.0 * self.unit() - 1.0) as f32 }
    }

    pub(crate) fn values(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.value()).collect()
    }

    /// Up to 70, often less than two; for an interpreter up to 11.
    pub(crate) fn size(&mut self) -> usize {
        let end = self.of(if cfg!(miri) { &[2, 6, 12] } else { &[2, 20, 71] });
        self.below(end)
    }

    /// Nothing, everything, or anything between.
    pub(crate) fn density(&mut self) -> f64 {
        let between = self.unit();
        self.of(&[0.0, 0.02, 0.1, 0.3, between, 1.0])
    }

    pub(crate) fn mask(&mut self, len: usize, density: f64) -> Vec<bool> {
        (0..len).map(|_| self.unit() < density).collect()
    }

    pub(crate) fn pattern(&mut self, rows: usize, columns: usize, density: f64) -> Pattern {
        let mask = self.mask(rows * columns, density);
        Pattern::from_mask(rows, columns, &mask).unwrap()
    }

    /// A pattern that reads `units` of `columns` each. Now and then a row reads nothing, or none of a unit's columns, so
    /// that constant units come in chains.
    fn layer(&mut self, rows: usize, units: usize, columns: usize, density: f64) -> Pattern {
        if self.below(3) == 0 {
            return self.pattern(rows, units * columns, density);
        }
        let (read, seen) = (self.of(&[0.3, 0.7]), self.of(&[0.2, 0.5, 1.0]));
        let mut mask = Vec::new();
        for _ in 0..rows {
            let density = if self.unit() < read { density.max(0.1) } else { 0.0 };
            for _ in 0..units {
                let density = if self.unit() < seen { density } else { 0.0 };
                mask.extend(self.mask(columns, density));
            }
        }
        Pattern::from_mask(rows, units * columns, &mask).unwrap()
    }

    pub(crate) fn activation(&mut self) -> Activation {
        self.of(Activation::ALL)
    }

    /// A convolution of these images, if the geometry that was drawn leaves any.
    pub(crate) fn convolution(&mut self, input: Image, density: f64) -> Option<Convolution> {
        let mut pair = |end| (1 + self.below(end), 1 + self.below(end));
        let (kernel, stride) = (pair(5), pair(2));
        let (padding, pool) = (self.of(&[Padding::Same, Padding::Valid]), self.below(2) == 0);
        let window = Window { kernel, stride, padding, pool };
        let rows = self.below(6);
        let pattern = self.layer(rows, input.channels, kernel.0 * kernel.1, density);
        Convolution::new(pattern, input, window, self.activation()).ok()
    }

    /// Up to three convolutions and up to four dense layers, but one at least.
    pub(crate) fn network(&mut self, density: f64) -> Network {
        let mut layers = Vec::new();
        let mut image =
            Image { channels: self.below(3), height: 1 + self.below(12), width: 1 + self.below(12) };
        for _ in 0..self.below(4) {
            if let Some(layer) = self.convolution(image, density) {
                image = layer.output();
                layers.push(Layer::Convolution(layer));
            }
        }
        let (mut units, mut columns) = (image.channels, image.pixels());
        let least = layers.is_empty() as usize;
        for _ in 0..least + self.below(4) {
            let rows = self.below(12);
            let pattern = self.layer(rows, units, columns, density);
            layers.push(Layer::Dense(Dense::new(pattern, self.activation())));
            (units, columns) = (rows, 1);
        }
        Network::new(layers).unwrap()
    }
}
