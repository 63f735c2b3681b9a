//! Checks the tree, writes the generated documents, and runs everything a change has to pass.
//!
//! [`tidy`] states the rules no compiler knows: who may depend on whom, how large a file may grow, which
//! names must exist. [`docs`] writes what is derived from the code. [`suite`] is the one command that CI
//! and a person run alike. [`awaits`] lists where a kill can strike, and [`proof`] records what seeds came to.
//!
//! Deliberately absent: any dependency on the crates it looks at. It reads their text and what `cargo
//! metadata` says, so it builds in seconds and works on a tree that does not compile.
//!
//! Read next: [`tidy::CHECKS`].

pub mod awaits;
pub mod docs;
pub mod markdown;
pub mod metadata;
pub mod proof;
pub mod rust;
pub mod suite;
pub mod tidy;
pub mod tree;
