//! Sixteen numbers, one of each copy of a block, and vectors of them: rewards and observations read like their equations.
//!
//! Every operation is rounded by itself, in the order in which it is written.

use std::array::from_fn;
use std::ops::{Add, Div, Mul, Neg, Sub};

use numerics::LANES;

/// One number of each copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lanes(pub(super) [f32; LANES]);

/// A yes or no of each copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mask(pub(super) [bool; LANES]);

/// Three components.
pub(super) type Three = [Lanes; 3];

impl Lanes {
    /// The same in every lane.
    #[inline]
    pub(super) fn all(value: f32) -> Lanes {
        Lanes([value; LANES])
    }

    /// The numbers of a row.
    #[inline]
    pub(super) fn of(row: &[f32]) -> Lanes {
        Lanes(row.try_into().expect("a row has sixteen lanes"))
    }

    #[inline]
    pub(super) fn sqrt(self) -> Lanes {
        Lanes(self.0.map(f32::sqrt))
    }

    #[inline]
    pub(super) fn abs(self) -> Lanes {
        Lanes(self.0.map(f32::abs))
    }

    #[inline]
    pub(super) fn clamp(self, low: f32, high: f32) -> Lanes {
        // `low` of what is no number
        let above = self.0.map(|value| if value > low { value } else { low });
        Lanes(above.map(|value| if value < high { value } else { high }))
    }

    /// Not greater, nor a number that is none.
    #[inline]
    pub(super) fn less(self, other: f32) -> Mask {
        Mask(self.0.map(|value| value < other))
    }

    #[inline]
    pub(super) fn greater(self, other: f32) -> Mask {
        Mask(self.0.map(|value| value > other))
    }
}

impl Mask {
    /// No lane.
    pub(super) const NONE: Mask = Mask([false; LANES]);

    #[inline]
    pub(super) fn or(self, other: Mask) -> Mask {
        Mask(from_fn(|lane| self.0[lane] || other.0[lane]))
    }

    /// One where it is true, zero where not.
    #[inline]
    pub(super) fn number(self) -> Lanes {
        Lanes(self.0.map(|flag| if flag { 1.0 } else { 0.0 }))
    }
}

/// An operation in each lane, with another or with one number for all.
macro_rules! operation {
    ($trait:ident, $name:ident, $sign:tt) => {
        impl $trait for Lanes {
            type Output = Lanes;

            #[inline]
            fn $name(self, other: Lanes) -> Lanes {
                Lanes(from_fn(|lane| self.0[lane] $sign other.0[lane]))
            }
        }

        impl $trait<f32> for Lanes {
            type Output = Lanes;

            #[inline]
            fn $name(self, other: f32) -> Lanes {
                Lanes(self.0.map(|value| value $sign other))
            }
        }
    };
}

operation!(Add, add, +);
operation!(Sub, sub, -);
operation!(Mul, mul, *);
operation!(Div, div, /);

impl Neg for Lanes {
    type Output = Lanes;

    #[inline]
    fn neg(self) -> Lanes {
        Lanes(self.0.map(|value| -value))
    }
}

#[inline]
pub(super) fn plus(a: Three, b: Three) -> Three {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline]
pub(super) fn minus(a: Three, b: Three) -> Three {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline]
pub(super) fn times(a: Three, factor: Lanes) -> Three {
    [a[0] * factor, a[1] * factor, a[2] * factor]
}

#[inline]
pub(super) fn dot(a: Three, b: Three) -> Lanes {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
pub(super) fn cross(a: Three, b: Three) -> Three {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[inline]
pub(super) fn norm(a: Three) -> Lanes {
    dot(a, a).sqrt()
}

/// The length of a vector, and its direction: a vector a little shorter than 1.
#[inline]
pub(super) fn direction(a: Three) -> (Lanes, Three) {
    let length = norm(a);
    (length, times(a, Lanes::all(1.0) / (length + 1e-6)))
}

/// A constant vector.
#[inline]
pub(super) fn constant(vector: [f32; 3]) -> Three {
    vector.map(Lanes::all)
}

/// `v` turned by a quaternion, the scalar part first: `2 (u v) u + (s s - u u) v + 2 s (u x v)`.
#[inline]
pub(super) fn turned(q: [Lanes; 4], v: Three) -> Three {
    let [s, x, y, z] = q;
    let u = [x, y, z];
    let along = times(u, dot(u, v) * 2.0);
    let kept = times(v, s * s - dot(u, u));
    plus(plus(along, kept), times(cross(u, v), s * 2.0))
}

/// `v` turned back.
#[inline]
pub(super) fn turned_back(q: [Lanes; 4], v: Three) -> Three {
    let [s, x, y, z] = q;
    turned([s, -x, -y, -z], v)
}
