//! Tickets that exist stay readable: a file of every version that was ever written.
//!
//! Each was written by `Ticket::encode` of its time from the contents below. If this test fails, the change is wrong, not
//! the file.

use networks::ticket::{Contents, Normaliser};
use networks::{Mask, Ticket};

/// The ticket in all files.
fn ticket() -> Ticket {
    let network = "1x4x4: conv 2 3x3 same step 2x1 pool kept relu; dense 3 unbiased tanh; dense 2";
    let network: networks::Architecture = network.parse().expect("an architecture");
    let mask = Mask::from_kept(network.prunable(), (0..network.prunable()).step_by(3));
    let count = 18 + 2 + mask.kept() + 2;
    let values = |scale: f32| (0..count).map(|k| (k as f32 - 10.0) * scale).collect::<Vec<f32>>();
    let contents = Contents {
        preset: Some("a preset".into()),
        task: "a task".into(),
        start: values(0.5),
        mean: values(-0.25),
        deviation: Some(values(0.125).iter().map(|value| value.abs()).collect()),
        normaliser: Some(Normaliser { count: 3.0, mean: vec![0.5; 16], squares: vec![2.0; 16] }),
        provenance: [("seed".into(), "7".into()), ("strategy".into(), "snes \"mnist\"\n".into())].into(),
    };
    Ticket::new(network, &mask, contents).expect("a ticket")
}

#[test]
fn version_1_is_read_and_is_still_what_is_written() {
    let file = include_bytes!("versions/1.safetensors");
    assert_eq!(Ticket::decode(file), Ok(ticket()));
    assert_eq!(ticket().encode(), file);
}
