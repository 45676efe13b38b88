//! Normal deviates of mean 0 and variance 1, in double precision.
//!
//! The method of the [single ones](super::normal), with two words for a radius and two for an angle: all 128 bits of
//! a block go into one pair. Radii go from 2^-32 to 9.4926, which is the largest deviate. Block `b` of group `g` of
//! sixteen blocks makes elements `32 g + b` and `32 g + 16 + b`.
//!
//! The logarithm is `2 artanh(s)`, `s = f / (2 + f)`, with `sqrt(1/2) <= m < sqrt(2)`. Against the formula in real
//! arithmetic a deviate errs by less than five units in the last place.
//!
//! The code is scalar, and the compiler's to vectorise: these serve where few numbers are needed or much precision.

use super::Stream;
use super::group::fill;
use crate::{Isa, Kernel, LANES, Simd};

/// Elements of a group: two of each of sixteen blocks.
pub(super) const GROUP_F64: usize = 2 * LANES;

/// `(2 artanh(s) - 2 s) / s^3` in powers of `s^2`, `s` up to `3 - sqrt(8)`: relative to `2 s`, error 2^-59.5. By the
/// algorithm of Remez, rounded one by one, like those below.
const ARTANH: [f64; 7] = [
    0.666_666_666_666_673_4,
    0.399_999_999_994_166_4,
    0.285_714_287_420_281_5,
    0.222_221_986_050_628_07,
    0.181_835_628_504_731_5,
    0.153_140_848_751_696_23,
    0.147_956_328_591_399_98,
];

/// `sin(pi/4 h) / h` in powers of `h^2`, `h` in `[-1, 1]`: relative error 2^-54.5.
const SINE: [f64; 7] = [
    std::f64::consts::FRAC_PI_4,
    -0.080_745_512_188_278_5,
    0.002_490_394_570_164_845,
    -3.657_620_405_601_182e-5,
    3.133_614_233_027_49e-7,
    -1.756_972_397_637_137_2e-9,
    6.817_974_968_741_42e-12,
];

/// `cos(pi/4 h)` in powers of `h^2`: absolute error 2^-61.5.
const COSINE: [f64; 8] = [
    1.0,
    -0.308_425_137_534_042_44,
    0.015_854_344_243_815_096,
    -0.000_325_991_886_924_582_4,
    3.590_860_439_485_238e-6,
    -2.461_135_404_088_996_4e-8,
    1.149_976_356_951_528_6e-10,
    -3.836_316_289_824_315_6e-13,
];

/// The bits of the root of one half, rounded up: the lower end of the mantissas.
const ROOT_OF_HALF: i64 = 0x3fe6_a09e_667f_3bcd;

/// The weights of a signed word: of the unit interval for a radius, of an octant for an angle.
const OF_ONE: f64 = 1.0 / (1u128 << 64) as f64;
const OF_OCTANT: f64 = 1.0 / (1u128 << 63) as f64;

impl Stream {
    /// A normal deviate in double precision: element `element` of this stream, counted in `f64`.
    pub fn normal_f64(self, element: u64) -> f64 {
        let (group, within) = (element / GROUP_F64 as u64, element as usize % GROUP_F64);
        let block = self.block(group * LANES as u64 + (within % LANES) as u64);
        pair(block)[within / LANES]
    }

    /// Overwrites `out` with the [`normal_f64`](Stream::normal_f64) deviates from element `first` on.
    ///
    /// # Panics
    ///
    /// If an index does not fit 64 bits.
    pub fn normal_f64_into(self, isa: Isa, first: u64, out: &mut [f64]) {
        fill::<_, GROUP_F64>(first, out, |group, out| isa.run(Pairs { stream: self, group, out, pair }));
    }
}

/// Whole groups of two numbers made of one block each.
pub(super) struct Pairs<'a, F: Fn([u32; 4]) -> [f64; 2]> {
    pub(super) stream: Stream,
    pub(super) group: u64,
    pub(super) out: &'a mut [f64],
    pub(super) pair: F,
}

