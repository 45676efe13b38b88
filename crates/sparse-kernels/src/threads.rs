//! Who computes: the calling thread, or a pool that the caller owns.

/// Threads as an explicit argument: no kernel starts one by itself, and there is no global pool.
///
/// Work is split before it starts, into one part a thread, so the answer cannot depend on who was faster; no sum is
/// split. The same bits come out for any count.
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
    /// ```
    /// use sparse_kernels::Threads;
    ///
    /// let mut squares: Vec<u32> = (0..10).collect();
    /// let threads = Threads::Sequential;
    /// let share = threads.share(squares.len());
    /// threads.for_each(squares.chunks_mut(share), |part| part.iter_mut().for_each(|x| *x *= *x));
    /// assert_eq!(squares[9], 81);
    /// ```
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
