//! Cross-entropy and accuracy of a block of logits, one image a lane.
//!
//! With `m` the largest logit of an image, `log p(k) = (l(k) - m) - ln(sum over j of exp(l(j) - m))`, summed in the order
//! of the classes; the loss of an image is `-log p(label)`. The prediction is the first of the largest logits
//! ([`best`](crate::naive::best)). A NaN among the logits makes the loss NaN, and so does a label beyond the classes.

use numerics::Simd;
use numerics::functions::{Exp, Function, Ln};

/// Losses and hits of one register of images.
#[derive(Clone, Copy)]
pub(crate) struct Marks<S: Simd> {
    pub(crate) loss: S::F,
    pub(crate) correct: S::M,
    /// The largest logit, and the sum of the powers of what the logits are below it.
    pub(crate) largest: S::F,
    pub(crate) powers: S::F,
}

/// Marks `classes` logits a lane against one label a lane.
///
/// # Safety
///
/// A register must be readable for every class at `logits`.
#[inline(always)]
pub(crate) unsafe fn mark<S: Simd>(simd: S, logits: *const f32, classes: usize, labels: S::U) -> Marks<S> {
    // PERF: a macro where one expects a closure, which would be compiled without the instructions.
    macro_rules! logit {
        ($class:expr) => {
            // SAFETY: the caller's promise.
            unsafe { simd.load_pointer(logits.add($class * S::LANES)) }
        };
    }
    let (mut largest, mut prediction) = (simd.zero(), simd.splat_bits(0));
    let mut chosen = simd.splat(f32::NAN);
    for class in 0..classes {
        let (value, index) = (logit!(class), simd.splat_bits(class as u32));
        if class == 0 {
            largest = value;
        }
        let larger = simd.less(largest, value);
        prediction = simd.select_bits(larger, index, prediction);
        largest = simd.select(larger, value, largest);
        chosen = simd.select(simd.equal_bits(labels, index), value, chosen);
    }
    let mut sum = simd.zero();
    for class in 0..classes {
        sum = simd.add(sum, Exp.of(simd, simd.sub(logit!(class), largest)));
    }
    let loss = simd.sub(Ln.of(simd, sum), simd.sub(chosen, largest));
    Marks { loss, correct: simd.equal_bits(prediction, labels), largest, powers: sum }
}

/// Overwrites `gradients`, a register a class, by those of the logits that were marked: of `share` times the loss.
///
/// # Safety
///
/// A register must be readable for every class at `logits`, and writable at `gradients`.
#[inline(always)]
pub(crate) unsafe fn logit_gradients<S: Simd>(
    simd: S,
    marks: Marks<S>,
    logits: *const f32,
    classes: usize,
    labels: S::U,
    share: f32,
    gradients: *mut f32,
) {
    for class in 0..classes {
        // SAFETY: the caller's promise.
        let logit = unsafe { simd.load_pointer(logits.add(class * S::LANES)) };
        let power = simd.div(Exp.of(simd, simd.sub(logit, marks.largest)), marks.powers);
        let is_label = simd.equal_bits(labels, simd.splat_bits(class as u32));
        let right = simd.select(is_label, simd.splat(1.0), simd.zero());
        let gradient = simd.mul(simd.sub(power, right), simd.splat(share));
        // SAFETY: as above.
        unsafe { simd.store_pointer(gradient, gradients.add(class * S::LANES)) };
    }
}
