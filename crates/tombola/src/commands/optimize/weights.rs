//! Numbers of a trained network, for the strategy that is refused without them.
//!
//! The file is `.npz`, with an array for each part: matrices `Wk`, `Wq`, `Wv` (3 rows), `Wh` (19 rows), `Wmean`, `Wsigma` (8
//! rows), by inputs, and biases `bk`, `bq`, `bv`, `bh`, `bmean`, `bsigma`; `net_` may stand before each name. Numbers are
//! `f32` or `f64`. The authors of LES publish theirs as a pickled dictionary of layers, each with `kernel` and `bias`;
//! `scripts/les-weights` turns it into this:
//!
//! ```text
//! Wk, Wq, Wv    the attention's dense layers for keys, queries and values, 3 inputs
//! Wh            the hidden layer, whose inputs are 3 paths of the mean, 3 of the deviation, and 13 times
//! Wmean, Wsigma the two heads
//! ```

use std::path::Path;

use strategies::Method;
use strategies::les::Network;

use crate::commands::CommandError;
use crate::npz::{self, Array};
use crate::store;

/// The strategy with the network of a file, where there is one.
pub(super) fn with_network(mut method: Method, file: Option<&Path>) -> Result<Method, CommandError> {
    let name = method.name();
    match (&mut method, file) {
        (Method::Les(settings), Some(file)) => settings.network = Some(read(file)?),
        (Method::Les(_), None) => {
            return Err(CommandError::Request {
                message: "les weighs members by a trained network, which is not part of this program".into(),
                hint: Some("give the published one as a `.npz` file: `--weights FILE`".into()),
            });
        }
        (_, Some(_)) => {
            return Err(CommandError::Request {
                message: format!("`--weights` means nothing to {name}, which has no network"),
                hint: Some("leave it out, or take `--strategy les`".into()),
            });
        }
        (_, None) => {}
    }
    Ok(method)
}

fn read(file: &Path) -> Result<Network, CommandError> {
    let refused = |problem: String| CommandError::Request {
        message: format!("cannot read a network from {}: {problem}", file.display()),
        hint: Some("`tombola optimize --help` says which arrays it has".into()),
    };
    let bytes = store::read_whole(file, npz::MOST_BYTES)?;
    let arrays = npz::read(&bytes).map_err(|error| refused(error.to_string()))?;
    let mut numbers = Vec::new();
    for (part, inputs, outputs) in Network::parts() {
        let named = |array: &&Array| array.name.strip_prefix("net_").unwrap_or(&array.name) == part;
        let Some(array) = arrays.iter().find(named) else {
            return Err(refused(format!("it has no array `{part}`")));
        };
        let found = array.values.wide();
        if found.len() != inputs * outputs {
            let problem = format!("`{part}` has shape {:?}; expected {inputs} x {outputs}", array.shape);
            return Err(refused(problem));
        }
        if let Some(number) = found.iter().find(|number| !number.is_finite()) {
            return Err(refused(format!("`{part}` holds {number}; expected finite numbers")));
        }
        numbers.extend(found);
    }
    Ok(Network::new(&numbers).expect("all parts, whole and finite"))
}
