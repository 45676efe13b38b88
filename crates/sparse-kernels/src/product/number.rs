//! What products are made of, and gradients of layers: `f32` or `f64`.

pub(crate) mod choice;

/// A number that products, and gradients of layers of populations, compute with: `f32` or `f64`.
pub trait Number: choice::Choice {}

impl Number for f32 {}
impl Number for f64 {}

/// The registers of a number. Private, so that there are no others.
pub(crate) mod registers {
    use std::fmt::Debug;

    use numerics::Simd;

    pub trait Registers: Copy + Debug + PartialOrd + Send + Sync + 'static {
        const ZERO: Self;
        /// Numbers of a cache line: the lanes of a sum of products along rows.
        const LINE: usize = 64 / size_of::<Self>();

        type Register<S: Simd>: Copy;
        /// Four numbers of four rows.
        type Four<S: Simd>: Copy;

        fn lanes<S: Simd>() -> usize;
        /// `self * by + plus`, rounded once.
        fn fused(self, by: Self, plus: Self) -> Self;
        fn plus(self, other: Self) -> Self;

        fn splat<S: Simd>(simd: S, value: Self) -> Self::Register<S>;
        /// # Safety
        ///
        /// So many numbers as a register has lanes must be readable.
        unsafe fn load<S: Simd>(simd: S, from: *const Self) -> Self::Register<S>;
        /// # Safety
        ///
        /// `count` numbers must be readable, at most as many as a register has lanes.
        unsafe fn load_part<S: Simd>(simd: S, from: *const Self, count: usize) -> Self::Register<S>;
        /// # Safety
        ///
        /// So many numbers as a register has lanes must be writable.
        unsafe fn store<S: Simd>(simd: S, value: Self::Register<S>, to: *mut Self);
        /// # Safety
        ///
        /// `count` numbers must be writable, at most as many as a register has lanes.
        unsafe fn store_part<S: Simd>(simd: S, value: Self::Register<S>, to: *mut Self, count: usize);
        fn add<S: Simd>(simd: S, a: Self::Register<S>, b: Self::Register<S>) -> Self::Register<S>;
        fn mul_add<S: Simd>(
            simd: S,
            a: Self::Register<S>,
            b: Self::Register<S>,
            c: Self::Register<S>,
        ) -> Self::Register<S>;

        fn four<S: Simd>(simd: S, numbers: [Self; 4]) -> Self::Four<S>;
        fn numbers<S: Simd>(simd: S, four: Self::Four<S>) -> [Self; 4];
        fn mul_add_four<S: Simd>(
            simd: S,
            a: Self::Four<S>,
            b: Self::Four<S>,
            c: Self::Four<S>,
        ) -> Self::Four<S>;
        /// Number `n` of each of four places, for `n` from 0 to 3.
        ///
        /// # Safety
        ///
        /// Four numbers must be readable at each.
        unsafe fn load_across<S: Simd>(simd: S, from: [*const Self; 4]) -> [Self::Four<S>; 4];
        /// The number at each of four places, counted from one.
        ///
        /// # Safety
        ///
        /// Each of them must be readable.
        unsafe fn load_scattered<S: Simd>(simd: S, from: *const Self, places: [usize; 4]) -> Self::Four<S>;

