//! The state of a game as numbers, maps and lists: one piece of code of each game reads, writes and names it.
//!
//! A map of yes and no takes a row of a block for each row of its cells: the cell of column x is bit x. All other numbers
//! take a row each. A list has room for [`PLACES`] entries, in order, and the places behind them hold [`NOTHING`].

use numerics::LANES;

use super::{LAST, SIDE};

/// Numbers of a state that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As records call them.
    pub name: &'static str,
    /// Lengths of the axes in records, slowest first; empty for a single number.
    pub shape: Vec<usize>,
    /// Of a map: ten cells, those of the last axis, are the bits of one row of a block.
    pub is_map: bool,
    /// Of a list: an entry for each place, and [`NOTHING`] in all parts of the places behind the last entry.
    pub is_list: bool,
}

/// What a number of a game can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// None where counting down never ends.
    pub least: Option<i32>,
    /// None where counting up never ends.
    pub most: Option<i32>,
    /// Whether parts of one are no number of it.
    pub is_whole: bool,
}

impl Bounds {
    /// Whole numbers from one to another.
    pub(super) const fn of(least: i32, most: i32) -> Bounds {
        Bounds { least: Some(least), most: Some(most), is_whole: true }
    }

    /// Whole numbers up to this.
    pub(super) const fn up_to(most: i32) -> Bounds {
        Bounds { least: None, most: Some(most), is_whole: true }
    }

    /// A column or a row of the cells.
    pub(super) const CELL: Bounds = Bounds::of(0, LAST);

    /// A yes or no.
    pub(super) const TRUTH: Bounds = Bounds::of(0, 1);

    /// What is counted up from 0.
    pub(super) const COUNT: Bounds = Bounds { least: Some(0), most: None, is_whole: true };

    /// Whether a number is one of these.
    pub fn has(&self, number: f64) -> bool {
        self.least.is_none_or(|least| number >= least.into())
            && self.most.is_none_or(|most| number <= most.into())
            && !(self.is_whole && number.fract() != 0.0)
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_whole { "a whole number" } else { "a number" };
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "{kind} from {least} to {most}"),
            (Some(least), None) => write!(f, "{kind} of at least {least}"),
            (None, Some(most)) => write!(f, "{kind} of at most {most}"),
            (None, None) => f.write_str(kind),
        }
    }
}

impl Field {
    /// Rows of a block that it takes.
    pub fn rows(&self) -> usize {
        let numbers = self.shape.iter().product::<usize>();
        if self.is_map { numbers / SIDE } else { numbers }
    }
}

/// Ten by ten cells of yes and no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Map(pub(super) [u16; SIDE]);

impl Map {
    /// A row with nothing empty.
    pub(super) const FULL_ROW: u16 = (1 << SIDE) - 1;

    /// Full rows `rows`, from one column to another.
    pub(super) fn of(rows: std::ops::Range<usize>, columns: std::ops::RangeInclusive<usize>) -> Map {
        let row = columns.fold(0, |row, column| row | 1 << column);
        let mut map = Map::default();
        map.0[rows].fill(row);
        map
    }

    /// Where a cell is, if there is one.
    fn place(y: i32, x: i32) -> Option<(usize, u16)> {
        let is_inside = (0..=LAST).contains(&y) && (0..=LAST).contains(&x);
        is_inside.then(|| (y as usize, 1 << x))
    }

    pub(super) fn has(&self, y: i32, x: i32) -> bool {
        Map::place(y, x).is_some_and(|(row, bit)| self.0[row] & bit != 0)
    }

    pub(super) fn put(&mut self, y: i32, x: i32) {
        if let Some((row, bit)) = Map::place(y, x) {
            self.0[row] |= bit;
        }
    }

    pub(super) fn take(&mut self, y: i32, x: i32) {
        if let Some((row, bit)) = Map::place(y, x) {
            self.0[row] &= !bit;
        }
    }

    pub(super) fn count(&self) -> i32 {
        self.0.iter().map(|row| row.count_ones() as i32).sum()
    }

    /// The cells that hold something, as row and column.
    pub(super) fn cells(&self) -> impl Iterator<Item = (i32, i32)> {
        let all = (0..=LAST).flat_map(|y| (0..=LAST).map(move |x| (y, x)));
        all.filter(|&(y, x)| self.has(y, x))
    }
}

/// Room of a list. Seaquest needs 32 at most: an enemy a step, and 30 steps to cross the cells.
pub(super) const PLACES: usize = 40;

/// In every part of a place without an entry, as in records.
pub const NOTHING: i32 = -99;

/// Things that come and go, in the order in which they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<const PARTS: usize> {
    places: [[i32; PARTS]; PLACES],
    length: usize,
}

impl<const PARTS: usize> Default for List<PARTS> {
    fn default() -> List<PARTS> {
        List { places: [[NOTHING; PARTS]; PLACES], length: 0 }
    }
}

impl<const PARTS: usize> List<PARTS> {
    pub(super) fn entries(&self) -> &[[i32; PARTS]] {
        &self.places[..self.length]
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&mut self, at: usize) -> &mut [i32; PARTS] {
        &mut self.places[..self.length][at]
    }

    /// One more at the end, if there is room.
    pub(super) fn push(&mut self, entry: [i32; PARTS]) {
        if self.length < PLACES {
            self.places[self.length] = entry;
            self.length += 1;
        }
    }

