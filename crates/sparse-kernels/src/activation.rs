//! What a unit does with its sum.

use numerics::functions::{Function, Sigmoid, Softplus, Swish, Tanh};
use numerics::{Isa, Kernel, LANES, Simd};

#[cfg(feature = "wide")]
mod wide;

#[cfg(feature = "wide")]
pub use wide::WideFunction;

/// The function that a layer applies to each sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    #[default]
    Identity,
    /// `x` above zero, else zero; a NaN stays one.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// `ln(1 + e^x)`
    Softplus,
    /// `x / (1 + e^-x)`, also called SiLU; its value does not tell its slope, so sums are
    /// kept where its gradient is asked for.
    Swish,
    /// A function of one's own (feature `wide`); it has no gradient here
    /// ([`PlanError::NoGradient`](crate::PlanError::NoGradient)).
    #[cfg(feature = "wide")]
    Wide(WideFunction),
}

/// Where the value of [`Activation::Swish`] is cut off in its slope, `value * t + s`: `t` is zero there, and infinity times
/// that would be no number.
pub(crate) const SWISH_END: f32 = 128.0;

impl Activation {
    /// All that are built in.
    pub const ALL: &[Activation] = &[
        Activation::Identity,
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Swish,
    ];

    /// The function of each lane.
    #[inline(always)]
    pub fn apply<S: Simd>(self, simd: S, x: S::F) -> S::F {
        match self {
            Activation::Identity => x,
            // With `x` second, a NaN is kept, and so is the sign of a zero.
            Activation::Relu => simd.max(simd.zero(), x),
            Activation::Tanh => Tanh.of(simd, x),
            Activation::Sigmoid => Sigmoid.of(simd, x),
            Activation::Softplus => Softplus.of(simd, x),
            Activation::Swish => Swish.of(simd, x),
            #[cfg(feature = "wide")]
            Activation::Wide(function) => function.apply(simd, x),
        }
    }

    /// The function of each lane of several registers, with the bits of [`apply`](Self::apply).
    #[inline(always)]
    pub(crate) fn apply_several<S: Simd, const N: usize>(self, simd: S, mut x: [S::F; N]) -> [S::F; N] {
        if self == Activation::Tanh {
            return Tanh.of_several(simd, x);
        }
        for register in &mut x {
            *register = self.apply(simd, *register);
        }
        x
    }

    /// The function of one number, with the bits that a lane gets. Slow: for definitions and for tables.
    pub fn apply_one(self, x: f32) -> f32 {
        struct One(Activation, f32);
        impl Kernel for One {
            type Output = f32;
            #[inline(always)]
            fn run<S: Simd>(self, simd: S) -> f32 {
                let mut lanes = [0.0; LANES];
                simd.store(self.0.apply(simd, simd.splat(self.1)), &mut lanes);
                lanes[0]
            }
        }
        Isa::PORTABLE.run(One(self, x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests draw from the list: an activation that is not on it would be compared by nobody.
    #[test]
    fn the_list_has_every_activation_that_is_built_in() {
        let place = |activation: Activation| match activation {
            Activation::Identity => 0,
            Activation::Relu => 1,
            Activation::Tanh => 2,
            Activation::Sigmoid => 3,
            Activation::Softplus => 4,
            // the last one says how long the list is
            Activation::Swish => 5,
            #[cfg(feature = "wide")]
            Activation::Wide(_) => usize::MAX,
        };
        let places: Vec<usize> = Activation::ALL.iter().map(|&activation| place(activation)).collect();
        assert_eq!(places, (0..=place(Activation::Swish)).collect::<Vec<_>>());
    }
}
