//! The auditor from outside.
//!
//! `cfg(test)` is always true here; it is how clippy knows that helpers are tests too.

#[cfg(test)]
mod program;
