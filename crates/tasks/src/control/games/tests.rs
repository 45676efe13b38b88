//! Laws that every game keeps, and the odd corners of lists and maps.

use super::*;
use crate::control::NAMES;

fn all() -> impl Iterator<Item = Box<dyn Environment>> {
    NAMES.into_iter().filter_map(named)
}

/// A copy that plays at random: its draws and actions depend on its number and the step alone.
fn play(task: &dyn Environment, block: &mut [f32], copies: [u64; LANES], step: u64) -> (Vec<f32>, Outcome) {
    let Actions::OneOf(count) = task.actions() else { panic!("games have one action") };
    let stream = |name: &str, lane: usize| Stream::new(1, name).child(copies[lane]).child(step);
    let action = |lane: usize| match (count, stream("action", lane).below(0, count as u64)) {
        // Seaquest is over at once for those who come up at random: they dive
        (6, 2) => 4.0,
        (_, action) => action as f32,
    };
    let actions: Vec<f32> = (0..LANES).map(action).collect();
    let (mut seen, mut outcome) =
        (vec![0.5; task.image().expect("an image").iter().product::<usize>() * LANES], Outcome::NONE);
    task.step(block, &actions, &mut |lane| task.draw(stream("draw", lane)), &mut seen, &mut outcome);
    (seen, outcome)
}

fn put(block: &mut [f32], lane: usize, state: &[f32]) {
    block.chunks_exact_mut(LANES).zip(state).for_each(|(row, &number)| row[lane] = number);
}

fn take(block: &[f32], lane: usize) -> Vec<f32> {
    block.chunks_exact(LANES).map(|row| row[lane]).collect()
}

fn started(task: &dyn Environment, copies: [u64; LANES]) -> Vec<f32> {
    let mut block = vec![0.0; task.rows() * LANES];
    for (lane, &copy) in copies.iter().enumerate() {
        put(&mut block, lane, &task.start(Stream::new(1, "start").child(copy)));
    }
    block
}

fn counted_from(first: u64) -> [u64; LANES] {
    std::array::from_fn(|lane| first + lane as u64)
}

#[test]
fn a_copy_can_move_to_any_lane_of_any_block_at_any_step() {
    for task in all() {
        let mut still = started(&*task, counted_from(0));
        let mut moving = started(&*task, counted_from(100));
        for step in 0..400 {
            // copy 3 is a guest in another lane of a block of strangers in every step
            let guest = step as usize * 5 % LANES;
            let mut copies = counted_from(100);
            copies[guest] = 3;
            put(&mut moving, guest, &take(&still, 3));
            let (seen, outcome) = play(&*task, &mut still, counted_from(0), step);
            let (seen_there, outcome_there) = play(&*task, &mut moving, copies, step);
            assert_eq!(take(&still, 3), take(&moving, guest), "{}, step {step}", task.name());
            assert_eq!(take(&seen, 3), take(&seen_there, guest), "{}, step {step}", task.name());
            assert_eq!(outcome.reward[3], outcome_there.reward[guest], "{}, step {step}", task.name());
            assert_eq!(outcome.done[3], outcome_there.done[guest], "{}, step {step}", task.name());
        }
    }
}

#[test]
fn what_is_seen_after_a_step_is_what_a_look_shows() {
    for task in all() {
        let mut block = started(&*task, counted_from(7));
        for step in 0..200 {
            let (seen, _) = play(&*task, &mut block, counted_from(7), step);
            assert!(seen.iter().all(|&cell| cell == 0.0 || cell == 1.0), "{}, step {step}", task.name());
            let mut again = vec![0.5; seen.len()];
            task.look(&block, &mut again);
            assert_eq!(seen, again, "{}, step {step}", task.name());
        }
    }
}

#[test]
fn games_pay_end_and_then_stay_as_they_are() {
    for task in all() {
        let (mut block, mut paid, mut over) = (started(&*task, counted_from(0)), 0.0, [false; LANES]);
        for step in 0..500 {
            let before = block.clone();
            let (_, outcome) = play(&*task, &mut block, counted_from(0), step);
            for (lane, over) in over.iter_mut().enumerate() {
                if *over {
                    assert_eq!(take(&before, lane), take(&block, lane), "{}, step {step}", task.name());
                    assert!(
                        outcome.done[lane] && outcome.reward[lane] == 0.0,
                        "{}, step {step}",
                        task.name()
                    );
                }
                *over |= outcome.done[lane];
                paid += outcome.reward[lane];
            }
        }
        assert!(paid > 0.0, "{}: sixteen games of random play gain something", task.name());
        let ended = over.into_iter().filter(|&over| over).count();
        assert_eq!(ended, if task.name().starts_with("Freeway") { 0 } else { LANES }, "{}", task.name());
    }
}

#[test]
fn any_numbers_are_a_state() {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1e9, -99.0, -1.0, 0.5, 0.0, 1023.0];
    for task in all() {
        for case in 0..200 {
            let stream = Stream::new(2, task.name()).child(case);
            let mut block = started(&*task, counted_from(case));
            for (at, number) in block.iter_mut().enumerate() {
                let draw = stream.below(at as u64, 40) as usize;
                // a state of many odd numbers, or of few
                if case % 2 == 0 || draw == 0 {
                    *number = odd.get(draw).copied().unwrap_or(draw as f32 - 20.0);
                }
            }
            for step in 0..20 {
                let rows = vec![odd[(case + step) as usize % odd.len()]; LANES];
                let mut seen = vec![0.0; task.observation_names().len() * LANES];
                let mut outcome = Outcome::NONE;
                let mut draws = |lane: usize| [odd[(lane + step as usize) % odd.len()]; 16];
                task.step(&mut block, &rows, &mut draws, &mut seen, &mut outcome);
                assert!(seen.iter().all(|&cell| cell == 0.0 || cell == 1.0), "{}", task.name());
            }
        }
    }
}

#[test]
fn equal_entries_are_removed_first_come_first_served() {
    use super::fields::{List, PLACES};
    let mut list = List::<3>::default();
    [[1, 2, 0], [5, 5, 1], [1, 2, 0], [1, 2, 1]].into_iter().for_each(|entry| list.push(entry));
    assert_eq!(list.first_in(1, 2), Some(0));
    assert_eq!(list.remove_equal(2), Some(1), "the first went, and the third is the second now");
    assert_eq!(list.entries(), [[5, 5, 1], [1, 2, 0], [1, 2, 1]]);
    assert_eq!(list.remove_equal(1), None, "it went itself");
    assert_eq!(list.entries(), [[5, 5, 1], [1, 2, 1]]);
    (0..2 * PLACES).for_each(|_| list.push([0; 3]));
    assert_eq!(list.len(), PLACES, "no more than there is room for");
}

#[test]
fn maps_hold_cells_and_nothing_beside_them() {
    let mut map = Map::default();
    for (y, x) in [(0, 0), (3, 9), (9, 4), (10, 0), (-1, 3), (4, -1), (4, 10)] {
        map.put(y, x);
    }
    assert_eq!(map.cells().collect::<Vec<_>>(), [(0, 0), (3, 9), (9, 4)]);
    map.take(3, 9);
    map.take(3, 19);
    assert!(map.count() == 2 && !map.has(3, 9) && !map.has(0, 16));
    assert_eq!(
        Map::of(1..3, 2..=4).cells().map(|(y, x)| y * 10 + x).collect::<Vec<_>>(),
        [12, 13, 14, 22, 23, 24]
    );
}
