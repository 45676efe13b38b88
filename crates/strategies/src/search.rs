//! The contract: ask for a population, evaluate it elsewhere, tell the fitness.

use std::ops::Range;

use crate::execution::{Execution, kernel};
use crate::noise::{Draws, Record, generation_stream};
use crate::outcome::{Best, Deviation, SearchError, StopReason, Told};
use crate::own::{Adapted, OwnStrategy};
use crate::population::{Population, PopulationMut, Spread, tiles};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::settings::{Goal, Settings};
use crate::shaping::Fitness;
use crate::state::{Fields, Reader, State, StateError, Writer};
use crate::strategy::{self, Checkpoint, NoDeviation, Strategy};

/// A search distribution that is asked for candidates and told their fitness.
///
/// A search never evaluates anything, and it is a function of its settings, its start and what it was told: asking
/// changes nothing, and may be repeated, on other threads, in another layout, or for one member alone.
///
/// In a generation: [`ask`](Search::ask) writes candidates, somebody evaluates them, [`tell`](Search::tell) turns the
/// fitness into something to be minimised ([`Shaping`](crate::Shaping)), lets the strategy learn, keeps the best
/// candidate, takes off the mean's decay, and counts the generation.
///
/// ```
/// use strategies::{Execution, Method, Population, PopulationMut, Search, Settings};
///
/// let here = Execution::default();
/// let mut search = Search::<f64>::new(Settings::new(Method::named("snes")?, 20), &[1.0; 5])?;
/// let mut rows = [0.0; 20 * 5];
/// for _ in 0..200 {
///     search.ask(&here, PopulationMut::Rows(&mut rows))?;
///     let cost: Vec<f64> = rows.chunks(5).map(|x| x.iter().map(|x| x * x).sum()).collect();
///     search.tell(&here, Population::Rows(&rows), &cost)?;
/// }
/// assert!(search.best().expect("something was told").fitness < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Search<T: Real> {
    settings: Settings,
    strategy: Box<dyn Strategy<T>>,
    mean: Vec<T>,
    generation: u64,
    evaluations: u64,
    failures: u64,
    /// Generations in a row without a finite fitness.
    barren: u64,
    /// Generations in a row whose members were all equally good.
    flat: u64,
    /// 0 before anything finite was told.
    has_best: u64,
    best_fitness: f64,
    best_member: Vec<T>,
}

impl<T: Real> Search<T> {
    /// A search that starts around `start`.
    pub fn new(settings: Settings, start: &[T]) -> Result<Search<T>, SearchError> {
        settings.check(start.len())?;
        if let Some(coordinate) = start.iter().position(|x| !x.is_finite()) {
            return Err(SearchError::Start { coordinate, found: start[coordinate].wide() });
        }
        Ok(Search {
            strategy: strategy::start(&settings, start),
            settings,
            mean: start.to_vec(),
            generation: 0,
            evaluations: 0,
            failures: 0,
            barren: 0,
            flat: 0,
            has_best: 0,
            best_fitness: 0.0,
            best_member: start.to_vec(),
        })
    }

    /// A search by a strategy of one's own. The settings' method counts for nothing but its name.
    pub fn with_own(
        settings: Settings,
        own: Box<dyn OwnStrategy<T>>,
        start: &[T],
    ) -> Result<Search<T>, SearchError> {
        check_length("deviations", own.deviations().len(), start.len())?;
        Ok(Search { strategy: Box::new(Adapted(own)), ..Search::new(settings, start)? })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Coordinates.
    pub fn dims(&self) -> usize {
        self.mean.len()
    }

    /// Members of a generation.
    pub fn members(&self) -> usize {
        self.settings.population
    }

    /// Generations that were told.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Evaluations that were told, failed ones among them.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Evaluations that failed.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Centre of the distribution.
    pub fn mean(&self) -> &[T] {
        &self.mean
    }

    /// Standard deviation of each coordinate, as [`ask`](Search::ask) samples it.
    ///
    /// # Errors
    ///
    /// Where a strategy has none, so that pruning by signal to noise has no meaning.
    pub fn deviation(&self) -> Result<Deviation<'_, T>, NoDeviation> {
        match (self.strategy.no_deviation(), self.strategy.shared_deviation()) {
            (Some(reason), _) => Err(reason),
            (None, Some(deviation)) => Ok(Deviation::Shared(deviation)),
            (None, None) => Ok(Deviation::Each(self.strategy.deviations())),
        }
    }

