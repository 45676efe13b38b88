//! Tickets: the file that training leaves. A network, a mask, where training began, and where it ended.
//!
//! A ticket is a [safetensors] file, so Python reads it in one line
//! (`safetensors.numpy.load_file("ticket.safetensors")`). Its arrays hold the free coordinates only; with the weights that
//! the mask removed goes their cost, and a ticket of 162 weights has 4 kB:
//!
//! | array | type | holds |
//! |---|---|---|
//! | `indices` | `I32 [n]` | the free coordinates, ascending: places in the flat vector of [`architecture`](crate::architecture) |
//! | `start` | `F32 [n]` | where training began |
//! | `mean` | `F32 [n]` | where it ended: the trained network |
//! | `deviation` | `F32 [n]`, optional | of each coordinate, in the search's last distribution |
//! | `normaliser.count` | `F64 []`, optional | observations that the normaliser has seen |
//! | `normaliser.mean` | `F64 [m]`, optional | their mean |
//! | `normaliser.squares` | `F64 [m]`, optional | the sum of their squared distances from it |
//!
//! | text | holds |
//! |---|---|
//! | `format` | `tombola ticket` |
//! | `version` | `1` |
//! | `network` | the architecture, as text |
//! | `preset` | its name, where it has one |
//! | `task` | what it was trained for |
//! | `checksum` | of everything else, see below |
//! | `provenance.*` | how it came about: any keys |
//!
//! The dense network in Python: `flat = numpy.zeros(n); flat[t["indices"]] = t["mean"]`; `tombola export` writes it as
//! named tensors.
//!
//! **Checksum.** Sixteen hexadecimal digits: FNV-1a of 64 bits over the sorted texts (without the checksum), then the
//! arrays sorted by name; each key, text, name, type, axis and content preceded by its length in eight bytes. It does not
//! depend on how the header is written, so other programs may rewrite a ticket, as long as they change nothing.
//!
//! **Versions.** A version is added when an older program would misread a file; a program reads all versions up to its
//! own, and says so of newer ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Mask;
use crate::architecture::Architecture;
use crate::masked::MaskedNetwork;
use crate::safetensors::{self, File, Owned};

mod checksum;
mod decode;
mod error;

pub use error::TicketError;

/// The text of `format`.
const FORMAT: &str = "tombola ticket";

/// The newest version that is read, and the one that is written.
pub const VERSION: u32 = 1;

/// Running statistics of observations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normaliser {
    /// Observations seen.
    pub count: f64,
    /// Their mean.
    pub mean: Vec<f64>,
    /// The sum of their squared distances from it.
    pub squares: Vec<f64>,
}

impl Normaliser {
    /// Nothing was seen yet.
    pub fn new(observations: usize) -> Normaliser {
        Normaliser { count: 0.0, mean: vec![0.0; observations], squares: vec![0.0; observations] }
    }

    /// Whether these are statistics of so many observations: finite, and none negative that cannot be.
    pub fn is_of(&self, observations: usize) -> bool {
        let counts = |value: f64| value.is_finite() && value >= 0.0;
        let lengths = [self.mean.len(), self.squares.len()];
        lengths == [observations; 2]
            && counts(self.count)
            && self.mean.iter().all(|mean| mean.is_finite())
            && self.squares.iter().all(|&squares| counts(squares))
    }
}

/// What a ticket is made of, beside its network and mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The name of the network, where it has one.
    pub preset: Option<String>,
    /// What it was trained for.
    pub task: String,
    /// Where training began, a value a free coordinate.
    pub start: Vec<f32>,
    /// Where it ended.
    pub mean: Vec<f32>,
    /// Deviation of each coordinate.
    pub deviation: Option<Vec<f32>>,
    /// Of the observations.
    pub normaliser: Option<Normaliser>,
    /// How the ticket came about, by key.
    pub provenance: BTreeMap<String, String>,
}

/// A trained network with its mask and its past; checked, and never changed.
///
/// ```
/// use networks::ticket::Contents;
/// use networks::{Mask, MaskedNetwork, Preset, Ticket};
/// use numerics::random::Stream;
///
/// let mlp = Preset::named("mlp-8", "4".parse()?, 2)?;
/// let mask = Mask::random(mlp.architecture.prunable(), 12, Stream::new(0, "mask"));
/// let network = MaskedNetwork::new(&mlp.architecture, &mask)?;
/// let start = network.gather(&mlp.start.draw(&mlp.architecture, Stream::new(0, "initial weights")));
/// let contents = Contents { task: "demo".into(), mean: start.clone(), start, ..Contents::default() };
///
/// let ticket = Ticket::new(mlp.architecture, &mask, contents)?;
/// let bytes = ticket.encode();
/// assert_eq!(Ticket::decode(&bytes)?, ticket);
/// assert_eq!(Ticket::decode(&bytes)?.mask(), mask);
/// assert!(Ticket::decode(&bytes[..100]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    network: Architecture,
    /// The free coordinates, ascending.
    indices: Vec<u32>,
    contents: Contents,
}

impl Ticket {
    /// A ticket of a network, its mask and what belongs to them.
    pub fn new(network: Architecture, mask: &Mask, contents: Contents) -> Result<Ticket, TicketError> {
        let (expected, found) = (network.prunable(), mask.len());
        if expected != found {
            return Err(TicketError::Mask { expected, found });
        }
        let indices = free(&network, mask);
        let ticket = Ticket { network, indices, contents };
        ticket.check()?;
        Ok(ticket)
    }

