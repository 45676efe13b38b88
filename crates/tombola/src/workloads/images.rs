//! Networks that see the same images: a population of them, or one.
//!
//! A burst takes some blocks of images a thread through some members; the next goes on where it ended, blocks outside
//! and members inside, as the evaluation of a whole generation does. So it meets the same cache misses.

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::CompiledNetwork;
use sparse_kernels::network::{Layer, Network};
use sparse_kernels::{ImagePlan, Images, Members, Score, Threads, naive};

use super::data::{column, parameters, pixels, stream};
use super::{Difference, Form, Prepared, Step, Unit, same};

/// Multiply-adds of a burst, about: a millisecond or two.
const BURST: f64 = 1e8;

/// What is evaluated.
pub(super) struct Evaluation {
    pub(super) network: Network,
    pub(super) form: Form,
    pub(super) members: usize,
    pub(super) images: usize,
    /// Whether the outputs are logits to be marked, or wanted themselves.
    pub(super) marked: bool,
}

/// Members and images, as the kernels want them.
struct Data {
    plan: ImagePlan,
    members: usize,
    values: Vec<f32>,
    pixels: AlignedBuffer,
    labels: Vec<u32>,
    marked: bool,
}

impl Evaluation {
    pub(super) fn prepare(self, isa: Isa) -> Result<Prepared, Difference> {
        let Evaluation { network, form, members, images, marked } = self;
        let compiled = form.compile(&network);
        let evaluated = compiled.as_ref().map_or(&network, CompiledNetwork::network);
        let given: Vec<Vec<f32>> = (0..members as u64)
            .map(|member| parameters(&network, stream("images/values").child(member)))
            .collect();
        let mut steps = Vec::new();
        let mut values = given.clone();
        if let Some(compiled) = &compiled {
            let mut scratch = vec![0.0; compiled.scratch()];
            for values in &mut values {
                let given = std::mem::replace(values, vec![0.0; evaluated.parameters()]);
                compiled.compile_values_with(isa, &given, values, &mut scratch);
            }
            steps.push(compilation(isa, compiled.clone(), given));
        }
        let data = Data {
            plan: ImagePlan::new(isa, evaluated).expect("the papers' networks can be planned"),
            members,
            values: values.concat(),
            pixels: pixels(images, network.inputs(), stream("images/pixels")),
            labels: (0..images as u64).map(|image| stream("images/labels").bits(image) % 10).collect(),
            marked,
        };
        data.check(evaluated)?;

        let evaluations = (members * images) as f64;
        let each = multiply_adds(&network);
        steps.push(data.step(each));
        Ok(Prepared {
            multiply_adds: Some(each * evaluations),
            effective_density: compiled.map(|compiled| compiled.summary().effective_density()),
            units: (evaluations, Unit::MemberForwards),
            steps,
        })
    }
}

/// Multiply-adds of one forward pass.
pub(super) fn multiply_adds(network: &Network) -> f64 {
    let each = |layer: &Layer| match layer {
        Layer::Convolution(layer) => (layer.pattern().nnz() * layer.sums().pixels()) as f64,
        Layer::Dense(layer) => layer.pattern().nnz() as f64,
    };
    network.layers().iter().map(each).sum()
}

/// Once a generation: the compiled network's parameters of every member.
fn compilation(isa: Isa, compiled: CompiledNetwork, given: Vec<Vec<f32>>) -> Step {
    struct Place {
        values: Vec<f32>,
        scratch: Vec<f32>,
    }
    let place = |compiled: &CompiledNetwork| Place {
        values: vec![0.0; compiled.network().parameters()],
        scratch: vec![0.0; compiled.scratch()],
    };
    let items = given.len() as u64;
    let mut places = Vec::new();
    let mut next = 0;
    let burst = move |threads: Threads<'_>, repeats: u64| {
        let count = threads.count().min(given.len());
        places.resize_with(count, || place(&compiled));
        for _ in 0..repeats {
            next = (next + count) % (given.len() - count + 1);
            threads.for_each(places.iter_mut().zip(&given[next..]), |(Place { values, scratch }, given)| {
                compiled.compile_values_with(isa, given, values, scratch);
            });
        }
    };
    Step { items, bursts: 1, burst: Box::new(burst) }
}

