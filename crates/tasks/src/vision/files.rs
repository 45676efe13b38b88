//! The loader: the only room of this crate that reads files.
//!
//! A published set is sought in folders, the first first. In each, its files may lie in a folder of the set's name or
//! directly, packed as published or unpacked; the first folder that holds any of them is taken. Files whose checksum is
//! known are compared with it before they are read any further. Any other set of the same form is read by its folder, its
//! files recognised by the ends of their names.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checksum::Checksum;
use super::idx::{self, IdxError};
use super::images::{ImageSet, Labelled, Part, SetError};
use super::sets::{Fingerprint, KnownFile, KnownSet, Role};

/// A larger file is not read: as many bytes as an IDX file may hold, and its header.
const LARGEST: u64 = idx::LARGEST + 16;

/// Where the labels begin in their file.
const LABELS_START: usize = 8;

/// Why a set could not be had.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum DataError {
    /// A file is nowhere.
    Missing { set: String, file: String, bytes: Option<u64>, tried: Vec<PathBuf> },
    /// The system refuses.
    Read { path: PathBuf, source: io::Error },
    /// A file that cannot be that of a set.
    Large { path: PathBuf, bytes: u64 },
    /// Another length than the published file.
    Size { path: PathBuf, expected: u64, found: u64 },
    /// Other content than the published file.
    Checksum { path: PathBuf, expected: String, found: String },
    /// The content is not what such a file holds.
    Format { path: PathBuf, source: IdxError },
    /// Images and labels disagree.
    Pair { images: PathBuf, labels: PathBuf, source: SetError },
    /// A label out of range.
    Label { path: PathBuf, offset: usize, found: u8, classes: usize },
    /// The parts are no set.
    Set { folder: PathBuf, source: SetError },
    /// Two files of a folder could both be meant.
    Ambiguous { paths: [PathBuf; 2] },
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataError::Missing { set, file, bytes, tried } => {
                write!(f, "data set `{set}`: there is no file `{file}`")?;
                if let Some(bytes) = bytes {
                    write!(f, " ({bytes} bytes)")?;
                }
                tried.iter().try_for_each(|path| write!(f, "\n  tried {}", path.display()))
            }
            DataError::Read { path, .. } => write!(f, "cannot read {}", path.display()),
            DataError::Large { path, bytes } => {
                write!(f, "{}: {bytes} bytes are more than the {LARGEST} that are read", path.display())
            }
            DataError::Size { path, expected, found } => {
                write!(f, "{}: expected {expected} bytes, found {found}", path.display())
            }
            DataError::Checksum { path, expected, found } => {
                write!(f, "{}: expected SHA-256 {expected}, found {found}", path.display())
            }
            DataError::Format { path, source } => write!(f, "{}: {source}", path.display()),
            DataError::Pair { images, labels, source } => {
                write!(f, "{} and {} disagree: {source}", images.display(), labels.display())
            }
            DataError::Label { path, offset, found, classes } => {
                write!(
                    f,
                    "{}: offset {offset} of the unpacked file: expected a label below {classes}, found {found}",
                    path.display()
                )
            }
            DataError::Set { folder, source } => write!(f, "{}: {source}", folder.display()),
            DataError::Ambiguous { paths: [one, other] } => {
                write!(
                    f,
                    "{} and {} could both be meant: leave one in the folder",
                    one.display(),
                    other.display()
                )
            }
        }
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DataError::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it must be, where that is known.
    pub expected: Option<Fingerprint>,
}

/// The places where a file of a set may lie below a folder, the likeliest first.
fn candidates(set: &KnownSet, file: &KnownFile, root: &Path) -> [FoundFile; 4] {
    let own = root.join(set.name);
    [
        FoundFile { path: own.join(file.name), expected: file.packed },
        FoundFile { path: own.join(file.plain_name()), expected: file.plain },
        FoundFile { path: root.join(file.name), expected: file.packed },
        FoundFile { path: root.join(file.plain_name()), expected: file.plain },
    ]
}

/// The four files of a set, in the order of [`Role::ALL`], from the first of `roots` that has any of them.
pub fn find(set: &KnownSet, roots: &[PathBuf]) -> Result<[FoundFile; 4], DataError> {
    let there = |found: &FoundFile| found.path.is_file();
    let has_any =
        |root: &&PathBuf| set.files.iter().any(|file| candidates(set, file, root).iter().any(there));
    // of a set that is nowhere, all places are named
    let roots = roots.iter().find(has_any).map_or(roots, std::slice::from_ref);
    let mut found = Vec::with_capacity(4);
    for file in &set.files {
        let places: Vec<FoundFile> = roots.iter().flat_map(|root| candidates(set, file, root)).collect();
        match places.iter().find(|place| there(place)) {
            Some(place) => found.push(place.clone()),
            None => {
                let tried = places.into_iter().map(|place| place.path).collect();
                let bytes = file.packed.map(|packed| packed.bytes);
                return Err(DataError::Missing {
                    set: set.name.into(),
                    file: file.name.into(),
                    bytes,
                    tried,
                });
            }
        }
    }
    Ok(found.try_into().expect("four files of four roles"))
}

/// Reads a published set from the first of `roots` that has it.
pub fn load(set: &KnownSet, roots: &[PathBuf]) -> Result<ImageSet, DataError> {
    let files = find(set, roots)?;
    read_set(set.name, &files, set.classes, set.is_transposed)
}

