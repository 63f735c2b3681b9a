//! The tables against the core.
//!
//! `cfg(test)` is always true here; it is how clippy knows that helpers are tests too.

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tables;
