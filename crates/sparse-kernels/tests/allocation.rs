//! Kernels allocate nothing on the calling thread: what they need is scratch that plans state.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::product::{Number, ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{
    Activation, ConvolutionGradientPlan, CopyPlan, GradientPlan, ImagePlan, Images, LossPlan, Members,
    Pattern, Score, Threads, Values,
};

thread_local! {
    /// Calls of the allocator by this thread.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counted.
struct Counted;

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// How often `work` asks for memory.
fn calls(work: impl FnOnce()) -> usize {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

/// A pattern of about half of the places; the first row has none.
fn pattern(rows: usize, columns: usize) -> Pattern {
    let mask: Vec<bool> = (0..rows * columns).map(|place| place >= columns && place % 5 < 3).collect();
    Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
}

fn dense(rows: usize, columns: usize, activation: Activation) -> Layer {
    Layer::Dense(Dense::new(pattern(rows, columns), activation))
}

#[test]
fn the_count_sees_allocations() {
    assert!(calls(|| drop(std::hint::black_box(vec![0_u8; 100]))) > 0);
}

#[test]
fn populations_and_the_compilation_of_their_values_allocate_nothing() {
    let layers = [dense(20, 9, Activation::Tanh), dense(7, 20, Activation::Softplus)];
    let network = Network::new(layers).expect("layers that fit each other");
    let compiled = CompiledNetwork::new(&network, Mode::Fold).expect("a compiled network");
    assert!(!compiled.is_unchanged());
    for isa in Isa::available() {
        let plan = CopyPlan::new(isa, compiled.network(), 5).expect("a small network");
        let given = AlignedBuffer::new(network.parameters() * LANES);
        let mut values = AlignedBuffer::new(plan.values_len(1));
        let inputs = AlignedBuffer::new(plan.inputs_len(1));
        let mut outputs = AlignedBuffer::new(plan.outputs_len(1));
        let mut scratch =
            AlignedBuffer::new(plan.scratch_len(Threads::Sequential).max(compiled.scratch() * LANES));
        let calls = calls(|| {
            compiled.compile_lanes_with(isa, &given, &mut values, &mut scratch);
            let values = Values::Lanes(&values);
            plan.forward(Threads::Sequential, values, &inputs, &mut scratch, &mut outputs);
        });
        assert_eq!(calls, 0, "{isa}");
    }
}

#[test]
fn images_allocate_nothing() {
    let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool: true };
    let input = Image { channels: 1, height: 8, width: 8 };
    let first = Convolution::new(pattern(4, 9), input, window, Activation::Relu).expect("a convolution");
    let layers = [Layer::Convolution(first), dense(3, 4 * 16, Activation::Identity)];
    let network = Network::new(layers).expect("layers that fit each other");
    for isa in Isa::available() {
        let plan = ImagePlan::new(isa, &network).expect("a small network");
        let pixels = AlignedBuffer::new(Images::buffer_len(20, 64));
        let values = AlignedBuffer::new(3 * plan.parameters());
        let (images, members) = (Images::new(&pixels, 20, 64), Members::new(&values, plan.parameters()));
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut blocks = vec![Score::default(); ImagePlan::blocks_len(images, members)];
        let mut scores = [Score::default(); 3];
        let mut logits = AlignedBuffer::new(plan.logits_len(20, 3));
        let threads = Threads::Sequential;
        let calls = calls(|| {
            plan.evaluate(threads, images, &[0; 20], members, &mut scratch, &mut blocks, &mut scores);
            plan.logits(threads, images, members, &mut scratch, &mut logits);
        });
        assert_eq!(calls, 0, "{isa}");
    }
}

#[test]
fn losses_and_their_gradients_allocate_nothing() {
    let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool: true };
    let input = Image { channels: 1, height: 8, width: 8 };
    let first = Convolution::new(pattern(4, 9), input, window, Activation::Relu).expect("a convolution");
    let layers =
        [Layer::Convolution(first), dense(5, 4 * 16, Activation::Tanh), dense(3, 5, Activation::Identity)];
    let network = Network::new(layers).expect("layers that fit each other");
    for isa in Isa::available() {
        let plan = LossPlan::new(isa, &network).expect("a small network");
        let pixels = AlignedBuffer::new(Images::buffer_len(20, 64));
        let images = Images::new(&pixels, 20, 64);
        let parameters = vec![0.5; plan.parameters()];
        let mut gradient = vec![f32::NAN; plan.parameters()];
        let mut scratch = vec![f32::NAN; plan.scratch_len(Threads::Sequential, images)];
        let mut blocks = vec![Score::default(); images.blocks()];
        let threads = Threads::Sequential;
        let calls = calls(|| {
            plan.gradient_into(
                threads,
                images,
                &[0; 20],
                &parameters,
                &mut scratch,
                &mut blocks,
                &mut gradient,
            );
        });
        assert_eq!(calls, 0, "{isa}");
        assert!(gradient.iter().all(|number| number.is_finite()), "{isa}");
    }
}

