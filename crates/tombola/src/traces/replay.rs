//! A recorded run being done again, generation by generation.

use strategies::{
    Execution, Method, Population, PopulationMut, Quirks, Real, Record, Search, SearchError, State,
};

use super::{Meta, Mode, Redone, Trace, TraceError};
use crate::npz::Array;

/// The reference's names of a state's numbers, without their prefix, and ours. Where there are two, a state has one.
const NAMES: [(&str, &str); 28] = [
    ("mean", "mean"),
    ("sigma", "sigma"),
    ("C", "variances"),
    ("C", "covariance"),
    ("B", "transform"),
    ("mean", "particles"),
    ("grad_subspace", "subspace"),
    ("grad_subspace", "archive"),
    ("alpha", "alpha"),
    ("sigma", "added_deviation"),
    ("path_c", "mean_paths"),
    ("path_sigma", "deviation_paths"),
    ("mean_shift", "mean_shift"),
    ("c_mult", "multiplier"),
    ("nis_counter", "stalled_generations"),
    ("archive", "parents"),
    ("fitness", "parent_costs"),
    ("p_sigma", "step_path"),
    ("p_c", "variance_path"),
    ("p_c", "covariance_path"),
    ("best_member", "best_member"),
    ("best_fitness", "best_fitness"),
    ("opt_state_lrate", "learning_rate"),
    ("opt_state_m", "optimizer_first"),
    ("opt_state_v", "optimizer_second"),
    ("opt_state_n", "optimizer_third"),
    ("opt_state_last_grads", "optimizer_gradient"),
    ("opt_state_gen_counter", "optimizer_steps"),
];

/// A run being done again.
pub(super) struct Replay<'a, T: Real> {
    trace: &'a Trace,
    mode: Mode,
    search: Search<T>,
    /// Names of the trace and of the search, for numbers that both have.
    names: Vec<(&'static str, &'static str)>,
    /// What the record has of them, after all generations.
    states: Vec<Vec<f64>>,
    /// The recorded eigenvectors and roots of eigenvalues, where draws are along some.
    axes: Option<[Vec<f64>; 2]>,
    draws: Vec<T>,
    others: Vec<T>,
    chosen: [Vec<usize>; 2],
    x: Vec<T>,
    fitness: Vec<f64>,
    /// What was redone: an array of the trace, and our numbers so far.
    ours: Vec<(String, Vec<f64>)>,
}

