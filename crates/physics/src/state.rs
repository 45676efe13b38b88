//! What changes: the bodies of many copies of a world, sixteen copies to a block.
//!
//! A block is a list of rows, a row one number of sixteen copies: all that a step needs of a copy lies in its block, and
//! a task or a policy that works lane by lane can read the rows where they are.

use numerics::{AlignedBuffer, LANES};

use crate::Model;
use crate::naive::{Change, Motion};
use crate::vector::{Quaternion, Vector};

/// Rows of a body: 3 of position, 4 of rotation, 3 of velocity, 3 of angular velocity, and 6 of what contacts did.
const BODY: usize = 19;

/// Which row of a block holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    bodies: usize,
    axes: usize,
}

impl Layout {
    pub(crate) fn new(model: &Model) -> Layout {
        Layout { bodies: model.description().bodies.len(), axes: model.axis_count() }
    }

    /// Rows of a block.
    pub fn rows(self) -> usize {
        self.bodies * BODY + 2 * self.axes
    }

    /// Numbers of a block.
    pub fn block(self) -> usize {
        self.rows() * LANES
    }

    /// How many bodies there are.
    pub fn bodies(self) -> usize {
        self.bodies
    }

    /// First of three rows.
    pub fn position(self, body: usize) -> usize {
        body * BODY
    }

    /// First of four rows, the scalar part first.
    pub fn rotation(self, body: usize) -> usize {
        body * BODY + 3
    }

    /// First of three rows.
    pub fn velocity(self, body: usize) -> usize {
        body * BODY + 7
    }

    /// First of three rows.
    pub fn angular(self, body: usize) -> usize {
        body * BODY + 10
    }

    /// First of three rows: what contacts added to the velocity, summed over the last step.
    pub fn pushed(self, body: usize) -> usize {
        body * BODY + 13
    }

    /// First of three rows: what contacts added to the angular velocity, summed over the last step.
    pub fn twisted(self, body: usize) -> usize {
        body * BODY + 16
    }

    /// The row of an angle; axes are counted over joints by kind.
    pub fn angle(self, axis: usize) -> usize {
        self.bodies * BODY + axis
    }

    /// The row of the velocity about an axis, the parent's less the child's.
    pub fn angle_velocity(self, axis: usize) -> usize {
        self.bodies * BODY + self.axes + axis
    }
}

/// Many copies of a world.
///
/// A lane is a copy; the lanes of the last block that are no copy hold one at rest, and are stepped like the others.
/// Copies do not notice each other: what a copy does depends on its own numbers alone, to the bit.
#[derive(Clone, Debug)]
pub struct State {
    layout: Layout,
    copies: usize,
    numbers: AlignedBuffer,
}

impl State {
    /// Copies whose bodies are all at rest at the origin; see [`set`](State::set).
    pub fn new(model: &Model, copies: usize) -> State {
        let layout = Layout::new(model);
        let blocks = copies.div_ceil(LANES);
        let mut state = State { layout, copies, numbers: AlignedBuffer::new(blocks * layout.block()) };
        for block in state.numbers.chunks_exact_mut(layout.block()) {
            for body in 0..layout.bodies {
                block[layout.rotation(body) * LANES..][..LANES].fill(1.0);
            }
        }
        state
    }

    /// How many copies there are.
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// Which row holds what.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// All blocks, one after the other.
    pub fn blocks(&self) -> &[f32] {
        &self.numbers
    }

