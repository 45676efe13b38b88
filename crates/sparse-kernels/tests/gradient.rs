//! Gradients of a layer for populations, against the definition and against differences of the loss.

mod common;
#[path = "common/matrices.rs"]
#[allow(dead_code, reason = "only numbers are used here")]
mod matrices;

use common::{Draw, cases};
use matrices::{Float, alive, numbers};
use numerics::{Isa, LANES};
use sparse_kernels::{GradientPlan, Pattern, PlanError, Threads, naive};

/// A layer of some groups of members and what is known of it.
struct Case<T> {
    pattern: Pattern,
    groups: usize,
    copies: usize,
    parameters: Vec<T>,
    inputs: Vec<T>,
    gradients: Vec<T>,
    before: Vec<T>,
}

impl<T: Float> Case<T> {
    fn draw(draw: &mut Draw, groups: usize) -> Case<T> {
        let [rows, columns] = draw.sizes([12, 30]);
        let pattern = draw.pattern(rows, columns);
        let copies = draw.one_of(&[1, 2, 7, 8, 9, 16]);
        Case::new(draw, pattern, [groups, copies], numbers)
    }

    fn new(
        draw: &mut Draw,
        pattern: Pattern,
        [groups, copies]: [usize; 2],
        numbers: impl Fn(&mut Draw, usize) -> Vec<T>,
    ) -> Case<T> {
        let (rows, columns) = (pattern.rows(), pattern.columns());
        let parameters = groups * (pattern.nnz() + rows) * LANES;
        Case {
            parameters: numbers(draw, parameters),
            before: numbers(draw, parameters),
            inputs: numbers(draw, groups * columns * copies * LANES),
            gradients: numbers(draw, groups * rows * copies * LANES),
            pattern,
            groups,
            copies,
        }
    }

    /// Gradients of parameters, added to what was there, and of inputs: by the definition, a member at a time.
    fn expected(&self) -> (Vec<T>, Vec<T>) {
        let (mut of_parameters, mut of_inputs) = (self.before.clone(), vec![T::NAN; self.inputs.len()]);
        for group in 0..self.groups {
            for lane in 0..LANES {
                let of = |all: &[T]| -> Vec<T> {
                    let each = all.len() / self.groups;
                    all[group * each..][..each].iter().skip(lane).step_by(LANES).copied().collect()
                };
                let put = |all: &mut [T], numbers: Vec<T>| {
                    let each = all.len() / self.groups;
                    let places = all[group * each..][..each].iter_mut().skip(lane).step_by(LANES);
                    places.zip(numbers).for_each(|(place, number)| *place = number);
                };
                let (inputs, gradients) = (of(&self.inputs), of(&self.gradients));
                let mut parameters = of(&self.before);
                naive::parameter_gradients(&self.pattern, self.copies, &inputs, &gradients, &mut parameters);
                put(&mut of_parameters, parameters);
                let parameters = of(&self.parameters);
                let found = naive::input_gradients(&self.pattern, self.copies, &parameters, &gradients);
                put(&mut of_inputs, found);
            }
        }
        (of_parameters, of_inputs)
    }

    fn found(&self, isa: Isa, threads: Threads<'_>) -> (Vec<T>, Vec<T>) {
        let plan = GradientPlan::new(isa, &self.pattern, self.copies).expect("copies");
        let (mut of_parameters, mut of_inputs) = (self.before.clone(), vec![T::NAN; self.inputs.len()]);
        plan.parameters_acc(threads, &self.inputs, &self.gradients, &mut of_parameters);
        plan.inputs_into(threads, &self.parameters, &self.gradients, &mut of_inputs);
        (of_parameters, of_inputs)
    }
}

/// The bits of both, all NaN counting as one.
fn bits<T: Float>((a, b): (Vec<T>, Vec<T>)) -> [Vec<u64>; 2] {
    [a, b].map(|numbers| numbers.into_iter().map(T::bits).collect())
}

fn check_bits<T: Float>() {
    let mut lively = 0;
    for seed in 0..cases(60) {
        let mut draw = Draw::new("gradients", seed);
        let groups = 1 + draw.below(2);
        let case = Case::<T>::draw(&mut draw, groups);
        let expected = bits(case.expected());
        lively += u32::from(case.pattern.nnz() > 0 && expected.iter().all(|bits| alive(bits) > 0));
        for isa in Isa::available() {
            assert_eq!(bits(case.found(isa, Threads::Sequential)), expected, "seed {seed}, {isa}");
        }
    }
    assert!(cfg!(miri) || lively > 20, "{lively} cases have gradients that are numbers other than zero");
}

