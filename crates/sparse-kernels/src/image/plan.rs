//! What is known before any value is: taps, tiles, and where everything lies in the scratch.

use std::ops::Range;

use numerics::{Isa, Kernel, LANES, Simd};

use super::block::{Output, Part};
use super::score::{Images, Members, Score};
use crate::convolution::ConvolutionPlan;
use crate::dense::DensePlan;
use crate::length::length;
use crate::network::{Convolution, Image, Layer, Network};
use crate::plane::Plane;
use crate::{PlanError, Threads};

/// A network's pattern, made ready for one instruction set.
///
/// ```
/// use numerics::{AlignedBuffer, Isa};
/// use sparse_kernels::network::{Dense, Layer, Network};
/// use sparse_kernels::{Activation, ImagePlan, Images, Members, Pattern, Score, Threads};
///
/// // two inputs, two classes; the second class sees nothing
/// let pattern = Pattern::from_mask(2, 2, &[true, true, false, false])?;
/// let network = Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Identity))])?;
/// let plan = ImagePlan::new(Isa::detected(), &network)?;
///
/// // one member: the weights in the order of the pattern, then a bias a row
/// let values = [1.0, -1.0, 0.5, 0.25];
/// let members = Members::new(&values, plan.parameters());
/// let mut pixels = AlignedBuffer::new(Images::buffer_len(1, 2));
/// Images::pack(0, &[3.0, 1.0], &mut pixels);
/// let images = Images::new(&pixels, 1, 2);
///
/// let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
/// let mut parts = [Score::default(); 1];
/// let mut scores = [Score::default(); 1];
/// plan.evaluate(Threads::Sequential, images, &[0], members, &mut scratch, &mut parts, &mut scores);
/// assert_eq!(scores[0].correct, 1);
/// let mut logits = AlignedBuffer::new(plan.logits_len(1, 1));
/// plan.logits(Threads::Sequential, images, members, &mut scratch, &mut logits);
/// assert_eq!((logits[0], logits[16]), (2.5, 0.25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImagePlan {
    isa: Isa,
    stages: Box<[PlannedLayer]>,
    input: Plane,
    /// Height and width of an image without padding.
    image: (usize, usize),
    /// Registers of the scratch of one thread.
    registers: usize,
    parameters: usize,
    outputs: usize,
}

/// A layer, its part of a member's parameters, and its place in the scratch.
#[derive(Clone, Debug)]
pub(super) struct PlannedLayer {
    pub(super) layer: Stage,
    pub(super) parameters: Range<usize>,
    /// First register of the outputs, for each of two members.
    pub(super) output: [usize; 2],
    pub(super) plane: Plane,
    /// Height and width of the outputs without padding.
    pub(super) extent: (usize, usize),
}

#[derive(Clone, Debug)]
pub(super) enum Stage {
    Convolution(Box<ConvolutionPlan>),
    Dense(DensePlan),
}

/// Asks for the width and number of the registers of an instruction set.
pub(crate) struct Registers;

impl Kernel for Registers {
    type Output = (usize, usize);

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> (usize, usize) {
        (S::LANES, S::REGISTERS)
    }
}

impl ImagePlan {
    /// Plans a network for an instruction set.
    ///
    /// # Errors
    ///
    /// If a layer has planes that are too large for 32-bit offsets.
    pub fn new(isa: Isa, network: &Network) -> Result<ImagePlan, PlanError> {
        let registers = isa.run(Registers);
        let layers = network.layers();
        let needed = needed_outputs(network);
        let (input, image) = input_plane(&layers[0]);
        let mut stages: Vec<PlannedLayer> = Vec::with_capacity(layers.len());
        let mut next = input.size();
        let mut before = input;
        for (index, layer) in layers.iter().enumerate() {
            let (plane, extent) = output_plane(layer, layers.get(index + 1));
            let too_large = PlanError::TooLarge { layer: index };
            // before anything is made that is as large
            if !has_places(before) || !has_places(plane) {
                return Err(too_large);
            }
            let stage = match layer {
                Layer::Convolution(layer) => {
                    ConvolutionPlan::new(layer, before, plane, &needed[index], registers)
                        .map(|plan| Stage::Convolution(Box::new(plan)))
                }
                Layer::Dense(layer) => DensePlan::new(layer, &needed[index], registers.0).map(Stage::Dense),
            };
            let layer = stage.ok_or(too_large)?;
            let output = [next, next + plane.size()];
            next = plane.size().checked_mul(2).and_then(|size| size.checked_add(next)).ok_or(too_large)?;
            addressable(next).ok_or(too_large)?;
            stages.push(PlannedLayer { layer, parameters: network.range(index), output, plane, extent });
            before = plane;
        }
        let outputs = network.outputs();
        let parameters = network.parameters();
        Ok(ImagePlan { isa, stages: stages.into(), input, image, registers: next, parameters, outputs })
    }

