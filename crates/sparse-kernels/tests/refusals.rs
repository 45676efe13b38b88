//! What does not fit is refused before anything is computed, with both numbers, and in the words of the caller's matrix.
//!
//! Products of a matrix itself are in `product.rs` and `sample.rs`.

#[path = "common/refusal.rs"]
mod refusal;

use numerics::{Isa, LANES};
use refusal::assert_refused;
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::product::{TransposedPlan, View, ViewMut};
use sparse_kernels::{
    Activation, ConvolutionGradientPlan, GradientPlan, Images, LossPlan, Members, Pattern, Score, Threads,
};

/// Rows and columns of a matrix.
type Size = [usize; 2];

fn dense(rows: usize, columns: usize) -> Pattern {
    Pattern::dense(rows, columns).expect("a pattern")
}

#[test]
fn transposed_products_name_what_does_not_fit() {
    let plan = TransposedPlan::new(Isa::detected(), &dense(3, 4));
    // entries are added to the rows they belong to where there is one column, and else summed up a row at a time
    for columns in [1, 2] {
        let refused = |says: &str, values: usize, [x_rows, x_columns]: Size, [y_rows, y_columns]: Size| {
            let (x, mut y) = (vec![0.0_f32; x_rows * x_columns], vec![0.0; y_rows * y_columns]);
            let x = View::by_rows(&x, x_rows, x_columns);
            assert_refused(says, || {
                let y = ViewMut::by_rows(&mut y, y_rows, y_columns);
                plan.multiply_into(Threads::Sequential, &vec![0.0; values], x, y, &mut []);
            });
            assert_refused(says, || {
                let y = ViewMut::by_rows(&mut y, y_rows, y_columns);
                plan.multiply_acc(Threads::Sequential, &vec![0.0; values], x, y, &mut []);
            });
        };
        let (x, y) = ([3, columns], [4, columns]);
        refused("one value an entry\n  left: 11\n right: 12", 11, x, y);
        let says = "a row of the input for each row of the matrix\n  left: 4\n right: 3";
        refused(says, 12, [4, columns], y);
        let says = "a row of the output for each column of the matrix\n  left: 3\n right: 4";
        refused(says, 12, x, [3, columns]);
        let says = format!("columns of the input and of the output\n  left: {columns}\n right: 5");
        refused(&says, 12, x, [4, 5]);
    }
}

#[test]
fn transposed_products_name_scratch_that_is_too_short() {
    let plan = TransposedPlan::new(Isa::detected(), &dense(3, 4));
    let (x, mut y) = ([0.0_f64; 6], [0.0; 8]);
    let (x, y) = (View::by_columns(&x, 3, 2), ViewMut::by_rows(&mut y, 4, 2));
    // a register of columns for each row, and what it takes to begin at a cache line
    assert_refused("scratch of 19 numbers, 20 are needed", || {
        plan.multiply_into(Threads::Sequential, &[0.0; 12], x, y, &mut [0.0; 19]);
    });
}

/// The lengths of what a gradient of a loss is given.
#[derive(Clone, Copy)]
struct Lengths {
    pixels_each: usize,
    labels: usize,
    parameters: usize,
    /// How many numbers are missing.
    scratch: usize,
    blocks: usize,
    gradient: usize,
}

#[test]
fn gradients_of_losses_name_what_does_not_fit() {
    let layer = Layer::Dense(Dense::new(dense(2, 1), Activation::Identity));
    let network = Network::new([layer]).expect("a layer");
    let plan = LossPlan::new(Isa::detected(), &network).expect("a plan");
    // seventeen images are two blocks
    let fits = Lengths { pixels_each: 1, labels: 17, parameters: 4, scratch: 0, blocks: 2, gradient: 4 };
    let gradient = |lengths: Lengths| {
        let pixels = vec![0.0; Images::buffer_len(17, lengths.pixels_each)];
        let images = Images::new(&pixels, 17, lengths.pixels_each);
        plan.gradient_into(
            Threads::Sequential,
            images,
            &vec![0; lengths.labels],
            &vec![0.0; lengths.parameters],
            &mut vec![0.0; plan.scratch_len(Threads::Sequential, images) - lengths.scratch],
            &mut vec![Score::default(); lengths.blocks],
            &mut vec![0.0; lengths.gradient],
        );
    };
    gradient(fits);
    let pixels = vec![0.0; Images::buffer_len(17, 1)];
    let needed = plan.scratch_len(Threads::Sequential, Images::new(&pixels, 17, 1));
    let short = format!("scratch of {} floats, {needed} are needed", needed - 1);
    for (says, lengths) in [
        ("pixels of an image\n  left: 2\n right: 1", Lengths { pixels_each: 2, ..fits }),
        ("labels, one an image\n  left: 16\n right: 17", Lengths { labels: 16, ..fits }),
        ("parameters\n  left: 3\n right: 4", Lengths { parameters: 3, ..fits }),
        (&short, Lengths { scratch: 1, ..fits }),
        ("scores, one a block of images\n  left: 1\n right: 2", Lengths { blocks: 1, ..fits }),
        ("gradients, one a parameter\n  left: 5\n right: 4", Lengths { gradient: 5, ..fits }),
    ] {
        assert_refused(says, || gradient(lengths));
    }
}