    /// The network without its mask.
    pub fn network(&self) -> &Architecture {
        &self.network
    }

    /// The free coordinates in the flat vector, ascending: what [`MaskedNetwork::free`] says too.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Everything else.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The mask: which of the prunable weights are among the free coordinates.
    pub fn mask(&self) -> Mask {
        let mut free = self.indices.iter().copied().peekable();
        let mut bits = Vec::new();
        let mut prunable = 0;
        for tensor in self.network.tensors() {
            let range = tensor.range();
            while let Some(coordinate) = free.next_if(|&coordinate| (coordinate as usize) < range.end) {
                if tensor.prunable {
                    bits.push(prunable + coordinate as usize - range.start);
                }
            }
            prunable += if tensor.prunable { range.len() } else { 0 };
        }
        Mask::from_kept(self.network.prunable(), bits)
    }

    /// The network that the mask leaves, for the kernels.
    ///
    /// # Errors
    ///
    /// If the kernels cannot hold it.
    pub fn masked(&self) -> Result<MaskedNetwork, crate::MaskedError> {
        MaskedNetwork::new(&self.network, &self.mask())
    }

    /// The flat vector of the trained network: zero where the mask removed a weight.
    pub fn dense(&self) -> Vec<f32> {
        let mut flat = vec![0.0; self.network.parameters()];
        for (&coordinate, &value) in self.indices.iter().zip(&self.contents.mean) {
            flat[coordinate as usize] = value;
        }
        flat
    }

    /// The bytes of the file: a function of the ticket.
    pub fn encode(&self) -> Vec<u8> {
        let Contents { preset, task, start, mean, deviation, normaliser, provenance } = &self.contents;
        let n = [self.indices.len()];
        let indices: Vec<i32> = self.indices.iter().map(|&index| index as i32).collect();
        let mut arrays = vec![
            Owned::i32("indices", &n, &indices),
            Owned::f32("start", &n, start),
            Owned::f32("mean", &n, mean),
        ];
        arrays.extend(deviation.iter().map(|deviation| Owned::f32("deviation", &n, deviation)));
        if let Some(Normaliser { count, mean, squares }) = normaliser {
            arrays.push(Owned::f64("normaliser.count", &[], &[*count]));
            arrays.push(Owned::f64("normaliser.mean", &[mean.len()], mean));
            arrays.push(Owned::f64("normaliser.squares", &[squares.len()], squares));
        }
        let (version, network) = (VERSION.to_string(), self.network.to_string());
        let mut texts = vec![
            ("format", FORMAT),
            ("version", version.as_str()),
            ("network", network.as_str()),
            ("task", task.as_str()),
        ];
        texts.extend(preset.iter().map(|preset| ("preset", preset.as_str())));
        let keys: Vec<String> = provenance.keys().map(|key| format!("provenance.{key}")).collect();
        texts.extend(keys.iter().zip(provenance.values()).map(|(key, text)| (key.as_str(), text.as_str())));
        let checksum = checksum::of(&texts, &arrays.iter().map(Owned::array).collect::<Vec<_>>());
        texts.push(("checksum", checksum.as_str()));
        safetensors::write(&texts, &arrays)
    }

    /// The ticket of a file.
    ///
    /// # Errors
    ///
    /// If the file is no ticket, damaged, or of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<Ticket, TicketError> {
        let file = safetensors::read(bytes).map_err(TicketError::File)?;
        decode::ticket(&file)
    }

    /// Everything that `new` and `decode` promise of the contents.
    fn check(&self) -> Result<(), TicketError> {
        let Contents { start, mean, deviation, normaliser, .. } = &self.contents;
        let named = [("start", Some(start)), ("mean", Some(mean)), ("deviation", deviation.as_ref())];
        for (array, values) in named.into_iter().filter_map(|(array, values)| Some((array, values?))) {
            let (expected, found) = (self.indices.len(), values.len());
            if expected != found {
                return Err(TicketError::Length { array, expected, found });
            }
            let fits = |value: f32| value.is_finite() && (array != "deviation" || value >= 0.0);
            if let Some(index) = values.iter().position(|&value| !fits(value)) {
                return Err(TicketError::Value { array, index, found: values[index].into() });
            }
        }
        let Some(Normaliser { count, mean, squares }) = normaliser else { return Ok(()) };
        let (expected, found) = (mean.len(), squares.len());
        if expected != found {
            return Err(TicketError::Length { array: "normaliser.squares", expected, found });
        }
        let named = [
            ("normaliser.count", std::slice::from_ref(count)),
            ("normaliser.mean", mean),
            ("normaliser.squares", squares),
        ];
        for (array, values) in named {
            let fits = |value: f64| value.is_finite() && (array == "normaliser.mean" || value >= 0.0);
            if let Some(index) = values.iter().position(|&value| !fits(value)) {
                return Err(TicketError::Value { array, index, found: values[index] });
            }
        }
        Ok(())
    }
}

/// The free coordinates that a mask leaves, ascending.
fn free(network: &Architecture, mask: &Mask) -> Vec<u32> {
    let mut kept = mask.iter().peekable();
    let mut indices = Vec::new();
    let mut prunable = 0;
    for tensor in network.tensors() {
        if tensor.prunable {
            let end = prunable + tensor.len();
            while let Some(bit) = kept.next_if(|&bit| bit < end) {
                indices.push((tensor.start + bit - prunable) as u32);
            }
            prunable = end;
        } else {
            indices.extend(tensor.range().map(|coordinate| coordinate as u32));
        }
    }
    indices
}

#[cfg(test)]
mod tests;
