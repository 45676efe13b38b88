//! Whole episodes of a population: observation, policy, action and step go through one block of sixteen lanes.
//!
//! ```text
//!   a desk (a thread has one)                          lane = member, so a weight is one register for all its copies
//!
//!   values  [parameter][16]   ────────────┐
//!   sight   [repeat][observation][16] ──(normalise)──► inputs [input][repeat][16] ──(policy)──► actions [16] of a repeat
//!   world   [repeat][row][16]  ◄─────────────────────────────(step)──────────────────────────────────┘
//! ```
//!
//! All members have the same starts, one for each repeat, and of a repeat's targets the same draws in the same step. An
//! episode ends where the task says so, or after a number of steps; the step that ends it counts:
//!
//! ```text
//! score += reward * mask;  mask *= 1 - done;  the observation before the step is part of statistics where mask is 1 now
//! ```
//!
//! Nothing after an end is ever used. Sixteen members a desk and not one member's repeats, since the kernels read a weight
//! once for all copies of a register, and since repeats of one member end at about the same time.
//!
//! **A copy is lost** when it is beyond the limits of its world, or when a reward or an observation is no number: a body
//! blew up. Its episode is over with that step, and is never left out: its score is what it had before, but no more than 0,
//! less a [penalty](Environment::penalty) for that step and each that is missing until the last. A member's other repeats
//! count as they are. Where copies begin again at an end they do so here too, at the price of one step. [`Played`] says how
//! many copies were lost, and of how many members.
//!
//! # What finished copies cost
//!
//! A copy that is done goes on being stepped, unseen, until its lane or its table is free. A table is left out when all
//! sixteen lanes of that repeat are done; a lane takes the next member when *all* its repeats are. So of a member with
//! repeats of lengths `t` a lane is held for `max t`, and the share of steps that count is about `mean t / max t`, a little
//! more where whole tables end early. `tombola bench rollout --task hopper --json` shows it: steps a second in `training`,
//! where only those that count are counted, over those where every step counts. With 2048 copies, eight repeats and
//! members that nobody trained that is about 0.8 for the hopper, 0.65 for the humanoid (200 steps) and 0.5 for Breakout.
//! Tasks that never end pay nothing.
//!
//! It is so for two reasons. The kernels read a weight once for all repeats of a lane, so the repeats of a lane have to be
//! of one member: a repeat that is refilled alone would need values of its own. And a member's [`Sums`] are added in the
//! order of its steps and, in each step, of its repeats, so its repeats have to be at the same step.
//!
//! # Invariants
//!
//! - **An episode is a function** of start, network and scale: bits do not depend on lanes, desks, threads, on who sat
//!   there before, or on instructions. [`naive`](super::naive) is the definition.

use networks::{MaskedNetwork, PolicyError, PolicyPlan};
use numerics::random::Stream;
use numerics::{Isa, LANES};
use sparse_kernels::compile::{Mode, Summary};
use sparse_kernels::{CopyPlan, Threads};

use self::desk::{Desk, Seating};
use super::Environment;
use super::normaliser::{Scale, Sums};

mod desk;

/// How an episode begins, and where its draws come from.
#[derive(Clone, Debug)]
pub struct Start {
    pub(super) state: Vec<f32>,
    pub(super) observation: Vec<f32>,
    pub(super) draws: Stream,
}

impl Start {
    /// The episode of a stream.
    pub fn drawn(environment: &dyn Environment, episode: Stream) -> Start {
        Start::at(environment, environment.start(episode.child(0)), episode.child(1))
    }

    /// An episode that begins in a state; its draws come from a child of the stream for each step. States have no form as a
    /// file: who has one from elsewhere compares its length with [`Environment::rows`] first.
    ///
    /// # Panics
    ///
    /// If the state has not one number a row.
    pub fn at(environment: &dyn Environment, state: Vec<f32>, draws: Stream) -> Start {
        assert_eq!(state.len(), environment.rows(), "one number a row");
        let block: Vec<f32> = state.iter().flat_map(|&number| [number; LANES]).collect();
        let mut sight = vec![0.0; environment.observation_names().len() * LANES];
        environment.look(&block, &mut sight);
        Start { state, observation: sight.chunks_exact(LANES).map(|row| row[0]).collect(), draws }
    }

    /// The state, a number a row.
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// What is seen of it.
    pub fn observation(&self) -> &[f32] {
        &self.observation
    }
}

/// The parts of a step, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Observations are normalised.
    Observe,
    /// Networks are evaluated.
    Policy,
    /// Worlds are stepped, and what they give is counted.
    Step,
}

/// Is told when a part of a step has ended, with the number of the desk.
pub type Watch<'a> = &'a (dyn Fn(usize, Part) + Sync);

/// What is done where an episode ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// The copy is left out.
    Leave,
    /// It begins again from its start, and its score goes on: what engines that reset by themselves do. For timing.
    Restart,
}

/// How episodes are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Episodes of a member.
    pub repeats: usize,
    /// Steps of the longest episode.
    pub steps: u32,
    /// What is done at an end.
    pub at_end: AtEnd,
}

/// What became of the copies that were played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Steps of copies that were not done.
    pub steps: u64,
    /// Copies that were lost; one that begins again may be so more than once.
    pub lost: u64,
    /// Members of which a copy was lost.
    pub failed: u64,
}

/// The score of a copy that is lost, with so many steps missing: that in which it was lost is one of them.
pub(super) fn forfeit(score: f64, missing: u32, penalty: f64) -> f64 {
    score.min(0.0) - penalty * f64::from(missing)
}

