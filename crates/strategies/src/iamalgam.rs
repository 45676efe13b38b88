//! iAMaLGaM, the incremental adapted maximum-likelihood Gaussian model: a distribution fitted to the elite of each
//! generation, a little at a time, widened while it improves, with some members moved ahead.
//!
//! ```text
//! ask     x = m + sqrt(k C + e^2) z       full: by the Cholesky factor; by itself in each coordinate: sqrt(k C) + e
//!         for some members by chance: x = x + 2 k v
//! tell    the elite E is the best mu = max(1, floor(P ratio)) members
//!         if some of E are better than all before: d = their mean - m, in standard deviations of k = 1
//!             k = max(k, 1), and k / 0.9 if the largest entry of d is above 1
//!         else, after `patience` generations without improvement, or with k above 1: k = 0.9 k, at least 1 before that
//!         v = (1 - a) v + a (mean of E - m)                   a = 1 - exp(-1.2 mu^0.31 / D^0.5)
//!         m = mean of E
//!         C = (1 - b) C + b covariance of E around its mean   b = 1 - exp(-1.1 mu^1.2 / D^1.6)
//! ```
//!
//! `floor(ratio P / (2 (P - mu)) (P - 1))` members are moved ahead. `e` is an additional deviation on a schedule, 0 by default.
//!
//! Everything in the full form is `f64`; its memory grows with `D^2`, its time with `P D^2 + D^3 / 6`.
//!
//! Source: Bosman, Grahl and Thierens, "Enhancing the performance of maximum-likelihood Gaussian EDAs using anticipated
//! mean shift" (2008); "Benchmarking parameter-free AMaLGaM on functions with and without noise" (2013).
//!
//! Departures of the published code ([`Quirks`]): `k` does not widen the distribution (`amalgam_unscaled`); `d` is measured
//! in variances, or by the wrong Cholesky factor (`amalgam_variance_ratio`); "better than all before" compares costs with
//! fitness as it was told (`signs_mixed`), or shaped ones (`shaped_compared`).

use serde::{Deserialize, Serialize};

use crate::eigen::{add, dot, identity};
use crate::execution::Execution;
use crate::matrix::cholesky;
use crate::noise::MoreDraws;
use crate::population::{PopulationMut, Spread};
use crate::real::{Real, exp, ln};
use crate::sample::{Plan, Sample};
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::Strategy;

/// Settings of both forms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IamalgamSettings {
    /// Standard deviation of every coordinate at the start.
    pub deviation: f64,
    /// Share of the members that the distribution is fitted to; above 0, below 1.
    pub elite_ratio: f64,
    /// Generations without improvement before the distribution shrinks.
    pub patience: f64,
    /// A deviation that is added to what was learned; at least 0.
    pub added: f64,
    /// Its factor from one generation to the next; above 0, at most 1.
    pub added_decay: f64,
    /// Where that ends; at least 0.
    pub added_limit: f64,
}

impl Default for IamalgamSettings {
    fn default() -> Self {
        let (added, added_decay, added_limit) = (0.0, 0.99, 0.0);
        IamalgamSettings {
            deviation: 1.0,
            elite_ratio: 0.35,
            patience: 50.0,
            added,
            added_decay,
            added_limit,
        }
    }
}

impl IamalgamSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        let ratio = self.elite_ratio;
        check("elite_ratio", ratio, ratio > 0.0 && ratio < 1.0, "above 0, below 1")?;
        check("patience", self.patience, self.patience >= 1.0, "at least 1")?;
        check("added", self.added, self.added >= 0.0, "at least 0")?;
        let decay = self.added_decay;
        check("added_decay", decay, decay > 0.0 && decay <= 1.0, "above 0, at most 1")?;
        check("added_limit", self.added_limit, self.added_limit >= 0.0, "at least 0")
    }
}

