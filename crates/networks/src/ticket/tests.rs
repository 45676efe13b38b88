use super::*;
use crate::safetensors::SafetensorsError;
use numerics::random::Stream;

/// A ticket with or without everything that is optional.
fn ticket(text: &str, density: f64, complete: bool) -> Ticket {
    let network: Architecture = text.parse().expect("an architecture");
    let stream = Stream::new(3, "ticket");
    let kept = (network.prunable() as f64 * density) as usize;
    let mask = Mask::random(network.prunable(), kept, stream);
    let dims = free(&network, &mask).len();
    let values = |name| (0..dims as u64).map(|k| stream.child(name).normal(k)).collect::<Vec<f32>>();
    let normaliser = Normaliser { count: 3.0, mean: vec![0.5, -1.0], squares: vec![2.0, 0.0] };
    let contents = Contents {
        preset: complete.then(|| "cnn".to_owned()),
        task: "a \"task\"".to_owned(),
        start: values(0),
        mean: values(1),
        deviation: complete.then(|| values(2).iter().map(|value| value.abs()).collect()),
        normaliser: complete.then_some(normaliser),
        provenance: BTreeMap::from([("seed".to_owned(), "7".to_owned()), (String::new(), "\n".to_owned())]),
    };
    Ticket::new(network, &mask, contents).expect("a ticket")
}

const CNN: &str = "1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10";

fn all() -> Vec<Ticket> {
    let networks = [
        CNN,
        "4: dense 3 tanh; dense 2 kept",
        "1x5x5: conv 2 3x3 valid unbiased; dense 2 unbiased",
        "1: dense 1",
    ];
    let mut tickets = Vec::new();
    for text in networks {
        for (density, complete) in [(1.0, true), (0.0144, false), (0.3, true), (0.0, false)] {
            tickets.push(ticket(text, density, complete));
        }
    }
    tickets
}

/// The file of a ticket after a change to its texts and arrays, with a checksum that is right again.
fn changed(ticket: &Ticket, change: impl FnOnce(&mut Vec<(String, String)>, &mut Vec<Owned>)) -> Vec<u8> {
    let bytes = ticket.encode();
    let file = safetensors::read(&bytes).expect("a file");
    let mut texts = file.metadata.clone();
    let owned = |array: &safetensors::Array<'_>| match array.dtype {
        safetensors::Dtype::I32 => {
            Owned::i32(array.name.clone(), &array.shape, &array.to_i32().expect("integers"))
        }
        safetensors::Dtype::F64 => {
            Owned::f64(array.name.clone(), &array.shape, &array.to_f64().expect("floats"))
        }
        _ => Owned::f32(array.name.clone(), &array.shape, &array.to_f32().expect("floats")),
    };
    let mut arrays: Vec<Owned> = file.arrays.iter().map(owned).collect();
    change(&mut texts, &mut arrays);
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let sum = checksum::of(&pairs, &arrays.iter().map(Owned::array).collect::<Vec<_>>());
    let pairs: Vec<(&str, &str)> =
        pairs.into_iter().map(|(key, text)| (key, if key == "checksum" { &sum } else { text })).collect();
    safetensors::write(&pairs, &arrays)
}

fn refusal(change: impl FnOnce(&mut Vec<(String, String)>, &mut Vec<Owned>)) -> TicketError {
    Ticket::decode(&changed(&ticket("4: dense 3 tanh; dense 2 kept", 0.3, true), change))
        .expect_err("no ticket")
}

/// Puts another array in the place of the one with its name.
fn replace(arrays: &mut Vec<Owned>, array: Owned) {
    arrays.retain(|old| old.name() != array.name());
    arrays.push(array);
}

#[test]
fn a_ticket_is_its_file() {
    for ticket in all() {
        let bytes = ticket.encode();
        let again = Ticket::decode(&bytes).expect("a ticket");
        assert_eq!(again, ticket);
        assert_eq!(again.encode(), bytes);
        let masked = again.masked().expect("a network");
        assert_eq!(masked.free(), again.indices());
        assert_eq!(masked.scatter(&again.contents().mean), again.dense());
        assert_eq!(free(again.network(), &again.mask()), again.indices());
    }
}

