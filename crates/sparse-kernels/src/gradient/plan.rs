//! What is known before any value is: both directions of every layer, and where everything lies in the scratch.

use std::ops::Range;

use numerics::{Isa, LANES};

use super::block::Part;
use crate::convolution::ConvolutionPlan;
use crate::dense::DensePlan;
use crate::image::{Registers, addressable, has_places, input_plane, output_plane};
use crate::length::length;
use crate::network::{Convolution, Dense, Image, Layer, Network, NetworkError, Padding, Window};
use crate::plane::Plane;
use crate::{Activation, Images, Pattern, PlanError, Score, Threads};

/// A network's pattern, made ready for losses and gradients on one instruction set.
///
/// ```
/// use numerics::{AlignedBuffer, Isa};
/// use sparse_kernels::network::{Dense, Layer, Network};
/// use sparse_kernels::{Activation, Images, LossPlan, Pattern, Score, Threads};
///
/// // two inputs, two classes; the second class sees nothing
/// let pattern = Pattern::from_mask(2, 2, &[true, true, false, false])?;
/// let network = Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Identity))])?;
/// let plan = LossPlan::new(Isa::detected(), &network)?;
///
/// let mut pixels = AlignedBuffer::new(Images::buffer_len(1, 2));
/// Images::pack(0, &[3.0, 1.0], &mut pixels);
/// let images = Images::new(&pixels, 1, 2);
///
/// // with logits of zero both classes are as likely, and the label is the first
/// let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential, images));
/// let (mut blocks, mut gradient) = ([Score::default()], [0.0; 4]);
/// plan.gradient_into(Threads::Sequential, images, &[0], &[0.0; 4], &mut scratch, &mut blocks, &mut gradient);
/// assert_eq!(gradient, [-1.5, -0.5, -0.5, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LossPlan {
    isa: Isa,
    pub(super) layers: Box<[PlannedLayer]>,
    pub(super) input: Plane,
    /// Height and width of an image without padding.
    pub(super) image: (usize, usize),
    /// Registers of the scratch of one thread.
    pub(super) registers: usize,
    /// Numbers of the layers that gradients pass backward.
    backward: usize,
    pub(super) parameters: usize,
    pub(super) outputs: usize,
}

/// A layer, its part of the parameters, and its places in the scratch, in registers.
#[derive(Clone, Debug)]
pub(super) struct PlannedLayer {
    pub(super) kind: Kind,
    pub(super) pattern: Pattern,
    pub(super) activation: Activation,
    pub(super) parameters: Range<usize>,
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) plane: Plane,
    /// What the activation is applied to, `[channel][y][x]`, where its value does not tell its slope.
    pub(super) kept: Option<usize>,
    /// Height and width of the outputs without padding.
    pub(super) extent: (usize, usize),
    /// Gradients of what the layer gives, `[channel][y][x]`, and of what it reads, if anybody asks for these.
    pub(super) of_output: usize,
    pub(super) of_input: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Dense(Box<PlannedDense>),
    Convolution(Box<PlannedConvolution>),
}

/// A dense layer in both directions.
#[derive(Clone, Debug)]
pub(super) struct PlannedDense {
    pub(super) forward: DensePlan,
    pub(super) backward: Option<(DensePlan, Turned)>,
}

