//! A population of masked networks on inputs that all members share.
//!
//! ```text
//!   population [member][free]  ──(direct)──────────────────────────►  kernels: an image a lane, members one by one
//!                              ──(compiled: constants folded)──┐
//!                              ──(missing biases placed)───────┴───►  a buffer of the evaluator's, made once
//! ```
//!
//! Rows of free coordinates go to the kernels as they lie ([`MaskedNetwork`]), so a generation costs what the kernels
//! cost. Only a compiled network needs new parameters, once a generation and member; they go to a buffer that the
//! evaluator keeps, and threads share the members. After the first generation nothing is allocated.
//!
//! Members are taken in pieces so that scratch is bounded whatever the population and the batch are: at most about
//! 2^20 scores and 2^22 parameters are held at a time. Pieces change no bit: no sum goes over members.

use std::fmt;

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode, Summary};
use sparse_kernels::network::{Network, NetworkError};
use sparse_kernels::{ImagePlan, Images, Members, PlanError, Score, Threads};

use crate::masked::MaskedNetwork;

/// Scores of blocks, and parameters of members, that are held at a time.
const MOST_SCORES: usize = 1 << 20;
const MOST_VALUES: usize = 1 << 22;

/// The free coordinates of all members.
#[derive(Clone, Copy, Debug)]
pub enum Population<'a> {
    /// `[member][free]`
    Rows(&'a [f32]),
    /// `[group of 16 members][free][16]`, and how many members there are.
    Lanes(&'a [f32], usize),
}

impl Population<'_> {
    /// Members of `dims` coordinates.
    ///
    /// # Panics
    ///
    /// If the length fits no number of members, or not that of the lanes.
    pub fn members(&self, dims: usize) -> usize {
        match *self {
            Population::Rows(values) => {
                assert!(dims > 0, "a member has coordinates");
                let rest = values.len() % dims;
                assert_eq!(rest, 0, "{} numbers are no members of {dims}", values.len());
                values.len() / dims
            }
            Population::Lanes(values, members) => {
                let expected = members.next_multiple_of(LANES) * dims;
                assert_eq!(values.len(), expected, "numbers of {members} members of {dims}, a lane each");
                members
            }
        }
    }
}

/// Why a masked network cannot be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluatorError {
    /// It cannot be compiled.
    Compile(NetworkError),
    /// It cannot be planned.
    Plan(PlanError),
}

impl fmt::Display for EvaluatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluatorError::Compile(_) => write!(f, "the masked network cannot be compiled"),
            EvaluatorError::Plan(_) => write!(f, "the masked network cannot be planned"),
        }
    }
}

impl std::error::Error for EvaluatorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EvaluatorError::Compile(error) => Some(error),
            EvaluatorError::Plan(error) => Some(error),
        }
    }
}

/// Evaluates populations of one masked network; keeps its buffers.
///
/// ```
/// use networks::{Evaluator, Mask, MaskedNetwork, Population, Preset};
/// use numerics::random::Stream;
/// use numerics::{AlignedBuffer, Isa};
/// use sparse_kernels::{Images, Score, Threads};
///
/// // The classifier of the paper, at a density of a tenth.
/// let cnn = Preset::named("cnn", "1x28x28".parse()?, 10)?;
/// let mask = Mask::random(cnn.architecture.prunable(), 1124, Stream::new(0, "mask"));
/// let network = MaskedNetwork::new(&cnn.architecture, &mask)?;
///
/// // Two members: the masked start, and the same with other biases.
/// let start = cnn.start.draw(&cnn.architecture, Stream::new(0, "initial weights"));
/// let one = network.gather(&start);
/// let mut population = [one.clone(), one].concat();
/// population.iter_mut().skip(network.dims()).for_each(|value| *value += 0.01);
///
/// // Twenty images of noise, with labels.
/// let mut pixels = AlignedBuffer::new(Images::buffer_len(20, 784));
/// Stream::new(0, "images").uniform_into(Isa::detected(), 0, &mut pixels);
/// let images = Images::new(&pixels, 20, 784);
/// let labels: Vec<u32> = (0..20).map(|image| image % 10).collect();
///
/// let mut evaluator = Evaluator::new(Isa::detected(), &network, None)?;
/// let mut scores = [Score::default(); 2];
/// let population = Population::Rows(&population);
/// evaluator.evaluate(Threads::Sequential, population, images, &labels, &mut scores);
/// assert!(scores[0].loss > 0.0 && scores[0].loss != scores[1].loss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Evaluator {
    isa: Isa,
    masked: MaskedNetwork,
    compiled: Option<CompiledNetwork>,
    plan: ImagePlan,
    /// Parameters of the members at hand, as the kernels want them.
    values: AlignedBuffer,
    scratch: AlignedBuffer,
    /// What each thread needs to compile: a member as given, and scratch.
    places: Vec<Place>,
    blocks: Vec<Score>,
}

