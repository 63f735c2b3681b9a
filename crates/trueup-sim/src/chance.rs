//! Seeded chance: the same seed gives the same run.

use std::sync::{Arc, Mutex, PoisonError};

/// A stream of random numbers (`SplitMix64`, Steele, Lea and Flood 2014), shared by its clones.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<u64>>);

impl Chance {
    /// Starts a stream.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// A stream of its own, so that drawing from one does not shift the other.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::new(self.next())
    }

    /// 64 random bits.
    #[must_use]
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below the limit; zero when the limit is zero.
    #[must_use]
    pub fn below(&self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }

    /// A position in a list of this length.
    #[must_use]
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// True in this many of a thousand cases.
    #[must_use]
    pub fn permille(&self, share: u64) -> bool {
        self.below(1000) < share
    }
}
