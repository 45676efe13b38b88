//! The vector functions of several variables, against `f64`, against each other on every instruction set, and at their
//! corners.

#[path = "../examples/check_functions/oracle.rs"]
#[allow(dead_code, reason = "only the measure of errors is used here")]
mod oracle;

use numerics::functions::{Atan2, LogSum, atan2_into, log_softmax, log_softmax_blocks, log_softmax_bound};
use numerics::{Isa, Kernel, LANES, Simd};
use oracle::error_in_units;

/// The bits, but one NaN for all.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

/// Numbers that look random, the same in each run, others for each seed.
fn random_bits(seed: u64) -> impl FnMut() -> u32 {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    }
}

/// All pairs of special values, and random ones of any size and of about the same.
fn pairs() -> (Vec<f32>, Vec<f32>) {
    let special =
        [0.0, f32::from_bits(1), 1e-40, f32::MIN_POSITIVE, 0.5, 1.0, 3.0, f32::MAX, f32::INFINITY, f32::NAN];
    let signed: Vec<f32> = special.iter().flat_map(|&x| [x, -x]).collect();
    let mut pairs: Vec<(f32, f32)> =
        signed.iter().flat_map(|&y| signed.iter().map(move |&x| (y, x))).collect();
    let mut random = random_bits(0);
    // an interpreter can take fewer
    let count = if cfg!(miri) { 500 } else { 500_000 };
    pairs.extend((0..count).map(|_| (f32::from_bits(random()), f32::from_bits(random()))));
    let mut near = || f32::from_bits(random() & 0x87ff_ffff | 0x3b80_0000);
    pairs.extend((0..count).map(|_| (near(), near())));
    pairs.into_iter().unzip()
}

#[test]
fn angles_are_within_the_bound_and_the_same_on_every_instruction_set() {
    let (y, x) = pairs();
    let mut expected = vec![0.0; y.len()];
    atan2_into(Isa::PORTABLE, &y, &x, &mut expected);
    for ((&y, &x), &angle) in y.iter().zip(&x).zip(&expected) {
        let exact = f64::from(y).atan2(f64::from(x));
        let error = error_in_units(exact, angle);
        assert!(error <= Atan2::ULP, "atan2({y:e}, {x:e}): {angle:e} for {exact:e}, {error} units");
    }
    for isa in Isa::available() {
        for length in [y.len(), 0, 1, 7, 8, 15, 16, 17, 33] {
            let mut angles = vec![7.0; length];
            atan2_into(isa, &y[..length], &x[..length], &mut angles);
            for (index, (&angle, &expected)) in angles.iter().zip(&expected).enumerate() {
                assert_eq!(bits(angle), bits(expected), "atan2({:e}, {:e}) on {isa}", y[index], x[index]);
            }
        }
    }
}

#[test]
fn angles_in_registers_are_those_of_slices() {
    struct Registers<'a>(&'a [f32], &'a [f32]);
    impl Kernel for Registers<'_> {
        type Output = Vec<u32>;
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<u32> {
            let mut angles = vec![0.0; self.0.len()];
            let inputs = self.0.chunks_exact(S::LANES).zip(self.1.chunks_exact(S::LANES));
            for ((y, x), angles) in inputs.zip(angles.chunks_exact_mut(S::LANES)) {
                simd.store(Atan2.of(simd, simd.load(y), simd.load(x)), angles);
            }
            angles.into_iter().map(bits).collect()
        }
    }
    let (y, x) = pairs();
    let (y, x) = (&y[..10 * LANES], &x[..10 * LANES]);
    let mut expected = vec![0.0; y.len()];
    atan2_into(Isa::PORTABLE, y, x, &mut expected);
    let expected: Vec<u32> = expected.into_iter().map(bits).collect();
    for isa in Isa::available() {
        assert_eq!(isa.run(Registers(y, x)), expected, "{isa}");
    }
}

#[test]
#[should_panic(expected = "one angle for each pair")]
fn pairs_of_a_wrong_length_are_refused() {
    atan2_into(Isa::PORTABLE, &[0.0; 3], &[0.0; 3], &mut [0.0; 4]);
}

/// Two blocks of logits: of several sizes, with ties, and for some lanes with infinities and NaN.
fn logits(classes: usize, seed: usize) -> Vec<f32> {
    let mut random = random_bits((100 * seed + classes) as u64);
    let scale = [0.1, 1.0, 8.0, 60.0, 1e4, 3e38][seed % 6];
    let special = [f32::NEG_INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NAN];
    let draw = |_| match random() {
        tie if tie % 4 == 0 => scale * 0.5,
        rare if rare % 61 == 0 => special[(rare >> 8) as usize % 4],
        other => scale * (other as i32 as f32 / 2f32.powi(31)),
    };
    (0..2 * classes * LANES).map(draw).collect()
}

