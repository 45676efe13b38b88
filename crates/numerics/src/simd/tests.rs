//! Every operation of every instruction set against the portable definition.

use super::Simd;
use crate::{Isa, Kernel, LANES};

/// Floats at which implementations could differ: zeros, subnormals, ties, limits of `i32`, infinities, NaN.
const CORNERS: [f32; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.5,
    -2.5,
    8_388_607.5,
    2_147_483_520.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -2_147_483_904.0,
    1e-40,
    -1e-40,
    f32::MIN_POSITIVE,
    3e38,
    -3e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    0.1,
    1.0e10,
    -7.3e-8,
];

/// All operations on one triple of inputs, lanes in order; NaN made one.
struct Everything<'a> {
    a: &'a [f32; LANES],
    b: &'a [f32; LANES],
    c: &'a [f32; LANES],
}

impl Kernel for Everything<'_> {
    type Output = Vec<Vec<u32>>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<Vec<u32>> {
        let mut out: Vec<Vec<u32>> = vec![Vec::new(); 40];
        for start in (0..LANES).step_by(S::LANES) {
            let mut index = 0;
            let mut push = |value: S::U| {
                let mut lanes = [0; LANES];
                s.store_bits(value, &mut lanes);
                out[index].extend(&lanes[..S::LANES]);
                index += 1;
            };
            let (a, b, c) = (s.load(&self.a[start..]), s.load(&self.b[start..]), s.load(&self.c[start..]));
            let (x, y) = (s.bits_of(a), s.load_bits(&self.b.map(f32::to_bits)[start..]));
            let floats = [
                s.add(a, b),
                s.sub(a, b),
                s.mul(a, b),
                s.div(a, b),
                s.sqrt(a),
                s.mul_add(a, b, c),
                s.neg_mul_add(a, b, c),
                s.max(a, b),
                s.min(a, b),
                s.round(a),
                s.select(s.less(a, b), a, c),
                s.select(s.less_or_equal(a, b), a, c),
                s.select(s.equal(a, b), a, c),
                s.float_of_bits(x),
                s.float_of_int(x),
                s.splat(0.3),
                s.zero(),
                s.abs(a),
                s.neg(a),
                s.with_sign_of(s.abs(a), b),
            ];
            for value in floats {
                push(s.select_bits(s.equal(value, value), s.bits_of(value), s.splat_bits(0x7fc0_0000)));
            }
            let bits = [
                s.nearest_int(a),
                s.splat_bits(77),
                s.add_bits(x, y),
                s.sub_bits(x, y),
                s.mul_even(x, y),
                s.odd_twice(x),
                s.interleave_even(x, y),
                s.and(x, y),
                s.or(x, y),
                s.xor(x, y),
                s.shift_left::<5>(x),
                s.shift_right::<5>(x),
                s.shift_right_signed::<5>(x),
                s.shift_left::<0>(x),
                s.shift_right::<31>(x),
                s.select_bits(s.equal_bits(x, y), x, y),
                s.select_bits(s.less_signed(x, y), x, y),
            ];
            for value in bits {
                push(value);
            }
            for (plane, mask) in
                [s.less(a, b), s.equal_bits(x, y), s.less_signed(x, y)].into_iter().enumerate()
            {
                let bits = s.mask_bits(mask);
                out[37 + plane].extend((0..S::LANES).map(|lane| bits >> lane & 1));
            }
        }
        out
    }
}

/// Numbers copied through a register, by pointers that are no multiple of anything.
struct Copied<'a>(&'a [f32; 2 * LANES]);

impl Kernel for Copied<'_> {
    type Output = ([f32; 2 * LANES], [u32; 2 * LANES]);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let bits = self.0.map(f32::to_bits);
        let (mut floats, mut words) = ([7.0; 2 * LANES], [7; 2 * LANES]);
        // SAFETY: at most sixteen elements, from the fourth of 32 and to the second.
        unsafe {
            s.store_pointer(s.load_pointer(self.0.as_ptr().add(3)), floats.as_mut_ptr().add(1));
            s.store_bits_pointer(s.load_bits_pointer(bits.as_ptr().add(3)), words.as_mut_ptr().add(1));
        }
        assert_eq!(floats.map(f32::to_bits)[1..=S::LANES], words[1..=S::LANES]);
        (floats, words)
    }
}

/// The same as a function of its own.
struct Apart<'a>(&'a [f32; 2 * LANES]);

impl Kernel for Apart<'_> {
    type Output = ([f32; 2 * LANES], [u32; 2 * LANES]);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        s.apart(Copied(self.0))
    }
}

