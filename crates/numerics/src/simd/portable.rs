//! Plain Rust: the definition of every operation.

use std::array::from_fn;

use super::{Kernel, Simd};

/// Eight lanes, computed one by one or as the compiler sees fit.
#[derive(Clone, Copy)]
pub(crate) struct Portable(());

/// Lanes of a register that is no register.
const WIDTH: usize = 8;

impl Portable {
    pub(crate) fn new() -> Portable {
        Portable(())
    }
}

/// Lanes of a register of `f64`.
const HALF: usize = WIDTH / 2;

/// `operation` in each lane of two registers.
#[inline(always)]
fn zip<A: Copy, B, const N: usize>(a: [A; N], b: [A; N], operation: impl Fn(A, A) -> B) -> [B; N] {
    from_fn(|lane| operation(a[lane], b[lane]))
}

impl Simd for Portable {
    const LANES: usize = WIDTH;
    const REGISTERS: usize = 16;

    type F = [f32; WIDTH];
    type U = [u32; WIDTH];
    type M = [bool; WIDTH];
    type D = [f64; HALF];

    #[inline(never)]
    fn apart<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [value; WIDTH]
    }
    #[inline(always)]
    unsafe fn load_pointer(self, from: *const f32) -> Self::F {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self::F>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_pointer(self, value: Self::F, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self::F>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn load_part_pointer(self, from: *const f32, count: usize) -> Self::F {
        // SAFETY: the caller's promise.
        from_fn(|lane| if lane < count { unsafe { from.add(lane).read() } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_part_pointer(self, value: Self::F, to: *mut f32, count: usize) {
        // SAFETY: the caller's promise.
        (0..count).for_each(|lane| unsafe { to.add(lane).write(value[lane]) });
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn sqrt(self, a: Self::F) -> Self::F {
        a.map(f32::sqrt)
    }
    // PERF: where the compiler may not assume the instruction this is a call a lane; unrolled into tiles, thousands.
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
    }
    // PERF: where the compiler may not assume the instruction this is a call a lane; unrolled into tiles, thousands.
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn neg_mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        from_fn(|lane| (-a[lane]).mul_add(b[lane], c[lane]))
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn round(self, a: Self::F) -> Self::F {
        a.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn sums_of_lanes(self, registers: [Self::F; 4]) -> [f32; 4] {
        registers.map(|[a, b, c, d, e, f, g, h]| ((a + b) + (c + d)) + ((e + f) + (g + h)))
    }

    #[inline(always)]
    fn splat_double(self, value: f64) -> Self::D {
        [value; HALF]
    }
    #[inline(always)]
    unsafe fn load_double_pointer(self, from: *const f64) -> Self::D {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self::D>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_double_pointer(self, value: Self::D, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self::D>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn load_double_part_pointer(self, from: *const f64, count: usize) -> Self::D {
        // SAFETY: the caller's promise.
        from_fn(|lane| if lane < count { unsafe { from.add(lane).read() } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_double_part_pointer(self, value: Self::D, to: *mut f64, count: usize) {
        // SAFETY: the caller's promise.
        (0..count).for_each(|lane| unsafe { to.add(lane).write(value[lane]) });
    }
    #[inline(always)]
    fn add_double(self, a: Self::D, b: Self::D) -> Self::D {
        zip(a, b, |a, b| a + b)
    }
    // PERF: as for `mul_add`.
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn mul_add_double(self, a: Self::D, b: Self::D, c: Self::D) -> Self::D {
        from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
    }
    #[inline(always)]
    fn sums_of_double_lanes(self, registers: [Self::D; 4]) -> [f64; 4] {
        registers.map(|[a, b, c, d]| (a + b) + (c + d))
    }

    #[inline(always)]
    fn less(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a < b)
    }
    #[inline(always)]
    fn less_or_equal(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a <= b)
    }
    #[inline(always)]
    fn equal(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a == b)
    }
    #[inline(always)]
    fn select(self, mask: Self::M, a: Self::F, b: Self::F) -> Self::F {
        from_fn(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    fn bits_of(self, a: Self::F) -> Self::U {
        a.map(f32::to_bits)
    }
    #[inline(always)]
    fn float_of_bits(self, a: Self::U) -> Self::F {
        a.map(f32::from_bits)
    }
    #[inline(always)]
    fn nearest_int(self, a: Self::F) -> Self::U {
        const LIMIT: f32 = 2_147_483_648.0;
        a.map(|a| if (-LIMIT..LIMIT).contains(&a) { a.round_ties_even() as i32 as u32 } else { 0x8000_0000 })
    }
    #[inline(always)]
    fn float_of_int(self, a: Self::U) -> Self::F {
        a.map(|a| a as i32 as f32)
    }

    #[inline(always)]
    fn splat_bits(self, value: u32) -> Self::U {
        [value; WIDTH]
    }
    #[inline(always)]
    unsafe fn load_bits_pointer(self, from: *const u32) -> Self::U {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self::U>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_bits_pointer(self, value: Self::U, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self::U>().write_unaligned(value) }
    }
    #[inline(always)]
    fn add_bits(self, a: Self::U, b: Self::U) -> Self::U {
        zip(a, b, u32::wrapping_add)
    }
    #[inline(always)]
    fn sub_bits(self, a: Self::U, b: Self::U) -> Self::U {
        zip(a, b, u32::wrapping_sub)
    }
    #[inline(always)]
    fn mul_even(self, a: Self::U, b: Self::U) -> Self::U {
        from_fn(|lane| {
            let product = u64::from(a[lane & !1]) * u64::from(b[lane & !1]);
            if lane % 2 == 0 { product as u32 } else { (product >> 32) as u32 }
        })
    }
    #[inline(always)]
    fn odd_twice(self, a: Self::U) -> Self::U {
        from_fn(|lane| a[lane | 1])
    }
    #[inline(always)]
    fn interleave_even(self, a: Self::U, b: Self::U) -> Self::U {
        from_fn(|lane| if lane % 2 == 0 { a[lane] } else { b[lane - 1] })
    }
    #[inline(always)]
    fn and(self, a: Self::U, b: Self::U) -> Self::U {
        zip(a, b, |a, b| a & b)
    }
    #[inline(always)]
    fn or(self, a: Self::U, b: Self::U) -> Self::U {
        zip(a, b, |a, b| a | b)
    }
    #[inline(always)]
    fn xor(self, a: Self::U, b: Self::U) -> Self::U {
        zip(a, b, |a, b| a ^ b)
    }
    #[inline(always)]
    fn shift_left<const COUNT: u32>(self, a: Self::U) -> Self::U {
        const { assert!(COUNT < 32, "fewer bits than there are") };
        a.map(|a| a << COUNT)
    }
    #[inline(always)]
    fn shift_right<const COUNT: u32>(self, a: Self::U) -> Self::U {
        const { assert!(COUNT < 32, "fewer bits than there are") };
        a.map(|a| a >> COUNT)
    }
    #[inline(always)]
    fn shift_right_signed<const COUNT: u32>(self, a: Self::U) -> Self::U {
        const { assert!(COUNT < 32, "fewer bits than there are") };
        a.map(|a| (a as i32 >> COUNT) as u32)
    }
    #[inline(always)]
    fn equal_bits(self, a: Self::U, b: Self::U) -> Self::M {
        zip(a, b, |a, b| a == b)
    }
    #[inline(always)]
    fn less_signed(self, a: Self::U, b: Self::U) -> Self::M {
        zip(a, b, |a, b| (a as i32) < b as i32)
    }
    #[inline(always)]
    fn select_bits(self, mask: Self::M, a: Self::U, b: Self::U) -> Self::U {
        from_fn(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }
    #[inline(always)]
    fn mask_bits(self, mask: Self::M) -> u32 {
        mask.iter().enumerate().map(|(lane, &set)| u32::from(set) << lane).sum()
    }
}
