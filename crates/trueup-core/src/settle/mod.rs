//! What became of an intent: pure decisions before and after a write (RELIABILITY.md 6.3).

pub(crate) mod alike;
mod audit;
mod lost;
mod precheck;
#[cfg(test)]
mod tests;

pub use audit::{Answer, Audit, Ending, Evidence, Refused, audit, blanks};
pub use lost::{SCOPE_LOST, lost, lost_key};
pub use precheck::{Checked, Dropped, precheck};