    /// Which of this generation's candidates are drawn around the mean, with the deviation of each coordinate. All, but
    /// where a strategy has several centres, or moves some members ahead.
    pub fn around_mean(&self) -> Vec<bool> {
        let away = self.strategy.away(&self.plan(self.draws()));
        away.map_or_else(|| vec![true; self.members()], |away| away.iter().map(|away| !away).collect())
    }

    /// What the published pruning code *called* sigma, and divided by. For Sep-CMA-ES it is a variance (times the step
    /// size at the best checkpoint), so that it orders coordinates unlike the deviation does.
    ///
    /// # Errors
    ///
    /// Where that code raises an error.
    pub fn published_sigma(&self, checkpoint: Checkpoint) -> Result<Vec<T>, NoDeviation> {
        self.strategy.published_sigma(checkpoint)
    }

    /// The best candidate that was told, if anything finite was.
    pub fn best(&self) -> Option<Best<'_, T>> {
        (self.has_best > 0).then_some(Best { fitness: self.best_fitness, member: &self.best_member })
    }

    /// Writes this generation's candidates.
    pub fn ask(&self, execution: &Execution<'_>, out: PopulationMut<'_, T>) -> Result<(), SearchError> {
        self.write(self.draws(), execution, out)
    }

    /// [`ask`](Search::ask) with recorded draws in place of the stream's: `[draw][coordinate]`, one a member or a
    /// mirrored pair. For replaying traces.
    pub fn ask_with(
        &self,
        execution: &Execution<'_>,
        draws: &[T],
        out: PopulationMut<'_, T>,
    ) -> Result<(), SearchError> {
        self.ask_recorded(execution, &Record { draws, ..Record::default() }, out)
    }

    /// The same of a strategy that draws more than a number for each coordinate.
    pub fn ask_recorded(
        &self,
        execution: &Execution<'_>,
        record: &Record<'_, T>,
        out: PopulationMut<'_, T>,
    ) -> Result<(), SearchError> {
        let (members, dims) = (self.members(), self.dims());
        let more = self.strategy.more_draws(members, dims);
        check_length("draws", record.draws.len(), self.strategy.pairing().draws(members) * dims)?;
        check_length("further draws", record.others.len(), more.others)?;
        for (chosen, (count, below)) in record.chosen.iter().zip(more.chosen) {
            check_length("choices", chosen.len(), count)?;
            if let Some(&found) = chosen.iter().find(|&&found| found >= below) {
                return Err(SearchError::Member { member: found, members: below });
            }
        }
        self.write(Draws::Recorded(*record), execution, out)
    }

    /// Writes some coordinates of this generation's candidates: `out` has no others.
    ///
    /// The numbers are those of [`ask`](Search::ask). A population that does not fit memory is evaluated a part at a time
    /// (a network layer by layer), and told as [`Population::AsAsked`]. Strategies that correlate coordinates draw all.
    ///
    /// ```
    /// use strategies::{Execution, Method, Population, PopulationMut, Search, Settings};
    ///
    /// let (here, dims) = (Execution::default(), 10_000);
    /// let mut search = Search::<f32>::new(Settings::new(Method::named("snes")?, 16), &vec![1.0; dims])?;
    /// let (mut part, mut cost) = (vec![0.0; 16 * 1000], vec![0.0; 16]);
    /// for start in (0..dims).step_by(1000) {
    ///     search.ask_part(&here, start..start + 1000, PopulationMut::Rows(&mut part))?;
    ///     for (cost, row) in cost.iter_mut().zip(part.chunks(1000)) {
    ///         *cost += row.iter().map(|x| f64::from(x * x)).sum::<f64>();
    ///     }
    /// }
    /// search.tell(&here, Population::AsAsked, &cost)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ask_part(
        &self,
        execution: &Execution<'_>,
        coordinates: Range<usize>,
        out: PopulationMut<'_, T>,
    ) -> Result<(), SearchError> {
        if coordinates.start > coordinates.end || coordinates.end > self.dims() {
            return Err(SearchError::Coordinates { coordinates, dims: self.dims() });
        }
        let (layout, found) = out.shape();
        check_length("population", found, layout.len(self.members(), coordinates.len()))?;
        if coordinates.is_empty() {
            return Ok(());
        }
        if !self.strategy.draws_whole_members() {
            self.plan(self.draws()).write(execution, self.spread(), coordinates, out);
            return Ok(());
        }
        let mut rows = vec![T::ZERO; self.members() * self.dims()];
        self.ask(execution, PopulationMut::Rows(&mut rows))?;
        let mut tile = tiles(out, coordinates.len(), coordinates.len());
        for (member, row) in rows.chunks(self.dims()).enumerate() {
            tile[0].put_row(member, &row[coordinates.clone()]);
        }
        tile[0].pad(self.members(), &self.mean[coordinates]);
        Ok(())
    }

    /// One of this generation's candidates, alone.
    pub fn ask_member(&self, member: usize, out: &mut [T]) -> Result<(), SearchError> {
        if member >= self.members() {
            return Err(SearchError::Member { member, members: self.members() });
        }
        check_length("candidate", out.len(), self.dims())?;
        if self.strategy.draws_whole_members() {
            let mut rows = vec![T::ZERO; self.members() * self.dims()];
            self.ask(&Execution::default(), PopulationMut::Rows(&mut rows))?;
            out.copy_from_slice(&rows[member * self.dims()..][..self.dims()]);
        } else {
            self.plan(self.draws()).member(&Execution::default(), member, self.spread(), out);
        }
        Ok(())
    }

    /// The normal deviate that moves a coordinate of a member in any generation, with its sign in a mirrored pair.
    pub fn deviate(&self, generation: u64, member: usize, coordinate: usize) -> T {
        let stream = generation_stream(self.settings.seed, &self.settings.stream, generation);
        let (draw, sign) = self.strategy.pairing().draw_of(member, self.members());
        T::of(sign) * Draws::<T>::Stream(stream).one(draw, coordinate, self.dims())
    }

    /// Learns from the fitness of this generation's candidates.
    ///
    /// `population` is what was evaluated; if that is what was asked for, it need not have been kept
    /// ([`Population::AsAsked`]). NaN and infinities are failed evaluations: counted, worst, and never the best. So is
    /// a candidate that would be the best so far but has a coordinate that is not finite; of any other candidate such
    /// coordinates teach nothing.
    ///
    /// # Errors
    ///
    /// If a length is wrong; nothing has changed then.
    pub fn tell(
        &mut self,
        execution: &Execution<'_>,
        population: Population<'_, T>,
        fitness: &[f64],
    ) -> Result<Told, SearchError> {
        check_length("fitness", fitness.len(), self.members())?;
        if let Some((layout, found)) = population.shape() {
            check_length("population", found, layout.len(self.members(), self.dims()))?;
        }
        let mut rows = Vec::new();
        let source = match population {
            Population::AsAsked if self.strategy.draws_whole_members() => {
                rows.resize(self.members() * self.dims(), T::ZERO);
                self.ask(execution, PopulationMut::Rows(&mut rows))?;
                Population::Rows(&rows)
            }
            kept => kept,
        };
        let plan = self.plan(self.draws());
        let best =
            (self.has_best > 0).then_some(Best { fitness: self.best_fitness, member: &self.best_member });
        let sample = Sample { plan, source, execution: *execution, generation: self.generation, best };

        let mut costs = self.costs(&sample, fitness);
        let better = self.better(&sample, fitness, &mut costs);
        let failed = costs.iter().filter(|cost| !cost.is_finite()).count();
        self.evaluations += self.settings.population as u64;
        self.failures += failed as u64;
        match Fitness::new(costs, self.settings.shaping, self.settings.quirks) {
            Some(shaped) => {
                self.barren = 0;
                self.flat = if shaped.is_flat() { self.flat + 1 } else { 0 };
                self.strategy.tell(&sample, &shaped, &mut self.mean);
            }
            None => self.barren += 1,
        }
        let improved = better.is_some();
        if let Some((fitness, member)) = better {
            (self.has_best, self.best_fitness, self.best_member) = (1, fitness, member);
        }
        self.decay_mean(execution);
        self.generation += 1;
        Ok(Told { failed, improved })
    }

    /// Says a gradient of the cost that somebody knows, exactly or nearly, before the next generation is asked for.
    /// [GuidedES](crate::guided_es) has a use for it.
    ///
    /// # Errors
    ///
    /// If the strategy has none, or it is not finite.
    pub fn guide(&mut self, gradient: &[T]) -> Result<(), SearchError> {
        check_length("gradient", gradient.len(), self.dims())?;
        if let Some(coordinate) = gradient.iter().position(|x| !x.is_finite()) {
            return Err(SearchError::Gradient { coordinate, found: gradient[coordinate].wide() });
        }
        let is_used = self.strategy.guide(gradient);
        is_used.then_some(()).ok_or(SearchError::Guided { strategy: self.settings.method.name() })
    }

    /// Whether it is of no use to go on.
    pub fn stop(&self) -> Option<StopReason> {
        let deviations = self.strategy.deviations();
        let largest = T::LARGEST.wide() * 0.99;
        // A step of half a unit in the last place of the mean does not move it.
        let vanished =
            |(mean, deviation): (&T, &T)| *mean + *deviation == *mean && *mean - *deviation == *mean;
        let tiny = T::SMALLEST.wide() * 1.01;
        if self.barren >= 10 {
            Some(StopReason::NoFitness)
        } else if self.flat >= 30 {
            Some(StopReason::FlatFitness)
        } else if deviations.iter().any(|deviation| deviation.wide() >= largest) {
            Some(StopReason::DeviationExploded)
        } else if self.mean.iter().zip(deviations).all(|pair| vanished(pair) || pair.1.wide() <= tiny) {
            Some(StopReason::DeviationVanished)
        } else if self.strategy.condition().is_some_and(|condition| condition > 1e14) {
            Some(StopReason::Condition)
        } else {
            None
        }
    }

    /// Everything that is needed to go on, as data.
    ///
    /// ```
    /// use strategies::{Execution, Method, Population, Search, Settings, State};
    ///
    /// let mut search = Search::<f32>::new(Settings::new(Method::named("pgpe")?, 4), &[0.5, -0.5])?;
    /// search.tell(&Execution::default(), Population::AsAsked, &[1.0, 2.0, 3.0, 4.0])?;
    /// let text = serde_json::to_string(&search.state())?;
    /// let state: State<f32> = serde_json::from_str(&text)?;
    /// let restored = Search::restore(&state)?;
    /// assert_eq!(restored.mean(), search.mean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state(&self) -> State<T> {
        let mut state = State::empty(self.settings.clone(), self.dims());
        // One walk serves reading and writing, so it wants something that may be written.
        self.clone().fields(&mut Writer(&mut state));
        state.seal();
        state
    }

    /// The search that a state was taken from, at that moment.
    ///
    /// # Errors
    ///
    /// If the state is of another version or precision, damaged, or of no search.
    pub fn restore(state: &State<T>) -> Result<Search<T>, StateError> {
        state.check()?;
        let search = Search::new(state.settings.clone(), &state.start()?);
        search.map_err(|_| StateError::Damaged)?.filled(state)
    }

    /// The same of a search by a strategy of one's own.
    pub fn restore_own(state: &State<T>, own: Box<dyn OwnStrategy<T>>) -> Result<Search<T>, StateError> {
        state.check()?;
        let search = Search::with_own(state.settings.clone(), own, &state.start()?);
        search.map_err(|_| StateError::Damaged)?.filled(state)
    }

    /// With the numbers of a state.
    fn filled(self, state: &State<T>) -> Result<Search<T>, StateError> {
        let mut search = self;
        let mut reader = Reader { state, error: None };
        search.fields(&mut reader);
        if let Some(error) = reader.error {
            return Err(error);
        }
        search.strategy.restored();
        Ok(search)
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.count("generation", &mut self.generation);
        fields.count("evaluations", &mut self.evaluations);
        fields.count("failures", &mut self.failures);
        fields.count("barren_generations", &mut self.barren);
        fields.count("flat_generations", &mut self.flat);
        fields.count("has_best", &mut self.has_best);
        fields.scalar("best_fitness", &mut self.best_fitness);
        fields.vector("best_member", &mut self.best_member);
        fields.vector("mean", &mut self.mean);
        self.strategy.fields(fields);
    }

    fn draws(&self) -> Draws<'static, T> {
        Draws::Stream(generation_stream(self.settings.seed, &self.settings.stream, self.generation))
    }

    fn plan<'a>(&self, draws: Draws<'a, T>) -> Plan<'a, T> {
        Plan {
            draws,
            pairing: self.strategy.pairing(),
            members: self.members(),
            dims: self.dims(),
            bounds: self.settings.bounds.map(|bounds| bounds.map(T::of)),
        }
    }

    fn spread(&self) -> Spread<'_, T> {
        Spread { mean: &self.mean, deviation: self.strategy.deviations() }
    }

    fn write(
        &self,
        draws: Draws<'_, T>,
        execution: &Execution<'_>,
        out: PopulationMut<'_, T>,
    ) -> Result<(), SearchError> {
        let (layout, found) = out.shape();
        check_length("population", found, layout.len(self.members(), self.dims()))?;
        self.strategy.write(&self.plan(draws), &self.mean, execution, out);
        Ok(())
    }

    /// Fitness to be minimised, before it is shaped; not finite where the evaluation failed.
    fn costs(&self, sample: &Sample<'_, T>, fitness: &[f64]) -> Vec<f64> {
        let sign = match self.settings.goal {
            Goal::Minimise => 1.0,
            Goal::Maximise => -1.0,
        };
        let mut costs: Vec<f64> = fitness.iter().map(|fitness| sign * fitness).collect();
        if self.settings.fitness_decay > 0.0 {
            for (cost, square) in costs.iter_mut().zip(sample.mean_squares(self.spread())) {
                *cost = self.settings.fitness_decay.mul_add(square, *cost);
            }
        }
        costs
    }

    /// The first of the best told candidates that did not fail, if it is better than all before. One that is, but is
    /// nowhere, has failed too: its cost becomes NaN, and the next best is looked at.
    fn better(&self, sample: &Sample<'_, T>, fitness: &[f64], costs: &mut [f64]) -> Option<(f64, Vec<T>)> {
        let goal = if self.strategy.forgets_goal() { Goal::Minimise } else { self.settings.goal };
        let better = |a: f64, b: f64| match goal {
            Goal::Minimise => a < b,
            Goal::Maximise => a > b,
        };
        let mut candidate = Vec::new();
        loop {
            let sound = (0..fitness.len()).filter(|&member| costs[member].is_finite());
            let first =
                sound.reduce(|best, next| if better(fitness[next], fitness[best]) { next } else { best });
            let member = first?;
            if self.has_best > 0 && !better(fitness[member], self.best_fitness) {
                return None;
            }
            candidate.resize(self.dims(), T::ZERO);
            sample.member(member, self.spread(), &mut candidate);
            if candidate.iter().all(|x| x.is_finite()) {
                return Some((fitness[member], candidate));
            }
            costs[member] = f64::NAN;
        }
    }

    fn decay_mean(&mut self, execution: &Execution<'_>) {
        if self.settings.mean_decay > 0.0 && !self.strategy.forgets_goal() {
            let keep = T::of(1.0 - self.settings.mean_decay);
            self.strategy.decay(keep);
            let blocks = self.mean.chunks_mut(execution.block());
            execution.threads.for_each(blocks, |mean| scale(execution.isa, keep, mean));
        }
    }
}

impl<T: Real> Clone for Search<T> {
    fn clone(&self) -> Search<T> {
        Search {
            settings: self.settings.clone(),
            strategy: self.strategy.boxed(),
            mean: self.mean.clone(),
            best_member: self.best_member.clone(),
            ..*self
        }
    }
}

kernel! {
    fn scale<'a, T>(factor: T, values: &'a mut [T]) {
        for value in values {
            *value = factor * *value;
        }
    }
}

fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), SearchError> {
    if found == expected { Ok(()) } else { Err(SearchError::Length { what, found, expected }) }
}