#[test]
fn a_sparse_ticket_is_small() {
    let sparse = ticket(CNN, 0.01442, true);
    assert_eq!(sparse.mask().kept(), 162);
    let size = sparse.encode().len();
    // 196 coordinates of 16 bytes, the normaliser, and a header
    assert!((196 * 16..196 * 16 + 1200).contains(&size), "{size} bytes");
}

#[test]
fn files_of_others_and_of_newer_programs_are_told_from_damage() {
    let error = Ticket::decode(b"MZ\x90\0").unwrap_err();
    assert_eq!(error, TicketError::File(SafetensorsError::Short { found: 4 }));
    let weights = [Owned::f32("fc1.weight", &[1, 1], &[0.5])];
    let error = Ticket::decode(&safetensors::write(&[], &weights)).unwrap_err().to_string();
    assert!(
        error.contains("with `fc1.weight`, but no ticket") && error.contains("import-weights"),
        "{error}"
    );
    let error = Ticket::decode(&safetensors::write(&[("format", "pt")], &weights)).unwrap_err().to_string();
    assert_eq!(error, "a safetensors file of format `pt`, not `tombola ticket`");
    let newer = safetensors::write(&[("format", FORMAT), ("version", "2"), ("new", "text")], &weights);
    let error = Ticket::decode(&newer).unwrap_err().to_string();
    assert_eq!(error, "a ticket of version 2; this program reads up to version 1: take a newer one");
}

#[test]
fn a_rewritten_header_is_the_same_ticket() {
    let ticket = ticket(CNN, 0.1, true);
    let rewritten = changed(&ticket, |texts, arrays| {
        texts.reverse();
        arrays.reverse();
    });
    assert_ne!(rewritten, ticket.encode());
    assert_eq!(Ticket::decode(&rewritten), Ok(ticket));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let text = |error: TicketError| error.to_string();
    assert_eq!(
        text(refusal(|texts, _| texts.retain(|(key, _)| key != "task"))),
        "the ticket lacks the text `task`"
    );
    assert_eq!(
        text(refusal(|_, arrays| arrays.retain(|array| array.name() != "mean"))),
        "the ticket lacks the array `mean`"
    );
    assert!(text(refusal(|texts, _| texts.push(("more".into(), String::new())))).contains("has `more`"));
    assert!(text(refusal(|_, arrays| arrays.push(Owned::f32("more", &[], &[0.0])))).contains("has `more`"));
    let named = |network: &str| {
        let change = |texts: &mut Vec<(String, String)>, _: &mut Vec<Owned>| {
            for (_, text) in texts.iter_mut().filter(|(key, _)| key == "network") {
                network.clone_into(text);
            }
        };
        Ticket::decode(&changed(&ticket("4: dense 3 tanh; dense 2 kept", 0.3, true), change))
    };
    let network = |text: &str| named(text).expect_err("no ticket");
    assert!(matches!(network("4: dense 3; dens 2"), TicketError::Network(_)));
    assert!(
        matches!(network("4: dense 300; dense 2 kept"), TicketError::Missing { tensor } if tensor == "dense_0.bias")
    );
    assert!(matches!(network("4: dense 1"), TicketError::Index { parameters: 5, .. }));
    // a network far larger than the file costs nothing until it is used
    let large = named("16383: dense 16384 unbiased").expect("a ticket of a large network");
    assert_eq!(large.network().parameters(), 16383 * 16384);
    for wrong in [vec![0, 0], vec![1, 0], vec![-1], vec![i32::MIN], vec![i32::MAX]] {
        let error = refusal(|_, arrays| replace(arrays, Owned::i32("indices", &[wrong.len()], &wrong)));
        assert!(matches!(error, TicketError::Index { .. }), "{wrong:?}: {error}");
    }
    let few = Owned::i32("indices", &[1], &[0]);
    assert!(matches!(refusal(|_, arrays| replace(arrays, few)), TicketError::Missing { .. }));
    let long = Owned::f32("start", &[2], &[0.0; 2]);
    assert!(matches!(refusal(|_, arrays| replace(arrays, long)), TicketError::Length { array: "start", .. }));
    let wide = Owned::f64("mean", &[2], &[0.0; 2]);
    assert_eq!(
        text(refusal(|_, arrays| replace(arrays, wide))),
        "array `mean` is F64 with 1 axes; a ticket has F32 with one axis"
    );
    let square = Owned::f32("mean", &[1, 2], &[0.0; 2]);
    assert!(text(refusal(|_, arrays| replace(arrays, square))).contains("F32 with 2 axes"));
    let half = Owned::f64("normaliser.mean", &[1], &[0.0]);
    assert!(matches!(refusal(|_, arrays| replace(arrays, half)), TicketError::Length { expected: 1, .. }));
    let none = refusal(|_, arrays| arrays.retain(|array| array.name() != "normaliser.count"));
    assert_eq!(none, TicketError::NoArray { array: "normaliser.count" });
}

