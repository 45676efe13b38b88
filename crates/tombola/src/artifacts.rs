//! The tables and figures of a paper, by name: each a pure function of rows.
//!
//! | artifact | shows |
//! |---|---|
//! | `figure-1` | score against density over all tasks and strategies |
//! | `figure-2` | score against density, task by task, with the paper's own curves where it printed them: figures 2 and 3, and 4 where tickets are transferred |
//! | `figure-5` | tickets of evolution that gradients train, as printed, beside their scores under evolution |
//! | `claims` | which of the paper's claims the rows bear out |
//! | `strategies` | all tasks beside each other at a few densities |
//! | `sparsest` | the sparsest networks that are near dense ones |
//! | `attribution` | the ticket effect in parts |
//! | `profiles` | of how many runs the score is above a threshold |
//! | `layers` | what each layer keeps, and how large it is: supplement 11 |
//! | `figure-7` | whether large weights are those that the search is sure of |
//! | `costs` | what a network takes: seconds where they were measured, multiply-adds, bytes, and how much of it an output depends on |
//!
//! The last three are of rows of layers, which `tombola anatomy` takes from tickets.
//!
//! A table is written as CSV, Markdown and LaTeX, a figure as SVG and PNG; what rows do not show leaves no file.
//!
//! # Invariants
//!
//! - **Equal rows give equal bytes** of every file.
//! - **An artifact is data:** a row of a paper's list.
//! - **Absent:** files. Names and bytes go out.

mod formats;

use crate::claims::{self, Finding};
use crate::figures::{Chart, dots, picture};
use crate::rows::LayerRow;
use crate::tables::aggregate::{self, Aggregate};
use crate::tables::densities::{self, Line};
use crate::tables::layers::{self, Quantity};
use crate::tables::pairs::Group;
use crate::tables::{attribution, gradients, profiles, sparsest, strategies};

/// What rows say, in the forms that artifacts are made of.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Scores by level.
    pub lines: &'a [Line],
    /// Cells that differ in criterion and seed.
    pub groups: &'a [Group],
    /// The average over them, if they have one.
    pub average: Option<&'a Aggregate>,
    /// The claims that they are about.
    pub findings: &'a [Finding],
    /// What networks look like inside, where that is known.
    pub layers: &'a [LayerRow],
}

/// A table or a figure, with the name of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Without ending.
    pub name: String,
    /// What it shows.
    pub caption: String,
    /// The thing.
    pub content: Content,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The first row is the head.
    Table(Vec<Vec<String>>),
    /// A picture.
    Figure(Chart),
}

/// One artifact of a paper.
#[derive(Clone, Copy, Debug)]
pub struct Artifact {
    /// Short and fixed: files begin with it.
    pub name: &'static str,
    /// What it shows.
    pub shows: &'static str,
    pieces: fn(&Evidence<'_>) -> Vec<Piece>,
}

/// Those of the main paper.
pub const LOTTERY: [Artifact; 11] = [
    Artifact {
        name: "figure-1",
        shows: "score against density over all tasks and strategies",
        pieces: figure_1,
    },
    Artifact {
        name: "figure-2",
        shows: "score against density, task by task: figures 2 and 3, and 4 where tickets are transferred",
        pieces: figure_2,
    },
    Artifact {
        name: "figure-5",
        shows: "tickets of evolution that gradients train, as printed: nothing here trains by gradients yet",
        pieces: figure_5,
    },
    Artifact { name: "claims", shows: "which claims the rows bear out", pieces: claims },
    Artifact {
        name: "strategies",
        shows: "all tasks beside each other at a few densities",
        pieces: |evidence| one("strategies", "Scores at a few densities", strategies::table(evidence.lines)),
    },
    Artifact {
        name: "sparsest",
        shows: "the sparsest networks that are near dense ones",
        pieces: |evidence| one("sparsest", sparsest::CAPTION, sparsest::table(evidence.groups)),
    },
    Artifact {
        name: "attribution",
        shows: "the ticket effect in parts: curvature, weights, mask, layers",
        pieces: |evidence| one("attribution", attribution::CAPTION, attribution::table(evidence.groups)),
    },
    Artifact { name: "profiles", shows: "of how many runs the score is above a threshold", pieces: profiles },
    Artifact {
        name: "layers",
        shows: "what each layer keeps, and how large it is",
        pieces: |evidence| inside(evidence, "layers", &[Quantity::Kept, Quantity::Size, Quantity::Mean]),
    },
    Artifact {
        name: "figure-7",
        shows: "whether large weights are those that the search is sure of",
        pieces: |evidence| inside(evidence, "figure-7", &[Quantity::Agreement]),
    },
    Artifact {
        name: "costs",
        shows: "what a network takes: seconds, multiply-adds, bytes, and how much of it an output depends on",
        pieces: |evidence| {
            let costs = [Quantity::Seconds, Quantity::MultiplyAdds, Quantity::Bytes, Quantity::Effective];
            inside(evidence, "costs", &costs)
        },
    },
];

/// The files of some artifacts: names and bytes, in order.
pub fn files(artifacts: &[Artifact], evidence: &Evidence<'_>) -> Vec<(String, Vec<u8>)> {
    let pieces = artifacts.iter().flat_map(|artifact| (artifact.pieces)(evidence));
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, bytes) in pieces.flat_map(|piece| piece.files()) {
        // settings that differ in a sign alone have one slug
        let (stem, ending) = name.rsplit_once('.').expect("a name with an ending");
        let numbered =
            |number: usize| if number == 1 { name.clone() } else { format!("{stem}-{number}.{ending}") };
        let is_free = |name: &String| files.iter().all(|(other, _)| other != name);
        let name = (1..).map(numbered).find(is_free).expect("numbers do not end");
        files.push((name, bytes));
    }
    files
}

