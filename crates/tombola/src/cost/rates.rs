//! How long counted work takes on one core.
//!
//! Origin of the rates of networks: `benches/peers/RESULTS.md`, the rows of this program, masks as given; one core of an
//! AMD EPYC (family 25, model 1, AVX2). Between two densities the time is interpolated.

use super::work::Work;

/// The multiply-add peak of the core that was measured, in GFLOP/s: another machine's, divided by this, is how many times
/// faster it is.
pub const REFERENCE_GFLOPS: f64 = 103.7;

/// Density, and billions of multiply-adds a second, where all members see the same images: the paper's classifier.
const IMAGES: [(f64, f64); 6] =
    [(0.0144, 20.6), (0.05, 31.2), (0.1, 33.7), (0.2, 36.6), (0.512, 38.7), (1.0, 47.2)];

/// The same where each member acts in worlds of its own: the papers' policies of 32 and 32.
const POLICIES: [(f64, f64); 4] = [(0.0144, 16.3), (0.05, 10.1), (0.2, 12.9), (1.0, 26.8)];

/// Seconds of one step of one copy of a world, with what is seen and paid: the best of `cargo bench --bench physics
/// control_step` on the same core.
const WORLDS: [(&str, f64); 18] = [
    ("Acrobot-v1", 7.6e-8),
    ("Asterix-MinAtar", 1.3e-7),
    ("Breakout-MinAtar", 1.6e-7),
    ("CartPole-v1", 3.4e-9),
    ("Freeway-MinAtar", 1.7e-7),
    ("Pendulum-v1", 1.1e-8),
    ("Seaquest-MinAtar", 2.9e-7),
    ("SpaceInvaders-MinAtar", 4.3e-7),
    ("ant", 1.0e-6),
    ("ant_modified", 1.0e-6),
    ("fetch", 7.8e-7),
    ("grasp", 7.9e-7),
    ("halfcheetah", 1.5e-6),
    ("hopper", 1.6e-7),
    ("humanoid", 1.2e-6),
    ("reacher", 1.4e-7),
    ("ur5e", 5.2e-7),
    ("walker2d", 4.5e-7),
];

/// Seconds for each number that a strategy touches: `benches/peers/ASK-TELL.md`, Sep-CMA-ES.
const TOLD: f64 = 1.6e-9;

/// Seconds of a generation in which nothing is done, and of a level.
const GENERATION: f64 = 20e-6;
const LEVEL: f64 = 0.02;

/// How fast a core is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// In units of the core that was measured.
    pub speed: f64,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { speed: 1.0 }
    }
}

impl Rates {
    /// What work takes on one core.
    pub fn seconds(&self, work: &Work) -> f64 {
        let table: &[(f64, f64)] = if work.is_shared { &IMAGES } else { &POLICIES };
        let networks = work.dense_multiply_adds * seconds_each(table, work.density);
        let step = WORLDS.iter().find(|(world, _)| *world == work.world).map_or(0.0, |(_, seconds)| *seconds);
        let all = networks + work.steps * step + work.told * TOLD + work.generations * GENERATION + LEVEL;
        all / self.speed
    }
}

/// Seconds for each multiply-add that the whole network would have.
fn seconds_each(table: &[(f64, f64)], density: f64) -> f64 {
    let seconds = |(density, billions): (f64, f64)| density / (billions * 1e9);
    let after = table.partition_point(|(known, _)| *known < density);
    match (after.checked_sub(1).map(|before| table[before]), table.get(after)) {
        (Some(low), Some(&high)) => {
            let share = (density - low.0) / (high.0 - low.0);
            seconds(low) + share * (seconds(high) - seconds(low))
        }
        // below all: as fast as the sparsest that was measured
        (None, Some(&(known, billions))) => seconds((known, billions)) * density / known,
        (Some(last), None) => seconds(last),
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_has_a_time() {
        assert_eq!(WORLDS.map(|(name, _)| name), tasks::control::NAMES);
        assert!(WORLDS.iter().all(|(_, seconds)| *seconds > 0.0));
    }
}