    /// Parameters of a member.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Numbers of an image.
    pub fn pixels_each(&self) -> usize {
        self.input.channels * self.image.0 * self.image.1
    }

    /// Outputs of the last layer.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Floats of scratch that an evaluation needs; what they hold does not matter.
    ///
    /// # Panics
    ///
    /// This and the lengths below: if so many numbers do not fit the address space.
    pub fn scratch_len(&self, threads: Threads<'_>) -> usize {
        length("scratch", [threads.count(), self.scratch_each()])
    }

    /// Length of the scores of blocks that [`ImagePlan::evaluate`] needs.
    pub fn blocks_len(images: Images<'_>, members: Members<'_>) -> usize {
        length("scores of blocks", [images.blocks(), members.count()])
    }

    /// Length of what [`ImagePlan::logits`] writes for this many images and members.
    pub fn logits_len(&self, images: usize, members: usize) -> usize {
        length("outputs", [images.div_ceil(LANES), members, self.outputs, LANES])
    }

    /// Cross-entropy and hits of every member over all images, with one label an image.
    ///
    /// `blocks` holds one score a block and member meanwhile; `scores` one a member in the end.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `labels` the images, `members` the parameters, `scores` the members, `blocks`
    /// [`ImagePlan::blocks_len`], `scratch` at least [`ImagePlan::scratch_len`].
    #[expect(clippy::too_many_arguments, reason = "what goes in, what is used, what comes out")]
    pub fn evaluate(
        &self,
        threads: Threads<'_>,
        images: Images<'_>,
        labels: &[u32],
        members: Members<'_>,
        scratch: &mut [f32],
        blocks: &mut [Score],
        scores: &mut [Score],
    ) {
        self.check(threads, images, members, scratch);
        assert_eq!(labels.len(), images.count(), "labels, one an image");
        assert_eq!(blocks.len(), ImagePlan::blocks_len(images, members), "scores, one a block and member");
        assert_eq!(scores.len(), members.count(), "scores, one a member");
        blocks.fill(Score::default());
        scores.fill(Score::default());
        if images.count() == 0 || members.count() == 0 {
            return;
        }
        let share = threads.share(images.blocks());
        let outputs = blocks.chunks_mut(share * members.count());
        let outputs = outputs.map(|scores| Output::Scores { labels, scores });
        self.run(threads, images, members, scratch, share, outputs);
        for block in blocks.chunks_exact(members.count()) {
            for (sum, part) in scores.iter_mut().zip(block) {
                sum.add(*part);
            }
        }
    }

    /// Outputs of the last layer, `[block][member][row][lane]`, which is what
    /// [`log_softmax_blocks`](numerics::functions::log_softmax_blocks) takes, a class a row; lanes beyond the last image are of an image of zeros.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `members` the parameters, `rows` [`ImagePlan::logits_len`], `scratch` at least
    /// [`ImagePlan::scratch_len`].
    pub fn logits(
        &self,
        threads: Threads<'_>,
        images: Images<'_>,
        members: Members<'_>,
        scratch: &mut [f32],
        rows: &mut [f32],
    ) {
        self.check(threads, images, members, scratch);
        assert_eq!(
            rows.len(),
            self.logits_len(images.count(), members.count()),
            "outputs of every image and member"
        );
        if rows.is_empty() {
            return;
        }
        let share = threads.share(images.blocks());
        let outputs = rows.chunks_mut(share * members.count() * self.outputs * LANES).map(Output::Rows);
        self.run(threads, images, members, scratch, share, outputs);
    }