#[test]
fn registers_are_read_and_written_at_any_place_and_nothing_beside_them() {
    let numbers: [f32; 2 * LANES] = std::array::from_fn(|index| 100.0 + index as f32);
    for isa in Isa::available() {
        let (floats, words) = isa.run(Copied(&numbers));
        let lanes = floats.iter().filter(|&&number| number != 7.0).count();
        assert!(lanes > 0 && LANES.is_multiple_of(lanes), "{isa}: {lanes} lanes");
        for index in 0..2 * LANES {
            let copied = (1..=lanes).contains(&index);
            assert_eq!(floats[index], if copied { numbers[index + 2] } else { 7.0 }, "{isa}, {index}");
            assert_eq!(words[index], if copied { numbers[index + 2].to_bits() } else { 7 }, "{isa}, {index}");
        }
        assert_eq!(isa.run(Apart(&numbers)), (floats, words), "{isa}");
    }
}

/// An operation that is added to the trait and to no test here would be compared by nobody.
#[test]
fn no_operation_is_left_out_here() {
    let (operations, _) =
        include_str!("../simd.rs").split_once("\nmod private").expect("the end of the trait");
    let (_, operations) = operations.split_once("\npub trait Simd").expect("the trait");
    let names = operations.split("    fn ").skip(1).chain(operations.split("    unsafe fn ").skip(1));
    let names: Vec<&str> = names.map(|rest| rest.split(['(', '<']).next().expect("a name")).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let called = [format!("s.{name}("), format!("s.{name}::<")];
        let here = include_str!("tests.rs");
        assert!(called.iter().any(|call| here.contains(call)), "`{name}` is not compared");
    }
}

#[test]
fn every_instruction_set_computes_what_the_portable_path_does() {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 30 {
            0 => CORNERS[(state >> 8) as usize % CORNERS.len()],
            1 => f32::from_bits(state.rotate_left(13) ^ 0x9e37_79b9),
            _ => (state >> 8) as f32 / 1e6 - 8.0,
        }
    };
    for case in 0..if cfg!(miri) { 30 } else { 3000 } {
        let (a, b, c): ([f32; LANES], [f32; LANES], [f32; LANES]) = (
            std::array::from_fn(|_| next()),
            std::array::from_fn(|_| next()),
            std::array::from_fn(|_| next()),
        );
        let expected = Isa::PORTABLE.run(Everything { a: &a, b: &b, c: &c });
        assert!(expected.iter().all(|lanes| lanes.len() == LANES), "every operation fills every lane");
        for isa in Isa::available() {
            let found = isa.run(Everything { a: &a, b: &b, c: &c });
            for (operation, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_eq!(found, expected, "{isa}, operation {operation}, case {case}: {a:?} {b:?} {c:?}");
            }
        }
    }
}

/// The definition itself, where a mistake in the portable path would be copied by nobody.
#[test]
fn the_rules_for_nan_zero_and_overflow_are_as_written() {
    struct Rules;
    impl Kernel for Rules {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let lane = |value: S::F| {
                let mut lanes = [0.0; LANES];
                s.store(value, &mut lanes);
                lanes[0]
            };
            let bits = |value: S::U| {
                let mut lanes = [0; LANES];
                s.store_bits(value, &mut lanes);
                lanes[0]
            };
            let (nan, one) = (s.splat(f32::NAN), s.splat(1.0));
            assert_eq!(lane(s.max(nan, one)), 1.0);
            assert!(lane(s.max(one, nan)).is_nan());
            assert_eq!(lane(s.max(s.zero(), s.splat(-0.0))).to_bits(), (-0.0f32).to_bits());
            assert_eq!(lane(s.round(s.splat(2.5))), 2.0);
            assert_eq!(bits(s.nearest_int(s.splat(-3.5))) as i32, -4);
            assert_eq!(bits(s.nearest_int(nan)), 0x8000_0000);
            assert_eq!(bits(s.nearest_int(s.splat(2_147_483_648.0))), 0x8000_0000);
            assert_eq!(lane(s.neg_mul_add(s.splat(2.0), s.splat(3.0), one)), -5.0);
            // Rounded once: the product alone would round to 1.
            let almost = 1.0 + f32::EPSILON;
            assert_eq!(
                lane(s.mul_add(s.splat(almost), s.splat(almost), s.splat(-1.0 - 2.0 * f32::EPSILON))),
                f32::EPSILON * f32::EPSILON
            );
        }
    }
    for isa in Isa::available() {
        isa.run(Rules);
    }
}

