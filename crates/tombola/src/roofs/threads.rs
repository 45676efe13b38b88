//! How the peak grows with threads: twice as many are twice as fast only where each has a core of its own.

use numerics::Isa;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::multiply_add::{OPERATIONS, PEAK, peak};
use super::{Loop, Roof, measure};
use crate::timing::{BURST, Effort, Routine};

/// The peak of all threads of a pool together: one roof, [`PEAK`] on so many threads.
pub fn roofs(isa: Isa, pool: &ThreadPool, effort: Effort) -> Vec<Roof> {
    let threads = pool.current_num_threads();
    let name = PEAK.to_owned();
    let work = OPERATIONS * threads as f64;
    let routine = peak_of_all(isa, pool);
    measure(vec![Loop { name, isa, work, unit: "GFLOP/s", routine }], threads, effort)
}

/// The peak on every thread of the pool at once; a unit of its work is [`OPERATIONS`] a thread.
pub fn peak_of_all(isa: Isa, pool: &ThreadPool) -> Routine<'_> {
    // waking the others takes some 20 us: one part in a hundred of such a burst
    Routine::lasting(BURST * 4, move |repeats| {
        pool.broadcast(|_| peak(isa, repeats));
    })
}

/// A pool with so many threads.
pub fn pool(threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Doubling from 2 up to and including `cores`: 2, 4, 6 for six.
pub fn steps(cores: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(2), |threads| Some(threads * 2));
    let mut steps: Vec<usize> = doubled.take_while(|&threads| threads < cores).collect();
    if cores > 1 {
        steps.push(cores);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn steps_end_at_the_number_of_cores() {
        assert!(steps(1).is_empty());
        assert_eq!(steps(2), [2]);
        assert_eq!(steps(6), [2, 4, 6]);
    }
}
