//! Games against recorded transitions of gymnax 0.0.6 and MinAtar 1.0.15: exactly.

use std::path::{Path, PathBuf};

use tombola::episodes::{Episodes, Mode, Redone};
use tombola::npz::{self, Array, Values};

use crate::records::{committed, folder};

const GAMES: [&str; 5] =
    ["Asterix-MinAtar", "Breakout-MinAtar", "Freeway-MinAtar", "Seaquest-MinAtar", "SpaceInvaders-MinAtar"];

/// Some transitions of every kind, and all there are where they are given.
fn records(game: &str) -> Vec<PathBuf> {
    let all = folder().map(|folder| folder.join(game).join("data.npz"));
    [committed(game)].into_iter().chain(all).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn read(path: &Path) -> Vec<Array> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn replay(game: &str, arrays: Vec<Array>, mode: Mode) -> Vec<Redone> {
    let episodes = Episodes::new(game, arrays).unwrap_or_else(|error| panic!("{game}: {error}"));
    assert_eq!(episodes.prefixes(), [""], "{game}");
    episodes.replay("", mode).unwrap_or_else(|error| panic!("{game}: {error}"))
}

#[test]
fn every_recorded_transition_is_redone_exactly() {
    for game in GAMES {
        for path in records(game) {
            let arrays = read(&path);
            let followed = |name: &&str| name.starts_with("next_") || ["reward", "done"].contains(name);
            let mut expected: Vec<&str> = arrays.iter().map(|it| it.name.as_str()).filter(followed).collect();
            expected.sort_unstable();
            for mode in [Mode::OneStep, Mode::FreeRun] {
                let redone = replay(game, arrays.clone(), mode);
                let mut found: Vec<&str> = redone.iter().map(|redone| redone.array.name.as_str()).collect();
                found.sort_unstable();
                assert_eq!(found, expected, "{game}: all that followed is redone");
                for Redone { array, error, .. } in &redone {
                    let record = arrays.iter().find(|it| it.name == array.name).expect("it was found");
                    assert!(*error == 0.0 && array == record, "{}, {mode:?}: {}", path.display(), array.name);
                }
            }
        }
    }
}

#[test]
fn another_action_or_draw_is_another_step() {
    let others = [
        ("Asterix-MinAtar", "action"),
        ("Asterix-MinAtar", "draw_order"),
        ("Breakout-MinAtar", "state_ball_dir"),
        ("Freeway-MinAtar", "draw_speed"),
        ("Seaquest-MinAtar", "draws"),
        ("SpaceInvaders-MinAtar", "action"),
    ];
    for (game, name) in others {
        let mut arrays = read(&committed(game));
        let array = arrays.iter_mut().find(|array| array.name == name).expect("it is recorded");
        let other = |number: f64| match name {
            "draw_order" => 7.0 - number,
            "draw_speed" => 6.0 - number,
            _ => (number + 1.0) % 3.0,
        };
        let numbers: Vec<f64> = array.values.wide().into_iter().map(other).collect();
        array.values = array.values.like(&numbers);
        let redone = replay(game, arrays, Mode::OneStep);
        assert!(redone.iter().any(|redone| redone.error > 0.0), "{game}: {name} matters");
    }
}

#[test]
fn an_episode_that_ran_out_of_time_has_ended() {
    let mut arrays = read(&committed("Breakout-MinAtar"));
    let time = arrays.iter_mut().find(|array| array.name == "state_time").expect("it is recorded");
    time.values = time.values.like(&vec![499.0; time.values.len()]);
    let redone = replay("Breakout-MinAtar", arrays, Mode::OneStep);
    for name in ["next_terminal", "done"] {
        let found = redone.iter().find(|redone| redone.array.name == name).expect("it is redone");
        assert!(
            matches!(&found.array.values, Values::U8(ends) if ends.iter().all(|&end| end == 1)),
            "{name}"
        );
    }
}
