//! One block of images through the networks of all members.

use numerics::{LANES, Simd};

use super::plan::{ImagePlan, Stage};
use super::score::{Images, Members, Score};
use crate::Activation;
use crate::convolution::Stream;
use crate::head::mark;

/// Blocks that one thread evaluates.
pub(super) struct Part<'a> {
    pub(super) plan: &'a ImagePlan,
    pub(super) images: Images<'a>,
    pub(super) members: Members<'a>,
    /// The first block of the part.
    pub(super) first: usize,
    pub(super) output: Output<'a>,
    pub(super) scratch: &'a mut [f32],
}

/// What becomes of the last layer's outputs.
pub(super) enum Output<'a> {
    /// `[block][member]` of the part, with one label an image of the whole set.
    Scores { labels: &'a [u32], scores: &'a mut [Score] },
    /// `[block][member][row][lane]` of the part.
    Rows(&'a mut [f32]),
}

impl Output<'_> {
    /// Blocks of the part.
    fn blocks(&self, members: usize, rows: usize) -> usize {
        match self {
            Output::Scores { scores, .. } => scores.len() / members.max(1),
            Output::Rows(values) => values.len() / (members * rows * LANES).max(1),
        }
    }
}

impl numerics::Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let plan = self.plan;
        let start = self.scratch.as_ptr().align_offset(64).min(LANES - 1);
        let scratch = &mut self.scratch[start..];
        assert!(scratch.len() >= plan.registers() * S::LANES, "scratch of the length that the plan states");
        // the padding is written here and never again
        scratch.fill(0.0);
        let scratch = scratch.as_mut_ptr();
        for block in 0..self.output.blocks(self.members.count(), plan.outputs()) {
            for half in 0..LANES / S::LANES {
                // SAFETY: the scratch holds the registers of the plan, which was made for `S`.
                unsafe {
                    plan.input().load(
                        simd,
                        plan.image(),
                        self.images.block(self.first + block),
                        half,
                        scratch,
                    );
                    self.members_of_block(simd, block, half, scratch);
                }
            }
        }
    }
}

impl Part<'_> {
    /// All members on the images that were loaded.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`.
    #[inline(always)]
    unsafe fn members_of_block<S: Simd>(&mut self, simd: S, block: usize, half: usize, scratch: *mut f32) {
        let count = self.members.count();
        let mut member = 0;
        while member < count {
            let pair = [member, (member + 1).min(count - 1)];
            let together = 1 + usize::from(self.plan.shares_input() && pair[1] > member);
            let values = pair.map(|member| self.members.member(member));
            // SAFETY: the caller's promise.
            unsafe {
                if together == 2 {
                    self.plan.first_of_two(simd, values, scratch);
                }
                for slot in 0..together {
                    let rows = self.plan.layers(simd, together - 1, values[slot], slot, scratch);
                    self.output(simd, block, half, pair[slot], rows);
                }
            }
            member += together;
        }
    }

    /// Marks or copies the outputs of one member.
    ///
    /// # Safety
    ///
    /// A register is readable at `rows` for every output of the network.
    #[inline(always)]
    unsafe fn output<S: Simd>(
        &mut self,
        simd: S,
        block: usize,
        half: usize,
        member: usize,
        rows: *const f32,
    ) {
        let (members, outputs) = (self.members.count(), self.plan.outputs());
        let lanes = self.images.lanes(self.first + block).saturating_sub(half * S::LANES).min(S::LANES);
        match &mut self.output {
            Output::Scores { labels, scores } => {
                let start = (self.first + block) * LANES + half * S::LANES;
                let mut padded = [0; LANES];
                padded[..lanes].copy_from_slice(&labels[start.min(labels.len())..][..lanes]);
                // SAFETY: the caller's promise.
                let marks = unsafe { mark(simd, rows, outputs, simd.load_bits(&padded)) };
                let mut losses = [0.0; LANES];
                simd.store(marks.loss, &mut losses);
                let hits = simd.mask_bits(marks.correct) & ((1 << lanes) - 1);
                let score = &mut scores[block * members + member];
                score.correct += hits.count_ones();
                // one image after the other, so that the width of a register cannot be seen
                for &loss in &losses[..lanes] {
                    score.loss += f64::from(loss);
                }
            }
            Output::Rows(values) => {
                let start = (block * members + member) * outputs * LANES + half * S::LANES;
                for row in 0..outputs {
                    // SAFETY: the caller's promise.
                    let value = unsafe { simd.load_pointer(rows.add(row * S::LANES)) };
                    simd.store(value, &mut values[start + row * LANES..]);
                }
            }
        }
    }
}

