//! Vectors of registers: three components, each with a copy of the world a lane.

use numerics::Simd;

/// Three components.
pub(super) type Vector<S> = [<S as Simd>::F; 3];
/// The scalar part, then x, y and z.
pub(super) type Quaternion<S> = [<S as Simd>::F; 4];
/// The world's x, y and z of each axis of a body.
pub(super) type Frame<S> = [Vector<S>; 3];

/// The vector of a body in the world, of the components in `axes` alone: bit 0 is x, bit 1 is y, bit 2 is z. Terms are
/// added from the first axis to the last.
// PERF: `axes` is a constant wherever this is inlined, so what is left out costs nothing.
#[inline(always)]
pub(super) fn turned<S: Simd>(simd: S, axes: u32, vector: [f32; 3], frame: &Frame<S>) -> Vector<S> {
    let [x, y, z] = vector;
    match axes & 7 {
        0 => [simd.zero(); 3],
        0b001 => scaled(simd, frame[0], simd.splat(x)),
        0b010 => scaled(simd, frame[1], simd.splat(y)),
        0b100 => scaled(simd, frame[2], simd.splat(z)),
        0b011 => along(simd, frame[1], simd.splat(y), scaled(simd, frame[0], simd.splat(x))),
        0b101 => along(simd, frame[2], simd.splat(z), scaled(simd, frame[0], simd.splat(x))),
        0b110 => along(simd, frame[2], simd.splat(z), scaled(simd, frame[1], simd.splat(y))),
        _ => {
            let sum = along(simd, frame[1], simd.splat(y), scaled(simd, frame[0], simd.splat(x)));
            along(simd, frame[2], simd.splat(z), sum)
        }
    }
}

/// `a + b`
#[inline(always)]
pub(super) fn add<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>) -> Vector<S> {
    [simd.add(a[0], b[0]), simd.add(a[1], b[1]), simd.add(a[2], b[2])]
}

/// `a - b`
#[inline(always)]
pub(super) fn sub<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>) -> Vector<S> {
    [simd.sub(a[0], b[0]), simd.sub(a[1], b[1]), simd.sub(a[2], b[2])]
}

/// `a f`
#[inline(always)]
pub(super) fn scaled<S: Simd>(simd: S, a: Vector<S>, factor: S::F) -> Vector<S> {
    [simd.mul(a[0], factor), simd.mul(a[1], factor), simd.mul(a[2], factor)]
}

/// `a f + b`
#[inline(always)]
pub(super) fn along<S: Simd>(simd: S, a: Vector<S>, factor: S::F, b: Vector<S>) -> Vector<S> {
    [simd.mul_add(a[0], factor, b[0]), simd.mul_add(a[1], factor, b[1]), simd.mul_add(a[2], factor, b[2])]
}

/// `b - a f`
#[inline(always)]
pub(super) fn against<S: Simd>(simd: S, a: Vector<S>, factor: S::F, b: Vector<S>) -> Vector<S> {
    [
        simd.neg_mul_add(a[0], factor, b[0]),
        simd.neg_mul_add(a[1], factor, b[1]),
        simd.neg_mul_add(a[2], factor, b[2]),
    ]
}

/// The product of each component with a number of the model, plus `b`.
#[inline(always)]
pub(super) fn times_add<S: Simd>(simd: S, a: Vector<S>, factors: [f32; 3], b: Vector<S>) -> Vector<S> {
    [
        simd.mul_add(a[0], simd.splat(factors[0]), b[0]),
        simd.mul_add(a[1], simd.splat(factors[1]), b[1]),
        simd.mul_add(a[2], simd.splat(factors[2]), b[2]),
    ]
}

/// The product of each component with a number of the model.
#[inline(always)]
pub(super) fn times<S: Simd>(simd: S, a: Vector<S>, factors: [f32; 3]) -> Vector<S> {
    [
        simd.mul(a[0], simd.splat(factors[0])),
        simd.mul(a[1], simd.splat(factors[1])),
        simd.mul(a[2], simd.splat(factors[2])),
    ]
}

/// The scalar product.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>) -> S::F {
    simd.mul_add(a[0], b[0], simd.mul_add(a[1], b[1], simd.mul(a[2], b[2])))
}

/// `a x b`
#[inline(always)]
pub(super) fn cross<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>) -> Vector<S> {
    [
        simd.neg_mul_add(a[2], b[1], simd.mul(a[1], b[2])),
        simd.neg_mul_add(a[0], b[2], simd.mul(a[2], b[0])),
        simd.neg_mul_add(a[1], b[0], simd.mul(a[0], b[1])),
    ]
}

/// `a x b + c`
#[inline(always)]
pub(super) fn cross_add<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>, c: Vector<S>) -> Vector<S> {
    [
        simd.mul_add(a[1], b[2], simd.neg_mul_add(a[2], b[1], c[0])),
        simd.mul_add(a[2], b[0], simd.neg_mul_add(a[0], b[2], c[1])),
        simd.mul_add(a[0], b[1], simd.neg_mul_add(a[1], b[0], c[2])),
    ]
}

/// `c - a x b`
#[inline(always)]
pub(super) fn cross_sub<S: Simd>(simd: S, a: Vector<S>, b: Vector<S>, c: Vector<S>) -> Vector<S> {
    [
        simd.mul_add(a[2], b[1], simd.neg_mul_add(a[1], b[2], c[0])),
        simd.mul_add(a[0], b[2], simd.neg_mul_add(a[2], b[0], c[1])),
        simd.mul_add(a[1], b[0], simd.neg_mul_add(a[0], b[1], c[2])),
    ]
}

/// `a` where `mask`, else `b`.
#[inline(always)]
pub(super) fn select<S: Simd>(simd: S, mask: S::M, a: Vector<S>, b: Vector<S>) -> Vector<S> {
    [simd.select(mask, a[0], b[0]), simd.select(mask, a[1], b[1]), simd.select(mask, a[2], b[2])]
}

/// The axes of a body turned by `q`, which must have length 1.
#[inline(always)]
pub(super) fn frame<S: Simd>(simd: S, q: Quaternion<S>) -> Frame<S> {
    let [s, x, y, z] = q;
    let (x2, y2, z2) = (simd.add(x, x), simd.add(y, y), simd.add(z, z));
    let (sx, sy, sz) = (simd.mul(s, x2), simd.mul(s, y2), simd.mul(s, z2));
    let (yy, zz) = (simd.mul(y, y2), simd.mul(z, z2));
    let one = simd.splat(1.0);
    let rest = simd.neg_mul_add(x, x2, one);
    [
        [simd.sub(one, simd.add(yy, zz)), simd.mul_add(x, y2, sz), simd.mul_add(x, z2, simd.neg(sy))],
        [simd.mul_add(x, y2, simd.neg(sz)), simd.sub(rest, zz), simd.mul_add(y, z2, sx)],
        [simd.mul_add(x, z2, sy), simd.mul_add(y, z2, simd.neg(sx)), simd.sub(rest, yy)],
    ]
}
