//! The same seed tells the same story (I-36): every so many seeds one is played twice.

use super::{Told, play};
use crate::swarm::Options;

/// Each seed that this divides is played twice.
const EVERY: u64 = 97;

/// Plays what is switched on, every 97th seed twice; O15: another story the second time is a violation.
#[must_use]
pub fn play_checked(options: &Options) -> Told {
    let told = play(options);
    if options.seed.is_multiple_of(EVERY) { compared(told, play(options).hash) } else { told }
}

fn compared(mut told: Told, again: u64) -> Told {
    told.twice = true;
    if told.hash != again {
        let what = format!("O15: the trace was {:016x}, and {again:016x} the second time", told.hash);
        told.broken.push(what);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_trace_the_second_time_is_a_violation() {
        let told = Told { hash: 7, ..Told::default() };
        assert!(compared(told.clone(), 7).twice && compared(told.clone(), 7).broken.is_empty());
        let broken = compared(told, 8).broken;
        assert_eq!(broken, ["O15: the trace was 0000000000000007, and 0000000000000008 the second time"]);
    }

    #[test]
    fn only_every_97th_seed_is_played_twice() {
        assert!(play_checked(&Options::of(97)).twice);
        assert!(!play_checked(&Options::of(98)).twice);
    }
}