#[test]
fn log_softmax_is_within_its_bound_and_ties_stay_ties() {
    // each of the sizes of logits, more often where there are few classes
    let seeds = |classes: usize| if classes <= 12 { 0..18 } else { 0..6 };
    // an interpreter takes long for each
    let most = if cfg!(miri) { 3 } else { 70 };
    for (classes, seed) in (1..=most).flat_map(|classes| seeds(classes).map(move |seed| (classes, seed))) {
        let before = logits(classes, seed);
        let mut after = before.clone();
        log_softmax_blocks(Isa::detected(), classes, &mut after);
        for (block, lane) in (0..2).flat_map(|block| (0..LANES).map(move |lane| (block, lane))) {
            let at = |class: usize| (block * classes + class) * LANES + lane;
            let lane: Vec<f64> = (0..classes).map(|class| f64::from(before[at(class)])).collect();
            let found: Vec<f32> = (0..classes).map(|class| after[at(class)]).collect();
            let largest = lane.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if lane.iter().any(|x| x.is_nan()) || largest.is_infinite() {
                assert!(found.iter().all(|y| y.is_nan()), "{lane:?}: {found:?}");
                continue;
            }
            let logarithm = lane.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
            for (class, (&x, &y)) in lane.iter().zip(&found).enumerate() {
                let exact = x - largest - logarithm;
                if exact < -f64::from(f32::MAX) {
                    assert_eq!(y, f32::NEG_INFINITY, "class {class} of {lane:?}");
                    continue;
                }
                let error = (f64::from(y) - exact).abs();
                assert!(
                    error <= log_softmax_bound(classes, largest - x),
                    "class {class} of {lane:?}: {y} for {exact}"
                );
                let tied = lane.iter().zip(&found).filter(|(other, _)| **other == x);
                assert!(tied.into_iter().all(|(_, &other)| other == y), "{lane:?}: {found:?}");
            }
        }
    }
}

#[test]
fn log_softmax_gives_the_same_bits_on_every_instruction_set_and_from_registers() {
    /// A block through [`log_softmax`] and, for its last class, through [`LogSum`].
    struct Registers<'a, const CLASSES: usize>(&'a mut [f32]);
    impl<const CLASSES: usize> Kernel for Registers<'_, CLASSES> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            for block in self.0.chunks_exact_mut(CLASSES * LANES) {
                for lane in (0..LANES).step_by(S::LANES) {
                    let mut logits: [S::F; CLASSES] =
                        std::array::from_fn(|class| simd.load(&block[class * LANES + lane..]));
                    let sum = LogSum::over(simd, CLASSES, |class| logits[class]);
                    let last = sum.log_softmax(simd, logits[CLASSES - 1]);
                    log_softmax(simd, &mut logits);
                    logits[CLASSES - 1] = last;
                    for (row, logit) in block.chunks_exact_mut(LANES).zip(logits) {
                        simd.store(logit, &mut row[lane..]);
                    }
                }
            }
        }
    }
    fn check<const CLASSES: usize>() {
        for seed in 0..if cfg!(miri) { 2 } else { 60 } {
            let logits = logits(CLASSES, seed);
            let mut expected = logits.clone();
            log_softmax_blocks(Isa::PORTABLE, CLASSES, &mut expected);
            let expected: Vec<u32> = expected.into_iter().map(bits).collect();
            for isa in Isa::available() {
                let mut found = logits.clone();
                log_softmax_blocks(isa, CLASSES, &mut found);
                assert_eq!(found.into_iter().map(bits).collect::<Vec<_>>(), expected, "{isa}, seed {seed}");
                let mut found = logits.clone();
                isa.run(Registers::<CLASSES>(&mut found));
                assert_eq!(found.into_iter().map(bits).collect::<Vec<_>>(), expected, "{isa}, seed {seed}");
            }
        }
    }
    check::<1>();
    check::<2>();
    check::<10>();
    check::<33>();
    log_softmax_blocks(Isa::detected(), 3, &mut []);
}

#[test]
#[should_panic(expected = "100 values are no whole number of blocks of 2 classes x 16 cases")]
fn a_broken_block_of_logits_is_refused() {
    log_softmax_blocks(Isa::PORTABLE, 2, &mut [0.0; 100]);
}
