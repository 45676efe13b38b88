//! Gradients of one layer for groups of members, a member a lane: of its values where the mask has entries and nowhere
//! else, of its biases, and of what it reads.
//!
//! ```text
//!   value[k]          += gradient[row k][copy] * input[column k][copy]        for the copies, in order
//!   bias[row]         += gradient[row][copy]                                  for the copies, in order
//!   input[column][copy] = value[k] * gradient[row k][copy] + ..               for the entries k of the column, from the top
//! ```
//!
//! `gradient` is that of the loss with respect to the sums of the layer, before its activation. As lanes are members no
//! sum crosses lanes: each entry is a load and a multiply-add a copy, as in the layer itself.
//!
//! This is one dense layer; a [`ConvolutionGradientPlan`](crate::ConvolutionGradientPlan) is one convolution, in the same
//! lanes. The caller goes from layer to layer, and multiplies gradients of what an activation gave by its slope; networks
//! that see the same images have all of that, and the loss, in a [`LossPlan`](crate::LossPlan). Numbers are `f32` there, and
//! here `f32` or `f64`.

use numerics::{Isa, Kernel, LANES, Simd};

use crate::length::length;
use crate::product::Number;
use crate::{Pattern, PlanError, Threads};

/// Entries of a row whose sums wait for each other's additions, and not for their own.
const ENTRIES: usize = 8;

/// Copies whose sums stay in registers together.
const COPIES: usize = 8;

/// Gradients of a dense layer with one pattern, for a number of inputs a member, before its activation, in `f32` or `f64`.
///
/// Layouts are those of [`CopyPlan`](crate::CopyPlan) for a network of this one layer: `[group][parameter][LANES]`, values
/// before biases, and `[group][unit][copy][LANES]`.
///
/// ```
/// use numerics::{Isa, LANES};
/// use sparse_kernels::{GradientPlan, Pattern, Threads};
///
/// // one unit that reads the second of two inputs; two inputs a member
/// let pattern = Pattern::from_triplets(1, 2, &[(0, 1)])?;
/// let plan = GradientPlan::new(Isa::detected(), &pattern, 2)?;
/// let lanes = |numbers: &[f32]| numbers.iter().flat_map(|&number| [number; LANES]).collect::<Vec<f32>>();
/// let inputs = lanes(&[1.0, 2.0, 3.0, 4.0]); // input 0 and its copy, input 1 and its copy
/// let gradients = lanes(&[0.5, 0.25]);
///
/// let mut of_parameters = lanes(&[0.0, 0.0]);
/// plan.parameters_acc(Threads::Sequential, &inputs, &gradients, &mut of_parameters);
/// assert_eq!(of_parameters, lanes(&[0.5 * 3.0 + 0.25 * 4.0, 0.75]));
///
/// let mut of_inputs = lanes(&[f32::NAN; 4]);
/// plan.inputs_into(Threads::Sequential, &lanes(&[10.0, 0.0]), &gradients, &mut of_inputs);
/// assert_eq!(of_inputs, lanes(&[0.0, 0.0, 5.0, 2.5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GradientPlan {
    isa: Isa,
    pattern: Pattern,
    transposed: Pattern,
    /// Entry `k` of the transpose is entry `order[k]`.
    order: Box<[u32]>,
    copies: usize,
}

impl GradientPlan {
    /// Plans for `copies` inputs a member: a copy of the pattern, and its transpose, so it takes time in proportion to
    /// entries, rows and columns. `cargo bench --bench gradients -- layer` times it beside the gradients of one group.
    ///
    /// # Errors
    ///
    /// If there are no copies.
    ///
    /// # Panics
    ///
    /// As [`Pattern::transpose`].
    pub fn new(isa: Isa, pattern: &Pattern, copies: usize) -> Result<GradientPlan, PlanError> {
        if copies == 0 {
            return Err(PlanError::NoCopies);
        }
        let (transposed, order) = pattern.transpose();
        Ok(GradientPlan { isa, pattern: pattern.clone(), transposed, order: order.into(), copies })
    }

    /// Values and biases of a member.
    pub fn parameters(&self) -> usize {
        self.pattern.nnz() + self.pattern.rows()
    }

    /// Length of the values and biases of this many groups, and of their gradients.
    ///
    /// # Panics
    ///
    /// This and the lengths below: if so many numbers do not fit the address space.
    pub fn parameters_len(&self, groups: usize) -> usize {
        length("parameters", [groups, self.parameters(), LANES])
    }

