//! What all tasks and strategies say together: the average of the papers' first figure, and the claims.

use std::fmt::Write;

use super::html::{source, table};
use super::summary;
use crate::claims::{self, Finding};
use crate::figures::{Chart, svg};
use crate::rows::LayerRow;
use crate::tables::aggregate::{self, Aggregate, aggregate};
use crate::tables::agreement::Agreements;
use crate::tables::pairs::Group;
use crate::tables::{attribution, profiles, sparsest};

/// The average and the findings of some groups; nothing where there is nothing to compare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    groups: Vec<Group>,
    average: Option<Aggregate>,
    findings: Vec<Finding>,
    /// What they say in words.
    summary: Vec<String>,
    /// Other tables of a page: the artifact that has each, what it shows, and its rows.
    tables: Vec<(&'static str, String, Vec<Vec<String>>)>,
}

impl Said {
    /// Of groups, and of what their networks look like inside, where that is known.
    pub fn of(groups: Vec<Group>, layers: &[LayerRow]) -> Said {
        let findings = claims::check(&groups, &Agreements::of(layers));
        // a grid of other criteria has claims of its own kind, and a table of nothing helps nobody
        let findings = if findings.iter().all(Finding::is_not_run) { Vec::new() } else { findings };
        let average = aggregate(&groups);
        let more = [
            ("sparsest", sparsest::CAPTION, sparsest::table(&groups)),
            ("attribution", attribution::CAPTION, attribution::table(&groups)),
            ("profiles", profiles::CAPTION, average.as_ref().map(profiles::table)),
        ];
        let tables = more
            .into_iter()
            .filter_map(|(artifact, caption, rows)| Some((artifact, caption.to_owned(), rows?)))
            .collect();
        let summary = summary::sentences(&findings, average.as_ref(), &groups);
        Said { average, findings, groups, summary, tables }
    }

    /// The groups that it is of.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// What they say in words, a paragraph each.
    pub(super) fn summary(&self) -> &[String] {
        &self.summary
    }

    /// The average over them, if they have one.
    pub fn average(&self) -> Option<&Aggregate> {
        self.average.as_ref()
    }

    /// The claims that they are about; none where they are about none.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Has a page show one more table of an artifact, whose first row is its head.
    pub fn push(&mut self, artifact: &'static str, caption: &str, rows: Vec<Vec<String>>) {
        self.tables.push((artifact, caption.to_owned(), rows));
    }

    /// As Markdown; empty where nothing is said.
    pub fn text(&self) -> String {
        let summary = (!self.summary.is_empty()).then(|| self.summary.join("\n") + "\n\n");
        let average = self.average.as_ref().map(|average| aggregate::text(average) + "\n");
        let claims = (!self.findings.is_empty()).then(|| claims::text(&self.findings, &self.groups));
        [summary, average, claims].into_iter().flatten().collect()
    }

    /// As a part of a page, with the command that writes it as files; empty where nothing is said.
    pub(super) fn html(&self, artifacts: &str) -> String {
        let mut html = String::new();
        if !self.findings.is_empty() {
            html += "<h2>Claims</h2>\n";
            table(&mut html, claims::TOGETHER, &claims::together(&self.findings));
            table(&mut html, claims::ALONE, &claims::alone(&self.findings, &self.groups));
            source(&mut html, artifacts, &["claims"]);
        }
        if let Some(average) = &self.average {
            html += "<h2>All together</h2>\n<div class=\"charts\">\n";
            // dense runs differ in their seeds alone
            let pruned = Chart::of_profiles(average).into_iter().skip(1);
            for chart in std::iter::once(Chart::of_aggregate(average)).chain(pruned) {
                writeln!(html, "<figure>\n{}</figure>", svg(&chart)).expect("a string");
            }
            html += "</div>\n";
            table(&mut html, &average.title(), &aggregate::table(average));
            let left_out = average.left_out();
            for note in [aggregate::NOTE, &left_out].into_iter().filter(|note| !note.is_empty()) {
                super::html::note(&mut html, note);
            }
            source(&mut html, artifacts, &["figure-1", "profiles-runs"]);
        }
        html
    }

    /// The other tables, as another part of a page; empty where there are none.
    pub(super) fn more_html(&self, artifacts: &str) -> String {
        let mut html = String::new();
        if !self.tables.is_empty() {
            html += "<h2>More of all tasks</h2>\n";
        }
        for of_artifact in self.tables.chunk_by(|(one, ..), (other, ..)| one == other) {
            of_artifact.iter().for_each(|(_, caption, rows)| table(&mut html, caption, rows));
            source(&mut html, artifacts, &[of_artifact[0].0]);
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    fn said(criteria: &[&str]) -> Said {
        let cell = |(criterion, seed, level): (&&str, u64, u32)| {
            let loss = if *criterion == "random" { 0.1 } else { 0.01 };
            row(criterion, seed, level, Some(0.9 - loss * f64::from(level) + 0.001 * seed as f64))
        };
        let all = criteria.iter().flat_map(|criterion| {
            (0..3).flat_map(move |seed| (0..6).map(move |level| (criterion, seed, level)))
        });
        let rows: Vec<_> = all.map(cell).collect();
        Said::of(groups(rows.iter().map(|row| ("", row))), &[])
    }

    #[test]
    fn text_and_page_say_the_same() {
        let said = said(&["snr", "magnitude", "random"]);
        let (text, html) = (said.text(), said.html("") + &said.more_html(""));
        // the difference of raw scores, of which random's lowest and the dense one's are 0.5 apart
        for wanted in
            ["Mean of 1 task and strategy", "tickets exist", "supported", "+0.450 ±0.000 (n = 3)", "3.10 %"]
        {
            assert!(text.contains(wanted), "{wanted}: {text}");
            assert!(html.contains(wanted), "{wanted}: {html}");
        }
        assert!(html.contains("<svg"));
    }

    #[test]
    fn a_grid_without_rivals_says_nothing() {
        let alone = said(&["movement"]);
        assert_eq!([alone.text(), alone.html(""), alone.more_html("")], ["", "", ""].map(str::to_owned));
        assert_eq!(Said::of(Vec::new(), &[]).text(), "");
    }
}