/// A convolution in both directions.
#[derive(Clone, Debug)]
pub(super) struct PlannedConvolution {
    pub(super) forward: ConvolutionPlan,
    pub(super) backward: Option<(ConvolutionPlan, Turned)>,
    /// Where squares are pooled: the sums, their width and pixels, and who won.
    pub(super) pool: Option<Pool>,
    /// Gradients of sums: of all channels where they are passed backward, else of one at a time.
    pub(super) of_sums: usize,
    pub(super) of_sums_plane: Plane,
    /// How far the gradients of neighbouring sums stand apart.
    pub(super) steps: (usize, usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub(super) sums: usize,
    pub(super) plane: Plane,
    pub(super) winners: usize,
}

/// Values in the order in which gradients pass backward.
#[derive(Clone, Debug)]
pub(super) struct Turned {
    /// Number `k` is value `order[k]` of the layer.
    order: Box<[u32]>,
    /// Their part of all such numbers, with the zeros that sums begin with behind them.
    pub(super) range: Range<usize>,
}

/// Hands out places.
struct Places {
    next: usize,
    layer: usize,
}

impl Places {
    fn plane(&mut self, plane: Plane) -> Result<usize, PlanError> {
        let too_large = PlanError::TooLarge { layer: self.layer };
        if !has_places(plane) {
            return Err(too_large);
        }
        let place = self.next;
        self.next = place.checked_add(plane.size()).and_then(addressable).ok_or(too_large)?;
        Ok(place)
    }
}

impl LossPlan {
    /// Plans a network for an instruction set: once for a mask, whatever the values. Each layer is transposed and its rows
    /// are compared with each other, twice where gradients pass backward, so it takes the longer the more entries there are,
    /// by little more than in proportion. `cargo bench --bench gradients -- network` times it beside a gradient.
    ///
    /// # Errors
    ///
    /// If a layer has planes that are too large for 32-bit offsets, sums that begin with planes, or an activation of one's
    /// own.
    pub fn new(isa: Isa, network: &Network) -> Result<LossPlan, PlanError> {
        let registers = isa.run(Registers);
        let layers = network.layers();
        let (input, image) = input_plane(&layers[0]);
        let mut places = Places { next: 0, layer: 0 };
        let mut before = (places.plane(input)?, input);
        let mut of_input = None;
        let mut backward = 0;
        let mut planned: Vec<PlannedLayer> = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            places.layer = index;
            check_layer(index, layer)?;
            let (plane, extent) = output_plane(layer, layers.get(index + 1));
            let output = places.plane(plane)?;
            let flat = Plane::flat(layer.outputs());
            let of_output = places.plane(flat)?;
            let keeps = layer.activation() == Activation::Swish;
            let kept = if keeps { Some(places.plane(flat)?) } else { None };
            let passes = of_input.is_some();
            let turn = |order: Vec<u32>, zeros: usize| {
                let end = backward + order.len() + zeros;
                Turned { order: order.into(), range: backward..end }
            };
            let too_large = PlanError::TooLarge { layer: index };
            let kind = match layer {
                Layer::Dense(layer) => dense(layer, registers.0, passes, turn).ok_or(too_large)?,
                Layer::Convolution(layer) => Kind::Convolution(Box::new(PlannedConvolution::new(
                    layer,
                    before.1,
                    plane,
                    registers,
                    passes,
                    &mut places,
                    turn,
                )?)),
            };
            backward = kind.turned().map_or(backward, |turned| turned.range.end);
            planned.push(PlannedLayer {
                kind,
                pattern: layer.pattern().clone(),
                activation: layer.activation(),
                parameters: network.range(index),
                input: before.0,
                output,
                plane,
                kept,
                extent,
                of_output,
                of_input,
            });
            (before, of_input) = ((output, plane), Some(of_output));
        }
        Ok(LossPlan {
            isa,
            layers: planned.into(),
            input,
            image,
            registers: places.next,
            backward,
            parameters: network.parameters(),
            outputs: network.outputs(),
        })
    }

    /// Parameters of the network: length of its gradient.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Numbers of an image.
    pub fn pixels_each(&self) -> usize {
        self.input.channels * self.image.0 * self.image.1
    }

    /// Classes.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Bytes that the plan holds: of an entry where it lies in each direction, and its place among the values, at most 24 for
    /// each; no values, no images. What a gradient needs beside is [scratch](Self::scratch_len), which is mostly more.
    pub fn size(&self) -> usize {
        let inside = |layer: &PlannedLayer| layer.pattern.size() + layer.kind.size();
        size_of_val(&*self.layers) + self.layers.iter().map(inside).sum::<usize>()
    }

    /// Floats of scratch that a gradient needs; what they hold does not matter.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space.
    pub fn scratch_len(&self, threads: Threads<'_>, images: Images<'_>) -> usize {
        let all = length("scratch", [threads.count(), self.scratch_each()])
            .checked_add(length("gradients of blocks", [images.blocks(), self.parameters]))
            .and_then(|all| all.checked_add(self.backward));
        all.expect("numbers of the scratch fit the address space")
    }