/// All operations on `f64`, on parts of registers, and sums of lanes, for one block: results in order, NaN made one.
struct Doubles<'a> {
    a: &'a [f64; LANES],
    b: &'a [f64; LANES],
    c: &'a [f64; LANES],
}

impl Kernel for Doubles<'_> {
    type Output = Vec<Vec<u64>>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<Vec<u64>> {
        let one = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
        let mut out: Vec<Vec<u64>> = vec![Vec::new(); 3];
        let half = S::LANES / 2;
        for start in (0..LANES).step_by(half) {
            // SAFETY: registers within blocks of `LANES` elements.
            let (a, b, c) = unsafe {
                let load = |from: &[f64; LANES]| s.load_double_pointer(from[start..].as_ptr());
                (load(self.a), load(self.b), load(self.c))
            };
            let values = [s.add_double(a, b), s.mul_add_double(a, b, c), s.splat_double(0.3)];
            for (out, value) in out.iter_mut().zip(values) {
                let mut lanes = [0.0; LANES];
                // SAFETY: room for `LANES` elements.
                unsafe { s.store_double_pointer(value, lanes.as_mut_ptr()) };
                out.extend(lanes[..half].iter().copied().map(one));
            }
        }
        out
    }
}

#[test]
fn doubles_have_the_bits_of_the_portable_path() {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 62 {
            0 => f64::from(CORNERS[(state >> 40) as usize % CORNERS.len()]),
            1 => f64::from_bits(state.rotate_left(23)),
            _ => (state >> 12) as f64 / 1e14 - 8.0,
        }
    };
    for case in 0..if cfg!(miri) { 30 } else { 1000 } {
        let [a, b, c]: [[f64; LANES]; 3] = std::array::from_fn(|_| std::array::from_fn(|_| next()));
        let expected = Isa::PORTABLE.run(Doubles { a: &a, b: &b, c: &c });
        assert!(expected.iter().all(|lanes| lanes.len() == LANES), "every operation fills every lane");
        for isa in Isa::available() {
            let found = isa.run(Doubles { a: &a, b: &b, c: &c });
            assert_eq!(found, expected, "{isa}, case {case}: {a:?} {b:?} {c:?}");
        }
    }
}

/// Reads and writes the first elements of registers, and says what became of the rest.
struct Parts {
    count: usize,
}

impl Kernel for Parts {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let numbers: [f32; LANES] = std::array::from_fn(|lane| lane as f32 + 1.0);
        let doubles = numbers.map(f64::from);
        let (count, half) = (self.count.min(S::LANES), self.count.min(S::LANES / 2));
        let (mut whole, mut part) = ([9.0_f32; LANES], [9.0_f32; LANES]);
        let (mut whole_double, mut part_double) = ([9.0_f64; LANES], [9.0_f64; LANES]);
        // SAFETY: counts of at most a register; arrays of at least one.
        unsafe {
            let register = s.load_part_pointer(numbers[LANES - count..].as_ptr(), count);
            s.store_pointer(register, whole.as_mut_ptr());
            s.store_part_pointer(s.load_pointer(numbers.as_ptr()), part.as_mut_ptr(), count);
            let register = s.load_double_part_pointer(doubles[LANES - half..].as_ptr(), half);
            s.store_double_pointer(register, whole_double.as_mut_ptr());
            let register = s.load_double_pointer(doubles.as_ptr());
            s.store_double_part_pointer(register, part_double.as_mut_ptr(), half);
        }
        for lane in 0..S::LANES {
            assert_eq!(whole[lane], if lane < count { numbers[LANES - count + lane] } else { 0.0 });
            assert_eq!(part[lane], if lane < count { numbers[lane] } else { 9.0 });
        }
        for lane in 0..S::LANES / 2 {
            assert_eq!(whole_double[lane], if lane < half { doubles[LANES - half + lane] } else { 0.0 });
            assert_eq!(part_double[lane], if lane < half { doubles[lane] } else { 9.0 });
        }
    }
}

#[test]
fn parts_of_registers_leave_the_rest_alone() {
    for isa in Isa::available() {
        (0..=LANES).for_each(|count| isa.run(Parts { count }));
    }
}

/// Sums of four blocks, in the order that is written at the methods; each block is folded to a register first.
struct Sums<'a> {
    blocks: &'a [[f32; LANES]; 4],
}

