//! `tombola data fetch`.

use std::io::Write;

use clap::Args;

use super::places::Places;
use super::set;
use crate::commands::CommandError;

/// Download the files of published sets.
///
/// Each file is compared with its length and SHA-256 before it gets its name, and goes to --data DIR, or TOMBOLA_DATA, or
/// the data folder of the user. A transfer that broke off is taken up where it ended. Files that are there stay as they
/// are. Prints where they are; without a network it prints how to get them by hand.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tombola data fetch mnist kmnist")]
pub(super) struct FetchArguments {
    /// Names of sets: `tombola data list` shows them
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// A folder on the network to take the files from, in place of those that are known
    #[arg(long, value_name = "URL")]
    mirror: Vec<String>,
}

pub(super) fn run(
    arguments: &FetchArguments,
    places: &Places,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let sets = arguments.names.iter().map(|name| set::published(name)).collect::<Result<Vec<_>, _>>()?;
    for set in sets {
        if set.mirrors.is_empty() {
            return Err(CommandError::Request {
                message: format!(
                    "`{}` cannot be fetched: its authors publish one archive of many sets",
                    set.name
                ),
                hint: Some(format!("{}\nor `tombola data import --from DIR`", set::by_hand(set, places))),
            });
        }
        fetch(set, arguments, places, out)?;
    }
    Ok(())
}

#[cfg(not(feature = "fetch"))]
fn fetch(
    set: &tasks::vision::sets::KnownSet,
    _: &FetchArguments,
    places: &Places,
    _: &mut dyn Write,
) -> Result<(), CommandError> {
    Err(CommandError::Request {
        message: "this program was built without its feature `fetch`".to_owned(),
        hint: Some(set::by_hand(set, places)),
    })
}

#[cfg(feature = "fetch")]
fn fetch(
    set: &tasks::vision::sets::KnownSet,
    arguments: &FetchArguments,
    places: &Places,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    use crate::download::{DownloadError, Patience, Wanted, download};
    use crate::store;
    use tasks::vision::files;

    let Some(home) = places.home() else {
        return Err(CommandError::Request {
            message: "there is no folder to download to".to_owned(),
            hint: Some("say one with `--data DIR`".to_owned()),
        });
    };
    let folder = home.join(set.name);
    store::make_folder(&folder)?;
    for file in &set.files {
        let path = folder.join(file.name);
        let packed = file.packed.expect("sets with addresses have checksums");
        if path.exists() {
            files::check(&path, packed).map_err(|error| set::refused(error, Some(set), places))?;
            writeln!(out, "{}: was there already", path.display())?;
            continue;
        }
        let wanted = Wanted { name: file.name, bytes: packed.bytes, sha256: packed.sha256 };
        let mut progress = Progress::new(file.name, packed.bytes);
        let addresses = addresses(set, &arguments.mirror, file.name);
        let outcome = download(&wanted, &addresses, &folder, &Patience::default(), &mut |bytes| {
            progress.show(bytes);
        });
        progress.end();
        match outcome {
            Ok(path) => writeln!(out, "{}", path.display())?,
            Err(DownloadError::Keep { path, source }) => {
                let message = format!("cannot write {}: {source}", path.display());
                return Err(CommandError::Request { message, hint: None });
            }
            Err(error) => {
                // a person is told what to do; what failed is the cause of the exit status
                writeln!(std::io::stderr(), "{}", set::by_hand(set, places))?;
                return Err(CommandError::Failed(Box::new(error)));
            }
        }
    }
    Ok(())
}

/// Where a file may be had.
#[cfg(feature = "fetch")]
fn addresses(set: &tasks::vision::sets::KnownSet, mirrors: &[String], file: &str) -> Vec<String> {
    let known: Vec<String> = set.mirrors.iter().map(|mirror| (*mirror).to_owned()).collect();
    let folders = if mirrors.is_empty() { &known } else { mirrors };
    folders.iter().map(|folder| format!("{}/{file}", folder.trim_end_matches('/'))).collect()
}

/// A line on the terminal that says how far a file is; nothing where stderr is none.
#[cfg(feature = "fetch")]
struct Progress {
    name: &'static str,
    bytes: u64,
    /// The last that was shown, in percent.
    percent: Option<u64>,
    is_terminal: bool,
}

#[cfg(feature = "fetch")]
impl Progress {
    fn new(name: &'static str, bytes: u64) -> Progress {
        let is_terminal = crate::progress::is_rewritten(&std::io::stderr());
        Progress { name, bytes, percent: None, is_terminal }
    }

    fn show(&mut self, bytes: u64) {
        let percent = 100 * bytes / self.bytes.max(1);
        if self.is_terminal && self.percent != Some(percent) {
            self.percent = Some(percent);
            // a closed stderr leaves nobody to tell
            let _ = write!(std::io::stderr(), "\r{}  {percent} % of {} bytes", self.name, self.bytes);
        }
    }

    fn end(&mut self) {
        if self.percent.is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}
