//! Which units of a network matter.

use super::Mode;
use crate::network::{Layer, Network};

/// What becomes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing that reaches an output reads it: it is dropped.
    Unread,
    /// It has the same value whatever the input, and becomes part of what its readers begin with.
    Folded,
    /// It has the same value whatever the input, but stays, as a unit without entries.
    Constant,
    /// It depends on the input.
    Live,
}

/// Columns of a layer's pattern that belong to one unit of the layer before: places of the kernel where a convolution
/// reads a channel, pixels where a dense layer does, else one.
pub(super) fn unit_columns(network: &Network, layer: usize) -> usize {
    match &network.layers()[layer] {
        Layer::Convolution(layer) => layer.window().kernel.0 * layer.window().kernel.1,
        Layer::Dense(_) => match layer.checked_sub(1).map(|before| &network.layers()[before]) {
            Some(Layer::Convolution(before)) => before.output().pixels(),
            _ => 1,
        },
    }
}

/// The fate of every unit, layer by layer.
pub(super) fn of_units(network: &Network, mode: Mode) -> Box<[Box<[Fate]>]> {
    let layers = network.layers();
    let mut fates: Box<[Box<[Fate]>]> =
        layers.iter().map(|layer| vec![Fate::Folded; layer.pattern().rows()].into()).collect();
    mark_live(network, &mut fates);
    mark_unread(network, &mut fates);
    let outputs = &mut fates[layers.len() - 1];
    outputs.iter_mut().filter(|fate| **fate == Fate::Folded).for_each(|fate| *fate = Fate::Constant);
    if mode == Mode::Strict {
        // Each turn keeps at least one more unit, so this ends.
        while keep_out_of_order(network, &mut fates) {}
    }
    fates
}

/// From the inputs onwards: a unit is live if it reads an input or a live unit.
fn mark_live(network: &Network, fates: &mut [Box<[Fate]>]) {
    for (number, layer) in network.layers().iter().enumerate() {
        let columns = unit_columns(network, number);
        let (before, here) = fates.split_at_mut(number);
        let before = before.last();
        for (row, fate) in here[0].iter_mut().enumerate() {
            let is_live =
                |column: u32| before.is_none_or(|before| before[column as usize / columns] == Fate::Live);
            if layer.pattern().row(row).iter().any(|&column| is_live(column)) {
                *fate = Fate::Live;
            }
        }
    }
}

/// From the outputs backwards: a unit is read if an output, or a unit that is read, reads it.
fn mark_unread(network: &Network, fates: &mut [Box<[Fate]>]) {
    for number in (1..network.layers().len()).rev() {
        let (columns, pattern) = (unit_columns(network, number), network.layers()[number].pattern());
        let (before, here) = fates.split_at_mut(number);
        let before = &mut before[number - 1];
        let mut read = vec![false; before.len()];
        for row in (0..pattern.rows()).filter(|&row| here[0][row] != Fate::Unread) {
            pattern.row(row).iter().for_each(|&column| read[column as usize / columns] = true);
        }
        for (fate, _) in before.iter_mut().zip(read).filter(|(_, read)| !read) {
            *fate = Fate::Unread;
        }
    }
}

/// Keeps constant units whose folding would change the order of a sum: those that a live unit reads after one that
/// stays. Whether there were any.
fn keep_out_of_order(network: &Network, fates: &mut [Box<[Fate]>]) -> bool {
    let mut changed = false;
    for number in 1..network.layers().len() {
        let (columns, pattern) = (unit_columns(network, number), network.layers()[number].pattern());
        let (before, here) = fates.split_at_mut(number);
        let before = &mut before[number - 1];
        for row in (0..pattern.rows()).filter(|&row| here[0][row] == Fate::Live) {
            let mut stays = false;
            for &column in pattern.row(row) {
                let fate = &mut before[column as usize / columns];
                if *fate == Fate::Folded && stays {
                    *fate = Fate::Constant;
                    changed = true;
                }
                stays |= *fate != Fate::Folded;
            }
        }
    }
    changed
}
