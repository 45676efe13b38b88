//! One cell on a page of its own: its levels, how each was learnt, and what its networks look like inside.

use std::fmt::Write;

use super::html;
use crate::figures::{Bitmap, Chart, Place, Series, escaped, svg};
use crate::rows::{CurveRow, LevelRow, Status};
use crate::tables::densities::{number, percent};

/// What the page of a cell shows besides its rows.
#[derive(Clone, Debug, Default)]
pub struct Portrait {
    /// The cell as text.
    pub canonical: String,
    /// The command that makes it again.
    pub command: String,
    /// The page that shows its agents in motion, if there is one, as seen from this page.
    pub film: Option<String>,
    /// Its networks, of the levels that [`shown_levels`] names.
    pub networks: Vec<Network>,
}

/// The network of a level.
#[derive(Clone, Debug)]
pub struct Network {
    /// Of which level.
    pub level: u32,
    /// The fraction of its weights that is kept.
    pub density: f64,
    /// Its layers that have weights which masks may remove.
    pub layers: Vec<NetworkLayer>,
}

/// A layer of a network.
#[derive(Clone, Debug)]
pub struct NetworkLayer {
    /// Its name.
    pub name: String,
    /// How many of its weights are kept.
    pub kept: usize,
    /// Of how many.
    pub weights: usize,
    /// What they look like; none where there are too many to be seen.
    pub picture: Option<Bitmap>,
}

/// Curves and networks are shown of no more levels than this.
const MOST_SHOWN: usize = 6;

/// A picture is about so wide, if its dots can be whole pixels.
const PIXELS: usize = 220;

/// Of so many levels those of which curves and networks are shown: the first, the last, and some between, evenly.
pub fn shown_levels(levels: usize) -> Vec<u32> {
    let count = levels.min(MOST_SHOWN);
    (0..count).map(|place| (place * (levels - 1) / (count - 1).max(1)) as u32).collect()
}

/// The page of a cell. `report` is the page that it belongs to, as seen from this one.
///
/// # Panics
///
/// If it has no level.
pub fn cell_page(report: &str, levels: &[LevelRow], curves: &[CurveRow], portrait: &Portrait) -> String {
    let first = levels.first().expect("a cell that is done has levels");
    let mut page = html::begin(&name(levels));
    writeln!(page, "<p><a href=\"{}\">All cells</a></p>", escaped(report)).expect("a string");
    html::paragraphs(&mut page, &[about(levels)]);
    if let Some(film) = &portrait.film {
        let link =
            format!("<a href=\"{}\">The dense and the sparsest network act side by side</a>", escaped(film));
        writeln!(page, "<p>{link}</p>").expect("a string");
    }
    page += "<div class=\"charts\">\n";
    let measure = first.measure.replace('_', " ");
    for chart in [by_density(&measure, levels), learnt(&measure, levels, curves), deviations(levels, curves)]
    {
        if chart.series.iter().any(|series| !series.places.is_empty()) {
            writeln!(page, "<figure>\n{}</figure>", svg(&chart)).expect("a string");
        }
    }
    page += "</div>\n<h2>Levels</h2>\n";
    html::table(&mut page, &format!("{measure} and what it took, level by level"), &rows(levels));
    networks(&mut page, &portrait.networks);
    writeln!(page, "<p class=\"note\">The cell: <code>{}</code></p>", escaped(&portrait.canonical))
        .expect("a string");
    html::end(&mut page, &portrait.command);
    page
}

/// What it is. The dense level is all criteria's, so the last one names it.
fn name(levels: &[LevelRow]) -> String {
    let LevelRow { task, strategy, criterion, seed, .. } = levels.last().expect("levels");
    format!("{task}, {strategy}, {criterion}, seed {seed}")
}

/// In a sentence, how it went.
fn about(levels: &[LevelRow]) -> String {
    let last = levels.last().expect("levels");
    let (count, density) = (levels.len(), percent(last.density));
    let dense = levels[0].score.map_or("nothing".to_owned(), number);
    match (last.status, last.score) {
        (Status::Diverged, _) => {
            format!("The search diverged at level {}, with {density} of the weights.", last.level)
        }
        (Status::Done, score) => {
            let score = score.map_or("nothing".to_owned(), number);
            format!("{count} levels, from {dense} with all weights to {score} with {density} of them.")
        }
    }
}

/// Score against density: of the start, of the end, and the best on the way.
fn by_density(measure: &str, levels: &[LevelRow]) -> Chart {
    let series = |name: &str, of: fn(&LevelRow) -> Option<f64>| {
        let place = |row: &LevelRow| Some(Place { at: row.density, score: of(row)?, half: 0.0 });
        Series { name: name.to_owned(), places: levels.iter().filter_map(place).collect() }
    };
    let series = vec![
        series("best test", |row| row.best),
        series("end", |row| row.score),
        series("start", |row| row.start),
    ];
    Chart::new("by density".to_owned(), measure.to_owned(), series)
}

/// Of some levels, a number of each test against the generation.
fn over_generations(
    title: &str,
    measure: &str,
    levels: &[LevelRow],
    curves: &[CurveRow],
    of: fn(&CurveRow) -> Option<f64>,
) -> Chart {
    let series = |level: u32| {
        let place = |row: &CurveRow| Some(Place { at: row.generation as f64, score: of(row)?, half: 0.0 });
        let places = curves.iter().filter(|row| row.level == level).filter_map(place).collect();
        Series { name: percent(levels[level as usize].density), places }
    };
    let series = shown_levels(levels.len()).into_iter().map(series).collect();
    Chart::over("generation", title.to_owned(), measure.to_owned(), series)
}

