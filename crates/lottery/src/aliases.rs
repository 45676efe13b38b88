//! A departure of the published code: biases that start at zero are not searched, and are read from other coordinates.
//!
//! The published code searches the entries of the masked start that are not zero, and writes them back by counting where
//! the mask is one. The last layer's biases start at zero, so they are missing from what is searched and not from what
//! is written back. Each tensor's slice is read from where its entries *would* begin, clamped at the end of what there
//! is:
//!
//! ```text
//!   searched   | Conv_0 | Conv_1 |      Dense_0/kernel         |            in flax's order, without the zeros
//!   read back  | Conv_0 | Conv_1 | bias ...                    |            the ten biases: the kernel's first ten
//!                                |      Dense_0/kernel         |            clamped: the kernel as it is
//! ```
//!
//! So the ten biases of the paper's network are the first ten weights that survive in its last kernel, and `D` is 11,264,
//! not 11,274. [`Aliases`] does the same for any network and mask: for each free coordinate it says which searched one is
//! read. It stands between a search and a trial.

use networks::{Architecture, MaskedNetwork, Normaliser, order};
use tasks::{Lost, Trial};
use threads::Threads;

use sparse_kernels::compile::Summary;

/// Which searched coordinate each free coordinate is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliases {
    source: Box<[u32]>,
    searched: usize,
}

impl Aliases {
    /// Of a network that starts at `start`: a number for each free coordinate. None where nothing starts at zero, or
    /// everything does.
    ///
    /// # Panics
    ///
    /// If there is not one number a free coordinate.
    pub fn of(architecture: &Architecture, network: &MaskedNetwork, start: &[f32]) -> Option<Aliases> {
        assert_eq!(start.len(), network.dims(), "one number a free coordinate");
        let mut place = vec![None; network.parameters()];
        for (free, &coordinate) in network.free().iter().enumerate() {
            place[coordinate as usize] = Some(free as u32);
        }
        let order = order::flax(architecture);
        let tensors: Vec<Vec<u32>> = order::flax_tensors(architecture)
            .iter()
            .map(|tensor| {
                let coordinates = &order[tensor.range.clone()];
                coordinates.iter().filter_map(|&coordinate| place[coordinate as usize]).collect()
            })
            .collect();
        let searched: Vec<u32> =
            tensors.iter().flatten().copied().filter(|&free| start[free as usize] != 0.0).collect();
        if searched.len() == start.len() || searched.is_empty() {
            return None;
        }
        // the search keeps our order of coordinates, so that each keeps its own noise
        let mut rank = vec![0; start.len()];
        let mut ascending = searched.clone();
        ascending.sort_unstable();
        for (index, &free) in ascending.iter().enumerate() {
            rank[free as usize] = index as u32;
        }
        let mut source = vec![0; start.len()];
        let mut offset = 0;
        for tensor in &tensors {
            let first = offset.min(searched.len().saturating_sub(tensor.len()));
            for (index, &free) in tensor.iter().enumerate() {
                source[free as usize] = rank[searched[(first + index).min(searched.len() - 1)] as usize];
            }
            offset += tensor.len();
        }
        Some(Aliases { source: source.into(), searched: searched.len() })
    }

    /// How many coordinates are searched.
    pub fn searched(&self) -> usize {
        self.searched
    }

    /// A value for each free coordinate, from one for each searched coordinate.
    ///
    /// # Panics
    ///
    /// If there is not one value a searched coordinate.
    pub fn expand(&self, searched: &[f32]) -> Vec<f32> {
        assert_eq!(searched.len(), self.searched, "one value a searched coordinate");
        self.source.iter().map(|&source| searched[source as usize]).collect()
    }

    /// What the search starts at.
    ///
    /// # Panics
    ///
    /// If there is not one number a free coordinate.
    pub fn reduce(start: &[f32]) -> Vec<f32> {
        start.iter().copied().filter(|&value| value != 0.0).collect()
    }
}

/// A trial whose members are searched coordinates.
pub(crate) struct Aliased<'a> {
    pub(crate) trial: Box<dyn Trial + 'a>,
    pub(crate) aliases: Aliases,
    pub(crate) members: Vec<f32>,
}

