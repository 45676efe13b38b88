//! "Did you mean": the name that somebody probably wanted.

/// The likeness at which clap too offers a flag.
const LIKE: f64 = 0.7;

/// The name most like `wrong`, if one is like it at all.
///
/// ```
/// use tombola::suggest::nearest;
///
/// assert_eq!(nearest("avx52", ["portable", "avx512"]), Some("avx512"));
/// assert_eq!(nearest("AVX512", ["portable", "avx512"]), Some("avx512"));
/// assert_eq!(nearest("zzz", ["portable", "avx512"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    alike(wrong, names).into_iter().next()
}

/// At most three names that are like `wrong`, the most like it first.
///
/// ```
/// use tombola::suggest::alike;
///
/// assert_eq!(alike("glyph", ["mnist", "glyphs-brush", "glyphs"]), ["glyphs", "glyphs-brush"]);
/// assert_eq!(alike("srn", ["mask-reinitialised", "snr"]), ["snr"]);
/// ```
pub fn alike<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<(f64, &str)> = Vec::new();
    for name in names {
        let likeness = likeness(wrong, name);
        if likeness > LIKE && found.iter().all(|(_, known)| *known != name) {
            found.push((likeness, name));
        }
    }
    // a stable order: of equals the first in the list comes first
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// From 0 to 1. Two letters that changed places weigh little in short names too; a name that is far longer is like a
/// slip only if it begins with it. Capitals count for nothing.
fn likeness(wrong: &str, name: &str) -> f64 {
    let (wrong, name) = (&*wrong.to_lowercase(), &*name.to_lowercase());
    let lengths = [wrong, name].map(|text| text.chars().count());
    let slips = strsim::osa_distance(wrong, name);
    if slips == 1 {
        return 1.0 - 0.25 / lengths[1].max(1) as f64;
    }
    let is_far = lengths[0] * 2 < lengths[1] || lengths[1] * 2 < lengths[0];
    if is_far && !name.starts_with(wrong) { 0.0 } else { strsim::jaro_winkler(wrong, name) }
}
