//! Brings spellings of one value together: from a text to its canonical form, or to a reason why not.
//!
//! Every normaliser is pure and idempotent, takes any text at all, and never guesses: what it cannot
//! read is a [`BadText`], so that a caller can hold the value back instead of losing it.
//! One sort of value is one file.

mod bad;
pub mod clean;
pub mod date;
pub mod decimal;
pub mod email;
pub mod list;
pub mod log;
pub mod name;
pub mod phone;
pub mod street;
pub mod token;

pub use bad::BadText;

#[cfg(test)]
mod hostile;
