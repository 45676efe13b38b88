//! What the tables below say, in a few sentences.

use crate::claims::{Finding, UNCHECKED, Verdict};
use crate::stats::Mean;
use crate::tables::aggregate::{Aggregate, CRITERIA};
use crate::tables::densities::{fewer, percent};
use crate::tables::pairs::Group;
use crate::tables::reference;
use crate::tables::sparsest::sparsest;

/// The sentences; none where nothing can be compared.
pub(super) fn sentences(findings: &[Finding], average: Option<&Aggregate>, groups: &[Group]) -> Vec<String> {
    let of_average = average.and_then(sparsest_average);
    let all = [verdicts(findings), of_average, as_good(groups)].into_iter();
    all.flatten().collect()
}

/// How many checks of claims have which verdict.
fn verdicts(findings: &[Finding]) -> Option<String> {
    let all = [Verdict::Supported, Verdict::NotSupported, Verdict::Undecided, Verdict::NotRun];
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let parts: Vec<String> = all
        .into_iter()
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.name()))
        .collect();
    let (checks, unchecked) = (findings.len(), UNCHECKED.len());
    (checks > 0).then(|| {
        let parts = parts.join(", ");
        format!("Of {checks} checks of what the paper claims: {parts}. {unchecked} more claims need other data than these rows.")
    })
}

/// The average with the fewest weights, ours and as the paper printed it.
fn sparsest_average(average: &Aggregate) -> Option<String> {
    let last = average.densities.len() - 1;
    let most = average.scores.iter().filter_map(|scores| Some(scores[last]?.n)).max()?;
    let score = |((criterion, scores), diverged): ((&&str, &Vec<Option<Mean>>), &usize)| {
        let mean = scores[last]?;
        let half = mean.half.map_or(String::new(), |half| format!(" ±{half:.2}"));
        let failed = if *diverged > 0 { format!(" ({diverged} diverged)") } else { String::new() };
        Some(format!("{:.2}{half}{}{failed} by {criterion}", mean.mean, fewer(mean.n, most)))
    };
    let scores: Option<Vec<String>> =
        CRITERIA.iter().zip(&average.scores).zip(&average.diverged).map(score).collect();
    let printed = |criterion: &&str| {
        let (score, _) = (*reference::figure_1(criterion, &average.densities)?.last()?)?;
        Some(format!("{score:.2}"))
    };
    let printed: Option<Vec<String>> = CRITERIA.iter().map(printed).collect();
    let printed = printed.map_or(String::new(), |all| {
        format!("; the paper's twelve tasks, with its settings, have {}", all.join(", "))
    });
    let of = if average.groups == 1 {
        "the task and strategy".to_owned()
    } else {
        format!("each of {} tasks and strategies", average.groups)
    };
    Some(format!(
        "With {} of the weights, where 0 and 1 are the least and the largest mean score of {of}: {} (n = {}){printed}.",
        percent(average.densities[last]),
        scores?.join(", "),
        most
    ))
}

/// The sparsest networks that are near dense ones, over tasks and strategies.
fn as_good(groups: &[Group]) -> Option<String> {
    let of = |criterion: &&str| {
        let densities = groups.iter().filter_map(|group| Some(sparsest(group, criterion)?.density));
        let mut densities: Vec<f64> = densities.collect();
        densities.sort_by(f64::total_cmp);
        let (least, most) = (densities.first()?, densities.last()?);
        // of an even number the denser one
        let middle = percent(densities[densities.len() / 2]);
        let ends = format!(" ({} to {})", percent(*least), percent(*most));
        Some(format!("{middle} by {criterion}{}", if least < most { &ends } else { "" }))
    };
    let found: Vec<String> = CRITERIA.iter().filter_map(of).collect();
    (!found.is_empty()).then(|| {
        let found = found.join(", ");
        format!(
            "By their mean scores networks are at most a twentieth of that range below dense ones down to a median of {found}."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims;
    use crate::tables::aggregate::aggregate;
    use crate::tables::agreement::Agreements;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    /// Two tasks whose criteria lose so much a level, of ranges of 0.6 and of 0.3.
    fn two(levels: u32) -> Vec<Group> {
        let losses =
            |task| [("snr", 0.02), ("magnitude", 0.04), ("random", if task == "ant" { 0.2 } else { 0.1 })];
        let mut rows = Vec::new();
        for task in ["ant", "glyphs"] {
            for (criterion, loss) in losses(task) {
                for (seed, level) in (0..3).flat_map(|seed| (0..levels).map(move |level| (seed, level))) {
                    let score = 0.9 - loss * f64::from(level) + 0.001 * seed as f64;
                    let mut row = row(criterion, seed, level, Some(score));
                    row.task = task.into();
                    rows.push(row);
                }
            }
        }
        groups(rows.iter().map(|row| ("", row)))
    }

    fn said(groups: &[Group]) -> Vec<String> {
        sentences(&claims::check(groups, &Agreements::of(&[])), aggregate(groups).as_ref(), groups)
    }

    #[test]
    fn it_says_what_the_tables_say() {
        let said = said(&two(4));
        assert_eq!(said.len(), 3, "the paper's curve goes further: {said:?}");
        assert_eq!(
            said[0],
            "Of 16 checks of what the paper claims: 1 supported, 2 not supported, 13 not run. 9 more claims need other data than \
             these rows."
        );
        assert_eq!(
            said[1],
            "With 12.5 % of the weights, where 0 and 1 are the least and the largest mean score of each of 2 tasks and \
             strategies: \
             0.85 ±0.01 by snr, 0.70 ±0.01 by magnitude, 0.00 ±0.01 by random (n = 3)."
        );
        assert!(
            said[2].ends_with(
                "a median of 100 % by snr (50.0 % to 100 %), 100 % by magnitude, 100 % by random."
            ),
            "{said:?}"
        );
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(sentences(&[], None, &[]), Vec::<String>::new());
    }
}