fn learnt(measure: &str, levels: &[LevelRow], curves: &[CurveRow]) -> Chart {
    over_generations("learning", measure, levels, curves, |row| row.score)
}

fn deviations(levels: &[LevelRow], curves: &[CurveRow]) -> Chart {
    over_generations("how far the search looks", "mean deviation", levels, curves, |row| row.deviation)
}

/// A row a level, the first row the head.
fn rows(levels: &[LevelRow]) -> Vec<Vec<String>> {
    let head = [
        "level",
        "density",
        "kept",
        "searched",
        "generations",
        "failures",
        "start",
        "score",
        "best",
        "deviation",
        "ended",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for row in levels {
        let said = |number_of: Option<f64>| number_of.map_or("-".to_owned(), number);
        let ended = match row.status {
            Status::Done => "done",
            Status::Diverged => "diverged",
        };
        rows.push(vec![
            row.level.to_string(),
            percent(row.density),
            format!("{} of {}", row.kept, row.weights),
            row.searched.to_string(),
            row.generations.to_string(),
            row.failures.to_string(),
            said(row.start),
            said(row.score),
            said(row.best),
            row.deviation.map_or("-".to_owned(), |deviation| format!("{deviation:.4}")),
            ended.to_owned(),
        ]);
    }
    rows
}

/// The networks of some levels, layer by layer.
fn networks(page: &mut String, networks: &[Network]) {
    if networks.is_empty() {
        return;
    }
    *page += "<h2>Networks</h2>\n<p class=\"note\">A dot is a weight: orange above zero, blue below, stronger the larger it is \
              within its layer, and faint where the mask removed it. Weights that read an image lie as its pixels do.</p>\n";
    for network in networks {
        writeln!(page, "<h3>{} of the weights</h3>\n<div class=\"layers\">", percent(network.density))
            .expect("a string");
        network.layers.iter().for_each(|layer| picture(page, network, layer));
        *page += "</div>\n";
    }
}

fn picture(page: &mut String, network: &Network, layer: &NetworkLayer) {
    let NetworkLayer { name, kept, weights, picture } = layer;
    let said = escaped(&format!("{name}: {kept} of {weights} kept"));
    *page += "<figure>";
    if let Some(picture) = picture {
        let times = (PIXELS / picture.width.max(1)).clamp(1, 12);
        let sizes = [picture.width, picture.height].map(|dots| dots * times);
        let alt = format!("weights of level {}, {said}", network.level);
        write!(
            page,
            "<img class=\"dots\" src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{alt}\">",
            picture.address(),
            sizes[0],
            sizes[1]
        )
        .expect("a string");
    }
    let share = 100.0 * *kept as f64 / (*weights).max(1) as f64;
    writeln!(page, "<figcaption>{said} ({share:.1} %)</figcaption></figure>").expect("a string");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample::row;

    fn curve(level: u32, generation: u64) -> CurveRow {
        CurveRow {
            task: "glyphs".into(),
            strategy: "snes".into(),
            criterion: "snr".into(),
            seed: 0,
            level,
            generation,
            evaluations: generation * 8,
            failures: 0,
            fitness_mean: None,
            fitness_best: None,
            deviation: Some(0.05),
            score: Some(0.1 + generation as f64 / 1000.0),
        }
    }

    #[test]
    fn first_and_last_levels_are_always_shown_and_never_too_many() {
        assert_eq!(shown_levels(21), [0, 4, 8, 12, 16, 20]);
        assert_eq!(shown_levels(3), [0, 1, 2]);
        assert_eq!(shown_levels(1), [0]);
        assert!(shown_levels(0).is_empty());
    }

    #[test]
    fn a_page_shows_levels_curves_and_networks_and_asks_for_nothing() {
        let levels: Vec<LevelRow> =
            (0..3).map(|level| row("snr", 0, level, Some(0.9 - 0.1 * f64::from(level)))).collect();
        let curves: Vec<CurveRow> =
            (0..3).flat_map(|level| [0, 100, 200].map(|generation| curve(level, generation))).collect();
        let layer =
            NetworkLayer { name: "dense_<0>".into(), kept: 3, weights: 12, picture: Some(Bitmap::new(4, 3)) };
        let portrait = Portrait {
            canonical: "cell task=<x>".into(),
            command: "tombola run \"x y\"".into(),
            film: Some("x-film.html".into()),
            networks: vec![Network { level: 2, density: 0.25, layers: vec![layer] }],
        };
        let page = cell_page("../report.html", &levels, &curves, &portrait);
        for wanted in [
            "<h1>glyphs, snes, snr, seed 0</h1>",
            "href=\"../report.html\"",
            "href=\"x-film.html\"",
            "from 0.900 with all weights to 0.700 with 25.0 % of them",
            "generation 200: 0.3000",
            "dense_&lt;0&gt;: 3 of 12 kept (25.0 %)",
            "src=\"data:image/png;base64,",
            "cell task=&lt;x&gt;",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        assert_eq!(page.matches("<figure>\n<svg").count(), 3);
        for unwanted in ["http:", "https:", "@import", "url("] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn a_search_that_diverged_is_said_to_have() {
        let mut levels = vec![row("snr", 0, 0, Some(0.9)), row("snr", 0, 1, None)];
        levels[1].status = Status::Diverged;
        let page = cell_page("../report.html", &levels, &[], &Portrait::default());
        assert!(page.contains("The search diverged at level 1, with 50.0 % of the weights."), "{page}");
        assert_eq!(page.matches("<svg").count(), 1, "there is no curve");
    }
}
