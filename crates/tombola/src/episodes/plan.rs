//! Which arrays of a trace a run is made of: all are found, and have their shapes, before any number is looked at.

use std::collections::BTreeSet;

use tasks::control::Actions;

use super::{Episodes, EpisodesError, Mode};

/// How the arrays of one run are called.
struct Calls {
    /// Before the parts of states before steps; of what follows; before rewards and ends.
    before: String,
    after: String,
    outcome: String,
    /// Before what chance decided.
    draws: String,
    /// Transitions, not one run.
    is_loose: bool,
}

/// What an array holds that is redone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Part(usize),
    Observation,
    Reward,
    Done,
    Time,
}

/// An array that is redone.
pub(super) struct Compared {
    pub(super) array: usize,
    pub(super) what: What,
    /// Without steps.
    pub(super) shape: Vec<usize>,
}

/// Arrays that a part of a state before each step is read from.
pub(super) struct Source {
    pub(super) part: usize,
    /// Of the first step, in a run.
    pub(super) start: Option<usize>,
    /// Of each step; in a run the state after the step before. None where only the first step begins with a record.
    pub(super) each: Option<usize>,
}

impl Source {
    /// The array, and the row in it, of the state before a step; before the first where others have no record.
    pub(super) fn at(&self, step: usize) -> (usize, usize) {
        match (self.start, self.each) {
            (Some(start), each) if step == 0 || each.is_none() => (start, 0),
            (Some(_), Some(each)) => (each, step - 1),
            (_, each) => (each.expect("loose steps have states of their own"), step),
        }
    }
}

/// How far a step is in its episode.
#[derive(Clone, Copy)]
pub(super) enum Time {
    Unknown,
    /// As far as in the run.
    Counted,
    Recorded(usize),
}

/// A run, with the places of its arrays in the trace.
pub(super) struct Plan {
    pub(super) run: String,
    pub(super) steps: usize,
    pub(super) actions: usize,
    pub(super) is_loose: bool,
    pub(super) sources: Vec<Source>,
    /// With the numbers of each; none where the trace has none.
    pub(super) draws: Vec<(usize, usize)>,
    /// What they would be called.
    pub(super) draws_name: String,
    /// How many numbers were drawn.
    pub(super) counts: Option<usize>,
    /// Which steps begin an episode.
    pub(super) firsts: Option<usize>,
    pub(super) time: Time,
    /// What is seen before the first step.
    pub(super) first_sight: Option<Compared>,
    pub(super) compared: Vec<Compared>,
}

impl Plan {
    /// All arrays that are read.
    pub(super) fn arrays(&self) -> Vec<usize> {
        let mut all = vec![self.actions];
        all.extend(self.sources.iter().flat_map(|source| source.start.into_iter().chain(source.each)));
        all.extend(self.draws.iter().map(|&(array, _)| array));
        all.extend(self.counts.into_iter().chain(self.firsts));
        if let Time::Recorded(array) = self.time {
            all.push(array);
        }
        all.extend(self.first_sight.iter().chain(&self.compared).map(|compared| compared.array));
        all
    }
}

impl Episodes {
    /// The prefixes of all runs; empty where arrays have none.
    pub fn prefixes(&self) -> Vec<String> {
        fn run(name: &str) -> Option<&str> {
            let name = name.strip_suffix("actions").or(name.strip_suffix("action"))?;
            if name.is_empty() { Some(name) } else { name.strip_suffix('_') }
        }
        let mut known = BTreeSet::new();
        let all = self.arrays.iter().filter_map(|array| run(&array.name));
        all.filter(|prefix| known.insert(*prefix)).map(str::to_owned).collect()
    }

    /// A prefix, if it is one of all that there are.
    pub(super) fn known(&self, prefix: &str, all: Vec<String>, mode: Mode) -> Result<String, EpisodesError> {
        if all.iter().any(|known| known == prefix) {
            return Ok(prefix.to_owned());
        }
        let needed = self.needed_of_any(mode);
        Err(EpisodesError::Prefix { found: prefix.to_owned(), known: all, needed })
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.find(&self.arrays, name)
    }

