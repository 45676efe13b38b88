//! Reading and writing at the sizes of the caches.

use std::cell::RefCell;
use std::hint::black_box;

use numerics::{AlignedBuffer, Isa, Kernel, LANES, Simd};
use sparse_kernels::Threads;

use super::processor::Level;
use super::{Loop, Roof, measure};
use crate::timing::{Effort, Routine};

/// Registers read or written in a step of the loops: enough that their sums do not wait for each other.
const STEP: usize = 8;

/// Reading and writing, on every instruction set given, a buffer that fits the level: `read/L1`, `write/L1`.
pub fn roofs(level: &Level, sets: &[Isa], effort: Effort) -> Vec<Roof> {
    let mut buffer = AlignedBuffer::new(level.bytes / size_of::<f32>());
    // Memory that was never written is one page of zeros in every place.
    buffer.fill(1.0);
    let bytes = size_of_val::<[f32]>(&buffer) as f64;
    let buffer = &RefCell::new(buffer);
    let mut loops = Vec::new();
    for &isa in sets {
        let read = Routine::repeated(move |repeats| isa.run(Read { from: &buffer.borrow(), repeats }));
        let write =
            Routine::repeated(move |repeats| isa.run(Write { to: &mut buffer.borrow_mut(), repeats }));
        for (what, routine) in [("read", read), ("write", write)] {
            let name = format!("{what}/{}", level.name);
            loops.push(Loop { name, isa, work: bytes, unit: "GB/s", routine });
        }
    }
    measure(loops, 1, effort)
}

/// Writes every number, then reads every number, each thread its share.
pub fn write_and_read(threads: Threads<'_>, values: &mut [f32]) {
    let isa = Isa::detected();
    let share = threads.share(values.len()).next_multiple_of(STEP * LANES);
    threads.for_each(values.chunks_mut(share), |to| isa.run(Write { to, repeats: 1 }));
    threads.for_each(values.chunks(share), |from| isa.run(Read { from, repeats: 1 }));
}

struct Read<'a> {
    from: &'a [f32],
    repeats: u64,
}

impl Kernel for Read<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut sums = [simd.bits_of(simd.zero()); STEP];
        for _ in 0..self.repeats {
            for chunk in black_box(self.from).as_chunks::<{ STEP * LANES }>().0 {
                for half in chunk.chunks_exact(STEP * S::LANES) {
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let value = simd.bits_of(simd.load(&half[index * S::LANES..]));
                        *sum = simd.xor(*sum, value);
                    }
                }
            }
        }
        let mut end = [0; LANES];
        for sum in sums {
            simd.store_bits(sum, &mut end);
            black_box(&mut end);
        }
    }
}

struct Write<'a> {
    to: &'a mut [f32],
    repeats: u64,
}

impl Kernel for Write<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let value = simd.splat(black_box(1.0));
        for _ in 0..self.repeats {
            for chunk in black_box(&mut *self.to).as_chunks_mut::<{ STEP * LANES }>().0 {
                for part in chunk.chunks_exact_mut(S::LANES) {
                    simd.store(value, part);
                }
            }
        }
    }
}
