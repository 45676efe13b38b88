//! Vectors, quaternions and the few functions that the twin needs, in `f64` and in plain arithmetic.
//!
//! The twin must have the same bits on every machine, so nothing here calls the platform's mathematical library: `exp`,
//! sine, cosine and the arc tangent are series after a reduction of the argument, good to a few units of `f64`.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use std::ops::{Add, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Components that a safe norm takes for zero.
const SAFE: f64 = 1e-8;

/// Three numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vector(pub [f64; 3]);

/// A rotation: the scalar part, then x, y and z.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quaternion(pub [f64; 4]);

impl Vector {
    /// The origin.
    pub const ZERO: Vector = Vector([0.0; 3]);

    /// The unit vector of an axis.
    pub fn unit(axis: usize) -> Vector {
        let mut components = [0.0; 3];
        components[axis] = 1.0;
        Vector(components)
    }

    /// The scalar product.
    pub fn dot(self, other: Vector) -> f64 {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        a * x + b * y + c * z
    }

    /// The cross product.
    pub fn cross(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([b * z - c * y, c * x - a * z, a * y - b * x])
    }

    /// The product of each component with its like.
    pub fn times(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([a * x, b * y, c * z])
    }

    /// 0 for components that are as good as nothing beside the largest: what is left of the rotation that made an axis.
    pub fn without_rounding(self) -> Vector {
        let largest = self.0.iter().fold(0.0, |largest: f64, component| largest.max(component.abs()));
        Vector(self.0.map(|component| if component.abs() > 1e-12 * largest { component } else { 0.0 }))
    }

    /// The length.
    pub fn norm(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The length, or exactly 0 where every component is at most 1e-8.
    pub fn safe_norm(self) -> f64 {
        if self.0.iter().all(|component| component.abs() <= SAFE) { 0.0 } else { self.norm() }
    }
}

impl Add for Vector {
    type Output = Vector;

    fn add(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([a + x, b + y, c + z])
    }
}

impl Sub for Vector {
    type Output = Vector;

    fn sub(self, other: Vector) -> Vector {
        let (Vector([a, b, c]), Vector([x, y, z])) = (self, other);
        Vector([a - x, b - y, c - z])
    }
}

impl Neg for Vector {
    type Output = Vector;

    fn neg(self) -> Vector {
        Vector(self.0.map(|component| -component))
    }
}

impl Mul<f64> for Vector {
    type Output = Vector;

    fn mul(self, factor: f64) -> Vector {
        Vector(self.0.map(|component| component * factor))
    }
}

impl Quaternion {
    /// No rotation.
    pub const IDENTITY: Quaternion = Quaternion([1.0, 0.0, 0.0, 0.0]);

    /// The rotation by `angle` about the unit vector `axis`.
    pub fn about(axis: Vector, angle: f64) -> Quaternion {
        let (sine, cosine) = sin_cos(angle / 2.0);
        let Vector([x, y, z]) = axis * sine;
        Quaternion([cosine, x, y, z])
    }

    /// `v` turned: `2 (u v) u + (s s - u u) v + 2 s (u x v)`. It does not normalise, and a rotation that is not quite of
    /// unit length stretches.
    pub fn rotate(self, v: Vector) -> Vector {
        let Quaternion([s, x, y, z]) = self;
        let u = Vector([x, y, z]);
        u * (2.0 * u.dot(v)) + v * (s * s - u.dot(u)) + u.cross(v) * (2.0 * s)
    }

    /// The rotation back.
    pub fn inverse(self) -> Quaternion {
        let Quaternion([s, x, y, z]) = self;
        Quaternion([s, -x, -y, -z])
    }

    /// The same direction with length 1.
    pub fn normalised(self) -> Quaternion {
        let norm = self.0.iter().map(|component| component * component).sum::<f64>().sqrt();
        Quaternion(self.0.map(|component| component / norm))
    }
}

/// Hamilton's product: `self` after `other`.
impl Mul for Quaternion {
    type Output = Quaternion;

