//! The order in which things happen, over all systems and the store.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The order in which things happen; clones count on together.
#[derive(Clone, Debug, Default)]
pub struct Sequence(Arc<AtomicU64>);

impl Sequence {
    /// The next place.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}
