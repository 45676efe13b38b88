//! AVX2 with FMA, and AVX-512: one line an operation, the instruction beside its name.

// PERF: the intrinsics are what makes the kernels ten times faster than the portable path; the benches compare them.
use std::arch::x86_64::*;

use super::{Kernel, Simd};

/// Proof of AVX2 and FMA: eight lanes.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

/// Proof of AVX-512 F, DQ, BW and VL: sixteen lanes.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx2 {
    // The features here and below are the proof: who calls without having them writes `unsafe` and says why.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    pub(crate) fn new() -> Avx2 {
        Avx2(())
    }
}

impl Avx512 {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
    #[inline]
    pub(crate) fn new() -> Avx512 {
        Avx512(())
    }
}

/// Eight set elements, then eight that are not: from place `8 - n` on, `n` are set.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
/// The same of 64 bits, four each.
static FIRST_DOUBLE: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// Which of eight lanes of 32 bits are the first `count`.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn first(count: usize) -> __m256i {
    debug_assert!(count <= 8);
    // SAFETY: `count` is at most 8, so eight elements follow.
    unsafe { _mm256_loadu_si256(FIRST.as_ptr().wrapping_add(8 - count).cast()) }
}

/// Which of four lanes of 64 bits are the first `count`.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn first_double(count: usize) -> __m256i {
    debug_assert!(count <= 4);
    // SAFETY: `count` is at most 4, so four elements follow.
    unsafe { _mm256_loadu_si256(FIRST_DOUBLE.as_ptr().wrapping_add(4 - count).cast()) }
}

/// The sums of eight lanes each, neighbours first.
///
/// PERF: as many shuffles as instructions that add neighbours are made of, but on an AMD Zen 4 1.2 times as fast.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn sums([a, b, c, d]: [__m256; 4]) -> [f32; 4] {
    // a0 b0 c1 d1 and a1 b1 c0 d0 of a0 b0 a1 b1 and c0 d0 c1 d1, in both halves
    let twos = |ab, cd| {
        let kept = _mm256_blend_ps::<0b1100_1100>(ab, cd);
        _mm256_add_ps(kept, _mm256_shuffle_ps::<0b01_00_11_10>(ab, cd))
    };
    let first = twos(_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
    let second = twos(_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
    let fours = _mm256_add_ps(first, second);
    let sums = _mm_add_ps(_mm256_castps256_ps128(fours), _mm256_extractf128_ps::<1>(fours));
    let mut array = [0.0; 4];
    // SAFETY: four floats.
    unsafe { _mm_storeu_ps(array.as_mut_ptr(), sums) };
    array
}

/// The sums of four lanes each, neighbours first.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn double_sums([a, b, c, d]: [__m256d; 4]) -> [f64; 4] {
    let (ab, cd) = (_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d));
    let (low, high) = (_mm256_permute2f128_pd::<0x20>(ab, cd), _mm256_permute2f128_pd::<0x31>(ab, cd));
    let mut array = [0.0; 4];
    // SAFETY: four floats.
    unsafe { _mm256_storeu_pd(array.as_mut_ptr(), _mm256_add_pd(low, high)) };
    array
}

/// Lanes 8 to 15 added to lanes 0 to 7.
#[target_feature(enable = "avx2,fma,avx512f,avx512dq")]
#[inline]
fn halves(a: __m512) -> __m256 {
    _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps::<1>(a))
}

/// Lanes 4 to 7 added to lanes 0 to 3.
#[target_feature(enable = "avx2,fma,avx512f,avx512dq")]
#[inline]
fn double_halves(a: __m512d) -> __m256d {
    _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd::<1>(a))
}

/// Writes methods whose body is a chain of intrinsics.
macro_rules! operations {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty { $body:expr })*) => { $(
        #[inline(always)]
        fn $name(self, $($argument: $type),*) -> $result {
            // SAFETY: `self` exists only where these instructions were detected.
            unsafe { $body }
        }
    )* };
}

/// Writes the methods that read or write memory.
macro_rules! memory {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? { $body:expr })*) => { $(
        #[inline(always)]
        unsafe fn $name(self, $($argument: $type),*) $(-> $result)? {
            // SAFETY: `self` exists only where these instructions were detected; the rest is the caller's promise.
            unsafe { $body }
        }
    )* };
}