    /// Length of the inputs of this many groups, and of their gradients.
    pub fn inputs_len(&self, groups: usize) -> usize {
        length("inputs", [groups, self.pattern.columns(), self.copies, LANES])
    }

    /// Length of the gradients of the sums of this many groups.
    pub fn sums_len(&self, groups: usize) -> usize {
        length("gradients of sums", [groups, self.pattern.rows(), self.copies, LANES])
    }

    /// Bytes that the plan holds: twelve an entry, and four for each row and column. It needs no scratch.
    pub fn size(&self) -> usize {
        self.pattern.size() + self.transposed.size() + size_of_val(&*self.order)
    }

    /// Adds the gradients of values and biases to what is there.
    ///
    /// # Panics
    ///
    /// If the lengths are not those of one number of groups.
    pub fn parameters_acc<T: Number>(
        &self,
        threads: Threads<'_>,
        inputs: &[T],
        gradients: &[T],
        of_parameters: &mut [T],
    ) {
        let groups = self.groups(of_parameters.len(), inputs.len(), gradients.len());
        if of_parameters.is_empty() {
            return;
        }
        let each = self.parameters_len(1);
        let share = threads.share(groups);
        let parts = of_parameters.chunks_mut(share * each).enumerate();
        threads.for_each(parts, |(part, parameters)| {
            let first = part * share;
            self.isa.run(OfParameters { plan: self, inputs, gradients, parameters, first });
        });
    }

    /// Overwrites the gradients of inputs.
    ///
    /// # Panics
    ///
    /// If the lengths are not those of one number of groups.
    pub fn inputs_into<T: Number>(
        &self,
        threads: Threads<'_>,
        parameters: &[T],
        gradients: &[T],
        of_inputs: &mut [T],
    ) {
        let groups = self.groups(parameters.len(), of_inputs.len(), gradients.len());
        if of_inputs.is_empty() {
            return;
        }
        let each = self.inputs_len(1);
        let share = threads.share(groups);
        let parts = of_inputs.chunks_mut(share * each).enumerate();
        threads.for_each(parts, |(part, of_inputs)| {
            let first = part * share;
            self.isa.run(OfInputs { plan: self, parameters, gradients, of_inputs, first });
        });
    }

    /// How many groups these are, all lengths checked. A layer without units has no parameters to count.
    fn groups(&self, parameters: usize, inputs: usize, gradients: usize) -> usize {
        let groups = match (self.parameters_len(1), self.inputs_len(1)) {
            (0, 0) => 0,
            (0, each) => inputs / each,
            (each, _) => parameters / each,
        };
        assert_eq!(parameters, self.parameters_len(groups), "parameters of {groups} groups");
        assert_eq!(inputs, self.inputs_len(groups), "inputs of {groups} groups");
        assert_eq!(gradients, self.sums_len(groups), "gradients of the sums of {groups} groups");
        groups
    }
}

/// Gradients of the parameters of some groups. Lengths were checked.
struct OfParameters<'a, T> {
    plan: &'a GradientPlan,
    inputs: &'a [T],
    gradients: &'a [T],
    parameters: &'a mut [T],
    first: usize,
}

impl<T: Number> Kernel for OfParameters<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (plan, copies) = (self.plan, self.plan.copies * LANES);
        let (inputs, sums) = (plan.inputs_len(1), plan.sums_len(1));
        for (index, parameters) in self.parameters.chunks_exact_mut(plan.parameters_len(1)).enumerate() {
            let group = self.first + index;
            let inputs = &self.inputs[group * inputs..][..inputs];
            let gradients = &self.gradients[group * sums..][..sums];
            let (values, biases) = parameters.split_at_mut(plan.pattern.nnz() * LANES);
            for (row, bias) in biases.chunks_exact_mut(LANES).enumerate() {
                let gradient = &gradients[row * copies..][..copies];
                let range = plan.pattern.row_range(row);
                let values = &mut values[range.start * LANES..range.end * LANES];
                let entries = plan.pattern.row(row);
                for lane in (0..LANES).step_by(T::lanes::<S>()) {
                    // SAFETY: lanes of blocks that were cut to length; columns of the pattern are blocks of the inputs.
                    unsafe {
                        let mut done = 0;
                        while done + ENTRIES <= entries.len() {
                            let columns = &entries[done..][..ENTRIES];
                            let values = values[done * LANES + lane..].as_mut_ptr();
                            entries_of::<T, S, ENTRIES>(
                                simd,
                                columns,
                                &inputs[lane..],
                                &gradient[lane..],
                                values,
                            );
                            done += ENTRIES;
                        }
                        for entry in done..entries.len() {
                            let columns = &entries[entry..][..1];
                            let values = values[entry * LANES + lane..].as_mut_ptr();
                            entries_of::<T, S, 1>(simd, columns, &inputs[lane..], &gradient[lane..], values);
                        }
                    }
                    let mut sum = T::read(simd, &bias[lane..]);
                    for copy in gradient.chunks_exact(LANES) {
                        sum = T::add(simd, sum, T::read(simd, &copy[lane..]));
                    }
                    T::write(simd, sum, &mut bias[lane..]);
                }
            }
        }
    }
}

