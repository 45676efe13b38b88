//! One vector register, whatever its width.

mod fours;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use fours::Fours;
pub(crate) use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

/// A computation that can be compiled for every instruction set; [`Isa::run`](crate::Isa::run) picks one.
pub trait Kernel {
    /// What the computation returns.
    type Output;

    /// Computes with the vectors of `simd`.
    ///
    /// Implementations, and the generic functions they call, must be `#[inline(always)]`: code that is not inlined here
    /// is compiled without the instruction set, which is correct and slow.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The operations of one instruction set on registers of `f32`, of `u32` and, as far as matrix products need them, of
/// `f64`.
///
/// A value of this type is the proof that the instructions exist, hence methods where one expects operators. All have
/// the same result in each lane on every instruction set, to the bit: arithmetic is rounded to nearest, ties to even,
/// and what a comparison does with NaN is written at the method. Of a NaN only this is promised, that it is one: sign
/// and payload are the hardware's.
pub trait Simd: Fours + Send + Sync {
    /// Lanes of a register: a divisor of [`LANES`](crate::LANES).
    const LANES: usize;
    /// Registers that a kernel may count on: how many accumulators fit beside operands.
    const REGISTERS: usize;

    /// A register of `f32`.
    type F: Copy;
    /// A register of `u32`.
    type U: Copy;
    /// A truth value for each lane.
    type M: Copy;
    /// A register of `f64`, of half as many lanes.
    type D: Copy;

    /// Runs a part of a kernel as a function of its own, compiled for the same instructions.
    ///
    /// For the large bodies that a kernel chooses from: they are compiled once however often they are called, and their
    /// registers are their own. A call costs about a nanosecond.
    fn apart<K: Kernel>(self, kernel: K) -> K::Output;

    /// `value` in every lane.
    fn splat(self, value: f32) -> Self::F;
    /// Reads [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be readable; no alignment is needed.
    unsafe fn load_pointer(self, from: *const f32) -> Self::F;
    /// Writes [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be writable; no alignment is needed.
    unsafe fn store_pointer(self, value: Self::F, to: *mut f32);
    /// Reads `count` elements into the first lanes; the others are zero.
    ///
    /// # Safety
    ///
    /// So many must be readable, and `count` be at most [`LANES`](Self::LANES).
    unsafe fn load_part_pointer(self, from: *const f32, count: usize) -> Self::F;
    /// Writes the first `count` lanes, and nothing behind them.
    ///
    /// # Safety
    ///
    /// So many must be writable, and `count` be at most [`LANES`](Self::LANES).
    unsafe fn store_part_pointer(self, value: Self::F, to: *mut f32, count: usize);

    /// `a + b`
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a - b`
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b`
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a / b`
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// Square root.
    fn sqrt(self, a: Self::F) -> Self::F;
    /// `a * b + c`, rounded once.
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// `c - a * b`, rounded once.
    fn neg_mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// `a` where `a > b`, else `b`: so `b` if either is NaN, and `b` of two zeros.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a` where `a < b`, else `b`: so `b` if either is NaN, and `b` of two zeros.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// Nearest integer, ties to even, as a float.
    fn round(self, a: Self::F) -> Self::F;
    /// The sum of each register's lanes, in this order: where there are sixteen, lanes 8 to 15 are added to lanes 0 to 7;
    /// then `((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))`.
    fn sums_of_lanes(self, registers: [Self::F; 4]) -> [f32; 4];

    /// `value` in every lane.
    fn splat_double(self, value: f64) -> Self::D;
    /// Reads half of [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be readable; no alignment is needed.
    unsafe fn load_double_pointer(self, from: *const f64) -> Self::D;
    /// Writes half of [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be writable; no alignment is needed.
    unsafe fn store_double_pointer(self, value: Self::D, to: *mut f64);
    /// Reads `count` elements into the first lanes; the others are zero.
    ///
    /// # Safety
    ///
    /// So many must be readable, and `count` be at most half of [`LANES`](Self::LANES).
    unsafe fn load_double_part_pointer(self, from: *const f64, count: usize) -> Self::D;
    /// Writes the first `count` lanes, and nothing behind them.
    ///
    /// # Safety
    ///
    /// So many must be writable, and `count` be at most half of [`LANES`](Self::LANES).
    unsafe fn store_double_part_pointer(self, value: Self::D, to: *mut f64, count: usize);
    /// `a + b`
    fn add_double(self, a: Self::D, b: Self::D) -> Self::D;
    /// `a * b + c`, rounded once.
    fn mul_add_double(self, a: Self::D, b: Self::D, c: Self::D) -> Self::D;
    /// The sum of each register's lanes, in this order: where there are eight, lanes 4 to 7 are added to lanes 0 to 3;
    /// then `(0 + 1) + (2 + 3)`.
    fn sums_of_double_lanes(self, registers: [Self::D; 4]) -> [f64; 4];

    /// `a < b`; false with NaN.
    fn less(self, a: Self::F, b: Self::F) -> Self::M;
    /// `a <= b`; false with NaN.
    fn less_or_equal(self, a: Self::F, b: Self::F) -> Self::M;
    /// `a == b`; false with NaN, so `equal(a, a)` is false exactly at NaN.
    fn equal(self, a: Self::F, b: Self::F) -> Self::M;
    /// `a` where `mask`, else `b`.
    fn select(self, mask: Self::M, a: Self::F, b: Self::F) -> Self::F;

