//! One layer over a register of images, there and back.

use numerics::functions::{Exp, Function, Sigmoid};
use numerics::{Kernel, LANES, Simd};

use super::plan::{Kind, PlannedConvolution, PlannedLayer};
use crate::Activation;
use crate::activation::SWISH_END;
use crate::convolution::{OfSums, Stream};

impl PlannedLayer {
    /// What the layer gives, and which sums won.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`.
    #[inline(always)]
    pub(super) unsafe fn forward<S: Simd>(&self, simd: S, parameters: &[f32], scratch: *mut f32) {
        let parameters = &parameters[self.parameters.clone()];
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            let input = scratch.add(self.input * S::LANES).cast_const();
            let output = scratch.add(self.output * S::LANES);
            match &self.kind {
                Kind::Dense(layer) => layer.forward.run(simd, input, parameters, output),
                Kind::Convolution(layer) => {
                    let sums = layer.pool.map_or(output, |pool| scratch.add(pool.sums * S::LANES));
                    layer.forward.run::<S, 1>(simd, input, [Stream { parameters, output: sums }]);
                }
            }
            let relu = self.activation == Activation::Relu;
            match &self.kind {
                Kind::Convolution(layer) if layer.pool.is_some() => {
                    if relu {
                        simd.apart(Pooling::<true> { layer: self, convolution: layer, scratch });
                    } else {
                        simd.apart(Pooling::<false> { layer: self, convolution: layer, scratch });
                    }
                }
                _ if self.activation != Activation::Identity => {
                    simd.apart(Activating { layer: self, scratch });
                }
                _ => {}
            }
        }
    }

    /// Registers of the gradients of every parameter, [`LANES`] apart from `lanes` on, and the gradients of what the layer
    /// reads.
    ///
    /// # Safety
    ///
    /// As [`forward`](Self::forward), which was run, and the gradients of what the layer gives are there. A register is
    /// writable at each parameter's lanes.
    #[inline(always)]
    pub(super) unsafe fn backward<S: Simd>(
        &self,
        simd: S,
        turned: &[f32],
        scratch: *mut f32,
        lanes: *mut f32,
    ) {
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            let lanes = lanes.add(self.parameters.start * LANES);
            let of_input = self.of_input.map(|place| scratch.add(place * S::LANES));
            match &self.kind {
                Kind::Dense(layer) => {
                    simd.apart(OfDense { layer: self, scratch, lanes });
                    if let (Some((plan, turn)), Some(of_input)) = (&layer.backward, of_input) {
                        let of_sums = scratch.add(self.of_output * S::LANES).cast_const();
                        plan.run(simd, of_sums, &turned[turn.range.clone()], of_input);
                    }
                }
                Kind::Convolution(layer) => {
                    self.of_filters(simd, layer, scratch, lanes);
                    if let (Some((plan, turn)), Some(output)) = (&layer.backward, of_input) {
                        let of_sums = scratch.add(layer.of_sums * S::LANES).cast_const();
                        let parameters = &turned[turn.range.clone()];
                        plan.run::<S, 1>(simd, of_sums, [Stream { parameters, output }]);
                    }
                }
            }
        }
    }

    /// The gradients of a convolution's sums, biases and values, channel by channel.
    ///
    /// # Safety
    ///
    /// As [`backward`](Self::backward).
    #[inline(always)]
    unsafe fn of_filters<S: Simd>(
        &self,
        simd: S,
        layer: &PlannedConvolution,
        scratch: *mut f32,
        lanes: *mut f32,
    ) {
        let (plane, steps) = (layer.of_sums_plane, layer.steps);
        let tall = if layer.pool.is_some() { 2 } else { 1 };
        let extent = (self.extent.0 * tall, self.extent.1 * tall);
        let pitch = (steps.0 * plane.width * S::LANES, steps.1 * S::LANES);
        let relu = self.activation == Activation::Relu;
        for channel in 0..self.pattern.rows() {
            // planes of one channel serve all, one after the other
            let place = layer.of_sums + plane.place(channel.min(plane.channels - 1), 0, 0);
            let entries = self.pattern.row_range(channel);
            // SAFETY: the caller's promise, for all of it.
            unsafe {
                let first = scratch.add(place * S::LANES);
                let bias = lanes.add((self.pattern.nnz() + channel) * LANES);
                let of_sums = OfSums { first, pitch, extent };
                let spread = Spread { layer: self, convolution: layer, channel, scratch, of_sums, bias };
                if relu {
                    simd.apart(Known::<true>(spread));
                } else {
                    simd.apart(Known::<false>(spread));
                }
                let input = scratch.add(self.input * S::LANES).cast_const();
                let lanes = lanes.add(entries.start * LANES);
                layer.forward.of_values(simd, entries, input, of_sums, lanes);
            }
        }
    }
}

