//! The same seed tells the same story (I-36): every so many seeds one is played twice.

use super::{Told, play};
use crate::{oracles::story, swarm::Options};

/// Each seed that this divides is played twice.
const EVERY: u64 = 97;

/// Plays what is switched on, every 97th seed twice; O15: whatever is told otherwise the second time is a violation.
#[must_use]
pub fn play_checked(options: &Options) -> Told {
    let mut told = play(options);
    if options.seed.is_multiple_of(EVERY) {
        let broken = story::check(&told, &play(options));
        told.twice = true;
        told.broken.extend(broken);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_every_97th_seed_is_played_twice() {
        assert!(play_checked(&Options::of(97)).twice);
        assert!(!play_checked(&Options::of(98)).twice);
    }
}