/// What both forms share: constants, and all that is not a covariance.
#[derive(Clone, Debug)]
struct Model<T> {
    settings: IamalgamSettings,
    quirks: Quirks,
    /// Members that are fitted to, and members that are moved ahead.
    elite: usize,
    ahead: usize,
    /// Of the shift, and of the covariance.
    rates: [f64; 2],
    added: f64,
    /// `k`
    multiplier: f64,
    /// Generations in a row without improvement.
    stalled: u64,
    /// The least cost so far.
    least: f64,
    /// `v`
    shift: Vec<f64>,
    deviations: Vec<T>,
}

/// `base` to a power that is not whole.
fn raised(base: f64, exponent: f64) -> f64 {
    exp(exponent * ln(base))
}

/// Where `k` stays.
const MULTIPLIERS: [f64; 2] = [1e-100, 1e100];

/// Members further from 0 are nowhere: no square may overflow. Variances further from 0 are cut off.
const FARTHEST: f64 = 1e140;
const MOST_VARIANCE: f64 = 1e280;

/// How often a matrix that is not positive gets more on its diagonal, ten times as much each time.
const MOST_TRIES: usize = 30;

impl<T: Real> Model<T> {
    fn new(settings: IamalgamSettings, quirks: Quirks, population: usize, dims: usize) -> Model<T> {
        let members = population as f64;
        let elite = ((members * settings.elite_ratio) as usize).max(1);
        let (mu, wide) = (elite as f64, dims as f64);
        let ahead = 0.5 * settings.elite_ratio * members / (members - mu) * (members - 1.0);
        Model {
            settings,
            quirks,
            elite,
            ahead: (ahead as usize).min(population),
            rates: [
                1.0 - exp(-1.2 * raised(mu, 0.31) / raised(wide, 0.5)),
                1.0 - exp(-1.1 * raised(mu, 1.2) / raised(wide, 1.6)),
            ],
            added: settings.added,
            multiplier: 1.0,
            stalled: 0,
            least: f64::MAX,
            shift: vec![0.0; dims],
            deviations: vec![T::of(settings.deviation).as_deviation(); dims],
        }
    }

    /// Times a variance is widened.
    fn widening(&self) -> f64 {
        if self.quirks.amalgam_unscaled { 1.0 } else { self.multiplier }
    }

    /// Which members are moved ahead in this generation.
    fn moved(&self, plan: &Plan<'_, T>) -> Vec<bool> {
        let mut moved = vec![false; plan.members];
        plan.draws.some_of(self.ahead, plan.members).into_iter().for_each(|member| moved[member] = true);
        moved
    }

    fn more_draws(&self, members: usize) -> MoreDraws {
        MoreDraws { others: 0, chosen: [(self.ahead, members), (0, 0)] }
    }

    /// What a member that is moved ahead is moved by.
    fn step_ahead(&self) -> Vec<T> {
        self.shift.iter().map(|shift| T::of(2.0 * self.multiplier * shift)).collect()
    }

    /// The elite as rows, best first, and which of them are better than all before.
    fn elite(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &[T]) -> (Vec<f64>, Vec<bool>) {
        let dims = mean.len();
        let costs = fitness.compared(self.quirks.shaped_compared);
        let before = if self.quirks.signs_mixed { sample.told_best() } else { self.least };
        let mut row = vec![T::ZERO; dims];
        let (mut rows, mut better) = (Vec::with_capacity(self.elite * dims), Vec::new());
        for (rank, &member) in fitness.order.iter().take(self.elite).enumerate() {
            sample.member(member, Spread { mean, deviation: &self.deviations }, &mut row);
            // What failed or is nowhere counts as the mean: it pulls nowhere.
            let sound = rank < fitness.sound && row.iter().all(|x| x.wide().abs() <= FARTHEST);
            let source = if sound { &row } else { mean };
            rows.extend(source.iter().map(|x| x.wide()));
            better.push(sound && costs[member] < before);
            if sound {
                self.least = self.least.min(costs[member]);
            }
        }
        (rows, better)
    }

