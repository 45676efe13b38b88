//! What plans say that they hold is what they ask the allocator for, to the byte.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use numerics::Isa;
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::product::{ChosenPlan, ProductPlan, TransposedPlan, Zeros};
use sparse_kernels::{Activation, ConvolutionGradientPlan, GradientPlan, LossPlan, Pattern};

thread_local! {
    /// Bytes that this thread has asked for and not given back.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counted.
struct Counted;

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size().cast_signed());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size().cast_signed());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// What `make` made, and the bytes that it holds.
fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    let made = make();
    (made, (HELD.get() - before).cast_unsigned())
}

/// A pattern of five places in seven.
fn pattern(rows: usize, columns: usize) -> Pattern {
    let mask: Vec<bool> = (0..rows * columns).map(|place| place * place % 7 < 3).collect();
    Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
}

#[test]
fn plans_of_one_pattern_hold_what_they_say() {
    // empty ones, wide and tall ones, one whose rows go through slabs, and at last one with an entry a row
    let sizes = [(0, 0), (3, 0), (0, 4), (5, 7), (40, 9), (9, 40), (70, 150)];
    let diagonal: Vec<(usize, usize)> = (0..600).map(|row| (row, row)).collect();
    let diagonal = Pattern::from_triplets(600, 600, &diagonal).expect("a pattern");
    for pattern in sizes.map(|(rows, columns)| pattern(rows, columns)).into_iter().chain([diagonal]) {
        let (rows, columns, isa) = (pattern.rows(), pattern.columns(), Isa::detected());
        let (plan, bytes) = held(|| ProductPlan::new(isa, &pattern));
        assert_eq!(plan.size(), bytes, "{rows} x {columns}");
        let (plan, bytes) = held(|| TransposedPlan::new(isa, &pattern));
        assert_eq!(plan.size(), bytes, "{rows} x {columns}, transposed");
        let (plan, bytes) = held(|| GradientPlan::new(isa, &pattern, 3).expect("copies"));
        assert_eq!(plan.size(), bytes, "{rows} x {columns}, gradients");
        for zeros in [Zeros::Auto, Zeros::Always, Zeros::Never] {
            let (plan, bytes) = held(|| ChosenPlan::new(isa, &pattern, 8, zeros).expect("a small pattern"));
            assert_eq!(plan.size(), bytes, "{rows} x {columns}, zeros {zeros:?}");
        }
    }
}

#[test]
fn plans_for_losses_hold_what_they_say() {
    let image = |channels, size| Image { channels, height: size, width: size };
    for (pool, stride) in [(true, 1), (false, 1), (false, 2)] {
        let window = Window { kernel: (3, 3), stride: (stride, stride), padding: Padding::Same, pool };
        let of =
            |pattern, image| Convolution::new(pattern, image, window, Activation::Relu).expect("geometry");
        let first = of(pattern(4, 9), image(1, 8));
        let second = of(pattern(6, 36), first.output());
        let flat = second.output().len();
        let network = Network::new([
            Layer::Convolution(first),
            Layer::Convolution(second),
            Layer::Dense(Dense::new(pattern(7, flat), Activation::Tanh)),
            Layer::Dense(Dense::new(Pattern::dense(3, 7).expect("a pattern"), Activation::Identity)),
        ])
        .expect("layers that fit each other");
        for layer in network.layers() {
            let Layer::Convolution(layer) = layer else { continue };
            let plan = || ConvolutionGradientPlan::new(Isa::detected(), layer, 3).expect("copies");
            let (plan, bytes) = held(plan);
            assert_eq!(plan.size(), bytes, "a convolution, pooled {pool}, steps of {stride}");
        }
        for isa in Isa::available() {
            let (plan, bytes) = held(|| LossPlan::new(isa, &network).expect("a plan"));
            assert_eq!(plan.size(), bytes, "pooled {pool}, steps of {stride}, {isa}");
        }
    }
}