        /// The first numbers, as many as a register has lanes.
        ///
        /// # Panics
        ///
        /// If there are fewer.
        #[inline(always)]
        fn read<S: Simd>(simd: S, from: &[Self]) -> Self::Register<S> {
            let lanes = Self::lanes::<S>();
            assert!(from.len() >= lanes, "a register of {lanes} lanes from {} numbers", from.len());
            // SAFETY: the length was checked.
            unsafe { Self::load(simd, from.as_ptr()) }
        }
        /// Overwrites the first numbers, as many as a register has lanes.
        ///
        /// # Panics
        ///
        /// If there are fewer.
        #[inline(always)]
        fn write<S: Simd>(simd: S, value: Self::Register<S>, to: &mut [Self]) {
            let lanes = Self::lanes::<S>();
            assert!(to.len() >= lanes, "a register of {lanes} lanes to {} numbers", to.len());
            // SAFETY: the length was checked.
            unsafe { Self::store(simd, value, to.as_mut_ptr()) }
        }
        /// The sum of each register's lanes: halves of a cache line first, then neighbours.
        fn sums<S: Simd>(simd: S, registers: [Self::Register<S>; 4]) -> [Self; 4];
    }

    /// Writes the registers of one type, each method by the one of [`Simd`].
    macro_rules! registers {
        (
            $number:ty, $register:ident, $lanes:expr, $splat:ident, $load:ident, $load_part:ident, $store:ident,
            $store_part:ident, $add:ident, $mul_add:ident, $sums:ident, $four_lanes:ident, $four:ident, $numbers:ident,
            $mul_add_four:ident, $load_across:ident, $load_scattered:ident
        ) => {
            impl Registers for $number {
                const ZERO: Self = 0.0;

                type Register<S: Simd> = S::$register;
                type Four<S: Simd> = S::$four_lanes;

                #[inline(always)]
                fn lanes<S: Simd>() -> usize {
                    $lanes(S::LANES)
                }
                #[inline(always)]
                fn fused(self, by: Self, plus: Self) -> Self {
                    self.mul_add(by, plus)
                }
                #[inline(always)]
                fn plus(self, other: Self) -> Self {
                    self + other
                }
                #[inline(always)]
                fn splat<S: Simd>(simd: S, value: Self) -> S::$register {
                    simd.$splat(value)
                }
                #[inline(always)]
                unsafe fn load<S: Simd>(simd: S, from: *const Self) -> S::$register {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$load(from) }
                }
                #[inline(always)]
                unsafe fn load_part<S: Simd>(simd: S, from: *const Self, count: usize) -> S::$register {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$load_part(from, count) }
                }
                #[inline(always)]
                unsafe fn store<S: Simd>(simd: S, value: S::$register, to: *mut Self) {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$store(value, to) }
                }
                #[inline(always)]
                unsafe fn store_part<S: Simd>(simd: S, value: S::$register, to: *mut Self, count: usize) {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$store_part(value, to, count) }
                }
                #[inline(always)]
                fn add<S: Simd>(simd: S, a: S::$register, b: S::$register) -> S::$register {
                    simd.$add(a, b)
                }
                #[inline(always)]
                fn mul_add<S: Simd>(
                    simd: S,
                    a: S::$register,
                    b: S::$register,
                    c: S::$register,
                ) -> S::$register {
                    simd.$mul_add(a, b, c)
                }
                #[inline(always)]
                fn sums<S: Simd>(simd: S, registers: [S::$register; 4]) -> [Self; 4] {
                    simd.$sums(registers)
                }
                #[inline(always)]
                fn four<S: Simd>(simd: S, numbers: [Self; 4]) -> S::$four_lanes {
                    simd.$four(numbers)
                }
                #[inline(always)]
                fn numbers<S: Simd>(simd: S, four: S::$four_lanes) -> [Self; 4] {
                    simd.$numbers(four)
                }
                #[inline(always)]
                fn mul_add_four<S: Simd>(
                    simd: S,
                    a: S::$four_lanes,
                    b: S::$four_lanes,
                    c: S::$four_lanes,
                ) -> S::$four_lanes {
                    simd.$mul_add_four(a, b, c)
                }
                #[inline(always)]
                unsafe fn load_across<S: Simd>(simd: S, from: [*const Self; 4]) -> [S::$four_lanes; 4] {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$load_across(from) }
                }
                #[inline(always)]
                unsafe fn load_scattered<S: Simd>(
                    simd: S,
                    from: *const Self,
                    places: [usize; 4],
                ) -> S::$four_lanes {
                    // SAFETY: the caller's promise.
                    unsafe { simd.$load_scattered(from, places) }
                }
            }
        };
    }

    registers!(
        f32,
        F,
        |lanes| lanes,
        splat,
        load_pointer,
        load_part_pointer,
        store_pointer,
        store_part_pointer,
        add,
        mul_add,
        sums_of_lanes,
        F4,
        four,
        numbers,
        mul_add_four,
        load_across,
        load_scattered
    );
    registers!(
        f64,
        D,
        |lanes| lanes / 2,
        splat_double,
        load_double_pointer,
        load_double_part_pointer,
        store_double_pointer,
        store_double_part_pointer,
        add_double,
        mul_add_double,
        sums_of_double_lanes,
        D4,
        four_doubles,
        doubles,
        mul_add_four_doubles,
        load_doubles_across,
        load_doubles_scattered
    );
}
