//! Functions of slices, of any length and alignment.

use super::{Function, TOGETHER};
use crate::{Isa, Kernel, LANES, Simd};

/// Writes the function of each element of `input` to `output`.
///
/// # Panics
///
/// If the lengths differ.
pub fn map<F: Function>(isa: Isa, function: F, input: &[f32], output: &mut [f32]) {
    assert_eq!(input.len(), output.len(), "one output for each input");
    isa.run(Map { function, input, output });
}

/// Replaces each element by the function of it.
pub fn map_in_place<F: Function>(isa: Isa, function: F, values: &mut [f32]) {
    isa.run(MapInPlace { function, values });
}

struct Map<'a, F> {
    function: F,
    input: &'a [f32],
    output: &'a mut [f32],
}

struct MapInPlace<'a, F> {
    function: F,
    values: &'a mut [f32],
}

impl<F: Function> Kernel for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (mut input, mut output) = (self.input, self.output);
        if F::SEVERAL {
            let several = TOGETHER * S::LANES;
            let whole = input.len() - input.len() % several;
            let (inputs, rest) = input.split_at(whole);
            let (outputs, rest_of_outputs) = output.split_at_mut(whole);
            for (input, output) in inputs.chunks_exact(several).zip(outputs.chunks_exact_mut(several)) {
                let result = self.function.of_several(simd, load_several(simd, input));
                store_several(simd, result, output);
            }
            (input, output) = (rest, rest_of_outputs);
        }
        let mut inputs = input.chunks_exact(S::LANES);
        let mut outputs = output.chunks_exact_mut(S::LANES);
        for (input, output) in inputs.by_ref().zip(outputs.by_ref()) {
            simd.store(self.function.of(simd, simd.load(input)), output);
        }
        let rest = outputs.into_remainder();
        rest.copy_from_slice(inputs.remainder());
        map_rest(simd, self.function, rest);
    }
}

impl<F: Function> Kernel for MapInPlace<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut values = self.values;
        if F::SEVERAL {
            let several = TOGETHER * S::LANES;
            let (whole, rest) = values.split_at_mut(values.len() - values.len() % several);
            for block in whole.chunks_exact_mut(several) {
                let result = self.function.of_several(simd, load_several(simd, block));
                store_several(simd, result, block);
            }
            values = rest;
        }
        let mut blocks = values.chunks_exact_mut(S::LANES);
        for block in blocks.by_ref() {
            simd.store(self.function.of(simd, simd.load(block)), block);
        }
        map_rest(simd, self.function, blocks.into_remainder());
    }
}

/// The registers of a block of as many.
#[inline(always)]
fn load_several<S: Simd>(simd: S, from: &[f32]) -> [S::F; TOGETHER] {
    let mut registers = [simd.zero(); TOGETHER];
    for (register, lanes) in registers.iter_mut().zip(from.chunks_exact(S::LANES)) {
        *register = simd.load(lanes);
    }
    registers
}

/// Overwrites a block of as many registers.
#[inline(always)]
fn store_several<S: Simd>(simd: S, registers: [S::F; TOGETHER], to: &mut [f32]) {
    for (register, lanes) in registers.into_iter().zip(to.chunks_exact_mut(S::LANES)) {
        simd.store(register, lanes);
    }
}

/// Less than a register.
#[inline(always)]
fn map_rest<S: Simd, F: Function>(simd: S, function: F, rest: &mut [f32]) {
    if rest.is_empty() {
        return;
    }
    let mut block = [0.0; LANES];
    block[..rest.len()].copy_from_slice(rest);
    let result = function.of(simd, simd.load(&block));
    simd.store(result, &mut block);
    rest.copy_from_slice(&block[..rest.len()]);
}
