//! Losses and gradients of a population of whole networks on the same images: member by member, an image a lane, as
//! [`ImagePlan`](crate::ImagePlan) evaluates them.
//!
//! Threads take members, and a member goes through its blocks of images in order on one of them. So its numbers are those of
//! [`LossPlan::gradient_into`] for it alone, to the bit, whatever population it is in.

use super::LossPlan;
use crate::length::length;
use crate::{ImagePlan, Images, Members, Score, Threads};

impl LossPlan {
    /// Floats of scratch that gradients of members need; what they hold does not matter.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space.
    pub fn members_scratch_len(&self, threads: Threads<'_>, images: Images<'_>) -> usize {
        length("scratch", [threads.count(), self.scratch_len(Threads::Sequential, images)])
    }

    /// Overwrites, for every member, the gradient of its mean cross-entropy over the images, with one label an image, and
    /// the sum of its cross-entropies, and hits. Without images all are zero.
    ///
    /// `gradients` are rows as those of `members`, `[member][parameter]`; `blocks` are used, `[member][block of images]`.
    ///
    /// Threads share members; where there are fewer members than threads, [`gradient_into`](Self::gradient_into) shares the
    /// blocks of each.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `labels` the images, parameters of a member the network's, `gradients` the members' values,
    /// `scores` the members, `blocks` [`ImagePlan::blocks_len`], `scratch` at least
    /// [`LossPlan::members_scratch_len`], pixels of an image the network's input; or if a label is no class.
    #[expect(clippy::too_many_arguments, reason = "what goes in, what is used, what comes out")]
    pub fn gradients_into(
        &self,
        threads: Threads<'_>,
        images: Images<'_>,
        labels: &[u32],
        members: Members<'_>,
        scratch: &mut [f32],
        blocks: &mut [Score],
        scores: &mut [Score],
        gradients: &mut [f32],
    ) {
        let (count, parameters) = (members.count(), self.parameters());
        let needed = self.members_scratch_len(threads, images);
        assert!(scratch.len() >= needed, "scratch of {} floats, {needed} are needed", scratch.len());
        self.check(images, labels);
        assert_eq!(members.parameters(), parameters, "parameters of a member");
        assert_eq!(gradients.len(), count * parameters, "gradients of {count} members");
        assert_eq!(scores.len(), count, "scores, one a member");
        let needed = ImagePlan::blocks_len(images, members);
        assert_eq!(blocks.len(), needed, "scores, one a member and block of images");
        if images.count() == 0 {
            scores.fill(Score::default());
            gradients.fill(0.0);
            return;
        }
        let share = threads.share(count);
        let parts = scores.chunks_mut(share).zip(gradients.chunks_mut(share * parameters));
        let parts = parts.zip(blocks.chunks_mut(share * images.blocks()));
        let scratch = scratch.chunks_exact_mut(self.scratch_len(Threads::Sequential, images));
        threads.for_each(
            parts.zip(scratch).enumerate(),
            |(part, (((scores, gradients), blocks), scratch))| {
                let outputs = scores.iter_mut().zip(gradients.chunks_exact_mut(parameters));
                for (index, (score, gradient)) in outputs.enumerate() {
                    let member = members.member(part * share + index);
                    let blocks = &mut blocks[index * images.blocks()..][..images.blocks()];
                    let one = Threads::Sequential;
                    *score = self.gradient_into(one, images, labels, member, scratch, blocks, gradient);
                }
            },
        );
    }
}
