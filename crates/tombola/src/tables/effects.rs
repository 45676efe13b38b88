//! What departures of the published code do: scores as published minus corrected, seed by seed and level by level.
//!
//! A departure is told apart from chance by two differences of its own, over all levels and over the sparse ones, each
//! averaged within a seed (a seed starts both sides alike). Student's paired test gives each a chance, and Holm's correction is
//! over all of them together.

use std::collections::BTreeMap;

use super::densities::{aligned, digits, percent};
use super::pairs::{Group, Paired, Range, groups};
use crate::rows::LevelRow;
use crate::stats::{self, Mean};

/// With the departure, or without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// With it.
    Published,
    /// Without it.
    Corrected,
}

impl Side {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Side::Published => "as published",
            Side::Corrected => "corrected",
        }
    }
}

/// A row of one side of a pair of cells.
#[derive(Clone, Copy, Debug)]
pub struct SideRow<'a> {
    /// Which departure the pair is about; the first is shown first.
    pub departure: (usize, &'a str),
    /// The criterion that was asked for, which a departure may change.
    pub criterion: &'a str,
    /// Which side.
    pub side: Side,
    /// The row.
    pub row: &'a LevelRow,
}

/// What a departure does to the cells of a task, strategy and criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Which departure.
    pub departure: String,
    /// What was solved.
    pub task: String,
    /// By which strategy.
    pub strategy: String,
    /// Which weights stayed.
    pub criterion: String,
    /// What scores count.
    pub measure: String,
    /// Over all levels, and over the sparse ones.
    pub ranges: [Paired; 2],
    /// Density and difference of each level; none where no seed has both sides.
    pub levels: Vec<(f64, Option<Mean>)>,
    /// What is to be made of it, with all effects taken into account.
    pub verdict: Verdict,
}

/// What is to be made of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both sides have the same scores, to the bit.
    Same,
    /// Higher scores as published, beyond chance, over all levels or the sparse ones.
    Higher,
    /// Lower ones.
    Lower,
    /// Higher over some levels and lower over others, both beyond chance.
    Mixed,
    /// No more than chance would do.
    NotSeen,
    /// Fewer than three seeds.
    Undecided,
}

impl Verdict {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Same => "same scores",
            Verdict::Higher => "higher",
            Verdict::Lower => "lower",
            Verdict::Mixed => "mixed",
            Verdict::NotSeen => "not seen",
            Verdict::Undecided => "undecided",
        }
    }
}

/// The levels of which the two differences are means.
const RANGES: [Range; 2] = [Range { from: 0.0, to: 1.0 }, Range { from: 0.0, to: 0.09 }];
/// The chance below which a difference is none of chance's.
const CHANCE: f64 = 0.05;
/// What the table shows.
const CAPTION: &str = "as published minus corrected, seed by seed, with half the width of 95 % intervals (Student); a verdict \
                       is over all levels and over those of at most 9 %, corrected for all verdicts together (Holm)";

/// The effects of rows, departure by departure.
pub fn effects<'a>(rows: impl IntoIterator<Item = SideRow<'a>>) -> Vec<Effect> {
    type Name<'a> = ((usize, &'a str), &'a str, &'a str, &'a str);
    let mut parts: BTreeMap<Name<'a>, Vec<LevelRow>> = BTreeMap::new();
    for SideRow { departure, criterion, side, row } in rows {
        let name = (departure, row.task.as_str(), row.strategy.as_str(), criterion);
        // sides take the place of criteria, which are compared in this way already
        let row = LevelRow { criterion: side.name().to_owned(), ..row.clone() };
        parts.entry(name).or_default().push(row);
    }
    let mut effects: Vec<Effect> = parts
        .into_iter()
        .map(|(((_, departure), task, strategy, criterion), rows)| {
            let group = groups(rows.iter().map(|row| ("", row))).remove(0);
            Effect {
                departure: departure.to_owned(),
                task: task.to_owned(),
                strategy: strategy.to_owned(),
                criterion: criterion.to_owned(),
                measure: rows[0].measure.clone(),
                ranges: RANGES.map(|range| differences(&group, range)),
                levels: group.by_level(Side::Published.name(), Side::Corrected.name()),
                verdict: Verdict::Undecided,
            }
        })
        .collect();
    judge(&mut effects);
    effects
}