impl<F: Fn([u32; 4]) -> [f64; 2]> Kernel for Pairs<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (index, group) in (0u64..).zip(self.out.as_chunks_mut::<GROUP_F64>().0) {
            let mut words = [[0; LANES]; 4];
            for part in 0..LANES / S::LANES {
                for (register, line) in
                    self.stream.bits_lanes(simd, self.group + index, part).into_iter().zip(&mut words)
                {
                    simd.store_bits(register, &mut line[part * S::LANES..]);
                }
            }
            for lane in 0..LANES {
                let [first, second] = (self.pair)(words.map(|line| line[lane]));
                group[lane] = first;
                group[LANES + lane] = second;
            }
        }
    }
}

/// Two deviates from a block.
// PERF: always inlined, so that a fused multiply-add is an instruction where there is one.
#[inline(always)]
fn pair(words: [u32; 4]) -> [f64; 2] {
    let [radius0, radius1, angle0, angle1] = words.map(u64::from);
    let (radius, angle) = (radius0 << 32 | radius1, angle0 << 32 | angle1);
    let radius = minus_two_logarithms(radius).sqrt();
    let h = ((angle << 2) as i64 as f64 + 2.0) * OF_OCTANT;
    let sine = horner(h * h, &SINE) * h;
    let cosine = horner(h * h, &COSINE);
    let cosine = if angle >> 63 == 1 { -cosine } else { cosine };
    let [first, second] = if angle >> 62 & 1 == 1 { [sine, cosine] } else { [cosine, sine] };
    [radius * first, radius * second]
}

/// `-2 ln((word + 1/2) / 2^64)`
#[inline(always)]
fn minus_two_logarithms(word: u64) -> f64 {
    let signed = (word as i64 as f64 + 0.5) * OF_ONE;
    let u = if signed < 0.0 { signed + 1.0 } else { signed };
    let exponent = (u.to_bits() as i64 - ROOT_OF_HALF) >> 52;
    let mantissa = f64::from_bits(u.to_bits().wrapping_sub((exponent << 52) as u64));
    let f = if exponent == 0 { signed } else { mantissa - 1.0 };
    let s = f / (2.0 + f);
    let square = s * s;
    let factor = horner(square, &ARTANH).mul_add(-2.0 * square, -4.0);
    s.mul_add(factor, exponent as f64 * (-2.0 * std::f64::consts::LN_2))
}