#[test]
fn gradients_of_members_name_what_does_not_fit() {
    let layer = Layer::Dense(Dense::new(dense(2, 1), Activation::Identity));
    let network = Network::new([layer]).expect("a layer");
    let plan = LossPlan::new(Isa::detected(), &network).expect("a plan");
    // three members on seventeen images, which are two blocks
    let fits = Lengths { pixels_each: 1, labels: 17, parameters: 4, scratch: 0, blocks: 6, gradient: 12 };
    let gradients = |lengths: Lengths, scores: usize, label: u32| {
        let pixels = vec![0.0; Images::buffer_len(17, lengths.pixels_each)];
        let images = Images::new(&pixels, 17, lengths.pixels_each);
        let values = vec![0.0; 3 * lengths.parameters];
        plan.gradients_into(
            Threads::Sequential,
            images,
            &vec![label; lengths.labels],
            Members::new(&values, lengths.parameters),
            &mut vec![0.0; plan.members_scratch_len(Threads::Sequential, images) - lengths.scratch],
            &mut vec![Score::default(); lengths.blocks],
            &mut vec![Score::default(); scores],
            &mut vec![f32::NAN; lengths.gradient],
        );
    };
    gradients(fits, 3, 0);
    let pixels = vec![0.0; Images::buffer_len(17, 1)];
    let needed = plan.members_scratch_len(Threads::Sequential, Images::new(&pixels, 17, 1));
    let short = format!("scratch of {} floats, {needed} are needed", needed - 1);
    for (says, lengths) in [
        ("pixels of an image\n  left: 2\n right: 1", Lengths { pixels_each: 2, ..fits }),
        ("labels, one an image\n  left: 16\n right: 17", Lengths { labels: 16, ..fits }),
        ("parameters of a member\n  left: 3\n right: 4", Lengths { parameters: 3, ..fits }),
        (&short, Lengths { scratch: 1, ..fits }),
        ("scores, one a member and block of images\n  left: 5\n right: 6", Lengths { blocks: 5, ..fits }),
        ("gradients of 3 members\n  left: 13\n right: 12", Lengths { gradient: 13, ..fits }),
    ] {
        assert_refused(says, || gradients(lengths, 3, 0));
    }
    assert_refused("scores, one a member\n  left: 2\n right: 3", || gradients(fits, 2, 0));
    assert_refused("image 0 has label 2; there are 2 classes", || gradients(fits, 3, 2));
}

#[test]
fn gradients_of_layers_name_what_does_not_fit() {
    // one value and one bias, one input and one sum, two copies
    let plan = GradientPlan::new(Isa::detected(), &dense(1, 1), 2).expect("copies");
    let whole = 2 * LANES;
    let numbers = vec![0.0; whole + 1];
    for (says, [parameters, inputs, gradients]) in [
        ("parameters of 1 groups\n  left: 33\n right: 32", [whole + 1, whole, whole]),
        ("inputs of 1 groups\n  left: 31\n right: 32", [whole, whole - 1, whole]),
        ("gradients of the sums of 1 groups\n  left: 31\n right: 32", [whole, whole, whole - 1]),
    ] {
        let of = |len| &numbers[..len];
        assert_refused(says, || {
            let mut of_parameters = vec![0.0; parameters];
            plan.parameters_acc(Threads::Sequential, of(inputs), of(gradients), &mut of_parameters);
        });
        assert_refused(says, || {
            let mut of_inputs = vec![0.0; inputs];
            plan.inputs_into(Threads::Sequential, of(parameters), of(gradients), &mut of_inputs);
        });
    }
}

#[test]
fn gradients_of_convolutions_name_what_does_not_fit() {
    // one value and one bias, four pixels, one sum of a square, two copies
    let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Valid, pool: true };
    let image = Image { channels: 1, height: 2, width: 2 };
    let layer = Convolution::new(dense(1, 1), image, window, Activation::Identity).expect("a convolution");
    let plan = ConvolutionGradientPlan::new(Isa::detected(), &layer, 2).expect("copies");
    let fits = [2 * LANES, 8 * LANES, 2 * LANES, 2 * LANES];
    let numbers = vec![0.0; 9 * LANES];
    let of = |len: usize| &numbers[..len];
    for (says, place, len) in [
        ("parameters of 1 groups\n  left: 33\n right: 32", 0, 2 * LANES + 1),
        ("images of 1 groups\n  left: 127\n right: 128", 1, 8 * LANES - 1),
        ("sums of 1 groups\n  left: 31\n right: 32", 2, 2 * LANES - 1),
        ("winners of 1 groups\n  left: 0\n right: 32", 3, 0),
    ] {
        let mut lengths = fits;
        lengths[place] = len;
        let [parameters, images, sums, winners] = lengths;
        assert_refused(says, || {
            let (mut sums, mut winners) = (vec![0.0; sums], vec![0; winners]);
            plan.sums_into(Threads::Sequential, of(parameters), of(images), &mut sums, &mut winners);
        });
        let winners = vec![0; winners];
        assert_refused(says, || {
            let mut of_parameters = vec![0.0; parameters];
            plan.parameters_acc(Threads::Sequential, of(images), of(sums), &winners, &mut of_parameters);
        });
        assert_refused(says, || {
            let mut of_images = vec![0.0; images];
            plan.inputs_into(Threads::Sequential, of(parameters), of(sums), &winners, &mut of_images);
        });
    }
}

#[cfg(feature = "sprs")]
#[test]
fn products_of_matrices_of_sprs_name_what_does_not_fit() {
    use sparse_kernels::product::SparseProduct;
    use sprs::CsMat;

    let by_rows = CsMat::new((2, 3), vec![0, 1, 2], vec![1, 0], vec![2.0_f32, 3.0]);
    let by_columns = by_rows.to_csc();
    let x = [0.0; 8];
    for matrix in [by_rows, by_columns] {
        for rows in [2, 4] {
            let x = View::by_rows(&x[..2 * rows], rows, 2);
            let says = format!("a row of the input for each column of the matrix\n  left: {rows}\n right: 3");
            assert_refused(&says, || _ = matrix.times(Threads::Sequential, x));
        }
    }
}
