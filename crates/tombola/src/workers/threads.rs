//! How many threads there are, and who gets them.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// Threads that this process may use: what the system lets it (affinity, control groups), and no more than the job of
/// Slurm that it is part of was given.
pub fn available() -> usize {
    let system = std::thread::available_parallelism().map_or(1, usize::from);
    granted(system, slurm().as_deref())
}

fn granted(system: usize, slurm: Option<&str>) -> usize {
    let given = slurm.and_then(|text| text.trim().parse::<usize>().ok()).filter(|&given| given > 0);
    given.map_or(system, |given| given.min(system))
}

#[expect(clippy::disallowed_methods, reason = "how many threads compute changes no result")]
fn slurm() -> Option<String> {
    std::env::var("SLURM_CPUS_PER_TASK").ok()
}

/// Threads split among jobs, once and for all: the first get one more where it does not come out even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Threads in all.
    pub threads: usize,
    /// Units at once.
    pub jobs: usize,
}

impl Split {
    /// As many jobs as there are threads, but no more than units that can be worked at together, unless told; never fewer
    /// threads than jobs.
    pub fn new(threads: usize, jobs: Option<usize>, width: usize) -> Split {
        let jobs = jobs.unwrap_or(threads.min(width)).max(1);
        Split { threads: threads.max(jobs), jobs }
    }

    /// Threads of a job.
    pub fn share(self, job: usize) -> usize {
        self.threads / self.jobs + usize::from(job < self.threads % self.jobs)
    }

    /// The pool of a job; none where the job's own thread will do.
    pub(super) fn pool(self, job: usize) -> Result<Option<ThreadPool>, ThreadPoolBuildError> {
        match self.share(job) {
            0 | 1 => Ok(None),
            share => ThreadPoolBuilder::new().num_threads(share).build().map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_slurm_has_no_more_threads_than_it_was_given() {
        for (slurm, expected) in
            [(None, 8), (Some("3"), 3), (Some("3\n"), 3), (Some("64"), 8), (Some("0"), 8), (Some("many"), 8)]
        {
            assert_eq!(granted(8, slurm), expected, "{slurm:?}");
        }
        assert!(available() >= 1);
    }

    #[test]
    fn every_thread_has_a_job_and_every_job_a_thread() {
        for threads in 1..9 {
            for jobs in [None, Some(1), Some(2), Some(3), Some(12)] {
                for units in [0, 1, 2, 100] {
                    let split = Split::new(threads, jobs, units);
                    let shares: Vec<usize> = (0..split.jobs).map(|job| split.share(job)).collect();
                    assert_eq!(shares.iter().sum::<usize>(), split.threads, "{split:?}");
                    assert!(shares.iter().all(|&share| share >= 1) && split.threads >= threads, "{split:?}");
                }
            }
        }
        assert_eq!(Split::new(4, None, 2), Split { threads: 4, jobs: 2 });
        assert_eq!(Split::new(2, Some(5), 2), Split { threads: 5, jobs: 5 });
    }
}
