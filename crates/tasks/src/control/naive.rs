//! One episode of one network by definition: what [`rollouts`](super::rollouts) are compared with, to the bit.
//!
//! It is slow and allocates; nothing but tests should use it.

use networks::Normaliser;
use sparse_kernels::naive;
use sparse_kernels::network::Network;

use super::normaliser::{Scale, Sums};
use super::rollouts::Start;
use super::{Actions, Environment, Outcome};
use numerics::LANES;

/// What came of an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The sum of its rewards; none if a number was no number.
    pub score: f64,
    /// Steps that it took.
    pub steps: u32,
    /// What was seen before each step that did not end it.
    pub seen: Vec<Vec<f32>>,
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
    // sixteen copies that all do the same, of which one is looked at
    let mut block: Vec<f32> = start.state.iter().flat_map(|&number| [number; LANES]).collect();
    let mut sight: Vec<f32> = start.observation.iter().flat_map(|&number| [number; LANES]).collect();
    let mut episode = Episode { score: 0.0, steps: 0, seen: Vec::new() };
    for step in 0..steps {
        let seen: Vec<f32> = sight.chunks_exact(LANES).map(|row| row[0]).collect();
        let shown = seen.iter().enumerate();
        let shown: Vec<f32> =
            shown.map(|(index, &seen)| scale.map_or(seen, |scale| scale.of(index, seen))).collect();
        let outputs = naive::network(network, parameters, &shown);
        let actions = match environment.actions() {
            Actions::Numbers(_) => outputs,
            Actions::OneOf(_) => vec![naive::best(&outputs) as f32],
        };
        let actions: Vec<f32> = actions.iter().flat_map(|&action| [action; LANES]).collect();
        let mut draws = |_: usize| environment.draw(start.draws.child(step.into()));
        let mut outcome = Outcome::NONE;
        environment.step(&mut block, &actions, &mut draws, &mut sight, &mut outcome);

        episode.steps += 1;
        if !outcome.reward[0].is_finite() || sight.iter().any(|seen| !seen.is_finite()) {
            return Episode { score: f64::NAN, ..episode };
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
