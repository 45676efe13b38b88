//! What a study varies, as a file that one reads once and then writes.
//!
//! ```
//! # use tombola::grid;
//! # use tombola::spec::Spec;
//! # let text = r#"
//! name = "two-sets"                     # what the study is called
//! strategy = ["sep-cma-es", "snes"]     # a list: cells for each, in every combination with the other lists
//! criterion = ["snr", "random"]
//! seeds = 5                             # the seeds 0 to 4; or name them: seed = [7, 11]
//! levels = 12                           # the first is dense, each next one keeps `keep` of the weights
//!
//! [[grid]]                              # cells; what stands above belongs to every grid
//! task = ["mnist", "kmnist"]
//! generations = 500                     # any setting, by the end of its path
//! snes.temperature = [12, 16]           # of one strategy only; so too for a task or a criterion
//!
//! [[grid]]                              # a second product; cells that are in both are one
//! task = "glyphs"
//! keep = 0.5
//! levels = 6                            # instead of what stands above
//! # "#;
//! # let spec = Spec::parse("two-sets.toml", text, &[])?;
//! # // 2 tasks x (1 + 2 temperatures) x 2 criteria x 5 seeds, and 2 strategies x 2 x 5
//! # assert_eq!(grid::cells(&spec)?.len(), 60 + 20);
//! # Ok::<(), tombola::spec::SpecError>(())
//! ```
//!
//! A spec without `[[grid]]` is one grid. What is not said is the paper's, without the departures of its code: the network, the members, the values that the
//! authors tuned for each strategy and task ([`crate::run::paper`]), and how tickets are made ([`lottery::Pruning`]).
//! `tombola train --task TASK --strategy STRATEGY --print-settings` shows every setting of a run by its path.
//!
//! | key | values | if it is missing |
//! |---|---|---|
//! | `name` | of the study; only at the top | the name of the file |
//! | `task` | `mnist`, `ant`, ..., or the folder of an image set with its path | an error |
//! | `strategy` | a name, as in `tombola train` | an error |
//! | `criterion` | what decides which weights stay | the paper's |
//! | `seeds`, or `seed` | how many, from 0; or which | the seed 0 |
//! | `variant` | `corrected`, or `as-published`: with all departures of the published code | `corrected` |
//! | `deviation` | of the strategy at its start, whatever it calls it | as tuned |
//! | any other | a setting by the end of its path: of the run, or of [`lottery::Pruning`] | the paper's |
//!
//! Later words win: a grid's over those at the top, `--set key=value` over both, and in each place those of one strategy,
//! task or criterion over those of all.
//!
//! # Invariants
//!
//! - **Nothing is ignored.** A key that no cell has is refused, with its line, and with what was probably meant.
//! - **A spec is text:** reading it looks at no file, no clock and no environment.
//! - **Absent:** what the names mean for a run ([`crate::grid`]), and running.

mod error;
mod fields;
pub mod names;
mod read;

pub use error::{Place, Problem, SpecError};
pub use fields::{Field, Grid};

/// Most bytes of a spec: a megabyte is more than anybody writes.
pub const MOST_BYTES: u64 = 1 << 20;

/// A study, read and put in order; what its names mean is checked where cells are made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    name: String,
    file: String,
    grids: Vec<Grid>,
}

impl Spec {
    /// Reads a spec. `file` is what messages call it; `changes` are assignments, `key=value`, that change all cells.
    pub fn parse(file: &str, text: &str, changes: &[String]) -> Result<Spec, SpecError> {
        let document = read::document(file, text)?;
        let mut overlay = Vec::new();
        for change in changes {
            overlay.extend(read::assignment(file, change)?);
        }
        let own = document.name.map_or_else(|| named_after(file), Ok)?;
        let grids = document.grids.into_iter();
        let grids =
            grids.map(|(place, fields)| Grid::new(place, [document.shared.clone(), fields, overlay.clone()]));
        Ok(Spec { name: own, file: file.to_owned(), grids: grids.collect() })
    }

    /// What the study is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What messages call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Its grids, in their order.
    pub fn grids(&self) -> &[Grid] {
        &self.grids
    }
}

/// What a study without a name is called: as its file, where it can be.
fn named_after(file: &str) -> Result<String, SpecError> {
    let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = last.strip_suffix(".toml").unwrap_or(last);
    if read::is_name(name) {
        return Ok(name.to_owned());
    }
    let why = format!("so the file is called; write `name = \"...\"` above all else, {}", read::NAME);
    let problem = Box::new(Problem::refused("name", &format!("'{name}'"), &why));
    Err(SpecError { file: file.to_owned(), place: Place::Line { line: 1, column: 1 }, problem })
}

#[cfg(test)]
mod tests;