impl Trial for Aliased<'_> {
    fn prepare(&mut self, threads: Threads<'_>, generation: u64) {
        self.trial.prepare(threads, generation);
    }

    fn fitness(&mut self, threads: Threads<'_>, members: &[f32], fitness: &mut [f64]) {
        self.members.clear();
        for member in members.chunks_exact(self.aliases.searched) {
            self.members.extend(self.aliases.source.iter().map(|&source| member[source as usize]));
        }
        self.trial.fitness(threads, &self.members, fitness);
    }

    fn learn(&mut self) {
        self.trial.learn();
    }

    fn normaliser(&self) -> Option<&Normaliser> {
        self.trial.normaliser()
    }

    fn restore(&mut self, normaliser: &Normaliser) {
        self.trial.restore(normaliser);
    }

    fn test(&mut self, threads: Threads<'_>, member: &[f32]) -> f64 {
        self.trial.test(threads, &self.aliases.expand(member))
    }

    fn lost(&self) -> Lost {
        self.trial.lost()
    }

    fn compiled(&self) -> Option<Summary> {
        self.trial.compiled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use networks::{Mask, Preset};
    use numerics::random::Stream;

    fn cnn(kept: usize) -> (Preset, MaskedNetwork, Vec<f32>) {
        let preset = Preset::named("cnn", "1x28x28".parse().unwrap(), 10).unwrap();
        let mask = Mask::random(preset.architecture.prunable(), kept, Stream::new(3, "mask"));
        let network = MaskedNetwork::new(&preset.architecture, &mask).unwrap();
        let start = network.gather(&preset.start.draw(&preset.architecture, Stream::new(3, "start")));
        (preset, network, start)
    }

    #[test]
    fn the_dense_network_has_ten_coordinates_less_and_its_biases_are_its_first_output_weights() {
        let (preset, network, start) = cnn(11_240);
        let aliases = Aliases::of(&preset.architecture, &network, &start).unwrap();
        assert_eq!(aliases.searched(), 11_264);
        let searched: Vec<f32> = (0..11_264).map(|index| index as f32).collect();
        let flat = network.scatter(&aliases.expand(&searched));
        // here the last layer is [output][input], and its biases are last
        for output in 0..10 {
            assert_eq!(flat[11_264 + output], flat[3424 + 784 * output], "output {output}");
        }
        // all else is itself
        assert_eq!(flat[..11_264], searched[..]);
        assert_eq!(Aliases::reduce(&start).len(), 11_264);
    }

    #[test]
    fn where_few_output_weights_survive_the_biases_reach_into_the_layer_before() {
        let (preset, network, start) = cnn(11_240);
        // the whole second convolution and three weights of the last layer
        let mask = Mask::from_kept(11_240, (200..3400).chain([3400, 3401, 5000]));
        let sparse = MaskedNetwork::new(&preset.architecture, &mask).unwrap();
        let start = sparse.gather(&network.scatter(&start));
        let aliases = Aliases::of(&preset.architecture, &sparse, &start).unwrap();
        let searched: Vec<f32> = (0..aliases.searched()).map(|index| index as f32 + 1.0).collect();
        let flat = sparse.scatter(&aliases.expand(&searched));
        let biases: Vec<f32> = flat[11_264..].to_vec();
        let kernel: Vec<f32> = [3400, 3401, 5000].iter().map(|&at: &usize| flat[at + 24]).collect();
        assert!(biases[7..].iter().all(|bias| kernel.contains(bias)), "{biases:?} {kernel:?}");
        assert!(biases[..7].iter().all(|bias| flat[208..3408].contains(bias)), "{biases:?}");
    }

    #[test]
    fn nothing_is_aliased_where_nothing_starts_at_zero() {
        let preset = Preset::named("policy-8-8", "4".parse().unwrap(), 2).unwrap();
        let mask = Mask::full(preset.architecture.prunable());
        let network = MaskedNetwork::new(&preset.architecture, &mask).unwrap();
        let start = vec![0.5; network.dims()];
        assert_eq!(Aliases::of(&preset.architecture, &network, &start), None);
    }
}
