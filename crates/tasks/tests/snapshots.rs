//! A copy of any task can be taken out of its lane at any step and put into any lane of another block: it goes on with
//! the same bits. A state is rows of numbers, and all that the next step depends on is in them.

use numerics::random::Stream;
use numerics::{Isa, LANES};
use tasks::control::{Actions, Environment, NAMES, Outcome, named};

const STEPS: u64 = 80;
/// Episodes end after so many steps if the task does not end them: copies begin again at least twice.
const HORIZON: u64 = 35;
/// Steps before which the copy is taken out, each time into a lane of its own: at the start, in the middle, and beside the
/// steps in which it begins again.
const TAKEN: [u64; 14] = [0, 1, 2, 5, 11, 17, 24, 33, 34, 35, 36, 52, 70, 79];
/// The lane that is watched.
const LANE: usize = 5;

/// A block of copies of a task, of which each plays episode after episode.
struct Play {
    block: Vec<f32>,
    sight: Vec<f32>,
    outcome: Outcome,
    copies: [u64; LANES],
    episodes: [u64; LANES],
    times: [u64; LANES],
}

/// What is kept of a copy.
struct Snapshot {
    state: Vec<f32>,
    copy: u64,
    episode: u64,
    time: u64,
}

fn action(task: &dyn Environment, copy: u64, step: u64, row: usize) -> f32 {
    let draw = Stream::new(5, "action").child(copy).child(step);
    match task.actions() {
        Actions::Numbers(_) => 2.0 * draw.uniform(row as u64) - 1.0,
        Actions::OneOf(count) => draw.below(0, count as u64) as f32,
    }
}

impl Play {
    fn new(task: &dyn Environment, copies: [u64; LANES]) -> Play {
        let mut play = Play {
            block: vec![0.0; task.rows() * LANES],
            sight: vec![0.0; task.observation_names().len() * LANES],
            outcome: Outcome::NONE,
            copies,
            episodes: [0; LANES],
            times: [0; LANES],
        };
        (0..LANES).for_each(|lane| play.begin(task, lane));
        play
    }

    /// The next episode of a lane.
    fn begin(&mut self, task: &dyn Environment, lane: usize) {
        let start = Stream::new(3, "start").child(self.copies[lane]).child(self.episodes[lane]);
        self.put(lane, &task.start(start));
        self.episodes[lane] += 1;
        self.times[lane] = 0;
    }

    fn put(&mut self, lane: usize, state: &[f32]) {
        self.block.chunks_exact_mut(LANES).zip(state).for_each(|(row, &number)| row[lane] = number);
    }

    fn snapshot(&self, lane: usize) -> Snapshot {
        let state = self.block.chunks_exact(LANES).map(|row| row[lane]).collect();
        Snapshot { state, copy: self.copies[lane], episode: self.episodes[lane], time: self.times[lane] }
    }

    fn restore(&mut self, lane: usize, snapshot: &Snapshot) {
        self.put(lane, &snapshot.state);
        self.copies[lane] = snapshot.copy;
        (self.episodes[lane], self.times[lane]) = (snapshot.episode, snapshot.time);
    }

    /// One step, after which those whose episode is over begin again. Says who was ended by the task.
    fn step(&mut self, task: &dyn Environment, step: u64) -> [bool; LANES] {
        let copies = self.copies;
        let actions: Vec<f32> = (0..task.actions().rows() * LANES)
            .map(|at| action(task, copies[at % LANES], step, at / LANES))
            .collect();
        let (episodes, times) = (self.episodes, self.times);
        let mut draws = |lane: usize| {
            let stream = Stream::new(9, "draw").child(copies[lane]);
            task.draw(stream.child(episodes[lane]).child(times[lane]))
        };
        task.step(&mut self.block, &actions, &mut draws, &mut self.sight, &mut self.outcome);
        let done = self.outcome.done;
        for (lane, is_done) in done.into_iter().enumerate() {
            self.times[lane] += 1;
            if is_done || self.times[lane] >= HORIZON {
                self.begin(task, lane);
            }
        }
        done
    }

    /// All that is known of a lane after a step, in bits.
    fn bits(&self, lane: usize) -> Vec<u32> {
        let of = |rows: &[f32]| rows.chunks_exact(LANES).map(|row| row[lane].to_bits()).collect::<Vec<u32>>();
        let Outcome { reward, done } = &self.outcome;
        [of(&self.block), of(&self.sight), vec![reward[lane].to_bits(), u32::from(done[lane])]].concat()
    }
}

#[test]
fn a_snapshot_of_any_step_goes_on_in_any_lane_of_any_block() {
    let mut ended = Vec::new();
    for name in NAMES {
        let task = named(name, Isa::detected()).unwrap_or_else(|| panic!("no task {name}"));
        let mut one = Play::new(&*task, std::array::from_fn(|lane| lane as u64));
        let (mut snapshots, mut expected, mut taken) = (Vec::new(), Vec::new(), TAKEN.to_vec());
        for step in 0..STEPS {
            snapshots.push(one.snapshot(LANE));
            if one.step(&*task, step)[LANE] && taken.len() < LANES && step + 1 < STEPS {
                // before the step that the task ends, and when the copy has begun again
                taken.extend([step, step + 1]);
                ended.push(name);
            }
            expected.push(one.bits(LANE));
        }
        // others sit there until the copy is put in
        let mut other = Play::new(&*task, std::array::from_fn(|lane| 100 + lane as u64));
        let mut others = 0;
        for step in 0..STEPS {
            for lane in (0..taken.len()).filter(|&lane| taken[lane] == step) {
                other.restore(lane, &snapshots[step as usize]);
            }
            other.step(&*task, step);
            for (lane, &taken) in taken.iter().enumerate() {
                let is_same = other.bits(lane) == expected[step as usize];
                assert!(step < taken || is_same, "{name}: taken before step {taken}, another after {step}");
                others += usize::from(step + 1 == taken && !is_same);
            }
        }
        // games have few states, so that two copies can be the same by chance
        assert!(others >= 10, "{name}: other copies were there before, {others} times");
    }
    assert!(ended.len() >= 5 && ended.contains(&"hopper"), "tasks end episodes themselves: {ended:?}");
}