    fn calls(&self, prefix: &str) -> Calls {
        let of = |part: &str| format!("{prefix}_{part}");
        if prefix.is_empty() {
            let [before, after] = ["state_", "next_"].map(str::to_owned);
            return Calls { before, after, outcome: String::new(), draws: String::new(), is_loose: true };
        }
        // steps from states of their own, in files of nothing else
        if prefix == "in" {
            let [before, after] = ["in_", "out_"].map(str::to_owned);
            return Calls { before, outcome: after.clone(), after, draws: String::new(), is_loose: true };
        }
        let parts = || self.world.parts.iter().filter(|part| !part.follows);
        let has = |kind: &str| parts().any(|part| self.find(&of(&format!("{kind}_{}", part.name))).is_some());
        let has_next = self.find(&of("actions")).is_none() || has("next");
        let is_loose = !has("init") && has_next;
        let after = if is_loose { of("next_") } else { of("") };
        Calls { before: of(""), after, outcome: of(""), draws: of(""), is_loose }
    }

    /// What a run of this task must have.
    fn needed(&self, prefix: &str, is_loose: bool, mode: Mode) -> Vec<String> {
        let before = if prefix.is_empty() { "state".to_owned() } else { prefix.to_owned() };
        let action = if prefix.is_empty() { String::new() } else { format!("{prefix}_") };
        let mut all = vec![format!("{action}{}", if is_loose { "action" } else { "actions" })];
        for part in self.world.parts.iter().filter(|part| !part.follows) {
            if !is_loose {
                all.push(format!("{before}_init_{}", part.name));
            }
            if is_loose || mode == Mode::OneStep {
                all.push(format!("{before}_{}", part.name));
            }
        }
        if prefix.is_empty() {
            all.extend(self.world.task.drawn().iter().map(|(name, _)| (*name).to_owned()));
        }
        all
    }

    /// What a run of this task must have, whatever it is called.
    pub(super) fn needed_of_any(&self, mode: Mode) -> Vec<String> {
        if self.world.is_game() { self.needed("", true, mode) } else { self.needed("NAME", false, mode) }
    }

    /// The arrays of a run that is [known](Episodes::known), all of them in their shapes.
    pub(super) fn plan(&self, prefix: &str, mode: Mode) -> Result<Plan, EpisodesError> {
        let (actions, steps) = self.actions(prefix)?;
        let plan = self.plan_of(prefix, mode, actions, steps);
        plan.map_err(|error| error.with_steps(&self.arrays[actions].name, steps))
    }

    fn plan_of(&self, prefix: &str, mode: Mode, actions: usize, steps: usize) -> Result<Plan, EpisodesError> {
        let names = self.calls(prefix);
        let need = |name: String, shape: &[usize]| {
            self.shaped(&name, shape)?.ok_or_else(|| EpisodesError::Missing {
                name,
                run: prefix.to_owned(),
                needed: self.needed(prefix, names.is_loose, mode),
            })
        };
        let mut sources = Vec::new();
        for (part, it) in self.world.parts.iter().enumerate().filter(|(_, part)| !part.follows) {
            let start = if names.is_loose {
                None
            } else {
                Some(need(format!("{}init_{}", names.before, it.name), &it.shape)?)
            };
            let each = if names.is_loose || mode == Mode::OneStep {
                Some(need(format!("{}{}", names.before, it.name), &[&[steps], &it.shape[..]].concat())?)
            } else {
                None
            };
            sources.push(Source { part, start, each });
        }
        let mut draws = Vec::new();
        let drawn = self.world.task.drawn();
        let draws_name = |name: &str| match prefix {
            "in" => name.strip_prefix("next_").unwrap_or(name).to_owned(),
            _ => format!("{}{name}", names.draws),
        };
        // a game cannot be played without; bodies need targets only where they hit
        let has_draws = drawn.iter().all(|(name, _)| self.find(&draws_name(name)).is_some());
        for &(name, width) in drawn.iter().filter(|_| prefix.is_empty() || has_draws) {
            let shape = if width == 1 { vec![steps] } else { vec![steps, width] };
            draws.push((need(draws_name(name), &shape)?, width));
        }
        let alone = |name: &str| if prefix.is_empty() { self.shaped(name, &[steps]) } else { Ok(None) };
        let time = match names.is_loose {
            false => Time::Counted,
            true => {
                let recorded = self.shaped(&format!("{}time", names.before), &[steps])?;
                recorded.map_or(Time::Unknown, Time::Recorded)
            }
        };
        let compared = self.compared(prefix, &names, steps, mode, !matches!(time, Time::Unknown))?;
        Ok(Plan {
            run: prefix.to_owned(),
            steps,
            actions,
            is_loose: names.is_loose,
            sources,
            draws,
            draws_name: drawn.first().map_or_else(String::new, |(name, _)| draws_name(name)),
            counts: alone("num_draws")?,
            firsts: alone("first_step_of_episode")?,
            time,
            first_sight: if names.is_loose { None } else { self.first_sight(&names)? },
            compared,
        })
    }