    /// The bits of `a`.
    fn bits_of(self, a: Self::F) -> Self::U;
    /// The float with these bits.
    fn float_of_bits(self, a: Self::U) -> Self::F;
    /// Nearest integer, ties to even, as a two's complement `i32`; `0x8000_0000` for what has none.
    fn nearest_int(self, a: Self::F) -> Self::U;
    /// The `i32` in each lane as a float, rounded to nearest.
    fn float_of_int(self, a: Self::U) -> Self::F;

    /// `value` in every lane.
    fn splat_bits(self, value: u32) -> Self::U;
    /// Reads [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be readable; no alignment is needed.
    unsafe fn load_bits_pointer(self, from: *const u32) -> Self::U;
    /// Writes [`LANES`](Self::LANES) elements.
    ///
    /// # Safety
    ///
    /// All of them must be writable; no alignment is needed.
    unsafe fn store_bits_pointer(self, value: Self::U, to: *mut u32);
    /// Sum modulo 2^32.
    fn add_bits(self, a: Self::U, b: Self::U) -> Self::U;
    /// Difference modulo 2^32.
    fn sub_bits(self, a: Self::U, b: Self::U) -> Self::U;
    /// The 64-bit products of lanes 0, 2, 4 and so on: the low half in that lane, the high half in the next.
    fn mul_even(self, a: Self::U, b: Self::U) -> Self::U;
    /// Lanes 1, 3, 5 and so on, each also in the lane before it.
    fn odd_twice(self, a: Self::U) -> Self::U;
    /// Lanes 0, 2, 4 and so on: those of `a` in their place, those of `b` each in the next lane.
    fn interleave_even(self, a: Self::U, b: Self::U) -> Self::U;
    /// Bitwise and.
    fn and(self, a: Self::U, b: Self::U) -> Self::U;
    /// Bitwise or.
    fn or(self, a: Self::U, b: Self::U) -> Self::U;
    /// Bitwise exclusive or.
    fn xor(self, a: Self::U, b: Self::U) -> Self::U;
    /// Shift to the left by `COUNT` < 32 bits.
    fn shift_left<const COUNT: u32>(self, a: Self::U) -> Self::U;
    /// Shift to the right by `COUNT` < 32 bits, filled with zeros.
    fn shift_right<const COUNT: u32>(self, a: Self::U) -> Self::U;
    /// Shift to the right by `COUNT` < 32 bits, filled with the sign.
    fn shift_right_signed<const COUNT: u32>(self, a: Self::U) -> Self::U;
    /// `a == b`
    fn equal_bits(self, a: Self::U, b: Self::U) -> Self::M;
    /// `a < b` of two's complement `i32`.
    fn less_signed(self, a: Self::U, b: Self::U) -> Self::M;
    /// `a` where `mask`, else `b`.
    fn select_bits(self, mask: Self::M, a: Self::U, b: Self::U) -> Self::U;
    /// Lane 0 in bit 0.
    fn mask_bits(self, mask: Self::M) -> u32;

    /// Zero in every lane.
    #[inline(always)]
    fn zero(self) -> Self::F {
        self.splat(0.0)
    }

    /// The first [`LANES`](Self::LANES) elements of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    #[inline(always)]
    fn load(self, from: &[f32]) -> Self::F {
        assert!(
            from.len() >= Self::LANES,
            "a register of {} lanes from {} elements",
            Self::LANES,
            from.len()
        );
        // SAFETY: the length was checked.
        unsafe { self.load_pointer(from.as_ptr()) }
    }

    /// Overwrites the first [`LANES`](Self::LANES) elements of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    #[inline(always)]
    fn store(self, value: Self::F, to: &mut [f32]) {
        assert!(to.len() >= Self::LANES, "a register of {} lanes to {} elements", Self::LANES, to.len());
        // SAFETY: the length was checked.
        unsafe { self.store_pointer(value, to.as_mut_ptr()) }
    }

    /// The first [`LANES`](Self::LANES) elements of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    #[inline(always)]
    fn load_bits(self, from: &[u32]) -> Self::U {
        assert!(
            from.len() >= Self::LANES,
            "a register of {} lanes from {} elements",
            Self::LANES,
            from.len()
        );
        // SAFETY: the length was checked.
        unsafe { self.load_bits_pointer(from.as_ptr()) }
    }

    /// Overwrites the first [`LANES`](Self::LANES) elements of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    #[inline(always)]
    fn store_bits(self, value: Self::U, to: &mut [u32]) {
        assert!(to.len() >= Self::LANES, "a register of {} lanes to {} elements", Self::LANES, to.len());
        // SAFETY: the length was checked.
        unsafe { self.store_bits_pointer(value, to.as_mut_ptr()) }
    }

    /// `a` without its sign.
    #[inline(always)]
    fn abs(self, a: Self::F) -> Self::F {
        self.float_of_bits(self.and(self.bits_of(a), self.splat_bits(0x7fff_ffff)))
    }

    /// `a` with its sign turned.
    #[inline(always)]
    fn neg(self, a: Self::F) -> Self::F {
        self.float_of_bits(self.xor(self.bits_of(a), self.splat_bits(0x8000_0000)))
    }

    /// `magnitude`, which must not be negative, with the sign of `sign`.
    #[inline(always)]
    fn with_sign_of(self, magnitude: Self::F, sign: Self::F) -> Self::F {
        let sign = self.and(self.bits_of(sign), self.splat_bits(0x8000_0000));
        self.float_of_bits(self.or(self.bits_of(magnitude), sign))
    }
}

mod private {
    /// Keeps implementations, which are proofs, inside this crate.
    pub trait Sealed {}
    impl Sealed for super::Portable {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::Avx2 {}
    #[cfg(target_arch = "x86_64")]
    impl Sealed for super::Avx512 {}
}

#[cfg(test)]
mod tests;
