//! Four lanes, on every instruction set: for numbers that lie in four rows.

use super::{Portable, private};

/// The operations on four `f32`, and on four `f64`, that products of rows of a sparse matrix with a vector need: a lane is a
/// row, and numbers come from four places. More lanes would not help, for each lane has a load of its own.
pub trait Fours: Copy + private::Sealed {
    /// Four `f32`.
    type F4: Copy;
    /// Four `f64`.
    type D4: Copy;

    /// These numbers.
    fn four(self, numbers: [f32; 4]) -> Self::F4;
    /// The numbers of its lanes.
    fn numbers(self, four: Self::F4) -> [f32; 4];
    /// `a * b + c`, rounded once.
    fn mul_add_four(self, a: Self::F4, b: Self::F4, c: Self::F4) -> Self::F4;
    /// Number `n` of each of four places, for `n` from 0 to 3.
    ///
    /// # Safety
    ///
    /// Four elements must be readable at each place; no alignment is needed.
    unsafe fn load_across(self, from: [*const f32; 4]) -> [Self::F4; 4];
    /// The number at each of four places, counted from one.
    ///
    /// # Safety
    ///
    /// Each of them must be readable.
    unsafe fn load_scattered(self, from: *const f32, places: [usize; 4]) -> Self::F4;

    /// These numbers.
    fn four_doubles(self, numbers: [f64; 4]) -> Self::D4;
    /// The numbers of its lanes.
    fn doubles(self, four: Self::D4) -> [f64; 4];
    /// `a * b + c`, rounded once.
    fn mul_add_four_doubles(self, a: Self::D4, b: Self::D4, c: Self::D4) -> Self::D4;
    /// Number `n` of each of four places, for `n` from 0 to 3.
    ///
    /// # Safety
    ///
    /// Four elements must be readable at each place; no alignment is needed.
    unsafe fn load_doubles_across(self, from: [*const f64; 4]) -> [Self::D4; 4];
    /// The number at each of four places, counted from one.
    ///
    /// # Safety
    ///
    /// Each of them must be readable.
    unsafe fn load_doubles_scattered(self, from: *const f64, places: [usize; 4]) -> Self::D4;
}

/// Number `n` of each of four places, for `n` from 0 to 3.
///
/// # Safety
///
/// Four elements are readable at each.
#[inline(always)]
unsafe fn across<T: Copy>(from: [*const T; 4]) -> [[T; 4]; 4] {
    // SAFETY: the caller's promise.
    std::array::from_fn(|number| from.map(|place| unsafe { *place.add(number) }))
}

impl Fours for Portable {
    type F4 = [f32; 4];
    type D4 = [f64; 4];

    #[inline(always)]
    fn four(self, numbers: [f32; 4]) -> [f32; 4] {
        numbers
    }
    #[inline(always)]
    fn numbers(self, four: [f32; 4]) -> [f32; 4] {
        four
    }
    // PERF: where the compiler may not assume the instruction this is a call a lane.
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn mul_add_four(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
    }
    #[inline(always)]
    unsafe fn load_across(self, from: [*const f32; 4]) -> [[f32; 4]; 4] {
        // SAFETY: the caller's promise.
        unsafe { across(from) }
    }
    #[inline(always)]
    unsafe fn load_scattered(self, from: *const f32, places: [usize; 4]) -> [f32; 4] {
        // SAFETY: the caller's promise.
        places.map(|place| unsafe { *from.add(place) })
    }

    #[inline(always)]
    fn four_doubles(self, numbers: [f64; 4]) -> [f64; 4] {
        numbers
    }
    #[inline(always)]
    fn doubles(self, four: [f64; 4]) -> [f64; 4] {
        four
    }
    // PERF: as for `mul_add_four`.
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    fn mul_add_four_doubles(self, a: [f64; 4], b: [f64; 4], c: [f64; 4]) -> [f64; 4] {
        std::array::from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
    }
    #[inline(always)]
    unsafe fn load_doubles_across(self, from: [*const f64; 4]) -> [[f64; 4]; 4] {
        // SAFETY: the caller's promise.
        unsafe { across(from) }
    }
    #[inline(always)]
    unsafe fn load_doubles_scattered(self, from: *const f64, places: [usize; 4]) -> [f64; 4] {
        // SAFETY: the caller's promise.
        places.map(|place| unsafe { *from.add(place) })
    }
}

/// AVX2 and AVX-512: the same registers and instructions, for both have as many loads a cycle. Products with a vector go by
/// those of AVX2, as all that is narrow ([`Isa::for_lanes`](crate::Isa::for_lanes)).
#[cfg(target_arch = "x86_64")]
mod x86 {
    // PERF: a vector has no lanes of its own for the compiler to see; `benches/product.rs` compares with numbers one by one.
    use std::arch::x86_64::*;

