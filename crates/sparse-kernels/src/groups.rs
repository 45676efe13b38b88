//! Which rows of a pattern have the same entries, and so can share the loads of a kernel.

use std::collections::BTreeMap;

use crate::Pattern;

/// Rows grouped by their entries; groups and their rows in ascending order of the first row.
pub(crate) fn equal_rows(pattern: &Pattern) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut known: BTreeMap<&[u32], usize> = BTreeMap::new();
    for row in 0..pattern.rows() {
        let group = *known.entry(pattern.row(row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(row as u32);
    }
    groups
}
