//! The loader on folders that are right, wrong, and in between; and on the published sets where they are.

#![expect(clippy::disallowed_methods, reason = "makes the folders that the loader reads")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tasks::vision::files::{self, DataError};
use tasks::vision::glyphs::{self, Kind};
use tasks::vision::idx;
use tasks::vision::images::{ImageSet, Labelled};
use tasks::vision::sets;

/// An empty folder of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder of one test");
    folder
}

fn small_set() -> ImageSet {
    glyphs::draw(Kind::Digits, 0, 20, 10)
}

/// The files of a set under names with these beginnings and ends.
fn write(folder: &Path, set: &ImageSet, names: [&str; 2], end: &str) {
    for (part, name) in [(set.train(), names[0]), (set.test(), names[1])] {
        let images = idx::images_file(part.height(), part.width(), part.pixels());
        fs::write(folder.join(format!("{name}-images-idx3-ubyte{end}")), images).expect("a file of one test");
        fs::write(folder.join(format!("{name}-labels-idx1-ubyte{end}")), idx::labels_file(part.labels()))
            .expect("a file of one test");
    }
}

/// Rows for columns.
fn turned(part: &Labelled) -> Labelled {
    let (height, width) = (part.height(), part.width());
    part.map(|index, image| {
        for row in 0..height {
            for column in 0..width {
                image[column * height + row] = part.image(index)[row * width + column];
            }
        }
    })
}

#[test]
fn any_set_of_the_form_is_read_by_its_folder() {
    let set = small_set();
    // the content says whether a file is packed, not its name
    for (name, end) in [("plain", ""), ("named-gz", ".gz")] {
        let folder = folder(name);
        write(&folder, &set, ["train", "t10k"], end);
        fs::write(folder.join("README"), "more files do no harm").unwrap();
        let read = files::load_folder(&folder, None).unwrap();
        assert_eq!((read.name(), read.classes()), (name, 10));
        assert_eq!((read.train(), read.test()), (set.train(), set.test()));
    }
}

#[test]
fn emnist_is_turned_and_its_labels_say_the_classes() {
    let set = small_set();
    let labels: Vec<u8> = (0..20).map(|index| index + 27).collect();
    let train = Labelled::new(28, 28, turned(set.train()).pixels().to_vec(), labels.clone()).unwrap();
    let stored = ImageSet::with_classes_of_labels("x", train, turned(set.test())).unwrap();
    let names = ["emnist-balanced-train", "emnist-balanced-test"];
    let root = folder("emnist");
    let own = root.join("emnist-balanced");
    fs::create_dir(&own).unwrap();
    write(&own, &stored, names, ".gz");

    let by_name = files::load(sets::named("emnist-balanced").unwrap(), std::slice::from_ref(&root)).unwrap();
    let by_folder = files::load_folder(&own, None).unwrap();
    assert_eq!(by_name, by_folder);
    assert_eq!(by_name.classes(), 47);
    assert_eq!(by_name.train().labels(), labels);
    assert_eq!(by_name.train().pixels(), set.train().pixels());
    assert_eq!(by_name.test(), set.test());
}

#[test]
fn a_set_that_is_nowhere_is_told_all_places_its_name_and_size() {
    let roots = [folder("nowhere"), folder("nowhere-else")];
    let error = files::load(sets::named("mnist").unwrap(), &roots).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DataError::Missing { .. }));
    assert!(text.contains("`train-images-idx3-ubyte.gz` (9912422 bytes)"), "{text}");
    for root in &roots {
        assert!(
            text.contains(&root.join("mnist/train-images-idx3-ubyte.gz").display().to_string()),
            "{text}"
        );
    }
}

#[test]
fn a_published_name_with_other_content_is_refused() {
    let root = folder("other-content");
    let set = sets::named("kmnist").unwrap();
    fs::create_dir(root.join("kmnist")).unwrap();
    write(&root.join("kmnist"), &small_set(), ["train", "t10k"], "");
    let error = files::load(set, std::slice::from_ref(&root)).unwrap_err();
    assert!(matches!(error, DataError::Size { expected: 60_008, found: 28, .. }), "{error}");
    // of the right length, and nothing else
    fs::write(root.join("kmnist/train-labels-idx1-ubyte"), vec![0; 60_008]).unwrap();
    let error = files::load(set, &[root]).unwrap_err();
    assert!(matches!(error, DataError::Checksum { .. }), "{error}");
    assert!(error.to_string().contains("2a16eeae62da984b8bd24fa32e31d47291f01dac3fe84d5594f304f71e7d374b"));
}

