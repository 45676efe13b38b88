//! The table of published sets: what they are called, which files they are, and where they come from.
//!
//! Sizes and checksums are those of the files as their authors publish them, packed with gzip; of the three sets of the
//! papers also those of the unpacked files, because many people keep them unpacked. `datasets/README.md` says the same
//! for readers.

use std::fmt;

/// A set that people publish.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownSet {
    /// In commands, files and reports; also the folder of its files.
    pub name: &'static str,
    /// As its authors call it.
    pub title: &'static str,
    /// Whether its files hold the columns of an image where others hold the rows.
    pub is_transposed: bool,
    /// Labels are below this; where it is absent the labels say it.
    pub classes: Option<usize>,
    /// Images to train with and to test with.
    pub images: [usize; 2],
    /// The files, in the order of [`Role::ALL`].
    pub files: [KnownFile; 4],
    /// Folders on the network that hold the files under their names, the authors' first.
    pub mirrors: &'static [&'static str],
    /// Where a person finds the files.
    pub page: &'static str,
    /// Under which terms.
    pub licence: &'static str,
    /// Whom to name.
    pub attribution: &'static str,
}

/// One of the files of a set.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// As published, ending in `.gz`.
    pub name: &'static str,
    /// The file as published, where that is known.
    pub packed: Option<Fingerprint>,
    /// The same unpacked.
    pub plain: Option<Fingerprint>,
}

impl KnownFile {
    /// The name of the unpacked file.
    pub fn plain_name(&self) -> &'static str {
        self.name.strip_suffix(".gz").unwrap_or(self.name)
    }
}

/// By what a file is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its length.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: &'static str,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Images to train with.
    TrainImages,
    /// Their labels.
    TrainLabels,
    /// Images to test with.
    TestImages,
    /// Their labels.
    TestLabels,
}

impl Role {
    /// In the order of the files of a set.
    pub const ALL: [Role; 4] = [Role::TrainImages, Role::TrainLabels, Role::TestImages, Role::TestLabels];

    /// The names that such a file ends with: of the MNIST family, and of EMNIST.
    pub fn endings(self) -> [&'static str; 2] {
        match self {
            Role::TrainImages => ["train-images-idx3-ubyte", "train-images-idx3-ubyte"],
            Role::TrainLabels => ["train-labels-idx1-ubyte", "train-labels-idx1-ubyte"],
            Role::TestImages => ["t10k-images-idx3-ubyte", "test-images-idx3-ubyte"],
            Role::TestLabels => ["t10k-labels-idx1-ubyte", "test-labels-idx1-ubyte"],
        }
    }
}

/// A file of the MNIST family, with the unpacked one.
const fn family(
    name: &'static str,
    bytes: u64,
    sha256: &'static str,
    plain_bytes: u64,
    plain_sha256: &'static str,
) -> KnownFile {
    KnownFile {
        name,
        packed: Some(Fingerprint { bytes, sha256 }),
        plain: Some(Fingerprint { bytes: plain_bytes, sha256: plain_sha256 }),
    }
}

/// One part of EMNIST; the names of its files begin with its own.
macro_rules! emnist {
    ($name:literal, $title:literal, $train:literal, $test:literal) => {
        KnownSet {
            name: $name,
            title: $title,
            is_transposed: true,
            classes: None,
            images: [$train, $test],
            files: [
                unknown(concat!($name, "-train-images-idx3-ubyte.gz")),
                unknown(concat!($name, "-train-labels-idx1-ubyte.gz")),
                unknown(concat!($name, "-test-images-idx3-ubyte.gz")),
                unknown(concat!($name, "-test-labels-idx1-ubyte.gz")),
            ],
            mirrors: &[],
            page: "https://www.nist.gov/itl/products-and-services/emnist-dataset (the archive `gzip.zip`)",
            licence: "of NIST, free to use",
            attribution: "G. Cohen, S. Afshar, J. Tapson, A. van Schaik, 2017",
        }
    };
}

/// A file whose checksum its authors do not publish.
const fn unknown(name: &'static str) -> KnownFile {
    KnownFile { name, packed: None, plain: None }
}