    /// Overwrites the gradient of the mean cross-entropy over the images, with one label an image, and returns the sum of
    /// the cross-entropies, and hits. Without images all are zero.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `labels` the images, `parameters` and `gradient` the network's, `blocks` the blocks of
    /// images, `scratch` at least [`LossPlan::scratch_len`], pixels of an image the network's input; or if a label is no
    /// class.
    #[expect(clippy::too_many_arguments, reason = "what goes in, what is used, what comes out")]
    pub fn gradient_into(
        &self,
        threads: Threads<'_>,
        images: Images<'_>,
        labels: &[u32],
        parameters: &[f32],
        scratch: &mut [f32],
        blocks: &mut [Score],
        gradient: &mut [f32],
    ) -> Score {
        let needed = self.scratch_len(threads, images);
        assert!(scratch.len() >= needed, "scratch of {} floats, {needed} are needed", scratch.len());
        self.check(images, labels);
        assert_eq!(parameters.len(), self.parameters, "parameters");
        assert_eq!(gradient.len(), self.parameters, "gradients, one a parameter");
        assert_eq!(blocks.len(), images.blocks(), "scores, one a block of images");
        let (turned, scratch) = scratch.split_at_mut(self.backward);
        self.turn(parameters, turned);
        let (sums, scratch) = scratch.split_at_mut(images.blocks() * self.parameters);
        let share = threads.share(images.blocks());
        let parts = blocks.chunks_mut(share).zip(sums.chunks_mut((share * self.parameters).max(1)));
        let parts = parts.zip(scratch.chunks_exact_mut(self.scratch_each())).enumerate();
        threads.for_each(parts, |(part, ((scores, sums), scratch))| {
            let first = part * share;
            let turned = &*turned;
            self.isa.run(Part {
                plan: self,
                images,
                labels,
                parameters,
                turned,
                first,
                scores,
                sums,
                scratch,
            });
        });
        let mut score = Score::default();
        blocks.iter().for_each(|&block| score.add(block));
        gradient.fill(0.0);
        for block in sums.chunks_exact(self.parameters.max(1)) {
            gradient.iter_mut().zip(block).for_each(|(sum, part)| *sum += part);
        }
        score
    }

    /// Refuses images that are none of the network's, and labels that are not theirs or no class.
    pub(super) fn check(&self, images: Images<'_>, labels: &[u32]) {
        assert_eq!(images.pixels_each(), self.pixels_each(), "pixels of an image");
        assert_eq!(labels.len(), images.count(), "labels, one an image");
        let classes = self.outputs;
        for (image, &label) in labels.iter().enumerate() {
            let is_class = (label as usize) < classes;
            assert!(is_class, "image {image} has label {label}; there are {classes} classes");
        }
    }

    /// Writes the values in the orders in which gradients pass.
    fn turn(&self, parameters: &[f32], turned: &mut [f32]) {
        for layer in &self.layers {
            let Some(turn) = layer.kind.turned() else { continue };
            let parameters = &parameters[layer.parameters.clone()];
            let (values, zeros) = turned[turn.range.clone()].split_at_mut(turn.order.len());
            values.iter_mut().zip(&turn.order).for_each(|(to, &from)| *to = parameters[from as usize]);
            zeros.fill(0.0);
        }
    }

    /// Floats of scratch a thread: registers, sums of lanes, and room to begin at a cache line.
    fn scratch_each(&self) -> usize {
        length("scratch of a thread", [self.registers + self.parameters + 2, LANES])
    }
}

impl Kind {
    fn turned(&self) -> Option<&Turned> {
        match self {
            Kind::Dense(layer) => layer.backward.as_ref().map(|(_, turned)| turned),
            Kind::Convolution(layer) => layer.backward.as_ref().map(|(_, turned)| turned),
        }
    }

    /// Bytes that it holds.
    fn size(&self) -> usize {
        let both = match self {
            Kind::Dense(layer) => {
                let backward = layer.backward.as_ref().map_or(0, |(plan, _)| plan.size());
                size_of_val(&**layer) + layer.forward.size() + backward
            }
            Kind::Convolution(layer) => {
                let backward = layer.backward.as_ref().map_or(0, |(plan, _)| plan.size());
                size_of_val(&**layer) + layer.forward.size() + backward
            }
        };
        both + self.turned().map_or(0, |turned| size_of_val(&*turned.order))
    }
}

fn check_layer(index: usize, layer: &Layer) -> Result<(), PlanError> {
    if !Activation::ALL.contains(&layer.activation()) {
        return Err(PlanError::NoGradient { layer: index });
    }
    let rows = layer.pattern().rows();
    if (0..rows).any(|row| layer.initial(row).len() != 1) {
        return Err(PlanError::Planes { layer: index });
    }
    Ok(())
}

