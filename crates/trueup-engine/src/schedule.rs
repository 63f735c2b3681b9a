//! When the next cycle starts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long to wait until the next cycle of a pipeline that runs at this interval.
///
/// Cycles start on a grid counted from the first start, so a long cycle does not push the others
/// back; one that outlasts its interval is followed at the next grid point, never by two at once.
#[must_use]
pub fn wait(first: Timestamp, now: Timestamp, every: Duration) -> Duration {
    let every = SignedDuration::try_from(every)
        .unwrap_or(SignedDuration::from_secs(900))
        .max(SignedDuration::from_millis(1));
    let past = now.duration_since(first).max(SignedDuration::ZERO);
    let into = SignedDuration::from_millis(millis(past) % millis(every).max(1));
    (every - into).unsigned_abs()
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now_s: i64, want_s: u64) {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert_eq!(wait(at(1000), at(now_s), Duration::from_mins(15)), Duration::from_secs(want_s));
    }

    #[test]
    fn cycles_keep_to_a_grid_however_long_one_takes() {
        check(1000, 900);
        check(1030, 870);
        check(1900, 900);
        check(1000 + 900 + 1, 899);
        check(1000 + 3 * 900 + 450, 450);
    }

    #[test]
    fn a_clock_that_jumped_back_waits_at_most_one_interval() {
        check(10, 900);
    }
}
