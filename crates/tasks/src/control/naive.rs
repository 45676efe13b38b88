//! One episode of one network by definition: what [`rollouts`](super::rollouts) are compared with, to the bit.
//!
//! It is slow and allocates: for tests, and for episodes that somebody watches. Single steps in `f64` are here too: a
//! [`Twin`] for each task whose numbers are not whole.

mod bodies;
mod classic;
mod step;

use networks::Normaliser;
use sparse_kernels::naive;
use sparse_kernels::network::Network;

use super::normaliser::{Scale, Sums};
use super::rollouts::{Start, forfeit};
use super::{Actions, Environment, Outcome};
use numerics::LANES;

pub use self::bodies::prepare;
pub use self::step::{Seen, Twin};

/// What came of an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The sum of its rewards; less a penalty if it was lost.
    pub score: f64,
    /// Steps that it took.
    pub steps: u32,
    /// Whether it ended because it was beyond the limits of its world.
    pub is_lost: bool,
    /// What was seen before each step that did not end it.
    pub seen: Vec<Vec<f32>>,
}

/// A step, as it is when it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The state after it, a number a row.
    pub state: &'a [f32],
    /// What is seen after it.
    pub observation: &'a [f32],
    /// What the environment was given.
    pub actions: &'a [f32],
    /// What it was worth.
    pub reward: f32,
    /// Whether it ended the episode, by the task's rules or because it was lost.
    pub has_ended: bool,
}

/// Plays one episode, at most so many steps long.
pub fn episode(
    environment: &dyn Environment,
    network: &Network,
    parameters: &[f32],
    scale: Option<&Scale>,
    start: &Start,
    steps: u32,
) -> Episode {
    watched(environment, network, parameters, scale, start, steps, &mut |_| ())
}

/// Plays one episode before a witness, who is told of every step.
pub fn watched(
    environment: &dyn Environment,
    network: &Network,
    parameters: &[f32],
    scale: Option<&Scale>,
    start: &Start,
    steps: u32,
    witness: &mut dyn FnMut(Moment<'_>),
) -> Episode {
    // sixteen copies that all do the same, of which one is looked at
    let spread = |numbers: &[f32]| numbers.iter().flat_map(|&number| [number; LANES]).collect::<Vec<f32>>();
    let one = |rows: &[f32]| rows.chunks_exact(LANES).map(|row| row[0]).collect::<Vec<f32>>();
    let (mut block, mut sight) = (spread(&start.state), spread(&start.observation));
    let mut episode = Episode { score: 0.0, steps: 0, is_lost: false, seen: Vec::new() };
    for step in 0..steps {
        let seen = one(&sight);
        let shown = seen.iter().enumerate();
        let shown: Vec<f32> =
            shown.map(|(index, &seen)| scale.map_or(seen, |scale| scale.of(index, seen))).collect();
        let outputs = naive::network(network, parameters, &shown);
        let actions = match environment.actions() {
            Actions::Numbers(_) => outputs,
            Actions::OneOf(_) => vec![naive::best(&outputs) as f32],
        };
        let mut draws = |_: usize| environment.draw(start.draws.child(step.into()));
        let mut outcome = Outcome::NONE;
        environment.step(&mut block, &spread(&actions), &mut draws, &mut sight, &mut outcome);

        episode.steps += 1;
        let is_number = outcome.reward[0].is_finite() && sight.iter().all(|seen| seen.is_finite());
        let is_lost = !is_number || environment.lost(&block)[0];
        witness(Moment {
            state: &one(&block),
            observation: &one(&sight),
            actions: &actions,
            reward: outcome.reward[0],
            has_ended: outcome.done[0] || is_lost,
        });
        if is_lost {
            let score = forfeit(episode.score, steps - step, environment.penalty());
            return Episode { score, is_lost, ..episode };
        }
        episode.score += f64::from(outcome.reward[0]);
        if outcome.done[0] {
            break;
        }
        if step + 1 < steps {
            episode.seen.push(seen);
        }
    }
    episode
}

/// The score of a member, the mean over an episode from each start; and the sums of what it saw.
pub fn member(
    environment: &dyn Environment,
    network: &Network,
    parameters: &[f32],
    scale: Option<&Scale>,
    starts: &[Start],
    steps: u32,
) -> (f64, Sums) {
    let play = |start| episode(environment, network, parameters, scale, start, steps);
    let episodes: Vec<Episode> = starts.iter().map(play).collect();
    let mut sums = Sums::new(environment.observation_names().len());
    if let Some(scale) = scale {
        // step by step, and in each step episode by episode
        for step in 0..steps as usize {
            episodes
                .iter()
                .filter_map(|episode| episode.seen.get(step))
                .for_each(|seen| sums.add(scale, seen));
        }
    }
    (episodes.iter().map(|episode| episode.score).sum::<f64>() / starts.len() as f64, sums)
}

/// What a generation leaves of a normaliser.
pub fn learned(normaliser: &Normaliser, members: &[Sums]) -> Normaliser {
    let mut all = Sums::new(normaliser.mean.len());
    members.iter().for_each(|sums| all.merge(sums));
    let mut learned = normaliser.clone();
    all.settle(&mut learned);
    learned
}