fn differences(group: &Group, range: Range) -> Paired {
    group.differences(Side::Published.name(), Side::Corrected.name(), range)
}

/// Gives each effect its verdict.
fn judge(effects: &mut [Effect]) {
    let tested = effects.iter().flat_map(|effect| &effect.ranges);
    let chances: Vec<f64> = tested.filter_map(chance).collect();
    let mut corrected = stats::holm(&chances).into_iter();
    for effect in effects {
        let signs = effect.ranges.each_ref().map(|paired| {
            let chance = chance(paired).and_then(|_| corrected.next());
            let mean = paired.mean().map_or(0.0, |mean| mean.mean);
            chance.filter(|chance| *chance < CHANCE).map(|_| mean > 0.0)
        });
        effect.verdict = verdict(effect, signs);
    }
}

/// The chance of a difference; none from fewer than three seeds.
fn chance(paired: &Paired) -> Option<f64> {
    stats::p_value(paired.mean()?)
}

/// `signs` of the two differences that are none of chance's.
fn verdict(effect: &Effect, signs: [Option<bool>; 2]) -> Verdict {
    let all = &effect.ranges[0];
    let is_same = |mean: &Mean| mean.mean == 0.0 && mean.half.is_none_or(|half| half == 0.0);
    let has_levels = effect.levels.iter().any(|(_, mean)| mean.is_some());
    if has_levels && all.diverged == 0 && effect.levels.iter().flat_map(|(_, mean)| mean).all(is_same) {
        return Verdict::Same;
    }
    if chance(all).is_none() {
        return Verdict::Undecided;
    }
    match signs {
        [Some(true), Some(true) | None] | [None, Some(true)] => Verdict::Higher,
        [Some(false), Some(false) | None] | [None, Some(false)] => Verdict::Lower,
        [Some(_), Some(_)] => Verdict::Mixed,
        [None, None] => Verdict::NotSeen,
    }
}

/// The effects as tables, one for the tasks that have the same densities and measure: what it shows, and its rows, of which
/// the first is the head.
pub fn tables(effects: &[Effect]) -> Vec<(String, Vec<Vec<String>>)> {
    let mut tasks: Vec<(&str, &str)> = Vec::new();
    for effect in effects {
        let name = (effect.task.as_str(), effect.measure.as_str());
        if !tasks.contains(&name) {
            tasks.push(name);
        }
    }
    let table = |(task, measure): (&str, &str)| {
        let is_here = |effect: &&Effect| (effect.task.as_str(), effect.measure.as_str()) == (task, measure);
        let here: Vec<&Effect> = effects.iter().filter(is_here).collect();
        let longest = here.iter().max_by_key(|effect| effect.levels.len()).expect("a task has effects");
        let heads = ["departure", "strategy", "criterion", "verdict", "all levels", "at most 9 %"];
        let densities = longest.levels.iter().map(|(density, _)| percent(*density));
        let head = heads.map(str::to_owned).into_iter().chain(densities).collect();
        let rows = std::iter::once(head).chain(here.iter().map(|effect| row(effect))).collect();
        (format!("{} on {task}, {CAPTION}", measure.replace('_', " ")), rows)
    };
    tasks.into_iter().map(table).collect()
}

