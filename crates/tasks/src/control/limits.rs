//! Where a world ends: bodies that are faster than this have blown up, and their copy is lost.
//!
//! Springs that are stiffer than a sub-step bears shake bodies ever faster, until their numbers are none. Long before that
//! they are no world any more, and a reward that is paid for speed would be paid for the shaking. So a copy is lost in the
//! step after which
//!
//! ```text
//! sqrt(sum over bodies of |v|^2) > speed    or    sqrt(sum over bodies of |w|^2) > turning    or one is no number
//! ```
//!
//! and also where a reward or an observation is no number. Then the episode is over, and its score is what it was before
//! that step, but no more than 0, less the penalty for that step and each that is missing until the limit of steps:
//!
//! ```text
//! score = min(sum of the rewards before, 0) - penalty * missing steps
//! ```
//!
//! The penalty is more than the worst step of a world that holds together takes off, so it never pays to blow up, be it
//! late, after much reward, or early where all rewards are negative.
//!
//! | task | speed | turning | penalty |
//! |---|---:|---:|---:|
//! | `ant` | 300 | 600 | 50 |
//! | `ant_modified` | 300 | 600 | 50 |
//! | `fetch` | 500 | 600 | 5 |
//! | `grasp` | 1000 | 1000 | 10 |
//! | `halfcheetah` | 300 | 4000 | 50 |
//! | `hopper` | 100 | 300 | 30 |
//! | `humanoid` | 400 | 1500 | 30 |
//! | `reacher` | 1000 | 30000 | 5 |
//! | `ur5e` | 200 | 400 | 1 |
//! | `walker2d` | 100 | 300 | 30 |
//!
//! Each is at least six times what 500 steps of actions at their ends (drawn anew, held, alternating) come to, two times
//! what they come to in the lightest, coarsest, strongest and most slippery worlds that the variations allow, and ten times
//! what recorded states of the reference come to. All other tasks have no bodies: their copies can be lost by a reward or
//! an observation that is no number alone, and they have none of those. The penalty is 1, of `Acrobot-v1`, whose steps take
//! off 1, 2, and of `Pendulum-v1` 17.

use numerics::{Kernel, LANES, Simd};
use physics::Layout;

/// How fast the bodies of a world may be, and what it costs to be faster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The root of the sum of the squares of all bodies' velocities.
    pub speed: f32,
    /// The same of all bodies' angular velocities.
    pub turning: f32,
    /// What the step in which a copy is lost and each missing one take off its score.
    pub penalty: f64,
}

/// Of each task of bodies, sorted.
const LIMITS: [(&str, [f32; 2], f64); 10] = [
    ("ant", [300.0, 600.0], 50.0),
    ("ant_modified", [300.0, 600.0], 50.0),
    ("fetch", [500.0, 600.0], 5.0),
    ("grasp", [1000.0, 1000.0], 10.0),
    ("halfcheetah", [300.0, 4000.0], 50.0),
    ("hopper", [100.0, 300.0], 30.0),
    ("humanoid", [400.0, 1500.0], 30.0),
    ("reacher", [1000.0, 30_000.0], 5.0),
    ("ur5e", [200.0, 400.0], 1.0),
    ("walker2d", [100.0, 300.0], 30.0),
];

impl Limits {
    /// Of a task of bodies, whatever its variation.
    pub(super) fn of(task: &str) -> Option<Limits> {
        let (_, [speed, turning], penalty) = *LIMITS.iter().find(|(name, _, _)| *name == task)?;
        Some(Limits { speed, turning, penalty })
    }
}

/// Finds the copies of a block whose bodies are too fast.
pub(super) struct Beyond<'a> {
    pub(super) limits: Limits,
    pub(super) layout: Layout,
    pub(super) block: &'a [f32],
}

impl Kernel for Beyond<'_> {
    type Output = [bool; LANES];

    // PERF: a row is read once, and six sums wait for nobody: some hundred instructions a block beside thousands of a step
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> [bool; LANES] {
        let Beyond { limits, layout, block } = self;
        let mut squares = [[0.0; LANES]; 2];
        for lane in (0..LANES).step_by(S::LANES) {
            let mut sums = [[simd.zero(); 3]; 2];
            for body in 0..layout.bodies() {
                for (first, sums) in [layout.velocity(body), layout.angular(body)].into_iter().zip(&mut sums)
                {
                    for (axis, sum) in sums.iter_mut().enumerate() {
                        let value = simd.load(&block[(first + axis) * LANES + lane..]);
                        *sum = simd.mul_add(value, value, *sum);
                    }
                }
            }
            for ([x, y, z], squares) in sums.into_iter().zip(&mut squares) {
                simd.store(simd.add(simd.add(x, y), z), &mut squares[lane..]);
            }
        }
        let [speed, turning] = [limits.speed, limits.turning].map(|most| most * most);
        // what is no number is within no limit
        std::array::from_fn(|lane| !(squares[0][lane] <= speed && squares[1][lane] <= turning))
    }
}

#[cfg(test)]
mod tests;
