//! Kernels allocate nothing on the calling thread: what they need is scratch that plans state.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Activation, CopyPlan, ImagePlan, Images, Members, Pattern, Score, Threads, Values};

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
fn products_allocate_nothing() {
    let pattern = pattern(150, 200);
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, &pattern);
        let values = vec![0.5_f32; pattern.nnz()];
        for columns in [1, 7, 200] {
            let (x, mut y) = (vec![1.0; 200 * columns], vec![0.0; 150 * columns]);
            let x = View::by_columns(&x, 200, columns);
            let view = ViewMut::by_columns(&mut y, 150, columns);
            let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &view)];
            let product = || plan.multiply_into(Threads::Sequential, &values, x, view, &mut scratch);
            let calls = calls(product);
            assert_eq!(calls, 0, "{isa}, {columns} columns");
        }
        let transposed = TransposedPlan::new(isa, &pattern);
        let (x, mut y) = (vec![1.0; 150 * 9], vec![0.0; 200 * 9]);
        let (x, view) = (View::by_columns(&x, 150, 9), ViewMut::by_rows(&mut y, 200, 9));
        let mut scratch = vec![0.0; transposed.scratch_len(Threads::Sequential, x, &view)];
        let product = || transposed.multiply_acc(Threads::Sequential, &values, x, view, &mut scratch);
        assert_eq!(calls(product), 0, "{isa}, transposed");
        let mut samples = values.clone();
        let y = View::by_rows(&y, 200, 9);
        let mut scratch = vec![0.0; plan.sample_scratch_len(x, y)];
        let product = || plan.sample_into(Threads::Sequential, x, y, &mut samples, &mut scratch);
        assert_eq!(calls(product), 0, "{isa}, samples");
    }
}
