//! Loss of one masked network on a batch of images, and its gradient at the free coordinates.
//!
//! What the mask removed has no gradient and costs nothing, so a step of gradient descent at a density of a twentieth is
//! about that much shorter, as a forward pass is. Together with an optimiser this is sparse training as others do it; the
//! strategies need none of it.

use numerics::{AlignedBuffer, Isa};
use sparse_kernels::{Images, LossPlan, PlanError, Score, Threads};

use crate::masked::MaskedNetwork;

/// Computes losses and gradients of one masked network; keeps its buffers.
///
/// ```
/// use networks::{Gradients, Mask, MaskedNetwork, Preset};
/// use numerics::random::Stream;
/// use numerics::{AlignedBuffer, Isa};
/// use sparse_kernels::{Images, Threads};
///
/// // The classifier of the paper, at a density of a twentieth.
/// let cnn = Preset::named("cnn", "1x28x28".parse()?, 10)?;
/// let mask = Mask::random(cnn.architecture.prunable(), 562, Stream::new(0, "mask"));
/// let network = MaskedNetwork::new(&cnn.architecture, &mask)?;
/// let start = cnn.start.draw(&cnn.architecture, Stream::new(0, "initial weights"));
/// let mut values = network.gather(&start);
///
/// // Twenty images of noise, with labels.
/// let mut pixels = AlignedBuffer::new(Images::buffer_len(20, 784));
/// Stream::new(0, "images").uniform_into(Isa::detected(), 0, &mut pixels);
/// let images = Images::new(&pixels, 20, 784);
/// let labels: Vec<u32> = (0..20).map(|image| image % 10).collect();
///
/// // One step down the gradient.
/// let mut gradients = Gradients::new(Isa::detected(), &network)?;
/// let mut gradient = vec![0.0; network.dims()];
/// let before = gradients.loss(Threads::Sequential, &values, images, &labels, &mut gradient);
/// values.iter_mut().zip(&gradient).for_each(|(value, slope)| *value -= 0.01 * slope);
/// let after = gradients.loss(Threads::Sequential, &values, images, &labels, &mut gradient);
/// assert!(after.loss < before.loss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gradients {
    masked: MaskedNetwork,
    plan: LossPlan,
    /// Parameters of the kernels and their gradient, where free coordinates are other numbers.
    parameters: Vec<f32>,
    of_parameters: Vec<f32>,
    scratch: AlignedBuffer,
    blocks: Vec<Score>,
}

impl Gradients {
    /// Plans a masked network.
    ///
    /// # Errors
    ///
    /// As [`LossPlan::new`].
    pub fn new(isa: Isa, masked: &MaskedNetwork) -> Result<Gradients, PlanError> {
        let plan = LossPlan::new(isa, masked.network())?;
        let placed = if masked.is_direct() { 0 } else { plan.parameters() };
        Ok(Gradients {
            masked: masked.clone(),
            plan,
            parameters: vec![0.0; placed],
            of_parameters: vec![0.0; placed],
            scratch: AlignedBuffer::new(0),
            blocks: Vec::new(),
        })
    }

    /// The masked network.
    pub fn masked(&self) -> &MaskedNetwork {
        &self.masked
    }

    /// Overwrites the gradient of the mean cross-entropy with respect to the free coordinates, and returns the sum of the
    /// cross-entropies over the images, and hits.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `values` and `gradient` the free coordinates, `labels` the images, pixels of an image the
    /// network's input; or if a label is no class.
    pub fn loss(
        &mut self,
        threads: Threads<'_>,
        values: &[f32],
        images: Images<'_>,
        labels: &[u32],
        gradient: &mut [f32],
    ) -> Score {
        let Gradients { masked, plan, parameters, of_parameters, scratch, blocks } = self;
        assert_eq!(values.len(), masked.dims(), "one value a free coordinate");
        assert_eq!(gradient.len(), masked.dims(), "one gradient a free coordinate");
        let needed = plan.scratch_len(threads, images);
        if scratch.len() < needed {
            *scratch = AlignedBuffer::new(needed);
        }
        blocks.resize(images.blocks(), Score::default());
        if masked.is_direct() {
            return plan.gradient_into(threads, images, labels, values, scratch, blocks, gradient);
        }
        masked.place(1, values, parameters);
        let score = plan.gradient_into(threads, images, labels, parameters, scratch, blocks, of_parameters);
        masked.pick(of_parameters, gradient);
        score
    }
}