fn row(effect: &Effect) -> Vec<String> {
    let Effect { departure, strategy, criterion, ranges, levels, verdict, .. } = effect;
    let words = [departure, strategy, criterion].map(String::clone).into_iter();
    let ranges = ranges.each_ref().map(|paired| {
        let diverged =
            if paired.diverged > 0 { format!(", {} diverged", paired.diverged) } else { String::new() };
        match paired.mean() {
            Some(mean) => format!("{} (n = {}{diverged})", number(mean), mean.n),
            None if paired.diverged > 0 => format!("{} diverged", paired.diverged),
            None => "-".to_owned(),
        }
    });
    let levels = levels.iter().map(|(_, mean)| mean.map_or_else(|| "-".to_owned(), number));
    words.chain([verdict.name().to_owned()]).chain(ranges).chain(levels).collect()
}

/// A difference with its sign and its interval, for people.
pub fn number(Mean { mean, half, .. }: Mean) -> String {
    let digits = digits(mean);
    let half = half.map_or(String::new(), |half| format!(" ±{half:.digits$}"));
    format!("{mean:+.digits$}{half}")
}

/// The tables as Markdown.
pub fn text(effects: &[Effect]) -> String {
    tables(effects).iter().map(|(caption, rows)| format!("{caption}:\n\n{}\n", aligned(rows))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample::row;

    /// Effects of departures that add `bonus` at each level to all of `seeds`, which scatter by `scatter`.
    fn found(departures: &[(f64, f64)], seeds: u64) -> Vec<Effect> {
        let mut rows = Vec::new();
        for (index, (bonus, scatter)) in departures.iter().enumerate() {
            for seed in 0..seeds {
                for level in 0..6 {
                    let base = 0.5 + 0.1 * seed as f64;
                    let noise = scatter * [1.0, -0.7, 0.2, 0.9, -1.4][seed as usize % 5];
                    rows.push((index, Side::Corrected, row("snr", seed, level, Some(base))));
                    rows.push((index, Side::Published, row("snr", seed, level, Some(base + bonus + noise))));
                }
            }
        }
        let names = ["one", "two", "three"];
        let rows = rows.iter().map(|(index, side, row)| SideRow {
            departure: (*index, names[*index]),
            criterion: "snr",
            side: *side,
            row,
        });
        effects(rows)
    }

    #[test]
    fn effects_are_taken_seed_by_seed_and_told_from_chance() {
        let effects = found(&[(0.1, 0.001), (-0.2, 0.001), (0.01, 0.1)], 5);
        let verdicts: Vec<Verdict> = effects.iter().map(|effect| effect.verdict).collect();
        assert_eq!(verdicts, [Verdict::Higher, Verdict::Lower, Verdict::NotSeen]);
        let first = effects[0].ranges[0].mean().expect("five seeds");
        assert!((first.mean - 0.1).abs() < 1e-12 && first.n == 5);
        assert!(first.half.expect("five seeds") < 0.01, "that seeds differ makes no interval wider");
        assert_eq!(effects[0].levels.len(), 6);
    }

    #[test]
    fn what_does_nothing_and_what_is_not_known_say_so() {
        assert_eq!(found(&[(0.0, 0.0)], 5)[0].verdict, Verdict::Same);
        assert_eq!(found(&[(0.0, 0.0)], 2)[0].verdict, Verdict::Same);
        assert_eq!(found(&[(0.3, 0.01)], 2)[0].verdict, Verdict::Undecided);
        let text = text(&found(&[(0.0, 0.0), (0.3, 0.01)], 2));
        for wanted in ["test accuracy on glyphs", "same scores", "undecided", "+0.301", "(n = 2)", "3.10 %"] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
    }

    #[test]
    fn many_verdicts_are_harder_to_reach_than_one() {
        // alone at 0.05: t of four degrees of freedom
        let alone = found(&[(0.1, 0.08)], 5);
        assert_eq!(alone[0].verdict, Verdict::NotSeen, "two tests of one effect are two tests");
        let sure = found(&[(0.1, 0.03)], 5);
        assert_eq!(sure[0].verdict, Verdict::Higher);
    }
}
