//! The iterative pruning of the papers: train, score, select, rewind, level by level.
//!
//! ```text
//!   first() ──► ticket 0 ──(train)──► trained 0 ──► next() ──► ticket 1 ──(train)──► trained 1 ──► next() ──► ...
//!               all weights                          keep * n weights, rewound
//! ```
//!
//! A level is a ticket. Before its training it holds network, mask and start, afterwards the mean and the deviations
//! too, and that is all that the next level is made of. [`Procedure`] makes tickets from tickets; who trains them, and
//! where they are kept, it does not know.
//!
//! A criterion of one's own is a function from a trained ticket to a score for each prunable weight:
//!
//! ```
//! use lottery::{Procedure, Pruning};
//! use networks::{Preset, Ticket};
//!
//! let preset = Preset::named("mlp-8", "4".parse()?, 2)?;
//! let procedure = Procedure::new(preset, "demo", Pruning { keep: 0.5, ..Pruning::default() }, 0)?;
//! let dense = procedure.first();
//! assert_eq!(dense.mask().kept(), 48);
//!
//! // Keep what reads the first inputs.
//! let scores: Vec<f32> = (0..48).map(|weight| -(weight as f32 % 4.0)).collect();
//! let half = procedure.next_by(1, &dense, &scores)?.ticket;
//! assert_eq!(half.mask().iter().take(3).collect::<Vec<_>>(), [0, 1, 4]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Streams
//!
//! All are named, and hashed from the seed of the cell. `start` is shared by all criteria on purpose, so that criteria can
//! be compared pair by pair; what chance decides within a criterion has a stream for each level: `random mask`, `shuffled
//! mask`, `fresh start`, `shuffled start`.

use std::fmt;

use networks::ticket::Contents;
use networks::{Mask, MaskedError, MaskedNetwork, Preset, Ticket, TicketError};
use numerics::random::Stream;

use crate::criterion::{Score, Shape, Start};
use crate::pruning::{Pruning, Scope, Selection};
use crate::{rewind, score, selection};

/// Makes the levels of one cell.
#[derive(Clone, Debug)]
pub struct Procedure {
    preset: Preset,
    task: String,
    pruning: Pruning,
    seed: u64,
    /// Where the first level starts.
    original: Vec<f32>,
    /// The groups of weights among which the best are looked for: ranges of prunable weights.
    groups: Vec<Vec<usize>>,
}

/// A level, ready to be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Pruned {
    /// Network, mask and start.
    pub ticket: Ticket,
    /// The score that a weight needed to stay: the percentile, or the least that did stay. None where chance decides, or
    /// layers have one each.
    pub threshold: Option<f32>,
}

/// Why a level cannot be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum PruneError {
    /// Settings are out of range.
    Setting {
        /// Which.
        key: &'static str,
        /// What is there.
        found: String,
        /// What would do.
        expected: &'static str,
    },
    /// A layer is to be excluded that is not there.
    Layer {
        /// Its name.
        name: String,
        /// The layers that can be pruned.
        known: Vec<String>,
    },
    /// Signals are to be compared with noise, and the strategy has none.
    NoDeviation,
    /// The ticket is of another network.
    Network {
        /// Of the procedure.
        expected: String,
        /// Of the ticket.
        found: String,
    },
    /// Fewer weights are left than are to stay.
    TooFew {
        /// How many are to stay.
        keep: usize,
        /// How many there are.
        left: usize,
    },
    /// The ticket that is to be matched, or taken, is missing.
    NoReference,
    /// The mask makes no network.
    Masked(MaskedError),
    /// The level makes no ticket.
    Ticket(TicketError),
}

impl fmt::Display for PruneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PruneError::Setting { key, found, expected } => {
                write!(f, "`{key}` is {found}; expected {expected}")
            }
            PruneError::Layer { name, known } => write!(
                f,
                "there is no layer `{name}` to be excluded; layers that can be pruned are {}",
                known.join(", ")
            ),
            PruneError::NoDeviation => f.write_str(
                "pruning by signal to noise needs a deviation, and the ticket has none; prune by `magnitude`",
            ),
            PruneError::Network { expected, found } => {
                write!(f, "a ticket of the network `{found}`, where the cell has `{expected}`")
            }
            PruneError::TooFew { keep, left } => {
                write!(f, "{keep} weights are to stay, and only {left} are left")
            }
            PruneError::NoReference => {
                f.write_str("the ticket that is to be matched or taken is missing, or is of another network")
            }
            PruneError::Masked(_) => f.write_str("the mask makes no network"),
            PruneError::Ticket(_) => f.write_str("the level makes no ticket"),
        }
    }
}