impl<'a, T: Real> Replay<'a, T> {
    pub(super) fn new(trace: &'a Trace, mode: Mode, quirks: Quirks) -> Result<Replay<'a, T>, TraceError> {
        let Meta { popsize, dims, generations, .. } = trace.meta;
        let settings = trace.meta.settings(quirks, trace.network()?)?;
        // Before anything is made that is as long as the record claims to be.
        settings.check(dims).map_err(SearchError::from)?;
        let axes = match settings.method {
            Method::CmaEs(_) => Some([
                trace.expect_one_of("ask_B", &trace.shapes(dims * dims, Some(generations)), false)?,
                trace.expect("ask_D", &[generations, dims])?,
            ]),
            _ => None,
        };
        let draws = if settings.method.is_mirrored() { popsize / 2 } else { popsize };
        let narrow = |values: Vec<f64>| values.into_iter().map(T::of).collect();
        let search = Search::new(settings, &vec![T::ZERO; dims])?;
        let state = search.state();
        let held = state.names();
        let mut names: Vec<_> = NAMES.into_iter().filter(|(_, ours)| held.contains(ours)).collect();
        // The mean of several particles is one of them, and of no record.
        names.retain(|&(_, ours)| ours != "mean" || trace.meta.particles.is_none());
        // The later release recorded little beside the mean.
        names.retain(|(theirs, _)| !trace.meta.is_later() || trace.array(&format!("s_{theirs}")).is_some());
        let recorded = names.iter().map(|(theirs, ours)| {
            let length = state.get(ours).map_or(0, |values| values.len());
            let shapes = trace.shapes(length, Some(generations));
            let name = format!("s_{theirs}");
            let values = trace.expect_one_of(&name, &shapes, is_count(theirs))?;
            check_positive(&name, ours, &values)?;
            Ok(values)
        });
        let states = recorded.collect::<Result<_, TraceError>>()?;
        // A random search has no normal deviates.
        let draws_name = if trace.array("u").is_some() { "u" } else { "z" };
        let others = match (trace.array("u_mate"), trace.array("z_sub")) {
            (Some(_), _) => trace.expect("u_mate", &[generations, popsize, dims])?,
            (_, Some(array)) => {
                let count = array.shape.last().copied().unwrap_or(0);
                trace.expect("z_sub", &[generations, draws, count])?
            }
            _ => Vec::new(),
        };
        let choices = |name: &str| {
            let Some(array) = trace.array(name) else { return Ok(Vec::new()) };
            let count = array.shape.last().copied().unwrap_or(0);
            let found = trace.expect_one_of(name, &[vec![generations, count]], true)?;
            Ok::<_, TraceError>(found.into_iter().map(|index| index as usize).collect())
        };
        let firsts = if trace.array("idx_a").is_some() { "idx_a" } else { "ams_idx" };
        let chosen = [choices(firsts)?, choices("idx_b")?];
        let mut replay = Replay {
            trace,
            mode,
            names,
            states,
            axes,
            draws: narrow(trace.expect_each(draws_name, &[draws, dims])?),
            others: narrow(others),
            chosen,
            x: narrow(trace.expect_each("x", &[popsize, dims])?),
            fitness: trace.expect_each("fitness", &[popsize])?,
            search,
            ours: Vec::new(),
        };
        // Before the first generation there is no best.
        let first = replay.names.iter().filter(|(theirs, _)| !theirs.starts_with("best_"));
        let first: Vec<_> = first.map(|&(theirs, ours)| (format!("init_{theirs}"), ours)).collect();
        let mut state = replay.search.state();
        for (theirs, ours) in first {
            // The sizes of what a strategy starts with may be left out, but not where it starts.
            if ["mean", "particles"].contains(&ours) || trace.array(&theirs).is_some() {
                let length = state.get(ours).map_or(0, |values| values.len());
                let values = trace.expect_one_of(&theirs, &trace.shapes(length, None), is_count(&theirs))?;
                check_positive(&theirs, ours, &values)?;
                set(&mut state, &theirs, ours, &values)?;
            }
        }
        if state.get("centre").is_some() {
            let [low, high] = trace.meta.range();
            state.set("centre", &vec![0.5 * (low + high); dims])?;
        }
        if let Some(particles) = state.get("particles") {
            state.set("mean", &particles[..dims])?;
        }
        replay.search = Search::restore(&state)?;
        Ok(replay)
    }

    pub(super) fn run(mut self) -> Result<Vec<Redone>, TraceError> {
        let here = Execution::default();
        let Meta { dims, generations, .. } = self.trace.meta;
        let popsize = self.trace.meta.members();
        let draws = self.draws.len() / generations.max(1);
        let mut rows = vec![T::ZERO; popsize * dims];
        for generation in 0..generations {
            let one_step = self.mode == Mode::OneStep;
            if one_step && generation > 0 {
                self.take_state(generation - 1)?;
            }
            self.keep_axes(generation)?;
            self.guide(generation)?;
            let others = self.others.len() / generations;
            let record = Record {
                draws: &self.draws[generation * draws..][..draws],
                others: &self.others[generation * others..][..others],
                chosen: self.chosen.each_ref().map(|chosen| {
                    let count = chosen.len() / generations;
                    &chosen[generation * count..][..count]
                }),
            };
            self.search.ask_recorded(&here, &record, PopulationMut::Rows(&mut rows))?;
            self.keep("x", rows.iter().map(|x| x.wide()));
            let told =
                if one_step { &self.x[generation * popsize * dims..][..popsize * dims] } else { &rows };
            let fitness = &self.fitness[generation * popsize..][..popsize];
            self.search.tell(&here, Population::Rows(told), fitness)?;
            let state = self.search.state();
            for (theirs, ours) in self.names.clone() {
                let values = state.get(ours).ok_or(TraceError::Missing { name: ours.to_owned() })?;
                self.keep(&format!("s_{theirs}"), values.into_iter());
            }
            self.keep("s_gen_counter", std::iter::once(self.search.generation() as f64));
        }
        Ok(self.finish())
    }

    /// The recorded state after a generation.
    fn take_state(&mut self, generation: usize) -> Result<(), TraceError> {
        let mut state = self.search.state();
        for ((theirs, ours), all) in self.names.iter().zip(&self.states) {
            let each = all.len() / self.trace.meta.generations;
            set(&mut state, &format!("s_{theirs}"), ours, &all[generation * each..][..each])?;
        }
        for count in ["generation", "told_generations"] {
            if state.get(count).is_some() {
                state.set(count, &[generation as f64 + 1.0])?;
            }
        }
        self.search = Search::restore(&state)?;
        Ok(())
    }

    /// Keeps the square roots of our own eigenvalues or variances, and puts the recorded eigenvectors in place.
    fn keep_axes(&mut self, generation: usize) -> Result<(), TraceError> {
        let mut state = self.search.state();
        let dims = self.trace.meta.dims;
        if let Some(variances) = state.get("variances") {
            self.keep("ask_D", variances.into_iter().map(|variance| variance.max(0.0).sqrt()));
        } else if let (Some(axes), Some([vectors, recorded])) = (state.get("axes"), &self.axes) {
            state.set("eigenvectors", &vectors[generation * dims * dims..][..dims * dims])?;
            state.set("axes", &recorded[generation * dims..][..dims])?;
            self.search = Search::restore(&state)?;
            self.keep("ask_D", axes.into_iter());
        }
        Ok(())
    }

    /// Puts the gradients that somebody knew in place: the recorded ones of this generation and of those before it, oldest
    /// first. Each is turned so that its direction points as the recorded one: the sign of a basis is anybody's choice.
    fn guide(&mut self, generation: usize) -> Result<(), TraceError> {
        if self.trace.array("grad").is_none() {
            return Ok(());
        }
        let Meta { dims, generations, .. } = self.trace.meta;
        let mut state = self.search.state();
        let count = state.get("subspace").map_or(0, |subspace| subspace.len()) / dims;
        let first = self.trace.expect("init_grad_subspace", &[dims, count])?;
        let later = self.trace.expect("grad", &[generations, dims])?;
        let basis = self.trace.expect("basis", &[generations, dims, count])?;
        let column = |values: &[f64], column: usize| -> Vec<f64> {
            values.iter().skip(column).step_by(count).copied().collect()
        };
        let mut gradients: Vec<Vec<f64>> = (0..count).map(|index| column(&first, index)).collect();
        gradients.extend(later.chunks(dims).take(generation + 1).map(<[f64]>::to_vec));
        let recorded = &basis[generation * dims * count..][..dims * count];
        let mut subspace = Vec::new();
        for (index, gradient) in gradients[gradients.len() - count..].iter().enumerate() {
            let along: f64 = column(recorded, index).iter().zip(gradient).map(|(q, g)| q * g).sum();
            subspace.extend(gradient.iter().map(|g| g * along.signum()));
        }
        state.set("subspace", &subspace)?;
        state.set("subspace_known", &[count as f64])?;
        state.set("is_guided", &[1.0])?;
        self.search = Search::restore(&state)?;
        Ok(())
    }

    fn keep(&mut self, name: &str, values: impl Iterator<Item = f64>) {
        match self.ours.iter_mut().find(|(known, _)| known == name) {
            Some((_, kept)) => kept.extend(values),
            None => self.ours.push((name.to_owned(), values.collect())),
        }
    }

    /// All arrays of the trace, in its order: ours where we have them.
    fn finish(self) -> Vec<Redone> {
        let redone = self.trace.arrays.iter().map(|array| {
            match self.ours.iter().find(|(name, _)| *name == array.name) {
                Some((_, ours)) => {
                    let error = Some(largest_error(ours, &array.values.wide()));
                    Redone { array: Array { values: array.values.like(ours), ..array.clone() }, error }
                }
                None => Redone { array: array.clone(), error: None },
            }
        });
        redone.collect()
    }
}

/// Whether the numbers of this name are whole, whatever the trace's type.
fn is_count(theirs: &str) -> bool {
    theirs.ends_with("_counter")
}

/// Refuses deviations that are none.
fn check_positive(theirs: &str, ours: &str, values: &[f64]) -> Result<(), TraceError> {
    match values.iter().find(|&&value| ours == "sigma" && value <= 0.0) {
        Some(&found) => Err(TraceError::NotPositive { name: theirs.to_owned(), found }),
        None => Ok(()),
    }
}

/// Puts numbers into a state; `theirs` names the array in complaints.
fn set<T: Real>(state: &mut State<T>, theirs: &str, ours: &str, values: &[f64]) -> Result<(), TraceError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(TraceError::NotFinite { name: theirs.to_owned() });
    }
    state.set(ours, values)?;
    if ours == "best_fitness" {
        state.set("has_best", &[1.0])?;
    }
    Ok(())
}

