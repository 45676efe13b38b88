//! From `sprs` in five minutes: what stands for what. A page without code, there whether the feature `sprs` is on or not.
//!
//! With the feature matrices of `sprs` have the methods of `SparseProduct`, and a [`Pattern`](crate::Pattern) comes from one
//! and goes back:
//!
//! | with `sprs` | here |
//! |---|---|
//! | `&matrix * &dense` | `matrix.times(threads, View::by_rows(&dense, rows, columns))?`, numbers row after row |
//! | `&matrix * &array` | `matrix.times_into(threads, array.view().into(), product.view_mut().into())?` (feature `ndarray`) |
//! | `csr_mulacc_dense_rowmaj(a, x, y)` | [`ProductPlan::multiply_acc`]; it is faster to keep the plan |
//! | `mul_acc_mat_vec_csr(a, x, y)` | the same, with views of one column |
//! | `matrix.transpose_view() * x` | [`TransposedPlan`] of the same pattern, with the same values |
//! | `CsMat` whose values change | one plan, and new values |
//! | `CsMat::new_csc(..)` | `Pattern::from_sprs(&matrix)?`: the pattern, and the values in row order |
//! | a `CsMat` again | `pattern.to_sprs(&values)`, or `pattern.into_sprs(values)`, which copies no value |
//! | threads of its own | [`Threads`](crate::Threads), an argument |
//!
//! Without it the slices of a matrix say the same, and are checked as they come in:
//!
//! ```
//! use numerics::Isa;
//! use sparse_kernels::product::{ProductPlan, View, ViewMut};
//! use sparse_kernels::{Pattern, Threads};
//!
//! // `matrix.proper_indptr()`, `matrix.indices()` and `matrix.data()` of [ . 2 ]
//! //                                                                     [ 3 4 ]
//! let (starts, indices, data) = ([0_usize, 1, 3], [1_usize, 0, 1], [2.0_f32, 3.0, 4.0]);
//! let pattern = Pattern::from_csr(2, 2, &starts, &indices)?;
//! let plan = ProductPlan::new(Isa::detected(), &pattern);
//!
//! let (x, mut y) = ([1.0, 10.0, 2.0, 20.0], [0.0; 4]);
//! let (x, view) = (View::by_rows(&x, 2, 2), ViewMut::by_rows(&mut y, 2, 2));
//! let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &view)];
//! plan.multiply_into(Threads::Sequential, &data, x, view, &mut scratch);
//! assert_eq!(y, [4.0, 40.0, 11.0, 110.0]);
//! # Ok::<(), sparse_kernels::PatternError>(())
//! ```
//!
//! Not here: products of two sparse matrices, sums of them, solvers and orderings. Those stay with `sprs`.
//!
//! [`ProductPlan::multiply_acc`]: super::ProductPlan::multiply_acc
//! [`TransposedPlan`]: super::TransposedPlan