#[test]
fn gradients_of_members_allocate_nothing() {
    let layers = [dense(5, 9, Activation::Swish), dense(3, 5, Activation::Identity)];
    let network = Network::new(layers).expect("layers that fit each other");
    for isa in Isa::available() {
        let plan = LossPlan::new(isa, &network).expect("a small network");
        let pixels = AlignedBuffer::new(Images::buffer_len(20, 9));
        let values = vec![0.5; 3 * plan.parameters()];
        let (images, members) = (Images::new(&pixels, 20, 9), Members::new(&values, plan.parameters()));
        let threads = Threads::Sequential;
        let mut scratch = vec![f32::NAN; plan.members_scratch_len(threads, images)];
        let mut blocks = vec![Score::default(); ImagePlan::blocks_len(images, members)];
        let (mut scores, mut gradients) = ([Score::default(); 3], vec![f32::NAN; values.len()]);
        let calls = calls(|| {
            plan.gradients_into(
                threads,
                images,
                &[0; 20],
                members,
                &mut scratch,
                &mut blocks,
                &mut scores,
                &mut gradients,
            );
        });
        assert_eq!(calls, 0, "{isa}");
        assert!(gradients.iter().all(|number| number.is_finite()), "{isa}");
    }
}

fn check_gradients_of_layers<T: Number>(one: T) {
    let pattern = pattern(7, 9);
    for isa in Isa::available() {
        let plan = GradientPlan::new(isa, &pattern, 5).expect("copies");
        let parameters = vec![one; plan.parameters_len(2)];
        let mut of_parameters = parameters.clone();
        let (inputs, gradients) = (vec![one; plan.inputs_len(2)], vec![one; plan.sums_len(2)]);
        let mut of_inputs = inputs.clone();
        let threads = Threads::Sequential;
        let calls = calls(|| {
            plan.parameters_acc(threads, &inputs, &gradients, &mut of_parameters);
            plan.inputs_into(threads, &parameters, &gradients, &mut of_inputs);
        });
        assert_eq!(calls, 0, "{isa}");
    }
}

fn check_convolutions<T: Number>(one: T) {
    for pool in [false, true] {
        let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool };
        let input = Image { channels: 2, height: 5, width: 4 };
        let layer = Convolution::new(pattern(3, 18), input, window, Activation::Relu).expect("a convolution");
        for isa in Isa::available() {
            let plan = ConvolutionGradientPlan::new(isa, &layer, 9).expect("copies");
            let parameters = vec![one; plan.parameters_len(2)];
            let mut of_parameters = parameters.clone();
            let (images, gradients) = (vec![one; plan.inputs_len(2)], vec![one; plan.sums_len(2)]);
            let (mut sums, mut winners) = (gradients.clone(), vec![0; plan.winners_len(2)]);
            let mut of_images = images.clone();
            let threads = Threads::Sequential;
            let calls = calls(|| {
                plan.sums_into(threads, &parameters, &images, &mut sums, &mut winners);
                plan.parameters_acc(threads, &images, &gradients, &winners, &mut of_parameters);
                plan.inputs_into(threads, &parameters, &gradients, &winners, &mut of_images);
            });
            assert_eq!(calls, 0, "{isa}");
        }
    }
}

