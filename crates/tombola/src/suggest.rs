//! "Did you mean": the name that somebody probably wanted.

/// The name most like `wrong`, if one is like it at all.
///
/// ```
/// use tombola::suggest::nearest;
///
/// assert_eq!(nearest("avx52", ["portable", "avx512"]), Some("avx512"));
/// assert_eq!(nearest("zzz", ["portable", "avx512"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The likeness at which clap too offers a flag; of equals the first in the list.
    const LIKE: f64 = 0.7;
    let mut best = None;
    let mut likeness = LIKE;
    for name in names {
        let found = strsim::jaro_winkler(wrong, name);
        if found > likeness {
            (best, likeness) = (Some(name), found);
        }
    }
    best
}