    /// Those behind it close up.
    pub(super) fn remove(&mut self, at: usize) {
        self.places.copy_within(at + 1..self.length, at);
        self.length -= 1;
    }

    /// The first in a cell.
    pub(super) fn first_in(&self, x: i32, y: i32) -> Option<usize> {
        self.entries().iter().position(|entry| entry[0] == x && entry[1] == y)
    }

    /// Removes the first entry that equals the one at a place; where that one is afterwards, if it was another.
    pub(super) fn remove_equal(&mut self, at: usize) -> Option<usize> {
        let entry = self.places[at];
        let first = self.entries().iter().position(|other| *other == entry).unwrap_or(at);
        self.remove(first);
        (first < at).then(|| at - 1)
    }
}

/// Whoever goes through a state.
pub(super) trait Visitor {
    /// Numbers of a shape.
    fn numbers<'a>(
        &mut self,
        name: &'static str,
        shape: &[usize],
        numbers: impl IntoIterator<Item = &'a mut i32>,
    );

    fn map(&mut self, name: &'static str, map: &mut Map);

    fn list<const PARTS: usize>(&mut self, name: &'static str, list: &mut List<PARTS>);

    fn number(&mut self, name: &'static str, number: &mut i32) {
        self.numbers(name, &[], [number]);
    }

    fn truth(&mut self, name: &'static str, truth: &mut bool) {
        let mut number = i32::from(*truth);
        self.number(name, &mut number);
        *truth = number != 0;
    }

    fn table<const COLUMNS: usize>(&mut self, name: &'static str, table: &mut [[i32; COLUMNS]]) {
        let shape = [table.len(), COLUMNS];
        self.numbers(name, &shape, table.as_flattened_mut());
    }
}

/// Lists the fields.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<Field>);

impl Visitor for Names {
    fn numbers<'a>(&mut self, name: &'static str, shape: &[usize], _: impl IntoIterator<Item = &'a mut i32>) {
        self.0.push(Field { name, shape: shape.to_vec(), is_map: false, is_list: false });
    }

    fn map(&mut self, name: &'static str, _: &mut Map) {
        self.0.push(Field { name, shape: vec![SIDE, SIDE], is_map: true, is_list: false });
    }

    fn list<const PARTS: usize>(&mut self, name: &'static str, _: &mut List<PARTS>) {
        self.0.push(Field { name, shape: vec![PLACES, PARTS], is_map: false, is_list: true });
    }
}

/// Whole numbers beyond this are not all numbers of a block.
const LARGEST: f32 = 16_777_216.0;

/// A number of a block: whole, and small enough to be counted up and down.
fn whole(number: f32) -> i32 {
    number.clamp(-LARGEST, LARGEST) as i32
}

/// Reads a lane.
pub(super) struct Reader<'a> {
    block: &'a [f32],
    /// Of the next number.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(block: &'a [f32], lane: usize) -> Reader<'a> {
        Reader { block, at: lane }
    }

    fn next(&mut self) -> i32 {
        let number = whole(self.block[self.at]);
        self.at += LANES;
        number
    }
}

impl Visitor for Reader<'_> {
    fn numbers<'a>(&mut self, _: &'static str, _: &[usize], numbers: impl IntoIterator<Item = &'a mut i32>) {
        numbers.into_iter().for_each(|number| *number = self.next());
    }

    fn map(&mut self, _: &'static str, map: &mut Map) {
        map.0.iter_mut().for_each(|row| *row = self.next() as u16 & Map::FULL_ROW);
    }

    fn list<const PARTS: usize>(&mut self, _: &'static str, list: &mut List<PARTS>) {
        let end = self.at + PLACES * PARTS * LANES;
        *list = List::default();
        // the places behind the last entry need not be read
        while self.at < end && whole(self.block[self.at]) != NOTHING {
            let mut entry = [0; PARTS];
            entry.iter_mut().for_each(|part| *part = self.next());
            list.push(entry);
        }
        self.at = end;
    }
}

/// Writes a lane.
pub(super) struct Writer<'a> {
    block: &'a mut [f32],
    /// Of the next number.
    at: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(block: &'a mut [f32], lane: usize) -> Writer<'a> {
        Writer { block, at: lane }
    }

    fn next(&mut self, number: i32) {
        self.block[self.at] = number as f32;
        self.at += LANES;
    }
}

impl Visitor for Writer<'_> {
    fn numbers<'a>(&mut self, _: &'static str, _: &[usize], numbers: impl IntoIterator<Item = &'a mut i32>) {
        numbers.into_iter().for_each(|number| self.next(*number));
    }

    fn map(&mut self, _: &'static str, map: &mut Map) {
        map.0.into_iter().for_each(|row| self.next(row.into()));
    }

    fn list<const PARTS: usize>(&mut self, _: &'static str, list: &mut List<PARTS>) {
        let end = self.at + PLACES * PARTS * LANES;
        list.entries().as_flattened().iter().for_each(|&part| self.next(part));
        // behind the entries that were here before there is nothing already
        while self.at < end && whole(self.block[self.at]) != NOTHING {
            (0..PARTS).for_each(|_| self.next(NOTHING));
        }
        self.at = end;
    }
}
