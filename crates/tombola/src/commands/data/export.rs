//! `tombola data export`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use flate2::{Compression, GzBuilder};
use tasks::vision::idx;
use tasks::vision::images::{Labelled, Part};

use super::places::Places;
use super::set;
use crate::commands::CommandError;
use crate::store;

/// Write an image set as files in the format of MNIST, which every framework reads.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tombola data export glyphs --to my-glyphs\n  \
    tombola data export glyphs+noise-3 --to noisy --plain")]
pub(super) struct ExportArguments {
    /// `glyphs`, a published set, the folder of any other, each perhaps with `+noise-3` or the like
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder to write to; made where it is missing
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Do not pack the files
    #[arg(long)]
    plain: bool,
}

pub(super) fn run(
    arguments: &ExportArguments,
    places: &Places,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let set = set::named(&arguments.name, places)?;
    let suffix = if arguments.plain { "" } else { ".gz" };
    let files = Part::BOTH.map(|part| {
        let (begin, images) = match part {
            Part::Train => ("train", set.train()),
            Part::Test => ("t10k", set.test()),
        };
        let path = |what: &str| arguments.to.join(format!("{begin}-{what}-ubyte{suffix}"));
        (path("images-idx3"), path("labels-idx1"), images)
    });
    let there = files.iter().flat_map(|(images, labels, _)| [images, labels]).find(|path| path.exists());
    if let Some(path) = there {
        let message = format!("{} exists, and nothing is overwritten", path.display());
        return Err(CommandError::Request { message, hint: None });
    }
    store::make_folder(&arguments.to)?;
    for (images_path, labels_path, part) in files {
        let [images, labels] = content(part, arguments.plain);
        for (path, bytes) in [(images_path, images), (labels_path, labels)] {
            store::write_whole(&path, &bytes)?;
            writeln!(out, "{}", path.display())?;
        }
    }
    Ok(())
}

fn content(part: &Labelled, plain: bool) -> [Vec<u8>; 2] {
    let images = idx::images_file(part.height(), part.width(), part.pixels());
    let files = [images, idx::labels_file(part.labels())];
    if plain { files } else { files.map(|file| packed(&file)) }
}

/// Without a time or a name: equal sets give equal files.
fn packed(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(file).and_then(|()| encoder.finish()).expect("a vector takes all")
}
