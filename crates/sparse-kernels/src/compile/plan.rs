//! From fates to the compiled network and the recipe for its parameters.

use std::ops::Range;

use super::fate::{Fate, unit_columns};
use super::{CompiledNetwork, Summary};
use crate::Pattern;
use crate::network::{Convolution, Dense, Image, Layer, Network, NetworkError};

/// How the compiled parameters of one layer come about. Parameters are counted over the whole network.
#[derive(Clone, Debug)]
pub(super) struct LayerPlan {
    /// For each compiled entry, the parameter as given that is its value.
    pub(super) kept: Box<[usize]>,
    /// Where the values of the compiled entries begin.
    pub(super) values: usize,
    /// Units that are kept, and constants that are needed.
    pub(super) rows: Box<[Row]>,
    /// What is folded into the units, one after the other.
    terms: Box<[Term]>,
}

/// What the sums of one unit begin with, or are.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What they begin with as given.
    pub(super) bias: Range<usize>,
    /// Among the layer's terms.
    terms: Range<usize>,
    /// Among the compiled parameters, if the unit is kept.
    pub(super) initial: Option<Range<usize>>,
    /// If the unit is constant and read.
    pub(super) constant: Option<Constant>,
    /// One for all pixels, or one for each.
    pub(super) sums: usize,
}

/// The value of a constant unit: where it begins among all constants, and how many there are. A number stands for a
/// plane whose pixels are alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constant {
    pub(super) start: usize,
    pub(super) len: usize,
}

/// `value * constant`
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// The parameter as given.
    pub(super) value: usize,
    pub(super) constant: Constant,
    /// Which of the columns that belong to the unit: a place of the kernel, a pixel, or 0.
    pub(super) place: usize,
}

impl LayerPlan {
    pub(super) fn terms(&self, row: &Row) -> &[Term] {
        &self.terms[row.terms.clone()]
    }

    /// Calls `visit` with all parameters as given that are used.
    pub(super) fn for_each_parameter(&self, mut visit: impl FnMut(Range<usize>)) {
        let values = self.kept.iter().copied().chain(self.terms.iter().map(|term| term.value));
        values.for_each(|value| visit(value..value + 1));
        self.rows.iter().for_each(|row| visit(row.bias.clone()));
    }
}

/// A unit as its readers see it. One that was dropped is neither.
#[derive(Clone, Copy)]
struct Source {
    /// Its number among the units that stay.
    kept: Option<usize>,
    constant: Option<Constant>,
}

pub(super) fn compile(network: &Network, fates: &[Box<[Fate]>]) -> Result<CompiledNetwork, NetworkError> {
    let first = network.layers()[0].pattern().columns() / unit_columns(network, 0);
    let mut sources: Vec<Source> =
        (0..first).map(|unit| Source { kept: Some(unit), constant: None }).collect();
    let (mut layers, mut plans, mut constants, mut largest) = (Vec::new(), Vec::new(), 0, 0);
    for (number, fates) in fates.iter().enumerate() {
        let mut builder = Builder::new(network, number, &sources, &mut constants);
        for (row, &fate) in fates.iter().enumerate() {
            builder.row(row, fate);
        }
        let (layer, plan, units) = builder.finish()?;
        largest = plan.rows.iter().map(|row| row.sums).fold(largest, usize::max);
        layers.push(layer);
        plans.push(plan);
        sources = units;
    }

    let compiled = Network::new(layers)?;
    for (number, plan) in plans.iter_mut().enumerate() {
        let begin = compiled.range(number).start;
        plan.values = begin;
        for initial in plan.rows.iter_mut().filter_map(|row| row.initial.as_mut()) {
            *initial = initial.start + begin..initial.end + begin;
        }
    }
    let summaries = (0..plans.len()).map(|number| summary(network, &compiled, number, &fates[number]));
    Ok(CompiledNetwork {
        summaries: summaries.collect(),
        given: network.clone(),
        network: compiled,
        plans: plans.into(),
        constants,
        scratch: constants + largest,
    })
}

fn summary(given: &Network, compiled: &Network, layer: usize, fates: &[Fate]) -> Summary {
    let count = |which| fates.iter().filter(|&&fate| fate == which).count();
    let pattern = given.layers()[layer].pattern();
    Summary {
        units: fates.len(),
        dropped: count(Fate::Unread),
        folded: count(Fate::Folded),
        constant: count(Fate::Constant),
        places: pattern.rows().saturating_mul(pattern.columns()),
        nnz: pattern.nnz(),
        effective_nnz: compiled.layers()[layer].pattern().nnz(),
    }
}