/// Plays episodes of one masked network; keeps its buffers.
pub struct Rollouts {
    house: House,
    desks: Vec<Desk>,
}

/// What all desks share.
pub(super) struct House {
    pub(super) isa: Isa,
    pub(super) environment: Box<dyn Environment>,
    pub(super) observations: usize,
    pub(super) policy: PolicyPlan,
    /// For one repeat, for two, and so on.
    pub(super) plans: Vec<CopyPlan>,
    pub(super) rules: Rules,
}

impl Rollouts {
    /// Makes a network ready to act.
    ///
    /// # Errors
    ///
    /// If it cannot be a policy.
    ///
    /// # Panics
    ///
    /// If it does not fit the environment, or if there is no repeat or no step.
    pub fn new(
        isa: Isa,
        environment: Box<dyn Environment>,
        network: &MaskedNetwork,
        mode: Option<Mode>,
        rules: Rules,
    ) -> Result<Rollouts, PolicyError> {
        assert!(rules.repeats > 0 && rules.steps > 0, "at least one step of one episode");
        let policy = PolicyPlan::new(isa, network, mode, rules.repeats)?;
        let observations = environment.observation_names().len();
        assert_eq!(policy.network().inputs(), observations, "an input for each observation");
        assert_eq!(policy.network().outputs(), environment.actions().outputs(), "an output for each action");
        let plan = |copies| CopyPlan::new(isa, policy.network(), copies);
        let plans = (1..=rules.repeats).map(plan).collect::<Result<_, _>>().map_err(PolicyError::Plan)?;
        let house = House { isa, environment, observations, policy, plans, rules };
        Ok(Rollouts { house, desks: Vec::new() })
    }

    /// The world.
    pub fn environment(&self) -> &dyn Environment {
        &*self.house.environment
    }

    /// What compiling the mask came to, if it was compiled.
    pub fn compiled(&self) -> Option<Summary> {
        self.house.policy.summary()
    }

    /// The scores of a population, `[member][free coordinate]`: of each member the mean over its repeats, one from each
    /// start. Where `sums` are given, one for each member, they become those of what it saw.
    ///
    /// # Panics
    ///
    /// If a length does not fit: as many starts as repeats, as many numbers as members have coordinates, and sums of each
    /// or none.
    pub fn population(
        &mut self,
        threads: Threads<'_>,
        members: &[f32],
        starts: &[Start],
        seen: Seen<'_>,
        scores: &mut [f64],
        watch: Watch<'_>,
    ) -> Played {
        let dims = self.house.policy.masked().dims();
        let Seen { scale, sums } = seen;
        assert_eq!(starts.len(), self.house.rules.repeats, "a start for each repeat");
        assert_eq!(members.len(), scores.len() * dims, "members of {dims} coordinates");
        assert!(sums.is_empty() || (sums.len() == scores.len() && scale.is_some()), "sums of each member");
        let share = threads.share(scores.len());
        let members = |first: usize| &members[first * dims..];
        let mut sums = sums.chunks_mut(share);
        let parts = scores.chunks_mut(share).map(|scores| (scores, sums.next().unwrap_or_default()));
        let (house, desks) = (&self.house, desks(&mut self.desks, &self.house, threads.count()));
        threads.for_each(parts.zip(desks).enumerate(), |(index, ((scores, sums), desk))| {
            let watch = |part| watch(index, part);
            let seating = Seating { house, starts, scale, watch: &watch };
            desk.population(&seating, members(index * share), sums, scores);
        });
        self.played()
    }

    /// The score of one member in each of some episodes: a lane an episode. No members are counted as failed.
    ///
    /// # Panics
    ///
    /// If a length does not fit.
    pub fn single(
        &mut self,
        threads: Threads<'_>,
        member: &[f32],
        starts: &[Start],
        scale: Option<&Scale>,
        scores: &mut [f64],
    ) -> Played {
        assert_eq!(starts.len(), scores.len(), "a start for each score");
        let values = self.house.policy.values_of_one(member);
        let share = threads.share(starts.len().div_ceil(LANES)) * LANES;
        let (house, desks) = (&self.house, desks(&mut self.desks, &self.house, threads.count()));
        let parts = scores.chunks_mut(share).zip(starts.chunks(share)).zip(desks);
        threads.for_each(parts, |((scores, starts), desk)| {
            let once = house.rules.repeats * LANES;
            for (scores, starts) in scores.chunks_mut(once).zip(starts.chunks(once)) {
                let seating = Seating { house, starts, scale, watch: &|_| () };
                desk.single(&seating, &values, scores);
            }
        });
        Played { failed: 0, ..self.played() }
    }

    /// What became of copies since the last time.
    fn played(&mut self) -> Played {
        let all = self.desks.iter_mut().map(|desk| std::mem::take(&mut desk.played));
        all.fold(Played::default(), |sum, desk| Played {
            steps: sum.steps + desk.steps,
            lost: sum.lost + desk.lost,
            failed: sum.failed + desk.failed,
        })
    }
}

/// What is done with what a population sees.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    /// How it is normalised.
    pub scale: Option<&'a Scale>,
    /// Where it is counted: sums of each member, or nothing.
    pub sums: &'a mut [Sums],
}

/// So many desks.
fn desks<'a>(desks: &'a mut Vec<Desk>, house: &House, count: usize) -> impl Iterator<Item = &'a mut Desk> {
    desks.resize_with(count.max(desks.len()), || Desk::new(house));
    desks.iter_mut()
}
