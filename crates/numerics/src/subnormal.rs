//! A scope in which subnormal numbers count as zero.
//!
//! A subnormal operand or result costs some CPUs over a hundred cycles, so values that decay towards zero (velocities
//! at rest, moments of an optimiser) can slow a loop many times. Inside [`with_subnormals_flushed`] the CPU reads
//! subnormal operands as zero and writes zero instead of subnormal results: bits FTZ and DAZ of MXCSR on x86-64, bit FZ
//! of FPCR on aarch64. Elsewhere ([`SUPPORTED`] is false), and under Miri, it changes nothing.
//!
//! Where it gains nothing it should stay off: an AMD Zen 3 multiplies subnormal numbers as fast as others (0.06 ns each
//! with AVX2, with the guard and without). Entering and leaving the scope takes 13 ns.
//!
//! # What it breaks
//!
//! - **The promise of bits.** Results under the guard differ from those without it, from machine to machine, and from
//!   the portable definition. It is off unless someone asks, and who asks should write it into the settings of the run.
//! - **Threads.** The state belongs to the calling thread. A pool that already runs does not notice; a thread that is
//!   spawned inside inherits the state for the rest of its life (POSIX), so spawn none.
//!
//! # What Rust promises
//!
//! Nothing: the language assumes the default floating-point state everywhere, and `std` calls any other undefined
//! behaviour. Hence the function is `unsafe`. What is done about it: the state is set and restored in a function of its
//! own, which has no floats and is not inlined, and the work is called through a pointer that the compiler cannot look
//! behind. So no operation of the caller is moved into the scope and none of the work out of it. What remains is that
//! the compiler computes constants, and simplifies (`1.0 * x` to `x`), as if nothing were flushed: each operation on a
//! subnormal number gives either of two results.

use std::hint::black_box;

/// Whether the guard has an effect on this machine.
pub const SUPPORTED: bool = cfg!(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)));

/// Runs `work` with subnormal numbers counted as zero in this thread, then restores what was before, also if `work`
/// panics. May be nested.
///
/// ```
/// use numerics::subnormal;
///
/// let halved = |x: f32| std::hint::black_box(x) * 0.5;
/// // SAFETY: nothing but a number depends on the result.
/// let flushed = unsafe { subnormal::with_subnormals_flushed(|| halved(f32::MIN_POSITIVE)) };
/// assert_eq!(flushed == 0.0, subnormal::SUPPORTED);
/// assert!(halved(f32::MIN_POSITIVE) > 0.0);
/// ```
///
/// # Safety
///
/// In `work`, memory safety must not depend on the value of a floating-point operation whose operands or result may be
/// subnormal: not the bounds of an unchecked access, not a layout. See "What Rust promises" above.
pub unsafe fn with_subnormals_flushed<R>(work: impl FnOnce() -> R) -> R {
    let (mut work, mut result) = (Some(work), None);
    flushed(&mut || result = work.take().map(|work| work()));
    result.expect("the work was called once")
}

/// The whole time for which the state differs.
#[inline(never)]
fn flushed(work: &mut dyn FnMut()) {
    let _restored_when_dropped = Guard::new();
    black_box(work)();
}

/// The state to restore.
struct Guard(control::Word);

impl Guard {
    fn new() -> Guard {
        let before = control::read();
        control::write(before | control::FLUSH);
        Guard(before)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        control::write(self.0);
    }
}

/// MXCSR of x86-64.
#[cfg(all(target_arch = "x86_64", not(miri)))]
mod control {
    use std::arch::asm;

    pub(super) type Word = u32;

    /// Flush to zero, and denormals are zero.
    pub(super) const FLUSH: Word = 1 << 15 | 1 << 6;

    pub(super) fn read() -> Word {
        let mut word = 0;
        // SAFETY: stores four bytes to `word`.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut word, options(nostack, preserves_flags)) };
        word
    }

    pub(super) fn write(word: Word) {
        // SAFETY: loads what was read, with or without two bits that every x86-64 has; the module text says why the
        // state that they make is contained.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &word, options(nostack)) };
    }
}

/// FPCR of aarch64.
#[cfg(all(target_arch = "aarch64", not(miri)))]
mod control {
    use std::arch::asm;

    pub(super) type Word = u64;

    /// Flush to zero, of operands and results.
    pub(super) const FLUSH: Word = 1 << 24;