/// Reads the set in a folder, whatever it is: four files whose names end as those of the MNIST family or of EMNIST do,
/// with or without `.gz`. The labels say how many classes there are unless `classes` does. Images of files whose names
/// begin with `emnist` are transposed, as that set stores columns.
pub fn load_folder(folder: &Path, classes: Option<usize>) -> Result<ImageSet, DataError> {
    let names = names_in(folder)?;
    let name = folder.file_name().map_or("data".into(), |name| name.to_string_lossy().into_owned());
    let mut files = Vec::with_capacity(4);
    for role in Role::ALL {
        let plays =
            |file: &&String| role.endings().iter().any(|end| file.trim_end_matches(".gz").ends_with(end));
        let mut playing = names.iter().filter(plays).map(|file| folder.join(file));
        let Some(path) = playing.next() else {
            let [file, _] = role.endings();
            let tried = role.endings().map(|end| folder.join(format!("*{end}[.gz]")));
            let tried = if tried[0] == tried[1] { tried[..1].to_vec() } else { tried.to_vec() };
            return Err(DataError::Missing { set: name, file: format!("{file}.gz"), bytes: None, tried });
        };
        if let Some(other) = playing.next() {
            return Err(DataError::Ambiguous { paths: [path, other] });
        }
        files.push(FoundFile { path, expected: None });
    }
    let files: [FoundFile; 4] = files.try_into().expect("four files of four roles");
    let is_transposed = names.iter().all(|name| !name.contains("-ubyte") || name.starts_with("emnist"));
    read_set(&name, &files, classes, is_transposed)
}

/// The names of a folder's files, sorted.
fn names_in(folder: &Path) -> Result<Vec<String>, DataError> {
    let failed = |source| DataError::Read { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Compares a file with what it must be, without keeping it.
pub fn check(path: &Path, expected: Fingerprint) -> Result<(), DataError> {
    let failed = |source| DataError::Read { path: path.to_owned(), source };
    let (mut file, found) = open(path)?;
    if found != expected.bytes {
        return Err(DataError::Size { path: path.to_owned(), expected: expected.bytes, found });
    }
    let (mut checksum, mut buffer) = (Checksum::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => checksum.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    compare(path, expected, checksum)
}

fn compare(path: &Path, expected: Fingerprint, checksum: Checksum) -> Result<(), DataError> {
    let found = checksum.hexadecimal();
    if found == expected.sha256 {
        return Ok(());
    }
    Err(DataError::Checksum { path: path.to_owned(), expected: expected.sha256.to_owned(), found })
}

/// A file and its length, unless it is too large.
fn open(path: &Path) -> Result<(File, u64), DataError> {
    let failed = |source| DataError::Read { path: path.to_owned(), source };
    #[expect(clippy::disallowed_methods, reason = "the loader reads files")]
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > LARGEST {
        return Err(DataError::Large { path: path.to_owned(), bytes });
    }
    Ok((file, bytes))
}

/// The content of a file, which is what it must be.
fn read(found: &FoundFile) -> Result<Vec<u8>, DataError> {
    let path = &found.path;
    let (file, bytes) = open(path)?;
    if let Some(expected) = found.expected.filter(|expected| expected.bytes != bytes) {
        return Err(DataError::Size { path: path.clone(), expected: expected.bytes, found: bytes });
    }
    let mut content = Vec::new();
    content.try_reserve_exact(bytes as usize).map_err(|_| DataError::Large { path: path.clone(), bytes })?;
    // a file that grows meanwhile is cut, and then refused by its shape
    file.take(bytes)
        .read_to_end(&mut content)
        .map_err(|source| DataError::Read { path: path.clone(), source })?;
    if let Some(expected) = found.expected {
        let mut checksum = Checksum::default();
        checksum.update(&content);
        compare(path, expected, checksum)?;
    }
    Ok(content)
}

fn read_set(
    name: &str,
    [train_images, train_labels, test_images, test_labels]: &[FoundFile; 4],
    classes: Option<usize>,
    is_transposed: bool,
) -> Result<ImageSet, DataError> {
    let train = read_part(train_images, train_labels, is_transposed)?;
    let test = read_part(test_images, test_labels, is_transposed)?;
    let set = match classes {
        Some(classes) => ImageSet::new(name, classes, train, test),
        None => ImageSet::with_classes_of_labels(name, train, test),
    };
    set.map_err(|source| match source {
        SetError::Label { part, image, label, classes } => {
            let labels = if part == Part::Train { train_labels } else { test_labels };
            let offset = LABELS_START + image;
            DataError::Label { path: labels.path.clone(), offset, found: label, classes }
        }
        _ => {
            let folder = train_images.path.parent().unwrap_or(&train_images.path).to_owned();
            DataError::Set { folder, source }
        }
    })
}

fn read_part(images: &FoundFile, labels: &FoundFile, is_transposed: bool) -> Result<Labelled, DataError> {
    let format = |found: &FoundFile| {
        let path = found.path.clone();
        |source| DataError::Format { path, source }
    };
    let ids = idx::labels(&read(labels)?).map_err(format(labels))?;
    let mut read = idx::images(&read(images)?).map_err(format(images))?;
    if is_transposed {
        transpose(read.height, read.width, &mut read.pixels);
        (read.height, read.width) = (read.width, read.height);
    }
    Labelled::new(read.height, read.width, read.pixels, ids).map_err(|source| DataError::Pair {
        images: images.path.clone(),
        labels: labels.path.clone(),
        source,
    })
}

/// Makes rows of the columns of each image.
fn transpose(height: usize, width: usize, pixels: &mut [u8]) {
    let mut image = vec![0; height * width];
    for turned in pixels.chunks_exact_mut(height * width) {
        image.copy_from_slice(turned);
        for (place, pixel) in turned.iter_mut().enumerate() {
            let (row, column) = (place / height, place % height);
            *pixel = image[column * width + row];
        }
    }
}
