//! The vector functions of one variable against `f64`, against each other on every instruction set, and at their corners.

#[path = "../examples/check_functions/oracle.rs"]
mod oracle;

use numerics::functions::{
    Atan2, Cos, Exp, Function, Sigmoid, Sin, Softplus, Swish, Tanh, TanhFast, Visitor, for_each, map,
    map_in_place, sin_cos,
};
use numerics::{Isa, Kernel, LANES, Simd};
use oracle::{error_in_units, exact};

/// Every so many floats, so that all exponents and both signs occur; an interpreter can take fewer.
const STRIDE: u32 = if cfg!(miri) { 16_000_057 } else { 4099 };

/// Every [`STRIDE`]th float, and what is special.
fn inputs() -> Vec<f32> {
    let mut inputs: Vec<f32> = (0..=u32::MAX / STRIDE).map(|index| f32::from_bits(index * STRIDE)).collect();
    let special = [0.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NAN, f32::from_bits(1), 1.0, 0.5];
    // where results begin to vanish, overflow or saturate, and where reductions change
    let edges = [87.336_55, 88.722_84, 103.972_08, 9.010_913, 0.346_573_6, 0.173_286_8, 2.0 / 3.0, 4.0 / 3.0];
    for value in special.into_iter().chain(edges) {
        for bits in value.to_bits().saturating_sub(3)..=value.to_bits() + 3 {
            inputs.extend([f32::from_bits(bits), -f32::from_bits(bits)]);
        }
    }
    inputs
}

fn outputs<F: Function>(isa: Isa, function: F, inputs: &[f32]) -> Vec<f32> {
    let mut outputs = vec![0.0; inputs.len()];
    map(isa, function, inputs, &mut outputs);
    outputs
}

/// The bits, but one NaN for all.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

#[test]
fn errors_stay_within_the_stated_bounds() {
    struct Check(Vec<f32>);
    impl Visitor for Check {
        fn visit<F: Function>(&mut self, function: F) {
            let exact = exact(F::NAME);
            for (&x, y) in self.0.iter().zip(outputs(Isa::detected(), function, &self.0)) {
                let expected = exact(f64::from(x));
                let error = error_in_units(expected, y);
                assert!(error <= F::ULP, "{} of {x:e}: {y:e} for {expected:e}, {error} units", F::NAME);
            }
        }
    }
    for_each(&mut Check(inputs()));
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    struct Check(Vec<f32>);
    impl Visitor for Check {
        fn visit<F: Function>(&mut self, function: F) {
            let expected = outputs(Isa::PORTABLE, function, &self.0);
            for isa in Isa::available() {
                for ((x, y), expected) in self.0.iter().zip(outputs(isa, function, &self.0)).zip(&expected) {
                    assert_eq!(
                        bits(y),
                        bits(*expected),
                        "{} of {x:e} on {isa}: {y:e}, {expected:e}",
                        F::NAME
                    );
                }
            }
        }
    }
    for_each(&mut Check(inputs()));
}

#[test]
fn a_result_depends_on_its_own_input_alone() {
    struct Check;
    impl Visitor for Check {
        fn visit<F: Function>(&mut self, function: F) {
            // inputs that take rare paths among inputs that do not
            let rare = [f32::NAN, 1e38, -1e38, 0.0, -1.0, f32::INFINITY, 1e-42];
            // an interpreter takes long for each
            let values: Vec<f32> = (0..if cfg!(miri) { 18 } else { 70 })
                .map(|i| if i % 5 == 0 { rare[i / 5 % rare.len()] } else { i as f32 * 0.07 })
                .collect();
            for isa in Isa::available() {
                for (i, &value) in values.iter().enumerate() {
                    let alone = outputs(isa, function, &[value]);
                    for start in i.saturating_sub(LANES)..=i {
                        let beside = outputs(isa, function, &values[start..])[i - start];
                        assert_eq!(bits(beside), bits(alone[0]), "{} of {value:e} on {isa}", F::NAME);
                    }
                }
            }
        }
    }
    for_each(&mut Check);
}

#[test]
fn any_length_and_alignment_is_mapped_and_nothing_else_is_written() {
    struct Check;
    impl Visitor for Check {
        fn visit<F: Function>(&mut self, function: F) {
            let input: Vec<f32> = (0..80).map(|i| 0.03 + i as f32 * 0.011).collect();
            for isa in Isa::available() {
                let all = outputs(isa, function, &input);
                for length in 0..=if cfg!(miri) { 18 } else { 70 } {
                    let start = length % 9;
                    let mut written = [7.0; 80];
                    map(isa, function, &input[start..start + length], &mut written[start..start + length]);
                    assert_eq!(written[start..start + length], all[start..start + length], "{}", F::NAME);
                    assert!(written[..start].iter().chain(&written[start + length..]).all(|&y| y == 7.0));
                    let mut in_place = input.clone();
                    map_in_place(isa, function, &mut in_place[start..start + length]);
                    assert_eq!(in_place[..start], input[..start]);
                    assert_eq!(in_place[start..start + length], all[start..start + length], "{}", F::NAME);
                    assert_eq!(in_place[start + length..], input[start + length..]);
                }
            }
        }
    }
    for_each(&mut Check);
}