/// Writes the methods that shift by a constant.
macro_rules! shifts {
    ($(fn $name:ident($type:ty) { $operation:expr })*) => { $(
        #[inline(always)]
        fn $name<const COUNT: u32>(self, a: $type) -> $type {
            const { assert!(COUNT < 32, "fewer bits than there are") };
            // SAFETY: `self` exists only where these instructions were detected.
            unsafe { $operation(a, _mm_cvtsi32_si128(COUNT as i32)) }
        }
    )* };
}

#[target_feature(enable = "avx2,fma")]
#[inline(never)]
fn avx2_apart<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2(()))
}

impl Simd for Avx2 {
    const LANES: usize = 8;
    const REGISTERS: usize = 16;

    type F = __m256;
    type U = __m256i;
    type M = __m256;
    type D = __m256d;

    #[inline(always)]
    fn apart<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` exists only where these instructions were detected.
        unsafe { avx2_apart(kernel) }
    }

    memory! {
        fn load_pointer(from: *const f32) -> __m256 { _mm256_loadu_ps(from) }
        fn store_pointer(value: __m256, to: *mut f32) { _mm256_storeu_ps(to, value) }
        fn load_bits_pointer(from: *const u32) -> __m256i { _mm256_loadu_si256(from.cast()) }
        fn store_bits_pointer(value: __m256i, to: *mut u32) { _mm256_storeu_si256(to.cast(), value) }
        fn load_part_pointer(from: *const f32, count: usize) -> __m256 { _mm256_maskload_ps(from, first(count)) }
        fn store_part_pointer(value: __m256, to: *mut f32, count: usize) { _mm256_maskstore_ps(to, first(count), value) }
        fn load_double_pointer(from: *const f64) -> __m256d { _mm256_loadu_pd(from) }
        fn store_double_pointer(value: __m256d, to: *mut f64) { _mm256_storeu_pd(to, value) }
        fn load_double_part_pointer(from: *const f64, count: usize) -> __m256d {
            _mm256_maskload_pd(from, first_double(count))
        }
        fn store_double_part_pointer(value: __m256d, to: *mut f64, count: usize) {
            _mm256_maskstore_pd(to, first_double(count), value)
        }
    }

    operations! {
        fn splat(value: f32) -> __m256 { _mm256_set1_ps(value) }
        fn add(a: __m256, b: __m256) -> __m256 { _mm256_add_ps(a, b) }
        fn sub(a: __m256, b: __m256) -> __m256 { _mm256_sub_ps(a, b) }
        fn mul(a: __m256, b: __m256) -> __m256 { _mm256_mul_ps(a, b) }
        fn div(a: __m256, b: __m256) -> __m256 { _mm256_div_ps(a, b) }
        fn sqrt(a: __m256) -> __m256 { _mm256_sqrt_ps(a) }
        fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 { _mm256_fmadd_ps(a, b, c) }
        fn neg_mul_add(a: __m256, b: __m256, c: __m256) -> __m256 { _mm256_fnmadd_ps(a, b, c) }
        fn max(a: __m256, b: __m256) -> __m256 { _mm256_max_ps(a, b) }
        fn min(a: __m256, b: __m256) -> __m256 { _mm256_min_ps(a, b) }
        fn round(a: __m256) -> __m256 { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
        fn sums_of_lanes(registers: [__m256; 4]) -> [f32; 4] { sums(registers) }
        fn splat_double(value: f64) -> __m256d { _mm256_set1_pd(value) }
        fn add_double(a: __m256d, b: __m256d) -> __m256d { _mm256_add_pd(a, b) }
        fn mul_add_double(a: __m256d, b: __m256d, c: __m256d) -> __m256d { _mm256_fmadd_pd(a, b, c) }
        fn sums_of_double_lanes(registers: [__m256d; 4]) -> [f64; 4] { double_sums(registers) }

        fn less(a: __m256, b: __m256) -> __m256 { _mm256_cmp_ps::<_CMP_LT_OQ>(a, b) }
        fn less_or_equal(a: __m256, b: __m256) -> __m256 { _mm256_cmp_ps::<_CMP_LE_OQ>(a, b) }
        fn equal(a: __m256, b: __m256) -> __m256 { _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b) }
        fn select(mask: __m256, a: __m256, b: __m256) -> __m256 { _mm256_blendv_ps(b, a, mask) }

        fn bits_of(a: __m256) -> __m256i { _mm256_castps_si256(a) }
        fn float_of_bits(a: __m256i) -> __m256 { _mm256_castsi256_ps(a) }
        fn nearest_int(a: __m256) -> __m256i { _mm256_cvtps_epi32(a) }
        fn float_of_int(a: __m256i) -> __m256 { _mm256_cvtepi32_ps(a) }

        fn splat_bits(value: u32) -> __m256i { _mm256_set1_epi32(value as i32) }
        fn add_bits(a: __m256i, b: __m256i) -> __m256i { _mm256_add_epi32(a, b) }
        fn sub_bits(a: __m256i, b: __m256i) -> __m256i { _mm256_sub_epi32(a, b) }
        fn mul_even(a: __m256i, b: __m256i) -> __m256i { _mm256_mul_epu32(a, b) }
        fn odd_twice(a: __m256i) -> __m256i { _mm256_shuffle_epi32::<0b11_11_01_01>(a) }
        fn interleave_even(a: __m256i, b: __m256i) -> __m256i {
            _mm256_blend_epi32::<0b1010_1010>(a, _mm256_shuffle_epi32::<0b10_10_00_00>(b))
        }
        fn and(a: __m256i, b: __m256i) -> __m256i { _mm256_and_si256(a, b) }
        fn or(a: __m256i, b: __m256i) -> __m256i { _mm256_or_si256(a, b) }
        fn xor(a: __m256i, b: __m256i) -> __m256i { _mm256_xor_si256(a, b) }
        fn equal_bits(a: __m256i, b: __m256i) -> __m256 { _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)) }
        fn less_signed(a: __m256i, b: __m256i) -> __m256 { _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)) }
        fn select_bits(mask: __m256, a: __m256i, b: __m256i) -> __m256i {
            _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(b), _mm256_castsi256_ps(a), mask))
        }
        fn mask_bits(mask: __m256) -> u32 { _mm256_movemask_ps(mask) as u32 }
    }

    shifts! {
        fn shift_left(__m256i) { _mm256_sll_epi32 }
        fn shift_right(__m256i) { _mm256_srl_epi32 }
        fn shift_right_signed(__m256i) { _mm256_sra_epi32 }
    }
}

#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")]
#[inline(never)]
fn avx512_apart<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512(()))
}

impl Simd for Avx512 {
    const LANES: usize = 16;
    const REGISTERS: usize = 32;

    type F = __m512;
    type U = __m512i;
    type M = __mmask16;
    type D = __m512d;

    #[inline(always)]
    fn apart<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` exists only where these instructions were detected.
        unsafe { avx512_apart(kernel) }
    }

    memory! {
        fn load_pointer(from: *const f32) -> __m512 { _mm512_loadu_ps(from) }
        fn store_pointer(value: __m512, to: *mut f32) { _mm512_storeu_ps(to, value) }
        fn load_bits_pointer(from: *const u32) -> __m512i { _mm512_loadu_si512(from.cast()) }
        fn store_bits_pointer(value: __m512i, to: *mut u32) { _mm512_storeu_si512(to.cast(), value) }
        fn load_part_pointer(from: *const f32, count: usize) -> __m512 {
            _mm512_maskz_loadu_ps(((1_u32 << count) - 1) as __mmask16, from)
        }
        fn store_part_pointer(value: __m512, to: *mut f32, count: usize) {
            _mm512_mask_storeu_ps(to, ((1_u32 << count) - 1) as __mmask16, value)
        }
        fn load_double_pointer(from: *const f64) -> __m512d { _mm512_loadu_pd(from) }
        fn store_double_pointer(value: __m512d, to: *mut f64) { _mm512_storeu_pd(to, value) }
        fn load_double_part_pointer(from: *const f64, count: usize) -> __m512d {
            _mm512_maskz_loadu_pd(((1_u32 << count) - 1) as __mmask8, from)
        }
        fn store_double_part_pointer(value: __m512d, to: *mut f64, count: usize) {
            _mm512_mask_storeu_pd(to, ((1_u32 << count) - 1) as __mmask8, value)
        }
    }

    operations! {
        fn splat(value: f32) -> __m512 { _mm512_set1_ps(value) }
        fn add(a: __m512, b: __m512) -> __m512 { _mm512_add_ps(a, b) }
        fn sub(a: __m512, b: __m512) -> __m512 { _mm512_sub_ps(a, b) }
        fn mul(a: __m512, b: __m512) -> __m512 { _mm512_mul_ps(a, b) }
        fn div(a: __m512, b: __m512) -> __m512 { _mm512_div_ps(a, b) }
        fn sqrt(a: __m512) -> __m512 { _mm512_sqrt_ps(a) }
        fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 { _mm512_fmadd_ps(a, b, c) }
        fn neg_mul_add(a: __m512, b: __m512, c: __m512) -> __m512 { _mm512_fnmadd_ps(a, b, c) }
        fn max(a: __m512, b: __m512) -> __m512 { _mm512_max_ps(a, b) }
        fn min(a: __m512, b: __m512) -> __m512 { _mm512_min_ps(a, b) }
        fn round(a: __m512) -> __m512 { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
        fn sums_of_lanes(registers: [__m512; 4]) -> [f32; 4] {
            {
                let [a, b, c, d] = registers;
                sums([halves(a), halves(b), halves(c), halves(d)])
            }
        }
        fn splat_double(value: f64) -> __m512d { _mm512_set1_pd(value) }
        fn add_double(a: __m512d, b: __m512d) -> __m512d { _mm512_add_pd(a, b) }
        fn mul_add_double(a: __m512d, b: __m512d, c: __m512d) -> __m512d { _mm512_fmadd_pd(a, b, c) }
        fn sums_of_double_lanes(registers: [__m512d; 4]) -> [f64; 4] {
            {
                let [a, b, c, d] = registers;
                double_sums([double_halves(a), double_halves(b), double_halves(c), double_halves(d)])
            }
        }

        fn less(a: __m512, b: __m512) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b) }
        fn less_or_equal(a: __m512, b: __m512) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b) }
        fn equal(a: __m512, b: __m512) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b) }
        fn select(mask: __mmask16, a: __m512, b: __m512) -> __m512 { _mm512_mask_blend_ps(mask, b, a) }

        fn bits_of(a: __m512) -> __m512i { _mm512_castps_si512(a) }
        fn float_of_bits(a: __m512i) -> __m512 { _mm512_castsi512_ps(a) }
        fn nearest_int(a: __m512) -> __m512i { _mm512_cvtps_epi32(a) }
        fn float_of_int(a: __m512i) -> __m512 { _mm512_cvtepi32_ps(a) }

        fn splat_bits(value: u32) -> __m512i { _mm512_set1_epi32(value as i32) }
        fn add_bits(a: __m512i, b: __m512i) -> __m512i { _mm512_add_epi32(a, b) }
        fn sub_bits(a: __m512i, b: __m512i) -> __m512i { _mm512_sub_epi32(a, b) }
        fn mul_even(a: __m512i, b: __m512i) -> __m512i { _mm512_mul_epu32(a, b) }
        fn odd_twice(a: __m512i) -> __m512i { _mm512_shuffle_epi32::<0b11_11_01_01>(a) }
        fn interleave_even(a: __m512i, b: __m512i) -> __m512i {
            _mm512_mask_shuffle_epi32::<0b10_10_00_00>(a, 0xaaaa, b)
        }
        fn and(a: __m512i, b: __m512i) -> __m512i { _mm512_and_si512(a, b) }
        fn or(a: __m512i, b: __m512i) -> __m512i { _mm512_or_si512(a, b) }
        fn xor(a: __m512i, b: __m512i) -> __m512i { _mm512_xor_si512(a, b) }
        fn equal_bits(a: __m512i, b: __m512i) -> __mmask16 { _mm512_cmpeq_epi32_mask(a, b) }
        fn less_signed(a: __m512i, b: __m512i) -> __mmask16 { _mm512_cmplt_epi32_mask(a, b) }
        fn select_bits(mask: __mmask16, a: __m512i, b: __m512i) -> __m512i { _mm512_mask_blend_epi32(mask, b, a) }
        fn mask_bits(mask: __mmask16) -> u32 { _cvtmask16_u32(mask) }
    }

    shifts! {
        fn shift_left(__m512i) { _mm512_sll_epi32 }
        fn shift_right(__m512i) { _mm512_srl_epi32 }
        fn shift_right_signed(__m512i) { _mm512_sra_epi32 }
    }
}