/// [`None`] if an offset does not fit 32 bits.
fn dense(
    layer: &Dense,
    lanes: usize,
    passes: bool,
    turn: impl Fn(Vec<u32>, usize) -> Turned,
) -> Option<Kind> {
    let plan = |layer: &Dense| DensePlan::new(layer, &vec![true; layer.pattern().rows()], lanes);
    let backward = if passes {
        let (pattern, order) = layer.pattern().transpose();
        let rows = pattern.rows();
        Some((plan(&Dense::new(pattern, Activation::Identity))?, turn(order, rows)))
    } else {
        None
    };
    // the activation has a pass of its own
    let forward = plan(&Dense::new(layer.pattern().clone(), Activation::Identity))?;
    Some(Kind::Dense(Box::new(PlannedDense { forward, backward })))
}

impl PlannedConvolution {
    fn new(
        layer: &Convolution,
        input: Plane,
        output: Plane,
        registers: (usize, usize),
        passes: bool,
        places: &mut Places,
        turn: impl Fn(Vec<u32>, usize) -> Turned,
    ) -> Result<PlannedConvolution, PlanError> {
        let too_large = PlanError::TooLarge { layer: places.layer };
        let all = layer.sums();
        let channels = all.channels;
        let unpooled = Plane { channels, height: all.height, width: all.width, origin: (0, 0), phases: 1 };
        let (pool, sums) = if layer.window().pool {
            let winners = places.plane(Plane::flat(layer.output().len()))?;
            (Some(Pool { sums: places.plane(unpooled)?, plane: unpooled, winners }), unpooled)
        } else {
            (None, output)
        };
        // activation and pooling have a pass of their own
        let window = Window { pool: false, ..layer.window() };
        let plain = Convolution::new(layer.pattern().clone(), layer.input(), window, Activation::Identity);
        let plain = plain.map_err(|_| too_large)?;
        let plan = |layer: &Convolution, from, to| {
            ConvolutionPlan::new(layer, from, to, &vec![true; layer.pattern().rows()], registers)
        };
        let forward = plan(&plain, input, sums).ok_or(too_large)?;
        let (mut backward, mut steps) = (None, (1, 1));
        let mut plane = Plane { channels: 1, ..unpooled };
        if passes {
            let (turned, order) = turned(layer).map_err(|_| too_large)?;
            let Image { channels, height, width } = turned.input();
            let (kernel, before) = (layer.window().kernel, layer.before());
            let origin = (kernel.0 - 1 - before.0, kernel.1 - 1 - before.1);
            plane = Plane { channels, height, width, origin, phases: 1 };
            let reads = layer.input();
            let flat =
                Plane { height: reads.height, width: reads.width, channels: reads.channels, ..unpooled };
            let plan = plan(&turned, plane, flat).ok_or(too_large)?;
            backward = Some((plan, turn(order, reads.channels)));
            steps = (layer.window().stride.0.min(height), layer.window().stride.1.min(width));
        }
        let of_sums = places.plane(plane)?;
        Ok(PlannedConvolution { forward, backward, pool, of_sums, of_sums_plane: plane, steps })
    }
}

/// The convolution that gradients of sums go through on their way back, and the order of its values: a row for each channel
/// that the layer reads, whose places are turned about.
fn turned(layer: &Convolution) -> Result<(Convolution, Vec<u32>), NetworkError> {
    let (pattern, input, kernel) = (layer.pattern(), layer.input(), layer.window().kernel);
    let places = kernel.0 * kernel.1;
    let mut triplets = Vec::with_capacity(pattern.nnz());
    for row in 0..pattern.rows() {
        for &column in pattern.row(row) {
            let (channel, place) = (column as usize / places, column as usize % places);
            triplets.push((channel, row * places + places - 1 - place));
        }
    }
    let columns = pattern.rows().saturating_mul(places);
    let turned = Pattern::from_triplets(input.channels, columns, &triplets);
    let turned = turned.map_err(|_| NetworkError::TooLarge { input })?;
    let mut order = vec![0; triplets.len()];
    for (entry, &(row, column)) in triplets.iter().enumerate() {
        order[turned.position(row, column).expect("an entry for each triplet")] = entry as u32;
    }
    let reach = |size: usize, kernel: usize| size.saturating_add(kernel - 1);
    let image = Image {
        channels: pattern.rows(),
        height: reach(input.height, kernel.0),
        width: reach(input.width, kernel.1),
    };
    let window = Window { kernel, stride: (1, 1), padding: Padding::Valid, pool: false };
    Ok((Convolution::new(turned, image, window, Activation::Identity)?, order))
}