    use super::super::{Avx2, Avx512};
    use super::Fours;

    /// # Safety
    ///
    /// As for [`Fours::load_across`].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn across(from: [*const f32; 4]) -> [__m128; 4] {
        // SAFETY: the caller's promise.
        let [a, b, c, d] = unsafe {
            [_mm_loadu_ps(from[0]), _mm_loadu_ps(from[1]), _mm_loadu_ps(from[2]), _mm_loadu_ps(from[3])]
        };
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (ab_high, cd_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(ab_high, cd_high),
            _mm_movehl_ps(cd_high, ab_high),
        ]
    }

    /// # Safety
    ///
    /// As for [`Fours::load_doubles_across`].
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    unsafe fn doubles_across(from: [*const f64; 4]) -> [__m256d; 4] {
        // SAFETY: the caller's promise.
        let [a, b, c, d] = unsafe {
            [
                _mm256_loadu_pd(from[0]),
                _mm256_loadu_pd(from[1]),
                _mm256_loadu_pd(from[2]),
                _mm256_loadu_pd(from[3]),
            ]
        };
        let (ab, cd) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
        let (ab_odd, cd_odd) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
        [
            _mm256_permute2f128_pd::<0x20>(ab, cd),
            _mm256_permute2f128_pd::<0x20>(ab_odd, cd_odd),
            _mm256_permute2f128_pd::<0x31>(ab, cd),
            _mm256_permute2f128_pd::<0x31>(ab_odd, cd_odd),
        ]
    }

    /// Writes the implementation for an instruction set that has AVX2 and FMA.
    macro_rules! fours {
        ($isa:ty) => {
            impl Fours for $isa {
                type F4 = __m128;
                type D4 = __m256d;

                #[inline(always)]
                fn four(self, numbers: [f32; 4]) -> __m128 {
                    // SAFETY: four numbers; `self` exists only where these instructions were detected.
                    unsafe { _mm_loadu_ps(numbers.as_ptr()) }
                }
                #[inline(always)]
                fn numbers(self, four: __m128) -> [f32; 4] {
                    let mut numbers = [0.0; 4];
                    // SAFETY: as above.
                    unsafe { _mm_storeu_ps(numbers.as_mut_ptr(), four) };
                    numbers
                }
                #[inline(always)]
                fn mul_add_four(self, a: __m128, b: __m128, c: __m128) -> __m128 {
                    // SAFETY: `self` exists only where these instructions were detected.
                    unsafe { _mm_fmadd_ps(a, b, c) }
                }
                #[inline(always)]
                unsafe fn load_across(self, from: [*const f32; 4]) -> [__m128; 4] {
                    // SAFETY: as above; the rest is the caller's promise.
                    unsafe { across(from) }
                }
                #[inline(always)]
                unsafe fn load_scattered(self, from: *const f32, [a, b, c, d]: [usize; 4]) -> __m128 {
                    // SAFETY: as above; the rest is the caller's promise.
                    unsafe { _mm_setr_ps(*from.add(a), *from.add(b), *from.add(c), *from.add(d)) }
                }

                #[inline(always)]
                fn four_doubles(self, numbers: [f64; 4]) -> __m256d {
                    // SAFETY: four numbers; `self` exists only where these instructions were detected.
                    unsafe { _mm256_loadu_pd(numbers.as_ptr()) }
                }
                #[inline(always)]
                fn doubles(self, four: __m256d) -> [f64; 4] {
                    let mut numbers = [0.0; 4];
                    // SAFETY: as above.
                    unsafe { _mm256_storeu_pd(numbers.as_mut_ptr(), four) };
                    numbers
                }
                #[inline(always)]
                fn mul_add_four_doubles(self, a: __m256d, b: __m256d, c: __m256d) -> __m256d {
                    // SAFETY: `self` exists only where these instructions were detected.
                    unsafe { _mm256_fmadd_pd(a, b, c) }
                }
                #[inline(always)]
                unsafe fn load_doubles_across(self, from: [*const f64; 4]) -> [__m256d; 4] {
                    // SAFETY: as above; the rest is the caller's promise.
                    unsafe { doubles_across(from) }
                }
                #[inline(always)]
                unsafe fn load_doubles_scattered(
                    self,
                    from: *const f64,
                    [a, b, c, d]: [usize; 4],
                ) -> __m256d {
                    // SAFETY: as above; the rest is the caller's promise.
                    unsafe { _mm256_setr_pd(*from.add(a), *from.add(b), *from.add(c), *from.add(d)) }
                }
            }
        };
    }

    fours!(Avx2);
    fours!(Avx512);
}
