//! `tombola data list`.

use std::io::Write;

use tasks::vision::files;
use tasks::vision::glyphs::{self, Kind};
use tasks::vision::sets::SETS;

use super::places::Places;
use crate::commands::CommandError;

/// One line a set: how large it is, its licence, and where it was found.
pub(super) fn run(places: &Places, out: &mut dyn Write) -> Result<(), CommandError> {
    writeln!(
        out,
        "{:<17} {:>7} {:>9} {:>8}  {:<22} place",
        "name", "classes", "training", "test", "licence"
    )?;
    for kind in Kind::ALL {
        let (classes, train, test) = (glyphs::CLASSES, glyphs::TRAIN, glyphs::TEST);
        let licence = "that of this program";
        writeln!(out, "{kind:<17} {classes:>7} {train:>9} {test:>8}  {licence:<22} embedded")?;
    }
    for set in SETS {
        let place = match files::find(set, places.roots()) {
            Ok(found) => found[0].path.parent().unwrap_or(&found[0].path).display().to_string(),
            Err(_) => "-".to_owned(),
        };
        let classes = set.classes.map_or("labels".to_owned(), |classes| classes.to_string());
        let [train, test] = set.images;
        writeln!(out, "{:<17} {classes:>7} {train:>9} {test:>8}  {:<22} {place}", set.name, set.licence)?;
    }
    for root in places.roots() {
        writeln!(std::io::stderr(), "looked in {}", root.display())?;
    }
    Ok(())
}
