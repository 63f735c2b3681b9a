//! Remembers: links, bases, intents, the journal, findings, plans; each commit is all or nothing.
//!
//! Two stores keep the same promises, which the suite `conformance` states once: [`SqliteStore`] on disk, and
//! [`MemoryStore`] for simulations, whose "disk" outlives the engine that a simulated crash drops.
//! What a note *means* is not decided here but by [`Memory::apply`](trueup_core::memory::Memory::apply).
//!
//! Deliberately absent: any runtime (every call runs inline, SQLite is local) and any randomness or
//! time of its own; both come in through [`Host`].
//!
//! Read next: `migrations/0001_memory.sql`, then `sqlite/commit.rs`.

mod admit;
#[cfg(feature = "conformance")]
pub mod conformance;
mod host;
mod lease;
mod memory;
mod sqlite;

pub use host::Host;
pub use memory::MemoryStore;
pub use sqlite::{Glance, Options, SqliteStore};

/// How many plans a store keeps for each pipeline: the newest, and as many of those that the newest runs
/// applied. Besides them it keeps what is not over: plans of runs with open intents, and approved ones.
pub(crate) const PLANS_KEPT: usize = 50;