impl Piece {
    /// Its files.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let named = |ending: &str, bytes: Vec<u8>| (format!("{}.{ending}", self.name), bytes);
        match &self.content {
            Content::Figure(chart) => {
                vec![named("svg", picture(chart).into_bytes()), named("png", dots(chart).png())]
            }
            Content::Table(rows) => {
                let markdown = format!("{}:\n\n{}", self.caption, densities::aligned(rows));
                vec![
                    named("csv", formats::csv(rows).into_bytes()),
                    named("md", markdown.into_bytes()),
                    named("tex", formats::latex(&self.caption, rows).into_bytes()),
                ]
            }
        }
    }
}

/// A piece if there is a table.
fn one(name: &str, caption: &str, rows: Option<Vec<Vec<String>>>) -> Vec<Piece> {
    rows.map(|rows| table(name.to_owned(), caption.to_owned(), rows)).into_iter().collect()
}

fn table(name: String, caption: String, rows: Vec<Vec<String>>) -> Piece {
    Piece { name, caption, content: Content::Table(rows) }
}

fn figure(name: String, chart: Chart) -> Piece {
    Piece { name, caption: chart.title.clone(), content: Content::Figure(chart) }
}

fn figure_1(evidence: &Evidence<'_>) -> Vec<Piece> {
    let Some(average) = evidence.average else { return Vec::new() };
    vec![
        table("figure-1".to_owned(), average.title(), aggregate::table(average)),
        figure("figure-1".to_owned(), Chart::of_aggregate(average)),
    ]
}

fn figure_2(evidence: &Evidence<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for lines in evidence.lines.chunk_by(Line::is_beside) {
        let what = lines[0].what();
        let name = format!("figure-2-{}", formats::slug(&what));
        pieces.push(table(name, densities::caption(lines), densities::table(lines)));
    }
    let charts = Chart::of(evidence.lines).into_iter();
    pieces.extend(charts.map(|chart| figure(format!("figure-2-{}", formats::slug(&chart.title)), chart)));
    pieces
}

fn figure_5(evidence: &Evidence<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for lines in evidence.lines.chunk_by(Line::is_beside) {
        let name = format!("figure-5-{}", formats::slug(&lines[0].what()));
        pieces.extend(one(&name, gradients::CAPTION, gradients::table(lines)));
        pieces.extend(Chart::of_gradients(lines).map(|chart| figure(name, chart)));
    }
    pieces
}

fn profiles(evidence: &Evidence<'_>) -> Vec<Piece> {
    let Some(average) = evidence.average else { return Vec::new() };
    let mut pieces = one("profiles", profiles::CAPTION, Some(profiles::table(average)));
    let charts = Chart::of_profiles(average).into_iter();
    pieces.extend(charts.map(|chart| figure(format!("profiles-{}", formats::slug(&chart.title)), chart)));
    pieces
}