    pub(super) fn read() -> Word {
        let word;
        // SAFETY: reads a register that every program may read.
        unsafe { asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags)) };
        word
    }

    pub(super) fn write(word: Word) {
        // SAFETY: writes what was read, with or without one bit; the module text says why the state is contained. The
        // asm is assumed to touch memory, so that nothing is moved across it.
        unsafe { asm!("msr fpcr, {}", in(reg) word, options(nostack)) };
    }
}

/// No such state, or none that can be reached.
#[cfg(any(not(any(target_arch = "x86_64", target_arch = "aarch64")), miri))]
mod control {
    pub(super) type Word = u32;

    pub(super) const FLUSH: Word = 0;

    pub(super) fn read() -> Word {
        0
    }

    pub(super) fn write(_: Word) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Isa, Kernel, LANES, Simd};
    use std::sync::mpsc::channel;

    /// Is a subnormal result kept, and is a subnormal operand read as it is?
    fn keeps() -> [bool; 2] {
        let result = black_box(f32::MIN_POSITIVE) * black_box(0.5);
        let operand = black_box(f32::from_bits(1)) * black_box(1e30);
        [result != 0.0, operand != 0.0]
    }

    /// What a machine with the guard shows inside.
    const INSIDE: [bool; 2] = [!SUPPORTED; 2];

    #[test]
    fn results_and_operands_are_flushed_inside_and_nowhere_else() {
        assert_eq!(keeps(), [true; 2]);
        // SAFETY: nothing but numbers depends on the results.
        let inside = unsafe { with_subnormals_flushed(keeps) };
        assert_eq!(inside, INSIDE);
        assert_eq!(keeps(), [true; 2]);
    }

    #[test]
    fn the_state_is_restored_after_a_panic_and_after_the_inner_of_two() {
        // SAFETY: nothing but numbers depends on the results.
        let panicked =
            std::panic::catch_unwind(|| unsafe { with_subnormals_flushed(|| panic!("in the work")) });
        assert!(panicked.is_err());
        assert_eq!(keeps(), [true; 2]);
        // SAFETY: as above.
        let after_inner = unsafe {
            with_subnormals_flushed(|| {
                assert_eq!(with_subnormals_flushed(keeps), INSIDE);
                keeps()
            })
        };
        assert_eq!(after_inner, INSIDE);
        assert_eq!(keeps(), [true; 2]);
    }

    #[test]
    fn a_thread_that_already_runs_does_not_notice() {
        let (ask, asked) = channel::<()>();
        let (answer, answered) = channel();
        let other =
            std::thread::spawn(move || asked.iter().for_each(|()| answer.send(keeps()).expect("awaited")));
        // SAFETY: nothing but numbers depends on the results.
        let seen = unsafe {
            with_subnormals_flushed(|| {
                ask.send(()).expect("the other thread listens");
                answered.recv().expect("the other thread answers")
            })
        };
        drop(ask);
        other.join().expect("the other thread ends");
        assert_eq!(seen, [true; 2]);
    }

    struct Products<'a> {
        x: &'a [f32; LANES],
        factor: f32,
    }

    impl Kernel for Products<'_> {
        type Output = [f32; LANES];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [f32; LANES] {
            let mut products = [0.0; LANES];
            for start in (0..LANES).step_by(S::LANES) {
                let product = simd.mul(simd.load(&self.x[start..]), simd.splat(self.factor));
                simd.store(product, &mut products[start..]);
            }
            products
        }
    }

    #[test]
    fn vectors_are_flushed_as_well_and_normal_numbers_stay_as_they_are() {
        let x: [f32; LANES] = std::array::from_fn(|lane| (-(lane as f32) - 118.0).exp2());
        for isa in Isa::available() {
            let products = || isa.run(Products { x: black_box(&x), factor: black_box(0.75) });
            let outside = products();
            // SAFETY: nothing but numbers depends on the results.
            let inside = unsafe { with_subnormals_flushed(products) };
            for lane in 0..LANES {
                let kept = !SUPPORTED || outside[lane] >= f32::MIN_POSITIVE;
                assert_eq!(inside[lane], if kept { outside[lane] } else { 0.0 }, "{isa}, lane {lane}");
            }
            assert!(outside.iter().all(|&product| product > 0.0));
        }
    }
}