impl std::error::Error for PruneError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PruneError::Masked(error) => Some(error),
            PruneError::Ticket(error) => Some(error),
            _ => None,
        }
    }
}

/// What selection comes to.
type Selected = (Mask, Option<f32>);

impl Procedure {
    /// The procedure of one cell.
    pub fn new(preset: Preset, task: &str, pruning: Pruning, seed: u64) -> Result<Procedure, PruneError> {
        pruning.check().map_err(|(key, found, expected)| PruneError::Setting { key, found, expected })?;
        let groups = groups(&preset, &pruning)?;
        let original = preset.start.draw(&preset.architecture, Stream::new(seed, "start"));
        Ok(Procedure { preset, task: task.to_owned(), pruning, seed, original, groups })
    }

    /// The settings.
    pub fn pruning(&self) -> &Pruning {
        &self.pruning
    }

    /// How many weights pruning chooses among: all that can be pruned and are not excluded.
    pub fn weights(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Level 0: all weights, as they were drawn.
    pub fn first(&self) -> Ticket {
        let all = Mask::full(self.preset.architecture.prunable());
        self.ticket(&all, &self.original).expect("the whole network makes a ticket")
    }

    /// Level `level`, from the trained ticket of the level before. `like` is the mask of another ticket of this level and seed,
    /// for criteria that need one: that of magnitude, whose layers are matched, or the one that is taken.
    pub fn next(&self, level: u32, trained: &Ticket, like: Option<&Mask>) -> Result<Pruned, PruneError> {
        self.check(trained)?;
        let criterion = self.pruning.criterion;
        let variance = self.pruning.quirks.variance && criterion.score() == Score::SignalToNoise;
        let (scored, threshold) = match score::of(trained, criterion.score(), variance)? {
            Some(scores) => self.select(level, &scores, &trained.mask())?,
            None => (self.chance(level, like)?, None),
        };
        self.rewound(level, &scored, threshold)
    }

    /// The same by scores of one's own, a number for each prunable weight; the criterion decides all else.
    ///
    /// # Panics
    ///
    /// If there is not one score a prunable weight.
    pub fn next_by(&self, level: u32, trained: &Ticket, scores: &[f32]) -> Result<Pruned, PruneError> {
        self.check(trained)?;
        assert_eq!(scores.len(), self.preset.architecture.prunable(), "one score a prunable weight");
        let (scored, threshold) = self.select(level, scores, &trained.mask())?;
        self.rewound(level, &scored, threshold)
    }

    fn check(&self, trained: &Ticket) -> Result<(), PruneError> {
        let (expected, found) = (&self.preset.architecture, trained.network());
        if expected != found {
            return Err(PruneError::Network { expected: expected.to_string(), found: found.to_string() });
        }
        Ok(())
    }

    /// The best of each group, and all that is excluded.
    fn select(&self, level: u32, scores: &[f32], alive: &Mask) -> Result<Selected, PruneError> {
        let mut keeps = self.excluded();
        let mut threshold = None;
        for group in &self.groups {
            let group_scores: Vec<f32> = group.iter().map(|&weight| scores[weight]).collect();
            let kept = match self.pruning.selection {
                Selection::Count => {
                    let group_alive: Vec<bool> = group.iter().map(|&weight| alive.keeps(weight)).collect();
                    let keep = self.pruning.kept(level, group.len());
                    let left = group_alive.iter().filter(|alive| **alive).count();
                    if keep > left {
                        return Err(PruneError::TooFew { keep, left });
                    }
                    let kept = selection::by_count(&group_scores, &group_alive, keep);
                    let staying = group_scores.iter().zip(&kept).filter(|(_, kept)| **kept);
                    threshold = staying.map(|(score, _)| *score).reduce(f32::min);
                    kept
                }
                Selection::Percentile if group.is_empty() => Vec::new(),
                Selection::Percentile => {
                    let (kept, at) =
                        selection::by_percentile(&group_scores, 1.0 - self.pruning.density(level));
                    threshold = Some(at);
                    kept
                }
            };
            for (&weight, kept) in group.iter().zip(kept) {
                keeps[weight] = kept;
            }
        }
        Ok((Mask::from_bools(&keeps), threshold.filter(|_| self.groups.len() == 1)))
    }

    /// A mask that no score decides.
    fn chance(&self, level: u32, like: Option<&Mask>) -> Result<Mask, PruneError> {
        let stream = self.stream("random mask", level);
        let like = like.filter(|like| like.len() == self.preset.architecture.prunable());
        match self.pruning.criterion.shape() {
            Shape::Given => return like.cloned().ok_or(PruneError::NoReference),
            Shape::LikeMagnitude => {
                let like = like.ok_or(PruneError::NoReference)?;
                let kept = rewind::kept_in_tensors(&self.preset.architecture, like);
                return Ok(rewind::anywhere_in_tensors(&self.preset.architecture, &kept, stream));
            }
            Shape::AsScored | Shape::Shuffled | Shape::Anywhere => {}
        }
        let mut keeps = self.excluded();
        for (index, group) in self.groups.iter().enumerate() {
            let kept = self.pruning.kept(level, group.len());
            for weight in Mask::random(group.len(), kept, stream.child(index as u64)).iter() {
                keeps[group[weight]] = true;
            }
        }
        Ok(Mask::from_bools(&keeps))
    }

    /// The weights that always stay.
    fn excluded(&self) -> Vec<bool> {
        let mut keeps = vec![true; self.preset.architecture.prunable()];
        self.groups.iter().flatten().for_each(|&weight| keeps[weight] = false);
        keeps
    }

    /// The level of a mask: where it moves to, and where it starts.
    fn rewound(&self, level: u32, scored: &Mask, threshold: Option<f32>) -> Result<Pruned, PruneError> {
        let Procedure { preset, original, pruning, .. } = self;
        let architecture = &preset.architecture;
        let mask = match pruning.criterion.shape() {
            Shape::Shuffled if pruning.quirks.rows => {
                rewind::permuted_rows(architecture, scored, self.stream("shuffled mask", level))
            }
            Shape::Shuffled => {
                let kept = rewind::kept_in_tensors(architecture, scored);
                rewind::anywhere_in_tensors(architecture, &kept, self.stream("shuffled mask", level))
            }
            Shape::AsScored | Shape::Anywhere | Shape::LikeMagnitude | Shape::Given => scored.clone(),
        };
        let ticket = match pruning.criterion.start() {
            Start::Rewound => self.ticket(&mask, original),
            Start::Fresh => {
                self.ticket(&mask, &preset.start.draw(architecture, self.stream("fresh start", level)))
            }
            Start::Shuffled => {
                let stream = self.stream("shuffled start", level);
                self.ticket(&mask, &rewind::shuffled(architecture, original, scored, &mask, stream))
            }
        };
        Ok(Pruned { ticket: ticket?, threshold })
    }

    fn stream(&self, name: &str, level: u32) -> Stream {
        Stream::new(self.seed, name).child(level.into())
    }

    /// A ticket that nobody trained.
    fn ticket(&self, mask: &Mask, flat: &[f32]) -> Result<Ticket, PruneError> {
        let Preset { name, architecture, .. } = &self.preset;
        let network = MaskedNetwork::new(architecture, mask).map_err(PruneError::Masked)?;
        let start = network.gather(flat);
        let contents = Contents {
            preset: Some(name.clone()),
            task: self.task.clone(),
            mean: start.clone(),
            start,
            ..Contents::default()
        };
        Ticket::new(architecture.clone(), mask, contents).map_err(PruneError::Ticket)
    }
}

/// The prunable weights of layers that are not excluded, in one group or one a layer.
fn groups(preset: &Preset, pruning: &Pruning) -> Result<Vec<Vec<usize>>, PruneError> {
    let architecture = &preset.architecture;
    let mut first = 0;
    let mut layers: Vec<(&str, Vec<usize>)> = Vec::new();
    for tensor in architecture.tensors().iter().filter(|tensor| tensor.prunable) {
        layers.push((architecture.name(tensor.layer), (first..first + tensor.len()).collect()));
        first += tensor.len();
    }
    if let Some(name) = pruning.excluded.iter().find(|name| layers.iter().all(|(layer, _)| layer != name)) {
        let known = layers.iter().map(|(layer, _)| (*layer).to_owned()).collect();
        return Err(PruneError::Layer { name: name.clone(), known });
    }
    let is_open = |(layer, _): &(&str, Vec<usize>)| pruning.excluded.iter().all(|name| name != layer);
    let open = layers.into_iter().filter(is_open).map(|(_, weights)| weights);
    Ok(match pruning.scope {
        Scope::Layer => open.collect(),
        Scope::Network => vec![open.flatten().collect()],
    })
}

#[cfg(test)]
mod tests;
