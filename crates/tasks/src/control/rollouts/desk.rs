//! Where one thread plays: sixteen lanes, and a block of a world for each repeat.

use numerics::{AlignedBuffer, Kernel, LANES, Simd};
use sparse_kernels::{Threads, Values, naive};

use super::{AtEnd, House, Part, Played, Start, forfeit};
use crate::control::normaliser::{Add, LaneSums, Saw, Scale, Show, Sums};
use crate::control::{Actions, Outcome};

/// What is played, and by which rules.
pub(super) struct Seating<'a> {
    pub(super) house: &'a House,
    pub(super) starts: &'a [Start],
    pub(super) scale: Option<&'a Scale>,
    pub(super) watch: &'a dyn Fn(Part),
}

/// The buffers of a thread.
pub(super) struct Desk {
    /// Of sixteen members, `[parameter][lane]`.
    values: AlignedBuffer,
    tables: Vec<Table>,
    /// Steps that the copies of a lane have taken; they begin together.
    times: [u32; LANES],
    sums: LaneSums,
    inputs: AlignedBuffer,
    scratch: AlignedBuffer,
    outputs: AlignedBuffer,
    actions: AlignedBuffer,
    /// Tables that are played on.
    live: Vec<usize>,
    /// Since somebody asked.
    pub(super) played: Played,
}

/// A block: one repeat of each lane.
struct Table {
    world: AlignedBuffer,
    sight: AlignedBuffer,
    /// What it sees after a step.
    after: AlignedBuffer,
    /// Whose episode ended with it.
    ended: [bool; LANES],
    /// Not done.
    playing: [bool; LANES],
    /// Since the copy was put there.
    lost: [bool; LANES],
    scores: [f64; LANES],
}

impl Desk {
    pub(super) fn new(house: &House) -> Desk {
        let largest = house.plans.last().expect("at least one repeat");
        let table = || Table {
            world: AlignedBuffer::new(house.environment.rows() * LANES),
            sight: AlignedBuffer::new(house.observations * LANES),
            after: AlignedBuffer::new(house.observations * LANES),
            ended: [false; LANES],
            playing: [false; LANES],
            lost: [false; LANES],
            scores: [0.0; LANES],
        };
        Desk {
            values: AlignedBuffer::new(largest.values_len(1)),
            tables: (0..house.rules.repeats).map(|_| table()).collect(),
            times: [0; LANES],
            sums: LaneSums::new(house.observations),
            inputs: AlignedBuffer::new(largest.inputs_len(1)),
            scratch: AlignedBuffer::new(largest.scratch_len(Threads::Sequential)),
            outputs: AlignedBuffer::new(largest.outputs_len(1)),
            actions: AlignedBuffer::new(house.environment.actions().rows() * LANES),
            live: Vec::with_capacity(house.rules.repeats),
            played: Played::default(),
        }
    }

    /// Plays all repeats of some members: the first numbers of `members`, as many as there are scores.
    pub(super) fn population(
        &mut self,
        seating: &Seating<'_>,
        members: &[f32],
        sums: &mut [Sums],
        scores: &mut [f64],
    ) {
        let house = seating.house;
        let dims = house.policy.masked().dims();
        let start_of = |table: usize, _: usize| Some(&seating.starts[table]);
        let mut seats = [None; LANES];
        let mut next = 0..scores.len();
        for (lane, seat) in seats.iter_mut().enumerate() {
            *seat = next.next();
            self.seat(lane, seat.is_some(), start_of);
            if let Some(member) = *seat {
                self.take_values(lane, &house.policy.values_of_one(&members[member * dims..][..dims]));
            }
        }
        while seats.iter().any(Option::is_some) {
            self.step(seating, None, !sums.is_empty(), start_of);
            for (lane, seat) in seats.iter_mut().enumerate() {
                let Some(member) = *seat else { continue };
                if self.tables.iter().any(|table| table.playing[lane]) {
                    continue;
                }
                let sum: f64 = self.tables.iter().map(|table| table.scores[lane]).sum();
                scores[member] = sum / self.tables.len() as f64;
                self.played.failed += u64::from(self.tables.iter().any(|table| table.lost[lane]));
                if let Some(sums) = sums.get_mut(member) {
                    self.sums.take(lane, sums);
                }
                *seat = next.next();
                if let Some(member) = *seat {
                    self.seat(lane, true, start_of);
                    self.take_values(lane, &house.policy.values_of_one(&members[member * dims..][..dims]));
                }
            }
        }
    }

