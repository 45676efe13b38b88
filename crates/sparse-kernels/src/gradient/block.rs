//! One block of images there and back.

use numerics::{Kernel, LANES, Simd};

use super::plan::LossPlan;
use crate::head::{logit_gradients, mark};
use crate::{Images, Score};

/// Blocks of one thread. Lengths were checked, and labels.
pub(super) struct Part<'a> {
    pub(super) plan: &'a LossPlan,
    pub(super) images: Images<'a>,
    pub(super) labels: &'a [u32],
    pub(super) parameters: &'a [f32],
    /// Values in the orders in which gradients pass.
    pub(super) turned: &'a [f32],
    /// The first block of the part.
    pub(super) first: usize,
    /// One a block of the part.
    pub(super) scores: &'a mut [Score],
    /// `[block][parameter]` of the part.
    pub(super) sums: &'a mut [f32],
    pub(super) scratch: &'a mut [f32],
}

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Part { plan, images, labels, parameters, turned, first, scores, sums, scratch } = self;
        let start = scratch.as_ptr().align_offset(64).min(LANES - 1);
        let (registers, lanes) = scratch[start..].split_at_mut(plan.registers * LANES);
        assert!(lanes.len() >= plan.parameters * LANES, "scratch of the length that the plan states");
        // the padding is written here and never again
        registers[..plan.registers * S::LANES].fill(0.0);
        for (index, score) in scores.iter_mut().enumerate() {
            let block = first + index;
            *score = Score::default();
            for half in 0..LANES / S::LANES {
                let (registers, lanes) = (registers.as_mut_ptr(), lanes[half * S::LANES..].as_mut_ptr());
                // SAFETY: the scratch holds the registers of the plan, which was made for `S`, and lanes of every
                // parameter.
                unsafe {
                    plan.input.load(simd, plan.image, images.block(block), half, registers);
                    for layer in &plan.layers {
                        layer.forward(simd, parameters, registers);
                    }
                    let here = Half { plan, images, labels, block, half };
                    here.head(simd, registers, score);
                    for layer in plan.layers.iter().rev() {
                        layer.backward(simd, turned, registers, lanes);
                    }
                }
            }
            let sums = &mut sums[index * plan.parameters..][..plan.parameters];
            fold(simd, images.lanes(block), lanes, sums);
        }
    }
}

/// A register of images of a block.
struct Half<'a> {
    plan: &'a LossPlan,
    images: Images<'a>,
    labels: &'a [u32],
    block: usize,
    half: usize,
}

impl Half<'_> {
    /// Marks the logits, and writes their gradients.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`, and the layers were run.
    #[inline(always)]
    unsafe fn head<S: Simd>(&self, simd: S, registers: *mut f32, score: &mut Score) {
        let Half { plan, images, labels, block, half } = *self;
        let first = half * S::LANES;
        let count = images.lanes(block).saturating_sub(first).min(S::LANES);
        let mut padded = [0; LANES];
        padded[..count].copy_from_slice(&labels[(block * LANES + first).min(labels.len())..][..count]);
        let labels = simd.load_bits(&padded);
        let last = &plan.layers[plan.layers.len() - 1];
        let share = 1.0 / images.count() as f32;
        // SAFETY: the caller's promise.
        let marks = unsafe {
            let logits = registers.add(last.output * S::LANES);
            let marks = mark(simd, logits, plan.outputs, labels);
            let gradients = registers.add(last.of_output * S::LANES);
            logit_gradients(simd, marks, logits, plan.outputs, labels, share, gradients);
            marks
        };
        let mut losses = [0.0; LANES];
        simd.store(marks.loss, &mut losses);
        score.correct += (simd.mask_bits(marks.correct) & ((1 << count) - 1)).count_ones();
        // one image after the other, so that the width of a register cannot be seen
        for &loss in &losses[..count] {
            score.loss += f64::from(loss);
        }
    }
}

/// Adds the lanes of each parameter, of which the first `count` have an image.
#[inline(always)]
fn fold<S: Simd>(simd: S, count: usize, lanes: &[f32], sums: &mut [f32]) {
    let mut live = [0; LANES];
    live[..count].fill(u32::MAX);
    for (four, sums) in sums.chunks_mut(4).enumerate() {
        let mut registers = [simd.zero(); 4];
        for (register, lanes) in registers.iter_mut().zip(lanes[four * 4 * LANES..].chunks_exact(LANES)) {
            for lane in (0..LANES).step_by(S::LANES) {
                let bits = simd.and(simd.bits_of(simd.load(&lanes[lane..])), simd.load_bits(&live[lane..]));
                let part = simd.float_of_bits(bits);
                *register = if lane == 0 { part } else { simd.add(*register, part) };
            }
        }
        let found = simd.sums_of_lanes(registers);
        sums.copy_from_slice(&found[..sums.len()]);
    }
}