    fn mul(self, other: Quaternion) -> Quaternion {
        let (Quaternion([a, b, c, d]), Quaternion([s, x, y, z])) = (self, other);
        Quaternion([
            a * s - b * x - c * y - d * z,
            a * x + b * s + c * z - d * y,
            a * y - b * z + c * s + d * x,
            a * z + b * y - c * x + d * s,
        ])
    }
}

/// `e^x`.
pub fn exp(x: f64) -> f64 {
    // e^x is (e^(x / 2^n))^(2^n); a small argument, which damping in one sub-step is, needs no halving
    let mut halvings = 0;
    let mut small = x;
    while small.abs() > 0.5 && halvings < 12 {
        small /= 2.0;
        halvings += 1;
    }
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..20 {
        term *= small / f64::from(n);
        sum += term;
    }
    (0..halvings).fold(sum, |power, _| power * power)
}

/// Sine and cosine of an angle of moderate size.
pub fn sin_cos(angle: f64) -> (f64, f64) {
    /// What rounding to [`FRAC_PI_2`] leaves out of `pi / 2`.
    const REST: f64 = 6.123_233_995_736_766e-17;
    let quarter = (angle / FRAC_PI_2).round_ties_even();
    let small = quarter.mul_add(-REST, quarter.mul_add(-FRAC_PI_2, angle));
    let square = small * small;
    let (mut sine, mut cosine, mut term) = (0.0, 0.0, 1.0);
    // powers of the small angle over factorials; at most pi / 4, so the 22nd is below rounding
    for n in 0..11 {
        let n = f64::from(2 * n);
        cosine += term;
        sine += term * small / (n + 1.0);
        term *= -square / ((n + 1.0) * (n + 2.0));
    }
    match quarter.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// The angle of the point `(x, y)`; 0 at the origin.
pub fn atan2(y: f64, x: f64) -> f64 {
    if x == 0.0 && y == 0.0 {
        return 0.0;
    }
    let (width, height) = (x.abs(), y.abs());
    let arc = arc_tangent(width.min(height) / width.max(height));
    let arc = if height > width { FRAC_PI_2 - arc } else { arc };
    let arc = if x < 0.0 { PI - arc } else { arc };
    if y < 0.0 { -arc } else { arc }
}

/// The arc tangent of a number from 0 to 1.
fn arc_tangent(q: f64) -> f64 {
    // the tangent of pi / 8: above, the angle less pi / 4 is nearer to 0
    let (offset, q) = if q > 0.414_213_562_373_095 { (FRAC_PI_4, (q - 1.0) / (q + 1.0)) } else { (0.0, q) };
    let square = q * q;
    let mut sum = 0.0;
    for n in (0..22).rev() {
        sum = 1.0 / f64::from(2 * n + 1) - square * sum;
    }
    offset + q * sum
}

/// The angle between 0 and pi whose cosine is `x`.
pub fn acos(x: f64) -> f64 {
    atan2(((1.0 - x) * (1.0 + x)).sqrt(), x)
}

/// The angle between -pi / 2 and pi / 2 whose sine is `x`.
pub fn asin(x: f64) -> f64 {
    atan2(x, ((1.0 - x) * (1.0 + x)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -`bound` to `bound`, small and large.
    fn numbers(bound: f64) -> impl Iterator<Item = f64> {
        (-1000..=1000).map(move |n| f64::from(n) / 1000.0).flat_map(move |x| [x * bound, x * x * x * bound])
    }

    #[test]
    fn functions_are_close_to_those_of_the_platform() {
        for x in numbers(20.0) {
            // each halving of the argument doubles the relative error: 6 of them, and a few roundings
            assert!((exp(x) - x.exp()).abs() <= 256.0 * f64::EPSILON * x.exp(), "exp {x}");
            let (sine, cosine) = sin_cos(x);
            assert!((sine - x.sin()).abs() <= 8.0 * f64::EPSILON, "sin {x}");
            assert!((cosine - x.cos()).abs() <= 8.0 * f64::EPSILON, "cos {x}");
            for y in [-3.0, -1.0, -1e-9, 0.0, 0.4, 7.0] {
                assert!((atan2(y, x) - y.atan2(x)).abs() <= 8.0 * f64::EPSILON || x == 0.0 && y == 0.0);
            }
        }
        for x in numbers(1.0) {
            assert!((acos(x) - x.acos()).abs() <= 8.0 * f64::EPSILON, "acos {x}");
            assert!((asin(x) - x.asin()).abs() <= 8.0 * f64::EPSILON, "asin {x}");
        }
        assert_eq!((exp(0.0), atan2(0.0, -0.0), atan2(0.0, -1.0)), (1.0, 0.0, PI));
    }

    #[test]
    fn a_rotation_is_undone_by_its_inverse_and_products_follow_each_other() {
        let axis = Vector([0.6, 0.0, 0.8]);
        let (first, second) = (Quaternion::about(axis, 1.1), Quaternion::about(Vector::unit(1), -0.4));
        let v = Vector([0.3, -2.0, 5.0]);
        let close = |a: Vector, b: Vector| (a - b).norm() < 32.0 * f64::EPSILON * b.norm();
        assert!(close(first.inverse().rotate(first.rotate(v)), v));
        assert!(close((second * first).rotate(v), second.rotate(first.rotate(v))));
        assert!(close(
            Quaternion::about(Vector::unit(2), FRAC_PI_2).rotate(Vector::unit(0)),
            Vector::unit(1)
        ));
        assert!(close(first.rotate(axis), axis));
        assert_eq!(Vector::unit(0).cross(Vector::unit(1)), Vector::unit(2));
        assert_eq!(Vector([1e-8, -1e-8, 0.0]).safe_norm(), 0.0);
    }
}