impl Kernel for Sums<'_> {
    type Output = ([u32; 4], [u64; 4]);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let (mut floats, mut doubles) = ([s.zero(); 4], [s.splat_double(0.0); 4]);
        for (index, block) in self.blocks.iter().enumerate() {
            floats[index] = s.load(block);
            if S::LANES < LANES {
                floats[index] = s.add(floats[index], s.load(&block[S::LANES..]));
            }
            // eight numbers: two registers of four, or one
            let wide = block.map(f64::from);
            // SAFETY: registers within a block.
            unsafe {
                doubles[index] = s.load_double_pointer(wide.as_ptr());
                if S::LANES < LANES {
                    let upper = s.load_double_pointer(wide[S::LANES / 2..].as_ptr());
                    doubles[index] = s.add_double(doubles[index], upper);
                }
            }
        }
        (s.sums_of_lanes(floats).map(f32::to_bits), s.sums_of_double_lanes(doubles).map(f64::to_bits))
    }
}

#[test]
fn sums_of_lanes_have_one_order() {
    let mut state = 3u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 1e6 - 8.0
    };
    for _ in 0..if cfg!(miri) { 3 } else { 300 } {
        let blocks: [[f32; LANES]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| next()));
        let float = |block: [f32; LANES]| {
            let t: [f32; 8] = std::array::from_fn(|lane| block[lane] + block[lane + 8]);
            (((t[0] + t[1]) + (t[2] + t[3])) + ((t[4] + t[5]) + (t[6] + t[7]))).to_bits()
        };
        let double = |block: [f32; LANES]| {
            let t: [f64; 4] = std::array::from_fn(|lane| f64::from(block[lane]) + f64::from(block[lane + 4]));
            ((t[0] + t[1]) + (t[2] + t[3])).to_bits()
        };
        for isa in Isa::available() {
            assert_eq!(isa.run(Sums { blocks: &blocks }), (blocks.map(float), blocks.map(double)), "{isa}");
        }
    }
}

/// Numbers from four places, multiplied and added.
struct Scattered<'a> {
    numbers: &'a [f32; 64],
    places: [usize; 4],
}

impl Kernel for Scattered<'_> {
    type Output = ([[u32; 4]; 5], [[u64; 4]; 5]);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let (floats, doubles) = (self.numbers, self.numbers.map(f64::from));
        let c = s.four([0.5, -1.5, 2.25, 1e-3]);
        let d = s.four_doubles([0.5, -1.5, 2.25, 1e-3]);
        // SAFETY: places are at most 60.
        let (across, scattered, doubles_across, doubles_scattered) = unsafe {
            (
                s.load_across(self.places.map(|place| floats[place..].as_ptr())),
                s.load_scattered(floats.as_ptr(), self.places),
                s.load_doubles_across(self.places.map(|place| doubles[place..].as_ptr())),
                s.load_doubles_scattered(doubles.as_ptr(), self.places),
            )
        };
        let sums: [S::F4; 4] = std::array::from_fn(|n| s.mul_add_four(across[n], scattered, c));
        let double_sums: [S::D4; 4] =
            std::array::from_fn(|n| s.mul_add_four_doubles(doubles_across[n], doubles_scattered, d));
        let [e, f, g, h] = sums.map(|four| s.numbers(four).map(f32::to_bits));
        let [k, l, m, n] = double_sums.map(|four| s.doubles(four).map(f64::to_bits));
        let (scattered, doubles_scattered) = (s.numbers(scattered), s.doubles(doubles_scattered));
        ([e, f, g, h, scattered.map(f32::to_bits)], [k, l, m, n, doubles_scattered.map(f64::to_bits)])
    }
}

#[test]
fn fours_are_numbers_from_four_places() {
    let numbers: [f32; 64] = std::array::from_fn(|k| (k * k) as f32 / 7.0 - 90.0);
    for places in [[0, 1, 2, 3], [60, 0, 31, 60], [17, 5, 5, 42]] {
        let c = [0.5, -1.5, 2.25, 1e-3];
        let float = |n: usize| -> [u32; 4] {
            std::array::from_fn(|lane| {
                numbers[places[lane] + n].mul_add(numbers[places[lane]], c[lane]).to_bits()
            })
        };
        let double = |n: usize| -> [u64; 4] {
            std::array::from_fn(|lane| {
                let [a, b] = [n, 0].map(|n| f64::from(numbers[places[lane] + n]));
                a.mul_add(b, [0.5, -1.5, 2.25, 1e-3][lane]).to_bits()
            })
        };
        let floats = [float(0), float(1), float(2), float(3), places.map(|place| numbers[place].to_bits())];
        let doubles = places.map(|place| f64::from(numbers[place]).to_bits());
        let doubles = [double(0), double(1), double(2), double(3), doubles];
        for isa in Isa::available() {
            assert_eq!(isa.run(Scattered { numbers: &numbers, places }), (floats, doubles), "{isa}");
        }
    }
}