/// Adds the products of one row's gradient with the inputs of `N` columns to the gradients of as many values.
///
/// # Safety
///
/// `gradient` are the copies of a row, and `inputs` those of all columns, both from one lane on; a register is readable
/// and writable at `values` for each of the columns, [`LANES`] apart.
#[inline(always)]
unsafe fn entries_of<T: Number, S: Simd, const N: usize>(
    simd: S,
    columns: &[u32],
    inputs: &[T],
    gradient: &[T],
    values: *mut T,
) {
    let copies = gradient.len().div_ceil(LANES);
    let mut sums = [T::splat(simd, T::ZERO); N];
    let mut from = [inputs.as_ptr(); N];
    // SAFETY: the caller's promise, for all of it.
    unsafe {
        for n in 0..N {
            sums[n] = T::load(simd, values.add(n * LANES));
            from[n] = inputs.as_ptr().add(*columns.get_unchecked(n) as usize * copies * LANES);
        }
        for copy in 0..copies {
            let gradient = T::load(simd, gradient.as_ptr().add(copy * LANES));
            for n in 0..N {
                sums[n] = T::mul_add(simd, gradient, T::load(simd, from[n].add(copy * LANES)), sums[n]);
            }
        }
        for n in 0..N {
            T::store(simd, sums[n], values.add(n * LANES));
        }
    }
}

/// Gradients of the inputs of some groups. Lengths were checked.
struct OfInputs<'a, T> {
    plan: &'a GradientPlan,
    parameters: &'a [T],
    gradients: &'a [T],
    of_inputs: &'a mut [T],
    first: usize,
}

impl<T: Number> Kernel for OfInputs<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (plan, copies) = (self.plan, self.plan.copies);
        let (parameters, sums) = (plan.parameters_len(1), plan.sums_len(1));
        for (index, of_inputs) in self.of_inputs.chunks_exact_mut(plan.inputs_len(1)).enumerate() {
            let group = self.first + index;
            let column = Column {
                plan,
                values: &self.parameters[group * parameters..][..parameters],
                gradients: &self.gradients[group * sums..][..sums],
            };
            for (number, of_input) in of_inputs.chunks_exact_mut(copies * LANES).enumerate() {
                for lane in (0..LANES).step_by(T::lanes::<S>()) {
                    let mut copy = 0;
                    while copy + COPIES <= copies {
                        column.copies::<S, COPIES>(simd, number, copy, lane, of_input);
                        copy += COPIES;
                    }
                    for copy in copy..copies {
                        column.copies::<S, 1>(simd, number, copy, lane, of_input);
                    }
                }
            }
        }
    }
}

/// What the gradient of an input is computed from, for one group.
struct Column<'a, T> {
    plan: &'a GradientPlan,
    values: &'a [T],
    gradients: &'a [T],
}

impl<T: Number> Column<'_, T> {
    /// A register of `R` copies, from one on, of one input.
    #[inline(always)]
    fn copies<S: Simd, const R: usize>(
        &self,
        simd: S,
        number: usize,
        copy: usize,
        lane: usize,
        of_input: &mut [T],
    ) {
        let (plan, copies) = (self.plan, self.plan.copies);
        let mut sums = [T::splat(simd, T::ZERO); R];
        for entry in plan.transposed.row_range(number) {
            let row = plan.transposed.indices()[entry] as usize;
            let value = T::read(simd, &self.values[plan.order[entry] as usize * LANES + lane..]);
            let gradients = &self.gradients[(row * copies + copy) * LANES..][..R * LANES];
            for r in 0..R {
                sums[r] = T::mul_add(simd, value, T::read(simd, &gradients[r * LANES + lane..]), sums[r]);
            }
        }
        for r in 0..R {
            T::write(simd, sums[r], &mut of_input[(copy + r) * LANES + lane..]);
        }
    }
}
