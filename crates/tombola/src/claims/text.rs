//! Findings as Markdown, for terminals and pages of text.

use super::{About, Differences, Expected, Finding, Gain, UNCHECKED, Verdict};
use crate::stats::Mean;
use crate::tables::densities::{aligned, digits, percent};
use crate::tables::pairs::{Group, Range};

/// What the table of claims shows.
pub const TOGETHER: &str = "Claims of the paper. Differences of all tasks and strategies together, averaged within seeds, in \
                            units of the range of each one's mean scores, with half the width of their 95 % intervals over \
                            seeds (Student); of how many that is; how many bear the claim out alone, and how many of them \
                            when chance is corrected for as many (Holm). No difference is one within 0.05. Shares of what \
                            dense networks score above a guess, and rank correlations (Spearman) are in no unit; p is the chance \
                            of such a correlation where there is none. Printed curves of gradients are of networks trained in full";
/// What the table of groups shows.
pub const ALONE: &str = "Each alone, in the unit of its scores, seed by seed";

/// Two tables as Markdown.
pub fn text(findings: &[Finding], groups: &[Group]) -> String {
    let (together, alone) = (aligned(&together(findings)), aligned(&alone(findings, groups)));
    format!("{TOGETHER}:\n\n{together}\n{ALONE}:\n\n{alone}")
}

/// A row a claim, for all groups together, and a row for each that cannot be checked, with what it would need.
pub fn together(findings: &[Finding]) -> Vec<Vec<String>> {
    let head =
        strings(["claim", "verdict", "says", "found", "of", "alone", "corrected", "expected", "difference"]);
    let unchecked = UNCHECKED.map(|[name, says, needs]| {
        let needs = format!("needs {needs}");
        let verdict = Verdict::NotRun.name();
        [name, verdict, says, "-", "-", "-", "-", "-", &needs].map(str::to_owned).to_vec()
    });
    std::iter::once(head).chain(findings.iter().map(row)).chain(unchecked).collect()
}

/// A row a group, for each claim alone; without those that are about groups beside each other.
pub fn alone(findings: &[Finding], groups: &[Group]) -> Vec<Vec<String>> {
    let has_own = |finding: &&Finding| !matches!(finding.claim.about, About::Prediction { .. });
    let names = findings.iter().filter(has_own).map(|finding| finding.claim.name.to_owned());
    let mut rows = vec![strings(["task", "strategy"]).into_iter().chain(names).collect::<Vec<_>>()];
    for (index, group) in groups.iter().enumerate() {
        let found = findings.iter().filter(has_own).map(|finding| {
            let (difference, verdict) = finding.groups[index];
            entry(difference, verdict)
        });
        rows.push([group.what(), group.strategy.clone()].into_iter().chain(found).collect());
    }
    rows
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn row(finding: &Finding) -> Vec<String> {
    let claim = finding.claim;
    let expected = match claim.expected {
        Expected::More => "above 0",
        Expected::NoDifference => "none",
        Expected::MoreInSome => "above 0 in some",
    };
    vec![
        claim.name.to_owned(),
        finding.verdict.name().to_owned(),
        claim.says.to_owned(),
        found(finding),
        finding.of.to_string(),
        if matches!(claim.about, About::Prediction { .. }) {
            "-".to_owned()
        } else {
            format!("{} of {}", finding.alone, finding.groups.len())
        },
        finding.corrected.map_or_else(|| "-".to_owned(), |corrected| corrected.to_string()),
        expected.to_owned(),
        difference(claim.about),
    ]
}

/// The difference; of a correlation with its chance.
fn found(finding: &Finding) -> String {
    let chance = finding.chance.map_or(String::new(), |chance| format!(", p = {chance:.3}"));
    number(finding.together) + &chance
}

/// What is compared, and at which densities.
fn difference(about: About) -> String {
    let gain = |Gain { of, against }: Gain| format!("{of} - {against}");
    match about {
        About::Gain { gain: one, less: None, range } => format!("{}, {}", gain(one), densities(range)),
        About::Gain { gain: one, less: Some(less), range } => {
            format!("({}) - ({}), {}", gain(one), gain(less), densities(range))
        }
        About::Loss { of } => {
            format!("share lost by gradients, the paper, less two errors - by {of}, at 1.44 %")
        }
        About::Agreement { of, many, few } => {
            format!("rank correlation of {of}, {} - {}", densities(many), densities(few))
        }
        About::Prediction { of, many, few, gain: one, range } => {
            let loss = difference(About::Agreement { of, many, few });
            format!(
                "rank correlation over tasks and strategies of ({loss}) and ({}, {})",
                gain(one),
                densities(range)
            )
        }
    }
}

fn densities(range: Range) -> String {
    match range {
        Range { from, to } if from > 0.0 => format!("{} to {}", percent(from), percent(to)),
        Range { to, .. } => format!("at most {}", percent(to)),
    }
}

fn entry(difference: Differences, verdict: Verdict) -> String {
    match verdict {
        Verdict::NotRun => verdict.name().to_owned(),
        _ => format!("{} {}", number(difference), verdict.name()),
    }
}

/// A difference with its sign, as short as its size allows, with seeds.
fn number(Differences { mean, diverged }: Differences) -> String {
    let diverged = if diverged > 0 { format!("{diverged} diverged") } else { String::new() };
    let Some(Mean { mean, half, n }) = mean else {
        return if diverged.is_empty() { "-".to_owned() } else { diverged };
    };
    let digits = digits(mean);
    let half = half.map_or(String::new(), |half| format!(" ±{half:.digits$}"));
    let more = if diverged.is_empty() { diverged } else { format!(", {diverged}") };
    format!("{mean:+.digits$}{half} (n = {n}{more})")
}