    /// Hands every thread its blocks.
    fn run<'a>(
        &'a self,
        threads: Threads<'_>,
        images: Images<'a>,
        members: Members<'a>,
        scratch: &'a mut [f32],
        share: usize,
        outputs: impl Iterator<Item = Output<'a>> + Send,
    ) {
        let scratch = scratch.chunks_exact_mut(self.scratch_each());
        let parts = outputs.zip(scratch).enumerate().map(|(index, (output, scratch))| Part {
            plan: self,
            images,
            members,
            first: index * share,
            output,
            scratch,
        });
        threads.for_each(parts, |part| self.isa.run(part));
    }

    fn check(&self, threads: Threads<'_>, images: Images<'_>, members: Members<'_>, scratch: &[f32]) {
        let same = |what: &str, found: usize, needed: usize| {
            assert!(found == needed, "{what}: found {found}, needed {needed}");
        };
        same("parameters of a member", members.parameters(), self.parameters);
        same("pixels of an image", images.pixels_each(), self.pixels_each());
        let needed = self.scratch_len(threads);
        assert!(scratch.len() >= needed, "scratch of {} floats, {needed} are needed", scratch.len());
    }

    /// Floats of scratch a thread, with room to begin at a cache line.
    fn scratch_each(&self) -> usize {
        (self.registers + 2) * LANES
    }

    pub(super) fn stages(&self) -> &[PlannedLayer] {
        &self.stages
    }

    pub(super) fn input(&self) -> Plane {
        self.input
    }

    pub(super) fn image(&self) -> (usize, usize) {
        self.image
    }

    pub(super) fn registers(&self) -> usize {
        self.registers
    }

    /// Whether two members can share the loads of the first layer.
    pub(super) fn shares_input(&self) -> bool {
        matches!(self.stages[0].layer, Stage::Convolution(_))
    }
}

/// Whether each float of the planes has a place of 32 bits, on every machine.
pub(crate) fn has_places(plane: Plane) -> bool {
    plane.size() <= u32::MAX as usize / LANES
}

/// As many registers, and some to begin at a cache line, if they can be had at all.
pub(crate) fn addressable(registers: usize) -> Option<usize> {
    let bytes = registers.checked_add(2)?.checked_mul(LANES * size_of::<f32>())?;
    (bytes <= isize::MAX as usize).then_some(registers)
}

/// Planes of the images that a first layer reads, and height and width of an image.
pub(crate) fn input_plane(first: &Layer) -> (Plane, (usize, usize)) {
    match first {
        Layer::Convolution(layer) => (padded(layer), (layer.input().height, layer.input().width)),
        Layer::Dense(layer) => (Plane::flat(layer.pattern().columns()), (1, 1)),
    }
}

/// Planes that a layer writes for the next, and height and width of what it writes.
pub(crate) fn output_plane(layer: &Layer, next: Option<&Layer>) -> (Plane, (usize, usize)) {
    match layer {
        Layer::Dense(layer) => (Plane::flat(layer.pattern().rows()), (1, 1)),
        Layer::Convolution(layer) => {
            let Image { channels, height, width } = layer.output();
            let plane = match next {
                Some(Layer::Convolution(next)) => padded(next),
                _ => Plane { channels, height, width, origin: (0, 0), phases: 1 },
            };
            (plane, (height, width))
        }
    }
}

/// Planes that a convolution reads.
fn padded(layer: &Convolution) -> Plane {
    let (height, width) = layer.padded();
    // a step beyond the border is never taken
    let phases = layer.window().stride.1.min(width);
    let width = width.next_multiple_of(phases);
    Plane { channels: layer.input().channels, height, width, origin: layer.before(), phases }
}

/// For each layer, the rows of its pattern that an output of the network depends on.
fn needed_outputs(network: &Network) -> Vec<Vec<bool>> {
    let layers = network.layers();
    let mut needed: Vec<Vec<bool>> = layers.iter().map(|layer| vec![false; layer.pattern().rows()]).collect();
    if let Some(last) = needed.last_mut() {
        last.fill(true);
    }
    for index in (1..layers.len()).rev() {
        let (before, after) = needed.split_at_mut(index);
        let (read, pattern) = (&mut before[index - 1], layers[index].pattern());
        // of a convolution's rows each makes a plane, read by many columns of the next layer
        let each = (pattern.columns() / read.len().max(1)).max(1);
        for row in (0..pattern.rows()).filter(|&row| after[0][row]) {
            for &column in pattern.row(row) {
                read[column as usize / each] = true;
            }
        }
    }
    needed
}
