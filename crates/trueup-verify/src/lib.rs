//! Proves that the systems and our memory agree, or lists what differs: by a path of its own.
//!
//! The engine cannot vouch for itself. What it overlooks when it links or plans, it overlooks when it counts as
//! well. So this crate reads the systems anew with a loop of its own, every compared value by id; pairs records by
//! the link rows of memory and by what it reads of tokens and external ids itself; and decides by rules of its own
//! what must be equal. What the engine has told people already is counted and not told again.
//!
//! Deliberately absent: the engine, and of the core everything that links, merges, plans or guards. Only their rows
//! are read, as data (`cargo xtask tidy` names what may be). Nothing is written, to no system and to no store.
//!
//! Read next: [`Verifier::verify`], then `pair`, which says what must be equal.

mod account;
mod judge;
mod known;
mod marks;
mod mirror;
mod ours;
mod pair;
mod read;
mod report;
mod trail;
mod verifier;

pub use report::{Class, Difference, Journal, Listing, Report, Standing, SystemReport};
pub use verifier::{Unproven, Verifier};