    /// Plays one network from each start: those of a table are sixteen that follow each other.
    pub(super) fn single(&mut self, seating: &Seating<'_>, values: &[f32], scores: &mut [f64]) {
        let start_of = |table: usize, lane: usize| seating.starts.get(table * LANES + lane);
        for lane in 0..LANES {
            self.seat(lane, true, start_of);
        }
        while self.tables.iter().any(|table| table.playing.contains(&true)) {
            self.step(seating, Some(values), false, start_of);
        }
        for (index, score) in scores.iter_mut().enumerate() {
            *score = self.tables[index / LANES].scores[index % LANES];
        }
    }

    /// Puts the copies of a lane at their starts. A lane without a start holds a copy of the first, and plays not.
    fn seat<'a>(&mut self, lane: usize, plays: bool, start_of: impl Fn(usize, usize) -> Option<&'a Start>) {
        self.times[lane] = 0;
        for (index, table) in self.tables.iter_mut().enumerate() {
            let start = start_of(index, lane);
            table.playing[lane] = plays && start.is_some();
            table.lost[lane] = false;
            table.scores[lane] = 0.0;
            table.put(lane, start.or_else(|| start_of(0, 0)).expect("at least one start"));
        }
    }

    fn take_values(&mut self, lane: usize, values: &[f32]) {
        let rows = self.values.chunks_exact_mut(LANES);
        rows.zip(values).for_each(|(row, &value)| row[lane] = value);
    }

    /// One step of every table at which someone plays, by one network or by those of the lanes.
    fn step<'a>(
        &mut self,
        seating: &Seating<'_>,
        one: Option<&[f32]>,
        counts: bool,
        start_of: impl Fn(usize, usize) -> Option<&'a Start>,
    ) {
        let Seating { house, scale, watch, .. } = *seating;
        self.live.clear();
        self.live.extend((0..self.tables.len()).filter(|&table| self.tables[table].playing.contains(&true)));
        let Some(plan) = self.live.len().checked_sub(1).map(|most| &house.plans[most]) else { return };

        let places = self.live.len();
        let inputs = &mut self.inputs[..plan.inputs_len(1)];
        for (place, &table) in self.live.iter().enumerate() {
            let sight = &self.tables[table].sight;
            house.isa.run(Show { scale, sight, inputs, place, places });
        }
        watch(Part::Observe);

        let outputs = &mut self.outputs[..plan.outputs_len(1)];
        let values = one.map_or(Values::Lanes(&self.values), Values::One);
        plan.forward(Threads::Sequential, values, inputs, &mut self.scratch, outputs);
        watch(Part::Policy);

        for place in 0..places {
            let index = self.live[place];
            act(house.environment.actions(), &self.outputs, place, places, &mut self.actions);
            let table = &mut self.tables[index];
            let mut outcome = Outcome::NONE;
            let mut draws = |lane: usize| {
                // those who are done may still need a draw, of which nobody sees anything
                let time = self.times[lane];
                let draw = |start: &Start| house.environment.draw(start.draws.child(time.into()));
                start_of(index, lane).map(draw).unwrap_or_default()
            };
            let Table { world, after, .. } = table;
            house.environment.step(world, &self.actions, &mut draws, after, &mut outcome);
            table.count(house, &outcome, &self.times, &mut self.played);
        }
        if let Some(scale) = scale.filter(|_| counts) {
            let seen = |&table: &usize| Saw {
                sight: &self.tables[table].sight,
                counts: &self.tables[table].playing,
            };
            let blocks: Vec<Saw<'_>> = self.live.iter().map(seen).collect();
            house.isa.run(Add { scale, blocks: &blocks, sums: &mut self.sums });
        }
        for &index in &self.live {
            let table = &mut self.tables[index];
            std::mem::swap(&mut table.sight, &mut table.after);
            let ended = table.ended;
            if house.rules.at_end == AtEnd::Restart {
                for lane in (0..LANES).filter(|&lane| ended[lane]) {
                    table.put(lane, start_of(index, lane).expect("whoever plays has a start"));
                }
            }
        }
        self.times.iter_mut().for_each(|time| *time = time.saturating_add(1));
        watch(Part::Step);
    }
}