#[test]
fn gradients_of_layers_allocate_nothing() {
    check_gradients_of_layers(1.0_f32);
    check_gradients_of_layers(1.0_f64);
    check_convolutions(1.0_f32);
    check_convolutions(1.0_f64);
}

fn view<T: Number>(data: &[T], rows: usize, by_rows: bool) -> View<'_, T> {
    let view = if by_rows { View::by_rows } else { View::by_columns };
    view(data, rows, data.len() / rows)
}

fn view_mut<T: Number>(data: &mut [T], rows: usize, by_rows: bool) -> ViewMut<'_, T> {
    let (view, columns) = (if by_rows { ViewMut::by_rows } else { ViewMut::by_columns }, data.len() / rows);
    view(data, rows, columns)
}

fn check_products<T: Number>(one: T, columns: usize) {
    // an interpreter takes a hundredth
    let [rows, middle] = if cfg!(miri) { [15, 20] } else { [150, 200] };
    check_products_of(one, columns, &pattern(rows, middle));
    // rows so short that entries go one by one
    let diagonal: Vec<(usize, usize)> = (0..rows).map(|row| (row, row)).collect();
    check_products_of(one, columns, &Pattern::from_triplets(rows, middle, &diagonal).expect("a pattern"));
}

fn check_products_of<T: Number>(one: T, columns: usize, pattern: &Pattern) {
    let (rows, middle, threads) = (pattern.rows(), pattern.columns(), Threads::Sequential);
    let values = vec![one; pattern.nnz()];
    let (wide, tall) = (vec![one; middle * columns], vec![one; rows * columns]);
    // columns that are copied, and what lies as it should
    for by_rows in [false, true] {
        for isa in Isa::available() {
            let (plan, transposed) = (ProductPlan::new(isa, pattern), TransposedPlan::new(isa, pattern));
            let none = |what: &str, product: &mut dyn FnMut()| {
                assert_eq!(calls(product), 0, "{what}, {isa}, {columns} columns, by rows: {by_rows}");
            };

            let x = view(&wide, middle, by_rows);
            let mut y = tall.clone();
            let mut scratch = vec![one; plan.scratch_len(threads, x, &view_mut(&mut y, rows, by_rows))];
            none("product", &mut || {
                plan.multiply_into(threads, &values, x, view_mut(&mut y, rows, by_rows), &mut scratch);
                plan.multiply_acc(threads, &values, x, view_mut(&mut y, rows, by_rows), &mut scratch);
            });

            let mut samples = values.clone();
            let y = view(&tall, rows, by_rows);
            let mut scratch = vec![one; plan.sample_scratch_len(y, x)];
            none("sample", &mut || {
                plan.sample_into(threads, y, x, &mut samples, &mut scratch);
                plan.sample_acc(threads, y, x, &mut samples, &mut scratch);
            });

            let mut x = wide.clone();
            let needed = transposed.scratch_len(threads, y, &view_mut(&mut x, middle, by_rows));
            let mut scratch = vec![one; needed];
            none("transposed", &mut || {
                transposed.multiply_into(
                    threads,
                    &values,
                    y,
                    view_mut(&mut x, middle, by_rows),
                    &mut scratch,
                );
                transposed.multiply_acc(threads, &values, y, view_mut(&mut x, middle, by_rows), &mut scratch);
            });
        }
    }
}

#[test]
fn products_allocate_nothing() {
    // a vector, a register, part of one, and several panels; an interpreter takes one of them
    let columns = if cfg!(miri) { &[7][..] } else { &[1, 4, 7, 8, 200] };
    for &columns in columns {
        check_products(1.0_f32, columns);
        check_products(1.0_f64, columns);
    }
}