impl Data {
    /// The evaluation of all members on all images, in bursts; `each` is the multiply-adds of one forward pass.
    fn step(self, each: f64) -> Step {
        let all_blocks = self.labels.len() / LANES;
        let fitting = |most: usize, each: f64| {
            let halves = std::iter::successors(Some(most), |&part| (part % 2 == 0).then_some(part / 2));
            halves.take_while(|&part| part == most || part as f64 * each * 2.0 > BURST).last().unwrap_or(most)
        };
        let together = fitting(self.members, each * LANES as f64);
        // Outputs that are copied out should stay in a near cache: one block at a time.
        let blocks = if self.marked { fitting(all_blocks, each * (LANES * together) as f64) } else { 1 };
        let (items, parts) = (all_blocks / blocks, self.members / together);

        let mut space = Space::default();
        let mut next = 0;
        let burst = move |threads: Threads<'_>, repeats: u64| {
            let count = threads.count().min(items) * blocks;
            for _ in 0..repeats {
                let first = next / parts * count % (all_blocks - count + 1);
                let members = next % parts * together..(next % parts + 1) * together;
                self.evaluate(threads, first, count, members, &mut space);
                next += 1;
            }
        };
        Step { items: items as u64, bursts: parts as u64, burst: Box::new(burst) }
    }

    /// Some members on some blocks of images.
    fn evaluate(
        &self,
        threads: Threads<'_>,
        first: usize,
        blocks: usize,
        members: std::ops::Range<usize>,
        space: &mut Space,
    ) {
        let plan = &self.plan;
        let (first, count) = (first * LANES, blocks * LANES);
        let pixels = &self.pixels[first * plan.pixels_each()..(first + count) * plan.pixels_each()];
        let images = Images::new(pixels, count, plan.pixels_each());
        let together = members.len();
        let values = &self.values[members.start * plan.parameters()..members.end * plan.parameters()];
        let members = Members::new(values, plan.parameters());
        grow(&mut space.scratch, plan.scratch_len(threads));
        if self.marked {
            let labels = &self.labels[first..first + count];
            space.marks.resize(blocks * together, Score::default());
            space.scores.resize(together, Score::default());
            let Space { scratch, marks, scores, .. } = space;
            plan.evaluate(threads, images, labels, members, scratch, marks, scores);
        } else {
            let len = plan.logits_len(count, together);
            grow(&mut space.outputs, len);
            plan.logits(threads, images, members, &mut space.scratch, &mut space.outputs[..len]);
        }
    }

    /// Outputs of the first two and the last member for the first and the last image of a block.
    fn check(&self, network: &Network) -> Result<(), Difference> {
        let plan = &self.plan;
        let chosen = [0, 1, self.members - 1];
        let chosen = &chosen[..self.members.min(chosen.len())];
        let member = |&member: &usize| &self.values[member * plan.parameters()..][..plan.parameters()];
        let values: Vec<&[f32]> = chosen.iter().map(member).collect();
        let block = &self.pixels[..LANES * plan.pixels_each()];
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut outputs = AlignedBuffer::new(plan.logits_len(LANES, chosen.len()));
        let images = Images::new(block, LANES, plan.pixels_each());
        let concatenated = values.concat();
        let members = Members::new(&concatenated, plan.parameters());
        plan.logits(Threads::Sequential, images, members, &mut scratch, &mut outputs);

        let each = outputs.chunks_exact(plan.outputs() * LANES);
        for ((member, values), outputs) in chosen.iter().zip(values).zip(each) {
            for image in [0, LANES - 1] {
                let expected = naive::network(network, values, &column(block, image, LANES));
                let place = |output| format!("output {output} of member {member} for image {image}");
                same(&column(outputs, image, LANES), &expected, place)?;
            }
        }
        if self.marked { self.check_marks(images, members, &outputs) } else { Ok(()) }
    }

    /// Losses and hits of members whose outputs for one block of images are known.
    fn check_marks(
        &self,
        images: Images<'_>,
        members: Members<'_>,
        outputs: &[f32],
    ) -> Result<(), Difference> {
        let plan = &self.plan;
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut marks = vec![Score::default(); members.count()];
        let mut scores = marks.clone();
        let labels = &self.labels[..LANES];
        plan.evaluate(Threads::Sequential, images, labels, members, &mut scratch, &mut marks, &mut scores);
        for (member, (score, outputs)) in
            scores.iter().zip(outputs.chunks_exact(plan.outputs() * LANES)).enumerate()
        {
            let logits: Vec<Vec<f32>> = (0..LANES).map(|image| column(outputs, image, LANES)).collect();
            let expected = naive::score(&logits, labels);
            same(&[score.loss], &[expected.loss], |_| {
                format!("the loss of member {member} over {LANES} images")
            })?;
            same(&[score.correct], &[expected.correct], |_| {
                format!("the number of hits of member {member}")
            })?;
        }
        Ok(())
    }
}

/// What evaluations write to.
struct Space {
    scratch: AlignedBuffer,
    outputs: AlignedBuffer,
    marks: Vec<Score>,
    scores: Vec<Score>,
}

impl Default for Space {
    fn default() -> Space {
        let nothing = || AlignedBuffer::new(0);
        Space { scratch: nothing(), outputs: nothing(), marks: Vec::new(), scores: Vec::new() }
    }
}

fn grow(buffer: &mut AlignedBuffer, len: usize) {
    if buffer.len() < len {
        *buffer = AlignedBuffer::new(len);
    }
}