/// A row of the committed table: bound, worst error, and how many inputs were tried.
fn committed(name: &str) -> (f64, f64, u64) {
    let line = include_str!("../ERRORS.md").lines().find(|line| line.starts_with(&format!("| {name} |")));
    let line =
        line.unwrap_or_else(|| panic!("`{name}` has no row in ERRORS.md: run scripts/check-functions"));
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let number =
        |cell: usize| cells[cell].parse().unwrap_or_else(|_| panic!("a number in cell {cell}: {line}"));
    (number(2), number(3), number(5) as u64)
}

#[test]
fn every_function_has_its_bound_and_its_worst_error_in_the_committed_table() {
    struct Check(usize);
    impl Check {
        fn row(&mut self, name: &str, bound: f64, least: u64) {
            let (committed, worst, inputs) = committed(name);
            assert_eq!(committed, bound, "the bound of {name}");
            assert!(worst > 0.5 && worst <= bound, "the worst error of {name}: {worst}");
            assert!(inputs >= least, "{name} was tried on {inputs} inputs of {least}");
            self.0 += 1;
        }
    }
    impl Visitor for Check {
        fn visit<F: Function>(&mut self, _: F) {
            self.row(F::NAME, F::ULP, 1 << 32);
        }
    }
    let mut check = Check(0);
    for_each(&mut check);
    check.row(Atan2::NAME, Atan2::ULP, 10_000_000_000);
    let rows = include_str!("../ERRORS.md").lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(check.0 + 1, rows, "a heading, and a row for each function that there is");
}

#[test]
fn names_are_unique_and_sorted() {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<F: Function>(&mut self, _: F) {
            self.0.push(F::NAME);
        }
    }
    let mut names = Names(Vec::new());
    for_each(&mut names);
    assert!(names.0.is_sorted_by(|a, b| a < b), "{:?}", names.0);
}

#[test]
#[should_panic(expected = "one output for each input")]
fn a_wrong_length_is_refused() {
    map(Isa::PORTABLE, Tanh, &[0.0; 3], &mut [0.0; 4]);
}

#[test]
fn the_measure_of_errors_is_right() {
    assert_eq!(error_in_units(1.0, 1.0), 0.0);
    assert_eq!(error_in_units(1.0, 1.0 + f32::EPSILON), 1.0);
    assert_eq!(error_in_units(1.0 - 2f64.powi(-30), 1.0), 2f64.powi(-6));
    assert_eq!(error_in_units(2f64.powi(-150), 0.0), 0.5);
    assert_eq!(error_in_units(1e300, f32::INFINITY), 0.0);
    assert_eq!(error_in_units(f64::from(f32::MAX), f32::INFINITY), 1.0);
    assert_eq!(error_in_units(-0.0, 0.0), f64::INFINITY);
    assert_eq!(error_in_units(f64::NAN, 0.0), f64::INFINITY);
    assert_eq!(error_in_units(f64::NAN, -f32::NAN), 0.0);
}

#[test]
fn results_saturate_where_the_documentation_says() {
    fn is<F: Function>(function: F, x: f32, y: f32) {
        assert_eq!(outputs(Isa::detected(), function, &[x])[0].to_bits(), y.to_bits(), "{} of {x}", F::NAME);
    }
    is(Exp, -103.973, 0.0);
    is(Exp, 88.723, f32::INFINITY);
    is(Tanh, 9.011, 1.0);
    is(TanhFast, 5.15, 1.0);
    is(Sigmoid, -103.973, 0.0);
    is(Sigmoid, 16.64, 1.0);
    is(Softplus, -103.973, 0.0);
    is(Softplus, 14.56, 14.56);
    is(Swish, -108.67, -0.0);
    is(Swish, 16.64, 16.64);
}

#[test]
fn tanh_is_odd_and_never_beyond_one() {
    fn check<F: Function>(function: F, inputs: &[f32]) {
        let mirrored: Vec<f32> = inputs.iter().map(|x| -x).collect();
        let pairs = outputs(Isa::detected(), function, inputs).into_iter();
        for (y, mirror) in pairs.zip(outputs(Isa::detected(), function, &mirrored)) {
            assert_eq!(bits(y), bits(-mirror));
            assert!(y.is_nan() || y.abs() <= 1.0);
        }
    }
    check(Tanh, &inputs());
    check(TanhFast, &inputs());
}

#[test]
fn sine_and_cosine_together_are_sine_and_cosine() {
    struct Both<'a>(&'a [f32], &'a mut [f32], &'a mut [f32]);
    impl Kernel for Both<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            for ((x, sine), cosine) in self
                .0
                .chunks_exact(S::LANES)
                .zip(self.1.chunks_exact_mut(S::LANES))
                .zip(self.2.chunks_exact_mut(S::LANES))
            {
                let (s, c) = sin_cos(simd, simd.load(x));
                simd.store(s, sine);
                simd.store(c, cosine);
            }
        }
    }
    let mut inputs = inputs();
    inputs.truncate(inputs.len() / LANES * LANES);
    for isa in Isa::available() {
        let (mut sines, mut cosines) = (vec![0.0; inputs.len()], vec![0.0; inputs.len()]);
        isa.run(Both(&inputs, &mut sines, &mut cosines));
        let expected = outputs(isa, Sin, &inputs).into_iter().zip(outputs(isa, Cos, &inputs));
        for ((sine, cosine), expected) in sines.iter().zip(&cosines).zip(expected) {
            assert_eq!((bits(*sine), bits(*cosine)), (bits(expected.0), bits(expected.1)));
        }
    }
}