impl PlannedLayer {
    /// Keeps what the activation of an output is applied to, where the way back asks for it.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`, and the layer has such an output.
    #[inline(always)]
    unsafe fn keep<S: Simd>(&self, simd: S, cell: usize, sum: S::F, scratch: *mut f32) {
        if let Some(kept) = self.kept {
            // SAFETY: the caller's promise.
            unsafe { simd.store_pointer(sum, scratch.add((kept + cell) * S::LANES)) };
        }
    }

    /// The gradient of a sum, from what the activation made of it and the gradient of that.
    ///
    /// # Safety
    ///
    /// As [`keep`](Self::keep), and the layer was run.
    #[inline(always)]
    unsafe fn before_activation<S: Simd>(
        &self,
        simd: S,
        cell: usize,
        output: S::F,
        gradient: S::F,
        scratch: *const f32,
    ) -> S::F {
        let Some(kept) = self.kept else {
            return gradient_by_value(simd, self.activation, output, gradient);
        };
        // SAFETY: the caller's promise.
        let sum = unsafe { simd.load_pointer(scratch.add((kept + cell) * S::LANES)) };
        let (s, t) = (Sigmoid.of(simd, sum), Sigmoid.of(simd, simd.sub(simd.zero(), sum)));
        let output = simd.min(simd.splat(SWISH_END), output);
        simd.mul(gradient, simd.mul_add(output, t, s))
    }
}

/// The largest sum of each square, and its activation: relu, or what the layer says.
struct Pooling<'a, const RELU: bool> {
    layer: &'a PlannedLayer,
    convolution: &'a PlannedConvolution,
    scratch: *mut f32,
}

impl<const RELU: bool> Kernel for Pooling<'_, RELU> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Pooling { layer, convolution, scratch } = self;
        let Some(pool) = convolution.pool else { return };
        let (height, width) = layer.extent;
        let row = pool.plane.width * S::LANES;
        for channel in 0..layer.plane.channels {
            for y in 0..height {
                // SAFETY: the planes of the layer are in the scratch, as `forward` was promised.
                unsafe {
                    let above = scratch.add((pool.sums + pool.plane.place(channel, 2 * y, 0)) * S::LANES);
                    let winners = scratch.add((pool.winners + (channel * height + y) * width) * S::LANES);
                    for x in 0..width {
                        let first = above.add(2 * x * S::LANES);
                        let square = [0, S::LANES, row, row + S::LANES].map(|place| first.add(place));
                        let mut sums = [simd.zero(); 4];
                        for number in 0..4 {
                            sums[number] = simd.load_pointer(square[number]);
                        }
                        let (mut best, mut winner) = (sums[0], simd.splat_bits(0));
                        for number in 1..4 {
                            let is_larger = simd.less(best, sums[number]);
                            best = simd.select(is_larger, sums[number], best);
                            winner = simd.select_bits(is_larger, simd.splat_bits(number as u32), winner);
                        }
                        let value = simd.max(simd.max(sums[0], sums[1]), simd.max(sums[2], sums[3]));
                        let activation = if RELU { Activation::Relu } else { layer.activation };
                        let place = layer.output + layer.plane.place(channel, y, x);
                        simd.store_pointer(activation.apply(simd, value), scratch.add(place * S::LANES));
                        // PERF: known to the compiler where there is relu
                        if !RELU {
                            layer.keep(simd, (channel * height + y) * width + x, value, scratch);
                        }
                        simd.store_bits_pointer(winner, winners.add(x * S::LANES).cast());
                    }
                }
            }
        }
    }
}

/// The activation of every output, in its place.
struct Activating<'a> {
    layer: &'a PlannedLayer,
    scratch: *mut f32,
}

impl Kernel for Activating<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Activating { layer, scratch } = self;
        for channel in 0..layer.plane.channels {
            for y in 0..layer.extent.0 {
                for x in 0..layer.extent.1 {
                    // SAFETY: the outputs of the layer are in the scratch, as `forward` was promised.
                    unsafe {
                        let place = layer.output + layer.plane.place(channel, y, x);
                        let place = scratch.add(place * S::LANES);
                        let sum = simd.load_pointer(place);
                        let (height, width) = layer.extent;
                        layer.keep(simd, (channel * height + y) * width + x, sum, scratch);
                        simd.store_pointer(layer.activation.apply(simd, sum), place);
                    }
                }
            }
        }
    }
}

