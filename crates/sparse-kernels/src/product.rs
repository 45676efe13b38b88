//! One sparse matrix times dense ones.
//!
//! The other kernels of this crate serve populations. These serve whoever has one sparse matrix and wants its products,
//! as fast as a library made for them:
//!
//! ```text
//!     ProductPlan       Y = A X          Y = Y + A X          X a matrix or a vector
//!                       a = Y Xᵀ         a = a + Y Xᵀ         where A has entries, and nowhere else
//!     TransposedPlan    Y = Aᵀ X         Y = Y + Aᵀ X
//! ```
//!
//! `A` is a [`Pattern`](crate::Pattern) and one value an entry, apart; a plan is made once for a pattern and serves all
//! values, all numbers of columns, `f32` and `f64`. Dense matrices are [`View`]s: by rows, by columns, or with strides.
//!
//! # How it goes
//!
//! Lanes are columns of `X`. A *panel* is as many columns as four to eight registers hold; a row of `A` keeps its sums of a
//! panel in registers, and an entry costs one broadcast and a multiply-add, with one load, for each of them. With fewer
//! columns several rows take turns; with one column lanes are rows, eight at a time, or there are none, where rows are short,
//! columns are many, or numbers lie apart.
//!
//! ```text
//!              panel                                 Y
//!     X  ┌────────┬────────┬─                        ┌────────┬─
//!  slab  │ · · · ·│        │      for the entries    │        │
//!        ├────────┼────────┼─     of a row in the    │ row    │  sums in registers
//!        │ · · · ·│        │      slab               │        │
//! ```
//!
//! Four things make it fast, and none changes a bit:
//!
//! - **Slabs.** Where rows have enough entries, all rows go through a slab of `X` that stays in a cache, then through the
//!   next: in the first cache where `A` is not large, else in the second. Columns of a row ascend, so a row's
//!   entries of a slab lie together: a plan holds where each begins.
//! - **Copies.** Rows of `X` that are far from each other or not aligned, and used often, are copied panel by panel.
//! - **Order.** Within windows of 64 rows those of similar length go beside each other; with one column of 512.
//! - **Equal rows.** Four rows with the same entries share each load: a dense matrix is one whose rows are all equal. No
//!   plan falls back on that by itself, for it would multiply by zeros that are not there; a caller who may have them
//!   takes a [`ChosenPlan`], which goes by a rule ([`Zeros::Auto`]) or does as it is told.
//!
//! Rows are shared out among threads by their entries, before any work begins. Panels of columns are shared out too, in equal
//! numbers, where they are copied and their number allows it: fewer threads then copy each.
//!
//! # Which product when
//!
//! | you have | take |
//! |---|---|
//! | a sparse layer and a batch, `[input][sample]` | [`ProductPlan::multiply_into`], with biases in `Y`: [`multiply_acc`](ProductPlan::multiply_acc) |
//! | the same, `[sample][input]` | the same, with [`View::by_columns`]: samples are columns |
//! | a vector | the same, with one column |
//! | the gradient with respect to what a layer reads | [`TransposedPlan`]; values stay in the order of the layer |
//! | the gradient with respect to its values | [`ProductPlan::sample_into`], over batches [`sample_acc`](ProductPlan::sample_acc) |
//! | a matrix that has nearly every entry, and finite numbers only | [`ChosenPlan`] |
//! | a matrix of `sprs` | `SparseProduct` (feature `sprs`); [`from_sprs`] says what stands for what |
//! | arrays of `ndarray` | `View::from(array)` (feature `ndarray`) |
//! | a population of networks with one mask | not these, but [`ImagePlan`](crate::ImagePlan) and [`CopyPlan`](crate::CopyPlan) |
//!
//! Two steps of a layer, from a pruned matrix to a sparse gradient step: nothing dense is made but the batch.
//!
//! ```
//! use numerics::Isa;
//! use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
//! use sparse_kernels::{Pattern, Threads};
//!
//! // Prune: weights below a half are gone.
//! let weights = [0.9_f32, 0.1, -0.7, 0.2, -0.6, 0.3]; // two outputs of three inputs
//! let mask = weights.map(|weight| weight.abs() >= 0.5);
//! let pattern = Pattern::from_mask(2, 3, &mask)?;
//! let mut values = vec![0.0; pattern.nnz()];
//! pattern.compress(&weights, &mut values);
//! assert_eq!(values, [0.9, -0.7, -0.6]);
//!
//! // Serve: a batch of four.
//! let (threads, isa) = (Threads::Sequential, Isa::detected());
//! let plan = ProductPlan::new(isa, &pattern);
//! let x: Vec<f32> = (0..12).map(|k| k as f32 / 4.0).collect();
//! let x = View::by_rows(&x, 3, 4);
//! let mut y = [0.0; 8];
//! plan.multiply_into(threads, &values, x, ViewMut::by_rows(&mut y, 2, 4), &mut []);
//!
//! // Learn: the loss is half the sum of squares of the outputs, so its gradient is the outputs.
//! let gradient = View::by_rows(&y, 2, 4);
//! let mut of_values = [0.0; 3];
//! plan.sample_into(threads, gradient, x, &mut of_values, &mut []);
//! let mut of_inputs = [0.0; 12];
//! let view = ViewMut::by_rows(&mut of_inputs, 3, 4);
//! let transposed = TransposedPlan::new(isa, &pattern);
//! let mut scratch = vec![0.0; transposed.scratch_len(threads, gradient, &view)];
//! transposed.multiply_into(threads, &values, gradient, view, &mut scratch);
//!
//! let loss = |y: &[f32]| y.iter().map(|y| y * y).sum::<f32>() / 2.0;
//! let before = loss(&y);
//! for (value, gradient) in values.iter_mut().zip(of_values) {
//!     *value -= 0.01 * gradient;
//! }
//! plan.multiply_into(threads, &values, x, ViewMut::by_rows(&mut y, 2, 4), &mut []);
//! assert!(loss(&y) < before);
//! # Ok::<(), sparse_kernels::PatternError>(())
//! ```
//!
//! # Invariants
//!
//! - **One order of sums.** A sum begins with zero or with what is there, and adds the entries of its row in their order,
//!   each by one fused multiply-add. Columns, panels, slabs, copies, threads and instruction sets change no bit, and a
//!   product with a vector has the bits of that column of a product with a matrix. [`naive::product`](crate::naive::product)
//!   is the definition.
//! - **One order along rows.** A product of two rows goes to the lanes of a cache line in turns, whatever a register holds;
//!   then halves of the line are added, and neighbours. [`naive::sample`](crate::naive::sample) is the definition.
//! - **Structural zeros:** nothing is multiplied by what is not stored; a stored zero times infinity is not a number.
//! - **Checked once.** Shapes, strides and lengths are checked where a view is made and where a product begins, and what
//!   does not fit panics with both numbers. Borrowing sees to it that inputs and outputs do not overlap.
//! - **Absent:** allocation (scratch is the caller's, [`ProductPlan::scratch_len`] numbers), factors of `A X` or `Y` other
//!   than 0 and 1, products of two sparse matrices, numbers of other kinds than `f32` and `f64`, and threads of its own.

#[cfg(feature = "ndarray")]
mod arrays;
pub mod from_sprs;
mod number;
mod pack;
mod panel;
mod part;
mod plan;
mod sample;
mod scatter;
mod shares;
#[cfg(feature = "sprs")]
mod sprs;
mod transposed;
mod vector;
mod view;
mod zeros;

pub use number::Number;
pub use plan::ProductPlan;
#[cfg(feature = "sprs")]
pub use sprs::SparseProduct;
pub use transposed::TransposedPlan;
pub use view::{View, ViewMut};
pub use zeros::{ChosenPlan, Zeros, is_faster_with_zeros};
