//! A system that can be written.

use async_trait::async_trait;

use crate::{Permit, Settled, Source};

/// A system that can be written. A read-only system does not implement it.
#[async_trait]
pub trait Target: Source {
    /// Writes one batch: all permits have the same verb, and are no more than the card allows.
    ///
    /// Gives one [`Settled`] for each permit, in any order; a record the answer does not mention is
    /// [`Fault::Unknown`](crate::Fault::Unknown). Matching is by trace id or record id, never by
    /// position.
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled>;
}
