//! Fused multiply-adds from registers, and with an operand from the nearest cache in each way that kernels use.
//!
//! Twelve independent accumulators: the product of latency (4 cycles, 5 on the oldest with AVX2) and instructions a
//! cycle (2) is 8 to 10, and twelve with two operands fit the sixteen registers of AVX2.

use std::hint::black_box;

use numerics::{AlignedBuffer, Isa, Kernel, LANES, Simd};

use super::{Loop, Roof, measure};
use crate::timing::{Effort, Routine};

const ACCUMULATORS: usize = 12;

/// Multiply-adds of [`LANES`] lanes in a repeat.
const BLOCKS: usize = 20 * ACCUMULATORS;

/// Floating-point operations in a repeat of each loop here.
pub const OPERATIONS: f64 = (2 * BLOCKS * LANES) as f64;

/// The name of the roof that all others are compared with.
pub const PEAK: &str = "multiply-add/registers";

/// Where the second operand of a multiply-add comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// A register: the peak of the machine.
    Register,
    /// A vector from the first cache, aligned: one that shares nothing.
    Load,
    /// A vector that two multiply-adds use.
    SharedLoad,
    /// One element, copied to every lane.
    Broadcast,
    /// A vector that straddles two cache lines, such as a row of an image shifted by a pixel.
    SplitLoad,
}

impl Operand {
    const ALL: [Operand; 5] =
        [Operand::Register, Operand::SharedLoad, Operand::Broadcast, Operand::Load, Operand::SplitLoad];

    fn name(self) -> &'static str {
        match self {
            Operand::Register => PEAK,
            Operand::Load => "multiply-add/load",
            Operand::SharedLoad => "multiply-add/shared-load",
            Operand::Broadcast => "multiply-add/broadcast",
            Operand::SplitLoad => "multiply-add/split-load",
        }
    }
}

/// All loops on all the instruction sets given, timed in turns.
pub fn roofs(sets: &[Isa], effort: Effort) -> Vec<Roof> {
    let data = data();
    let mut loops = Vec::new();
    for operand in Operand::ALL {
        for &isa in sets {
            let data = &data;
            let routine = Routine::repeated(move |repeats| isa.run(MultiplyAdd { operand, data, repeats }));
            let name = operand.name().to_owned();
            loops.push(Loop { name, isa, work: OPERATIONS, unit: "GFLOP/s", routine });
        }
    }
    measure(loops, 1, effort)
}

/// The peak: `repeats` times [`OPERATIONS`] in registers. Runs on the calling thread.
pub fn peak(isa: Isa, repeats: u64) {
    isa.run(MultiplyAdd { operand: Operand::Register, data: &[], repeats });
}

/// Operands for one repeat, 15 KiB, and a line more to shift them by.
fn data() -> AlignedBuffer {
    let mut data = AlignedBuffer::new((BLOCKS + 1) * LANES);
    data.fill(0.5);
    data
}

struct MultiplyAdd<'a> {
    operand: Operand,
    data: &'a [f32],
    repeats: u64,
}

impl Kernel for MultiplyAdd<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // Sums grow by at most 1/2000 each and are never subnormal. The compiler sees none of the numbers.
        let a = black_box([0.001, 0.000_7]).map(|a| simd.splat(a));
        let mut sums: [S::F; ACCUMULATORS] =
            black_box(std::array::from_fn(|index| index as f32)).map(|start: f32| simd.splat(start));
        // A pass takes one register where `LANES` are one or two.
        let passes = self.repeats * (LANES / S::LANES) as u64;
        match self.operand {
            Operand::Register => registers(simd, a, passes, &mut sums),
            Operand::Load => loads(simd, a[0], self.data, passes, &mut sums),
            Operand::SharedLoad => shared_loads(simd, a, self.data, passes, &mut sums),
            Operand::Broadcast => broadcasts(simd, a[0], self.data, passes, &mut sums),
            // Half of each register on either side of the line's end.
            Operand::SplitLoad => loads(simd, a[0], &self.data[LANES - S::LANES / 2..], passes, &mut sums),
        }
        let mut end = [0.0; LANES];
        for sum in sums {
            simd.store(sum, &mut end);
            black_box(&mut end);
        }
    }
}

// PERF: constant bounds let the compiler drop every check and unroll the loops over the sums, which stay in registers.

#[inline(always)]
fn registers<S: Simd>(simd: S, a: [S::F; 2], passes: u64, sums: &mut [S::F; ACCUMULATORS]) {
    for _ in 0..passes * (BLOCKS / ACCUMULATORS) as u64 {
        for sum in &mut *sums {
            *sum = simd.mul_add(a[0], a[1], *sum);
        }
    }
}

#[inline(always)]
fn loads<S: Simd>(simd: S, a: S::F, data: &[f32], passes: u64, sums: &mut [S::F; ACCUMULATORS]) {
    for _ in 0..passes {
        for chunk in data[..BLOCKS * LANES].as_chunks::<{ ACCUMULATORS * LANES }>().0 {
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add(simd.load(&chunk[index * LANES..]), a, *sum);
            }
        }
    }
}

#[inline(always)]
fn shared_loads<S: Simd>(simd: S, a: [S::F; 2], data: &[f32], passes: u64, sums: &mut [S::F; ACCUMULATORS]) {
    for _ in 0..passes {
        for chunk in data[..BLOCKS / 2 * LANES].as_chunks::<{ ACCUMULATORS / 2 * LANES }>().0 {
            for (index, [first, second]) in sums.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                let shared = simd.load(&chunk[index * LANES..]);
                *first = simd.mul_add(shared, a[0], *first);
                *second = simd.mul_add(shared, a[1], *second);
            }
        }
    }
}

#[inline(always)]
fn broadcasts<S: Simd>(simd: S, a: S::F, data: &[f32], passes: u64, sums: &mut [S::F; ACCUMULATORS]) {
    for _ in 0..passes {
        for chunk in data[..BLOCKS].as_chunks::<ACCUMULATORS>().0 {
            for (sum, &element) in sums.iter_mut().zip(chunk) {
                *sum = simd.mul_add(simd.splat(element), a, *sum);
            }
        }
    }
}