    /// The actions of a run, and how many steps they are of.
    fn actions(&self, prefix: &str) -> Result<(usize, usize), EpisodesError> {
        let before = if prefix.is_empty() { String::new() } else { format!("{prefix}_") };
        let [plural, single] = ["actions", "action"].map(|name| self.find(&format!("{before}{name}")));
        if let (Some(plural), Some(single)) = (plural, single) {
            let names = [plural, single].map(|array| self.arrays[array].name.clone());
            return Err(EpisodesError::Both { names });
        }
        let array = plural.or(single).expect("a prefix is that of actions");
        let (head, rows) = (&self.arrays[array], self.world.task.actions().rows());
        let steps = head.shape.first().copied().unwrap_or(0);
        let has_axis = !(rows == 1 && head.shape.len() == 1);
        let shape = if has_axis { vec![steps, rows] } else { vec![steps] };
        let name = head.name.clone();
        self.shaped(&name, &shape)?;
        if steps == 0 { Err(EpisodesError::Empty { name }) } else { Ok((array, steps)) }
    }

    /// What is recorded of what a run looks like before its first step.
    fn first_sight(&self, names: &Calls) -> Result<Option<Compared>, EpisodesError> {
        let shape = self.world.sight().0;
        let array = self.shaped(&format!("{}init_obs", names.before), &shape)?;
        Ok(array.map(|array| Compared { array, what: What::Observation, shape }))
    }

    /// What is recorded of what follows a step.
    fn compared(
        &self,
        prefix: &str,
        names: &Calls,
        steps: usize,
        mode: Mode,
        has_time: bool,
    ) -> Result<Vec<Compared>, EpisodesError> {
        let parts = self.world.parts.iter().enumerate();
        let mut after: Vec<(&str, What, Vec<usize>)> =
            parts.map(|(part, it)| (it.name, What::Part(part), it.shape.clone())).collect();
        after.push(("obs", What::Observation, self.world.sight().0));
        let outcomes = [("reward", What::Reward, Vec::new()), ("done", What::Done, Vec::new())];
        let time = ("time", What::Time, Vec::new());
        let mut wanted: Vec<(String, What, Vec<usize>)> = Vec::new();
        let mut want = |before: &str, list: &[(&str, What, Vec<usize>)]| {
            wanted.extend(
                list.iter().map(|(name, what, shape)| (format!("{before}{name}"), *what, shape.clone())),
            );
        };
        want(&names.after, &after);
        want(&names.outcome, &outcomes);
        if has_time {
            want(&names.after, std::slice::from_ref(&time));
        }
        // the same steps from the same states, recorded in another precision
        if !names.is_loose && mode == Mode::OneStep {
            want(&format!("{prefix}_next_"), &after);
            want(&format!("{prefix}_next_"), &outcomes);
        }
        let mut compared = Vec::new();
        for (name, what, shape) in &wanted {
            if let Some(array) = self.shaped(name, &[&[steps], &shape[..]].concat())? {
                compared.push(Compared { array, what: *what, shape: shape.clone() });
            }
        }
        if compared.is_empty() {
            let comparable = wanted.into_iter().map(|(name, ..)| name).collect();
            return Err(EpisodesError::Nothing { run: prefix.to_owned(), comparable });
        }
        Ok(compared)
    }

    /// Where an array is, if there is one; of this shape.
    fn shaped(&self, name: &str, shape: &[usize]) -> Result<Option<usize>, EpisodesError> {
        let Some(array) = self.find(name) else { return Ok(None) };
        let found = &self.arrays[array].shape;
        if found == shape {
            return Ok(Some(array));
        }
        let name = name.to_owned();
        Err(EpisodesError::Shape { name, found: found.clone(), expected: shape.to_vec(), steps: None })
    }

    /// How many actions there are to choose from, where one is chosen.
    pub(super) fn choices(&self) -> Option<usize> {
        match self.world.task.actions() {
            Actions::OneOf(count) => Some(count),
            Actions::Numbers(_) => None,
        }
    }
}