/// A thread's room for one member.
#[derive(Debug)]
struct Place {
    row: Vec<f32>,
    given: Vec<f32>,
    scratch: Vec<f32>,
}

impl Evaluator {
    /// Plans a masked network. `mode` tells whether its useless units are left out, and how: a setting of a run, for it
    /// can change bits ([`sparse_kernels::compile`]).
    pub fn new(isa: Isa, masked: &MaskedNetwork, mode: Option<Mode>) -> Result<Evaluator, EvaluatorError> {
        let compiled = mode.map(|mode| CompiledNetwork::new(masked.network(), mode)).transpose();
        let compiled = compiled.map_err(EvaluatorError::Compile)?.filter(|compiled| !compiled.is_unchanged());
        let network = compiled.as_ref().map_or(masked.network(), CompiledNetwork::network);
        let plan = ImagePlan::new(isa, network).map_err(EvaluatorError::Plan)?;
        Ok(Evaluator {
            isa,
            masked: masked.clone(),
            compiled,
            plan,
            values: AlignedBuffer::new(0),
            scratch: AlignedBuffer::new(0),
            places: Vec::new(),
            blocks: Vec::new(),
        })
    }

    /// The masked network.
    pub fn masked(&self) -> &MaskedNetwork {
        &self.masked
    }

    /// The network that is computed: compiled, where it was asked for.
    pub fn network(&self) -> &Network {
        self.compiled.as_ref().map_or(self.masked.network(), CompiledNetwork::network)
    }

    /// What compilation left, if it was asked for and left something out.
    pub fn summary(&self) -> Option<Summary> {
        self.compiled.as_ref().map(CompiledNetwork::summary)
    }

    /// Whether rows of free coordinates go to the kernels as they lie.
    pub fn is_direct(&self) -> bool {
        self.compiled.is_none() && self.masked.is_direct()
    }

    /// Cross-entropy and hits of every member over all images, with one label an image.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `population` the free coordinates, `labels` the images, `scores` the members, pixels of
    /// an image the network's input.
    pub fn evaluate(
        &mut self,
        threads: Threads<'_>,
        population: Population<'_>,
        images: Images<'_>,
        labels: &[u32],
        scores: &mut [Score],
    ) {
        let members = population.members(self.masked.dims());
        assert_eq!(scores.len(), members, "scores, one a member");
        self.reserve(threads);
        let piece = self.piece(images.blocks(), members);
        for (index, scores) in scores.chunks_mut(piece).enumerate() {
            let first = index * piece;
            let count = scores.len();
            let prepared = self.prepare(threads, population, first, count);
            let Evaluator { plan, values, scratch, blocks, .. } = self;
            let rows = match prepared {
                Some(rows) => rows,
                None => &values[..count * plan.parameters()],
            };
            let members = Members::new(rows, plan.parameters());
            blocks.resize(ImagePlan::blocks_len(images, members), Score::default());
            plan.evaluate(threads, images, labels, members, scratch, blocks, scores);
        }
    }

    /// Outputs of the last layer, `[member][image][output]`.
    ///
    /// # Panics
    ///
    /// As [`evaluate`](Self::evaluate), and if `outputs` has another length.
    pub fn outputs(
        &mut self,
        threads: Threads<'_>,
        population: Population<'_>,
        images: Images<'_>,
        outputs: &mut [f32],
    ) {
        let members = population.members(self.masked.dims());
        let (count, width) = (images.count(), self.plan.outputs());
        assert_eq!(outputs.len(), members * count * width, "outputs of {members} members on {count} images");
        self.reserve(threads);
        let mut lanes = AlignedBuffer::new(self.plan.logits_len(count, 1));
        for (member, outputs) in outputs.chunks_mut((count * width).max(1)).enumerate() {
            let prepared = self.prepare(threads, population, member, 1);
            let Evaluator { plan, values, scratch, .. } = self;
            let rows = match prepared {
                Some(rows) => rows,
                None => &values[..plan.parameters()],
            };
            plan.logits(threads, images, Members::new(rows, plan.parameters()), scratch, &mut lanes);
            for (image, row) in outputs.chunks_exact_mut(width).enumerate() {
                let block = &lanes[image / LANES * width * LANES..][..width * LANES];
                for (output, lanes) in row.iter_mut().zip(block.chunks_exact(LANES)) {
                    *output = lanes[image % LANES];
                }
            }
        }
    }