/// A polynomial, lowest power first.
#[inline(always)]
fn horner<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut value = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        value = value.mul_add(x, coefficient);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units in the last place that the module text promises.
    const STATED: i64 = 5;

    /// Radius, angle, and the bits of both deviates, rounded from 200 bits by `scripts/pin-random`. Ends, joints of the reduction, the worst of 60,000 tried, and words without any pattern.
    const EXACT: [(u64, u64, [u64; 2]); 20] = [
        (0x0000_0000_0000_0000, 0x0000_0000_0000_0000, [0x4022_fc33_d95c_1fdf, 0x3c3d_d263_66fa_9738]),
        (0xffff_ffff_ffff_ffff, 0x0000_0000_0000_0000, [0x3df0_0000_0000_0000, 0x3a09_21fb_5444_2d18]),
        (0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, [0xba09_21fb_5444_2d18, 0xbdf0_0000_0000_0000]),
        (0x8000_0000_0000_0000, 0x2000_0000_0000_0000, [0x3fea_a449_9161_cd48, 0xbfea_a449_9161_cd48]),
        (0x7fff_ffff_ffff_ffff, 0x1fff_ffff_ffff_ffff, [0x3fea_a449_9161_cd48, 0x3fea_a449_9161_cd48]),
        (0xb504_f333_f9de_6484, 0xc000_0000_0000_0000, [0x3c04_eca4_243b_6558, 0xbfea_a449_9161_cd48]),
        (0xb504_f333_f9de_6485, 0x8000_0000_0000_0000, [0xbfea_a449_9161_cd48, 0x3c04_eca4_243b_6558]),
        (0x5a82_7999_fcef_3242, 0x4000_0000_0000_0000, [0x3c12_1efc_c23f_5c61, 0x3ff7_128a_c8de_74b5]),
        (0x4000_0000_0000_0000, 0x3fff_ffff_ffff_ffff, [0x3ffa_a449_9161_cd48, 0xbc14_eca4_243b_6558]),
        (0xb504_f046_593e_cbf1, 0x6636_e50f_8744_d581, [0xbfdf_83e8_c669_d764, 0x3fe5_7b6a_2f53_b7a1]),
        (0xb3d5_d99f_b1c7_fc54, 0x005f_e820_82ca_c14a, [0x3fea_e443_25c2_d401, 0x3f7f_a6ae_32d6_609d]),
        (0x92ac_2dc3_0475_eae7, 0x0022_6111_7673_ca2d, [0x3ff0_e30c_fe3f_e9d0, 0x3f6c_7f89_504f_c5af]),
        (0x4164_d839_9f76_7c45, 0x5bc8_fbbc_bde5_c099, [0x3ff0_a956_6768_d4dd, 0x3ff4_8597_e47a_3bfa]),
        (0xb0c1_1fde_cb91_ce37, 0xd76d_4330_f144_6bea, [0x3fdd_f4e9_9c39_535e, 0xbfe7_1d35_d637_e4ca]),
        (0xa6eb_8c9e_bd69_fe29, 0x87b0_b125_ec1d_7da0, [0xbfed_11b7_355a_2d57, 0x3fc6_360f_00be_a02d]),
        (0xd721_0dff_076c_e2ef, 0xc6a5_3877_7733_0bdb, [0x3fb8_84a2_2add_ce0b, 0xbfe2_9f9d_0c34_00e6]),
        (0x3fc1_ea36_f17f_d374, 0x0d46_4138_a623_3255, [0x3ff9_4657_08db_3d10, 0x3fe1_13ea_7aa3_a273]),
        (0x2827_688d_e6a1_6a3b, 0x5f2d_d97f_1cfb_10f6, [0x3ff5_556a_2eb4_adc8, 0x3ff6_360b_1198_cb9b]),
        (0xde52_7100_7814_e8a2, 0x6179_59ce_3f1f_65a8, [0xbfd7_26b2_3d40_fed7, 0x3fd8_e3d3_be6e_35c9]),
        (0x1a1a_fe87_8b33_e968, 0x3fd4_2359_92ed_cf45, [0x4001_1833_6db6_7b34, 0xbf82_6727_69d5_cf18]),
    ];

    #[test]
    fn deviates_keep_their_stated_accuracy() {
        for (radius, angle, expected) in EXACT {
            let found = pair([(radius >> 32) as u32, radius as u32, (angle >> 32) as u32, angle as u32]);
            for (found, expected) in found.into_iter().zip(expected) {
                let units = found.to_bits() as i64 - expected as i64;
                assert!(units.abs() < STATED, "{radius:#x} {angle:#x}: {found} is {units} units away");
            }
        }
    }

    #[test]
    fn the_largest_deviate_is_that_of_the_text() {
        assert!((pair([0; 4])[0] - 9.492_6).abs() < 5e-5);
        assert_eq!(pair([u32::MAX, u32::MAX, 0, 0])[0], 1.0 / 4_294_967_296.0);
    }

    /// By `scripts/pin-random`.
    #[test]
    fn deviates_are_pinned_for_ever() {
        let stream = Stream::new(42, "mutation").child(3);
        let found = [0, 16, 31, 32].map(|element| stream.normal_f64(element).to_bits());
        assert_eq!(
            found,
            [0x3f83_9c3c_d6b6_5cb4, 0x3fbe_a59e_1293_9076, 0x3fd6_d095_98b0_e8a1, 0xbfd6_e123_e980_d855]
        );
    }

    #[test]
    fn any_range_on_any_instruction_set_is_the_elements_one_by_one() {
        for (case, first) in [0, 1, 31, 32, 33, 1 << 40, u64::MAX - 200].into_iter().enumerate() {
            let stream = Stream::new(case as u64, "double");
            for (isa, length) in
                Isa::available().into_iter().flat_map(|isa| [0, 1, 31, 64, 201].map(|l| (isa, l)))
            {
                let (mut normal, mut uniform) = (vec![77.0; length], vec![77.0; length]);
                stream.normal_f64_into(isa, first, &mut normal);
                stream.uniform_f64_into(isa, first, &mut uniform);
                for offset in 0..length {
                    let element = first + offset as u64;
                    assert_eq!(
                        normal[offset].to_bits(),
                        stream.normal_f64(element).to_bits(),
                        "{isa} {element}"
                    );
                    assert_eq!(uniform[offset], stream.uniform_f64(element), "{isa} {element}");
                }
            }
        }
    }
}