impl ImagePlan {
    /// The first layer for two members, who share the loads of its input.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`.
    #[inline(always)]
    unsafe fn first_of_two<S: Simd>(&self, simd: S, members: [&[f32]; 2], scratch: *mut f32) {
        let stage = &self.stages()[0];
        let Stage::Convolution(plan) = &stage.layer else {
            unreachable!("only convolutions share their input");
        };
        // SAFETY: the caller's promise.
        unsafe {
            let streams = [0, 1].map(|slot| Stream {
                parameters: &members[slot][stage.parameters.clone()],
                output: scratch.add(stage.output[slot] * S::LANES),
            });
            plan.run::<S, 2>(simd, scratch, streams);
            for stream in streams {
                stage.activate(simd, stream.output);
            }
        }
    }

    /// The layers from the given one on; returns the outputs of the last.
    ///
    /// # Safety
    ///
    /// The scratch holds the registers of the plan, which was made for `S`, and the layers before were run for the slot.
    #[inline(always)]
    unsafe fn layers<S: Simd>(
        &self,
        simd: S,
        from: usize,
        values: &[f32],
        slot: usize,
        scratch: *mut f32,
    ) -> *const f32 {
        // SAFETY: the caller's promise.
        unsafe {
            let mut input = scratch.cast_const();
            if from > 0 {
                input = scratch.add(self.stages()[from - 1].output[slot] * S::LANES);
            }
            for stage in &self.stages()[from..] {
                let output = scratch.add(stage.output[slot] * S::LANES);
                stage.run(simd, values, input, output);
                input = output;
            }
            input
        }
    }
}

impl super::plan::PlannedLayer {
    /// One layer for one member.
    ///
    /// # Safety
    ///
    /// The plan was made for `S`, and the registers of the layer's input and output are at the pointers.
    #[inline(always)]
    unsafe fn run<S: Simd>(&self, simd: S, values: &[f32], input: *const f32, output: *mut f32) {
        let parameters = &values[self.parameters.clone()];
        // SAFETY: the caller's promise.
        unsafe {
            match &self.layer {
                Stage::Convolution(plan) => {
                    plan.run::<S, 1>(simd, input, [Stream { parameters, output }]);
                }
                Stage::Dense(plan) => plan.run(simd, input, parameters, output),
            }
            self.activate(simd, output);
        }
    }

    /// Applies the activation where the layer's kernel has not.
    ///
    /// # Safety
    ///
    /// The output of the layer is at `output`, in registers of `S`.
    #[inline(always)]
    unsafe fn activate<S: Simd>(&self, simd: S, output: *mut f32) {
        let (plane, activation) = match &self.layer {
            Stage::Convolution(plan) if plan.activation == Activation::Relu => return,
            Stage::Convolution(plan) => (plan.output, plan.activation),
            Stage::Dense(plan) => (self.plane, plan.activation),
        };
        if activation == Activation::Identity {
            return;
        }
        let (height, width) = self.extent;
        for channel in 0..plane.channels {
            for y in 0..height {
                for x in 0..width {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let place = output.add(plane.place(channel, y, x) * S::LANES);
                        simd.store_pointer(activation.apply(simd, simd.load_pointer(place)), place);
                    }
                }
            }
        }
    }
}