    /// Widens or narrows by what the elite has shown; `ratio` is of the mean of those who were better.
    fn adapt(&mut self, ratio: Option<f64>) {
        // In the parameters' type, because the published code compares 1 / 0.9 * 0.9 with 1.
        let (one, shrink) = (T::ONE, T::of(0.9));
        let mut k = T::of(self.multiplier);
        if let Some(ratio) = ratio {
            self.stalled = 0;
            k = if k > one { k } else { one };
            if ratio > 1.0 {
                k = k * T::of(1.0 / 0.9);
            }
        } else {
            if k <= one {
                self.stalled += 1;
            }
            let waits = (self.stalled as f64) < self.settings.patience;
            if k > one || !waits {
                k = k * shrink;
            }
            if waits && k < one {
                k = one;
            }
        }
        self.multiplier = k.wide().clamp(MULTIPLIERS[0], MULTIPLIERS[1].min(T::LARGEST.wide()));
    }

    /// Moves mean and shift to the elite; the elite's mean.
    fn follow(&mut self, rows: &[f64], mean: &mut [T]) -> Vec<f64> {
        let centre = centre(rows, mean.len(), |_| true);
        let [rate, _] = self.rates;
        for ((mean, shift), centre) in mean.iter_mut().zip(&mut self.shift).zip(&centre) {
            *shift = (1.0 - rate) * *shift + rate * (centre - mean.wide());
            *mean = T::of(*centre);
        }
        let settings = &self.settings;
        let next = self.added * settings.added_decay;
        self.added =
            next.max(settings.added_limit.min(if self.quirks.limits_lift { f64::MAX } else { self.added }));
        centre
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("added_deviation", &mut self.added);
        fields.scalar("multiplier", &mut self.multiplier);
        fields.scalar("least_cost", &mut self.least);
        fields.count("stalled_generations", &mut self.stalled);
        fields.wide_vector("mean_shift", &mut self.shift);
    }
}

/// The mean of those rows that are wanted.
fn centre(rows: &[f64], dims: usize, wanted: impl Fn(usize) -> bool) -> Vec<f64> {
    let (mut sum, mut count) = (vec![0.0; dims], 0.0);
    for (_, row) in rows.chunks(dims).enumerate().filter(|(index, _)| wanted(*index)) {
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        count += 1.0;
    }
    sum.iter_mut().for_each(|sum| *sum /= count);
    sum
}

/// The form with a variance for each coordinate.
#[derive(Clone, Debug)]
pub(crate) struct Independent<T> {
    model: Model<T>,
    variances: Vec<f64>,
}

impl<T: Real> Independent<T> {
    pub(crate) fn new(settings: IamalgamSettings, quirks: Quirks, population: usize, dims: usize) -> Self {
        let square = (settings.deviation * settings.deviation).min(MOST_VARIANCE);
        let model = Model::new(settings, quirks, population, dims);
        let mut start = Independent { model, variances: vec![square; dims] };
        start.restored();
        start
    }
}

impl<T: Real> Strategy<T> for Independent<T> {
    fn deviations(&self) -> &[T] {
        &self.model.deviations
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        Some(self.model.moved(plan))
    }