    /// The class that one network names for each image: the first of its largest outputs.
    ///
    /// # Panics
    ///
    /// If `member` has not one value a free coordinate, or images another size than the network's input.
    pub fn classes(&mut self, threads: Threads<'_>, member: &[f32], images: Images<'_>) -> Vec<u32> {
        assert_eq!(member.len(), self.masked.dims(), "one value a free coordinate");
        let width = self.plan.outputs();
        let mut outputs = vec![0.0; images.count() * width];
        self.outputs(threads, Population::Rows(member), images, &mut outputs);
        let best = |row: &[f32]| {
            let larger = |best: usize, class: usize| if row[class] > row[best] { class } else { best };
            (1..row.len()).fold(0, larger) as u32
        };
        outputs.chunks_exact(width).map(best).collect()
    }

    /// Members of a piece: an even number, so that they go in pairs, and few enough for the scratch.
    fn piece(&self, blocks: usize, members: usize) -> usize {
        let by_scores = MOST_SCORES / blocks.max(1);
        let by_values = if self.is_direct() { members } else { MOST_VALUES / self.plan.parameters().max(1) };
        by_scores.min(by_values).min(members).next_multiple_of(2).max(2)
    }

    /// Makes room for what threads need.
    fn reserve(&mut self, threads: Threads<'_>) {
        let needed = self.plan.scratch_len(threads);
        if self.scratch.len() < needed {
            self.scratch = AlignedBuffer::new(needed);
        }
        let (dims, parameters) = (self.masked.dims(), self.masked.network().parameters());
        let scratch = self.compiled.as_ref().map_or(0, CompiledNetwork::scratch);
        let place =
            || Place { row: vec![0.0; dims], given: vec![0.0; parameters], scratch: vec![0.0; scratch] };
        if self.places.len() < threads.count() {
            self.places.resize_with(threads.count(), place);
        }
    }

    /// The parameters of some members: as they lie, or else written to `values`.
    fn prepare<'a>(
        &mut self,
        threads: Threads<'_>,
        population: Population<'a>,
        first: usize,
        count: usize,
    ) -> Option<&'a [f32]> {
        let dims = self.masked.dims();
        if let (true, Population::Rows(rows)) = (self.is_direct(), population) {
            return Some(&rows[first * dims..][..count * dims]);
        }
        let parameters = self.plan.parameters();
        if self.values.len() < count * parameters {
            self.values = AlignedBuffer::new(count * parameters);
        }
        let share = threads.share(count);
        let Evaluator { isa, masked, compiled, values, places, .. } = self;
        let parts = values[..count * parameters].chunks_mut(share * parameters).zip(places).enumerate();
        threads.for_each(parts, |(part, (values, place))| {
            for (index, values) in values.chunks_exact_mut(parameters).enumerate() {
                let member = first + part * share + index;
                place.member(*isa, masked, compiled.as_ref(), population, member, values);
            }
        });
        None
    }
}

impl Place {
    /// Writes the parameters that the kernels want of one member.
    fn member(
        &mut self,
        isa: Isa,
        masked: &MaskedNetwork,
        compiled: Option<&CompiledNetwork>,
        population: Population<'_>,
        member: usize,
        values: &mut [f32],
    ) {
        let Place { row, given, scratch } = self;
        let dims = masked.dims();
        let row = match population {
            Population::Rows(rows) => &rows[member * dims..][..dims],
            Population::Lanes(lanes, _) => {
                let group = &lanes[member / LANES * dims * LANES..][..dims * LANES];
                for (value, lanes) in row.iter_mut().zip(group.chunks_exact(LANES)) {
                    *value = lanes[member % LANES];
                }
                &row[..]
            }
        };
        match compiled {
            None => masked.place(1, row, values),
            Some(compiled) if masked.is_direct() => {
                compiled.compile_values_with(isa, row, values, scratch);
            }
            Some(compiled) => {
                masked.place(1, row, given);
                compiled.compile_values_with(isa, given, values, scratch);
            }
        }
    }
}