/// A table and charts of each of some quantities of layers.
fn inside(evidence: &Evidence<'_>, name: &str, quantities: &[Quantity]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for &quantity in quantities {
        let name = format!("{name}-{}", quantity.name());
        pieces.extend(one(&name, quantity.caption(), layers::table(evidence.layers, quantity)));
        let charts = Chart::of_layers(&layers::lines(evidence.layers, quantity), quantity).into_iter();
        pieces.extend(charts.map(|chart| figure(format!("{name}-{}", formats::slug(&chart.title)), chart)));
    }
    pieces
}

fn claims(evidence: &Evidence<'_>) -> Vec<Piece> {
    let findings = evidence.findings;
    if findings.is_empty() {
        return Vec::new();
    }
    vec![
        table("claims".to_owned(), claims::TOGETHER.to_owned(), claims::together(findings)),
        table("claims-alone".to_owned(), claims::ALONE.to_owned(), claims::alone(findings, evidence.groups)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::LevelRow;
    use crate::tables::agreement::Agreements;
    use crate::tables::pairs::groups;
    use crate::tables::sample::{self, row};

    fn rows(criteria: &[&str]) -> Vec<LevelRow> {
        let cell = |(criterion, seed, level): (&&str, u64, u32)| {
            let loss = if *criterion == "random" { 0.1 } else { 0.01 };
            row(criterion, seed, level, Some(0.9 - loss * f64::from(level) + 0.001 * seed as f64))
        };
        let all = criteria.iter().flat_map(|criterion| {
            (0..3).flat_map(move |seed| (0..6).map(move |level| (criterion, seed, level)))
        });
        all.map(cell).collect()
    }

    fn found(rows: &[LevelRow]) -> Vec<(String, Vec<u8>)> {
        let (lines, groups) = (densities::lines(rows), groups(rows.iter().map(|row| ("", row))));
        let layers = &layer_rows(rows)[..];
        let (average, findings) =
            (aggregate::aggregate(&groups), claims::check(&groups, &Agreements::of(layers)));
        let is_run = !findings.iter().all(Finding::is_not_run);
        let findings = if is_run { &findings[..] } else { &[] };
        files(
            &LOTTERY,
            &Evidence { lines: &lines, groups: &groups, average: average.as_ref(), findings, layers },
        )
    }

    /// A network of one layer for each row: that layer, and all together.
    fn layer_rows(rows: &[LevelRow]) -> Vec<LayerRow> {
        let layer = |row: &LevelRow, name: &str| LayerRow {
            layer: name.into(),
            ..sample::layer(&row.criterion, row.seed, row.level)
        };
        let inner = rows.iter().filter(|row| row.criterion != "movement");
        inner.flat_map(|row| [layer(row, crate::rows::WHOLE), layer(row, "dense_0.weight")]).collect()
    }

    #[test]
    fn every_artifact_leaves_files_of_its_name_and_the_order_of_rows_changes_none() {
        let mut rows = rows(&["snr", "magnitude", "random", "permuted-weights", "permuted-mask-and-weights"]);
        rows.extend((0..2).map(|level| LevelRow {
            task: "fashion-mnist".into(),
            density: [1.0, 0.8][level as usize],
            ..row("snr", 0, level, Some(0.8))
        }));
        let files = found(&rows);
        for artifact in LOTTERY {
            assert!(files.iter().any(|(name, _)| name.starts_with(artifact.name)), "{}", artifact.name);
        }
        for wanted in [
            "figure-1.svg",
            "figure-1.png",
            "figure-2-glyphs.tex",
            "figure-2-glyphs-snes.svg",
            "figure-5-fashion-mnist.md",
            "figure-5-fashion-mnist.svg",
            "claims-alone.csv",
            "figure-7-agreement-glyphs-snes.svg",
            "layers-kept-glyphs-snes-snr.png",
            "costs-bytes.md",
            "costs-seconds.csv",
        ] {
            assert!(files.iter().any(|(name, _)| name == wanted), "{wanted}");
        }
        let mut names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), files.len(), "no file takes another one's place");
        rows.reverse();
        assert_eq!(found(&rows), files);
    }

    #[test]
    fn what_rows_do_not_show_leaves_no_file() {
        let names = |criteria: &[&str]| -> Vec<String> {
            found(&rows(criteria)).into_iter().map(|(name, _)| name).collect()
        };
        assert!(names(&[]).is_empty());
        let alone = names(&["movement"]);
        assert!(
            alone.iter().all(|name| name.starts_with("figure-2") || name.starts_with("strategies")),
            "{alone:?}"
        );
    }
}