/// Every published set, those of the papers first.
pub const SETS: &[KnownSet] = &[
    MNIST,
    FASHION_MNIST,
    KMNIST,
    emnist!("emnist-balanced", "EMNIST, balanced", 112_800, 18_800),
    emnist!("emnist-byclass", "EMNIST, by class", 697_932, 116_323),
    emnist!("emnist-bymerge", "EMNIST, by merged class", 697_932, 116_323),
    emnist!("emnist-digits", "EMNIST, digits", 240_000, 40_000),
    emnist!("emnist-letters", "EMNIST, letters", 124_800, 20_800),
    emnist!("emnist-mnist", "EMNIST, like MNIST", 60_000, 10_000),
];

const MNIST: KnownSet = KnownSet {
    name: "mnist",
    title: "MNIST",
    is_transposed: false,
    classes: Some(10),
    images: [60_000, 10_000],
    files: [
        family(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        family(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        family(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        family(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ],
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    page: "http://yann.lecun.com/exdb/mnist/",
    licence: "CC BY-SA 3.0",
    attribution: "Y. LeCun, C. Cortes, C. Burges",
};

const FASHION_MNIST: KnownSet = KnownSet {
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    is_transposed: false,
    classes: Some(10),
    images: [60_000, 10_000],
    files: [
        family(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            47_040_016,
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        family(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            60_008,
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        family(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            7_840_016,
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        family(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            10_008,
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ],
    mirrors: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ],
    page: "https://github.com/zalandoresearch/fashion-mnist",
    licence: "MIT",
    attribution: "Zalando SE, 2017",
};

const KMNIST: KnownSet = KnownSet {
    name: "kmnist",
    title: "Kuzushiji-MNIST",
    is_transposed: false,
    classes: Some(10),
    images: [60_000, 10_000],
    files: [
        family(
            "train-images-idx3-ubyte.gz",
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            47_040_016,
            "7112ba9ec422d98de4885262d4a4dff14cc4fefb81c11ace8bf563a8255df5c3",
        ),
        family(
            "train-labels-idx1-ubyte.gz",
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            60_008,
            "2a16eeae62da984b8bd24fa32e31d47291f01dac3fe84d5594f304f71e7d374b",
        ),
        family(
            "t10k-images-idx3-ubyte.gz",
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            7_840_016,
            "76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e",
        ),
        family(
            "t10k-labels-idx1-ubyte.gz",
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            10_008,
            "a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6",
        ),
    ],
    mirrors: &[
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ],
    page: "http://codh.rois.ac.jp/kmnist/",
    licence: "CC BY-SA 4.0",
    attribution: "CODH, adapted from \"Kuzushiji Dataset\" (NIJL and others), doi:10.20676/00000341",
};

/// The set of this name.
pub fn named(name: &str) -> Result<&'static KnownSet, UnknownSet> {
    SETS.iter().find(|set| set.name == name).ok_or_else(|| UnknownSet { name: name.to_owned() })
}

/// A name that no published set has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSet {
    /// As it was asked for.
    pub name: String,
}

impl fmt::Display for UnknownSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = SETS.iter().map(|set| set.name).collect();
        write!(f, "there is no data set `{}`; there are {}", self.name, names.join(", "))
    }
}

impl std::error::Error for UnknownSet {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_checksums_are_different_and_well_formed() {
        let (mut names, mut sums) = (HashSet::new(), HashSet::new());
        for set in SETS {
            assert!(names.insert(set.name) && named(set.name) == Ok(set));
            assert!(set.mirrors.iter().all(|mirror| mirror.starts_with("http") && mirror.ends_with('/')));
            for (file, role) in set.files.iter().zip(Role::ALL) {
                let ending = role.endings().iter().any(|ending| file.plain_name().ends_with(ending));
                assert!(ending && file.name.ends_with(".gz"), "{}", file.name);
                for fingerprint in file.packed.iter().chain(&file.plain) {
                    assert!(sums.insert(fingerprint.sha256), "{} twice", fingerprint.sha256);
                    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                    assert!(fingerprint.sha256.len() == 64 && fingerprint.sha256.chars().all(is_digit));
                }
            }
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_names() {
        let text = named("mnst").unwrap_err().to_string();
        assert!(text.contains("`mnst`") && text.contains("fashion-mnist"), "{text}");
    }
}