    /// All blocks, to be stepped or written.
    pub fn blocks_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }

    /// One row of one block.
    ///
    /// # Panics
    ///
    /// If there is no such block or row.
    pub fn row(&self, block: usize, row: usize) -> &[f32] {
        assert!(row < self.layout.rows(), "row {row} of {}", self.layout.rows());
        &self.numbers[block * self.layout.block() + row * LANES..][..LANES]
    }

    fn place(&self, copy: usize, row: usize) -> usize {
        assert!(copy < self.copies, "copy {copy} of {}", self.copies);
        copy / LANES * self.layout.block() + row * LANES + copy % LANES
    }

    /// One number of one copy.
    ///
    /// # Panics
    ///
    /// If there is no such copy.
    pub fn number(&self, copy: usize, row: usize) -> f32 {
        self.numbers[self.place(copy, row)]
    }

    fn numbers<const COUNT: usize>(&self, copy: usize, row: usize) -> [f64; COUNT] {
        std::array::from_fn(|at| self.number(copy, row + at).into())
    }

    fn set_numbers(&mut self, copy: usize, row: usize, numbers: &[f64]) {
        for (at, &number) in numbers.iter().enumerate() {
            let place = self.place(copy, row + at);
            self.numbers[place] = number as f32;
        }
    }

    /// Where a body of a copy is and how it moves.
    ///
    /// # Panics
    ///
    /// If there is no such copy or body.
    pub fn motion(&self, copy: usize, body: usize) -> Motion {
        assert!(body < self.layout.bodies, "body {body} of {}", self.layout.bodies);
        let layout = self.layout;
        Motion {
            position: Vector(self.numbers(copy, layout.position(body))),
            rotation: Quaternion(self.numbers(copy, layout.rotation(body))),
            velocity: Vector(self.numbers(copy, layout.velocity(body))),
            angular: Vector(self.numbers(copy, layout.angular(body))),
        }
    }

    /// All bodies of a copy.
    ///
    /// # Panics
    ///
    /// If there is no such copy.
    pub fn world(&self, copy: usize) -> Vec<Motion> {
        (0..self.layout.bodies).map(|body| self.motion(copy, body)).collect()
    }

    /// What contacts did to the bodies of a copy in the last step.
    ///
    /// # Panics
    ///
    /// If there is no such copy.
    pub fn contacts(&self, copy: usize) -> Vec<Change> {
        let change = |body| Change {
            velocity: Vector(self.numbers(copy, self.layout.pushed(body))),
            angular: Vector(self.numbers(copy, self.layout.twisted(body))),
        };
        (0..self.layout.bodies).map(change).collect()
    }

    /// Puts the bodies of a copy where they are in `world`, rounded, as [`start`](crate::naive::start) gives it. What is
    /// read from joints and contacts becomes 0 until the next step, or until [`sense`](crate::Engine::sense).
    ///
    /// # Panics
    ///
    /// If there is no such copy, or not as many bodies.
    pub fn set(&mut self, copy: usize, world: &[Motion]) {
        assert_eq!(world.len(), self.layout.bodies, "as many bodies as the model has");
        let layout = self.layout;
        for (body, motion) in world.iter().enumerate() {
            self.set_numbers(copy, layout.position(body), &motion.position.0);
            self.set_numbers(copy, layout.rotation(body), &motion.rotation.0);
            self.set_numbers(copy, layout.velocity(body), &motion.velocity.0);
            self.set_numbers(copy, layout.angular(body), &motion.angular.0);
            self.set_numbers(copy, layout.pushed(body), &[0.0; 6]);
        }
        for axis in 0..2 * layout.axes {
            self.set_numbers(copy, layout.angle(0) + axis, &[0.0]);
        }
    }

    /// Everything that the next step of a copy depends on, and what was read from it.
    ///
    /// # Panics
    ///
    /// If there is no such copy.
    pub fn snapshot(&self, copy: usize) -> Vec<f32> {
        (0..self.layout.rows()).map(|row| self.number(copy, row)).collect()
    }

    /// Makes a copy what it was when the snapshot was taken, of whatever copy of the same model.
    ///
    /// Snapshots have no form as a file: they come from [`snapshot`](State::snapshot), and one of another length is a
    /// mistake of the caller. Whoever has numbers from elsewhere compares their length with [`Layout::rows`] first.
    ///
    /// # Panics
    ///
    /// If there is no such copy, or the snapshot is not one of the model.
    pub fn restore(&mut self, copy: usize, snapshot: &[f32]) {
        assert_eq!(snapshot.len(), self.layout.rows(), "a snapshot of the same model");
        for (row, &number) in snapshot.iter().enumerate() {
            let place = self.place(copy, row);
            self.numbers[place] = number;
        }
    }
}
