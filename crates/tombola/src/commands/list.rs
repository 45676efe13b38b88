//! `tombola list`: the cells of a spec.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::CommandError;
use super::specs::SpecArguments;
use crate::grid::Cell;

/// List the cells of a spec, as CSV.
///
/// `id` names the folder of a cell's results, `dense` that of the dense level that it shares with other criteria; `text`
/// is what the id is made of: all that is not as published.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tombola list --paper lottery --scale paper --json | head -1")]
pub(super) struct ListArguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// One JSON object a line, with every setting
    #[arg(long)]
    json: bool,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    dense: String,
    text: String,
    #[serde(flatten)]
    cell: &'a Cell,
}

pub(super) fn run(arguments: &ListArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let cells = arguments.spec.study()?.cells;
    if !arguments.json {
        writeln!(out, "id,dense,task,strategy,criterion,seed,levels,keep,text")?;
    }
    for cell in &cells {
        let (id, dense, text) = (cell.id().to_string(), cell.dense_id().to_string(), cell.canonical());
        if arguments.json {
            let line =
                serde_json::to_string(&Line { id, dense, text, cell }).map_err(std::io::Error::from)?;
            writeln!(out, "{line}")?;
            continue;
        }
        let (task, text) = (quoted(&cell.run.task), quoted(&text));
        let (criterion, seed) = (cell.pruning.criterion.name(), cell.run.seed);
        let (strategy, levels, keep) = (cell.strategy(), cell.pruning.levels, cell.pruning.keep);
        writeln!(out, "{id},{dense},{task},{strategy},{criterion},{seed},{levels},{keep},{text}")?;
    }
    Ok(())
}

/// A text of a CSV file: in quotes where it must be, as RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_csv_are_quoted_where_they_must_be() {
        for (text, expected) in
            [("a b=c", "a b=c"), ("a,b", "\"a,b\""), ("\"", "\"\"\"\""), ("a\nb", "\"a\nb\"")]
        {
            assert_eq!(quoted(text), expected);
        }
    }
}