/// The largest difference relative to the largest expected number; infinite where lengths differ or a number, found or
/// expected, is not finite.
fn largest_error(found: &[f64], expected: &[f64]) -> f64 {
    let scale = expected.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    // A comparison with NaN is false, so NaN must not become what others are compared with.
    let worst = differences
        .fold(0.0f64, |worst, next| if next.is_finite() { worst.max(next) } else { f64::INFINITY });
    match (found.len() == expected.len() && worst.is_finite(), scale > 0.0) {
        (false, _) => f64::INFINITY,
        (true, true) => worst / scale,
        (true, false) => worst,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative_to_the_largest_number_and_infinite_where_there_is_none() {
        assert_eq!(largest_error(&[1.0, 2.0, 4.5], &[1.0, 3.0, 4.0]), 0.25);
        assert_eq!(largest_error(&[0.5, 0.0], &[0.0, 0.0]), 0.5);
        assert_eq!(largest_error(&[1.0], &[1.0, 2.0]), f64::INFINITY);
        let sound = [1.0, 2.0, 3.0];
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            // At the start, in the middle and at the end: what follows must not hide it.
            for at in 0..3 {
                let mut damaged = sound;
                damaged[at] = wild;
                assert_eq!(largest_error(&sound, &damaged), f64::INFINITY, "{wild} recorded at {at}");
                assert_eq!(largest_error(&damaged, &sound), f64::INFINITY, "{wild} found at {at}");
                assert_eq!(largest_error(&damaged, &damaged), f64::INFINITY, "{wild} in both at {at}");
            }
        }
    }
}
