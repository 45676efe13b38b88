//! The ant with a torso of one and a half times the mass: `ant_modified`. Its rules are the [ant's](super::ant), the
//! model is its own.
//!
//! # Observations
//!
//! Contacts push and twist: what they added to the velocity of each body, cut off at 1.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `height of the torso` | m |
//! | 1 to 4 | `rotation of the torso, w` to `rotation of the torso, z` | 1 |
//! | 5 to 12 | `angle of hip 1` to `angle of ankle 4` | rad |
//! | 13 to 15 | `velocity of the torso, x` to `velocity of the torso, z` | m/s |
//! | 16 to 18 | `angular velocity of the torso, x` to `angular velocity of the torso, z` | rad/s |
//! | 19 to 26 | `angular velocity of hip 1` to `angular velocity of ankle 4` | rad/s |
//! | 27 to 56 | `contacts push Torso, x` to `contacts push Ground, z` | m/s |
//! | 57 to 86 | `contacts twist Torso, x` to `contacts twist Ground, z` | rad/s |
//!
//! # Actions
//!
//! Torques in the joints.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 7 | `hip 1` to `ankle 4` | 350 N m |
//!
//! # Reward
//!
//! The ant's: velocity along x, plus 1, less half of the actions' squares, less 0.0005 of the squares of what contacts
//! pushed.
//!
//! # End
//!
//! Where the torso is below 0.2 or above 1.
//!
//! # Start
//!
//! Angles at rest and velocities of 0, each with noise of up to 0.1; then it is put on the ground.

use super::ant::Ant;

/// Those of the ant: what differs is the model.
pub(super) fn rules() -> Ant {
    Ant
}
