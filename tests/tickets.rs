//! Tickets as users meet them: described, exported, imported again, and refused.

#![expect(clippy::disallowed_methods, reason = "tests make and read files")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use networks::ticket::{Contents, Normaliser};
use networks::{Architecture, Mask, MaskedNetwork, Ticket, safetensors};
use numerics::random::Stream;
use tombola::npz;

mod common;

use common::Folder;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombola"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn works(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).expect("text")
}

/// A wrong request: exit code 2, nothing on stdout, and all of `parts` on stderr.
fn refused(folder: &Path, arguments: &[&str], parts: &[&str]) {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

const NETWORK: &str = "2x6x5: conv 3 3x3 same pool relu; dense 4 tanh; dense 3";

/// A ticket at a third of the weights, written to `ticket.safetensors`.
fn ticket(folder: &Path) -> Ticket {
    let network: Architecture = NETWORK.parse().expect("an architecture");
    let mask = Mask::random(network.prunable(), network.prunable() / 3, Stream::new(0, "mask"));
    let dims = MaskedNetwork::new(&network, &mask).expect("a network").dims();
    let values =
        |child| (0..dims as u64).map(|k| Stream::new(child, "values").normal(k)).collect::<Vec<f32>>();
    let contents = Contents {
        task: "test".into(),
        start: values(0),
        mean: values(1),
        normaliser: Some(Normaliser { count: 4.0, mean: vec![0.0; 2], squares: vec![1.0; 2] }),
        provenance: [("seed".to_owned(), "7".to_owned())].into(),
        ..Contents::default()
    };
    let ticket = Ticket::new(network, &mask, contents).expect("a ticket");
    fs::write(folder.join("ticket.safetensors"), ticket.encode()).expect("written");
    ticket
}

#[test]
fn a_ticket_is_described() {
    let folder = Folder::new("describe");
    ticket(&folder);
    let text = works(&folder, &["describe", "--ticket", "ticket.safetensors"]);
    for part in [
        NETWORK,
        "task         test",
        "seed         7",
        "4 observations of 2",
        "conv_0",
        "dense_1",
        "multiply-adds",
    ] {
        assert!(text.contains(part), "`{part}` in\n{text}");
    }
    let text = works(&folder, &["describe", "--network", "cnn"]);
    assert!(text.contains("11240") && text.contains("an input costs 791840 multiply-adds"), "{text}");
    refused(&folder, &["describe"], &["--ticket"]);
    refused(&folder, &["describe", "--network", "cmn"], &["`cmn`", "did you mean `cnn`?"]);
    refused(&folder, &["describe", "--network", "cnn", "--input", "784"], &["reads no images"]);
    refused(&folder, &["describe", "--network", "4: dens 3"], &["expected `conv` or `dense`, found `dens`"]);
}

#[test]
fn weights_survive_every_way_out_and_in() {
    let folder = Folder::new("round");
    let ticket = ticket(&folder);
    for (file, layout) in [
        ("model.safetensors", "pytorch"),
        ("model.npz", "pytorch"),
        ("flax.safetensors", "flax"),
        ("flax.npz", "flax"),
    ] {
        works(&folder, &["export", "--ticket", "ticket.safetensors", "--to", file, "--layout", layout]);
        let again = ["import-weights", "--from", file, "--to", "again.safetensors", "--network", NETWORK];
        works(&folder, &[&again[..], &["--mask-zeros", "--task", "x"]].concat());
        let again =
            Ticket::decode(&fs::read(folder.join("again.safetensors")).expect("a file")).expect("a ticket");
        assert_eq!(again.indices(), ticket.indices(), "{file}");
        assert_eq!(again.contents().mean, ticket.contents().mean, "{file}");
        assert_eq!(
            (again.contents().task.as_str(), again.mask().kept()),
            ("x", ticket.mask().kept()),
            "{file}"
        );
    }
    let again = ["import-weights", "--from", "model.npz", "--to", "full.safetensors", "--network", NETWORK];
    works(&folder, &again);
    let full = Ticket::decode(&fs::read(folder.join("full.safetensors")).expect("a file")).expect("a ticket");
    assert_eq!(full.mask().density(), 1.0);
    assert_eq!(full.dense(), ticket.dense());
}

#[test]
fn a_sparse_export_holds_the_kept_weights_and_their_places() {
    let folder = Folder::new("sparse");
    let ticket = ticket(&folder);
    let start = ["export", "--ticket", "ticket.safetensors", "--sparse", "--what", "start", "--to"];
    works(&folder, &[&start[..], &["x.safetensors"]].concat());
    works(&folder, &[&start[..], &["x.npz"]].concat());
    let bytes = fs::read(folder.join("x.safetensors")).expect("a file");
    let file = safetensors::read(&bytes).expect("safetensors");
    let archive = npz::read(&fs::read(folder.join("x.npz")).expect("a file")).expect("an archive");
    let mut flat = vec![0.0; ticket.network().parameters()];
    for tensor in ticket.network().tensors() {
        let floats = |name: &str| file.array(name).and_then(|array| array.to_f32()).expect("floats");
        let integers = |name: &str| file.array(name).and_then(|array| array.to_i32()).expect("integers");
        let out = &mut flat[tensor.range()];
        if tensor.shape.len() == 1 {
            out.copy_from_slice(&floats(&tensor.name));
            continue;
        }
        let shape: Vec<i32> = tensor.shape.iter().map(|&axis| axis as i32).collect();
        assert_eq!(integers(&format!("{}.shape", tensor.name)), shape);
        let (indices, values) = (format!("{}.indices", tensor.name), format!("{}.values", tensor.name));
        for (index, value) in integers(&indices).into_iter().zip(floats(&values)) {
            out[index as usize] = value;
        }
        let same = archive.iter().find(|array| array.name == indices).expect("an array");
        assert_eq!(same.values, npz::Values::I32(integers(&indices)));
    }
    let kept: Vec<f32> = ticket.indices().iter().map(|&coordinate| flat[coordinate as usize]).collect();
    assert_eq!(kept, ticket.contents().start);
    assert_eq!(flat.iter().filter(|&&value| value != 0.0).count(), kept.len());
}

#[test]
fn what_is_no_ticket_is_refused_with_a_cure_and_nothing_is_overwritten() {
    let folder = Folder::new("refuse");
    ticket(&folder);
    let bytes = fs::read(folder.join("ticket.safetensors")).expect("a file");
    let mut flipped = bytes.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    for (name, bytes) in
        [("cut", &bytes[..bytes.len() - 1]), ("flipped", &flipped), ("empty", &[]), ("text", b"hello, world")]
    {
        fs::write(folder.join(name), bytes).expect("written");
    }
    works(&folder, &["export", "--ticket", "ticket.safetensors", "--to", "model.safetensors"]);
    fs::write(folder.join("out.npz"), "precious").expect("written");
    let export = |name| ["export", "--ticket", name, "--to", "out.npz"];
    refused(&folder, &export("cut"), &["cut: ", "cut off", "hint: copy the ticket again"]);
    refused(&folder, &export("flipped"), &["flipped: the ticket is damaged: its checksum is"]);
    refused(&folder, &export("empty"), &["empty: ", "0 bytes"]);
    refused(&folder, &export("text"), &["text: ", "no safetensors file"]);
    refused(&folder, &export("missing"), &["cannot read missing"]);
    refused(&folder, &export("model.safetensors"), &["of format `pt`", "hint: `tombola import-weights`"]);
    let deviation = ["export", "--ticket", "ticket.safetensors", "--what", "deviation", "--to", "out.npz"];
    refused(&folder, &deviation, &["has no deviation", "hint: `--what mean`"]);
    let import = ["import-weights", "--to", "out.npz", "--from", "model.safetensors"];
    refused(&folder, &import, &["not named", "--network cnn"]);
    refused(
        &folder,
        &[&import[..], &["--network", "mlp-4", "--input", "60"]].concat(),
        &["the file has 3 layers", "the network 2"],
    );
    refused(
        &folder,
        &[&import[..], &["--network", "2x6x5: conv 3 3x3 same pool; dense 5; dense 3"]].concat(),
        &["`dense_0` of the network has weights of [5, 18] in PyTorch", "`dense_0` [4, 18]"],
    );
    assert_eq!(fs::read(folder.join("out.npz")).expect("a file"), b"precious");
    let nowhere = ["export", "--ticket", "ticket.safetensors", "--to", "nowhere/out.npz"];
    refused(&folder, &nowhere, &["cannot write nowhere/out.npz"]);
}