/// One layer in the making.
struct Builder<'a> {
    layer: &'a Layer,
    /// Where its parameters begin.
    begin: usize,
    /// Columns a unit of the layer before.
    columns: usize,
    sources: &'a [Source],
    /// How many constants there are so far, over all layers.
    constants: &'a mut usize,
    starts: Vec<u32>,
    indices: Vec<u32>,
    planes: Vec<bool>,
    kept: Vec<usize>,
    rows: Vec<Row>,
    terms: Vec<Term>,
    units: Vec<Source>,
}

impl<'a> Builder<'a> {
    fn new(
        network: &'a Network,
        number: usize,
        sources: &'a [Source],
        constants: &'a mut usize,
    ) -> Builder<'a> {
        Builder {
            layer: &network.layers()[number],
            begin: network.range(number).start,
            columns: unit_columns(network, number),
            sources,
            constants,
            starts: vec![0],
            indices: Vec::new(),
            planes: Vec::new(),
            kept: Vec::new(),
            rows: Vec::new(),
            terms: Vec::new(),
            units: Vec::new(),
        }
    }

    fn row(&mut self, row: usize, fate: Fate) {
        let mut unit = Source { kept: None, constant: None };
        if fate != Fate::Unread {
            let (layer, first_term) = (self.layer, self.terms.len());
            for entry in layer.pattern().row_range(row) {
                self.entry(entry, fate);
            }
            let bias = layer.initial(row);
            let bias = self.begin + bias.start..self.begin + bias.end;
            let terms = first_term..self.terms.len();
            let sums = match layer {
                Layer::Convolution(layer) if self.has_plane(layer, &bias, &terms) => layer.sums().pixels(),
                _ => 1,
            };
            if fate != Fate::Live {
                unit.constant = Some(self.constant(sums > 1));
            }
            if fate != Fate::Folded {
                unit.kept = Some(self.planes.len());
                self.planes.push(sums > 1);
                self.starts.push(self.indices.len() as u32);
            }
            // The place among the layer's parameters is known when all entries are.
            let initial = unit.kept.map(|_| 0..0);
            self.rows.push(Row { bias, terms, initial, constant: unit.constant, sums });
        }
        self.units.push(unit);
    }

    /// Keeps or folds an entry of a unit with this fate.
    fn entry(&mut self, entry: usize, fate: Fate) {
        let column = self.layer.pattern().indices()[entry] as usize;
        let (source, place) = (self.sources[column / self.columns], column % self.columns);
        let value = self.begin + entry;
        match (source.kept, source.constant) {
            (Some(unit), _) if fate == Fate::Live => {
                self.indices.push((unit * self.columns + place) as u32);
                self.kept.push(value);
            }
            (_, Some(constant)) => self.terms.push(Term { value, constant, place }),
            _ => unreachable!(
                "what a unit that matters reads, matters; what a constant unit reads is constant"
            ),
        }
    }

    /// Whether the pixels of a channel begin differently.
    fn has_plane(&self, layer: &Convolution, bias: &Range<usize>, terms: &Range<usize>) -> bool {
        let differs = |term: &Term| term.constant.len > 1 || layer.sees_padding(term.place);
        bias.len() > 1 || self.terms[terms.clone()].iter().any(differs)
    }

    /// Room for the value of a constant unit.
    fn constant(&mut self, plane: bool) -> Constant {
        let len = match self.layer {
            Layer::Convolution(layer) if plane => layer.output().pixels(),
            _ => 1,
        };
        *self.constants += len;
        Constant { start: *self.constants - len, len }
    }

    fn finish(mut self) -> Result<(Layer, LayerPlan, Vec<Source>), NetworkError> {
        let (units, nnz) = (self.planes.len(), self.indices.len());
        let columns = self.columns * self.sources.iter().filter(|source| source.kept.is_some()).count();
        let pattern = Pattern::from_csr(units, columns, &self.starts, &self.indices)
            .expect("entries that are left stay in order");
        let layer = match self.layer {
            Layer::Dense(layer) => Layer::Dense(Dense::new(pattern, layer.activation())),
            Layer::Convolution(layer) => {
                let input = Image { channels: columns / self.columns, ..layer.input() };
                let smaller = Convolution::new(pattern, input, layer.window(), layer.activation())?;
                Layer::Convolution(smaller.with_planes(&self.planes)?)
            }
        };
        let kept_rows = self.rows.iter_mut().filter_map(|row| row.initial.as_mut());
        for (row, initial) in kept_rows.enumerate() {
            *initial = layer.initial(row);
        }
        debug_assert_eq!(nnz, self.kept.len());
        let plan =
            LayerPlan { kept: self.kept.into(), values: 0, rows: self.rows.into(), terms: self.terms.into() };
        Ok((layer, plan, self.units))
    }
}
