//! Forms of joints: which components of their anchors and axes are not 0.
//!
//! Most anchors and axes lie along an axis of their body, or in a plane. What is 0 is left out of the code, so there is a
//! function for each form in the list below, and a joint takes the leanest that leaves nothing of it out. A new model
//! works without a new line in it; with one for its commonest joint it works faster.

use numerics::Simd;

use super::joints::{Joined, Look, Pull};
use super::plan::Kind;

const NONE: u32 = 0;
const X: u32 = 1;
const Y: u32 = 2;
const Z: u32 = 4;
const XY: u32 = X | Y;
const XZ: u32 = X | Z;
const YZ: u32 = Y | Z;
const ALL: u32 = X | Y | Z;

/// The kind of a joint, and which components of its vectors may differ from 0: bit 0 is x, bit 1 is y, bit 2 is z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) kind: Kind,
    pub(super) parent_anchor: u32,
    pub(super) child_anchor: u32,
    pub(super) axes: [u32; 3],
}

impl Form {
    const fn new(kind: Kind, anchors: [u32; 2], axes: [u32; 3]) -> Form {
        Form { kind, parent_anchor: anchors[0], child_anchor: anchors[1], axes }
    }

    /// The form of vectors that are 0 where they should be.
    pub(super) fn of(kind: Kind, anchors: [[f32; 3]; 2], axes: [[f32; 3]; 3]) -> Form {
        let mask = |vector: [f32; 3]| {
            [X, Y, Z].into_iter().zip(vector).map(|(bit, number)| if number == 0.0 { 0 } else { bit }).sum()
        };
        Form::new(kind, anchors.map(mask), axes.map(mask))
    }

    /// As a number, since only numbers can be parameters of types.
    const fn code(self) -> u32 {
        let Form { kind, parent_anchor, child_anchor, axes: [first, second, third] } = self;
        let vectors = parent_anchor | child_anchor << 3 | first << 6 | second << 9 | third << 12;
        vectors | (kind as u32) << 15
    }

    /// The form of a number.
    pub(super) const fn of_code(code: u32) -> Form {
        let kind = match code >> 15 {
            0 => Kind::Hinge,
            1 => Kind::Universal,
            _ => Kind::Ball,
        };
        let axes = [code >> 6 & ALL, code >> 9 & ALL, code >> 12 & ALL];
        Form::new(kind, [code & ALL, code >> 3 & ALL], axes)
    }

    /// Whether this leaves nothing of `other` out.
    fn covers(self, other: Form) -> bool {
        let missing = other.code() & !self.code();
        self.kind == other.kind && missing & ((1 << 15) - 1) == 0
    }
}

/// Makes [`look`], [`pull`] and [`leanest`] for a list of forms.
macro_rules! forms {
    ($($name:ident = $kind:ident, $anchors:expr, $axes:expr;)*) => {
        $(const $name: u32 = Form::new(Kind::$kind, $anchors, $axes).code();)*

        /// The number of the form with the fewest components that covers a joint's.
        pub(super) fn leanest(form: Form) -> u32 {
            let listed = [$($name),*];
            let covering = listed.into_iter().filter(|&code| Form::of_code(code).covers(form));
            covering.min_by_key(|code| code.count_ones()).expect("the last three cover all of their kind")
        }

        /// [`Pull`] by the function of the joints' form.
        // PERF: a function each, with registers of its own, and compiled once for a step and for a look.
        #[inline(always)]
        pub(super) fn pull<S: Simd>(simd: S, form: u32, joined: Joined<'_>) {
            match form {
                $($name => simd.apart(Pull::<$name>(joined)),)*
                _ => unreachable!("a joint's form is one of the list"),
            }
        }

        /// [`Look`] by the function of the joints' form.
        #[inline(always)]
        pub(super) fn look<S: Simd>(simd: S, form: u32, joined: Joined<'_>) {
            match form {
                $($name => simd.apart(Look::<$name>(joined)),)*
                _ => unreachable!("a joint's form is one of the list"),
            }
        }
    };
}

forms! {
    // ants: hips and ankles
    HIP = Hinge, [XY, XY], [Z, Y, X];
    ANKLE = Hinge, [XY, XY], [XY, XY, Z];
    // humanoid; the knee does for fetch and the arm, too
    WAIST = Universal, [XZ, Z], [Z, Y, X];
    PELVIS = Hinge, [Z, Z], [X, Z, Y];
    THIGH = Ball, [YZ, NONE], [X, Y, Z];
    KNEE = Hinge, [YZ, Z], [Y, X, Z];
    SHOULDER = Universal, [YZ, NONE], [ALL, YZ, ALL];
    ELBOW = Hinge, [ALL, NONE], [YZ, X, YZ];
    // grasp: fingers along y and along x
    FINGER = Hinge, [Y, Y], [X, Y, Z];
    KNUCKLE = Universal, [YZ, Y], [X, Y, Z];
    CROSS_FINGER = Hinge, [X, X], [Y, X, Z];
    CROSS_KNUCKLE = Universal, [XZ, X], [Y, X, Z];
    // reacher
    LINK = Hinge, [XZ, NONE], [Z, Y, X];
    // all others
    HINGE = Hinge, [ALL, ALL], [ALL; 3];
    UNIVERSAL = Universal, [ALL, ALL], [ALL; 3];
    BALL = Ball, [ALL, ALL], [ALL; 3];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_its_number_and_the_leanest_leaves_nothing_out() {
        let masks = [NONE, X, Y, Z, XY, XZ, YZ, ALL];
        for kind in [Kind::Hinge, Kind::Universal, Kind::Ball] {
            for (index, first) in masks.into_iter().enumerate() {
                let [second, third] = [masks[(index + 3) % 8], masks[(index + 5) % 8]];
                let form = Form::new(kind, [first, second], [third, first, second]);
                assert_eq!(Form::of_code(form.code()), form);
                assert!(Form::of_code(leanest(form)).covers(form), "{form:?}");
            }
        }
        assert_eq!(leanest(Form::of_code(ANKLE)), ANKLE);
        assert_eq!(leanest(Form::new(Kind::Hinge, [Y, NONE], [Y, X, Z])), KNEE);
        let cut = Form::of(Kind::Hinge, [[0.0, 2.0, -1.0], [0.0; 3]], [[0.0, 0.5, 0.0]; 3]);
        assert_eq!(cut, Form::new(Kind::Hinge, [YZ, NONE], [Y; 3]));
    }
}
