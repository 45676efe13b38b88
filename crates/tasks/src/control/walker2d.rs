//! Two flat legs walk: `walker2d`. Its rules are the [hopper's](super::hopper), with other bounds.
//!
//! # Observations
//!
//! Lean is the angle about y. The angular velocity is the one about y too.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 | `lean of the torso` | rad |
//! | 2 to 7 | `angle of thigh` to `angle of foot_left` | rad |
//! | 8 to 9 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 10 | `angular velocity of the torso, y` | rad/s |
//! | 11 to 16 | `angular velocity of thigh` to `angular velocity of foot_left` | rad/s |
//!
//! # Actions
//!
//! Torques in the joints. The model's "damping" makes velocities *grow* in each sub-step, as in the reference.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 5 | `thigh` to `foot_left` | 100 N m |
//!
//! # Reward
//!
//! Velocity along x, plus 1, less a thousandth of the actions' squares.
//!
//! # End
//!
//! Where the torso is below 0.7 or above 2, or leans by more than 1.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.005; then it is put on the ground.

use numerics::Isa;

use super::hopper::Hopper;

/// Those of the hopper, with other bounds.
pub(super) fn rules(isa: Isa) -> Hopper {
    Hopper { isa, heights: [0.7, 2.0], lean: 1.0 }
}
