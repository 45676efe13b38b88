//! Who computes: the calling thread, or a pool that the caller owns.
//!
//! Every crate that can share its work takes [`Threads`] as an argument, and splits the work before it starts:
//!
//! ```
//! use threads::Threads;
//!
//! let mut squares: Vec<u32> = (0..10).collect();
//! let threads = Threads::Sequential;
//! let share = threads.share(squares.len());
//! threads.for_each(squares.chunks_mut(share), |part| part.iter_mut().for_each(|x| *x *= *x));
//! assert_eq!(squares[9], 81);
//! ```
//!
//! Without the feature `rayon` there is the calling thread only, and no package below this one.
//!
//! # Invariants
//!
//! - **Every part is worked on once,** and all are done when the call returns.
//! - **Parts are made by the caller,** not by who is faster. Where no sum crosses a part, the bits do not depend on the
//!   count of threads.
//! - **Absent:** a pool of its own, a global pool, locks, unsafe code.

#![forbid(unsafe_code)]

/// Threads as an explicit argument: nothing here starts one, and there is no global pool.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Threads<'pool> {
    /// The calling thread.
    #[default]
    Sequential,
    /// A pool of the caller's.
    #[cfg(feature = "rayon")]
    Pool(&'pool rayon::ThreadPool),
    /// Never made: keeps the lifetime where no pool exists.
    #[cfg(not(feature = "rayon"))]
    #[doc(hidden)]
    Never(std::convert::Infallible, std::marker::PhantomData<&'pool ()>),
}

impl Threads<'_> {
    /// How many parts to make: at least 1.
    pub fn count(self) -> usize {
        match self {
            Threads::Sequential => 1,
            #[cfg(feature = "rayon")]
            Threads::Pool(pool) => pool.current_num_threads(),
            #[cfg(not(feature = "rayon"))]
            Threads::Never(never, _) => match never {},
        }
    }

    /// Items of each part when `items` are split evenly; the last part may have fewer. At least 1.
    pub fn share(self, items: usize) -> usize {
        items.div_ceil(self.count()).max(1)
    }

    /// Runs `work` once on every part, and returns when all are done.
    ///
    /// A panic of `work` is passed on, after the other parts.
    pub fn for_each<P: Send>(self, parts: impl Iterator<Item = P> + Send, work: impl Fn(P) + Sync) {
        match self {
            Threads::Sequential => parts.for_each(work),
            #[cfg(feature = "rayon")]
            Threads::Pool(pool) => pool.scope(|scope| {
                let work = &work;
                for part in parts {
                    scope.spawn(move |_| work(part));
                }
            }),
            #[cfg(not(feature = "rayon"))]
            Threads::Never(never, _) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(threads: Threads<'_>, count: usize) {
        assert_eq!(threads.count(), count);
        for items in [0, 1, 2, 15, 16, 17, 1000] {
            let share = threads.share(items);
            assert!(share >= 1 && share * count >= items && (share - 1) * count < items.max(1));
            let mut visits = vec![0; items];
            threads
                .for_each(visits.chunks_mut(share), |part| part.iter_mut().for_each(|visits| *visits += 1));
            assert_eq!(visits, vec![1; items], "{count} threads");
        }
    }

    #[test]
    fn every_part_is_worked_on_once() {
        check(Threads::default(), 1);
        #[cfg(feature = "rayon")]
        for count in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("threads");
            check(Threads::Pool(&pool), count);
        }
    }

    #[test]
    #[should_panic(expected = "part 3")]
    fn a_panic_is_passed_on() {
        #[cfg(feature = "rayon")]
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        #[cfg(feature = "rayon")]
        let threads = Threads::Pool(&pool);
        #[cfg(not(feature = "rayon"))]
        let threads = Threads::Sequential;
        threads.for_each(0..5, |part| assert!(part != 3, "part {part}"));
    }
}
