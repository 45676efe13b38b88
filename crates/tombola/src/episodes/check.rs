//! Whether the numbers of a run are some that its task can have: the first that is not is named.

use tasks::control::{Bounds, NOTHING};

use super::plan::{Plan, Time};
use super::world::Part;
use super::{Episodes, EpisodesError, Held, Precision};

const RECORD_AGAIN: &str = "record that step again, or leave it out of all arrays";
const DOUBLE: &str = "replay with --precision f64, or leave that step out of all arrays";

/// How far the squares of a rotation may be from 1: a hundred thousand times the rounding of single precision.
const STRETCH: f64 = 0.01;

/// The index of a number along each axis.
pub(super) fn index_of(shape: &[usize], mut flat: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (place, &length) in index.iter_mut().zip(shape).rev() {
        *place = flat % length.max(1);
        flat /= length.max(1);
    }
    index
}

impl Held {
    fn wrong(&self, flat: usize, expected: impl Into<String>, cure: &'static str) -> EpisodesError {
        EpisodesError::Number {
            name: self.name.clone(),
            index: index_of(&self.shape, flat),
            found: self.at(flat),
            expected: expected.into(),
            cure,
        }
    }

    /// Finite numbers, and such as are no larger than this.
    fn check_size(&self, most: f64) -> Result<(), EpisodesError> {
        for flat in 0..self.len() {
            let number = self.at(flat);
            if !number.is_finite() {
                return Err(self.wrong(flat, "a finite number", RECORD_AGAIN));
            }
            if number.abs() > most {
                let expected = format!("a number of single precision, up to {most:.1e} in size");
                return Err(self.wrong(flat, expected, DOUBLE));
            }
        }
        Ok(())
    }

    /// Numbers in the bounds of their columns.
    fn check_bounds(&self, bounds: &[Bounds]) -> Result<(), EpisodesError> {
        for flat in 0..self.len() {
            let bounds = bounds[flat % bounds.len()];
            if !bounds.has(self.at(flat)) {
                return Err(self.wrong(flat, bounds.to_string(), RECORD_AGAIN));
            }
        }
        Ok(())
    }

    /// Entries in the bounds of their columns, and behind the last of them nothing.
    fn check_list(&self, places: usize, bounds: &[Bounds]) -> Result<(), EpisodesError> {
        let (columns, nothing) = (bounds.len(), f64::from(NOTHING));
        for list in 0..self.len() / (places * columns) {
            let mut has_ended = false;
            for place in 0..places {
                let first = (list * places + place) * columns;
                has_ended |= self.at(first) == nothing;
                for (column, bounds) in bounds.iter().enumerate() {
                    let number = self.at(first + column);
                    if has_ended && number != nothing {
                        let expected = format!("{NOTHING}, as an entry before it is none");
                        return Err(self.wrong(first + column, expected, RECORD_AGAIN));
                    }
                    if !has_ended && !bounds.has(number) {
                        return Err(self.wrong(first + column, bounds.to_string(), RECORD_AGAIN));
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows in which each place is there once.
    fn check_order(&self, width: usize) -> Result<(), EpisodesError> {
        for row in 0..self.len() / width {
            let mut seen = vec![false; width];
            for column in 0..width {
                let flat = row * width + column;
                let is_new =
                    seen.get_mut(self.at(flat) as usize).is_some_and(|seen| !std::mem::replace(seen, true));
                if !is_new {
                    return Err(self.wrong(flat, format!("each of 0 to {} once", width - 1), RECORD_AGAIN));
                }
            }
        }
        Ok(())
    }

    /// Rotations: four numbers whose squares add up to 1.
    fn check_rotations(&self) -> Result<(), EpisodesError> {
        for first in (0..self.len()).step_by(4) {
            let square: f64 = (first..first + 4).map(|flat| self.at(flat) * self.at(flat)).sum();
            if (square - 1.0).abs() > STRETCH {
                let expected = format!(
                    "a rotation, four numbers whose squares add up to 1, and here they add up to {square:.3}"
                );
                return Err(self.wrong(first, expected, RECORD_AGAIN));
            }
        }
        Ok(())
    }
}

impl Episodes {
    /// Whether every number of a run can be one.
    pub(super) fn check(&self, plan: &Plan, precision: Precision) -> Result<(), EpisodesError> {
        let most = if precision == Precision::Single { f32::MAX.into() } else { f64::INFINITY };
        let actions = &self.arrays[plan.actions];
        actions.check_size(most)?;
        if let Some(count) = self.choices() {
            actions.check_bounds(&[Bounds {
                least: Some(0),
                most: Some(count as i32 - 1),
                is_whole: true,
            }])?;
        }
        for source in &plan.sources {
            let part = &self.world.parts[source.part];
            for array in source.start.into_iter().chain(source.each) {
                self.check_part(part, &self.arrays[array], most)?;
            }
        }
        for (&(array, width), (name, _)) in plan.draws.iter().zip(self.world.task.drawn()) {
            let array = &self.arrays[array];
            array.check_size(most)?;
            self.check_named(name, array)?;
            if name.ends_with("_order") {
                array.check_order(width)?;
            }
        }
        for (name, array) in [("num_draws", plan.counts), ("first_step_of_episode", plan.firsts)] {
            let Some(array) = array.map(|array| &self.arrays[array]) else { continue };
            array.check_size(f64::INFINITY)?;
            self.check_named(name, array)?;
        }
        if let Time::Recorded(array) = plan.time {
            self.arrays[array].check_size(f64::INFINITY)?;
            let count = Bounds { least: Some(0), most: None, is_whole: true };
            self.arrays[array].check_bounds(&[count])?;
        }
        let mut compared = plan.first_sight.iter().chain(&plan.compared);
        compared.try_for_each(|compared| self.arrays[compared.array].check_size(f64::INFINITY))
    }

    fn check_part(&self, part: &Part, array: &Held, most: f64) -> Result<(), EpisodesError> {
        array.check_size(most)?;
        if part.turns {
            array.check_rotations()?;
        }
        if part.is_list {
            return array.check_list(part.shape[0], self.world.task.bounds(part.name));
        }
        self.check_named(part.name, array)
    }

    fn check_named(&self, name: &str, array: &Held) -> Result<(), EpisodesError> {
        let bounds = self.world.task.bounds(name);
        if bounds.is_empty() { Ok(()) } else { array.check_bounds(bounds) }
    }
}