    fn more_draws(&self, members: usize, _: usize) -> MoreDraws {
        self.model.more_draws(members)
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let (moved, step) = (self.model.moved(plan), self.model.step_ahead());
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let spread = mean.iter().zip(&self.model.deviations);
            for ((x, &deviate), (&mean, &deviation)) in row.iter_mut().zip(drawn.deviates).zip(spread) {
                *x = deviation.mul_add(deviate, mean);
            }
            if moved[drawn.member] {
                row.iter_mut().zip(&step).for_each(|(x, &step)| *x += step);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let dims = mean.len();
        let (rows, better) = self.model.elite(sample, fitness, mean);
        let ratio = better.contains(&true).then(|| {
            let ahead = centre(&rows, dims, |index| better[index]);
            let spread = self.variances.iter().map(|variance| {
                if self.model.quirks.amalgam_variance_ratio { *variance } else { variance.sqrt() }
            });
            let ratios = ahead.iter().zip(&*mean).zip(spread);
            ratios.map(|((x, mean), spread)| ((x - mean.wide()) / spread).abs()).fold(0.0, f64::max)
        });
        self.model.adapt(ratio);
        let centre = self.model.follow(&rows, mean);
        let [_, rate] = self.model.rates;
        let mut squares = vec![0.0; dims];
        for row in rows.chunks(dims) {
            for ((square, x), centre) in squares.iter_mut().zip(row).zip(&centre) {
                *square += (x - centre) * (x - centre);
            }
        }
        let share = rate / self.model.elite as f64;
        for (variance, square) in self.variances.iter_mut().zip(squares) {
            *variance = ((1.0 - rate) * *variance + share * square).min(MOST_VARIANCE);
        }
        self.restored();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        self.model.fields(fields);
        fields.wide_vector("variances", &mut self.variances);
    }

    fn restored(&mut self) {
        let (widening, added) = (self.model.widening(), self.model.added);
        for (deviation, variance) in self.model.deviations.iter_mut().zip(&self.variances) {
            *deviation = T::of((widening * variance).sqrt() + added).as_deviation();
        }
    }

    fn condition(&self) -> Option<f64> {
        let range = |(least, most): (f64, f64), variance: &f64| (least.min(*variance), most.max(*variance));
        let (least, most) = self.variances.iter().fold((f64::INFINITY, 0.0), range);
        Some(most / least.max(1e-300))
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// The form with a covariance.
#[derive(Clone, Debug)]
pub(crate) struct Full<T> {
    model: Model<T>,
    dims: usize,
    covariance: Vec<f64>,
    /// The Cholesky factor of what is sampled.
    root: Vec<f64>,
}

impl<T: Real> Full<T> {
    pub(crate) fn new(settings: IamalgamSettings, quirks: Quirks, population: usize, dims: usize) -> Self {
        let square = (settings.deviation * settings.deviation).clamp(1.0 / MOST_VARIANCE, MOST_VARIANCE);
        let covariance = identity(dims).iter().map(|entry| entry * square).collect();
        let model = Model::new(settings, quirks, population, dims);
        let mut start = Full { model, dims, covariance, root: identity(dims) };
        start.restored();
        start
    }

    /// The factor of `factor C + added I`. Where that is not positive, more is added to its diagonal until it is.
    fn factor(&self, factor: f64, added: f64) -> Vec<f64> {
        let isa = numerics::Isa::detected();
        let mut matrix: Vec<f64> = self.covariance.iter().map(|entry| factor * entry).collect();
        let largest = matrix.iter().step_by(self.dims + 1).fold(0.0f64, |largest, entry| largest.max(*entry));
        let mut more = added;
        let mut least = (largest * 1e-14).max(1e-290);
        for _ in 0..MOST_TRIES {
            matrix.iter_mut().step_by(self.dims + 1).for_each(|entry| *entry += more);
            if let Some(root) = cholesky(isa, &matrix, self.dims) {
                return root;
            }
            (more, least) = (least, least * 10.0);
        }
        // Beyond what can be computed with: each coordinate by itself.
        let scale = largest.clamp(1e-290, MOST_VARIANCE).sqrt();
        identity(self.dims).iter().map(|entry| entry * scale).collect()
    }
}

impl<T: Real> Strategy<T> for Full<T> {
    fn deviations(&self) -> &[T] {
        &self.model.deviations
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        Some(self.model.moved(plan))
    }

    fn more_draws(&self, members: usize, _: usize) -> MoreDraws {
        self.model.more_draws(members)
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let (moved, step) = (self.model.moved(plan), self.model.step_ahead());
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let deviates: Vec<f64> = drawn.deviates.iter().map(|deviate| deviate.wide()).collect();
            let parts = row.iter_mut().zip(mean).zip(self.root.chunks(self.dims));
            for (index, ((x, mean), root)) in parts.enumerate() {
                *x = T::of(mean.wide() + dot(execution.isa, &root[..=index], &deviates[..=index]));
            }
            if moved[drawn.member] {
                row.iter_mut().zip(&step).for_each(|(x, &step)| *x += step);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let dims = self.dims;
        let (rows, better) = self.model.elite(sample, fitness, mean);
        let ratio = better.contains(&true).then(|| {
            let ahead = centre(&rows, dims, |index| better[index]);
            let away: Vec<f64> = ahead.iter().zip(&*mean).map(|(x, mean)| x - mean.wide()).collect();
            let root = self.factor(1.0, 0.0);
            let solved = if self.model.quirks.amalgam_variance_ratio {
                solved_above(&root, away)
            } else {
                solved_below(&root, away)
            };
            solved.iter().fold(0.0f64, |largest, entry| largest.max(entry.abs()))
        });
        self.model.adapt(ratio);
        let centre = self.model.follow(&rows, mean);
        let [_, rate] = self.model.rates;
        let share = rate / self.model.elite as f64;
        let steps: Vec<f64> =
            rows.chunks(dims).flat_map(|row| row.iter().zip(&centre).map(|(x, c)| x - c)).collect();
        let isa = sample.execution.isa;
        let parts = self.covariance.chunks_mut(dims).enumerate();
        sample.execution.threads.for_each(parts, |(row, out)| {
            out.iter_mut().for_each(|entry| *entry *= 1.0 - rate);
            for step in steps.chunks(dims) {
                add(isa, share * step[row], step, out);
            }
            out.iter_mut().for_each(|entry| *entry = entry.clamp(-MOST_VARIANCE, MOST_VARIANCE));
        });
        self.restored();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        self.model.fields(fields);
        fields.wide_vector("covariance", &mut self.covariance);
    }

    fn restored(&mut self) {
        let added = self.model.added;
        self.root = self.factor(self.model.widening(), added * added);
        for (deviation, row) in self.model.deviations.iter_mut().zip(self.root.chunks(self.dims)) {
            let square: f64 = row.iter().map(|entry| entry * entry).sum();
            *deviation = T::of(square.sqrt()).as_deviation();
        }
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// `L^-1 d`
fn solved_below(root: &[f64], mut away: Vec<f64>) -> Vec<f64> {
    let dims = away.len();
    for row in 0..dims {
        let known: f64 = (0..row).map(|column| root[row * dims + column] * away[column]).sum();
        away[row] = (away[row] - known) / root[row * dims + row];
    }
    away
}

/// `L'^-1 d`
fn solved_above(root: &[f64], mut away: Vec<f64>) -> Vec<f64> {
    let dims = away.len();
    for row in (0..dims).rev() {
        let known: f64 = (row + 1..dims).map(|column| root[column * dims + row] * away[column]).sum();
        away[row] = (away[row] - known) / root[row * dims + row];
    }
    away
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_are_solved_by_hand_worked_cases() {
        // L = [2 0; 1 4]: L x = (2, 9) at (1, 2), and L' x = (4, 8) at (1, 2).
        let root = [2.0, 0.0, 1.0, 4.0];
        assert_eq!(solved_below(&root, vec![2.0, 9.0]), [1.0, 2.0]);
        assert_eq!(solved_above(&root, vec![4.0, 8.0]), [1.0, 2.0]);
    }

    #[test]
    fn the_distribution_widens_with_long_steps_and_narrows_after_patience() {
        let settings = IamalgamSettings { patience: 3.0, ..IamalgamSettings::default() };
        let mut model = Model::<f64>::new(settings, Quirks::NONE, 20, 4);
        model.adapt(Some(0.5));
        assert_eq!(model.multiplier, 1.0);
        model.adapt(Some(1.5));
        assert_eq!(model.multiplier, 1.0 / 0.9);
        model.adapt(None);
        assert!((model.multiplier - 1.0).abs() < 4.0 * f64::EPSILON, "back, less a rounding");
        let narrow: Vec<f64> = (0..4)
            .map(|_| {
                model.adapt(None);
                model.multiplier
            })
            .collect();
        assert!(narrow[0] >= 0.9 && narrow[3] < 0.82, "{narrow:?}");
        model.adapt(Some(0.0));
        assert_eq!((model.multiplier, model.stalled), (1.0, 0));
    }
}
