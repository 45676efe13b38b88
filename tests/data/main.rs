//! `tombola data` as its users meet it, and downloads from a server that truncates, stalls, lies and redirects.

#![expect(clippy::disallowed_methods, reason = "makes and reads the files that the program does")]

#[cfg(feature = "fetch")]
mod downloads;
#[cfg(feature = "fetch")]
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder of one test");
    folder
}

/// The program with a home in this folder and no other places to look.
fn tombola(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tombola"));
    for name in ["TOMBOLA_DATA", "XDG_DATA_HOME", "LOCALAPPDATA"] {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env("HOME", home).current_dir(home).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program writes UTF-8")
}

/// The lines of stdout of a request that is served.
fn lines(home: &Path, arguments: &[&str]) -> Vec<String> {
    let output = tombola(home, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// A request that ends with `status`; returns stdout.
fn refused(home: &Path, status: i32, arguments: &[&str], parts: &[&str]) -> String {
    let output = tombola(home, arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {message}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
    text(&output.stdout).to_owned()
}

/// A file of the published name and length, and other content.
fn fake_labels(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder of one test");
    let path = folder.join("t10k-labels-idx1-ubyte.gz");
    std::fs::write(&path, vec![7; 4542]).expect("a file of one test");
    path
}

#[test]
fn every_set_is_listed_with_its_place() {
    let home = folder("list");
    let all = lines(&home, &["data", "list"]);
    for name in [
        "glyphs ",
        "glyphs-letters ",
        "glyphs-brush ",
        "mnist ",
        "fashion-mnist ",
        "kmnist ",
        "emnist-letters ",
    ] {
        assert_eq!(all.iter().filter(|line| line.starts_with(name)).count(), 1, "{name}");
    }
    assert!(all.iter().any(|line| line.starts_with("mnist ") && line.ends_with(" -")));
    fake_labels(&home.join("here/mnist"));
    let output = tombola(&home, &["data", "list", "--data", "here"]);
    assert!(text(&output.stderr).lines().any(|line| line == "looked in here"), "{}", text(&output.stderr));
}

#[test]
fn a_set_that_is_nowhere_is_told_where_it_was_sought_and_what_to_do() {
    let home = folder("missing");
    let parts = [
        "`mnist`: there is no file `train-images-idx3-ubyte.gz` (9912422 bytes)",
        "tried here/mnist/train-images-idx3-ubyte.gz",
        "tombola/datasets/mnist/train-images-idx3-ubyte.gz",
        "`tombola data fetch mnist`",
        "`tombola data import --from DIR`",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "`--task glyphs` needs no file",
    ];
    for command in ["verify", "export"] {
        let mut arguments = vec!["data", command, "mnist", "--data", "here"];
        if command == "export" {
            arguments.extend(["--to", "there"]);
        }
        assert_eq!(refused(&home, 2, &arguments, &parts), "");
    }
    assert!(!home.join("there").exists());
    refused(&home, 2, &["data", "verify"], &["no published data set was found", "data list"]);
}

#[test]
fn unknown_names_are_told_the_nearest() {
    let home = folder("unknown");
    refused(&home, 2, &["data", "verify", "mnst"], &["no data set `mnst`", "did you mean `mnist`?"]);
    refused(&home, 2, &["data", "fetch", "kmnits"], &["no data set `kmnits`", "did you mean `kmnist`?"]);
    refused(&home, 2, &["data", "export", "glyps", "--to", "x"], &["`glyps`", "did you mean `glyphs`?"]);
    let parts = ["no corruption `nose-2`", "did you mean `noise`?"];
    refused(&home, 2, &["data", "export", "glyphs+nose-2", "--to", "x"], &parts);
    refused(&home, 2, &["data", "fetch", "glyphs"], &["part of the program"]);
    refused(&home, 2, &["data", "fetch", "emnist-letters"], &["cannot be fetched", "nist.gov", "import"]);
    refused(&home, 2, &["data", "imprt"], &["imprt", "'import'"]);
    refused(&home, 2, &["data", "export", "./none", "--to", "x"], &["cannot read ./none"]);
}

#[test]
fn a_wrong_checksum_names_both_and_the_cure() {
    let home = folder("checksum");
    let mnist = home.join("d/mnist");
    let path = fake_labels(&mnist);
    for name in ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"] {
        std::fs::write(mnist.join(name), "x").expect("a file of one test");
    }
    let out = refused(&home, 1, &["data", "verify", "mnist", "--data", "d"], &["4 of the files are not"]);
    let expected = "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6";
    let line = out.lines().find(|line| line.starts_with("d/mnist/t10k-labels")).expect("a line a file");
    assert!(line.contains(&format!("expected SHA-256 {expected}, found ")), "{line}");
    assert!(out.contains("train-images-idx3-ubyte.gz: expected 9912422 bytes, found 1"), "{out}");
    // what is there is never replaced
    let parts: &[&str] = if cfg!(feature = "fetch") {
        &["expected 9912422 bytes, found 1", "remove it and run `tombola data fetch mnist`"]
    } else {
        &["built without its feature `fetch`", "by hand: put these files into d/mnist"]
    };
    refused(&home, 2, &["data", "fetch", "mnist", "--data", "d"], parts);
    assert_eq!(std::fs::read(path).expect("it is there"), vec![7; 4542]);
}

#[test]
fn an_exported_set_is_read_again_by_its_folder_and_is_the_same() {
    let home = folder("export");
    let files = lines(&home, &["data", "export", "glyphs", "--to", "a"]);
    assert_eq!(files.len(), 4);
    lines(&home, &["data", "export", "./a", "--to", "b", "--plain"]);
    lines(&home, &["data", "export", "glyphs", "--to", "c", "--plain"]);
    let read = |path: &str| std::fs::read(home.join(path)).expect("it was exported");
    for name in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        assert_eq!(read(&format!("b/{name}-ubyte")), read(&format!("c/{name}-ubyte")), "{name}");
    }
    assert_eq!(read("c/train-images-idx3-ubyte").len(), 16 + 10_000 * 784);
    refused(&home, 2, &["data", "export", "glyphs", "--to", "a"], &["exists, and nothing is overwritten"]);
    lines(&home, &["data", "export", "./c+inversion", "--to", "d", "--plain"]);
    let (before, after) = (read("c/t10k-images-idx3-ubyte"), read("d/t10k-images-idx3-ubyte"));
    assert!(before[16..].iter().zip(&after[16..]).all(|(before, after)| before + after == 255));
}

#[test]
fn what_is_wrong_in_a_folder_names_file_and_place() {
    let home = folder("wrong");
    lines(&home, &["data", "export", "glyphs", "--to", "a", "--plain"]);
    let path = home.join("a/t10k-labels-idx1-ubyte");
    let mut labels = std::fs::read(&path).expect("it was exported");
    labels.pop();
    std::fs::write(&path, &labels).expect("a file of one test");
    let parts =
        ["a/t10k-labels-idx1-ubyte: idx: offset 8: expected 2000 bytes for the shape 2000, found 1999"];
    refused(&home, 2, &["data", "export", "./a", "--to", "b"], &parts);
    labels[6..8].copy_from_slice(&1999u16.to_be_bytes());
    std::fs::write(&path, &labels).expect("a file of one test");
    let parts = ["disagree", "there are 2000 images and 1999 labels"];
    refused(&home, 2, &["data", "export", "./a", "--to", "b"], &parts);
    assert!(!home.join("b").exists());
}

#[test]
fn import_takes_published_files_only() {
    let home = folder("import");
    refused(&home, 2, &["data", "import", "--from", "none"], &["cannot read none"]);
    fake_labels(&home.join("downloads/deep"));
    let parts = [
        "no file of a published data set is in downloads",
        "has the name of one, but neither length nor SHA-256",
    ];
    refused(&home, 2, &["data", "import", "--from", "downloads", "--data", "d"], &parts);
    assert!(!home.join("d").exists());
    // EMNIST has no published checksums: its files go by their names
    let name = "emnist-digits-test-labels-idx1-ubyte.gz";
    std::fs::write(home.join("downloads").join(name), "x").expect("a file of one test");
    let imported = lines(&home, &["data", "import", "--from", "downloads", "--data", "d"]);
    assert_eq!(imported, [format!("d/emnist-digits/{name}: from downloads/{name}")]);
    let again = lines(&home, &["data", "import", "--from", "downloads", "--data", "d"]);
    assert_eq!(again, [format!("d/emnist-digits/{name}: was there already")]);
}

/// Where `TOMBOLA_DATA` leads to the published files.
#[test]
fn published_files_are_recognised_whatever_they_are_called() {
    let Some(root) = std::env::var_os("TOMBOLA_DATA").map(PathBuf::from) else { return };
    let home = folder("published");
    let labels = root.join("kmnist/t10k-labels-idx1-ubyte.gz");
    if !labels.is_file() {
        return;
    }
    std::fs::create_dir(home.join("downloads")).expect("a folder of one test");
    std::fs::copy(labels, home.join("downloads/labels (1).gz")).expect("a file of one test");
    let imported = lines(&home, &["data", "import", "--from", "downloads", "--data", "d"]);
    assert_eq!(imported, ["d/kmnist/t10k-labels-idx1-ubyte.gz: from downloads/labels (1).gz"]);
}
