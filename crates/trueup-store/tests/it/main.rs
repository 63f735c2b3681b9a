//! The promises of [`trueup_store::conformance`] on each store, and what only a file can break.

mod memory;
mod sqlite;
