//! How long a core works on something.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How many seconds of a core something takes, whatever else the machine does meanwhile.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let spent = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let began = spent();
    let done = work();
    (done, spent().saturating_sub(began).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_counts_and_waiting_does_not() {
        let ((), waited) = timed(|| std::thread::park_timeout(Duration::from_millis(50)));
        assert!(waited < 0.05, "{waited}");
        let (sum, worked) = timed(|| (0..5_000_000_u64).fold(0, |sum, one| sum ^ std::hint::black_box(one)));
        assert!(sum < u64::MAX && worked > 0.0);
    }
}
