//! How good a policy is in a world: the mean score over a few episodes, whose starts all members of a generation share.
//!
//! ```text
//! fitness of a member in generation g  = mean over its repeats k of the score from start (g, k)
//! test of a network                    = mean over the test episodes, the same ones for every run and for ever
//! ```
//!
//! The repeats' starts are children of the trial's stream by generation and repeat, so members differ by what they do and
//! not by luck (common random numbers). Test episodes have a stream of their own, which depends on nothing: scores of all
//! runs can be compared, and a ticket has the score that its curve ends with. An episode that is lost (a body blew up) counts
//! with its penalty, in fitness and in tests, and is left out of neither; the reference left it out of its tests.
//!
//! Settings of the papers: 500 steps, 8 repeats; bodies 64 test episodes and normalised observations, all others 32 and
//! observations as they are.
//!
//! Source of the protocol: EvoJAX 0.2.16 (Tang et al. 2022, `SimManager`).

use networks::{Input, MaskedNetwork, Normaliser};
use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::Threads;
use sparse_kernels::compile::Summary;
use sparse_kernels::network::Image;

use super::normaliser::{Scale, Sums};
use super::rollouts::{AtEnd, Rollouts, Rules, Seen, Start};
use super::{Environment, named};
use crate::task::{How, Lost, Task, Trial, TrialError};

/// How a world is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scoring {
    /// Episodes of a member in a generation.
    pub repeats: usize,
    /// Steps after which an episode ends, whatever happens.
    pub steps: u32,
    /// Episodes of a test.
    pub tests: usize,
    /// Whether observations are normalised by what was seen.
    pub normalise: bool,
}

impl Scoring {
    /// Of the papers.
    pub fn paper(environment: &dyn Environment) -> Scoring {
        let is_body = !["-v1", "-MinAtar"].iter().any(|end| environment.name().ends_with(end));
        Scoring { repeats: 8, steps: 500, tests: if is_body { 64 } else { 32 }, normalise: is_body }
    }
}

/// A world to be mastered.
pub struct Control {
    environment: Box<dyn Environment>,
    scoring: Scoring,
}

impl Control {
    /// The task of a name ([`named`]), scored as in the papers.
    pub fn named(name: &str) -> Option<Control> {
        let environment = named(name, Isa::detected())?;
        let scoring = Scoring::paper(&*environment);
        Some(Control { environment, scoring })
    }

    /// Scored in another way.
    ///
    /// # Panics
    ///
    /// If there is no repeat, no step, or no test.
    pub fn with_scoring(mut self, scoring: Scoring) -> Control {
        let Scoring { repeats, steps, tests, .. } = scoring;
        assert!(repeats > 0 && steps > 0 && tests > 0, "{scoring:?} has nothing to score");
        self.scoring = scoring;
        self
    }

    /// How it is scored.
    pub fn scoring(&self) -> Scoring {
        self.scoring
    }

    /// The world.
    pub fn environment(&self) -> &dyn Environment {
        &*self.environment
    }

    /// The starts of all repeats in a generation.
    fn starts(&self, stream: Stream, generation: u64) -> Vec<Start> {
        let episode = |repeat| Start::drawn(&*self.environment, stream.with(&[generation, repeat]));
        (0..self.scoring.repeats as u64).map(episode).collect()
    }

    /// The starts of the test episodes.
    fn tests(&self) -> Vec<Start> {
        let stream = Stream::new(0, "test episodes");
        (0..self.scoring.tests as u64)
            .map(|test| Start::drawn(&*self.environment, stream.child(test)))
            .collect()
    }

    fn observations(&self) -> usize {
        self.environment.observation_names().len()
    }
}

impl Task for Control {
    fn name(&self) -> &str {
        self.environment.name()
    }

    fn input(&self) -> Input {
        match self.environment.image() {
            Some([channels, height, width]) => Input::Image(Image { channels, height, width }),
            None => Input::Vector(self.observations()),
        }
    }

    fn outputs(&self) -> usize {
        self.environment.actions().outputs()
    }

    fn score_name(&self) -> &'static str {
        "test_return"
    }

    fn trial(&self, network: &MaskedNetwork, how: How) -> Result<Box<dyn Trial + '_>, TrialError> {
        let Scoring { repeats, steps, normalise, .. } = self.scoring;
        let rules = Rules { repeats, steps, at_end: AtEnd::Leave };
        let environment = named(self.environment.name(), how.isa).expect("it was found by its name before");
        let rollouts = Rollouts::new(how.isa, environment, network, how.compile, rules)?;
        let normaliser = normalise.then(|| Normaliser::new(self.observations()));
        Ok(Box::new(ControlTrial {
            task: self,
            stream: how.stream,
            rollouts,
            starts: Vec::new(),
            tests: self.tests(),
            scale: normaliser.as_ref().map(Scale::new),
            normaliser,
            sums: Vec::new(),
            lost: Lost::default(),
        }))
    }
}

/// A policy in a world.
struct ControlTrial<'a> {
    task: &'a Control,
    stream: Stream,
    rollouts: Rollouts,
    /// Of the generation, and of tests.
    starts: Vec<Start>,
    tests: Vec<Start>,
    normaliser: Option<Normaliser>,
    /// What the normaliser comes to.
    scale: Option<Scale>,
    /// What each member of the last generation saw.
    sums: Vec<Sums>,
    lost: Lost,
}

impl Trial for ControlTrial<'_> {
    fn prepare(&mut self, _: Threads<'_>, generation: u64) {
        self.starts = self.task.starts(self.stream, generation);
    }

    fn fitness(&mut self, threads: Threads<'_>, members: &[f32], fitness: &mut [f64]) {
        let ControlTrial { rollouts, starts, scale, sums, .. } = self;
        if scale.is_some() {
            sums.resize_with(fitness.len(), || Sums::new(self.task.observations()));
        }
        let seen = Seen { scale: scale.as_ref(), sums };
        let played = rollouts.population(threads, members, starts, seen, fitness, &|_, _| ());
        self.lost.members = played.failed;
    }

    fn learn(&mut self) {
        let (Some(normaliser), Some((first, rest))) = (&mut self.normaliser, self.sums.split_first_mut())
        else {
            return;
        };
        rest.iter().for_each(|sums| first.merge(sums));
        first.settle(normaliser);
        self.scale = Some(Scale::new(normaliser));
        self.sums.clear();
    }

    fn normaliser(&self) -> Option<&Normaliser> {
        self.normaliser.as_ref()
    }

    fn restore(&mut self, normaliser: &Normaliser) {
        let mine = self.normaliser.as_mut().expect("a task that normalises");
        assert!(normaliser.is_of(mine.mean.len()), "a normaliser of the same observations");
        mine.clone_from(normaliser);
        self.scale = Some(Scale::new(normaliser));
        self.sums.clear();
    }

    fn test(&mut self, threads: Threads<'_>, member: &[f32]) -> f64 {
        let mut scores = vec![0.0; self.tests.len()];
        let played = self.rollouts.single(threads, member, &self.tests, self.scale.as_ref(), &mut scores);
        self.lost.tests = played.lost;
        scores.iter().fold(0.0, |sum, score| sum + score) / scores.len() as f64
    }

    fn lost(&self) -> Lost {
        self.lost
    }

    fn compiled(&self) -> Option<Summary> {
        self.rollouts.compiled()
    }
}

#[cfg(test)]
mod tests;