/// The gradient of a sum, where what the activation made of it tells the slope.
#[inline(always)]
fn gradient_by_value<S: Simd>(simd: S, activation: Activation, output: S::F, gradient: S::F) -> S::F {
    let one = simd.splat(1.0);
    match activation {
        Activation::Relu => simd.select(simd.less(simd.zero(), output), gradient, simd.zero()),
        Activation::Tanh => simd.mul(gradient, simd.neg_mul_add(output, output, one)),
        Activation::Sigmoid => simd.mul(gradient, simd.mul(output, simd.sub(one, output))),
        Activation::Softplus => {
            simd.mul(gradient, simd.sub(one, Exp.of(simd, simd.sub(simd.zero(), output))))
        }
        // that of swish is told by the sum; plans refuse functions of one's own
        _ => gradient,
    }
}

/// The gradients of a channel's sums, and of its bias.
struct Spread<'a> {
    layer: &'a PlannedLayer,
    convolution: &'a PlannedConvolution,
    channel: usize,
    scratch: *mut f32,
    of_sums: OfSums,
    bias: *mut f32,
}

/// The same, where the compiler knows whether the activation is relu.
struct Known<'a, const RELU: bool>(Spread<'a>);

impl<const RELU: bool> Kernel for Known<'_, RELU> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Spread { layer, convolution, channel, scratch, of_sums, bias } = self.0;
        let ((height, width), (down, right)) = (layer.extent, of_sums.pitch);
        let mut sum = simd.zero();
        for y in 0..height {
            // SAFETY: the planes of the layer are in the scratch, as `backward` was promised.
            unsafe {
                let cells = (channel * height + y) * width;
                let gradients = scratch.add((layer.of_output + cells) * S::LANES);
                for x in 0..width {
                    let output = layer.output + layer.plane.place(channel, y, x);
                    let output = simd.load_pointer(scratch.add(output * S::LANES));
                    let gradient = simd.load_pointer(gradients.add(x * S::LANES));
                    // PERF: known to the compiler where there is relu
                    let of_sum = if RELU {
                        gradient_by_value(simd, Activation::Relu, output, gradient)
                    } else {
                        layer.before_activation(simd, cells + x, output, gradient, scratch)
                    };
                    sum = simd.add(sum, of_sum);
                    let first = of_sums.first.cast_mut();
                    let Some(pool) = convolution.pool else {
                        simd.store_pointer(of_sum, first.add(y * down + x * right));
                        continue;
                    };
                    let winner = scratch.add((pool.winners + cells + x) * S::LANES);
                    let winner = simd.load_bits_pointer(winner.cast_const().cast());
                    let first = first.add(2 * (y * down + x * right));
                    for (number, place) in [0, right, down, down + right].into_iter().enumerate() {
                        let is_winner = simd.equal_bits(winner, simd.splat_bits(number as u32));
                        simd.store_pointer(simd.select(is_winner, of_sum, simd.zero()), first.add(place));
                    }
                }
            }
        }
        // SAFETY: as above.
        unsafe { simd.store_pointer(sum, bias) };
    }
}

/// The gradients of a dense layer's sums, in the place of those of its outputs, and of its parameters.
struct OfDense<'a> {
    layer: &'a PlannedLayer,
    scratch: *mut f32,
    lanes: *mut f32,
}

impl Kernel for OfDense<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let OfDense { layer, scratch, lanes } = self;
        let pattern = &layer.pattern;
        for row in 0..pattern.rows() {
            // SAFETY: the planes of the layer and its lanes are there, as `backward` was promised; columns of the pattern
            // are registers of what it reads.
            unsafe {
                let place = scratch.add((layer.of_output + row) * S::LANES);
                let output = simd.load_pointer(scratch.add((layer.output + row) * S::LANES));
                let of_sum = layer.before_activation(simd, row, output, simd.load_pointer(place), scratch);
                simd.store_pointer(of_sum, place);
                simd.store_pointer(simd.add(simd.zero(), of_sum), lanes.add((pattern.nnz() + row) * LANES));
                let input = scratch.add(layer.input * S::LANES);
                for entry in pattern.row_range(row) {
                    let column = *pattern.indices().get_unchecked(entry) as usize;
                    let input = simd.load_pointer(input.add(column * S::LANES));
                    let gradient = simd.mul_add(of_sum, input, simd.zero());
                    simd.store_pointer(gradient, lanes.add(entry * LANES));
                }
            }
        }
    }
}