#[test]
fn gradients_have_the_bits_of_the_definition() {
    check_bits::<f32>();
    check_bits::<f64>();
}

#[cfg(feature = "rayon")]
#[test]
fn gradients_do_not_depend_on_threads() {
    let mask: Vec<bool> = (0..5 * 9).map(|place| place % 4 != 1).collect();
    let pattern = Pattern::from_mask(5, 9, &mask).expect("a mask of the right length");
    let sizes @ [groups, _] = [if cfg!(miri) { 3 } else { 11 }, 9];
    let case = Case::new(&mut Draw::new("threads", 1), pattern, sizes, matrices::plain_numbers::<f32>);
    let expected = bits(case.expected());
    assert!(expected.iter().all(|bits| alive(bits) > groups * LANES));
    for threads in [1, 2, 3, 7, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        for isa in Isa::available() {
            assert_eq!(bits(case.found(isa, Threads::Pool(&pool))), expected, "{threads} threads, {isa}");
        }
    }
}

/// The loss is the sum of the outputs' products with the gradients; it is linear in each number, so differences over two are
/// exact but for rounding: with numbers of at most 1 and `n` terms each loss is within `n n e` of the exact one.
#[test]
fn gradients_are_differences_of_the_loss() {
    for seed in 0..cases(30) {
        let mut draw = Draw::new("differences", seed);
        let [rows, columns] = [1 + draw.below(4), 1 + draw.below(4)];
        let pattern = draw.pattern(rows, columns);
        let copies = 1 + draw.below(3);
        let mut wide = |count| draw.numbers(count).into_iter().map(f64::from).collect::<Vec<_>>();
        let parameters = wide(pattern.nnz() + rows);
        let (inputs, gradients) = (wide(columns * copies), wide(rows * copies));
        let loss = |parameters: &[f64], inputs: &[f64]| -> f64 {
            let mut loss = 0.0;
            for row in 0..rows {
                for copy in 0..copies {
                    let mut sum = parameters[pattern.nnz() + row];
                    for entry in pattern.row_range(row) {
                        let input = inputs[pattern.indices()[entry] as usize * copies + copy];
                        sum += parameters[entry] * input;
                    }
                    loss += sum * gradients[row * copies + copy];
                }
            }
            loss
        };
        let terms = (copies * rows * (columns + 1)) as f64;
        // the sums, and the two losses
        let bound = terms * terms * 16.0 * f64::EPSILON;
        let difference = |numbers: &[f64], place: usize, loss: &dyn Fn(&[f64]) -> f64| {
            let (mut more, mut less) = (numbers.to_vec(), numbers.to_vec());
            (more[place], less[place]) = (1.0, -1.0);
            (loss(&more) - loss(&less)) / 2.0
        };
        let mut found = vec![0.0; parameters.len()];
        naive::parameter_gradients(&pattern, copies, &inputs, &gradients, &mut found);
        for (place, &found) in found.iter().enumerate() {
            let expected = difference(&parameters, place, &|parameters| loss(parameters, &inputs));
            assert!((found - expected).abs() <= bound, "seed {seed}, parameter {place}");
        }
        let found = naive::input_gradients(&pattern, copies, &parameters, &gradients);
        for (place, &found) in found.iter().enumerate() {
            let expected = difference(&inputs, place, &|inputs| loss(&parameters, inputs));
            assert!((found - expected).abs() <= bound, "seed {seed}, input {place}");
        }
    }
}

#[test]
fn no_copies_are_refused() {
    let pattern = Pattern::dense(1, 1).expect("a pattern");
    assert_eq!(GradientPlan::new(Isa::detected(), &pattern, 0).unwrap_err(), PlanError::NoCopies);
}

#[test]
#[should_panic(expected = "inputs of 1 groups\n  left: 16\n right: 32")]
fn lengths_that_do_not_fit_are_refused() {
    let plan =
        GradientPlan::new(Isa::detected(), &Pattern::dense(1, 1).expect("a pattern"), 2).expect("copies");
    plan.parameters_acc(Threads::Sequential, &[0.0_f32; 16], &[0.0; 32], &mut [0.0; 32]);
}