#[test]
fn what_is_wrong_names_its_file_and_place() {
    let set = small_set();
    let wrong = |name: &str, file: &str, content: &[u8], classes, parts: &[&str]| {
        let folder = folder(name);
        write(&folder, &set, ["train", "t10k"], "");
        fs::write(folder.join(file), content).unwrap();
        let text = files::load_folder(&folder, classes).unwrap_err().to_string();
        assert!(text.contains(&folder.join(file).display().to_string()), "{text}");
        parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in: {text}"));
    };
    let labels = "train-labels-idx1-ubyte";
    wrong("few-labels", labels, &idx::labels_file(&[0; 19]), None, &["disagree", "20 images and 19 labels"]);
    let mut ids = [0; 20];
    ids[7] = 10;
    let parts = ["offset 15", "expected a label below 10, found 10"];
    wrong("label", labels, &idx::labels_file(&ids), Some(10), &parts);
    let mut lie = idx::images_file(28, 28, set.test().pixels());
    lie[7] = 11;
    let parts = ["offset 16", "expected 8624 bytes for the shape 11 x 28 x 28, found 7840"];
    wrong("lie", "t10k-images-idx3-ubyte", &lie, None, &parts);
    wrong("images", labels, &lie, None, &["offset 0", "(labels), found the bytes 0 0 8 3 (images)"]);
    wrong("packed", labels, &[0x1f, 0x8b, 7], None, &["gzip", "after 3 bytes"]);
}

#[test]
fn parts_that_do_not_fit_and_files_that_could_both_be_meant_are_refused() {
    let set = small_set();
    let both = folder("ambiguous");
    write(&both, &set, ["train", "t10k"], "");
    write(&both, &set, ["train", "t10k"], ".gz");
    assert!(matches!(files::load_folder(&both, None), Err(DataError::Ambiguous { .. })));
    let sizes = folder("sizes");
    write(&sizes, &set, ["train", "t10k"], "");
    fs::write(sizes.join("t10k-images-idx3-ubyte"), idx::images_file(14, 56, set.test().pixels())).unwrap();
    let text = files::load_folder(&sizes, None).unwrap_err().to_string();
    assert!(text.contains("28 x 28 pixels, test images 14 x 56"), "{text}");
    let some = folder("some");
    fs::write(some.join("train-images-idx3-ubyte"), "").unwrap();
    assert!(matches!(files::load_folder(&some, None), Err(DataError::Missing { .. })));
    assert!(matches!(files::load_folder(&some.join("none"), None), Err(DataError::Read { .. })));
}

/// Where `TOMBOLA_DATA` leads to the published files.
#[test]
fn the_published_sets_are_read_in_time() {
    let Some(root) = std::env::var_os("TOMBOLA_DATA").map(PathBuf::from) else { return };
    for name in ["mnist", "fashion-mnist", "kmnist"] {
        if !root.join(name).is_dir() {
            continue;
        }
        let begin = Instant::now();
        let set = files::load(sets::named(name).unwrap(), std::slice::from_ref(&root)).unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        println!("{name}: {seconds:.2} s");
        assert_eq!((set.train().len(), set.test().len(), set.classes()), (60_000, 10_000, 10));
        assert_eq!((set.height(), set.width()), (28, 28));
        // each class of these sets has between 5,421 and 6,742 images; the first image of MNIST is a five
        for class in 0..10 {
            let count = set.train().labels().iter().filter(|&&label| label == class).count();
            assert!((5_400..6_800).contains(&count), "{name}: {count} images of class {class}");
        }
        if name == "mnist" {
            assert_eq!(set.train().labels()[..5], [5, 0, 4, 1, 9]);
        }
    }
}

/// What people read about the sets is what the program believes.
#[test]
fn the_page_of_data_sets_says_what_the_table_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/README.md");
    let page = fs::read_to_string(page).unwrap();
    let lacks = |text: &str| assert!(page.contains(text), "datasets/README.md lacks `{text}`");
    for set in sets::SETS {
        lacks(&format!("| `{}`", set.name));
        [set.licence, set.attribution].into_iter().chain(set.mirrors.iter().copied()).for_each(lacks);
        for file in &set.files {
            if let Some(packed) = file.packed {
                lacks(&format!("| `{}/{}` | {} | `{}` |", set.name, file.name, packed.bytes, packed.sha256));
            }
        }
    }
}
