//! The parameters of a compiled network, for one member or a block of lanes.

use std::array::from_fn;

use numerics::{Kernel, LANES, Simd};

use super::CompiledNetwork;
use super::plan::{Constant, LayerPlan, Row, Term};
use crate::network::{Convolution, Layer};
use crate::{Activation, naive};

/// The computation for `N` members: blocks of `N` numbers, one a member.
pub(super) struct Values<'a, const N: usize> {
    compiled: &'a CompiledNetwork,
    given: &'a [[f32; N]],
    parameters: &'a mut [[f32; N]],
    constants: &'a mut [[f32; N]],
    /// Room for sums that are not parameters.
    sums: &'a mut [[f32; N]],
}

impl<'a, const N: usize> Values<'a, N> {
    /// Lengths were checked.
    pub(super) fn new(
        compiled: &'a CompiledNetwork,
        given: &'a [f32],
        parameters: &'a mut [f32],
        scratch: &'a mut [f32],
    ) -> Values<'a, N> {
        let (constants, sums) = scratch.as_chunks_mut().0.split_at_mut(compiled.constants);
        let (given, parameters) = (given.as_chunks().0, parameters.as_chunks_mut().0);
        Values { compiled, given, parameters, constants, sums }
    }

    #[inline(always)]
    fn row<S: Simd>(&mut self, simd: S, layer: &Layer, plan: &LayerPlan, row: &Row) {
        let sums = match &row.initial {
            Some(initial) => &mut self.parameters[initial.clone()],
            None => &mut self.sums[..row.sums],
        };
        match &self.given[row.bias.clone()] {
            [bias] => sums.fill(*bias),
            plane => sums.copy_from_slice(plane),
        }
        for term in plan.terms(row) {
            let constant = &self.constants[term.constant.start..][..term.constant.len];
            let value = self.given[term.value];
            match layer {
                Layer::Convolution(layer) if sums.len() == layer.sums().pixels() => {
                    add_plane(layer, term, value, constant, sums);
                }
                // Every pixel sees the same.
                Layer::Convolution(_) => sums[0] = fma(value, constant[0], sums[0]),
                Layer::Dense(_) => {
                    let seen = constant[if constant.len() > 1 { term.place } else { 0 }];
                    sums[0] = fma(value, seen, sums[0]);
                }
            }
        }
        if let Some(Constant { start, len }) = row.constant {
            let constant = &mut self.constants[start..][..len];
            match layer {
                Layer::Convolution(layer) if len > 1 || sums.len() > 1 => pool(layer, sums, constant),
                // The largest of equals.
                _ => constant[0] = sums[0],
            }
            for value in constant {
                *value = activate(simd, layer.activation(), *value);
            }
        }
    }
}

impl<const N: usize> Kernel for Values<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let compiled = self.compiled;
        for (layer, plan) in compiled.given.layers().iter().zip(&compiled.plans) {
            let values = &mut self.parameters[plan.values..][..plan.kept.len()];
            for (value, &kept) in values.iter_mut().zip(&plan.kept) {
                *value = self.given[kept];
            }
            for row in &plan.rows {
                self.row(simd, layer, plan, row);
            }
        }
    }
}

#[inline(always)]
fn fma<const N: usize>(a: [f32; N], b: [f32; N], c: [f32; N]) -> [f32; N] {
    from_fn(|member| a[member].mul_add(b[member], c[member]))
}

/// Adds what one tap sees of a constant plane to every sum; padding is the number zero.
#[inline(always)]
fn add_plane<const N: usize>(
    layer: &Convolution,
    term: &Term,
    value: [f32; N],
    constant: &[[f32; N]],
    sums: &mut [[f32; N]],
) {
    let (width, stride) = (layer.sums().width, layer.window().stride);
    let (rows, columns) = layer.seen(term.place);
    let zero = [0.0; N];
    for (y, sums) in sums.chunks_exact_mut(width).enumerate() {
        if !rows.sums.contains(&y) {
            sums.iter_mut().for_each(|sum| *sum = fma(value, zero, *sum));
            continue;
        }
        let (left, rest) = sums.split_at_mut(columns.sums.start);
        let (seen, right) = rest.split_at_mut(columns.sums.len());
        left.iter_mut().chain(right).for_each(|sum| *sum = fma(value, zero, *sum));
        if let [pixel] = constant {
            seen.iter_mut().for_each(|sum| *sum = fma(value, *pixel, *sum));
        } else {
            let from = (rows.first + (y - rows.sums.start) * stride.0) * layer.input().width;
            let pixels = constant[from + columns.first..].iter().step_by(stride.1);
            seen.iter_mut().zip(pixels).for_each(|(sum, pixel)| *sum = fma(value, *pixel, *sum));
        }
    }
}

/// The plane before its activation.
#[inline(always)]
fn pool<const N: usize>(layer: &Convolution, sums: &[[f32; N]], pooled: &mut [[f32; N]]) {
    if !layer.window().pool {
        pooled.copy_from_slice(sums);
        return;
    }
    let (from, to) = (layer.sums().width, layer.output().width);
    for (y, pooled) in pooled.chunks_exact_mut(to).enumerate() {
        for (x, pooled) in pooled.iter_mut().enumerate() {
            let at = |dy: usize, dx: usize| sums[(2 * y + dy) * from + 2 * x + dx];
            *pooled = from_fn(|member| {
                let at = |dy, dx| at(dy, dx)[member];
                naive::larger(naive::larger(at(0, 0), at(0, 1)), naive::larger(at(1, 0), at(1, 1)))
            });
        }
    }
}

#[inline(always)]
fn activate<S: Simd, const N: usize>(simd: S, activation: Activation, x: [f32; N]) -> [f32; N] {
    const { assert!(N <= LANES, "one block of lanes at most") };
    let mut lanes = [0.0; LANES];
    lanes[..N].copy_from_slice(&x);
    for register in lanes.chunks_exact_mut(S::LANES).take(N.div_ceil(S::LANES)) {
        simd.store(activation.apply(simd, simd.load(register)), register);
    }
    from_fn(|member| lanes[member])
}
