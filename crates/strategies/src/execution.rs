//! How work is done: threads, instructions, sizes of blocks. None of it can change a result.

use numerics::Isa;
pub use threads::Threads;

/// Everything about a call that is free to change between two calls, or two machines, without changing a bit.
///
/// Coordinates are cut into blocks, and a block is one thread's work. No sum runs across blocks: what is summed over
/// coordinates is summed by one thread in their order, so the cut cannot be seen in a result.
///
/// ```
/// use strategies::{Execution, Threads};
///
/// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
/// let two_threads = Execution { threads: Threads::Pool(&pool), ..Execution::default() };
/// assert_eq!(two_threads.block, Execution::default().block);
/// # Ok::<(), rayon::ThreadPoolBuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Execution<'pool> {
    /// Who computes.
    pub threads: Threads<'pool>,
    /// With which instructions.
    pub isa: Isa,
    /// Coordinates in one thread's piece of work; 0 counts as 1.
    pub block: usize,
}

impl Default for Execution<'_> {
    /// One thread, the best instructions, and blocks that two threads can share evenly from some thousand coordinates.
    fn default() -> Self {
        Execution { threads: Threads::Sequential, isa: Isa::detected(), block: 512 }
    }
}

impl Execution<'_> {
    /// Coordinates in a block, at least one.
    pub(crate) fn block(&self) -> usize {
        self.block.max(1)
    }

    /// Cuts `0..len` into blocks, in order.
    pub(crate) fn blocks(&self, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> + Send + use<> {
        let block = self.block();
        (0..len).step_by(block).map(move |start| start..len.min(start + block))
    }
}

/// Writes a function of slices that [`Isa::run`] compiles for each instruction set.
///
/// The body is plain Rust over slices of one length; the compiler turns its loops into vectors of whatever is there.
macro_rules! kernel {
    ($(#[$doc:meta])* fn $name:ident<$life:lifetime, $real:ident>($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "the slices of a kernel")]
        pub(crate) fn $name<$life, $real: $crate::real::Real>(isa: numerics::Isa, $($argument: $type),*) {
            struct Body<$life, $real> {
                $($argument: $type,)*
                life: std::marker::PhantomData<&$life $real>,
            }
            impl<$life, $real: $crate::real::Real> numerics::Kernel for Body<$life, $real> {
                type Output = ();

                #[inline(always)]
                fn run<S: numerics::Simd>(self, _: S) {
                    let Body { $($argument,)* life: _ } = self;
                    $body
                }
            }
            isa.run(Body { $($argument,)* life: std::marker::PhantomData })
        }
    };
}
pub(crate) use kernel;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_coordinate_once_in_order() {
        for block in [0, 1, 3, 64, 1024] {
            for len in [0, 1, 2, 3, 63, 64, 65, 1025] {
                let execution = Execution { block, ..Execution::default() };
                let covered: Vec<usize> = execution.blocks(len).flatten().collect();
                assert_eq!(covered, (0..len).collect::<Vec<_>>(), "block {block}, len {len}");
            }
        }
    }
}
