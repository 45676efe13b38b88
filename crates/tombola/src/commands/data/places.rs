//! Where data sets may lie: the one place that reads the environment for it.

#![expect(clippy::disallowed_methods, reason = "a command looks where its user's data is")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Folders to look in, the first first.
#[derive(Clone, Debug)]
pub(super) struct Places {
    roots: Vec<PathBuf>,
}

impl Places {
    /// The folder of the request, that of the environment, and that of the user.
    pub(super) fn new(data: Option<&Path>) -> Places {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let own = user_folder(env::consts::OS, &set);
        let roots = data.map(Path::to_owned).into_iter().chain(set("TOMBOLA_DATA").map(PathBuf::from));
        Places { roots: roots.chain(own).collect() }
    }

    /// Where to look, in this order.
    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Where new files go.
    pub(super) fn home(&self) -> Option<&Path> {
        self.roots.first().map(PathBuf::as_path)
    }
}

/// The folder for data of this program, by the custom of the system; none where the user has no home.
fn user_folder(system: &str, set: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let home = |inside: &str| set("HOME").map(|home| Path::new(&home).join(inside));
    let base = match system {
        "windows" => set("LOCALAPPDATA").map(PathBuf::from),
        "macos" => home("Library/Application Support"),
        // the XDG base directory specification: relative paths do not count
        _ => {
            let stated = set("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
            stated.or_else(|| home(".local/share"))
        }
    };
    base.map(|base| base.join("tombola").join("datasets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_folder_follows_the_custom_of_the_system() {
        let of = |system, variables: &[(&str, &str)]| {
            user_folder(system, &|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
            })
        };
        let expected = |base: &str| Some(Path::new(base).join("tombola").join("datasets"));
        assert_eq!(of("linux", &[("HOME", "/u")]), expected("/u/.local/share"));
        assert_eq!(of("linux", &[("HOME", "/u"), ("XDG_DATA_HOME", "/x")]), expected("/x"));
        assert_eq!(of("linux", &[("HOME", "/u"), ("XDG_DATA_HOME", "x")]), expected("/u/.local/share"));
        assert_eq!(of("macos", &[("HOME", "/u")]), expected("/u/Library/Application Support"));
        assert_eq!(of("windows", &[("LOCALAPPDATA", "c:/x")]), expected("c:/x"));
        assert_eq!(of("linux", &[]), None);
    }

    #[test]
    fn the_request_comes_first() {
        let places = Places::new(Some(Path::new("here")));
        assert_eq!(places.home(), Some(Path::new("here")));
    }
}
