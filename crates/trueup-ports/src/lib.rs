//! The doors between the engine and the outside.
//!
//! A system is a [`Source`]; one that can be written is a [`Target`] as well. A write takes a
//! [`Permit`], and only the [`gate`] makes one: after the guard cleared the change, the intent was
//! journaled, and a fresh read showed that the plan still holds. An unguarded, an unjournaled and a
//! stale write cannot be written down; `fail/*.rs` shows it.
//!
//! Deliberately absent: any runtime. Everything waits through [`World`], so that the whole engine runs
//! under one seed.
//!
//! Read next: [`source::Source`], then [`gate`].

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod desk;
pub mod fault;
pub mod gate;
pub mod permit;
pub mod source;
pub mod store;
pub mod target;
pub mod wire;
pub mod world;

pub use desk::{Desk, Pending, Row, Tx};
pub use fault::{Fault, Refusal};
pub use permit::{Permit, Settled};
pub use source::{Ask, FieldInfo, Inspection, Outside, Page, Reach, Sought, Source, View};
pub use store::{Fence, JournalAsk, Lane, Open, Store, StoreError};
pub use target::Target;
pub use world::{Holder, LogEvent, World};