impl Table {
    /// Counts a step.
    fn count(&mut self, house: &House, outcome: &Outcome, times: &[u32; LANES], played: &mut Played) {
        let (rules, playing) = (house.rules, self.playing);
        let (is_beyond, is_number) =
            (house.environment.lost(&self.world), house.isa.run(Finite(&self.after)));
        self.ended = [false; LANES];
        for lane in (0..LANES).filter(|&lane| playing[lane]) {
            let is_lost = is_beyond[lane] || !is_number[lane] || !outcome.reward[lane].is_finite();
            let is_late = times[lane] + 1 >= rules.steps;
            played.steps += 1;
            if is_lost {
                let missing = if rules.at_end == AtEnd::Leave { rules.steps - times[lane] } else { 1 };
                self.scores[lane] = forfeit(self.scores[lane], missing, house.environment.penalty());
                self.lost[lane] = true;
                played.lost += 1;
            } else {
                self.scores[lane] += f64::from(outcome.reward[lane]);
            }
            self.ended[lane] = outcome.done[lane] || is_lost;
            self.playing[lane] = !is_late && (!self.ended[lane] || rules.at_end == AtEnd::Restart);
        }
    }

    /// Puts the copy of a lane at a start.
    fn put(&mut self, lane: usize, start: &Start) {
        let fill = |block: &mut [f32], numbers: &[f32]| {
            block.chunks_exact_mut(LANES).zip(numbers).for_each(|(row, &number)| row[lane] = number);
        };
        fill(&mut self.world, &start.state);
        fill(&mut self.sight, &start.observation);
    }
}

/// The actions of one place: outputs as they are, or the first of the largest.
fn act(actions: Actions, outputs: &[f32], place: usize, places: usize, to: &mut [f32]) {
    let row = |output: usize| &outputs[(output * places + place) * LANES..][..LANES];
    match actions {
        Actions::Numbers(count) => {
            for (output, to) in (0..count).zip(to.chunks_exact_mut(LANES)) {
                to.copy_from_slice(row(output));
            }
        }
        Actions::OneOf(count) => {
            let mut logits = vec![0.0; count];
            for (lane, to) in to.iter_mut().enumerate() {
                logits.iter_mut().enumerate().for_each(|(output, logit)| *logit = row(output)[lane]);
                *to = naive::best(&logits) as f32;
            }
        }
    }
}

/// In which lanes all rows are numbers.
struct Finite<'a>(&'a [f32]);

impl Kernel for Finite<'_> {
    type Output = [bool; LANES];

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> [bool; LANES] {
        let mut rest = [0.0; LANES];
        for lane in (0..LANES).step_by(S::LANES) {
            let (mut sum, zero) = (simd.zero(), simd.zero());
            for row in self.0.chunks_exact(LANES) {
                // nothing of a number, no number of the rest
                sum = simd.mul_add(simd.load(&row[lane..]), zero, sum);
            }
            simd.store(sum, &mut rest[lane..]);
        }
        rest.map(|rest| rest == 0.0)
    }
}
