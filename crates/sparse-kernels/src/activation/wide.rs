//! Activations of one's own, written on the lane types of the `wide` package (feature `wide`).

use std::fmt;
use std::hash::{Hash, Hasher};

use numerics::{LANES, Simd};
use wide::{f32x8, f32x16};

use super::Activation;

/// A function of lanes with a name, for [`Activation::Wide`].
///
/// Write it with `+`, `-`, `*`, `/`, `sqrt`, comparisons and `select`: those have the same bits on every machine and with
/// every build flag. Do not use `mul_add`, `exp`, `ln` and what is made of them: whether `wide` rounds them once or twice
/// depends on the flags of the build. Every lane must depend on itself alone, since registers differ in their number of
/// lanes, and some hold nobody.
///
/// It costs a call a register, with the register going through memory: much more than [`Activation::Relu`], less than a
/// pass of its own over the outputs.
///
/// ```
/// use sparse_kernels::{Activation, WideFunction};
/// use wide::f32x8;
///
/// /// `x` above zero, else a hundredth of it.
/// fn leaky(x: f32x8) -> f32x8 {
///     x.simd_gt(f32x8::ZERO).select(x, x * f32x8::splat(0.01))
/// }
///
/// let activation = Activation::Wide(WideFunction::of_8("leaky", leaky));
/// assert_eq!(activation.apply_one(-2.0), -2.0 * 0.01);
/// assert_eq!(activation.apply_one(2.0), 2.0);
/// ```
#[derive(Clone, Copy)]
pub struct WideFunction {
    name: &'static str,
    lanes: Lanes,
}

#[derive(Clone, Copy)]
enum Lanes {
    Eight(fn(f32x8) -> f32x8),
    Sixteen(fn(f32x16) -> f32x16),
}

impl WideFunction {
    /// A function of eight lanes: right for every instruction set.
    pub fn of_8(name: &'static str, function: fn(f32x8) -> f32x8) -> WideFunction {
        WideFunction { name, lanes: Lanes::Eight(function) }
    }

    /// A function of sixteen lanes: half of its work is wasted where registers have eight.
    pub fn of_16(name: &'static str, function: fn(f32x16) -> f32x16) -> WideFunction {
        WideFunction { name, lanes: Lanes::Sixteen(function) }
    }

    /// What it is called. Functions of the same name are taken for equal.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The function of each lane of `x`.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let mut lanes = [0.0; LANES];
        simd.store(x, &mut lanes);
        match self.lanes {
            Lanes::Eight(function) => {
                for block in lanes.as_chunks_mut().0.iter_mut().take(S::LANES.div_ceil(8)) {
                    *block = function(f32x8::new(*block)).to_array();
                }
            }
            Lanes::Sixteen(function) => lanes = function(f32x16::new(lanes)).to_array(),
        }
        simd.load(&lanes)
    }
}

impl From<WideFunction> for Activation {
    fn from(function: WideFunction) -> Activation {
        Activation::Wide(function)
    }
}

impl PartialEq for WideFunction {
    fn eq(&self, other: &WideFunction) -> bool {
        self.name == other.name
    }
}

impl Eq for WideFunction {}

impl Hash for WideFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for WideFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WideFunction({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use numerics::{Isa, Kernel};

    use super::*;
    use crate::tests::{bits, draw::Draw};

    /// `x / (1 + abs(x))` up to 3, then 1, written for either number of lanes.
    macro_rules! softsign {
        ($name:ident, $vector:ty) => {
            fn $name(x: $vector) -> $vector {
                let one = <$vector>::splat(1.0);
                let size = x.simd_lt(<$vector>::ZERO).select(<$vector>::ZERO - x, x);
                x.simd_gt(<$vector>::splat(3.0)).select(one, x / (one + size))
            }
        };
    }
    softsign!(softsign_8, f32x8);
    softsign!(softsign_16, f32x16);

    fn softsign(x: f32) -> f32 {
        let size = if x < 0.0 { 0.0 - x } else { x };
        if x > 3.0 { 1.0 } else { x / (1.0 + size) }
    }

    struct Apply<'a>(Activation, &'a [f32; LANES]);

    impl Kernel for Apply<'_> {
        type Output = [f32; LANES];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [f32; LANES] {
            let mut result = *self.1;
            for block in result.chunks_exact_mut(S::LANES) {
                simd.store(self.0.apply(simd, simd.load(block)), block);
            }
            result
        }
    }

    #[test]
    fn every_lane_of_every_instruction_set_gets_the_function() {
        let functions =
            [WideFunction::of_8("softsign", softsign_8), WideFunction::of_16("softsign", softsign_16)];
        let mut draw = Draw::new(0);
        for _ in 0..1000 {
            let mut x = [0.0; LANES];
            x.iter_mut()
                .for_each(|x| *x = draw.of(&[4.0, f32::NAN, f32::INFINITY, -0.0, 1e-42]) * draw.value());
            let expected = x.map(|x| bits(softsign(x)));
            for (isa, function) in Isa::available().into_iter().flat_map(|isa| functions.map(|f| (isa, f))) {
                let found = isa.run(Apply(function.into(), &x)).map(bits);
                assert_eq!(found, expected, "{isa}, {x:?}");
                assert_eq!(bits(Activation::from(function).apply_one(x[0])), expected[0], "{x:?}");
            }
        }
    }

    #[test]
    fn a_function_is_known_by_its_name() {
        let function = WideFunction::of_8("softsign", softsign_8);
        assert_eq!(function, WideFunction::of_16("softsign", softsign_16));
        assert_ne!(function, WideFunction::of_8("other", softsign_8));
        assert_eq!(format!("{function:?}"), "WideFunction(softsign)");
    }
}