#[test]
fn values_that_no_search_leaves_are_refused() {
    let good = ticket("4: dense 3 tanh; dense 2 kept", 0.3, true);
    let refused = |change: fn(&mut Contents)| {
        let mut contents = good.contents.clone();
        change(&mut contents);
        Ticket::new(good.network.clone(), &good.mask(), contents).expect_err("no ticket").to_string()
    };
    assert_eq!(refused(|c| c.mean[3] = f32::NAN), "element 3 of `mean` is NaN, which no ticket holds");
    assert!(refused(|c| c.start[0] = f32::INFINITY).starts_with("element 0 of `start` is inf"));
    let negative = refused(|c| c.deviation.iter_mut().flatten().for_each(|value| *value = -1.0));
    assert!(negative.starts_with("element 0 of `deviation` is -1"));
    assert!(refused(|c| c.mean.truncate(3)).contains("array `mean` has"));
    let mask = Mask::full(3);
    let error = Ticket::new(good.network.clone(), &mask, good.contents.clone()).unwrap_err();
    assert_eq!(error, TicketError::Mask { expected: 12, found: 3 });
}

/// One change of a file: flipped bits, a cut, an addition, or a piece of another file.
fn mutated(bytes: &[u8], other: &[u8], stream: Stream) -> Vec<u8> {
    let below = |at, bound: usize| stream.below(at, bound.max(1) as u64) as usize;
    let mut bytes = bytes.to_vec();
    match below(0, 5) {
        0 => {
            let at = below(1, bytes.len());
            bytes[at] ^= 1 << below(2, 8);
        }
        1 => {
            for k in 0..=below(1, 8) as u64 {
                // often in the header, where bytes mean most
                let end = if below(10 + k, 2) == 0 { bytes.len() } else { 600 };
                let at = below(20 + k, end.min(bytes.len()));
                bytes[at] = below(30 + k, 256) as u8;
            }
        }
        2 => bytes.truncate(below(1, bytes.len())),
        3 => {
            let added = 1 + below(1, 40);
            bytes.extend((0..added as u64).map(|k| below(50 + k, 256) as u8));
        }
        _ => {
            let (from, to) = (below(1, other.len()), below(2, bytes.len()));
            let len = below(3, other.len() - from).min(bytes.len() - to);
            bytes[to..to + len].copy_from_slice(&other[from..from + len]);
        }
    }
    bytes
}

#[test]
fn of_twenty_thousand_mutated_files_none_is_taken_for_another_ticket() {
    let tickets: Vec<Ticket> = all().into_iter().filter(|ticket| ticket.indices.len() < 300).collect();
    let files: Vec<Vec<u8>> = tickets.iter().map(Ticket::encode).collect();
    let (mut refused, mut unchanged) = (0, 0);
    for case in 0..20_000_usize {
        let stream = Stream::new(case as u64, "mutations");
        let (one, other) = (case % files.len(), stream.below(99, files.len() as u64) as usize);
        match Ticket::decode(&mutated(&files[one], &files[other], stream)) {
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 400, "case {case}: {error}");
            }
            // spaces and the order of keys mean nothing, and a piece can be of the same file
            Ok(ticket) => {
                unchanged += 1;
                assert!(tickets.contains(&ticket), "case {case}");
            }
        }
    }
    assert!(refused > 19_000 && refused + unchanged == 20_000, "{refused} refused");
}
